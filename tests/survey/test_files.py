"""Files of every encoding, separator, shape and state: the same firms, or one line."""

from __future__ import annotations

import os
import random
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pyreadstat
import pytest
from helpers import COMPOSITE_TEXT, named_survey, survey_frame

from kz_spatial.design import load_design
from kz_spatial.errors import CallError, InputError, SurveyError
from kz_spatial.estimates import aggregate
from kz_spatial.survey import attrition, check_survey, read_survey, spss
from kz_spatial.survey.formats import READERS, read_table
from kz_spatial.survey.text_files import unique_names

COLUMNS = [each for each in load_design().firm_columns if each != "sector"]


def cyrillic():
    frame = named_survey().assign(wmedian=lambda table: table["wmedian"] + 0.5)
    return frame.assign(region=frame["region"].replace("West", "Запад"))


def same_firms(path, notes, **options):
    """The file gives the firms that it would as a plain one, and says what was assumed."""
    plain = path.with_name("plain.csv")
    cyrillic().to_csv(plain, index=False)
    firms, expected = read_survey(path, **options), read_survey(plain)
    pd.testing.assert_frame_equal(firms[COLUMNS], expected[COLUMNS], check_dtype=False)
    told = [each.removeprefix(f"{path}: ") for each in check_survey(path, **options).notes]
    assert told[: len(notes)] == notes
    assert not any(" read as " in each or "parted" in each for each in told[len(notes) :])


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", []),
        ("utf-8-sig", []),
        ("utf-16", ["read as utf-16 text"]),
        ("utf-32", ["read as utf-32 text"]),
        ("utf-16-le", ["read as utf-16-le (no mark says so) text"]),
        ("utf-16-be", ["read as utf-16-be (no mark says so) text"]),
        ("cp1251", ["read as Windows-1251 text"]),
    ],
)
@pytest.mark.parametrize(
    ("separator", "words"),
    [
        (",", []),
        (";", ["columns parted by semicolons, decimal commas"]),
        ("\t", ["columns parted by tabs, decimal commas"]),
        ("|", ["columns parted by vertical bars, decimal commas"]),
    ],
)
@pytest.mark.parametrize("ending", [".csv", ".tsv"])
def test_every_encoding_and_separator(encoding, told, separator, words, ending, tmp_path):
    path = tmp_path / f"s{ending}"
    decimal = "." if separator == "," else ","
    cyrillic().to_csv(path, index=False, sep=separator, decimal=decimal, encoding=encoding)
    same_firms(path, [*told, *words])


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_points_in_a_file_without_commas_are_decimal_points(separator, tmp_path):
    path = tmp_path / "s.csv"
    cyrillic().to_csv(path, index=False, sep=separator)
    name = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}[separator]
    same_firms(path, [f"columns parted by {name}"])


def test_text_with_other_separators_in_it_does_not_mislead(tmp_path):
    path = tmp_path / "s.csv"
    frame = cyrillic().assign(note="a;b;c;d;e;f;g;h;i;j;k;l;m|n")
    frame.rename(columns={"note": "a;b,c|d"}).to_csv(path, index=False)
    same_firms(path, [])


def test_a_file_of_one_column(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text('region\n"Almaty, city"\nAbai; region\n', "utf-8")
    made = read_table(path)
    assert made.frame["region"].tolist() == ["Almaty, city", "Abai; region"]
    assert made.notes == ["read as one column, since no separator was found"]
    assert list(made.frame.index) == [2, 3]


def test_bytes_that_no_assumed_encoding_has(tmp_path):
    path = tmp_path / "s.csv"
    path.write_bytes(b"region,k33\n\x98\xff,3\n")
    with pytest.raises(InputError, match="neither UTF-8 nor Windows-1251") as caught:
        read_survey(path)
    assert str(caught.value).startswith(f"{path}: found ")


# zips


def zip_of(path, **files):
    with zipfile.ZipFile(path, "w") as box:
        for name, content in files.items():
            box.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return path


def test_a_zip_with_one_table(tmp_path):
    content = cyrillic().to_csv(index=False, sep=";", decimal=",").encode("cp1251")
    more = {"readme_dot_txt": "x", "data__._s_dot_csv": "junk"}
    path = zip_of(tmp_path / "s.zip", data__firms_dot_CSV=content, **more)
    told = ["read as Windows-1251 text", "columns parted by semicolons, decimal commas"]
    same_firms(path, ["read firms.CSV, the table in it", *told])


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a_dot_csv": "x", "b__c_dot_dta": "y"}, r"found 2 tables (a.csv, b/c.dta), expected one"),
        ({"a_dot_txt": "x"}, "found no tables (none in 1 files), expected one"),
        ({"a_dot_csv": "r,k\n1,2,3\n"}, "a.csv: row 2: found 3 fields, expected 2"),
    ],
)
def test_a_zip_that_is_no_table_is_one_line(files, said, tmp_path):
    path = zip_of(tmp_path / "s.zip", **files)
    with pytest.raises(InputError) as caught:
        read_survey(path)
    assert str(caught.value).startswith(f"{path}: {said}")
    assert "\n" not in str(caught.value)


# columns


def test_a_name_twice_matters_only_where_the_column_is_needed(tmp_path):
    path = tmp_path / "s.csv"
    lines = named_survey().assign(x=1, y=2).to_csv(index=False).replace(",x,y", ",note,note")
    path.write_text(lines, "utf-8")
    firms = read_survey(path)
    assert len(firms) == 21
    assert firms.attrs["kz_spatial"]["notes"][0].endswith("'note' stands there more than once")
    for item in ("k33", "region", "idstd", "wmedian"):
        path.write_text(lines.replace(",note,note", f",note,{item}"), "utf-8")
        with pytest.raises(SurveyError) as caught:
            read_survey(path)
        assert caught.value.faults[0] == (
            f"{path}: row 1: found column {item!r} twice, expected once"
        )


def test_a_name_twice_in_a_workbook(tmp_path):
    path = tmp_path / "s.xlsx"
    frame = named_survey().assign(again=7)
    frame.set_axis([*frame.columns[:-1], "k33"], axis=1).to_excel(path, index=False)
    with pytest.raises(SurveyError, match="row 1: found column 'k33' twice, expected once"):
        read_survey(path)


def test_names_are_numbered_apart():
    names, repeated = unique_names(["a", "a", "a.1", "a", "", None])
    assert names == ["a", "a.2", "a.1", "a.3", "Unnamed: 4", "Unnamed: 5"]
    assert len(set(names)) == 6
    assert repeated == ["a"]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "dta"])
def test_ids_that_are_text_stay_apart(ending, tmp_path):
    frame = named_survey(4).assign(idstd=["01", "1", "001", "A"])
    path = tmp_path / f"s.{ending}"
    write = {"csv": frame.to_csv, "xlsx": frame.to_excel, "parquet": frame.to_parquet}
    if ending == "dta":
        frame.to_stata(path, write_index=False)
    else:
        write[ending](path, index=False)
    assert read_survey(path)["firm_id"].tolist() == ["01", "1", "001", "A"]
    assert not any("idstd" in each for each in check_survey(path).faults)


def test_ids_that_are_numbers_are_numbers(tmp_path):
    path = tmp_path / "s.csv"
    named_survey(3).to_csv(path, index=False)
    assert read_survey(path)["firm_id"].tolist() == [1001, 1002, 1003]
    named_survey(3).assign(idstd=["7", "7.0", "8"]).to_csv(path, index=False)
    assert read_survey(path)["firm_id"].tolist() == ["7", "7.0", "8"]


def test_categories_lists_and_an_index_of_a_parquet_file(tmp_path):
    path = tmp_path / "s.parquet"
    frame = cyrillic().assign(tags=[["a", "b"]] * 21, more=[{"x": 1}] * 21)
    for name in ("region", "h1"):
        frame[name] = frame[name].astype("category")
    frame.set_index("idstd").to_parquet(path)
    same_firms(path, [])
    frame.assign(k33=[[1, 2]] * 21).to_parquet(path)
    [fault] = check_survey(path).faults
    assert "column k33: found '[1 2]', expected 0 to 100" in fault


def test_places_of_a_geoparquet_file_are_its_geometry(tmp_path):
    path = tmp_path / "s.parquet"
    frame = named_survey().assign(longitude=0.0, latitude=0.0)
    places = gpd.points_from_xy([76.9] * 21, [43.2] * 21, crs="EPSG:4326")
    gpd.GeoDataFrame(frame, geometry=places).to_crs("EPSG:32642").to_parquet(path)
    firms = read_survey(path)
    np.testing.assert_allclose(firms["longitude"], 76.9)
    np.testing.assert_allclose(firms["latitude"], 43.2)


def test_bad_weights_matter_only_where_they_are_asked_for(tmp_path):
    path = tmp_path / "s.csv"
    frame = named_survey(14).assign(wstrict=2.0, wweak="many")
    frame.loc[[3, 5], "wmedian"] = [0.0, -2.0]
    frame.to_csv(path, index=False)
    found = check_survey(path)
    assert found.faults == ()
    said = [each for each in found.notes if "cannot be asked for" in each]
    assert said[0].startswith("rows 5, 7, column wmedian: found 0.0, expected a weight above 0")
    assert "column wweak: found many" in said[1]
    firms = read_survey(path)
    assert aggregate(firms, by="composite", weights="wstrict", min_firms=1)["n_firms"].sum() == 14
    with pytest.raises(InputError, match=r"firm_ids 1004, 1006, column wmedian: found 0\.0"):
        aggregate(firms, by="composite", weights="wmedian")


def test_a_survey_in_which_no_firm_had_outages(tmp_path):
    path = tmp_path / "s.csv"
    named_survey().assign(c6=2, c7=np.nan).to_csv(path, index=False)
    assert check_survey(path).faults == ()
    firms = read_survey(path)
    assert firms["outages_per_month"].tolist() == [0.0] * 21
    assert attrition(firms).loc["c7", ["skipped", "used"]].tolist() == [21, 21]
    # skipped without a value to count as, nobody answered
    named_survey().assign(g2=2, g3=np.nan).to_csv(path, index=False)
    [fault] = check_survey(path).faults
    assert "column g3: found no answer in any of 21 rows" in fault


@pytest.mark.parametrize(("value", "fine"), [(20_000, True), (1e15, True), (1e308, False)])
def test_wild_answers(value, fine, tmp_path):
    path = tmp_path / "s.csv"
    frame = named_survey()
    frame.loc[2, "c7"] = value
    frame.to_csv(path, index=False)
    if fine:
        assert read_survey(path)["outages_per_month"].max() == value
        return
    [fault] = check_survey(path).faults
    assert fault == (
        f"{path}: row 4, column c7: found 1e+308, expected a count of 0 or more, at most 1e+15"
    )


def test_coordinates_of_firms_that_are_no_place(tmp_path):
    path = tmp_path / "s.csv"
    places = [("76,9", "43,2"), ("43.2", "76.9"), ("0", "0"), ("76.9", "143"), ("74.6", "42.5")]
    places += [("", ""), ("76.9", ""), ("654321", "4987654")] + [("71.4", "51.1")] * 13
    frame = named_survey()
    frame[["longitude", "latitude"]] = places
    frame.to_csv(path, index=False)
    firms = read_survey(path)
    here = firms["longitude"].notna()
    assert here.tolist() == [True, *[False] * 7, *[True] * 13]
    assert firms["latitude"].notna().tolist() == here.tolist()
    assert firms[["longitude", "latitude"]].iloc[0].tolist() == [76.9, 43.2]
    notes = [each for each in firms.attrs["kz_spatial"]["notes"] if "longitude" in each]
    assert [each.partition(", columns longitude, latitude: ")[0] for each in notes] == [
        "row 8", "row 4", "row 3", "row 9", "row 5", "row 6", "row 2",
    ]  # fmt: skip
    assert all("count as without" in each for each in notes[:-1])
    # bundles hold the notes, so no coordinate of a firm is in them
    assert not any(part in "".join(notes) for part in ("43.2", "76.9", "74.6", "654321", "76,9"))
    frame.drop(columns="latitude").to_csv(path, index=False)
    assert "longitude" not in read_survey(path)
    assert any("longitude alone is no place" in each for each in check_survey(path).notes)


# paths, and readers that break


@pytest.mark.parametrize("ending", READERS)
def test_a_path_that_is_too_long_is_one_line(ending):
    with pytest.raises(CallError, match="cannot be opened: File name too long"):
        read_survey("x" * 5000 + ending)


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "dta", "sav"])
def test_a_path_whose_bytes_are_no_text(ending, tmp_path):
    path, plain = tmp_path / os.fsdecode(b"f\xe9r.") / "x", tmp_path / f"s.{ending}"
    path = path.parent.with_name(path.parent.name + ending)
    frame = named_survey()
    if ending == "sav":
        pyreadstat.write_sav(frame, str(plain))
    elif ending == "dta":
        frame.to_stata(plain, write_index=False)
    else:
        write = {"csv": frame.to_csv, "xlsx": frame.to_excel, "parquet": frame.to_parquet}
        write[ending](plain, index=False)
    plain.rename(path)
    firms = read_survey(path)
    assert len(firms) == 21
    firms.attrs["kz_spatial"]["source"].encode("utf-8")


def sav(tmp_path, n=21):
    path = tmp_path / "s.sav"
    frame = survey_frame(n).assign(note=[None, *["é" * (i % 5) for i in range(1, n)]])
    pyreadstat.write_sav(frame, str(path), variable_value_labels={"a3a": COMPOSITE_TEXT})
    return path


def test_the_child_gives_what_the_reader_gives(tmp_path):
    path = sav(tmp_path)
    frame, labels = spss.read_sav(path)
    expected, meta = pyreadstat.read_sav(path, user_missing=True)
    pd.testing.assert_frame_equal(frame, expected, check_dtype=False)
    assert labels == meta.variable_value_labels


def test_a_reader_that_ends_its_process_is_one_line(tmp_path, monkeypatch):
    child = tmp_path / "child.py"
    child.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setattr(spss, "_CHILD", child)
    path = sav(tmp_path)
    with pytest.raises(InputError) as caught:
        read_survey(path)
    assert str(caught.value) == (
        f"{path}: cannot be read as .sav: the reader was ended by SIGSEGV; expected a whole file: "
        "it may be damaged"
    )


@pytest.mark.parametrize("how", ["no python", "another program", "lacks what is needed"])
def test_where_no_child_can_read_this_process_does(how, tmp_path, monkeypatch):
    if how == "no python":
        monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    elif how == "another program":
        monkeypatch.setattr("sys.executable", "/bin/false")
    else:
        child = tmp_path / "child.py"
        child.write_text("raise SystemExit(2)\n")
        monkeypatch.setattr(spss, "_CHILD", child)
    assert len(read_survey(sav(tmp_path))) == 21


def damaged(whole, seed):
    chance = random.Random(seed)
    content = bytearray(whole)
    if seed % 3 == 0:
        return bytes(content[: chance.randrange(1, len(content))])
    for _ in range(chance.choice([1, 8, 40])):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content)


def lines_of(path):
    """What is said of a file that cannot be read; nothing where it can."""
    try:
        read_survey(path)
    except SurveyError as error:
        return error.faults
    except (InputError, CallError) as error:
        return [str(error)]
    return []


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "dta", "sav", "zip"])
def test_damaged_files_give_firms_or_one_line(ending, tmp_path):
    path = tmp_path / f"s.{ending}"
    frame = named_survey()
    if ending == "sav":
        path = sav(tmp_path)
    elif ending == "dta":
        frame.to_stata(path, write_index=False, version=118)
    elif ending == "zip":
        zip_of(path, s_dot_csv=frame.to_csv(index=False))
    else:
        write = {"csv": frame.to_csv, "xlsx": frame.to_excel, "parquet": frame.to_parquet}
        write[ending](path, index=False)
    whole = path.read_bytes()
    for seed in range(8 if ending == "sav" else 25):
        path.write_bytes(damaged(whole, seed))
        lines = lines_of(path)
        assert all(each.startswith(f"{path}: ") and "\n" not in each for each in lines)

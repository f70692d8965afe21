"""Reading surveys: formats, codings, attrition, and every fault of a bad file."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from helpers import COMPOSITE_TEXT, named_survey, survey_frame

from kz_spatial.design import design_of, load_design
from kz_spatial.errors import CallError, InputError, PlaceUnknownError, SurveyError
from kz_spatial.places.resolution import resolve
from kz_spatial.survey import coding
from kz_spatial.survey.reading import attrition, check_survey, read_survey

DESIGN = load_design()
INDICATORS = DESIGN.by_name
SPECIAL = "-9, -8, -7, -6, -5, -4"
CODES = dict(enumerate(DESIGN.grouping.codes, start=1))


def write_dta(frame, path, **options):
    frame.to_stata(path, write_index=False, **options)
    return path


def write_csv(frame, path, **options):
    frame.to_csv(path, index=False, **options)
    return path


def write_labelled(frame, path):
    return write_dta(frame, path, version=118, value_labels={"a3a": COMPOSITE_TEXT})


def faults_of(frame, tmp_path, **options):
    """Faults of a table written as .csv, without the path that each must begin with."""
    path = write_csv(frame, tmp_path / "s.csv")
    found = check_survey(path, **options).faults
    with pytest.raises(SurveyError) as caught:
        read_survey(path, **options)
    assert caught.value.faults == found
    assert str(caught.value) == "\n".join(found)
    assert all(each.startswith(f"{path}: ") and "\n" not in each for each in found)
    assert all(" expected " in each or "region '" in each for each in found)
    return [each.removeprefix(f"{path}: ") for each in found]


def unknown(name):
    with pytest.raises(PlaceUnknownError) as caught:
        resolve(name)
    return str(caught.value)


# formats


def expected_firms(frame):
    """What the frame of `survey_frame` must become, worked out apart from the package."""
    skipped = frame["c6"].eq(2) & frame["c7"].isna()
    return pd.DataFrame(
        {
            "firm_id": frame["idstd"],
            "composite": [CODES[each] for each in survey_frame(len(frame))["a3a"]],
            "size": frame["a6a"].map({1: "small", 2: "medium", 3: "large"}),
            "weight": frame["wmedian"],
            "outages_per_month": frame["c7"].mask(skipped, 0.0),
            "epayment_share": frame["k33"],
            "co2_monitoring": (frame["ge7"] == 1).astype(float),
            "product_innovation": (frame["h1"] == 1).astype(float),
            "permit_days": frame["g3"],
        }
    )


def write_as(kind, tmp_path):
    """A survey file of one kind, and the options to read it with."""
    named, coded, labels = named_survey(), survey_frame(), {"a3a": COMPOSITE_TEXT}
    path = tmp_path / {"DTA old": "S.DTA"}.get(kind, f"s.{kind.split()[0]}")
    writers = {
        "dta labelled": lambda: write_labelled(coded, path),
        "dta bare": lambda: write_dta(coded, path),
        "DTA old": lambda: write_dta(coded, path, version=114, value_labels=labels),
        "sav": lambda: pyreadstat.write_sav(coded, str(path), variable_value_labels=labels),
        "parquet": lambda: named.to_parquet(path),
        "csv": lambda: write_csv(named, path),
        "csv tab": lambda: write_csv(named, path, sep="\t"),
        "csv semicolon": lambda: write_csv(named, path, sep=";", decimal=",", encoding="utf-8-sig"),
    }
    writers[kind]()
    return path, {"region_codes": COMPOSITE_TEXT} if kind == "dta bare" else {}


@pytest.mark.parametrize(
    "kind",
    ["dta labelled", "dta bare", "DTA old", "sav", "parquet", "csv", "csv semicolon", "csv tab"],
)
def test_every_format_gives_the_same_firms(kind, tmp_path):
    path, options = write_as(kind, tmp_path)
    firms = read_survey(path, **options)
    assert list(firms.columns[: len(DESIGN.firm_columns)]) == list(DESIGN.firm_columns)
    expected = expected_firms(survey_frame())
    pd.testing.assert_frame_equal(
        firms[list(expected)], expected, check_dtype=False, check_names=False
    )
    assert firms["oblast_code"].isna().all()
    assert firms["sector"].isna().all()
    record = firms.attrs["kz_spatial"]
    assert record["source"] == path.name
    assert record["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert record["synthetic"] is False
    assert record["coding"] == "corrected"


def test_oblasts_composites_weights_sector_and_coordinates_are_kept(tmp_path):
    frame = named_survey(4)
    frame["region"] = ["Almaty", "Almaty Region", "Абай", "Kazakhstan"]
    frame["a4a"] = ["Retail", "Retail", "Other", "Other"]
    frame["wstrict"] = [1.5, 2.5, 3.5, 4.5]
    frame["b2b"] = [0, 25, -9, 100]
    frame["longitude"], frame["latitude"] = 76.9, 43.2
    firms = read_survey(write_csv(frame, tmp_path / "s.csv"))
    assert firms["oblast_code"].tolist() == ["KZ-75", "KZ-19", "KZ-10"]  # the total is set apart
    assert firms["composite"].tolist() == ["almaty", "south", "east"]
    assert firms["sector"].tolist() == ["Retail", "Retail", "Other"]
    assert firms["weight"].tolist() == firms["wmedian"].tolist() == [1.0, 2.0, 3.0]
    assert firms["wstrict"].tolist() == [1.5, 2.5, 3.5]
    assert firms["foreign_share"].tolist()[:2] == [0, 25]
    assert np.isnan(firms["foreign_share"][2])
    assert (firms["longitude"] == 76.9).all()
    notes = firms.attrs["kz_spatial"]["notes"]
    assert any("'Almaty' was read as KZ-75" in each for each in notes)
    assert any("1 rows are national totals" in each for each in notes)


def test_sector_labels_of_a_stata_file_replace_its_codes(tmp_path):
    frame = survey_frame().assign(a4a=np.arange(21) % 3 + 1)
    path = tmp_path / "s.dta"
    labels = {"a3a": COMPOSITE_TEXT, "a4a": {1: "Manufacturing", 2: "Retail"}}
    write_dta(frame, path, value_labels=labels)
    assert read_survey(path)["sector"].tolist()[:3] == ["Manufacturing", "Retail", "3"]


def test_items_are_found_in_any_case_and_under_other_names(tmp_path):
    frame = named_survey().rename(columns={"k33": "pay_el", "ge7": "GE7", "region": "Регион"})
    path = write_csv(frame, tmp_path / "s.csv")
    firms = read_survey(path, items={"k33": "PAY_EL"})
    assert firms["epayment_share"].tolist() == named_survey()["k33"].tolist()
    assert firms["co2_monitoring"].notna().all()
    other = frame.rename(columns={"Регион": "where"})
    path = write_csv(other, tmp_path / "t.csv")
    firms = read_survey(path, items={"k33": "pay_el"}, region="where")
    assert firms["composite"].notna().all()
    with pytest.raises(CallError, match=r"items='k34'.*did you mean"):
        read_survey(path, items={"k34": "pay_el"})


def test_of_two_columns_the_exact_name_wins(tmp_path):
    frame = named_survey()
    frame.insert(0, "K33", 50.0)
    assert read_survey(write_csv(frame, tmp_path / "s.csv"))["epayment_share"].tolist() == (
        named_survey()["k33"].tolist()
    )


def test_answers_may_be_words(tmp_path):
    words = {1: "Yes", 2: "НЕТ"}
    frame = named_survey()
    frame["ge7"] = frame["ge7"].map(words)
    frame.loc[0, "ge7"] = "Don’t know (spontaneous)"
    frame["k33"] = frame["k33"].astype(str)
    firms = read_survey(write_csv(frame, tmp_path / "s.csv"))
    raw = named_survey()
    assert np.isnan(firms["co2_monitoring"][0])
    assert firms["co2_monitoring"][1:].tolist() == (raw["ge7"][1:] == 1).tolist()
    assert firms["epayment_share"].tolist() == raw["k33"].tolist()


# codings


def special_answers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "c6": [1, 2, 2, 1, -9, 2],
            "c7": [3, np.nan, 4, np.nan, np.nan, -9],
            "k33": [0, 100, -9, -8, -7, np.nan],
            "ge7": [1, 2, -9, -8, -7, np.nan],
            "h1": [2, 1, 2, 1, 2, 1],
            "g3": [30, np.nan, -7, 0, 1.5, -9],
        }
    )


def assert_coded(found, **expected):
    assert list(found.columns) == list(INDICATORS)
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)


def test_corrected_coding_by_hand():
    nan = np.nan
    assert_coded(
        coding.code_items(special_answers(), DESIGN),
        # no outages (c6 = 2) and not asked: 0 a month; asked and did not know: missing
        outages_per_month=[3, 0, 4, nan, nan, nan],
        epayment_share=[0, 100, nan, nan, nan, nan],
        co2_monitoring=[1, 0, nan, nan, nan, nan],
        product_innovation=[0, 1, 0, 1, 0, 1],
        permit_days=[30, nan, nan, 0, 1.5, nan],
    )


def test_as_published_coding_by_hand():
    nan = np.nan
    assert_coded(
        coding.code_items(special_answers(), DESIGN, "as-published"),
        outages_per_month=[3, nan, 4, nan, nan, -9],
        epayment_share=[0, 100, -9, -8, -7, nan],
        co2_monitoring=[0, 1, -10, -9, -8, nan],  # no = 1, and -9 minus 1
        product_innovation=[1, 0, 1, 0, 1, 0],
        permit_days=[30, nan, -7, 0, 1.5, -9],
    )


def test_without_c6_firms_not_asked_stay_missing(tmp_path):
    frame = named_survey().drop(columns="c6")
    path = write_csv(frame, tmp_path / "s.csv")
    firms = read_survey(path)
    assert firms["outages_per_month"].isna().sum() == named_survey()["c7"].isna().sum() == 5
    assert any("no column c6" in each for each in check_survey(path).notes)


def test_an_unknown_coding_is_a_fault_of_the_call(tmp_path):
    path = write_csv(named_survey(), tmp_path / "s.csv")
    with pytest.raises(CallError, match=r"coding='published'.*did you mean 'as-published'"):
        read_survey(path, coding="published")


def test_attrition_by_hand():
    table = coding.attrition_table(special_answers(), DESIGN)
    assert table.loc["c7"].to_dict() == {
        "indicator": "outages_per_month",
        "firms": 6,
        "answered": 2,
        "skipped": 1,
        "dont_know": 1,
        "refused": 0,
        "does_not_apply": 0,
        "still_in_process": 0,
        "application_denied": 0,
        "not_applicable": 0,
        "system_missing": 2,
        "used": 3,
        "listwise": 3,
    }
    assert table["listwise"].tolist() == [3, 2, 2, 2, 1]  # firm 0 alone answered everything
    published = coding.attrition_table(special_answers(), DESIGN, "as-published")
    assert published.loc["k33", "used"] == 5


@pytest.mark.parametrize("name", coding.CODINGS)
def test_attrition_adds_up_and_agrees_with_the_firms(name, tmp_path):
    frame = named_survey(40).astype({"ge7": float})
    frame.loc[[3, 9], "k33"] = [-9, -8]
    frame.loc[[4, 5], "ge7"] = [-7, np.nan]
    frame.loc[2, "c7"] = -9
    firms = read_survey(write_csv(frame, tmp_path / "s.csv"), coding=name)
    table = attrition(firms)
    parts = ["answered", "skipped", *DESIGN.special_codes.values(), "system_missing"]
    assert (table[parts].sum(axis=1) == table["firms"]).all()
    assert (table["firms"] == 40).all()
    assert table["used"].tolist() == firms[list(INDICATORS)].notna().sum().tolist()
    assert table["listwise"].iloc[-1] == len(firms[list(INDICATORS)].dropna())
    assert table["listwise"].is_monotonic_decreasing


def test_attrition_needs_a_record():
    with pytest.raises(InputError, match="no record of its reading"):
        attrition(pd.DataFrame())


# bad files


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none.dta", "no such file"),
        ("none.ods", "cannot read '.ods'; expected one of .dta, .sav, .csv, .tsv, .xlsx, .parquet"),
        ("none", "cannot read a file without ending"),
        ("folder", "a folder"),
        ("folder.csv", "a folder"),
    ],
)
def test_a_path_that_cannot_be_read_is_a_fault_of_the_call(name, said, tmp_path):
    path = tmp_path / name
    if name.startswith("folder"):
        path.mkdir()
    for function in (read_survey, check_survey):
        with pytest.raises(CallError) as caught:
            function(path)
        assert str(caught.value).startswith(f"{path}: {said}")
        assert caught.value.exit_code == 2
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", [".dta", ".sav", ".csv", ".parquet"])
@pytest.mark.parametrize("content", [b"", b"these are no firms\x00\xff\xfe", b"\xff\xfe\xfd"])
def test_files_that_hold_no_table(ending, content, tmp_path):
    path = tmp_path / f"s{ending}"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_survey(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "expected" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 1


def test_a_csv_of_blank_lines_is_empty(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("\n  \n\n")
    with pytest.raises(InputError, match="empty file"):
        read_survey(path)


@pytest.mark.parametrize("version", [117, 118, 119])
def test_a_stata_file_cut_short_anywhere_is_refused(version, tmp_path):
    path = write_dta(
        survey_frame(), tmp_path / "s.dta", version=version, value_labels={"a3a": COMPOSITE_TEXT}
    )
    whole = path.read_bytes()
    # the last cut takes one byte; cuts inside the value labels would leave "West" as "We"
    for cut in [*range(1, len(whole) - 400, 97), *range(len(whole) - 400, len(whole), 5)]:
        path.write_bytes(whole[:cut])
        with pytest.raises(InputError) as caught:
            read_survey(path)
        assert str(caught.value).startswith(f"{path}: ")
        assert "cut short" in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["sav", "parquet", "DTA old"])
def test_other_files_cut_short_are_refused(kind, tmp_path):
    path, options = write_as(kind, tmp_path)
    whole = path.read_bytes()
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(InputError, match="cut short"):
            read_survey(path, **options)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda line: line + ",9", "found 11 fields, expected 10"),
        (lambda line: line.rsplit(",", 2)[0], "found 8 fields, expected 10"),
    ],
)
def test_csv_rows_of_another_width_are_named(change, said, tmp_path):
    lines = named_survey(9).to_csv(index=False).splitlines()
    path = tmp_path / "s.csv"
    path.write_text("\n".join([lines[0], *(map(change, lines[1:]))]))
    with pytest.raises(InputError) as caught:
        read_survey(path)
    assert str(caught.value).startswith(f"{path}: rows 2, 3, 4, 5, 6 and 4 more: {said}")
    lines[4] = change(lines[4])
    path.write_text("\n".join(lines))
    with pytest.raises(InputError, match="row 5: " + said):
        read_survey(path)


def test_a_column_named_twice(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("idstd,region,k33,k33\n1,West,2,3\n")
    with pytest.raises(InputError, match="row 1: found column 'k33' twice"):
        read_survey(path)


def test_a_header_and_no_rows(tmp_path):
    assert faults_of(named_survey(0), tmp_path) == [
        "found a header and no rows, expected one row per firm"
    ]


def test_no_region_column(tmp_path):
    [fault] = faults_of(named_survey().drop(columns="region"), tmp_path)
    assert fault.startswith("found no region column, expected oblast_code or oblast or a3a or a2")
    [fault] = faults_of(named_survey(), tmp_path, region="wher")
    assert fault.startswith("found no region column, expected wher;")


def test_a_missing_item_comes_with_the_nearest_columns(tmp_path):
    path = write_csv(named_survey().rename(columns={"ge7": "ge7x"}), tmp_path / "s.csv")
    found = check_survey(path)
    assert found.faults == ()
    assert found.notes[0] == (
        f"{path}: found no column 'ge7' (nearest: ge7x), expected item ge7; another name can be "
        "given as ge7=NAME; co2_monitoring is left out"
    )
    firms = read_survey(path)
    assert "co2_monitoring" not in firms
    assert "co2_monitoring" not in design_of(firms).by_name
    with pytest.raises(SurveyError, match=r"found no column 'ge7y' \(nearest: ge7x\)"):
        read_survey(path, items={"ge7": "ge7y"})
    [fault] = faults_of(named_survey()[["region", "wmedian", "idstd"]], tmp_path)[:1]
    assert fault.startswith("found no column 'c7'")


def test_unknown_and_missing_regions_among_good_ones(tmp_path):
    frame = named_survey(10)
    frame.loc[[1, 8], "region"] = "Zambyl"
    frame.loc[4, "region"] = "Moscow"
    frame.loc[6, "region"] = None
    assert faults_of(frame, tmp_path) == [
        f"rows 3, 10, column region: {unknown('Zambyl')}",
        f"row 6, column region: {unknown('Moscow')}",
        "row 8, column region: found nothing, expected a region",
    ]


def test_an_ambiguous_region_that_nothing_settles(tmp_path):
    frame = named_survey(3).assign(region=["Almaty", "Abai", "Zhambyl"])
    [fault] = faults_of(frame, tmp_path)
    assert fault.startswith("row 2, column region: ambiguous region 'Almaty'")
    assert "KZ-19" in fault
    assert "KZ-75" in fault


def test_bare_region_codes_ask_for_their_meaning(tmp_path):
    path = write_dta(survey_frame(8), tmp_path / "s.dta")
    faults = check_survey(path).faults
    assert len(faults) == 7
    assert faults[0].startswith(f"{path}: rows 1, 8, column a3a: unknown region '1'")
    assert all(each.endswith("region_codes={code: name}") for each in faults)
    # nine digits must not be rounded on the way to the message
    frame = named_survey(3).assign(region=[310000001, 990000001, 990000001])
    [fault] = faults_of(frame, tmp_path)
    assert fault.startswith("rows 3, 4, column region: unknown region '990000001'")


def test_values_that_the_questionnaire_does_not_allow(tmp_path):
    frame = named_survey(12)
    frame.loc[2:9, "k33"] = 140
    frame.loc[11, "k33"] = -3
    frame.loc[5, "ge7"] = 3
    frame.loc[6, "c7"] = np.inf
    frame["g3"] = frame["g3"].astype(object)
    frame.loc[0, "g3"] = "soon"
    assert faults_of(frame, tmp_path) == [
        "row 8, column c7: found inf, expected a count of 0 or more, or " + SPECIAL,
        "rows 4, 5, 6, 7, 8 and 3 more, column k33: found 140, expected 0 to 100, or " + SPECIAL,
        "row 13, column k33: found -3, expected 0 to 100, or " + SPECIAL,
        "row 7, column ge7: found 3, expected 1 (yes), 2 (no), or " + SPECIAL,
        "row 2, column g3: found 'soon', expected 0 or more days, or " + SPECIAL,
    ]


@pytest.mark.parametrize("bad", [5, 6])
def test_more_than_five_rows_are_counted_not_listed(bad, tmp_path):
    frame = named_survey(9)
    frame.loc[: bad - 1, "k33"] = 101
    [fault] = faults_of(frame, tmp_path)
    listed = "rows 2, 3, 4, 5, 6, column" if bad == 5 else "rows 2, 3, 4, 5, 6 and 1 more, column"
    assert fault.startswith(listed)


def test_rows_are_numbered_as_the_file_has_them(tmp_path):
    frame = named_survey(4)
    frame.loc[3, "k33"] = 140
    lines = frame.to_csv(index=False).splitlines()
    path = tmp_path / "s.csv"
    path.write_text("\n".join([*lines[:2], "", "   ", *lines[2:], "", ""]))
    assert check_survey(path).n_rows == 4
    assert check_survey(path).faults[0].startswith(f"{path}: row 7, column k33")
    parquet = tmp_path / "s.parquet"
    frame.set_axis(list("wxyz"), axis=0).to_parquet(parquet)
    assert check_survey(parquet).faults[0].startswith(f"{parquet}: row 4, column k33")


def test_an_item_that_nobody_answered(tmp_path):
    for nothing in (np.nan, -9):
        [fault] = faults_of(named_survey(6).assign(h1=nothing), tmp_path)
        assert fault == (
            "column h1: found no answer in any of 6 rows, expected 1 (yes), 2 (no), or " + SPECIAL
        )


def test_ids_and_weights(tmp_path):
    frame = named_survey(9)
    frame.loc[[4, 7], "idstd"] = 1001
    frame.loc[3, "wmedian"] = 0.0
    assert faults_of(frame, tmp_path) == [
        "rows 2, 6, 9, column idstd: found 1001 3 times, expected once",
    ]
    [fault] = faults_of(named_survey(3).assign(idstd=[1, np.nan, 3]), tmp_path)
    assert fault == "row 3, column idstd: found nothing, expected an id"


def test_faults_of_every_kind_are_collected_at_once(tmp_path):
    frame = named_survey(12)
    frame.loc[0, "k33"] = 140
    frame.loc[1, "k33"] = -3
    frame.loc[2, "region"] = "Zambyl"
    frame.loc[3, "idstd"] = 1001
    frame.loc[4, "wmedian"] = -1
    frame["g3"] = np.nan
    faults = faults_of(frame, tmp_path, items={"h1": "innovated"})
    assert [each.partition(":")[0] for each in faults] == [
        "found no column 'innovated', expected item h1; another name can be given as h1=NAME",
        "row 2, column k33",
        "row 3, column k33",
        "column g3",
        "rows 2, 5, column idstd",
        "row 4, column region",
    ]


def test_a_check_of_a_good_file_has_no_faults(tmp_path):
    path = write_labelled(survey_frame(), tmp_path / "s.dta")
    found = check_survey(path)
    assert (found.path, found.n_rows, found.faults) == (path, 21, ())
    assert found.notes == ("firms are located by composite only, so nothing can be said by oblast",)
    pd.testing.assert_frame_equal(found.attrition, attrition(read_survey(path)))


def test_a_skipped_question_is_no_outages_whether_empty_or_marked(tmp_path):
    frame = named_survey(6).assign(c6=[2, 2, 1, 1, -9, 2], c7=[np.nan, -7, -7, 3, np.nan, 4])
    frame.to_csv(tmp_path / "s.csv", index=False)
    firms = read_survey(tmp_path / "s.csv")
    expected = [0, 0, np.nan, 3, np.nan, 4]
    np.testing.assert_array_equal(firms["outages_per_month"], expected)
    row = attrition(firms).loc["c7"]
    assert (row["skipped"], row["does_not_apply"], row["system_missing"]) == (2, 1, 1)


def test_kind_settles_a_bare_name(tmp_path):
    named_survey(6).assign(region="Almaty").to_csv(tmp_path / "s.csv", index=False)
    with pytest.raises(SurveyError, match="ambiguous"):
        read_survey(tmp_path / "s.csv")
    assert set(read_survey(tmp_path / "s.csv", kind="region")["oblast_code"]) == {"KZ-19"}

"""Tables of units as people have them: found by content, everything assumed said."""

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from helpers import ROOT
from table_cases import CODES, ENGLISH, RUSSIAN, plain_rows, write_book, write_lines

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError


def record(table):
    return kz.area_record(table)


def bulletin_rows():
    """A bulletin: title, unit of measure, two rows of heading, total, footnotes, source."""
    body = [
        [RUSSIAN[code], f"{80 + i / 10:.1f}".replace(".", ","), 90 + i, f"{i + 1}\u00a0500"]
        for i, code in enumerate(CODES)
    ]
    body[3][0] += "1)"
    body[5][2] = "-"
    body[6][2] = "…"
    return [
        ["Пользователи сети Интернет"],
        ["в процентах"],
        [],
        ["Регион", "Всего", "в том числе", None],
        [None, None, "городское население", "Число организаций"],
        ["Республика Казахстан", "84,2", 95, "20\u00a0000"],
        *body,
        [],
        ["1) с учётом города"],
        ["Источник: числа вымышлены"],
    ]


@pytest.fixture
def bulletin(tmp_path):
    path = tmp_path / "bulletin.xlsx"
    write_book(path, ("2023", bulletin_rows()), ("Метаданные", [["описание"]]), merge=("C4:D4",))
    return path


def test_a_bulletin_is_read_whole(bulletin):
    table = kz.read_area_table(bulletin)
    assert list(table) == ["Всего", "городское население", "Число организаций"]
    assert table.index.tolist() == CODES
    assert table.index.name == "oblast_code"
    assert table.loc["KZ-10", "Всего"] == 80.0
    assert table.loc["KZ-19", "городское население"] == 93
    assert table.loc["KZ-79", "Число организаций"] == 20_500
    assert table["городское население"].isna().sum() == 2
    told = record(table)
    assert told.title == "Пользователи сети Интернет"
    assert told.vintage == 2022
    assert told.totals == {
        "Всего": 84.2,
        "городское население": 95.0,
        "Число организаций": 20_000.0,
    }
    assert told.measures["Всего"] == "в процентах"
    assert told.measures["Число организаций"] == ""
    assert told.signs == {"-": 1, "…": 1}
    left = " | ".join(told.left_out)
    for part in ("Метаданные", "row 28: '1) с учётом города'", "row 29: 'Источник"):
        assert part in left
    notes = " | ".join(told.notes)
    assert "heading in rows 4-5, units in column A ('Регион')" in notes
    assert "1 cell holds '-' (no such phenomenon)" in notes
    assert "decimal commas" in notes


def test_every_assumption_can_be_told(bulletin, tmp_path):
    table = kz.read_area_table(
        bulletin, sheet="2023", header="5", unit_column="A", columns=["городское население"]
    )
    assert list(table) == ["городское население"]
    with pytest.raises(CallError, match=r"--sheet='2022': expected one of '2023', 'Метаданные'"):
        kz.read_area_table(bulletin, sheet="2022")
    with pytest.raises(CallError, match="--columns 'Село': expected one of 'Всего'"):
        kz.read_area_table(bulletin, columns=["Село"])
    with pytest.raises(CallError, match="--header '90'"):
        kz.read_area_table(bulletin, header="90")
    with pytest.raises(CallError, match="--unit-column 'Z'"):
        kz.read_area_table(bulletin, unit_column="Z")


def test_a_heading_without_merged_cells_is_joined_by_what_stands_below(tmp_path):
    lines = ["Region;Population;;Jobs", ";men;women;"]
    lines += [f"{ENGLISH[code]};{i};{2 * i};{3 * i}" for i, code in enumerate(CODES)]
    table = kz.read_area_table(write_lines(tmp_path / "t.csv", *lines))
    assert list(table) == ["Population, men", "Population, women", "Jobs"]
    assert table.loc["KZ-11"].tolist() == [1, 2, 3]


def test_rows_that_number_the_columns_are_left_out(tmp_path):
    rows = plain_rows()
    rows.insert(1, ["А", 1])
    table = kz.read_area_table(write_book(tmp_path / "t.xlsx", rows))
    assert table["Jobs"].tolist() == [10 * i for i in range(1, 21)]


def test_years_as_columns_become_a_panel(tmp_path):
    head = ["Регион", "2020 г.", "2021 год", 2022]
    rows = [["Безработица, в процентах"], head]
    rows += [[RUSSIAN[code], i, i + 0.5, i + 1] for i, code in enumerate(CODES)]
    table = kz.read_area_table(write_book(tmp_path / "t.xlsx", rows))
    assert table.index.names == ["oblast_code", "year"]
    assert table.loc[("KZ-11", 2021)].tolist() == [1.5]
    assert record(table).measures == {"Безработица, в процентах": "в процентах"}
    one = kz.read_area_table(tmp_path / "t.xlsx", year=2022)
    assert one.iloc[:, 0].tolist() == [i + 1 for i in range(20)]
    with pytest.raises(CallError, match="--year=1999: expected one of 2020, 2021, 2022"):
        kz.read_area_table(tmp_path / "t.xlsx", year=1999)


def test_years_below_each_heading_become_columns_and_years(tmp_path):
    rows = [["Region", "Population", None, "Jobs", None], [None, 2020, 2021, 2020, 2021]]
    rows += [[ENGLISH[code], i, 2 * i, 3 * i, 4 * i] for i, code in enumerate(CODES)]
    path = write_book(tmp_path / "t.xlsx", rows, merge=("B1:C1", "D1:E1", "A1:A2"))
    table = kz.read_area_table(path)
    assert list(table) == ["Population", "Jobs"]
    assert table.loc[("KZ-15", 2021)].tolist() == [4, 8]


def test_a_column_of_years_and_units_named_once(tmp_path):
    rows = [["Region", "Year", "Jobs"]]
    for i, code in enumerate(CODES):
        rows += [[ENGLISH[code], 2020, i], [None, 2021, -i]]
    table = kz.read_area_table(write_book(tmp_path / "t.xlsx", rows))
    assert table.loc[("KZ-79", 2021), "Jobs"] == -19
    assert "20 rows without a name belong to the unit above them" in record(table).notes


def test_a_cell_shown_in_percent_is_read_as_it_is_shown(tmp_path):
    rows = [["Region", "Share"], *([ENGLISH[c], 0.12 + i / 100] for i, c in enumerate(CODES))]
    path = write_book(tmp_path / "t.xlsx", rows, formats={f"B{r}": "0.0%" for r in range(2, 22)})
    table = kz.read_area_table(path)
    assert table.loc["KZ-10", "Share"] == 12.0
    assert any("all numbers are shown in percent" in note for note in record(table).notes)


def test_hidden_rows_are_read_and_said(tmp_path):
    table = kz.read_area_table(write_book(tmp_path / "t.xlsx", plain_rows(), hide=(3, 5)))
    assert len(table) == 20
    assert "rows 3, 5: hidden in the file, and read like the others" in record(table).notes


def test_a_column_that_is_half_numbers_names_the_other_cells(tmp_path):
    rows = plain_rows()
    rows[4][1], rows[9][1] = "много", "12 или 13"
    table = kz.read_area_table(write_book(tmp_path / "t.xlsx", rows))
    assert table["Jobs"].isna().sum() == 2
    told = next(note for note in record(table).notes if "no number" in note)
    assert "2 of 20 cells" in told
    assert "row 5: 'много', row 10: '12 или 13'" in told


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_text_in_any_encoding_with_titles_and_sources_around(tmp_path, encoding):
    title = "Численность населения, тыс. человек"
    lines = [title, "Регион;2019;2020", "Казахстан;18 395,6;18 631,8"]
    lines += [f"{ENGLISH[code]};{100 + i},5;{101 + i},5" for i, code in enumerate(CODES)]
    lines += ["", "Источник: вымышлено; числа условны"]
    table = kz.read_area_table(write_lines(tmp_path / "t.csv", *lines, encoding=encoding))
    assert table.loc[("KZ-11", 2020)].tolist() == [102.5]
    told = record(table)
    assert told.totals == {title: {"2019": 18395.6, "2020": 18631.8}}
    assert told.measures == {title: "тыс. человек"}
    assert told.population == title


def test_a_misprint_in_the_first_row_is_no_heading(tmp_path):
    rows = plain_rows()
    rows[1][0] = "Abaay"
    with pytest.raises(InputError, match="row 2: unknown region 'Abaay'; nearest known: Abai"):
        kz.read_area_table(write_book(tmp_path / "t.xlsx", rows))


def test_kato_codes_as_numbers_name_units_under_a_heading_that_says_so(tmp_path):
    rows = [["KATO", "Jobs"], *([int(code[3:]), i] for i, code in enumerate(CODES))]
    table = kz.read_area_table(write_book(tmp_path / "t.xlsx", rows))
    assert table.index.tolist() == CODES
    rows[0][0] = "Value"
    with pytest.raises(InputError, match="no column with names or codes"):
        kz.read_area_table(write_book(tmp_path / "u.xlsx", rows))


def test_names_beside_codes_of_the_same_units_are_said(tmp_path):
    rows = [["Region", "Code", "Jobs"], *([ENGLISH[c], c, i] for i, c in enumerate(CODES))]
    table = kz.read_area_table(write_book(tmp_path / "t.xlsx", rows))
    assert list(table) == ["Jobs"]
    assert "column B names the units again and was left out" in record(table).notes


@pytest.mark.parametrize("kind", ["parquet", "dta", "sav"])
def test_files_with_typed_columns(tmp_path, kind):
    frame = pd.DataFrame({"region": [1, 2, 3], "share": [1.5, np.nan, 3.5]})
    labels = {1: "Akmola", 2: "Aktobe", 3: "Almaty City"}
    path = tmp_path / f"t.{kind}"
    if kind == "parquet":
        frame.assign(region=frame["region"].map(labels)).to_parquet(path)
    elif kind == "dta":
        frame.to_stata(path, write_index=False, value_labels={"region": labels})
    else:
        pyreadstat.write_sav(frame, path, variable_value_labels={"region": labels})
    table = kz.read_area_table(path)
    assert table["share"].dropna().to_dict() == {"KZ-11": 1.5, "KZ-75": 3.5}
    assert len(record(table).missing) == 17


def test_a_layer_of_a_geopackage(tmp_path):
    areas = kz.oblasts(detail="light")[["geometry"]].reset_index().assign(jobs=range(20))
    areas.to_file(tmp_path / "t.gpkg", layer="work")
    assert kz.read_area_table(tmp_path / "t.gpkg")["jobs"].tolist() == list(range(20))


@pytest.mark.parametrize("name", ["bulletin.xls", "bulletin.ods"])
def test_older_and_open_workbooks_by_calamine(name):
    table = kz.read_area_table(ROOT / "tests" / "reference" / "area_tables" / name)
    assert table["Всего"].tolist() == [80 + i / 10 for i in range(20)]
    assert any("cannot be told" in note for note in record(table).notes)
    assert record(table).totals["Всего"] == 84.2


def test_rows_that_name_no_unit_are_left_out_on_request_only(tmp_path):
    rows = [*plain_rows(), ["Атлантида", 7]]
    path = write_book(tmp_path / "t.xlsx", rows)
    with pytest.raises(InputError, match="row 22: unknown region 'Атлантида'"):
        kz.read_area_table(path)
    table = kz.read_area_table(path, unmatched="drop")
    assert record(table).left_out == ["row 22: 'Атлантида' names no unit"]


def test_a_decimal_sign_that_nothing_settles_is_asked_for(tmp_path):
    lines = ["Region;Output", *(f"{ENGLISH[c]};{i + 1},{i:03d}" for i, c in enumerate(CODES))]
    path = write_lines(tmp_path / "t.csv", *lines)
    with pytest.raises(InputError, match="'1,000' may be thousands or decimals"):
        kz.read_area_table(path)
    assert kz.read_area_table(path, decimal="comma").loc["KZ-11", "Output"] == 2.001
    assert kz.read_area_table(path, decimal="point").loc["KZ-11", "Output"] == 2001


def test_kinds_follow_words_and_the_countrys_figure(tmp_path):
    rows = plain_rows(head=("Region", "Value"))
    path = write_book(tmp_path / "t.xlsx", [*rows, ["Kazakhstan", 2100]])
    assert record(kz.read_area_table(path)).kinds == {"Value": "count"}
    path = write_book(tmp_path / "t.xlsx", [*rows, ["Kazakhstan", 90]])
    assert record(kz.read_area_table(path)).kinds == {"Value": "rate"}
    assert record(kz.read_area_table(path, counts=["value"])).kinds == {"Value": "count"}
    named = plain_rows(head=("Region", "Unemployment rate"))
    path = write_book(tmp_path / "t.xlsx", [*named, ["Kazakhstan", 2100]])
    assert record(kz.read_area_table(path)).kinds == {"Unemployment rate": ""}


def test_no_keyword_is_overlooked(tmp_path):
    path = write_book(tmp_path / "t.xlsx", plain_rows())
    with pytest.raises(CallError, match="keyword='sheets'"):
        kz.read_area_table(path, sheets="a")
    with pytest.raises(CallError, match="columns='Jobs': expected a list"):
        kz.read_area_table(path, columns="Jobs")
    with pytest.raises(CallError, match="go together"):
        kz.read_area_table(path, unit_code="id")
    with pytest.raises(CallError, match="the frame has no record"):
        kz.area_record(pd.DataFrame({"a": [1]}))

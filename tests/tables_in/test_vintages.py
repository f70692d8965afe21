"""Which oblasts a table knows, and panels across a split on one set of units, by hand."""

import pytest
from table_cases import ENGLISH, write_book

import kz_spatial as kz
from kz_spatial.crosswalk import units_of
from kz_spatial.errors import InputError


def panel(tmp_path, years, head=("Region", "Year", "Population", "Unemployment rate")):
    """A year's units by its vintage; people 1, 2, ... and rates 10, 20, ... in code order."""
    rows = [list(head)]
    for year, vintage in years.items():
        rows += [
            [ENGLISH[code], year, i, 10.0 * i][: len(head)]
            for i, code in enumerate(units_of(vintage), start=1)
        ]
    return write_book(tmp_path / "panel.xlsx", rows)


@pytest.mark.parametrize(("vintage", "n"), [(2022, 20), (2018, 17), (1997, 16)])
def test_the_finest_vintage_that_all_rows_make_complete(tmp_path, vintage, n):
    names = {**ENGLISH, "KZ-61": "South Kazakhstan" if vintage < 2018 else "Turkistan"}
    rows = [["Region", "x"], *([names[code], 1.5] for code in units_of(vintage))]
    table = kz.read_area_table(write_book(tmp_path / "t.xlsx", rows))
    assert len(table) == n
    assert kz.area_record(table).vintage == vintage
    assert kz.area_record(table).missing == []


def test_a_few_units_of_any_vintage_are_todays(tmp_path):
    rows = [["Region", "x"], ["Akmola", 1], ["Atyrau", 2]]
    told = kz.area_record(kz.read_area_table(write_book(tmp_path / "t.xlsx", rows)))
    assert told.vintage == 2022
    assert len(told.missing) == 18
    assert any("18 of 20 units are missing" in note for note in told.notes)


def test_merged_units_mean_the_units_before_the_split(tmp_path):
    rows = [["Region", "x"], ["East Kazakhstan + Abay", 5.0]]
    rows += [[ENGLISH[code], 1.0] for code in units_of(2018) if code != "KZ-63"]
    table = kz.read_area_table(write_book(tmp_path / "t.xlsx", rows))
    told = kz.area_record(table)
    assert (told.vintage, told.merged) == (2018, {})
    assert table.loc["KZ-63", "x"] == 5.0
    assert list(told.older) == ["KZ-19", "KZ-35", "KZ-63"]


def test_a_panel_across_the_split_adds_counts_and_averages_rates(tmp_path):
    table = kz.read_area_table(panel(tmp_path, {2021: 2018, 2022: 2022}))
    assert len(table) == 34
    today = list(units_of(2022))
    abai, east = today.index("KZ-10") + 1, today.index("KZ-63") + 1
    people, rate = table.loc[("KZ-63", 2022)]
    assert people == abai + east
    # by hand: (p1 * 10 p1 + p2 * 10 p2) / (p1 + p2)
    assert rate == pytest.approx(10 * (abai**2 + east**2) / (abai + east))
    assert table.loc[("KZ-11", 2021)].tolist() == [1, 10]
    assert table.loc[("KZ-11", 2022)].tolist() == [2, 20]
    told = kz.area_record(table)
    assert told.vintage == 2018
    assert told.merged["KZ-63"] == ["KZ-10", "KZ-63"]
    assert any(
        "common to all years (2021: those of 2018, 2022: those of 2022)" in n for n in told.notes
    )
    assert any(n.startswith("East Kazakhstan Region (KZ-63) is made of Abai") for n in told.notes)


def test_rates_without_people_are_refused(tmp_path):
    path = panel(tmp_path, {2021: 2018, 2022: 2022}, ("Region", "Year", "Unemployment rate"))
    with pytest.raises(InputError, match="no column tells it; say --population"):
        kz.read_area_table(path)


def test_a_column_of_neither_kind_is_asked_for(tmp_path):
    path = panel(tmp_path, {2021: 2018, 2022: 2022}, ("Region", "Year", "Thing"))
    with pytest.raises(InputError, match="'Thing' may be counts or rates; say --counts or --rates"):
        kz.read_area_table(path)
    table = kz.read_area_table(path, counts=["Thing"])
    assert table.loc[("KZ-19", 2022), "Thing"] == 4 + 8


def test_a_unit_whose_part_is_missing_is_missing(tmp_path):
    rows = [["Region", "Year", "Population"]]
    rows += [[ENGLISH[c], 2021, 1.0] for c in units_of(2018)]
    rows += [[ENGLISH[c], 2022, 1.0] for c in units_of(2022) if c != "KZ-33"]
    table = kz.read_area_table(write_book(tmp_path / "t.xlsx", rows))
    assert table.loc[("KZ-35", 2022), "Population"] == 2.0
    assert table["Population"].isna().sum() == 1
    assert any(
        "Almaty Region in 2022 is missing, since it lacks Zhetisu" in n
        for n in kz.area_record(table).notes
    )

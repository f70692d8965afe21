"""Groupings: every oblast once, in any vintage, and shapes that are a coverage."""

from __future__ import annotations

import pytest
import shapely

import kz_spatial as kz
from kz_spatial.crosswalk import unit_at, units, units_of
from kz_spatial.design import Grouping, Region
from kz_spatial.errors import DesignError, InputError

HALVES = {
    "dry": ["KZ-15", "KZ-19", "KZ-23", "KZ-27", "KZ-31", "KZ-33", "KZ-35", "KZ-43", "KZ-47"],
    "wet": ["KZ-10", "KZ-11", "KZ-39", "KZ-55", "KZ-59", "KZ-61", "KZ-62", "KZ-63", "KZ-71"],
    "towns": ["KZ-75", "KZ-79"],
}


def grouping(members=HALVES, vintage=2024):
    regions = [Region(c, {"en": c.title()}, tuple(units)) for c, units in members.items()]
    return Grouping("half", "halves", {"en": "Halves"}, vintage, tuple(regions))


def test_regions_are_in_code_order_and_hold_their_oblasts():
    made = grouping()
    assert made.codes == ("dry", "towns", "wet")
    assert {c: made.region_of(c) for c in ("KZ-15", "KZ-79", "KZ-10")} == {
        "KZ-15": "dry",
        "KZ-79": "towns",
        "KZ-10": "wet",
    }
    assert made.regions_of(["KZ-10", None]) == ["wet", None]
    with pytest.raises(InputError, match="half 'moist': expected one of dry, towns, wet"):
        made.region("moist")


@pytest.mark.parametrize(("vintage", "n"), [(2024, 20), (2019, 17), (2017, 16)])
def test_an_older_vintage_groups_its_own_units(vintage, n):
    assert len(units_of(vintage)) == n
    members = {c: [u for u in held if u in units_of(vintage)] for c, held in HALVES.items()}
    made = grouping(members, vintage)
    for code in units():  # an oblast of today is where the unit is that held it
        assert unit_at(code, vintage) in made.members[made.region_of(code)]
    areas = kz.regions(made)
    assert areas["n_oblasts"].sum() == n
    assert areas["area_km2"].sum() == pytest.approx(kz.oblasts()["area_km2"].sum(), abs=0.5)


def test_shapes_are_dissolved_once_and_are_a_coverage():
    areas = kz.regions(grouping())
    assert (areas.index.name, list(areas.index)) == ("half", ["dry", "towns", "wet"])
    assert areas["name_ru"].tolist() == ["Dry", "Towns", "Wet"]
    assert shapely.coverage_is_valid(areas.geometry.to_numpy())
    oblasts = kz.oblasts().geometry
    whole = shapely.union_all(oblasts[HALVES["wet"]].to_numpy())
    assert areas.geometry["wet"].symmetric_difference(whole).area == 0
    again = kz.regions(grouping())
    assert again is not areas
    assert again.geometry["wet"] is areas.geometry["wet"]


def test_units_of_two_regions_and_of_none_are_all_named():
    with pytest.raises(DesignError) as caught:
        grouping({**HALVES, "wet": [*HALVES["wet"][2:], "KZ-75"]})
    assert caught.value.faults == (
        "regions: found KZ-10 (Abai Region) in none, expected it in one",
        "regions: found KZ-11 (Akmola Region) in none, expected it in one",
        "regions: found KZ-75 in wet and in towns, expected once",
    )

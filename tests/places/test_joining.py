"""Joins by code, name and point: every row accounted for, and modelled places that repeat."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from kz_spatial.crosswalk import units
from kz_spatial.design import load_design
from kz_spatial.errors import CallError, InputError
from kz_spatial.places.boundaries import composites, oblasts, settlements
from kz_spatial.places.joining import join, join_audit
from kz_spatial.places.placing import place_firms
from kz_spatial.survey.twin import load_twin

REGION_OF = load_design().grouping.region_of

STATUSES = ("matched", "region_only", "totals", "outside", "unmatched", "missing")


def inner_points() -> pd.DataFrame:
    """One point well inside each oblast."""
    points = oblasts(detail="light").geometry.representative_point()
    columns = {"expected": points.index, "longitude": points.x, "latitude": points.y}
    return pd.DataFrame(columns).reset_index(drop=True)


def border_vertex(one: str, other: str) -> shapely.Point:
    """A vertex that two oblasts share and no third one touches."""
    areas = oblasts().geometry
    line = shapely.get_coordinates(areas[one].intersection(areas[other]))
    point = shapely.Point(line[len(line) // 2])
    assert set(areas.index[areas.intersects(point)]) == {one, other}
    return point


def assert_adds_up(joined, n):
    audit = join_audit(joined)
    assert audit.rows == n
    assert sum(getattr(audit, each) for each in STATUSES) == n
    return audit


# by code or name


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("oblast_code", ["KZ-31", "KZ-75", "KZ-19"]),
        ("OBLAST_CODE", [31, 75, 19]),
        ("region", ["Jambyl oblysy", "г. Алматы", "Алматинская область"]),
        ("Область", ["Жамбылская", "Алматы", "Алматинская"]),
        ("name", ["ZHAMBYL", "Almaty", "  almaty   region "]),
    ],
)
def test_codes_and_names_in_usual_columns(column, values):
    table = pd.DataFrame({column: values, "firm_id": [7, 8, 9]}, index=[10, 30, 20])
    before = table.copy(deep=True)
    joined = join(table)
    assert joined["oblast_code"].tolist() == ["KZ-31", "KZ-75", "KZ-19"]
    assert joined["composite"].tolist() == ["south", "almaty", "south"]
    assert joined["join_status"].eq("matched").all()
    assert list(joined.index) == [10, 30, 20]
    assert join_audit(joined).method == f"code or name ({column})"
    pd.testing.assert_frame_equal(table, before)
    assert table.attrs == {}


def test_a_column_of_ones_own_and_a_kind():
    table = pd.DataFrame({"where": ["Almaty", "Almaty"], "region": ["Abai", "Abai"]})
    assert join(table, on="where", kind="city")["oblast_code"].tolist() == ["KZ-75"] * 2
    assert join(table, on="where", kind="region")["oblast_code"].tolist() == ["KZ-19"] * 2
    with pytest.raises(InputError, match="'elsewhere'"):
        join(table, on="elsewhere")
    with pytest.raises(InputError, match="ambiguous region 'Almaty'"):
        join(table, on="where")


MIXED = pd.DataFrame(
    {
        "region": ["Abai", "East", "Kazakhstan", "Atlantis", None, "nan", 99, "Atlantis"],
        "firm_id": [1, 2, 3, 3, 5, 6, 7, 1],
    }
)


def test_every_row_is_accounted_for():
    joined = join(MIXED, unmatched="keep")
    assert joined["join_status"].tolist() == [
        "matched",
        "composite",
        "total",
        "unmatched",
        "missing",
        "missing",
        "unmatched",
        "unmatched",
    ]
    assert joined["oblast_code"].tolist() == ["KZ-10", *[None] * 7]
    assert joined["composite"].tolist() == ["east", "east", *[None] * 6]
    audit = assert_adds_up(joined, 8)
    assert (audit.matched, audit.region_only, audit.totals) == (1, 1, 1)
    assert (audit.outside, audit.unmatched, audit.missing) == (0, 3, 2)
    assert audit.duplicated == 4  # firm_id 1 and 3, twice each
    assert audit.reasons[0].startswith("rows 3, 7, column region: unknown region 'Atlantis'")
    assert audit.reasons[1].startswith("row 6, column region: unknown region '99'")
    assert len(audit.reasons) == 2


def test_raise_names_every_unknown_value_and_drop_leaves_out_the_rest():
    with pytest.raises(InputError) as caught:
        join(MIXED)
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert all(each.startswith("table: row") for each in lines)
    dropped = join(MIXED, unmatched="drop")
    assert list(dropped.index) == [0, 1]
    assert join_audit(dropped) == join_audit(join(MIXED, unmatched="keep"))
    with pytest.raises(CallError, match="unmatched='ignore'"):
        join(MIXED, unmatched="ignore")


def test_what_the_column_settled_is_told():
    joined = join(pd.DataFrame({"region": ["Almaty", "Almaty Region"]}))
    assert join_audit(joined).settled == ("Almaty = KZ-75",)


def test_a_row_without_a_code_keeps_the_composite_it_came_with():
    table = pd.DataFrame(
        {"oblast_code": ["KZ-10", None, None, None], "composite": ["east", "east", "west", None]}
    )
    joined = join(table)
    assert joined["composite"].tolist() == ["east", "east", "west", None]
    assert joined["join_status"].tolist() == ["matched", "composite", "composite", "missing"]
    assert_adds_up(joined, 4)
    by_point = table.drop(columns="oblast_code").assign(longitude=np.nan, latitude=np.nan)
    by_point.loc[0, ["longitude", "latitude"]] = [66.9, 48.0]  # in Ulytau
    joined = join(by_point)
    assert joined["composite"].tolist() == ["center", "east", "west", None]
    assert joined["oblast_code"].tolist() == ["KZ-62", None, None, None]


def test_joining_twice_changes_nothing():
    once = join(load_twin())
    twice = join(once)
    pd.testing.assert_frame_equal(once, twice)
    assert join_audit(twice).matched == 1013
    assert once.attrs["kz_spatial"]["synthetic"] is True


@given(
    st.lists(
        st.sampled_from(
            ["Abai", "East", "Kazakhstan", "Moscow", None, "Almaty", "KZ-19", 31, np.nan, ""]
        ),
        min_size=1,
        max_size=12,
    )
)
def test_statuses_add_up_whatever_the_column_holds(values):
    table = pd.DataFrame({"place": pd.Series(values, dtype=object)})
    joined = join(table, on="place", unmatched="keep")
    audit = assert_adds_up(joined, len(values))
    has_oblast = joined["oblast_code"].notna()
    assert has_oblast.sum() == audit.matched
    assert joined["composite"].notna().sum() == audit.matched + audit.region_only
    assert (
        joined.loc[has_oblast, "composite"] == joined.loc[has_oblast, "oblast_code"].map(REGION_OF)
    ).all()


# vintages and composites


@pytest.mark.parametrize(
    ("year", "n", "moved"),
    [
        (2022, 20, {}),
        (2019, 17, {"KZ-10": "KZ-63", "KZ-33": "KZ-19", "KZ-62": "KZ-35"}),
        (2016, 16, {"KZ-10": "KZ-63", "KZ-33": "KZ-19", "KZ-62": "KZ-35", "KZ-79": "KZ-61"}),
    ],
)
def test_units_younger_than_the_vintage_go_to_where_they_came_from(year, n, moved):
    areas = oblasts(vintage=year)
    assert len(areas) == n
    by_code = join(pd.DataFrame({"oblast_code": list(units())}), areas)
    expected = [moved.get(code, code) for code in units()]
    assert by_code["oblast_code"].tolist() == expected
    assert by_code["composite"].tolist() == [REGION_OF(code) for code in units()]
    by_point = join(inner_points(), areas)
    assert by_point["oblast_code"].tolist() == [moved.get(c, c) for c in by_point["expected"]]
    assert join_audit(by_code).matched == join_audit(by_point).matched == 20


def test_composites_as_areas():
    names = join(pd.DataFrame({"region": ["East", "Абай", "Almaty City"]}), composites())
    assert names["composite"].tolist() == ["east", "east", "almaty"]
    points = join(inner_points(), composites())
    assert points["composite"].tolist() == [REGION_OF(each) for each in points["expected"]]
    assert points["oblast_code"].isna().all()
    assert join_audit(points).matched == 20


def test_an_oblast_that_the_areas_lack_is_outside():
    areas = oblasts(detail="light").drop(index=["KZ-23", "KZ-55"])
    table = pd.DataFrame({"region": ["Abai", "Atyrau", "Pavlodar", "Atyrau"]})
    joined = join(table, areas, unmatched="keep")
    assert joined["join_status"].tolist() == ["matched", "outside", "outside", "outside"]
    assert joined["oblast_code"].tolist() == ["KZ-10", None, None, None]
    with pytest.raises(InputError, match="rows 1, 3, column region: found KZ-23") as caught:
        join(table, areas)
    assert len(str(caught.value).splitlines()) == 2


def test_areas_of_ones_own_need_a_named_index():
    with pytest.raises(CallError, match="indexed by code"):
        join(MIXED, oblasts().reset_index())


# by point


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:32642"])
def test_points_of_every_reference_system(crs):
    table = inner_points()
    move = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    table["e"], table["n"] = move.transform(table["longitude"], table["latitude"])
    table = table.drop(columns=["longitude", "latitude"])
    before = table.copy(deep=True)
    joined = join(table, x="e", y="n", crs=crs)
    assert joined["oblast_code"].tolist() == joined["expected"].tolist()
    assert join_audit(joined).method == "point (e, n)"
    assert join_audit(joined).on_border == 0
    pd.testing.assert_frame_equal(table, before)


def test_points_agree_with_geopandas_sjoin():
    rng = np.random.default_rng(5)
    table = pd.DataFrame(
        {"longitude": rng.uniform(46, 88, 400), "latitude": rng.uniform(40, 56, 400)}
    )
    points = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(table["longitude"], table["latitude"]), crs="EPSG:4326"
    )
    expected = gpd.sjoin(points, oblasts()[["geometry"]], how="left", predicate="within")
    joined = join(table, unmatched="keep")
    assert joined["oblast_code"].fillna("").tolist() == expected["oblast_code"].fillna("").tolist()
    audit = assert_adds_up(joined, 400)
    assert audit.matched > 100
    assert audit.outside > 100


def test_a_point_on_a_border_is_counted_once():
    point = border_vertex("KZ-35", "KZ-62")
    table = pd.DataFrame({"longitude": [point.x, 66.9], "latitude": [point.y, 48.0]})
    joined = join(table)
    assert len(joined) == 2
    assert joined["oblast_code"].tolist() == ["KZ-35", "KZ-62"]  # the first code in order
    assert join_audit(joined).on_border == 1
    assert assert_adds_up(joined, 2).matched == 2


def test_points_outside_and_missing():
    table = pd.DataFrame(
        {"longitude": [76.9, 10, np.nan, 71.4, np.inf], "latitude": [43.2, 50, 50, None, 1]}
    )
    joined = join(table, unmatched="keep")
    assert joined["join_status"].tolist() == ["matched", "outside", "missing", "missing", "missing"]
    audit = assert_adds_up(joined, 5)
    said = "found a point outside every unit (first: 10, 50), expected coordinates in Kazakhstan"
    assert audit.reasons == (f"row 1, columns longitude, latitude: {said} as EPSG:4326",)
    with pytest.raises(InputError, match="table: row 1, columns longitude, latitude"):
        join(table)
    assert list(join(table, unmatched="drop").index) == [0]


def test_a_code_goes_before_coordinates_unless_it_is_empty():
    table = inner_points().assign(oblast_code="KZ-10")
    assert join(table)["oblast_code"].eq("KZ-10").all()
    joined = join(table.assign(oblast_code=None))
    assert joined["oblast_code"].tolist() == table["expected"].tolist()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (pd.DataFrame({"q": [1]}), "found no column to join by.*its columns are q"),
        (pd.DataFrame({"region": [None, None]}), "found no column to join by"),
        (pd.DataFrame({"longitude": [np.nan], "latitude": [1.0]}), "none of 1 rows found a unit"),
    ],
)
def test_nothing_to_join_by(table, said):
    with pytest.raises(InputError, match=said):
        join(table)


def test_an_unknown_reference_system_is_a_fault_of_the_call():
    with pytest.raises(CallError, match="crs='EPSG:99999': expected a coordinate reference system"):
        join(inner_points(), crs="EPSG:99999")


def test_an_audit_needs_a_join():
    with pytest.raises(InputError, match="no record of a join"):
        join_audit(MIXED)


# modelled places


def regions_only(n=400):
    firms = load_twin().head(n)[["firm_id", "oblast_code", "composite"]].copy()
    firms.loc[firms.index[::5], "oblast_code"] = None  # known by composite alone
    firms.loc[firms.index[::50], "composite"] = None  # and every tenth of those not at all
    return firms


def test_modelled_places_repeat_with_the_seed_and_lie_in_the_right_unit():
    firms = regions_only()
    before = firms.copy(deep=True)
    placed = place_firms(firms, seed=11)
    pd.testing.assert_frame_equal(firms, before)
    pd.testing.assert_frame_equal(placed, place_firms(firms, seed=11))
    assert not placed["longitude"].equals(place_firms(firms, seed=12)["longitude"])
    assert placed.attrs["placement_seed"] == 11
    nowhere = firms["oblast_code"].isna() & firms["composite"].isna()
    assert 0 < nowhere.sum() == placed["longitude"].isna().sum()
    assert placed["placement"].tolist() == np.where(nowhere, "none", "modelled").tolist()
    there = placed[~nowhere].drop(columns=["oblast_code", "composite"])
    found = join(there)
    known = firms.loc[~nowhere, "oblast_code"]
    assert (found["oblast_code"][known.notna()] == known[known.notna()]).all()
    assert (found["composite"] == firms.loc[~nowhere, "composite"]).all()


def test_places_are_drawn_by_population():
    n = 4000
    firms = pd.DataFrame({"oblast_code": ["KZ-39"] * n, "composite": ["north"] * n})
    placed = place_firms(firms, seed=3)
    here = settlements()
    here = here[here["oblast_code"] == "KZ-39"].sort_values("population", ascending=False)
    share = here["population"].iloc[0] / here["population"].sum()
    found = np.isclose(placed["longitude"], here["longitude"].iloc[0]).mean()
    # four standard errors of a binomial share; the seed is fixed
    assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / n)
    unpopulated = here[here["population"] == 0]
    assert not np.isin(placed["longitude"], unpopulated["longitude"]).any()


def test_observed_coordinates_stay():
    firms = regions_only(20).assign(longitude=np.nan, latitude=np.nan)
    firms.loc[firms.index[3], ["longitude", "latitude"]] = [66.9, 48.0]
    firms.loc[firms.index[4], "longitude"] = 66.9  # half a place is none
    placed = place_firms(firms, seed=1)
    assert placed["placement"].iloc[3] == "observed"
    assert (placed["longitude"].iloc[3], placed["latitude"].iloc[3]) == (66.9, 48.0)
    assert placed["placement"].iloc[4] == "modelled"


def test_placing_needs_regions_that_exist():
    with pytest.raises(InputError, match="'oblast_code', 'composite'"):
        place_firms(pd.DataFrame({"firm_id": [1]}), seed=1)
    with pytest.raises(InputError, match="column oblast_code: found 'KZ-99'"):
        place_firms(pd.DataFrame({"oblast_code": ["KZ-99"], "composite": ["east"]}), seed=1)

"""Coordinates that are no place: each kind named, counted and left out, and what stays a place."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from kz_spatial.design import SURVEY
from kz_spatial.errors import CallError, CoordinatesWarning, InputError, NotEnoughDataError
from kz_spatial.places import locate, oblasts, settlements, stray_notes, text_notes
from kz_spatial.places.joining import join, join_audit
from kz_spatial.protection import grouped_points
from kz_spatial.surfaces.kernel import density

ALMATY, ASTANA = (76.9, 43.2), (71.4, 51.1)
# kind, what stands in the columns, in which reference system, and what must be said of it
STRAYS = {
    "swapped": (("43.2", "76.9"), "EPSG:4326", "look swapped (first: 43.2, 76.9)"),
    "zero": (("0", "0.0"), "EPSG:4326", "found 0, 0, which is at sea"),
    "impossible": (("76.9", "143.2"), "EPSG:4326", "that EPSG:4326 does not have (first: 76.9, 14"),
    "metres": (("654321", "4987654"), "EPSG:4326", "look like metres of a projection"),
    "degrees": (
        ("67", "48"),
        "EPSG:32642",
        "look like degrees (first: 67, 48), expected metres of",
    ),
    "elsewhere": (("74.6", "42.5"), "EPSG:4326", "a point outside Kazakhstan (first: 74.6, 42.5)"),
    "half": (("76.9", ""), "EPSG:4326", "one coordinate of two (first: 76.9, nothing)"),
    "unreadable": (("far", "43.2"), "EPSG:4326", "text that is no number (first: 'far')"),
}
LOST = [kind for kind in STRAYS if kind not in ("elsewhere", "half")]


def table_of(*pairs):
    return pd.DataFrame(pairs, columns=["longitude", "latitude"], index=range(2, 2 + len(pairs)))


@pytest.mark.parametrize("kind", STRAYS)
def test_every_stray_is_named_and_counted(kind):
    pair, crs, said = STRAYS[kind]
    located = locate(table_of(pair, pair, pair), crs=crs)
    assert located.kinds.tolist() == [kind] * 3
    assert np.isnan(located.east).tolist() == [kind != "elsewhere"] * 3
    [note] = stray_notes(located, lambda row: str(row + 2))
    assert note.startswith("rows 2, 3, 4, columns longitude, latitude: found ")
    assert said in note.replace(" in 3 points", "")
    assert " in 3 points (first: " in note
    assert ", expected " in note
    assert "(first: " not in stray_notes(located, str, example=False)[0]


def test_places_of_every_oblast_are_places():
    points = oblasts(detail="light").geometry.representative_point()
    for crs in ("EPSG:4326", "EPSG:32642", "EPSG:3857"):
        moved = points.to_crs(crs)
        table = pd.DataFrame({"longitude": moved.x.to_numpy(), "latitude": moved.y.to_numpy()})
        assert set(locate(table, crs=crs).kinds) == {"place"}, crs
    assert set(locate(settlements()).kinds) == {"place"}


def test_a_margin_at_the_border_and_what_may_be_a_neighbours():
    # Khorgas has its border in it; a village near Saratov, mirrored, lies in the oblast of Atyrau
    assert locate(table_of((80.45, 44.2), (47.5, 52.0))).kinds.tolist() == ["place", "elsewhere"]
    assert locate(table_of((52.0, 47.5))).kinds.tolist() == ["place"]


@pytest.mark.parametrize(
    ("pair", "read"),
    [
        (("76,9", "43,2"), (76.9, 43.2)),
        (("E76.9", "N43.2"), (76.9, 43.2)),
        (("76,9° e", "43.2 N"), (76.9, 43.2)),
    ],
)
def test_text_is_read_and_said(pair, read):
    located = locate(table_of(pair, ALMATY))
    assert (located.x[0], located.y[0]) == read
    assert located.kinds.tolist() == ["place", "place"]
    assert text_notes(located, str) == [
        f"row 0, columns longitude, latitude: text such as {pair[0]!r} was read as degrees"
    ]


def test_letters_tell_a_swapped_pair_where_numbers_cannot():
    # mirrored, it lies in Kazakhstan too
    assert locate(table_of((51.2, 51.4))).kinds.tolist() == ["place"]
    assert locate(table_of(("N51.2", "E51.4"))).kinds.tolist() == ["swapped"]
    assert locate(table_of(("W76.9", "43.2"))).kinds.tolist() == ["elsewhere"]


def layer(crs="EPSG:4326", **columns):
    points = [shapely.Point(each) for each in (ALMATY, ASTANA, (69.6, 42.3), (51.2, 43.65))]
    return gpd.GeoDataFrame(columns, geometry=points, crs=crs, index=range(4))


WRONG = {"longitude": 73.1, "latitude": 49.8}  # all in Karaganda


def test_a_geometry_comes_before_columns_named_as_coordinates():
    made = layer(**WRONG)
    expected = ["KZ-75", "KZ-71", "KZ-79", "KZ-47"]
    for frame in (made, made.to_crs("EPSG:32642")):
        joined = join(frame)
        assert joined["oblast_code"].tolist() == expected
        assert join_audit(joined).method == "point (geometry)"
        assert joined["longitude"].eq(73.1).all()
    plain = pd.DataFrame(made.drop(columns="geometry"))
    assert join(plain)["oblast_code"].eq("KZ-35").all()
    sizes = {"bandwidth_m": 60_000, "cell_m": 20_000}
    bare = density(layer(), **sizes)
    np.testing.assert_array_equal(density(made, **sizes).values, bare.values)
    # columns that the caller names are the caller's choice
    named = made.rename(columns={"longitude": "lon", "latitude": "lat"})
    assert join(named, x="lon", y="lat")["oblast_code"].eq("KZ-35").all()


def test_groups_are_made_where_geometries_lie():
    made = pd.concat([layer(**WRONG)] * 12, ignore_index=True)
    groups, _ = grouped_points(made, SURVEY, cell_m=5_000)
    assert np.ptp(groups["x"]) > 1_000_000


def test_a_geometry_without_reference_system_is_refused():
    for use in (join, density):
        with pytest.raises(InputError, match="without a coordinate reference system"):
            use(layer(crs=None))


def test_a_layer_of_areas_is_joined_by_its_names():
    frame = oblasts(detail="light")[["name_en", "geometry"]].rename(columns={"name_en": "region"})
    joined = join(frame.reset_index(drop=True))
    assert joined["oblast_code"].tolist() == list(oblasts().index)


@pytest.mark.parametrize("kind", STRAYS)
def test_a_join_names_every_kind(kind):
    pair, crs, said = STRAYS[kind]
    good = {"EPSG:4326": ALMATY, "EPSG:32642": (500_000.0, 5_400_000.0)}[crs]
    joined = join(table_of(pair, good), crs=crs, unmatched="keep")
    status = {"half": "missing", "unreadable": "unmatched"}.get(kind, "outside")
    assert joined["join_status"].tolist() == [status, "matched"]
    audit = join_audit(joined)
    assert audit.columns == ("longitude", "latitude")
    told = audit.notes if kind == "half" else audit.reasons
    [line] = told
    said = said.replace("outside Kazakhstan", "outside every unit")
    assert line.startswith("row 2, columns longitude, latitude: ")
    assert said in line
    if kind != "half":
        with pytest.raises(InputError, match="table: row 2, columns longitude, latitude: found"):
            join(table_of(pair, good), crs=crs)


def test_a_join_says_what_text_it_read():
    audit = join_audit(join(table_of(("76,9", "43,2"))))
    assert audit.notes[0].endswith("text such as '76,9' was read as degrees")
    assert (audit.matched, audit.outside) == (1, 0)


@pytest.mark.parametrize("kind", STRAYS)
def test_a_density_leaves_out_what_is_no_place_and_tells(kind):
    pair, crs, said = STRAYS[kind]
    good = {"EPSG:4326": (ALMATY, ASTANA), "EPSG:32642": ((5e5, 5.4e6), (6e5, 5.5e6))}[crs]
    sizes = {"bandwidth_m": 60_000, "cell_m": 20_000, "crs": crs}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = density(table_of(*good, pair), **sizes)
    assert found.n_points == 2 + (kind == "elsewhere")
    assert said in found.notes[0]
    warned = [str(each.message) for each in caught if each.category is CoordinatesWarning]
    assert warned == (list(found.notes[:1]) if kind in LOST else [])
    if kind != "elsewhere":
        clean = density(table_of(*good), **sizes)
        np.testing.assert_array_equal(found.values, clean.values)
        assert clean.notes == ()


def test_where_no_point_has_a_place_the_fault_says_why():
    with (
        pytest.warns(CoordinatesWarning),
        pytest.raises(NotEnoughDataError, match=r"found 0 with a place.*look swapped in 3 points"),
    ):
        density(table_of(*[ALMATY[::-1]] * 3))
    with (
        pytest.warns(CoordinatesWarning),
        pytest.raises(NotEnoughDataError, match=r"look swapped in 30 points"),
    ):
        grouped_points(table_of(*[ALMATY[::-1]] * 30), SURVEY, cell_m=5_000)


@pytest.mark.parametrize(("bandwidth", "fine"), [(9_999, False), (10_000, True)])
def test_a_bandwidth_is_at_least_half_a_cell(bandwidth, fine):
    points = table_of(*[(70 + 0.013 * i, 48 + 0.007 * i) for i in range(40)])
    if not fine:
        with pytest.raises(CallError, match="bandwidth_m=9999: expected at least half of cell_m="):
            density(points, bandwidth_m=bandwidth, cell_m=20_000)
        return
    found = density(points, bandwidth_m=bandwidth, cell_m=20_000)
    # three bandwidths of frame hold 99 %; half a cell is within 3 % along each axis
    assert found.values.sum() * 20_000**2 / 1e9 == pytest.approx(40, rel=0.07)


def test_scotts_bandwidth_too_is_refused_where_cells_are_too_large():
    points = table_of(*[(76.9 + 1e-3 * i, 43.2 + 1e-3 * i**0.5) for i in range(40)])
    with pytest.raises(CallError, match="expected at least half of cell_m=10000"):
        density(points)

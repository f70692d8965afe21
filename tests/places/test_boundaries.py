"""What is promised of the boundary data and of the functions that read them."""

from __future__ import annotations

import csv
import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from kz_spatial.design import load_design
from kz_spatial.errors import InputError
from kz_spatial.options import DATA_CRS
from kz_spatial.places.boundaries import composites, oblasts, settlements

if TYPE_CHECKING:
    import geopandas as gpd

FOLDER = Path(__file__).resolve().parents[2] / "boundaries"
GEOD = Geod(ellps="WGS84")
COMPOSITES = load_design().grouping.codes
DETAILS = ("full", "light")
VINTAGES = {1997: 16, 2017: 16, 2018: 17, 2021: 17, 2022: 20, 2026: 20}
CITY_AROUND = {"KZ-71": "KZ-11", "KZ-75": "KZ-19", "KZ-79": "KZ-61"}
# About 100 m; the slivers of the source are centimetres wide.
GAP_DEGREES = 1e-3
KAZAKH = set("абвгдеёжзийклмнопрстуфхцчшщъыьэюя -әғқңөұүһі")
RUSSIAN = KAZAKH - set("әғқңөұүһі")


def areas_km2(polygons) -> np.ndarray:
    oriented = shapely.orient_polygons(np.asarray(polygons))
    return np.array([GEOD.geometry_area_perimeter(p)[0] / 1e6 for p in oriented])


def neighbours(frame: gpd.GeoDataFrame) -> set[tuple[str, str]]:
    left, right = frame.sindex.query(frame.geometry, predicate="intersects")
    return {(frame.index[i], frame.index[j]) for i, j in zip(left, right, strict=True) if i < j}


def interior_rings(polygon) -> list:
    parts = shapely.get_parts(polygon)
    return [shapely.Polygon(ring) for part in parts for ring in part.interiors]


def assert_sound_coverage(frame: gpd.GeoDataFrame) -> None:
    polygons = frame.geometry.to_numpy()
    assert shapely.is_valid(polygons).all()
    assert shapely.coverage_is_valid(polygons, gap_width=GAP_DEGREES)
    for code, other in neighbours(frame):
        common = frame.geometry[code].intersection(frame.geometry[other])
        assert common.area == 0, (code, other)
    assert not interior_rings(shapely.union_all(polygons))


@pytest.fixture(params=DETAILS)
def units(request) -> gpd.GeoDataFrame:
    return oblasts(detail=request.param)


def crosswalk() -> list[dict[str, str]]:
    with (FOLDER / "crosswalk.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- the crosswalk


def test_crosswalk_header_order_and_keys():
    rows = crosswalk()
    header = "iso,kato,name_en,name_kk,name_ru,since,parent,variants"
    assert ",".join(rows[0]) == header
    codes = [row["iso"] for row in rows]
    assert len(codes) == 20
    assert codes == sorted(set(codes))
    assert all(row["kato"] == row["iso"].removeprefix("KZ-") for row in rows)
    spellings = [row["variants"].split("; ") for row in rows]
    assert all(len(s) == len(set(s)) and all(v == v.strip() and v for v in s) for s in spellings)


def test_splits_stay_inside_a_composite():
    rows = {row["iso"]: row for row in crosswalk()}
    parents = {code: row["parent"] for code, row in rows.items() if row["parent"]}
    assert parents == {"KZ-10": "KZ-63", "KZ-33": "KZ-19", "KZ-62": "KZ-35", "KZ-79": "KZ-61"}
    home = load_design().grouping.region_of
    assert all(home(child) == home(parent) for child, parent in parents.items())
    since = {code: row["since"] for code, row in rows.items() if row["since"]}
    assert since == {
        **dict.fromkeys(["KZ-10", "KZ-33", "KZ-62"], "2022-06-08"),
        **dict.fromkeys(["KZ-61", "KZ-79"], "2018-06-19"),
    }


# --- the polygons


def test_coverage_is_sound(units):
    assert_sound_coverage(units)


def test_the_only_holes_of_an_oblast_are_its_city(units):
    holes = {code: interior_rings(polygon) for code, polygon in units.geometry.items()}
    assert {code for code, rings in holes.items() if rings} == set(CITY_AROUND.values())
    for city, around in CITY_AROUND.items():
        difference = shapely.union_all(holes[around]) ^ units.geometry[city]
        assert difference.area == 0, city


def test_areas_are_within_half_a_percent_of_the_source(units):
    source = pd.read_csv(FOLDER / "data" / "source_areas.csv", index_col="iso")["source_km2"]
    assert list(source.index) == list(units.index)
    off = areas_km2(units.geometry) / source - 1
    assert off.abs().max() <= 0.005
    # the reference itself: Kazakhstan has 2.72 million km²
    assert source.sum() == pytest.approx(2_724_900, rel=1e-3)


def test_area_column_is_the_geodesic_area():
    units = oblasts()
    # rounded to 0.1 km²
    np.testing.assert_allclose(units["area_km2"], areas_km2(units.geometry), atol=0.051)


def test_thirty_five_queen_pairs_and_four_units_with_one_neighbour(units):
    pairs = neighbours(units)
    assert len(pairs) == 35
    assert {("KZ-15", "KZ-43"), ("KZ-15", "KZ-47")} <= pairs  # lost on unclean boundaries
    count = pd.Series([code for pair in pairs for code in pair]).value_counts()
    assert sorted(count.index[count == 1]) == ["KZ-63", "KZ-71", "KZ-75", "KZ-79"]
    assert set(count.index) == set(units.index)


def test_light_copy_is_light_and_says_the_same():
    full, light = oblasts(), oblasts(detail="light")
    path = FOLDER / "data" / "oblasts_light.geojson"
    assert path.stat().st_size < 150_000
    assert neighbours(light) == neighbours(full)
    columns = list(full.columns.drop("geometry"))
    pd.testing.assert_frame_equal(pd.DataFrame(light[columns]), pd.DataFrame(full[columns]))
    vertices = shapely.get_coordinates(light.geometry)
    assert np.array_equal(vertices, vertices.round(3))
    assert len(vertices) < len(shapely.get_coordinates(full.geometry)) / 5
    apart = [full.geometry[c].hausdorff_distance(light.geometry[c]) for c in light.index]
    # the farthest part left out is an islet of the Caspian, 0.2 degree off its oblast
    assert max(apart) < 0.25


def test_frames_carry_what_the_crosswalk_says(units):
    table = pd.DataFrame(crosswalk()).set_index("iso").rename_axis("oblast_code")
    table["composite"] = [load_design().grouping.region_of(code) for code in table.index]
    columns = ["kato", "composite", "name_en", "name_kk", "name_ru", "since", "parent"]
    assert list(units.columns) == [*columns, "area_km2", "geometry"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(units[columns]).astype(object).fillna(""), table[columns].astype(object)
    )
    assert units.index.name == "oblast_code"
    assert units.crs == DATA_CRS


@pytest.mark.parametrize("detail", DETAILS)
def test_polygons_have_one_type_and_their_rings_run_as_geojson_asks(detail):
    for frame in (oblasts(detail=detail), oblasts(vintage=2017), composites(detail=detail)):
        assert set(frame.geom_type) == {"MultiPolygon"}
        parts = shapely.get_parts(frame.geometry.to_numpy())
        assert shapely.is_ccw(shapely.get_exterior_ring(parts)).all()
        assert not any(shapely.is_ccw(ring) for part in parts for ring in part.interiors)


# --- vintages


@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize(("vintage", "n_units"), VINTAGES.items())
def test_vintages_are_sound_and_conserve_area(vintage, n_units, detail):
    units, today = oblasts(vintage=vintage, detail=detail), oblasts(detail=detail)
    assert len(units) == n_units
    assert list(units.index) == sorted(units.index)
    assert (units.index.name, units.crs) == ("oblast_code", DATA_CRS)
    assert_sound_coverage(units)
    # a dissolve moves no vertex, so the sum holds to rounding
    assert areas_km2(units.geometry).sum() == pytest.approx(
        areas_km2(today.geometry).sum(), rel=1e-9
    )
    assert units["area_km2"].sum() == pytest.approx(today["area_km2"].sum(), abs=0.01)


def test_before_2022_three_units_are_in_their_parents():
    before, today = oblasts(vintage=2021), oblasts()
    assert set(today.index) - set(before.index) == {"KZ-10", "KZ-33", "KZ-62"}
    for child, parent in {"KZ-10": "KZ-63", "KZ-33": "KZ-19", "KZ-62": "KZ-35"}.items():
        members = today.loc[[child, parent]]
        assert before.geometry[parent].equals(shapely.union_all(members.geometry.to_numpy()))
        assert before.loc[parent, "area_km2"] == pytest.approx(members["area_km2"].sum())
        assert before.loc[parent, "name_en"] == today.loc[parent, "name_en"]
    assert before.loc["KZ-55"].equals(today.loc["KZ-55"])


def test_before_2018_turkistan_and_shymkent_are_south_kazakhstan():
    before, today = oblasts(vintage=2017), oblasts()
    assert "KZ-79" not in before.index
    south = before.loc["KZ-61"]
    assert south["kato"] == "51"
    assert south["name_en"] == "South Kazakhstan Region"
    assert south["name_kk"] == "Оңтүстік Қазақстан облысы"
    assert south["name_ru"] == "Южно-Казахстанская область"
    assert pd.isna(south["since"])
    members = today.loc[["KZ-61", "KZ-79"]]
    assert south["geometry"].equals(shapely.union_all(members.geometry.to_numpy()))
    assert south["area_km2"] == pytest.approx(members["area_km2"].sum())


@pytest.mark.parametrize("vintage", [1996, -2022, 20220, "2022", 2022.0, True, None])
def test_what_is_no_vintage_is_refused(vintage):
    with pytest.raises(InputError, match=r"^vintage=.*: expected a year, 1997 or later$"):
        oblasts(vintage=vintage)


def test_a_numpy_year_is_a_year():
    assert len(oblasts(vintage=np.int64(2018))) == 17


@pytest.mark.parametrize("function", [oblasts, composites])
def test_an_unknown_detail_is_refused(function):
    with pytest.raises(ValueError, match="detail='ful'"):
        function(detail="ful")


# --- composites


@pytest.mark.parametrize("detail", DETAILS)
def test_composites_are_dissolves_of_oblasts(detail):
    frame, units = composites(detail=detail), oblasts(detail=detail)
    assert tuple(frame.index) == COMPOSITES
    assert (frame.index.name, frame.crs) == ("composite", DATA_CRS)
    assert frame["n_oblasts"].to_dict() == dict(zip(COMPOSITES, (1, 1, 2, 2, 4, 6, 4), strict=True))
    assert_sound_coverage(frame)
    for code, members in units.groupby("composite"):
        assert frame.loc[code, "n_oblasts"] == len(members)
        assert frame.loc[code, "area_km2"] == pytest.approx(members["area_km2"].sum(), abs=0.01)
        assert areas_km2([frame.geometry[code]])[0] == pytest.approx(
            areas_km2(members.geometry).sum(), rel=1e-9
        )
        assert frame.geometry[code].equals(shapely.union_all(members.geometry.to_numpy()))


def test_composites_are_named_in_three_languages():
    frame = composites(detail="light")
    assert list(frame["name_en"]) == [
        *("Almaty City", "Astana City", "Center", "East", "North", "South", "West")
    ]
    assert list(frame["name_kk"]) == [
        *("Алматы қаласы", "Астана қаласы", "Орталық", "Шығыс", "Солтүстік", "Оңтүстік", "Батыс")
    ]
    assert list(frame["name_ru"]) == [
        *("город Алматы", "город Астана", "Центр", "Восток", "Север", "Юг", "Запад")
    ]


# --- settlements


def test_every_settlement_lies_within_its_unit():
    places, units = settlements(), oblasts()
    assert len(places) == 345
    home = units.geometry.loc[places["oblast_code"]].to_numpy()
    outside = places[~shapely.contains_properly(home, places.geometry.to_numpy())]
    assert outside.empty, list(outside["name_en"])
    of_unit = units["composite"].loc[places["oblast_code"]].to_numpy()
    assert (places["composite"] == of_unit).all()
    assert set(places["oblast_code"]) == set(units.index)


def test_settlement_frame():
    places = settlements()
    assert (places.index.name, places.crs) == ("geonameid", DATA_CRS)
    assert places.index.is_unique
    np.testing.assert_array_equal(places.geometry.x, places["longitude"])
    np.testing.assert_array_equal(places.geometry.y, places["latitude"])
    assert (places["population"] >= 0).all()
    assert places["population"].idxmax() == 1526384  # Almaty
    order = places.assign(small=-places["population"]).reset_index()
    sorted_order = order.sort_values(["oblast_code", "small", "geonameid"])
    assert list(sorted_order["geonameid"]) == list(places.index)


def test_each_unit_has_one_seat_where_it_should_be():
    places = settlements()
    seats = places[places["is_seat"]].set_index("oblast_code")["name_ru"]
    names = """Семей Кокшетау Актобе Конаев Атырау Уральск Тараз Талдыкорган Караганда Костанай
        Кызылорда Актау Павлодар Петропавловск Туркестан Жезказган Усть-Каменогорск Астана Алматы
        Шымкент"""
    assert seats.to_dict() == dict(zip(oblasts().index, names.split(), strict=True))


def test_names_are_in_the_letters_of_their_language():
    table = pd.read_csv(FOLDER / "data" / "settlements.csv", keep_default_na=False)
    assert table["name_en"].map(lambda name: bool(name) and name.isascii()).all()
    for column, letters in (("name_kk", KAZAKH), ("name_ru", RUSSIAN)):
        foreign = [name for name in table[column] if not set(name.lower()) <= letters]
        assert not foreign, column
        assert not table[column].str.contains("ськ").any()  # Ukrainian
    large = table[(table["population"] >= 40_000) | table["is_seat"]]
    assert len(large) >= 40
    assert large[["name_kk", "name_ru"]].ne("").all(axis=None)
    assert (table["name_ru"] != "").mean() > 0.95


def test_unknown_names_fall_back_to_english():
    table = pd.read_csv(FOLDER / "data" / "settlements.csv", index_col="geonameid")
    missing = table.index[table["name_kk"].isna()]
    assert len(missing) > 0
    places = settlements()
    assert (places.loc[missing, "name_kk"] == places.loc[missing, "name_en"]).all()
    assert not places[["name_en", "name_kk", "name_ru"]].isna().any(axis=None)


def test_no_place_twice():
    places = settlements()
    namesakes = places[places.duplicated("name_en", keep=False)]
    for _, group in namesakes.groupby("name_en"):
        for i, first in enumerate(group.geometry):
            for second in group.geometry.iloc[i + 1 :]:
                metres = GEOD.inv(first.x, first.y, second.x, second.y)[2]
                assert metres > 10_000, group.name_en.iloc[0]


@pytest.mark.parametrize(
    ("candidates", "name_en", "language", "chosen"),
    [
        (["Тараз", "Тораз"], "Taraz", "ru", "Тараз"),
        (["Астрахан", "Астраханка"], "Astrakhanka", "ru", "Астраханка"),
        (["Қостанай", "Костанай"], "Kostanay", "kk", "Қостанай"),
        (["Зайсан", "Зәйсән"], "Zaysan", "kk", ""),  # Tatar
        (["Мәмлүт"], "Mamlut", "kk", ""),  # Tatar
        (["Риддер", "Ріддер"], "Ridder", "kk", ""),  # Ukrainian
        (["Уральськ"], "Uralsk", "ru", ""),  # Ukrainian
        (["Қарағанди"], "Karagandi", "ru", ""),  # Uzbek
        (["Павлодар"], "Pavlodar", "kk", ""),  # could be either language
        (["Аксу", "Ақсу"], "Aktau", "kk", ""),  # another place
        (["Фёдоров", "Федоров"], "Fedorov", "ru", ""),  # undecided
    ],
)
def test_only_safe_names_are_taken(candidates, name_en, language, chosen, monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    places = importlib.import_module("places")
    assert places.choose_name(candidates, name_en, language) == chosen


# --- frames and files


@pytest.mark.parametrize(
    "call",
    [
        oblasts,
        lambda: oblasts(vintage=2018),
        lambda: oblasts(detail="light"),
        composites,
        settlements,
    ],
)
def test_returned_frames_are_independent(call):
    first = call()
    pristine = first.copy()
    first["name_en"] = "x"
    first.iloc[0, first.columns.get_loc("name_ru")] = "x"
    first.loc[first.index[0], "geometry"] = shapely.Point(0, 0)
    first.geometry.values[1] = shapely.Point(0, 0)
    first.index.name = "x"
    first.drop(columns="name_kk", inplace=True)  # noqa: PD002
    second = call()
    assert second is not first
    pd.testing.assert_frame_equal(pd.DataFrame(second), pd.DataFrame(pristine))
    assert second.geometry.geom_equals_exact(pristine.geometry, 0).all()
    assert second.index.name == pristine.index.name


def test_rebuilding_gives_the_same_bytes():
    result = subprocess.run(
        [sys.executable, str(FOLDER / "build.py"), "--check"],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if "cannot compare bytes" in result.stderr and os.environ.get("KZ_REQUIRE_ALL") != "1":
        pytest.skip(result.stderr.strip())
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("rebuilt: byte-identical\n")

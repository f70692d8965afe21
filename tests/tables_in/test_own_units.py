"""Polygons of the user's own in the oblasts' place."""

import geopandas as gpd
import pytest
from shapely import Point, box
from table_cases import write_book

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError
from kz_spatial.tables_in import read_own_units


def squares(**more):
    cells = [box(70 + i % 3, 50 + i // 3, 71 + i % 3, 51 + i // 3) for i in range(9)]
    frame = {"id": [101 + i for i in range(9)], "ADM2_EN": list("ABCDEFGHI")} | more
    return gpd.GeoDataFrame(frame, geometry=cells, crs=4326)


def test_units_are_found_by_code_or_by_name(tmp_path):
    coded = [["id", "x"], *([101 + i, i] for i in range(9))]
    named = [["District", "x"], *(["ABCDEFGHI"[i], i] for i in range(9))]
    for rows in (coded, named):
        path = write_book(tmp_path / "t.xlsx", rows)
        table = kz.read_area_table(path, boundaries=squares(), unit_code="id")
        assert table["x"].to_dict() == {str(101 + i): i for i in range(9)}
        assert table.index.name == "unit_code"
        assert kz.area_record(table).level == "own"
        assert kz.area_record(table).vintage is None


def test_names_come_from_columns_that_say_their_language():
    read = read_own_units(squares(ADM2_RU=list("АБВГДЕЖЗИ")), "id")
    assert read["name_en"].tolist() == list("ABCDEFGHI")
    assert read["name_ru"].tolist() == list("АБВГДЕЖЗИ")
    assert read["name_kk"].tolist() == list("ABCDEFGHI")


def test_a_name_that_two_units_share_is_a_fault(tmp_path):
    rows = [["District", "x"], ["A", 5], ["B", 6]]
    path = write_book(tmp_path / "t.xlsx", rows)
    with pytest.raises(InputError, match="row 2: 'A': means 2 units"):
        kz.read_area_table(path, boundaries=squares(ADM2_EN=["A", "A", *"BCDEFGH"]), unit_code="id")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda f: f.assign(id=[1, 1, *range(3, 10)]), "column id: found '1' twice"),
        (lambda f: f.assign(id=[None, *range(2, 10)]), "row 1, column id: found nothing"),
        (lambda f: f.set_crs(None, allow_override=True), "names no reference system"),
        (lambda f: f.set_geometry([Point(70, 50)] * 9, crs=4326), "found Point, expected an area"),
    ],
)
def test_boundaries_that_cannot_stand_for_units(change, told):
    with pytest.raises(InputError, match=told):
        read_own_units(change(squares()), "id")


def test_a_column_that_the_boundaries_lack():
    with pytest.raises(CallError, match="found no column 'code'; its columns are id, ADM2_EN"):
        read_own_units(squares(), "code")

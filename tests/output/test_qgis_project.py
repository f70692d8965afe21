"""The QGIS project without QGIS: the same bytes each time, paths inside the bundle, styles."""

import sqlite3
import xml.etree.ElementTree as ET
import zipfile

import pyproj
import pytest

import kz_spatial as kz
from kz_spatial.options import EQUAL_AREA_CRS
from kz_spatial.output.geopackage import About, offered_styles, write_geopackage
from kz_spatial.output.layers import describe
from kz_spatial.output.qgis_crs import PROJECT_CRS
from kz_spatial.output.qgis_project import write_project
from kz_spatial.output.terms import Terms
from kz_spatial.study import layer_entries

ABOUT = About("a.dta", "corrected", title="Title & more", written="2024-03-05")


def frames(readiness=0.0):
    areas = kz.oblasts(detail="light").reset_index()
    areas["readiness"] = [readiness + i / 10 for i in range(len(areas))]
    regions = kz.composites(detail="light").reset_index()
    regions["readiness"] = [float(i) for i in range(len(regions))]
    return {"oblasts": areas, "composites": regions}


def contents():
    return {
        "outline": "oblasts",
        "surfaces": "density",
        "groups": [{"key": "indicators", "title": "Shown <first>", "open": True}],
        "layers": [
            {
                "name": name,
                "group": "indicators",
                "visible": name == "oblasts",
                "themed": True,
                "outlined": False,
            }
            for name in ("oblasts", "composites")
        ],
    }


def write(folder, language="en", about=ABOUT, **wishes):
    folder.mkdir()
    layers = describe(frames(**wishes), terms=Terms.of_paper(language), notice="Beware & <care>")
    write_geopackage(layers, folder / "kz_spatial.gpkg", about=about)
    write_project(layers, folder, contents=contents(), about=about)
    return folder / "kz_spatial.qgz", layers


def document(path):
    with zipfile.ZipFile(path) as packed:
        assert packed.namelist() == ["kz_spatial.qgs"], "QGIS opens the first .qgs of the zip"
        text = packed.read("kz_spatial.qgs").decode()
    return text, ET.fromstring(text)


def test_same_results_give_the_same_bytes_wherever_they_lie(tmp_path):
    first, _ = write(tmp_path / "one")
    again, _ = write(tmp_path / "другая папка")
    other, _ = write(tmp_path / "other", readiness=5.0)
    assert first.read_bytes() == again.read_bytes()
    assert first.read_bytes() != other.read_bytes()


def test_paths_stay_inside_the_bundle(tmp_path):
    path, _ = write(tmp_path / "one")
    text, root = document(path)
    sources = [each.text for each in root.iter("datasource")]
    assert sources == [f"./kz_spatial.gpkg|layername={n}" for n in ("oblasts", "composites")]
    assert str(tmp_path) not in text
    assert root.find("properties/Paths/Absolute").text == "false"


def test_every_style_of_the_geopackage_stands_whole_in_the_project(tmp_path):
    path, layers = write(tmp_path / "one")
    _, root = document(path)
    with sqlite3.connect(path.with_name("kz_spatial.gpkg")) as base:
        stored = base.execute(
            "SELECT f_table_name, styleName, styleQML FROM layer_styles"
        ).fetchall()
    base.close()
    assert stored
    for layer, node in zip(layers, root.find("projectlayers"), strict=True):
        manager = node.find("map-layer-style-manager")
        texts = {name: ET.fromstring(t) for table, name, t in stored if table == layer.name}
        assert list(texts) == list(offered_styles(layer)) == [e.get("name") for e in manager]
        current = manager.get("current")
        assert current == next(iter(texts))
        for each in manager:
            if each.get("name") == current:
                assert not len(each), "the style in use stands in the layer itself"
                held = {child.tag: ET.tostring(child) for child in node}
                for child in texts[current]:
                    assert held[child.tag].strip() == ET.tostring(child).strip(), child.tag
            else:
                assert ET.tostring(each[0]) == ET.tostring(texts[each.get("name")])


def test_words_with_signs_of_xml_arrive_as_they_are(tmp_path):
    path, _ = write(tmp_path / "one")
    _, root = document(path)
    assert root.find("title").text == "Title & more"
    groups = [each.get("name") for each in root.iter("layer-tree-group")]
    assert "Shown <first>" in groups
    caveats = [e.get("labelText") for e in root.iter("LayoutItem") if e.get("id") == "warnings"]
    assert caveats == ["Beware & <care>"] * 3


@pytest.mark.parametrize(
    ("language", "made"),
    [("en", "March 5, 2024"), ("ru", "5 марта 2024"), ("kk", "2024\u202fж. 5 наурыз")],
)
def test_sheets_tell_source_and_date_as_the_language_writes_them(tmp_path, language, made):
    path, _ = write(tmp_path / "one", language)
    _, root = document(path)
    lines = {e.get("labelText") for e in root.iter("LayoutItem") if e.get("id") == "source"}
    (line,) = lines
    assert line.startswith("a.dta. "), line
    assert made in line
    assert "GeoNames" in line
    bars = {e.get("unitLabel") for e in root.iter("LayoutItem") if e.get("id") == "scale bar"}
    assert bars == {"km" if language == "en" else "км"}


def test_a_long_caveat_takes_height_from_the_map(tmp_path):
    def heights(path):
        _, root = document(path)
        sheet = root.find("Layouts/Layout")
        return {e.get("id"): float(e.get("size").split(",")[1]) for e in sheet.iter("LayoutItem")}

    def written(name, notice):
        folder = tmp_path / name
        folder.mkdir()
        layers = describe(frames(), terms=Terms.of_paper(), notice=notice)
        write_project(layers, folder, contents=contents(), about=ABOUT)
        return heights(folder / "kz_spatial.qgz")

    short, long = written("short", "Beware"), written("long", "Beware of the dog. " * 60)
    none = written("none", "")
    assert "warnings" not in none
    assert long["warnings"] > 7 * short["warnings"]
    grown = long["warnings"] - short["warnings"]
    assert short["map"] - long["map"] == pytest.approx(grown, abs=0.01)


def test_layers_of_two_bundles_have_ids_of_their_own(tmp_path):
    def ids(path):
        return [each.text for each in document(path)[1].findall("projectlayers/maplayer/id")]

    first, _ = write(tmp_path / "one")
    other = About("b.dta", "corrected", title="Title & more", written="2024-03-05")
    second, _ = write(tmp_path / "two", about=other)
    assert len(ids(first)) == 2
    assert not set(ids(first)) & set(ids(second))


def test_the_named_projection_is_the_packages():
    named = pyproj.CRS(PROJECT_CRS)
    assert named.name == "Kazakhstan Albers Equal Area"
    move = pyproj.Transformer.from_crs(named, EQUAL_AREA_CRS, always_xy=True)
    for point in ((-1_200_000.0, 300_000.0), (900_000.0, -700_000.0)):
        assert move.transform(*point) == pytest.approx(point, abs=1e-6)


def test_the_contract_lists_layers_in_the_order_of_the_map():
    names = [e.name for e in layer_entries(Terms.of_paper().design.grouping)]
    assert [each["name"] for each in contents()["layers"]] == [
        n for n in names if n in ("oblasts", "composites")
    ]

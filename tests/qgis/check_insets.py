"""Small maps of the cities on sheets of the country, of the plugin's and of the project's."""

import dataclasses
import itertools
from pathlib import Path

from qgis.core import QgsCoordinateTransform, QgsLayoutExporter, QgsLayoutItemMap, QgsProject
from qgis.PyQt.QtGui import QImage

from check_plugin import _empty_project, _started
from check_project import _height_of
from maps import pixels

CITIES = {"KZ-71": (51.13, 71.43), "KZ-75": (43.24, 76.9), "KZ-79": (42.32, 69.6)}


def _insets(sheet):
    return [
        item
        for item in sheet.items()
        if isinstance(item, QgsLayoutItemMap) and item.id().startswith("inset ")
    ]


def _judge(sheet, layer, project, name_field, codes=tuple(CITIES)):
    """Each inset shows its own city whole, large enough, under its name, and lies on nothing."""
    names = {f["oblast_code"]: f for f in layer.getFeatures()}
    found = {item.id().removeprefix("inset "): item for item in _insets(sheet)}
    assert set(found) == {names[code][name_field] for code in codes}, list(found)
    move = QgsCoordinateTransform(layer.crs(), project.crs(), project)
    for code in codes:
        item = found[names[code][name_field]]
        shape = names[code].geometry()
        shape.transform(move)
        assert item.extent().contains(shape.boundingBox()), code
        share = shape.boundingBox().width() / item.extent().width()
        assert share * item.sizeWithUnits().width() > 10, (code, share)
        whole = sheet.itemById("map")
        drawn = shape.boundingBox().width() / whole.extent().width() * whole.sizeWithUnits().width()
        assert drawn < 9, (code, drawn, "could be read on the map itself")
        caption = sheet.itemById(f"inset name {names[code][name_field]}")
        assert caption.currentText() == names[code][name_field]
        assert _height_of(caption) <= caption.sizeWithUnits().height(), caption.text()
        assert item.followVisibilityPresetName() == whole.followVisibilityPresetName()
    parts = ["title", "subtitle", "map", "source", "warnings", "north"]
    boxes = [sheet.itemById(key) for key in parts]
    boxes += [*found.values(), *(sheet.itemById(f"inset name {name}") for name in found)]
    page = sheet.pageCollection().page(0).sceneBoundingRect()
    for one, other in itertools.combinations([b for b in boxes if b is not None], 2):
        if {one.id(), other.id()} & {"north"}:
            continue
        both = one.sceneBoundingRect().intersected(other.sceneBoundingRect())
        assert min(both.width(), both.height()) < 0.8, (sheet.name(), one.id(), other.id())
        assert page.contains(one.sceneBoundingRect()), one.id()


def _picture(sheet, file, dpi=90):
    wishes = QgsLayoutExporter.ImageExportSettings()
    wishes.dpi = dpi
    done = QgsLayoutExporter(sheet).exportToImage(str(file), wishes)
    assert done == QgsLayoutExporter.ExportResult.Success
    return pixels(QImage(str(file)))


def check_sheets_of_the_plugin_show_the_cities(settings):
    from kz_spatial_results.layout import SIZES, add_layout

    _, plugin = _started()
    project = _empty_project()
    opened = plugin.open_results(settings["bundle"])
    theme, layer = next(iter(opened.themes.items()))
    extent = project.layoutManager().printLayouts()[0].itemById("map").extent()
    for code in ("en", "ru", "kk"):
        plan = dataclasses.replace(opened.plan, language=code)
        for size in SIZES:
            sheet = add_layout(project, plan, layer, theme, extent, size)
            _judge(sheet, layer, project, "name_en")
            view = sheet.itemById("map").sceneBoundingRect()
            beside = [item.sceneBoundingRect() for item in _insets(sheet)]
            if "portrait" in size:  # what a tall page has to spare is its height
                assert view.width() > SIZES[size][0] - 20.5
                assert all(each.top() > view.bottom() for each in beside)
            else:
                assert all(each.left() > view.right() for each in beside)
                assert len({each.left() for each in beside}) == 1
            _picture(sheet, Path(settings["tmp"]) / f"inset-{code}-{size}.png")
    atlas = add_layout(project, opened.plan, layer, theme, extent, "A4", by_region=True)
    assert not _insets(atlas), "pages show each region anyway"
    # of the composites, two are cities
    theme = "Composite regions: Power outages, outages a month"
    sheet = plugin.make_layout(theme, "A4")
    assert len(_insets(sheet)) == 2, [item.id() for item in _insets(sheet)]
    dense = plugin.make_layout("Density of firms, firms per 1000 km²", "A4")
    assert len(_insets(dense)) == 0
    plugin.unload()


def check_an_inset_has_the_colour_of_its_city(settings):
    """Seen alone in the picture, against the colour of the class that the city falls in."""
    _, plugin = _started()
    project = _empty_project()
    opened = plugin.open_results(settings["bundle"])
    sheet = plugin.make_layout(
        "Oblasts: Readiness score (without Construction permits), mean z-score", "A4"
    )
    seen = _picture(sheet, Path(settings["tmp"]) / "inset colours.png", dpi=120)
    per_mm = 120 / 25.4
    wanted = {"Astana": "#253494", "Almaty": "#ffffcc", "Shymkent": "#ffffcc"}
    for item in _insets(sheet):
        box = item.sceneBoundingRect()
        part = seen[
            round(box.top() * per_mm) : round(box.bottom() * per_mm),
            round(box.left() * per_mm) : round(box.right() * per_mm),
        ]
        colour = wanted[item.id().removeprefix("inset ")]
        told = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        assert (abs(part - told).max(axis=2) <= 3).mean() > 0.08, item.id()
    assert opened.layers
    assert project.mapLayers()
    plugin.unload()


def check_sheets_of_the_project_show_the_cities(settings):
    for code, folder in settings["projects"].items():
        project = QgsProject()
        assert project.read(str(Path(folder) / "kz_spatial.qgz"))
        (layer,) = [e for e in project.mapLayers().values() if "layername=oblasts" in e.source()]
        sheets = project.layoutManager().printLayouts()
        (sheet,) = [each for each in sheets if not each.atlas().enabled()]
        _judge(sheet, layer, project, f"name_{code}")
        _picture(sheet, Path(settings["tmp"]) / f"project-{code}.png")
        for each in sheets:
            assert each is sheet or not _insets(each)

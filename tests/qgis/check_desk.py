"""What a reader meets at the desk: boundaries, layouts, drops, options, languages, help."""

import dataclasses
import itertools
from pathlib import Path

from qgis.core import QgsLayoutExporter, QgsProject, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtGui import QImage
from qgis.PyQt.QtWidgets import QDialog

from check_install import _wait
from check_plugin import _empty_project, _started
from maps import class_rules, pixels


def check_boundaries_come_styled_and_named(settings):
    desktop, plugin = _started()
    project = _empty_project()
    layers = plugin.add_boundaries()
    counts = {each.name(): each.featureCount() for each in layers}
    assert counts == {"Composite regions": 7, "Oblasts of Kazakhstan": 20}, counts
    for each in layers:
        assert each.renderer().type() == "RuleRenderer"
        assert len(class_rules(each)) == 7
        assert each.labelsEnabled()
        assert each.crs().authid() == "EPSG:4326"
    feature = next(f for f in layers[1].getFeatures() if f["oblast_code"] == "KZ-10")
    assert (feature["name_en"], feature["name_ru"]) == ("Abai Region", "область Абай")
    assert [each.name() for each in project.layerTreeRoot().checkedLayers()] == [
        "Oblasts of Kazakhstan"
    ]
    assert "+proj=aea" in project.crs().toProj()
    assert desktop.canvas.extent().width() > 2_500_000
    plugin.unload()


def check_boundaries_have_no_faulty_shape(settings):
    _, plugin = _started()
    _empty_project()
    for layer in plugin.add_boundaries():
        for feature in layer.getFeatures():
            assert feature.geometry().isGeosValid(), (layer.name(), feature["name_en"])
    plugin.unload()


def _texts(layout):
    return {i.id(): i.currentText() for i in layout.items() if hasattr(i, "currentText")}


def check_layouts_have_every_part_and_say_twin(settings):
    from kz_spatial_results.layout import add_layout

    _, plugin = _started()
    project = _empty_project()
    opened = plugin.open_results(settings["bundle"])
    layouts = project.layoutManager().printLayouts()
    sizes = sorted(round(each.pageCollection().page(0).pageSize().width()) for each in layouts)
    assert sizes == [297, 420]
    theme, layer = next(iter(opened.themes.items()))
    for each in layouts:
        ids = {item.id() for item in each.items() if hasattr(item, "id")}
        wanted = {"title", "subtitle", "map", "legend", "scale bar", "north", "source", "warnings"}
        assert wanted <= ids, ids
        texts = _texts(each)
        assert texts["title"] == "Smart-city readiness of Kazakhstan's regions"
        assert texts["subtitle"] == (
            "Oblasts: Readiness score (without Construction permits), mean z-score"
        )
        assert texts["warnings"] == "Synthetic twin: made-up firms, not survey microdata"
        assert opened.plan.written in texts["source"]
        assert each.itemById("map").followVisibilityPresetName() == theme
    real = dataclasses.replace(opened.plan, synthetic=False, source="survey.dta")
    extent = layouts[0].itemById("map").extent()
    plain = add_layout(project, real, layer, theme, extent, "A4")
    assert "warnings" not in _texts(plain)
    assert "survey.dta" in _texts(plain)["source"]
    for code, words in (("ru", "Синтетический двойник"), ("kk", "Синтетикалық егіз")):
        plan = dataclasses.replace(opened.plan, language=code)
        texts = _texts(add_layout(project, plan, layer, theme, extent, "A4"))
        assert texts["warnings"].startswith(words), texts
        assert words.lower() in texts["source"].lower()
    dense = plugin.make_layout("Density of firms, firms per 1000 km²", "A4")
    assert "spread by settlement population" in _texts(dense)["warnings"]
    plugin.unload()


def check_layout_prints_its_theme_and_legend(settings):
    desktop, plugin = _started()
    _empty_project()
    opened = plugin.open_results(settings["bundle"])
    layout = plugin.make_layout("Local Moran: Power outages", "A4")
    assert desktop.designers == [layout]
    pdf = Path(settings["tmp"]) / "layout.pdf"
    done = QgsLayoutExporter(layout).exportToPdf(str(pdf), QgsLayoutExporter.PdfExportSettings())
    assert done == QgsLayoutExporter.ExportResult.Success
    assert pdf.read_bytes().startswith(b"%PDF")
    assert pdf.stat().st_size > 50_000
    png = pdf.with_suffix(".png")
    wishes = QgsLayoutExporter.ImageExportSettings()
    wishes.dpi = 70
    QgsLayoutExporter(layout).exportToImage(str(png), wishes)
    seen = pixels(QImage(str(png)))
    for colour, least in (((255, 0, 0), 40), ((0, 0, 255), 40), ((0xEE, 0xEE, 0xEE), 20_000)):
        count = int((abs(seen - colour).max(axis=2) <= 2).sum())
        assert count >= least, (colour, count)
    model = layout.itemById("legend").model()
    (node,) = model.rootGroup().findLayers()
    labels = [each.data(0) for each in model.layerLegendNodes(node)]
    assert labels[0] == "Local Moran: Power outages", labels
    assert {"High–High", "Low–High", "Cannot be significant"} <= set(labels)
    assert len(opened.themes) == 41
    plugin.unload()


def check_a_layout_has_a_page_for_each_region_on_either_paper(settings):
    from check_project import _height_of

    desktop, plugin = _started()
    _empty_project()
    plugin.open_results(settings["bundle"])
    theme = "Local Moran: Power outages"
    for size, page in (("A4", 297), ("A4 portrait", 210), ("A3", 420)):
        layout = plugin.make_layout(theme, size, by_region=True)
        assert desktop.designers[-1] is layout
        assert layout.name() == f"Region by region, {size}: {theme}"
        assert round(layout.pageCollection().page(0).pageSize().width()) == page
        atlas = layout.atlas()
        assert atlas.updateFeatures() == 20
        pages = [atlas.nameForPage(i) for i in range(20)]
        assert pages == sorted(pages), "pages are in the order of names"
        atlas.beginRender()
        extents = set()
        for number, name in enumerate(pages):
            assert atlas.seekTo(number)
            texts = _texts(layout)
            assert texts["subtitle"] == f"{name}. {theme}"
            for item in (layout.itemById(key) for key in texts):
                assert _height_of(item) <= item.sizeWithUnits().height(), (size, name, item.id())
            view = layout.itemById("map").extent()
            feature = atlas.layout().reportContext().feature()
            assert feature["name_en"] == name
            extents.add(round(view.center().x()))
        assert len(extents) == 20, "every page shows another region"
        atlas.endRender()
        png = str(Path(settings["tmp"]) / "region.png")
        wishes = QgsLayoutExporter.ImageExportSettings()
        wishes.dpi = 60
        atlas.beginRender()
        atlas.seekTo(0)
        done = QgsLayoutExporter(layout).exportToImage(png, wishes)
        assert done == QgsLayoutExporter.ExportResult.Success
        seen = pixels(QImage(png))
        assert (abs(seen - (176, 0, 32)).max(axis=2) <= 60).sum() > 150, "no caveat is printed"
    plugin.unload()


def check_texts_of_sheets_are_never_cut(settings):
    """In three languages, on each paper, with the longest caveat that there is."""
    from kz_spatial_results.layout import SIZES, add_layout

    from check_project import _height_of

    _, plugin = _started()
    project = _empty_project()
    opened = plugin.open_results(settings["bundle"])
    name = "Density of firms, firms per 1000 km²"
    layer = opened.themes[name]
    for code in ("en", "ru", "kk"):
        plan = dataclasses.replace(opened.plan, language=code, title=opened.plan.title * 2)
        for size in SIZES:
            sheet = add_layout(project, plan, layer, name, layer.extent(), size)
            labels = [sheet.itemById(key) for key in ("title", "subtitle", "source", "warnings")]
            for item in labels:
                assert _height_of(item) <= item.sizeWithUnits().height(), (code, size, item.id())
            boxes = [each.sceneBoundingRect() for each in (*labels, sheet.itemById("map"))]
            for one, other in itertools.combinations(boxes, 2):
                assert one.intersected(other).height() < 0.1, (code, size)
    plugin.unload()


def check_layout_dialog_lists_the_themes(settings):
    from kz_spatial_results import layout_dialog

    desktop, plugin = _started()
    _empty_project()
    plugin.guard(plugin.choose_layout)
    assert "No bundle is open" in desktop.messages[-1]
    plugin.open_results(settings["bundle"])
    seen = []

    def accept(self):
        seen.append([self.themes.itemText(i) for i in range(self.themes.count())])
        self.themes.setCurrentText("Clusters: Typology of the oblasts")
        self.sizes.setCurrentText("A3")
        self.by_region.setChecked(bool(seen[1:]))
        return QDialog.DialogCode.Accepted

    layout_dialog.LayoutDialog.exec, before = accept, layout_dialog.LayoutDialog.exec
    try:
        plugin.choose_layout()
        plugin.choose_layout()
    finally:
        layout_dialog.LayoutDialog.exec = before
    assert len(seen[0]) == 41
    one, by_region = (each.name() for each in desktop.designers[-2:])
    assert one == "A3: Clusters: Typology of the oblasts"
    assert by_region == "Region by region, A3: Clusters: Typology of the oblasts"
    plugin.unload()


def check_a_dropped_bundle_opens_and_other_files_do_not(settings):
    desktop, plugin = _started()
    project = _empty_project()
    (handler,) = desktop.handlers
    bundle = Path(settings["bundle"])
    for other in (bundle / "kz_spatial.gpkg", bundle / "map.html", bundle.parent, "", "/nowhere"):
        assert not handler.handleFileDrop(str(other)), other
    assert not project.mapLayers()
    assert handler.handleFileDrop(str(bundle))
    assert len(project.mapLayers()) == 8
    assert handler.handleFileDrop(str(bundle / "run.json"))
    assert len(project.mapLayers()) == 8
    plugin.unload()


def check_options_keep_the_command_and_try_it(settings):
    desktop, plugin = _started()
    QgsSettings().remove("kz_spatial/command")
    page = desktop.options[0].createWidget(None)
    page.field.setFilePath(settings["command"])
    page.try_it()
    _wait(page.button.isEnabled)
    assert page.answer.text().startswith("kz-spatial "), page.answer.text()
    page.field.setFilePath("/nowhere")
    page.try_it()
    assert "is no kz-spatial command" in page.answer.text()
    page.field.setFilePath(settings["command"])
    page.apply()
    assert QgsSettings().value("kz_spatial/command") == settings["command"]
    again = desktop.options[0].createWidget(None)
    assert again.field.filePath() == settings["command"]
    QgsSettings().remove("kz_spatial/command")
    plugin.unload()


def check_words_follow_the_language_of_qgis(settings):
    wanted = {
        "ru": ("Открыть результаты…", "Области Казахстана"),
        "kk": ("Нәтижелерді ашу…", "Қазақстан облыстары"),
        "en": ("Open results…", "Oblasts of Kazakhstan"),
        "de": ("Open results…", "Oblasts of Kazakhstan"),
    }
    QgsSettings().setValue("locale/overrideFlag", True)
    try:
        for code, (menu, name) in wanted.items():
            QgsSettings().setValue("locale/userLocale", code)
            _, plugin = _started()
            _empty_project()
            assert plugin.actions["open"].text() == menu, code
            assert plugin.add_boundaries()[1].name() == name
            plugin.unload()
            left = QCoreApplication.translate("KzSpatialResults", "Open results…")
            assert left == "Open results…", "unload left a translation behind"
    finally:
        QgsSettings().remove("locale/overrideFlag")
        QgsSettings().remove("locale/userLocale")


def check_help_is_there_in_three_languages(settings):
    import kz_spatial_results.help_page
    from kz_spatial_results.words import FOLDER

    assert kz_spatial_results.help_page.page_url().endswith("help/help_en.html")
    for code in ("en", "ru", "kk"):
        text = (FOLDER / "help" / f"help_{code}.html").read_text(encoding="utf-8")
        assert f'lang="{code}"' in text
        assert text.count("<h2>") == 9
        assert "http" not in text.replace("http-equiv", ""), "help needs no network"


def check_options_of_other_plugins_stay(settings):
    """Opening and closing leaves the reader's own layers and layouts alone."""
    from qgis.core import QgsPrintLayout

    from maps import layer

    _, plugin = _started()
    project = _empty_project()
    own = layer(Path(settings["bundle"]) / "kz_spatial.gpkg", "oblasts")
    project.addMapLayer(own)
    sheet = QgsPrintLayout(project)
    sheet.initializeDefaults()
    sheet.setName("mine")
    project.layoutManager().addLayout(sheet)
    plugin.open_results(settings["bundle"])
    plugin.open_results(settings["bundle"])
    plugin.unload()
    assert QgsProject.instance().mapLayer(own.id()) is not None
    assert project.layoutManager().layoutByName("mine") is not None

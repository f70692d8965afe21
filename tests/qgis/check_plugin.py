"""The plugin in QGIS: loading, opening a bundle, and leaving without a trace."""

import shutil
import sqlite3
import sys
import time
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsLayerTreeModel,
    QgsProject,
)

from fakes import Desktop
from maps import CRS, heading

HEAVY = ("kz_spatial", "geopandas", "pandas", "shapely", "libpysal", "esda", "pysal", "folium")


def _started():
    import kz_spatial_results

    desktop = Desktop()
    plugin = kz_spatial_results.classFactory(desktop)
    plugin.initGui()
    return desktop, plugin


def _empty_project():
    project = QgsProject.instance()
    project.clear()
    return project


def _bundle(settings):
    return settings["bundle"]


def check_loading_touches_no_project_and_is_measured(settings):
    desktop = Desktop()
    _empty_project()
    times = []
    for _ in range(5):
        for name in [n for n in sys.modules if n.startswith("kz_spatial_results")]:
            del sys.modules[name]
        started = time.perf_counter()
        import kz_spatial_results

        plugin = kz_spatial_results.classFactory(desktop)
        plugin.initGui()
        times.append(1000 * (time.perf_counter() - started))
        assert not QgsProject.instance().mapLayers()
        plugin.unload()
    settings["measured"]["load ms, five times"] = [round(t, 1) for t in times]


def check_nothing_heavy_is_imported(settings):
    _, plugin = _started()
    _empty_project()
    plugin.open_results(_bundle(settings))
    plugin.unload()
    found = [name for name in HEAVY if name in sys.modules]
    assert not found, found


def check_unload_leaves_no_trace_and_may_be_called_twice(settings):
    registry = QgsApplication.processingRegistry()
    before = {each.id() for each in registry.providers()}
    desktop, plugin = _started()
    assert any(a.objectName() == "kz_spatial_open" for _, a in desktop.plugin_menu)
    _empty_project()
    plugin.open_results(_bundle(settings))
    assert desktop.registered(), "nothing was registered, so the test shows nothing"
    plugin.unload()
    assert desktop.registered() == []
    assert {each.id() for each in registry.providers()} == before
    plugin.unload()
    plugin.initGui()
    assert desktop.registered()
    plugin.unload()
    assert desktop.registered() == []


def check_bundle_opens_in_groups_with_one_theme_on(settings):
    desktop, plugin = _started()
    project = _empty_project()
    opened = plugin.open_results(_bundle(settings))
    root = project.layerTreeRoot()
    assert [g.name() for g in root.findGroups()] == ["bundle (synthetic twin)"]
    groups = [(g.name(), [n.name() for n in g.findLayers()]) for g in opened.group.findGroups()]
    assert groups == [
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
    ], groups
    assert [each.name() for each in root.checkedLayers()] == ["Oblasts"]
    assert all(each.isValid() for each in project.mapLayers().values())
    assert opened.skipped == ()
    assert not desktop.messages
    plugin.unload()


def check_project_gets_projection_extent_styles_and_themes(settings):
    desktop, plugin = _started()
    project = _empty_project()
    opened = plugin.open_results(_bundle(settings))
    assert "+proj=aea" in project.crs().toProj()
    extent = desktop.canvas.extent()
    assert 2_500_000 < extent.width() < 8_000_000, extent.toString()
    assert extent.contains(0, 0)
    oblasts = opened.layers["oblasts"]
    assert heading(oblasts) == "Readiness score (without Construction permits), mean z-score"
    styles = oblasts.styleManager().styles()
    assert len(styles) == 11, styles
    styles.remove("Outline")
    assert (
        oblasts.styleManager().currentStyle()
        == "Readiness score (without Construction permits), mean z-score"
    )
    for style in styles:
        oblasts.styleManager().setCurrentStyle(style)
        assert heading(oblasts) == style, (heading(oblasts), style)
    themes = project.mapThemeCollection()
    assert len(themes.mapThemes()) == 6 + 10 + 10 + 14 + 1, themes.mapThemes()
    chosen = "Local Moran: CO₂ monitoring"
    state = themes.mapThemeStyleOverrides(chosen)
    assert [project.mapLayer(key).name() for key in state] == ["Local Moran"]
    assert "CO₂" in next(iter(state.values()))
    below = [
        project.mapLayer(key).name()
        for key in themes.mapThemeVisibleLayerIds("Density of firms, firms per 1000 km²")
    ]
    assert sorted(below) == ["Density of firms", "Oblasts"], below
    plugin.unload()


def themes_open_their_legend(project, group):
    """Each of three themes, applied as the desktop does: what is on, open, and in open groups."""
    root = project.layerTreeRoot()
    model, themes = QgsLayerTreeModel(root), project.mapThemeCollection()
    for theme, wanted, inner, lines in (
        ("Local Moran: Power outages", "Local Moran", "Local Moran: alike or unlike", set()),
        ("Density of firms, firms per 1000 km²", "Density of firms", "Density of firms",
         {"Oblasts"}),
        ("Clusters: Typology of the oblasts", "Clusters", "Groups of regions", set()),
    ):  # fmt: skip
        for node in [*root.findLayers(), *root.findGroups(True)]:
            node.setExpanded(True)
        themes.applyTheme(theme, root, model)
        assert {each.name() for each in root.checkedLayers()} == {wanted} | lines, theme
        opened = {each.name() for each in root.findGroups(True) if each.isExpanded()}
        assert opened == {group, inner}, (theme, opened)
        (node,) = [n for n in root.findLayers() if n.name() == wanted and n.itemVisibilityChecked()]
        assert node.isExpanded(), theme


def check_a_theme_opens_its_legend_and_closes_other_groups(settings):
    _, plugin = _started()
    project = _empty_project()
    opened = plugin.open_results(_bundle(settings))
    themes_open_their_legend(project, opened.group.name())
    plugin.unload()


def _user_projections():
    """What the reader's own list of projections holds, in the file and in memory."""
    with sqlite3.connect(QgsApplication.qgisUserDatabaseFilePath()) as base:
        stored = base.execute("SELECT description FROM tbl_srs").fetchall()
    known = QgsApplication.coordinateReferenceSystemRegistry().userCrsList()
    return stored, [each.name for each in known]


def check_projection_has_a_name_also_after_saving_and_is_in_no_list(settings):
    _, plugin = _started()
    project = _empty_project()
    plugin.open_results(_bundle(settings))
    for suffix in ("qgs", "qgz"):
        file = str(Path(settings["tmp"]) / f"saved.{suffix}")
        assert project.write(file), project.error()
        again = QgsProject()
        assert again.read(file), again.error()
        for crs in (project.crs(), again.crs()):
            assert crs.isValid()
            assert crs.userFriendlyIdentifier() == "Kazakhstan Albers Equal Area"
            assert crs.description() == "Kazakhstan Albers Equal Area"
            assert crs.toProj().startswith(CRS), crs.toProj()
            assert crs.ellipsoidAcronym() == "EPSG:7030"
        assert again.crs() == project.crs()
    plugin.unload()
    assert _user_projections() == ([], [])


def check_projection_puts_places_where_the_package_puts_them(settings):
    _, plugin = _started()
    project = _empty_project()
    plugin.open_results(_bundle(settings))
    degrees = QgsCoordinateReferenceSystem("EPSG:4326")
    ours, theirs = (
        QgsCoordinateTransform(degrees, crs, project)
        for crs in (project.crs(), QgsCoordinateReferenceSystem.fromProj(CRS))
    )
    for x in range(46, 89, 6):
        for y in range(40, 57, 4):
            assert ours.transform(x, y).distance(theirs.transform(x, y)) < 1e-6, (x, y)
    assert ours.transform(67, 48).distance(0, 0) < 1e-6, "the origin, east before north"
    assert ours.transform(68, 48).x() > 70_000
    plugin.unload()


def check_opening_again_doubles_nothing_and_keeps_a_projection_in_use(settings):
    _, plugin = _started()
    project = _empty_project()
    plugin.open_results(_bundle(settings))
    before = len(project.mapLayers()), len(project.mapThemeCollection().mapThemes())
    crs = project.crs()
    crs.createFromString("EPSG:3857")
    project.setCrs(crs)
    plugin.open_results(_bundle(settings))
    assert (len(project.mapLayers()), len(project.mapThemeCollection().mapThemes())) == before
    assert len(project.layerTreeRoot().findGroups()) == 1
    assert project.crs().authid() == "EPSG:3857"
    plugin.unload()


def check_a_folder_that_is_no_bundle_gets_one_line(settings):
    desktop, plugin = _started()
    project = _empty_project()
    empty = Path(settings["tmp"]) / "no bundle"
    empty.mkdir(exist_ok=True)
    damaged = Path(settings["tmp"]) / "damaged"
    shutil.rmtree(damaged, ignore_errors=True)
    damaged.mkdir()
    (damaged / "run.json").write_text("{}", encoding="utf-8")
    (damaged / "kz_spatial.gpkg").write_bytes(b"SQLite format 3\0 and no more")
    for folder, words in ((empty, "is no bundle"), (damaged, "cannot be read as a GeoPackage")):
        desktop.messages.clear()
        plugin.guard(lambda folder=folder: plugin.open_results(folder))
        assert len(desktop.messages) == 1, desktop.messages
        assert words in desktop.messages[0], desktop.messages
        assert "\n" not in desktop.messages[0]
    assert not project.mapLayers()
    plugin.unload()

"""Opening a bundle that is open already, beside another one, or after it was moved or run again."""

import json
import shutil
import sqlite3
from pathlib import Path

from qgis.core import QgsMapThemeCollection

from check_plugin import _empty_project, _started
from maps import heading

READINESS = "Oblasts: Readiness score (without Construction permits), mean z-score"
OUTAGES = "Local Moran: Power outages"


def _copy(settings, *parts):
    """A bundle of one's own, to change or to move."""
    folder = Path(settings["tmp"]).joinpath("again", *parts)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(settings["bundle"], folder)
    return folder


def _run_again(folder, *statements):
    """Another run's results in the place of a bundle, as --overwrite exchanges folders."""
    made = folder.with_name("made")
    shutil.rmtree(made, ignore_errors=True)
    shutil.copytree(folder, made, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    base = sqlite3.connect(made / "kz_spatial.gpkg")
    for function in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        base.create_function(function, 1, lambda _: 0)  # what the file's triggers call
    for statement in statements:
        base.execute(statement)
    base.commit()
    base.close()
    folder.rename(folder.with_name("before"))
    made.rename(folder)
    shutil.rmtree(folder.with_name("before"))
    return folder


def _ids(project):
    return {key: layer.name() for key, layer in project.mapLayers().items()}


def _values(layer, column="readiness"):
    return {each["oblast_code"]: each[column] for each in layer.getFeatures()}


def _sheets(project):
    return sorted(each.name() for each in project.layoutManager().printLayouts())


def check_opening_again_keeps_layers_names_places_and_styles(settings):
    desktop, plugin = _started()
    project = _empty_project()
    opened = plugin.open_results(settings["bundle"])
    oblasts, root = opened.layers["oblasts"], project.layerTreeRoot()
    oblasts.setName("My oblasts")
    oblasts.styleManager().setCurrentStyle("Construction permits, days to obtain")
    oblasts.setOpacity(0.5)
    assert oblasts.setSubsetString("oblast_code <> 'KZ-10'")
    assert len(_values(oblasts)) == 19
    opened.group.setName("My results")
    opened.group.findGroup("Groups of regions").setName("My groups")
    node = root.findLayer(opened.layers["local_moran"])
    root.insertChildNode(0, node.clone())
    node.parent().removeChildNode(node)
    desktop.canvas.zoomByFactor(0.5)
    extent, ids = desktop.canvas.extent(), _ids(project)
    themes = project.mapThemeCollection().mapThemes()
    groups = [each.name() for each in root.findGroups(True)]
    again = plugin.open_results(settings["bundle"])
    assert _ids(project) == ids
    assert again.layers["oblasts"] is oblasts
    assert oblasts.styleManager().currentStyle() == "Construction permits, days to obtain"
    assert heading(oblasts) == "Construction permits, days to obtain"
    assert oblasts.opacity() == 0.5
    assert len(_values(oblasts)) == 19
    assert root.children()[0].name() == "Local Moran"
    assert [each.name() for each in root.findGroups(True)] == groups
    assert project.mapThemeCollection().mapThemes() == themes
    assert again.themes == {}
    assert desktop.canvas.extent() == extent
    assert not desktop.messages
    plugin.unload()


def check_opening_again_keeps_a_renamed_layout_and_an_own_theme(settings):
    _, plugin = _started()
    project = _empty_project()
    opened = plugin.open_results(settings["bundle"])
    (sheet,) = [e for e in project.layoutManager().printLayouts() if e.name().startswith("A4")]
    sheet.setName("For the minister")
    themes = project.mapThemeCollection()
    record = QgsMapThemeCollection.MapThemeLayerRecord(opened.layers["clusters"])
    record.isVisible = True
    own = QgsMapThemeCollection.MapThemeRecord()
    own.setLayerRecords([record])
    themes.insert("Mine", own)
    assert themes.renameMapTheme(OUTAGES, "Outages")
    before = len(themes.mapThemes())
    plugin.open_results(settings["bundle"])
    assert _sheets(project) == [f"A3: {READINESS}", "For the minister"]
    assert themes.hasMapTheme("Mine")
    assert themes.hasMapTheme("Outages")
    assert len(themes.mapThemes()) == before
    # and sheets can be made of both
    for name, layer in (("Mine", "Clusters"), ("Outages", "Local Moran")):
        (node,) = plugin.make_layout(name, "A4").itemById("legend").model().rootGroup().findLayers()
        assert node.layer().name() == layer
    plugin.unload()


def check_opening_again_keeps_unsaved_edits_and_says_so(settings):
    desktop, plugin = _started()
    project = _empty_project()
    folder = _copy(settings, "edited", "bundle")
    opened = plugin.open_results(folder)
    oblasts = opened.layers["oblasts"]
    feature = next(f for f in oblasts.getFeatures() if f["oblast_code"] == "KZ-10")
    assert oblasts.startEditing()
    column = oblasts.fields().indexOf("name_en")
    assert oblasts.changeAttributeValue(feature.id(), column, "Mine")
    again = plugin.open_results(folder)
    assert again.layers["oblasts"] is oblasts
    assert oblasts.isModified()
    assert oblasts.getFeature(feature.id())["name_en"] == "Mine"
    assert len(desktop.messages) == 1, desktop.messages
    assert desktop.messages[0].startswith("Oblasts: being edited"), desktop.messages
    assert oblasts.commitChanges(), oblasts.commitErrors()
    desktop.messages.clear()
    plugin.open_results(folder)
    assert not desktop.messages
    assert oblasts.getFeature(feature.id())["name_en"] == "Mine"
    project.clear()
    plugin.unload()


def check_new_layout_takes_a_free_name_beside_an_edited_one(settings):
    _, plugin = _started()
    project = _empty_project()
    plugin.open_results(settings["bundle"])
    first = plugin.make_layout(OUTAGES, "A4")
    first.itemById("title").setText("My title")
    second = plugin.make_layout(OUTAGES, "A4")
    assert (first.name(), second.name()) == (f"A4: {OUTAGES}", f"A4: {OUTAGES} 2")
    assert project.layoutManager().layoutByName(first.name()) is first
    assert first.itemById("title").text() == "My title"
    assert second.itemById("title").text() != "My title"
    plugin.unload()


def check_second_bundle_bears_its_name_in_group_themes_and_layouts(settings):
    _, plugin = _started()
    project = _empty_project()
    first = plugin.open_results(_copy(settings, "2019", "bundle"))
    second = plugin.open_results(_copy(settings, "2025", "bundle"))
    assert first.group.name() == "bundle (synthetic twin)"
    own = "2025/bundle (synthetic twin)"
    assert second.group.name() == own
    assert len(first.themes) == len(second.themes) == 41
    assert set(second.themes) == {f"{own}: {name}" for name in first.themes}
    assert _sheets(project) == sorted(
        f"{size}: {name}" for size in ("A4", "A3") for name in (READINESS, f"{own}: {READINESS}")
    )
    for opened in (first, second):
        for name, layer in opened.themes.items():
            shown = set(project.mapThemeCollection().mapThemeVisibleLayerIds(name))
            assert layer.id() in shown
            assert shown <= {each.id() for each in opened.layers.values()}, name
    # a sheet shows the layer of the bundle that it was asked for
    sheet = plugin.make_layout(f"{own}: {OUTAGES}", "A4")
    (node,) = sheet.itemById("legend").model().rootGroup().findLayers()
    assert node.layer() is second.layers["local_moran"]
    plugin.open_results(second.plan.folder)
    plugin.open_results(first.plan.folder)
    assert len(project.mapLayers()) == 16
    assert len(project.mapThemeCollection().mapThemes()) == 82
    plugin.unload()


def _moved(settings, name):
    """A project saved beside a bundle, both moved elsewhere, the project read there."""
    _, plugin = _started()
    project = _empty_project()
    plugin.open_results(_copy(settings, name, "here", "bundle"))
    here = Path(settings["tmp"]) / "again" / name / "here"
    assert project.write(str(here / "project.qgz")), project.error()
    project.clear()
    there = here.with_name("there")
    shutil.rmtree(there, ignore_errors=True)
    here.rename(there)
    assert project.read(str(there / "project.qgz")), project.error()
    return plugin, project, there / "bundle"


def check_moved_project_finds_its_moved_bundle(settings):
    plugin, project, folder = _moved(settings, "moved")
    ids, themes = _ids(project), project.mapThemeCollection().mapThemes()
    assert len(ids) == 8
    for layer in project.mapLayers().values():
        assert layer.isValid(), layer.source()
        assert layer.source().startswith(str(folder)), layer.source()
    sheet = plugin.make_layout(OUTAGES, "A4")
    assert str(json.loads((folder / "run.json").read_text())["written"])[:10] in (
        sheet.itemById("source").text()
    )
    _run_again(folder, "UPDATE oblasts SET readiness = 7 WHERE oblast_code = 'KZ-10'")
    again = plugin.open_results(folder)
    assert _ids(project) == ids
    assert project.mapThemeCollection().mapThemes() == themes
    assert _values(again.layers["oblasts"])["KZ-10"] == 7
    assert len(project.layerTreeRoot().findGroups()) == 1
    plugin.unload()


def check_project_of_ones_own_keeps_its_way_of_storing_paths(settings):
    from maps import layer

    _, plugin = _started()
    project = _empty_project()
    project.writeEntryBool("Paths", "/Absolute", True)
    plugin.open_results(settings["bundle"])
    assert project.readBoolEntry("Paths", "/Absolute")[0] is False
    project = _empty_project()
    project.addMapLayer(layer(Path(settings["bundle"]) / "kz_spatial.gpkg", "oblasts"))
    project.writeEntryBool("Paths", "/Absolute", True)
    plugin.open_results(settings["bundle"])
    assert project.readBoolEntry("Paths", "/Absolute")[0] is True
    plugin.unload()


def check_bundle_that_was_gone_comes_back(settings):
    plugin, project, folder = _moved(settings, "gone")
    file = str(folder.parent / "project.qgz")
    project.clear()
    aside = folder.rename(folder.with_name("aside"))
    assert project.read(file)
    assert not any(each.isValid() for each in project.mapLayers().values())
    aside.rename(folder)
    ids = _ids(project)
    again = plugin.open_results(folder)
    assert _ids(project) == ids
    assert all(each.isValid() for each in project.mapLayers().values())
    assert (
        heading(again.layers["oblasts"])
        == "Readiness score (without Construction permits), mean z-score"
    )
    plugin.unload()


def check_values_of_another_run_arrive(settings):
    desktop, plugin = _started()
    _empty_project()
    folder = _copy(settings, "values", "bundle")
    oblasts = plugin.open_results(folder).layers["oblasts"]
    before = _values(oblasts)
    _run_again(folder, "UPDATE oblasts SET readiness = 7 WHERE oblast_code = 'KZ-10'")
    plugin.open_results(folder)
    assert _values(oblasts) == {**before, "KZ-10": 7}
    assert not desktop.messages
    plugin.unload()


def _without_table(folder, table):
    """A run that makes all tables but one, which its record lists all the same."""
    _run_again(
        folder,
        f"DELETE FROM gpkg_contents WHERE table_name = '{table}'",
        f"DELETE FROM gpkg_geometry_columns WHERE table_name = '{table}'",
        f"DELETE FROM gpkg_extensions WHERE table_name = '{table}'",
        "DROP TABLE IF EXISTS gpkg_ogr_contents",
    )


def check_table_that_another_run_adds_arrives_in_its_group(settings):
    desktop, plugin = _started()
    project = _empty_project()
    folder = _copy(settings, "added", "bundle")
    whole = folder.with_name("whole")
    shutil.rmtree(whole, ignore_errors=True)
    shutil.copytree(folder, whole)
    _without_table(folder, "oblasts")
    opened = plugin.open_results(folder)
    assert "oblasts" not in opened.layers
    opened.group.findGroup("Indicators and readiness").setName("Mine")
    ids, themes = set(_ids(project)), set(project.mapThemeCollection().mapThemes())
    shutil.rmtree(folder)
    whole.rename(folder)
    (folder / "kz_spatial.gpkg").touch()  # written after the one it replaces
    again = plugin.open_results(folder)
    (new,) = set(_ids(project)) - ids
    assert ids < set(_ids(project))
    assert project.mapLayer(new) is again.layers["oblasts"]
    node = project.layerTreeRoot().findLayer(new)
    assert [each.name() for each in node.parent().findLayers()] == ["Oblasts", "Composite regions"]
    assert node.parent().name() == "Mine"
    assert not node.itemVisibilityChecked()
    assert set(project.mapThemeCollection().mapThemes()) == themes | set(again.themes)
    assert READINESS in again.themes
    assert len(again.themes) == 10
    assert not desktop.messages
    plugin.unload()


def check_table_that_another_run_lacks_stays_and_is_named(settings):
    desktop, plugin = _started()
    project = _empty_project()
    folder = _copy(settings, "lacks", "bundle")
    plugin.open_results(folder)
    ids, themes = _ids(project), project.mapThemeCollection().mapThemes()
    _without_table(folder, "clusters")
    (folder / "density_epayment_share.tif").unlink()
    plugin.open_results(folder)
    assert _ids(project) == ids
    assert project.mapThemeCollection().mapThemes() == themes
    assert len(desktop.messages) == 1, desktop.messages
    (line,) = desktop.messages
    names = line.partition(":")[0].split(", ")
    assert "Clusters" in names, line
    assert "no longer in the bundle" in line
    plugin.unload()


def _new_style(table, name, old, new):
    """Statement that changes a word in a stored style."""
    return (
        f"UPDATE layer_styles SET styleQML = replace(styleQML, '{old}', '{new}') "
        f"WHERE f_table_name = '{table}' AND styleName = '{name}'"
    )


def check_styles_of_another_run_renew_those_left_as_they_were(settings):
    _, plugin = _started()
    project = _empty_project()
    folder = _copy(settings, "styles", "bundle")
    moran = plugin.open_results(folder).layers["local_moran"]
    manager, themes = moran.styleManager(), project.mapThemeCollection()
    touched, left = "Power outages", manager.currentStyle()
    assert touched != left
    manager.setCurrentStyle(touched)
    moran.setOpacity(0.5)
    manager.setCurrentStyle(left)
    styles, before = manager.styles(), themes.mapThemes()
    statements = [
        _new_style("local_moran", name, "High–High", "Second") for name in (touched, left)
    ]
    _run_again(folder, *statements)
    again = plugin.open_results(folder)
    assert manager.currentStyle() == left
    assert "Second" in manager.style(left).xmlData()
    assert "High–High" not in manager.style(left).xmlData()
    assert "Second" not in manager.style(touched).xmlData()
    assert "Second" in manager.style(f"{touched} 2").xmlData()
    assert set(manager.styles()) == {*styles, f"{touched} 2"}
    assert set(themes.mapThemes()) == {*before, f"{OUTAGES} 2"} == {*before, *again.themes}
    # also after the project was saved, and a third run
    file = str(folder.parent / "styles.qgz")
    assert project.write(file)
    project.clear()
    assert project.read(file)
    _run_again(folder, *(s.replace("Second", "Other") for s in statements))
    _run_again(
        folder,
        *(_new_style("local_moran", name, "Second", "Third") for name in (touched, left)),
    )
    moran = plugin.open_results(folder).layers["local_moran"]
    manager = moran.styleManager()
    assert "Third" in manager.style(left).xmlData()
    assert "Third" in manager.style(f"{touched} 2").xmlData()
    assert "High–High" in manager.style(touched).xmlData()
    assert set(manager.styles()) == {*styles, f"{touched} 2"}
    plugin.unload()

"""Map themes in submenus, sheets in one language, bundles where nothing may be written."""

import contextlib
import dataclasses
import os
import re
import shutil
import sqlite3
import tempfile
from pathlib import Path

from qgis.core import QgsProject

from check_plugin import _empty_project, _started


def _menu(plugin):
    """What the menu of themes holds: a text by the texts of the menus above it."""
    menu = plugin.actions["themes"].menu()
    menu.aboutToShow.emit()

    def inside(one):
        found = {}
        for action in one.actions():
            found[action.text()] = inside(action.menu()) if action.menu() else action
        return found

    return inside(menu)


def check_themes_stand_in_submenus_and_show_their_map(settings):
    _, plugin = _started()
    project = _empty_project()
    (nothing,) = _menu(plugin).values()
    assert nothing.text() == "No bundle is open; begin with Open results"
    assert not nothing.isEnabled()
    opened = plugin.open_results(settings["bundle"])
    found = _menu(plugin)
    assert list(found) == [
        "Indicators and readiness",
        "Local Moran: alike or unlike",
        "Groups of regions",
        "Density of firms",
    ], list(found)
    names = [name for group in found.values() for name in group]
    assert sorted(names) == sorted(project.mapThemeCollection().mapThemes())
    # the regions' themes stand with the oblasts', which are in the same group
    told = found["Indicators and readiness"]
    assert "Composite regions: Power outages, outages a month" in told, list(told)
    root = project.layerTreeRoot()
    for group, inner in found.items():
        for node in [*root.findLayers(), *root.findGroups(True)]:
            node.setExpanded(True)
        name, action = list(inner.items())[-1]
        action.trigger()
        shown = [each for each in root.checkedLayers() if each.name() == opened.themes[name].name()]
        assert shown, (group, name)
        (layer,) = [e for e in shown if e is opened.themes[name]]
        style = layer.styleManager().currentStyle()
        assert name in (style, f"{layer.name()}: {style}"), (name, style)
        open_groups = {each.name() for each in root.findGroups(True) if each.isExpanded()}
        assert open_groups == {opened.group.name(), group}, open_groups
        assert root.findLayer(layer.id()).isExpanded()
    plugin.unload()


def check_two_bundles_have_a_submenu_each(settings):
    _, plugin = _started()
    _empty_project()
    other = Path(settings["tmp"]) / "themes" / "second"
    other.parent.mkdir()
    shutil.copytree(settings["bundle"], other)
    plugin.open_results(settings["bundle"])
    plugin.open_results(str(other))
    found = _menu(plugin)
    assert sorted(found) == ["bundle (synthetic twin)", "second (synthetic twin)"], list(found)
    assert all(len(groups) == 4 for groups in found.values())
    names = [name for group in found["second (synthetic twin)"].values() for name in group]
    assert all(name.startswith("second (synthetic twin): ") for name in names), names
    plugin.unload()


def check_sheets_of_the_plugin_speak_the_language_of_the_bundle(settings):
    from kz_spatial_results.layout import SIZES, add_layout, paper_name

    _, plugin = _started()
    project = _empty_project()
    opened = plugin.open_results(settings["bundle"])
    theme, layer = next(iter(opened.themes.items()))
    upright = {"en": "A4 portrait", "ru": "A4, книжная", "kk": "A4, тік бағытта"}
    for code, told in upright.items():
        plan = dataclasses.replace(opened.plan, language=code)
        assert paper_name("A4 portrait", code) == told
        for size in SIZES:
            sheet = add_layout(project, plan, layer, theme, layer.extent(), size, by_region=True)
            name = sheet.name().replace(theme, "")
            assert told in name if size == "A4 portrait" else size in name, name
            unit = sheet.itemById("scale bar").unitLabel()
            assert unit == ("km" if code == "en" else "км"), unit
            if code != "en":
                assert not re.search("[A-Za-z]{3,}", name), name
    plugin.unload()


@contextlib.contextmanager
def _as_a_reader(folder):
    """Nobody may write into the folder; who runs the tests as root becomes someone else."""
    for each in [folder, *folder.rglob("*")]:
        each.chmod(0o555 if each.is_dir() else 0o444)
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        try:
            (folder / "x").write_text("", encoding="utf-8")
        except PermissionError:
            yield
        else:
            raise AssertionError("the folder can be written to, so this shows nothing")
    finally:
        os.seteuid(was)
        for each in [folder, *folder.rglob("*")]:
            each.chmod(0o755 if each.is_dir() else 0o644)


def _copied(settings, place):
    """The bundle in a folder that everyone may read."""
    Path(place).chmod(0o755)
    folder = Path(place) / "bundle"
    shutil.copytree(settings["bundle"], folder)
    return folder


def _opens_whole(folder):
    desktop, plugin = _started()
    project = _empty_project()
    opened = plugin.open_results(str(folder))
    assert opened.skipped == (), opened.skipped
    assert not desktop.messages, desktop.messages
    assert len(project.mapLayers()) == 8
    assert len(opened.themes) == 41
    assert opened.layers["oblasts"].featureCount() == 20
    assert len(opened.layers["oblasts"].styleManager().styles()) == 11
    plugin.unload()
    plain = QgsProject()
    assert plain.read(str(folder / "kz_spatial.qgz")), plain.error()
    layers = plain.mapLayers().values()
    assert all(each.isValid() for each in layers), [e.name() for e in layers if not e.isValid()]
    assert len(layers) == 8
    _empty_project()


def _use_wal(file):
    base = sqlite3.connect(file)
    assert base.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",)
    base.close()
    assert file.read_bytes()[18:20] == b"\2\2", "the file is not in WAL mode"


def check_a_bundle_opens_from_a_folder_that_cannot_be_written_to(settings):
    with tempfile.TemporaryDirectory() as place:
        folder = _copied(settings, place)
        before = sorted(each.name for each in folder.iterdir())
        with _as_a_reader(folder):
            _opens_whole(folder)
        assert sorted(each.name for each in folder.iterdir()) == before


def check_a_bundle_in_wal_mode_opens_also_where_nothing_can_be_written(settings):
    with tempfile.TemporaryDirectory() as place:
        folder = _copied(settings, place)
        _use_wal(folder / "kz_spatial.gpkg")
        _opens_whole(folder)
        _use_wal(folder / "kz_spatial.gpkg")
        with _as_a_reader(folder):
            _opens_whole(folder)


def check_a_bundle_opens_while_another_program_writes_to_it(settings):
    with tempfile.TemporaryDirectory() as place:
        folder = _copied(settings, place)
        _use_wal(folder / "kz_spatial.gpkg")
        other = sqlite3.connect(folder / "kz_spatial.gpkg", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE layer_styles SET owner = 'someone'")
        assert (folder / "kz_spatial.gpkg-wal").is_file()
        try:
            _opens_whole(folder)
        finally:
            other.execute("ROLLBACK")
            other.close()

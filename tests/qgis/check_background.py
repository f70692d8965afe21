"""A map of the world below the results: only if it is asked for, and told who is asked."""

from qgis.core import QgsProject, QgsSettings

from check_plugin import _empty_project, _started

ADDRESS = "https://tiles.example.kz/{z}/{x}/{-y}.png?key=a%20b&lang=kk"


def _entries(plugin):
    menu = plugin.actions["background"].menu()
    menu.aboutToShow.emit()
    return {action.text(): action for action in menu.actions()}


def check_nothing_is_asked_of_the_network_unless_chosen(settings):
    from kz_spatial_results import backdrop

    desktop, plugin = _started()
    project = _empty_project()
    plugin.open_results(settings["bundle"])
    assert backdrop.present(project) == []
    assert not [e for e in project.mapLayers().values() if e.providerType() == "wms"]
    found = _entries(plugin)
    assert list(found)[:2] == [
        "None: nothing is asked of the network",
        "OpenStreetMap (asks tile.openstreetmap.org)",
    ]
    assert found["None: nothing is asked of the network"].isChecked()
    before = [each.name() for each in project.layerTreeRoot().layerOrder()]
    found["OpenStreetMap (asks tile.openstreetmap.org)"].trigger()
    (layer,) = backdrop.present(project)
    order = [each.name() for each in project.layerTreeRoot().layerOrder()]
    assert order == [*before, "OpenStreetMap"], order
    assert "tile.openstreetmap.org" in str(desktop.messages[-1])
    assert layer.metadata().rights()[0].startswith("© OpenStreetMap")
    assert layer.crs().authid() == "EPSG:3857"
    assert project.crs().description() != layer.crs().description()
    entries = _entries(plugin)
    assert entries["OpenStreetMap (asks tile.openstreetmap.org)"].isChecked()
    assert not entries["None: nothing is asked of the network"].isChecked()
    plugin.unload()


def check_themes_leave_the_background_and_sheets_are_without(settings):
    from kz_spatial_results import backdrop

    _, plugin = _started()
    project = _empty_project()
    opened = plugin.open_results(settings["bundle"])
    plugin.lay(*backdrop.OPEN_STREET_MAP)
    (layer,) = backdrop.present(project)
    theme = list(opened.themes)[3]
    plugin.show_theme(theme)
    assert project.layerTreeRoot().findLayer(layer.id()).isVisible()
    layers = project.mapThemeCollection().mapThemeVisibleLayers(theme)
    assert layers
    assert layer not in layers
    _entries(plugin)["None: nothing is asked of the network"].trigger()
    assert backdrop.present(project) == []
    plugin.unload()


def check_own_connections_are_offered_and_a_second_choice_replaces_the_first(settings):
    from kz_spatial_results import backdrop
    from kz_spatial_results.words import ResultsError

    _, plugin = _started()
    project = _empty_project()
    kept = QgsSettings()
    kept.setValue("qgis/connections-xyz/Ведомство/url", ADDRESS)
    try:
        found = _entries(plugin)
        assert "Ведомство (asks tiles.example.kz)" in found, list(found)
        plugin.lay(*backdrop.OPEN_STREET_MAP)
        found["Ведомство (asks tiles.example.kz)"].trigger()
        (layer,) = backdrop.present(project)
        assert layer.name() == "Ведомство"
        assert layer.customProperty(backdrop.MARK) == ADDRESS
        # what follows the question mark is part of the address, not of the connection
        assert "%26lang%3Dkk" in layer.source(), layer.source()
        assert layer.isValid()
    finally:
        kept.remove("qgis/connections-xyz/Ведомство")
    for wrong in ("https://tiles.example.kz", "https://tiles.example.kz/{z}/{x}"):
        told = ""
        try:
            backdrop.lay(project, "x", wrong)
        except ResultsError as error:
            told = str(error)
        assert told.startswith(wrong), told
        assert "expected one with {z}, {x} and {y}" in told
    assert [each.name() for each in backdrop.present(project)] == ["Ведомство"]
    plugin.unload()
    assert QgsProject.instance() is project


def check_sheets_of_another_language_write_coding_and_day_in_it(settings):
    import dataclasses

    from kz_spatial_results.bundle import read_plan
    from kz_spatial_results.layout import source_line

    plan = dataclasses.replace(
        read_plan(settings["bundle"]), coding="as-published", written="2026-03-09"
    )
    wanted = {
        "en": ("as-published", "2026-03-09"),
        "ru": ("как в публикации", "09.03.2026"),
        "kk": ("жарияланғандай", "09.03.2026"),
    }
    for language, parts in wanted.items():
        line = source_line(dataclasses.replace(plan, language=language))
        assert all(part in line for part in parts), (language, line)

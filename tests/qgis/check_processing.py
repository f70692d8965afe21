"""Algorithms: each run through QGIS' registry, cancelled, without a command, in a model."""

import csv
import functools
import json
import os
import shutil
import stat
import time
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsFeature,
    QgsGeometry,
    QgsPalLayerSettings,
    QgsPointXY,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSource,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsSettings,
    QgsVectorLayer,
)

from maps import class_rules, own_styles

KEYS = {
    "run_study",
    "map_areas",
    "local_pattern",
    "compare_results",
    "join_table",
    "density_points",
    "open_results",
}
SLOW = """#!/usr/bin/python3
import os, pathlib, signal, subprocess, sys, time
if {stubborn}:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
out.parent.mkdir(exist_ok=True, parents=True)
(out if out.suffix else out / "half").parent.mkdir(exist_ok=True)
(out if out.suffix else out / "half").write_text("half-written")
child = subprocess.Popen(["sleep", "300"])
pathlib.Path({pids!r}).write_text(f"{{os.getpid()}} {{child.pid}}")
print("step 3/14 aggregate", flush=True)
time.sleep(300)
"""


class Log(QgsProcessingFeedback):
    """Keeps what is said, and cancels when it hears of a step."""

    def __init__(self, *, cancel=False):
        super().__init__(False)
        self.lines, self.steps, self.at, self.cancel_at_step = [], [], [], cancel
        self.progressChanged.connect(self.at.append)

    def setProgressText(self, text):
        self.steps.append(text)
        if self.cancel_at_step:
            self.cancel()

    def pushInfo(self, info):
        self.lines.append(info)

    def pushWarning(self, warning):
        self.lines.append(warning)

    def pushConsoleInfo(self, info):
        self.lines.append(info)

    def pushCommandInfo(self, info):
        self.lines.append(info)

    def reportError(self, error, *_):
        self.lines.append(error)


@functools.cache
def _provider():
    """The provider, kept: QGIS loses the Python half of one that nobody holds."""
    from kz_spatial_results.provider import KzSpatialProvider

    provider = KzSpatialProvider()
    QgsApplication.processingRegistry().addProvider(provider)
    return provider


def _algorithm(key):
    _provider()
    return QgsApplication.processingRegistry().createAlgorithmById(f"kz_spatial:{key}")


def _run(settings, key, values, *, log=None, project=None, command=None):
    """Run an algorithm as QGIS does; return outputs, log and the layers it made."""
    QgsSettings().setValue("kz_spatial/command", command or settings["command"])
    context, log = QgsProcessingContext(), log or Log()
    context.setProject(project or QgsProject.instance())
    algorithm = _algorithm(key)
    fine, message = algorithm.checkParameterValues(values, context)
    assert fine, message
    made, _ = algorithm.run(values, context, log, {}, False)
    return made, log, context


def _fault(settings, key, values, **more):
    try:
        _run(settings, key, values, **more)
    except QgsProcessingException as error:
        return str(error)
    raise AssertionError(f"{key}: no fault was raised")


def _table(rows, kind="None", field="place"):
    layer = QgsVectorLayer(f"{kind}?crs=EPSG:4326&field=place:string&field=n:double", "t", "memory")
    for text, number, at in rows:
        feature = QgsFeature(layer.fields())
        feature["place"], feature["n"] = text, number
        if at is not None:
            feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(*at)))
        layer.dataProvider().addFeature(feature)
    return layer


def _folder(settings, name):
    folder = Path(settings["tmp"]) / name
    folder.mkdir()
    return folder


def _points():
    places = ((71.43, 51.13), (76.9, 43.24), (69.6, 42.32), (73.1, 49.8))
    return _table(
        [("x", float(i), (east + 0.01 * i, north)) for i, (east, north) in enumerate(places * 5)],
        "Point",
    )


def check_provider_offers_explained_algorithms(settings):
    provider = _provider()
    assert {each.name() for each in provider.algorithms()} == KEYS
    assert not provider.icon().isNull()
    for each in provider.algorithms():
        assert len(each.shortHelpString()) > 100, each.name()
        assert each.displayName() not in ("", each.name())
        assert Path(each.helpUrl().replace("file://", "")).is_file(), each.helpUrl()
        for parameter in each.parameterDefinitions():
            assert parameter.description() != parameter.name()
            if parameter.flags() & QgsProcessingParameterDefinition.FlagAdvanced:
                assert not parameter.isDestination()


def check_join_finds_names_in_three_languages_and_keeps_rows(settings):
    layer = _table(
        [
            ("Мангистауская область", 1.0, None),
            ("Абай облысы", 2.0, None),
            ("Karaganda Region", 3.0, None),
            ("Атлантида", 4.0, None),
            ("г. Астана", None, None),
        ]
    )
    made, _, context = _run(
        settings, "join_table", {"INPUT": layer, "FIELD": "place", "OUTPUT": "memory:"}
    )
    joined = context.getMapLayer(made["OUTPUT"])
    rows = {f["place"]: (f["oblast_code"], f["composite"]) for f in joined.getFeatures()}
    assert rows["Мангистауская область"] == ("KZ-47", "west"), rows
    assert rows["Абай облысы"] == ("KZ-10", "east")
    assert rows["Karaganda Region"] == ("KZ-35", "center")
    assert rows["г. Астана"] == ("KZ-71", "astana")
    assert len(rows) == 5
    assert not rows["Атлантида"][0]
    numbers = [f["n"] for f in joined.getFeatures()]
    assert numbers[:4] == [1, 2, 3, 4], "other columns stay as they are"


def check_join_places_points_where_they_lie(settings):
    layer = _table(
        [("a", 1.0, (51.2, 43.65)), ("b", 2.0, (71.43, 51.13)), ("c", 3.0, (10, 50))], "Point"
    )
    layer.dataProvider().deleteAttributes([0])
    layer.updateFields()
    made, _, context = _run(settings, "join_table", {"INPUT": layer, "OUTPUT": "memory:"})
    joined = context.getMapLayer(made["OUTPUT"])
    found = [f["oblast_code"] for f in joined.getFeatures()]
    assert found[:2] == ["KZ-47", "KZ-71"], found
    assert not found[2], found
    assert joined.wkbType() == layer.wkbType()


def check_attributes_named_as_coordinates_do_not_override_the_geometry(settings):
    layer = QgsVectorLayer(
        "Point?crs=EPSG:4326&field=longitude:double&field=Latitude:double&field=kz_row:string",
        "t",
        "memory",
    )
    for at in ((51.2, 43.65), (71.43, 51.13), *((76.9, 43.24),) * 4):
        feature = QgsFeature(layer.fields())
        feature["longitude"], feature["Latitude"], feature["kz_row"] = 73.1, 49.8, "mine"
        feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(*at)))
        layer.dataProvider().addFeature(feature)
    made, _, context = _run(settings, "join_table", {"INPUT": layer, "OUTPUT": "memory:"})
    joined = list(context.getMapLayer(made["OUTPUT"]).getFeatures())
    assert [f["oblast_code"] for f in joined] == ["KZ-47", "KZ-71", *["KZ-75"] * 4]
    assert [f["longitude"] for f in joined] == [73.1] * 6, "attributes stay as they are"
    assert [f["kz_row"] for f in joined] == ["mine"] * 6
    out = _folder(settings, "attributes") / "mean.tif"
    values = {"INPUT": layer, "VALUE": "longitude", "FIRMS": False, "CLIP": False}
    sizes = {"CELL_KM": 20, "BANDWIDTH_KM": 100, "OUTPUT": str(out)}
    made, _, _ = _run(settings, "density_points", values | sizes)
    layer = QgsRasterLayer(made["OUTPUT"], "mean")
    # three bandwidths round the geometries, far wider than round the one place of the attributes
    assert layer.extent().width() > 2_000_000, layer.extent().width()


def check_join_stops_at_unknown_names_when_asked(settings):
    layer = _table([("Атлантида", 4.0, None), ("Астана", 1.0, None)])
    text = _fault(
        settings,
        "join_table",
        {"INPUT": layer, "FIELD": "place", "UNMATCHED": 2, "OUTPUT": "memory:"},
    )
    assert "Атлантида" in text, text


def check_density_gives_a_styled_surface(settings):
    out = _folder(settings, "density") / "surface.tif"
    made, log, _ = _run(
        settings,
        "density_points",
        {
            "INPUT": _points(),
            "CELL_KM": 20,
            "BANDWIDTH_KM": 80,
            "FIRMS": False,
            "OUTPUT": str(out),
        },
    )
    layer = QgsRasterLayer(made["OUTPUT"], "density")
    assert layer.isValid()
    assert layer.renderer().type() == "singlebandpseudocolor"
    assert {each.name for each in out.parent.iterdir()} == {"surface.tif", "surface.qml"}
    assert any("bandwidth 80 km" in line for line in log.lines), log.lines
    # a table in memory has a name of its own, and no firms
    assert layer.bandName(1) == "Band 1: t, points per 1000 km²", layer.bandName(1)


def check_density_smooths_a_column_under_its_own_name(settings):
    out = _folder(settings, "smooth") / "mean.tif"
    made, _, _ = _run(
        settings,
        "density_points",
        {
            "INPUT": _points(),
            "VALUE": "n",
            "FIRMS": False,
            "CLIP": False,
            "CELL_KM": 20,
            "BANDWIDTH_KM": 200,
            "OUTPUT": str(out),
        },
    )
    layer = QgsRasterLayer(made["OUTPUT"], "mean")
    assert layer.isValid()
    assert layer.bandName(1) == "Band 1: t: n, mean", layer.bandName(1)


def check_run_study_reports_steps_and_opens_its_bundle(settings):
    out, project = _folder(settings, "study") / "bundle", QgsProject()
    made, log, _ = _run(
        settings, "run_study", {"OUTPUT": str(out), "PERMUTATIONS": 199}, project=project
    )
    assert Path(made["GEOPACKAGE"]).is_file()
    assert Path(made["REPORT"]).is_file()
    assert len(log.steps) >= 10, log.steps
    assert len(set(log.at)) >= 10, "the bar does not move"
    assert log.at == sorted(log.at)
    assert log.at[-1] == 100
    assert any("Synthetic twin" in line for line in log.lines)
    assert [each.name for each in out.parent.iterdir()] == ["bundle"]
    # algorithm.run leaves what is done in the main thread to its caller, as the dialog does
    algorithm = _algorithm("run_study")
    context = QgsProcessingContext()
    context.setProject(project)
    algorithm._to_open = out
    algorithm.postProcessAlgorithm(context, log)
    assert len(project.mapLayers()) == 8
    assert project.layoutManager().printLayouts()
    before = (out / "run.json").read_bytes()
    assert "exists already" in _fault(settings, "run_study", {"OUTPUT": str(out)})
    survey = out.parent / "faulty.csv"
    survey.write_text("idstd,k33\n1,140\n", encoding="utf-8")
    text = _fault(
        settings, "run_study", {"SURVEY": str(survey), "OUTPUT": str(out), "OVERWRITE": True}
    )
    assert "faulty.csv" in text, text
    assert (out / "run.json").read_bytes() == before, "a failed run touched the bundle"


_NAMES = (
    "Абай,Akmola,Aktobe,Алматинская,Atyrau,БҚО,Жамбыл,Жетісу,Karaganda,Kostanay,Kyzylorda,Mangystau,"
    "Pavlodar,СКО,Turkistan,Ulytau,ВКО,Астана,г.Алматы,Шымкент"
).split(",")


def check_a_table_of_oblasts_becomes_layers_that_move_through_the_years(settings):
    folder = _folder(settings, "areas")
    table = folder / "bulletin.csv"
    rows = [f"{name};{i + 1},5;{20 - i},5" for i, name in enumerate(_NAMES)]
    table.write_text("\n".join(["Область;2021;2022", *rows]), encoding="utf-8")
    out, project = folder / "bundle", QgsProject()
    asked = {"FILE": str(table), "OUTPUT": str(out), "PERMUTATIONS": 99}
    made, log, _ = _run(settings, "map_areas", asked, project=project)
    assert Path(made["REPORT"]).is_file()
    assert any("decimal commas" in line for line in log.lines)
    assert log.at[-1] == 100
    algorithm = _algorithm("map_areas")
    context = QgsProcessingContext()
    context.setProject(project)
    algorithm._to_open = out
    algorithm.postProcessAlgorithm(context, log)
    layers = {each.name(): each for each in project.mapLayers().values()}
    assert len(layers) == 4, list(layers)
    moving = [each for each in layers.values() if each.temporalProperties().isActive()]
    assert len(moving) == 1
    assert moving[0].temporalProperties().startField() == "valid_from"
    assert moving[0].featureCount() == 40
    assert all(each.isValid() for each in layers.values())


def check_a_layer_becomes_a_map_of_oblasts(settings):
    layer = QgsVectorLayer("None?field=oblast:string&field=jobs:double", "table", "memory")
    features = []
    for i, name in enumerate(_NAMES):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([name, float(i)])
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    out = _folder(settings, "areas_layer") / "bundle"
    asked = {"INPUT": layer, "OUTPUT": str(out), "PERMUTATIONS": 99, "OPEN": False}
    made, _, _ = _run(settings, "map_areas", asked)
    figures = QgsVectorLayer(f"{made['GEOPACKAGE']}|layername=oblasts", "oblasts", "ogr")
    jobs = {each["oblast_code"]: each["jobs"] for each in figures.getFeatures()}
    assert (jobs["KZ-10"], jobs["KZ-79"]) == (0.0, 19.0)
    assert "choose a layer" in _fault(settings, "map_areas", {"OUTPUT": str(out / "x")})


def check_classes_of_a_table_are_those_that_were_chosen(settings):
    """Values 0, 1, 4, 9, … 361: equal intervals and quantiles by hand."""
    layer = QgsVectorLayer("None?field=oblast:string&field=jobs:double", "table", "memory")
    features = []
    for i, name in enumerate(_NAMES):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([name, float(i * i)])
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    folder = _folder(settings, "classes")
    for number, name, limits in (
        (3, "EqualInterval", ["0 – <90.25", "90.25 – <180.5", "180.5 – <270.8", "270.8 – 361"]),
        (1, "Quantiles", ["0 – <25", "25 – <100", "100 – <225", "225 – 361"]),
    ):
        out = folder / name
        asked = {"INPUT": layer, "OUTPUT": str(out), "PERMUTATIONS": 99, "OPEN": False}
        asked |= {"CLASSES": number, "N_CLASSES": 4}
        made, _, _ = _run(settings, "map_areas", asked)
        one = QgsVectorLayer(f"{made['GEOPACKAGE']}|layername=oblasts", "oblasts", "ogr")
        assert [rule.label() for rule in class_rules(one)] == limits, name
        assert f"mapclassify: {name}" in one.metadata().abstract()


def _grid(crs="EPSG:3857"):
    """Seven by seven squares, a high block of nine in one corner; one number is missing."""
    layer = QgsVectorLayer(
        f"Polygon?crs={crs}&field=cell:string&field=Жұмыс:double", "districts", "memory"
    )
    features = []
    for i in range(49):
        row, column = divmod(i, 7)
        x, y = 7_500_000 + 10_000 * column, 6_000_000 + 10_000 * row
        feature = QgsFeature(layer.fields())
        high = row < 3 and column < 3
        value = None if i == 48 else (90.0 if high else 10.0) + i * 7 % 5
        feature.setAttributes([f"c{row}{column}", value])
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(x, y, x + 10_000, y + 10_000)))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    return layer


def check_any_polygons_get_local_moran_and_hot_spots(settings):
    out = _folder(settings, "pattern") / "bundle"
    asked = {"INPUT": _grid(), "VALUE": "Жұмыс", "NAME": "cell", "OUTPUT": str(out)}
    asked |= {"PERMUTATIONS": 999, "OPEN": False}
    made, _, _ = _run(settings, "local_pattern", asked)
    one = QgsVectorLayer(f"{made['GEOPACKAGE']}|layername=local_moran", "local", "ogr")
    names = one.fields().names()
    (label,) = [each for each in names if each.endswith("_label")]
    (spot,) = [each for each in names if each.endswith("_spot")]
    rows = {each["unit_code"]: each for each in one.getFeatures()}
    assert len(rows) == 49
    # the block's corner lies among its own; far off all is alike low or says nothing
    assert (rows["c00"][label], rows["c00"][spot]) == ("High-High", "Hot spot")
    assert (rows["c11"][label], rows["c11"][spot]) == ("High-High", "Hot spot")
    assert "High" not in rows["c55"][label], rows["c55"][label]
    assert rows["c66"][label] == "suppressed"
    assert len(own_styles(one)) == 2
    project = QgsProject()
    assert project.read(str(out / "kz_spatial.qgz"))
    assert project.title() == "districts", "the results are called by something but the layer"
    assert "plotly" not in one.metadata().licenses()[0], "borders of a source that has no part here"
    for sheet in project.layoutManager().printLayouts():
        bar = sheet.itemById("scale bar")
        if sheet.atlas().enabled():
            sheet.atlas().beginRender()
            sheet.atlas().seekTo(0)
        bar.update()
        assert bar.sizeWithUnits().width() < 80, (sheet.name(), bar.sizeWithUnits().width())
    names = one.labeling().settings()  # must outlive what is asked of it
    outside = names.dataDefinedProperties().property(QgsPalLayerSettings.PolygonLabelOutside)
    assert not outside.isActive(), "names of small polygons stand beside them"
    # queen: eight neighbours in the middle; rook asks for four
    asked |= {"OUTPUT": str(out.with_name("rook")), "NEIGHBOURS": 1, "NAME": ""}
    made, _, _ = _run(settings, "local_pattern", asked)
    record = json.loads((Path(made["OUTPUT"]) / "run.json").read_text(encoding="utf-8"))
    assert record["options"]["neighbours"] == "rook"
    other = QgsVectorLayer(f"{made['GEOPACKAGE']}|layername=local_moran", "local", "ogr")
    assert {each["unit_code"] for each in other.getFeatures()} == {str(i) for i in range(1, 50)}


def check_names_of_polygons_that_stand_twice_are_refused(settings):
    layer = _grid()
    assert layer.startEditing()
    first, second = list(layer.getFeatures())[:2]
    assert layer.changeAttributeValue(second.id(), 0, first["cell"])
    assert layer.commitChanges()
    out = _folder(settings, "twice") / "bundle"
    asked = {"INPUT": layer, "VALUE": "Жұмыс", "NAME": "cell", "OUTPUT": str(out)}
    fault = _fault(settings, "local_pattern", asked)
    assert fault.startswith("cell: found 'c00' twice"), fault
    assert not out.exists()


def _later(settings, folder):
    """A copy of the bundle in which permits take ten days more in one region."""
    shutil.copytree(settings["bundle"], folder)
    file = folder / "tables" / "readiness.csv"
    with file.open(newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    (row,) = [e for e in rows if e["level"] == "composite" and e["code"] == "east"]
    row["permit_days_mean"] = repr(float(row["permit_days_mean"]) + 10)
    with file.open("w", newline="", encoding="utf-8") as text:
        out = csv.DictWriter(text, rows[0])
        out.writeheader()
        out.writerows(rows)
    return str(folder)


def check_two_bundles_are_compared(settings):
    folder, project = _folder(settings, "compared"), QgsProject()
    out, later = folder / "change", _later(settings, folder / "later")
    asked = {"FIRST": settings["bundle"], "SECOND": later, "OUTPUT": str(out)}
    made, _, _ = _run(settings, "compare_results", asked, project=project)
    algorithm, context = _algorithm("compare_results"), QgsProcessingContext()
    context.setProject(project)
    algorithm._to_open = out
    algorithm.postProcessAlgorithm(context, Log())
    (layer,) = project.mapLayers().values()
    found = {each["composite"]: each["permit_days_difference"] for each in layer.getFeatures()}
    assert len(found) == 7
    # second minus first
    assert abs(found.pop("east") - 10) < 1e-6, found
    assert set(found.values()) == {0.0}, found
    assert any("Construction permits" in each for each in project.mapThemeCollection().mapThemes())
    assert (out / "kz_spatial.qgz").is_file()
    nothing = {**asked, "SECOND": settings["tmp"], "OUTPUT": str(out.with_name("none"))}
    assert "is no bundle of results" in _fault(settings, "compare_results", nothing)
    assert made["OUTPUT"] == str(out)


def check_open_results_runs_as_an_algorithm(settings):
    project = QgsProject()
    made, _, _ = _run(settings, "open_results", {"FOLDER": settings["bundle"]}, project=project)
    assert made["LAYERS"] == 8
    assert len(project.mapLayers()) == 8
    text = _fault(settings, "open_results", {"FOLDER": settings["tmp"]}, project=project)
    assert "is no bundle" in text


def _slow_command(settings, name, *, stubborn=False):
    folder = _folder(settings, name)
    program, pids = folder / "kz-spatial", folder / "pids"
    program.write_text(SLOW.format(stubborn=stubborn, pids=str(pids)), encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program, pids, folder / "target"


def _gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    return state == "Z"  # ended, and only not yet collected by its new parent


def _cancel(settings, program, pids, values, key):
    log, started = Log(cancel=True), time.monotonic()
    made, _, _ = _run(settings, key, values, log=log, command=str(program))
    took = time.monotonic() - started
    assert log.steps == ["aggregate"], "the child never ran"
    assert "OUTPUT" not in made, made
    time.sleep(0.2)
    for pid in map(int, pids.read_text(encoding="utf-8").split()):
        assert _gone(pid), f"process {pid} still runs"
    return took


def check_cancel_ends_the_child_and_leaves_nothing(settings):
    program, pids, target = _slow_command(settings, "slow")
    target.mkdir()
    took = _cancel(settings, program, pids, {"OUTPUT": str(target / "bundle")}, "run_study")
    settings["measured"]["cancel s"] = round(took, 2)
    assert took < 3, took
    assert list(target.iterdir()) == []
    pids.unlink()
    values = {"INPUT": _points(), "OUTPUT": str(target / "surface.tif")}
    assert _cancel(settings, program, pids, values, "density_points") < 3
    assert list(target.iterdir()) == []


def check_cancel_ends_a_child_that_will_not_listen(settings):
    from kz_spatial_results import command

    program, pids, target = _slow_command(settings, "stubborn", stubborn=True)
    target.mkdir()
    command._PATIENCE_S, patience = 0.3, command._PATIENCE_S
    try:
        took = _cancel(settings, program, pids, {"OUTPUT": str(target / "bundle")}, "run_study")
    finally:
        command._PATIENCE_S = patience
    assert took < 5, took
    assert list(target.iterdir()) == []


def check_a_missing_command_is_one_clear_line(settings):
    from kz_spatial_results import command

    target = _folder(settings, "missing")
    values = {"OUTPUT": str(target / "bundle")}
    text = _fault(settings, "run_study", values, command="/nowhere/kz-spatial")
    assert "/nowhere/kz-spatial" in text, text
    path, os.environ["PATH"] = os.environ["PATH"], "/nowhere"
    try:
        QgsSettings().remove("kz_spatial/command")
        algorithm, context = _algorithm("run_study"), QgsProcessingContext()
        try:
            algorithm.run(values, context, Log(), {}, False)
        except QgsProcessingException as error:
            text = str(error)
        else:
            raise AssertionError("ran without a command")
    finally:
        os.environ["PATH"] = path
    assert "pip install kz-spatial" in text, text
    assert "\n" not in text.strip()
    assert list(target.iterdir()) == []
    assert command.as_arguments("") == []
    assert command.as_arguments(settings["bundle"]) == []


def check_command_is_found_from_a_folder_a_python_or_a_program(settings):
    from kz_spatial_results import command

    program, _, _ = _slow_command(settings, "env")
    place = program.parent / "venv" / "bin"
    place.mkdir(parents=True)
    inside = program.rename(place / "kz-spatial")
    assert command.as_arguments(inside) == [str(inside)]
    assert command.as_arguments(f'"{inside}"') == [str(inside)]
    assert command.as_arguments(program.parent / "venv") == [str(inside)]
    assert command.as_arguments(program.parent) == [str(inside)]
    python = settings["command"]
    assert command.as_arguments(python) == [python, "-m", "kz_spatial.cli"]
    assert command.version(command.as_arguments(python)).startswith("kz-spatial ")
    os.environ["PYTHONHOME"] = "/nowhere"  # as QGIS sets it on Windows
    try:
        assert command.version(command.as_arguments(python)).startswith("kz-spatial ")
    finally:
        del os.environ["PYTHONHOME"]


def check_join_works_inside_a_model(settings):
    _provider()
    QgsSettings().setValue("kz_spatial/command", settings["command"])
    model = QgsProcessingModelAlgorithm("m", "m")
    model.addModelParameter(
        QgsProcessingParameterFeatureSource("in"), QgsProcessingModelParameter("in")
    )
    child = QgsProcessingModelChildAlgorithm("kz_spatial:join_table")
    child.setChildId("join")
    source = QgsProcessingModelChildParameterSource
    child.addParameterSources("INPUT", [source.fromModelParameter("in")])
    child.addParameterSources("FIELD", [source.fromStaticValue("place")])
    output = QgsProcessingModelOutput("joined")
    output.setChildId("join")
    output.setChildOutputName("OUTPUT")
    child.setModelOutputs({"joined": output})
    model.addChildAlgorithm(child)
    model.updateDestinationParameters()
    (target,) = [d.name() for d in model.destinationParameterDefinitions()]
    context, log = QgsProcessingContext(), Log()
    made, fine = model.run({"in": _table([("Астана", 1.0, None)]), target: "memory:"}, context, log)
    assert fine, log.lines
    (feature,) = context.getMapLayer(made[target]).getFeatures()
    assert feature["oblast_code"] == "KZ-71"

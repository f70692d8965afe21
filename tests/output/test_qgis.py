"""What QGIS makes of a bundle and of the plugin: each `check_` of tests/qgis is a test here."""

import ast
import json
import os
import shutil
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from change_cases import two_bundles
from helpers import DESIGN
from map_cases import map_data
from table_cases import CODES, ENGLISH, write_book

import kz_spatial as kz
from kz_spatial.cli import main as cli
from kz_spatial.output.disclosure import opening_line
from kz_spatial.output.geopackage import About, write_geopackage
from kz_spatial.output.layers import describe
from kz_spatial.output.qgis_plugin import build_plugin
from kz_spatial.output.qgis_project import write_project
from kz_spatial.output.terms import Terms
from kz_spatial.palette import SEQUENTIAL_GOOD
from kz_spatial.study import layer_entries
from kz_spatial.survey.twin import load_twin_raw
from kz_spatial.words import SHIPPED

pytestmark = pytest.mark.qgis

HERE = Path(__file__).parents[1] / "qgis"
ROOT = Path(__file__).resolve().parents[2]


def _checks():
    for file in sorted(HERE.glob("check_*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("check_"):
                yield pytest.param(file.stem, node.name, id=f"{file.stem}-{node.name[6:]}")


def _translate(bundle, folder):
    """The bundle's layers again in the other languages, without another run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # readers of other standards' metadata
        frames = {
            each.name: gpd.read_file(bundle / "kz_spatial.gpkg", layer=each.name)
            for each in layer_entries(DESIGN.grouping)
        }
    made = {}
    for language in (each for each in SHIPPED if each != "en"):
        path = folder / f"{language}.gpkg"
        about = About(source="synthetic twin", coding="corrected", synthetic=True)
        write_geopackage(
            describe(frames, terms=Terms.of_paper(language), notice="!"), path, about=about
        )
        made[language] = str(path)
    return made


def _projects(bundle, translated, folder):
    """Projects of the bundle in each language, by language; other languages in folders beside."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frames = {
            each.name: gpd.read_file(bundle / "kz_spatial.gpkg", layer=each.name)
            for each in layer_entries(DESIGN.grouping)
        }
    contents = json.loads((bundle / "run.json").read_text(encoding="utf-8"))["contents"]
    made = {"en": str(bundle)}
    for language, package in translated.items():
        terms, beside = Terms.of_paper(language), folder / f"project {language}"
        beside.mkdir()
        shutil.copy(package, beside / "kz_spatial.gpkg")
        for group in contents["groups"]:
            group["title"] = terms.say(f"group.{group['key']}")
        notice = f"{opening_line(None, language, synthetic=True)}. {terms.say('notice.modelled')}"
        write_project(
            describe(frames, terms=terms, notice=notice),
            beside,
            contents=contents,
            about=About("", "corrected", synthetic=True, title=terms.title),
        )
        made[language] = str(beside)
    return made


def _areas(folder):
    """A bundle of a made-up table of oblasts over two years."""
    rows = [["Region", "Year", "Jobs"]]
    rows += [[ENGLISH[code], year, 10 * i + year % 7] for year in (2023, 2024) for i, code in
             enumerate(CODES)]  # fmt: skip
    table = write_book(folder / "jobs.xlsx", rows)
    out = str(folder / "bundle of areas")
    assert cli.main(["areas", str(table), "--out", out, "--permutations", "99"]) == 0
    return out


def _renamed_survey(folder):
    """The twin as a file of two waves under other names of columns, and a design of its own."""
    raw = load_twin_raw().rename(columns={"k33": "pay", "c7": "cuts", "a2": "part"})
    raw = raw.drop(columns="oblast").assign(wave=2024)
    earlier = raw.head(300).assign(wave=2019, pay=0, idstd=raw["idstd"].head(300) + 10_000)
    survey, design = folder / "renamed.csv", folder / "renamed.toml"
    pd.concat([earlier, raw]).to_csv(survey, index=False)
    assert cli.main(["design", "--out", str(design)]) == 0
    text = design.read_text(encoding="utf-8")
    design.write_text(text.replace('name = "readiness', 'name = "renamed', 1), encoding="utf-8")
    return str(survey), str(design)


def _change(folder):
    made = kz.write_change(
        kz.compare_bundles(*two_bundles(folder / "two")), folder / "bundle of change"
    )
    return str(made.path)


@pytest.fixture(scope="module")
def settings(tmp_path_factory, qgis_python):
    """File that tells the checks where bundle, plugin and command are."""
    folder = tmp_path_factory.mktemp("qgis")
    bundle = folder / "bundle"
    assert cli.main(["run", "--out", str(bundle), "--permutations", "199"]) == 0
    translated = _translate(bundle, folder)
    survey, design = _renamed_survey(folder)
    told = {
        "renamed_survey": survey,
        "renamed_design": design,
        "bundle": str(bundle),
        "translated": translated,
        "projects": _projects(bundle, translated, folder),
        "areas": _areas(folder),
        "change": _change(folder),
        "tmp": str(folder),
        "plugin_parent": str(folder / "plugins"),
        "command": sys.executable,
    }
    with zipfile.ZipFile(build_plugin(folder / "plugin.zip").path) as packed:
        packed.extractall(folder / "plugins")
    file = folder / "settings.json"
    file.write_text(json.dumps(told), encoding="utf-8")
    return qgis_python, file


@pytest.fixture(scope="module")
def outcomes(settings):
    """Outcomes by module, each module run once and only when a test asks for it."""
    python, file = settings
    known = {}

    def of(module):
        if module not in known:
            done = subprocess.run(
                [python, str(HERE / "run.py"), module, str(file)],
                capture_output=True,
                text=True,
                encoding="utf-8",
                check=False,
                timeout=300,
            )
            last = done.stdout.strip().rpartition("\n")[2]
            assert last.startswith("{"), f"{module} ended early:\n{done.stdout}\n{done.stderr}"
            known[module] = json.loads(last)
        return known[module]

    return of


@pytest.mark.parametrize(("module", "name"), _checks())
def test_in_qgis(outcomes, module, name):
    found = outcomes(module)
    assert name in found, f"{name} was not run"
    assert found[name] is None, found[name]


@pytest.fixture(scope="module")
def profile(tmp_path_factory, qgis_python):
    """Environment of a reader who ran `kz-spatial plugin --install` and nothing else."""
    assert qgis_python
    # Debian's wrapper passes the desktop's options on, which this program does not know
    program = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if program is None:
        pytest.fail("QGIS' Python is here and qgis_process is not")
    home = tmp_path_factory.mktemp("home")
    told = {
        **os.environ,
        "QGIS_CUSTOM_CONFIG_PATH": str(home),
        "HOME": str(home),
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_RUNTIME_DIR": str(home),
    }
    subprocess.run(
        [sys.executable, "-m", "kz_spatial.cli.main", "plugin", "--install"],
        env=told,
        check=True,
        capture_output=True,
    )
    return program, told, home


def _process(profile, *arguments):
    program, told, _ = profile
    return subprocess.run(
        [program, *arguments],
        env=told,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def test_qgis_process_lists_the_installed_plugin(profile):
    done = _process(profile, "list")
    for key in ("run_study", "join_table", "density_points", "open_results"):
        assert f"kz_spatial:{key}" in done.stdout, done.stdout[-2000:] + done.stderr[-2000:]


def test_qgis_process_runs_the_study_end_to_end(profile):
    home = profile[2]
    out = home / "results"
    done = _process(
        profile,
        "run",
        "kz_spatial:run_study",
        "--",
        f"OUTPUT={out}",
        "PERMUTATIONS=199",
        "DRAWS=9",
        "LANGUAGE=2",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert record["options"]["language"] == "kk"
    assert record["options"]["permutations"] == 199
    assert record["options"]["draws"] == 9
    said = done.stdout + done.stderr
    assert "Synthetic twin" in said, "notes of the run are not passed on"
    assert str(out / "report.html") in said, "the log names another place than the results have"
    assert not [each.name for each in home.iterdir() if each.name.startswith(".kz-")]


def test_qgis_process_shows_the_fault_of_a_file_in_its_own_words(profile):
    home = profile[2]
    (home / "survey.csv").write_text("idstd,k33\n1,140\n", encoding="utf-8")
    done = _process(
        profile,
        "run",
        "kz_spatial:run_study",
        "--",
        f"SURVEY={home / 'survey.csv'}",
        f"OUTPUT={home / 'none'}",
    )
    assert done.returncode != 0
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("ERROR:")]
    assert any("survey.csv" in line for line in said), done.stdout + done.stderr
    assert not (home / "none").exists()


@pytest.fixture(scope="module")
def screen(xvfb):
    """A display of its own; Xvfb picks a free number and tells it."""
    read, write = os.pipe()
    server = subprocess.Popen(
        [xvfb, "-displayfd", str(write), "-screen", "0", "1400x860x24"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    assert number, "Xvfb did not start"
    yield f":{number}"
    server.terminate()
    server.wait()


def test_desktop_opens_a_bundle_from_the_menu(settings, profile, screen):
    program = shutil.which("qgis.bin") or shutil.which("qgis")
    _, told, home = profile
    out = home / "pictures"
    out.mkdir()
    bundle = json.loads(settings[1].read_text(encoding="utf-8"))["bundle"]
    environment = {
        **told,
        "DISPLAY": screen,
        "QT_QPA_PLATFORM": "xcb",
        "KZ_BUNDLE": bundle,
        "KZ_OUT": str(out),
    }
    done = subprocess.run(
        [
            program,
            "--profiles-path",
            str(home),
            "--nologo",
            "--noversioncheck",
            "--code",
            str(HERE / "desktop.py"),
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (out / "desktop.json").is_file(), done.stdout + done.stderr
    found = json.loads((out / "desktop.json").read_text(encoding="utf-8"))
    assert "error" not in found, found
    assert found["loaded"], "installed, and not switched on"
    assert found["menu"][0] == "Open results…"
    assert len(found["menu"]) == 9
    assert found["layers"] == 8
    assert "+proj=aea" in found["crs"], "the desktop took the projection of the first layer"
    # the button itself has room for codes alone, and calls what has none "Unknown CRS"
    assert found["crs tip"] == "Current CRS: Kazakhstan Albers Equal Area"
    assert found["with boundaries"] == 10
    assert found["after unload"] == []
    theme = next(
        each
        for each in map_data(Path(bundle) / "map.html")["themes"]
        if each["id"] == "oblasts.readiness"
    )
    colours = [each["colour"] for each in theme["looks"] if each["kept"]]
    assert colours == [SEQUENTIAL_GOOD[i] for i in (0, 2, 4)]
    for name in ("desktop", "layout"):
        seen = plt.imread(out / f"{name}.png")[..., :3] * 255
        for colour in colours:
            wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
            # every class of the default map is on the screen, in legend and map
            count = (abs(seen - wanted).max(axis=2) <= 2).sum()
            assert count > 300, f"{name}.png: {count} pixels of {colour}"

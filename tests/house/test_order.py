"""The house: a wing imports only from wings below it, and through their faces."""

from __future__ import annotations

import ast
import importlib
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from helpers import ROOT, run_python

PACKAGE = ROOT / "kz_spatial"
# the one list: a line imports only from lines below it
HOUSE = (
    ("cli",),
    ("output",),
    ("streams",),
    ("study", "twin_maker"),
    ("replication",),
    ("robustness",),
    ("regression", "groups"),
    ("protection",),
    ("neighbours",),
    ("estimates",),
    ("tables_in",),
    ("survey",),
    ("surfaces",),
    ("places",),
    ("design",),
    ("words",),
    ("crosswalk",),
    ("drawing",),
    ("_validate", "palette"),
    ("options",),
    ("errors",),
)
LINE_OF = {wing: -line for line, wings in enumerate(HOUSE) for wing in wings}
WINGS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
ROOMS = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")
FILES = sorted(PACKAGE.rglob("*.py"))
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|tmp|root|home)/[\w.]")
MOST_LINES = 400
MOST_BODY = 60


def named(path: Path) -> str:
    """Path of a file inside the package, as "places/names.py"."""
    return path.relative_to(PACKAGE).as_posix()


def targets(node: ast.AST) -> list[str]:
    """Dotted paths inside the package that one import statement names."""
    if isinstance(node, ast.Import):
        return [a.name.partition(".")[2] for a in node.names if a.name.startswith("kz_spatial.")]
    if not isinstance(node, ast.ImportFrom):
        return []
    if node.level:
        return ["relative"]
    module = node.module or ""
    if module == "kz_spatial":
        return [alias.name for alias in node.names]
    if module.startswith("kz_spatial."):
        inside = module.partition(".")[2]
        rooms = {path.stem for path in (PACKAGE / inside).glob("*.py")}
        return [f"{inside}.{a.name}" if a.name in rooms else inside for a in node.names]
    return []


def imports_of(source: str) -> list[str]:
    """Everything of the package that a file imports, for types or not, hidden or not."""
    return sorted({each for node in ast.walk(ast.parse(source)) for each in targets(node)})


def breaches(place: str, source: str) -> list[str]:
    """Imports of a file that go up, sideways, or past a face."""
    wing, found = place.split("/", maxsplit=1)[0].removesuffix(".py"), []
    for other in imports_of(source):
        its_wing, _, room = other.partition(".")
        if its_wing not in LINE_OF:
            found.append(f"{place} imports {other}, which has no place in the house")
        elif its_wing == wing:
            if "/" in place and not room:
                found.append(f"{place} imports its own face")
        elif LINE_OF[its_wing] >= LINE_OF[wing]:
            found.append(f"{place} imports {other}, which is not below it")
        elif room:
            found.append(f"{place} imports {other} past the face of {its_wing}")
    return found


def test_every_wing_and_room_has_a_line():
    assert set(WINGS + ROOMS) == set(LINE_OF)
    assert len(LINE_OF) == sum(map(len, HOUSE))
    assert len(WINGS) > 10


@pytest.mark.parametrize("path", FILES, ids=named)
def test_imports_go_down_and_use_faces(path):
    if path == PACKAGE / "__init__.py":
        return
    assert breaches(named(path), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("wing", WINGS)
def test_no_circle_inside_a_wing(wing):
    graph = {
        path.stem: {
            each.partition(".")[2]
            for each in imports_of(path.read_text(encoding="utf-8"))
            if each.startswith(f"{wing}.")
        }
        for path in (PACKAGE / wing).glob("*.py")
    }
    TopologicalSorter(graph).prepare()


def test_a_circle_would_be_seen():
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"a"}}).prepare()


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("places/names.py", "from kz_spatial.survey import read_survey"),
        ("places/names.py", "from kz_spatial.attic import anything"),
        ("regression/fit.py", "from kz_spatial.groups import typology"),  # the same line
        ("groups/alike.py", "from kz_spatial import study"),
        ("places/joining.py", "def f():\n    from kz_spatial.study import run_study"),
        ("places/joining.py", "if TYPE_CHECKING:\n    from kz_spatial.output import Bundle"),
        ("survey/coding.py", "from .reading import read_survey"),
        ("survey/coding.py", "from kz_spatial.places.names import fold"),  # past the face
        ("survey/coding.py", "import kz_spatial.places.names"),
        ("survey/coding.py", "from kz_spatial.places import names"),
        ("survey/coding.py", "from kz_spatial.survey import read_survey"),  # its own face
        ("palette.py", "from kz_spatial.words import say"),
        ("options.py", "from kz_spatial.palette import MARK"),
    ],
)
def test_the_check_sees_each_kind_of_breach(place, source):
    assert len(breaches(place, source)) == 1


def test_the_check_lets_pass_what_goes_down():
    assert breaches("cli/main.py", "from kz_spatial.output import run\nimport numpy") == []
    assert breaches("survey/coding.py", "from kz_spatial.survey.reading import x") == []
    assert breaches("places/names.py", "from kz_spatial.palette import MARK") == []


def stub_names(path: Path) -> dict[str, str]:
    """Public names of a stub and the module each comes from."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        alias.name: str(node.module)
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


STUBS = sorted(PACKAGE.rglob("__init__.pyi"))


@pytest.mark.parametrize("stub", STUBS, ids=named)
def test_a_face_names_what_is_there_and_no_module_bears_its_names(stub):
    names = stub_names(stub)
    module = importlib.import_module(
        ".".join(stub.relative_to(ROOT).parent.parts),
    )
    assert set(names) == set(module.__all__) - {"__version__"}
    assert list(names) == sorted(names, key=lambda n: (names[n].lower(), n)) or len(names) > 1
    rooms = {path.stem for path in stub.parent.glob("*.py")} | {
        path.parent.name for path in stub.parent.glob("*/__init__.py")
    }
    assert rooms & set(names) == set()
    for name, home in names.items():
        found = importlib.import_module(f"{module.__name__}.{home}")
        assert getattr(module, name) is getattr(found, name)


def test_no_module_bears_the_name_of_a_public_function():
    public = set(stub_names(PACKAGE / "__init__.pyi"))
    assert public & {path.stem for path in FILES} == set()
    assert public & set(WINGS) == set()


def bodies(path: Path) -> list[tuple[str, int]]:
    """Lines of code of each function, its docstring left out."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            told = ast.get_docstring(node) is not None and len(node.body) > 1
            first = node.body[1 if told else 0].lineno
            found.append((f"{named(path)}:{node.name}", node.end_lineno - first + 1))
    return found


def test_rooms_and_bodies_keep_to_a_size_that_can_be_read():
    long = {
        named(p): n for p in FILES if (n := len(p.read_text("utf-8").splitlines())) > MOST_LINES
    }
    assert long == {}
    assert [each for path in FILES for each in bodies(path) if each[1] > MOST_BODY] == []


def test_the_formatter_decides_the_layout():
    assert sum(path.read_text("utf-8").count("fmt: skip") for path in FILES) < 20


def test_arithmetic_knows_no_frames():
    """Numeric rooms compute on arrays; they import no geopandas at all."""
    frameless = ("regression/few_clusters", "regression/wild", "places/resolution")
    for name in (*frameless, "estimates/aggregation", "groups/partition", "survey/coding"):
        tree = ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))
        imported = {
            alias.name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        } | {
            (node.module or "").split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
        }
        assert imported.isdisjoint({"geopandas", "libpysal", "matplotlib", "folium", "shapely"})
        if name in frameless:
            assert "pandas" not in imported, name


HEAVY = {"numpy", "pandas", "geopandas", "matplotlib", "scipy", "libpysal", "folium", "shapely"}


@pytest.mark.parametrize(
    "module",
    ["kz_spatial", "kz_spatial.places.resolution", "kz_spatial.words", "kz_spatial.cli.main"],
)
def test_importing_loads_nothing_heavy(module):
    code = f"import sys, {module}; print(*{{m.partition('.')[0] for m in sys.modules}})"
    loaded = set(run_python(code).split())
    assert "kz_spatial" in loaded
    assert loaded & HEAVY == set()


def test_public_names_lead_somewhere():
    code = (
        "import kz_spatial as kz\n"
        "assert all(getattr(kz, name) is not None for name in kz.__all__)\n"
        "assert set(kz.__all__) <= set(dir(kz))\n"
        "assert kz.__version__[0].isdigit()\n"
        "try:\n"
        "    kz.nothing\n"
        "except AttributeError as error:\n"
        "    print(error)\n"
    )
    assert "attribute nothing" in run_python(code)


def shipped_texts() -> list[Path]:
    kinds = set(
        ".py .pyi .md .csv .json .geojson .txt .toml .html .j2 .qml .js .css .sh .cfg .svg .xml"
        " .R .do .ipynb".split()
    )
    return sorted(
        path
        for folder in ("kz_spatial", "boundaries", "qgis_plugin", "tests")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in kinds and "__pycache__" not in path.parts and path.is_file()
    )


def test_no_file_names_a_place_on_one_machine():
    texts = shipped_texts()
    folders = {path.relative_to(ROOT).parts[0] for path in texts}
    assert folders >= {"kz_spatial", "boundaries", "tests"}
    found = [
        f"{path.relative_to(ROOT)}:{i}: {line.strip()[:80]}"
        for path in texts
        for i, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if MACHINE_PATH.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("text", ["/work" + "/main", "'/tmp" + "/w/v'", "cd /home" + "/someone"])
def test_the_check_sees_a_machine_path(text):
    assert MACHINE_PATH.search(text)
    assert not MACHINE_PATH.search("https://example.org/work/main and a/tmp/b")

"""The house: a file imports only from lower floors, and importing the package stays light."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from helpers import ROOT, run_python

PACKAGE = ROOT / "kz_spatial"
# a half floor is a private helper just below the file it belongs to
FLOORS = {
    0: ["errors", "options"],
    1: ["_formula", "_names", "_page", "_validate", "palette", "qm", "wording"],
    2: ["coding", "geography", "printed"],
    2.8: ["_twin_search"],
    2.9: ["_twin_audit"],
    3: ["boundaries", "survey", "twin", "twin_generator", "weights"],
    4: [
        "_arrangements",
        "_unit_values",
        "aggregate",
        "few_clusters",
        "joining",
        "partition",
        "wild",
    ],
    4.3: ["_unit_problem"],
    4.5: ["_connected", "_conley", "_fit", "_spatial_fit"],
    4.7: ["_unit_means"],
    5: [
        "autocorrelation",
        "density",
        "empirical_bayes",
        "fixed_effects",
        "local_moran",
        "regionalise",
        "spatial_models",
        "typology",
    ],
    4.9: ["redraws"],
    5.5: ["cluster_choice", "group_stability", "stability"],
    5.7: ["frames", "groupings", "patterns"],
    6: ["extended_models", "layers", "plots", "replication", "study"],
    6.5: ["qml"],
    7: ["audit_report", "figures", "folium_map", "geopackage", "pipeline", "report", "tables"],
    8: ["bundle", "plugin"],
    8.5: ["cli_maps"],
    9: ["cli"],
}
FLOOR_OF = {name: floor for floor, names in FLOORS.items() for name in names}
# what a study holds is named for type checkers only, and its neighbours there do not name it
NAMES_TYPES_OF_ITS_FLOOR = {"study"}
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|tmp|root|home)/[\w.]")


MODULES = sorted(path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("__"))


def is_for_types(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether an import stands under `if TYPE_CHECKING`."""
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return True
    return False


def targets(node: ast.AST, submodules: set[str]) -> list[str]:
    """Modules of the package that one import statement names."""
    if isinstance(node, ast.Import):
        return [a.name.split(".")[1] for a in node.names if a.name.startswith("kz_spatial.")]
    if not isinstance(node, ast.ImportFrom):
        return []
    if node.level:  # from . import x, from .x import y
        return [node.module] if node.module else [alias.name for alias in node.names]
    module = node.module or ""
    if module.startswith("kz_spatial."):
        return [module.split(".")[1]]
    if module == "kz_spatial":
        return [alias.name for alias in node.names if alias.name in submodules]
    return []


def imports_of(source: str, submodules: set[str]) -> set[tuple[str, bool]]:
    """Names of the package's modules that a file imports, and whether for types alone."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    return {
        (name, is_for_types(node, parents))
        for node in ast.walk(tree)
        for name in targets(node, submodules)
    }


def breaches(name: str, source: str) -> list[str]:
    """Imports of a file that do not go down."""
    found = []
    for other, for_types in sorted(imports_of(source, set(FLOOR_OF))):
        if other not in FLOOR_OF:
            found.append(f"{name} imports {other}, which has no floor")
            continue
        level = for_types and name in NAMES_TYPES_OF_ITS_FLOOR and other not in {"study", name}
        allowed = FLOOR_OF[other] < FLOOR_OF[name] or (level and FLOOR_OF[other] <= FLOOR_OF[name])
        if not allowed:
            found.append(f"{name} ({FLOOR_OF[name]}) imports {other} ({FLOOR_OF[other]})")
    return found


def test_every_module_has_a_floor():
    assert len(MODULES) > 30
    assert set(MODULES) - set(FLOOR_OF) == set()
    assert len(FLOOR_OF) == sum(map(len, FLOORS.values()))  # and only one
    assert [path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE] == []


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_down(name):
    assert name in FLOOR_OF
    assert breaches(name, (PACKAGE / f"{name}.py").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("geography", "from kz_spatial.survey import read_survey"),
        ("geography", "from kz_spatial.attic import anything"),  # a file without a floor
        ("geography", "import kz_spatial.coding"),  # a sibling
        ("typology", "from kz_spatial import regionalise"),
        ("joining", "def f():\n    from kz_spatial.pipeline import run"),  # hidden in a function
        ("weights", "if TYPE_CHECKING:\n    from kz_spatial.joining import JoinAudit"),
        ("aggregate", "from . import joining"),
        ("aggregate", "from .joining import join"),
        ("study", "from kz_spatial.layers import Layer"),
        ("study", "if TYPE_CHECKING:\n    from kz_spatial.pipeline import run"),
        ("layers", "if TYPE_CHECKING:\n    from kz_spatial.study import Study"),
    ],
)
def test_the_check_sees_each_kind_of_breach(name, source):
    assert len(breaches(name, source)) == 1


def test_the_check_lets_pass_what_goes_down():
    assert breaches("study", "if TYPE_CHECKING:\n    from kz_spatial.layers import Layer") == []
    assert breaches("cli", "from kz_spatial import bundle, __version__\nimport numpy") == []
    assert breaches("layers", "from kz_spatial.palette import NO_DATA") == []


def test_few_clusters_and_other_arithmetic_know_no_frames():
    """Numeric files of floor 4 and below compute on arrays; they import no geopandas at all."""
    for name in ("few_clusters", "wild", "aggregate", "partition", "coding", "geography"):
        tree = ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))
        named = {
            alias.name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        } | {
            (node.module or "").split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
        }
        assert named.isdisjoint({"geopandas", "libpysal", "matplotlib", "folium", "shapely"}), name
        if name in {"few_clusters", "wild", "geography"}:
            assert "pandas" not in named, name


HEAVY = {"numpy", "pandas", "geopandas", "matplotlib", "scipy", "libpysal", "folium", "shapely"}


@pytest.mark.parametrize("module", ["kz_spatial", "kz_spatial.geography", "kz_spatial.wording"])
def test_importing_loads_nothing_heavy(module):
    code = f"import sys, {module}; print(*{{m.partition('.')[0] for m in sys.modules}})"
    loaded = set(run_python(code).split())
    assert "kz_spatial" in loaded
    assert loaded & HEAVY == set()


def test_public_names_lead_somewhere_and_stay_functions():
    """`kz.density` is the function, whatever was imported before, though a module is named so."""
    code = (
        "import importlib, kz_spatial as kz\n"
        "for name in ('density', 'typology', 'regionalise', 'fixed_effects', 'aggregate'):\n"
        "    importlib.import_module(f'kz_spatial.{name}')\n"
        "    assert callable(getattr(kz, name)), name\n"
        "assert all(getattr(kz, name) is not None for name in kz.__all__)\n"
        "assert set(kz.__all__) <= set(dir(kz))\n"
        "try:\n"
        "    kz.nothing\n"
        "except AttributeError as error:\n"
        "    print(error)\n"
    )
    assert run_python(code).strip() == "module 'kz_spatial' has no attribute 'nothing'"


def shipped_texts() -> list[Path]:
    kinds = {
        ".py",
        ".md",
        ".csv",
        ".json",
        ".geojson",
        ".txt",
        ".toml",
        ".html",
        ".qml",
        ".js",
        ".css",
        ".sh",
        ".cfg",
        ".svg",
        ".xml",
        ".R",
        ".do",
        ".ipynb",
    }
    return sorted(
        path
        for folder in ("kz_spatial", "boundaries", "qgis_plugin", "tests")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in kinds and "__pycache__" not in path.parts and path.is_file()
    )


def test_no_file_names_a_place_on_one_machine():
    texts = shipped_texts()
    assert {path.relative_to(ROOT).parts[0] for path in texts} >= {
        "kz_spatial",
        "boundaries",
        "tests",
    }
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

"""Plant small faults in modules and see whether their tests fall: `make mutants`.

Of every fault that the operators below can plant in a module, a seeded sample is taken; each is put
into a copy of the package, and the module's tests are run until the first one fails. Prints how
many of the sample fell by module, and the survivors with what they would do. Operators: a
comparison turned or moved by one, arithmetic exchanged, an index or constant moved, a truth turned,
a call dropped for its argument, a guard taken out.

Left alone, since no result can tell: documentation, types, messages, raises, `strict=True` (it can
but raise, and only where the package contradicts itself) and what decorates functions and classes
(whether a dataclass is frozen, has slots or compares). Nor is `float` dropped around arithmetic or
around a sum, mean, norm, greatest or smallest value, which are numbers with or without it, nor
`np.asarray` around what numpy gives: the type changes, no number does. `float` around anything else
may read a text, `np.array` copies, `list` and `tuple` keep what an iterator gives only once, `str`
and `int` change what is compared: their drops stay among the faults.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import copy
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "kz_spatial"
INFERENCE = {
    "regression/few_clusters.py": [
        "tests/regression/test_cluster_errors.py",
        "tests/regression/test_few_clusters.py",
        "tests/regression/test_inference_choices.py",
    ],
    "regression/bias_reduced.py": [
        "tests/regression/test_few_clusters.py",
        "tests/regression/test_inference_choices.py",
    ],
    "regression/wild.py": [
        "tests/regression/test_wild.py",
        "tests/regression/test_few_clusters.py",
    ],
    "regression/fit.py": [
        "tests/regression/test_identification.py",
        "tests/regression/test_few_clusters.py",
        "tests/regression/test_estimation.py",
        "tests/regression/test_inference_choices.py",
    ],
    "regression/joint_tests.py": ["tests/regression/test_inference_choices.py"],
    "neighbours/local_statistics.py": [
        "tests/neighbours/test_local_statistics.py",
        "tests/neighbours/test_resampling.py",
    ],
    "neighbours/local_test.py": [
        "tests/neighbours/test_local_statistics.py",
        "tests/neighbours/test_local_family.py",
    ],
    "neighbours/hot_spots.py": ["tests/neighbours/test_local_family.py"],
    "neighbours/joins.py": ["tests/neighbours/test_local_family.py"],
    "neighbours/lee_statistic.py": ["tests/neighbours/test_local_family.py"],
    "neighbours/local_differences.py": ["tests/neighbours/test_local_family.py"],
    "neighbours/local_pairs.py": ["tests/neighbours/test_local_family.py"],
    "neighbours/correlograms.py": ["tests/neighbours/test_more_weights.py"],
    "neighbours/distance_weights.py": ["tests/neighbours/test_more_weights.py"],
    "neighbours/step_weights.py": ["tests/neighbours/test_more_weights.py"],
    "estimates/aggregation.py": ["tests/estimates/test_aggregation.py"],
    "estimates/scores.py": ["tests/estimates/test_aggregation.py"],
    "groups/stability.py": [
        "tests/groups/test_stability.py",
        "tests/groups/test_co_membership.py",
        "tests/estimates/test_redraws.py",
        "tests/neighbours/test_resampling.py",
    ],
    "regression/spatial_fit.py": [
        "tests/regression/test_spatial_fit.py",
        "tests/regression/test_spatial_models.py",
    ],
    "robustness/applicants.py": ["tests/robustness/test_applicants.py"],
    "robustness/answer_bounds.py": ["tests/robustness/test_response.py"],
    "robustness/response.py": ["tests/robustness/test_response.py"],
    "robustness/several_outcomes.py": ["tests/robustness/test_several_outcomes.py"],
    "robustness/randomisation.py": ["tests/robustness/test_randomisation.py"],
    "robustness/leave_out.py": ["tests/robustness/test_leave_out.py"],
    "robustness/omitted.py": ["tests/robustness/test_omitted.py"],
    "robustness/mixed.py": ["tests/robustness/test_mixed.py"],
    "robustness/specifications.py": ["tests/robustness/test_specifications.py"],
    "robustness/paper_tables.py": ["tests/robustness/test_paper_tables.py"],
    "replication/printed.py": ["tests/replication/test_printed.py", "tests/replication"],
    "protection/cells.py": ["tests/protection"],
    "protection/complements.py": ["tests/protection"],
    "protection/rounding.py": ["tests/protection"],
    "protection/tables.py": ["tests/protection"],
}
_DOUBT = ["tests/study/test_doubt.py", "tests/output/test_doubt_shown.py"]
_MODELS = ["tests/study/test_models_and_checks.py"]
DOUBT = {
    "estimates/reliability.py": ["tests/estimates/test_reliability.py"],
    "estimates/score_choices.py": ["tests/estimates/test_score_choices.py"],
    "study/sampling_design.py": _DOUBT,
    "study/modelled_means.py": _DOUBT,
    "study/score_ranks.py": _DOUBT,
    "study/paper_models.py": _MODELS,
    "study/answer_checks.py": ["tests/study/test_answer_checks.py"],
    "estimates/catching_up.py": ["tests/estimates/test_catching_up.py"],
    "drawing.py": ["tests/house/test_drawing.py"],
    "study/robust_checks.py": _MODELS,
    "output/doubt_figures.py": _DOUBT[::-1],
    "output/doubt_report.py": _DOUBT[::-1],
    "output/model_tables.py": _MODELS,
    "output/pictures.py": ["tests/output/test_pictures.py"],
}
_TOLD = ["tests/output/test_plain_words.py"]
_SHOWN = ["tests/output/test_contents.py"]
_THEMES = "tests/output/test_web_themes.py"
OUTPUT = {
    "output/tables.py": ["tests/output/test_tables.py", *_SHOWN],
    "output/figures.py": ["tests/output/test_figures.py", *_SHOWN],
    "output/histogram.py": ["tests/output/test_histogram.py"],
    "output/report.py": ["tests/output/test_report.py", *_SHOWN],
    "output/report_tables.py": ["tests/output/test_report.py", *_SHOWN],
    "output/layers.py": ["tests/output/test_styles.py", *_SHOWN],
    "output/styles.py": ["tests/output/test_styles.py", *_SHOWN],
    "output/qml.py": ["tests/output/test_styles.py", *_SHOWN],
    "output/map_figures.py": ["tests/output/test_figures.py", "tests/output/test_figures_fit.py"],
    "output/plain_words.py": _TOLD,
    "output/briefs.py": _TOLD,
    "output/methods.py": _TOLD,
    "output/figure_texts.py": _TOLD,
    "output/page.py": ["tests/output/test_words_shown.py", *_TOLD],
    "output/web_map.py": ["tests/output/test_web_data.py", _THEMES, "tests/output/test_web_map.py"],
    "output/web_themes.py": [_THEMES, *_SHOWN],
    "output/web_units.py": ["tests/output/test_web_map.py", *_SHOWN, *_TOLD],
    "output/web_page.py": ["tests/output/test_web_map.py"],
    "output/latex.py": ["tests/output/test_latex.py"],
}
TABLES = {
    "tables_in/numbers.py": ["tests/tables_in/test_numbers.py", "tests/tables_in"],
    "tables_in/headings.py": ["tests/tables_in/test_area_table.py", "tests/tables_in"],
    "tables_in/body.py": ["tests/tables_in/test_area_table.py", "tests/tables_in"],
    "tables_in/panels.py": ["tests/tables_in/test_area_table.py", "tests/tables_in"],
    "tables_in/vintages.py": ["tests/tables_in/test_vintages.py"],
    "study/area_columns.py": ["tests/study/test_areas.py"],
    "study/area_years.py": ["tests/study/test_areas.py"],
    "output/area_layers.py": ["tests/output/test_area_bundle.py"],
}
MODULES = INFERENCE | DOUBT | OUTPUT | TABLES
# words in the names of tests that see a module's faults soonest; all others run after them
SOONEST = {
    "regression/wild.py": ("wild", "interval", "drawn"),
    "regression/spatial_fit.py": ("maximum", "impacts", "simulated", "lag_model", "inside"),
    "estimates/scores.py": ("readiness_by", "same_indicators", "fewer", "rank"),
}
# every run of tests forks from a process that has loaded what they need besides the package
FORKS = multiprocessing.get_context("forkserver")
WARM = [
    "pytest", "numpy", "pandas", "geopandas", "scipy.stats", "statsmodels.api",
    "statsmodels.formula.api", "libpysal.graph", "esda", "spreg", "sklearn.cluster", "numba",
    "folium", "formulaic", "matplotlib.figure", "matplotlib.pyplot", "jinja2", "babel.numbers",
    "babel.dates", "rasterio", "pyreadstat", "openpyxl", "pyfixest", "wildboottest", "pygeoda",
]  # fmt: skip
COMPARISONS: dict[type, type] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.MatMult: ast.Add,
}  # fmt: skip
# what these give is a number already
NUMBERS = {"abs", "max", "mean", "min", "norm", "sum"}


@dataclass(frozen=True)
class Fault:
    """One fault: where, what stood there, what stands there now."""

    module: str
    line: int
    before: str
    after: str
    source: str


def _is_message(node: ast.AST) -> bool:
    """Whether a node is a docstring, a warning, a check of lengths, or for types alone."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.keyword):
        return ast.unparse(node) == "strict=True"
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "TYPE_CHECKING"
    return isinstance(node, ast.Call) and ast.unparse(node.func).endswith("warn")


def _silent(tree: ast.Module) -> set[int]:
    """Nodes that say nothing of results: docstrings, annotations, raises, messages."""
    quiet: set[int] = set()

    def hush(node: ast.AST | None) -> None:
        if node is not None:
            quiet.update(id(each) for each in ast.walk(node))

    for node in ast.walk(tree):
        if isinstance(node, ast.Raise | ast.Import | ast.ImportFrom):
            hush(node)
        elif isinstance(node, ast.AnnAssign):
            hush(node.annotation)
        elif isinstance(node, ast.FunctionDef):
            hush(node.returns)
            for one in (*node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg):
                hush(one and one.annotation)
            for each in node.decorator_list:
                hush(each)
        elif isinstance(node, ast.ClassDef):
            for each in node.decorator_list:
                hush(each)
        elif _is_message(node):
            hush(node)
    return quiet


def _only_type(node: ast.Call) -> bool:
    """Whether a call changes the type of what is a number, or numbers, already."""
    held, name = node.args[0], ast.unparse(node.func)
    if name == "np.asarray":
        return ast.unparse(held).startswith("np.")
    if name != "float":
        return False
    if isinstance(held, ast.Call):
        return ast.unparse(held.func).rpartition(".")[2] in NUMBERS
    return isinstance(held, ast.BinOp)


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in a node's place."""
    made = copy.deepcopy(node)
    if isinstance(made, ast.Compare) and type(made.ops[0]) in COMPARISONS:
        made.ops[0] = COMPARISONS[type(made.ops[0])]()
        yield made
    elif isinstance(made, ast.BinOp) and type(made.op) in ARITHMETIC:
        if not isinstance(made.left, ast.Constant) or not isinstance(made.left.value, str):
            made.op = ARITHMETIC[type(made.op)]()
            yield made
    elif isinstance(made, ast.BoolOp):
        made.op = ast.Or() if isinstance(made.op, ast.And) else ast.And()
        yield made
    elif isinstance(made, ast.UnaryOp) and isinstance(made.op, ast.Not | ast.USub | ast.Invert):
        yield made.operand
    elif isinstance(made, ast.Constant) and isinstance(made.value, bool):
        made.value = not made.value
        yield made
    elif isinstance(made, ast.Constant) and isinstance(made.value, int | float):
        made.value += 1
        yield made
    elif isinstance(made, ast.Call) and len(made.args) == 1 and not made.keywords:
        if not _only_type(made):
            yield made.args[0]
    elif isinstance(made, ast.If) and not made.orelse:
        made.test = ast.Constant(value=False)
        yield made
    elif isinstance(made, ast.IfExp):
        yield made.body


class _Swap(ast.NodeTransformer):
    """Puts one node in another's place."""

    def __init__(self, place: int, new: ast.AST) -> None:
        self.place, self.new, self.count = place, new, -1

    def visit(self, node: ast.AST) -> ast.AST:
        self.count += 1
        if self.count == self.place:
            return ast.copy_location(self.new, node)
        return self.generic_visit(node)


def _in_order(tree: ast.AST) -> Iterator[ast.AST]:
    yield tree
    for each in ast.iter_child_nodes(tree):
        yield from _in_order(each)


def faults(module: str) -> list[Fault]:
    """Every fault that can be planted in a module."""
    text = (PACKAGE / module).read_text(encoding="utf-8")
    tree = ast.parse(text)
    quiet, found = _silent(tree), []
    for place, node in enumerate(_in_order(tree)):
        if id(node) in quiet or not hasattr(node, "lineno"):
            continue
        for new in _changes(node):
            made = _Swap(place, new).visit(copy.deepcopy(tree))
            source = ast.unparse(ast.fix_missing_locations(made))
            head = ast.unparse(node.test) if isinstance(node, ast.If) else ast.unparse(node)
            after = "False" if isinstance(node, ast.If) else ast.unparse(new)
            found.append(Fault(module, node.lineno, head[:70], after[:70], source))
    return found


class _Soonest:
    """Runs the tests first that are likeliest to see a fault."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self.words = words

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda each: not any(word in each.name for word in self.words))


def _tests_in(place: str, tests: str, words: tuple[str, ...], kept: str) -> None:
    """Run tests on the package of a place; ends the process, which is a fork of one warmed up."""
    os.setsid()
    os.chdir(place)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    sys.path.insert(0, place)
    sys.dont_write_bytecode = True
    os.environ |= {"PYTHONPATH": place, "PYTHONDONTWRITEBYTECODE": "1"}
    if kept:
        os.environ["KZ_KEPT_STUDIES"] = kept
    asked = ["-x", "-q", "-p", "no:cacheprovider", tests]
    code = int(pytest.main(asked, plugins=[_Soonest(words)]))
    loaded = sys.modules["kz_spatial"].__file__ if "kz_spatial" in sys.modules else place
    # a fault that the tests were not run on is no survivor
    os._exit(code if str(loaded).startswith(place) else 99)


def falls(fault: Fault, tests: list[str], place: Path, limit: float) -> bool:
    """Whether a module's tests see a fault."""
    file = place / "kz_spatial" / fault.module
    kept = file.read_bytes()
    file.write_text(fault.source, encoding="utf-8")
    # its byte code is that of the module without a fault
    for each in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
        each.unlink()
    known, until = [each for each in tests if (ROOT / each).exists()], time.monotonic() + limit
    try:  # file by file: the first one often sees the fault
        return any(_fails(each, fault.module, place, until) for each in known)
    finally:
        file.write_bytes(kept)


def _fails(tests: str, module: str, place: Path, until: float) -> bool:
    """Whether tests of a module fail in a process of their own, or do not end in time."""
    # what writes a study does not change it: tests of writers share studies computed once
    kept = str(place.parent) if module.startswith("output/") else ""
    asked = (str(place), tests, SOONEST.get(module, ()), kept)
    run = FORKS.Process(target=_tests_in, args=asked)
    run.start()
    run.join(max(until - time.monotonic(), 0))
    if run.exitcode is None:
        os.killpg(run.pid or 0, signal.SIGKILL)
        run.join()
    return run.exitcode != 0


def copy_package(place: Path) -> None:
    """A copy of the package, its data linked beside it."""
    shutil.copytree(PACKAGE, place / "kz_spatial", ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(place / "kz_spatial", quiet=1)
    for name in ("boundaries", "qgis_plugin", "tests", "notebooks", "benchmarks", "pyproject.toml"):
        (place / name).symlink_to(ROOT / name)


def changed_modules() -> list[str]:
    """Modules of the list that the last commit or the working tree changed."""
    asked = ["git", "diff", "--name-only", "HEAD~1", "--", "kz_spatial"]
    names = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return [each.removeprefix("kz_spatial/") for each in names.split() if
            each.removeprefix("kz_spatial/") in MODULES]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help="modules of kz_spatial; all that are listed")
    parser.add_argument("--sample", type=int, default=60, help="faults a module")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--changed", action="store_true", help="modules of the last commit alone")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--limit", type=float, default=180.0, help="seconds for one fault")
    args = parser.parse_args()
    asked = args.modules or (changed_modules() if args.changed else list(MODULES))
    start = time.monotonic()
    FORKS.set_forkserver_preload(WARM)
    print(f"{'module':<34}{'faults':>8}{'tried':>7}{'fell':>6}")
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(args.workers) as pool:
        places = [Path(folder) / str(i) for i in range(args.workers)]
        for place in places:
            place.mkdir()
            copy_package(place)
        for module in asked:
            every = faults(module)
            picked = random.Random(f"{args.seed} {module}").sample(
                every, min(args.sample, len(every))
            )
            whole = Fault(module, 0, "", "", (PACKAGE / module).read_text(encoding="utf-8"))
            begun = time.monotonic()
            if falls(whole, MODULES[module], places[0], args.limit):
                print(f"{module:<34}{len(every):>8}  its tests fail without a fault", flush=True)
                continue
            # ten times as long as they took without one is as good as never
            limit = min(args.limit, 10 + 10 * (time.monotonic() - begun))
            free = list(places)

            def attempt(
                fault: Fault, free: list[Path] = free, limit: float = limit
            ) -> tuple[Fault, bool] | None:
                if time.monotonic() - start > 60 * args.minutes:
                    return None
                place = free.pop()
                try:
                    seen = falls(fault, MODULES[fault.module], place, limit)
                finally:
                    free.append(place)
                if not seen:
                    told = f"{fault.module}:{fault.line}: {fault.before}  ->  {fault.after}"
                    print(f"  survived {told}", flush=True)
                return fault, seen

            found = [each for each in pool.map(attempt, picked) if each]
            fell = sum(seen for _, seen in found)
            share = f"{100 * fell / len(found):>5.0f} %" if found else ""
            print(f"{module:<34}{len(every):>8}{len(found):>7}{fell:>6}{share}", flush=True)


if __name__ == "__main__":
    main()

"""What belongs to one study stands in its design: no code names its regions or indicators."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from helpers import DESIGN, ROOT

PACKAGE = ROOT / "kz_spatial"
# bound to the paper by what they are: its printed numbers, its twin, and its extended models
OF_THE_PAPER = (
    "replication/",
    "twin_maker/",
    "survey/twin.py",
    "regression/extended_models.py",
    "study/paper_models.py",
    "output/audit_report.py",
)
WORDS = {
    DESIGN.grouping.name,
    DESIGN.grouping.layer,
    *(code for code in DESIGN.grouping.codes if code != "center"),  # matplotlib centres too
    *DESIGN.by_name,
    *(each.item for each in DESIGN.indicators),
    *(each.skip.item for each in DESIGN.indicators if each.skip),
    *DESIGN.weights,
}
FILES = [
    path
    for path in sorted(PACKAGE.rglob("*.py"))
    if not path.relative_to(PACKAGE).as_posix().startswith(OF_THE_PAPER)
]


def named(source: str) -> set[str]:
    """Words of the paper among the strings of a file, docstrings and exports left out."""
    tree = ast.parse(source)
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and ast.get_docstring(node) is not None
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            told |= {id(each) for each in ast.walk(node)}
    strings = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    }
    return strings & WORDS


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_code_names_what_one_study_asks(path: Path):
    assert named(path.read_text(encoding="utf-8")) == set()


def test_the_check_sees_a_word_of_the_paper():
    assert named('def f():\n    """composite"""\n    return {"composite": 1, "c7": 2}') == {
        "composite",
        "c7",
    }
    assert named('__all__ = ["composites"]') == set()

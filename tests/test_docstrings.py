"""Every example in a docstring runs and gives what it says."""

import doctest
import importlib

import pytest
from helpers import ROOT

MODULES = sorted(
    path.stem
    for path in (ROOT / "kz_spatial").glob("*.py")
    if ">>>" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    # through import_module: some functions share the name of their module
    module = importlib.import_module(f"kz_spatial.{name}")
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0


def test_there_are_examples():
    assert len(MODULES) > 8

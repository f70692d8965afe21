"""Every public name is documented, and its examples are among those that run."""

from __future__ import annotations

import dataclasses
import doctest
import importlib
import inspect
import re

import pytest
from helpers import ROOT

import kz_spatial as kz

STUB = (ROOT / "kz_spatial" / "__init__.pyi").read_text(encoding="utf-8")
NAMES = sorted(set(kz.__all__) - {"__version__"})


def sections(text: str) -> dict[str, str]:
    """Sections of a numpydoc docstring by title; the summary under ""."""
    parts = re.split(r"^([A-Z][A-Za-z ]+)\n-{3,}\n", text, flags=re.MULTILINE)
    return {"": parts[0].strip()} | dict(zip(parts[1::2], parts[2::2], strict=True))


def entries(section: str) -> list[str]:
    """Names that a section explains: "x, y : Series" gives x and y."""
    heads = [line for line in section.splitlines() if line and not line.startswith(" ")]
    return [each.strip(" *") for head in heads for each in head.partition(" : ")[0].split(",")]


def faults(name: str, found: object) -> list[str]:
    """What the documentation of a public object lacks."""
    told = sections(inspect.getdoc(found) or "")
    if not re.match(r"[A-Z].*\.$", told[""].partition("\n\n")[0], flags=re.DOTALL):
        return [f"{name}: no summary that is a sentence"]
    out = []
    if inspect.isclass(found):
        fields = [each.name for each in dataclasses.fields(found) if each.name[0] != "_"]
        if sorted(entries(told.get("Attributes", ""))) != sorted(fields):
            out.append(f"{name}: fields {fields}, not those under Attributes")
    else:
        signature = inspect.signature(found)
        if sorted(entries(told.get("Parameters", ""))) != sorted(signature.parameters):
            out.append(f"{name}: takes {list(signature.parameters)}, not those under Parameters")
        if signature.return_annotation not in (None, "None") and not told.get("Returns"):
            out.append(f"{name}: returns something that is not under Returns")
    if ">>>" not in told.get("Examples", ""):
        out.append(f"{name}: no example")
    return out


def test_the_names_are_those_of_the_stub():
    assert len(NAMES) > 50
    assert all(re.search(rf"^    \"{name}\",$", STUB, flags=re.MULTILINE) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_documented_with_an_example(name):
    assert faults(name, getattr(kz, name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_example_is_among_those_that_run(name):
    """`test_examples` runs what doctest finds in the module where a name is made."""
    home = importlib.import_module(getattr(kz, name).__module__)
    found = doctest.DocTestFinder(exclude_empty=True).find(home)
    assert any(each.examples for each in found if each.name == f"{home.__name__}.{name}")


def whole(table, *rest, level: float = 0.95) -> float:
    """Do nothing at all.

    Parameters
    ----------
    table : DataFrame
    *rest
        Anything.
    level : float

    Returns
    -------
    float

    Examples
    --------
    >>> whole(None)
    """


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("Do nothing at all.", "", "summary"),
        ("Do nothing at all.", "Do nothing at all", "summary"),
        ("level : float", "levels : float", "Parameters"),
        ("    table : DataFrame\n", "", "Parameters"),
        ("Returns\n    -------", "Return\n    -------", "Returns"),
        (">>> whole(None)", "None", "example"),
    ],
)
def test_the_check_sees_each_fault(monkeypatch, old, new, fault):
    assert faults("whole", whole) == []
    assert whole.__doc__.count(old) == 1
    monkeypatch.setattr(whole, "__doc__", whole.__doc__.replace(old, new))
    assert [fault in each for each in faults("whole", whole)] == [True]

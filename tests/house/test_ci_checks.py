"""What CI's own checks let pass and what they refuse, each with one line."""

import importlib.util
import sys
import tomllib

import pytest
from helpers import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def script(name):
    spec = importlib.util.spec_from_file_location(f"ci_{name}", ROOT / ".ci" / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


FINDINGS, LICENCES, BOUNDS = script("findings"), script("licences"), script("lower_bounds")


def found(file="a.py", test="B603", line=3):
    return {"filename": file, "test_id": test, "line_number": line, "issue_text": "a call"}


def explained(file="a.py", test="B603", n=1, reason="no shell"):
    return {"file": file, "test": test, "n": n, "reason": reason}


def test_findings_that_are_explained_pass():
    assert FINDINGS.faults([found(), found(line=9)], [explained(n=2)]) == []


@pytest.mark.parametrize(
    ("findings", "reasons", "told"),
    [
        ([found()], [], "a.py: bandit finds B603 1 times, pyproject explains 0: line 3, a call"),
        ([found(), found(line=9)], [explained()], "explains 1: line 3, a call; line 9, a call"),
        ([found(file="b.py")], [explained(file="b.py", test="B404"), explained("b.py")], "B404"),
        ([], [explained()], "a.py: pyproject explains B603, which bandit no longer finds"),
        ([found()], [explained(reason=" ")], "a.py: B603 is explained without a reason"),
    ],
)
def test_findings_are_refused(findings, reasons, told):
    (line,) = FINDINGS.faults(findings, reasons)
    assert told in line


def test_each_explanation_is_of_a_file_that_is_there():
    tables = PYPROJECT["tool"]["kz-ci"]["bandit"]
    assert len(tables) > 10
    assert [each["file"] for each in tables if not (ROOT / each["file"]).is_file()] == []
    assert len({(each["file"], each["test"]) for each in tables}) == len(tables)


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0", False),
        ("UNKNOWN", False),
        ("", False),
        ("MIT AND PSF-2.0", True),
        ("MIT AND GPL-3.0", False),
        ("MIT OR GPL-3.0", True),
        ("GPL-3.0 OR AGPL-3.0", False),
        ("BSD-3-Clause AND (MIT OR GPL-3.0) AND Zlib", True),
        ("BSD-3-Clause AND (AGPL-3.0 OR GPL-3.0)", False),
        ("Apache Software License; MIT License", True),
        # classifiers do not say whether one may choose
        ("BSD License; GNU General Public License (GPL)", False),
        ("MITX", False),
    ],
)
def test_licences(licence, allowed):
    assert (
        LICENCES.is_allowed(licence, PYPROJECT["tool"]["kz-ci"]["licences"]["allowed"]) is allowed
    )


def package(name, licence):
    return {"Name": name, "Version": "1.0", "License": licence}


def test_a_package_whose_licence_is_not_allowed_is_named():
    rules = {"allowed": ["MIT"], "exceptions": {"odd": "MIT by its file"}}
    there = [package("fine", "MIT"), package("odd", "UNKNOWN"), package("strict", "GPL-3.0")]
    assert LICENCES.faults(there, rules) == [
        "strict 1.0: its licence is 'GPL-3.0', which pyproject.toml does not allow"
    ]


def test_an_exception_that_is_not_needed_is_told_and_one_of_another_environment_is_not():
    rules = {"allowed": ["MIT"], "exceptions": {"odd": "MIT by its file", "away": "as well"}}
    (line,) = LICENCES.faults([package("odd", "MIT")], rules)
    assert line.startswith("odd: excepted")


@pytest.mark.parametrize(
    ("direct", "resolved", "told"),
    [
        ("numpy>=2.0", "numpy==2.0.0", None),
        ("pandas>=2.2", "pandas==2.2.2", None),  # 2.2.0 is of an older numpy
        ("Lazy_Loader>=0.4", "lazy-loader==0.4", None),
        ("django-js-lib-leaflet>=1.9.4", "django-js-lib-leaflet==1.9.4.1", None),
        ("scipy>=1.13", "scipy==1.14.0", "scipy>=1.13: the lowest that can be had is 1.14.0"),
        ("scipy>=1", "scipy==1.4", "scipy>=1: the lowest that can be had is 1.4"),
        ("jinja2>=3.1.2", "jinja2==3.1.1", "jinja2>=3.1.2: the lowest that can be had is 3.1.1"),
        ("numpy", "numpy==2.0.0", "numpy: has no lower bound"),
        ("numpy>=2.0", "scipy==1.13.0", "numpy>=2.0: the resolver took none"),
    ],
)
def test_lower_bounds(direct, resolved, told):
    assert BOUNDS.faults([direct], resolved) == ([told] if told else [])


def test_every_direct_dependency_has_a_lower_bound():
    taken = "\n".join(each.replace(">=", "==") for each in PYPROJECT["project"]["dependencies"])
    assert BOUNDS.faults(PYPROJECT["project"]["dependencies"], taken) == []


def test_tools_of_ci_are_no_dependencies_of_the_package():
    extras = PYPROJECT["project"]["optional-dependencies"]
    tools = {each.split(">=")[0] for each in extras["ci"]}
    runtime = {each.split(">=")[0] for each in PYPROJECT["project"]["dependencies"]}
    assert len(tools) > 4
    assert tools & runtime == set()
    pinned = {
        line.split("==")[0].lower()
        for line in (ROOT / ".ci" / "constraints.txt").read_text("utf-8").splitlines()
    }
    assert tools - pinned == set()

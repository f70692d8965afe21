"""What the files beside the code say is there is there."""

import re
import tomllib

from helpers import ROOT

PACKAGE = ROOT / "kz_spatial"


def test_contributing_names_files_that_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:[\w.]+/)*[\w.]+\.(?:py|toml|pyi))`", text)
    assert len(named) > 20
    here = {each.name for each in PACKAGE.rglob("*.*")}
    lost = [
        each
        for each in named
        if not (PACKAGE / each).exists() and not (ROOT / each).exists() and each not in here
    ]
    assert lost == []


def test_the_citation_is_of_this_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f'version: "{version}"' in text
    assert "10.47703/ejebs.v69i3.538" in text

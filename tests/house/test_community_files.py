"""What the files beside the code say is there is there."""

import os
import re
import tomllib

import pytest
import yaml
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


HOST = ROOT / ".github"
FORMS = ("bug", "name_not_found", "translation", "wrong_number")


@pytest.mark.parametrize("name", FORMS)
def test_a_form_asks_what_can_be_answered(name):
    form = yaml.safe_load((HOST / "ISSUE_TEMPLATE" / f"{name}.yml").read_text(encoding="utf-8"))
    assert {"name", "description", "labels", "body"} == set(form)
    asked = [each for each in form["body"] if each["type"] != "markdown"]
    assert {each["type"] for each in asked} <= {"textarea", "input", "dropdown"}
    assert len({each["id"] for each in asked}) == len(asked)
    assert all(each["attributes"]["label"] for each in asked)
    assert any(each.get("validations", {}).get("required") for each in asked)
    assert all(each["attributes"].get("options") for each in asked if each["type"] == "dropdown")


def test_every_form_is_known_here():
    found = {path.stem for path in (HOST / "ISSUE_TEMPLATE").glob("*.yml")}
    assert found == {*FORMS, "config"}


def test_the_host_runs_the_script_that_runs_everywhere():
    flow = yaml.safe_load((HOST / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    (job,) = flow["jobs"].values()
    assert [each["run"] for each in job["steps"] if "run" in each] == [".ci/run"]
    assert [each["uses"].split("@")[0] for each in job["steps"] if "uses" in each] == [
        "actions/checkout"
    ]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def paper():
    return (ROOT / "docs" / "paper.md").read_text(encoding="utf-8")


def test_the_paper_cites_what_its_bibliography_holds_and_all_of_it():
    entries = (ROOT / "docs" / "paper.bib").read_text(encoding="utf-8")
    keys = re.findall(r"(?m)^@\w+\{(\w+),$", entries)
    dois = re.findall(r"(?m)^  doi = \{(10\.\d{4,5}/\S+)\}$", entries)
    assert len(keys) == len(set(keys)) == len(set(dois)) > 8
    assert set(re.findall(r"@(\w+)", paper())) == set(keys)


def table(text, column):
    """Rows of the tables in a page that have a name first, and numbers."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    return {row[0]: row[1:] for row in rows if len(row) > column and re.match(r"[\d.]+$", row[1])}


def test_figures_of_the_paper_are_those_that_the_pages_print():
    pages = (ROOT / "docs" / "simulations.md").read_text(encoding="utf-8")
    of_pages, of_paper = table(pages, 4), table(paper(), 3)
    assert len(of_paper) == 5
    for name, figures in of_paper.items():
        assert of_pages[name][:3] == figures, name
    flat = " ".join(pages.split())
    gaps = re.findall(r"[\d.]+ % for [A-Z]\w+'s|[\d.]+ % for spopt's SKATER", paper())
    assert len(gaps) == 3
    assert [each for each in gaps if each not in flat] == []


def test_commands_of_the_paper_are_there():
    named = re.findall(r"`python (\S+\.py)`?", paper())
    assert len(named) > 1
    assert [each for each in named if not (ROOT / each).is_file()] == []

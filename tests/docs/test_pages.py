"""Pages build without a warning, links lead somewhere, every public name has a page."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys

import pandas as pd
import pytest
from helpers import ROOT

import kz_spatial as kz

DOCS = ROOT / "docs"
NEEDED = ("sphinx", "pydata_sphinx_theme", "numpydoc", "myst_nb")


def build(out) -> subprocess.CompletedProcess[str]:
    """Build the pages in a process of its own, as `make docs` does."""
    return subprocess.run(
        [sys.executable, str(DOCS / "build.py"), str(out)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        check=False,
        timeout=300,
    )


def page_tool(name: str):
    """Import a script of the pages' builder by its path, as docs/ is no package."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    """Folder of the pages, built once."""
    lost = [each for each in NEEDED if importlib.util.find_spec(each) is None]
    if lost and os.environ.get("KZ_REQUIRE_ALL") == "1":
        pytest.fail(f"{', '.join(lost)} missing and KZ_REQUIRE_ALL=1")
    if lost:
        pytest.skip(f"{', '.join(lost)} missing; make docs installs them")
    out = tmp_path_factory.mktemp("docs")
    done = build(out)
    assert done.returncode == 0, done.stderr[-3000:]
    return out / "html"


@pytest.mark.parametrize("name", sorted(set(kz.__all__) - {"__version__"}))
def test_every_public_name_has_a_page_that_holds_its_example(html, name):
    page = (html / "reference" / "names" / f"{name}.html").read_text(encoding="utf-8")
    assert f'id="kz_spatial.{name}"' in page
    assert "&gt;&gt;&gt;" in page
    listing = (html / "reference" / "index.html").read_text(encoding="utf-8")
    assert f'href="names/{name}.html"' in listing


def test_the_version_and_results_are_in_the_reference(html):
    listing = (html / "reference" / "index.html").read_text(encoding="utf-8")
    assert 'id="kz_spatial.__version__"' in listing
    page = (html / "reference" / "results" / "FixedEffectsFit.html").read_text(encoding="utf-8")
    assert "within_region" in page


def test_formulas_are_drawn_by_the_browser(html):
    page = (html / "methods" / "patterns.html").read_text(encoding="utf-8")
    assert page.count("<math") > 20
    assert re.findall(r"<script[^>]*mathjax", page.lower()) == []


def test_names_that_pages_call_are_public():
    """A word in code marks that is called as ours, `kz.name`, is one of ours."""
    called = {
        (path.name, name)
        for path in [*DOCS.rglob("*.md"), ROOT / "README.md"]
        for name in re.findall(r"\bkz\.([a-z]\w+)", path.read_text(encoding="utf-8"))
    }
    assert len(called) > 30
    assert [each for each in sorted(called) if each[1] not in kz.__all__] == []


@pytest.mark.parametrize("name", sorted(set(kz.__all__) - {"__version__"}))
def test_the_stub_gives_a_wing_to_each_name(name):
    stub = (ROOT / "kz_spatial" / "__init__.pyi").read_text(encoding="utf-8")
    wings = page_tool("reference_pages").names_by_wing(stub)
    assert sum(name in names for names in wings.values()) == 1


def test_commands_of_simulations_name_files_that_exist():
    text = (DOCS / "simulations.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:benchmarks|tests/reference)/[\w/]+\.(?:py|csv)", text))
    assert len(named) > 8
    assert [each for each in sorted(named) if not (ROOT / each).exists()] == []


def test_tables_of_simulations_are_the_stored_ones():
    text = (DOCS / "simulations.md").read_text(encoding="utf-8")
    stored = (ROOT / "tests/reference/joint_tests/rejections.csv").read_text().splitlines()
    shares = {tuple(row.split(",")[:3]): float(row.split(",")[3]) for row in stored[1:]}
    table = text[text.index("| terms |") :]
    for terms in ("2", "3", "5"):
        row = re.search(rf"^\| {terms} \|(.*)\|$", table, flags=re.MULTILINE)[1]
        printed = [float(each.strip(" %")) for each in row.split("|")]
        kinds = ("hc1", "crv1", "crv3", "cr2", "wild")
        # printed to a tenth of a percent
        assert printed == pytest.approx(
            [100 * shares["equal", terms, each] for each in kinds], abs=0.0501
        )
    stored = (ROOT / "tests/reference/romano_wolf/simulation.csv").read_text().splitlines()
    shares = {tuple(row.split(",")[:2]): float(row.split(",")[2]) for row in stored[1:]}
    for case in ("alike", "independent"):
        row = re.search(rf"^\| {case} \|(.*)\|$", text, flags=re.MULTILINE)[1]
        printed = [float(each.strip(" %")) for each in row.split("|")]
        kinds = ("p", "p_romano_wolf", "p_holm", "p_bonferroni")
        assert printed == pytest.approx([100 * shares[case, each] for each in kinds], abs=1e-9)


def test_the_table_of_small_areas_is_the_stored_one():
    text = (DOCS / "simulations.md").read_text(encoding="utf-8")
    stored = pd.read_csv(ROOT / "tests/reference/small_area/simulation.csv")
    stored = stored.set_index(["effects", "variances", "method"])
    methods = ("direct", "FH, REML", "FH, Yoshimori-Lahiri", "spatial FH, REML",
               "spatial, else Yoshimori-Lahiri")  # fmt: skip
    for effects in stored.index.levels[0]:
        row = re.search(rf"^\| {effects} \|(.*)\|$", text, flags=re.MULTILINE)[1]
        printed = [float(each) for each in re.findall(r"\d+\.\d+", row)]
        wanted = [stored.loc[(effects, "raw", "direct"), "coverage %"]]
        for method in methods:
            found = stored.loc[(effects, "pooled", method)]
            wanted += [found["coverage %"], *([found["mse"]] if method != "direct" else [])]
        wanted.append(stored.loc[(effects, "pooled", "spatial FH, REML"), "refused %"])
        assert printed == pytest.approx(wanted, abs=0.0501), effects
    zero = stored.xs(("pooled", "FH, REML"), level=("variances", "method"))["zero %"]
    assert (round(zero.min()), round(zero.max())) == (3, 29)
    assert (stored.xs("FH, Yoshimori-Lahiri", level="method")["zero %"] == 0).all()


PAGE = '<html><body><h1 id="top">x</h1><a href="{}">y</a>{}</body></html>'


@pytest.mark.parametrize(
    ("link", "load", "fault"),
    [
        ("b.html", "", None),
        ("#top", "", None),
        ("b.html#top", "", None),
        ("https://example.org/", "", None),
        ("", '<img src="data:image/png;base64,AA==">', None),
        ("c.html", "", "leads nowhere"),
        ("b.html#end", "", "no such part"),
        ("#end", "", "no such part"),
        ("", '<script src="https://example.org/x.js"></script>', "from outside"),
        ("", '<link rel="stylesheet" href="//example.org/x.css">', "from outside"),
        ("", '<img src="x.png">', "leads nowhere"),
    ],
)
def test_the_check_of_links_sees_each_fault(tmp_path, link, load, fault):
    (tmp_path / "a.html").write_text(PAGE.format(link, load), encoding="utf-8")
    (tmp_path / "b.html").write_text(PAGE.format("", ""), encoding="utf-8")
    found = page_tool("link_check").faults(tmp_path)
    assert [fault in each for each in found] == ([] if fault is None else [True])

"""Tables of bundles in LaTeX: what stands in them, and that they compile and fit A4."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import kz_spatial as kz
from kz_spatial.options import MORE_PARTS, PARTS
from kz_spatial.output.latex import to_latex
from kz_spatial.robustness.paper_tables import latex_document


def _cells(text: str) -> list[list[str]]:
    """Cells of all rows, as they would print."""
    plain = text.replace(r"\allowbreak{}", "").replace(r"\_", "_")
    return [
        [each.strip() for each in line.removesuffix(r"\\").split(" & ")]
        for line in plain.splitlines()
        if " & " in line and line.endswith(r"\\")
    ]


def test_a_narrow_table_stands_upright_numbers_to_the_right():
    """One part, each cell once under its head, text to the left and numbers to the right."""
    table = pd.DataFrame({"name": ["a_b", "c"], "n": [3, 12], "x": [0.123456, None]})
    text = to_latex(table, caption="All 100 %", notice="made_up")
    assert "landscape" not in text
    assert text.count(r"\begin{longtable}") == 1
    assert _cells(text)[-2:] == [["a_b", "3", "0.1235"], ["c", "12", "--"]]
    columns = re.search(r"begin\{longtable\}\{@\{\}(.+)@\{\}\}", text)[1]
    assert re.findall("ragged(left|right)", columns) == ["right", "left", "left"]
    assert r"All 100 \% \emph{made\_\allowbreak{}up}" in text
    assert r"\emph" not in to_latex(table, caption="All")


def test_a_wide_table_is_cut_into_parts_that_name_their_rows():
    """Every column once, the columns that name rows in each part, parts numbered."""
    table = pd.DataFrame({"code": ["KZ-10", "KZ-11"], "name": ["Abai", "Aqmola"]})
    table = table.assign(**{f"indicator_number_{i}": [i + 0.5, i + 0.25] for i in range(40)})
    text = to_latex(table, caption="Wide")
    parts = text.count(r"\begin{longtable}")
    assert text.startswith(r"\begin{landscape}")
    assert parts > 1
    assert [f"({i}/{parts})" in text for i in range(1, parts + 1)] == [True] * parts
    rows = [row for row in _cells(text) if row[:2] == ["KZ-11", "Aqmola"]]
    assert len(rows) == parts
    values = [cell for row in rows for cell in row[2:]]
    assert values == [f"{i + 0.25:.4g}" for i in range(40)]
    for block in text.split(r"\begin{longtable}")[1:]:
        widths = re.findall(r"p\{([\d.]+)mm\}", block.splitlines()[0])
        assert sum(map(float, widths)) + 2.2 * len(widths) <= 247


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "--"),
        (pd.NA, "--"),
        (float("nan"), "--"),
        (np.float64("nan"), "--"),
        (True, "yes"),
        (np.False_, "no"),
        (0.0, "0"),
        (12345.678, "1.235e+04"),
        (np.float32(0.25), "0.25"),
        (7, "7"),
        ("A & B", r"A \& B"),
        # braces group and a backslash commands: neither may do so in a name
        ("x{y", r"x\{y"),
        ("}", r"\}"),
        ("a\\b", r"a\textbackslash{}b"),
        ("\\{", r"\textbackslash{}\{"),
        ("m^2 ~ 5 % of $1 #_", r"m\textasciicircum{}2 \textasciitilde{} 5 \% of \$1 \#\_"),
    ],
)
def test_a_cell_of_latex_is_text(value, told):
    """What LaTeX would take for a command is printed as it stands."""
    shown = to_latex(pd.DataFrame({"k": [value], "m": ["end"]}), caption="c")
    assert rf"{told} & end \\" in shown.replace(r"\allowbreak{}", "").splitlines()


@pytest.fixture(scope="module")
def study():
    options = kz.RunOptions(parts=(*PARTS, *MORE_PARTS), draws=20, permutations=99)
    return kz.run_study(options=options)


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_every_table_of_a_bundle_compiles_and_fits_a4(language, study, tmp_path, request):
    """English by pdflatex, Russian and Kazakh by lualatex: no error, nothing wider than a page."""
    engine = request.getfixturevalue("pdflatex" if language == "en" else "lualatex")
    options = replace(study.options, language=language)
    kz.write_bundle(replace(study, options=options), tmp_path / "bundle")
    tables = sorted((tmp_path / "bundle" / "tables").glob("*.tex"))
    assert len(tables) >= 25
    bodies = [each.read_text(encoding="utf-8") for each in tables]
    document = latex_document("\n\\clearpage\n".join(bodies), language)
    (tmp_path / "t.tex").write_text(document, encoding="utf-8")
    done = subprocess.run(
        [engine, "-interaction=nonstopmode", "-halt-on-error", "t.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    log = (tmp_path / "t.log").read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0, log[-2000:]
    assert re.findall(r"(?:Overfull|Float too large|Missing character)[^\n]*", log) == []

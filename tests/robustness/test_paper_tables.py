"""Tables for a paper: what stands in each cell, and that pdflatex sets them within a page."""

import re
import subprocess
from html.parser import HTMLParser

import pytest

import kz_spatial as kz
from kz_spatial.errors import CallError
from kz_spatial.regression import fixed_effects, tell_fit
from kz_spatial.robustness.labels import label_of
from kz_spatial.robustness.paper_tables import _stars

DESIGN = kz.load_design()


@pytest.fixture(scope="module")
def firms():
    return kz.load_twin()


@pytest.fixture(scope="module")
def fits(firms):
    return [
        fixed_effects(DESIGN.formula, firms, cluster="composite"),
        fixed_effects("epayment_share ~ product_innovation + C(size)", firms, weights="wmedian"),
    ]


@pytest.fixture(scope="module")
def table(fits):
    return kz.paper_table(fits, caption="Sales & more_or less: 5 % {x} #1 ~ ^ \\ $", label="tab:a")


def test_each_cell_is_the_number_of_its_fit(table, fits):
    for head, fit in zip(table.frame.columns, fits, strict=True):
        rows = fit.table()
        for term in dict.fromkeys(t for t, _ in table.frame.index if t):
            shown = table.frame.loc[(term, "coefficient"), head]
            error = table.frame.loc[(term, "std_error"), head]
            if term not in rows.index:
                assert (shown, error) == ("", "")
                continue
            places = len(error.strip("()").partition(".")[2])
            number = float(shown.rstrip("*").replace("−", "-").replace(",", ""))
            assert number == pytest.approx(rows.loc[term, "coefficient"], abs=0.51 * 10**-places)
            assert float(error.strip("()")) == pytest.approx(
                rows.loc[term, "std_error"], abs=0.51 * 10**-places
            )
            # three digits of the error
            assert len(error.strip("()").replace(".", "").lstrip("0")) == 3
            p = rows.loc[term, "p"]
            assert shown.count("*") == sum(p < bound for bound in (0.1, 0.05, 0.01))


def test_what_is_told_of_each_model(table, fits):
    told = table.frame.loc[""]
    first, second = (told[each].to_dict() for each in told.columns)
    assert first == {
        "Effects": "Composite regions",
        "Weights": "no",
        "Observations": "105",
        "Clusters": "7 (Composite regions)",
        "R²": f"{fits[0].r2:.3f}",
        "R² within": f"{fits[0].r2_within:.3f}",
        "Inference": "clustered, CR2",
    }
    assert (second["Effects"], second["Weights"], second["Clusters"]) == ("no", "wmedian", "no")
    assert second["R² within"] == ""
    assert second["Observations"] == "1,013" or second["Observations"] == "1,012"
    assert second["Inference"] == "robust, HC1"


def test_labels_are_words(table):
    rows = dict(zip(table.frame.index, table.labels, strict=True))
    assert rows["permit_days", "coefficient"] == "Construction permits"
    assert rows["permit_days", "std_error"] == ""
    assert rows["C(size)[T.small]", "coefficient"] == "Firm size: small"
    assert rows["Intercept", "coefficient"] == "Constant"
    own = kz.paper_table(
        [fixed_effects("epayment_share ~ co2_monitoring", kz.load_twin())],
        labels={"co2_monitoring": "Watches CO₂"},
    )
    assert "Watches CO₂" in own.labels


@pytest.mark.parametrize(
    ("term", "label"),
    [
        ("co2_monitoring:C(composite)[T.west]", "CO₂ monitoring × Composite regions: West"),
        ("C(sector)[T.Other: all]", "Sector: Other: all"),
        ("np.log(foreign_share + 1)", "np.log(foreign_share + 1)"),
        ("sector[Retail]", "Sector: Retail"),
        ("anything", "anything"),
    ],
)
def test_a_label_of_each_kind_of_term(term, label):
    assert label_of(term, DESIGN) == label


def test_heads_are_outcomes_or_names(fits):
    assert list(kz.paper_table(fits).frame.columns) == [
        "(1) Electronic payments",
        "(2) Electronic payments",
    ]
    named = kz.paper_table({"Applicants": fits[0], "All": fits[1]})
    assert list(named.frame.columns) == ["(1) Applicants", "(2) All"]


def test_languages(fits):
    for language, label, head in (("ru", "Веса", "Электронные платежи"), ("kk", "Салмақтар", "")):
        found = kz.paper_table(fits, language=language)
        assert label in found.labels
        assert head in found.frame.columns[0]
        assert re.search(r"\d,\d", found.frame.iloc[0, 0])
        assert "[T2A]{fontenc}" in found.document()


def test_wild_says_what_its_errors_and_stars_are(firms):
    west = firms["product_innovation"] * firms["composite"].eq("west")
    fit = fixed_effects(
        "epayment_share ~ co2_monitoring + only | composite",
        firms.assign(only=west),
        cluster="composite",
    )
    found = kz.paper_table([fit], inference="wild")
    assert "CRV1" in found.notes[0]
    assert found.frame.loc[("only", "std_error")].tolist() == ["(.)"]
    assert "rests on one cluster" in found.notes[0]
    plain = kz.paper_table([fit], inference="hc1", stars=False)
    assert plain.notes == ("Standard errors in brackets.",)
    assert "*" not in "".join(plain.frame.iloc[:, 0])


def test_a_told_fit_has_the_same_table(fits):
    one, two = kz.paper_table(fits[:1]), kz.paper_table([tell_fit(fits[0])])
    same = one.frame.index != ("", "Clusters")
    assert one.frame[same].equals(two.frame[same])
    assert two.frame.loc[("", "Clusters")].tolist() == ["7"]


class _Cells(HTMLParser):
    def __init__(self):
        super().__init__()
        self.rows, self.open, self.caption = [], False, ""
        self.tag = ""

    def handle_starttag(self, tag, _):
        self.tag = tag
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.tag in ("td", "th"):
            self.rows[-1][-1] += data
        if self.tag == "caption":
            self.caption += data

    def handle_endtag(self, _):
        self.tag = ""


def test_html_holds_the_same_cells(table):
    read = _Cells()
    read.feed(table.to_html())
    assert read.caption == table.caption
    assert read.rows[0] == ["", *table.frame.columns]
    assert [row[0] for row in read.rows[1:]] == list(table.labels)
    assert [row[1:] for row in read.rows[1:]] == table.frame.to_numpy().tolist()
    assert "p &lt; 0.1" in table.to_html()


def test_latex_is_escaped(table):
    made = table.to_latex()
    assert (
        r"\caption{Sales \& more\_or less: 5 \% \{x\} \#1 \textasciitilde{} \textasciicircum{}"
        r" \textbackslash{} \$}" in made
    )
    assert r"\label{tab:a}" in made
    assert r"CO$_2$ monitoring" in made
    assert "p $<$ 0.1" in made
    assert "\\midrule\nEffects" in made.replace("\\midrule \n", "\\midrule\n")
    assert made.count(r"\midrule") == 2


def test_the_rows_of_latex_are_those_of_the_table(table):
    lines = [
        line for line in table.to_latex().splitlines() if " & " in line and "caption" not in line
    ]
    cells = [[each.strip() for each in line.removesuffix(r"\\").split(" & ")] for line in lines]
    plain = str.maketrans({"²": "$^2$", "−": "$-$", "₂": "$_2$"})
    assert cells[0][1:] == list(table.frame.columns)
    assert [row[0] for row in cells[1:]] == [each.translate(plain) for each in table.labels]
    expected = [[each.translate(plain) for each in row] for row in table.frame.to_numpy().tolist()]
    assert [row[1:] for row in cells[1:]] == expected


def test_html_is_escaped(fits):
    made = kz.paper_table(
        {"<b>A & B": fits[1]}, caption="p < 1 & <i>", labels={"C(size)[T.small]": "<u>small"}
    ).to_html()
    assert "<caption>p &lt; 1 &amp; &lt;i&gt;</caption>" in made
    assert "(1) &lt;b&gt;A &amp; B" in made
    assert "&lt;u&gt;small" in made
    assert re.search("<[biu]>", made) is None


@pytest.mark.parametrize(
    ("p", "mark"),
    [
        (0.2, ""),
        (0.1, ""),
        (0.07, "*"),
        (0.05, "*"),
        (0.03, "**"),
        (0.001, "***"),
        (float("nan"), ""),
    ],
)
def test_stars_are_those_of_the_legend(p, mark, table):
    assert _stars(p) == mark
    assert "* p < 0.1, ** p < 0.05, *** p < 0.01" in table.notes[0]


def test_it_is_written_by_its_ending(fits, tmp_path):
    for ending in ("tex", "html"):
        path = tmp_path / f"t.{ending}"
        found = kz.paper_table(fits, path)
        expected = found.to_latex() if ending == "tex" else found.to_html()
        assert path.read_text(encoding="utf-8") == expected
    with pytest.raises(CallError, match=r"'t\.doc'"):
        kz.paper_table(fits, tmp_path / "t.doc")


def test_faults_are_named(fits):
    with pytest.raises(CallError, match="found no fits"):
        kz.paper_table([])
    with pytest.raises(CallError, match="found 12 models, more than a page"):
        kz.paper_table(fits * 6)
    with pytest.raises(CallError, match="turned=True turns it"):
        kz.paper_table(fits * 3, turned=False)
    with pytest.raises(CallError, match="language='de'"):
        kz.paper_table(fits, language="de")


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 8])
def test_pdflatex_sets_it_within_the_page(n, firms, pdflatex, tmp_path):
    made = list(kz.each_dimension(firms, controls=True).fits.values())
    caption = "Each dimension on the others: 50 % & more_than #1"
    table = kz.paper_table((made * 2)[:n], caption=caption, label="tab:one", inference="wild")
    assert table.turned == (n > 5)
    (tmp_path / "t.tex").write_text(table.document(), encoding="utf-8")
    done = subprocess.run(
        [pdflatex, "-interaction=nonstopmode", "-halt-on-error", "t.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    log = (tmp_path / "t.log").read_text(encoding="latin-1")
    assert done.returncode == 0, log[-2000:]
    assert "Output written on t.pdf (1 page" in log.replace("\n", " ")
    assert re.findall(r"(?:Overfull|Float too large|Missing character)[^\n]*", log) == []

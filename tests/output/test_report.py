"""Sentences and tables of the report, on results made by hand."""

from __future__ import annotations

import html
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from helpers import table_cells
from matplotlib.figure import Figure

from kz_spatial.design import load_design
from kz_spatial.output import pictures, report, report_tables
from kz_spatial.output.terms import Terms

DESIGN = load_design()
TERMS = Terms.of_paper()
FIRST, OTHER = list(DESIGN.by_name)[:2]
OUTCOME = DESIGN.outcome


class Patterns(tuple):
    """Patterns as a study has them, those of a level by indicator."""

    __slots__ = ()

    def at(self, level):
        return {each.indicator: each for each in self if each.level == level}


class Groupings:
    """Groups as a study has them."""

    def __init__(self, *every):
        self.every = every

    def of(self, kind, level):
        return next((e for e in self.every if (e.kind, e.level) == (kind, level)), None)


def regions(scores):
    """Means that rise from the first region to the last, and scores with their ranks."""
    table = pd.DataFrame({"readiness": scores}, ["almaty", "east", "west"], dtype=float)
    table["rank"] = table["readiness"].rank(ascending=False).astype("Int64")
    table["n_firms"] = [1200, 30, 7]
    for i, name in enumerate(DESIGN.by_name, start=1):
        table[f"{name}_mean"] = [0.1 * i, 0.2 * i, 0.3 * i]
        table[f"{name}_se"] = [0.01 * i, 0.02 * i, 0.03 * i]
    table["score_of"] = ", ".join(DESIGN.by_name)
    return table


def statistic(name, value, p, *, method="exact", n=720, reason=""):
    return SimpleNamespace(
        name=name, statistic=value, expected=-0.25, p=p, method=method, n_arrangements=n,
        reason=reason,
    )  # fmt: skip


def pattern(level, indicator, p, *, others=(), again=None, reason=""):
    return SimpleNamespace(
        level=level, indicator=indicator, resampled=again, others=others,
        moran=statistic("Moran's I", 0.5, p, reason=reason),
    )  # fmt: skip


def coefficients(p):
    index = [FIRST, "x"]
    table = {"coefficient": [1.5, -2.0], "std_error": [0.5, 0.25], "p": p, "ci_low": [0.5, -2.5],
             "ci_high": [2.5, -1.5]}  # fmt: skip
    made = pd.DataFrame(table, index)
    return SimpleNamespace(
        coefficients=made["coefficient"], table=lambda: made, n_obs=105, n_clusters=7,
        r2=0.0517, r2_within=0.2,
    )  # fmt: skip


def study(**more):
    return SimpleNamespace(
        **{
            "design": DESIGN, "tables": {"composite": regions([0.5, -1.5, 1.0])}, "fits": {},
            "options": SimpleNamespace(coding="corrected"), "patterns": Patterns(),
            "groupings": Groupings(), "inapplicable": {}, "warnings": (),
        } | more
    )  # fmt: skip


def test_the_highest_and_lowest_are_named():
    """By rank for the score, by the means themselves for the outcome."""
    score, outcome = report._extremes(study(), TERMS)
    assert score == "Readiness score: highest in West, lowest in East."
    assert outcome == (
        f"{TERMS.indicator(OUTCOME)}, {TERMS.unit(OUTCOME)}: "
        f"{0.3 * place_of(OUTCOME):.4g} in West, {0.1 * place_of(OUTCOME):.4g} in Almaty City."
    )


def place_of(name):
    return list(DESIGN.by_name).index(name) + 1


def test_regions_without_score_or_mean_are_no_extremes():
    table = regions([np.nan, -1.5, 1.0])
    table.loc["west", f"{OUTCOME}_mean"] = np.nan
    score, outcome = report._extremes(study(tables={"composite": table}), TERMS)
    assert "highest in West, lowest in East" in score
    assert " in East, " in outcome
    assert outcome.endswith(" in Almaty City.")
    table[["readiness", f"{OUTCOME}_mean"]] = np.nan
    assert report._extremes(study(tables={"composite": table}), TERMS) == []
    alone = SimpleNamespace(**{n: getattr(DESIGN, n) for n in ("grouping", "by_name")}, outcome="")
    (line,) = report._extremes(study(design=alone), TERMS)
    assert line.startswith("Readiness score")


def test_the_regression_says_which_terms_are_told_from_zero():
    """Those with p under 5 %, under the coding of the run."""
    fits = {"as-published": coefficients([0.9, 0.9]), "corrected": coefficients([0.049, 0.05])}
    (line,) = report._told_apart(study(fits=fits), TERMS)
    assert line == (
        "Regression (corrected, 105 complete firms): told from zero at 5%: "
        f"{TERMS.indicator(FIRST)}."
    )
    asked = SimpleNamespace(coding="as-published")
    (line,) = report._told_apart(study(fits=fits, options=asked), TERMS)
    assert line == (
        "Regression (as published, 105 complete firms): no term told from zero at 5%."
    ).replace("as published", TERMS.say("coding.as-published"))
    assert report._told_apart(study(), TERMS) == []


def test_each_coding_has_its_sample_in_a_line():
    fits = {"corrected": coefficients([0.1, 0.1])}
    (line,) = report._regression_notes(study(fits=fits), TERMS)
    assert line.endswith(": 105 complete firms in 7 regions; R² 0.052, within regions 0.200.")


def test_global_patterns_are_counted_where_there_was_a_test():
    """One of two tested has p under 5 %; the third could not be tested."""
    every = [pattern("oblast", FIRST, 0.049), pattern("composite", OTHER, 0.05),
             pattern("composite", FIRST, np.nan)]  # fmt: skip
    (line,) = report._patterns(study(patterns=Patterns(every)), TERMS)
    assert line == f"Global Moran's I at 5%: {TERMS.indicator(FIRST)} by oblast (2 tested)."
    (line,) = report._patterns(study(patterns=Patterns(every[1:])), TERMS)
    assert line == "Global Moran's I at 5%: no indicator (1 tested)."
    assert report._patterns(study(patterns=Patterns(every[2:])), TERMS) == []


def test_one_group_is_said_where_the_gap_chooses_one():
    """Of the typology of the regions; other groups and other numbers say nothing."""

    def groups(kind, level, best):
        choice = SimpleNamespace(best={"gap": best})
        return SimpleNamespace(kind=kind, level=level, choice=choice)

    said = ["Groups: by the gap statistic the regions are not told from one single group."]
    one = Groupings(groups("typology", "composite", 1))
    assert report._patterns(study(groupings=one), TERMS) == said
    others = Groupings(
        groups("typology", "composite", 2), groups("regions", "composite", 1),
        groups("typology", "oblast", 1),
    )  # fmt: skip
    assert report._patterns(study(groupings=others), TERMS) == []


def test_units_in_doubt_are_singled_out_and_change():
    frame = pd.DataFrame(
        {"label": ["High-High", "Low-Low", "not significant"], "unstable": [True, False, True]},
        ["KZ-75", "KZ-71", "KZ-10"],
    )
    again = SimpleNamespace(frame=frame)
    every = [pattern("oblast", FIRST, 0.5, again=again), pattern("oblast", OTHER, 0.5),
             pattern("composite", FIRST, 0.5, again=again)]  # fmt: skip
    lines = report._patterns(study(patterns=Patterns(every)), TERMS)
    told = "Local Moran, in doubt since the class changes in more than 10% of the draws of firms"
    assert lines[1:] == [f"{told}: Almaty ({TERMS.indicator(FIRST)})."]


def test_caveats_are_warnings_then_what_could_not_be_computed():
    told = study(warnings=("an island",), inapplicable={"regression corrected": "too few"})
    found = report._caveats(told, TERMS)
    assert found == ["an island", "regression corrected: too few"]


def test_equal_figures_are_equal_text():
    """No date and no random names, so that two runs make one file."""

    def drawn():
        figure = Figure()
        figure.subplots().plot([1, 2], [3, 4])
        return pictures.svg_text(figure)

    first = drawn()
    assert first == drawn()
    assert "<dc:date>" not in first
    assert first.lstrip().startswith("<?xml")


def test_figures_of_a_page_are_as_wide_as_they_were_drawn():
    """A point is 4/3 of a pixel, and a little over it."""
    text = '<?xml?>\n<svg id="x" width="100.5pt"><g id="y" style="fill:url(#z)"/></svg>'
    made = report.place_figure({"map": text}, "map", "a < b")
    assert made == (
        '<figure style="max-width:136px"><svg role="img" aria-label="a &lt; b" id="map-x" '
        'width="100.5pt">'
        '<g id="map-y" style="fill:url(#map-z)"/></svg>'
        "<figcaption>a &lt; b</figcaption></figure>"
    )
    assert report.place_figure({"map": text}, "other", "a") == ""


# tables


def cells(table):
    """Headings and rows of an HTML table, as a reader sees them."""

    def shown(found):
        return [html.unescape(re.sub("<.*?>", "", each)).replace("\u00a0", " ") for each in found]

    heads, rows = table_cells(table)
    heads, rows = shown(heads), [shown(row) for row in rows]
    return heads, rows


def test_regions_stand_in_the_order_of_their_rank():
    table = regions([0.5, -1.5, 1.0])
    shares = [name for name, each in DESIGN.by_name.items() if each.scale == 100]
    table.loc["west", f"{shares[0]}_mean"] = np.nan
    heads, rows = cells(report_tables.readiness_table(study(tables={"composite": table}), TERMS))
    assert heads[:2] == ["", "Firms"]
    assert heads[-2:] == ["Readiness score", "Rank"]
    assert [row[0] for row in rows] == ["West", "Almaty City", "East"]
    assert [row[1] for row in rows] == ["7", "1,200", "30"]
    assert [row[-1] for row in rows] == ["1", "2", "3"]
    place = 1 + place_of(shares[0])
    assert heads[place].endswith(", %")
    i = place_of(shares[0])
    assert rows[0][place] == "–"
    assert rows[1][place] == f"{10 * i:.1f} ({1 * i:.1f})"
    assert rows[2][place] == f"{20 * i:.1f} ({2 * i:.1f})"
    assert heads[1 + place_of(FIRST)].startswith(TERMS.indicator(FIRST))


def test_codings_share_the_rows_of_their_terms():
    """A term of one coding alone has dashes under the other."""
    one, two = coefficients([0.04, 0.5]), coefficients([0.1, 0.2])
    alone = two.table().drop(index="x")
    two.table, two.coefficients = lambda: alone, alone["coefficient"]
    fits = {"corrected": one, "as-published": two}
    heads, rows = cells(report_tables.regression_table(study(fits=fits), TERMS))
    assert heads == [
        "", "corrected: coefficient", "standard error", "p", "95% interval",
        f"{TERMS.say('coding.as-published')}: coefficient", "standard error", "p", "95% interval",
    ]  # fmt: skip
    assert rows[0] == [
        TERMS.indicator(FIRST), "1.50", "0.500", "0.040", "0.50 to 2.50", "1.50", "0.500", "0.100",
        "0.50 to 2.50",
    ]  # fmt: skip
    assert rows[1][:5] == ["x", "−2.00", "0.250", "0.500", "−2.50 to −1.50"]
    assert set(rows[1][5:]) == {"–"}


def test_moran_has_its_arrangements_or_its_reason():
    again = SimpleNamespace(low=0.125, high=0.75)
    every = [pattern("oblast", FIRST, 0.03, again=again),
             pattern("composite", OTHER, np.nan, reason="all alike")]  # fmt: skip
    made = report_tables.moran_table(study(patterns=Patterns(every)), TERMS)
    # a reason is English in whichever language the page is
    assert '<span lang="en">all alike</span>' in made
    heads, rows = cells(made)
    assert heads == ["", "I", "expected", "p", "middle 95% of draws", "inference"]
    assert rows == [
        [f"{TERMS.indicator(FIRST)} by oblast", "0.500", "−0.25", "0.030", "0.125 to 0.750",
         "exact, 720 arrangements"],
        [f"{TERMS.indicator(OTHER)} by region", "0.500", "−0.25", "–", "–", "all alike"],
    ]  # fmt: skip
    heads, rows = cells(report_tables.moran_table(study(patterns=Patterns(every[1:])), TERMS))
    assert heads == ["", "I", "expected", "p", "inference"]
    assert len(rows[0]) == 5


def test_other_statistics_stand_under_their_own_name():
    """One that a row lacks or that has no p is a dash."""
    geary, getis = ("Geary's C", "Getis-Ord G")
    every = [
        pattern("oblast", FIRST, 0.5, others=(statistic(geary, 0.75, 0.031),)),
        pattern("composite", OTHER, 0.5,
                others=(statistic(getis, 0.25, 0.5), statistic(geary, 1.0, np.nan))),
    ]  # fmt: skip
    heads, rows = cells(
        report_tables.other_statistics_table(study(patterns=Patterns(every)), TERMS)
    )
    assert heads == ["", TERMS.statistic(geary), TERMS.statistic(getis)]
    assert rows == [
        [f"{TERMS.indicator(FIRST)} by oblast", "0.750 (p 0.031)", "–"],
        [f"{TERMS.indicator(OTHER)} by region", "–", "0.250 (p 0.500)"],
    ]


@pytest.mark.parametrize(
    ("certified", "gap", "told"),
    [(True, np.nan, "proven optimum"), (False, np.nan, "unknown"), (False, 0.123, "12.3%")],
)
def test_groups_say_how_close_to_the_best_they_are(certified, gap, told):
    """4 - 1 of 4 parts of the variation lie between the groups."""
    partition = SimpleNamespace(
        n_clusters=3, within_ss=1.0, total_ss=4.0, certified=certified, gap=gap
    )
    choice = SimpleNamespace(best={"silhouette": 2, "gap": 1, "calinski_harabasz": None})
    groups = SimpleNamespace(column="typology_oblast", partition=partition, choice=choice)
    heads, rows = cells(report_tables.groupings_table(study(groupings=Groupings(groups)), TERMS))
    assert heads == [
        "", "groups", "variation explained", "distance to the optimum", "Silhouette",
        "Calinski–Harabasz", "Gap statistic",
    ]  # fmt: skip
    assert rows == [["Typology of the oblasts", "3", "75%", told, "2", "–", "1"]]
    partition.total_ss = partition.within_ss = 0.0
    _, rows = cells(report_tables.groupings_table(study(groupings=Groupings(groups)), TERMS))
    assert rows[0][2] == "–"
    assert report_tables.groupings_table(study(), TERMS) == ""


def test_reasons_that_never_occur_are_left_out_of_the_attrition():
    """Two answers of "don't know", no refusal; what is no reason stays at nought."""
    index = pd.Index(["k33", "c7"], name="item")
    table = pd.DataFrame(
        {"indicator": [OUTCOME, FIRST], "firms": [9, 9], "answered": [7, 9], "dont_know": [2, 0],
         "refused": [0, 0], "own_words": [0, 0], "system_missing": [0, 0]},
        index,
    )  # fmt: skip
    codes = SimpleNamespace(
        indicators=(1,), codes_of=lambda _: {-9: "dont_know", -8: "refused"},
    )  # fmt: skip
    heads, rows = cells(report_tables.attrition_table(study(attrition=table, design=codes), TERMS))
    assert heads == [
        "Item", "Indicator", "Firms", "Answered", "Don't know", "own words", "Blank",
    ]  # fmt: skip
    assert rows == [
        ["k33", TERMS.indicator(OUTCOME), "9", "7", "2", "0", "0"],
        ["c7", TERMS.indicator(FIRST), "9", "9", "0", "0", "0"],
    ]


def test_printed_numbers_are_counted_by_table_and_coding():
    table = pd.DataFrame(
        {
            "table": ["Table 2", "Table 1", "Table 2"],
            "as_published_agrees": [True, True, True],
            "corrected_agrees": [False, True, False],
        }
    )
    heads, rows = cells(report_tables.replication_table(table, TERMS))
    coding = [TERMS.say(f"coding.{each}") for each in ("as-published", "corrected")]
    assert heads == ["", "printed numbers", *coding]
    assert rows == [["Table 1", "1", "1", "1"], ["Table 2", "2", "2", "0"]]
    assert report_tables.replication_table(None, TERMS) == ""

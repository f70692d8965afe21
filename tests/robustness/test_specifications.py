"""Every row of the curve is a fit; every combination is in the curve or in the list of failures."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.regression import fixed_effects

CONTROLS = ["outages_per_month", "co2_monitoring"]
CHOICES = ["coding", "sample", "weights", "controls", "effects", "inference"]


@pytest.fixture(scope="module")
def tables():
    return {each: kz.load_twin(coding=each) for each in ("corrected", "as-published")}


@pytest.fixture(scope="module")
def curve(tables):
    return kz.specification_curve(
        tables,
        "product_innovation",
        controls=CONTROLS,
        effects=("composite", None),
        weights=(None, "wmedian"),
        samples={
            "all": None,
            "retail": "sector == 'Retail'",
            "west": lambda t: t["size"] == "tiny",
        },
        inferences=("cr2", "hc1"),
    )


def test_every_combination_is_somewhere(curve):
    n = 2 * 3 * 2 * 4 * 2 * 2
    assert curve.n_specifications == len(curve.frame) + len(curve.failed) == n
    both = pd.concat([curve.frame[CHOICES], curve.failed[CHOICES]])
    assert len(both.drop_duplicates()) == n
    # a sample without firms fails with its reason, and nothing else does
    assert set(curve.failed["sample"]) == {"west"}
    assert len(curve.failed) == n // 3
    assert (curve.failed["reason"] == "no firm is in this sample").all()


def test_each_row_is_the_fit_that_it_names(curve, tables):
    rng = np.random.default_rng(1)
    for i in rng.choice(len(curve.frame), 12, replace=False):
        row = curve.frame.iloc[i]
        table = tables[row["coding"]]
        if row["sample"] == "retail":
            table = table[table["sector"] == "Retail"]
        terms = ["product_innovation"]
        terms += [] if row["controls"] == "none" else row["controls"].split(" + ")
        bar = "" if row["effects"] == "none" else f" | {row['effects']}"
        fit = fixed_effects(
            f"epayment_share ~ {' + '.join(terms)}{bar}",
            table,
            cluster="composite",
            weights=None if row["weights"] == "none" else row["weights"],
        )
        expected = fit.table(row["inference"]).loc["product_innovation"]
        for name in expected.index:
            assert row[name] == expected[name], name
        assert (row["n_obs"], row["n_clusters"]) == (fit.n_obs, fit.n_clusters)


def test_controls_are_every_subset(curve):
    expected = {"none"} | {" + ".join(each) for n in (1, 2) for each in combinations(CONTROLS, n)}
    assert set(curve.frame["controls"]) == expected


def test_rows_are_in_order_of_the_coefficient(curve):
    assert curve.frame["coefficient"].is_monotonic_increasing
    assert list(curve.frame.index) == list(range(len(curve.frame)))


def test_the_summary_counts(curve):
    found, b, p = curve.summary(), curve.frame["coefficient"], curve.frame["p"]
    assert found["median"] == np.median(b)
    assert (found["smallest"], found["largest"]) == (b.iloc[0], b.iloc[-1])
    assert found["share_positive"] == sum(b > 0) / len(b)
    assert found["share_significant"] == sum(p < 0.05) / len(b)
    parts = found["share_significant_negative"] + found["share_significant_positive"]
    assert parts == pytest.approx(found["share_significant"])
    assert (found["n"], found["failed"]) == (len(b), len(curve.failed))


def test_the_formula_gives_what_is_not_varied(tables):
    found = kz.specification_curve(tables["corrected"], "co2_monitoring")
    row = found.frame.iloc[0]
    assert found.n_specifications == 1
    assert row["controls"] == "outages_per_month + product_innovation + permit_days"
    assert (row["effects"], row["coding"], row["sample"]) == ("composite", "corrected", "all firms")
    assert row["n_obs"] == 105


def test_reasons_of_what_cannot_be_fitted(tables):
    firms = tables["corrected"]
    here = firms.assign(
        only=firms["product_innovation"] * firms["composite"].eq("west"),
        whole=firms["composite"].eq("west") * 1.0,
    )
    alone = kz.specification_curve(
        here, "only", formula="epayment_share ~ only | composite", inferences=("cr2", "hc1")
    )
    assert alone.frame["inference"].tolist() == ["hc1"]
    assert alone.failed["reason"].tolist() == ["cannot be estimated without west"]
    taken = kz.specification_curve(
        here,
        "whole",
        formula="epayment_share ~ whole + co2_monitoring",
        effects=("composite", "sector"),
        inferences=("hc1",),
    )
    assert taken.failed["reason"].tolist() == ["whole is collinear with other terms or effects"]
    few = kz.specification_curve(
        firms,
        "permit_days",
        controls=["co2_monitoring"],
        effects=("oblast_code",),
        samples={"all": None, "few": "permit_days > 80"},
    )
    assert few.failed["reason"].str.contains("expected more firms|to vary|not vary").all()
    assert set(few.failed["sample"]) == {"few"}


def test_sets_of_controls_by_name(tables):
    found = kz.specification_curve(
        tables["corrected"],
        "product_innovation",
        controls={
            "bare": [],
            "firm": ["C(size)", "C(sector)"],
            "twice": ["product_innovation:foreign_share"],
        },
    )
    assert set(found.frame["controls"]) == {"bare", "firm", "twice"}
    by_name = found.frame.set_index("controls")["coefficient"]
    assert by_name["twice"] == by_name["bare"]  # a product with the term is no control
    assert by_name["firm"] != by_name["bare"]


def test_the_picture_shows_each_estimate_and_choice(curve):
    ax = curve.plot()
    top, bottom = ax.figure.axes
    assert top is ax
    drawn = {}
    for line in top.lines:
        drawn |= (
            dict(zip(line.get_xdata(), line.get_ydata(), strict=True))
            if line.get_label()[:2] == "p "
            else {}
        )
    assert [drawn[i] for i in range(len(curve.frame))] == curve.frame["coefficient"].tolist()
    strong = next(line for line in top.lines if line.get_label() == "p < 0.05")
    assert len(strong.get_xdata()) == int((curve.frame["p"] < 0.05).sum())
    names = [each.get_text() for each in bottom.get_yticklabels()]
    assert "effects: none" in names
    assert "weights: wmedian" in names
    heights = bottom.get_yticks()
    assert list(heights) == sorted(heights, reverse=True)  # the first choice on top
    for line, height, name in zip(bottom.lines, heights, names, strict=True):
        choice, _, value = name.partition(": ")
        assert set(line.get_ydata()) == {height}
        here = np.flatnonzero(curve.frame[choice] == value)
        assert list(line.get_xdata()) == list(here), name


def test_the_picture_is_drawn_into_axes_that_are_given(curve):
    from matplotlib.figure import Figure

    figure = Figure()
    ax = figure.subplots()
    top = curve.plot(ax)
    assert top.figure is figure
    assert len(ax.child_axes) == 2
    assert not ax.axison
    figure.canvas.draw()


def test_faults_are_named(tables):
    firms = tables["corrected"]
    with pytest.raises(CallError, match="inferences='cr9'"):
        kz.specification_curve(firms, "co2_monitoring", inferences=("cr9",))
    with pytest.raises(InputError, match="'w9'"):
        kz.specification_curve(firms, "co2_monitoring", weights=("w9",))
    with pytest.raises(NotEnoughDataError, match="no specification can be estimated; no firm"):
        kz.specification_curve(firms, "co2_monitoring", samples={"x": "size == 'tiny'"})
    with pytest.raises(CallError, match="found no tables"):
        kz.specification_curve({}, "co2_monitoring")

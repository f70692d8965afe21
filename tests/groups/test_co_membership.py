"""Groups over draws of the firms: by grouping each draw apart, and awkward draws."""

from __future__ import annotations

import inspect

import numpy as np
import pandas as pd
import pytest

import kz_spatial as kz
from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.estimates import drawn_by_error, drawn_means
from kz_spatial.groups.stability import co_membership, redrawn_co_membership
from kz_spatial.options import RunOptions

FIRMS = kz.load_twin()
NAMES = ["epayment_share", "permit_days"]


def together(drawn, n_clusters):
    """Share of draws in which two units are in one group, each draw grouped as one table."""
    same = [
        np.equal.outer(labels, labels)
        for labels in (
            kz.typology(pd.DataFrame(each), n_clusters=n_clusters).labels.to_numpy()
            for each in drawn
        )
    ]
    return np.mean(same, axis=0)


@pytest.mark.parametrize("weights", [None, "wmedian"])
@pytest.mark.parametrize("n_clusters", [2, 4])
def test_shares_are_those_of_each_draw_grouped_apart(weights, n_clusters):
    """Every draw of the firms is averaged by region and grouped as one table would be."""
    found = co_membership(
        FIRMS, indicators=NAMES, n_clusters=n_clusters, weights=weights, n_draws=15, seed=6
    )
    drawn = drawn_means(FIRMS, kz.aggregate(FIRMS, weights=weights), NAMES, weights, 15, 6)
    np.testing.assert_allclose(found.matrix, together(drawn, n_clusters))
    assert list(found.matrix) == list(found.matrix.index) == list(kz.aggregate(FIRMS).index)
    assert (found.n_draws, found.n_skipped) == (15, 0)
    assert (found.n_clusters, found.seed) == (n_clusters, 6)


def test_oblasts_in_plain_groups_are_always_together():
    """Twenty units are more than are enumerated; three levels far apart leave no doubt."""
    rng = np.random.default_rng(2)
    codes = sorted(FIRMS["oblast_code"].unique())
    level = {code: 40 * (i % 3) for i, code in enumerate(codes)}
    firms = pd.DataFrame(
        [(code, level[code] + rng.normal()) for code in codes for _ in range(30)],
        columns=["oblast_code", "epayment_share"],
    )
    found = co_membership(firms, by="oblast", indicators=["epayment_share"], n_draws=9)
    assert found.matrix.shape == (20, 20)
    levels = np.array([level[code] for code in found.matrix.index])
    np.testing.assert_array_equal(found.matrix, np.equal.outer(levels, levels).astype(float))


def some_answered(n=3):
    """Seven regions of n firms; in the west one firm alone tells its permits."""
    rows = [(code, float(10 * i + j)) for i, code in enumerate(kz.aggregate(FIRMS).index)
            for j in range(n)]  # fmt: skip
    firms = pd.DataFrame(rows, columns=["composite", "permit_days"])
    firms.loc[firms["composite"].eq("west") & (firms.index % n > 0), "permit_days"] = np.nan
    return firms


def test_draws_without_an_answer_of_some_region_are_left_out_and_counted():
    """Of three firms one answers, so (2/3)^3 of the draws hold none that does: 30 %."""
    found = co_membership(some_answered(), indicators=["permit_days"], n_draws=2000, n_clusters=2)
    assert found.n_draws + found.n_skipped == 2000
    assert abs(found.n_skipped / 2000 - 8 / 27) < 4 * np.sqrt(8 / 27 * 19 / 27 / 2000)
    table = kz.aggregate(some_answered(), indicators=["permit_days"], min_firms=1)
    drawn = drawn_means(some_answered(), table, ["permit_days"], None, 40, 20240)
    whole = drawn[~np.isnan(drawn).any(axis=(1, 2))]
    few = co_membership(some_answered(), indicators=["permit_days"], n_draws=40, n_clusters=2)
    assert few.n_skipped == 40 - len(whole) > 0
    np.testing.assert_allclose(few.matrix, together(whole, 2))


def test_alone_it_asks_as_a_run_of_the_study_does():
    """Groups, draws, seed and indicators are those of a run without options."""
    asked = RunOptions()
    table = kz.aggregate(FIRMS)
    plain = co_membership(FIRMS)
    every = list(kz.load_design().by_name)
    for found in (plain, redrawn_co_membership(table, indicators=NAMES)):
        assert found.n_clusters == asked.n_clusters
        assert found.n_draws + found.n_skipped == asked.draws
        assert found.seed == asked.seed
    spelled = co_membership(FIRMS, by="composite", indicators=every, seed=asked.seed)
    pd.testing.assert_frame_equal(plain.matrix, spelled.matrix)
    drawn = drawn_by_error(table, NAMES, asked.draws, asked.seed)
    found = redrawn_co_membership(table, indicators=NAMES)
    np.testing.assert_allclose(found.matrix, together(drawn, asked.n_clusters))


def test_what_cannot_be_grouped_is_said():
    """No indicator, no group, more groups than units, no whole draw."""
    table = kz.aggregate(FIRMS)
    with pytest.raises(CallError, match="at least one to group by"):
        co_membership(FIRMS, indicators=[])
    for n in (0, 2.5):
        with pytest.raises(CallError, match="n_clusters"):
            co_membership(FIRMS, indicators=NAMES, n_clusters=n, n_draws=2)
        with pytest.raises(CallError, match="n_clusters"):
            redrawn_co_membership(table, indicators=NAMES, n_clusters=n, n_draws=2)
    with pytest.raises(NotEnoughDataError, match="7 units for 8 groups"):
        co_membership(FIRMS, indicators=NAMES, n_clusters=8, n_draws=2)
    withheld = table.assign(permit_days_mean=np.nan)
    with pytest.raises(NotEnoughDataError, match="none of 3 draws"):
        redrawn_co_membership(withheld, indicators=NAMES, n_draws=3)
    asked = {"n_clusters": 1, "n_draws": 2}
    means = table[[f"{name}_mean" for name in NAMES]]
    for one in (
        co_membership(FIRMS, indicators=NAMES, **asked),
        redrawn_co_membership(table, indicators=NAMES, **asked),
        kz.co_membership_of(means, means * 0, **asked),
    ):
        assert (one.matrix == 1).all(axis=None)


def test_units_of_few_firms_take_part_as_they_are_not_shown():
    """Cells of under five firms are withheld from tables, not from the count of groups."""
    found = co_membership(some_answered(), indicators=["permit_days"], n_draws=5, n_clusters=2)
    assert found.n_draws > 0


@pytest.mark.parametrize("function", [kz.co_membership, kz.co_membership_of])
def test_python_and_runs_draw_as_often_from_the_same_seed(function):
    """What a notebook shows is what a bundle holds."""
    asked = inspect.signature(function).parameters
    usual = kz.RunOptions()
    assert asked["n_draws"].default == usual.draws
    assert asked["seed"].default == usual.seed
    assert asked["n_clusters"].default == usual.n_clusters

"""The score under other choices: ranks by hand, shares of variance of a known function."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

import kz_spatial as kz
from kz_spatial.errors import InputError, NotEnoughDataError
from kz_spatial.estimates import SOURCES, score_sensitivity
from kz_spatial.estimates.scores import readiness

UNITS = ["almaty", "astana", "center", "east"]


def means_of(rows, names=("epayment_share", "co2_monitoring", "product_innovation")):
    return pd.DataFrame(rows, index=UNITS[: len(rows)], columns=list(names), dtype=float)


@dataclass(frozen=True)
class Known:
    """A function of two uniform numbers per source whose indices are known in closed form."""

    def draw(self, n, rng):
        return {source: rng.random(n) for source in SOURCES}

    def ranks(self, drawn):
        a, b, c = (drawn[s] - 0.5 for s in SOURCES[:3])
        # variances: 4/12, 1/12, and of the product (1/12)^2 * 36 = 3/12
        return np.column_stack([2 * a + b + 6 * a * c, 0 * a])


def test_shares_are_those_of_a_function_that_is_known():
    from kz_spatial.estimates.score_choices import _shares

    rng, known = np.random.default_rng(1), Known()
    n = 200_000
    ranks, found = _shares(known, known.draw(n, rng), known.draw(n, rng))
    whole = (4 + 1 + 3) / 12
    assert ranks[:, 0].var() == pytest.approx(whole, rel=0.01)
    first = {s: found[s][0][0] / whole for s in SOURCES}
    total = {s: found[s][1][0] / whole for s in SOURCES}
    assert list(first.values()) == pytest.approx([4 / 8, 1 / 8, 0, 0], abs=0.01)
    assert list(total.values()) == pytest.approx([7 / 8, 1 / 8, 3 / 8, 0], abs=0.01)


def test_a_unit_that_is_best_in_everything_stays_first_whatever_is_chosen():
    means = means_of([[9, 0.9, 0.9], [5, 0.6, 0.4], [4, 0.4, 0.6], [1, 0.1, 0.1]])
    found = score_sensitivity(means, n_draws=256)
    assert found.ranks.loc["almaty", ["median", "low", "high"]].tolist() == [1, 1, 1]
    assert found.ranks.loc["almaty", "share_first"] == 1
    assert found.ranks.loc["east", "share_last"] == 1
    assert 0.3 < found.ranks.loc["astana", "share_top"] <= 1
    assert found.variance.loc["almaty"].isna().all(axis=None)
    assert found.overall.loc["sampling"].tolist() == [0, 0]
    assert found.overall["total"].between(0, 1.05).all()


def test_equal_scores_share_the_mean_of_their_ranks():
    from kz_spatial.estimates.score_choices import _Problem

    problem = _Problem(np.array([[2.0], [1.0], [1.0], [0.0]]), np.zeros((4, 1)))
    one = {"weights": np.ones((1, 1)), "normalisation": np.zeros(1, dtype=int),
           "aggregation": np.zeros(1, dtype=int), "sampling": np.zeros((1, 4, 1))}  # fmt: skip
    assert problem.ranks(one).tolist() == [[1, 2.5, 2.5, 4]]


def test_ranks_are_of_the_score_as_it_is_and_ends_are_the_middle_nine_tenths():
    table = kz.aggregate(kz.load_twin(), by="composite")
    means = table.filter(like="_mean").rename(columns=lambda name: name[:-5])
    errors = table.filter(like="_se").rename(columns=lambda name: name[:-3])
    found = score_sensitivity(means, errors, n_draws=512).ranks
    assert found["rank"].tolist() == table["rank"].tolist()
    assert (found["low"] <= found["median"]).all()
    assert (found["median"] <= found["high"]).all()
    assert found["high"].max() == 7
    assert found["share_first"].sum() == pytest.approx(1, abs=0.05)
    assert found["share_last"].sum() == pytest.approx(1, abs=0.05)


def test_less_is_better_where_the_design_says_so():
    means = means_of([[1.0, 50], [9.0, 50.001], [5.0, 49.999]],
                     ("outages_per_month", "epayment_share"))  # fmt: skip
    found = score_sensitivity(means, n_draws=256)
    assert found.ranks["rank"].tolist() == readiness(means).rank(ascending=False).tolist()
    assert found.ranks.loc["almaty", "share_first"] > found.ranks.loc["astana", "share_first"]


def test_errors_move_ranks_and_larger_ones_more():
    means = means_of([[9, 0.9, 0.9], [5, 0.6, 0.4], [4, 0.4, 0.6], [1, 0.1, 0.1]])
    spread = means.std()
    small, large = (
        score_sensitivity(means, pd.DataFrame(1.0, means.index, means.columns) * spread * by,
                          n_draws=512)
        for by in (0.1, 1.5)
    )  # fmt: skip
    assert large.overall.loc["sampling", "total"] > small.overall.loc["sampling", "total"]
    # what acts together with others counts in the total alone
    for found in (large.overall, large.variance):
        assert (found["total"] - found["first_order"]).max() > 0.05
        assert (found["total"] - found["first_order"]).min() > -0.1
    assert large.ranks.loc["almaty", "share_first"] < small.ranks.loc["almaty", "share_first"]


def test_the_three_ways_to_bring_values_to_one_scale():
    from kz_spatial.estimates.score_choices import _normalised

    x = np.array([[[1.0], [2.0], [6.0]]])
    z, span, place = (_normalised(x, np.array([kind])).ravel() for kind in range(3))
    assert z == pytest.approx((x.ravel() - 3) / np.sqrt(7))
    assert span == pytest.approx([0, 0.2, 1])
    assert place == pytest.approx([0, 0.5, 1])


def test_the_ways_to_put_indicators_together():
    """Arithmetic; geometric of values from 1 to 100; and without one indicator."""
    from kz_spatial.estimates.score_choices import _combined

    x = np.array([[[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]]])
    weights = np.array([[0.25, 0.75]])
    arithmetic, geometric, without_first, without_second = (
        _combined(x, weights, np.array([kind])).ravel() for kind in range(4)
    )
    assert arithmetic == pytest.approx([0.75, 0.25, 0.5])
    assert np.exp(geometric) == pytest.approx([100**0.75, 100**0.25, 50.5])
    assert without_first == pytest.approx([1, 0, 0.5])
    assert without_second == pytest.approx([0, 1, 0.5])


def test_what_cannot_be_ranked_is_refused():
    means = means_of([[9, 0.9, 0.9], [5, 0.6, 0.4], [4, 0.4, 0.6]])
    with pytest.raises(InputError, match="almaty"):
        score_sensitivity(means, means * np.nan)
    with pytest.raises(NotEnoughDataError, match="0 units"):
        score_sensitivity(means.iloc[:1])


def test_the_same_seed_gives_the_same_and_another_nearly():
    table = kz.aggregate(kz.load_twin(), by="composite")
    means = table.filter(like="_mean").rename(columns=lambda name: name[:-5])
    errors = table.filter(like="_se").rename(columns=lambda name: name[:-3])
    first, same, other = (kz.score_sensitivity(means, errors, seed=s) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(first.ranks, same.ranks)
    assert (first.overall - other.overall).abs().max(axis=None) < 0.06
    assert (first.ranks["share_first"] - other.ranks["share_first"]).abs().max() < 0.03

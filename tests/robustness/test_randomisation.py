"""Randomisation inference against scipy's permutation test, refits and counts by hand."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.regression import fixed_effects
from kz_spatial.robustness.randomisation import _drawn, arrangements, n_arrangements


def _made(seed=1, n=12, G=3):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"g": np.arange(n) % G, "z": rng.normal(size=n), "w": 1 + rng.random(n)})
    table["x"] = (rng.random(n) < 0.5).astype(float)
    table["y"] = table["x"] + table["g"] + rng.normal(size=n)
    return table


@pytest.mark.parametrize("seed", range(4))
def test_without_controls_it_is_scipys_permutation_test(seed):
    """The slope of a 0/1 term is a difference of means: scipy goes through all ways too."""
    table = _made(seed).assign(all="a")
    one, two = (table.loc[table["x"] == each, "y"].to_numpy() for each in (1.0, 0.0))
    expected = stats.permutation_test(
        (one, two),
        lambda a, b, axis: np.abs(a.mean(axis=axis) - b.mean(axis=axis)),
        vectorized=True,
        n_resamples=np.inf,
        alternative="greater",
    )
    found = kz.randomisation_test("y ~ x", table, "x", by="all", statistic="coefficient")
    assert found.method == "exact"
    assert found.n_arrangements == len(expected.null_distribution)
    assert found.p == pytest.approx(expected.pvalue, abs=1e-12)
    assert abs(found.statistic) == pytest.approx(expected.statistic, rel=1e-9)


@pytest.mark.parametrize("cluster", [None, "g"])
@pytest.mark.parametrize("weights", [None, "w"])
def test_each_arrangement_is_a_refit(cluster, weights):
    table = _made(5, n=12, G=3)
    found = kz.randomisation_test(
        "y ~ x + z | g", table, "x", by="g", cluster=cluster, weights=weights
    )
    values, strata = table["x"].to_numpy(), table["g"].to_numpy()
    ways = list(arrangements(values, strata))
    assert found.n_possible == found.n_arrangements == len(ways) == n_arrangements(values, strata)
    inference = "crv1" if cluster else "hc1"
    for way, drawn in list(zip(ways, found.drawn, strict=True))[:: max(1, len(ways) // 12)]:
        fit = fixed_effects("y ~ x + z | g", table.assign(x=way), cluster=cluster, weights=weights)
        expected = fit.table(inference).loc["x", "t"]
        assert drawn == pytest.approx(expected, rel=1e-8)
    own = fixed_effects("y ~ x + z | g", table, cluster=cluster, weights=weights)
    assert found.statistic == pytest.approx(own.table(inference).loc["x", "t"], rel=1e-8)
    assert found.coefficient == own.coefficients["x"]
    assert found.p == np.mean(np.abs(found.drawn) >= abs(found.statistic) * (1 - 1e-9))


def test_whole_regions_change_places():
    """Four regions, one number each: 24 ways, gone through by hand."""
    table = _made(2, n=20, G=4)
    table["v"] = table["g"].map({0: 1.0, 1: 4.0, 2: 2.0, 3: 7.0})
    found = kz.randomisation_test(
        "y ~ v + z", table, "v", scheme="regions", by="g", statistic="coefficient"
    )
    slopes = []
    for order in permutations([1.0, 4.0, 2.0, 7.0]):
        moved = table.assign(v=table["g"].map(dict(enumerate(order))))
        slopes.append(fixed_effects("y ~ v + z", moved).coefficients["v"])
    own = fixed_effects("y ~ v + z", table).coefficients["v"]
    assert found.n_possible == 24
    assert sorted(found.drawn) == pytest.approx(sorted(slopes))
    assert found.p == pytest.approx(np.mean(np.abs(slopes) >= abs(own) - 1e-12))
    assert found.p_min == 1 / 24


def test_values_stay_within_their_stratum():
    table = _made(3)
    values, strata = table["x"].to_numpy(), table["g"].to_numpy()
    for way in arrangements(values, strata):
        for g in range(3):
            assert sorted(way[strata == g]) == sorted(values[strata == g])
    whole = [tuple(way) for way in arrangements(values, strata)]
    assert len(set(whole)) == len(whole)
    assert tuple(values) in whole


def test_drawn_values_stay_within_their_stratum_too():
    values, strata = np.arange(30.0), np.arange(30) % 3
    ways = list(_drawn(values, strata, 20, 1))
    assert len(ways) == 20
    for way in ways:
        assert not np.array_equal(way, values)
        for g in range(3):
            assert sorted(way[strata == g]) == sorted(values[strata == g])
    # each place has each value of its stratum about as often
    first = [way[0] for way in _drawn(values, strata, 3000, 2)]
    counts = np.unique(first, return_counts=True)[1]
    assert len(counts) == 10
    assert stats.chisquare(counts).pvalue > 1e-4


def test_many_arrangements_are_drawn_with_a_seed():
    firms = kz.load_twin()
    formula = "epayment_share ~ product_innovation | composite"
    one, two, other = (
        kz.randomisation_test(formula, firms, "product_innovation", n_permutations=299, seed=seed)
        for seed in (1, 1, 2)
    )
    assert (one.method, one.n_arrangements, one.seed, one.p_min) == ("monte-carlo", 299, 1, 1 / 300)
    assert one.n_possible > 10**100
    assert np.array_equal(one.drawn, two.drawn)
    assert not np.array_equal(one.drawn, other.drawn)
    beyond = int((np.abs(one.drawn) >= abs(one.statistic)).sum())
    assert one.p == (1 + beyond) / 300


def test_the_p_value_is_as_often_small_as_it_says():
    """No effect at all: of 300 exact tests, those at or under 0.1 are 10 % give or take."""
    rng = np.random.default_rng(8)
    found = []
    for _ in range(300):
        table = pd.DataFrame({"x": [0.0, 0, 0, 1, 1, 1] * 2, "g": [0] * 6 + [1] * 6})
        table["y"] = rng.standard_t(2, 12)
        found.append(kz.randomisation_test("y ~ x | g", table, "x", by="g").p)
    share = np.mean(np.array(found) <= 0.1)
    assert 0.05 < share <= 0.1 + 3 * np.sqrt(0.09 / 300)


def test_faults_are_named():
    table = _made()
    with pytest.raises(CallError, match=r"found it in x:z, expected a column"):
        kz.randomisation_test("y ~ x:z", table, "x", by="g")
    with pytest.raises(CallError, match="found it in x, x:z"):
        kz.randomisation_test("y ~ x + x:z", table, "x", by="g")
    with pytest.raises(InputError, match="varies within g 0"):
        kz.randomisation_test("y ~ x", table, "x", by="g", scheme="regions")
    with pytest.raises(NotEnoughDataError, match="one arrangement only"):
        kz.randomisation_test("y ~ v", table.assign(v=table["g"] * 1.0), "v", by="g")
    with pytest.warns(match="collinear"), pytest.raises(NotEnoughDataError, match="carry it"):
        kz.randomisation_test("y ~ z + v | g", table.assign(v=table["g"] * 1.0), "v", by="g")
    with pytest.raises(CallError, match="scheme='region'"):
        kz.randomisation_test("y ~ x", table, "x", by="g", scheme="region")
    with pytest.raises(InputError, match="rows twice"):
        kz.randomisation_test("y ~ x", pd.concat([table, table]), "x", by="g")

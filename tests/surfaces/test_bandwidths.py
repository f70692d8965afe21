"""How wide a kernel is: rules and cross-validation by scipy, by integrals and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import gaussian_kde, multivariate_normal

from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.options import EQUAL_AREA_CRS
from kz_spatial.surfaces import bandwidths
from kz_spatial.surfaces.bandwidths import (
    abramson,
    cross_validated,
    rule_of_thumb,
    scores_by_lag,
    scores_by_pair,
)
from kz_spatial.surfaces.kernel import density
from kz_spatial.surfaces.shapes import KERNELS, height

METRIC = {"x": "x", "y": "y", "crs": EQUAL_AREA_CRS}


def cloud(n=80, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 1, n), rng.normal(0, 1.5, n), rng.uniform(0.5, 3, n)


def metres(n=80):
    x, y, w = cloud(n)
    return pd.DataFrame({"x": x * 1e5, "y": y * 1e5, "w": w})


@pytest.mark.parametrize("weighted", [False, True])
def test_rules_are_scipys_in_two_dimensions(weighted):
    x, y, w = cloud()
    w = w if weighted else np.ones(80)
    theirs = gaussian_kde(np.stack([x, y]), weights=w)
    spread = np.sqrt((np.cov(x, aweights=w, ddof=0) + np.cov(y, aweights=w, ddof=0)) / 2)
    for factor in (theirs.scotts_factor(), theirs.silverman_factor()):
        assert rule_of_thumb(x, y, w) == pytest.approx(spread * factor)


@pytest.mark.parametrize("kernel", KERNELS)
def test_least_squares_is_the_integral_it_stands_for(kernel):
    """The square is integrated on a grid, and each point's density left out one by one."""
    x, y, _ = cloud(25)
    h, step = 0.8, 0.05
    along = np.arange(-9, 9, step)
    east, north = np.meshgrid(along, along)
    apart = (east[..., None] - x) ** 2 + (north[..., None] - y) ** 2
    whole = (height(kernel, apart, h).mean(axis=-1) ** 2).sum() * step**2
    others = [
        height(kernel, np.delete((x - x[i]) ** 2 + (y - y[i]) ** 2, i), h).mean() for i in range(25)
    ]
    expected = whole - 2 * np.mean(others)
    found = scores_by_pair(x, y, np.ones(25), kernel)
    assert found["least-squares"](h) == pytest.approx(expected, rel=2e-3)
    assert found["likelihood"](2.0) == pytest.approx(
        -np.mean(
            np.log(
                [
                    height(kernel, np.delete((x - x[i]) ** 2 + (y - y[i]) ** 2, i), 2.0).mean()
                    for i in range(25)
                ]
            )
        )
    )


def test_likelihood_is_scipys_normal_density_leaving_each_out():
    x, y, w = cloud(40)
    at, total = np.stack([x, y], axis=1), 0.0
    for i in range(40):
        others = [
            w[j] * multivariate_normal(at[j], 0.25 * np.eye(2)).pdf(at[i])
            for j in range(40)
            if j != i
        ]
        total += w[i] * np.log(sum(others) / (w.sum() - w[i]))
    found = scores_by_pair(x, y, w, "gaussian")["likelihood"](0.5)
    assert found == pytest.approx(-total / w.sum(), rel=1e-9)


@pytest.mark.parametrize("kernel", ["gaussian", "quartic"])
@pytest.mark.parametrize("rule", ["least-squares", "likelihood"])
def test_the_optimum_is_one_and_both_ways_find_it(monkeypatch, kernel, rule):
    x, y, w = cloud(400)
    score = scores_by_pair(x, y, w, kernel)[rule]
    found = cross_validated(x, y, w, kernel=kernel, rule=rule)
    thumb = rule_of_thumb(x, y, w)
    trials = np.geomspace(0.02 * thumb, 2 * thumb, 200)
    assert score(found) <= min(score(each) for each in trials) + 1e-6
    near = minimize_scalar(score, bounds=(found * 0.9, found * 1.1), method="bounded")
    assert found == pytest.approx(near.x, rel=0.01)
    monkeypatch.setattr(bandwidths, "MOST_PLACES", 0)
    monkeypatch.setattr(bandwidths, "scores_by_pair", None)  # is not asked
    assert cross_validated(x, y, w, kernel=kernel, rule=rule) == pytest.approx(found, rel=0.01)


def test_lags_give_the_sums_of_pairs():
    x, y, w = cloud(500)
    for kernel in ("gaussian", "triweight"):
        pairs, lags = (f(x, y, w, kernel) for f in (scores_by_pair, scores_by_lag))
        # a node is a hundredth of a bandwidth to a twentieth
        for rule, h in (("least-squares", 0.3), ("least-squares", 0.7), ("likelihood", 1.5)):
            assert lags[rule](h) == pytest.approx(pairs[rule](h), rel=2e-3)


def test_points_in_one_place_ask_for_the_least_smoothing():
    x, y, _ = cloud(40)
    twice = np.r_[x, x], np.r_[y, y], np.ones(80)
    found = cross_validated(*twice, kernel="gaussian", rule="likelihood", least=0.05)
    assert found == pytest.approx(0.05, rel=0.2)


def test_abramson_by_hand():
    # geometric mean of 1, 4 and 16 is 4
    assert abramson(np.array([1.0, 4.0, 16.0]), np.ones(3)).tolist() == [2.0, 1.0, 0.5]
    assert abramson(np.array([1.0, 1e9, 1e9]), np.ones(3)).max() == 5.0
    # weights tell how often a point counts in the mean: (1 * 16)^(1/2) becomes (1^3 * 16)^(1/4)
    assert abramson(np.array([1.0, 16.0]), np.array([3.0, 1.0])).tolist() == pytest.approx(
        [2**0.5, 2**-1.5]
    )


def test_an_adaptive_surface_is_the_sum_it_is_said_to_be():
    points = metres(30)
    found = density(points, bandwidth="adaptive", bandwidth_m=60_000, cell_m=20_000, **METRIC)
    x, y = points["x"].to_numpy(), points["y"].to_numpy()
    pilot = height("gaussian", (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2, 60_000).sum(axis=1)
    h = 60_000 * np.sqrt(np.exp(np.log(pilot).mean()) / pilot)
    rows, columns = np.indices(found.values.shape)
    move = found.transform
    east, north = move.c + move.a * (columns + 0.5), move.f + move.e * (rows + 0.5)
    apart = (east[..., None] - x) ** 2 + (north[..., None] - y) ** 2
    expected = height("gaussian", apart, h).sum(axis=-1) * 1e9
    np.testing.assert_allclose(found.values, expected, rtol=2e-6, atol=1e-12)
    assert (found.rule, found.bandwidth_m) == ("adaptive", 60_000)
    assert h.max() > 1.5 * h.min()


@pytest.mark.parametrize("rule", ["scott", "silverman", "least-squares", "likelihood"])
def test_a_surface_says_by_which_rule_it_was_made(rule):
    points = metres()
    found = density(points, weights="w", bandwidth=rule, cell_m=20_000, **METRIC)
    x, y, w = (points[name].to_numpy() for name in "xyw")
    expected = rule_of_thumb(x, y, w)
    if rule not in ("scott", "silverman"):
        expected = cross_validated(x, y, w, kernel="gaussian", rule=rule, least=10_000)
    assert found.bandwidth_m == pytest.approx(expected)
    assert found.rule == rule


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"bandwidth": "best"}, "bandwidth='best': expected"),
        ({"bandwidth": 0}, "bandwidth_m=0: expected metres above 0"),
        ({"bandwidth": np.nan}, "bandwidth_m=nan"),
        ({"bandwidth": 5e4, "bandwidth_m": 6e4}, "expected one of the two"),
        ({"bandwidth": "scott", "bandwidth_m": 6e4}, "expected one of the two"),
        ({"kernel": "cosine"}, "kernel='cosine': expected"),
    ],
)
def test_what_is_no_bandwidth_or_kernel_is_refused(options, said):
    with pytest.raises(CallError, match=said):
        density(metres(), **METRIC, **options)


@pytest.mark.parametrize("rule", bandwidths.RULES)
def test_points_all_alike_have_no_bandwidth(rule):
    points = pd.DataFrame({"x": [7e4] * 3, "y": [1e4] * 3})
    with pytest.raises(NotEnoughDataError, match="all lie in one place"):
        density(points, bandwidth=rule, **METRIC)

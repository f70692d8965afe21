"""Where a smoothed mean differs from chance: exact moments, the level, and what is outlined."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.stats import binomtest

from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.options import EQUAL_AREA_CRS
from kz_spatial.surfaces.chance import density_envelope
from kz_spatial.surfaces.shapes import height

METRIC = {"x": "x", "y": "y", "crs": EQUAL_AREA_CRS}


def cloud(n=150, seed=0):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-3e5, 3e5, (2, n))
    return pd.DataFrame({"x": x, "y": y, "v": rng.normal(20, 5, n), "w": rng.uniform(0.5, 2, n)})


def test_scores_are_those_of_every_dealing():
    """Five points, 120 dealings: mean and deviation over all of them, counted."""
    points = cloud(5, seed=3)
    found = density_envelope(
        points,
        "v",
        weights="w",
        bandwidth=2e5,
        cell_m=1e5,
        min_support=0,
        n_permutations=19,
        **METRIC,
    )
    rows, columns = np.indices(found.score.shape)
    move = found.surface.transform
    x, y = move.c + move.a * (columns + 0.5), move.f + move.e * (rows + 0.5)
    apart = (x[..., None] - points["x"].to_numpy()) ** 2 + (
        y[..., None] - points["y"].to_numpy()
    ) ** 2
    a = height("gaussian", apart, 2e5) * points["w"].to_numpy()
    a /= a.sum(axis=-1, keepdims=True)
    every = np.stack([a @ np.array(dealt) for dealt in permutations(points["v"])])
    expected = (a @ points["v"].to_numpy() - every.mean(axis=0)) / every.std(axis=0)
    np.testing.assert_allclose(found.score, expected, rtol=1e-4, atol=1e-5)


def test_p_and_limit_belong_together():
    points = cloud()
    points["v"] += points["x"] / 5e4  # scores of every size, so that some lie next to the limit
    found = density_envelope(points, "v", bandwidth=6e4, cell_m=1e4, n_permutations=199, **METRIC)
    assert ((found.p > 0.03) & (found.p <= 0.05)).any()
    assert ((found.p > 0.05) & (found.p <= 0.08)).any()
    shown = np.isfinite(found.score)
    assert (np.isfinite(found.p) == shown).all()
    assert found.p_map == pytest.approx(np.nanmin(found.p))
    steps = np.nanmin(found.p) * 200
    assert steps == pytest.approx(round(float(steps)), abs=1e-3)
    # beyond the limit is where the adjusted p is at most the level
    beyond = np.abs(found.score[shown]) > found.limit
    assert (found.p[shown][beyond] <= 0.05 + 1e-6).all()
    assert (found.p[shown][np.abs(found.score[shown]) < found.limit - 1e-4] > 0.05 - 1e-6).all()
    again = density_envelope(points, "v", bandwidth=6e4, cell_m=1e4, n_permutations=199, **METRIC)
    assert again.limit == found.limit
    other = density_envelope(
        points, "v", bandwidth=6e4, cell_m=1e4, n_permutations=199, seed=2, **METRIC
    )
    assert other.limit != found.limit


def test_a_strong_pattern_is_found_where_it_is():
    points = cloud(300)
    points["v"] += 15 * (points["x"] > 1e5)
    found = density_envelope(points, "v", bandwidth=5e4, cell_m=2e4, n_permutations=199, **METRIC)
    assert found.p_map == 0.005
    outlines = found.contours()
    assert outlines.crs == EQUAL_AREA_CRS
    high = outlines[outlines["side"] == "high"].union_all()
    low = outlines[outlines["side"] == "low"].union_all()
    assert high.contains(shapely.Point(2e5, 0))
    assert low.contains(shapely.Point(-1e5, 0)) or low.contains(shapely.Point(-2e5, 0))
    assert high.centroid.x > 1e5 > low.centroid.x
    assert not high.intersects(low)
    assert (outlines["limit"].abs() == found.limit).all()
    # a constant added moves nothing, a sign turns it round
    turned = density_envelope(
        points.assign(v=7 - points["v"]),
        "v",
        bandwidth=5e4,
        cell_m=2e4,
        n_permutations=199,
        **METRIC,
    )
    np.testing.assert_allclose(turned.score, -found.score, rtol=1e-3, atol=1e-3)


def test_a_map_without_a_pattern_shows_one_in_twenty_times():
    """Two hundred maps of noise: how many show anything has a binomial distribution at 5 %."""
    told = 0
    for seed in range(200):
        found = density_envelope(
            cloud(60, seed), "v", weights="w", bandwidth=8e4, cell_m=6e4, n_permutations=99,
            seed=seed, **METRIC,
        )  # fmt: skip
        told += found.p_map <= 0.05
        assert bool(len(found.contours())) <= (found.p_map <= 0.05)
    assert binomtest(told, 200, 0.05).pvalue > 0.01
    assert told > 0


@pytest.mark.parametrize(
    ("change", "options", "error", "said"),
    [
        ({"v": 3.0}, {}, NotEnoughDataError, "found 3 alone in column v"),
        ({}, {"min_support": 1e9}, NotEnoughDataError, "found no cell with support"),
        ({}, {"n_permutations": 5}, CallError, "n_permutations=5"),
        ({}, {"level": 0}, CallError, "level=0"),
    ],
)
def test_what_cannot_be_told(change, options, error, said):
    with pytest.raises(error, match=said):
        density_envelope(cloud().assign(**change), "v", bandwidth=8e4, **options, **METRIC)

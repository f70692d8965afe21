"""Points shared out part by part: direct sums of kernels, mass, and the same however cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gaussian_kde

import kz_spatial as kz
from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.options import EQUAL_AREA_CRS
from kz_spatial.surfaces import bandwidth_of_sums, density, make_bins
from kz_spatial.surfaces.bandwidths import rule_of_thumb

MASK = kz.oblasts(detail="light")
SIZES = {"bandwidth_m": 60_000.0, "cell_m": 20_000.0}


@pytest.fixture(scope="module")
def points():
    rng = np.random.default_rng(6)
    at = rng.normal(0, [[500_000.0], [250_000.0]], (2, 3000))
    return at, rng.uniform(1, 3, 3000), np.where(rng.random(3000) < 0.2, np.nan, at[1] / 1e4)


def binned(points, edges, **sizes):
    at, w, v = points
    made = None
    for a, b in pairwise(edges):
        part = make_bins(MASK, **{**SIZES, **sizes})
        part.add(at[:, a:b], w[a:b], v[a:b])
        if made is None:
            made = part
        else:
            made.merge(part)
    return made


def test_cells_add_up_to_the_weights_inside(points):
    at, w, _ = points
    found = binned(points, [0, 3000])
    inside = found.frame.grid.near(at, found.mask)
    total = float(np.nansum(found.surface().values.astype(float))) * 0.4  # cells of 400 km2
    # those beyond the border lend what of their kernels reaches in
    assert w[inside].sum() * 0.999 < total < w.sum()


def test_parts_are_the_whole_to_rounding(points):
    one, many = binned(points, [0, 3000]), binned(points, [0, 1, 1, 700, 2999, 3000])
    for name, each in one.nodes.items():
        np.testing.assert_allclose(many.nodes[name], each, rtol=1e-12, atol=1e-9)
    for value in (None, "v"):
        found, expected = many.surface(value), one.surface(value)
        assert found.n_points == expected.n_points
        np.testing.assert_allclose(found.values, expected.values, rtol=1e-6, atol=1e-9)
    assert one.n_values == np.isfinite(points[2]).sum() < one.n_points


@pytest.mark.parametrize("kernel", ["gaussian", "quartic"])
def test_surfaces_are_those_of_the_points(points, kernel):
    """Direct sums of every kernel; binning is off by half a percent of the highest cell."""
    at, w, v = points
    table = pd.DataFrame({"x": at[0], "y": at[1], "w": w, "v": v})
    bins = binned(points, [0, 1500, 3000], kernel=kernel)
    for value in (None, "v"):
        expected = density(
            table, value=value, weights="w", kernel=kernel, mask=MASK, x="x", y="y",
            crs=EQUAL_AREA_CRS, errors=False, **SIZES,
        )  # fmt: skip
        found = bins.surface(value)
        assert (np.isnan(found.values) != np.isnan(expected.values)).mean() < 0.002
        gap = np.nanmax(np.abs(found.values - expected.values))
        assert gap < 0.006 * np.nanmax(np.abs(expected.values))
        assert found.transform == expected.transform


def test_far_inside_it_is_scipy(points):
    rng = np.random.default_rng(1)
    at = rng.normal(0, 60_000, (2, 4000))
    # spread alike in all directions, so that scipy's kernel is a circle
    root = np.linalg.inv(np.linalg.cholesky(np.cov(at)))
    at = 60_000 * root @ at
    bins = make_bins(MASK, **SIZES)
    bins.add(at)
    found = bins.surface()
    kde = gaussian_kde(at, bw_method=SIZES["bandwidth_m"] / 60_000)
    row, column = 30, 60
    x, y = found.transform * (column + 0.5, row + 0.5)
    expected = float(kde([[x], [y]])[0]) * 4000 * 1e9
    assert found.values[row, column] == pytest.approx(expected, rel=0.01)


def test_a_bandwidth_of_sums_is_the_rule(points):
    at, w, _ = points
    middle = np.average(at, axis=1, weights=w)
    spread = (w * (at - middle[:, None]) ** 2).sum(axis=1)
    found = bandwidth_of_sums(3000, w.sum(), (w**2).sum(), spread)
    assert found == pytest.approx(rule_of_thumb(*at, w), rel=1e-12)


def test_too_few_points_and_bad_sizes():
    bins = make_bins(MASK, **SIZES)
    with pytest.raises(NotEnoughDataError, match="found 0 with a place"):
        bins.surface()
    bins.add(np.zeros((2, 2)), values=np.array([1.0, np.nan]))
    bins.surface()
    with pytest.raises(NotEnoughDataError, match="found 1 with a place and a value"):
        bins.surface("v")
    with pytest.raises(NotEnoughDataError, match="all lie in one place"):
        bandwidth_of_sums(3, 3.0, 3.0, np.zeros(2))
    with pytest.raises(CallError, match="expected at least half"):
        make_bins(MASK, bandwidth_m=5_000, cell_m=20_000)

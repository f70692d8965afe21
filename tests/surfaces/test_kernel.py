"""Kernel surfaces: against scipy and direct sums, and which way is north."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from scipy.stats import gaussian_kde, norm

from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.options import EQUAL_AREA_CRS
from kz_spatial.places.boundaries import oblasts
from kz_spatial.surfaces.kernel import density

PER_1000_KM2 = 1e9  # square metres in a thousand square kilometres
METRIC = {"x": "east", "y": "north", "crs": EQUAL_AREA_CRS}
# surfaces are float32, which keeps seven digits
CLOSE = {"rtol": 2e-6, "atol": 1e-30}


def cloud(n=60, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "east": rng.normal(0, 120_000, n),
            "north": rng.normal(50_000, 80_000, n),
            "v": rng.uniform(0, 100, n),
            "w": rng.uniform(0.5, 4, n),
        }
    )


def centres(surface):
    """Coordinates of every cell's centre, by the surface's own transform."""
    rows, columns = np.indices(surface.values.shape)
    move = surface.transform
    return move.c + move.a * (columns + 0.5), move.f + move.e * (rows + 0.5)


def direct_sum(surface, points, mass):
    """Sum of kernels, cell by cell and point by point."""
    x, y = centres(surface)
    h2 = surface.bandwidth_m**2
    squared = (x[..., None] - points["east"].to_numpy()) ** 2
    squared += (y[..., None] - points["north"].to_numpy()) ** 2
    return (np.exp(-squared / (2 * h2)) / (2 * np.pi * h2) * np.asarray(mass)).sum(axis=-1)


@pytest.mark.parametrize("weights", [None, "w"])
def test_density_agrees_with_scipy(weights):
    points = cloud()
    w = np.ones(len(points)) if weights is None else points["w"].to_numpy()
    # scipy's kernel has the shape of the data's covariance; whitened points make it round
    raw = points[["east", "north"]].to_numpy().T
    root = np.linalg.cholesky(np.cov(raw, aweights=w))
    white = np.linalg.solve(root, raw) * 100_000
    points["east"], points["north"] = white
    h = 30_000
    theirs = gaussian_kde(white, bw_method=h / 100_000, weights=w)
    found = density(points, weights=weights, bandwidth_m=h, cell_m=20_000, **METRIC)
    x, y = centres(found)
    expected = theirs(np.vstack([x.ravel(), y.ravel()])).reshape(x.shape) * w.sum() * PER_1000_KM2
    # the covariance is one up to rounding, which counts ten bandwidths out in the tails
    np.testing.assert_allclose(found.values, expected, rtol=1e-5, atol=1e-12)
    assert (found.bandwidth_m, found.cell_m, found.n_points, found.value) == (h, 20_000, 60, None)
    assert found.unit == "firms per 1000 km²"
    assert found.crs == EQUAL_AREA_CRS


def test_density_and_smoothed_mean_are_the_sums_they_are_said_to_be():
    points = cloud()
    h = 60_000.0
    plain = density(points, weights="w", bandwidth_m=h, cell_m=15_000, **METRIC)
    base = direct_sum(plain, points, points["w"])
    np.testing.assert_allclose(plain.values, base * PER_1000_KM2, **CLOSE)
    smooth = density(points, value="v", weights="w", bandwidth_m=h, cell_m=15_000, **METRIC)
    support = direct_sum(smooth, points, np.ones(60)) * 2 * np.pi * h**2
    expected = direct_sum(smooth, points, points["w"] * points["v"]) / base
    assert np.isnan(smooth.values).tolist() == (support < 5).tolist()
    assert 0 < np.isnan(smooth.values).sum() < smooth.values.size
    seen = support >= 5
    np.testing.assert_allclose(smooth.values[seen], expected[seen], rtol=2e-6)
    assert (smooth.unit, smooth.value) == ("mean of v", "v")
    everywhere = density(
        points, value="v", weights="w", bandwidth_m=h, cell_m=15_000, min_support=0, **METRIC
    )
    assert np.isfinite(everywhere.values).all()
    strict = density(points, value="v", bandwidth_m=h, cell_m=15_000, min_support=20, **METRIC)
    assert np.isnan(strict.values).tolist() == (support < 20).tolist()


def test_the_surface_integrates_to_the_number_of_points():
    points = cloud()
    found = density(points, weights="w", bandwidth_m=40_000, cell_m=10_000, **METRIC)
    rows, columns = found.values.shape
    west, north = found.transform.c, found.transform.f
    # what the frame holds of each kernel; the rule of midpoints is exact to 1e-6 for h = 4 cells
    inside = 1.0
    for name, low, high in (
        ("east", west, west + columns * 10_000),
        ("north", north - rows * 10_000, north),
    ):
        inside *= np.diff(norm.cdf([low, high], points[[name]], 40_000))[:, 0]
    total = found.values.astype(float).sum() * 10_000**2 / PER_1000_KM2
    assert total == pytest.approx((points["w"] * inside).sum(), rel=1e-5)
    # three bandwidths of margin keep 99.7 % of the outermost points on each side
    assert 0.99 < total / points["w"].sum() < 1


def test_north_is_up():
    north = pd.DataFrame({"longitude": [67.0, 67.0], "latitude": [54.0, 54.0]})
    south = pd.DataFrame({"longitude": [72.0, 72.0], "latitude": [42.0, 42.0]})
    frame = gpd.GeoDataFrame(geometry=[shapely.box(60, 40, 80, 56)], crs="EPSG:4326")
    move = Transformer.from_crs("EPSG:4326", EQUAL_AREA_CRS, always_xy=True)
    peaks = []
    for points in (north, south):
        found = density(points, bandwidth_m=50_000, cell_m=20_000, mask=frame)
        row, column = np.unravel_index(np.nanargmax(found.values), found.values.shape)
        x, y = (each[row, column] for each in centres(found))
        expected = move.transform(points["longitude"][0], points["latitude"][0])
        # the highest cell is the one whose centre lies nearest
        assert abs(x - expected[0]) <= 10_000
        assert abs(y - expected[1]) <= 10_000
        peaks.append((row, column))
    assert peaks[0][0] < found.values.shape[0] / 4 < peaks[1][0]
    assert peaks[0][1] < peaks[1][1]  # and east is right
    assert found.transform.e == -20_000


def test_cells_outside_the_mask_are_missing():
    areas = oblasts(detail="light").loc[["KZ-35", "KZ-62"]]
    points = pd.DataFrame({"longitude": [66.9, 73.1, 71.4], "latitude": [48.0, 49.8, 51.2]})
    found = density(points, bandwidth_m=90_000, cell_m=25_000, mask=areas)
    metric = areas.to_crs(EQUAL_AREA_CRS)
    x, y = centres(found)
    inside = shapely.contains_xy(metric.geometry.union_all(), x, y)
    np.testing.assert_array_equal(np.isfinite(found.values), inside)
    assert 0.2 < inside.mean() < 0.9
    west, _, _, north = metric.total_bounds
    assert found.transform.c <= west < found.transform.c + 25_000
    assert found.transform.f - 25_000 < north <= found.transform.f
    # points outside the mask (Astana) still count inside it
    assert found.n_points == 3


def test_points_in_one_place_count_as_often_as_they_are_there():
    once = cloud(20)
    thrice = pd.concat([once] * 3, ignore_index=True)
    a = density(once, bandwidth_m=50_000, **METRIC)
    b = density(thrice, bandwidth_m=50_000, **METRIC)
    np.testing.assert_allclose(b.values, 3 * a.values, rtol=1e-6)
    assert b.n_points == 60
    weighted = density(once.assign(w=3.0), weights="w", bandwidth_m=50_000, **METRIC)
    np.testing.assert_allclose(b.values, weighted.values, rtol=1e-6)


def test_a_constant_smooths_to_itself():
    found = density(cloud().assign(v=7.5), value="v", weights="w", bandwidth_m=50_000, **METRIC)
    assert np.isfinite(found.values).any()
    np.testing.assert_allclose(found.values[np.isfinite(found.values)], 7.5, rtol=1e-6)


@pytest.mark.parametrize("weights", [None, "w"])
def test_scotts_rule_by_hand(weights):
    points = cloud()
    w = np.ones(60) if weights is None else points["w"]
    variances = [np.cov(points[name], aweights=w, ddof=0) for name in ("east", "north")]
    effective = w.sum() ** 2 / (w**2).sum()
    expected = np.sqrt(np.mean(variances)) * effective ** (-1 / 6)
    assert density(points, weights=weights, **METRIC).bandwidth_m == pytest.approx(expected)


def test_geometries_and_columns_give_one_surface():
    columns = pd.DataFrame({"longitude": [70.0, 71, 72], "latitude": [50.0, 51, 49]})
    geometry = gpd.points_from_xy(columns["longitude"], columns["latitude"], crs="EPSG:4326")
    expected = density(columns, bandwidth_m=50_000)
    for points in (
        gpd.GeoDataFrame(geometry=geometry),
        gpd.GeoDataFrame(geometry=geometry).to_crs("EPSG:3857"),
        gpd.GeoDataFrame(geometry=[*geometry, None, shapely.Point()], crs="EPSG:4326"),
    ):
        found = density(points, bandwidth_m=50_000)
        # a detour over another reference system moves points by less than a millimetre
        np.testing.assert_allclose(found.values, expected.values, rtol=1e-5, atol=1e-12)
        assert found.n_points == 3


def test_rows_without_place_value_or_weight_are_left_out():
    points = cloud(10)
    points.loc[0, "east"] = np.nan
    points.loc[1, "v"] = np.nan
    points.loc[2, "w"] = np.nan
    points.loc[3, "north"] = np.inf
    before = points.copy()
    found = density(points, value="v", weights="w", bandwidth_m=90_000, min_support=0, **METRIC)
    assert found.n_points == 6
    rest = density(
        points.drop(index=[0, 1, 2, 3]),
        value="v",
        weights="w",
        bandwidth_m=90_000,
        min_support=0,
        **METRIC,
    )
    np.testing.assert_array_equal(found.values, rest.values)
    pd.testing.assert_frame_equal(points, before)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"bandwidth_m": 0}, "bandwidth_m=0: expected metres above 0"),
        ({"bandwidth_m": -5.0}, "bandwidth_m=-5"),
        ({"bandwidth_m": np.nan}, "bandwidth_m=nan"),
        ({"bandwidth_m": np.inf}, "bandwidth_m=inf"),
        ({"cell_m": 0}, "cell_m=0: expected metres above 0"),
        ({"cell_m": 1}, r"cell_m=1: makes \d+ x \d+ cells, expected at most 20,000,000"),
        ({"crs": "EPSG:99999"}, "crs='EPSG:99999': expected a coordinate reference system"),
    ],
)
def test_bad_arguments_are_faults_of_the_call(options, said):
    with pytest.raises(CallError, match=said):
        density(cloud(), **(METRIC | options))


@pytest.mark.parametrize(
    ("change", "options", "error", "said"),
    [
        (lambda p: p, {"value": "sales"}, InputError, "found no column 'sales'"),
        (lambda p: p, {"weights": "pw"}, InputError, "found no column 'pw'"),
        (lambda p: p.drop(columns="north"), {}, InputError, "found no column 'north'"),
        (lambda p: p.assign(v="x"), {"value": "v"}, InputError, "column v holds"),
        (lambda p: p.assign(east="x"), {}, InputError, "column east holds"),
        (lambda p: p.assign(w=-1.0), {"weights": "w"}, InputError, "column w: found -1"),
        (lambda p: p.assign(w=0.0), {"weights": "w"}, InputError, "column w: found 0"),
        (lambda p: p.head(1), {}, NotEnoughDataError, "found 1 with a place"),
        (lambda p: p.head(0), {}, NotEnoughDataError, "found 0 with a place"),
        (lambda p: p.assign(v=np.nan), {"value": "v"}, NotEnoughDataError, "found 0 with a place"),
        (lambda p: p.assign(east=7e5, north=1e5 / 3), {}, NotEnoughDataError, "all lie in one"),
    ],
)
def test_faulty_points_are_named(change, options, error, said):
    with pytest.raises(error, match=said):
        density(change(cloud()), **METRIC, **options)


def test_one_place_needs_a_bandwidth():
    # projected, these three lie apart by rounding
    point = pd.DataFrame({"longitude": [70.0] * 3, "latitude": [50.0] * 3})
    with pytest.raises(NotEnoughDataError, match="bandwidth_m must be given"):
        density(point)
    found = density(point, bandwidth_m=20_000, cell_m=1000)
    assert found.values.max() == pytest.approx(3 * 1e9 / (2 * np.pi * 20_000**2), rel=1e-3)


def test_geometries_must_be_points_that_know_where_they_are():
    point, square = shapely.Point(70, 50), shapely.box(70, 50, 71, 51)
    with pytest.raises(InputError, match="type Point, Polygon, expected Point"):
        density(gpd.GeoDataFrame(geometry=[point, square], crs="EPSG:4326"))
    with pytest.raises(InputError, match=r"points: .* without a coordinate reference system"):
        density(gpd.GeoDataFrame(geometry=[point, point]))
    with pytest.raises(InputError, match=r"mask: .* without a coordinate reference system"):
        density(cloud(), mask=gpd.GeoDataFrame(geometry=[square]), **METRIC)


@settings(max_examples=25)
@given(st.integers(0, 9), st.floats(1.5, 1000), st.randoms(use_true_random=False))
def test_order_and_weights_of_points(seed, factor, random):
    points = cloud(25, seed=seed)
    order = list(range(25))
    random.shuffle(order)
    options = {"bandwidth_m": 60_000, "cell_m": 40_000, "weights": "w", **METRIC}
    first = density(points, **options)
    moved = density(points.iloc[order].assign(w=points["w"] * factor), **options)
    np.testing.assert_allclose(moved.values, factor * first.values, rtol=1e-6)
    means = density(points, value="v", **options).values
    again = density(points.iloc[order].assign(w=points["w"] * factor), value="v", **options).values
    np.testing.assert_allclose(again, means, rtol=1e-6)
    known = means[np.isfinite(means)]
    assert ((known >= points["v"].min()) & (known <= points["v"].max())).all()

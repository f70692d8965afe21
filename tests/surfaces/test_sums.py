"""Sums of kernels: against KDEpy, direct sums, and the mass that a border must not take."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from helpers import ROOT

from kz_spatial.errors import CallError
from kz_spatial.options import EQUAL_AREA_CRS
from kz_spatial.places.boundaries import oblasts
from kz_spatial.surfaces import kernel as kernel_module
from kz_spatial.surfaces.fourier import FourierSums
from kz_spatial.surfaces.grids import make_grid
from kz_spatial.surfaces.kernel import density
from kz_spatial.surfaces.shapes import KERNELS, height, overlap, peak, radius
from kz_spatial.surfaces.sums import DirectSums

METRIC = {"x": "x", "y": "y", "crs": EQUAL_AREA_CRS}
THEIRS = json.loads((ROOT / "tests/reference/surfaces/kdepy.json").read_text("utf-8"))
FRAME = gpd.GeoDataFrame(
    geometry=[shapely.box(-160_000, -120_000, 160_000, 120_000)], crs=EQUAL_AREA_CRS
)


@pytest.fixture(params=[DirectSums, FourierSums])
def way(request, monkeypatch):
    """Both ways to sum."""
    monkeypatch.setattr(kernel_module, "choose_sums", request.param)
    return request.param


def inside_country(n=200, seed=0):
    """Points anywhere in the country, which for its border is the awkward case."""
    mask = oblasts(detail="light").to_crs(EQUAL_AREA_CRS)
    west, south, east, north = mask.total_bounds
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(west, east, 5 * n), rng.uniform(south, north, 5 * n)
    use = shapely.contains_xy(mask.union_all(), x, y)
    frame = pd.DataFrame({"x": x[use][:n], "y": y[use][:n]})
    return frame.assign(v=rng.normal(50, 10, n), w=rng.uniform(0.5, 3, n)), mask


# shapes


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_kernel_has_mass_one_and_the_deviation_it_is_named_by(kernel):
    h, step = 3.0, 0.02
    reach = min(radius(kernel, h), 8 * h)
    along = np.arange(-reach - step, reach + step, step)
    x, y = np.meshgrid(along, along)
    made = height(kernel, x**2 + y**2, h) * step**2
    # a disc cut out of squares is known to a part of its rim
    assert made.sum() == pytest.approx(1, abs=1e-3)
    assert (made * x**2).sum() == pytest.approx(h**2, rel=2e-3)
    assert float(peak(kernel, h)) == pytest.approx(float(height(kernel, np.zeros(1), h)[0]))


@pytest.mark.parametrize("kernel", KERNELS)
def test_overlap_is_the_integral_of_a_product(kernel):
    h, step = 1.0, 0.02
    along = np.arange(-9, 9, step)
    x, y = np.meshgrid(along, along)
    for apart in (0.0, 0.7, 2.0):
        product = height(kernel, x**2 + y**2, h) * height(kernel, (x - apart) ** 2 + y**2, h)
        found = overlap(kernel, np.array([apart**2]), h)[0]
        assert found == pytest.approx(product.sum() * step**2, rel=5e-3)


def test_heights_by_hand():
    assert height("uniform", np.array([0, 4.0, 4.1]), 1.0) == pytest.approx(
        [1 / (4 * np.pi), 1 / (4 * np.pi), 0]
    )
    # radius sqrt(6), 2 / (6 pi) at the centre, half of it at half the squared radius
    assert height("epanechnikov", np.array([0, 3.0]), 1.0) == pytest.approx(
        [1 / (3 * np.pi), 1 / (6 * np.pi)]
    )
    assert height("quartic", np.array([4.0]), 1.0) == pytest.approx([3 / (8 * np.pi) / 4])
    assert height("triweight", np.array([5.0]), 1.0) == pytest.approx([4 / (10 * np.pi) / 8])


# against others


@pytest.mark.parametrize(
    ("sums", "theirs", "off"), [(DirectSums, "naive", 1e-6), (FourierSums, "fft", 2e-4)]
)
def test_densities_are_those_of_kdepy(monkeypatch, sums, theirs, off):
    monkeypatch.setattr(kernel_module, "choose_sums", sums)
    points = pd.DataFrame({name: THEIRS[name] for name in "xyw"})
    found = density(
        points, weights="w", bandwidth=45_000, cell_m=10_000, mask=FRAME, edge=False, **METRIC
    )
    expected = np.array(THEIRS[theirs])
    # FFTKDE cuts its kernel off and bins at the cells themselves, as is done here from four a
    # bandwidth on; KDEpy's own two ways differ by 2e-3 of the highest cell
    assert np.abs(found.values - expected).max() < off * expected.max()
    assert found.values.shape == expected.shape


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("adaptive", [False, True])
def test_each_way_gives_the_direct_sum(kernel, squared, adaptive):
    rng = np.random.default_rng(5)
    grid = make_grid(np.array([-200.0, -150.0, 200.0, 150.0]), 10.0)
    # some lie beyond the grid, and their kernels reach in
    at = np.stack([rng.uniform(-260, 260, 40), rng.uniform(-210, 210, 40)])
    h = rng.uniform(60, 110, 40) if adaptive else np.full(40, 80.0)
    mass = rng.uniform(0, 2, 40)
    x, y = np.meshgrid(grid.x, grid.y)
    apart = (x[..., None] - at[0]) ** 2 + (y[..., None] - at[1]) ** 2
    expected = (height(kernel, apart, h) ** (2 if squared else 1) * mass).sum(axis=-1)
    exact = DirectSums(grid, at, kernel, h).of(mass, squared=squared)
    np.testing.assert_allclose(exact, expected, rtol=1e-9, atol=1e-12 * expected.max())
    near = FourierSums(grid, at, kernel, h).of(mass, squared=squared)
    # linear binning: eight nodes to a bandwidth; a uniform kernel has a cliff for a rim
    off = {"uniform": 0.5, "epanechnikov": 0.04}.get(kernel, 0.02)
    if adaptive:  # bandwidths are rounded to 2 %, and heights go with their square or fourth power
        off += 0.08 if squared else 0.04
    assert np.abs(near - expected).max() < off * expected.max()
    assert np.abs(near - expected).mean() < 0.1 * off * expected.mean() + 1e-2 * expected.mean()


# the border


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("bandwidth", [7_000.0, 60_000.0, 200_000.0, "adaptive"])
def test_the_mass_inside_is_the_number_of_points(way, kernel, bandwidth):
    points, mask = inside_country()
    options = {"kernel": kernel, "bandwidth": bandwidth, "cell_m": 10_000, "mask": mask, **METRIC}
    found = density(points, **options)
    assert np.nansum(found.values.astype(float)) * 0.1 == pytest.approx(200, rel=1e-5)
    weighted = density(points, weights="w", **options)
    mass = np.nansum(weighted.values.astype(float)) * 0.1
    assert mass == pytest.approx(points["w"].sum(), rel=1e-5)
    assert found.edge_corrected
    open_ended = density(points, **options, edge=False)
    assert not open_ended.edge_corrected
    if bandwidth in (60_000.0, 200_000.0):  # what crosses the border is lost then
        assert np.nansum(open_ended.values.astype(float)) * 0.1 < 196


def test_a_point_on_a_straight_border_counts_twice(way):
    """Half the kernel of a point on the edge lies inside, so all inside is doubled."""
    half = gpd.GeoDataFrame(
        geometry=[shapely.box(0, -400_000, 400_000, 400_000)], crs=EQUAL_AREA_CRS
    )
    points = pd.DataFrame({"x": [0.0, 0.0], "y": [5_000.0, 5_000.0]})
    options = {"bandwidth": 50_000, "cell_m": 10_000, "mask": half, **METRIC}
    found = density(points, **options).values
    plain = density(points, **options, edge=False).values
    seen = plain > 0.01 * plain.max()  # farther out a transform knows nothing
    # binned, the point lies half a cell to either side, and each half is made whole by itself
    close = 1e-4 if way is DirectSums else 0.04
    np.testing.assert_allclose(found[seen] / plain[seen], 2.0, rtol=close)
    assert found[seen].sum() / plain[seen].sum() == pytest.approx(2, rel=2e-3)
    assert seen.sum() > 100


def test_a_point_beyond_the_border_is_not_made_whole(way):
    points, mask = inside_country(50)
    far = pd.DataFrame({"x": [mask.total_bounds[0] - 30_000.0] * 2, "y": [0.0, 0.0]})
    options = {"bandwidth": 60_000, "cell_m": 20_000, "mask": mask, **METRIC}
    alone = density(points, **options).values
    both = density(pd.concat([points, far], ignore_index=True), **options).values
    added = np.nansum((both - alone).astype(float)) * 0.4
    assert 0 < added < 1  # of two, what lies inside


def test_points_beside_the_mask_count_as_inside_it_by_hand():
    """One cell of the mask: its own, and the eight round it, and none beyond or off the grid."""
    grid = make_grid(np.array([0.0, 0.0, 70.0, 60.0]), 10.0)
    mask = np.zeros((6, 7), dtype=bool)
    mask[2, 3] = True  # x from 30 to 40, y from 30 to 40
    x, y = (
        each.ravel() for each in np.meshgrid(np.arange(-25.0, 100, 10), np.arange(-25.0, 90, 10))
    )
    found = grid.near(np.stack([x, y]), mask)
    expected = (np.abs(x - 35) <= 10) & (np.abs(y - 35) <= 10)
    assert found.tolist() == expected.tolist()
    corner = np.zeros((6, 7), dtype=bool)
    corner[0, 0] = True
    found = grid.near(np.stack([x, y]), corner)
    assert found.tolist() == ((np.abs(x - 5) <= 10) & (np.abs(y - 55) <= 10)).tolist()


def test_a_smoothed_mean_needs_no_correction(way):
    points, mask = inside_country()
    options = {"value": "v", "bandwidth": 90_000, "cell_m": 20_000, "mask": mask, **METRIC}
    one, two = (density(points, edge=each, **options) for each in (True, False))
    np.testing.assert_array_equal(one.values, two.values)
    assert not one.edge_corrected


# means and their errors


@pytest.mark.parametrize("kernel", ["gaussian", "quartic"])
def test_local_number_and_error_are_the_sums_they_are_said_to_be(way, kernel):
    points, _ = inside_country(120)
    found = density(
        points, value="v", weights="w", kernel=kernel, bandwidth=150_000, cell_m=40_000, **METRIC
    )
    rows, columns = np.nonzero(np.isfinite(found.values))
    move = found.transform
    x, y = move.c + move.a * (columns + 0.5), move.f + move.e * (rows + 0.5)
    apart = (x[:, None] - points["x"].to_numpy()) ** 2 + (y[:, None] - points["y"].to_numpy()) ** 2
    a = height(kernel, apart, 150_000) * points["w"].to_numpy()
    a /= a.sum(axis=1, keepdims=True)
    v = points["v"].to_numpy()
    mean, number = a @ v, 1 / (a**2).sum(axis=1)
    error = np.sqrt((a**2 * (v - mean[:, None]) ** 2).sum(axis=1) * number / (number - 1))
    close = {"rtol": 2e-6 if way is DirectSums else 0.03}
    at = rows, columns
    np.testing.assert_allclose(found.values[at], mean, **close)
    np.testing.assert_allclose(found.effective_n[at], number, **close)
    np.testing.assert_allclose(found.std_error[at], error, **close)
    assert len(rows) > 100
    assert 1 < number.min() < number.max() < 120


def test_equal_points_have_the_errors_of_a_plain_mean():
    """All in one place: the local mean is the mean, and its error the deviation over root n."""
    v = [1.0, 2.0, 4.0, 9.0]
    points = pd.DataFrame({"x": [5.0] * 4, "y": [5.0] * 4, "v": v})
    found = density(points, value="v", bandwidth=100.0, cell_m=50.0, min_support=0, **METRIC)
    np.testing.assert_allclose(found.values, 4.0, rtol=1e-6)
    np.testing.assert_allclose(found.effective_n, 4.0, rtol=1e-6)
    np.testing.assert_allclose(found.std_error, np.std(v, ddof=1) / 2, rtol=1e-6)


def test_groups_of_points_and_densities_tell_no_error():
    points, _ = inside_country(60)
    options = {"bandwidth": 150_000, "cell_m": 40_000, **METRIC}
    counted = density(points.assign(n=2.0), value="v", counts="n", **options)
    for found in (
        counted,
        density(points, **options),
        density(points, value="v", errors=False, **options),
    ):
        assert found.effective_n is None
        assert found.std_error is None


# many points


def test_many_points_take_the_fourier_way_and_agree(monkeypatch):
    rng = np.random.default_rng(8)
    n = 60_000
    points = pd.DataFrame({"x": rng.normal(0, 1e5, n), "y": rng.normal(0, 1e5, n)})
    options = {"bandwidth": 20_000, "cell_m": 2_500, **METRIC}
    asked = []

    def noted(*given):
        asked.append(given[1].shape[1])
        return FourierSums(*given)

    many = density(points, **options)
    monkeypatch.setattr(kernel_module, "choose_sums", noted)
    again = density(points, **options)
    np.testing.assert_array_equal(many.values, again.values)  # it was the same way
    assert asked == [n]
    monkeypatch.setattr(kernel_module, "choose_sums", DirectSums)
    exact = density(points, **options)
    assert np.abs(many.values - exact.values).max() < 0.01 * exact.values.max()


def test_many_rows_in_few_places_are_still_exact():
    points, mask = inside_country(50)
    often = pd.concat([points] * 1200, ignore_index=True)
    options = {"bandwidth": 60_000, "cell_m": 20_000, "mask": mask, **METRIC}
    once = density(points, **options).values
    np.testing.assert_allclose(density(often, **options).values, 1200 * once, rtol=1e-6)


def test_what_does_not_fit_is_refused_with_the_figure():
    points, _ = inside_country(60)
    with pytest.raises(CallError, match=r"expected at most 20,000,000 in all; .* GB of memory"):
        density(points, bandwidth=50_000, cell_m=100, **METRIC)
    grid = make_grid(np.array([0.0, 0.0, 4e6, 4e6]), 1_000.0)
    with pytest.raises(CallError, match=r"nodes, expected at most 80,000,000; .* GB of memory"):
        FourierSums(grid, np.full((2, 1), 1e6), "gaussian", np.array([500.0]))
    far = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0).buffer(10)], crs=EQUAL_AREA_CRS)
    with pytest.raises(CallError, match=r"cell_m=1e\+06: no cell has its centre in the mask"):
        density(points, bandwidth=1e6, cell_m=1e6, mask=far, **METRIC)

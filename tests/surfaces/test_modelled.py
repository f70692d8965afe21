"""Figures spread by population: totals kept, and no more in them than is published."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import nnls

import kz_spatial as kz
from kz_spatial.design import OPEN
from kz_spatial.errors import InputError
from kz_spatial.study.smoothing import study_surfaces
from kz_spatial.surfaces import spread_by_population

PLACES = kz.settlements()
OPTIONS = kz.RunOptions(cell_m=40_000, weights=None)
AREAS = kz.oblasts(detail="light")


def spread(totals, means=None):
    return spread_by_population(PLACES, PLACES["oblast_code"], totals, means)


def test_a_unit_is_shared_by_population():
    made = spread(pd.Series({"KZ-31": 90.0, "KZ-75": 10.0}), pd.Series({"KZ-31": 4.0}))
    assert set(made["oblast_code"]) == {"KZ-31"}  # no mean, no part
    assert made["weight"].sum() == pytest.approx(90)
    people = PLACES.loc[made.index, "population"]
    np.testing.assert_allclose(made["weight"] / 90, people / people.sum(), rtol=1e-12)
    assert (made["value"] == 4).all()
    assert (PLACES.loc[PLACES["population"] == 0].index.isin(made.index) == [False]).all()


def test_a_total_below_nothing_is_refused():
    with pytest.raises(InputError, match=r"found -1\.0 in KZ-31, expected 0 or more"):
        spread(pd.Series({"KZ-31": -1.0}))


def surfaces(firms):
    tables = {level: kz.aggregate(firms, by=level) for level in ("composite", "oblast")}
    return study_surfaces(firms, tables, AREAS, OPTIONS, OPEN)[0], tables


def few_in(code, n):
    """The twin with n firms left in one oblast."""
    firms = kz.load_twin()
    gone = firms.index[firms["oblast_code"] == code][n:]
    return firms.drop(index=gone).reset_index(drop=True)


def test_surfaces_do_not_depend_on_rows_or_seed():
    firms = kz.load_twin()
    one, _ = surfaces(firms)
    two, _ = surfaces(firms.sample(frac=1, random_state=3).reset_index(drop=True))
    for name, surface in one.items():
        np.testing.assert_array_equal(surface.values, two[name].values)


def attacked(surface):
    """Weights of settlements solved from a raster, its bandwidth and places being known."""
    from kz_spatial.options import EQUAL_AREA_CRS

    at = PLACES.to_crs(EQUAL_AREA_CRS).geometry
    t, (rows, columns) = surface.transform, surface.values.shape
    x = t.c + t.a * (np.arange(columns) + 0.5)
    y = t.f + t.e * (np.arange(rows) + 0.5)
    h = surface.bandwidth_m
    kx = np.exp(-((x[:, None] - at.x.to_numpy()) ** 2) / (2 * h**2))
    ky = np.exp(-((y[:, None] - at.y.to_numpy()) ** 2) / (2 * h**2))
    inside = np.isfinite(surface.values)
    kernel = np.einsum("ij,kj->ikj", ky, kx)[inside] * 1e9 / (2 * np.pi * h**2)
    return pd.Series(nnls(kernel, surface.values[inside].astype(float))[0], PLACES.index)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_an_attack_on_the_raster_gives_back_no_count_of_a_small_unit(n):
    """Non-negative least squares gives each region's total, which is published, and no more."""
    firms = few_in("KZ-62", n)
    made, tables = surfaces(firms)
    solved = attacked(made["firms"])
    by_region = solved.groupby(PLACES["composite"]).sum()
    published = tables["composite"]["n_firms"]
    assert by_region["center"] == pytest.approx(published["center"], rel=0.05)
    # within the region the surface knows population alone
    people = (
        PLACES["population"]
        .where(PLACES["composite"] == "center")
        .groupby(PLACES["oblast_code"])
        .sum()
    )
    expected = published["center"] * people["KZ-62"] / people.sum()
    found = solved.groupby(PLACES["oblast_code"]).sum()["KZ-62"]
    assert found == pytest.approx(expected, rel=0.35)
    assert found > 3 * n


def test_a_withheld_mean_takes_part_with_its_regions_figure():
    firms = few_in("KZ-62", 3)
    odd = firms["oblast_code"] == "KZ-62"
    firms.loc[odd, "epayment_share"] = 100.0
    made, tables = surfaces(firms)
    assert np.isnan(tables["oblast"].loc["KZ-62", "epayment_share_mean"])
    firms.loc[odd, "epayment_share"] = [0.0, 0.0, 0.0]
    other, again = surfaces(firms)
    # what moves is the region's published mean, and nothing but it
    moved = tables["composite"]["epayment_share_mean"] - again["composite"]["epayment_share_mean"]
    change = np.nanmax(np.abs(made["epayment_share"].values - other["epayment_share"].values))
    assert change <= moved.abs().max() + 1e-4


def test_located_firms_make_a_surface_of_their_own():
    firms = kz.load_twin()
    firms[["longitude", "latitude"]] = np.nan
    firms.loc[:99, "longitude"] = np.linspace(60, 75, 100)
    firms.loc[:99, "latitude"] = 49.0
    made, _ = surfaces(firms)
    assert made["firms"].n_points == 100

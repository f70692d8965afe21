"""A regression from sums by level: statsmodels on dummies, the fit of the rows, a case by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import kz_spatial as kz
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.estimates import weighted_moments
from kz_spatial.regression import LevelSums, fit_sums, tell_fit


def sums_of(table, terms, level="oblast", cluster="region", weights=None):
    code, levels = pd.factorize(table[level], sort=True)
    group, clusters = pd.factorize(table[cluster], sort=True)
    owner = np.zeros(len(levels), dtype=int)
    owner[code] = group
    columns = table[[*terms, "y"]].to_numpy(float)
    w = None if weights is None else table[weights].to_numpy(float)
    return LevelSums(
        f"y ~ {' + '.join(terms)} | {level}",
        "y",
        tuple(terms),
        level,
        cluster,
        pd.Index(levels),
        pd.Index(clusters),
        owner,
        weighted_moments(columns, code, len(levels), w),
    )


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(12)
    n = 900
    oblast = rng.integers(0, 14, n)
    region = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3, 4, 4, 5, 6, 6])[oblast]
    x, z = rng.normal(1000, 3, n) + region, rng.poisson(3, n) * (1 + oblast / 10)
    y = 3 + 0.7 * x - 1.2 * z + rng.normal(0, 4, n) + rng.normal(0, 2, 14)[oblast]
    return pd.DataFrame(
        {"y": y, "x": x, "z": z, "oblast": oblast, "region": region, "w": rng.uniform(1, 9, n)}
    )


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("level", ["oblast", "region"])
def test_errors_are_those_of_statsmodels(table, weights, level):
    dummies = pd.get_dummies(table[level], dtype=float)
    design = pd.concat([table[["x", "z"]], dummies], axis=1)
    w = np.ones(len(table)) if weights is None else table[weights]
    model = sm.WLS(table["y"], design, weights=w)
    plain = model.fit()
    cluster = model.fit(cov_type="cluster", cov_kwds={"groups": table["region"]}, use_t=True)
    found = fit_sums(sums_of(table, ["x", "z"], level, weights=weights))
    names = ["x", "z"]
    np.testing.assert_allclose(found.coefficients[names], plain.params[names], rtol=1e-9)
    np.testing.assert_allclose(found.table("iid")["std_error"], plain.bse[names], rtol=1e-9)
    np.testing.assert_allclose(found.table("crv1")["std_error"], cluster.bse[names], rtol=1e-9)
    np.testing.assert_allclose(found.table("crv1")["p"], cluster.pvalues[names], rtol=1e-7)
    assert found.r2 == pytest.approx(plain.rsquared, rel=1e-9)
    assert found.n_parameters == design.shape[1]


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("level", ["oblast", "region"])
@pytest.mark.parametrize("inference", ["iid", "crv1", "crv3", "cr2", "wild"])
def test_every_inference_is_that_of_the_rows(table, weights, level, inference):
    fit = kz.fixed_effects(f"y ~ x + z | {level}", table, cluster="region", weights=weights)
    told, found = tell_fit(fit), fit_sums(sums_of(table, ["x", "z"], level, weights=weights))
    np.testing.assert_allclose(found.tables[inference], told.tables[inference], rtol=1e-9)
    assert (found.notes, found.default_inference) == (told.notes, told.default_inference)
    assert found.r2_within == pytest.approx(told.r2_within, rel=1e-10)


def test_one_slope_by_hand():
    """Deviations (-1, 1) and (-2, 2) on outcomes 2 and 6 apart: (2 + 12) / (2 + 8) = 1.4."""
    table = pd.DataFrame(
        {"y": [0.0, 2, 10, 16], "x": [0.0, 2, 5, 9], "oblast": list("aabb"), "region": list("aabb")}
    )
    table = pd.concat([table, table.assign(y=table["y"] + 1)], ignore_index=True)
    found = fit_sums(sums_of(table, ["x"]))
    assert found.coefficients["x"] == pytest.approx(1.4)
    # residuals within a: -0.4 + and - ..., so scores of a and b cancel: 1.2 and -1.2 twice
    scores = 2 * (2 - 1.4 * 2)
    factor = 2 / 1 * 7 / (8 - 3)
    expected = (factor * 2 * scores**2) ** 0.5 / 20
    assert found.table("crv1").loc["x", "std_error"] == pytest.approx(expected)


def test_a_term_that_others_carry_is_dropped(table):
    both = table.assign(v=2 * table["x"] - table["z"], c=table["oblast"] * 1.5)
    found = fit_sums(sums_of(both, ["x", "c", "z", "v"]))
    assert found.dropped == ("c", "v")
    plain = fit_sums(sums_of(table, ["x", "z"]))
    np.testing.assert_allclose(found.coefficients, plain.coefficients, rtol=1e-9)


def test_a_term_of_one_region_has_no_clustered_error(table):
    only = table.assign(one=table["x"].where(table["region"] == 3, 0.0))
    found = fit_sums(sums_of(only, ["z", "one"]))
    assert found.table("cr2").loc["one"].isna().tolist() == [False, *[True] * 5]
    assert found.table("iid").loc["one"].notna().all()
    assert any(note.startswith("one cannot be estimated without region 3") for note in found.notes)


def test_an_empty_level_and_a_lone_firm_are_told(table):
    few = pd.concat([table, table.head(1).assign(oblast=99, region=9)], ignore_index=True)
    sums = sums_of(few, ["x", "z"])
    fit = kz.fixed_effects("y ~ x + z | oblast", few, cluster="region")
    assert fit_sums(sums).notes == fit.notes
    assert "oblast 99 has one firm, which is fitted exactly" in fit_sums(sums).notes


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t[t["region"] == 0], "one region only"),
        (lambda t: t.assign(y=1.0 * t["oblast"]), "does not vary within oblast"),
        (lambda t: t.assign(x=1.0 * t["oblast"], z=0.0), "no term varies"),
        (lambda t: t.groupby("oblast").head(1).tail(3), "does not vary within oblast"),
    ],
)
def test_what_cannot_be_fitted_says_why(table, change, told):
    with pytest.raises(NotEnoughDataError, match=told):
        fit_sums(sums_of(change(table), ["x", "z"]))

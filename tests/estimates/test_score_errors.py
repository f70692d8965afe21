"""Errors of readiness scores: by differentiation, by redraws, by hand, and invariant."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.estimates import readiness
from kz_spatial.estimates.score_errors import score_jacobian

DESIGN = kz.load_design()
NAMES = list(DESIGN.by_name)
FIRMS = kz.load_twin()


def table(by: str = "composite") -> tuple[pd.DataFrame, pd.DataFrame]:
    found = kz.aggregate(FIRMS, by=by, weights="wmedian")
    return tuple(
        found[[f"{name}_{part}" for name in NAMES]].set_axis(NAMES, axis=1)
        for part in ("mean", "se")
    )


MEANS, ERRORS = table()


DIRECTIONS = np.array([DESIGN.by_name[name].direction for name in NAMES], dtype=float)


def scores_of(means: np.ndarray) -> np.ndarray:
    """Scores of (..., units, indicators) means."""
    gaps = means - means.mean(axis=-2, keepdims=True)
    return (gaps / means.std(axis=-2, ddof=1, keepdims=True) * DIRECTIONS).mean(axis=-1)


def test_scores_are_those_of_readiness():
    assert set(DIRECTIONS) == {1.0, -1.0}
    np.testing.assert_allclose(scores_of(MEANS.to_numpy()), readiness(MEANS), rtol=1e-12)


def test_derivatives_are_those_of_finite_differences():
    found = score_jacobian(MEANS.to_numpy(), DIRECTIONS)
    assert found.shape == (7, 7, 5)
    step = 1e-6 * MEANS.to_numpy().ravel()
    numeric = approx_fprime(MEANS.to_numpy().ravel(), lambda x: scores_of(x.reshape(7, 5)), step)
    # forward differences: a relative error of the step times the curvature
    np.testing.assert_allclose(found.reshape(7, -1), numeric, rtol=2e-4, atol=1e-5)


def test_derivatives_are_those_of_the_complex_step():
    x = MEANS.to_numpy()
    directions = np.array([1.0, -1.0, 1.0, -1.0, 1.0])
    found = score_jacobian(x, directions)
    for unit in range(7):
        for place in range(5):
            moved = x.astype(complex)
            moved[unit, place] += 1e-30j
            gap = moved - moved.mean(axis=0)
            spread = np.sqrt((gap**2).sum(axis=0) / 6)
            slope = (gap / spread * directions).mean(axis=1).imag / 1e-30
            np.testing.assert_allclose(found[:, unit, place], slope, rtol=1e-10, atol=1e-14)


def test_redraws_of_small_errors_scatter_as_said():
    small = ERRORS / 10
    found = kz.readiness_errors(MEANS, small)
    rng = np.random.default_rng(2)
    n_draws = 4000
    noise = rng.standard_normal((n_draws, *MEANS.shape)) * small.to_numpy()
    drawn = scores_of(MEANS.to_numpy() + noise)
    # a deviation from 4,000 draws is right to 1.1 %
    np.testing.assert_allclose(drawn.std(axis=0, ddof=1), found.std_errors, rtol=0.045)
    scale = np.sqrt(np.outer(*[np.diag(found.cov)] * 2))
    np.testing.assert_allclose(np.cov(drawn.T) / scale, found.cov / scale, atol=0.06)


def test_redraws_that_share_firms_scatter_as_said():
    cov = kz.survey_covariance(FIRMS, NAMES, weights="wmedian", strata="sector", by="composite")
    small = cov / 100
    found = kz.readiness_errors(MEANS, cov=small)
    rng = np.random.default_rng(4)
    noise = rng.multivariate_normal(np.zeros(35), small, size=4000, method="eigh")
    drawn = scores_of(MEANS.to_numpy() + noise.reshape(-1, 7, 5))
    np.testing.assert_allclose(drawn.std(axis=0, ddof=1), found.std_errors, rtol=0.045)


def test_three_units_by_hand():
    means = pd.DataFrame({"epayment_share": [1.0, 2.0, 3.0]}, index=list("abc"))
    found = kz.readiness_errors(means, means * 0 + 1)
    assert found.indicators == ("epayment_share",)
    assert found.scores.tolist() == [-1, 0, 1]
    # z = -1, 0, 1: rows of I - 1/3 - zz'/2 are (1, -2, 1)/6, (-2, 4, -2)/6, (1, -2, 1)/6
    expected = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]]) / 6
    np.testing.assert_allclose(found.cov, expected, atol=1e-15)
    np.testing.assert_allclose(found.std_errors, np.sqrt([1 / 6, 4 / 6, 1 / 6]), rtol=1e-14)
    days = means.set_axis(["permit_days"], axis=1)
    assert kz.readiness_errors(days, days * 0 + 1).scores.tolist() == [1, 0, -1]


def test_two_units_have_scores_without_error():
    """Two z-scores are -0.71 and 0.71 whatever the means."""
    means = pd.DataFrame({"epayment_share": [1.0, 2.0]}, index=list("ab"))
    found = kz.readiness_errors(means, means * 0 + 3)
    np.testing.assert_allclose(found.std_errors, 0, atol=1e-14)


def test_what_a_covariance_adds_to_errors():
    plain = kz.readiness_errors(MEANS, ERRORS)
    index = pd.MultiIndex.from_product([MEANS.index, NAMES])
    diagonal = pd.DataFrame(np.diag(ERRORS.to_numpy().ravel() ** 2), index, index)
    # whatever the order of its rows
    shuffled = diagonal.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2)
    for cov in (diagonal, shuffled):
        found = kz.readiness_errors(MEANS, cov=cov)
        pd.testing.assert_frame_equal(found.cov, plain.cov, check_names=False)
    pd.testing.assert_series_equal(plain.scores, readiness(MEANS))
    assert plain.std_errors.name == "std_error"
    np.testing.assert_allclose(plain.std_errors**2, np.diag(plain.cov), rtol=1e-12)


def test_z_scores_leave_two_directions_without_error():
    cov = kz.readiness_errors(MEANS, ERRORS).cov.to_numpy()
    np.testing.assert_allclose(cov.sum(axis=0), 0, atol=1e-14)
    one = kz.readiness_errors(MEANS[["epayment_share"]], ERRORS[["epayment_share"]])
    np.testing.assert_allclose(one.cov @ one.scores, 0, atol=1e-13)


def test_unit_of_measurement_and_order_do_not_matter():
    known = kz.readiness_errors(MEANS, ERRORS)
    scaled = kz.readiness_errors(100 + 60 * MEANS, 60 * ERRORS)
    pd.testing.assert_frame_equal(scaled.cov, known.cov, rtol=1e-9, atol=1e-12)
    order = MEANS.index[::-1]
    other = kz.readiness_errors(MEANS.loc[order, NAMES[::-1]], ERRORS)
    pd.testing.assert_frame_equal(other.cov.loc[MEANS.index, MEANS.index], known.cov)


def test_units_without_a_score_have_no_error():
    means = MEANS.copy()
    means.loc["west", "epayment_share"] = np.nan
    means.loc["east", "permit_days"] = np.nan
    found = kz.readiness_errors(means, ERRORS)
    gone = found.scores.isna()
    assert 0 < gone.sum() < 7
    assert found.std_errors.isna().equals(gone)
    assert found.cov.loc[gone].isna().all(axis=None)
    rest = kz.readiness_errors(means[~gone], ERRORS[~gone])
    assert rest.indicators == found.indicators
    pd.testing.assert_frame_equal(found.cov.loc[~gone, ~gone], rest.cov)
    sets = kz.rank_sets(found.scores, cov=found.cov)
    assert sets["rank"].isna().equals(gone)


def test_ranks_of_scores_go_on_from_here():
    found = kz.readiness_errors(MEANS, ERRORS)
    sets = kz.rank_sets(found.scores, found.std_errors, cov=found.cov)
    assert sets["low"].le(sets["rank"]).all()
    assert sets["high"].ge(sets["rank"]).all()


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({}, CallError, "std_errors=None"),
        ({"std_errors": ERRORS, "cov": ERRORS}, CallError, "cov="),
        ({"std_errors": ERRORS[NAMES[:2]]}, InputError, "no column 'co2_monitoring'"),
        ({"std_errors": ERRORS.drop("west")}, InputError, "unit 'west', outages_per_month"),
        ({"std_errors": -ERRORS}, InputError, "expected an error for every mean"),
        ({"cov": ERRORS}, InputError, "unit and indicator"),
    ],
)
def test_what_is_refused(asked, error, message):
    with pytest.raises(error, match=message):
        kz.readiness_errors(MEANS, **asked)


def test_covariances_that_are_missing_are_named():
    index = pd.MultiIndex.from_product([MEANS.index, NAMES])
    cov = pd.DataFrame(np.diag(ERRORS.to_numpy().ravel() ** 2), index, index)
    cov.iloc[3, 4] = np.nan
    with pytest.raises(InputError, match="found no covariance"):
        kz.readiness_errors(MEANS, cov=cov)
    with pytest.raises(NotEnoughDataError, match="score of two or more"):
        kz.readiness_errors(MEANS * 0, ERRORS)

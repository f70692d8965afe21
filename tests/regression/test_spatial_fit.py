"""Spatial models on weights whose eigenvalues and multipliers are known by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import multivariate_normal, norm

from kz_spatial.regression.spatial_fit import (
    Estimate,
    SpatialErrorFit,
    impacts,
    maximise_error,
    maximise_lag,
    regular_range,
)
from kz_spatial.regression.unit_problem import UnitProblem

RING = (np.roll(np.eye(12), 1, axis=1) + np.roll(np.eye(12), -1, axis=1)) / 2
PAIRS = np.kron(np.eye(6), [[0.0, 1], [1, 0]])


def problem_of(W, y, *columns, terms=("Intercept", "x")):
    n = len(y)
    X = np.column_stack([np.ones(n), *columns])
    return UnitProblem(pd.Index(range(n)), "y", terms, np.asarray(y), X, W, ())


def drawn(W, *, lag, spatial=0.4, seed=5, noise=1.0):
    """A problem whose outcome follows the model."""
    rng = np.random.default_rng(seed)
    n = len(W)
    x, e = rng.normal(size=n), noise * rng.normal(size=n)
    S = np.linalg.inv(np.eye(n) - spatial * W)
    return problem_of(W, S @ (1 + 2 * x + e) if lag else 1 + 2 * x + S @ e, x)


@pytest.mark.parametrize(
    ("W", "low", "high"),
    [
        (PAIRS, -1, 1),
        (3 * PAIRS, -1 / 3, 1 / 3),
        (RING, -1, 1),
        # a one-way ring of three: eigenvalues 1 and -1/2 with imaginary parts
        (np.roll(np.eye(3), 1, axis=1), -2, 1),
        (np.roll(np.eye(3), 1, axis=1) * -1, -1, 2),
        # eigenvalues under a tenth of the largest bound nothing
        (np.diag([2.0, 0.1, -0.1]), -5, 0.5),
        (np.diag([-2.0, 0.1, 0.1]), -0.5, 5),
    ],
)
def test_models_are_regular_between_the_outer_eigenvalues(W, low, high):
    eigenvalues, *ends = regular_range(W)
    np.testing.assert_allclose(ends, [low, high], rtol=1e-12)
    np.testing.assert_allclose(eigenvalues.sum(), np.trace(W), atol=1e-12)


def covariance_of(problem, found, *, lag):
    n = len(problem.y)
    S = np.linalg.inv(np.eye(n) - found.spatial * problem.W)
    mean = problem.X @ found.b
    sigma2 = found.innovations @ found.innovations / n
    return (S @ mean if lag else mean), sigma2 * S @ S.T


@pytest.mark.parametrize("lag", [True, False])
@pytest.mark.parametrize("W", [RING, 2 * PAIRS, np.roll(np.eye(12), 1, axis=1)])
@pytest.mark.parametrize("spatial", [0.3, -0.35])
def test_the_likelihood_is_that_of_a_normal_outcome_and_no_other_is_greater(W, lag, spatial):
    """Against scipy's density of the outcome, at the estimate and a little away from it."""
    problem = drawn(W, lag=lag, spatial=spatial)
    found = (maximise_lag if lag else maximise_error)(problem)
    assert found.inside
    mean, V = covariance_of(problem, found, lag=lag)
    density = multivariate_normal(mean, V).logpdf(problem.y)
    assert found.log_likelihood == pytest.approx(density, rel=1e-9)
    sigma2 = found.innovations @ found.innovations / 12
    for step in (-1e-3, 1e-3):
        for j in range(3):
            b, value = found.b.copy(), found.spatial
            if j < 2:
                b[j] += step
            else:
                value += step
            S = np.linalg.inv(np.eye(12) - value * problem.W)
            mean = problem.X @ b
            where = S @ mean if lag else mean
            moved = multivariate_normal(where, sigma2 * S @ S.T)
            assert moved.logpdf(problem.y) < density


@pytest.mark.parametrize("W", [RING, PAIRS])
@pytest.mark.parametrize("spatial", [0.997, -0.997, 0.9999, -0.9999])
def test_an_optimum_close_to_an_end_is_found(W, spatial):
    """With next to no noise rho is as good as known; it lies in the last 0.0015 of the range.

    The greatest density of the outcome is sought by scipy, between the ends alone.
    """
    problem = drawn(W, lag=True, spatial=spatial, noise=1e-3)
    found = maximise_lag(problem)
    assert found.inside
    assert found.spatial == pytest.approx(spatial, abs=2e-4)

    def loss(value):
        y = problem.y - value * W @ problem.y
        _, (squares,), *_ = np.linalg.lstsq(problem.X, y, rcond=None)
        _, jacobian = np.linalg.slogdet(np.eye(12) - value * W)
        return 6 * np.log(squares / 12) - jacobian

    between = np.clip([spatial - 3e-4, spatial + 3e-4], -1 + 1e-9, 1 - 1e-9)
    best = minimize_scalar(loss, bounds=between, method="bounded", options={"xatol": 1e-12})
    assert found.spatial == pytest.approx(best.x, abs=1e-7)
    assert loss(found.spatial) < best.fun + 1e-7
    density = -loss(found.spatial) - 6 * np.log(2 * np.pi) - 6
    assert found.log_likelihood == pytest.approx(density, rel=1e-6)


@pytest.mark.parametrize("lag", [True, False])
def test_errors_are_the_curvature_of_the_likelihood(lag):
    """The information matrix is that of a normal law: half of tr(V^-1 dV V^-1 dV) and means."""
    problem = drawn(RING, lag=lag)
    found = (maximise_lag if lag else maximise_error)(problem)
    n, k = problem.X.shape
    sigma2 = found.innovations @ found.innovations / n

    def law(theta):
        S = np.linalg.inv(np.eye(n) - theta[k] * problem.W)
        mean = problem.X @ theta[:k]
        return (S @ mean if lag else mean), theta[k + 1] * S @ S.T

    theta = np.array([*found.b, found.spatial, sigma2])
    inverse = np.linalg.inv(law(theta)[1])
    slopes = []
    for j in range(k + 2):
        step = np.zeros(k + 2)
        step[j] = 1e-5
        (m1, V1), (m0, V0) = law(theta + step), law(theta - step)
        slopes.append(((m1 - m0) / 2e-5, (V1 - V0) / 2e-5))
    info = np.array(
        [
            [m @ inverse @ q + np.trace(inverse @ A @ inverse @ B) / 2 for q, B in slopes]
            for m, A in slopes
        ]
    )
    expected = np.linalg.inv(info)[:-1, :-1]
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("lag", [True, False])
def test_predictions_and_innovations_make_up_the_outcome(lag):
    problem = drawn(RING, lag=lag)
    found = (maximise_lag if lag else maximise_error)(problem)
    part = found.spatial * problem.W
    if lag:
        np.testing.assert_allclose(found.predicted, part @ problem.y + problem.X @ found.b)
        np.testing.assert_allclose(found.innovations, problem.y - found.predicted)
    else:
        u = problem.y - problem.X @ found.b
        np.testing.assert_allclose(found.predicted, problem.X @ found.b)
        np.testing.assert_allclose(found.innovations, u - part @ u)


def estimate(spatial, b, V):
    nothing = np.zeros(len(RING))
    return Estimate(spatial, np.array(b), np.array(V), nothing, nothing)


def told(W, found, **options):
    problem = problem_of(W, np.zeros(len(W)), np.arange(len(W)))
    asked = {"intervals": "delta", "n_draws": 20_000, "seed": 7} | options
    return impacts(problem, found, **asked)


def test_impacts_in_pairs_by_hand():
    """With neighbours in pairs a unit of x is worth 1 / (1 - r^2) here and r times that next door.

    At r = 0.5 and b = 3 that is 4, 2 and 6. Per unit of r the parts change by 2 r / (1 - r^2)^2 =
    16/9, (1 + r^2) / (1 - r^2)^2 = 20/9 and 1 / (1 - r)^2 = 4, times b.
    """
    V = np.diag([1.0, 0.04, 0.01])
    V[1, 2] = V[2, 1] = -0.01
    table, notes = told(PAIRS, estimate(0.5, [1.0, 3.0], V))
    assert notes == ()
    assert list(table.index) == [("x", each) for each in ("direct", "indirect", "total")]
    np.testing.assert_allclose(table["impact"], [4, 2, 6], rtol=1e-12)
    worth, change = np.array([4 / 3, 2 / 3, 2]), 3 * np.array([16 / 9, 20 / 9, 4])
    variance = 0.04 * worth**2 - 2 * 0.01 * worth * change + 0.01 * change**2
    np.testing.assert_allclose(table["std_error"], np.sqrt(variance), rtol=1e-12)
    half = norm.ppf(0.975) * np.sqrt(variance)
    np.testing.assert_allclose(table["ci_low"], table["impact"] - half, rtol=1e-12)
    np.testing.assert_allclose(table["ci_high"], table["impact"] + half, rtol=1e-12)


@pytest.mark.parametrize("W", [PAIRS, 0.8 * PAIRS])
def test_simulated_ends_are_those_of_the_law_of_the_coefficient(W):
    """Where rho is as good as known, impacts scatter as the coefficient does: 3 +- 1.96 * 0.2."""
    V = np.diag([1.0, 0.04, 1e-16])
    table, notes = told(W, estimate(0.5, [1.0, 3.0], V), intervals="simulated")
    assert notes == ()
    r = 0.5 * W.max()
    worth = np.array([1, r, 1 + r]) / (1 - r**2)
    np.testing.assert_allclose(table["impact"], 3 * worth, rtol=1e-12)
    for end, sign in (("ci_low", -1), ("ci_high", 1)):
        # twenty thousand draws find a quantile to 0.2 * 0.019
        off = table[end] / worth - (3 + sign * 1.96 * 0.2)
        assert off.abs().max() < 4 * 0.2 * 0.019


def test_draws_without_a_regular_model_are_left_out_and_counted():
    """At rho = 0.9 with an error of 0.1, a sixth of the draws lies above 1."""
    V = np.diag([1.0, 0.04, 0.01])
    table, notes = told(PAIRS, estimate(0.9, [1.0, 3.0], V), intervals="simulated")
    (note,) = notes
    assert note.startswith("impacts: 16 % of the draws had a rho outside (-1, 1)")
    assert np.isfinite(table[["ci_low", "ci_high"]]).all(axis=None)
    assert told(PAIRS, estimate(0.9, [1.0, 3.0], V))[1] == ()
    # rho and the coefficient are drawn together
    V[1, 2] = V[2, 1] = 0.0199
    tied, _ = told(PAIRS, estimate(0.0, [1.0, 3.0], V), intervals="simulated")
    V[1, 2] = V[2, 1] = -0.0199
    against, _ = told(PAIRS, estimate(0.0, [1.0, 3.0], V), intervals="simulated")
    width = [each.loc[("x", "total"), "ci_high"] - each.loc[("x", "total"), "ci_low"]
             for each in (tied, against)]  # fmt: skip
    assert width[0] > 1.5 * width[1]


@pytest.mark.parametrize("spatial", [1.0, -1.0, 1.5])
def test_there_are_no_impacts_outside_the_regular_range(spatial):
    table, (note,) = told(PAIRS, estimate(spatial, [1.0, 3.0], np.eye(3)))
    assert table.isna().all(axis=None)
    assert "outside (-1, 1)" in note


def test_without_errors_or_slopes_nothing_is_simulated():
    unknown = np.full((3, 3), np.nan)
    table, notes = told(PAIRS, estimate(0.5, [1.0, 3.0], unknown), intervals="simulated")
    assert table["impact"].tolist() == pytest.approx([4, 2, 6])
    assert table["ci_low"].isna().all()
    assert notes == ()
    alone = problem_of(PAIRS, np.zeros(12), terms=("Intercept",))
    found = estimate(0.5, [1.0], np.eye(2))
    table, notes = impacts(alone, found, intervals="simulated", n_draws=100, seed=1)
    assert (len(table), notes) == (0, ())


def test_a_table_of_a_spatial_fit_ends_with_its_parameter():
    """Normal quantiles at the level that is asked for: 1.2816 at 80 %."""
    names = ["Intercept", "x", "lambda"]
    V = pd.DataFrame(np.diag([1.0, 0.25, 0.04]), names, names)
    fit = SpatialErrorFit(
        formula="y ~ x", outcome="y", method="ml", coefficients=pd.Series([1.0, 3.0], names[:2]),
        covariance=V, spatial=0.5, n_obs=12, sigma2=1.0, log_likelihood=0.0, aic=0.0,
        pseudo_r2=0.5, residuals=pd.Series(dtype=float), left_out=(), notes=(),
    )  # fmt: skip
    table = fit.table(level=0.8)
    assert list(table.index) == names
    assert fit.lambda_ == 0.5
    np.testing.assert_allclose(table["coefficient"], [1, 3, 0.5])
    np.testing.assert_allclose(table["std_error"], [1, 0.5, 0.2])
    np.testing.assert_allclose(table["z"], [1, 6, 2.5])
    np.testing.assert_allclose(table["ci_high"], [2.28155, 3.64078, 0.75631], rtol=1e-5)
    np.testing.assert_allclose(fit.table()["ci_low"], [-0.95996, 2.02002, 0.10801], rtol=1e-4)

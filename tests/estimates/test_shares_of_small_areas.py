"""Shares on the arcsine scale and back: by quadrature, by hand, and what they are for."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

import kz_spatial as kz
from kz_spatial.estimates.arcsine import expected_share

UNITS = [f"u{i:02}" for i in range(14)]
SHARE = pd.Series([0.2, 0.4, 0.3, 0.0, 0.6, 0.5, 0.35, 0.8, 1.0, 0.45, 0.3, 0.7, 0.55, 0.1], UNITS)
N = pd.Series([10, 20, 15, 6, 30, 50, 12, 25, 5, 40, 18, 22, 35, 9.0], UNITS)


@given(st.floats(-0.3, 1.9), st.floats(1e-3, 0.4))
def test_the_mean_share_is_the_integral(mu, v):
    law = norm(mu, np.sqrt(v))
    marks = np.clip([mu - 4 * np.sqrt(v), mu, mu + 4 * np.sqrt(v)], 0, np.pi / 2)
    inner = quad(
        lambda t: np.sin(t) ** 2 * law.pdf(t), 0, np.pi / 2, points=marks, epsabs=1e-11, limit=200
    )[0]
    found = expected_share(np.array([mu]), np.array([v]))[0]
    assert found == pytest.approx(inner + law.sf(np.pi / 2), abs=1e-9)


def test_a_share_next_to_one_stays_there():
    """Where R's emdi gives 0.262 and 0.184 for the shares 1 of its own test data."""
    found = expected_share(np.array([1.57, 1.75]), np.array([0.002, 0.002]))
    assert (found > 0.99).all()
    # inside, the integral is emdi's, and has a closed form: (1 - exp(-2 v) cos(2 mu)) / 2
    inside = expected_share(np.array([0.7]), np.array([0.004]))[0]
    assert inside == pytest.approx((1 - np.exp(-0.008) * np.cos(1.4)) / 2, abs=1e-12)


def test_shares_by_way_of_the_plain_model():
    found = kz.small_areas(SHARE, transform="arcsine", n=N, method="yoshimori-lahiri")
    plain = kz.small_areas(np.arcsin(np.sqrt(SHARE)), 1 / (4 * N), method="yoshimori-lahiri")
    assert found.variance == pytest.approx(plain.variance, rel=1e-12)
    mu, gamma = plain.frame["estimate"], plain.frame["shrinkage"]
    v = plain.variance * (1 - gamma)
    closed = (1 - np.exp(-2 * v) * np.cos(2 * mu)) / 2
    # mass beyond 0 and 1 is next to nothing but in the two units at the ends
    middle = ~SHARE.isin([0.0, 1.0])
    np.testing.assert_allclose(found.frame["estimate"][middle], closed[middle], atol=5e-3)
    delta = np.sin(2 * mu) ** 2 * plain.frame["mse"]
    np.testing.assert_allclose(found.frame["mse"], delta, rtol=1e-10)
    assert found.frame["estimate"].between(0, 1).all()
    assert found.frame["estimate"]["u03"] > 0  # none of six is not none at all
    assert found.frame["direct"].equals(SHARE)


def test_a_unit_without_a_share_gets_the_mean_over_its_effect():
    share = SHARE.where(SHARE.index != "u05")
    found = kz.small_areas(share, transform="arcsine", n=N)
    beta = found.coefficients.loc["intercept", "coefficient"]
    law = norm(beta, np.sqrt(found.variance))
    want = quad(lambda t: np.sin(t) ** 2 * law.pdf(t), 0, np.pi / 2)[0] + law.sf(np.pi / 2)
    assert found.frame.loc["u05", "synthetic"]
    assert found.frame.loc["u05", "estimate"] == pytest.approx(want, rel=1e-7)


def test_drawn_errors_of_shares():
    plain = kz.small_areas(SHARE, transform="arcsine", n=N, method="yoshimori-lahiri")
    drawn = kz.small_areas(
        SHARE, transform="arcsine", n=N, method="yoshimori-lahiri", n_bootstrap=400
    )
    middle = SHARE.between(0.2, 0.8)
    ratio = (drawn.frame["mse"] / plain.frame["mse"])[middle]
    assert 0.7 < ratio.mean() < 1.1
    assert (drawn.frame["mse"] > 0).all()


def test_no_and_yes_change_places():
    one = kz.small_areas(SHARE, transform="arcsine", n=N)
    other = kz.small_areas(1 - SHARE, transform="arcsine", n=N)
    np.testing.assert_allclose(other.frame["estimate"], 1 - one.frame["estimate"], rtol=1e-6)
    np.testing.assert_allclose(other.frame["mse"], one.frame["mse"], rtol=1e-6)

"""Shares on the scale where their sampling variance does not hang on them, and back.

The sampling variance of arcsin(sqrt(p)) is 1 / (4 n) whatever the share, n being the effective
number of answers (Jiang, Lahiri, Wan and Wu 2001; Schmid, Bruckschen, Salvati and Zbiranski 2017,
Journal of the Royal Statistical Society A 180, 1163-1190). Turning back the predictor mu alone is
biased; the mean of the share over what the model leaves open, theta ~ (mu, v), is not (Sugasawa and
Kubokawa 2017, Computational Statistics and Data Analysis 114, 47-60; Hadam, Wuerz and Kreutzmann
2020). theta below 0 counts as the share 0 and above pi / 2 as the share 1; R's emdi leaves what is
beyond pi / 2 out of the integral, so that shares next to 1 come out far too low.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import erf, ndtr

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["arcsine", "arcsine_variance", "expected_share", "share_of", "share_slope"]

_TOP = np.pi / 2


def arcsine(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """arcsin(sqrt(share)), 0 to pi / 2."""
    return np.asarray(np.arcsin(np.sqrt(share)))


def arcsine_variance(n: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sampling variance on the scale of `arcsine` with n effective answers."""
    return 1 / (4 * n)


def share_of(theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of a value on the scale of `arcsine`; beyond its ends 0 and 1."""
    return np.asarray(np.sin(np.clip(theta, 0, _TOP)) ** 2)


def share_slope(theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slope of `share_of`."""
    return np.asarray(np.sin(2 * np.clip(theta, 0, _TOP)))


def expected_share(mu: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of `share_of` over a normal law.

    Parameters
    ----------
    mu, v : (n,) arrays
        Mean and variance of the law; without variance the share of the mean.

    Returns
    -------
    (n,) array

    Examples
    --------
    >>> import numpy as np
    >>> expected_share(np.array([0.5, 0.5]), np.array([0.0, 0.02])).round(4)
    array([0.2298, 0.2404])
    """
    v = np.maximum(v, 0.0)
    sd = np.sqrt(np.where(v > 0, v, 1.0))

    # sin^2 = (1 - cos 2 theta) / 2; the mean of cos over an interval is a complex error function
    def below(end: float) -> NDArray[np.complex128]:
        return np.asarray(0.5 * erf((end - mu - 2j * v) / (sd * np.sqrt(2))))

    wave = (np.exp(2j * mu - 2 * v) * (below(_TOP) - below(0.0))).real
    inside = ndtr((_TOP - mu) / sd) - ndtr(-mu / sd)
    mean = 0.5 * (inside - wave) + ndtr((mu - _TOP) / sd)
    return np.where(v > 0, np.clip(mean, 0, 1), share_of(mu))

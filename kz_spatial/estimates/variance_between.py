"""The variance between areas: the highest point of a likelihood in one unknown.

Of y ~ (X beta, diag(a c + d)) the variance a is sought, 0 or more; c is 1 in the model of Fay and
Herriot, and the spatial model is turned to this form for each rho. Likelihoods can have several
peaks, so a fine grid finds the highest, and the root of the score beside it is the answer.

- ml, reml: the profile and the residual likelihood; either can peak at 0
- li-lahiri: the likelihood times a (Li and Lahiri 2010, Journal of Multivariate Analysis 101,
  882-902), which is never highest at 0
- yoshimori-lahiri: times arctan(sum(a c / (a c + d)))^(1/m) (Yoshimori and Lahiri 2014, Journal of
  Multivariate Analysis 124, 281-294), neither, and with a bias of the order of REML's
- moments: the root of sum(residual^2 / (a + d)) = m - p (Fay and Herriot 1979, Journal of the
  American Statistical Association 74, 269-277), 0 where there is none

The adjusted ones are taken of the residual likelihood, and with "-ml" of the profile likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np
from scipy.optimize import brentq, minimize_scalar

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AREA_METHODS", "AreaMethod", "Peak", "Rotated"]

AreaMethod = Literal[
    "reml",
    "ml",
    "moments",
    "li-lahiri",
    "li-lahiri-ml",
    "yoshimori-lahiri",
    "yoshimori-lahiri-ml",
]
AREA_METHODS: Final[tuple[AreaMethod, ...]] = get_args(AreaMethod)
# the variance as a share of the data's own scale, from next to nothing to far beyond
_LEAST, _MOST = 1e-8, 1e4


@dataclass(frozen=True, slots=True)
class Peak:
    """Where a likelihood is highest.

    Attributes
    ----------
    variance : float
    height : float
        Logarithm of the (adjusted) likelihood there, up to a constant.
    """

    variance: float
    height: float


@dataclass(frozen=True, slots=True, eq=False)
class Rotated:
    """Data whose covariance is diagonal: diag(a c + d) for a variance a.

    Attributes
    ----------
    y, c, d : (m,) arrays
        `c` 0 or more, `d` above 0.
    X : (m, p) array
    method : str
        One of `AREA_METHODS`.
    """

    y: NDArray[np.float64]
    X: NDArray[np.float64]
    c: NDArray[np.float64]
    d: NDArray[np.float64]
    method: AreaMethod

    @property
    def residual_likelihood(self) -> bool:
        """Whether the coefficients are integrated out, not maximised over."""
        return self.method in ("reml", "li-lahiri", "yoshimori-lahiri")

    def heights(self, a: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logarithm of the (adjusted) likelihood at each of k variances, up to a constant."""
        v = a[:, None] * self.c + self.d
        XtVi = self.X.T / v[:, None, :]
        M = XtVi @ self.X
        beta = np.linalg.solve(M, (XtVi @ self.y)[..., None])[..., 0]
        residual = self.y - beta @ self.X.T
        height = -0.5 * (np.log(v) + residual**2 / v).sum(axis=1)
        if self.residual_likelihood:
            height -= 0.5 * np.linalg.slogdet(M)[1]
        with np.errstate(divide="ignore"):
            if self.method.startswith("li-lahiri"):
                height += np.log(a)
            elif self.method.startswith("yoshimori"):
                height += np.log(np.arctan((1 - self.d / v).sum(axis=1))) / len(self.y)
        return np.asarray(height)

    def _residual(self, a: float) -> tuple[NDArray[np.float64], ...]:
        """Variances, residuals and the inverse of X'V^-1 X."""
        v = a * self.c + self.d
        XtVi = self.X.T / v
        Q = np.asarray(np.linalg.inv(XtVi @ self.X), dtype=np.float64)
        return v, self.y - self.X @ (Q @ (XtVi @ self.y)), Q

    def score(self, a: float) -> float:
        """Slope of `heights` at one variance; for moments what their equation lacks."""
        v, residual, Q = self._residual(a)
        if self.method == "moments":
            return float((residual**2 / v).sum() - (len(v) - len(Q)))
        slope = -0.5 * (self.c / v).sum() + 0.5 * (self.c * (residual / v) ** 2).sum()
        if self.residual_likelihood:
            XVi = self.X / v[:, None]
            slope += 0.5 * np.trace(Q @ (XVi.T @ (self.c[:, None] * XVi)))
        if self.method.startswith("li-lahiri"):
            slope += 1 / a
        elif self.method.startswith("yoshimori"):
            total = (1 - self.d / v).sum()
            inner = (self.c * self.d / v**2).sum()
            slope += inner / ((1 + total**2) * np.arctan(total) * len(v))
        return float(slope)

    def _scale(self) -> float:
        gap = self.y - self.X @ np.linalg.lstsq(self.X, self.y, rcond=None)[0]
        return float((gap @ gap / len(gap) + np.median(self.d)) / self.c.mean())

    def moments(self) -> float:
        """Variance by the method of moments."""
        if self.score(0.0) <= 0:
            return 0.0
        top = self._scale()
        while self.score(top) > 0:
            top *= 2
        return float(brentq(self.score, 0.0, top, xtol=1e-14 * top, rtol=1e-14))

    def peak(self, n_points: int = 241) -> Peak:
        """Highest point of the (adjusted) likelihood over variances of 0 or more."""
        scale = self._scale()
        grid = np.r_[0.0, np.geomspace(_LEAST, _MOST, n_points) * scale]
        if self.method.startswith(("li-lahiri", "yoshimori")):
            grid = grid[1:]
        at = int(np.argmax(self.heights(grid)))
        low, high = grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)]
        slope_low, slope_high = self.score(low), self.score(high)
        if grid[at] == 0 and slope_low <= 0:
            best = 0.0
        elif slope_low > 0 > slope_high:
            best = float(brentq(self.score, low, high, xtol=1e-14 * scale, rtol=1e-14))
        else:
            best = float(
                minimize_scalar(
                    lambda a: -self.heights(np.array([a]))[0], bounds=(low, high), method="bounded"
                ).x
            )
        return Peak(best, float(self.heights(np.array([best]))[0]))

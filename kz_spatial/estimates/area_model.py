"""One model of small areas: its data, the way to fit it, its error, and when it does not apply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kz_spatial._validate import ROUNDING
from kz_spatial.estimates.arcsine import expected_share, share_of, share_slope
from kz_spatial.estimates.area_prediction import AreaData
from kz_spatial.estimates.fay_herriot import AreaFit, fit_independent, independent_error
from kz_spatial.estimates.spatial_fay_herriot import fit_spatial, spatial_error
from kz_spatial.estimates.variance_between import AreaMethod
from kz_spatial.options import MIN_CELLS

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SPATIAL_METHODS", "AreaModel", "caveats", "why_not", "why_refused"]

SPATIAL_METHODS: Final = ("reml", "ml")


@dataclass(frozen=True, slots=True, eq=False)
class AreaModel:
    """Data on the scale of the model, and the way to fit it and back from it.

    Attributes
    ----------
    data : AreaData
    W : (N, N) array or None
    method : str
    shares : bool
        Whether the scale is the arcsine's.
    """

    data: AreaData
    W: NDArray[np.float64] | None
    method: AreaMethod
    shares: bool

    def fit(self, y: NDArray[np.float64]) -> AreaFit:
        """Fit to direct estimates y, (m,), and predict every area."""
        data = AreaData(y, self.data.d, self.data.X, self.data.sampled)
        if self.W is None:
            return fit_independent(data, self.method)
        return fit_spatial(data, self.W, self.method)

    def estimates(self, fit: AreaFit) -> NDArray[np.float64]:
        """Estimate of every area on its own scale, (N,)."""
        found = fit.found
        return expected_share(found.estimate, found.g1) if self.shares else found.estimate

    def error(self, fit: AreaFit) -> NDArray[np.float64]:
        """Analytical mean squared error; of shares by the delta method."""
        if self.W is None:
            mse = independent_error(self.data, fit, self.method)
        else:
            mse = spatial_error(self.data, self.W, fit, self.method)
        return mse * share_slope(fit.found.estimate) ** 2 if self.shares else mse

    def drawn_error(self, fit: AreaFit, n_draws: int, seed: int) -> NDArray[np.float64]:
        """Mean squared error over areas and samples drawn from the model, each fitted again."""
        rng = np.random.default_rng(seed)
        mean, noise = self.data.X @ fit.found.beta, np.sqrt(self.data.d)
        total = np.zeros(len(mean))
        for _ in range(n_draws):
            truth = mean + fit.root @ rng.standard_normal(len(mean))
            again = self.fit(truth[self.data.sampled] + noise * rng.standard_normal(len(noise)))
            aim = share_of(truth) if self.shares else truth
            total += (self.estimates(again) - aim) ** 2
        return total / n_draws


def why_not(y: NDArray[np.float64], p: int, W: NDArray[np.float64] | None) -> str:
    """Why no model can be fitted, or nothing."""
    least = max(MIN_CELLS, p + 3)
    if len(y) < least:
        return (
            f"found {len(y)} units with a direct estimate and its variance, the model needs at "
            f"least {least}"
        )
    if np.ptp(y) <= ROUNDING * np.abs(y).max():
        return "the direct estimates do not vary"
    if W is not None and not W.any():
        return "no unit has a neighbour"
    return ""


def why_refused(fit: AreaFit) -> str:
    """Why a fitted spatial model is not to be used, or nothing."""
    if fit.rho is None:
        return ""
    if fit.variance <= 0:
        return "the variance between units came out as 0, and rho has no meaning then"
    if fit.at_bound:
        return (
            f"rho ended at its bound ({fit.rho:.3f}): these units do not tell how far effects "
            "lean on their neighbours'; fit without the graph"
        )
    return ""


def caveats(fit: AreaFit, mse: NDArray[np.float64], method: str) -> str:
    """What to know of a model that applies."""
    told = []
    if fit.variance <= 0:
        told.append(
            "the variance between units came out as 0, so that every estimate is the model's; "
            "method='yoshimori-lahiri' is never 0"
        )
    low = int((~(mse > 0)).sum())
    if low:
        told.append(
            f"the analytical error of {low} units is not above 0 by method={method!r}; "
            "n_bootstrap gives one"
        )
    return "; ".join(told)

"""Conley's covariance: errors that are correlated between firms near each other.

With s_i = w_i x_i e_i (weight, terms net of absorbed effects, residual) and d_ij the great-circle
distance of firms i and j on a sphere of 6371.0088 km:

    V = c (X'WX)^-1 [ sum_i sum_j K(d_ij) s_i s_j' ] (X'WX)^-1

- uniform: K = 1 for d <= cutoff; bartlett: K = 1 - d / cutoff for d <= cutoff; both 0 beyond
- c = N / (N - K) with `small_sample` (K counts absorbed effects), as for HC1, else 1; t with N - K

The sum is exact over all pairs within the cutoff; a firm pairs with itself, so a cutoff below the
smallest distance gives HC1 (HC0 without `small_sample`). Neither kernel guarantees a positive
variance in two dimensions (Conley, 1999, Journal of Econometrics 92).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

import numpy as np
import pandas as pd

from kz_spatial._validate import check_option, check_unique_rows
from kz_spatial.errors import CallError, InputError
from kz_spatial.regression.coefficient_table import coefficient_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from kz_spatial.regression.few_clusters import LinearModel

__all__ = ["ConleyCovariance", "Fitted", "Kernel", "conley"]

Kernel = Literal["bartlett", "uniform"]
_RADIUS_KM: Final = 6371.0088
_PAIRS_AT_ONCE: Final = 2_000_000
# distances that exceed the cutoff, and variances that exceed zero, by less do so by rounding
_ROUNDING: Final = 1e-9


class Fitted(Protocol):
    """What is asked of a fitted regression; `fixed_effects` gives one."""

    @property
    def coefficients(self) -> pd.Series[Any]:
        """By term."""

    @property
    def residuals(self) -> pd.Series[Any]:
        """By row of the firm table."""

    @property
    def n_obs(self) -> int:
        """Firms used."""

    @property
    def model(self) -> LinearModel:
        """The fit as arrays, in the order of the residuals."""


@dataclass(frozen=True, slots=True, eq=False)
class ConleyCovariance:
    """Covariance of coefficients under spatially correlated errors.

    Attributes
    ----------
    coefficients : (k,) Series
        By term.
    matrix : (k, k) DataFrame
        Covariance, by term.
    df : float
        Degrees of freedom of the t distribution.
    kernel : {"bartlett", "uniform"}
    cutoff_km : float
    small_sample : bool
        Whether N / (N - K) is in it.
    n_obs, n_locations : int
        Firms, and places among them.
    mean_neighbours : float
        Other firms within the cutoff of a firm, on average.
    reasons : (k,) Series of str
        Why a term has no error; empty where it has one.
    """

    coefficients: pd.Series[Any]
    matrix: pd.DataFrame
    df: float
    kernel: Kernel
    cutoff_km: float
    small_sample: bool
    n_obs: int
    n_locations: int
    mean_neighbours: float
    reasons: pd.Series[Any]

    def table(self, *, level: float = 0.95) -> pd.DataFrame:
        """Coefficients with errors, tests and intervals.

        Parameters
        ----------
        level : float
            Coverage of the intervals.

        Returns
        -------
        DataFrame
            By term: coefficient, std_error, t, p (two-sided), ci_low, ci_high; NaN where the
            variance is not above zero (see `reasons`).
        """
        b = self.coefficients.to_numpy(dtype=float)
        error = np.sqrt(np.where(self.reasons == "", np.diag(self.matrix), np.nan))
        return coefficient_table(b, error, self.coefficients.index, level, df=self.df)


def _coordinate(
    values: pd.Series[Any], rows: pd.Index[Any], name: str, limit: float
) -> NDArray[np.float64]:
    """One coordinate of the firms that the fit used, in the fit's order."""
    if not isinstance(values, pd.Series):
        raise InputError(f"{name}: found {type(values).__name__}, expected a Series by firm row")
    check_unique_rows({"fit": rows, name: values.index})
    absent = rows.difference(values.index)
    if len(absent):
        raise InputError(
            f"{name}: found none for {len(absent)} of the fit's {len(rows)} firms, "
            f"first row {absent[0]}"
        )
    found = pd.to_numeric(values.loc[rows], errors="coerce").to_numpy(dtype=float)
    bad = np.flatnonzero(~(np.abs(found) <= limit))
    if bad.size:
        raise InputError(
            f"{name}: found {values.loc[rows[bad[0]]]} in row {rows[bad[0]]} "
            f"({bad.size} such rows), expected degrees from {-limit:g} to {limit:g}; "
            "fit the firms that have coordinates"
        )
    return np.asarray(found, dtype=np.float64)


def _unit_vectors(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    longitude, latitude = np.radians(degrees).T
    ring = np.cos(latitude)
    return np.stack([ring * np.cos(longitude), ring * np.sin(longitude), np.sin(latitude)], axis=1)


def _near(
    points: NDArray[np.float64], cutoff_km: float
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]]:
    """Pairs of points within the cutoff with their distances, block by block."""
    from scipy.spatial import KDTree

    tree = KDTree(points)
    angle = min(cutoff_km / _RADIUS_KM, np.pi)
    reach = 2 * np.sin(angle / 2) * (1 + _ROUNDING)
    upto = np.cumsum(tree.query_ball_point(points, reach, return_length=True))
    start = 0
    while start < len(points):
        before = upto[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(upto, before + _PAIRS_AT_ONCE, side="right")))
        block = KDTree(points[start:stop])
        found = block.sparse_distance_matrix(tree, reach, output_type="ndarray")
        distance = 2 * _RADIUS_KM * np.arcsin(np.minimum(found["v"] / 2, 1.0))
        yield found["i"] + start, found["j"], distance
        start = stop


def _meat(
    scores: NDArray[np.float64],
    counts: NDArray[np.float64],
    points: NDArray[np.float64],
    cutoff_km: float,
    kernel: Kernel,
) -> tuple[NDArray[np.float64], float]:
    """Kernel-weighted double sum of scores over places, and the number of pairs of firms."""
    from scipy.sparse import csr_array

    m, k = scores.shape
    total, n_pairs = np.zeros((k, k)), 0.0
    for i, j, distance in _near(points, cutoff_km):
        weight = np.ones(len(i))
        if kernel == "bartlett":
            weight = np.maximum(1 - distance / cutoff_km, 0.0)
        total += scores.T @ (csr_array((weight, (i, j)), shape=(m, m)) @ scores)
        n_pairs += float(counts[i] @ counts[j])
    return (total + total.T) / 2, n_pairs


def _why_not(variance: float, plain: float) -> str:
    """Why a variance is none, beside the one that takes firms as independent."""
    if variance < -_ROUNDING * plain:
        return (
            f"the variance is negative ({variance:.3g}), which this kernel allows; try another "
            "cutoff"
        )
    if variance <= _ROUNDING * plain:
        return (
            "the variance is zero: the kernel weighs all firms alike and their scores sum to "
            "zero; take a smaller cutoff"
        )
    return ""


def conley(
    fit: Fitted,
    longitude: pd.Series[Any],
    latitude: pd.Series[Any],
    cutoff_km: float,
    *,
    kernel: Kernel = "bartlett",
    small_sample: bool = True,
) -> ConleyCovariance:
    """Covariance that allows for correlation between firms near each other.

    Parameters
    ----------
    fit : FixedEffectsFit
        From `fixed_effects`, on a firm table with unique rows; its weights are kept.
    longitude, latitude : Series
        Degrees, by row of the firm table. Firms that the fit did not use may lack them.
    cutoff_km : float
        Great-circle distance beyond which errors are taken to be independent. Pairs exactly at
        it count as within.
    kernel : {"bartlett", "uniform"}
        Weight of a pair within the cutoff: falling linearly to zero, or one.
    small_sample : bool
        Whether to multiply by N / (N - K), K counting absorbed effects.

    Returns
    -------
    ConleyCovariance

    Raises
    ------
    CallError
        When the kernel is unknown or the cutoff is not above 0.
    InputError
        When a firm of the fit has no coordinates, they are no degrees, or rows repeat.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> firms = kz.place_firms(kz.load_twin(), seed=1)
    >>> fit = kz.fixed_effects("epayment_share ~ outages_per_month | composite", firms)
    >>> found = kz.conley(fit, firms["longitude"], firms["latitude"], cutoff_km=100)
    >>> list(found.table().index)
    ['outages_per_month']
    """
    check_option("kernel", kernel, ("bartlett", "uniform"))
    if not 0 < cutoff_km < np.inf:
        raise CallError(f"cutoff_km={cutoff_km}: expected a distance above 0")
    rows, m = fit.residuals.index, fit.model
    given = ((longitude, "longitude", 180.0), (latitude, "latitude", 90.0))
    place = np.stack([_coordinate(v, rows, name, limit) for v, name, limit in given], axis=1)
    # firms in one place have equal kernels, so their scores may be added first
    places, where = np.unique(place, axis=0, return_inverse=True)
    where = where.reshape(-1)
    scores = m.X * (m.w * m.residuals)[:, None]
    sums = [np.bincount(where, column, len(places)) for column in scores.T]
    summed = np.stack(sums, axis=1).astype(np.float64)
    counts = np.bincount(where, minlength=len(places)).astype(np.float64)
    meat, n_pairs = _meat(summed, counts, _unit_vectors(places), cutoff_km, kernel)
    bread = np.linalg.inv(m.X.T @ (m.X * m.w[:, None]))
    n, df = len(m.y), float(len(m.y) - m.n_parameters)
    factor = n / df if small_sample else 1.0
    terms = fit.coefficients.index
    matrix = pd.DataFrame(factor * bread @ meat @ bread, index=terms, columns=terms)
    plain = factor * np.diag(bread @ (scores.T @ scores) @ bread)
    reasons = pd.Series(list(map(_why_not, np.diag(matrix), plain)), terms, name="reason")
    return ConleyCovariance(
        fit.coefficients,
        matrix,
        df,
        kernel,
        float(cutoff_km),
        small_sample,
        n,
        len(places),
        (n_pairs - n) / n,
        reasons,
    )

"""Standard errors of scores by the delta method: every z-score hangs on the means of all units.

The score of unit i is the mean over J indicators of d_j z_ij with z_ij = (m_ij - mbar_j) / s_j,
where mbar_j and s_j (n-1) are over the U units that are scored, and d_j is 1 or -1 (`scores`). So a
unit's score moves with its own means and, by centre and spread, with everyone else's:

    d score_i / d m_vj = d_j / (J s_j) * (1{i = v} - 1/U - z_ij z_vj / (U - 1))

With that Jacobian G and the covariance C of the means the scores have covariance G C G'. It is
singular: for each indicator the z-scores sum to 0 and their squares to U - 1. It is to first order
in the errors; where they are as large as the spread of the means it is too rough, and the spread
itself, which holds the errors, draws the scores together. The choice of indicators is taken as
given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kz_spatial.design import StudyDesign, load_design
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.estimates.scores import scored

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ScoreErrors", "errors_of", "readiness_errors", "score_jacobian"]


@dataclass(frozen=True, slots=True, eq=False)
class ScoreErrors:
    """Scores of units with standard errors and the covariance that `rank_sets` takes.

    Attributes
    ----------
    scores : (n,) Series
        NaN for units that lack an indicator of the score.
    std_errors : (n,) Series
    cov : (n, n) DataFrame
        Singular; NaN for units without a score.
    indicators : tuple of str
        What the score is made of.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin(), by="composite")
    >>> means = table.filter(like="_mean").rename(columns=lambda name: name[:-5])
    >>> errors = table.filter(like="_se").rename(columns=lambda name: name[:-3])
    >>> found = kz.readiness_errors(means, errors)
    >>> kz.rank_sets(found.scores, cov=found.cov).columns.tolist()
    ['rank', 'low', 'high']
    """

    scores: pd.Series[Any]
    std_errors: pd.Series[Any]
    cov: pd.DataFrame
    indicators: tuple[str, ...]


def score_jacobian(
    means: NDArray[np.float64], directions: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Derivatives of scores by means.

    Parameters
    ----------
    means : (U, J) array
        Without gaps; every indicator varies.
    directions : (J,) array of 1 and -1

    Returns
    -------
    (U, U, J) array
        Of the score of the first unit, by the mean of the second on an indicator.
    """
    n_units, n_indicators = means.shape
    spread = means.std(axis=0, ddof=1)
    z = (means - means.mean(axis=0)) / spread
    own = np.eye(n_units)[:, :, None] - 1 / n_units
    pull = z[:, None, :] * z[None, :, :] / (n_units - 1)
    return np.asarray((own - pull) * directions / (n_indicators * spread))


def errors_of(
    std_errors: pd.DataFrame, units: pd.Index[Any], indicators: tuple[str, ...]
) -> NDArray[np.float64]:
    """Standard errors of all means of scored units, (U, J).

    Raises
    ------
    InputError
        When a mean in the score has none.
    """
    absent = [each for each in indicators if each not in std_errors]
    if absent:
        raise InputError(f"std_errors: found no column {absent[0]!r}, expected one per indicator")
    errors = std_errors.reindex(units)[list(indicators)]
    values = errors.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.argwhere(~(np.isfinite(values) & (values >= 0)))
    if bad.size:
        unit, name = units[bad[0][0]], indicators[bad[0][1]]
        raise InputError(
            f"std_errors: unit {unit!r}, {name}: found {values[tuple(bad[0])]}, expected an error "
            "for every mean in the score"
        )
    return np.asarray(values, dtype=np.float64)


def _known_covariance(
    cov: pd.DataFrame, units: pd.Index[Any], indicators: tuple[str, ...]
) -> NDArray[np.float64]:
    """Covariance of all means of scored units, in order of unit and indicator."""
    wanted = pd.MultiIndex.from_product([units, indicators])
    missing = [*wanted.difference(cov.index), *wanted.difference(cov.columns)]
    if missing:
        raise InputError(f"cov: found no row and column {missing[0]}, expected unit and indicator")
    matrix = cov.loc[wanted, wanted].to_numpy(dtype=np.float64, na_value=np.nan)
    gaps = np.argwhere(~np.isfinite(matrix))
    if gaps.size:
        raise InputError(f"cov: {wanted[gaps[0][0]]}, {wanted[gaps[0][1]]}: found no covariance")
    return np.asarray(matrix, dtype=np.float64)


def readiness_errors(
    means: pd.DataFrame,
    std_errors: pd.DataFrame | None = None,
    *,
    cov: pd.DataFrame | None = None,
    design: StudyDesign | None = None,
) -> ScoreErrors:
    """Readiness with standard errors that count the errors of all units' means.

    Parameters
    ----------
    means : (n, J) DataFrame
        A column per indicator, a row per unit, as `readiness` takes them.
    std_errors : (n, J) DataFrame, optional
        Standard errors of the means, independent between units and indicators.
    cov : DataFrame, optional
        Covariance of the means instead, rows and columns by unit and indicator, as
        `survey_covariance` gives it for a sequence of indicators. Answers of the same firm to two
        items go together, which `std_errors` alone leaves out.
    design : StudyDesign, optional
        The published study's by default.

    Returns
    -------
    ScoreErrors

    Raises
    ------
    CallError
        Unless one of `std_errors` and `cov` is given.
    InputError
        When a mean that is in the score has no error.
    NotEnoughDataError
        When no score can be made.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> firms, names = kz.load_twin(), list(kz.load_design().by_name)
    >>> means = kz.aggregate(firms, weights="wmedian")[[f"{name}_mean" for name in names]]
    >>> cov = kz.survey_covariance(firms, names, weights="wmedian", by="composite")
    >>> found = kz.readiness_errors(means.set_axis(names, axis=1), cov=cov)
    >>> bool((found.std_errors > 0).all())
    True
    """
    if std_errors is not None and cov is not None:
        raise CallError("cov=: found std_errors too, expected one of them")
    design = design or load_design()
    found = scored(means, design)
    indicators, units = found.indicators, found.means.index
    if not len(units):
        raise NotEnoughDataError(
            "means: found no indicators that make a score of two or more units"
        )
    jacobian = score_jacobian(found.means.to_numpy(), found.directions).reshape(len(units), -1)
    if cov is not None:
        known = _known_covariance(cov, units, indicators)
    elif std_errors is not None:
        known = np.diag(errors_of(std_errors, units, indicators).ravel() ** 2)
    else:
        raise CallError("std_errors=None: expected standard errors, or cov=")
    matrix = jacobian @ known @ jacobian.T
    matrix = (matrix + matrix.T) / 2
    frame = pd.DataFrame(matrix, index=units, columns=units)
    frame = frame.reindex(index=means.index, columns=means.index)
    errors = pd.Series(np.sqrt(np.diag(frame)), means.index, name="std_error")
    return ScoreErrors(found.scores.reindex(means.index), errors, frame, indicators)

"""How much of a ranking is the data's and how much the index's: uncertainty and sensitivity.

The score is made anew many times under other choices that one could defend, as the OECD handbook
asks (Nardo et al. 2008, Handbook on Constructing Composite Indicators, steps 7 and 9):

- weights of the indicators: drawn from a flat Dirichlet distribution, in place of equal ones
- normalisation: z-scores, min-max, or ranks
- aggregation: arithmetic mean, geometric mean (of values brought to 1 to 100), or the arithmetic
  mean without one of the indicators
- sampling: means drawn again by their standard errors, independently

Shares of the variance of each unit's rank by source are first-order and total indices of Sobol,
with every other source drawn at random too: Saltelli's (2010) estimator of the first order and
Jansen's (1999) of the total one. First orders need not sum to 1; a total above its first order
means that a source acts together with others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import check_count
from kz_spatial.design import StudyDesign, load_design
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.estimates.score_errors import errors_of
from kz_spatial.estimates.scores import scored

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SOURCES", "ScoreSensitivity", "score_sensitivity"]

SOURCES: Final = ("weights", "normalisation", "aggregation", "sampling")
_NORMALISATIONS: Final = 3
_SEED: Final = 20240


@dataclass(frozen=True, slots=True, eq=False)
class ScoreSensitivity:
    """Ranks of units under other choices, and what moves them.

    Attributes
    ----------
    ranks : DataFrame
        By unit: `rank` of the score as it is, `median`, `low`, `high` (middle 90 % of draws),
        `share_first`, `share_top` (first three) and `share_last` of draws.
    variance : DataFrame
        By unit and source: `first_order`, `total`; NaN for a unit whose rank never moves.
    overall : DataFrame
        By source: the same for all units together, weighted by the variance of their ranks.
    indicators : tuple of str
    n_draws, seed : int

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin(), by="composite")
    >>> means = table.filter(like="_mean").rename(columns=lambda name: name[:-5])
    >>> kz.score_sensitivity(means, n_draws=64).overall.columns.tolist()
    ['first_order', 'total']
    """

    ranks: pd.DataFrame
    variance: pd.DataFrame
    overall: pd.DataFrame
    indicators: tuple[str, ...]
    n_draws: int
    seed: int


def _normalised(x: NDArray[np.float64], kind: NDArray[np.intp]) -> NDArray[np.float64]:
    """Draws of means (d, n, j), more is better, each draw brought to one scale its own way."""
    spread = x.std(axis=1, ddof=1, keepdims=True)
    z = (x - x.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    span = (x - low) / np.where(high > low, high - low, 1.0)
    place = x.argsort(axis=1).argsort(axis=1) / (x.shape[1] - 1)
    made = np.stack([z, span, place])
    return np.asarray(made[kind, np.arange(len(x))], dtype=np.float64)


def _combined(
    x: NDArray[np.float64], weights: NDArray[np.float64], kind: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Scores (d, n): 0 the arithmetic mean, 1 the geometric one, 2 + j without indicator j."""
    n_indicators = x.shape[2]
    low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    positive = 1 + 99 * (x - low) / np.where(high > low, high - low, 1.0)
    left = kind[:, None] - 2 == np.arange(n_indicators)
    used = np.where(left, 0.0, weights)[:, None, :]
    used = used / used.sum(axis=2, keepdims=True)
    arithmetic = (x * used).sum(axis=2)
    geometric = (np.log(positive) * used).sum(axis=2)
    return np.asarray(np.where((kind == 1)[:, None], geometric, arithmetic), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Problem:
    """Means, more is better, their errors, and what a draw of the choices makes of them."""

    means: NDArray[np.float64]
    errors: NDArray[np.float64]

    def draw(self, n: int, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
        """One independent draw of every source."""
        units, indicators = self.means.shape
        return {
            "weights": rng.dirichlet(np.ones(indicators), n),
            "normalisation": rng.integers(0, _NORMALISATIONS, n),
            "aggregation": rng.integers(0, 2 + (indicators if indicators > 1 else 0), n),
            "sampling": rng.standard_normal((n, units, indicators)),
        }

    def ranks(self, drawn: dict[str, NDArray[Any]]) -> NDArray[np.float64]:
        """Rank of each unit in each draw, 1 the best; equal scores share their ranks' mean."""
        x = self.means + self.errors * drawn["sampling"]
        x = _normalised(x, drawn["normalisation"])
        score = _combined(x, drawn["weights"], drawn["aggregation"])
        above = (score[:, None, :] > score[:, :, None]).sum(axis=2)
        alike = (score[:, None, :] == score[:, :, None]).sum(axis=2)
        return np.asarray(above + (alike + 1) / 2, dtype=np.float64)


def _shares(
    problem: _Problem, a: dict[str, NDArray[Any]], b: dict[str, NDArray[Any]]
) -> tuple[NDArray[np.float64], dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]]:
    """Ranks of the first draw, and first-order and total variance by source and unit."""
    of_a, of_b = problem.ranks(a), problem.ranks(b)
    found = {}
    for source in SOURCES:
        mixed = problem.ranks({**a, source: b[source]})
        first = (of_b * (mixed - of_a)).mean(axis=0)
        total = ((of_a - mixed) ** 2).mean(axis=0) / 2
        found[source] = (first, total)
    return np.vstack([of_a, of_b]), found


def score_sensitivity(
    means: pd.DataFrame,
    std_errors: pd.DataFrame | None = None,
    *,
    design: StudyDesign | None = None,
    n_draws: int = 4096,
    seed: int = _SEED,
) -> ScoreSensitivity:
    """Rank units under other weights, normalisations and aggregations, and other samples.

    Parameters
    ----------
    means : (n, J) DataFrame
        A column per indicator, a row per unit, as `readiness_errors` takes them.
    std_errors : (n, J) DataFrame, optional
        Standard errors of the means; without them sampling moves nothing.
    design : StudyDesign, optional
        The published study's by default.
    n_draws : int
        Draws of all choices, 16 or more; twice as many are ranked, and `n_draws` again for each
        source.
    seed : int

    Returns
    -------
    ScoreSensitivity

    Raises
    ------
    InputError
        When a mean of the score has no standard error.
    NotEnoughDataError
        When fewer than two units have a score.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin(), by="composite")
    >>> means = table.filter(like="_mean").rename(columns=lambda name: name[:-5])
    >>> errors = table.filter(like="_se").rename(columns=lambda name: name[:-3])
    >>> found = kz.score_sensitivity(means, errors, n_draws=1024)
    >>> found.overall["total"].idxmax()
    'weights'
    """
    check_count("n_draws", n_draws, 16)
    check_count("seed", seed, 0)
    design = design or load_design()
    made = scored(means, design)
    units, names = made.means.index, made.indicators
    if len(units) < 2:
        raise NotEnoughDataError(f"means: found a score for {len(units)} units, expected two")
    known = made.means.to_numpy() * made.directions
    errors = np.zeros_like(known)
    if std_errors is not None:
        errors = errors_of(std_errors, units, names)
    problem, rng = _Problem(known, errors), np.random.default_rng(seed)
    ranks, found = _shares(problem, problem.draw(n_draws, rng), problem.draw(n_draws, rng))
    variance = ranks.var(axis=0)
    index = pd.MultiIndex.from_product([units, SOURCES], names=[means.index.name, "source"])
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.array([[found[s][part] / variance for s in SOURCES] for part in (0, 1)])
    shares[:, :, variance == 0] = np.nan
    by_unit = pd.DataFrame(
        shares.transpose(2, 1, 0).reshape(-1, 2), index, columns=["first_order", "total"]
    )
    whole = {
        source: [float(part.sum() / variance.sum()) for part in found[source]] for source in SOURCES
    }
    overall = pd.DataFrame.from_dict(whole, orient="index", columns=["first_order", "total"])
    overall.index.name = "source"
    low, middle, high = np.quantile(ranks, [0.05, 0.5, 0.95], axis=0)
    frame = pd.DataFrame(
        {
            "rank": made.scores.rank(ascending=False, method="min"),
            "median": middle,
            "low": low,
            "high": high,
            "share_first": (ranks == 1).mean(axis=0),
            "share_top": (ranks <= 3).mean(axis=0),
            "share_last": (ranks == len(units)).mean(axis=0),
        },
        index=units,
    )
    return ScoreSensitivity(frame, by_unit, overall, names, n_draws, seed)

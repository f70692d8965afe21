"""The score of a unit: the mean of directed z-scores, over one set of indicators for a whole level.

Scores of different indicators do not compare, so all units of a level are scored on the same ones,
and a unit that lacks one of them has no score. From all indicators that vary, the one known in the
fewest units leaves first, as long as a set of fewer indicators scores more cells (indicators times
units); no fewer remain than the design asks, or than there are. Z-scores (deviation with n-1) are
those among the units that are scored, turned so that more is better.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial.design import SCORE, StudyDesign, load_design

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Scored", "readiness", "score_indicators", "score_units", "scored"]

# means that differ by less, relative to their size, differ by rounding alone
_ROUNDING: Final = 1e-12


def _varying(means: pd.DataFrame) -> list[str]:
    """Columns whose values differ by more than rounding."""
    spread = means.max() - means.min()
    return [name for name in means if spread[name] > _ROUNDING * means[name].abs().max()]


def score_indicators(means: pd.DataFrame, design: StudyDesign | None = None) -> tuple[str, ...]:
    """Indicators that all scored units of a level share; empty where there is no score.

    Parameters
    ----------
    means : DataFrame
        One column per indicator, one row per unit.
    design : StudyDesign, optional
        The published study's by default.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin(), by="oblast")
    >>> means = table.filter(like="_mean").rename(columns=lambda name: name[:-5])
    >>> score_indicators(means)
    ('outages_per_month', 'epayment_share', 'co2_monitoring', 'product_innovation')
    """
    design = design or load_design()
    asked = [str(name) for name in means if name in design.by_name]
    least = min(design.score.least, len(asked))
    # the best known first; sorting is stable, so the design's order settles ties
    ranked = sorted(_varying(means[asked]), key=lambda name: -means[name].notna().sum())
    best, picked = (0, 0), list[str]()
    for size in range(len(ranked), max(least, 1) - 1, -1):
        chosen = ranked[:size]
        complete = means[chosen].dropna()
        units = len(complete) if len(_varying(complete)) == size else 0
        if (size * units, units) > best:
            best, picked = (size * units, units), chosen
    return tuple(name for name in asked if name in picked)


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """The means that scores are made of, and which way each of them counts.

    Attributes
    ----------
    means : (U, J) DataFrame
        Of scored units, a column an indicator of the score; without gaps.
    directions : (J,) array of 1 and -1
    """

    means: pd.DataFrame
    directions: NDArray[np.float64]

    @property
    def indicators(self) -> tuple[str, ...]:
        """What the score is made of."""
        return tuple(map(str, self.means))

    @property
    def scores(self) -> pd.Series[Any]:
        """Mean of directed z-scores, (U,)."""
        z = (self.means - self.means.mean()) / self.means.std(ddof=1)
        return (z * self.directions).mean(axis=1).astype(float).rename(SCORE)


def scored(means: pd.DataFrame, design: StudyDesign) -> Scored:
    """Units that have a score, and what it is made of; see `readiness`."""
    names = list(score_indicators(means, design))
    # without an indicator nobody has a score
    complete = means[names].dropna().astype(np.float64).iloc[: len(means) if names else 0]
    directions = [design.by_name[str(name)].direction for name in complete]
    return Scored(complete, np.array(directions, dtype=np.float64))


def readiness(means: pd.DataFrame, design: StudyDesign | None = None) -> pd.Series[Any]:
    """Mean of directed z-scores over units.

    Parameters
    ----------
    means : DataFrame
        One column per indicator, one row per unit.
    design : StudyDesign, optional
        The published study's by default.

    Returns
    -------
    Series named "readiness"
        NaN where a unit lacks one of `score_indicators`.
    """
    return scored(means, design or load_design()).scores.reindex(means.index)


def score_units(
    table: pd.DataFrame, indicators: Sequence[str], design: StudyDesign
) -> pd.DataFrame:
    """A table of means with what the score is made of, the score and its rank as last columns."""
    means = table[[f"{name}_mean" for name in indicators]].set_axis(indicators, axis=1)
    scored = table.drop(columns=["score_of", SCORE, "rank"], errors="ignore")
    scored["score_of"] = ", ".join(score_indicators(means, design))
    scored[SCORE] = readiness(means, design)
    scored["rank"] = scored[SCORE].rank(ascending=False, method="min").astype("Int64")
    return scored

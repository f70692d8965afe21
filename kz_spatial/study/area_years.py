"""What years show of a panel of units: changes, ranks, spread, and moves between classes.

All of it is described, not tested: five or ten years of twenty units that keep most of their past
say little of a process, and a trend test on them finds trends where there are none.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from kz_spatial.study.area_columns import AreaColumn

__all__ = ["Mobility", "YearsFound", "describe_years"]

_CLASSES: Final = 3
# expected transitions of a cell under which a test of the spatial kind says nothing
_LEAST: Final = 5.0
_DRAWS: Final = 500


@dataclass(frozen=True, slots=True, eq=False)
class Mobility:
    """Moves of units between low, middle and high from one year to the next.

    Attributes
    ----------
    counts : (3, 3) DataFrame
        Transitions, from the row's class to the column's; classes are thirds of each year.
    shares : (3, 3) DataFrame
        Shares of each row; NaN where no unit started there.
    spatial_p : float
        p of the test that moves do not hang on the neighbours' class (giddy's Q); NaN where a cell
        is expected to hold under five transitions.
    expected : float
        Least number of transitions that a cell of that test is expected to hold; their mean over
        cells where that is under five already.
    """

    counts: pd.DataFrame
    shares: pd.DataFrame
    spatial_p: float
    expected: float


@dataclass(frozen=True, slots=True, eq=False)
class YearsFound:
    """What years show of one column.

    Attributes
    ----------
    column : str
    frame : DataFrame
        By year: `mean` and `sd` over units, `cv` (sd / mean; NaN where values below 0 occur),
        `n` units known, `rank_correlation` with the year before (Spearman), `moved` (units whose
        rank changed), `sd_error` (root mean square of the standard errors: what error alone adds
        to the spread; NaN where none are told).
    change : Series
        By unit: last year minus first.
    first, last : int
        Years that the change is between.
    ranks : Series
        By unit: how many ranks it rose from the first year to the last; below 0 it fell.
    rank_correlation : float
        Spearman's between the first and the last year.
    by_error : tuple of float
        Middle and lowest twentieth of the rank correlation that error alone leaves when no unit
        changes between the first year and the last; NaN where no errors are told.
    mobility : Mobility or None
        None where units are missing in a year.
    """

    column: str
    frame: pd.DataFrame
    change: pd.Series[Any]
    first: int
    last: int
    ranks: pd.Series[Any]
    rank_correlation: float
    mobility: Mobility | None
    by_error: tuple[float, float] = (float("nan"), float("nan"))


def _spearman(one: pd.Series[Any], other: pd.Series[Any]) -> float:
    both = pd.DataFrame({"one": one, "other": other}).dropna()
    if len(both) < 3 or both.nunique().min() < 2:
        return float("nan")
    return float(both.rank().corr().iloc[0, 1])


def _ranks(values: pd.Series[Any]) -> pd.Series[Any]:
    """Ranks from the highest value down, ties sharing the better one."""
    return values.rank(ascending=False, method="min")


def _mobility(values: pd.DataFrame, weights: Any) -> Mobility | None:
    """Moves between thirds of each year, and giddy's test where it has enough of them."""
    if values.isna().any().any() or values.shape[1] < 2:
        return None
    thirds = values.rank(pct=True, method="average").apply(
        lambda year: np.minimum(np.ceil(year * _CLASSES) - 1, _CLASSES - 1).astype(int)
    )
    names = ["low", "middle", "high"]
    counts = np.zeros((_CLASSES, _CLASSES), dtype=int)
    for before, after in pairwise(thirds.columns):
        np.add.at(counts, (thirds[before], thirds[after]), 1)
    totals = counts.sum(1, keepdims=True)
    shares = np.divide(counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)
    p, least = _spatial_test(values, weights)
    return Mobility(
        pd.DataFrame(counts, names, names), pd.DataFrame(shares, names, names), p, least
    )


def _spatial_test(values: pd.DataFrame, weights: Any) -> tuple[float, float]:
    """Giddy's p that moves do not hang on the neighbours' class, and what cells may hold."""
    n_units, n_years = values.shape
    mean = n_units * (n_years - 1) / _CLASSES**3
    if weights is None or mean < _LEAST:
        return float("nan"), mean
    import warnings

    from giddy.markov import Spatial_Markov

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = Spatial_Markov(
            values.to_numpy(float), weights, k=_CLASSES, m=_CLASSES, fixed=True, discrete=False
        )
    pooled = np.asarray(found.transitions, dtype=float)
    starts = np.asarray(found.T).sum(axis=2)  # by neighbours' class and own class
    rows = pooled / np.maximum(pooled.sum(1, keepdims=True), 1)
    least = float((starts[:, :, None] * rows[None]).min())
    return (float(found.Q_p_value) if least >= _LEAST else float("nan")), least


def _by_error(values: pd.DataFrame, errors: pd.DataFrame | None, seed: int) -> tuple[float, float]:
    """Rank correlation of two draws about the same values: what error alone leaves of an order."""
    if errors is None or not {values.columns[0], values.columns[-1]} <= set(errors.columns):
        return float("nan"), float("nan")
    ends = [values.columns[0], values.columns[-1]]
    sd = errors[ends].reindex(values.index)
    known = values[ends].notna().all(axis=1) & sd.notna().all(axis=1)
    if known.sum() < 3:
        return float("nan"), float("nan")
    # units are drawn about their mean over both years, weighted by what each year knows of them
    precision = 1 / (sd[known] ** 2).clip(lower=1e-300)
    centre = (values.loc[known, ends] * precision).sum(axis=1) / precision.sum(axis=1)
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(_DRAWS):
        one, two = (centre + rng.normal(size=len(centre)) * sd.loc[known, year] for year in ends)
        found.append(_spearman(one, two))
    return float(np.nanmedian(found)), float(np.nanquantile(found, 0.05))


def describe_years(
    column: AreaColumn,
    weights: Any = None,
    *,
    errors: pd.DataFrame | None = None,
    seed: int = 20240,
) -> YearsFound:
    """Describe what years show of a column.

    Parameters
    ----------
    column : AreaColumn
        With two years or more.
    weights : libpysal weights, optional
        Of the units in the column's order, numbered from 0, for the test of moves.
    errors : DataFrame, optional
        Standard errors, shaped like the column's values.
    seed : int
        Of draws by the errors.

    Examples
    --------
    >>> import pandas as pd
    >>> from kz_spatial.study.area_columns import AreaColumn
    >>> values = pd.DataFrame({2020: [1.0, 2.0, 4.0], 2021: [2.0, 1.0, 5.0]}, index=list("abc"))
    >>> found = describe_years(AreaColumn("x", {"en": "x"}, {"en": "u"}, values))
    >>> found.change.to_dict(), found.ranks.to_dict(), round(found.rank_correlation, 2)
    ({'a': 1.0, 'b': -1.0, 'c': 1.0}, {'a': 1.0, 'b': -1.0, 'c': 0.0}, 0.5)
    """
    values = column.values.loc[:, column.values.notna().any()]
    years = [int(each) for each in values.columns]
    rows = {}
    for before, year in zip([None, *years[:-1]], years, strict=True):
        known = values[year].dropna()
        positive = bool((known >= 0).all()) and known.mean() > 0
        row = {
            "n": len(known),
            "mean": known.mean(),
            "sd": known.std(),
            "cv": known.std() / known.mean() if positive else np.nan,
            "rank_correlation": np.nan,
            "moved": pd.NA,
            "sd_error": np.nan,
        }
        if errors is not None and year in errors:
            row["sd_error"] = float(np.sqrt((errors[year].reindex(known.index) ** 2).mean()))
        if before is not None:
            one, two = _ranks(values[before]), _ranks(values[year])
            row["rank_correlation"] = _spearman(values[before], values[year])
            row["moved"] = int((one != two)[one.notna() & two.notna()].sum())
        rows[year] = row
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("year")
    first, last = years[0], years[-1]
    return YearsFound(
        column.name,
        frame.astype({"moved": "Int64"}),
        (values[last] - values[first]).rename("change"),
        first,
        last,
        (_ranks(values[first]) - _ranks(values[last])).rename("ranks"),
        _spearman(values[first], values[last]),
        _mobility(values, weights),
        _by_error(values, errors, seed),
    )

"""How often two units fall into one group when firms are drawn again, or values by their errors.

A draw carries sampling error on top of that of the firms as they are, so it blurs groups rather
than sharpens them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import check_count
from kz_spatial.design import design_of
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.estimates import aggregate, drawn_by_error, drawn_means
from kz_spatial.groups.alike import N_STARTS, k_means, optimal_groups
from kz_spatial.groups.partition import check_n_clusters, standardised, z_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["CoMembership", "co_membership", "co_membership_of", "redrawn_co_membership"]

# up to so many units a proof takes milliseconds a draw, whatever the columns; k-means beyond
_PROVEN: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class CoMembership:
    """How often two units fall into one group.

    Attributes
    ----------
    matrix : DataFrame
        Share of draws, units by units; 1 on the diagonal.
    n_draws : int
        Draws that could be grouped.
    n_skipped : int
        Draws in which a unit lacked an indicator.
    n_clusters : int
    seed : int
    """

    matrix: pd.DataFrame
    n_draws: int
    n_skipped: int
    n_clusters: int
    seed: int

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the shares as a matrix.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Drawn into when given.

        Returns
        -------
        matplotlib Axes
        """
        from kz_spatial.drawing import matrix

        return matrix(self.matrix, f"in one group, share of {self.n_draws:,} draws", ax)


def _groups_of_draws(Z: NDArray[np.float64], k: int, seed: int) -> NDArray[np.intp]:
    """Groups of the units in each draw, proven or by k-means; (draws, n) from (draws, n, p)."""
    if Z.shape[1] <= _PROVEN:
        return np.array([optimal_groups(each, [k])[k] for each in Z])
    return k_means(Z, k, n_starts=N_STARTS, rng=np.random.default_rng(seed))


def co_membership(
    firms: pd.DataFrame,
    *,
    by: str | None = None,
    n_clusters: int = 3,
    indicators: Sequence[str] | None = None,
    weights: str | None = None,
    n_draws: int = 200,
    seed: int = 20240,
) -> CoMembership:
    """Count how often two units fall into one group when firms are drawn again.

    Parameters
    ----------
    firms : DataFrame
        A firm table.
    by : str, optional
        "oblast", or the name of the design's grouping, which is the default.
    n_clusters : int
        Groups of the typology.
    indicators : sequence of str, optional
        Those of the design by default.
    weights : str, optional
        Survey weight column.
    n_draws, seed : int

    Returns
    -------
    CoMembership

    Raises
    ------
    NotEnoughDataError
        When no draw could be grouped.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> indicators = ["epayment_share", "outages_per_month"]
    >>> found = kz.co_membership(kz.load_twin(), indicators=indicators, n_draws=20)
    >>> found.matrix.shape, found.n_draws
    ((7, 7), 20)
    """
    indicators = list(design_of(firms).by_name) if indicators is None else list(indicators)
    if not indicators:
        raise CallError("indicators: found none, expected at least one to group by")
    check_count("n_clusters", n_clusters, 1)
    table = aggregate(firms, by=by, weights=weights, indicators=indicators, min_firms=1)
    drawn = drawn_means(firms, table, indicators, weights, n_draws, seed)
    return _over_draws(drawn, table.index, n_clusters, seed)


def redrawn_co_membership(
    table: pd.DataFrame,
    *,
    indicators: Sequence[str],
    n_clusters: int = 3,
    n_draws: int = 200,
    seed: int = 20240,
) -> CoMembership:
    """Count how often two units fall into one group, from published means and errors.

    Parameters
    ----------
    table : DataFrame
        As `aggregate` returns it; means are drawn from normal laws with its errors.
    indicators, n_clusters, n_draws, seed
        As in `co_membership`.

    Returns
    -------
    CoMembership

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin())
    >>> asked = ["epayment_share", "outages_per_month"]
    >>> redrawn_co_membership(table, indicators=asked, n_draws=20).matrix.shape
    (7, 7)
    """
    check_count("n_clusters", n_clusters, 1)
    drawn = drawn_by_error(table, indicators, n_draws, seed)
    return _over_draws(drawn, table.index, n_clusters, seed)


def co_membership_of(
    values: pd.DataFrame,
    errors: pd.DataFrame,
    *,
    n_clusters: int = 3,
    n_draws: int = 200,
    standardise: bool = True,
    seed: int = 20240,
) -> CoMembership:
    """Count how often two units fall into one group when any values are off by their errors.

    Parameters
    ----------
    values : DataFrame
        Units by columns, without gaps.
    errors : DataFrame
        Standard errors, for the same units and columns in any order; 0 or missing where a value is
        known. Each value is drawn from a normal law of its own, apart from all others.
    n_clusters : int
        Groups of the typology of each draw.
    n_draws : int
    standardise : bool
        Whether to turn the columns of each draw into z-scores first.
    seed : int

    Returns
    -------
    CoMembership

    Raises
    ------
    InputError
        When a value is missing, an error is negative, or a unit or a column has no errors.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin(), by="oblast")
    >>> names = ["epayment_share", "outages_per_month"]
    >>> values, errors = (table[[f"{n}_{part}" for n in names]] for part in ("mean", "se"))
    >>> errors.columns = values.columns
    >>> found = kz.co_membership_of(values, errors, n_clusters=2, n_draws=20)
    >>> found.matrix.shape, found.n_draws
    ((20, 20), 20)
    """
    check_count("n_clusters", n_clusters, 1)
    known = standardised(values, standardise=False)
    spread = _errors(errors, known)
    names = [str(j) for j in range(len(known.columns))]
    parts = {"mean": known, "se": spread}
    table = pd.concat(
        [each.set_axis([f"{j}_{part}" for j in names], axis=1) for part, each in parts.items()],
        axis=1,
    )
    drawn = drawn_by_error(table, names, n_draws, seed)
    back = known.index.get_indexer(values.index)
    return _over_draws(drawn[:, back], values.index, n_clusters, seed, standardise=standardise)


def _errors(errors: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """Errors in the order of the values, 0 where none is given."""
    if not isinstance(errors, pd.DataFrame):
        raise InputError(f"errors: found {type(errors).__name__}, expected a DataFrame")
    for what, asked, found in (
        ("unit", values.index, errors.index),
        ("column", values.columns, errors.columns),
    ):
        twice, absent = found[found.duplicated()], asked.difference(found, sort=False)
        if len(twice) or len(absent):
            wrong = f"{what} {twice[0]!r} twice" if len(twice) else f"no {what} {absent[0]!r}"
            raise InputError(f"errors: found {wrong}, expected the units and columns of values")
    spread = errors.loc[values.index, values.columns]
    for name in spread:
        if not pd.api.types.is_numeric_dtype(spread[name]):
            raise InputError(f"errors: column {name!r} holds {spread[name].dtype}, not numbers")
    spread = spread.astype(float).fillna(0.0)
    bad = np.argwhere(~((spread >= 0) & np.isfinite(spread)).to_numpy())
    if len(bad):
        unit, name = spread.index[bad[0][0]], spread.columns[bad[0][1]]
        raise InputError(
            f"errors: found {spread.loc[unit, name]:g} for {unit!r} in {name!r}, expected a "
            "finite number of 0 or more"
        )
    return spread


def _over_draws(
    drawn: NDArray[np.float64],
    index: pd.Index[Any],
    n_clusters: int,
    seed: int,
    *,
    standardise: bool = True,
) -> CoMembership:
    """How often units fall together in (draws, units, indicators) drawn means."""
    whole = drawn[np.isfinite(drawn).all(axis=(1, 2))]
    if not len(whole):
        raise NotEnoughDataError(
            f"none of {len(drawn)} draws had every indicator in every unit; "
            "leave out an indicator that few firms answered"
        )
    check_n_clusters(n_clusters, len(index))
    labels = _groups_of_draws(z_scores(whole) if standardise else whole, n_clusters, seed)
    total = (labels[:, :, None] == labels[:, None, :]).sum(axis=0)
    matrix = pd.DataFrame(total / len(whole), index, index)
    return CoMembership(matrix, len(whole), len(drawn) - len(whole), n_clusters, seed)

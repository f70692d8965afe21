"""Local Moran's I of every unit, with exact conditional inference where neighbours weigh the same.

With z the values minus their mean and W the weights, I_i = (n - 1) * z_i * (W z)_i / (z' z), as in
esda and GeoDa. Inference is conditional on z_i: where the k neighbours of i weigh the same, all
C(n-1, k) neighbour sets count; where they weigh differently, all ordered sets up to 400,000, else
seeded random ones, the same for every unit. `kz_spatial.neighbours.arrangements` defines two-sided
p for such discrete distributions and gives the source.

Random sets are our own at every n, with nothing to compile; `make bench` sets their time beside
that of `esda.Moran_Local`, which tests compare with.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Unpack

import numpy as np
import pandas as pd

from kz_spatial._validate import check_share
from kz_spatial.neighbours.global_test import Inference, InferenceOptions, spelled_out
from kz_spatial.neighbours.local_test import (
    P_VALUES,
    adjusted,
    labelled,
    same_everywhere,
    set_tests,
)
from kz_spatial.neighbours.unit_values import IslandsPart, centred, unit_scale, unit_values
from kz_spatial.options import Alternative

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["LISA_LABELS", "LocalMoran", "LocalTests", "local_moran", "local_tests", "quadrants"]

LISA_LABELS: Final = (
    "High-High",
    "Low-Low",
    "High-Low",
    "Low-High",
    "not significant",
    "cannot be significant",
    "island",
    "suppressed",
)
_COLUMNS: Final = (
    "value",
    "lag",
    "statistic",
    "quadrant",
    *P_VALUES,
    "label",
    "method",
    "n_arrangements",
)


@dataclass(frozen=True, slots=True, eq=False)
class LocalMoran:
    """Local Moran's I of every unit.

    Attributes
    ----------
    frame : DataFrame
        By unit, in the caller's order: `value`, `lag` (weighted sum of the neighbours' deviations
        from the mean, in the unit of the values), `statistic`, `quadrant` (High-High and so on,
        by sign alone), `p`, `p_min` (smallest p the unit can reach with as many neighbours among
        the values that the others have: ties raise it, and it is 1 for a unit at the mean),
        `p_fdr` (Benjamini-Hochberg), `p_by` (Benjamini-Yekutieli) and `p_bonferroni` over all
        tested units, `label` (one of `LISA_LABELS`, by `p`), `method`, `n_arrangements`.
    alpha : float
        Level of the labels.
    alternative : {"two-sided", "greater", "less"}
        Side of the p-values.
    seed : int or None
        Seed of Monte Carlo draws, where any were needed.
    """

    frame: pd.DataFrame
    alpha: float
    alternative: Alternative = "two-sided"
    seed: int | None = None

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw values against their neighbours, coloured by class; the slope is Moran's I.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Drawn into when given.

        Returns
        -------
        matplotlib Axes
        """
        from kz_spatial.drawing import moran_scatter

        return moran_scatter(self.frame, ax)


@dataclass(frozen=True, slots=True, eq=False)
class LocalTests:
    """Local Moran's I of r sets of values on the same n units and weights, as arrays.

    Attributes
    ----------
    lag, statistic, p, p_min : (r, n) arrays
    quadrant, label : (r, n) arrays of str
    exact : (n,) array of bool
    n_arrangements : (n,) array of int
    """

    lag: NDArray[np.float64]
    statistic: NDArray[np.float64]
    p: NDArray[np.float64]
    p_min: NDArray[np.float64]
    quadrant: NDArray[np.str_]
    label: NDArray[np.str_]
    exact: NDArray[np.bool_]
    n_arrangements: NDArray[np.int64]


def quadrants(own: NDArray[np.float64], lag: NDArray[np.float64]) -> NDArray[np.str_]:
    """High-High and so on, by the signs of what a unit has and of what its neighbours have."""
    own_side, their_side = np.where(own > 0, "High", "Low"), np.where(lag > 0, "High", "Low")
    return np.char.add(np.char.add(own_side, "-"), their_side)


def local_tests(
    Z: NDArray[np.float64],
    W: NDArray[np.float64],
    *,
    alpha: float = 0.05,
    alternative: Alternative = "two-sided",
    n_permutations: int = 9999,
    seed: int = 20240,
) -> LocalTests:
    """Test every unit in each of r sets of values.

    Parameters
    ----------
    Z : (r, n) array
        Values less their mean, none of the rows all zero.
    W : (n, n) array
        Zero on the diagonal. Units whose row is zero count among the others and have no statistic
        of their own.
    alpha, alternative, n_permutations, seed
        As in `local_moran`.
    """
    n = Z.shape[1]
    units, Z = Z, unit_scale(Z)
    lag = Z @ W.T
    ask = Inference(alternative, n_permutations, seed)
    # a low unit's I is high where its neighbours are low
    turn = np.where(Z < 0, -1.0, 1.0)
    tests = set_tests(W, lambda at: turn[:, at, None] * Z[:, None, :], ask, r=len(Z))
    # a unit at the mean has I = 0 in every arrangement, so its p stays 1
    flat, alone = same_everywhere(Z), ~W.any(axis=1)
    p, p_min = (np.where(flat, 1.0, each) for each in (tests.p, tests.p_min))
    statistic = (n - 1) * np.where(flat, 0.0, Z) * lag / (Z**2).sum(axis=1, keepdims=True)
    quadrant = quadrants(Z, lag)
    label = np.where(alone, "island", labelled(quadrant, p, p_min, alpha))
    lag, statistic, p, p_min = (
        np.where(alone, np.nan, each) for each in (units @ W.T, statistic, p, p_min)
    )
    return LocalTests(lag, statistic, p, p_min, quadrant, label, tests.exact, tests.n_arrangements)


@spelled_out
def local_moran(
    values: pd.Series[Any],
    graph: Graph,
    *,
    alpha: float = 0.05,
    islands: IslandsPart = "drop",
    **options: Unpack[InferenceOptions],
) -> LocalMoran:
    """Local Moran's I with exact conditional inference.

    Parameters
    ----------
    values : Series
        By unit; NaN units are labelled "suppressed" and left out.
    graph : libpysal.graph.Graph
        Neighbours; units without any that has a value are labelled "island".
    alpha : float
        Level at which a unit gets its quadrant as label.
    islands : {"drop", "zero"}
        As in `moran`; either way an island has no statistic of its own.
    alternative : {"two-sided", "greater", "less"}
        "greater" asks for units like their neighbours, "less" for units unlike them.
    n_permutations : int
        Random neighbour sets for units whose sets are too many: where weights differ, above
        400,000 ordered ones; else where half of the other units have more than 2**18 sets.
    seed : int
        Seed of those.

    Returns
    -------
    LocalMoran

    Raises
    ------
    InputError
        When a unit is not in the graph, occurs twice or is infinite.
    CallError
        When the alternative is not known, alpha is no share, or a count or seed is no whole number.

    Warns
    -----
    IslandWarning, SelfNeighbourWarning
        As in `moran`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin(), by="oblast")
    >>> graph = kz.contiguity(kz.oblasts(detail="light"))
    >>> found = kz.local_moran(table["epayment_share_mean"], graph).frame
    >>> found.loc["KZ-71", "label"]  # Astana has one neighbour among 19: p is 1/19 at best
    'cannot be significant'
    """
    check_share("alpha", alpha)
    ask = Inference(**options)
    units = unit_values(graph, islands=islands, values=values)
    z = centred(units.Y)
    frame = pd.DataFrame(index=units.status.index, columns=list(_COLUMNS), dtype=object)
    frame["label"] = units.status.replace("", "cannot be significant")
    frame["method"], frame["n_arrangements"] = "inapplicable", 0
    drawn = False
    if len(units.keys) >= 3 and z.any():  # else no arrangement can stand out
        found = local_tests(z, units.W, alpha=alpha, **asdict(ask))
        drawn = not found.exact.all()
        for name in ("lag", "statistic", "quadrant", "p", "p_min", "label"):
            frame.loc[units.keys, name] = getattr(found, name)[0].astype(object)
        frame.loc[units.keys, "method"] = np.where(found.exact, "exact", "monte-carlo")
        frame.loc[units.keys, "n_arrangements"] = found.n_arrangements
        alone = units.keys[found.label[0] == "island"]
        frame.loc[alone, ["quadrant", "method"]] = [np.nan, "inapplicable"]
    frame = frame.astype(dict.fromkeys(("lag", "statistic", *P_VALUES), float))
    frame[["p_fdr", "p_by", "p_bonferroni"]] = adjusted(frame["p"])
    frame = frame.reindex(values.index)
    frame["value"] = values.astype(float)
    return LocalMoran(frame, alpha, ask.alternative, ask.seed if drawn else None)

"""Moran's I by number of steps between units: how far a pattern reaches.

Order 1 takes the graph as it is; of higher orders are units that many steps apart on the shortest
way, with links of weight 1, or rows that sum to one where those of the graph do. Each order is a
test of its own, as `moran` makes it. With islands="drop" units without a neighbour of an order are
left out of its n, mean and variance; spdep's `sp.correlogram` takes mean and variance over all
units and n over those with neighbours, so both agree at orders where every unit has one.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Unpack

import numpy as np
import pandas as pd

from kz_spatial._validate import check_count
from kz_spatial.errors import IslandWarning
from kz_spatial.neighbours.global_statistics import moran
from kz_spatial.neighbours.global_test import Inference, InferenceOptions, spelled_out
from kz_spatial.neighbours.local_test import adjusted
from kz_spatial.neighbours.own_weights import graph_of
from kz_spatial.neighbours.step_weights import higher_order
from kz_spatial.neighbours.unit_values import IslandsPart, unit_values
from kz_spatial.options import Alternative

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from matplotlib.axes import Axes

__all__ = ["Correlogram", "correlogram"]

_COLUMNS: Final = ("statistic", "expected", "z", "p", "method", "n_arrangements", "n_units")


@dataclass(frozen=True, slots=True, eq=False)
class Correlogram:
    """Moran's I by number of steps between units.

    Attributes
    ----------
    frame : DataFrame
        By `order`: `statistic`, `expected`, `z`, `p`, `p_fdr`, `p_by` and `p_bonferroni` over the
        orders, `method`, `n_arrangements`, `n_units` (with a value that take part), `n_pairs`
        (units with values that many steps apart, one way or both), `n_alone` (units with a value
        and without a neighbour of that order that has one) and `reason` (why an order is
        inapplicable; else empty).
    alternative : {"two-sided", "greater", "less"}
        Side of the p-values.
    seed : int or None
        Seed of Monte Carlo draws, where any were needed.
    """

    frame: pd.DataFrame
    alternative: Alternative = "two-sided"
    seed: int | None = None

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw Moran's I by order of neighbours, filled where p is below 5 %.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Drawn into when given.

        Returns
        -------
        matplotlib Axes
        """
        from kz_spatial.drawing import correlogram_line

        return correlogram_line(self.frame, ax)


@spelled_out
def correlogram(
    values: pd.Series[Any],
    graph: Graph,
    *,
    orders: int = 3,
    islands: IslandsPart = "drop",
    **options: Unpack[InferenceOptions],
) -> Correlogram:
    """Moran's I of neighbours, of neighbours' neighbours and so on.

    Parameters
    ----------
    values : Series
        By unit; units with NaN are left out, though ways may lead through them.
    graph : libpysal.graph.Graph
        Neighbours, as `contiguity` makes them.
    orders : int
        Most steps between units.
    islands : {"drop", "zero"}
        As in `moran`, at each order.
    alternative, n_permutations, seed
        As in `moran`.

    Returns
    -------
    Correlogram

    Raises
    ------
    InputError
        As in `moran`.
    CallError
        As in `moran`, and when orders is no whole number of 1 or more.

    Warns
    -----
    IslandWarning, SelfNeighbourWarning
        As in `moran`, of the graph itself; of higher orders `n_alone` tells.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin(), by="oblast")
    >>> graph = kz.contiguity(kz.oblasts(detail="light"))
    >>> found = kz.correlogram(table["epayment_share_mean"], graph, n_permutations=99)
    >>> found.frame["n_pairs"].tolist()
    [35, 57, 55]
    """
    ask = Inference(**options)
    check_count("orders", orders, 1)
    graph, rows = graph_of(graph), []
    seed: int | None = None
    # weights that were given unequal have no second order; links of it do
    transform: Any = "R" if _sums_to_one(graph) else "B"
    for order in range(1, orders + 1):
        with warnings.catch_warnings():
            if order > 1:
                warnings.simplefilter("ignore", IslandWarning)
            links = graph if order == 1 else higher_order(graph, order=order, transform=transform)
            found = moran(values, links, islands=islands, **options)
            warnings.simplefilter("ignore")
            units = unit_values(links, islands="zero", values=values)
        seed = seed if found.seed is None else found.seed
        ways = units.W != 0
        row = {name: getattr(found, name) for name in _COLUMNS}
        alone = int((units.status == "island").sum())
        pairs = int((ways | ways.T).sum()) // 2
        rows.append(row | {"n_pairs": pairs, "n_alone": alone, "reason": found.reason})
    frame = pd.DataFrame(rows, index=pd.RangeIndex(1, orders + 1, name="order"))
    frame = frame.join(adjusted(frame["p"]))
    first = ["statistic", "expected", "z", "p", "p_fdr", "p_by", "p_bonferroni"]
    last = [each for each in frame if each not in first]
    return Correlogram(frame[first + last], ask.alternative, seed)


def _sums_to_one(graph: Graph) -> bool:
    sums = np.asarray(graph.sparse.sum(axis=1)).ravel()
    return bool(np.allclose(sums[sums != 0], 1.0))

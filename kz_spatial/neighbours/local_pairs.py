"""Local statistics of two variables: whether units' x goes with their neighbours' y.

Bivariate local Moran's I, with zx and zy in standard deviations (of n) from their means, is
I_i = (n - 1) / n * zx_i * sum_j w_ij zy_j, as in esda and GeoDa. Inference is conditional on x_i
and y_i: the y of the other units are rearranged, exactly where their sets can be counted. An
association of x and y within units does not show, nor is it allowed for: where x and y go together
and y clusters, units are called too often for a test of x against its neighbours' y.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd

from kz_spatial._validate import check_share
from kz_spatial.neighbours.global_test import Inference, InferenceOptions, spelled_out
from kz_spatial.neighbours.local_statistics import quadrants
from kz_spatial.neighbours.local_test import (
    LocalStatistic,
    SetTests,
    local_result,
    same_everywhere,
    set_tests,
)
from kz_spatial.neighbours.unit_values import IslandsPart, centred, unit_scale, unit_values

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = ["bivariate_local_moran"]

_COLUMNS = ("lag", "statistic", "quadrant")


@spelled_out
def bivariate_local_moran(
    x: pd.Series[Any],
    y: pd.Series[Any],
    graph: Graph,
    *,
    alpha: float = 0.05,
    islands: IslandsPart = "drop",
    **options: Unpack[InferenceOptions],
) -> LocalStatistic:
    """Bivariate local Moran's I with exact conditional inference.

    Parameters
    ----------
    x, y : Series
        By unit; units that lack either are labelled "suppressed" and left out.
    graph : libpysal.graph.Graph
        Neighbours; units without any that has values are labelled "island".
    alpha, islands, alternative, n_permutations, seed
        As in `local_moran`.

    Returns
    -------
    LocalStatistic
        On the index of `x`, with the columns `x`, `y`, `lag` (weighted sum of the neighbours'
        deviations from the mean of y, in the unit of y), `statistic` and `quadrant` (High-Low: own
        x above its mean, the neighbours' y below). Labels are those of `local_moran`.

    Raises
    ------
    InputError, CallError
        As in `local_moran`.

    Warns
    -----
    IslandWarning, SelfNeighbourWarning
        As in `moran`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin(), by="oblast")
    >>> graph = kz.contiguity(kz.oblasts(detail="light"))
    >>> payments, outages = table["epayment_share_mean"], table["outages_per_month_mean"]
    >>> set(kz.bivariate_local_moran(payments, outages, graph).frame["method"])
    {'exact'}
    """
    check_share("alpha", alpha)
    ask, name = Inference(**options), "bivariate local Moran's I"
    units = unit_values(graph, islands=islands, x=x, y=y)
    given = pd.DataFrame({"x": x.astype(float), "y": y.reindex(x.index).astype(float)})
    Z, n = centred(units.Y), len(units.keys)
    if n < 3 or not Z.any(axis=1).all():
        columns = dict.fromkeys(_COLUMNS, np.empty(0))
        return local_result(name, units, given, columns, None, None, alpha=alpha, ask=ask)
    lag = units.W @ Z[1]
    flat, (own, theirs) = same_everywhere(Z)[0], unit_scale(Z)
    own = np.where(flat, 0.0, own)
    turn = np.where(own < 0, -1.0, 1.0)
    tests = set_tests(units.W, lambda at: (turn[at, None] * theirs)[None], ask)
    # a unit at the mean has I = 0 in every arrangement, so its p stays 1
    p, p_min = (np.where(flat, 1.0, each) for each in (tests.p, tests.p_min))
    scale = (n - 1) / np.sqrt((own**2).sum() * (theirs**2).sum())
    quadrant = quadrants(own, lag)
    found: dict[str, NDArray[Any]] = {
        "lag": lag,
        "statistic": scale * own * (units.W @ theirs),
        "quadrant": quadrant,
    }
    tests = SetTests(p, p_min, tests.exact, tests.n_arrangements)
    return local_result(name, units, given, found, tests, quadrant, alpha=alpha, ask=ask)

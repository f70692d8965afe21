"""Hot and cold spots: the local G of Getis and Ord, with exact conditional inference.

With x the values and W the weights, without those of units on themselves:

- G_i = sum_j w_ij x_j / sum_{j != i} x_j
- G*_i the same with i among its own neighbours and all values below the line; i weighs as much as
  its heaviest neighbour, and rows that sum to one do so again, as in esda

z is that of Ord and Getis (1995, Geographical Analysis 27, 286-306) for any weights,

    z_i = (sum_j w_ij x_j - m sum_j w_ij) / (s sqrt((N sum_j w_ij^2 - (sum_j w_ij)^2) / (N - 1)))

with m, s and N of all values (G*) or of those of the other units (G), as in spdep. esda puts sums
of weights in place of their squares, which is the same for weights of 1 alone; with rows that sum
to one its z is too near zero.

Inference is conditional on x_i. What a unit itself has is the same in all arrangements, and so is
what stands below the line: G and G* have the same p, and where x_i is not at the mean its two-sided
form is that of local Moran's I, too. The three differ in what they call a unit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Unpack

import numpy as np

from kz_spatial._validate import check_share
from kz_spatial.neighbours.global_test import Inference, InferenceOptions, spelled_out
from kz_spatial.neighbours.local_test import LocalStatistic, local_result, set_tests
from kz_spatial.neighbours.unit_values import (
    IslandsPart,
    centred,
    unit_scale,
    unit_values,
    with_own,
)

if TYPE_CHECKING:
    import pandas as pd
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = ["HOT_SPOT_LABELS", "local_g"]

HOT_SPOT_LABELS: Final = (
    "Hot spot",
    "Cold spot",
    "not significant",
    "cannot be significant",
    "island",
    "suppressed",
)
_COLUMNS: Final = ("lag", "statistic", "expected", "z")


def _ratios(
    x: NDArray[np.float64], W: NDArray[np.float64], *, star: bool
) -> dict[str, NDArray[np.float64]]:
    """Lag, G, its expectation and its z of each unit.

    Parameters
    ----------
    x : (n,) array
    W : (n, n) array
        With units' weights on themselves where star is set.
    """
    # deviations lose no digits where values are far from zero
    d, others = x - x.mean(), len(x) - (not star)
    own = np.zeros(len(x)) if star else d
    mean = -own / others
    spread = np.sqrt(((d**2).sum() - own**2) / others - mean**2)
    sums, squares = W.sum(axis=1), (W**2).sum(axis=1)
    lag, total = W @ x, x.sum() - (0.0 if star else x)
    room = np.sqrt(np.maximum(others * squares - sums**2, 0.0) / (others - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where((x >= 0).all() & (total > 0), lag / total, np.nan)
        z = (W @ d - mean * sums) / (spread * room)
    z[~np.isfinite(z)] = np.nan
    return {"lag": lag, "statistic": ratio, "expected": sums / others, "z": z}


@spelled_out
def local_g(
    values: pd.Series[Any],
    graph: Graph,
    *,
    star: bool = True,
    alpha: float = 0.05,
    islands: IslandsPart = "drop",
    **options: Unpack[InferenceOptions],
) -> LocalStatistic:
    """Hot and cold spots by the local G* or G of Getis and Ord, with exact inference.

    Parameters
    ----------
    values : Series
        By unit; NaN units are labelled "suppressed" and left out.
    graph : libpysal.graph.Graph
        Neighbours; units without any that has a value are labelled "island".
    star : bool
        Whether a unit counts among its own neighbours (G*) or not (G). z and G differ, p does not.
    alpha, islands, n_permutations, seed
        As in `local_moran`.
    alternative : {"two-sided", "greater", "less"}
        "greater" asks for hot spots, "less" for cold ones.

    Returns
    -------
    LocalStatistic
        With the columns `value`, `lag` (weighted sum of the neighbours' values), `statistic` (the
        ratio; NaN for all units where a value is below 0, of which it has no meaning), `expected`
        (its mean when arrangement does not matter) and `z`, which negative values do no harm.
        Labels are those of `HOT_SPOT_LABELS`, by p: "Hot spot" where the neighbours have more
        than is usual for sets of as many other units, "Cold spot" where they have less.

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
    >>> found = kz.local_g(table["epayment_share_mean"], graph).frame
    >>> found.loc["KZ-71", "label"]  # Astana has one neighbour among 19: p is 1/19 at best
    'cannot be significant'
    """
    check_share("alpha", alpha)
    ask, name = Inference(**options), "local G*" if star else "local G"
    units = unit_values(graph, islands=islands, values=values)
    given = values.astype(float).to_frame("value")
    n, z = len(units.keys), unit_scale(centred(units.Y))
    columns = dict.fromkeys(_COLUMNS, np.empty(0))
    if n < 3 or not z.any():
        return local_result(name, units, given, columns, None, None, alpha=alpha, ask=ask)
    columns = _ratios(units.Y[0], with_own(units.W) if star else units.W, star=star)
    tests = set_tests(units.W, lambda at: np.broadcast_to(z, (1, len(at), n)), ask)
    usual = -z[0] / (n - 1) * units.W.sum(axis=1)
    named = np.where(units.W @ z[0] > usual, "Hot spot", "Cold spot")
    return local_result(name, units, given, columns, tests, named, alpha=alpha, ask=ask)

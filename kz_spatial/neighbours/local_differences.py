"""Local Geary: how much units differ from their neighbours, in one variable or in several at once.

With each of v variables in standard deviations (of n) from its mean, c_i is the mean over variables
of sum_j w_ij (z_i - z_j)^2, as in esda; small values mean neighbours that are alike. Inference is
conditional on unit i, and the other units' rows move together, so that what goes together within
units stays together: what unit j adds is one number, and the sums over neighbour sets are counted
exactly. Labels follow Anselin (1995, Geographical Analysis 27, 93-115; 2019, ibid. 51, 133-150):
where neighbours are alike, "High-High" or "Low-Low" when own value and neighbours' lie on the same
side of the mean, else "Other positive"; where they differ, "Negative". With several variables there
are no sides: "Positive" and "Negative".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Unpack

import numpy as np
import pandas as pd

from kz_spatial._validate import check_share
from kz_spatial.errors import InputError
from kz_spatial.neighbours.global_test import Inference, InferenceOptions, spelled_out
from kz_spatial.neighbours.local_statistics import quadrants
from kz_spatial.neighbours.local_test import LocalStatistic, local_result, set_tests
from kz_spatial.neighbours.unit_values import IslandsPart, centred, unit_scale, unit_values

if TYPE_CHECKING:
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = ["GEARY_LABELS", "local_geary"]

GEARY_LABELS: Final = (
    "High-High",
    "Low-Low",
    "Other positive",
    "Positive",
    "Negative",
    "not significant",
    "cannot be significant",
    "island",
    "suppressed",
)


def _variables(values: pd.Series[Any] | pd.DataFrame) -> dict[str, pd.Series[Any]]:
    if isinstance(values, pd.Series):
        return {"values": values}
    if not isinstance(values, pd.DataFrame) or not values.shape[1]:
        raise InputError(
            f"values: found {type(values).__name__}, expected a Series or a frame with columns"
        )
    names = [str(each) for each in values.columns]
    if len(set(names)) < len(names):
        twice = next(each for each in names if names.count(each) > 1)
        raise InputError(f"values: found column {twice!r} twice, expected once")
    return {f"column {name}": values.iloc[:, at] for at, name in enumerate(names)}


def _association(
    z: NDArray[np.float64], W: NDArray[np.float64], *, alike: NDArray[np.bool_]
) -> NDArray[np.str_]:
    """What kind of association each unit has with its neighbours.

    Parameters
    ----------
    z : (v, n) array
    W : (n, n) array
    alike : (n,) array of bool
    """
    if len(z) > 1:
        return np.where(alike, "Positive", "Negative")
    sides = quadrants(z[0], W @ z[0])
    same = np.isin(sides, ("High-High", "Low-Low"))
    return np.where(~alike, "Negative", np.where(same, sides, "Other positive"))


@spelled_out
def local_geary(
    values: pd.Series[Any] | pd.DataFrame,
    graph: Graph,
    *,
    alpha: float = 0.05,
    islands: IslandsPart = "drop",
    **options: Unpack[InferenceOptions],
) -> LocalStatistic:
    """Local Geary of one variable or of several at once, with exact conditional inference.

    Parameters
    ----------
    values : Series or DataFrame
        By unit; with a frame of several columns the multivariate form. Units that lack a value
        are labelled "suppressed" and left out.
    graph : libpysal.graph.Graph
        Neighbours; units without any that has values are labelled "island".
    alpha, islands, n_permutations, seed
        As in `local_moran`.
    alternative : {"two-sided", "greater", "less"}
        "less" asks for units like their neighbours, "greater" for units unlike them.

    Returns
    -------
    LocalStatistic
        With `value` (of one variable), `statistic`, `expected` (its mean over sets of other units)
        and `association` (what the label says where p is at most alpha). Labels are those of
        `GEARY_LABELS`.

    Raises
    ------
    InputError
        As in `local_moran`, and when a frame has no columns or one of them twice.
    CallError
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
    >>> both = table[["epayment_share_mean", "outages_per_month_mean"]]
    >>> found = kz.local_geary(both, graph)
    >>> found.name, set(found.frame["association"]) == {"Positive", "Negative"}
    ('multivariate local Geary', True)
    """
    check_share("alpha", alpha)
    ask, variables = Inference(**options), _variables(values)
    one = len(variables) == 1
    name = "local Geary" if one else "multivariate local Geary"
    units = unit_values(graph, islands=islands, **variables)
    first = next(iter(variables.values()))
    given = first.astype(float).to_frame("value") if one else pd.DataFrame(index=values.index)
    Z, n = unit_scale(centred(units.Y)), len(units.keys)
    if n < 3 or not Z.any(axis=1).all():
        columns = dict.fromkeys(("statistic", "expected", "association"), np.empty(0))
        return local_result(name, units, given, columns, None, None, alpha=alpha, ask=ask)
    z = Z / np.sqrt((Z**2).mean(axis=1, keepdims=True))

    def differences(at: NDArray[np.intp]) -> NDArray[np.float64]:
        sums: NDArray[np.float64] = np.zeros((len(at), n))
        for row in z:
            sums += (row[at, None] - row) ** 2
        return sums[None] / len(z)

    tests = set_tests(units.W, differences, ask)
    statistic, mean = np.empty(n), np.empty(n)
    for i in range(n):
        each = differences(np.array([i]))[0, 0]
        statistic[i], mean[i] = units.W[i] @ each, units.W[i].sum() * each.sum() / (n - 1)
    association = _association(z, units.W, alike=statistic < mean)
    found: dict[str, NDArray[Any]] = {
        "statistic": statistic,
        "expected": mean,
        "association": association,
    }
    return local_result(name, units, given, found, tests, association, alpha=alpha, ask=ask)

"""Global spatial autocorrelation, exact where the number of units allows it.

With z the values minus their mean, W the weights and S0 their sum over n units:

- Moran's I = n / S0 * (z' W z) / (z' z)
- bivariate Moran's I = n / S0 * (zx' W zy) / sqrt(zx' zx * zy' zy): values beside their
  neighbours' values of another variable
- Geary's C = (n - 1) / (2 S0) * sum w_ij (z_i - z_j)^2 / (z' z); below 1 neighbours are alike
- Getis-Ord G = sum b_ij x_i x_j / sum_{i != j} x_i x_j, with b the links counted as 1, for values
  of 0 or more; above its expectation high values are next to high ones

as in esda, which leaves out n / S0 of the bivariate form (1 for row-standardised weights).
Units without neighbours take part as `islands` says.
Inference is over all n! arrangements of the values while n! <= 400,000 (of y alone for the
bivariate form), else over seeded random arrangements with the observed one counted in.
The module `arrangements` defines two-sided p for such discrete distributions, with its source.
Rates and survey means of unequal precision go through `empirical_bayes` first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from kz_spatial.neighbours.arrangements import TIE
from kz_spatial.neighbours.global_test import (
    GlobalStatistic,
    Inference,
    InferenceOptions,
    moran_draws,
    spelled_out,
)
from kz_spatial.neighbours.unit_values import IslandsPart, centred, unit_scale, unit_values

if TYPE_CHECKING:
    import pandas as pd
    from libpysal.graph import Graph
    from numpy.typing import NDArray

__all__ = [
    "bivariate_moran",
    "geary",
    "getis_ord",
    "moran",
    "moran_of_rows",
]


def _why_not(Z: NDArray[np.float64], W: NDArray[np.float64]) -> str:
    n = Z.shape[1]
    if n < 3:
        return f"{n} units have a value and a neighbour, at least 3 are needed"
    if not Z.any(axis=1).all():
        return "the values do not vary"
    none = abs(float(W.sum())) <= TIE * float(np.abs(W).sum())
    return "the weights sum to zero" if none else ""


def _lag_products(rows: NDArray[np.float64], W: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of w_ij x_i x_j for each row x."""
    found: NDArray[np.float64] = ((rows @ W.T) * rows).sum(axis=1)
    return found


def moran_of_rows(Z: NDArray[np.float64], W: NDArray[np.float64]) -> NDArray[np.float64]:
    """Moran's I of r sets of values.

    Parameters
    ----------
    Z : (r, n) array
        Values less their mean, none of the rows all zero.
    W : (n, n) array
    """
    n = int(Z.shape[1])
    found: NDArray[np.float64] = n / float(W.sum()) * _lag_products(Z, W) / (Z**2).sum(axis=1)
    return found


@spelled_out
def moran(
    values: pd.Series[Any],
    graph: Graph,
    *,
    islands: IslandsPart = "drop",
    **options: Unpack[InferenceOptions],
) -> GlobalStatistic:
    """Global Moran's I with exact inference where n! allows it.

    Parameters
    ----------
    values : Series
        By unit; units with NaN, or not in `values` at all, are left out, and where weights sum to
        one their share goes to the other neighbours. Rates go through `empirical_bayes_rates`,
        survey means of unequal n through `empirical_bayes_means` first.
    graph : libpysal.graph.Graph
        Neighbours, as `contiguity` makes them. Weights of units on themselves are left out.
    islands : {"drop", "zero"}
        What becomes of a unit with a value and without a neighbour that has one. "drop" leaves it
        out of n, mean and variance; "zero" counts it in all three, with a lag of zero, as esda
        and GeoDa do. A unit that others name and that names none takes part either way.
    alternative : {"two-sided", "greater", "less"}
    n_permutations : int
        Random arrangements when n! exceeds 400,000.
    seed : int
        Seed of those.

    Returns
    -------
    GlobalStatistic

    Raises
    ------
    InputError
        When a unit is not in the graph, occurs twice or is infinite.
    CallError
        When the alternative is not known, or a count or seed is no whole number.

    Warns
    -----
    IslandWarning
        When there are islands, with what became of them.
    SelfNeighbourWarning
        When units weigh on themselves.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> areas = kz.composites(detail="light")
    >>> table = kz.aggregate(kz.load_twin())
    >>> found = kz.moran(table["epayment_share_mean"], kz.contiguity(areas))
    >>> found.method, found.n_arrangements
    ('exact', 5040)
    """
    ask = Inference(**options)
    units = unit_values(graph, islands=islands, values=values)
    z, n = unit_scale(centred(units.Y)), len(units.keys)
    if reason := _why_not(z, units.W):
        return ask.inapplicable("Moran's I", n, reason)
    expected = -1 / (n - 1)
    return ask.test(
        "Moran's I",
        z[0],
        lambda rows: moran_of_rows(rows, units.W) - expected,
        expected,
        many=lambda draws, seed: moran_draws(z[0], units.W, draws, seed) - expected,
    )


@spelled_out
def bivariate_moran(
    x: pd.Series[Any],
    y: pd.Series[Any],
    graph: Graph,
    *,
    islands: IslandsPart = "drop",
    **options: Unpack[InferenceOptions],
) -> GlobalStatistic:
    """Bivariate Moran's I: whether units' x goes with their neighbours' y.

    Parameters
    ----------
    x, y : Series
        By unit; units that lack either are left out. y is rearranged while x stays, so an
        association of x and y within units does not show.
    graph, islands, alternative, n_permutations, seed
        As in `moran`.

    Returns
    -------
    GlobalStatistic

    Raises
    ------
    InputError, CallError
        As in `moran`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin(), by="oblast")
    >>> graph = kz.contiguity(kz.oblasts(detail="light"))
    >>> payments, outages = table["epayment_share_mean"], table["outages_per_month_mean"]
    >>> round(kz.bivariate_moran(payments, outages, graph).statistic, 2)
    0.23
    """
    ask, name = Inference(**options), "bivariate Moran's I"
    units = unit_values(graph, islands=islands, x=x, y=y)
    Z, n = unit_scale(centred(units.Y)), len(units.keys)
    if reason := _why_not(Z, units.W):
        return ask.inapplicable(name, n, reason)
    sums = np.sqrt((Z**2).sum(axis=1))
    toward = n / float(units.W.sum()) * (units.W.T @ Z[0]) / (sums[0] * sums[1])
    return ask.test(name, Z[1], lambda rows: rows @ toward, 0.0)


@spelled_out
def geary(
    values: pd.Series[Any],
    graph: Graph,
    *,
    islands: IslandsPart = "drop",
    **options: Unpack[InferenceOptions],
) -> GlobalStatistic:
    """Geary's C: squared differences of neighbours against those of any two units.

    Parameters
    ----------
    values, graph, islands, alternative, n_permutations, seed
        As in `moran`; "less" asks for neighbours that are alike.

    Returns
    -------
    GlobalStatistic

    Raises
    ------
    InputError, CallError
        As in `moran`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin())
    >>> graph = kz.contiguity(kz.composites(detail="light"))
    >>> found = kz.geary(table["epayment_share_mean"], graph, alternative="less")
    >>> found.expected, found.n_arrangements
    (1.0, 5040)
    """
    ask = Inference(**options)
    units = unit_values(graph, islands=islands, values=values)
    z, W, n = unit_scale(centred(units.Y)), units.W, len(units.keys)
    if reason := _why_not(z, W):
        return ask.inapplicable("Geary's C", n, reason)
    scale = (n - 1) / (2 * float(W.sum()) * float(z[0] @ z[0]))
    both = W.sum(axis=0) + W.sum(axis=1)

    def deviation(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        squares: NDArray[np.float64] = rows**2 @ both
        return scale * (squares - 2 * _lag_products(rows, W)) - 1.0

    return ask.test("Geary's C", z[0], deviation, 1.0)


@spelled_out
def getis_ord(
    values: pd.Series[Any],
    graph: Graph,
    *,
    islands: IslandsPart = "drop",
    **options: Unpack[InferenceOptions],
) -> GlobalStatistic:
    """General G of Getis and Ord (1992): whether high values, or low ones, lie together.

    Parameters
    ----------
    values : Series
        By unit, 0 or more.
    graph : libpysal.graph.Graph
        Neighbours; each link counts as 1, whatever its weight.
    islands, alternative, n_permutations, seed
        As in `moran`.

    Returns
    -------
    GlobalStatistic
        Inapplicable where a value is below 0 or fewer than two are above it.

    Raises
    ------
    InputError, CallError
        As in `moran`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.aggregate(kz.load_twin())
    >>> graph = kz.contiguity(kz.composites(detail="light"))
    >>> kz.getis_ord(table["permit_days_mean"], graph).method
    'exact'
    >>> kz.getis_ord(-table["permit_days_mean"], graph).method
    'inapplicable'
    """
    ask, name = Inference(**options), "Getis-Ord G"
    units = unit_values(graph, islands=islands, values=values)
    n, links = len(units.keys), (units.W != 0).astype(float)
    d = centred(units.Y)
    reason = _why_not(d, links)
    x = units.Y[0]
    if not reason and (x < 0).any():
        reason = f"found {x.min():g} for {units.keys[x.argmin()]}, G needs values of 0 or more"
    if not reason and (x > 0).sum() < 2:
        reason = "fewer than two units have a value above 0"
    if reason:
        return ask.inapplicable(name, n, reason)
    x, d = x / x.max(), d[0] / x.max()
    pairs = float(x.sum() ** 2 - (x**2).sum())
    share = float(links.sum()) / (n * (n - 1))
    # with x = mean + d, G varies by these terms alone, which the mean would drown in rounding
    both = links.sum(axis=0) + links.sum(axis=1)
    tilt = float(x.mean()) * (both - both.mean())
    usual = -share * float(d @ d)

    def deviation(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        linear: NDArray[np.float64] = rows @ tilt
        return (linear + _lag_products(rows, links) - usual) / pairs

    return ask.test(name, d, deviation, share)

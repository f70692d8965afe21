"""Regression with absorbed region effects from sums alone, for firms that no memory holds.

Of every absorbed level there are weighted means of the terms and the outcome, and products about
them; levels lie inside clusters. That is all that coefficients, R², and the classical, CRV1, CRV3,
CR2 and wild inferences need. HC1 and HC3 need each firm's residual, which sums do not have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from kz_spatial.errors import NotEnoughDataError
from kz_spatial.regression.bias_reduced import ClusterProducts, reduced_by_cluster
from kz_spatial.regression.coefficient_table import coefficient_table
from kz_spatial.regression.few_clusters import jackknife
from kz_spatial.regression.fit_notes import Group, data_notes, default_inference
from kz_spatial.regression.identification import without_each
from kz_spatial.regression.linear_model import pseudo_inverse
from kz_spatial.regression.told_fit import FitTables
from kz_spatial.regression.wild import wild_bootstrap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.estimates import WeightedMoments

__all__ = ["LevelSums", "fit_sums"]

# of a column whose square, net of others, falls below this share nothing but rounding is left
_COLLINEAR: Final = 1e-13
_NO_ROWS: Final = "needs each firm's residual, which a fit of sums does not have; use 'cr2'"


@dataclass(frozen=True, slots=True, eq=False)
class LevelSums:
    """What a regression needs of each absorbed level.

    Attributes
    ----------
    formula, outcome : str
    terms : tuple of str
        Names of the k terms.
    absorbed, cluster : str
        Columns of the absorbed levels and of the clusters; each level lies in one cluster.
    levels, clusters : Index
        Names of levels and of clusters.
    owner : (L,) array of int
        Cluster of each level.
    moments : WeightedMoments
        Of the k terms and the outcome, by level.
    """

    formula: str
    outcome: str
    terms: tuple[str, ...]
    absorbed: str
    cluster: str
    levels: pd.Index
    clusters: pd.Index
    owner: NDArray[np.intp]
    moments: WeightedMoments


@dataclass(frozen=True, slots=True, eq=False)
class _Solved:
    """Coefficients, and what inference is made of.

    Attributes
    ----------
    b : (k,) array
    within : (L, k+1, k+1) array
        Weighted products of terms and outcome about their means, by level.
    owner : (L,) array of int
    moments : WeightedMoments
    n, G : int
    """

    b: NDArray[np.float64]
    within: NDArray[np.float64]
    owner: NDArray[np.intp]
    moments: WeightedMoments
    n: int
    G: int

    @property
    def k(self) -> int:
        return len(self.b)

    @property
    def n_parameters(self) -> int:
        return self.k + len(self.owner)

    @property
    def bread(self) -> NDArray[np.float64]:
        return np.linalg.inv(self.within.sum(axis=0)[:-1, :-1])

    @property
    def left(self) -> float:
        """Weighted sum of squared residuals."""
        e = np.append(-self.b, 1.0)
        return float(e @ self.within.sum(axis=0) @ e)

    @property
    def by_cluster(self) -> NDArray[np.float64]:
        """Products within levels, by cluster, (G, k+1, k+1)."""
        found = np.zeros((self.G, *self.within.shape[1:]))
        np.add.at(found, self.owner, self.within)
        return found

    def products(self) -> Iterator[ClusterProducts]:
        """What CR2 asks of each cluster."""
        levels, grams, sums = _powers(self)
        for g in range(self.G):
            own = np.flatnonzero(self.owner == g)
            yield ClusterProducts(
                np.concatenate([np.arange(self.k), self.k + own]),
                tuple(_gram(cross[own], sides[own], totals[own]) for cross, sides, totals in grams),
                tuple(
                    np.concatenate([terms[own].sum(axis=0), each[own]]) for terms, each in sums
                ),
            )
        assert len(levels) == len(self.owner)


def _gram(
    cross: NDArray[np.float64], sides: NDArray[np.float64], totals: NDArray[np.float64]
) -> NDArray[np.float64]:
    """[X, D]'W^p[X, D] of some levels."""
    return np.block([[cross.sum(axis=0), sides.T], [sides, np.diag(totals)]])


def _powers(
    solved: _Solved,
) -> tuple[
    NDArray[np.float64],
    list[tuple[NDArray[np.float64], ...]],
    list[tuple[NDArray[np.float64], NDArray[np.float64]]],
]:
    """By power of the weights: products of terms and of dummies; and sums of residuals."""
    moments, k = solved.moments, solved.k
    centre = moments.weighted.mean
    plain = moments.plain is moments.weighted
    e = np.append(-solved.b, 1.0)
    grams, sums = [], []
    for each in moments.powers[: 1 if plain else 3]:
        cross = each.about(centre)
        shift = each.total[:, None] * (each.mean - centre)
        grams.append((cross[:, :k, :k], shift[:, :k], each.total))
        sums.append((cross[:, :k] @ e, shift @ e))
    return centre, grams, sums[: 1 if plain else 2]


def _bias_reduced(solved: _Solved) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """CR2 and its degrees of freedom."""
    k, L = solved.k, len(solved.owner)
    M = np.zeros((k + L, k + L))
    M[:k, :k] = pseudo_inverse(solved.within.sum(axis=0)[:-1, :-1])
    M[range(k, k + L), range(k, k + L)] = 1 / solved.moments.weighted.total
    # of the weights' squares, whatever level lies in which cluster
    A2 = _gram(*_powers(solved)[1][-1])
    found = reduced_by_cluster(solved.products(), solved.G, k, M, A2)
    return found.covariance, found.satterthwaite(np.eye(k))


def _classical(solved: _Solved) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    df = float(solved.n - solved.n_parameters)
    return solved.left / df * solved.bread, np.full(solved.k, df)


def _crv1(solved: _Solved) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    scores = solved.by_cluster[:, :-1] @ np.append(-solved.b, 1.0)
    G, n = solved.G, solved.n
    factor = G / (G - 1) * (n - 1) / (n - solved.n_parameters)
    bread = solved.bread
    return factor * bread @ (scores.T @ scores) @ bread, np.full(solved.k, G - 1.0)


def _crv3(solved: _Solved) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return jackknife(solved.by_cluster, solved.b), np.full(solved.k, solved.G - 1.0)


_Inference = Callable[[_Solved], tuple["NDArray[np.float64]", "NDArray[np.float64]"]]
_FOUND: Final[dict[str, _Inference]] = {
    "iid": _classical,
    "crv1": _crv1,
    "crv3": _crv3,
    "cr2": _bias_reduced,
    "wild": _crv1,  # its t; p and interval are the bootstrap's
}


def _kept(products: NDArray[np.float64], scale: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Terms that earlier ones do not carry, by eliminating one after the other."""
    left, keep = products.copy(), np.zeros(len(products), dtype=bool)
    own = np.diag(products).copy()
    for j in range(len(products)):
        if left[j, j] > _COLLINEAR * own[j] and own[j] > _COLLINEAR * scale[j]:
            keep[j] = True
            left -= np.outer(left[:, j], left[j]) / left[j, j]
    return keep


def _solve(products: NDArray[np.float64]) -> NDArray[np.float64]:
    scale = np.sqrt(np.diag(products)[:-1])
    inner = products[:-1, :-1] / np.outer(scale, scale)
    b = np.linalg.solve(inner, products[:-1, -1] / scale)
    return np.asarray(b / scale, dtype=np.float64)


def _tables(
    solved: _Solved, names: pd.Index, needed: NDArray[np.bool_]
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Coefficients under every inference, and why there is none."""
    tables, reasons = {}, {each: f"inference={each!r}: {_NO_ROWS}" for each in ("hc1", "hc3")}
    for name, of in _FOUND.items():
        try:
            matrix, df = of(solved)
            table = coefficient_table(solved.b, np.sqrt(np.diag(matrix)), names, 0.95, df=df)
            if name != "iid":
                table.loc[needed.any(axis=0), table.columns[1:]] = np.nan
            if name == "wild":
                for place in np.flatnonzero(~needed.any(axis=0)):
                    test = wild_bootstrap(solved.by_cluster, int(place))
                    ends = [test.p, test.ci_low, test.ci_high]
                    table.loc[names[place], ["p", "ci_low", "ci_high"]] = ends
            tables[name] = table.assign(df=df)
        except NotEnoughDataError as error:
            reasons[name] = str(error)
    return tables, reasons


def _groups(sums: LevelSums, n: NDArray[np.float64]) -> tuple[dict[str, Group], pd.DataFrame]:
    """Levels and clusters as `data_notes` asks for them, which tells none, one and more alone."""
    many = np.minimum(n, 2).astype(np.intp)
    levels = Group(np.repeat(np.arange(len(n)), many), sums.levels)
    of = sums.owner[levels.codes]
    groups = {sums.absorbed: levels, sums.cluster: Group(of, sums.clusters)}
    every = {
        sums.absorbed: sums.levels[[*range(len(n))]],
        sums.cluster: sums.clusters[sums.owner],
    }
    return groups, pd.DataFrame(every)


def fit_sums(sums: LevelSums) -> FitTables:
    """Fit a regression with absorbed effects to sums by level.

    Parameters
    ----------
    sums : LevelSums

    Returns
    -------
    FitTables
        As `tell_fit` keeps of `fixed_effects(formula, firms, cluster=..., weights=...)`.

    Raises
    ------
    NotEnoughDataError
        With fewer than two clusters, no more firms than parameters, or nothing that varies.

    Examples
    --------
    >>> from kz_spatial.estimates import weighted_moments
    >>> x, level = np.array([0.0, 1, 2, 0, 1, 4]), np.repeat([0, 1], 3)
    >>> columns = np.column_stack([x, 3 * x + 10 * level + [0, 1, 0, 0, 0, 1]])
    >>> made = fit_sums(LevelSums("y ~ x | region", "y", ("x",), "region", "region",
    ...     pd.Index(["a", "b"]), pd.Index(["a", "b"]), np.array([0, 1]),
    ...     weighted_moments(columns, level, 2)))
    >>> made.n_obs, round(float(made.coefficients["x"]), 4)
    (6, 3.1875)
    """
    counts = sums.moments.plain.total
    present = np.flatnonzero(counts > 0)
    owners = np.unique(sums.owner[present])
    n, formula = int(counts.sum()), sums.formula
    if len(owners) < 2:
        raise NotEnoughDataError("complete firms of one region only, errors by region need two")
    place = np.full(len(counts), -1, dtype=np.intp)
    place[present] = np.arange(len(present))
    moments = sums.moments.grouped(place, len(present))
    owner = np.searchsorted(owners, sums.owner[present])
    within = moments.weighted.products
    whole = moments.grouped(np.zeros(len(present), dtype=np.intp), 1).weighted
    raw = np.diag(whole.about(np.zeros_like(whole.mean))[0])
    total = within.sum(axis=0)
    if not total[-1, -1] > _COLLINEAR * raw[-1]:
        raise NotEnoughDataError(
            f"formula {formula!r}: the outcome does not vary within {sums.absorbed}, so effects "
            "leave nothing to explain"
        )
    keep = _kept(total[:-1, :-1], raw[:-1])
    if not keep.any():
        raise NotEnoughDataError(
            "no term varies within the absorbed effects, so none can be estimated"
        )
    used = np.append(np.flatnonzero(keep), len(sums.terms))
    kept = np.ix_(range(len(present)), used, used)
    moments = moments.columns(used)
    solved = _Solved(_solve(total[np.ix_(used, used)]), within[kept], owner, moments, n, len(owners))
    if n <= solved.n_parameters:
        raise NotEnoughDataError(
            f"formula {formula!r}: found {n} complete firms for {solved.n_parameters} parameters, "
            "expected more firms"
        )
    names = pd.Index([each for each, one in zip(sums.terms, keep, strict=True) if one])
    needed = without_each(solved.by_cluster[:, :-1, :-1], solved.k)
    tables, reasons = _tables(solved, names, needed)
    groups, named = _groups(sums, counts)
    notes = data_notes(groups, [sums.absorbed], (sums.cluster,), named)
    clusters = sums.clusters[owners]
    alone = tuple(
        f"{name} cannot be estimated without {sums.cluster} {' or '.join(map(str, clusters[of]))}: "
        "no clustered inference holds, and none is shown"
        for name, of in zip(names, needed.T, strict=True)
        if of.any()
    )
    return FitTables(
        formula=formula,
        outcome=sums.outcome,
        coefficients=pd.Series(solved.b, names, name="coefficient"),
        n_obs=n,
        n_clusters=len(owners),
        n_parameters=solved.n_parameters,
        r2=1 - solved.left / float(whole.products[0, -1, -1]),
        r2_within=1 - solved.left / float(total[-1, -1]),
        notes=(*notes, *alone),
        dropped=tuple(each for each, one in zip(sums.terms, keep, strict=True) if not one),
        default_inference=default_inference([Group(owner, clusters)]),
        tables=tables,
        reasons=reasons,
    )

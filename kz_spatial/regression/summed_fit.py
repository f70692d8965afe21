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
        powers = _powers(self)
        # residuals are asked for plain and by weight, terms by the weights' square too
        asked = powers[:2] if len(powers) > 1 else powers
        for g in range(self.G):
            own = np.flatnonzero(self.owner == g)
            yield ClusterProducts(
                np.concatenate([np.arange(self.k), self.k + own]),
                tuple(each.gram(own) for each in powers),
                tuple(each.sums(own) for each in asked),
            )


@dataclass(frozen=True, slots=True, eq=False)
class _Power:
    """Sums by level under weights to one power, about the weighted means.

    Attributes
    ----------
    cross : (L, k, k) array
        Of terms.
    sides : (L, k) array
        Of terms and the level's dummy.
    totals : (L,) array
        Of the weights.
    scores : (L, k) array
        Of terms and residuals.
    errors : (L,) array
        Of residuals.
    """

    cross: NDArray[np.float64]
    sides: NDArray[np.float64]
    totals: NDArray[np.float64]
    scores: NDArray[np.float64]
    errors: NDArray[np.float64]

    def gram(self, own: NDArray[np.intp]) -> NDArray[np.float64]:
        """[X, D]'W^p[X, D] of some levels."""
        sides = self.sides[own]
        inner = self.cross[own].sum(axis=0)
        return np.block([[inner, sides.T], [sides, np.diag(self.totals[own])]])

    def sums(self, own: NDArray[np.intp]) -> NDArray[np.float64]:
        """[X, D]'W^p e of some levels."""
        return np.concatenate([self.scores[own].sum(axis=0), self.errors[own]])


def _powers(solved: _Solved) -> list[_Power]:
    """Sums by the power of the weights: one where every firm counts once, else three."""
    moments, k, found = solved.moments, solved.k, []
    centre = moments.weighted.mean
    e = np.append(-solved.b, 1.0)
    for each in moments.powers[: 1 if moments.plain is moments.weighted else 3]:
        cross = each.about(centre)
        shift = each.total[:, None] * (each.mean - centre)
        scores = cross[:, :k] @ e
        found.append(_Power(cross[:, :k, :k], shift[:, :k], each.total, scores, shift @ e))
    return found


def _bias_reduced(solved: _Solved) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """CR2 and its degrees of freedom."""
    k, L = solved.k, len(solved.owner)
    M = np.zeros((k + L, k + L))
    M[:k, :k] = pseudo_inverse(solved.within.sum(axis=0)[:-1, :-1])
    M[range(k, k + L), range(k, k + L)] = 1 / solved.moments.weighted.total
    # of the weights' squares, whatever level lies in which cluster
    A2 = _powers(solved)[-1].gram(np.arange(L))
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


def _groups(sums: LevelSums) -> tuple[dict[str, Group], pd.DataFrame]:
    """Levels and clusters as `data_notes` asks for them: of each it is told none, one or more."""
    n = sums.moments.plain.total
    present = np.flatnonzero(n > 0)
    codes = np.repeat(np.arange(len(present)), np.minimum(n[present], 2).astype(np.intp))
    owners, of = np.unique(sums.owner[present], return_inverse=True)
    groups = {
        sums.absorbed: Group(codes, sums.levels[present]),
        sums.cluster: Group(of[codes], sums.clusters[owners]),
    }
    named = {sums.absorbed: sums.levels, sums.cluster: sums.clusters[sums.owner]}
    # each more often than it occurs among the codes
    twice = {name: [*each, *each, *each] for name, each in named.items()}
    return groups, pd.DataFrame(twice)


def _notes(
    sums: LevelSums, names: pd.Index, needed: NDArray[np.bool_], clusters: pd.Index
) -> tuple[str, ...]:
    """What inference should be read with, in the words of a fit of the rows."""
    groups, named = _groups(sums)
    notes = data_notes(groups, [sums.absorbed], (sums.cluster,), named)
    return notes + tuple(
        f"{name} cannot be estimated without {sums.cluster} {' or '.join(map(str, clusters[of]))}: "
        "no clustered inference holds, and none is shown"
        for name, of in zip(names, needed.T, strict=True)
        if of.any()
    )


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
    (6, 3.2188)
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
    moments = moments.columns(used)
    solved = _Solved(
        _solve(total[np.ix_(used, used)]),
        within[:, used[:, None], used],
        owner,
        moments,
        n,
        len(owners),
    )
    if n <= solved.n_parameters:
        raise NotEnoughDataError(
            f"formula {formula!r}: found {n} complete firms for {solved.n_parameters} parameters, "
            "expected more firms"
        )
    names = pd.Index([each for each, one in zip(sums.terms, keep, strict=True) if one])
    needed = without_each(solved.by_cluster[:, :-1, :-1], solved.k)
    tables, reasons = _tables(solved, names, needed)
    notes = _notes(sums, names, needed, sums.clusters[owners])
    clusters = sums.clusters[owners]
    return FitTables(
        formula=formula,
        outcome=sums.outcome,
        coefficients=pd.Series(solved.b, names, name="coefficient"),
        n_obs=n,
        n_clusters=len(owners),
        n_parameters=solved.n_parameters,
        r2=1 - solved.left / float(whole.products[0, -1, -1]),
        r2_within=1 - solved.left / float(total[-1, -1]),
        notes=notes,
        dropped=tuple(each for each, one in zip(sums.terms, keep, strict=True) if not one),
        default_inference=default_inference([Group(owner, clusters)]),
        tables=tables,
        reasons=reasons,
    )

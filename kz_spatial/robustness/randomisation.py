"""Randomisation inference: a term's values handed out anew, the outcome left as it is.

Under the sharp hypothesis that the term changes no firm's outcome, and if its values could as well
have been handed out otherwise, the data's own arrangement is one of equally likely ones, and the
share of those with a statistic at least as large is a valid p-value in samples of any size (Fisher
1935; Young 2019, Quarterly Journal of Economics 134).

- scheme "firms": values change places among the firms of one stratum, region by region
- scheme "regions": values of whole regions change places; the term is one number for each

Every distinct arrangement is gone through where there are at most 100,000, else drawn with a seed.
Other terms and effects stay with their firms; each arrangement is fitted anew. The t-statistic is
studentised (HC1, or CRV1 with clusters), which keeps the test right for large samples under the
weaker hypothesis that the mean effect is zero too (DiCiccio and Romano 2017, Journal of the
American Statistical Association 112). Statistics that differ by rounding are ties.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import product
from math import factorial, prod
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from kz_spatial._validate import check_columns, check_count, check_option
from kz_spatial.design import design_of, formula_names
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.regression import fixed_effects
from kz_spatial.robustness.formulas import parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from kz_spatial.regression import FixedEffectsFit

__all__ = ["RandomisationTest", "arrangements", "n_arrangements", "randomisation_test"]

_MAX_ENUMERATED: Final = 100_000
_CHUNK: Final = 200
_TIE: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class RandomisationTest:
    """Test of the sharp hypothesis that a term changes no outcome.

    Attributes
    ----------
    term : str
    scheme : {"firms", "regions"}
    by : str
        Column of the strata, or of the regions whose values change places.
    coefficient : float
        Of the data.
    statistic : float
        Of the data: t, or the coefficient.
    kind : {"t", "coefficient"}
    p : float
        Two-sided: share of arrangements whose statistic is at least as large.
    p_min : float
        Smallest p that can come out; 1 over the number of arrangements.
    method : {"exact", "monte-carlo"}
    n_arrangements : int
        Distinct ones in the reference distribution.
    n_possible : int
        Distinct ones that there are.
    drawn : (n_arrangements,) array
        The statistic of each arrangement.
    n_obs : int
    seed : int or None
        None when exact.
    """

    term: str
    scheme: Literal["firms", "regions"]
    by: str
    coefficient: float
    statistic: float
    kind: Literal["t", "coefficient"]
    p: float
    p_min: float
    method: Literal["exact", "monte-carlo"]
    n_arrangements: int
    n_possible: int
    drawn: NDArray[np.float64]
    n_obs: int
    seed: int | None


def n_arrangements(values: NDArray[np.float64], strata: NDArray[np.intp]) -> int:
    """Distinct ways to hand values out within strata.

    Examples
    --------
    Two of four in the one stratum, one of three in the other: 6 times 3.

    >>> n_arrangements(np.array([1, 1, 0, 0, 1, 0, 0.0]), np.array([0, 0, 0, 0, 1, 1, 1]))
    18
    """
    return prod(
        factorial(int((strata == each).sum()))
        // prod(factorial(n) for n in Counter(values[strata == each].tolist()).values())
        for each in np.unique(strata)
    )


def _distinct(counts: dict[float, int], length: int) -> Iterator[tuple[float, ...]]:
    """Distinct orders of a multiset."""
    if length == 0:
        yield ()
        return
    for value, n in counts.items():
        if n:
            counts[value] -= 1
            for rest in _distinct(counts, length - 1):
                yield (value, *rest)
            counts[value] += 1


def arrangements(
    values: NDArray[np.float64], strata: NDArray[np.intp]
) -> Iterator[NDArray[np.float64]]:
    """Every distinct way to hand values out within strata.

    Examples
    --------
    >>> found = arrangements(np.array([1.0, 0.0, 0.0]), np.array([0, 0, 0]))
    >>> [each.tolist() for each in found]
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    places = [np.flatnonzero(strata == each) for each in np.unique(strata)]
    ways = [list(_distinct(dict(Counter(values[place].tolist())), len(place))) for place in places]
    for chosen in product(*ways):
        out = np.empty(len(values))
        for place, order in zip(places, chosen, strict=True):
            out[place] = order
        yield out


def _drawn(
    values: NDArray[np.float64], strata: NDArray[np.intp], n: int, seed: int
) -> Iterator[NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    places = [np.flatnonzero(strata == each) for each in np.unique(strata)]
    for _ in range(n):
        out = values.copy()
        for place in places:
            out[place] = rng.permutation(values[place])
        yield out


@dataclass(frozen=True, slots=True)
class _Problem:
    """The fit without the term, ready for one arrangement after another.

    Attributes
    ----------
    Q : (n, K) array
        Orthonormal basis of the other terms and effects, weighted.
    y : (n,) array
        Outcome net of it, weighted.
    root : (n,) array
        Roots of the weights.
    groups : (n, G) array or None
        Indicators of the clusters.
    factor : float
        Small-sample factor of the variance.
    studentised : bool
    """

    Q: NDArray[np.float64]
    y: NDArray[np.float64]
    root: NDArray[np.float64]
    groups: NDArray[np.float64] | None
    factor: float
    studentised: bool

    def statistics(self, columns: NDArray[np.float64]) -> NDArray[np.float64]:
        """The statistic of each (n,) column of values."""
        x = columns * self.root[:, None]
        size = (x**2).sum(axis=0)
        x = x - self.Q @ (self.Q.T @ x)
        square = (x**2).sum(axis=0)
        flat = square <= 1e-12 * np.maximum(size, 1e-300)
        square[flat] = np.nan  # an arrangement that the effects absorb has no coefficient
        b = (self.y @ x) / square
        if not self.studentised:
            return np.asarray(b, dtype=np.float64)
        scores = x * (self.y[:, None] - x * b)
        if self.groups is not None:
            scores = self.groups.T @ scores
        return np.asarray(b * square / np.sqrt(self.factor * (scores**2).sum(axis=0)))


def _problem(fit: FixedEffectsFit, place: int, *, studentised: bool) -> _Problem:
    model, root = fit.model, np.sqrt(fit.model.w)
    dummies = [np.eye(int(level.max()) + 1)[level] for level in model.levels]
    blocks = [np.delete(model.X, place, axis=1), *dummies]
    columns = np.hstack(blocks) * root[:, None]
    U, s, _ = np.linalg.svd(columns, full_matrices=False)
    Q = U[:, s > 1e-10 * s.max()] if s.size else U
    y = model.y * root
    groups, n, k = None, fit.n_obs, fit.n_parameters
    factor = n / (n - k)
    if model.clusters is not None:
        G = model.n_clusters
        groups, factor = np.eye(G)[model.clusters], G / (G - 1) * (n - 1) / (n - k)
    return _Problem(Q, y - Q @ (Q.T @ y), root, groups, factor, studentised)


def _values(
    fit: FixedEffectsFit, firms: pd.DataFrame, term: str, by: str, scheme: str
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp]]:
    """What changes places, within which strata, and whose value each firm has."""
    used = firms.loc[fit.residuals.index]
    x = used[term].to_numpy(dtype=np.float64)
    if used[by].isna().any():
        raise InputError(f"firm table: column {by} has no value for some firms of the fit")
    codes = pd.factorize(used[by], sort=True)[0].astype(np.intp)
    if scheme == "firms":
        return x, codes, np.arange(len(x))
    low = pd.Series(x).groupby(codes).agg(["min", "max"])
    mixed = low.index[low["min"] != low["max"]]
    if len(mixed):
        name = sorted(used[by].unique(), key=str)[int(mixed[0])]
        raise InputError(
            f"firm table: column {term} varies within {by} {name}, expected one value for each "
            "region; scheme='firms' permutes among firms"
        )
    return low["min"].to_numpy(), np.zeros(len(low), dtype=np.intp), codes


def _check_term(formula: str, term: str, firms: pd.DataFrame) -> None:
    check_columns(firms.columns, [term], what="firm table")
    parts = parts_of(formula)
    naming = [each for each in parts.terms if term in formula_names(each)]
    if naming not in ([term], [f"`{term}`"]):
        raise CallError(
            f"term {term!r}: found it in {', '.join(naming) or 'no term'}, expected a column that "
            "stands in the formula once and by itself"
        )


def randomisation_test(
    formula: str,
    firms: pd.DataFrame,
    term: str,
    *,
    scheme: Literal["firms", "regions"] = "firms",
    by: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    statistic: Literal["t", "coefficient"] = "t",
    n_permutations: int = 9999,
    seed: int = 20240,
) -> RandomisationTest:
    """Test a term by handing its values out anew.

    Parameters
    ----------
    formula : str
        As `fixed_effects` takes it.
    firms : DataFrame
        A firm table with unique rows.
    term : str
        A numeric column that stands in the formula by itself.
    scheme : {"firms", "regions"}
        Whether values change places among the firms of each stratum, or among whole regions.
    by : str, optional
        Column of the strata or regions; the design's grouping by default.
    cluster : str, optional
        Column of clusters that the t-statistic is robust to; to heteroskedasticity without.
    weights : str, optional
        Column of survey weights.
    statistic : {"t", "coefficient"}
    n_permutations, seed : int
        Used when there are more than 100,000 distinct arrangements.

    Returns
    -------
    RandomisationTest

    Raises
    ------
    CallError
        When the term does not stand in the formula once and by itself.
    InputError
        When a term of regions varies within one.
    NotEnoughDataError
        When the model cannot be estimated or there is one arrangement only.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> firms = kz.load_twin()
    >>> found = kz.randomisation_test(
    ...     "epayment_share ~ product_innovation | composite", firms, "product_innovation",
    ...     n_permutations=199)
    >>> found.method, found.n_obs, found.p_min
    ('monte-carlo', 1012, 0.005)
    """
    check_option("scheme", scheme, ("firms", "regions"))
    check_option("statistic", statistic, ("t", "coefficient"))
    check_count("n_permutations", n_permutations, 1)
    check_count("seed", seed, 0)
    _check_term(formula, term, firms)
    by = by or design_of(firms).grouping.name
    check_columns(firms.columns, [by], what="firm table")
    if not firms.index.is_unique:
        raise InputError("firm table: found rows twice, expected unique rows")
    fit = fixed_effects(formula, firms, cluster=cluster, weights=weights)
    if term not in fit.coefficients.index:
        raise NotEnoughDataError(f"term {term}: the effects or other terms carry it already")
    values, strata, place = _values(fit, firms, term, by, scheme)
    possible = n_arrangements(values, strata)
    if possible < 2:
        raise NotEnoughDataError(
            f"term {term}: there is one arrangement only within {by}, so nothing can be permuted"
        )
    exact = possible <= _MAX_ENUMERATED
    position = int(fit.coefficients.index.get_loc(term))
    problem = _problem(fit, position, studentised=statistic == "t")
    ways = arrangements(values, strata) if exact else _drawn(values, strata, n_permutations, seed)
    own = float(problem.statistics(values[place][:, None])[0])
    drawn, p = _reference(problem, ways, place, own, exact=exact)
    return RandomisationTest(
        term=term,
        scheme=scheme,
        by=by,
        coefficient=float(fit.coefficients[term]),
        statistic=own,
        kind=statistic,
        p=p,
        p_min=1 / possible if exact else 1 / (1 + n_permutations),
        method="exact" if exact else "monte-carlo",
        n_arrangements=len(drawn),
        n_possible=possible,
        drawn=drawn,
        n_obs=fit.n_obs,
        seed=None if exact else seed,
    )


def _reference(
    problem: _Problem,
    ways: Iterator[NDArray[np.float64]],
    place: NDArray[np.intp],
    own: float,
    *,
    exact: bool,
) -> tuple[NDArray[np.float64], float]:
    """The statistic of each arrangement, and the share at least as large as the data's."""
    parts: list[NDArray[np.float64]] = []
    waiting: list[NDArray[Any]] = []
    for way in ways:
        waiting.append(way[place])
        if len(waiting) == _CHUNK:
            parts.append(problem.statistics(np.column_stack(waiting)))
            waiting = []
    if waiting:
        parts.append(problem.statistics(np.column_stack(waiting)))
    drawn = np.concatenate(parts)
    # an arrangement without a coefficient counts as at least as large: it can only raise p
    beyond = int((~(np.abs(drawn) < abs(own) * (1 - _TIE))).sum())
    p = beyond / len(drawn) if exact else (1 + beyond) / (1 + len(drawn))
    return drawn, p

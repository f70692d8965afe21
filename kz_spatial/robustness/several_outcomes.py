"""Several hypotheses at once: step-down p-values that keep the chance of any false finding.

Romano and Wolf (2005), Econometrica 73: hypotheses are taken from the largest |t| down, and each is
held against the largest |t*| of those not yet rejected. The t* come from one wild cluster bootstrap
whose draws all outcomes share, so that what is common to them counts: the same firms of the same
regions answer for each. Holm's (1979, Scandinavian Journal of Statistics 6) and Bonferroni's
p-values, from statsmodels, stand beside them and know nothing of what is common.

With G clusters, all 2^G sign vectors are gone through where `cluster_weights` says so; statistics
that differ by rounding are ties and count as at least as large.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from kz_spatial._validate import check_count, check_option
from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.regression import FixedEffectsFit, bootstrap_t, cluster_moments, cluster_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["RomanoWolf", "romano_wolf", "step_down"]

_TIE: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class RomanoWolf:
    """Hypotheses of one family under several ways of keeping its error.

    Attributes
    ----------
    frame : DataFrame
        By outcome and term: coefficient, t (CRV1), p (wild cluster bootstrap, the hypothesis
        alone), p_romano_wolf, p_holm, p_bonferroni, and `reason` where there is no test.
    n_draws : int
        Weight vectors in the reference distribution.
    exact : bool
        Whether they are all there are.
    p_min, p_min_holm : float
        Smallest p that the design can yield, for a hypothesis or by Romano and Wolf, and by Holm
        for the first of the family.
    restricted : bool
        Whether null hypotheses were imposed.
    weights : {"rademacher", "webb"}
    seed : int or None
        None when exact.
    """

    frame: pd.DataFrame
    n_draws: int
    exact: bool
    p_min: float
    p_min_holm: float
    restricted: bool
    weights: Literal["rademacher", "webb"]
    seed: int | None


def step_down(
    t: NDArray[np.float64], drawn: NDArray[np.float64], *, exact: bool
) -> NDArray[np.float64]:
    """Step-down p-values of Romano and Wolf.

    Parameters
    ----------
    t : (S,) array
        Absolute statistics.
    drawn : (draws, S) array
        Absolute statistics under the null hypotheses, draws common to the columns.
    exact : bool
        Whether the draws are all there are, the data's own among them; else it is counted in.

    Returns
    -------
    (S,) array

    Examples
    --------
    Of four draws the larger of both columns reaches 3 once, and the second column 1 twice:

    >>> drawn = np.array([[3.0, 1.0], [0.5, 0.2], [1.0, 2.0], [0.1, 0.3]])
    >>> step_down(np.array([3.0, 1.0]), drawn, exact=True).tolist()
    [0.25, 0.5]
    """
    order = np.argsort(-t, kind="stable")
    p, before = np.empty(len(t)), 0.0
    for place, j in enumerate(order):
        largest = drawn[:, order[place:]].max(axis=1)
        beyond = int((largest >= t[j] * (1 - _TIE)).sum())
        own = beyond / len(drawn) if exact else (1 + beyond) / (1 + len(drawn))
        p[j] = before = max(before, own)
    return p


@dataclass(frozen=True, slots=True)
class _Hypothesis:
    fit: FixedEffectsFit
    name: str
    term: str
    reason: str = ""

    @property
    def place(self) -> int:
        return int(self.fit.coefficients.index.get_loc(self.term))


def _hypotheses(
    fits: Mapping[str, FixedEffectsFit], term: str | Sequence[str] | None
) -> list[_Hypothesis]:
    asked = [term] if isinstance(term, str) else term
    found = []
    for name, fit in fits.items():
        if fit.model.clusters is None:
            raise CallError(f"fit {name}: found no clusters, expected cluster=COLUMN in each fit")
        if fit.n_clusters < 2:
            raise NotEnoughDataError(f"fit {name}: found one cluster, expected at least two")
        index = [str(each) for each in fit.coefficients.index if str(each) != "Intercept"]
        for each in index if asked is None else asked:
            if each in index:
                needed = fit.needed[:, int(fit.coefficients.index.get_loc(each))].any()
                why = "cannot be estimated without one of the clusters" if needed else ""
                found.append(_Hypothesis(fit, name, each, why))
    if not any(not each.reason for each in found):
        raise NotEnoughDataError(
            f"romano_wolf: no fit has a term {term!r} that several clusters identify"
            if asked
            else "romano_wolf: found no term that several clusters identify"
        )
    return found


def _named(fits: Sequence[FixedEffectsFit] | Mapping[str, FixedEffectsFit]) -> dict[str, Any]:
    if isinstance(fits, Mapping):
        return {str(name): fit for name, fit in fits.items()}
    names = [fit.outcome for fit in fits]
    if len(set(names)) < len(names):
        names = [f"({i}) {name}" for i, name in enumerate(names, start=1)]
    return dict(zip(names, fits, strict=True))


def _statistics(
    hypotheses: list[_Hypothesis],
    V: NDArray[np.float64],
    clusters: pd.Index[Any],
    *,
    restricted: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """CRV1 |t| of each hypothesis, and of each draw, on one scale."""
    t, drawn = np.empty(len(hypotheses)), np.empty((len(V), len(hypotheses)))
    for j, each in enumerate(hypotheses):
        fit = each.fit
        own = V[:, clusters.get_indexer(fit.cluster_names)]
        plain, columns = bootstrap_t(
            cluster_moments(fit.model), each.place, own, restricted=restricted
        )
        G, n = fit.n_clusters, fit.n_obs
        # Stata's factor cancels within a fit, not between fits of other n and G
        scale = (G / (G - 1) * (n - 1) / (n - fit.n_parameters)) ** -0.5
        t[j], drawn[:, j] = plain * scale, columns * scale
    return t, drawn


def romano_wolf(
    fits: Sequence[FixedEffectsFit] | Mapping[str, FixedEffectsFit],
    term: str | Sequence[str] | None = None,
    *,
    weights: Literal["rademacher", "webb"] = "rademacher",
    restricted: bool = True,
    n_draws: int = 9999,
    seed: int = 20240,
) -> RomanoWolf:
    """Test one term of several outcomes, or several terms, as one family.

    Parameters
    ----------
    fits : sequence or mapping of FixedEffectsFit
        Each with clusters of the same column; named by their outcomes where no names are given.
    term : str or sequence of str, optional
        Terms that make the family; all terms of all fits by default.
    weights : {"rademacher", "webb"}
    restricted : bool
        Whether to impose each null hypothesis in its bootstrap.
    n_draws, seed : int
        Used when the weight vectors are too many to enumerate.

    Returns
    -------
    RomanoWolf

    Raises
    ------
    CallError
        When a fit has no clusters, or clusters of another column.
    NotEnoughDataError
        When no fit has such a term that several clusters identify.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> fits = kz.each_dimension(kz.load_twin(), controls=True).fits
    >>> found = kz.romano_wolf(fits, "foreign_share")
    >>> len(found.frame), found.n_draws, found.p_min, found.p_min_holm
    (5, 128, 0.015625, 0.078125)
    """
    from statsmodels.stats.multitest import multipletests

    check_option("weights", weights, ("rademacher", "webb"))
    check_count("n_draws", n_draws, 1)
    check_count("seed", seed, 0)
    named = _named(fits)
    columns = sorted({str(fit.cluster) for fit in named.values() if fit.cluster})
    if len(columns) > 1:
        raise CallError(f"fits: found clusters by {' and by '.join(columns)}, expected one column")
    every = _hypotheses(named, term)
    tested = [each for each in every if not each.reason]
    clusters = pd.Index(
        sorted({name for each in tested for name in each.fit.cluster_names}, key=str)
    )
    V, exact, n = cluster_weights(len(clusters), weights, n_draws=n_draws, seed=seed)
    t, drawn = _statistics(tested, V, clusters, restricted=restricted)
    alone = np.array(
        [float(step_down(t[[j]], drawn[:, [j]], exact=exact)[0]) for j in range(len(t))]
    )
    rows = pd.MultiIndex.from_tuples([(each.name, each.term) for each in every])
    frame = pd.DataFrame(index=rows.set_names(["outcome", "term"]))
    frame["coefficient"] = [float(each.fit.coefficients[each.term]) for each in every]
    held = pd.Series([not each.reason for each in every], frame.index)
    signs = np.sign(frame.loc[held, "coefficient"])
    frame.loc[held, "t"] = t * signs
    frame.loc[held, "p"] = alone
    frame.loc[held, "p_romano_wolf"] = step_down(t, drawn, exact=exact)
    for method in ("holm", "bonferroni"):
        frame.loc[held, f"p_{method}"] = multipletests(alone, method=method)[1]
    frame["reason"] = [each.reason for each in every]
    same = float((V[:, :1] == V).all(axis=1).mean()) if restricted else 0.0
    smallest = same if exact else 1 / (1 + len(V))
    return RomanoWolf(
        frame=frame,
        n_draws=n,
        exact=exact,
        p_min=smallest,
        p_min_holm=min(1.0, smallest * len(tested)),
        restricted=restricted,
        weights=weights,
        seed=None if exact else seed,
    )

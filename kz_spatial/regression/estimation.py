"""Regression with absorbed region effects and inference that says what it rests on.

Formula (1) of the study: digitalisation of firm i in region j on outages, CO2 monitoring,
innovation and permit days, with a fixed effect per region and errors clustered by region.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import check_columns, check_option, positive_weights
from kz_spatial.errors import CallError, CollinearTermWarning, InputError, NotEnoughDataError
from kz_spatial.regression.absorption import (
    SSC,
    Ssc,
    count_effects,
    counted_parameters,
    partial_out,
)
from kz_spatial.regression.columns import (
    cluster_columns,
    column_name,
    split_effects,
    tidy_columns,
)
from kz_spatial.regression.few_clusters import LinearModel, clipped_note
from kz_spatial.regression.fit import FixedEffectsFit, Inference
from kz_spatial.regression.formula import model_matrices
from kz_spatial.regression.identification import indispensable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["fixed_effects"]

# a column whose norm falls below this share of what it was is a combination of the others
_COLLINEAR: Final = 1e-9
_FEW: Final = 30
# fitted values of a constant that differ from it by less differ by rounding
_CONSTANT: Final = 1e-8


def _orthogonalise(
    X: NDArray[np.float64], before: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """Part X = QR by Gram and Schmidt, leaving out columns that earlier ones already carry.

    Returns
    -------
    keep : (k,) array of bool
    Q : (n, kept) array
    R : (kept, kept) array
    """
    k = X.shape[1]
    keep = np.zeros(k, dtype=bool)
    Q = np.empty(X.shape, order="F")
    R = np.zeros((k, k))
    used = 0
    for j in range(k):
        rest = X[:, j].copy()
        for _ in range(2):  # twice is enough for orthogonality to rounding
            for i in range(used):
                share = float(Q[:, i] @ rest)
                rest -= share * Q[:, i]
                R[i, used] += share
        size = float(np.linalg.norm(rest))
        if size > _COLLINEAR * max(before[j], 1e-300):
            keep[j] = True
            Q[:, used] = rest / size
            R[used, used] = size
            used += 1
        else:
            R[:, used] = 0.0
    return keep, Q[:, :used], R[:used, :used]


@dataclass(frozen=True, slots=True)
class _Data:
    """Outcome and terms of the firms that are complete on everything the model uses."""

    outcome: str
    y: NDArray[np.float64]
    X: NDArray[np.float64]
    names: list[str]
    rows: NDArray[np.intp]
    spec: Any


def _finite(column: pd.Series[Any], formula: str) -> NDArray[np.float64]:
    values: NDArray[np.float64] = column.to_numpy(dtype=np.float64)
    # a sum is finite unless a term is not, or it overflows
    if not np.isfinite(values.sum()) and not np.isfinite(values).all():
        raise InputError(
            f"formula {formula!r}: found infinity in {column.name}, expected finite numbers"
        )
    return values


def _read_formula(
    formula: str, firms: pd.DataFrame, needed: list[str], *, intercept: bool
) -> _Data:
    check_columns(firms.columns, needed, what="firm table")
    table = tidy_columns(formula, firms, needed).reset_index(drop=True)  # one name for each row
    whole = table[needed].notna().all(axis=1) if needed else pd.Series(data=True, index=table.index)
    complete = table if whole.all() else table[whole]
    matrices = model_matrices(formula, complete, what="firm table", columns=firms.columns)
    if not hasattr(matrices, "lhs") or matrices.lhs.shape[1] != 1:
        raise CallError(f"formula {formula!r}: expected one outcome before the ~")
    outcome, terms = pd.DataFrame(matrices.lhs), pd.DataFrame(matrices.rhs)
    names = [str(each) for each in terms.columns if intercept or each != "Intercept"]
    X = np.empty((len(terms), len(names)), order="F")
    for j, name in enumerate(names):
        X[:, j] = _finite(terms[name], formula)
    y = _finite(outcome.iloc[:, 0], formula)
    rows = outcome.index.to_numpy(dtype=np.intp)
    return _Data(str(outcome.columns[0]), y, X, names, rows, matrices.rhs.model_spec)


def _check_varies(
    moved: NDArray[np.float64], y: NDArray[np.float64], formula: str, absorbed: list[str]
) -> None:
    """Refuse an outcome of which effects leave nothing but rounding."""
    if np.abs(moved).max() <= _COLLINEAR * np.abs(y).max():
        raise NotEnoughDataError(
            f"formula {formula!r}: the outcome does not vary within {' and '.join(absorbed)}, "
            "so effects leave nothing to explain"
        )


def _total_variation(data: _Data, w: NDArray[np.float64], *, centred: bool) -> float:
    """Variation that R² is a share of: about the mean, or about 0 where no term is a constant."""
    centre = float(w @ data.y) / float(w.sum())
    if not centred:
        root = np.sqrt(w)
        fitted = np.linalg.lstsq(data.X * root[:, None], root, rcond=None)[0]
        centred = bool(np.abs(data.X @ fitted - 1).max() < _CONSTANT)
    return float(w @ (data.y - (centre if centred else 0.0)) ** 2)


def _solve(
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    raw: NDArray[np.float64],
    w: NDArray[np.float64],
    names: list[str],
) -> tuple[NDArray[np.bool_], NDArray[np.float64], tuple[str, ...]]:
    """Weighted least squares on the terms that are not collinear, which are named."""
    plain = bool((w == 1).all())
    root = np.sqrt(w)
    weighted = X if plain else X * root[:, None]
    before = np.sqrt(np.array([float(w @ (column * column)) for column in raw.T]))
    keep, Q, R = _orthogonalise(weighted, before)
    dropped = tuple(name for name, kept in zip(names, keep, strict=True) if not kept)
    if dropped:
        warnings.warn(
            f"dropped as collinear with other terms or absorbed effects: {', '.join(dropped)}",
            CollinearTermWarning,
            stacklevel=3,
        )
    if not keep.any():
        raise NotEnoughDataError(
            "no term varies within the absorbed effects, so none can be estimated"
        )
    b = np.linalg.solve(R, Q.T @ (y if plain else y * root))
    return keep, np.asarray(b, dtype=np.float64), dropped


def _effects(
    data: _Data,
    keep: NDArray[np.bool_],
    b: NDArray[np.float64],
    group: _Group | None,
    w: NDArray[np.float64],
) -> tuple[NDArray[np.float64], pd.Series[Any]]:
    """Weighted means of the terms by absorbed level, and the effect of each level."""
    if group is None:
        return np.empty((0, len(b))), pd.Series(dtype=float, name="effect")
    total = np.bincount(group.codes, w)
    columns = [data.X[:, j] for j in np.flatnonzero(keep)]
    means = np.stack([np.bincount(group.codes, w * x) / total for x in columns], axis=1)
    outcome = np.bincount(group.codes, w * data.y) / total
    return means, pd.Series(outcome - means @ b, group.levels, name="effect")


@dataclass(frozen=True, slots=True)
class _Group:
    """A column of absorbed levels or clusters, as numbers."""

    codes: NDArray[np.intp]
    levels: pd.Index[Any]


def _group(column: pd.Series[Any]) -> _Group:
    codes, levels = pd.factorize(column, sort=True)
    return _Group(codes.astype(np.intp), pd.Index(levels, name=column.name))


def _notes(
    groups: dict[str, _Group],
    absorbed: list[str],
    ways: tuple[str, ...],
    firms: pd.DataFrame,
) -> tuple[str, ...]:
    """Empty regions, single firms and few clusters, which inference should be read with."""
    notes = []
    for name, group in groups.items():
        # where every row is in the fit, no level can be empty
        named = firms[name].dropna().unique() if len(group.codes) < len(firms) else []
        empty = sorted(map(str, set(named) - set(group.levels)))
        if empty:
            notes.append(f"{name} {', '.join(empty)} has no complete firm and is not in the fit")
        alone = group.levels[np.bincount(group.codes) == 1]
        if len(alone):
            what = "is fitted exactly" if name in absorbed else "is a cluster by itself"
            named = ", ".join(sorted(map(str, alone)))
            notes.append(f"{name} {named} has one firm, which {what}")
    fewest = min((len(groups[each].levels) for each in ways), default=_FEW)
    if fewest < _FEW:
        notes.append(
            f"{fewest} clusters are few: crv1 rejects too often "
            "where a term varies in few of them"
            + ("" if len(ways) > 1 else "; cr2 and wild hold where it varies in several")
        )
    return tuple(notes)


def _rests_on(
    model: LinearModel, names: list[str], ways: list[_Group]
) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Clusters that each term needs, and notes on terms that no clustered inference speaks of."""
    parts, notes = [np.zeros((0, len(names)), dtype=bool)], []
    for group in ways:
        if len(group.levels) < 2:  # a single cluster is all there is
            parts.append(np.ones((1, len(names)), dtype=bool))
            continue
        found = indispensable(replace(model, clusters=group.codes, crossed=None))
        parts.append(found)
        notes += [
            f"{name} cannot be estimated without {group.levels.name} "
            f"{' or '.join(map(str, group.levels[of]))}: "
            "no clustered inference holds, and none is shown"
            for name, of in zip(names, found.T, strict=True)
            if of.any()
        ]
    return np.vstack(parts), tuple(notes)


def _default_inference(ways: list[_Group]) -> Inference:
    """Of all inferences only CR2 held in every design of benchmarks/rejection_rates.py."""
    if not ways:
        return "hc1"
    return "cr2" if len(ways) == 1 and len(ways[0].levels) < _FEW else "crv1"


def fixed_effects(
    formula: str,
    firms: pd.DataFrame,
    *,
    cluster: str | Sequence[str] | None = None,
    weights: str | None = None,
    ssc: Ssc = "areg",
) -> FixedEffectsFit:
    """Fit a linear regression with absorbed effects.

    Parameters
    ----------
    formula : str
        "outcome ~ terms | effects". Terms are ordinary formula terms (interactions, transforms,
        factors); effects are columns whose levels are absorbed, joined by +.
    firms : DataFrame
        A firm table. Rows incomplete on anything the model uses are left out.
    cluster : str or two of them, optional
        Column of clusters; makes "cr2" the default inference with fewer than 30 clusters, and
        "crv1" with more. Errors that are clustered in two ways know "crv1" alone.
    weights : str, optional
        Column of survey weights (probability weights).
    ssc : {"areg", "xtreg", "reghdfe"}
        Which absorbed effects the small-sample factor of "crv1" counts: all; none, for one factor
        inside clusters; or those that are not inside clusters, as fixest has it too. Other
        inferences do not depend on it.

    Returns
    -------
    FixedEffectsFit

    Raises
    ------
    CallError
        When the formula cannot be read.
    InputError
        When columns are missing, terms are infinite or weights are not above 0.
    NotEnoughDataError
        When the outcome does not vary, observations do not exceed parameters, or nothing can be
        estimated.

    Warns
    -----
    CollinearTermWarning
        When terms are dropped.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> fit = kz.fixed_effects(
    ...     "epayment_share ~ outages_per_month + co2_monitoring | composite",
    ...     kz.load_twin(), cluster="composite")
    >>> fit.n_clusters
    7
    """
    ways, weights = cluster_columns(cluster), column_name("weights", weights)
    check_option("ssc", ssc, SSC)
    main, absorbed = split_effects(formula)
    grouped = list(dict.fromkeys([*absorbed, *ways]))
    needed = [*grouped, *([weights] if weights else [])]
    data = _read_formula(main, firms, needed, intercept=not absorbed)
    n = len(data.y)
    if n == 0 or data.y.min() == data.y.max():
        raise NotEnoughDataError(
            f"formula {formula!r}: the outcome takes {min(n, 1)} values over "
            f"{n} complete firms, expected it to vary"
        )
    used = firms[needed] if n == len(firms) else firms[needed].iloc[data.rows]
    w = np.ones(n) if weights is None else positive_weights(used[weights])
    groups = {name: _group(used[name]) for name in grouped}
    levels = [groups[name].codes for name in absorbed]
    moved = partial_out(np.column_stack([data.X, data.y]), levels, w)
    keep, b, dropped = _solve(moved[:, :-1], moved[:, -1], data.X, w, data.names)
    if absorbed:
        _check_varies(moved[:, -1], data.y, formula, absorbed)
    n_parameters = len(b) + count_effects(levels)
    if n <= n_parameters:
        raise NotEnoughDataError(
            f"formula {formula!r}: found {n} complete firms for "
            f"{n_parameters} parameters, expected more firms"
        )
    clusters = [groups[each] for each in ways]
    codes = [each.codes for each in clusters]
    model = LinearModel(
        moved[:, :-1] if keep.all() else moved[:, :-1][:, keep],
        moved[:, -1],
        w,
        b,
        tuple(levels),
        codes[0] if codes else None,
        n_parameters,
        counted_parameters(ssc, len(b), levels, codes) if codes else None,
        codes[1] if len(codes) > 1 else None,
    )
    residuals = model.residuals
    left = float(w @ residuals**2)
    total = _total_variation(data, w, centred=bool(absorbed))
    single = groups[absorbed[0]] if len(absorbed) == 1 else None
    means, effects = _effects(data, keep, b, single, w)
    terms = [name for name in data.names if name not in dropped]
    rests_on, more = _rests_on(model, terms, clusters)
    names = [each.levels for each in clusters]
    return FixedEffectsFit(
        formula=formula,
        outcome=data.outcome,
        coefficients=pd.Series(b, terms, name="coefficient"),
        n_obs=n,
        n_clusters=model.fewest_clusters,
        n_parameters=n_parameters,
        df=float(model.fewest_clusters - 1 if ways else n - n_parameters),
        r2=1 - left / total,
        r2_within=1 - left / (float(w @ moved[:, -1] ** 2) if absorbed else total),
        effects=effects,
        residuals=pd.Series(residuals, firms.index[data.rows], name="residual"),
        dropped=dropped,
        notes=_notes(groups, absorbed, ways, firms) + more + clipped_note(model),
        weights=weights,
        cluster=" and ".join(ways) or None,
        default_inference=_default_inference(clusters),
        model=model,
        level_means=means,
        needed=rests_on,
        cluster_names=names[0].append(names[1:]) if names else pd.Index([]),
        ssc=ssc,
        spec=data.spec,
        n_rows=len(firms),
    )

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
from kz_spatial.regression.fit import FixedEffectsFit
from kz_spatial.regression.fit_notes import (
    Group,
    data_notes,
    default_inference,
    group_rows,
    rests_on,
)
from kz_spatial.regression.formula import model_matrices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["fixed_effects"]

# a column whose norm falls below this share of what it was is a combination of the others
_COLLINEAR: Final = 1e-9
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


def _check_differs(y: NDArray[np.float64], formula: str) -> None:
    n = len(y)
    if n == 0 or y.min() == y.max():
        raise NotEnoughDataError(
            f"formula {formula!r}: the outcome takes {min(n, 1)} values over "
            f"{n} complete firms, expected it to vary"
        )


def _check_size(n: int, n_parameters: int, formula: str) -> None:
    if n <= n_parameters:
        raise NotEnoughDataError(
            f"formula {formula!r}: found {n} complete firms for "
            f"{n_parameters} parameters, expected more firms"
        )


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
    group: Group | None,
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


def _clustered(model: LinearModel, ways: list[NDArray[np.intp]], ssc: Ssc) -> LinearModel:
    """The model with one way of clusters or two, if any."""
    if not ways:
        return model
    return replace(
        model,
        clusters=ways[0],
        crossed=ways[1] if len(ways) > 1 else None,
        n_counted=counted_parameters(ssc, len(model.coefficients), list(model.levels), ways),
    )


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
    columns = [*grouped, *([weights] if weights else [])]
    data = _read_formula(main, firms, columns, intercept=not absorbed)
    _check_differs(data.y, formula)
    n = len(data.y)
    used = firms[columns] if n == len(firms) else firms[columns].iloc[data.rows]
    w = np.ones(n) if weights is None else positive_weights(used[weights])
    groups = {name: group_rows(used[name]) for name in grouped}
    levels = [groups[name].codes for name in absorbed]
    moved = partial_out(np.column_stack([data.X, data.y]), levels, w)
    keep, b, dropped = _solve(moved[:, :-1], moved[:, -1], data.X, w, data.names)
    if absorbed:
        _check_varies(moved[:, -1], data.y, formula, absorbed)
    n_parameters = len(b) + count_effects(levels)
    _check_size(n, n_parameters, formula)
    clusters = [groups[each] for each in ways]
    X = moved[:, :-1] if keep.all() else moved[:, :-1][:, keep]
    model = _clustered(
        LinearModel(X, moved[:, -1], w, b, tuple(levels), None, n_parameters),
        [each.codes for each in clusters],
        ssc,
    )
    residuals = model.residuals
    left = float(w @ residuals**2)
    total = _total_variation(data, w, centred=bool(absorbed))
    single = groups[absorbed[0]] if len(absorbed) == 1 else None
    means, effects = _effects(data, keep, b, single, w)
    terms = [name for name in data.names if name not in dropped]
    needed, more = rests_on(model, terms, clusters)
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
        notes=data_notes(groups, absorbed, ways, firms) + more + clipped_note(model),
        weights=weights,
        cluster=" and ".join(ways) or None,
        default_inference=default_inference(clusters),
        model=model,
        level_means=means,
        needed=needed,
        cluster_names=names[0].append(names[1:]) if names else pd.Index([]),
        ssc=ssc,
        spec=data.spec,
        n_rows=len(firms),
    )

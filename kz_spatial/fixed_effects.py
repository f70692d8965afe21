"""Regression with absorbed region effects and inference that says what it rests on.

Formula (1) of the study: digitalisation of firm i in region j on outages, CO2 monitoring,
innovation and permit days, with a fixed effect per region and errors clustered by region.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._fit import INFERENCES, FixedEffectsFit, Inference, compare
from kz_spatial._validate import check_columns
from kz_spatial.errors import CallError, CollinearTermWarning, InputError, NotEnoughDataError
from kz_spatial.few_clusters import LinearModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "INFERENCES",
    "STUDY_FORMULA",
    "FixedEffectsFit",
    "Inference",
    "compare",
    "fixed_effects",
    "partial_out",
]

STUDY_FORMULA: Final = (
    "epayment_share ~ outages_per_month + co2_monitoring + product_innovation + permit_days"
    " | composite"
)
# a column whose norm falls below this share of what it was is a combination of the others
_COLLINEAR: Final = 1e-9
_FEW: Final = 30


def partial_out(
    columns: NDArray[np.float64],
    levels: list[NDArray[np.intp]],
    weights: NDArray[np.float64],
    *,
    tolerance: float = 1e-12,
    max_rounds: int = 10_000,
) -> NDArray[np.float64]:
    """Take absorbed effects out of columns by weighted alternating projections.

    Parameters
    ----------
    columns : (n, k) array
    levels : list of (n,) arrays of int
        Level of each row, per absorbed factor. One factor needs one round.
    weights : (n,) array
    tolerance : float
        Largest change, relative to a column's scale, at which rounds stop.

    Returns
    -------
    (n, k) array

    Raises
    ------
    NotEnoughDataError
        When the rounds do not settle.
    """
    out = columns.astype(float, copy=True)
    totals = [np.bincount(level, weights) for level in levels]
    scale = np.maximum(np.abs(out).max(axis=0, initial=0.0), 1.0)
    for _ in range(max_rounds):
        largest = 0.0
        for level, total in zip(levels, totals, strict=True):
            for j in range(out.shape[1]):
                mean = np.bincount(level, weights * out[:, j]) / total
                out[:, j] -= mean[level]
                largest = max(largest, float(np.abs(mean).max()) / scale[j])
        if len(levels) < 2 or largest < tolerance:
            return out
    raise NotEnoughDataError(f"absorbed effects did not settle in {max_rounds} rounds")


def _independent(X: NDArray[np.float64], before: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark columns that earlier ones and the absorbed effects do not already carry."""
    keep = np.zeros(X.shape[1], dtype=bool)
    basis: list[NDArray[np.float64]] = []
    for j in range(X.shape[1]):
        rest = X[:, j].copy()
        for _ in range(2):  # twice is enough for orthogonality to rounding
            for each in basis:
                rest -= each * (each @ rest)
        size = float(np.linalg.norm(rest))
        if size > _COLLINEAR * max(before[j], 1e-300):
            keep[j] = True
            basis.append(rest / size)
    return keep


def _split_formula(formula: str) -> tuple[str, list[str]]:
    main, bar, absorbed = formula.partition("|")
    if "~" not in main or "|" in absorbed:
        raise CallError(f"formula {formula!r}: expected 'outcome ~ terms' or "
                        "'outcome ~ terms | effects'")  # fmt: skip
    names = [each.strip() for each in absorbed.split("+") if each.strip()]
    if bar and not names:
        raise CallError(f"formula {formula!r}: found nothing after the bar, expected a column")
    return main.strip(), names


def _model_frame(
    formula: str, firms: pd.DataFrame, needed: list[str]
) -> tuple[pd.Series[Any], pd.DataFrame]:
    """Outcome and terms of the firms that are complete on everything the model uses."""
    from formulaic import model_matrix
    from formulaic.errors import FormulaicError, FormulaParsingError

    check_columns(firms.columns, needed, what="firm table")
    complete = firms[firms[needed].notna().all(axis=1)] if needed else firms
    try:
        matrices = model_matrix(formula, complete, na_action="drop", context={})
    except FormulaParsingError as error:
        reason = re.sub(r"\x1b\[[0-9;]*m|[\u29da\u29db]", "", " ".join(str(error).split()))
        raise CallError(f"formula {formula!r}: {reason}") from error
    except (FormulaicError, KeyError, NameError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"formula {formula!r}: {reason}; the firm table has the columns "
                         f"{', '.join(map(str, firms.columns))}") from error  # fmt: skip
    if not hasattr(matrices, "lhs") or matrices.lhs.shape[1] != 1:
        raise CallError(f"formula {formula!r}: expected one outcome before the ~")
    parts = pd.DataFrame(matrices.lhs).astype(float), pd.DataFrame(matrices.rhs).astype(float)
    for name, column in (pair for part in parts for pair in part.items()):
        if not np.isfinite(column).all():
            raise InputError(f"formula {formula!r}: found infinity in {name}, expected finite "
                             "numbers")  # fmt: skip
    return parts[0].iloc[:, 0], parts[1]


def _drop_collinear(
    X: NDArray[np.float64], raw: NDArray[np.float64], names: list[str]
) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    keep = _independent(X, np.linalg.norm(raw, axis=0))
    dropped = tuple(name for name, kept in zip(names, keep, strict=True) if not kept)
    if dropped:
        warnings.warn(
            f"dropped as collinear with other terms or absorbed effects: {', '.join(dropped)}",
            CollinearTermWarning,
            stacklevel=3,
        )
    if not keep.any():
        raise NotEnoughDataError("no term varies within the absorbed effects, so none can be "
                                 "estimated")  # fmt: skip
    return keep, dropped


def _weights_of(column: pd.Series[Any]) -> NDArray[np.float64]:
    weights = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights > 0)))
    if bad.size:
        raise InputError(f"firm table: row {column.index[bad[0]]}, column {column.name}: found "
                         f"{column.iloc[bad[0]]}, expected a weight above 0")  # fmt: skip
    return np.asarray(weights, dtype=np.float64)


def _effects(
    y: pd.Series[Any], X: NDArray[np.float64], b: NDArray[np.float64],
    labels: pd.Series[Any] | None, w: NDArray[np.float64],
) -> tuple[NDArray[np.float64], pd.Series[Any]]:  # fmt: skip
    """Weighted means of the terms by absorbed level, and the effect of each level."""
    if labels is None:
        return np.empty((0, X.shape[1])), pd.Series(dtype=float, name="effect")
    codes, levels = pd.factorize(labels, sort=True)
    total = np.bincount(codes, w)
    means = np.stack([np.bincount(codes, w * x) / total for x in X.T], axis=1)
    outcome = np.bincount(codes, w * y.to_numpy()) / total
    index = pd.Index(levels, name=labels.name)
    return means, pd.Series(outcome - means @ b, index, name="effect")


def _notes(used: pd.DataFrame, absorbed: list[str], cluster: str | None) -> tuple[str, ...]:
    """Single firms and few clusters, which inference should be read with."""
    notes = []
    for name in dict.fromkeys([*absorbed, *([cluster] if cluster else [])]):
        sizes = used[name].value_counts()
        single = sorted(map(str, sizes.index[sizes == 1]))
        if single:
            what = "is fitted exactly" if name in absorbed else "is a cluster by itself"
            notes.append(f"{name} {', '.join(single)} has one firm, which {what}")
    if cluster is not None and used[cluster].nunique() < _FEW:
        notes.append(f"{used[cluster].nunique()} clusters are few: crv1 rejects too often where a "
                     "term varies in few of them; cr2 and wild hold")  # fmt: skip
    return tuple(notes)


def fixed_effects(
    formula: str,
    firms: pd.DataFrame,
    *,
    cluster: str | None = None,
    weights: str | None = None,
) -> FixedEffectsFit:
    """Fit a linear regression with absorbed effects.

    Parameters
    ----------
    formula : str
        "outcome ~ terms | effects". Terms are ordinary formula terms (interactions, transforms,
        factors); effects are columns whose levels are absorbed, joined by +.
    firms : DataFrame
        A firm table. Rows incomplete on anything the model uses are left out.
    cluster : str, optional
        Column of clusters; makes "cr2" the default inference with fewer than 30 clusters, and
        "crv1" with more.
    weights : str, optional
        Column of survey weights (probability weights).

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
    main, absorbed = _split_formula(formula)
    extra = [name for name in (cluster, weights) if name is not None]
    table = firms.reset_index(drop=True)  # so that rows have one name each
    y, terms = _model_frame(main, table, list(dict.fromkeys([*absorbed, *extra])))
    used = table.loc[y.index]
    if y.nunique() < 2:
        raise NotEnoughDataError(f"formula {formula!r}: the outcome takes {y.nunique()} values "
                                 f"over {len(y)} complete firms, expected it to vary")  # fmt: skip
    w = np.ones(len(y)) if weights is None else _weights_of(used[weights])
    levels = [pd.factorize(used[name], sort=True)[0].astype(np.intp) for name in absorbed]
    names = [str(each) for each in terms.columns if not (absorbed and each == "Intercept")]
    raw = terms[names].to_numpy()
    moved = partial_out(np.column_stack([y.to_numpy(), raw]), levels, w)
    root = np.sqrt(w)[:, None]
    keep, dropped = _drop_collinear(moved[:, 1:] * root, raw * root, names)
    X, target = moved[:, 1:][:, keep], moved[:, 0]
    n_parameters = int(keep.sum()) + sum(int(each.max()) + 1 for each in levels)
    n_parameters -= max(len(levels) - 1, 0)
    if len(y) <= n_parameters:
        raise NotEnoughDataError(f"formula {formula!r}: found {len(y)} complete firms for "
                                 f"{n_parameters} parameters, expected more firms")  # fmt: skip
    solved = np.linalg.lstsq(X * root, target * root[:, 0], rcond=None)[0]
    b = np.asarray(solved, dtype=np.float64)
    codes = None if cluster is None else pd.factorize(used[cluster], sort=True)[0].astype(np.intp)
    model = LinearModel(X, target, w, b, tuple(levels), codes, n_parameters)
    residuals = model.residuals
    left = float(w @ residuals**2)
    total = float(w @ (y.to_numpy() - (w @ y.to_numpy()) / w.sum()) ** 2)
    means, effects = _effects(y, raw[:, keep], b, used[absorbed[0]] if len(absorbed) == 1 else None,
                              w)  # fmt: skip
    # of all inferences only CR2 held in every design of benchmarks/rejection_rates.py
    default: Inference = "hc1" if codes is None else "cr2" if model.n_clusters < _FEW else "crv1"
    df = len(y) - n_parameters if codes is None else model.n_clusters - 1
    return FixedEffectsFit(
        formula=formula,
        outcome=str(y.name),
        coefficients=pd.Series(b, [n for n, k in zip(names, keep, strict=True) if k],
                               name="coefficient"),
        n_obs=len(y),
        n_clusters=model.n_clusters,
        n_parameters=n_parameters,
        df=float(df),
        r2=1 - left / total,
        r2_within=1 - left / (float(w @ target**2) if absorbed else total),
        effects=effects,
        residuals=pd.Series(residuals, firms.index[y.index], name="residual"),
        dropped=dropped,
        notes=_notes(used, absorbed, cluster),
        weights=weights,
        cluster=cluster,
        default_inference=default,
        model=model,
        level_means=means,
    )  # fmt: skip

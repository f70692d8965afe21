"""Regression with absorbed region effects and inference that says what it rests on.

Formula (1) of the study: digitalisation of firm i in region j on outages, CO2 monitoring,
innovation and permit days, with a fixed effect per region and errors clustered by region.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import check_columns, check_option
from kz_spatial.errors import CallError, CollinearTermWarning, InputError, NotEnoughDataError
from kz_spatial.few_clusters import INFERENCES, Covariance, Inference, covariance

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["STUDY_FORMULA", "FixedEffectsFit", "fixed_effects", "partial_out"]

STUDY_FORMULA: Final = (
    "epayment_share ~ outages_per_month + co2_monitoring + product_innovation + permit_days"
    " | composite"
)
# a column whose norm falls below this share of what it was is a combination of the others
_COLLINEAR: Final = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class FixedEffectsFit:
    """A fitted regression with absorbed effects.

    Attributes
    ----------
    formula : str
    coefficients : (k,) Series
        By term, in units of the outcome per unit of the term.
    n_obs, n_clusters : int
        Firms used, and clusters among them (0 without clusters).
    n_parameters : int
        K, absorbed effects included.
    df : float
        Degrees of freedom of the default inference.
    r2, r2_within : float
        Share of variation explained, with the absorbed effects and net of them.
    effects : Series
        Absorbed effect of each level, where one factor is absorbed; else empty.
    residuals : (n_obs,) Series
        By row of the firm table.
    dropped : tuple of str
        Collinear terms that were left out.
    weights, cluster : str or None
        Columns used.
    default_inference : {"iid", "hc1", "crv1"}
    design : (n_obs, k) array
        Partialled out, times sqrt(weight).
    scaled_residuals : (n_obs,) array
        Residuals times sqrt(weight).
    cluster_codes : (n_obs,) array of int or None
    """

    formula: str
    coefficients: pd.Series[Any]
    n_obs: int
    n_clusters: int
    n_parameters: int
    df: float
    r2: float
    r2_within: float
    effects: pd.Series[Any]
    residuals: pd.Series[Any]
    dropped: tuple[str, ...]
    weights: str | None
    cluster: str | None
    default_inference: Inference
    design: NDArray[np.float64]
    scaled_residuals: NDArray[np.float64]
    cluster_codes: NDArray[np.intp] | None

    def covariance(self, inference: Inference | None = None) -> Covariance:
        """Covariance of the coefficients under one way of inference."""
        return covariance(
            self.design,
            self.scaled_residuals,
            method=inference or self.default_inference,
            n_parameters=self.n_parameters,
            clusters=self.cluster_codes,
        )

    def table(self, inference: Inference | None = None, *, level: float = 0.95) -> pd.DataFrame:
        """Coefficients with errors, tests and intervals.

        Parameters
        ----------
        inference : {"iid", "hc1", "crv1"}, optional
            By default clustered when the fit has clusters, else "hc1".
        level : float
            Coverage of the intervals.

        Returns
        -------
        DataFrame
            By term: coefficient, std_error, t, p (two-sided), ci_low, ci_high.
        """
        from scipy import stats

        check_option("inference", inference or self.default_inference, INFERENCES)
        found = self.covariance(inference)
        b = self.coefficients.to_numpy()
        error = np.sqrt(np.diag(found.matrix))
        with np.errstate(divide="ignore", invalid="ignore"):
            t = b / error
        margin = stats.t.ppf(0.5 + level / 2, found.df) * error
        return pd.DataFrame(
            {
                "coefficient": b,
                "std_error": error,
                "t": t,
                "p": 2 * stats.t.sf(np.abs(t), found.df),
                "ci_low": b - margin,
                "ci_high": b + margin,
            },
            index=self.coefficients.index,
        )


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
    from formulaic.errors import FormulaicError

    check_columns(firms.columns, needed, what="firm table")
    complete = firms[firms[needed].notna().all(axis=1)] if needed else firms
    try:
        matrices = model_matrix(formula, complete, na_action="drop")
    except (FormulaicError, KeyError, NameError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"formula {formula!r}: {reason}; the firm table has the columns "
                         f"{', '.join(map(str, firms.columns))}") from error  # fmt: skip
    if not hasattr(matrices, "lhs") or matrices.lhs.shape[1] != 1:
        raise CallError(f"formula {formula!r}: expected one outcome before the ~")
    return matrices.lhs.iloc[:, 0].astype(float), pd.DataFrame(matrices.rhs).astype(float)


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


def _effects(
    y: pd.Series[Any], fitted: NDArray[np.float64], labels: pd.Series[Any], w: NDArray[np.float64]
) -> pd.Series[Any]:
    gap = pd.Series((y.to_numpy() - fitted) * w, y.index).groupby(labels, sort=True).sum()
    total = pd.Series(w, y.index).groupby(labels, sort=True).sum()
    return (gap / total).rename("effect")


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
        Column of clusters; makes cluster-robust inference the default.
    weights : str, optional
        Column of survey weights (probability weights).

    Returns
    -------
    FixedEffectsFit

    Raises
    ------
    InputError
        When columns are missing or the outcome does not vary.
    NotEnoughDataError
        When observations do not exceed parameters, or nothing can be estimated.

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
    y, terms = _model_frame(main, firms, list(dict.fromkeys([*absorbed, *extra])))
    used = firms.loc[y.index]
    if y.nunique() < 2:
        raise NotEnoughDataError(f"formula {formula!r}: the outcome takes {y.nunique()} values "
                                 f"over {len(y)} complete firms, expected it to vary")  # fmt: skip
    w = np.ones(len(y)) if weights is None else used[weights].to_numpy(dtype=float)
    if (w <= 0).any():
        raise InputError(f"column {weights}: found a weight of {w.min():g}, expected above 0")
    levels = [pd.factorize(used[name], sort=True)[0].astype(np.intp) for name in absorbed]
    names = [str(each) for each in terms.columns if not (absorbed and each == "Intercept")]
    raw = terms[names].to_numpy()
    root = np.sqrt(w)
    moved = partial_out(np.column_stack([y.to_numpy(), raw]), levels, w)
    keep, dropped = _drop_collinear(moved[:, 1:] * root[:, None], raw * root[:, None], names)
    X, target = (moved[:, 1:] * root[:, None])[:, keep], moved[:, 0] * root
    n_parameters = int(keep.sum()) + sum(int(each.max()) + 1 for each in levels)
    n_parameters -= max(len(levels) - 1, 0)
    if len(y) <= n_parameters:
        raise NotEnoughDataError(f"formula {formula!r}: found {len(y)} complete firms for "
                                 f"{n_parameters} parameters, expected more firms")  # fmt: skip
    b = np.linalg.lstsq(X, target, rcond=None)[0]
    residuals = target - X @ b
    codes = None if cluster is None else pd.factorize(used[cluster], sort=True)[0].astype(np.intp)
    about = y.to_numpy() - (w @ y.to_numpy()) / w.sum()
    within = float(target @ target) if absorbed else float(w @ about**2)
    effects = (
        _effects(y, raw[:, keep] @ b, used[absorbed[0]], w)
        if len(absorbed) == 1
        else pd.Series(dtype=float, name="effect")
    )
    n_clusters = 0 if codes is None else int(codes.max()) + 1
    return FixedEffectsFit(
        formula=formula,
        coefficients=pd.Series(b, [n for n, k in zip(names, keep, strict=True) if k],
                               name="coefficient"),
        n_obs=len(y),
        n_clusters=n_clusters,
        n_parameters=n_parameters,
        df=float(n_clusters - 1 if codes is not None else len(y) - n_parameters),
        r2=1 - float(residuals @ residuals) / float(w @ about**2),
        r2_within=1 - float(residuals @ residuals) / within,
        effects=effects,
        residuals=pd.Series(residuals / root, y.index, name="residual"),
        dropped=dropped,
        weights=weights,
        cluster=cluster,
        default_inference="hc1" if codes is None else "crv1",
        design=X,
        scaled_residuals=residuals,
        cluster_codes=codes,
    )  # fmt: skip

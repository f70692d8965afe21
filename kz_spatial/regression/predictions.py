"""Expected outcomes at given values of the terms, with intervals.

A prediction at terms x in level g of one absorbed factor is m_g + (x - x_g)'b, where m_g and x_g
are the level's means: its error has a part from b and one from m_g.

- no absorbed factor, or one that crosses clusters: both parts under the inference that is asked
  for, as in a regression on dummies.
- levels inside clusters: clustered errors say nothing of m_g, as a level's residuals add up to 0.
  Its part is then that of independent firms (HC1), beside the clustered part of b. What firms of a
  level share belongs to its effect, not to the error.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import pandas as pd

from kz_spatial._validate import check_columns
from kz_spatial.errors import CallError, InputError
from kz_spatial.regression.columns import tidy_columns
from kz_spatial.regression.combinations import contrast_df
from kz_spatial.regression.few_clusters import Analytic, covariance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.regression.linear_model import LinearModel
    from kz_spatial.regression.side_by_side import Inference

__all__ = ["Predicting", "predict_means"]

_MAX_CELLS: Final = 50_000_000
_CLUSTERED: Final = ("crv1", "crv3", "cr2")


class Predicting(Protocol):
    """What predictions are made of; `FixedEffectsFit` is one."""

    @property
    def coefficients(self) -> pd.Series[Any]:
        """Coefficients by term."""

    @property
    def effects(self) -> pd.Series[Any]:
        """Absorbed effect of each level."""

    @property
    def level_means(self) -> NDArray[np.float64]:
        """Means of the terms by level."""

    @property
    def model(self) -> LinearModel:
        """The fit as arrays."""

    @property
    def spec(self) -> Any:
        """How terms are made of columns."""

    @property
    def n_obs(self) -> int:
        """Firms used."""

    @property
    def n_parameters(self) -> int:
        """K."""

    @property
    def default_inference(self) -> Inference:
        """Inference where none is asked for."""


def _terms(fit: Predicting, table: pd.DataFrame) -> NDArray[np.float64]:
    """Terms of new rows, NaN where something is missing."""
    from formulaic.errors import DataMismatchWarning, FormulaicError

    formula = " + ".join(map(str, fit.spec.formula)) or "1"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DataMismatchWarning)
            tidy = tidy_columns(f"0 ~ {formula}", table)
            found = fit.spec.get_model_matrix(tidy, na_action="ignore", context={})
    except DataMismatchWarning as error:
        raise InputError(f"predict: found categories that the fit has not seen: {error}") from error
    except (FormulaicError, KeyError, NameError, ValueError) as error:
        raise InputError(
            f"predict: {' '.join(str(error).split())}; the new table has the columns "
            f"{', '.join(map(str, table.columns))}"
        ) from error
    return np.asarray(pd.DataFrame(found)[list(fit.coefficients.index)], dtype=np.float64)


def _with_dummies(model: LinearModel) -> LinearModel:
    """The model with its absorbed levels as terms."""
    level, n = model.levels[0], len(model.y)
    size = model.sizes[0]
    if n * size > _MAX_CELLS:
        raise CallError(
            f"predict: found {size} absorbed levels that cross clusters, too many for {n} firms"
        )
    D = np.zeros((n, size))
    D[np.arange(n), level] = 1.0
    return replace(
        model,
        X=np.hstack([model.X, D]),
        coefficients=np.append(model.coefficients, np.zeros(size)),
        levels=(),
    )


def _level_variance(model: LinearModel) -> NDArray[np.float64]:
    """HC1 variance of each level's mean."""
    level, size = model.levels[0], model.sizes[0]
    weight = np.bincount(level, model.w, size)
    n = len(model.y)
    squares = np.bincount(level, (model.w * model.residuals) ** 2, size)
    return np.asarray(n / (n - model.n_parameters) * squares / weight**2, dtype=np.float64)


def _variances(
    model: LinearModel, X: NDArray[np.float64], level: NDArray[np.intp] | None, inference: Analytic
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Variance and degrees of freedom of each prediction."""
    more: NDArray[np.float64] | float = 0.0
    if level is not None:
        if inference in _CLUSTERED and model.nested():
            more = _level_variance(model)[level]
        else:
            model = _with_dummies(model)
            size = model.X.shape[1] - X.shape[1]
            X = np.hstack([X, np.eye(size)[level]])
    found = covariance(model, inference)
    variance = np.einsum("ij,jk,ik->i", X, found.matrix, X) + more
    moved = X.any(axis=1)
    df = np.full(len(X), float(found.df.max()))
    df[moved] = contrast_df(model, inference, X[moved], float(found.df.max()))
    return np.asarray(variance, dtype=np.float64), df


def predict_means(
    fit: Predicting, table: pd.DataFrame, inference: Analytic, level: float
) -> pd.DataFrame:
    """Predict the expected outcome of new rows.

    Parameters
    ----------
    fit : Predicting
    table : DataFrame
    inference : str
    level : float

    Returns
    -------
    DataFrame
        See `FixedEffectsFit.predict`.
    """
    from scipy import stats

    if not 0 < level < 1:
        raise CallError(f"level={level}: expected a share between 0 and 1")
    model = fit.model
    if len(model.levels) > 1:
        raise CallError(
            f"predict: found {len(model.levels)} absorbed factors, expected at most one; "
            "as terms, C(...), the others can be predicted with"
        )
    X, codes = _terms(fit, table), None
    known = np.isfinite(X).all(axis=1)
    centre = np.zeros(len(X))
    if model.levels:
        name = str(fit.effects.index.name)
        check_columns(table.columns, [name], what="new table")
        codes = fit.effects.index.get_indexer(pd.Index(table[name]))
        strange = table[name][(codes < 0) & table[name].notna()]
        if len(strange):
            raise InputError(
                f"predict: {name} {strange.iloc[0]} has no firm in the fit, expected one of "
                f"{', '.join(map(str, fit.effects.index))}"
            )
        known &= codes >= 0
        codes = codes[known]
        centre[known] = fit.effects.to_numpy()[codes]
    mean = np.where(known, centre + X @ model.coefficients, np.nan)
    X = X[known] if codes is None else X[known] - fit.level_means[codes]
    variance, df = _variances(model, X, codes, inference)
    error, margin = np.full(len(table), np.nan), np.full(len(table), np.nan)
    error[known] = np.sqrt(variance)
    margin[known] = stats.t.ppf(0.5 + level / 2, df) * error[known]
    columns: dict[str, Any] = {
        "prediction": mean,
        "std_error": error,
        "ci_low": mean - margin,
        "ci_high": mean + margin,
    }
    return pd.DataFrame(columns, index=table.index)

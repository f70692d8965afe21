"""Weights for firms that answered, so that they stand for those that were asked and did not.

The chance p of answering is fitted by a logit model among firms asked, by pseudo maximum
likelihood under the survey weights d; those who answered get d / p, so that they stand for those
who did not and look alike on the model's terms. It rests on answers missing at random given these
terms, which no data can show.

Balance: differences of weighted means over the standard deviation among all firms asked (Austin
and Stuart 2015, Statistics in Medicine 34). Effective number: (sum w)^2 / sum w^2 (Kish 1965,
Survey Sampling).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import check_columns, check_option, check_unique_rows, positive_weights
from kz_spatial.design import design_of
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.regression import model_matrices, normal_table
from kz_spatial.survey import STATUS

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from kz_spatial.design import StudyDesign

__all__ = ["SILENT", "ResponseWeights", "effective_n", "response_weights", "statuses_of"]

SILENT: Final = ("dont_know", "refused", "system_missing")
# a chance of answering so small that one firm would stand for a million
_NEVER: Final = 1e-6
# log odds beyond which answering is certain to rounding
_CERTAIN: Final = 12.0


@dataclass(frozen=True, slots=True, eq=False)
class ResponseWeights:
    """Weights that let firms that answered stand for those that did not.

    Attributes
    ----------
    weights : Series
        By row of the firm table: survey weight over the chance of answering; the survey weight
        alone for firms that were not asked and whose value the skip rule gives; NaN for firms that
        did not answer, have no value, or are incomplete on the model's terms.
    chances : Series
        Chance of answering of every firm in the model, named as the weights.
    coefficients : DataFrame
        Of the logit model of answering, in log odds: coefficient, std_error (robust, HC0), z, p,
        ci_low, ci_high.
    balance : DataFrame
        By term: mean_asked, mean_answered, mean_weighted, and the standardised differences from
        firms asked `before` and `after` weighting.
    statuses : Series
        Firms by what became of their answer.
    n_asked, n_answered : int
        Firms in the model, and those of them that answered.
    n_effective_before, n_effective : float
        Kish's effective number of those that answered under the survey weights alone and under
        these weights.
    notes : tuple of str
    """

    weights: pd.Series[Any]
    chances: pd.Series[Any]
    coefficients: pd.DataFrame
    balance: pd.DataFrame
    statuses: pd.Series[Any]
    n_asked: int
    n_answered: int
    n_effective_before: float
    n_effective: float
    notes: tuple[str, ...]


def effective_n(weights: NDArray[np.float64]) -> float:
    """Kish's effective number of firms.

    Examples
    --------
    >>> effective_n(np.array([1.0, 1.0, 2.0]))  # 16 / 6
    2.6666666666666665
    """
    return float(weights.sum() ** 2 / (weights**2).sum())


def statuses_of(
    firms: pd.DataFrame, indicator: str, silent: Collection[str], design: StudyDesign
) -> tuple[pd.Series[Any], pd.Series[Any], pd.Series[Any]]:
    """What became of the answers, and which firms were asked and answered or kept silent.

    Returns
    -------
    status : (n,) Series of categories
    asked : (n,) Series of bool
    given : (n,) Series of bool
        Firms that were not asked and whose value the skip rule gives.
    """
    check_option("indicator", indicator, tuple(design.by_name))
    column = indicator + STATUS
    if column not in firms:
        raise InputError(
            f"firm table: found no column {column!r}, which says what became of answers; expected "
            "a table of read_survey or load_twin"
        )
    status = firms[column].astype("category")
    for each in silent:
        check_option("silent", each, tuple(dict.fromkeys([*status.cat.categories, *SILENT])))
    skip = design.by_name[indicator].skip
    valued = skip is not None and skip.value is not None
    given = status.eq("skipped") & firms[indicator].notna() & valued
    return status, status.isin(["answered", *silent]), given


def _default_terms(firms: pd.DataFrame, design: StudyDesign) -> str:
    """Region, sector and size, whichever the table has and vary."""
    names = [design.grouping.name, "sector", "size"]
    found = [each for each in names if each in firms and len(firms[each].dropna().unique()) > 1]
    if not found:
        raise CallError(f"terms: the table has none of {', '.join(names)}, expected terms")
    return " + ".join(f"C({each})" for each in found)


def _logit(
    answered: NDArray[np.float64], X: pd.DataFrame, d: NDArray[np.float64], indicator: str
) -> tuple[NDArray[np.float64], pd.DataFrame]:
    """Chances of answering, and the model's table."""
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import ConvergenceWarning, PerfectSeparationWarning

    if np.linalg.matrix_rank(X.to_numpy()) < X.shape[1]:
        raise NotEnoughDataError(
            f"{indicator}: the terms of the model of answering are collinear, expected fewer"
        )
    # firms of a level that all answered have odds without end; their errors are blanked below
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            fit = sm.GLM(answered, X, family=sm.families.Binomial(), var_weights=d / d.mean()).fit(
                maxiter=100, cov_type="HC0"
            )
        except ConvergenceWarning as error:
            raise NotEnoughDataError(
                f"{indicator}: the model of answering did not converge, expected fewer terms"
            ) from error
    table = normal_table(
        fit.params.to_numpy(), fit.bse.to_numpy(), pd.Index(X.columns, name="term")
    )
    table.loc[table["coefficient"].abs() > _CERTAIN, table.columns[1:]] = np.nan
    return np.asarray(fit.fittedvalues, dtype=np.float64), table


def _balance(
    X: pd.DataFrame,
    d: NDArray[np.float64],
    answered: NDArray[np.bool_],
    made: NDArray[np.float64],
) -> pd.DataFrame:
    values = X.drop(columns="Intercept", errors="ignore")
    table = values.to_numpy(dtype=np.float64)
    asked = np.average(table, axis=0, weights=d)
    spread = np.sqrt(np.average((table - asked) ** 2, axis=0, weights=d))
    before = np.average(table[answered], axis=0, weights=d[answered])
    after = np.average(table[answered], axis=0, weights=made[answered])
    return pd.DataFrame(
        {
            "mean_asked": asked,
            "mean_answered": before,
            "mean_weighted": after,
            "before": (before - asked) / spread,
            "after": (after - asked) / spread,
        },
        index=pd.Index(values.columns, name="term"),
    )


def _notes(
    status: pd.Series[Any],
    asked: pd.Series[Any],
    given: pd.Series[Any],
    n: int,
    table: pd.DataFrame,
) -> tuple[str, ...]:
    away = status[~asked & ~given].astype(str).value_counts()
    notes = [f"{count} firms are not in the population: {name}" for name, count in away.items()]
    if given.any():
        notes.append(f"{int(given.sum())} firms were not asked, since their value follows")
    if int(asked.sum()) > n:
        notes.append(f"{int(asked.sum()) - n} firms asked are incomplete on the terms: left out")
    certain = table.index[table["std_error"].isna()]
    if len(certain):
        notes.append(
            f"answering does not vary for {', '.join(map(str, certain))}: no error is shown"
        )
    return tuple(notes)


def response_weights(
    firms: pd.DataFrame,
    indicator: str,
    *,
    terms: str | None = None,
    weights: str | None = None,
    silent: Collection[str] = SILENT,
) -> ResponseWeights:
    """Weigh firms that answered so that they stand for those that did not.

    Parameters
    ----------
    firms : DataFrame
        A firm table of `read_survey` or `load_twin`, which says what became of each answer.
    indicator : str
        Whose answers.
    terms : str, optional
        Right side of the model of answering, as in a formula; region, sector and size by default.
    weights : str, optional
        Column of survey weights.
    silent : collection of str
        Statuses that count as not answering; firms of other statuses were not asked, or have no
        number to give, and are no part of the population.

    Returns
    -------
    ResponseWeights

    Raises
    ------
    CallError
        When there is no such indicator or status.
    InputError
        When the table does not say what became of answers.
    NotEnoughDataError
        When all firms asked answered or none, the model cannot be estimated, or some firms could
        never have answered by it.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> found = kz.response_weights(kz.load_twin(), "outages_per_month", terms="C(sector)+C(size)")
    >>> found.n_asked, found.n_answered, round(found.n_effective, 1)
    (427, 405, 405.0)
    """
    design = design_of(firms)
    check_unique_rows({"firm table": firms.index})
    status, asked, given = statuses_of(firms, indicator, silent, design)
    terms = terms or _default_terms(firms, design)
    table = firms[asked].assign(_answered=status[asked].eq("answered").astype(float))
    if table["_answered"].nunique() < 2:
        raise NotEnoughDataError(
            f"{indicator}: {int(table['_answered'].sum())} of {len(table)} firms asked answered, "
            "so answering does not vary"
        )
    if weights is not None:
        check_columns(firms.columns, [weights], what="firm table")
    X = pd.DataFrame(model_matrices(f"_answered ~ {terms}", table, what="firm table").rhs)
    y = table.loc[X.index, "_answered"].to_numpy()
    d = np.ones(len(X)) if weights is None else positive_weights(firms.loc[X.index, weights])
    chance, coefficients = _logit(y, X.astype(float), d, indicator)
    if chance.min() < _NEVER:
        raise NotEnoughDataError(
            f"{indicator}: by the model {int((chance < _NEVER).sum())} firms could never have "
            "answered, so nobody stands for them; expected terms without such a level"
        )
    made, answered = d / chance, y == 1
    whole = pd.Series(np.nan, firms.index, name=f"{indicator}_weight")
    whole[given] = 1.0 if weights is None else positive_weights(firms.loc[given, weights])
    whole.loc[X.index[answered]] = made[answered]
    return ResponseWeights(
        weights=whole,
        chances=pd.Series(chance, X.index, name=whole.name),
        coefficients=coefficients,
        balance=_balance(X, d, answered, made),
        statuses=status.value_counts().rename("firms"),
        n_asked=len(X),
        n_answered=int(answered.sum()),
        n_effective_before=effective_n(d[answered]),
        n_effective=effective_n(made[answered]),
        notes=_notes(status, asked, given, len(X), coefficients),
    )

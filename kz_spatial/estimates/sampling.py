"""How the firms of a table were drawn: their weights, their strata, and the domains asked about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from kz_spatial._validate import check_columns, check_share, positive_weights
from kz_spatial.design import design_of
from kz_spatial.errors import CallError, InputError
from kz_spatial.estimates.aggregation import strata_of, unit_positions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.design import StudyDesign

__all__ = ["Column", "Sample", "check_coverage", "column_of", "numeric_column", "sample_of"]

# a column by its name or as values on the table's index
Column: TypeAlias = "str | pd.Series[Any]"
WHOLE = "all"


@dataclass(frozen=True, slots=True)
class Sample:
    """Firms as they were drawn, and the domains to estimate.

    Attributes
    ----------
    weights : (n,) array
        Above 0; 1 where every firm counts once.
    stratum : (n,) array of int
        0 to H - 1; all 0 without strata.
    domain : (n,) array of int
        Position in `index`; -1 for firms in none, which stay part of the sample.
    index : Index
        Domains, named as the column that they come from.
    said : dict
        What was used, for `.attrs`: weights, strata, their numbers.
    """

    weights: NDArray[np.float64]
    stratum: NDArray[np.intp]
    domain: NDArray[np.intp]
    index: pd.Index[Any]
    said: dict[str, Any]


def check_coverage(coverage: object) -> None:
    """Raise `CallError` unless a coverage is above 0 and below 1."""
    check_share("coverage", coverage)
    if coverage == 1:
        raise CallError("coverage=1: expected a number above 0 and below 1")


def column_of(firms: pd.DataFrame, column: Column, what: str) -> pd.Series[Any]:
    """A column of the table, or a Series that stands on its index."""
    if isinstance(column, pd.Series):
        if not column.index.equals(firms.index):
            raise InputError(f"{what}: found a Series on another index than that of the firm table")
        return column
    check_columns(firms.columns, [column], what="firm table")
    return firms[column]


def _asked_or_known(
    firms: pd.DataFrame, asked: Column | Literal[False] | None, known: tuple[str, ...]
) -> Column | None:
    """The column asked for; without one, the first of the design's that the table has."""
    if asked is False:
        return None
    if asked is not None:
        return asked
    return next((each for each in known if each in firms), None)


def _name(column: Column | None) -> str | None:
    return None if column is None else str(getattr(column, "name", column))


def numeric_column(firms: pd.DataFrame, column: Column) -> NDArray[np.float64]:
    """Answers as numbers, NaN where there is none.

    Raises
    ------
    InputError
        When the column holds something else than numbers.
    """
    values = column_of(firms, column, "indicator")
    try:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"firm table: column {_name(column)}: expected numbers, {error}"
        ) from error
    if np.isinf(numbers).any():
        raise InputError(f"firm table: column {_name(column)}: found an infinite number")
    return np.asarray(numbers, dtype=np.float64)


def _domains(
    firms: pd.DataFrame, by: Column | None, design: StudyDesign
) -> tuple[NDArray[np.intp], pd.Index[Any]]:
    """Position of each firm's domain, and the domains in order."""
    if by is None:
        return np.zeros(len(firms), dtype=np.intp), pd.Index([WHOLE], name="domain")
    if isinstance(by, str) and by in design.levels:
        column = design.level_column(by)
        values = column_of(firms, column, "by")
        codes = list(design.grouping.unit_codes(by))
        return unit_positions(values, codes), pd.Index(codes, name=column)
    position, labels = pd.factorize(column_of(firms, by, "by"), sort=True)
    if not len(labels):
        raise InputError(f"firm table: column {_name(by)} names no domain in any row")
    return position.astype(np.intp), pd.Index(labels, name=_name(by))


def sample_of(
    firms: pd.DataFrame,
    *,
    weights: Column | Literal[False] | None = None,
    strata: Column | Literal[False] | None = None,
    by: Column | None = None,
    design: StudyDesign | None = None,
) -> Sample:
    """Read weights, strata and domains out of a firm table.

    Parameters
    ----------
    firms : DataFrame
        All firms of the sample, whatever the domains: variances need every stratum whole.
    weights, strata : str or (n,) Series or False, optional
        By default the first of the design's columns that the table has; False for none.
    by : str or (n,) Series, optional
        "oblast", the name of the grouping, another column, or values; one domain without it.
    design : StudyDesign, optional
        By default the one that the table was read by, else the published study's.

    Raises
    ------
    InputError
        When a column is missing, a weight is not above 0, a stratum is unknown, a code is no unit.
    CallError
        When the table has no rows.
    """
    if not len(firms):
        raise CallError("firms: found a table of no rows, expected one row per firm")
    design = design or design_of(firms)
    weight_column = _asked_or_known(firms, weights, design.weights)
    strata_column = _asked_or_known(firms, strata, design.strata)
    weight = np.ones(len(firms))
    if weight_column is not None:
        weight = positive_weights(column_of(firms, weight_column, "weights"), firms.get("firm_id"))
    stratum = np.zeros(len(firms), dtype=np.intp)
    if strata_column is not None:
        stratum = strata_of(column_of(firms, strata_column, "strata"))
    domain, index = _domains(firms, by, design)
    size = np.bincount(stratum)
    said = {
        "weights": _name(weight_column),
        "strata": _name(strata_column),
        "n_strata": len(size),
        "n_single_firm_strata": int((size == 1).sum()) if strata_column is not None else 0,
    }
    return Sample(weight, stratum, domain, index, said)

"""Registers read part by part: which columns hold what, and what the answers of a part become.

A part is read by the rules of `read_survey`: rows whose answers are plain numbers are taken as they
are, which the coding would give too, and all others go through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import printable
from kz_spatial.errors import InputError, SurveyError
from kz_spatial.survey.answers import by_labels
from kz_spatial.survey.coding import attrition_table, code_items, find_value_faults, to_codes
from kz_spatial.survey.columns import asked_of, find_columns, find_region, renamed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.design import Indicator, StudyDesign

__all__ = [
    "CodedPart",
    "RegisterColumns",
    "code_part",
    "numbers_of",
    "register_columns",
    "weights_of_part",
]

_AXES: Final = ("longitude", "latitude")
_LARGEST: Final = 1e15


@dataclass(frozen=True, slots=True)
class RegisterColumns:
    """Which columns of a file hold what a design asks.

    Attributes
    ----------
    path : Path
    design : StudyDesign
        Without the indicators that the file lacks.
    names : dict
        Item or role to the column of the file.
    notes : tuple of str
        What was left out.
    """

    path: Path
    design: StudyDesign
    names: dict[str, str]
    notes: tuple[str, ...]

    @property
    def items(self) -> dict[str, str]:
        """Columns of the questions, those of skip rules among them."""
        asked = asked_of(self.design)
        return {key: name for key, name in self.names.items() if key in asked}

    @property
    def weights(self) -> list[str]:
        """Survey weights that the file has, the preferred first."""
        return [each for each in self.design.weights if each in self.names]

    @property
    def strata(self) -> str | None:
        """The first column of strata that the file has."""
        return next((each for each in self.design.strata if each in self.names), None)


@dataclass(frozen=True, slots=True, eq=False)
class CodedPart:
    """Answers of a part of a register in the coding "corrected".

    Attributes
    ----------
    values : dict of (n,) arrays
        By indicator, NaN where there is no answer.
    attrition : DataFrame
        As `attrition_table` gives it.
    """

    values: dict[str, NDArray[np.float64]]
    attrition: pd.DataFrame


def register_columns(
    path: Path,
    columns: list[str],
    design: StudyDesign,
    *,
    items: Mapping[str, str] | None = None,
    region: str | None = None,
    points: bool = False,
) -> RegisterColumns:
    """Find the columns of a register that a design asks for.

    Parameters
    ----------
    path : Path
    columns : list of str
        Of the file.
    design : StudyDesign
    items, region
        As for `read_survey`.
    points : bool
        Whether the file has a geometry of points.

    Returns
    -------
    RegisterColumns

    Raises
    ------
    SurveyError
        With every column that is missing.

    Examples
    --------
    >>> from kz_spatial.design import load_design
    >>> found = register_columns(Path("r.parquet"), ["oblast", "K33", "h1"], load_design())
    >>> found.names, list(found.design.by_name)
    ({'k33': 'K33', 'h1': 'h1', 'region': 'oblast'}, ['epayment_share', 'product_innovation'])
    """
    path = Path(printable(path))
    names, gone, missing, faults = find_columns(path, columns, design, renamed(items, design))
    left_out = [f"{line}; {name} is left out" for name, line in zip(gone, missing, strict=True)]
    if len(gone) == len(design.indicators):
        faults += missing
        gone, left_out = [], []
    lost = find_region(path, columns, design, region, names)
    if lost and (region or not (points or set(_AXES) <= set(names))):
        faults += [f"{lost[0]}, or longitude and latitude" if not region else lost[0]]
    if faults:
        raise SurveyError(faults)
    return RegisterColumns(path, design.without(gone, left_out), names, tuple(left_out))


def _codes(column: pd.Series[Any]) -> NDArray[np.float64] | None:
    """Numbers of a column that holds nothing else."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    return None


def _plain(codes: NDArray[np.float64], indicator: Indicator) -> NDArray[np.bool_]:
    """Answers that are what they say: neither special, nor missing, nor beyond what is allowed."""
    if indicator.kind == "binary":
        return np.asarray((codes == 1) | (codes == 2))
    with np.errstate(invalid="ignore"):
        return np.asarray(codes >= 0) & (codes <= min(indicator.rule.upper, _LARGEST))


def code_part(frame: pd.DataFrame, columns: RegisterColumns, row_of: NDArray[np.intp]) -> CodedPart:
    """Turn the answers of a part into indicators.

    Parameters
    ----------
    frame : DataFrame
        The questions' columns, by item.
    columns : RegisterColumns
    row_of : (n,) array of int
        What rows are called.

    Returns
    -------
    CodedPart

    Raises
    ------
    SurveyError
        With every answer that the questionnaire does not allow, by column and value.

    Examples
    --------
    >>> from kz_spatial.design import load_design
    >>> found = register_columns(Path("r.csv"), ["region", "k33", "h1"], load_design())
    >>> made = code_part(pd.DataFrame({"k33": [40, -9], "h1": [1, 2]}), found, np.array([2, 3]))
    >>> made.values["epayment_share"].tolist(), made.values["product_innovation"].tolist()
    ([40.0, nan], [1.0, 0.0])
    """
    design, n = columns.design, len(frame)
    plain, values = np.ones(n, dtype=bool), {}
    for indicator in design.indicators:
        codes = _codes(frame[indicator.item])
        if codes is None:
            plain[:] = False
            break
        plain &= _plain(codes, indicator)
        values[indicator.name] = 2.0 - codes if indicator.kind == "binary" else codes
    rest = np.flatnonzero(~plain)
    table = attrition_table(frame.iloc[:0], design)
    if len(rest):
        left = frame.iloc[rest].reset_index(drop=True)
        for key, special in asked_of(design).items():
            if key in left:
                left[key] = by_labels(left[key], {}, special)
        faults = [
            each
            for each in find_value_faults(
                left,
                design,
                source=str(columns.path),
                row_name=lambda place: str(row_of[rest[place]]),
                names=columns.names,
            )
            if "found no answer in any of" not in each  # of a part, which says nothing
        ]
        if faults:
            raise SurveyError(faults)
        coded = code_items(left, design)
        table = attrition_table(left, design)
        for name in design.by_name:
            made = values[name].copy() if len(values) == len(design.by_name) else np.empty(n)
            made[rest] = coded[name].to_numpy()
            values[name] = made
    counted = ["firms", "answered", "used", "listwise"]
    table[counted] += n - len(rest)
    return CodedPart({name: values[name] for name in design.by_name}, table)


def weights_of_part(
    column: pd.Series[Any], columns: RegisterColumns, role: str, row_of: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Numbers above 0 of a column of weights.

    Raises
    ------
    SurveyError
        When a row has none.
    """
    codes = _codes(column)
    found = to_codes(column)[0].to_numpy() if codes is None else codes
    with np.errstate(invalid="ignore"):
        bad = np.flatnonzero(~((found > 0) & np.isfinite(found)))
    if len(bad):
        more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        value = column.iloc[int(bad[0])]
        shown = f"{value:g}" if isinstance(value, float) else value
        told = (
            f"{columns.path}: row {row_of[bad[0]]}{more}, column {columns.names[role]}: found "
            f"{'nothing' if pd.isna(value) else shown}, expected a weight above 0; without weights "
            "every firm counts once"
        )
        raise SurveyError([told])
    return np.asarray(found, dtype=np.float64)


def numbers_of(
    column: pd.Series[Any], path: Path, name: str, row_of: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Numbers of a column of a part, NaN where nothing stands.

    Raises
    ------
    InputError
        When a cell is no number.

    Examples
    --------
    >>> numbers_of(pd.Series(["1", "x"]), Path("t.csv"), "turnover", np.array([2, 3]))
    Traceback (most recent call last):
    kz_spatial.errors.InputError: t.csv: row 3, column turnover: found 'x', expected a number
    """
    codes = _codes(column)
    if codes is not None:
        return codes
    found, unreadable = to_codes(column)
    bad = np.flatnonzero(unreadable)
    if len(bad):
        raise InputError(
            f"{printable(path)}: row {row_of[bad[0]]}, column {name}: found "
            f"{column.iloc[int(bad[0])]!r}, expected a number"
        )
    return np.asarray(found.to_numpy(), dtype=np.float64)

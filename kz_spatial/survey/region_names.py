"""Regions as a survey writes them: codes, labels and names, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from kz_spatial._validate import describe_rows
from kz_spatial.errors import InputError, SurveyError
from kz_spatial.places import Kind, Place, Resolution, resolve, resolve_column
from kz_spatial.survey.columns import RawSurvey, as_text

if TYPE_CHECKING:
    from kz_spatial.survey.register import RegisterColumns

__all__ = ["place_regions", "region_faults", "region_values"]


def region_values(
    raw: RawSurvey, region_codes: Mapping[Any, str] | None
) -> tuple[list[Any], dict[str, str]]:
    """Regions as text, and what is wrong with values that cannot be read, by value.

    By the caller's codes, else by value labels; numbers without either are KATO codes where the
    whole column is. Another code system is never guessed inside a labelled column.
    """
    values = raw.frame["region"].tolist()
    given = region_codes if region_codes is not None else raw.labels.get("region", {})
    by_text = {as_text(key): text for key, text in given.items()}
    keys = ["" if pd.isna(each) else as_text(each) for each in values]
    bare = [key for key in dict.fromkeys(keys) if key.isdigit() and key not in by_text]
    names = [key for key in dict.fromkeys(keys) if not key.isdigit() and _is_region(key)]
    wrong = {}
    if given:
        known = ", ".join(f"{key} = {text}" for key, text in by_text.items())
        wrong = {key: f"found code {key}, expected one of {known}" for key in bare}
    elif bare and names:
        wrong = {key: f"found {key} beside names such as {names[0]!r}" for key in bare}
    read = [by_text.get(key, value) for key, value in zip(keys, values, strict=True)]
    return [None if key in wrong else each for key, each in zip(keys, read, strict=True)], wrong


def _is_region(text: str) -> bool:
    try:
        return bool(text) and resolve(text) is not None
    except InputError:
        return False


def region_faults(raw: RawSurvey, resolution: Resolution, wrong: Mapping[str, str]) -> list[str]:
    """A line for each value of the region's column that names none."""
    column = raw.names["region"]
    keys = ["" if pd.isna(each) else as_text(each) for each in raw.frame["region"]]
    faults = []
    for value, reason in wrong.items():
        where = describe_rows([i for i, key in enumerate(keys) if key == value], raw.row_name)
        faults.append(f"{raw.path}: {where}, column {column}: {reason}")
    for value, reason in resolution.faults.items():
        rows = [i for i, text in enumerate(resolution.texts) if text == value]
        bare = value.isdigit() and "region" not in raw.labels
        hint = "; bare codes need their meaning: region_codes={code: name}" if bare else ""
        faults.append(
            f"{raw.path}: {describe_rows(rows, raw.row_name)}, column {column}: {reason}{hint}"
        )
    missing = [
        i for i, text in enumerate(resolution.texts) if text is None and keys[i] not in wrong
    ]
    if missing:
        faults.append(
            f"{raw.path}: {describe_rows(missing, raw.row_name)}, column {column}: found "
            "nothing, expected a region"
        )
    return faults


def place_regions(
    columns: RegisterColumns,
    rows: Mapping[str, str],
    *,
    region_codes: Mapping[Any, str] | None = None,
    kind: Kind | None = None,
) -> tuple[dict[str, Place | None], list[str]]:
    """What the values of a register's region column mean, all of them known.

    Parameters
    ----------
    columns : RegisterColumns
    rows : mapping
        Value to the rows that hold it, in words; the empty one stands for nothing.
    region_codes, kind
        As for `read_survey`.

    Returns
    -------
    places : dict
        By value; None for nothing.
    notes : list of str

    Raises
    ------
    SurveyError
        With every value that is no region.

    Examples
    --------
    >>> from pathlib import Path
    >>> from kz_spatial.design import load_design
    >>> from kz_spatial.survey import register_columns
    >>> columns = register_columns(Path("r.csv"), ["region", "k33"], load_design())
    >>> places, notes = place_regions(columns, {"Almaty": "2", "Almaty Region": "3"})
    >>> [places[each].code for each in places], notes
    (['KZ-75', 'KZ-19'], ["'Almaty' was read as KZ-75, settled by the rest of its column"])
    """
    texts = list(rows)
    frame = pd.DataFrame({"region": [each or None for each in texts]}, list(rows.values()))
    frame["region"] = frame["region"].astype(object)
    raw = RawSurvey(columns.path, frame, {}, columns.names, columns.design, "")
    values, wrong = region_values(raw, region_codes)
    found = resolve_column(values, kind=kind, grouping=columns.design.grouping)
    if faults := region_faults(raw, found, wrong):
        raise SurveyError(faults)
    notes = [
        f"{value!r} was read as {code}, settled by the rest of its column"
        for value, code in found.settled.items()
    ] + [
        f"{value!r} was read as the unit that was split in {year}"
        for value, year in found.older.items()
    ]
    return dict(zip(texts, found.places, strict=True)), notes

"""Read an Enterprise Survey file into a firm table, or say everything that is wrong with it.

Formats: Stata (.dta), SPSS (.sav), text (.csv, .tsv), .xlsx, .parquet, or a zip with one of them.
Item names are matched without regard to case and can be overridden. Every fault is collected and
raised at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kz_spatial._validate import check_option, describe_rows
from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import design_of, load_design
from kz_spatial.errors import InputError, SurveyError
from kz_spatial.options import Coding
from kz_spatial.places import COUNTRY, Kind, Resolution, resolve_column
from kz_spatial.survey.coding import (
    CODINGS,
    attrition_table,
    build_firms,
    find_value_faults,
)
from kz_spatial.survey.columns import RawSurvey, as_text, load_raw
from kz_spatial.survey.noted import kato_note, places_of, weight_notes
from kz_spatial.survey.region_names import region_faults, region_values

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from kz_spatial.design import StudyDesign

__all__ = ["SurveyCheck", "attrition", "check_survey", "read_survey"]


@dataclass(frozen=True, slots=True)
class SurveyCheck:
    """What is in a survey file, and what is wrong with it.

    Attributes
    ----------
    path : Path
    n_rows : int
    faults : tuple of str
        One line each; empty when the file can be used.
    notes : tuple of str
        Things worth knowing that stop nothing.
    attrition : DataFrame or None
        As `attrition` gives it, when the items could be read.
    """

    path: Path
    n_rows: int
    faults: tuple[str, ...]
    notes: tuple[str, ...] = ()
    attrition: pd.DataFrame | None = field(default=None, compare=False)


def _id_faults(raw: RawSurvey) -> list[str]:
    if "id" not in raw.frame:
        return []
    ids = raw.frame["id"]
    faults = [
        f"{raw.path}: {describe_rows(np.flatnonzero(ids.eq(value)), raw.row_name)}, column "
        f"{raw.names['id']}: found {value} {count} times, expected once"
        for value, count in ids.value_counts(sort=False).items()
        if count > 1
    ]
    if ids.isna().any():
        where = describe_rows(np.flatnonzero(ids.isna()), raw.row_name)
        faults.append(
            f"{raw.path}: {where}, column {raw.names['id']}: found nothing, expected an id"
        )
    return faults


def _examine(
    raw: RawSurvey, region_codes: Mapping[Any, str] | None, kind: Kind | None
) -> tuple[list[str], list[str], Resolution | None]:
    """Faults, notes and the regions of a table whose columns are known."""
    design, grouping = raw.design, raw.design.grouping
    faults = find_value_faults(
        raw.frame, design, source=str(raw.path), row_name=raw.row_name, names=raw.names
    )
    notes = weight_notes(raw) + places_of(raw)[1]
    faults += _id_faults(raw)
    resolution = None
    if "region" in raw.frame and len(raw.frame):
        values, wrong = region_values(raw, region_codes)
        resolution = resolve_column(values, kind=kind, grouping=grouping)
        faults += region_faults(raw, resolution, wrong)
        notes += [
            f"{value!r} was read as {code}, settled by the rest of its column"
            for value, code in resolution.settled.items()
        ]
        notes += [
            f"{value!r} was read as the unit that was split in {year}"
            for value, year in resolution.older.items()
        ]
        if "region" not in raw.labels and region_codes is None and not wrong:
            notes += kato_note(raw, values)
        if resolution.totals:
            notes.append(f"{resolution.totals} rows are national totals and were set apart")
        if not any(place and place.level == LEVEL for place in resolution.places):
            notes.append(
                f"firms are located by {grouping.name} only, so nothing can be said by oblast"
            )
    for each in design.indicators:
        if each.skip and each.skip.value is not None and each.skip.item not in raw.frame:
            notes.append(
                f"no column {each.skip.item}: firms that {each.item} does not concern stay missing "
                f"on {each.name}, which would count as {each.skip.value:g}"
            )
    if design.weights and not any(each in raw.frame for each in design.weights):
        notes.append(f"no survey weights ({', '.join(design.weights)}): every firm counts once")
    return faults, notes, resolution


def _sector(raw: RawSurvey) -> pd.Series[Any] | None:
    if "sector" not in raw.frame:
        return None
    labels = raw.labels.get("sector", {})
    named = raw.frame["sector"].astype(object).map(lambda each: labels.get(each, each))
    return named.map(lambda each: as_text(each) if pd.notna(each) else each)


def read_survey(
    path: str | PathLike[str],
    *,
    design: StudyDesign | None = None,
    coding: Coding = "corrected",
    items: Mapping[str, str] | None = None,
    region: str | None = None,
    region_codes: Mapping[Any, str] | None = None,
    kind: Kind | None = None,
    where: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Read a survey file into a firm table.

    Parameters
    ----------
    path : path
        .dta, .sav, .csv, .tsv, .xlsx or .parquet, or a .zip with one of them in it.
    design : StudyDesign, optional
        What to read and how to group it; the published study's by default. Indicators whose items
        the file lacks are left out, and the notes say so.
    coding : {"corrected", "as-published"}
        See `kz_spatial.survey.coding.code_items`.
    items : mapping, optional
        Item to its column name in the file, where the two differ: `{"k33": "pay_el"}`.
    region : str, optional
        Region column; found by itself among oblast, a3a, a2, region and the like.
    region_codes : mapping, optional
        Region code to name, for files without value labels.
    kind : {"city", "region"}, optional
        What a bare "Almaty" means, where nothing else in its column settles it.
    where : mapping, optional
        Column to the value that a row must hold, by code or label: one wave of a stacked file.

    Returns
    -------
    DataFrame
        One row per firm: firm_id, oblast_code, the grouping's own column (the study's: composite),
        sector, size, weight and the design's indicators; survey weights and coordinates are kept
        when present. `.attrs["kz_spatial"]` holds source, SHA-256, coding, design and attrition.

    Raises
    ------
    SurveyError
        With every fault of the file, one line each.
    CallError
        When there is no such file or its format is not known.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False) as stream:
    ...     print("region,k33,h1", "Shymkent,40,1", "Almaty city,75,2", sep=chr(10), file=stream)
    >>> read_survey(stream.name)[["composite", "epayment_share"]].to_numpy().tolist()
    [['south', 40.0], ['almaty', 75.0]]
    """
    check_option("coding", coding, CODINGS)
    asked = design or load_design()
    raw, faults, left_out = load_raw(Path(path), asked, items=items, region=region, where=where)
    more, notes, resolution = _examine(raw, region_codes, kind)
    notes = [*left_out, *notes]
    faults += more
    if faults or resolution is None:
        raise SurveyError(faults)
    places = resolution.places
    keep = np.array([place is None or place.level != COUNTRY for place in places])
    located = places_of(raw)[0]
    frame = raw.frame.assign(**located)[keep].reset_index(drop=True)
    kept = [place for place, kept in zip(places, keep, strict=True) if kept]
    oblast = [place.code if place and place.level == LEVEL else None for place in kept]
    regions = [place.region if place else None for place in kept]
    sector = _sector(raw)
    return build_firms(
        frame,
        raw.design,
        coding=coding,
        oblast_code=pd.Series(oblast, dtype=object),
        region=pd.Series(regions, dtype=object),
        sector=None if sector is None else sector[keep].reset_index(drop=True),
        provenance={
            "source": raw.path.name,
            "sha256": raw.sha256,
            "synthetic": False,
            "notes": notes,
        },
    )


def check_survey(
    path: str | PathLike[str],
    *,
    design: StudyDesign | None = None,
    items: Mapping[str, str] | None = None,
    region: str | None = None,
    region_codes: Mapping[Any, str] | None = None,
    kind: Kind | None = None,
    where: Mapping[str, Any] | None = None,
) -> SurveyCheck:
    """Collect every fault of a survey file without raising for any of them.

    Parameters
    ----------
    path, design, items, region, region_codes, kind, where
        As in `read_survey`.

    Returns
    -------
    SurveyCheck

    Raises
    ------
    InputError, CallError
        Only when the file cannot be read at all.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False) as stream:
    ...     print("region,k33,h1", "Shymkent,140,1", sep=chr(10), file=stream)
    >>> found = check_survey(stream.name)
    >>> found.faults[0].partition("row ")[2]
    '2, column k33: found 140, expected 0 to 100, or -9, -8, -7, -6, -5, -4'
    """
    asked = design or load_design()
    raw, faults, left_out = load_raw(Path(path), asked, items=items, region=region, where=where)
    more, notes, _ = _examine(raw, region_codes, kind)
    readable = all(each.item in raw.frame for each in raw.design.indicators)
    table = attrition_table(raw.frame, raw.design) if readable else None
    every = (*left_out, *notes)
    return SurveyCheck(raw.path, len(raw.frame), tuple(faults + more), every, table)


def attrition(firms: pd.DataFrame) -> pd.DataFrame:
    """Attrition table of a firm table that `read_survey` or `load_twin` made.

    Parameters
    ----------
    firms : DataFrame
        It, or a table made of it that kept its `attrs`.

    Returns
    -------
    DataFrame
        See `kz_spatial.survey.coding.attrition_table`.

    Raises
    ------
    InputError
        When the table carries no record of how it was read.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> int(kz.attrition(kz.load_twin()).loc["k33", "firms"])
    1013
    """
    record = firms.attrs.get("kz_spatial", {})
    if "attrition" not in record:
        expected = ", ".join(each.name for each in design_of(firms).indicators)
        raise InputError(
            f"this table has no record of its reading; expected one from read_survey "
            f"or load_twin, with {expected}"
        )
    return pd.DataFrame(record["attrition"]).set_index("item")

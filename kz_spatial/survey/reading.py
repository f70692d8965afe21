"""Read an Enterprise Survey file into a firm table, or say everything that is wrong with it.

Formats: Stata (.dta), SPSS (.sav), .csv and .parquet. Item names are matched without regard to
case and can be overridden. Every fault is collected and raised at once.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import check_option, describe_rows
from kz_spatial.errors import CallError, InputError, SurveyError
from kz_spatial.options import INDICATORS, WEIGHT_COLUMNS, Coding
from kz_spatial.places import Kind, Resolution, resolve_column
from kz_spatial.survey.coding import (
    CODINGS,
    ITEMS,
    attrition_table,
    build_firms,
    find_value_faults,
    to_codes,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

__all__ = ["SurveyCheck", "attrition", "check_survey", "read_survey"]

_REGION_COLUMNS: Final = (
    "oblast_code",
    "oblast",
    "a3a",
    "a2",
    "region",
    "composite",
    "регион",
    "область",
    "облыс",
)
_OPTIONAL: Final = ("idstd", "c6", "a4a", "a6a", "b2b", *WEIGHT_COLUMNS, "longitude", "latitude")
_READERS: Final = (".dta", ".sav", ".csv", ".parquet")


@dataclass(frozen=True, slots=True)
class _Raw:
    """A survey file as it stands, its columns under canonical names."""

    path: Path
    frame: pd.DataFrame
    labels: dict[str, dict[Any, str]]
    names: dict[str, str]
    sha256: str

    def row_name(self, position: int) -> str:
        """Row as an editor counts it: the line of a .csv, header and blank lines included."""
        is_csv = self.path.suffix.lower() == ".csv"
        return str(self.frame.index[position] if is_csv else position + 1)


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


def _read_stata(path: Path) -> tuple[pd.DataFrame, dict[str, dict[Any, str]]]:
    content = path.read_bytes()
    # pandas overlooks a missing end of the value labels, and half a label may name another region
    if content.startswith(b"<stata_dta>") and not content.rstrip().endswith(b"</stata_dta>"):
        raise InputError(f"{path}: found no end mark, expected a whole file: it may be cut short")
    with pd.read_stata(path, iterator=True, convert_categoricals=False) as reader:
        frame = reader.read()
        labels: dict[str, dict[Any, str]] = reader.value_labels()
        # a column and its label set need not share a name
        sets = dict(zip(reader._varlist, reader._lbllist, strict=True))  # noqa: SLF001
    return frame, {name: labels[key] for name, key in sets.items() if key in labels}


def _read_sav(path: Path) -> tuple[pd.DataFrame, dict[str, dict[Any, str]]]:
    import pyreadstat

    frame, meta = pyreadstat.read_sav(path)
    return frame, dict(meta.variable_value_labels)


def _read_csv(path: Path) -> tuple[pd.DataFrame, dict[str, dict[Any, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        head = stream.read(65536).lstrip()
        if not head:
            raise InputError(
                f"{path}: found an empty file, expected a header row and one row per firm"
            )
        first = head.splitlines()[0]
        separator = max(",;\t", key=first.count)
        stream.seek(0)
        reader = csv.reader(stream, delimiter=separator)
        # as pandas does, skip lines that hold nothing but blanks
        rows = ((reader.line_num, row) for row in reader if len(row) > 1 or "".join(row).strip())
        _, header = next(rows)
        widths = {line: len(row) for line, row in rows}
    repeated = sorted({each for each in header if header.count(each) > 1})
    if repeated:
        raise InputError(f"{path}: row 1: found column {repeated[0]!r} twice, expected once")
    ragged = [line for line, width in widths.items() if width != len(header)]
    if ragged:
        raise InputError(
            f"{path}: {describe_rows(ragged, str)}: found {widths[ragged[0]]} fields, "
            f"expected {len(header)} as in the header"
        )
    decimal = "," if separator == ";" else "."
    frame = pd.read_csv(path, sep=separator, decimal=decimal, encoding="utf-8-sig")
    return frame.set_axis(list(widths), axis=0), {}


def _read_table(path: Path) -> tuple[pd.DataFrame, dict[str, dict[Any, str]]]:  # noqa: C901
    suffix = path.suffix.lower()
    if path.is_dir():
        raise CallError(f"{path}: a folder; expected a survey file ({', '.join(_READERS)})")
    if suffix not in _READERS:
        found = repr(suffix) if suffix else "a file without ending"
        raise CallError(f"{path}: cannot read {found}; expected one of {', '.join(_READERS)}")
    if not path.is_file():
        raise CallError(f"{path}: no such file; expected a survey file ({', '.join(_READERS)})")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: found an empty file, expected a survey")
    try:
        if suffix == ".dta":
            return _read_stata(path)
        if suffix == ".sav":
            return _read_sav(path)
        if suffix == ".parquet":
            return pd.read_parquet(path), {}
        return _read_csv(path)
    except InputError:
        raise
    except PermissionError as error:
        raise CallError(f"{path}: cannot be opened: permission denied") from error
    except Exception as error:  # readers raise whatever they trip over
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise InputError(
            f"{path}: cannot be read as {suffix} ({reason}); expected a whole file: it may be cut "
            "short or of another format"
        ) from error


def _match(columns: list[str], wanted: str) -> str | None:
    exact = [each for each in columns if each == wanted]
    loose = [each for each in columns if each.casefold() == wanted.casefold()]
    return next(iter(exact or loose), None)


def _load(
    path: Path, items: Mapping[str, str] | None, region: str | None
) -> tuple[_Raw, list[str]]:
    """Read a file and bring its columns under canonical names."""
    frame, labels = _read_table(path)
    columns = [str(each) for each in frame.columns]
    frame.columns = pd.Index(columns)
    for item in items or {}:
        check_option("items", item, (*ITEMS, *_OPTIONAL))
    faults: list[str] = []
    names: dict[str, str] = {}
    for item in (*ITEMS, *_OPTIONAL):
        asked = (items or {}).get(item, item)
        if (found := _match(columns, asked)) is not None:
            names[item] = found
        elif item in ITEMS or item in (items or {}):
            near = get_close_matches(asked, columns, n=3, cutoff=0.5)
            hint = f" (nearest: {', '.join(near)})" if near else ""
            faults.append(
                f"{path}: found no column {asked!r}{hint}, expected item {item}; another "
                f"name can be given as {item}=NAME"
            )
    candidates = (region,) if region else _REGION_COLUMNS
    matched = [each for name in candidates if (each := _match(columns, name)) is not None]
    if matched:
        names["region"] = matched[0]
    else:
        faults.append(
            f"{path}: found no region column, expected {' or '.join(candidates[:6])}; "
            "another can be named with region=NAME"
        )
    if frame.empty:
        faults.append(f"{path}: found a header and no rows, expected one row per firm")
    canonical = pd.DataFrame({item: frame[name] for item, name in names.items()})
    found_labels = {item: labels[name] for item, name in names.items() if name in labels}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return _Raw(path, canonical, found_labels, names, digest), faults


def _region_values(raw: _Raw, region_codes: Mapping[Any, str] | None) -> list[Any]:
    """Regions as text: by the caller's codes, by value labels, or as they stand."""
    values = raw.frame["region"].tolist()
    given = region_codes if region_codes is not None else raw.labels.get("region", {})
    by_text = {
        f"{key:g}" if isinstance(key, int | float) else str(key): text
        for key, text in given.items()
    }
    keys = [f"{each:g}" if isinstance(each, int | float) else str(each) for each in values]
    return [by_text.get(key, value) for key, value in zip(keys, values, strict=True)]


def _region_faults(raw: _Raw, resolution: Resolution) -> list[str]:
    faults = []
    column = raw.names["region"]
    for value, reason in resolution.faults.items():
        rows = [i for i, text in enumerate(resolution.texts) if text == value]
        bare = value.isdigit() and "region" not in raw.labels
        hint = "; bare codes need their meaning: region_codes={code: name}" if bare else ""
        faults.append(
            f"{raw.path}: {describe_rows(rows, raw.row_name)}, column {column}: {reason}{hint}"
        )
    missing = [i for i, text in enumerate(resolution.texts) if text is None]
    if missing:
        faults.append(
            f"{raw.path}: {describe_rows(missing, raw.row_name)}, column {column}: found "
            "nothing, expected a region"
        )
    return faults


def _id_faults(raw: _Raw) -> list[str]:
    if "idstd" not in raw.frame:
        return []
    ids = raw.frame["idstd"]
    faults = [
        f"{raw.path}: {describe_rows(np.flatnonzero(ids.eq(value)), raw.row_name)}, column "
        f"{raw.names['idstd']}: found {value} {count} times, expected once"
        for value, count in ids.value_counts(sort=False).items()
        if count > 1
    ]
    if ids.isna().any():
        where = describe_rows(np.flatnonzero(ids.isna()), raw.row_name)
        faults.append(
            f"{raw.path}: {where}, column {raw.names['idstd']}: found nothing, expected an id"
        )
    return faults


def _weight_faults(raw: _Raw) -> list[str]:
    faults = []
    for name in (each for each in WEIGHT_COLUMNS if each in raw.frame):
        codes, unreadable = to_codes(raw.frame[name])
        bad = unreadable | codes.isna() | codes.le(0) | np.isinf(codes)
        if bad.any():
            where = describe_rows(np.flatnonzero(bad), raw.row_name)
            found = raw.frame[name][bad].iloc[0]
            faults.append(
                f"{raw.path}: {where}, column {raw.names[name]}: found {found}, expected "
                "a weight above 0"
            )
    return faults


def _examine(
    raw: _Raw, region_codes: Mapping[Any, str] | None, kind: Kind | None
) -> tuple[list[str], list[str], Resolution | None]:
    """Faults, notes and the regions of a table whose columns are known."""
    faults = find_value_faults(
        raw.frame, source=str(raw.path), row_name=raw.row_name, names=raw.names
    )
    faults += _id_faults(raw) + _weight_faults(raw)
    notes = []
    resolution = None
    if "region" in raw.frame and len(raw.frame):
        values = _region_values(raw, region_codes)
        resolution = resolve_column(values, kind=kind)
        faults += _region_faults(raw, resolution)
        notes += [
            f"{value!r} was read as {code}, settled by the rest of its column"
            for value, code in resolution.settled.items()
        ]
        if resolution.totals:
            notes.append(f"{resolution.totals} rows are national totals and were set apart")
        if not any(place and place.level == "oblast" for place in resolution.places):
            notes.append("firms are located by composite only, so nothing can be said by oblast")
    if "c6" not in raw.frame and "c7" in raw.frame:
        notes.append("no column c6: firms without outages stay missing on outages_per_month")
    if not any(each in raw.frame for each in WEIGHT_COLUMNS):
        notes.append("no survey weights (wmedian, wstrict, wweak): every firm counts once")
    return faults, notes, resolution


def _sector(raw: _Raw) -> pd.Series[Any] | None:
    if "a4a" not in raw.frame:
        return None
    labels = raw.labels.get("a4a", {})
    column = raw.frame["a4a"].astype(object)
    named = column.map(lambda each: labels.get(each, each))
    return named.map(
        lambda each: f"{each:g}" if isinstance(each, int | float) and pd.notna(each) else each
    )


def read_survey(
    path: str | PathLike[str],
    *,
    coding: Coding = "corrected",
    items: Mapping[str, str] | None = None,
    region: str | None = None,
    region_codes: Mapping[Any, str] | None = None,
    kind: Kind | None = None,
) -> pd.DataFrame:
    """Read a survey file into a firm table.

    Parameters
    ----------
    path : path
        .dta, .sav, .csv or .parquet.
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

    Returns
    -------
    DataFrame
        One row per firm: firm_id, oblast_code, composite, sector, size, weight and the five
        indicators; survey weights and coordinates are kept when present. `.attrs["kz_spatial"]`
        holds source, SHA-256, coding and attrition.

    Raises
    ------
    SurveyError
        With every fault of the file, one line each.
    CallError
        When there is no such file or its format is not known.
    """
    check_option("coding", coding, CODINGS)
    raw, faults = _load(Path(path), items, region)
    more, notes, resolution = _examine(raw, region_codes, kind)
    faults += more
    if faults or resolution is None:
        raise SurveyError(faults)
    places = resolution.places
    keep = np.array([place is None or place.level != "country" for place in places])
    frame = raw.frame[keep].reset_index(drop=True)
    kept = [place for place, kept in zip(places, keep, strict=True) if kept]
    oblast = [place.code if place and place.level == "oblast" else None for place in kept]
    composite = [place.composite if place else None for place in kept]
    sector = _sector(raw)
    return build_firms(
        frame,
        coding=coding,
        oblast_code=pd.Series(oblast, dtype=object),
        composite=pd.Series(composite, dtype=object),
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
    items: Mapping[str, str] | None = None,
    region: str | None = None,
    region_codes: Mapping[Any, str] | None = None,
    kind: Kind | None = None,
) -> SurveyCheck:
    """Collect every fault of a survey file without raising for any of them.

    Parameters
    ----------
    path, items, region, region_codes, kind
        As in `read_survey`.

    Returns
    -------
    SurveyCheck

    Raises
    ------
    InputError, CallError
        Only when the file cannot be read at all.
    """
    raw, faults = _load(Path(path), items, region)
    more, notes, _ = _examine(raw, region_codes, kind)
    readable = all(item in raw.frame for item in ITEMS)
    table = attrition_table(raw.frame) if readable else None
    return SurveyCheck(raw.path, len(raw.frame), tuple(faults + more), tuple(notes), table)


def attrition(firms: pd.DataFrame) -> pd.DataFrame:
    """Attrition table of a firm table that `read_survey` or `load_twin` made.

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
        expected = ", ".join(INDICATORS)
        raise InputError(
            f"this table has no record of its reading; expected one from read_survey "
            f"or load_twin, with {expected}"
        )
    return pd.DataFrame(record["attrition"]).set_index("item")

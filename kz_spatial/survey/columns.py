"""Which column of a survey file holds what: items, roles and weights of a design, and the wave."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import check_option, printable
from kz_spatial.errors import InputError
from kz_spatial.options import DATA_CRS
from kz_spatial.places import has_points
from kz_spatial.survey.answers import by_labels
from kz_spatial.survey.formats import Labels, read_table

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from kz_spatial.design import StudyDesign

__all__ = [
    "RawSurvey",
    "as_text",
    "asked_of",
    "find_columns",
    "find_region",
    "load_raw",
    "renamed",
]

_ID: Final = "id"
_AXES: Final = ("longitude", "latitude")


@dataclass(frozen=True, slots=True)
class RawSurvey:
    """A survey file as it stands, its columns under the design's names.

    Attributes
    ----------
    path : Path
    frame : DataFrame
        Columns by item, weight and role; the index names rows as the file counts them.
    labels : dict
        Value labels by those names.
    names : dict
        Those names to the file's own.
    design : StudyDesign
        Without the indicators whose items the file lacks.
    sha256 : str
    """

    path: Path
    frame: pd.DataFrame
    labels: Labels
    names: dict[str, str]
    design: StudyDesign
    sha256: str

    def row_name(self, position: int) -> str:
        """Row as an editor counts it."""
        return str(self.frame.index[position])


def as_text(value: object) -> str:
    """A cell as text, whole numbers without a point."""
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _match(columns: list[str], wanted: str) -> str | None:
    exact = [each for each in columns if each == wanted]
    loose = [each for each in columns if each.casefold() == wanted.casefold()]
    return next(iter(exact or loose), None)


def _first(columns: list[str], candidates: tuple[str, ...]) -> str | None:
    return next((found for each in candidates if (found := _match(columns, each))), None)


def _wanted(design: StudyDesign) -> dict[str, tuple[str, ...]]:
    """Names under which each thing that a design reads may stand in a file."""
    wanted = {each.item: (each.item, *each.aliases) for each in design.indicators}
    wanted |= {each.skip.item: (each.skip.item,) for each in design.indicators if each.skip}
    wanted |= {name: (name,) for name in (*design.weights, *design.strata)}
    return wanted | {role: names for role, names in design.columns.items() if role != "region"}


def renamed(items: Mapping[str, str] | None, design: StudyDesign) -> dict[str, str]:
    """What the caller says about columns, by the design's names; roles go by their columns too."""
    keys = {name: key for key, names in _wanted(design).items() for name in (key, *names)}
    for each in items or {}:
        check_option("items", each, tuple(keys))
    return {keys[each]: column for each, column in (items or {}).items()}


def _plain_ids(ids: pd.Series[Any]) -> pd.Series[Any]:
    """Ids as numbers where none of them is more than its number: "01" is another than "1"."""
    if not pd.api.types.is_string_dtype(ids) or ids.isna().any():
        return ids
    numbers = pd.to_numeric(ids, errors="coerce")
    if numbers.isna().any() or numbers.nunique() != ids.nunique() or ids.str.match(r"0\d").any():
        return ids
    return numbers


def _absent(path: Path, asked: str, item: str, columns: list[str]) -> str:
    near = get_close_matches(asked, columns, n=3, cutoff=0.5)
    hint = f" (nearest: {', '.join(near)})" if near else ""
    return (
        f"{path}: found no column {asked!r}{hint}, expected item {item}; another name can be given "
        f"as {item}=NAME"
    )


def _texts(column: pd.Series[Any], labels: Mapping[Any, str]) -> list[str]:
    """Cells of a column as text, by their labels where they have one; empty where missing."""
    return ["" if pd.isna(each) else str(labels.get(each, as_text(each))) for each in column]


def _pick(
    path: Path, frame: pd.DataFrame, labels: Labels, where: Mapping[str, Any]
) -> tuple[pd.DataFrame, list[str]]:
    """Rows whose columns hold what was asked for, by value or by its label."""
    faults = []
    for column, value in where.items():
        found = _match(list(frame.columns), column)
        if found is None:
            faults.append(f"{path}: found no column {column!r}, expected the one of --where")
            continue
        texts, named = _texts(frame[found], {}), _texts(frame[found], labels.get(found, {}))
        wanted = as_text(value).casefold()
        keep = np.array(
            [wanted in (a.casefold(), b.casefold()) for a, b in zip(texts, named, strict=True)]
        )
        if not keep.any():
            shown = ", ".join(dict.fromkeys(named))[:120]
            faults.append(f"{path}: column {found}: found {shown}, expected {as_text(value)}")
            continue
        frame = frame[keep]
    return frame, faults


def _stacked(path: Path, frame: pd.DataFrame, labels: Labels, design: StudyDesign) -> list[str]:
    """A fault for each column that tells several waves or countries apart."""
    faults = []
    for name in design.wave.columns:
        column = _match(list(frame.columns), name)
        if column is None:
            continue
        values = sorted({*_texts(frame[column], labels.get(column, {}))} - {""})
        if len(values) > 1:
            faults.append(
                f"{path}: column {column}: found {', '.join(values[:8])}: several waves or "
                f"countries in one file; expected one, chosen by --where {column}={values[-1]}"
            )
    return faults


def load_raw(
    path: Path,
    design: StudyDesign,
    *,
    items: Mapping[str, str] | None,
    region: str | None,
    where: Mapping[str, Any] | None,
) -> tuple[RawSurvey, list[str], list[str]]:
    """Read a file and bring its columns under the design's names.

    Returns
    -------
    raw : RawSurvey
    faults, notes : list of str
        An item that the file lacks is a note, and its indicator is left out; it is a fault where
        the caller named its column, and where none of the items is there.
    """
    wanted, given = _wanted(design), renamed(items, design)
    ids = (given[_ID],) if _ID in given else wanted.get(_ID, ())
    table = read_table(path, as_text={each.casefold() for each in ids})
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path, labels = Path(printable(path)), table.labels
    assumed = [f"{path}: {each}" for each in table.notes]
    frame, faults = _pick(path, table.frame, labels, where or {})
    faults += _stacked(path, frame, labels, design)
    columns = list(frame.columns)
    names, gone, missing, wrong = find_columns(path, columns, design, given)
    faults += wrong
    left_out = [f"{line}; {name} is left out" for name, line in zip(gone, missing, strict=True)]
    if len(gone) == len(design.indicators):
        faults += missing
        gone, left_out = [], []
    faults += find_region(path, columns, design, region, names)
    if frame.empty:
        faults.append(f"{path}: found a header and no rows, expected one row per firm")
    faults += [
        f"{path}: row 1: found column {name!r} twice, expected once"
        for name in dict.fromkeys(names.values())
        if name in table.repeated
    ]
    canonical = pd.DataFrame({key: frame[name] for key, name in names.items()}, frame.index)
    if has_points(frame):
        canonical[list(_AXES)] = _degrees(path, frame)
        names |= dict.fromkeys(_AXES, "geometry")
    found_labels = {key: labels[name] for key, name in names.items() if name in labels}
    for key, special in asked_of(design).items():
        if key in canonical:
            canonical[key] = by_labels(canonical[key], found_labels.get(key, {}), special)
    if _ID in canonical:
        canonical[_ID] = _plain_ids(canonical[_ID])
    kept = design.without(gone, left_out)
    raw = RawSurvey(path, canonical, found_labels, names, kept, digest)
    return raw, faults, [*assumed, *left_out]


def find_columns(
    path: Path, columns: list[str], design: StudyDesign, given: Mapping[str, str]
) -> tuple[dict[str, str], list[str], list[str], list[str]]:
    """Columns by the design's names; indicators without one, a line for each, and faults."""
    names: dict[str, str] = {}
    gone, missing, faults = list[str](), list[str](), list[str]()
    by_item = {each.item: each.name for each in design.indicators}
    for key, candidates in _wanted(design).items():
        asked = (given[key],) if key in given else candidates
        if (found := _first(columns, asked)) is not None:
            names[key] = found
        elif key in given:
            faults.append(_absent(path, given[key], key, columns))
        elif key in by_item:
            gone.append(by_item[key])
            missing.append(_absent(path, key, key, columns))
    return names, gone, missing, faults


def _degrees(path: Path, frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Places of a geometry, which counts whatever columns stand beside it."""
    if frame.crs is None:
        raise InputError(
            f"{path}: column {frame.active_geometry_name}: found geometries without a coordinate "
            "reference system, expected one"
        )
    shapes = frame.geometry.to_crs(DATA_CRS)
    return np.column_stack([shapes.x, shapes.y])


def asked_of(design: StudyDesign) -> dict[str, dict[int, str]]:
    """Every question of a design with the special answers it may have."""
    asked = {each.skip.item: dict(design.special_codes) for each in design.indicators if each.skip}
    return asked | {each.item: design.codes_of(each) for each in design.indicators}


def find_region(
    path: Path, columns: list[str], design: StudyDesign, region: str | None, names: dict[str, str]
) -> list[str]:
    """Put the region column among the names, or say that there is none."""
    own = (*design.columns.get("region", ()), design.grouping.name)
    candidates = (region,) if region else own
    if (found := _first(columns, candidates)) is not None:
        names["region"] = found
        return []
    expected = " or ".join(candidates[:6])
    line = f"{path}: found no region column, expected {expected}; another can be named with"
    return [f"{line} region=NAME"]

"""Give rows of a table their oblast and region: by code, by name, or by coordinates.

A join never loses a row: each carries a `join_status`, and `join_audit` tells what became of
all of them.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from kz_spatial._validate import check_columns, check_option, describe_rows
from kz_spatial.crosswalk import LEVEL, units
from kz_spatial.design import Grouping, design_of
from kz_spatial.errors import CallError, InputError
from kz_spatial.options import DATA_CRS
from kz_spatial.places.boundaries import oblasts
from kz_spatial.places.coordinates import (
    ELSEWHERE,
    NOTHING,
    OUTSIDE,
    PLACE,
    Located,
    has_points,
    locate,
    moved,
)
from kz_spatial.places.join_record import JoinAudit
from kz_spatial.places.place import COUNTRY, Kind, Place, units_before
from kz_spatial.places.resolution import resolve_column
from kz_spatial.places.strays import stray_notes, text_notes
from kz_spatial.places.unit_index import find_units

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["join", "join_audit", "units_at"]

# matched, total, unmatched, outside, missing, or the name of the grouping
Status = str
Unmatched = Literal["raise", "keep", "drop"]
_NAME_COLUMNS: Final = (
    "oblast",
    "region",
    "oblast_name",
    "adm1",
    "adm1_en",
    "name",
    "область",
    "регион",
    "облыс",
)


def _find_method(
    table: pd.DataFrame, on: str | None, x: str, y: str, grouping: Grouping
) -> tuple[str, str | None]:
    """Choose how to join from the columns that are there."""
    if on is not None:
        check_columns(table.columns, [on], what="table")
        return "name", on
    lower = {str(each).casefold(): str(each) for each in table.columns}
    known = [
        lower[name] for name in ("oblast_code", *_NAME_COLUMNS, grouping.name) if name in lower
    ]
    # a table without rows is joined as it would be with some
    filled = [name for name in known if not len(table) or table[name].notna().to_numpy().any()]
    code = lower.get("oblast_code")
    if code in filled:
        check_columns(table.columns, [code], what="table")
        return "name", code
    if has_points(table) or (x in table and y in table):
        return "point", None
    if filled:
        check_columns(table.columns, filled[:1], what="table")
        return "name", filled[0]
    raise InputError(
        f"table: found no column to join by, expected oblast_code, a region name "
        f"({', '.join(_NAME_COLUMNS[:3])}) or {x} and {y}; its columns are "
        f"{', '.join(map(str, table.columns[:30]))}"
    )


def _place_in(code: str, areas: pd.Index[Any]) -> str | None:
    """Code of the unit among `areas` that holds an oblast, following splits back in time."""
    while code and code not in areas:
        code = units()[code].parent if code in units() else ""
    return code or None


def _rows(table: pd.DataFrame, positions: list[int]) -> str:
    """Rows by the table's own index, which is what its owner knows them by."""
    return describe_rows(positions, lambda i: str(table.index[i]))


def _why_split(place: Place, areas: pd.Index[Any]) -> str:
    """Why an older unit is none of the areas: they have its parts; empty where it is."""
    parts = [code for code in units_before(place) if code in areas]
    if place.until is None or len(parts) < 2:
        return ""
    return (
        f"found {place.code} as it was until {place.until}, which the areas have as "
        f"{' and '.join(parts)}; expected areas of that time, as oblasts(vintage={place.until - 1})"
    )


def _by_name(
    table: pd.DataFrame,
    column: str,
    areas: gpd.GeoDataFrame,
    kind: Kind | None,
    grouping: Grouping,
) -> tuple[list[Place | None], list[Status], list[str], list[str]]:
    resolution = resolve_column(table[column].tolist(), kind=kind, grouping=grouping)
    by_region = areas.index.name == grouping.name
    places: list[Place | None] = []
    status: list[Status] = []
    unknown = dict(resolution.faults)
    for place, text in zip(resolution.places, resolution.texts, strict=True):
        kept = place
        if place is None:
            status.append("missing" if text is None else "unmatched")
        elif place.level == COUNTRY:
            status.append("total")
        elif place.level == grouping.name and not by_region:
            status.append(grouping.name)
        else:
            code = place.region if by_region else _place_in(place.code, areas.index)
            reason = "" if by_region else _why_split(place, areas.index)
            if code not in areas.index:
                reason = f"found {place.code}, which the areas lack"
            status.append("outside" if reason else "matched")
            if reason:
                kept = None
                unknown.setdefault(str(text), reason)
            elif code and not by_region:
                kept = Place(code, LEVEL, place.region)
        places.append(kept)
    reasons = [
        f"{_rows(table, [i for i, text in enumerate(resolution.texts) if text == value])}, "
        f"column {column}: {reason}"
        for value, reason in unknown.items()
    ]
    codes = {t: p.code for t, p in zip(resolution.texts, resolution.places, strict=True) if t and p}
    notes = [f"{a} = {b}" for a, b in resolution.settled.items()] + [
        f"{text} = {codes[text]} as it was until {year}" for text, year in resolution.older.items()
    ]
    return places, status, reasons, notes


def units_at(
    located: Located, areas: gpd.GeoDataFrame
) -> tuple[NDArray[np.int32], NDArray[np.object_], int]:
    """Position of the area each point lies in; a point on a border goes to the first code."""
    given = np.flatnonzero((located.kinds == PLACE) | (located.kinds == ELSEWHERE))
    x, y = moved(located.x[given], located.y[given], located.crs, areas.crs)
    found = find_units(areas, x, y)
    unit = np.full(len(located.kinds), -1, dtype=np.int32)
    unit[given] = found.unit
    status = np.full(len(unit), "outside", dtype=object)
    status[(located.kinds == NOTHING) | (located.kinds == "half")] = "missing"
    status[located.kinds == "unreadable"] = "unmatched"
    status[unit >= 0] = "matched"
    return unit, status, len(found.on_border)


def _point_reasons(
    table: pd.DataFrame, located: Located, status: NDArray[np.object_]
) -> tuple[list[str], list[str]]:
    """What is wrong with points that found no unit, and what else their reader must know."""

    def row_name(row: int) -> str:
        return str(table.index[row])

    lost = (status == "outside") | (status == "unmatched")
    placed = (located.kinds == PLACE) | (located.kinds == ELSEWHERE)
    kinds = np.where(placed, OUTSIDE, located.kinds)
    kinds[~lost] = NOTHING
    reasons = stray_notes(replace(located, kinds=kinds), row_name, noun="rows")
    half = replace(located, kinds=np.where(located.kinds == "half", "half", NOTHING))
    notes = stray_notes(half, row_name, noun="rows") + text_notes(located, row_name, noun="rows")
    return reasons, notes


def _keep_regions(
    given: pd.Series[Any],
    oblast: NDArray[np.object_],
    region: NDArray[np.object_],
    status: NDArray[np.object_],
    level: str,
    grouping: Grouping,
) -> None:
    """Let rows with nothing to join by keep the region that the table gives them."""
    rows = np.flatnonzero(status == "missing")
    if not len(rows):
        return
    found = resolve_column(given.tolist(), level=grouping.name, grouping=grouping).places
    for row in rows:
        place = found[row]
        if place is not None and place.level == grouping.name:
            oblast[row], region[row] = None, place.region
            status[row] = "matched" if level == place.level else place.level


def _raise_unmatched(audit: JoinAudit) -> None:
    if audit.reasons:
        raise InputError("\n".join(f"table: {reason}" for reason in audit.reasons))
    if audit.rows and not audit.matched + audit.region_only + audit.totals:
        raise InputError(f"table: none of {audit.rows} rows found a unit by {audit.method}")


def join(
    table: pd.DataFrame,
    areas: gpd.GeoDataFrame | None = None,
    *,
    on: str | None = None,
    x: str = "longitude",
    y: str = "latitude",
    crs: Any = DATA_CRS,
    kind: Kind | None = None,
    unmatched: Unmatched = "raise",
    grouping: Grouping | None = None,
) -> pd.DataFrame:
    """Give each row its oblast and region.

    Parameters
    ----------
    table : DataFrame
        Any table with codes, names in any spelling, or coordinates. It is not changed.
    areas : GeoDataFrame, optional
        `oblasts(...)` of any vintage, `regions(...)` or `composites()`; today's oblasts by
        default. Codes of units younger than the vintage go to the unit they were split from.
    on : str, optional
        Column of codes or names; found by itself when not given. Points are used when the table
        has a geometry of points, or `x` and `y`, and no oblast code.
    x, y : str
        Coordinate columns, numbers or text. A geometry comes before columns longitude and latitude.
    crs : any
        Coordinate reference system of `x` and `y`.
    kind : {"city", "region"}, optional
        Settles names that a city and a region share.
    unmatched : {"raise", "keep", "drop"}
        What to do with rows that find no unit.
    grouping : Grouping, optional
        Regions to name beside the oblasts; by default those of the table's design, which is the
        published study's for a table that `read_survey` did not make.

    Returns
    -------
    DataFrame
        The table with `oblast_code`, the grouping's own column (the study's: `composite`) and
        `join_status`: matched, total, unmatched, outside, missing, or the grouping's name where
        only the region is known. `join_audit` tells the counts.

    Raises
    ------
    InputError
        With one line per unknown or ambiguous value, or per set of points outside.

    Notes
    -----
    A row with nothing in the join column keeps the region it came with.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"region": ["Шымкент", "Abai oblysy"], "branches": [3, 1]})
    >>> join(table)[["oblast_code", "composite", "join_status"]].to_numpy().tolist()
    [['KZ-79', 'south', 'matched'], ['KZ-10', 'east', 'matched']]
    """
    check_option("unmatched", unmatched, ("raise", "keep", "drop"))
    grouping = grouping or design_of(table).grouping
    areas = oblasts(grouping=grouping) if areas is None else areas
    if areas.index.name not in ("oblast_code", grouping.name):
        raise CallError("areas: expected oblasts() or regions(), indexed by code")
    method, column = _find_method(table, on, x, y, grouping)
    settled, notes = list[str](), list[str]()
    on_border = 0
    used: tuple[str, ...] = (str(column),)
    level = grouping.name if areas.index.name == grouping.name else LEVEL
    if column is not None:
        places, told, reasons, settled = _by_name(table, column, areas, kind, grouping)
        status = _objects(told)
        oblast = _objects([p.code if p and p.level == LEVEL else None for p in places])
        region = _objects([p.region if p else None for p in places])
    else:
        located = locate(table, x=x, y=y, crs=crs, what="table")
        unit, status, on_border = units_at(located, areas)
        reasons, notes = _point_reasons(table, located, status)
        used = located.columns
        of_unit = [_place_of(code, level, grouping) for code in areas.index]
        # the last, which -1 takes, is for points in no unit
        oblast = _objects([p.code if p.level == LEVEL else None for p in of_unit] + [None])[unit]
        region = _objects([*(p.region for p in of_unit), None])[unit]
    if column != grouping.name and grouping.name in table:
        check_columns(table.columns, [grouping.name], what="table")
        _keep_regions(table[grouping.name], oblast, region, status, level, grouping)
    out = table.copy()
    out["oblast_code"] = pd.Series(oblast, out.index, dtype=object)
    out[grouping.name] = pd.Series(region, out.index, dtype=object)
    out["join_status"] = _objects(status.tolist())
    tally = out["join_status"].value_counts()
    ids = table["firm_id"] if "firm_id" in table else pd.Series(dtype=object)
    audit = JoinAudit(
        method=f"{'code or name' if column else method} ({', '.join(used)})",
        columns=used,
        rows=len(out),
        **{
            name: int(tally.get(key, 0))
            for name, key in (
                ("matched", "matched"),
                ("region_only", grouping.name),
                ("totals", "total"),
                ("outside", "outside"),
                ("unmatched", "unmatched"),
                ("missing", "missing"),
            )
        },
        on_border=on_border,
        duplicated=int(ids.duplicated(keep=False).sum()),
        reasons=tuple(reasons),
        settled=tuple(settled),
        notes=tuple(notes),
    )
    if unmatched == "raise":
        _raise_unmatched(audit)
    if unmatched == "drop":
        out = out[out["join_status"].isin(["matched", grouping.name])]
    out.attrs = {**table.attrs, "join": asdict(audit)}
    return out


def _objects(values: list[Any]) -> NDArray[np.object_]:
    """A list as an array of just these objects."""
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def _place_of(code: str, level: str, grouping: Grouping) -> Place:
    return Place(code, level, grouping.region_of(code) if level == LEVEL else code)


def join_audit(joined: pd.DataFrame) -> JoinAudit:
    """Read what `join` did with every row.

    Parameters
    ----------
    joined : DataFrame
        As `join` returned it.

    Returns
    -------
    JoinAudit

    Raises
    ------
    InputError
        When the table did not come from `join`.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> found = kz.join_audit(kz.join(kz.load_twin()))
    >>> found.rows, found.matched, found.unmatched
    (1013, 1013, 0)
    """
    record = joined.attrs.get("join")
    if record is None:
        raise InputError("this table has no record of a join; expected one from kz.join")
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in record.items()}
    return JoinAudit(**fields)

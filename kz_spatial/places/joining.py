"""Give rows of a table their oblast and composite: by code, by name, or by coordinates.

A join never loses a row: each carries a `join_status`, and `join_audit` tells what became of
all of them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from kz_spatial._validate import check_columns, check_option, describe_rows
from kz_spatial.errors import CallError, InputError
from kz_spatial.options import DATA_CRS
from kz_spatial.places.boundaries import oblasts, settlements
from kz_spatial.places.resolution import Kind, Place, resolve_column, units

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["JoinAudit", "join", "join_audit", "place_firms"]

Status = Literal["matched", "composite", "total", "unmatched", "outside", "missing"]
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


@dataclass(frozen=True, slots=True)
class JoinAudit:
    """What a join did with every row.

    Attributes
    ----------
    method : str
        "code or name" or "point", and the columns used.
    rows, matched, composite_only, totals, outside, unmatched, missing : int
        Rows in all; with an oblast; with a composite only; national totals; points and oblasts
        outside every unit; values that name no unit; rows with nothing to join by. They add up to
        `rows`.
    on_border : int
        Points on a shared border, given to the first unit in code order.
    duplicated : int
        Rows whose firm_id occurs more than once.
    reasons : tuple of str
        One line per value or row set that found no unit.
    settled : tuple of str
        Ambiguous values that the rest of their column settled.
    """

    method: str
    rows: int
    matched: int
    composite_only: int
    totals: int
    outside: int
    unmatched: int
    missing: int
    on_border: int
    duplicated: int
    reasons: tuple[str, ...]
    settled: tuple[str, ...]


def _find_method(table: pd.DataFrame, on: str | None, x: str, y: str) -> tuple[str, str | None]:
    """Choose how to join from the columns that are there."""
    if on is not None:
        check_columns(table.columns, [on], what="table")
        return "name", on
    lower = {str(each).casefold(): str(each) for each in table.columns}
    if "oblast_code" in lower and table[lower["oblast_code"]].notna().any():
        return "name", lower["oblast_code"]
    if x in table and y in table:
        return "point", None
    for name in (*_NAME_COLUMNS, "composite"):
        if name in lower and table[lower[name]].notna().any():
            return "name", lower[name]
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


def _by_name(
    table: pd.DataFrame, column: str, areas: gpd.GeoDataFrame, kind: Kind | None
) -> tuple[list[Place | None], list[Status], list[str], list[str]]:
    resolution = resolve_column(table[column].tolist(), kind=kind)
    by_composite = areas.index.name == "composite"
    places: list[Place | None] = []
    status: list[Status] = []
    unknown = dict(resolution.faults)
    for place, text in zip(resolution.places, resolution.texts, strict=True):
        kept = place
        if place is None:
            status.append("missing" if text is None else "unmatched")
        elif place.level == "country":
            status.append("total")
        elif place.level == "composite" and not by_composite:
            status.append("composite")
        else:
            code = place.composite if by_composite else _place_in(place.code, areas.index)
            status.append("matched" if code in areas.index else "outside")
            if status[-1] == "outside":
                kept = None
                unknown.setdefault(str(text), f"found {place.code}, which the areas lack")
            elif code and not by_composite:
                kept = Place(code, "oblast")
        places.append(kept)
    reasons = [
        f"{_rows(table, [i for i, text in enumerate(resolution.texts) if text == value])}, "
        f"column {column}: {reason}"
        for value, reason in unknown.items()
    ]
    return places, status, reasons, [f"{a} = {b}" for a, b in resolution.settled.items()]


def _by_point(
    table: pd.DataFrame, x: str, y: str, areas: gpd.GeoDataFrame, crs: Any
) -> tuple[list[str | None], list[Status], list[str], int]:
    """Code of the area each point lies in; a point on a border goes to the first code."""
    import geopandas as gpd
    from pyproj.exceptions import CRSError

    check_columns(table.columns, [x, y], what="table")
    across = pd.to_numeric(table[x], errors="coerce").to_numpy(dtype=float)
    along = pd.to_numeric(table[y], errors="coerce").to_numpy(dtype=float)
    given = np.isfinite(across) & np.isfinite(along)
    try:
        points = gpd.points_from_xy(across[given], along[given], crs=crs).to_crs(areas.crs)
    except CRSError as error:
        raise CallError(
            f"crs={crs!r}: expected a coordinate reference system such as {DATA_CRS!r}"
        ) from error
    found = np.full(given.sum(), -1)
    inside, unit = areas.sindex.query(points, predicate="within")
    found[inside] = unit
    left = np.flatnonzero(found < 0)
    touching, unit = areas.sindex.query(points[left], predicate="intersects")
    border: dict[int, int] = {}
    for point, area in sorted(zip(touching.tolist(), unit.tolist(), strict=True), reverse=True):
        border[point] = area  # the lowest area comes last and stays
    for point, area in border.items():
        found[left[point]] = area
    codes: list[str | None] = [None] * len(table)
    status: list[Status] = ["missing"] * len(table)
    for row, area in zip(np.flatnonzero(given), found, strict=True):
        codes[row] = areas.index[area] if area >= 0 else None
        status[row] = "matched" if area >= 0 else "outside"
    outside = [i for i, each in enumerate(status) if each == "outside"]
    reasons = []
    if outside:
        first = outside[0]
        reasons.append(
            f"{_rows(table, outside)}, columns {x}, {y}: found a point outside every unit "
            f"(first: {across[first]:g}, {along[first]:g}), expected coordinates in Kazakhstan "
            f"as {crs}"
        )
    return codes, status, reasons, len(border)


def _keep_composites(
    given: pd.Series[Any], places: list[Place | None], status: list[Status], level: str
) -> None:
    """Let rows with nothing to join by keep the composite that the table gives them."""
    for row, place in enumerate(resolve_column(given.tolist(), level="composite").places):
        if status[row] == "missing" and place is not None and place.level == "composite":
            places[row], status[row] = place, "matched" if level == "composite" else "composite"


def _raise_unmatched(audit: JoinAudit) -> None:
    if audit.reasons:
        raise InputError("\n".join(f"table: {reason}" for reason in audit.reasons))
    if not audit.matched + audit.composite_only + audit.totals:
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
) -> pd.DataFrame:
    """Give each row its oblast and composite.

    Parameters
    ----------
    table : DataFrame
        Any table with codes, names in any spelling, or coordinates. It is not changed.
    areas : GeoDataFrame, optional
        `oblasts(...)` of any vintage or `composites()`; today's oblasts by default. Codes of
        units younger than the vintage go to the unit they were split from.
    on : str, optional
        Column of codes or names; found by itself when not given. Coordinates are used when the
        table has `x` and `y` and no oblast code.
    x, y : str
        Coordinate columns.
    crs : any
        Coordinate reference system of `x` and `y`.
    kind : {"city", "region"}, optional
        Settles names that a city and a region share.
    unmatched : {"raise", "keep", "drop"}
        What to do with rows that find no unit.

    Returns
    -------
    DataFrame
        The table with `oblast_code`, `composite` and `join_status` (matched, composite, total,
        unmatched, outside, missing). `join_audit` tells the counts.

    Raises
    ------
    InputError
        With one line per unknown or ambiguous value, or per set of points outside.

    Notes
    -----
    A row with nothing in the join column keeps the composite it came with.
    """
    check_option("unmatched", unmatched, ("raise", "keep", "drop"))
    areas = oblasts() if areas is None else areas
    if areas.index.name not in ("oblast_code", "composite"):
        raise CallError("areas: expected oblasts() or composites(), indexed by code")
    method, column = _find_method(table, on, x, y)
    settled: list[str] = []
    on_border = 0
    level: Literal["oblast", "composite"] = (
        "composite" if areas.index.name == "composite" else "oblast"
    )
    if column is not None:
        places, status, reasons, settled = _by_name(table, column, areas, kind)
    else:
        codes, status, reasons, on_border = _by_point(table, x, y, areas, crs)
        places = [None if code is None else Place(code, level) for code in codes]
    if column != "composite" and "composite" in table:
        _keep_composites(table["composite"], places, status, level)
    out = table.copy()
    out["oblast_code"] = pd.Series(
        [p.code if p and p.level == "oblast" else None for p in places], out.index, dtype=object
    )
    out["composite"] = pd.Series(
        [p.composite if p else None for p in places], out.index, dtype=object
    )
    out["join_status"] = status
    tally = out["join_status"].value_counts()
    ids = table["firm_id"] if "firm_id" in table else pd.Series(dtype=object)
    audit = JoinAudit(
        method=f"code or name ({column})" if column else f"{method} ({x}, {y})",
        rows=len(out),
        **{
            name: int(tally.get(key, 0))
            for name, key in (
                ("matched", "matched"),
                ("composite_only", "composite"),
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
    )
    if unmatched == "raise":
        _raise_unmatched(audit)
    if unmatched == "drop":
        out = out[out["join_status"].isin(["matched", "composite"])]
    out.attrs = {**table.attrs, "join": asdict(audit)}
    return out


def join_audit(joined: pd.DataFrame) -> JoinAudit:
    """Read what `join` did with every row.

    Raises
    ------
    InputError
        When the table did not come from `join`.
    """
    record = joined.attrs.get("join")
    if record is None:
        raise InputError("this table has no record of a join; expected one from kz.join")
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in record.items()}
    return JoinAudit(**fields)


def place_firms(firms: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Give firms without coordinates a modelled place: a settlement of their region.

    Settlements are drawn with probability proportional to population, inside the firm's oblast
    where it is known and else inside its composite.

    Parameters
    ----------
    firms : DataFrame
        A firm table; it is not changed.
    seed : int
        Seed of the draw.

    Returns
    -------
    DataFrame
        With `longitude`, `latitude` (degrees) and `placement` ("observed", "modelled" or
        "none" when neither region is known).

    Raises
    ------
    InputError
        When the table lacks the region columns.
    """
    check_columns(firms.columns, ["oblast_code", "composite"], what="firm table")
    rng = np.random.default_rng(seed)
    places = settlements()
    out = firms.copy()
    for axis in ("longitude", "latitude"):
        out[axis] = out[axis].astype(float) if axis in out else np.nan
    observed = out["longitude"].notna() & out["latitude"].notna()
    out["placement"] = np.where(observed, "observed", "none")
    oblast = out["oblast_code"].where(~observed)
    composite = out["composite"].where(~observed & oblast.isna())
    for column, region in (("oblast_code", oblast), ("composite", composite)):
        for code, rows in region.groupby(region, sort=True):
            here = places[places[column] == code]
            if here.empty:
                raise InputError(
                    f"firm table: column {column}: found {code!r}, expected a code of "
                    "an oblast or composite"
                )
            share = here["population"].to_numpy(dtype=float)
            drawn = rng.choice(len(here), size=len(rows), p=share / share.sum())
            out.loc[rows.index, "longitude"] = here.geometry.x.to_numpy()[drawn]
            out.loc[rows.index, "latitude"] = here.geometry.y.to_numpy()[drawn]
            out.loc[rows.index, "placement"] = "modelled"
    out.attrs = {**firms.attrs, "placement_seed": seed}
    return out

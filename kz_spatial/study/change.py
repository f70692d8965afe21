"""What changed between two bundles: two waves of a survey by the regions of one grouping.

Differences are second minus first, of means from samples drawn apart, so variances add; degrees of
freedom are Welch's. Firms that were asked in both waves make errors smaller than shown here, as
their answers go together; bundles do not tell who they are. Scores are z-scores within a wave and
do not compare between waves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial.crosswalk import units
from kz_spatial.design import Indicator, StudyDesign, parse_design
from kz_spatial.errors import CallError, InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CHANGES", "BundleChange", "compare_bundles"]

CHANGES: Final = ("rise", "fall", "not clear")
_FIGURES: Final = ("mean", "se", "n")


@dataclass(frozen=True, slots=True, eq=False)
class BundleChange:
    """Differences between two bundles.

    Attributes
    ----------
    frame : DataFrame
        A row per region and indicator: `code`, `indicator`, `first`, `second`, `difference`,
        `std_error`, `df`, `ci_low`, `ci_high`, `p`, `change` ("rise", "fall" where the interval
        leaves out 0, else "not clear"; missing where a mean is withheld in either bundle).
    design : StudyDesign
        Of the second bundle, with the indicators that both have.
    first, second : dict
        Their records, `run.json`.
    left_out : tuple of str
        Indicators of one bundle alone, each with the reason.
    level : float
        Of the intervals.
    """

    frame: pd.DataFrame
    design: StudyDesign
    first: dict[str, Any]
    second: dict[str, Any]
    left_out: tuple[str, ...]
    level: float


def _read(folder: Path) -> tuple[dict[str, Any], StudyDesign, pd.DataFrame]:
    """Record, design and table of means of a bundle."""
    record_file, table_file = folder / "run.json", folder / "tables" / "readiness.csv"
    for file in (record_file, table_file):
        if not file.is_file():
            raise CallError(
                f"{folder}: found no {file.name}, expected a bundle that `kz-spatial run` wrote"
            )
    record = json.loads(record_file.read_text(encoding="utf-8"))
    if "design" not in record:
        raise InputError(f"{record_file}: names no design, expected a bundle of this version")
    design = parse_design(record["design"], source=str(record_file))
    table = pd.read_csv(table_file, dtype={"code": str})
    return record, design, table[table["level"] == design.grouping.name].set_index("code")


def _check_regions(folders: tuple[Path, Path], first: StudyDesign, second: StudyDesign) -> None:
    """Refuse groupings that are not the same regions of today's oblasts."""
    one, two = first.grouping, second.grouping
    if one.name != two.name:
        raise InputError(
            f"{folders[0]} is grouped by {one.name}, {folders[1]} by {two.name}; expected one "
            "grouping in both"
        )
    moved = [code for code in units() if one.region_of(code) != two.region_of(code)]
    if moved:
        raise InputError(
            f"{folders[1]}: {moved[0]} lies in {two.region_of(moved[0])}, in {folders[0]} in "
            f"{one.region_of(moved[0])}; expected the same regions in both"
        )


def _shared(first: StudyDesign, second: StudyDesign) -> tuple[list[str], list[str]]:
    """Indicators that both have, and a line for each other one."""
    shared, left_out = [], []
    for name, each in second.by_name.items():
        other: Indicator | None = first.by_name.get(name)
        if other is None:
            left_out.append(f"{name}: in the second bundle only")
        elif other.kind != each.kind:
            left_out.append(f"{name}: {other.kind} in the first bundle, {each.kind} in the second")
        else:
            shared.append(name)
    left_out += [
        f"{name}: in the first bundle only" for name in first.by_name if name not in second.by_name
    ]
    return shared, left_out


def _differences(
    one: dict[str, NDArray[np.float64]], two: dict[str, NDArray[np.float64]], level: float
) -> dict[str, NDArray[Any]]:
    """Difference of means with Welch's interval, region by region; (n,) arrays in and out."""
    from scipy import stats

    difference = two["mean"] - one["mean"]
    parts = [each["se"] ** 2 for each in (one, two)]
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = parts[0] + parts[1]
        spread = parts[0] ** 2 / (one["n"] - 1) + parts[1] ** 2 / (two["n"] - 1)
        df = variance**2 / spread
        error = np.sqrt(variance)
        t = difference / error
    known = np.isfinite(t) & np.isfinite(df)
    law = stats.t(np.where(known, df, 1))
    p = np.where(known, 2 * law.sf(np.abs(np.where(known, t, 0))), np.nan)
    half = np.where(known, law.ppf((1 + level) / 2) * error, np.nan)
    low, high = difference - half, difference + half
    change = np.full(len(df), CHANGES[2], dtype=object)
    change[low > 0], change[high < 0] = CHANGES[0], CHANGES[1]
    change[~known] = None
    return {
        "difference": difference,
        "std_error": error,
        "df": np.where(known, df, np.nan),
        "ci_low": low,
        "ci_high": high,
        "p": p,
        "change": change,
    }


def compare_bundles(
    first: str | PathLike[str], second: str | PathLike[str], *, level: float = 0.95
) -> BundleChange:
    """Set two bundles of the same regions side by side.

    Parameters
    ----------
    first, second : path
        Folders that `kz-spatial run` wrote, of the earlier and of the later wave. Their designs
        share the grouping; indicators go by name.
    level : float
        Of the intervals.

    Returns
    -------
    BundleChange

    Raises
    ------
    CallError
        When a folder is no bundle.
    InputError
        When the regions differ, or no indicator is in both.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     options = kz.RunOptions(draws=0, permutations=99)
    ...     bundle = kz.run(out=f"{place}/twin", options=options)
    ...     found = kz.compare_bundles(bundle, bundle)
    >>> float(found.frame["difference"].abs().max()), found.frame["change"].unique().tolist()
    (0.0, ['not clear'])
    """
    if not 0 < level < 1:
        raise CallError(f"level={level!r}: expected a share between 0 and 1")
    folders = (Path(first), Path(second))
    (record_1, design_1, table_1), (record_2, design_2, table_2) = map(_read, folders)
    _check_regions(folders, design_1, design_2)
    shared, left_out = _shared(design_1, design_2)
    if not shared:
        raise InputError(f"{folders[1]}: shares no indicator with {folders[0]}, expected one")
    codes = list(design_2.grouping.codes)
    parts = []
    for name in shared:
        one, two = (
            {part: table.reindex(codes)[f"{name}_{part}"].to_numpy(float) for part in _FIGURES}
            for table in (table_1, table_2)
        )
        head = {"code": codes, "indicator": name, "first": one["mean"], "second": two["mean"]}
        parts.append(pd.DataFrame(head | _differences(one, two, level)))
    gone = [name for name in design_2.by_name if name not in shared]
    return BundleChange(
        pd.concat(parts, ignore_index=True),
        design_2.without(gone, left_out),
        record_1,
        record_2,
        tuple(left_out),
        level,
    )

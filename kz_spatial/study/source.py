"""What a run reads and settles before it computes: firms, places, options, rules."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from kz_spatial._validate import check_count, check_metres, check_option
from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import (
    DisclosureRules,
    StudyDesign,
    design_of,
    design_to_dict,
    disclosure_rules,
    load_design,
    rules_of_source,
)
from kz_spatial.errors import CallError
from kz_spatial.options import MORE_PARTS, PARTS, RunOptions
from kz_spatial.places import join, oblasts, regions
from kz_spatial.study.run_log import RunLog
from kz_spatial.study.sampling_design import choose_strata, choose_weights
from kz_spatial.study.smoothing import located
from kz_spatial.surfaces import check_bandwidth
from kz_spatial.survey import CODINGS, load_twin, read_survey
from kz_spatial.words import languages

if TYPE_CHECKING:
    from os import PathLike

    import geopandas as gpd
    import pandas as pd

__all__ = [
    "Source",
    "areas_of",
    "asked_for",
    "check_call",
    "check_options",
    "choose_rules",
    "read_codings",
    "read_source",
]

_READING: Final = ("items", "region", "region_codes", "kind", "where")


def read_codings(
    survey: str | PathLike[str] | None = None,
    *,
    design: StudyDesign | str | PathLike[str] | None = None,
    **reading: Any,
) -> dict[str, pd.DataFrame]:
    """Read a survey, or the twin, in both codings.

    Parameters
    ----------
    survey : path, optional
    design : StudyDesign, path or name, optional
    **reading
        `items`, `region`, `region_codes`, `kind`, `where` of `read_survey`.

    Returns
    -------
    dict of DataFrame
        Firm tables under "corrected" and "as-published".
    """
    asked = design if isinstance(design, StudyDesign) else load_design(design)
    if survey is None:
        return {coding: load_twin(coding=coding, design=asked) for coding in CODINGS}
    return {
        coding: read_survey(survey, design=asked, coding=coding, **reading) for coding in CODINGS
    }


def _in_order(codings: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Firms by their ids, or by their answers where a file has none.

    Draws of firms then fall on the same ones, and sums are rounded alike, however a file's rows
    are ordered. Firms that no column tells apart may change places.
    """
    import numpy as np
    import pandas as pd

    firms = codings["corrected"]
    has_ids = firms.attrs["kz_spatial"]["ids"]
    answers = [name for name in firms if name != "firm_id"]
    order = []
    for name in (["firm_id"] if has_ids else []) + answers:
        column = firms[name]
        if not pd.api.types.is_numeric_dtype(column):
            column = column.map(str, na_action="ignore")
        order.append(pd.factorize(column, sort=True)[0])
    rows = np.lexsort(order[::-1])
    found = {}
    for coding, each in codings.items():
        found[coding] = each.iloc[rows].reset_index(drop=True)
        if not has_ids:
            found[coding]["firm_id"] = np.arange(1, len(each) + 1)
    return found


def asked_for(
    design: StudyDesign, options: RunOptions, reading: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """What a run was asked to do, in plain values that its record keeps."""
    told = {name: each for name, each in reading.items() if each is not None}
    return {"options": asdict(options), "reading": told, "design": design_to_dict(design)}


def check_options(options: RunOptions, design: StudyDesign) -> None:
    """Refuse options that no run of a design can take."""
    check_option("coding", options.coding, CODINGS)
    check_option("language", options.language, languages())
    for each in options.parts:
        check_option("parts", each, (*PARTS, *MORE_PARTS))
    check_count("draws", options.draws, 0)
    check_count("seed", options.seed, 0)
    check_count("permutations", options.permutations, 1)
    check_count("n_clusters", options.n_clusters, 0)
    if options.min_firms is not None:
        check_count("min_firms", options.min_firms, 1)
    check_metres("bandwidth_m", options.bandwidth_m)
    check_metres("cell_m", options.cell_m)
    n = len(design.grouping.codes)
    if not 1 <= options.n_clusters <= n:
        raise CallError(
            f"n_clusters={options.n_clusters}: expected 1 to {n} groups of {n} "
            f"{design.grouping.title().lower()}"
        )


def areas_of(design: StudyDesign, **detail: Any) -> dict[str, gpd.GeoDataFrame]:
    """Units of both levels of a design."""
    grouping = design.grouping
    return {
        grouping.name: regions(grouping, **detail),
        LEVEL: oblasts(vintage=grouping.vintage, grouping=grouping, **detail),
    }


def check_call(reading: dict[str, Any], options: RunOptions) -> None:
    """What can be refused before any file is read."""
    check_bandwidth(options.bandwidth_m, options.cell_m)
    strange = [name for name in reading if name not in _READING]
    if strange:
        own = strange[0] in {each.name for each in fields(RunOptions)}
        raise CallError(
            f"{strange[0]}: expected one of {', '.join(_READING)}"
            + (f"; say options=RunOptions({strange[0]}=...)" if own else "")
        )


def _join(
    read: dict[str, pd.DataFrame], areas: dict[str, gpd.GeoDataFrame], design: StudyDesign
) -> tuple[tuple[str, ...], dict[str, pd.DataFrame]]:
    """Levels that firms can be told by, the finest last, and firms joined to the finest."""
    by_oblast = any(firms["oblast_code"].notna().any() for firms in read.values())
    levels = design.levels if by_oblast else design.levels[:1]
    # a firm is of the region that its file says, wherever its point lies
    on = "oblast_code" if by_oblast else design.grouping.name
    return levels, {c: join(firms, areas[levels[-1]], on=on) for c, firms in read.items()}


def _note_places(firms: pd.DataFrame, log: RunLog) -> None:
    """Say how many firms have no coordinates, and what their surfaces rest on."""
    lacking = int((~located(firms)).sum())
    if lacking == len(firms):
        log.warnings.append(
            "firms have no coordinates: surfaces spread regional figures over settlements by "
            "population; differences within a region are not observed"
        )
    elif lacking:
        log.warnings.append(
            f"{lacking} of {len(firms)} firms have no coordinates and are on no surface"
        )


def choose_rules(options: RunOptions, design: StudyDesign, *, synthetic: bool) -> DisclosureRules:
    """Rules for what may be told of firms: asked for, the design's, else those of the source."""
    if options.disclosure is not None:
        rules = disclosure_rules(options.disclosure)
    else:
        rules = rules_of_source(design.disclosure, synthetic=synthetic)
    return rules if options.min_firms is None else replace(rules, min_firms=options.min_firms)


def _with_rules(
    options: RunOptions, design: StudyDesign, *, synthetic: bool
) -> tuple[DisclosureRules, RunOptions]:
    """Rules, and the options with the profile and the number that hold."""
    rules = choose_rules(options, design, synthetic=synthetic)
    return rules, replace(options, disclosure=rules.profile, min_firms=rules.min_firms)


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """What a run reads and settles before it computes: firms, options, rules, places."""

    asked: dict[str, dict[str, Any]]
    design: StudyDesign
    options: RunOptions
    rules: DisclosureRules
    strata: str | None
    codings: dict[str, pd.DataFrame]
    areas: dict[str, gpd.GeoDataFrame]
    levels: tuple[str, ...]


def read_source(
    survey: str | PathLike[str] | None,
    design: StudyDesign | str | PathLike[str] | None,
    options: RunOptions,
    reading: dict[str, Any],
    log: RunLog,
) -> Source:
    """Read a survey, or the twin, and settle what holds for all that follows."""
    with log.step("read"):
        wanted = design if isinstance(design, StudyDesign) else load_design(design)
        told = asked_for(wanted, options, reading)
        read = _in_order(read_codings(survey, design=wanted, **reading))
        firms = read[options.coding]
        asked, synthetic = design_of(firms), firms.attrs["kz_spatial"]["synthetic"]
        check_options(options, asked)
        weights, said = choose_weights(options, asked, firms, synthetic=synthetic)
        strata, more = choose_strata(asked, firms)
        log.warnings.extend([*said, *more])
        options = replace(options, weights=weights)
    with log.step("join"):
        areas = areas_of(asked)
        levels, codings = _join(read, areas, asked)
        _note_places(codings[options.coding], log)
        rules, options = _with_rules(options, asked, synthetic=synthetic)
    return Source(told, asked, options, rules, strata, codings, areas, levels)

"""The whole study, computed: from a survey (or the twin) to everything a bundle shows."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final

from kz_spatial._validate import check_count, check_metres, check_option
from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import (
    DisclosureRules,
    StudyDesign,
    design_of,
    disclosure_rules,
    load_design,
    rules_of_source,
)
from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.neighbours import contiguity
from kz_spatial.options import RunOptions
from kz_spatial.places import join, join_audit, oblasts, regions, settlements
from kz_spatial.protection import Protected, protect_tables
from kz_spatial.regression import FixedEffectsFit, fixed_effects
from kz_spatial.replication import replicate, unlike_paper
from kz_spatial.study.extensions import own_frame, own_layers
from kz_spatial.study.frames import clusters_frame, contours_frame, local_moran_frame, unit_frame
from kz_spatial.study.groupings import Groupings, find_groupings
from kz_spatial.study.results import Study
from kz_spatial.study.run_log import Progress, RunLog
from kz_spatial.study.smoothing import located, study_surfaces
from kz_spatial.study.spatial_patterns import Patterns, find_patterns
from kz_spatial.surfaces import DensitySurface, check_bandwidth
from kz_spatial.survey import CODINGS, attrition, load_twin, read_survey
from kz_spatial.words import languages

if TYPE_CHECKING:
    from os import PathLike

    import geopandas as gpd
    import pandas as pd
    from libpysal.graph import Graph

__all__ = ["STEPS", "read_codings", "run_study"]

STEPS: Final = (
    "read",
    "join",
    "aggregate",
    "regress",
    "autocorrelation",
    "cluster",
    "density",
    "layers",
)
_READING: Final = ("items", "region", "region_codes", "kind", "where")
# what a firm table records and a study holds elsewhere
_APART: Final = ("attrition", "notes", "design")


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


def _fits(
    codings: dict[str, pd.DataFrame],
    design: StudyDesign,
    weights: str | None,
    rules: DisclosureRules,
    log: RunLog,
) -> dict[str, FixedEffectsFit]:
    fits: dict[str, FixedEffectsFit] = {}
    if design.formula is None:
        log.inapplicable["regression"] = "the design has no outcome and terms that the file holds"
        return fits
    for coding, firms in codings.items():
        try:
            fit = fixed_effects(
                design.formula, firms, cluster=design.grouping.name, weights=weights
            )
        except NotEnoughDataError as error:
            log.inapplicable[f"regression, {coding}"] = str(error)
            continue
        if not rules.allow_fit(fit.n_obs, fit.n_parameters):
            log.inapplicable[f"regression, {coding}"] = (
                f"withheld by the disclosure rules {rules.profile!r}: fewer than "
                f"{rules.min_df} residual degrees of freedom"
            )
            continue
        if fit.n_clusters < 2:
            log.inapplicable[f"regression, {coding}"] = (
                "complete firms of one region only, errors by region need two"
            )
            continue
        fits[coding] = fit
    return fits


def _replication(
    codings: dict[str, pd.DataFrame], design: StudyDesign, rules: DisclosureRules, log: RunLog
) -> Any:
    if reason := unlike_paper(design):
        log.inapplicable["replication"] = reason
        return None
    return replicate(codings, rules=rules)


def _frames(
    design: StudyDesign,
    areas: dict[str, gpd.GeoDataFrame],
    tables: dict[str, pd.DataFrame],
    patterns: Patterns,
    groupings: Groupings,
    surfaces: dict[str, DensitySurface],
) -> dict[str, gpd.GeoDataFrame]:
    finest = patterns.finest()
    region = design.grouping.name
    frames = {
        design.grouping.layer: unit_frame(areas[region], tables[region], region),
        "oblasts": unit_frame(areas[LEVEL], tables.get(LEVEL), region),
        "local_moran": local_moran_frame(areas[finest], patterns.at(finest)),
        "clusters": clusters_frame(areas[LEVEL], groupings, tables, region),
        "settlements": settlements(grouping=design.grouping).reset_index(),
    }
    if "firms" in surfaces:
        frames["density_contours"] = contours_frame(surfaces["firms"])
    return frames


def _check_options(options: RunOptions, firms: pd.DataFrame, design: StudyDesign) -> None:
    check_option("coding", options.coding, CODINGS)
    check_option("language", options.language, languages())
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
    if options.weights is not None:
        present = [each for each in design.weights if each in firms]
        if not present:
            raise CallError(
                f"weights={options.weights!r}: the firms have no survey weights, "
                f"expected a column {', '.join(design.weights) or 'that the design names'}"
            )
        check_option("weights", options.weights, present)


def _areas(design: StudyDesign, **detail: Any) -> dict[str, gpd.GeoDataFrame]:
    grouping = design.grouping
    return {
        grouping.name: regions(grouping, **detail),
        LEVEL: oblasts(vintage=grouping.vintage, grouping=grouping, **detail),
    }


def _check_call(reading: dict[str, Any], options: RunOptions) -> None:
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


def _tables(
    codings: dict[str, pd.DataFrame],
    levels: tuple[str, ...],
    design: StudyDesign,
    rules: DisclosureRules,
    options: RunOptions,
    log: RunLog,
) -> Protected:
    found = protect_tables(
        codings[options.coding],
        levels=levels,
        design=design,
        rules=rules,
        weights=options.weights,
        corrected=codings["corrected"],
    )
    hidden = found.verdicts[found.verdicts["verdict"] == "withheld"]
    for level, cells in hidden.groupby("level", sort=False):
        why = f"by the disclosure rules {rules.profile!r}" if rules.guarded else "too few firms"
        log.warnings.append(
            f"{len(cells)} cells by {level} are withheld{' ' if rules.guarded else ': '}{why}"
        )
    return found


def run_study(
    survey: str | PathLike[str] | None = None,
    *,
    design: StudyDesign | str | PathLike[str] | None = None,
    options: RunOptions | None = None,
    progress: Progress | None = None,
    **reading: Any,
) -> Study:
    """Compute the whole study.

    Parameters
    ----------
    survey : path, optional
        Survey file; without it, the twin.
    design : StudyDesign, path or name, optional
        What the study asks; a TOML file, the name of a shipped design, or by default the
        published study's.
    options : RunOptions, optional
    progress : callable, optional
        Called with the name of each of `STEPS` as it begins.
    **reading
        `items`, `region`, `region_codes`, `kind`, `where` of `read_survey`.

    Returns
    -------
    Study

    Raises
    ------
    InputError, CallError
        As `read_survey`, `join` and the methods raise them.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> study = kz.run_study()
    >>> study.moran["composite", "epayment_share"].method
    'exact'
    """
    options = options or RunOptions()
    _check_call(reading, options)
    log = RunLog(progress)
    with log.step("read"):
        read = read_codings(survey, design=design, **reading)
        asked = design_of(read[options.coding])
        _check_options(options, read[options.coding], asked)
    with log.step("join"):
        areas = _areas(asked)
        levels, codings = _join(read, areas, asked)
        firms = codings[options.coding]
        _note_places(firms, log)
        record = firms.attrs["kz_spatial"]
        rules, options = _with_rules(options, asked, synthetic=record["synthetic"])
    with log.step("aggregate"):
        protected = _tables(codings, levels, asked, rules, options, log)
        tables = protected.tables
    with log.step("regress"):
        fits = _fits(codings, asked, options.weights, rules, log)
        replication = _replication(codings, asked, rules, log)
    with log.step("autocorrelation"):
        light = _areas(asked, detail="light")
        graphs: dict[str, Graph] = {each: contiguity(light[each]) for each in levels}
        patterns = find_patterns(firms, tables, graphs, options, rules)
        log.inapplicable |= patterns.inapplicable
    with log.step("cluster"):
        groupings = find_groupings(firms, tables, graphs, options, rules)
        log.inapplicable |= groupings.inapplicable
        log.warnings.extend(groupings.warnings)
    with log.step("density"):
        surfaces, lacking = study_surfaces(firms, tables, light[LEVEL], options, rules)
        log.inapplicable |= lacking
    with log.step("layers"):
        frames = _frames(asked, areas, tables, patterns, groupings, surfaces)
    log.warnings.extend(record.get("notes", []))
    study = Study(
        options=options,
        design=asked,
        rules=rules,
        protected=protected,
        provenance={k: v for k, v in record.items() if k not in _APART},
        firms=firms,
        attrition=attrition(firms),
        join_audit=join_audit(firms),
        tables=tables,
        fits=fits,
        patterns=patterns,
        groupings=groupings,
        surfaces=surfaces,
        modelled=not bool(located(firms).any()),
        frames=frames,
        own=(),
        replication=replication,
        inapplicable=log.inapplicable,
        warnings=tuple(log.warnings),
        timings=log.timings,
    )
    own = own_layers()
    more = {each.name: own_frame(each, study, areas) for each in own}
    return replace(study, frames={**frames, **more}, own=own)

"""The whole study, computed: from a survey (or the twin) to everything a bundle shows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import (
    DisclosureRules,
    StudyDesign,
)
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.neighbours import contiguity
from kz_spatial.options import RunOptions
from kz_spatial.places import join_audit, settlements
from kz_spatial.protection import Protected, protect_tables
from kz_spatial.regression import FixedEffectsFit, fixed_effects
from kz_spatial.replication import replicate, unlike_paper
from kz_spatial.study.answer_checks import find_quantiles, find_silence
from kz_spatial.study.extensions import own_frame, own_layers
from kz_spatial.study.frames import clusters_frame, contours_frame, local_moran_frame, unit_frame
from kz_spatial.study.groupings import Groupings, find_groupings
from kz_spatial.study.modelled_means import (
    ModelledMeans,
    find_modelled_means,
    join_modelled,
    join_precision,
    unit_weights,
)
from kz_spatial.study.paper_models import PaperModel, find_models
from kz_spatial.study.results import Study
from kz_spatial.study.robust_checks import Checks, check_regression, check_score
from kz_spatial.study.run_log import Progress, RunLog
from kz_spatial.study.score_ranks import ScoreRanks, find_ranks, join_ranks
from kz_spatial.study.smoothing import located, study_surfaces
from kz_spatial.study.source import Source, areas_of, check_call, read_source
from kz_spatial.study.spatial_patterns import Patterns, find_patterns
from kz_spatial.surfaces import DensitySurface
from kz_spatial.survey import attrition

if TYPE_CHECKING:
    from os import PathLike

    import geopandas as gpd
    import pandas as pd
    from libpysal.graph import Graph

__all__ = ["STEPS", "note_withheld", "patterns_and_groups", "run_study", "study_frames"]

STEPS: Final = (
    "read",
    "join",
    "aggregate",
    "small areas",
    "ranks",
    "regress",
    "robustness",
    "sensitivity",
    "quantiles",
    "silence",
    "autocorrelation",
    "cluster",
    "density",
    "layers",
)
# what a firm table records and a study holds elsewhere
_APART: Final = ("attrition", "ids", "notes", "design")


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


def study_frames(
    design: StudyDesign,
    areas: dict[str, gpd.GeoDataFrame],
    tables: dict[str, pd.DataFrame],
    patterns: Patterns,
    groupings: Groupings,
    surfaces: dict[str, DensitySurface],
) -> dict[str, gpd.GeoDataFrame]:
    """Layers of a bundle by name."""
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


def note_withheld(found: Protected, rules: DisclosureRules, log: RunLog) -> None:
    """Say how many cells of each level are withheld."""
    hidden = found.verdicts[found.verdicts["verdict"] == "withheld"]
    for level, cells in hidden.groupby("level", sort=False):
        why = f"by the disclosure rules {rules.profile!r}" if rules.guarded else "too few firms"
        log.warnings.append(
            f"{len(cells)} cells by {level} are withheld{' ' if rules.guarded else ': '}{why}"
        )


def _tables(source: Source, log: RunLog) -> Protected:
    rules, options = source.rules, source.options
    with log.step("aggregate"):
        found = protect_tables(
            source.codings[options.coding],
            levels=source.levels,
            design=source.design,
            rules=rules,
            weights=options.weights,
            strata=source.strata,
            corrected=source.codings["corrected"],
        )
    note_withheld(found, rules, log)
    return found


def _estimates(
    source: Source, protected: Protected, graphs: dict[str, Graph], log: RunLog
) -> tuple[dict[str, ModelledMeans], dict[str, ScoreRanks]]:
    """Small areas and ranks, where they are asked for."""
    options, design = source.options, source.design
    firms, tables = source.codings[options.coding], protected.tables
    modelled: dict[str, ModelledMeans] = {}
    ranks: dict[str, ScoreRanks] = {}
    if "small_areas" in options.parts:
        with log.step("small areas"):
            weights = unit_weights(firms, design, options.weights)
            modelled = find_modelled_means(
                tables,
                protected.country,
                weights,
                graphs,
                design,
                log,
                seed=options.seed if "bootstrap" in options.parts else None,
            )
    if "ranks" in options.parts:
        with log.step("ranks"):
            ranks = find_ranks(
                firms, tables, design, source.rules, log,
                weights=options.weights, strata=source.strata, seed=options.seed,
            )  # fmt: skip
    return modelled, ranks


def _checks(
    source: Source,
    tables: dict[str, pd.DataFrame],
    country: pd.DataFrame,
    fits: dict[str, FixedEffectsFit],
    log: RunLog,
) -> Checks:
    """Checks of the ranking, the regression and the answers, where they are asked for."""
    options, design, found = source.options, source.design, Checks()
    fit = fits.get(options.coding)
    if "robustness" in options.parts and fit is None:
        log.inapplicable["robustness"] = "there is no regression to check"
    elif "robustness" in options.parts and fit is not None:
        with log.step("robustness"):
            guarded = source.rules.guarded
            found = check_regression(fit, source.codings, design, options, log, guarded=guarded)
    if "sensitivity" in options.parts:
        with log.step("sensitivity"):
            ranking = check_score(tables, design, log, seed=options.seed)
        found = replace(found, tables={**found.tables, **ranking})
    firms = source.codings[options.coding]
    more: dict[str, pd.DataFrame] = {}
    if "quantiles" in options.parts:
        with log.step("quantiles"):
            more |= find_quantiles(firms, design, options, source.strata, source.rules, log)
    if "silence" in options.parts:
        with log.step("silence"):
            more |= find_silence(firms, country, fit, design, options, source.rules, log)
    return replace(found, tables={**found.tables, **more})


def _with_own(study: Study, areas: dict[str, gpd.GeoDataFrame]) -> Study:
    """A study with the layers that were registered."""
    own = own_layers()
    more = {each.name: own_frame(each, study, areas) for each in own}
    return replace(study, frames={**study.frames, **more}, own=own)


def _models(source: Source, firms: pd.DataFrame, log: RunLog) -> dict[str, PaperModel]:
    """The published study's further models, where they are asked for."""
    if "models" not in source.options.parts:
        return {}
    weights = source.options.weights
    return find_models(firms, source.design, source.rules, log, weights=weights)


def patterns_and_groups(
    firms: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    graphs: dict[str, Graph],
    options: RunOptions,
    rules: DisclosureRules,
    log: RunLog,
) -> tuple[Patterns, Groupings]:
    """Spatial patterns and groups, a step each, and what they lack entered in the log."""
    with log.step("autocorrelation"):
        patterns = find_patterns(firms, tables, graphs, options, rules)
        log.inapplicable |= patterns.inapplicable
    with log.step("cluster"):
        groupings = find_groupings(firms, tables, graphs, options, rules)
        log.inapplicable |= groupings.inapplicable
        log.warnings.extend(groupings.warnings)
    return patterns, groupings


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
    check_call(reading, options)
    log = RunLog(progress)
    source = read_source(survey, design, options, reading, log)
    asked, options, rules = source.design, source.options, source.rules
    codings, areas, levels = source.codings, source.areas, source.levels
    firms = codings[options.coding]
    protected = _tables(source, log)
    tables, country = protected.tables, protected.country["estimate"]
    light = areas_of(asked, detail="light")
    graphs: dict[str, Graph] = {each: contiguity(light[each]) for each in levels}
    modelled, ranks = _estimates(source, protected, graphs, log)
    with log.step("regress"):
        fits = _fits(codings, asked, options.weights, rules, log)
        replication = _replication(codings, asked, rules, log)
        models = _models(source, firms, log)
    checks = _checks(source, tables, protected.country, fits, log)
    patterns, groupings = patterns_and_groups(firms, tables, graphs, options, rules, log)
    with log.step("density"):
        surfaces, lacking = study_surfaces(firms, tables, light[LEVEL], options, rules)
        log.inapplicable |= lacking
    tables = join_modelled(join_ranks(join_precision(tables, asked), ranks), modelled)
    with log.step("layers"):
        frames = study_frames(asked, areas, tables, patterns, groupings, surfaces)
    record = firms.attrs["kz_spatial"]
    log.warnings.extend(record.get("notes", []))
    study = Study(
        options=options,
        design=asked,
        rules=rules,
        protected=protected,
        provenance={k: v for k, v in record.items() if k not in _APART} | {"asked": source.asked},
        firms=firms,
        attrition=attrition(firms),
        join_audit=join_audit(firms),
        tables=tables,
        fits=fits,
        patterns=patterns,
        groupings=groupings,
        modelled_means=modelled,
        ranks=ranks,
        models=models,
        checks=checks,
        surfaces=surfaces,
        modelled=not bool(located(firms).any()),
        frames=frames,
        own=(),
        replication=replication,
        national={name: float(country[name]) for name in asked.by_name},
        inapplicable=log.inapplicable,
        warnings=tuple(log.warnings),
        timings=log.timings,
    )
    return _with_own(study, areas)

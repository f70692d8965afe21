"""Tables of a study as plain frames, for CSV, LaTeX and the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from kz_spatial.design import SCORE
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.output.model_tables import model_frames
from kz_spatial.places import place_name
from kz_spatial.regression import INFERENCES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kz_spatial.groups import Partition
    from kz_spatial.output.disclosure import Published
    from kz_spatial.study import UnitGroups

__all__ = ["make_tables"]

# heads of tables that every bundle has
_CLUSTERS: Final = (
    "level", "kind", "n_clusters", "code", "name", "cluster", "method", "certified", "gap",
    "within_ss", "total_ss",
)  # fmt: skip
_LOCAL_MORAN: Final = (
    "level", "indicator", "code", "name", "value", "lag", "statistic", "quadrant", "p", "p_min",
    "p_fdr", "p_bonferroni", "label", "method", "n_arrangements", "g_star_z", "g_star_label",
)  # fmt: skip


def _names(study: Published, codes: Iterable[Any]) -> list[str]:
    """English names of units, as tables have them in every language."""
    return [place_name(str(code), grouping=study.design.grouping) for code in codes]


def _readiness(study: Published) -> pd.DataFrame:
    parts = []
    for level, table in study.tables.items():
        shown = table.drop(columns=[c for c in table if c.endswith("_suppressed")])
        lead = ["n_firms", SCORE, "rank"]
        parts.append(
            shown[[*lead, *(c for c in shown if c not in lead)]]
            .reset_index(names="code")
            .assign(name=_names(study, shown.index), level=level)
        )
    every = pd.concat(parts, ignore_index=True)
    first = ["level", "code", "name"]
    return every[[*first, *(c for c in every if c not in first)]]


def _regression(study: Published) -> pd.DataFrame:
    parts = []
    for coding, fit in study.fits.items():
        for inference in INFERENCES:
            try:
                table = fit.table(inference).rename_axis("term").reset_index()
            except NotEnoughDataError as error:
                table = pd.DataFrame({"term": [""], "reason": [str(error)]})
            table = table.assign(coding=coding, inference=inference)
            if "reason" not in table:
                df = fit.degrees_of_freedom(inference)
                table = table.assign(df=df.to_numpy(), reason="")
            parts.append(
                table.assign(
                    n_obs=fit.n_obs, n_clusters=fit.n_clusters, r2=fit.r2, r2_within=fit.r2_within
                )
            )
    columns = [
        "coding",
        "inference",
        "term",
        "coefficient",
        "std_error",
        "t",
        "p",
        "ci_low",
        "ci_high",
        "df",
        "n_obs",
        "n_clusters",
        "r2",
        "r2_within",
        "reason",
    ]
    return (
        pd.concat(parts, ignore_index=True).reindex(columns=columns)
        if parts
        else pd.DataFrame(columns=columns)
    )


def _ranks(study: Published) -> pd.DataFrame:
    """Ranks with their confidence sets and chances, level by level."""
    parts = []
    for level, each in study.ranks.items():
        frame = each.frame.rename_axis("code").reset_index()
        frame.insert(0, "level", level)
        frame.insert(2, "name", _names(study, frame["code"]))
        parts.append(frame)
    return _stacked(parts)


def _small_areas(study: Published) -> pd.DataFrame:
    """Direct and modelled means by oblast, with the model behind them."""
    parts = []
    for name, each in study.modelled_means.items():
        frame = each.frame.rename_axis("code").reset_index()
        frame.insert(0, "indicator", name)
        frame.insert(2, "name", _names(study, frame["code"]))
        parts.append(
            frame.assign(
                national=each.national,
                variance_between=each.model.variance,
                method=each.model.method,
                rho=each.spatial.rho,
                reason=each.model.reason,
            )
        )
    return _stacked(parts)


def _moran(study: Published) -> pd.DataFrame:
    """Global statistics, Moran's I of each indicator first."""
    rows = []
    for pattern in study.patterns:
        for each in (pattern.moran, *pattern.others):
            row = {
                "level": pattern.level,
                "indicator": pattern.indicator,
                "name": each.name,
                "statistic": each.statistic,
                "expected": each.expected,
                "z": each.z,
                "p": each.p,
                "alternative": each.alternative,
                "method": each.method,
                "n_arrangements": each.n_arrangements,
                "n_units": each.n_units,
            }
            again = pattern.resampled
            if again is not None and each is pattern.moran:
                row |= {
                    "draws_low": again.low,
                    "draws_high": again.high,
                    "n_draws": again.n_draws,
                    "n_skipped": again.n_skipped,
                }
            rows.append(row | {"reason": each.reason})
    table = pd.DataFrame(rows)
    last = [c for c in ("draws_low", "draws_high", "n_draws", "n_skipped", "reason") if c in table]
    counts = [c for c in ("n_draws", "n_skipped") if c in table]
    table[counts] = table[counts].astype("Int64")
    return table[[*(c for c in table if c not in last), *last]]


def _local_moran(study: Published) -> pd.DataFrame:
    parts = []
    for each in study.patterns:
        frame = each.local.frame.rename_axis("code").reset_index()
        frame.insert(0, "level", each.level)
        frame.insert(1, "indicator", each.indicator)
        frame.insert(3, "name", _names(study, frame["code"]))
        frame["g_star_z"] = each.spots.frame["z"].to_numpy()
        frame["g_star_label"] = each.spots.frame["label"].to_numpy()
        if each.resampled is not None:
            for part in ("changes", "unstable"):
                frame[part] = each.resampled.frame[part].to_numpy()
        parts.append(frame)
    return _stacked(parts, _LOCAL_MORAN)


def _members(study: Published, groups: UnitGroups, found: Partition) -> pd.DataFrame:
    """Units of one partition, a row each."""
    return pd.DataFrame(
        {
            "level": groups.level,
            "kind": groups.kind,
            "n_clusters": found.n_clusters,
            "code": found.labels.index,
            "name": _names(study, found.labels.index),
            "cluster": found.labels.to_numpy(),
            "method": found.method,
            "certified": found.certified,
            "gap": found.gap,
            "within_ss": found.within_ss,
            "total_ss": found.total_ss,
        }
    )


def _stacked(parts: list[pd.DataFrame], head: Sequence[str] = ()) -> pd.DataFrame:
    """Parts below one another; where there are none, a table that keeps its head."""
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(head))


def _clusters(study: Published) -> pd.DataFrame:
    every = study.groupings.every
    return _stacked([_members(study, each, each.partition) for each in every], _CLUSTERS)


def _clusters_by_number(study: Published) -> pd.DataFrame:
    # by number of groups within a level, both kinds side by side
    found = [
        (list(study.tables).index(each.level), k, each, partition)
        for each in study.groupings.every
        for k, partition in each.by_number.items()
    ]
    found.sort(key=lambda each: each[:2])
    return _stacked([_members(study, each, partition) for _, _, each, partition in found])


def _cluster_choice(study: Published) -> pd.DataFrame:
    """Criteria for the number of groups; `best_by` names those that choose a row."""
    parts = []
    for each in study.groupings.every:
        choice = each.choice
        frame = choice.frame.rename_axis("n_clusters").reset_index()
        frame.insert(0, "level", each.level)
        frame.insert(1, "kind", each.kind)
        frame["best_by"] = [
            "; ".join(c for c, number in choice.best.items() if number == k)
            for k in frame["n_clusters"]
        ]
        frame["n_references"] = choice.n_references
        frame["reason"] = "; ".join(f"{what}: {why}" for what, why in choice.reasons.items())
        parts.append(frame)
    return _stacked(parts)


def _co_membership(study: Published) -> pd.DataFrame:
    parts = []
    for level, found in study.groupings.co_membership.items():
        frame = found.matrix.rename_axis("code").reset_index()
        frame.insert(0, "level", level)
        frame["n_draws"], frame["n_skipped"] = found.n_draws, found.n_skipped
        parts.append(frame)
    return _stacked(parts)


def make_tables(study: Published) -> dict[str, pd.DataFrame]:
    """All tables of a study.

    Returns
    -------
    dict of DataFrame
        By file stem: readiness, ranks, small_areas, regression, models, model_groups, moran,
        local_moran, clusters, clusters_by_number, cluster_choice, co_membership, attrition,
        replication, and one for each registered layer. Those that do not apply are left out.
    """
    every: dict[str, pd.DataFrame | None] = {
        "readiness": _readiness(study),
        "ranks": _ranks(study),
        "small_areas": _small_areas(study),
        "regression": _regression(study),
        **model_frames(study),
        "moran": _moran(study),
        "local_moran": _local_moran(study),
        "clusters": _clusters(study),
        "clusters_by_number": _clusters_by_number(study),
        "cluster_choice": _cluster_choice(study),
        "co_membership": _co_membership(study),
        "attrition": study.attrition.reset_index(),
        "replication": study.replication,
    }
    every |= study.checks.tables
    for each in study.own:
        every[each.name] = pd.DataFrame(study.frames[each.name].drop(columns="geometry"))
    optional = (
        *("ranks", "small_areas", "regression", "models", "model_groups"),
        *("clusters_by_number", "cluster_choice", "co_membership"),
    )
    return {
        name: table
        for name, table in every.items()
        if table is not None and (len(table) or name not in optional)
    }

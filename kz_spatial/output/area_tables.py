"""Tables of a study of units as plain frames, for CSV and LaTeX; columns by the file's titles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from kz_spatial.study import AreaStudy

__all__ = ["make_area_tables"]


def _named(frame: pd.DataFrame, study: AreaStudy) -> pd.DataFrame:
    """A frame with the name of each unit behind its code."""
    frame.insert(
        frame.columns.get_loc("code") + 1,
        "name",
        study.areas["name_en"].reindex(frame["code"]).to_numpy(),
    )
    return frame


def _title(study: AreaStudy, name: str) -> str:
    return study.columns[name].title


def _values(study: AreaStudy) -> pd.DataFrame:
    """A row per unit, or per unit and year, with every column by its title."""
    parts = []
    years = sorted({year for column in study.columns.values() for year in column.years})
    for year in years:
        found = {
            _title(study, name): column.values[year]
            for name, column in study.columns.items()
            if year in column.values
        }
        part = pd.DataFrame(found).rename_axis("code").reset_index()
        if year:
            part.insert(1, "year", year)
        for name, told in study.funnels.items():
            if study.columns[name].latest_year == year:
                part[f"{_title(study, name)}: funnel"] = told.reindex(part["code"]).to_numpy()
        parts.append(part)
    return _named(pd.concat(parts, ignore_index=True), study)


def _moran(study: AreaStudy) -> pd.DataFrame:
    rows = [
        {
            "column": _title(study, name),
            "year": found.year or None,
            "name": each.name,
            "statistic": each.statistic,
            "expected": each.expected,
            "z": each.z,
            "p": each.p,
            "alternative": each.alternative,
            "method": each.method,
            "n_arrangements": each.n_arrangements,
            "n_units": each.n_units,
            "reason": each.reason,
        }
        for name, found in study.patterns.items()
        for each in (found.moran, *found.others)
    ]
    return pd.DataFrame(rows).astype({"year": "Int64"}) if rows else pd.DataFrame()


def _local(study: AreaStudy) -> pd.DataFrame:
    parts = []
    for name, found in study.patterns.items():
        part = found.local.frame.rename_axis("code").reset_index()
        part["g_star_z"] = found.spots.frame["z"].to_numpy()
        part["g_star_label"] = found.spots.frame["label"].to_numpy()
        part.insert(0, "column", _title(study, name))
        part.insert(1, "year", found.year or None)
        parts.append(part)
    if not parts:
        return pd.DataFrame()
    return _named(pd.concat(parts, ignore_index=True).astype({"year": "Int64"}), study)


def _pairs(study: AreaStudy) -> pd.DataFrame:
    table = study.found.pairs.copy()
    for side in ("x", "y") if len(table) else ():
        table[side] = [_title(study, name) for name in table[side]]
    return table


def _correlograms(study: AreaStudy) -> pd.DataFrame:
    parts = []
    for name, found in study.patterns.items():
        part = found.correlogram.frame.reset_index()
        part.insert(0, "column", _title(study, name))
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _joins(study: AreaStudy) -> pd.DataFrame:
    parts = []
    for name, found in study.patterns.items():
        if found.joins is not None:
            part = found.joins.frame.rename_axis("joins").reset_index()
            part.insert(0, "column", _title(study, name))
            part["method"] = found.joins.method
            part["n_arrangements"] = found.joins.n_arrangements
            parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _beside(study: AreaStudy) -> pd.DataFrame:
    """Bivariate local Moran with the column that was asked for, and local Geary of all together."""
    parts = []
    told = [(_title(study, n), f.beside) for n, f in study.patterns.items() if f.beside is not None]
    if study.found.together is not None:
        told.append(("", study.found.together))
    for title, found in told:
        part = found.frame.rename_axis("code").reset_index()
        part.insert(0, "statistic_of", found.name)
        part.insert(1, "column", title)
        parts.append(part)
    return _named(pd.concat(parts, ignore_index=True), study) if parts else pd.DataFrame()


def _clusters(study: AreaStudy) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "kind": kind,
                "n_clusters": k,
                "code": found.labels.index,
                "cluster": found.labels.to_numpy(),
                "method": found.method,
                "certified": found.certified,
                "gap": found.gap,
                "within_ss": found.within_ss,
                "total_ss": found.total_ss,
            }
        )
        for (kind, k), found in study.groups.by_number.items()
    ]
    return _named(pd.concat(parts, ignore_index=True), study) if parts else pd.DataFrame()


def _together(study: AreaStudy) -> pd.DataFrame:
    found = study.groups.co_membership
    if found is None:
        return pd.DataFrame()
    table = _named(found.matrix.rename_axis("code").reset_index(), study)
    return table.assign(n_draws=found.n_draws, n_skipped=found.n_skipped)


def _choice(study: AreaStudy) -> pd.DataFrame:
    parts = []
    for kind, choice in study.groups.choice.items():
        part = choice.frame.rename_axis("n_clusters").reset_index()
        part.insert(0, "kind", kind)
        part["best_by"] = [
            "; ".join(c for c, number in choice.best.items() if number == k)
            for k in part["n_clusters"]
        ]
        part["reason"] = "; ".join(f"{what}: {why}" for what, why in choice.reasons.items())
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _years(study: AreaStudy) -> pd.DataFrame:
    parts = []
    for name, found in study.years.items():
        part = found.frame.reset_index()
        part.insert(0, "column", _title(study, name))
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _changes(study: AreaStudy) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "column": _title(study, name),
                "code": found.change.index,
                "first": found.first,
                "last": found.last,
                "change": found.change.to_numpy(),
                "ranks_gained": found.ranks.to_numpy(),
            }
        )
        for name, found in study.years.items()
    ]
    return _named(pd.concat(parts, ignore_index=True), study) if parts else pd.DataFrame()


def _moves(study: AreaStudy) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for name, found in study.years.items():
        if found.mobility is None:
            continue
        for before, row in found.mobility.counts.iterrows():
            rows += [
                {
                    "column": _title(study, name),
                    "from": before,
                    "to": after,
                    "moves": int(n),
                    "share": found.mobility.shares.loc[before, after],
                }
                for after, n in row.items()
            ]
    return pd.DataFrame(rows)


def _reading(study: AreaStudy) -> pd.DataFrame:
    """What was assumed, left out and not to be had, a line each."""
    rows = [("assumed", line) for line in study.record.notes]
    rows += [("left out", line) for line in study.record.left_out]
    rows += [("not to be had", f"{what}: {why}") for what, why in study.inapplicable.items()]
    return pd.DataFrame(rows, columns=["what", "told"])


def make_area_tables(study: AreaStudy) -> dict[str, pd.DataFrame]:
    """All tables of a study of units; those that do not apply are left out.

    Parameters
    ----------
    study : AreaStudy

    Returns
    -------
    dict of DataFrame
        By file stem: values, moran, moran_by_year, local_moran, local_several, pairs, correlogram,
        join_counts, clusters, cluster_choice, co_membership, years, changes, moves, reading.
    """
    by_year = study.found.by_year.copy()
    if len(by_year):
        by_year["column"] = [_title(study, name) for name in by_year["column"]]
    every = {
        "values": _values(study),
        "moran": _moran(study),
        "moran_by_year": by_year if study.is_panel else pd.DataFrame(),
        "local_moran": _local(study),
        "local_several": _beside(study),
        "pairs": _pairs(study),
        "correlogram": _correlograms(study),
        "join_counts": _joins(study),
        "clusters": _clusters(study),
        "cluster_choice": _choice(study),
        "co_membership": _together(study),
        "years": _years(study),
        "changes": _changes(study),
        "moves": _moves(study),
        "reading": _reading(study),
    }
    return {name: table for name, table in every.items() if len(table)}

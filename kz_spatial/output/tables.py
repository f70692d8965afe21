"""Tables of a study as plain frames, for CSV, LaTeX and the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kz_spatial.errors import NotEnoughDataError
from kz_spatial.places import place_name
from kz_spatial.regression import INFERENCES

if TYPE_CHECKING:
    from kz_spatial.groups import Partition
    from kz_spatial.study import Study

__all__ = ["make_tables", "to_latex"]


def _readiness(study: Study) -> pd.DataFrame:
    parts = []
    for level, table in study.tables.items():
        shown = table.drop(columns=[c for c in table if c.endswith("_suppressed")])
        lead = pd.DataFrame(
            {
                "level": level,
                "code": shown.index,
                "name": [place_name(str(code)) for code in shown.index],
                "n_firms": shown["n_firms"].to_numpy(),
                "readiness": shown["readiness"].to_numpy(),
                "rank": shown["rank"].to_numpy(),
            }
        )
        rest = shown.drop(columns=["n_firms", "readiness", "rank"]).reset_index(drop=True)
        parts.append(pd.concat([lead, rest], axis=1))
    return pd.concat(parts, ignore_index=True)


def _regression(study: Study) -> pd.DataFrame:
    parts = []
    for coding, fit in study.fits.items():
        for inference in INFERENCES:
            try:
                table = fit.table(inference).rename_axis("term").reset_index()
            except NotEnoughDataError as error:
                table = pd.DataFrame({"term": [""], "reason": [str(error)]})
            table.insert(0, "coding", coding)
            table.insert(1, "inference", inference)
            if "reason" not in table:
                df = fit.degrees_of_freedom("crv1" if inference == "wild" else inference)
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


def _moran(study: Study) -> pd.DataFrame:
    """Global statistics, Moran's I of each indicator first."""
    found = [
        ((level, name), each)
        for (level, name), first in study.moran.items()
        for each in (first, *study.patterns.others[level, name])
    ]
    rows = []
    for key, each in found:
        row = {
            "level": key[0],
            "indicator": key[1],
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
        again = study.patterns.resampled.get(key) if each is study.moran[key] else None
        if again is not None:
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


def _local_moran(study: Study) -> pd.DataFrame:
    parts = []
    for (level, name), found in study.local_moran.items():
        frame = found.frame.rename_axis("code").reset_index()
        frame.insert(0, "level", level)
        frame.insert(1, "indicator", name)
        frame.insert(3, "name", [place_name(str(code)) for code in frame["code"]])
        if (again := study.patterns.resampled.get((level, name))) is not None:
            for part in ("changes", "unstable"):
                frame[part] = again.frame[part].to_numpy()
        parts.append(frame)
    return pd.concat(parts, ignore_index=True)


def _members(level: str, kind: str, found: Partition) -> pd.DataFrame:
    """Units of one partition, a row each."""
    return pd.DataFrame(
        {
            "level": level,
            "kind": kind,
            "n_clusters": found.n_clusters,
            "code": found.labels.index,
            "name": [place_name(str(code)) for code in found.labels.index],
            "cluster": found.labels.to_numpy(),
            "method": found.method,
            "certified": found.certified,
            "gap": found.gap,
            "within_ss": found.within_ss,
            "total_ss": found.total_ss,
        }
    )


def _clusters(study: Study) -> pd.DataFrame:
    parts = [_members(level, kind, each) for (kind, level), each in study.partitions.items()]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _clusters_by_number(study: Study) -> pd.DataFrame:
    parts = [
        _members(level, kind, each) for (kind, level, _), each in study.groupings.by_number.items()
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _cluster_choice(study: Study) -> pd.DataFrame:
    """Criteria for the number of groups; `best_by` names those that choose a row."""
    parts = []
    for (kind, level), choice in study.groupings.choice.items():
        frame = choice.frame.rename_axis("n_clusters").reset_index()
        frame.insert(0, "level", level)
        frame.insert(1, "kind", kind)
        frame["best_by"] = [
            "; ".join(c for c, number in choice.best.items() if number == k)
            for k in frame["n_clusters"]
        ]
        frame["n_references"] = choice.n_references
        frame["reason"] = "; ".join(f"{what}: {why}" for what, why in choice.reasons.items())
        parts.append(frame)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _co_membership(study: Study) -> pd.DataFrame:
    parts = []
    for level, found in study.groupings.co_membership.items():
        frame = found.matrix.rename_axis("code").reset_index()
        frame.insert(0, "level", level)
        frame["n_draws"], frame["n_skipped"] = found.n_draws, found.n_skipped
        parts.append(frame)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def make_tables(study: Study) -> dict[str, pd.DataFrame]:
    """All tables of a study.

    Returns
    -------
    dict of DataFrame
        By file stem: readiness, regression, moran, local_moran, clusters, clusters_by_number,
        cluster_choice, co_membership, attrition, replication. Those without rows are left out.
    """
    every = {
        "readiness": _readiness(study),
        "regression": _regression(study),
        "moran": _moran(study),
        "local_moran": _local_moran(study),
        "clusters": _clusters(study),
        "clusters_by_number": _clusters_by_number(study),
        "cluster_choice": _cluster_choice(study),
        "co_membership": _co_membership(study),
        "attrition": study.attrition.reset_index(),
        "replication": study.replication,
    }
    optional = ("clusters_by_number", "cluster_choice", "co_membership")
    return {k: table for k, table in every.items() if len(table) or k not in optional}


def _cell(value: Any) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return "--"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return f"{float(value):.4g}"
    text = str(value)
    for plain, safe in (
        ("\\", r"\textbackslash{}"),
        ("&", r"\&"),
        ("%", r"\%"),
        ("_", r"\_"),
        ("#", r"\#"),
        ("$", r"\$"),
        ("{", r"\{"),
        ("}", r"\}"),
    ):
        if plain in text and plain not in "{}":
            text = text.replace(plain, safe)
    return text


def to_latex(table: pd.DataFrame, *, caption: str, notice: str = "") -> str:
    """Write a frame as a LaTeX longtable for the booktabs and longtable packages.

    Parameters
    ----------
    table : DataFrame
    caption : str
    notice : str
        Printed below the caption, such as that of the twin.
    """
    kinds = "".join("r" if pd.api.types.is_numeric_dtype(table[c]) else "l" for c in table)
    head = " & ".join(_cell(str(c)) for c in table.columns)
    body = "\n".join(" & ".join(map(_cell, row)) + r" \\" for row in table.itertuples(index=False))
    title = _cell(caption) + (rf" \emph{{{_cell(notice)}}}" if notice else "")
    lines = (
        rf"\begin{{longtable}}{{{kinds}}}",
        rf"\caption{{{title}}} \\",
        r"\toprule",
        rf"{head} \\",
        r"\midrule",
        r"\endhead",
        r"\bottomrule",
        r"\endfoot",
        body,
        r"\end{longtable}",
        "",
    )
    return "\n".join(lines)

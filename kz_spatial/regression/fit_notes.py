"""What in the data a fit should be read with: empty regions, few clusters, terms of one cluster."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial.regression.identification import indispensable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.regression.linear_model import LinearModel
    from kz_spatial.regression.side_by_side import Inference

__all__ = ["Group", "data_notes", "default_inference", "group_rows", "rests_on"]

_FEW: Final = 30


@dataclass(frozen=True, slots=True)
class Group:
    """A column of absorbed levels or clusters, as numbers."""

    codes: NDArray[np.intp]
    levels: pd.Index[Any]


def group_rows(column: pd.Series[Any]) -> Group:
    """Number the levels of a column."""
    codes, levels = pd.factorize(column, sort=True)
    return Group(codes.astype(np.intp), pd.Index(levels, name=column.name))


def data_notes(
    groups: dict[str, Group],
    absorbed: list[str],
    ways: tuple[str, ...],
    firms: pd.DataFrame,
) -> tuple[str, ...]:
    """Empty regions, single firms and few clusters, which inference should be read with."""
    notes = []
    for name, group in groups.items():
        # where every row is in the fit, no level can be empty
        named = firms[name].dropna().unique() if len(group.codes) < len(firms) else []
        empty = sorted(map(str, set(named) - set(group.levels)))
        if empty:
            notes.append(f"{name} {', '.join(empty)} has no complete firm and is not in the fit")
        alone = group.levels[np.bincount(group.codes) == 1]
        if len(alone):
            what = "is fitted exactly" if name in absorbed else "is a cluster by itself"
            named = ", ".join(sorted(map(str, alone)))
            notes.append(f"{name} {named} has one firm, which {what}")
    fewest = min((len(groups[each].levels) for each in ways), default=_FEW)
    if fewest < _FEW:
        notes.append(
            f"{fewest} clusters are few: crv1 rejects too often "
            "where a term varies in few of them"
            + ("" if len(ways) > 1 else "; cr2 and wild hold where it varies in several")
        )
    return tuple(notes)


def rests_on(
    model: LinearModel, names: list[str], ways: list[Group]
) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Clusters that each term needs, and notes on terms that no clustered inference speaks of."""
    parts, notes = [np.zeros((0, len(names)), dtype=bool)], []
    for group in ways:
        if len(group.levels) < 2:  # a single cluster is all there is
            parts.append(np.ones((1, len(names)), dtype=bool))
            continue
        found = indispensable(replace(model, clusters=group.codes, crossed=None))
        parts.append(found)
        notes += [
            f"{name} cannot be estimated without {group.levels.name} "
            f"{' or '.join(map(str, group.levels[of]))}: "
            "no clustered inference holds, and none is shown"
            for name, of in zip(names, found.T, strict=True)
            if of.any()
        ]
    return np.vstack(parts), tuple(notes)


def default_inference(ways: list[Group]) -> Inference:
    """Of all inferences only CR2 held in every design of benchmarks/rejection_rates.py."""
    if not ways:
        return "hc1"
    return "cr2" if len(ways) == 1 and len(ways[0].levels) < _FEW else "crv1"

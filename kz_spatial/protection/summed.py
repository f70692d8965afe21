"""The estimates of a study as they may be shown, where firms are known by their sums alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kz_spatial.estimates import score_units
from kz_spatial.protection.complements import Hidden, hide_cells
from kz_spatial.protection.country import round_country
from kz_spatial.protection.tables import (
    VERDICTS,
    Protected,
    count_reasons,
    open_verdicts,
    protect_level,
    spread_of,
    verdict_table,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from kz_spatial.design import DisclosureRules, StudyDesign
    from kz_spatial.protection.answer_sums import CellSums
    from kz_spatial.protection.errors import Spread

__all__ = ["protect_sums"]


def protect_sums(
    tables: Mapping[str, pd.DataFrame],
    country: pd.DataFrame,
    cells: Mapping[str, CellSums],
    region: NDArray[np.intp],
    *,
    design: StudyDesign,
    rules: DisclosureRules,
    weights: str | None = None,
) -> Protected:
    """Keep what may be shown of estimates made of sums: the same rules as `protect_tables`.

    Parameters
    ----------
    tables : mapping of DataFrame
        By level, the finest last, as `unit_table` gives them: with the rules' least number where
        they are open, with 1 where they are guarded.
    country : DataFrame
        `mean`, `sd` and `estimate` over all firms, a row an indicator.
    cells : mapping of CellSums
        By indicator, of the units of the finest level, then of firms that have none.
    region : (n_cells,) array of int
        Region of each cell; one more than there are where it has none.
    design : StudyDesign
    rules : DisclosureRules
    weights : str, optional
        Whether firms were weighted, and by what.

    Returns
    -------
    Protected
    """
    names = list(design.by_name)
    if not rules.guarded:
        verdicts = verdict_table({level: open_verdicts(t, names) for level, t in tables.items()})
        few = int((verdicts["verdict"] == VERDICTS[3]).sum())
        return Protected(dict(tables), country, verdicts, {"few": few} if few else {})
    finest = list(tables)[-1]
    n_units = len(tables[finest])
    n_regions = max(int(region.max()) + 1, len(design.grouping.codes))
    # a cell that no table has and that no firm is in would stand for a unit
    held = np.arange(len(region)) < n_units
    held |= sum(cells[name].n for name in names) > 0
    hidden = {
        name: hide_cells(
            cells[name].taken(held),
            region[held],
            n_regions,
            rules,
            never=np.flatnonzero(held) >= n_units,
        )
        for name in names
    }
    made, verdicts_of = {}, {}
    spreads: dict[str, Spread] = {}
    for level, given in tables.items():
        table = given.copy()
        masks = {name: each.at(level == finest)[: len(table)] for name, each in hidden.items()}
        if not spreads:  # one variance for all levels, else one level would tell another's
            spreads = {name: spread_of(table, name, masks[name], rules) for name in names}
        owner = np.arange(len(region)) if level == finest else region
        yes_of = {
            name: (grouped.plain[: len(table)], grouped.n[: len(table)])
            for name, each in design.by_name.items()
            if each.kind == "binary"
            for grouped in [cells[name].grouped(owner, int(owner.max()) + 1)]
        }
        verdicts_of[level] = protect_level(table, design, rules, masks, spreads, yes_of)
        made[level] = score_units(table, names, design)
        made[level].attrs = {**given.attrs, "min_firms": rules.min_firms}
    shown = country.copy()
    for name in names:
        _protect_whole(shown, name, cells[name], hidden[name], design, rules, weights)
    return Protected(made, shown, verdict_table(verdicts_of), count_reasons(hidden, n_units))


def _protect_whole(
    country: pd.DataFrame,
    name: str,
    cells: CellSums,
    hidden: Hidden,
    design: StudyDesign,
    rules: DisclosureRules,
    weights: str | None,
) -> None:
    """Withhold and round the country's figures of one question in place."""
    n = np.array([cells.n.sum()])
    if n[0] < rules.smooth_below:
        country.loc[name, "sd"] = np.nan
    if design.by_name[name].kind == "binary":
        round_country(country, name, np.array([cells.plain.sum()]), n, rules, weights)
    if hidden.country:
        country.loc[name] = np.nan

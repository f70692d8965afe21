"""Sums of a whole file, settled: which unit each cell is of, and the estimates that follow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kz_spatial.crosswalk import LEVEL, unit_at
from kz_spatial.errors import InputError, NotEnoughDataError
from kz_spatial.estimates import stratified_errors, unit_table
from kz_spatial.options import MIN_FIRMS
from kz_spatial.places import COUNTRY
from kz_spatial.protection import CellSums, Protected, protect_sums
from kz_spatial.regression import FitTables, LevelSums, fit_sums

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from kz_spatial.design import DisclosureRules, StudyDesign
    from kz_spatial.places import Place
    from kz_spatial.streams.firm_sums import FirmSums
    from kz_spatial.streams.term_columns import TermColumns

__all__ = ["LocatedSums", "locate_sums"]


@dataclass(frozen=True, slots=True, eq=False)
class LocatedSums:
    """Sums over firms with the unit of every cell.

    Attributes
    ----------
    sums : FirmSums
    design : StudyDesign
    unit, region : (C,) arrays of int
        Unit and region of each cell, by their order in the design; -1 for none.
    stratum : (C,) array of int
    weights : str or None
    levels : tuple of str
        Levels that firms can be told by, the finest last.
    totals : int
        Rows that are of the whole country, and set apart.
    terms : TermColumns or None
        Of the regression.
    """

    sums: FirmSums
    design: StudyDesign
    unit: NDArray[np.intp]
    region: NDArray[np.intp]
    stratum: NDArray[np.intp]
    weights: str | None
    levels: tuple[str, ...]
    totals: int
    terms: TermColumns | None = None

    @property
    def strata(self) -> NDArray[np.float64]:
        """Firms of each stratum."""
        return np.bincount(self.stratum, self.sums.n_firms).astype(float)

    @property
    def n_firms(self) -> int:
        """Firms in all."""
        return self.sums.n_rows

    def owners(self, level: str) -> tuple[NDArray[np.intp], int]:
        """Unit of each cell at a level, and how many there are."""
        owner = self.unit if level == LEVEL else self.region
        return owner, len(self.design.grouping.unit_codes(level))

    def table(self, level: str, min_firms: int = MIN_FIRMS) -> pd.DataFrame:
        """Figures of the units of a level, as `aggregate` gives them; no other rule is kept."""
        owner, n_units = self.owners(level)
        parts: dict[str, dict[str, NDArray[np.float64]]] = {}
        for name, each in self.sums.indicators.items():
            moments = each.grouped(owner, n_units).unit_moments()
            if len(self.strata) > 1:
                moments["se"] = stratified_errors(each, owner, self.stratum, self.strata, n_units)
            if self.weights is None:
                del moments["unweighted_mean"]
            parts[name] = moments
        use = owner >= 0
        firms = np.bincount(owner[use], self.sums.n_firms[use], n_units).astype(np.intp)
        found = unit_table(parts, firms, by=level, design=self.design, min_firms=min_firms)
        found.attrs = {"by": level, "weights": self.weights, "min_firms": min_firms}
        return found

    @property
    def country(self) -> pd.DataFrame:
        """`mean`, `sd` and `estimate` over all firms, a row an indicator."""
        whole, rows = np.zeros(len(self.unit), dtype=np.intp), {}
        for name, each in self.sums.indicators.items():
            together = each.grouped(whole, 1)
            plain = replace(together, weighted=together.plain, squared=together.plain)
            own = plain.unit_moments()
            rows[name] = {
                "mean": float(own["mean"][0]),
                "sd": float(own["sd"][0]),
                "estimate": float(together.unit_moments()["mean"][0]),
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("indicator")

    def protected(self, rules: DisclosureRules) -> Protected:
        """Estimates as the rules let them be shown."""
        least = 1 if rules.guarded else rules.min_firms
        tables = {level: self.table(level, least) for level in self.levels}
        leaf, region = self._leaves()
        cells = {name: each.grouped(leaf, len(region)) for name, each in self.sums.answers.items()}
        return protect_sums(
            tables,
            self.country,
            cells,
            region,
            design=self.design,
            rules=rules,
            weights=self.weights,
        )

    def _leaves(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Leaf of each cell, and region of each leaf: units, then firms that have none."""
        grouping, finest = self.design.grouping, self.levels[-1]
        codes, regions = list(grouping.unit_codes(finest)), list(grouping.codes)
        of_code = grouping.regions_of(codes) if finest == LEVEL else codes
        region = [regions.index(str(each)) for each in of_code]
        owner, _ = self.owners(finest)
        # firms of a region alone stand beside its oblasts, others by themselves
        lost = np.where(self.region >= 0, self.region, len(regions)) + len(codes)
        leaf = np.where(owner >= 0, owner, lost)
        return leaf, np.array([*region, *range(len(regions) + 1)], dtype=np.intp)

    def yes(self, name: str) -> CellSums:
        """Answers to one question over all firms."""
        return self.sums.answers[name].grouped(np.zeros(len(self.unit), dtype=np.intp), 1)

    def fit(self) -> FitTables:
        """The regression of the design, from sums by the level that is absorbed.

        Raises
        ------
        NotEnoughDataError
            When there is none, or `fit_sums` cannot fit it.
        """
        grouping, terms, moments = self.design.grouping, self.terms, self.sums.terms
        if terms is None or moments is None:
            raise NotEnoughDataError("the design has no regression that chunks can sum")
        by_oblast = terms.absorbed != grouping.name
        level = LEVEL if by_oblast else grouping.name
        owner, n_levels = self.owners(level)
        codes, clusters = list(grouping.unit_codes(level)), list(grouping.codes)
        of = [str(each) for each in (grouping.regions_of(codes) if by_oblast else codes)]
        # in the order of names, which is that of a column of them
        order, names = np.argsort(codes), sorted(clusters)
        place = np.empty(n_levels, dtype=np.intp)
        place[order] = np.arange(n_levels)
        known = np.bincount(owner[owner >= 0], self.sums.n_firms[owner >= 0], n_levels)[order] > 0
        step = np.where(known, np.cumsum(known) - 1, -1)
        new = np.where(owner >= 0, step[place[owner]], -1)
        kept = order[known]
        return fit_sums(
            LevelSums(
                formula=terms.formula,
                outcome=terms.outcome,
                terms=terms.terms,
                absorbed=terms.absorbed,
                cluster=grouping.name,
                levels=pd.Index([codes[each] for each in kept], name=terms.absorbed),
                clusters=pd.Index(names, name=grouping.name),
                owner=np.array([names.index(of[each]) for each in kept], dtype=np.intp),
                moments=moments.grouped(new, len(kept)),
            )
        )

    def told(self) -> dict[str, int]:
        """Rows by what became of them, as a join counts them."""
        n, kinds = self.sums.n_firms, self.sums.kinds
        region_only = (self.unit < 0) & (self.region >= 0)
        missing = sum(kinds[each].n for each in ("nothing", "half") if each in kinds)
        unreadable = kinds["unreadable"].n if "unreadable" in kinds else 0
        lost = round(float(n[(self.unit < 0) & (self.region < 0)].sum()))
        return {
            "rows": self.n_firms + self.totals,
            "matched": round(float(n[self.unit >= 0].sum())),
            "region_only": round(float(n[region_only].sum())),
            "totals": self.totals,
            "outside": max(lost - missing - unreadable, 0),
            "unmatched": min(unreadable, lost),
            "missing": min(missing, lost),
        }


def _taken(sums: FirmSums, keep: NDArray[np.bool_]) -> FirmSums:
    """Sums without some cells."""
    if keep.all():
        return sums
    place = np.where(keep, np.cumsum(keep) - 1, -1)
    n = int(keep.sum())
    return replace(
        sums,
        cells=[cell for cell, kept in zip(sums.cells, keep, strict=True) if kept],
        n_firms=sums.n_firms[keep],
        weight=sums.weight[keep],
        indicators={name: each.grouped(place, n) for name, each in sums.indicators.items()},
        answers={name: each.taken(keep) for name, each in sums.answers.items()},
        terms=None if sums.terms is None else sums.terms.grouped(place, n),
    )


def locate_sums(
    sums: FirmSums,
    places: Mapping[str, Place | None],
    design: StudyDesign,
    *,
    weights: str | None,
    terms: TermColumns | None = None,
) -> LocatedSums:
    """Put every cell into its unit.

    Parameters
    ----------
    sums : FirmSums
        Of a whole file.
    places : mapping
        What each region of a cell means; None for none.
    design : StudyDesign
    weights : str or None
    terms : TermColumns, optional

    Returns
    -------
    LocatedSums

    Raises
    ------
    InputError
        When no firm has a unit.
    """
    grouping = design.grouping
    found = [places[text] for text, _ in sums.cells]
    whole = np.array([each is not None and each.level == COUNTRY for each in found])
    totals = round(float(sums.n_firms[whole].sum()))
    sums = _taken(sums, ~whole)
    found = [each for each, gone in zip(found, whole, strict=True) if not gone]
    units, regions = list(grouping.unit_codes(LEVEL)), list(grouping.codes)
    unit = [_unit(each, units, grouping.vintage) for each in found]
    region = [-1 if each is None else regions.index(str(each.region)) for each in found]
    strata = list(dict.fromkeys(stratum for _, stratum in sums.cells))
    # firms without a stratum leave the others none either
    stratum = [0 if "" in strata else strata.index(each) for _, each in sums.cells]
    if not region or max(region) < 0:
        raise InputError(f"no {grouping.name} in any of {sums.n_rows} rows")
    located: dict[str, Any] = {
        name: np.array(each, dtype=np.intp)
        for name, each in (("unit", unit), ("region", region), ("stratum", stratum))
    }
    levels = design.levels if max(unit) >= 0 else design.levels[:1]
    return LocatedSums(
        sums=sums,
        design=design,
        weights=weights,
        levels=levels,
        totals=totals,
        terms=terms,
        **located,
    )


def _unit(place: Place | None, codes: list[str], vintage: int) -> int:
    if place is None or place.level != LEVEL:
        return -1
    code = place.code if place.code in codes else unit_at(place.code, vintage)
    return codes.index(code) if code in codes else -1

"""Sums over firms by where they are and how they were drawn: all that a study needs of them.

A cell is a region as the file writes it and a stratum. Sums of two parts of a file are put
together cell by cell; what a name means is settled when all of them are known, as for a file that
is read whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from kz_spatial.estimates import WeightedMoments
    from kz_spatial.protection import CellSums
    from kz_spatial.surfaces import PointBins

__all__ = ["Cell", "FirmSums", "Seen", "merge_all", "merged_seen"]

# region as the file writes it, and stratum; empty where there is none
Cell = tuple[str, str]
_ROWS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """Rows of one kind: how many, and the first of them.

    Attributes
    ----------
    n : int
    rows : tuple of str
        What the first few are called.
    example : str
        What the first holds.
    """

    n: int
    rows: tuple[str, ...]
    example: str = ""

    @property
    def where(self) -> str:
        """The rows in words.

        Examples
        --------
        >>> Seen(7, ("2", "3", "5", "8", "9")).where
        'rows 2, 3, 5, 8, 9 and 2 more'
        """
        more = f" and {self.n - len(self.rows)} more" if self.n > len(self.rows) else ""
        return f"row{'s' if self.n > 1 else ''} {', '.join(self.rows)}{more}"


def merged_seen(one: Mapping[str, Seen], two: Mapping[str, Seen]) -> dict[str, Seen]:
    """Rows of each kind in two parts of a file, those of the first part first.

    Examples
    --------
    >>> merged_seen({"zero": Seen(1, ("3",))}, {"zero": Seen(2, ("5", "6"))})["zero"].where
    'rows 3, 5, 6'
    """
    found = dict(one)
    for key, each in two.items():
        first = found.get(key)
        if first is None:
            found[key] = each
        else:
            rows = (*first.rows, *each.rows)[:_ROWS_SHOWN]
            found[key] = Seen(first.n + each.n, rows, first.example)
    return found


@dataclass(slots=True, eq=False)
class FirmSums:
    """Sums over the firms of a part of a file.

    Attributes
    ----------
    cells : list of Cell
    n_firms, weight : (C,) arrays
        Firms of each cell, and their weights summed.
    indicators : dict of WeightedMoments
        Of each indicator, by cell.
    answers : dict of CellSums
        What the rules ask of each, by cell.
    terms : WeightedMoments or None
        Of the regression's terms and outcome over complete firms, by cell.
    attrition : DataFrame
    regions, kinds, waves : dict of Seen
        Rows by region as the file writes it; by what is wrong with their coordinates; and by what
        the columns of waves hold.
    on_border : int
        Points on a shared border.
    bins : PointBins or None
    """

    cells: list[Cell]
    n_firms: NDArray[np.float64]
    weight: NDArray[np.float64]
    indicators: dict[str, WeightedMoments]
    answers: dict[str, CellSums]
    terms: WeightedMoments | None
    attrition: pd.DataFrame
    regions: dict[str, Seen] = field(default_factory=dict)
    kinds: dict[str, Seen] = field(default_factory=dict)
    waves: dict[str, Seen] = field(default_factory=dict)
    on_border: int = 0
    bins: PointBins | None = None

    @property
    def n_rows(self) -> int:
        """Firms in all."""
        return round(float(self.n_firms.sum()))

    def merged(self, other: FirmSums) -> FirmSums:
        """Sums of this part of a file and of a later one.

        Parameters
        ----------
        other : FirmSums

        Returns
        -------
        FirmSums
            The bins of this one are added to and go along.
        """
        places = {cell: place for place, cell in enumerate(self.cells)}
        for cell in other.cells:
            places.setdefault(cell, len(places))
        n = len(places)
        owner = np.array([places[cell] for cell in (*self.cells, *other.cells)], dtype=np.intp)

        def added(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.bincount(owner, np.concatenate([one, two]), n).astype(float)

        bins = self.bins
        if bins is None:
            bins = other.bins
        elif other.bins is not None:
            bins.merge(other.bins)
        terms = None
        if self.terms is not None and other.terms is not None:
            terms = self.terms.beside(other.terms).grouped(owner, n)
        numbers = self.attrition.select_dtypes("number").columns
        attrition = self.attrition.copy()
        attrition[numbers] += other.attrition[numbers]
        return FirmSums(
            cells=list(places),
            n_firms=added(self.n_firms, other.n_firms),
            weight=added(self.weight, other.weight),
            indicators={
                name: each.beside(other.indicators[name]).grouped(owner, n)
                for name, each in self.indicators.items()
            },
            answers={
                name: each.beside(other.answers[name]).grouped(owner, n)
                for name, each in self.answers.items()
            },
            terms=terms,
            attrition=attrition,
            regions=merged_seen(self.regions, other.regions),
            kinds=merged_seen(self.kinds, other.kinds),
            waves=merged_seen(self.waves, other.waves),
            on_border=self.on_border + other.on_border,
            bins=bins,
        )


def merge_all(parts: Iterable[FirmSums]) -> FirmSums | None:
    """Sums of parts of a file, in their order; None where there are none."""
    made: FirmSums | None = None
    for each in parts:
        made = each if made is None else made.merged(each)
    return made

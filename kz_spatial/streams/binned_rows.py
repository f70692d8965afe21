"""The density of points of a file of any number of rows, or a smoothed mean of a column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from kz_spatial._validate import check_columns, check_option, printable
from kz_spatial.errors import CallError, InputError
from kz_spatial.estimates import WeightedMoments, weighted_moments
from kz_spatial.options import DATA_CRS
from kz_spatial.places import oblasts
from kz_spatial.streams.firm_sums import Seen, merged_seen
from kz_spatial.streams.row_source import CHUNK_ROWS, Chunk, RowSource, open_rows
from kz_spatial.streams.sum_plan import coordinates_of, seen_kinds
from kz_spatial.surfaces import KERNELS, bandwidth_of_sums, make_bins
from kz_spatial.survey import numbers_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.streams.progress import RowProgress
    from kz_spatial.surfaces import DensitySurface, Kernel

__all__ = ["BinnedRows", "bin_rows"]

_RULES: Final = ("scott", "silverman")


@dataclass(slots=True, eq=False)
class BinnedRows:
    """A surface of the points of a file, and what became of its rows.

    Attributes
    ----------
    surface : DensitySurface
    rows : int
    kinds : dict of Seen
        Rows by what is wrong with their coordinates.
    """

    surface: DensitySurface
    rows: int
    kinds: dict[str, Seen] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Columns of points, and what they are in."""

    source: RowSource
    value: str | None
    weights: str | None
    x: str
    y: str
    crs: Any

    @property
    def columns(self) -> list[str]:
        own = [self.source.geometry] if self.source.geometry is not None else [self.x, self.y]
        return list(dict.fromkeys(filter(None, [*own, self.value, self.weights])))

    def points(
        self, chunk: Chunk
    ) -> tuple[tuple[NDArray[np.float64] | None, ...], dict[str, Seen]]:
        """Metres, weights and values of the points of a chunk, and rows that are none."""
        located = coordinates_of(chunk, self.source, self.x, self.y, crs=self.crs)
        rows = chunk.first_row + np.arange(len(chunk))
        use = np.isfinite(located.east)
        found: list[NDArray[np.float64] | None] = []
        for name in (self.weights, self.value):
            own = None
            if name is not None:
                own = numbers_of(chunk.table.column(name).to_pandas(), chunk.path, name, rows)
                use &= np.isfinite(own)
            found.append(own)
        weight = found[0]
        if weight is not None and (bad := np.flatnonzero(use & (weight < 0))).size:
            raise InputError(
                f"{chunk.path}: row {rows[bad[0]]}, column {self.weights}: found "
                f"{weight[bad[0]]:g}, expected a weight of 0 or more"
            )
        at = np.stack([located.east, located.north])
        kept = tuple(each if each is None else each[use] for each in found)
        return (at[:, use], *kept), seen_kinds(located, rows)


def _bandwidth(asked: _Asked, chunk_rows: int) -> float:
    """Bandwidth by Scott's rule, from a first reading of the places."""
    whole: WeightedMoments | None = None
    for chunk in asked.source.chunks(asked.columns, chunk_rows):
        (at, weight, _), _ = asked.points(chunk)
        assert at is not None
        cell = np.zeros(at.shape[1], dtype=np.intp)
        own = weighted_moments(at.T, cell, 1, weight)
        both = own if whole is None else whole.beside(own)
        whole = both.grouped(np.zeros(len(both.plain.total), dtype=np.intp), 1)
    assert whole is not None
    return bandwidth_of_sums(
        int(whole.plain.total[0]),
        float(whole.weighted.total[0]),
        float(whole.squared.total[0]),
        np.diag(whole.weighted.products[0]),
    )


def bin_rows(
    path: Path,
    *,
    value: str | None = None,
    weights: str | None = None,
    kernel: str = "gaussian",
    bandwidth: float | str | None = None,
    cell_m: float,
    axes: tuple[str, str] = ("longitude", "latitude"),
    crs: Any = DATA_CRS,
    chunk_rows: int = CHUNK_ROWS,
    progress: RowProgress | None = None,
) -> BinnedRows:
    """Make the surface of a file of points in bounded memory.

    Parameters
    ----------
    path : Path
        .csv, .tsv, .parquet or a folder of .parquet files.
    value, weights : str, optional
        Column to smooth, and of weights.
    kernel : str
    bandwidth : float or str, optional
        In metres; without it, or by "scott" or "silverman", the file is read twice.
    cell_m : float
    axes : (str, str)
        Columns of coordinates, where there is no geometry.
    crs : any
    chunk_rows : int
    progress : RowProgress, optional

    Returns
    -------
    BinnedRows

    Raises
    ------
    InputError, CallError
        When columns are missing or no numbers, or sizes are none.
    """
    source, (x, y) = open_rows(path), axes
    asked = _Asked(source, value, weights, x, y, crs)
    check_columns(source.columns, asked.columns, what=printable(path))
    rule, h = "given", bandwidth
    if bandwidth is None or isinstance(bandwidth, str):
        rule = bandwidth or "scott"
        if rule not in _RULES:
            raise CallError(
                f"bandwidth={rule!r}: in chunks expected metres, {' or '.join(map(repr, _RULES))}"
            )
        h = _bandwidth(asked, chunk_rows)
    check_option("kernel", kernel, KERNELS)
    bins = make_bins(
        oblasts(), bandwidth_m=cast("float", h), cell_m=cell_m, kernel=cast("Kernel", kernel)
    )
    kinds, n = dict[str, Seen](), 0

    def chunks() -> Iterator[Chunk]:
        for chunk in source.chunks(asked.columns, chunk_rows):
            yield chunk
            if progress is not None:
                progress.add(len(chunk))

    for chunk in chunks():
        (at, weight, values), own = asked.points(chunk)
        assert at is not None
        kinds, n = merged_seen(kinds, own), n + len(chunk)
        bins.add(at, weight, values)
    return BinnedRows(bins.surface(value, rule=rule), n, kinds)

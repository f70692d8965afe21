"""What is summed of a file, chunk by chunk: one plan, whoever carries it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import printable
from kz_spatial.errors import InputError, SurveyError
from kz_spatial.estimates import WeightedMoments, weighted_moments
from kz_spatial.options import DATA_CRS
from kz_spatial.places import PLACE, Located, locate, oblasts, units_at
from kz_spatial.protection import Answers, CellSums, cell_sums
from kz_spatial.streams.firm_sums import Cell, FirmSums, Seen, merge_all
from kz_spatial.streams.point_columns import points_of
from kz_spatial.streams.row_source import CHUNK_ROWS, Chunk, Part, RowSource
from kz_spatial.streams.term_columns import TermColumns
from kz_spatial.surfaces import PointBins, make_bins
from kz_spatial.survey import RegisterColumns, code_part, weights_of_part

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from kz_spatial.design import Indicator

__all__ = ["Densities", "SumPlan", "coded_column", "coordinates_of", "seen_kinds"]

_AXES: Final = ("longitude", "latitude")
# names of regions and of strata are few; a column of more is another column
_MOST_NAMES: Final = 20_000
_ROWS_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Densities:
    """Sizes of the surfaces that are binned along.

    Attributes
    ----------
    bandwidth_m, cell_m : float
    value : str or None
        Indicator that is smoothed beside the density of firms.
    """

    bandwidth_m: float
    cell_m: float
    value: str | None


@dataclass(frozen=True, slots=True)
class SumPlan:
    """What is summed of a file.

    Attributes
    ----------
    source : RowSource
    columns : RegisterColumns
    weights, strata : str or None
        Columns by the design's names.
    terms : TermColumns or None
        Of the regression.
    densities : Densities or None
    where : tuple of (str, str)
        Columns of the file and the values that rows must hold.
    waves : tuple of str
        Columns of the file that tell waves apart.
    chunk_rows : int
    """

    source: RowSource
    columns: RegisterColumns
    weights: str | None
    strata: str | None
    terms: TermColumns | None
    densities: Densities | None
    where: tuple[tuple[str, str], ...] = ()
    waves: tuple[str, ...] = ()
    chunk_rows: int = CHUNK_ROWS

    @property
    def by_point(self) -> bool:
        """Whether firms are joined by their coordinates."""
        return "region" not in self.columns.names

    @property
    def has_points(self) -> bool:
        """Whether firms have coordinates."""
        return self.source.geometry is not None or set(_AXES) <= set(self.columns.names)

    @property
    def wanted(self) -> list[str]:
        """Columns of the file that are read."""
        names = self.columns.names
        roles = [*self.columns.items, *filter(None, (self.weights, self.strata)), "region"]
        found = [names[each] for each in roles if each in names]
        if self.source.geometry is not None:
            found.append(self.source.geometry)
        elif self.has_points:
            found += [names[each] for each in _AXES]
        return list(dict.fromkeys([*found, *(column for column, _ in self.where), *self.waves]))

    def sums(self, parts: Sequence[Part] = ()) -> Iterator[FirmSums]:
        """Sums of each chunk of some parts, or of all.

        Raises
        ------
        InputError
            When the file is damaged, or a cell holds what it must not.
        """
        for chunk in self.source.chunks(self.wanted, self.chunk_rows, parts):
            yield self.of(chunk)

    def merged(self, parts: Sequence[Part] = ()) -> FirmSums | None:
        """Sums of some parts, or of all, put together."""
        return merge_all(self.sums(parts))

    def of(self, chunk: Chunk) -> FirmSums:
        """Sums of one chunk."""
        chunk, row_of = _picked(chunk, self.where)
        names, n = self.columns.names, len(chunk)
        frame = pd.DataFrame(
            {key: _column(chunk.table, name) for key, name in self.columns.items.items()},
            index=range(n),
        )
        coded = code_part(frame, self.columns, row_of)
        weight = None
        if self.weights is not None:
            given = _column(chunk.table, names[self.weights])
            weight = weights_of_part(given, self.columns, self.weights, row_of)
        located = self._located(chunk) if self.has_points else None
        region, texts, on_border = self._regions(chunk, located)
        stratum, strata = np.zeros(n, dtype=np.intp), [""]
        if self.strata is not None:
            stratum, strata = coded_column(chunk.table.column(names[self.strata]))
        cell, cells = _cells(region, texts, stratum, strata)
        answered = {
            name: self._answers(values, weight, cell, len(cells), name)
            for name, values in coded.values.items()
        }
        one = np.ones(n) if weight is None else weight
        return FirmSums(
            cells=cells,
            n_firms=np.bincount(cell, minlength=len(cells)).astype(float),
            weight=np.bincount(cell, one, len(cells)).astype(float),
            indicators={name: each[0] for name, each in answered.items()},
            answers={name: each[1] for name, each in answered.items()},
            terms=self._terms(coded.values, weight, cell, len(cells)),
            attrition=coded.attrition,
            regions=_seen(region, texts, row_of),
            kinds={} if located is None else seen_kinds(located, row_of),
            waves=self._waves(chunk, row_of),
            on_border=on_border,
            bins=None if located is None else self._bins(located, weight, coded.values),
        )

    def _answers(
        self,
        values: NDArray[np.float64],
        weight: NDArray[np.float64] | None,
        cell: NDArray[np.intp],
        n_cells: int,
        name: str,
    ) -> tuple[WeightedMoments, CellSums]:
        """Moments of an indicator, and what the rules ask of it."""
        each: Indicator = self.columns.design.by_name[name]
        use = np.isfinite(values)
        if not use.all():
            values, cell = values[use], cell[use]
            weight = None if weight is None else weight[use]
        one = np.ones(len(values)) if weight is None else weight
        binary = each.kind == "binary"
        answers = Answers(values, one, cell, 1.0 if binary else float(each.rule.upper), binary)
        moments = weighted_moments(values[:, None], cell, n_cells, weight)
        return moments, cell_sums(answers, n_cells)

    def _terms(
        self,
        values: dict[str, NDArray[np.float64]],
        weight: NDArray[np.float64] | None,
        cell: NDArray[np.intp],
        n_cells: int,
    ) -> WeightedMoments | None:
        if self.terms is None:
            return None
        columns, complete = self.terms.of(values)
        own = None if weight is None else weight[complete]
        return weighted_moments(columns, cell[complete], n_cells, own)

    def _located(self, chunk: Chunk) -> Located:
        names = self.columns.names
        if self.source.geometry is not None:
            return coordinates_of(chunk, self.source, *_AXES, crs=self.source.crs)
        x, y = (names[each] for each in _AXES)
        return coordinates_of(chunk, self.source, x, y, crs=DATA_CRS)

    def _regions(
        self, chunk: Chunk, located: Located | None
    ) -> tuple[NDArray[np.intp], list[str], int]:
        """Region of each row as a number, what these mean, and points on borders."""
        if not self.by_point:
            return *coded_column(chunk.table.column(self.columns.names["region"])), 0
        assert located is not None
        grouping = self.columns.design.grouping
        areas = oblasts(vintage=grouping.vintage, grouping=grouping)
        unit, _, on_border = units_at(located, areas)
        return unit.astype(np.intp) + 1, ["", *map(str, areas.index)], on_border

    def _bins(
        self,
        located: Located,
        weight: NDArray[np.float64] | None,
        values: Mapping[str, NDArray[np.float64]],
    ) -> PointBins | None:
        if self.densities is None:
            return None
        asked = self.densities
        bins = make_bins(
            oblasts(detail="light"), bandwidth_m=asked.bandwidth_m, cell_m=asked.cell_m
        )
        # as a survey's firms: a point abroad counts as none
        use = located.kinds == PLACE
        at = np.stack([located.east, located.north])
        value = None if asked.value is None else values[asked.value]
        if not use.all():
            at, value = at[:, use], None if value is None else value[use]
            weight = None if weight is None else weight[use]
        bins.add(at, weight, value)
        return bins

    def _waves(self, chunk: Chunk, row_of: NDArray[np.intp]) -> dict[str, Seen]:
        found: dict[str, Seen] = {}
        for column in self.waves:
            code, texts = coded_column(chunk.table.column(column))
            own = _seen(code, texts, row_of)
            found |= {f"{column}\n{text}": each for text, each in own.items() if text}
        return found


def coordinates_of(chunk: Chunk, source: RowSource, x: str, y: str, *, crs: Any) -> Located:
    """Where the rows of a chunk lie, by its geometry or by two columns.

    Raises
    ------
    InputError
        When geometries are no points, or lack a reference system.
    """
    if source.geometry is None:
        frame = pd.DataFrame({name: _column(chunk.table, name) for name in dict.fromkeys((x, y))})
        return locate(frame, x=x, y=y, crs=crs, what=printable(chunk.path))
    if source.crs is None:
        raise InputError(
            f"{chunk.path}: column {source.geometry}: found geometries without a coordinate "
            "reference system, expected one"
        )
    try:
        along, across = points_of(chunk.table.column(source.geometry))
    except InputError as error:
        raise InputError(f"{chunk.path}: column {source.geometry}: {error}") from error
    return locate(pd.DataFrame({x: along, y: across}), x=x, y=y, crs=_authority(source.crs))


def _authority(crs: Any) -> Any:
    """A reference system by its usual name where it is that of longitude and latitude."""
    if isinstance(crs, dict):
        known = crs.get("id", {})
        told = f"{known.get('authority')}:{known.get('code')}"
        return DATA_CRS if told in ("EPSG:4326", "OGC:CRS84") else crs
    return crs


def _column(table: pa.Table, name: str) -> pd.Series[Any]:
    """A column as pandas has it: numbers as numbers, text as text."""
    made: pd.Series[Any] = table.column(name).to_pandas()
    return made


def coded_column(column: pa.ChunkedArray) -> tuple[NDArray[np.intp], list[str]]:
    """Cells of a column as numbers, and the text that each number stands for; 0 is nothing."""
    import pyarrow.compute as pc

    coded = pc.dictionary_encode(column.combine_chunks())
    coded = coded.chunk(0) if hasattr(coded, "chunk") else coded
    values = coded.dictionary.to_pylist()
    if len(values) > _MOST_NAMES:
        raise SurveyError(
            [f"found more than {_MOST_NAMES:,} names in one chunk, expected regions or strata"]
        )
    texts = [_text(each) for each in values]
    known = list(dict.fromkeys(["", *texts]))
    number = np.array([*(known.index(each) for each in texts), 0], dtype=np.intp)
    codes = coded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
    return number[codes], known


def _text(value: object) -> str:
    """A cell as text, whole numbers without a point."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _cells(
    region: NDArray[np.intp], texts: list[str], stratum: NDArray[np.intp], strata: list[str]
) -> tuple[NDArray[np.intp], list[Cell]]:
    """Cell of each row, and the cells that occur."""
    pair = region * len(strata) + stratum
    held = np.flatnonzero(np.bincount(pair, minlength=len(texts) * len(strata)))
    place = np.zeros(len(texts) * len(strata), dtype=np.intp)
    place[held] = np.arange(len(held))
    return place[pair], [(texts[each // len(strata)], strata[each % len(strata)]) for each in held]


def _seen(
    code: NDArray[np.intp], texts: Sequence[str], row_of: NDArray[np.intp]
) -> dict[str, Seen]:
    """How many rows hold each text, and the first few of them."""
    count = np.bincount(code, minlength=len(texts))
    some = code[:1000]
    found = {}
    for each in np.flatnonzero(count):
        rows = np.flatnonzero(some == each)[:_ROWS_SHOWN]
        if len(rows) < min(count[each], _ROWS_SHOWN):
            rows = np.flatnonzero(code == each)[:_ROWS_SHOWN]
        found[texts[int(each)]] = Seen(int(count[each]), tuple(str(row_of[row]) for row in rows))
    return found


def seen_kinds(located: Located, row_of: NDArray[np.intp]) -> dict[str, Seen]:
    """Rows by what is wrong with their coordinates; places in the country are not told."""
    other = np.flatnonzero(located.kinds != PLACE)
    found = {}
    for kind in np.unique(located.kinds[other]):
        rows = other[located.kinds[other] == kind]
        first = rows[0]
        pair = f"{located.x[first]:g}, {located.y[first]:g}"
        example = repr(located.texts[first]) if first in located.texts else pair
        named = tuple(str(row_of[row]) for row in rows[:_ROWS_SHOWN])
        found[str(kind)] = Seen(len(rows), named, example)
    return found


def _picked(chunk: Chunk, where: Sequence[tuple[str, str]]) -> tuple[Chunk, NDArray[np.intp]]:
    """Rows whose columns hold what was asked for, and what they are called."""
    row_of = chunk.first_row + np.arange(len(chunk))
    if not where:
        return chunk, row_of
    keep = np.ones(len(chunk), dtype=bool)
    for column, value in where:
        code, texts = coded_column(chunk.table.column(column))
        keep &= np.array([text.casefold() == value.casefold() for text in texts])[code]
    return Chunk(chunk.table.filter(keep), chunk.first_row, chunk.path), row_of[keep]

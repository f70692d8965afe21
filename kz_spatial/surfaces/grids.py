"""The cells of a surface, and which points count as inside their mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kz_spatial.errors import CallError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rasterio.transform import Affine

__all__ = ["BYTES_A_CELL", "LEAST_MASS", "MAX_CELLS", "Grid", "make_grid"]

MAX_CELLS: Final = 20_000_000
# nodes, kernels and transforms at eight bytes each
BYTES_A_CELL: Final = 90
# of a kernel that has less of its mass inside, nothing can be made whole
LEAST_MASS: Final = 1e-9
_AT_ONCE: Final = 1 << 17


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Cells of a north-up raster.

    Attributes
    ----------
    west, north : float
        Its corner, in metres.
    cell_m : float
    rows, columns : int
    """

    west: float
    north: float
    cell_m: float
    rows: int
    columns: int

    @property
    def transform(self) -> Affine:
        """Cell to metres."""
        from rasterio.transform import from_origin

        return from_origin(self.west, self.north, self.cell_m, self.cell_m)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, self.columns

    @property
    def x(self) -> NDArray[np.float64]:
        """Centres of columns."""
        return np.asarray(self.west + self.cell_m * (np.arange(self.columns) + 0.5))

    @property
    def y(self) -> NDArray[np.float64]:
        """Centres of rows."""
        return np.asarray(self.north - self.cell_m * (np.arange(self.rows) + 0.5))

    def beyond(self, at: NDArray[np.float64]) -> float:
        """How far beyond the cells the farthest of some points lies, in metres."""
        far = (
            self.west - at[0].min(),
            at[0].max() - (self.west + self.columns * self.cell_m),
            self.north - self.rows * self.cell_m - at[1].min(),
            at[1].max() - self.north,
            0.0,
        )
        return float(max(far))

    def near(self, at: NDArray[np.float64], mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Points in a cell of the mask or in one beside it: a border cuts through cells."""
        wide = np.pad(mask, 2)
        wide = np.logical_or.reduce([np.roll(wide, step, axis=0) for step in (-1, 0, 1)])
        wide = np.logical_or.reduce([np.roll(wide, step, axis=1) for step in (-1, 0, 1)])
        found = np.empty(at.shape[1], dtype=bool)
        for start in range(0, at.shape[1], _AT_ONCE):  # so that nothing large is laid out for it
            here = slice(start, start + _AT_ONCE)
            column = np.floor((at[0, here] - self.west) / self.cell_m).clip(-2, self.columns + 1)
            row = np.floor((self.north - at[1, here]) / self.cell_m).clip(-2, self.rows + 1)
            found[here] = wide[row.astype(np.intp) + 2, column.astype(np.intp) + 2]
        return found


def make_grid(bounds: NDArray[np.float64], cell_m: float) -> Grid:
    """Cells over bounds, with edges at whole numbers of cells.

    Raises
    ------
    CallError
        When they are too many.

    Examples
    --------
    >>> make_grid(np.array([5.0, 5.0, 25.0, 15.0]), 10.0).shape
    (2, 3)
    """
    west, south = np.floor(bounds[:2] / cell_m) * cell_m
    east, north = np.ceil(bounds[2:] / cell_m) * cell_m
    rows, columns = round((north - south) / cell_m), round((east - west) / cell_m)
    if rows * columns > MAX_CELLS:
        raise CallError(
            f"cell_m={cell_m:g}: makes {rows} x {columns} cells, expected at most "
            f"{MAX_CELLS:,} in all; these would take {rows * columns * BYTES_A_CELL / 1e9:,.0f} "
            "GB of memory"
        )
    return Grid(float(west), float(north), float(cell_m), rows, columns)

"""Sums of kernels at the cells of a grid, and what of each kernel lies inside a border.

Few points: each kernel at each cell, exact to rounding. Many: by transform. At the border each
kernel is divided by its own mass at the cells inside (Diggle 1985; Jones 1993), so that the cells
add up to the points whatever their size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial.surfaces.fourier import FourierSums
from kz_spatial.surfaces.grids import LEAST_MASS, Grid
from kz_spatial.surfaces.shapes import Kernel, height, radius

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["DirectSums", "choose_sums"]

# kernels at cells that are still computed one by one
_MOST_PRODUCTS: Final = 5_000_000_000
_MOST_FACTORS: Final = 50_000_000


class DirectSums:
    """Every kernel at every cell.

    Parameters
    ----------
    grid : Grid
    at : (2, n) array
        Places, east and north.
    kernel : Kernel
    h : (n,) array
        Bandwidth of each.
    mask : (rows, columns) array of bool, optional
        Cells inside; kernels of points there are made whole where `edge` is asked for.

    Examples
    --------
    >>> from kz_spatial.surfaces.grids import make_grid
    >>> grid = make_grid(np.array([-50.0, -50.0, 50.0, 50.0]), 10.0)
    >>> at = np.zeros((2, 1))
    >>> found = DirectSums(grid, at, "gaussian", np.array([8.0])).of(np.ones(1))
    >>> round(float(found.sum() * 100), 4)
    1.0
    """

    def __init__(
        self,
        grid: Grid,
        at: NDArray[np.float64],
        kernel: Kernel,
        h: NDArray[np.float64],
        mask: NDArray[np.bool_] | None = None,
    ) -> None:
        self._grid, self._at = grid, at
        if kernel == "gaussian":  # it parts into x and y
            self._across = self._along(grid.x, at[0], h)
            self._down = self._along(grid.y, at[1], h)
            self._cells: Any = None
        else:
            self._cells = self._sparse(kernel, h)
        self._whole = np.ones(at.shape[1])
        if mask is not None:
            self._whole = self._factors(mask)

    @staticmethod
    def _along(
        centres: NDArray[np.float64], at: NDArray[np.float64], h: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        gap = (centres[:, None] - at[None, :]) / h
        return np.asarray(np.exp(-0.5 * gap**2) / (np.sqrt(2 * np.pi) * h), dtype=np.float64)

    def _sparse(self, kernel: Kernel, h: NDArray[np.float64]) -> Any:
        """Kernels as a matrix of cells by places that holds their discs alone."""
        from scipy.sparse import csc_array

        grid, cells, values, starts = self._grid, [], [], [0]
        for east, north, size in zip(*self._at, h, strict=True):
            reach = radius(kernel, size)
            middle = np.array([grid.north - north, east - grid.west])
            low = np.floor((middle - reach) / grid.cell_m)
            high = np.ceil((middle + reach) / grid.cell_m)
            r0, c0 = low.clip(0).astype(int)
            r1, c1 = high.clip(0, grid.shape).astype(int)
            squared = (grid.y[r0:r1, None] - north) ** 2 + (grid.x[None, c0:c1] - east) ** 2
            own = height(kernel, squared, size)
            rows, columns = np.nonzero(own)
            cells.append((rows + r0) * grid.columns + columns + c0)
            values.append(own[rows, columns])
            starts.append(starts[-1] + len(rows))
        flat = np.concatenate(values), np.concatenate(cells), np.asarray(starts)
        return csc_array(flat, shape=(grid.rows * grid.columns, len(h)))

    def _factors(self, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        area = self._grid.cell_m**2
        if self._cells is None:
            inside = ((mask.astype(float) @ self._across) * self._down).sum(axis=0) * area
        else:
            inside = self._cells.T @ mask.ravel().astype(float) * area
        own = self._grid.near(self._at, mask) & (inside > LEAST_MASS)
        return np.asarray(np.divide(1.0, inside, out=np.ones(len(inside)), where=own))

    def of(
        self, mass: NDArray[np.float64], *, edge: bool = False, squared: bool = False
    ) -> NDArray[np.float64]:
        """Sum of kernels, or of their squares, times mass, at every cell."""
        use = mass * self._whole ** (2 if squared else 1) if edge else mass
        if self._cells is None:
            across, down = self._across, self._down
            if squared:
                across, down = across**2, down**2
            return np.asarray((down * use) @ across.T)
        cells = self._cells.power(2) if squared else self._cells
        return np.asarray(cells @ use).reshape(self._grid.shape)


def choose_sums(
    grid: Grid,
    at: NDArray[np.float64],
    kernel: Kernel,
    h: NDArray[np.float64],
    mask: NDArray[np.bool_] | None = None,
) -> DirectSums | FourierSums:
    """Sums one by one where points are few, else by transform.

    Parameters
    ----------
    grid, at, kernel, h, mask
        As for `DirectSums`.

    Returns
    -------
    DirectSums or FourierSums

    Examples
    --------
    >>> from kz_spatial.surfaces.grids import make_grid
    >>> grid = make_grid(np.array([-50.0, -50.0, 50.0, 50.0]), 10.0)
    >>> type(choose_sums(grid, np.zeros((2, 1)), "quartic", np.array([8.0]))).__name__
    'DirectSums'
    """
    n = at.shape[1]
    if kernel == "gaussian":
        few = n * grid.rows * grid.columns <= _MOST_PRODUCTS
        few &= n * (grid.rows + grid.columns) <= _MOST_FACTORS
    else:
        window = (2 * radius(kernel, float(h.max())) / grid.cell_m + 2) ** 2
        few = n * min(window, grid.rows * grid.columns) <= _MOST_FACTORS and n <= 100_000
    return (DirectSums if few else FourierSums)(grid, at, kernel, h, mask)

"""Nodes over the cells of a grid, to which points are shared out before kernels are summed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import numpy as np

from kz_spatial.errors import CallError
from kz_spatial.surfaces.grids import BYTES_A_CELL, LEAST_MASS, MAX_CELLS, Grid
from kz_spatial.surfaces.shapes import Kernel, height, radius

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["NodeFrame", "shares_of", "spread"]

_NODES_A_BANDWIDTH: Final = 4


class NodeFrame:
    """Nodes over a grid and beyond it, and kernels summed at them.

    Parameters
    ----------
    grid : Grid
    kernel : Kernel
    least, most : float
        Smallest and largest bandwidth.
    beyond_m : float
        How far beyond the grid points lie; nodes go no farther than kernels reach.

    Raises
    ------
    CallError
        When the nodes are too many.

    Examples
    --------
    >>> from kz_spatial.surfaces.grids import make_grid
    >>> grid = make_grid(np.array([-50.0, -50.0, 50.0, 50.0]), 10.0)
    >>> NodeFrame(grid, "uniform", 40.0, 40.0, beyond_m=np.inf).whole
    [30, 30]
    """

    def __init__(
        self, grid: Grid, kernel: Kernel, least: float, most: float, *, beyond_m: float
    ) -> None:
        from scipy.fft import next_fast_len

        self.grid, self.kernel = grid, kernel
        # an odd number of nodes a cell, so that one lies at its centre
        self.fine = int(max(1, np.ceil(_NODES_A_BANDWIDTH * grid.cell_m / least))) // 2 * 2 + 1
        if grid.cell_m * _NODES_A_BANDWIDTH <= least:
            self.fine = 1
        self.step = grid.cell_m / self.fine
        # points may lie beyond the grid, and their kernels reach into it
        reach = int(np.ceil(radius(kernel, most) / self.step))
        self.size = grid.rows * self.fine, grid.columns * self.fine
        self.pad = int(np.ceil(min(beyond_m / self.step, reach + 1))) + 1
        self.whole = [n + 2 * self.pad for n in self.size]
        self._nodes = tuple(next_fast_len(n + min(reach, n), real=True) for n in self.whole)
        if self._nodes[0] * self._nodes[1] > 4 * MAX_CELLS:
            n_bytes = self._nodes[0] * self._nodes[1] * BYTES_A_CELL
            raise CallError(
                f"cell_m={grid.cell_m:g} with a bandwidth of {least:g} m: makes "
                f"{self._nodes[0]} x {self._nodes[1]} nodes, expected at most "
                f"{4 * MAX_CELLS:,}; these would take {n_bytes / 1e9:,.0f} GB of memory"
            )

    def _transformed(self, size: float, *, squared: bool) -> NDArray[np.complex128]:
        """Transform of a kernel whose centre is the first node."""
        from scipy.fft import rfft2

        # nodes beyond half the way round stand for negative distances
        gaps = [np.minimum(np.arange(n), n - np.arange(n)) * self.step for n in self._nodes]
        made = height(self.kernel, gaps[0][:, None] ** 2 + gaps[1][None, :] ** 2, size)
        return np.asarray(rfft2(made**2 if squared else made, workers=os.cpu_count()))

    def _forth(self, nodes: NDArray[np.float64]) -> NDArray[np.complex128]:
        from scipy.fft import rfft2

        return np.asarray(rfft2(nodes, self._nodes, workers=os.cpu_count()))

    def back(self, made: NDArray[np.complex128]) -> NDArray[np.float64]:
        """Values at the nodes from their transform."""
        from scipy.fft import irfft2

        found = irfft2(made, self._nodes, workers=os.cpu_count())
        rows, columns = self.whole
        return np.asarray(found[:rows, :columns])

    def centres(self, nodes: NDArray[np.float64]) -> NDArray[np.float64]:
        """View of the nodes that lie at the centres of cells."""
        first, ends = self.pad + self.fine // 2, [self.pad + n for n in self.size]
        return nodes[first : ends[0] : self.fine, first : ends[1] : self.fine]

    def comb(self, mask: NDArray[np.bool_]) -> NDArray[np.complex128]:
        """Transform of the cells inside: their area at the node of each one's centre."""
        nodes = np.zeros(self.whole)
        self.centres(nodes)[...] = mask * self.grid.cell_m**2
        return self._forth(nodes)

    def smoothed(
        self,
        nodes: NDArray[np.float64],
        size: float,
        *,
        squared: bool = False,
        comb: NDArray[np.complex128] | None = None,
        beyond: NDArray[np.float64] | None = None,
    ) -> NDArray[np.complex128]:
        """Transform of the sum of kernels of what stands at the nodes.

        Parameters
        ----------
        nodes : (rows, columns) array
            Mass at every node.
        size : float
            Bandwidth.
        squared : bool
            Whether kernels are squared.
        comb : array, optional
            As `comb` gives it: kernels are made whole over the cells inside.
        beyond : array, optional
            Part of the mass whose kernels stay as they are.
        """
        shape = self._transformed(size, squared=squared)
        if comb is not None:
            plain = shape if not squared else self._transformed(size, squared=False)
            inside = self.back(comb * plain)
            usable = inside > LEAST_MASS
            whole = np.divide(1.0, inside, out=np.ones_like(inside), where=usable)
            apart = 0.0 if beyond is None else beyond
            nodes = (nodes - apart) * whole ** (2 if squared else 1) + apart
        return np.asarray(self._forth(nodes) * shape)


def shares_of(
    frame: NodeFrame, at: NDArray[np.float64]
) -> tuple[NDArray[np.bool_] | slice, NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Points that take part, the first node of the four round each, and shares along each axis.

    Parameters
    ----------
    frame : NodeFrame
    at : (2, n) array
        Places, east and north.

    Returns
    -------
    use : (n,) array of bool, or slice
        What lies farther out than any kernel reaches takes no part.
    first : (m,) array of int
    across, down : (m,) arrays
        Shares of the second node along each axis.
    """
    grid = frame.grid
    across = (at[0] - grid.west) / frame.step - 0.5 + frame.pad
    down = (grid.north - at[1]) / frame.step - 0.5 + frame.pad
    rows, columns = frame.whole
    within = (across >= 0) & (across < columns - 1) & (down >= 0) & (down < rows - 1)
    use: NDArray[np.bool_] | slice = slice(None) if within.all() else within
    across, down = across[use], down[use]
    column, row = across.astype(np.int32), down.astype(np.int32)
    return use, row.astype(np.intp) * columns + column, across - column, down - row


def spread(
    frame: NodeFrame,
    first: NDArray[np.intp],
    across: NDArray[np.float64],
    down: NDArray[np.float64],
    mass: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Mass of points at the nodes, by their shares, (rows, columns)."""
    rows, columns = frame.whole
    high = mass * down
    low = mass - high
    found = np.zeros(rows * columns)
    for part, offset in ((low, 0), (high, columns)):
        right = part * across
        # what is shared out from each node is moved on as a whole
        found[offset:] += np.bincount(first, part - right, len(found))[: len(found) - offset]
        found[offset + 1 :] += np.bincount(first, right, len(found))[: len(found) - offset - 1]
    return found.reshape(rows, columns)

"""Sums of kernels over many points: linear binning and fast Fourier transform.

A point is shared out among the four nodes round it in proportion; nodes lie at least four to a
bandwidth, one of them at the centre of every cell.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import numpy as np

from kz_spatial.errors import CallError
from kz_spatial.surfaces.grids import BYTES_A_CELL, LEAST_MASS, MAX_CELLS, Grid
from kz_spatial.surfaces.shapes import Kernel, height, radius

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FourierSums"]

_NODES_A_BANDWIDTH: Final = 4
# adaptive bandwidths are told apart by this share
_BANDWIDTH_STEP: Final = 0.04


class FourierSums:
    """Kernels by linear binning and fast Fourier transform.

    Parameters
    ----------
    grid, at, kernel, h, mask
        As for `DirectSums` in `sums`; bandwidths that differ are rounded to 2 %.

    Examples
    --------
    >>> from kz_spatial.surfaces.grids import make_grid
    >>> grid = make_grid(np.array([-50.0, -50.0, 50.0, 50.0]), 10.0)
    >>> at = np.zeros((2, 1))
    >>> found = FourierSums(grid, at, "gaussian", np.array([8.0])).of(np.ones(1))
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
        from scipy.fft import next_fast_len

        self._grid, self._kernel, self._n = grid, kernel, at.shape[1]
        least, most = float(h.min()), float(h.max())
        # an odd number of nodes a cell, so that one lies at its centre
        self._fine = int(max(1, np.ceil(_NODES_A_BANDWIDTH * grid.cell_m / least))) // 2 * 2 + 1
        if grid.cell_m * _NODES_A_BANDWIDTH <= least:
            self._fine = 1
        self._step = grid.cell_m / self._fine
        # points may lie beyond the grid, and their kernels reach into it
        self._reach = int(np.ceil(radius(kernel, most) / self._step))
        self._size = grid.rows * self._fine, grid.columns * self._fine
        self._pad = self._margin(at)
        self._whole = [n + 2 * self._pad for n in self._size]
        self._nodes = tuple(next_fast_len(n + min(self._reach, n), real=True) for n in self._whole)
        if self._nodes[0] * self._nodes[1] > 4 * MAX_CELLS:
            n_bytes = self._nodes[0] * self._nodes[1] * BYTES_A_CELL
            raise CallError(
                f"cell_m={grid.cell_m:g} with a bandwidth of {least:g} m: makes "
                f"{self._nodes[0]} x {self._nodes[1]} nodes, expected at most "
                f"{4 * MAX_CELLS:,}; these would take {n_bytes / 1e9:,.0f} GB of memory"
            )
        self._share(at)
        rounded = np.round(np.log(h / least) / _BANDWIDTH_STEP)
        self._group = rounded.astype(np.intp) if most > least else None
        self._sizes = (
            np.array([least])
            if self._group is None
            else least * np.exp(_BANDWIDTH_STEP * np.arange(self._group.max() + 1))
        )
        self._mask = mask
        near = np.ones(self._n, dtype=bool) if mask is None else grid.near(at, mask)
        self._far = np.flatnonzero(~near[self._use])

    def _margin(self, at: NDArray[np.float64]) -> int:
        """Nodes beyond the grid on every side, as far as points lie whose kernels reach in."""
        grid, most = self._grid, self._reach + 1
        beyond = max(
            grid.west - at[0].min(),
            at[0].max() - (grid.west + grid.columns * grid.cell_m),
            grid.north - grid.rows * grid.cell_m - at[1].min(),
            at[1].max() - grid.north,
            0.0,
        )
        return int(min(np.ceil(beyond / self._step), most)) + 1

    def _share(self, at: NDArray[np.float64]) -> None:
        """First node of the four round each point, and shares of the second along each axis."""
        across = (at[0] - self._grid.west) / self._step - 0.5 + self._pad
        down = (self._grid.north - at[1]) / self._step - 0.5 + self._pad
        rows, columns = self._whole
        # what lies farther out than any kernel reaches takes no part
        self._use = (across >= 0) & (across < columns - 1) & (down >= 0) & (down < rows - 1)
        if not self._use.all():
            across, down = across[self._use], down[self._use]
        else:
            self._use = slice(None)
        column, row = across.astype(np.int32), down.astype(np.int32)
        self._across, self._down = across - column, down - row
        self._first = row.astype(np.intp) * columns + column

    def _binned(
        self, mass: NDArray[np.float64], points: NDArray[np.intp] | slice = slice(None)
    ) -> NDArray[np.float64]:
        """Mass of some points, or all that take part, at the nodes."""
        rows, columns = self._whole
        first, across, down = (each[points] for each in (self._first, self._across, self._down))
        high = mass * down
        low = mass - high
        found = np.zeros(rows * columns)
        for part, offset in ((low, 0), (high, columns)):
            right = part * across
            # what is shared out from each node is moved on as a whole
            found[offset:] += np.bincount(first, part - right, len(found))[: len(found) - offset]
            found[offset + 1 :] += np.bincount(first, right, len(found))[: len(found) - offset - 1]
        return found.reshape(rows, columns)

    def _transformed(self, size: float, *, squared: bool) -> NDArray[np.complex128]:
        """Transform of a kernel whose centre is the first node."""
        from scipy.fft import rfft2

        # nodes beyond half the way round stand for negative distances
        gaps = [np.minimum(np.arange(n), n - np.arange(n)) * self._step for n in self._nodes]
        made = height(self._kernel, gaps[0][:, None] ** 2 + gaps[1][None, :] ** 2, size)
        return np.asarray(rfft2(made**2 if squared else made, workers=os.cpu_count()))

    def _forth(self, nodes: NDArray[np.float64]) -> NDArray[np.complex128]:
        from scipy.fft import rfft2

        return np.asarray(rfft2(nodes, self._nodes, workers=os.cpu_count()))

    def _back(self, made: NDArray[np.complex128]) -> NDArray[np.float64]:
        from scipy.fft import irfft2

        found = irfft2(made, self._nodes, workers=os.cpu_count())
        rows, columns = self._whole
        return np.asarray(found[:rows, :columns])

    def _centres(self, nodes: NDArray[np.float64]) -> NDArray[np.float64]:
        """View of the nodes that lie at the centres of cells."""
        first, ends = self._pad + self._fine // 2, [self._pad + n for n in self._size]
        return nodes[first : ends[0] : self._fine, first : ends[1] : self._fine]

    def _comb(self, mask: NDArray[np.bool_]) -> NDArray[np.complex128]:
        """Transform of the cells inside: their area at the node of each one's centre."""
        nodes = np.zeros(self._whole)
        self._centres(nodes)[...] = mask * self._grid.cell_m**2
        return self._forth(nodes)

    def of(
        self, mass: NDArray[np.float64], *, edge: bool = False, squared: bool = False
    ) -> NDArray[np.float64]:
        """Sum of kernels, or of their squares, times mass, at every cell."""
        total: NDArray[np.complex128] | None = None
        comb = self._comb(self._mask) if edge and self._mask is not None else None
        for number, size in enumerate(self._sizes):
            own = mass if self._group is None else np.where(self._group == number, mass, 0.0)
            if not own.any():
                continue
            shape = self._transformed(float(size), squared=squared)
            if comb is None:
                nodes = self._binned(own[self._use])
            else:
                plain = shape if not squared else self._transformed(float(size), squared=False)
                inside = self._back(comb * plain)
                usable = inside > LEAST_MASS
                whole = np.divide(1.0, inside, out=np.ones_like(inside), where=usable)
                own = own[self._use]
                beyond = self._binned(own[self._far], self._far)
                nodes = (self._binned(own) - beyond) * whole ** (2 if squared else 1) + beyond
            part = self._forth(nodes) * shape
            total = part if total is None else total + part
        if total is None:
            return np.zeros(self._grid.shape)
        found = self._centres(self._back(total))
        return np.maximum(found, 0.0) if (mass >= 0).all() else found

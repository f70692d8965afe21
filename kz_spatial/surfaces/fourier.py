"""Sums of kernels over many points: linear binning and fast Fourier transform.

A point is shared out among the four nodes round it in proportion; nodes lie at least four to a
bandwidth, one of them at the centre of every cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from kz_spatial.surfaces.node_frames import NodeFrame, shares_of, spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.surfaces.grids import Grid
    from kz_spatial.surfaces.shapes import Kernel

__all__ = ["FourierSums"]

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
        least, most = float(h.min()), float(h.max())
        self._grid = grid
        self._frame = NodeFrame(grid, kernel, least, most, beyond_m=grid.beyond(at))
        self._use, self._first, self._across, self._down = shares_of(self._frame, at)
        rounded = np.round(np.log(h / least) / _BANDWIDTH_STEP)
        self._group = rounded.astype(np.intp) if most > least else None
        self._sizes = (
            np.array([least])
            if self._group is None
            else least * np.exp(_BANDWIDTH_STEP * np.arange(self._group.max() + 1))
        )
        self._mask = mask
        near = np.ones(at.shape[1], dtype=bool) if mask is None else grid.near(at, mask)
        self._far = np.flatnonzero(~near[self._use])

    def _binned(
        self, mass: NDArray[np.float64], points: NDArray[np.intp] | slice = slice(None)
    ) -> NDArray[np.float64]:
        """Mass of some points, or all that take part, at the nodes."""
        return spread(
            self._frame, self._first[points], self._across[points], self._down[points], mass
        )

    def of(
        self, mass: NDArray[np.float64], *, edge: bool = False, squared: bool = False
    ) -> NDArray[np.float64]:
        """Sum of kernels, or of their squares, times mass, at every cell."""
        total: NDArray[np.complex128] | None = None
        frame = self._frame
        comb = frame.comb(self._mask) if edge and self._mask is not None else None
        for number, size in enumerate(self._sizes):
            own = mass if self._group is None else np.where(self._group == number, mass, 0.0)
            if not own.any():
                continue
            own = own[self._use]
            nodes, beyond = self._binned(own), None
            if comb is not None:
                beyond = self._binned(own[self._far], self._far)
            part = frame.smoothed(nodes, float(size), squared=squared, comb=comb, beyond=beyond)
            total = part if total is None else total + part
        if total is None:
            return np.zeros(self._grid.shape)
        found = frame.centres(frame.back(total))
        return np.maximum(found, 0.0) if (mass >= 0).all() else found

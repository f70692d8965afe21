"""Points gathered by place, how wide their kernels are, and their smoothed mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from kz_spatial._validate import check_metres, check_option
from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.surfaces.bandwidths import (
    MOST_PLACES,
    RULES,
    Rule,
    abramson,
    cross_validated,
    rule_of_thumb,
)
from kz_spatial.surfaces.shapes import Kernel, height
from kz_spatial.surfaces.sums import choose_sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.surfaces.fourier import FourierSums
    from kz_spatial.surfaces.grids import Grid
    from kz_spatial.surfaces.sums import DirectSums

__all__ = [
    "LEAST_BANDWIDTH",
    "ONE_PLACE_M",
    "Points",
    "asked_bandwidth",
    "check_bandwidth",
    "global_bandwidth",
    "merge",
    "place_bandwidths",
    "smoothed_mean",
]

LEAST_BANDWIDTH: Final = 0.5  # in cells
# points closer than this lie in one place, up to rounding
ONE_PLACE_M: Final = 1e-3
# of more rows than this it is first seen whether they share places
_MANY_ROWS: Final = 50_000


def check_bandwidth(bandwidth_m: float | None, cell_m: float) -> None:
    """Refuse sizes that are none, and a bandwidth of less than half a cell.

    Cells are as high as the kernel is at their centres. From half a cell on they add up to the
    points within 3 % along each axis; at a quarter they make 0.4 to 1.6 of a point, by where in its
    cell it lies.

    Parameters
    ----------
    bandwidth_m : float or None
        Standard deviation of the kernel; None where it is not known yet.
    cell_m : float

    Raises
    ------
    CallError

    Examples
    --------
    >>> check_bandwidth(2_000.0, 5_000.0)
    Traceback (most recent call last):
    ...
    kz_spatial.errors.CallError: bandwidth_m=2000: expected at least half of cell_m=5000
    """
    check_metres("cell_m", cell_m)
    if bandwidth_m is not None:
        check_metres("bandwidth_m", bandwidth_m)
    if bandwidth_m is not None and bandwidth_m < cell_m * LEAST_BANDWIDTH:
        raise CallError(f"bandwidth_m={bandwidth_m:g}: expected at least half of cell_m={cell_m:g}")


def merge(
    east: NDArray[np.float64], north: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.intp] | None]:
    """Places that points share, as firms in one settlement do, and each point's; None if none."""
    at = np.stack([east, north])
    if len(east) > _MANY_ROWS:
        some = at[:, :: len(east) // 10_000]
        if np.unique(some, axis=1).shape[1] > 0.8 * some.shape[1]:
            return at, None
    places, place = np.unique(at, axis=1, return_inverse=True)
    return places, place.ravel()


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Points that take part: places in metres, and what stands there."""

    at: NDArray[np.float64]
    place: NDArray[np.intp] | None

    def add(self, each: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of a number of every point, by place."""
        if self.place is None:
            return each
        return np.bincount(self.place, each, self.at.shape[1]).astype(float)


def global_bandwidth(
    east: NDArray[np.float64],
    north: NDArray[np.float64],
    w: NDArray[np.float64],
    *,
    rule: Rule,
    kernel: Kernel,
    cell_m: float,
) -> float:
    """Bandwidth by a rule, in metres; that of an adaptive one before it is adapted."""
    h = rule_of_thumb(east, north, w)
    if h < ONE_PLACE_M:
        raise NotEnoughDataError("points: all lie in one place, so bandwidth_m must be given")
    if rule in ("least-squares", "likelihood"):
        least = cell_m * LEAST_BANDWIDTH
        return cross_validated(east, north, w, kernel=kernel, rule=rule, least=least)
    return h


def asked_bandwidth(
    bandwidth: float | str | None, bandwidth_m: float | None
) -> tuple[Rule | None, float | None]:
    """Rule and metres that were asked for; either may be absent."""
    if isinstance(bandwidth, str):
        check_option("bandwidth", bandwidth, RULES)
        if bandwidth_m is not None and bandwidth != "adaptive":
            raise CallError(
                f"bandwidth={bandwidth!r}, bandwidth_m={bandwidth_m!r}: expected one of the two"
            )
        return cast("Rule", bandwidth), bandwidth_m
    if bandwidth is not None and bandwidth_m is not None:
        raise CallError(
            f"bandwidth={bandwidth!r}, bandwidth_m={bandwidth_m!r}: expected one of the two"
        )
    given = bandwidth if bandwidth_m is None else bandwidth_m
    return (None if given is not None else "scott"), given


def _at_points(
    grid: Grid, values: NDArray[np.float64], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Surface at points, linear between cells."""
    from scipy.ndimage import map_coordinates

    where = [(grid.north - at[1]) / grid.cell_m - 0.5, (at[0] - grid.west) / grid.cell_m - 0.5]
    return np.asarray(map_coordinates(values, where, order=1, mode="nearest"))


def smoothed_mean(
    sums: DirectSums | FourierSums,
    points: Points,
    w: NDArray[np.float64],
    v: NDArray[np.float64],
    *,
    errors: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, NDArray[np.float64] | None]:
    """Smoothed mean, and local number of points and standard error where they are asked for."""
    with np.errstate(invalid="ignore", divide="ignore"):
        base = sums.of(points.add(w))
        # from the mean, since squares of large numbers that differ little would leave nothing
        middle = float(np.average(v, weights=w))
        shift = v - middle
        mean = sums.of(points.add(w * shift)) / base
        if not errors:
            return mean + middle, None, None
        first, second, third = (
            sums.of(points.add(w**2 * each), squared=True)
            for each in (np.ones(len(w)), shift, shift**2)
        )
        number = base**2 / first
        spread = np.maximum(third - 2 * mean * second + mean**2 * first, 0) / base**2
        error = np.sqrt(spread * number / (number - 1))
        return mean + middle, number, np.where(number > 1 + 1e-6, error, np.nan)


def place_bandwidths(
    points: Points,
    w: NDArray[np.float64],
    h: float,
    *,
    rule: str | None,
    kernel: Kernel,
    grid: Grid,
) -> NDArray[np.float64]:
    """Bandwidth of each place: the same, or by the pilot density there, its own points counted."""
    at = points.at
    alike = np.full(at.shape[1], float(h))
    if rule != "adaptive":
        return alike
    mass = points.add(w)
    if at.shape[1] <= MOST_PLACES:
        squared = (at[0][:, None] - at[0]) ** 2 + (at[1][:, None] - at[1]) ** 2
        pilot = height(kernel, squared, h) @ mass
    else:
        pilot = _at_points(grid, choose_sums(grid, at, kernel, alike).of(mass), at)
    return np.maximum(h * abramson(pilot, mass), grid.cell_m * LEAST_BANDWIDTH)

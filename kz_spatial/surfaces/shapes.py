"""Shapes of kernels, all named by one size: the standard deviation along an axis.

A kernel of radius R that falls as (1 - r^2 / R^2)^p is (p + 1) / (pi R^2) high and has a variance
of R^2 / (2 (p + 2)) along each axis, so its radius is h sqrt(2 (p + 2)): the same bandwidth
smooths alike, whatever the shape.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["KERNELS", "Kernel", "height", "overlap", "peak", "radius"]

Kernel = Literal["gaussian", "quartic", "epanechnikov", "triweight", "uniform"]
KERNELS: Final[tuple[str, ...]] = get_args(Kernel)
_POWER: Final = {"uniform": 0, "epanechnikov": 1, "quartic": 2, "triweight": 3}
# beyond it a Gaussian holds 1e-15 of its mass
_GAUSSIAN_REACH: Final = 8.3
_OVERLAP_STEPS: Final = 200


def radius(kernel: Kernel, h: float) -> float:
    """Distance beyond which a kernel is nothing, or for the Gaussian next to nothing.

    Examples
    --------
    >>> radius("uniform", 10.0)
    20.0
    """
    return h * _GAUSSIAN_REACH if kernel == "gaussian" else h * (2 * (_POWER[kernel] + 2)) ** 0.5


def peak(kernel: Kernel, h: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Height at the centre, per square unit.

    Examples
    --------
    >>> float(peak("uniform", 1.0)) == 1 / (4 * np.pi)
    True
    """
    size = np.asarray(h, dtype=float)
    if kernel == "gaussian":
        return 1 / (2 * np.pi * size**2)
    p = _POWER[kernel]
    return (p + 1) / (np.pi * 2 * (p + 2) * size**2)


def height(
    kernel: Kernel, squared: NDArray[np.float64], h: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """Height at a squared distance, per square unit.

    Examples
    --------
    >>> height("quartic", np.array([0.0, 8.0]), 1.0).round(4).tolist()  # its radius is sqrt(8)
    [0.1194, 0.0]
    """
    scaled = squared / np.asarray(h, dtype=float) ** 2
    if kernel == "gaussian":
        return np.asarray(peak(kernel, h) * np.exp(-0.5 * scaled), dtype=np.float64)
    p = _POWER[kernel]
    left = 1 - scaled / (2 * (p + 2))
    shape = (left >= 0).astype(float) if p == 0 else np.maximum(left, 0) ** p
    return np.asarray(peak(kernel, h) * shape, dtype=np.float64)


@cache
def _overlap_table(kernel: Kernel) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Overlap of two kernels of deviation 1 by their distance, from a fine grid."""
    from scipy.signal import fftconvolve

    reach = radius(kernel, 1.0)
    step = reach / _OVERLAP_STEPS
    along = np.arange(-_OVERLAP_STEPS - 1, _OVERLAP_STEPS + 2) * step
    own = height(kernel, along[:, None] ** 2 + along[None, :] ** 2, 1.0)
    own /= own.sum() * step**2
    both = fftconvolve(own, own) * step**2
    middle = both.shape[0] // 2
    return np.arange(middle + 1) * step, both[middle, middle:]


def overlap(kernel: Kernel, squared: NDArray[np.float64], h: float) -> NDArray[np.float64]:
    """Integral of the product of two kernels whose centres lie at a squared distance.

    Examples
    --------
    >>> overlap("gaussian", np.array([0.0]), 1.0).round(6).tolist() == [round(1 / (4 * np.pi), 6)]
    True
    """
    if kernel == "gaussian":
        return height(kernel, squared, h * 2**0.5)
    distance, value = _overlap_table(kernel)
    found = np.interp(np.sqrt(squared) / h, distance, value, right=0.0)
    return np.asarray(found / h**2, dtype=np.float64)

"""Whether two polygons share a line or a corner alone, also where their borders do not quite meet.

Borders that coincide along a line are found exactly, whatever the size of the coordinates. Others
are measured: the stretch of one border within reach of the other. At a corner of any angle that
stretch grows in proportion to the reach; along a line it does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["along_a_line", "shared_lines"]

# reach doubled, the stretch along a line stays below this many times its length
_GROWTH: Final = 1.5


def along_a_line(
    shapes: NDArray[Any], focal: NDArray[np.intp], other: NDArray[np.intp], reach: float
) -> NDArray[np.bool_]:
    """Which pairs of polygons run side by side along a line, within reach of each other."""
    import shapely

    # boundaries that coincide along a line, whatever the coordinates' size
    found: NDArray[np.bool_] = shapely.relate_pattern(shapes[focal], shapes[other], "****1****")
    rest = np.flatnonzero(~found & _room_for_a_line(shapes, focal, other, reach))
    if not (reach > 0 and rest.size):
        return found
    one, two = (shapely.boundary(shapes[each[rest]]) for each in (focal, other))
    # all that counts of a border is what is near the other unit
    one, two = _near(one, two, 2 * reach), _near(two, one, 2 * reach)
    # a right angle leaves two tolerances, sharper corners more, in proportion to the reach
    length = _stretch(one, two, reach)
    long = np.flatnonzero(length > 4 * reach)
    one, two, length = one[long], two[long], length[long]
    level = length < _GROWTH * _stretch(one, two, reach / 2)
    level[~level] = _stretch(one[~level], two[~level], 2 * reach) < _GROWTH * length[~level]
    found[rest[long]] = level
    return found


def _room_for_a_line(
    shapes: NDArray[Any], focal: NDArray[np.intp], other: NDArray[np.intp], reach: float
) -> NDArray[np.bool_]:
    """Whether the rectangles about two units share more than a spot as wide as the reach."""
    import shapely

    bounds = shapely.bounds(shapes)
    one, two = bounds[focal], bounds[other]
    sides = np.minimum(one[:, 2:], two[:, 2:]) - np.maximum(one[:, :2], two[:, :2])
    return np.asarray((sides > reach).any(axis=1))


def _near(borders: NDArray[Any], others: NDArray[Any], within: float) -> NDArray[Any]:
    """What each border has in the rectangle about the other, widened."""
    import shapely

    west, south, east, north = shapely.bounds(others).T
    about = shapely.box(west - within, south - within, east + within, north + within)
    return np.asarray(shapely.intersection(borders, about))


def _stretch(one: NDArray[Any], two: NDArray[Any], within: float) -> NDArray[np.float64]:
    """Length of each border within reach of the other."""
    import shapely

    return np.asarray(shapely.length(shapely.intersection(one, shapely.buffer(two, within))))


def shared_lines(
    shapes: NDArray[Any], focal: NDArray[np.intp], other: NDArray[np.intp], reach: float
) -> tuple[NDArray[Any], NDArray[Any]]:
    """The line that each pair of polygons has in common, as the one and as the other draws it.

    Where borders coincide both are the line itself. Where these lines leave out more than corners
    do, each is the stretch of the one border within reach of the other.
    """
    import shapely

    one, two = shapely.boundary(shapes[focal]), shapely.boundary(shapes[other])
    same = shapely.intersection(one, two)
    if not reach > 0:
        return same, same
    near = [shapely.intersection(a, shapely.buffer(b, reach)) for a, b in ((one, two), (two, one))]
    whole = shapely.length(same) + 4 * reach >= np.maximum(*map(shapely.length, near))
    return np.where(whole, same, near[0]), np.where(whole, same, near[1])

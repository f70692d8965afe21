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

__all__ = ["along_a_line"]

# reach doubled, the stretch along a line stays below this many times its length
_GROWTH: Final = 1.5


def along_a_line(
    shapes: NDArray[Any], focal: NDArray[np.intp], other: NDArray[np.intp], reach: float
) -> NDArray[np.bool_]:
    """Which pairs of polygons run side by side along a line, within reach of each other."""
    import shapely

    # boundaries that coincide along a line, whatever the coordinates' size
    found: NDArray[np.bool_] = shapely.relate_pattern(shapes[focal], shapes[other], "****1****")
    if reach > 0:
        for pair in np.flatnonzero(~found):
            one, two = shapes[focal[pair]].boundary, shapes[other[pair]].boundary

            def stretch(within: float, one: Any = one, two: Any = two) -> float:
                return float(one.intersection(two.buffer(within)).length)

            # a right angle leaves two tolerances, sharper corners more, in proportion to the reach
            length = stretch(reach)
            found[pair] = length > 4 * reach and (
                length < _GROWTH * stretch(reach / 2) or stretch(2 * reach) < _GROWTH * length
            )
    return found

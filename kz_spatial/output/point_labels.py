"""Where the name of each point of a scatterplot stands, so that it covers little."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["label_points"]

_INK: Final = "#333333"
# where a label may stand about its point: to the side first, offsets in points
_PLACES: Final = (
    (5, 0, "left"),
    (-5, 0, "right"),
    (4, 6, "left"),
    (-4, 6, "right"),
    (4, -6, "left"),
    (-4, -6, "right"),
    (0, 8, "center"),
    (0, -8, "center"),
    (5, 12, "left"),
    (-5, 12, "right"),
    (5, -12, "left"),
    (-5, -12, "right"),
    # farther ones hang on a line
    (12, 18, "left"),
    (-12, 18, "right"),
    (12, -18, "left"),
    (-12, -18, "right"),
    (20, 8, "left"),
    (-20, 8, "right"),
    (20, -8, "left"),
    (-20, -8, "right"),
    (24, 27, "left"),
    (-24, 27, "right"),
    (24, -27, "left"),
    (-24, -27, "right"),
    (40, 0, "left"),
    (-40, 0, "right"),
)
_FAR: Final = 13  # points from which on a label hangs on a line
# a label that would cover more of others than this share of itself is left out
_MOST_COVERED: Final = 0.12
_LABEL_SIZE: Final = 7
_LABEL_ASPECT: Final = 0.6  # width of a letter over the size of the type


def _boxes(xy: Any, text: str, scale: float) -> list[tuple[float, float, float, float]]:
    """Boxes in pixels that a label would fill at each of `_PLACES`."""
    wide, high = len(text) * _LABEL_SIZE * _LABEL_ASPECT * scale, _LABEL_SIZE * 1.1 * scale
    found = []
    for dx, dy, side in _PLACES:
        left = xy[0] + dx * scale - {"left": 0, "right": wide, "center": wide / 2}[side]
        bottom = xy[1] + dy * scale - high / 2
        found.append((left, bottom, left + wide, bottom + high))
    return found


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    across = min(a[2], b[2]) - max(a[0], b[0])
    up = min(a[3], b[3]) - max(a[1], b[1])
    return max(across, 0.0) * max(up, 0.0)


def label_points(ax: Axes, points: list[tuple[float, float]], texts: list[str]) -> None:
    """Write a label beside each point, where it covers least of points, labels and frame.

    Points in the thick of others go without where no place is free.
    """
    scale = ax.figure.dpi / 72
    pixels = ax.transData.transform(points)
    frame = ax.get_window_extent()
    taken = [(x - 3 * scale, y - 3 * scale, x + 3 * scale, y + 3 * scale) for x, y in pixels]
    outward = np.argsort(-np.hypot(*(pixels - pixels.mean(axis=0)).T), kind="stable")
    for i in outward:
        boxes = _boxes(pixels[i], texts[i], scale)
        own = (frame.x0, frame.y0, frame.x1, frame.y1)
        area = [(b[2] - b[0]) * (b[3] - b[1]) for b in boxes]
        cost = [
            sum(_overlap(box, other) for other in taken) + 3 * (a - _overlap(box, own))
            for box, a in zip(boxes, area, strict=True)
        ]
        best = int(np.argmin(cost))
        if cost[best] > _MOST_COVERED * area[best]:
            continue
        dx, dy, side = _PLACES[best]
        line = {"arrowstyle": "-", "color": "#999999", "linewidth": 0.5, "shrinkB": 3}
        ax.annotate(
            texts[i],
            points[i],
            (dx, dy),
            textcoords="offset points",
            ha=side,
            va="center",
            fontsize=_LABEL_SIZE,
            color=_INK,
            arrowprops=line if max(abs(dx), abs(dy)) >= _FAR else None,
        )
        taken.append(boxes[best])

"""Small maps of regions that are specks on a sheet: Astana, Almaty and Shymkent among oblasts."""

from __future__ import annotations

from qgis.core import (
    QgsCoordinateTransform,
    QgsGeometry,
    QgsLayoutItemMap,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsRectangle,
    QgsVectorLayerUtils,
    QgsWkbTypes,
)

_SPECK_MM = 9.0  # neither its colour nor its hatch can be read
_MOST = 4  # of more the sheet would be full, as with districts of a whole country
_SIDE, _CAPTION, _GAP = 26.0, 7.0, 2.0
_AROUND = 1.5  # of the region's own extent


def specks(layer, project, extent, width: float) -> list:
    """Name and extent of the regions too small to be read in a map of a width in mm."""
    if QgsWkbTypes.geometryType(layer.wkbType()) != QgsWkbTypes.PolygonGeometry:
        return []
    move, found = QgsCoordinateTransform(layer.crs(), project.crs(), project), []
    per_mm = extent.width() / width
    for feature in layer.getFeatures():
        shape = QgsGeometry(feature.geometry())
        shape.transform(move)
        box = shape.boundingBox()
        if 0 < max(box.width(), box.height()) / per_mm < _SPECK_MM:
            found.append((QgsVectorLayerUtils.getFeatureDisplayString(layer, feature), box))
    return sorted(found, key=lambda pair: pair[0]) if len(found) <= _MOST else []


def room_for(frame, count: int, scale: float) -> tuple:
    """The frame that is left, and a square for each inset: beside a wide map, below a tall one."""
    left, top, width, height = frame
    side, high = _SIDE * scale, (_SIDE + _CAPTION) * scale
    if not count:
        return frame, []
    if width > height:
        x = left + width - side
        low = top + height - count * (high + _GAP)
        squares = [(x, low + i * (high + _GAP), side, side) for i in range(count)]
        return (left, top, width - side - _GAP, height), squares
    y = top + height - high
    squares = [(left + i * (side + 4 * _GAP), y, side, side) for i in range(count)]
    return (left, top, width, height - high - _GAP), squares


def add_inset(layout, theme, box, place, name: str) -> tuple:
    """A small map of a region in the theme of the sheet; return the place of its caption."""
    x, y, side, _ = place
    item = QgsLayoutItemMap(layout)
    item.setId(f"inset {name}")
    item.attemptMove(QgsLayoutPoint(x, y))
    item.attemptResize(QgsLayoutSize(side, side))
    item.setFollowVisibilityPreset(True)
    item.setFollowVisibilityPresetName(theme)
    item.setFrameEnabled(True)
    layout.addLayoutItem(item)
    item.setCrs(layout.project().crs())
    wide = _AROUND * max(box.width(), box.height())
    item.setExtent(QgsRectangle.fromCenterAndSize(box.center(), wide, wide))
    return x, y + side, side, _CAPTION * side / _SIDE

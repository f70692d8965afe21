"""Hand features to the command as a table, and read its table back."""

from __future__ import annotations

import csv
import re

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsField,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QDate, QDateTime, QMetaType, QTime, QVariant

from .words import tr

_ROW = "kz_row"
_X, _Y = "longitude", "latitude"


def file_name(source) -> str:
    """Name of a table for a source, since reports call a table by its file."""
    return (
        re.sub(r'[\\/:*?"<>|\x00-\x1f]+', " ", source.sourceName()).strip(" .") or "table"
    ) + ".csv"


def own_names(names) -> tuple:
    """Columns for the row number and the coordinates, none of them among a layer's attributes."""
    taken, found = {each.casefold() for each in names}, []
    for name in (_ROW, _X, _Y):
        while name.casefold() in taken:
            name += "_"  # noqa: PLW2901  a name until it is free
        found.append(name)
    return tuple(found)


def text_field(name: str) -> QgsField:
    """A column of text; Qt 6 knows types by QMetaType alone."""
    kind = QVariant.String if hasattr(QVariant, "String") else QMetaType.Type.QString
    return QgsField(name, kind)


def plain(value) -> str:
    """A value as text; nothing for NULL."""
    if value is None or (isinstance(value, QVariant) and value.isNull()):
        return ""
    if isinstance(value, (QDate, QDateTime, QTime)):
        return "" if value.isNull() else value.toString()
    return str(value)


def write(path, source, names, context, feedback) -> int:
    """Write columns of a source, with the coordinates of points, one row per feature.

    The first column numbers the rows, so that answers find their feature. Returns the number of
    rows; stops early when the reader cancels. Coordinates are those of the geometry, under the
    names that `own_names` gives: attributes called longitude and latitude stay what they are.
    """
    row_name, x, y = own_names(names)
    points = QgsWkbTypes.geometryType(source.wkbType()) == QgsWkbTypes.PointGeometry
    degrees = QgsCoordinateReferenceSystem("EPSG:4326")
    move = QgsCoordinateTransform(source.sourceCrs(), degrees, context.transformContext())
    indexes = [source.fields().indexOf(name) for name in names]
    count = 0
    with open(path, "w", newline="", encoding="utf-8") as file:  # noqa: PTH123  path or text
        out = csv.writer(file)
        out.writerow([row_name, *names, *([x, y] if points else [])])
        for feature in source.getFeatures():
            if feedback.isCanceled():
                break
            row = [count, *(plain(feature[i]) for i in indexes)]
            if points:
                row += _place(feature, move)
            out.writerow(row)
            count += 1
    return count


def write_rows(path, names, rows):
    """Write rows under their names."""
    with open(path, "w", newline="", encoding="utf-8") as file:  # noqa: PTH123  path or text
        out = csv.writer(file)
        out.writerow(names)
        out.writerows(rows)


def write_plain(path, source, names, feedback):
    """Write columns of a source as they stand, one row per feature."""
    indexes = [source.fields().indexOf(name) for name in names]
    with open(path, "w", newline="", encoding="utf-8") as file:  # noqa: PTH123  path or text
        out = csv.writer(file)
        out.writerow(names)
        for feature in source.getFeatures():
            if feedback.isCanceled():
                break
            out.writerow([plain(feature[i]) for i in indexes])


def _place(feature, move) -> list:
    shape = feature.geometry()
    if shape.isNull() or shape.isEmpty():
        return ["", ""]
    at = move.transform(shape.centroid().asPoint() if shape.isMultipart() else shape.asPoint())
    return [repr(at.x()), repr(at.y())]


def read(path, columns, row_name) -> dict:
    """Columns by row number, from a table that the command wrote."""
    with open(path, newline="", encoding="utf-8") as file:  # noqa: PTH123  path or text
        table = csv.DictReader(file)
        lacking = [c for c in (row_name, *columns) if c not in (table.fieldnames or ())]
        if lacking:
            raise ValueError(tr("the answer lacks {0}").format(", ".join(lacking)))
        return {int(row[row_name]): [row[c] or None for c in columns] for row in table}

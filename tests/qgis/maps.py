"""Layers, legends and pictures, as several checks need them."""

import numpy as np
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor, QImage
from qgis.PyQt.QtXml import QDomDocument

CRS = (
    "+proj=aea +lat_0=48 +lon_0=67 +lat_1=43 +lat_2=53 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
)
EXTENT = QgsRectangle(-1_600_000, -900_000, 1_600_000, 900_000)
SIZE = (960, 540)


def layer(path, name):
    return QgsVectorLayer(f"{path}|layername={name}", name, "ogr")


def layers(path):
    probe = QgsVectorLayer(str(path), "probe", "ogr")
    names = [each.split("!!::!!")[1] for each in probe.dataProvider().subLayers()]
    return {name: layer(path, name) for name in names if name != "layer_styles"}


def own_styles(one):
    """Name to QML of the styles stored for a layer, the default first."""
    number, ids, names, _, error = one.listStylesInDatabase()
    assert not error, error
    return {
        name: one.getStyleFromDatabase(key)[0]
        for key, name in zip(ids[:number], names[:number], strict=True)
    }


def with_style(one, text):
    document = QDomDocument()
    document.setContent(text)
    done, message = one.importNamedStyle(document)
    assert done, message
    return one


def heading(one):
    first = one.renderer().rootRule().children()[0]
    assert first.symbol() is None, "the legend begins with no heading"
    return first.label()


def class_rules(one):
    rules = one.renderer().rootRule().children()[1:]
    assert all(rule.symbol() is not None for rule in rules)
    return rules


def picture(shown, *, size=SIZE, extent=EXTENT, crs=CRS):
    view = QgsMapSettings()
    view.setLayers(shown)
    view.setDestinationCrs(QgsCoordinateReferenceSystem.fromProj(crs))
    view.setExtent(extent)
    view.setOutputSize(QSize(*size))
    view.setBackgroundColor(QColor("white"))
    context = QgsExpressionContext()
    context.appendScope(QgsExpressionContextUtils.globalScope())
    context.appendScope(QgsExpressionContextUtils.mapSettingsScope(view))
    view.setExpressionContext(context)
    job = QgsMapRendererParallelJob(view)
    job.start()
    job.waitForFinished()
    return job.renderedImage()


def pixels(image):
    """Rows, columns, (red, green, blue) of an image."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    data = image.constBits()
    data.setsize(image.sizeInBytes())
    rows = np.frombuffer(data, np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).astype(int)


def _on_white(colour):
    """What a translucent colour becomes on white paper."""
    opacity = colour.alphaF()
    return np.array([round(255 * (1 - opacity) + part * opacity) for part in colour.getRgb()[:3]])


def expected_shares(one):
    """By class: colour on paper, hatched or not, share of the picture from the areas."""
    move = QgsCoordinateTransform(one.crs(), QgsCoordinateReferenceSystem.fromProj(CRS),
                                  QgsProject.instance().transformContext())  # fmt: skip
    found = {}
    for rule in class_rules(one):
        area = 0.0
        for feature in one.getFeatures(rule.filterExpression()):
            shape = feature.geometry()
            shape.transform(move)
            area += shape.area()
        hatched = rule.symbol().symbolLayerCount() > 1
        colour = _on_white(rule.symbol().symbolLayer(0).fillColor())
        found[rule.label()] = (colour, hatched, area / EXTENT.area())
    return found


def share_errors(one, image):
    """Classes whose colour takes up another share of a picture than their areas do.

    Outlines and hatches cover part of a colour, so a class may fall short of its area; it can't
    exceed it by more than the rounding of pixels. Of classes under 1 % of the picture, outlines
    leave too little to judge but an excess.
    """
    seen, faults, judged = pixels(image), [], 0
    for label, (colour, hatched, share) in expected_shares(one).items():
        got = float((np.abs(seen - colour).max(axis=2) <= 2).mean())
        low = (0.6 if hatched else 0.8) * share
        if share >= 0.01:
            judged += 1
            if not low <= got <= 1.03 * share + 0.002:
                faults.append(f"{label}: {got:.3f} of the picture, areas say {share:.3f}")
        elif got > share + 0.005:
            faults.append(f"{label}: {got:.3f} of the picture, areas say {share:.3f}")
    assert judged, "no class is large enough to judge"
    return faults

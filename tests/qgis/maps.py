"""Layers, legends and pictures, as several checks need them."""

from pathlib import Path

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
REFERENCES = Path(__file__).parents[1] / "reference" / "qgis_maps"
REFERENCE_SIZE = (480, 270)
# picture, by its file's name: layer and style. Local Moran shows the indicator that has the most
# classes: with outages and electronic payments no oblast is significant, and both look the same.
REFERENCE_STYLES = {
    "oblasts_readiness": (
        "oblasts",
        "Readiness score (without Construction permits), mean z-score",
    ),
    "composites_outages": ("composites", "Power outages, outages a month"),
    "local_moran_innovation": ("local_moran", "Product innovation"),
    "clusters_typology": ("clusters", "Typology of the 7 regions"),
    "density_contours": ("density_contours", "Density of firms, firms per 1000 km²"),
}
BLOCK = 10


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
    """Entries of the legend that draw something: neither the heading nor a note."""
    return [rule for rule in one.renderer().rootRule().children()[1:] if rule.symbol() is not None]


def picture(shown, *, size=SIZE, extent=EXTENT, crs=CRS, smooth=True):
    view = QgsMapSettings()
    view.setFlag(QgsMapSettings.Flag.Antialiasing, smooth)
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


def _class_areas(one):
    """Each class with its colour on paper, and by feature the share of the picture it takes."""
    move = QgsCoordinateTransform(
        one.crs(),
        QgsCoordinateReferenceSystem.fromProj(CRS),
        QgsProject.instance().transformContext(),
    )
    for rule in class_rules(one):
        shares = {}
        for feature in one.getFeatures(rule.filterExpression()):
            shape = feature.geometry()
            shape.transform(move)
            shares[feature.id()] = shape.area() / EXTENT.area()
        yield rule, _on_white(rule.symbol().symbolLayer(0).fillColor()), shares


def doubt_rule(one):
    """What hatches estimates that are not reliable, below the legend's note; None without any."""
    note = one.renderer().rootRule().children()[-1]
    return note.children()[0] if note.symbol() is None and note.children() else None


def expected_shares(one):
    """By class: colour on paper, hatched or not, share of the picture from the areas."""
    over = doubt_rule(one) is not None
    return {
        rule.label(): (colour, over or rule.symbol().symbolLayerCount() > 1, sum(shares.values()))
        for rule, colour, shares in _class_areas(one)
    }


def feature_colours(one):
    """By feature: colour on paper, share of the picture."""
    return {
        key: (colour, share)
        for _, colour, shares in _class_areas(one)
        for key, share in shares.items()
    }


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


def reference_layer(path, stem):
    """A layer of a GeoPackage in the style of a stored picture, without names."""
    name, style = REFERENCE_STYLES[stem]
    one = layer(path, name)
    with_style(one, own_styles(one)[style])
    one.setLabelsEnabled(False)
    return one


def reference_picture(shown, **wishes):
    """A picture of layers to be stored, or compared with a stored one."""
    return picture(shown, size=REFERENCE_SIZE, **wishes)


def _blocks(image):
    seen = pixels(image)
    rows, columns = seen.shape[0] // BLOCK, seen.shape[1] // BLOCK
    return seen.reshape(rows, BLOCK, columns, BLOCK, 3).mean(axis=(1, 3))


def reference_errors(stem, image):
    """How a picture differs from the stored one, in words; empty where it does not.

    Means of blocks are compared, so that outlines may be drawn half a pixel off, rough or smooth:
    that makes 1.5 of 255 on average, and 21 in the worst block. The least of the faults that the
    checks try makes 4.1 on average, and more than 32 in 5 % of the blocks.
    """
    stored = QImage(str(REFERENCES / f"{stem}.png"))
    assert not stored.isNull(), f"{stem}.png is missing or no picture"
    assert stored.size() == image.size(), (stored.size(), image.size())
    apart = np.abs(_blocks(image) - _blocks(stored)).max(axis=2)
    mean, share = float(apart.mean()), float((apart > 32).mean())
    if mean <= 2.5 and share <= 0.01:
        return ""
    return f"{stem}: blocks differ by {mean:.1f} of 255, {share:.1%} of them by more than 32"

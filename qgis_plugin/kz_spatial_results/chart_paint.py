"""Points and bars painted with QPainter; each says where its marks are."""

from __future__ import annotations

import math

from qgis.PyQt.QtCore import QLocale, QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QColor, QFontMetricsF, QPen, QTextOption

ROW = 22.0
_RADIUS = 5.5
_INK, _FAINT, _MARKED = QColor("#222222"), QColor("#999999"), QColor("#111111")
_GLOW = QColor("#ffd400")
_MARGIN = 8.0
_RIGHT, _LEFT = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft
_CENTRE = Qt.AlignmentFlag.AlignHCenter


def write(painter, box, text, side=_LEFT) -> None:
    """Text in a box, in the middle of its height."""
    option = QTextOption(side | Qt.AlignmentFlag.AlignVCenter)
    option.setWrapMode(QTextOption.WrapMode.WordWrap)
    painter.drawText(box, text, option)


def height_of(font, text, width: float) -> float:
    """Height of a text that is broken into lines of a width."""
    flags = Qt.TextFlag.TextWordWrap
    # Qt 6 takes flags as a number, and has no other way to ask
    number = flags.value if hasattr(flags, "value") else int(flags)
    box = QRectF(0, 0, width, 1000)
    return QFontMetricsF(font).boundingRect(box, number, text).height() + 2


def spelled(number: float, language: str) -> str:
    """A number as a language writes it, to four digits."""
    return QLocale(language).toString(float(number), "g", 4).replace("-", "−")


def heading(chart, language: str) -> str:
    """Title of a chart, with the statistic of all its points where there is one."""
    told = ", ".join(f"{name} = {spelled(each, language)}" for name, each in zip("Ip", chart.moran))
    return f"{chart.title}. {told}" if told else chart.title


def ticks(low: float, high: float, most: int = 6) -> list:
    """Round numbers between two, at steps of 1, 2 or 5."""
    if not high > low:
        return [low]
    rough = (high - low) / most
    step = 10.0 ** math.floor(math.log10(rough))
    step *= next(each for each in (1, 2, 5, 10) if each * step >= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [i * step for i in range(first, last + 1)]


def _wide(values) -> tuple:
    """Ends of an axis with room about its values."""
    low, high = min(values), max(values)
    room = 0.08 * (high - low) or abs(high) * 0.1 or 1.0
    return low - room, high + room


class _Axes:
    """A frame on the widget, and where values lie in it."""

    def __init__(self, points, mean, room):
        self.frame = room
        self.across = _wide([*(p.value for p in points), mean])
        self.up = _wide([*(p.lag for p in points), 0.0])

    def at(self, value, lag) -> QPointF:
        left, right = self.across
        low, high = self.up
        x = self.frame.left() + (value - left) / (right - left) * self.frame.width()
        return QPointF(x, self.frame.bottom() - (lag - low) / (high - low) * self.frame.height())


def _paint_frame(painter, axes, chart, language) -> None:
    metrics, frame = QFontMetricsF(painter.font()), axes.frame
    high = metrics.height()
    painter.setPen(QPen(_FAINT, 1))
    painter.drawRect(frame)
    for value in ticks(*axes.across):
        at = axes.at(value, 0)
        painter.setPen(QPen(_FAINT, 1))
        painter.drawLine(QPointF(at.x(), frame.bottom()), QPointF(at.x(), frame.bottom() + 4))
        painter.setPen(_INK)
        write(
            painter,
            QRectF(at.x() - 40, frame.bottom() + 4, 80, high),
            spelled(value, language),
            _CENTRE,
        )
    for lag in ticks(*axes.up):
        at = axes.at(axes.across[0], lag)
        painter.setPen(QPen(_FAINT, 1))
        painter.drawLine(QPointF(frame.left() - 4, at.y()), QPointF(frame.left(), at.y()))
        painter.setPen(_INK)
        box = QRectF(_MARGIN, at.y() - high / 2, frame.left() - _MARGIN - 6, high)
        write(painter, box, spelled(lag, language), _RIGHT)
    below = QRectF(frame.left(), frame.bottom() + high + 4, frame.width(), high)
    write(painter, below, chart.axes[0], _CENTRE)
    wide = frame.right() - _MARGIN
    tall = height_of(painter.font(), chart.axes[1], wide)
    write(painter, QRectF(_MARGIN, frame.top() - tall - 2, wide, tall), chart.axes[1])


def _paint_lines(painter, axes, chart, mean) -> None:
    """Quarters about the means, their letters, and the slope that Moran's I is."""
    frame, high = axes.frame, QFontMetricsF(painter.font()).height()
    painter.setPen(QPen(_FAINT, 1, Qt.PenStyle.DashLine))
    middle = axes.at(mean, 0)
    painter.drawLine(QPointF(middle.x(), frame.top()), QPointF(middle.x(), frame.bottom()))
    painter.drawLine(QPointF(frame.left(), middle.y()), QPointF(frame.right(), middle.y()))
    painter.setPen(_FAINT)
    wide, inner = 30.0, frame.adjusted(4, 2, -4, -2)
    for text, x, y, side in (
        ("LH", inner.left(), inner.top(), _LEFT),
        ("HH", inner.right() - wide, inner.top(), _RIGHT),
        ("LL", inner.left(), inner.bottom() - high, _LEFT),
        ("HL", inner.right() - wide, inner.bottom() - high, _RIGHT),
    ):
        write(painter, QRectF(x, y, wide, high), text, side)
    if chart.moran:
        slope = float(chart.moran[0])
        painter.setPen(QPen(_INK, 1.5))
        painter.save()
        painter.setClipRect(frame)
        ends = [axes.at(x, slope * (x - mean)) for x in axes.across]
        painter.drawLine(*ends)
        painter.restore()


def _name(painter, at, name, frame, taken) -> None:
    """A name beside its point, where no other stands."""
    metrics = QFontMetricsF(painter.font())
    wide, high = metrics.horizontalAdvance(name) + 2, metrics.height()
    ways = ((12, -high / 2), (-wide - 12, -high / 2), (-wide / 2, -high - 10), (-wide / 2, 10))
    for x, y in ways:
        box = QRectF(at.x() + x, at.y() + y, wide, high)
        if frame.contains(box) and not any(box.intersects(other) for other in taken):
            taken.append(box)
            painter.setPen(_INK)
            write(painter, box, name)
            return


def paint_scatter(painter, room, chart, marked, language) -> dict:
    """A Moran scatterplot in a room; return the box of each point by code."""
    high = QFontMetricsF(painter.font()).height()
    tall = height_of(painter.font(), chart.axes[1], room.width() - _MARGIN)
    frame = room.adjusted(62, tall + 4, -_MARGIN, -2 * high - 10)
    points = chart.marks
    mean = sum(p.value for p in points) / len(points)
    axes = _Axes(points, mean, frame)
    _paint_frame(painter, axes, chart, language)
    _paint_lines(painter, axes, chart, mean)
    boxes = {}
    for point in sorted(points, key=lambda p: p.code in marked):
        at, r = axes.at(point.value, point.lag), _RADIUS
        if point.code in marked:
            painter.setPen(QPen(_MARKED, 2))
            painter.setBrush(_GLOW)
            painter.drawEllipse(at, r + 4, r + 4)
        painter.setPen(QPen(_INK, 1))
        painter.setBrush(QColor(point.colour))
        painter.drawEllipse(at, r, r)
        boxes[point.code] = QRectF(at.x() - r, at.y() - r, 2 * r, 2 * r)
    taken = list(boxes.values())
    for point in points:
        if point.code in marked:
            _name(painter, boxes[point.code].center(), point.name, frame, taken)
    return boxes


def paint_bars(painter, room, chart, marked, language) -> dict:
    """Ranks as bars in a room; return the box of each row by code."""
    metrics, bars = QFontMetricsF(painter.font()), chart.marks
    names = max(metrics.horizontalAdvance(bar.name) for bar in bars) + 2 * _MARGIN
    names = min(names, 0.5 * room.width())
    scores = max(metrics.horizontalAdvance(spelled(bar.score, language)) for bar in bars) + 4
    last = max(bar.high for bar in bars)
    left = room.left() + names
    wide = (room.right() - left - scores - 2 * _MARGIN) / last
    row = min(ROW, (room.height() - metrics.height() - 4) / len(bars))
    painter.setPen(_FAINT)
    for rank in dict.fromkeys((1, *(int(each) for each in ticks(1, last)), last)):
        x = left + (rank - 1) * wide
        write(painter, QRectF(x - 20, room.top(), wide + 40, metrics.height()), str(rank), _CENTRE)
    boxes = {}
    for i, bar in enumerate(bars):
        top = room.top() + metrics.height() + 4 + i * row
        whole = QRectF(room.left(), top, room.width(), row)
        if bar.code in marked:
            painter.fillRect(whole, _GLOW)
        painter.setPen(_INK)
        name = metrics.elidedText(bar.name, Qt.TextElideMode.ElideRight, names - _MARGIN)
        write(painter, QRectF(room.left() + 2, top, names - _MARGIN, row), name)
        span = QRectF(
            left + (bar.low - 1) * wide, top + 3, (bar.high - bar.low + 1) * wide, row - 6
        )
        painter.setPen(QPen(_INK if bar.code in marked else _FAINT, 1))
        painter.setBrush(QColor(bar.colour))
        painter.drawRect(span)
        painter.setPen(QPen(_INK, 1))
        painter.setBrush(QColor("white"))
        painter.drawEllipse(QPointF(left + (bar.rank - 0.5) * wide, top + row / 2), 3.5, 3.5)
        box = QRectF(room.right() - scores - _MARGIN, top, scores + _MARGIN, row)
        write(painter, box, spelled(bar.score, language), _RIGHT)
        boxes[bar.code] = whole
    return boxes

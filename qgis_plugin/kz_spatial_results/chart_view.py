"""A chart on the screen that is brushed: clicked, dragged over, and marked from outside."""

from __future__ import annotations

from qgis.PyQt.QtCore import QRectF, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QPainter, QPen
from qgis.PyQt.QtWidgets import QWidget

from .chart_paint import ROW, heading, height_of, paint_bars, paint_scatter, spelled, write

_LEAST, _MARGIN = 300, 6.0
_SLIP = 4  # pixels that a click may move
_WARNING = QColor(176, 0, 32)


class ChartView(QWidget):
    """Paints a chart; `picked` tells the codes that a click or a dragged rectangle chose."""

    picked = pyqtSignal(list)

    def __init__(self, parent=None):
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setMinimumSize(_LEAST, _LEAST)
        self.chart, self.language, self.notes = None, "en", ()
        self.marked, self.boxes = frozenset(), {}
        self._from = self._to = None

    def show_chart(self, chart, language, notes=()):
        """Show another chart, or none; `notes` stand below it, the last one in red."""
        self.chart, self.language, self.notes = chart, language, tuple(filter(None, notes))
        rows = len(chart.marks) if chart is not None and chart.is_ranks else 0
        self.setMinimumHeight(max(_LEAST, int(rows * ROW) + 110))
        self.boxes = {}
        self.update()

    def mark(self, codes):
        """Mark units that are chosen elsewhere."""
        self.marked = frozenset(codes)
        self.update()

    def paintEvent(self, event):  # noqa: ARG002  the whole is painted anew
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor("white"))
        if self.chart is not None:
            paint = paint_bars if self.chart.is_ranks else paint_scatter
            room = self._paint_texts(painter)
            self.boxes = paint(painter, room, self.chart, self.marked, self.language)
        if self._dragged():
            painter.setPen(QPen(QColor("#3366cc"), 1, Qt.PenStyle.DashLine))
            painter.setBrush(QColor(51, 102, 204, 40))
            painter.drawRect(self._rectangle())
        painter.end()

    def _paint_texts(self, painter) -> QRectF:
        """Title above and notes below; return the room between them."""
        room = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        plain, bold = painter.font(), painter.font()
        bold.setBold(True)
        title = heading(self.chart, self.language)
        tall = height_of(bold, title, room.width())
        painter.setFont(bold)
        write(painter, QRectF(room.left(), room.top(), room.width(), tall), title)
        painter.setFont(plain)
        top, low = room.top() + tall + 4, room.bottom()
        for i, note in enumerate(reversed(self.notes)):
            tall = height_of(plain, note, room.width())
            low -= tall
            painter.setPen(_WARNING if i == 0 and len(self.notes) > 1 else QColor("#333333"))
            write(painter, QRectF(room.left(), low, room.width(), tall), note)
        painter.setPen(QColor("#222222"))
        return QRectF(room.left(), top, room.width(), low - top - 4)

    def mousePressEvent(self, event):
        if event.button() == Qt.MouseButton.LeftButton:
            self._from = self._to = event.pos()

    def mouseMoveEvent(self, event):
        if self._from is not None:
            self._to = event.pos()
            self.update()
            return
        under = self._under(event.pos())
        self.setToolTip("\n".join(self._told(each) for each in under))

    def mouseReleaseEvent(self, event):
        if self._from is None or self.chart is None:
            return
        self._to = event.pos()
        found = self._inside(self._rectangle()) if self._dragged() else self._under(self._to)
        self._from = self._to = None
        codes = {each.code for each in found}
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            codes |= self.marked
        self.update()
        self.picked.emit(sorted(codes))

    def _dragged(self) -> bool:
        if self._from is None:
            return False
        way = self._to - self._from
        return max(abs(way.x()), abs(way.y())) > _SLIP

    def _rectangle(self) -> QRectF:
        corner, other = self._from, self._to
        left, right = sorted((corner.x(), other.x()))
        top, low = sorted((corner.y(), other.y()))
        # one without a width would meet nothing
        return QRectF(left, top, max(right - left, 1), max(low - top, 1))

    def _under(self, at) -> list:
        """Marks below the pointer, the nearest first; several where they lie on each other."""
        near = [(_apart(self.boxes[m.code], at), m) for m in self._marks()]
        hit = [
            pair
            for pair in near
            if self.boxes[pair[1].code].adjusted(-2, -2, 2, 2).contains(at.x(), at.y())
        ]
        hit.sort(key=lambda pair: pair[0])
        return [mark for _, mark in hit[: 1 if self.chart and self.chart.is_ranks else None]]

    def _inside(self, rectangle) -> list:
        """Marks in a rectangle: points by their middle, rows where it touches them."""
        if self.chart.is_ranks:
            return [m for m in self._marks() if self.boxes[m.code].intersects(rectangle)]
        return [m for m in self._marks() if rectangle.contains(self.boxes[m.code].center())]

    def _marks(self) -> list:
        marks = self.chart.marks if self.chart is not None else ()
        return [each for each in marks if each.code in self.boxes]

    def _told(self, mark) -> str:
        """Name and figures of a mark, for its tip."""
        if self.chart.is_ranks:
            ranks = f"{mark.rank} ({mark.low}–{mark.high})"
            return f"{mark.name}: {ranks}; {spelled(mark.score, self.language)}"
        told = [f"{mark.name}: {mark.label}"]
        figures = zip(self.chart.axes, (mark.value, mark.lag))
        told += [f"{name}: {spelled(figure, self.language)}" for name, figure in figures]
        return "\n".join(told)


def _apart(box, at) -> float:
    way = box.center()
    return abs(way.x() - at.x()) + abs(way.y() - at.y())

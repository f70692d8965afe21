"""The chart beside the map: its figures, its colours, its picture, and brushing both ways."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
from qgis.core import QgsProject, QgsSettings
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtGui import QImage
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from check_plugin import _empty_project, _started
from maps import pixels

COLOURS = {
    "High-High": "#ff0000",
    "Low-Low": "#0000ff",
    "High-Low": "#f4ada8",
    "Low-High": "#a7adf9",
    "not significant": "#eeeeee",
    "cannot be significant": "#f7f7f7",
    "island": "#c8c8c8",
}
INDICATORS = (
    "outages_per_month",
    "epayment_share",
    "co2_monitoring",
    "product_innovation",
    "permit_days",
)
TITLES = {
    "outages_per_month": "Local Moran: Power outages",
    "product_innovation": "Local Moran: Product innovation",
}


def _opened(settings, bundle=None):
    """A plugin with a bundle open and the chart shown, and the bundle's layers."""
    desktop, plugin = _started()
    _empty_project()
    opened = plugin.open_results(bundle or settings["bundle"])
    dock = plugin.show_chart()
    assert desktop.docks == [dock]
    dock.resize(520, 620)
    dock.show()
    QApplication.processEvents()
    return plugin, dock, opened.layers


def _show(dock, title):
    dock.charts.setCurrentText(title)
    assert dock.charts.currentText() == title, [e.title for e in dock._found]
    QApplication.processEvents()
    dock.view.grab()  # painted, so that marks have their places
    return dock.view.chart


def _rows(bundle, table):
    with (Path(bundle) / "tables" / f"{table}.csv").open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def _selected(layer):
    return sorted(each["oblast_code"] for each in layer.selectedFeatures())


def check_points_are_those_of_the_layer_and_of_the_table(settings):
    plugin, dock, layers = _opened(settings)
    features = {each["oblast_code"]: each for each in layers["local_moran"].getFeatures()}
    table = {
        (row["indicator"], row["code"]): row
        for row in _rows(settings["bundle"], "local_moran")
        if row["level"] == "oblast"
    }
    scatters = [each for each in dock._found if not each.is_ranks]
    assert len(scatters) == len(INDICATORS)
    for name, chart in zip(INDICATORS, scatters, strict=True):
        drawn = {mark.code: mark for mark in chart.marks}
        wanted = {code for code in features if table[name, code]["lag"]}
        assert set(drawn) == wanted, name
        for code, mark in drawn.items():
            feature, row = features[code], table[name, code]
            assert mark.value == feature[f"{name}_value"], (name, code)
            assert mark.lag == feature[f"{name}_lag"], (name, code)
            assert np.isclose(mark.value, float(row["value"]), rtol=1e-8), (name, code)
            assert np.isclose(mark.lag, float(row["lag"]), rtol=1e-8, atol=1e-12), (name, code)
            assert mark.colour == COLOURS[feature[f"{name}_label"]], (name, code, mark)
            assert mark.name == feature["name_en"]
        whole = next(
            row
            for row in _rows(settings["bundle"], "moran")
            if (row["level"], row["indicator"], row["name"]) == ("oblast", name, "Moran's I")
        )
        assert chart.moran == (whole["statistic"], whole["p"])
    plugin.unload()


def check_ranks_are_those_of_the_table(settings):
    plugin, dock, layers = _opened(settings)
    ranks = [each for each in dock._found if each.is_ranks]
    keys = {"composite": "composite", "oblast": "oblast_code"}
    for chart, (level, key) in zip(ranks, keys.items(), strict=True):
        rows = [row for row in _rows(settings["bundle"], "ranks") if row["level"] == level]
        layer = layers["oblasts" if level == "oblast" else "composites"]
        names = {each[key]: each["name_en"] for each in layer.getFeatures()}
        assert len(chart.marks) == len([row for row in rows if row["rank"]])
        by_code = {row["code"]: row for row in rows}
        for mark in chart.marks:
            row = by_code[mark.code]
            told = (mark.rank, mark.low, mark.high)
            assert told == tuple(int(float(row[k])) for k in ("rank", "rank_low", "rank_high"))
            assert mark.score == float(row["score"])
            assert mark.name == names[mark.code]
        assert [mark.rank for mark in chart.marks] == sorted(mark.rank for mark in chart.marks)
        # light for the low classes, dark for the high ones, as the map has them
        first, last = (chart.marks[i].colour for i in (0, -1))
        assert (first, last) == ("#253494", "#ffffcc"), (first, last)
    assert len(ranks) == 2
    plugin.unload()


def check_points_stand_in_their_quarter_and_on_the_slope(settings):
    """Places on the screen, against the quadrants of the layer and Moran's I of the table."""
    plugin, dock, layers = _opened(settings)
    chart = _show(dock, TITLES["product_innovation"])
    features = {each["oblast_code"]: each for each in layers["local_moran"].getFeatures()}
    values = np.array([mark.value for mark in chart.marks])
    lags = np.array([mark.lag for mark in chart.marks])
    places = [dock.view.boxes[mark.code].center() for mark in chart.marks]
    x, y = np.array([p.x() for p in places]), np.array([p.y() for p in places])
    # the screen is a straight image of the figures, right and upwards
    across, up = np.polyfit(values, x, 1), np.polyfit(lags, y, 1)
    assert np.allclose(np.polyval(across, values), x, atol=0.01)
    assert np.allclose(np.polyval(up, lags), y, atol=0.01)
    assert across[0] > 0 > up[0]
    middle = (np.polyval(across, values.mean()), np.polyval(up, 0))
    for mark, right, low in zip(chart.marks, x > middle[0], y < middle[1], strict=True):
        told = "-".join("High" if side else "Low" for side in (right, low))
        assert told == features[mark.code]["product_innovation_quadrant"], mark
    centred = values - values.mean()
    slope = (centred * lags).sum() / (centred**2).sum()
    assert np.isclose(slope, float(chart.moran[0]), atol=1e-8), slope
    # where the line of that slope must pass, ink is; two points a tenth of the frame apart
    seen = pixels(dock.view.grab().toImage())
    hit = 0
    for part in np.linspace(-0.3, 0.3, 13):
        at = values.mean() + part * (values.max() - values.min())
        column = round(np.polyval(across, at))
        row = round(np.polyval(up, slope * (at - values.mean())))
        hit += bool((seen[row - 2 : row + 3, column].sum(axis=1) < 300).any())
    assert hit >= 12, hit
    plugin.unload()


def check_what_is_selected_on_the_map_is_marked_in_the_chart(settings):
    plugin, dock, layers = _opened(settings)
    _show(dock, TITLES["outages_per_month"])
    for key in ("oblasts", "local_moran", "clusters"):
        layer = layers[key]
        layer.selectByExpression("\"oblast_code\" IN ('KZ-47', 'KZ-11')")
        assert dock.view.marked == {"KZ-47", "KZ-11"}, key
        seen = pixels(dock.view.grab().toImage())
        glowing = abs(seen - (255, 212, 0)).max(axis=2) < 9
        marked = [dock.view.boxes[code].adjusted(-5, -5, 5, 5) for code in ("KZ-47", "KZ-11")]
        for box in marked:
            top, left = round(box.top()), round(box.left())
            assert glowing[top : top + 21, left : left + 21].sum() > 40, key
            glowing[top : top + 21, left : left + 21] = False
        assert not glowing.any(), "something else is marked"
        layer.removeSelection()
        assert not dock.view.marked
        assert not (abs(pixels(dock.view.grab().toImage()) - (255, 212, 0)).max(axis=2) < 9).any()
    plugin.unload()


def check_a_click_and_a_rectangle_select_on_the_map(settings):
    plugin, dock, layers = _opened(settings)
    chart, view = _show(dock, TITLES["outages_per_month"]), dock.view
    left, shift = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier
    none = Qt.KeyboardModifier.NoModifier
    at = {code: box.center().toPoint() for code, box in view.boxes.items()}
    lone = [
        code
        for code, place in at.items()
        if all(o == code or (place - p).manhattanLength() > 30 for o, p in at.items())
    ]
    assert len(lone) >= 2, at
    QTest.mouseClick(view, left, none, at[lone[0]])
    for key in ("oblasts", "local_moran", "clusters"):
        assert _selected(layers[key]) == [lone[0]], key
    assert layers["composites"].selectedFeatureCount() == 0, "of another level"
    assert view.marked == {lone[0]}
    QTest.mouseClick(view, left, shift, at[lone[1]])
    assert _selected(layers["oblasts"]) == sorted(lone[:2])
    # the right half: the units above the mean
    mean = sum(mark.value for mark in chart.marks) / len(chart.marks)
    wanted = sorted(mark.code for mark in chart.marks if mark.value > mean)
    rest = [at[mark.code].x() for mark in chart.marks if mark.code not in wanted]
    start = (max(rest) + min(at[code].x() for code in wanted)) // 2
    low, high = min(p.y() for p in at.values()) - 9, max(p.y() for p in at.values()) + 9
    QTest.mousePress(view, left, none, QPoint(start, low))
    QTest.mouseMove(view, QPoint(view.width() - 20, high - 40))
    QTest.mouseRelease(view, left, none, QPoint(view.width() - 9, high))
    assert _selected(layers["local_moran"]) == wanted
    assert sorted(view.marked) == wanted
    QTest.mouseClick(view, left, none, QPoint(at[lone[0]].x(), at[lone[0]].y() + 13))
    assert _selected(layers["oblasts"]) == [], "a click beside the points takes nothing back"
    plugin.unload()


def check_rows_of_ranks_are_brushed_too(settings):
    plugin, dock, layers = _opened(settings)
    title = next(each.title for each in dock._found if each.is_ranks and "Composite" in each.title)
    chart, view = _show(dock, title), dock.view
    places = [view.boxes[mark.code].center().toPoint() for mark in chart.marks]
    assert [p.y() for p in places] == sorted(p.y() for p in places)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, places[2])
    found = [each["composite"] for each in layers["composites"].selectedFeatures()]
    assert found == [chart.marks[2].code]
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(view, left, Qt.KeyboardModifier.NoModifier, places[0])
    QTest.mouseRelease(view, left, Qt.KeyboardModifier.NoModifier, places[3])
    found = {each["composite"] for each in layers["composites"].selectedFeatures()}
    assert found == {mark.code for mark in chart.marks[:4]}
    layers["composites"].selectByExpression("\"composite\" = 'west'")
    assert view.marked == {"west"}
    # each bar is as long as its ranks are many
    seen, last = pixels(view.grab().toImage()), max(mark.high for mark in chart.marks)
    for mark in (m for m in chart.marks if m.code != "west"):
        box = view.boxes[mark.code]
        strip = seen[round(box.top() + 5), round(box.left()) : round(box.right())]
        wanted = [int(mark.colour[i : i + 2], 16) for i in (1, 3, 5)]
        long = (abs(strip - wanted).max(axis=1) <= 3).sum()
        one = long / (mark.high - mark.low + 1)
        assert 20 < one < 100, (mark, long)
        assert long <= last * one + 1
    lengths = {
        (mark.high - mark.low + 1): (
            abs(
                seen[round(view.boxes[mark.code].top() + 5)]
                - [int(mark.colour[i : i + 2], 16) for i in (1, 3, 5)]
            ).max(axis=1)
            <= 3
        ).sum()
        for mark in chart.marks
        if mark.code != "west"
    }
    west = view.boxes["west"]
    inner = seen[round(west.top()) + 5]
    colour = next(mark.colour for mark in chart.marks if mark.code == "west")
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    assert (abs(inner - wanted).max(axis=1) <= 3).sum() > 20, "a marked bar loses its colour"
    ones = [pixels_long / ranks for ranks, pixels_long in lengths.items()]
    assert max(ones) - min(ones) < 2, lengths
    plugin.unload()


def check_a_bar_is_as_long_as_its_ranks_are_many(settings):
    """One rank, three and five of seven, each in a colour that nothing else has."""
    from kz_spatial_results.chart_data import Bar, Chart
    from kz_spatial_results.chart_view import ChartView

    told = (("a", 1, 1, "#00aa11"), ("b", 2, 4, "#aa00aa"), ("c", 3, 7, "#00aacc"))
    bars = tuple(
        Bar(code, code.upper(), 0.5, low, low, high, colour) for code, low, high, colour in told
    )
    view = ChartView()
    view.resize(700, 300)
    view.show_chart(Chart("t", bars, ()), "en")
    seen, starts, lengths = pixels(view.grab().toImage()), [], []
    for bar in bars:
        row = seen[round(view.boxes[bar.code].top() + 5)]
        wanted = [int(bar.colour[i : i + 2], 16) for i in (1, 3, 5)]
        (at,) = np.nonzero(abs(row - wanted).max(axis=1) <= 3)
        starts.append(at.min())
        lengths.append(at.max() - at.min() + 2)
    one = lengths[0]
    assert one > 30
    assert abs(lengths[1] - 3 * one) < 6, lengths
    assert abs(lengths[2] - 5 * one) < 8, lengths
    assert abs(starts[1] - starts[0] - one) < 4, starts
    assert abs(starts[2] - starts[0] - 2 * one) < 4, starts


def check_the_chart_lives_with_its_bundles(settings):
    """Two bundles, layers that go, an unload: nothing is left over."""
    plugin, dock, layers = _opened(settings)
    _show(dock, TITLES["product_innovation"])
    assert dock.bundles.isHidden()
    other = Path(settings["tmp"]) / "beside" / "second"
    other.parent.mkdir()
    shutil.copytree(settings["bundle"], other)
    plugin.open_results(str(other))
    assert dock.bundles.count() == 2
    assert not dock.bundles.isHidden()
    assert dock.charts.currentText() == TITLES["product_innovation"], "another chart is shown"
    dock.bundles.setCurrentIndex(dock.bundles.findText(str(other)))
    layers["oblasts"].selectAll()
    assert not dock.view.marked, "a selection in the other bundle is marked"
    QgsProject.instance().removeMapLayers(
        [each.id() for each in QgsProject.instance().mapLayers().values()]
    )
    QApplication.processEvents()
    assert dock.view.chart is None
    assert dock.empty.text() == "No bundle is open; begin with Open results"
    dock.view.grab()
    plugin.unload()
    assert plugin.chart is None
    plugin.unload()


def check_a_table_of_areas_has_its_points_too(settings):
    plugin, dock, layers = _opened(settings, settings["areas"])
    (chart,) = dock._found
    assert chart.title == "Local Moran: Jobs"
    assert len(chart.marks) == 20
    feature = next(e for e in layers["local_moran"].getFeatures() if e["oblast_code"] == "KZ-11")
    mark = next(each for each in chart.marks if each.code == "KZ-11")
    assert (mark.value, mark.lag) == (feature["jobs_value"], feature["jobs_lag"])
    plugin.unload()


def _in_language(settings, code):
    """The bundle with the layers of another language."""
    folder = Path(settings["tmp"]) / f"chart {code}"
    shutil.copytree(settings["bundle"], folder)
    if code != "en":
        shutil.copy(settings["translated"][code], folder / "kz_spatial.gpkg")
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    record["options"]["language"] = code
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return str(folder)


def check_the_chart_speaks_the_language_of_the_bundle(settings):
    """Titles, axes, notes and numbers; pictures are left beside, to be looked at."""
    QgsSettings().setValue("locale/overrideFlag", True)
    wanted = {
        "en": ("Synthetic twin", "Power outages", "Line: Moran's I"),
        "ru": ("Синтетический двойник", "Отключения электричества", "Линия: индекс Морана"),
        "kk": ("Синтетикалық егіз", "Электр қуатының үзілуі", "Сызық: Моран"),
    }
    try:
        for code, (twin, outages, line) in wanted.items():
            QgsSettings().setValue("locale/userLocale", code)
            plugin, dock, _ = _opened(settings, _in_language(settings, code))
            titles = [each.title for each in dock._found]
            for number, title in enumerate(titles[i] for i in (0, 3, 6)):
                chart = _show(dock, title)
                codes = [mark.code for mark in chart.marks[:3]]
                dock.choose(codes)
                picture = dock.grab().toImage()
                picture.save(str(Path(settings["tmp"]) / f"chart-{code}-{number}.png"))
                assert isinstance(picture, QImage)
                assert twin in dock.view.notes[-1]
                if not chart.is_ranks:
                    assert line in dock.view.notes[0]
                    assert len(set(chart.axes)) == 2
            assert any(outages in title for title in titles), titles
            plugin.unload()
    finally:
        QgsSettings().remove("locale/overrideFlag")
        QgsSettings().remove("locale/userLocale")

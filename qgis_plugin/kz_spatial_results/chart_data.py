"""What the chart shows of an open bundle: local Moran as points, ranks as bars; none is computed.

Figures are those of the layer `local_moran`, of `tables/ranks.csv` and of `tables/moran.csv`,
colours those that the layer's own style gives to each feature.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from qgis.core import (
    QgsExpressionContextUtils,
    QgsMapLayerStyle,
    QgsRenderContext,
    QgsVectorLayer,
    QgsVectorLayerUtils,
)

from .placed import nodes_of
from .tables import plain

_LOCAL = "local_moran"
_RANKED = "readiness"  # the score's column, in every study
_UNDRAWN = "#d0d0d0"


@dataclass(frozen=True)
class Point:
    """A unit in a Moran scatterplot; `lag` is in the unit of the value, less the mean of all."""

    code: str
    name: str
    value: float
    lag: float
    label: str
    colour: str


@dataclass(frozen=True)
class Bar:
    """A unit among the ranks, with the first and last rank that cannot be ruled out."""

    code: str
    name: str
    score: float
    rank: int
    low: int
    high: int
    colour: str


@dataclass(frozen=True)
class Chart:
    """Points or bars of one level.

    `layers` are those whose features have a code of the level, with the field that holds it, `axes`
    what the figures are called. `moran` is the statistic of all and its p, as text of the table;
    empty where there is none.
    """

    title: str
    marks: tuple
    layers: tuple
    axes: tuple = ()
    moran: tuple = ()

    @property
    def is_ranks(self) -> bool:
        """Whether the marks are bars."""
        return bool(self.marks) and isinstance(self.marks[0], Bar)


def key_field(layer) -> str:
    """Field that holds the code of a unit: the first one of a bundle's layer."""
    return next((name for name in layer.fields().names() if name != "fid"), "")


def features_by_code(layer, key) -> dict:
    """Features by the code of their unit."""
    return {plain(each[key]): each for each in layer.getFeatures()}


def _styles_by_column(layer, ending) -> dict:
    """Style by the column that it draws, of those that end so; the layer's own spelling."""
    found, manager = {}, layer.styleManager()
    for name in manager.styles():
        text = manager.style(name).xmlData()
        match = re.search(rf'filter="&quot;([^"&]*{ending})&quot; ', text)
        if match:
            found.setdefault(match[1], name)
    return found


def looks_of(layer, style) -> dict:
    """Colour and label of each feature by its code, as a style of the layer draws it."""
    shadow = QgsVectorLayer(layer.source(), layer.name(), layer.providerType())
    QgsMapLayerStyle(layer.styleManager().style(style).xmlData()).writeToLayer(shadow)
    renderer, context, key = shadow.renderer().clone(), QgsRenderContext(), key_field(layer)
    rules = renderer.rootRule().descendants() if hasattr(renderer, "rootRule") else []
    labels = {rule.ruleKey(): rule.label() for rule in rules if rule.symbol() is not None}
    context.expressionContext().appendScope(QgsExpressionContextUtils.layerScope(shadow))
    renderer.startRender(context, shadow.fields())
    found = {}
    for feature in shadow.getFeatures():
        context.expressionContext().setFeature(feature)
        symbols = renderer.originalSymbolsForFeature(feature, context)
        if symbols:
            keys = [k for k in renderer.legendKeysForFeature(feature, context) if k in labels]
            colour = symbols[0].symbolLayer(0).fillColor().name()
            found[plain(feature[key])] = (colour, labels[keys[0]] if keys else "")
    renderer.stopRender(context)
    return found


def _number(value):
    text = plain(value)
    return float(text) if text else None


def _rows(path) -> list:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except (OSError, csv.Error, UnicodeDecodeError):
        return []


def _is_level(level, key) -> bool:
    """Whether a level of the tables is that of a layer's codes."""
    return key in (level, f"{level}_code")


def _layers_with(layers, key) -> tuple:
    return tuple((each, key) for each in layers if key_field(each) == key)


def _scatter(layer, layers, column, style, folder) -> Chart:
    """Points of one indicator."""
    key, looks = key_field(layer), looks_of(layer, style) if style else {}
    value, lag, label = (f"{column}_{part}" for part in ("value", "lag", "label"))
    points = []
    for code, feature in features_by_code(layer, key).items():
        across, up = _number(feature[value]), _number(feature[lag])
        if across is None or up is None:
            continue
        colour, said = looks.get(code, (_UNDRAWN, plain(feature[label])))
        name = QgsVectorLayerUtils.getFeatureDisplayString(layer, feature)
        points.append(Point(code, name, across, up, said, colour))
    whole = [
        (row["statistic"], row["p"])
        for row in _rows(folder / "tables" / "moran.csv")
        if row.get("indicator") == column
        and row.get("name") == "Moran's I"
        and _is_level(row.get("level", ""), key)
    ]
    axes = tuple(layer.attributeDisplayName(layer.fields().indexOf(n)) for n in (value, lag))
    title = f"{layer.name()}: {style or column}"
    return Chart(title, tuple(points), _layers_with(layers, key), axes, (*whole, ())[0])


def _scatters(layers, folder) -> list:
    found = []
    for layer in (each for key, each in layers.items() if key == _LOCAL):
        names, styles = layer.fields().names(), _styles_by_column(layer, "_label")
        columns = [n[: -len("_label")] for n in names if n.endswith("_label")]
        for column in columns:
            if {f"{column}_value", f"{column}_lag"} <= set(names):
                style = styles.get(f"{column}_label", "")
                found.append(_scatter(layer, layers.values(), column, style, folder))
    return found


def _ranks(layers, folder) -> list:
    rows, found = _rows(folder / "tables" / "ranks.csv"), []
    for level in dict.fromkeys(row["level"] for row in rows):
        for layer in layers.values():
            key, style = key_field(layer), _styles_by_column(layer, _RANKED).get(_RANKED)
            if style is None or not _is_level(level, key):
                continue
            looks, features = looks_of(layer, style), features_by_code(layer, key)
            bars = [
                Bar(
                    row["code"],
                    QgsVectorLayerUtils.getFeatureDisplayString(layer, features[row["code"]]),
                    float(row["score"]),
                    *(int(float(row[part])) for part in ("rank", "rank_low", "rank_high")),
                    looks.get(row["code"], (_UNDRAWN, ""))[0],
                )
                for row in rows
                if row["level"] == level and row["code"] in features and row["rank"]
            ]
            bars.sort(key=lambda bar: (bar.rank, bar.name))
            title = f"{layer.name()}: {style}"
            found.append(Chart(title, tuple(bars), _layers_with(layers.values(), key)))
    return found


def charts_of(project, folder) -> list:
    """Charts of an open bundle: local Moran of each indicator, then the ranks of each level."""
    nodes = nodes_of(project, folder).items()
    layers = {key: node.layer() for key, node in nodes}
    drawn = {k: e for k, e in layers.items() if isinstance(e, QgsVectorLayer) and e.isValid()}
    return [each for each in (*_scatters(drawn, folder), *_ranks(drawn, folder)) if each.marks]

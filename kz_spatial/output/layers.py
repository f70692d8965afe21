"""Map layers: how each frame of results is to be shown, once for Folium and QGIS.

`describe` says how the columns of the frames of `kz_spatial.study` are drawn in one language. A
frame read back from a GeoPackage can be described too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from kz_spatial._validate import check_option
from kz_spatial.options import INDICATORS, MIN_FIRMS, Language
from kz_spatial.output.styles import Style, make_styles
from kz_spatial.output.terms import indicator_name, layer_title, partition_title, unit_name
from kz_spatial.words import catalogue_of, has_words, languages, say, unit_names

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["LAYER_ORDER", "Layer", "describe"]

Geometry = Literal["polygon", "point"]
# drawn from the bottom up
LAYER_ORDER: Final = (
    "composites",
    "oblasts",
    "clusters",
    "local_moran",
    "density_contours",
    "settlements",
)
_KINDS: Final = ("typology_", "regions_")
# columns that are called otherwise than a message `column.<name>` would say
_NAMED: Final[dict[str, Callable[[Language], str]]] = {
    "oblast_code": lambda language: say("column.code", language),
    "composite": lambda language: layer_title("composites", language),
    "unit": lambda language: unit_name("firms", language),
    "readiness": lambda language: indicator_name("readiness", language),
}


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A frame and how it is shown.

    Attributes
    ----------
    name, title : str
        Table name in the GeoPackage; what the reader sees.
    frame : GeoDataFrame
        EPSG:4326.
    geometry : {"polygon", "point"}
    styles : tuple of Style
        The default first.
    aliases : dict
        Column to what the reader sees.
    label_column : str or None
        Column written on the map.
    visible : bool
        Whether the layer is on when a map opens.
    language : str
        One of `words.languages()`.
    notice : str
        "Synthetic twin ..." where it is; else empty.
    min_firms : int
        Cells of fewer firms are withheld.
    """

    name: str
    title: str
    frame: gpd.GeoDataFrame
    geometry: Geometry
    styles: tuple[Style, ...]
    aliases: dict[str, str]
    label_column: str | None
    visible: bool
    language: Language
    notice: str = ""
    min_firms: int = MIN_FIRMS


def _alias(column: str, language: Language) -> str:
    """What a reader sees for a column."""
    owner = next((i for i in INDICATORS if column.startswith(f"{i}_")), "")
    key = f"column.{column.removeprefix(f'{owner}_') if owner else column}"
    if column.startswith("name_"):
        found = _name_alias(column.removeprefix("name_"), language)
    elif column in _NAMED:
        found = _NAMED[column](language)
    elif column.startswith(_KINDS):
        found = partition_title(column, language)
    elif not has_words(key):
        found = column.replace("_", " ")
    elif owner:
        name, part = indicator_name(owner, language), say(key, language)
        found = say("legend.about", language, name=name, part=part)
    else:
        found = say(key, language)
    return found


def _name_alias(code: str, language: Language) -> str:
    """Heading of a column of names."""
    if code == language or code not in languages():
        return say("column.name", language)
    return say("column.name_in", language, language=catalogue_of(code).name)


def _named(frame: gpd.GeoDataFrame, language: Language) -> gpd.GeoDataFrame:
    """The frame with names in the language: those that its catalogue has, English for the others.

    Names that are empty in another language become English too.
    """
    frame = frame.copy()
    present = [c for c in (f"name_{code}" for code in languages()) if c in frame]
    if "name_en" not in frame:
        return frame
    if (column := f"name_{language}") not in frame:
        key = next((c for c in ("oblast_code", "composite") if c in frame), None)
        own = unit_names(language)
        named: pd.Series = frame["name_en"].copy()
        if key is not None and frame[key].is_unique:
            named = frame[key].map(own).fillna(named)
        frame.insert(frame.columns.get_loc(present[-1]) + 1, column, named)
    for each in present:
        frame[each] = frame[each].where(frame[each].notna() & (frame[each] != ""), frame["name_en"])
    return frame


def describe(
    frames: dict[str, gpd.GeoDataFrame],
    *,
    language: Language = "en",
    notice: str = "",
    min_firms: int = MIN_FIRMS,
) -> tuple[Layer, ...]:
    """Say how each frame is drawn.

    Parameters
    ----------
    frames : dict of GeoDataFrame
        By layer name; unknown names are left out. One without a column `name_<language>` gets it.
    language : str
        One of `words.languages()`.
    notice : str
        Line that every layer carries, such as that of the twin.
    min_firms : int
        Cells of fewer firms are withheld, which legends say.

    Returns
    -------
    tuple of Layer
        From the bottom of the map to its top.

    Raises
    ------
    CallError
        When there is no such language.
    """
    check_option("language", language, languages())
    layers = []
    for name in (each for each in LAYER_ORDER if each in frames):
        frame = _named(frames[name], language)
        styles = make_styles(name, frame, language, min_firms=min_firms)
        layers.append(
            Layer(
                name=name,
                title=layer_title(name, language),
                styles=styles,
                frame=frame,
                geometry="point" if name == "settlements" else "polygon",
                aliases={c: _alias(c, language) for c in frame.columns if c != "geometry"},
                label_column=f"name_{language}" if f"name_{language}" in frame else None,
                visible=name in ("oblasts", "settlements"),
                language=language,
                notice=notice,
                min_firms=min_firms,
            )
        )
    return tuple(layers)

"""Write layers to a GeoPackage that styles itself in QGIS.

QGIS reads a `layer_styles` table when it opens a layer; catalog and schema must be empty text, and
the geometry column must match.
Where the numbers come from is written in the metadata extension of the GeoPackage standard: one
Dublin Core record for the file, and for each layer one that QGIS shows under its properties.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal
from xml.sax.saxutils import escape

from kz_spatial.options import DATA_CRS
from kz_spatial.output import qml
from kz_spatial.output.clock import moment, today
from kz_spatial.words import catalogue_of, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from kz_spatial.options import Classes, Language
    from kz_spatial.output.layers import Layer
    from kz_spatial.output.style_classes import Style

__all__ = ["About", "layer_metadata", "offered_styles", "write_geopackage"]

_GEOMETRY: Final = "geom"
_DATE_OPTION: Final = "OGR_CURRENT_DATE"
_STYLE_TABLE: Final = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(256), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')))
"""
_STYLE_ROW: Final = """
INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column,
  styleName, styleQML, styleSLD, useAsDefault, description, owner, ui, update_time)
VALUES ('', '', ?, ?, ?, ?, '', ?, ?, '', '', ?)
"""


# standard 1.2: later ones make the GDAL of QGIS 3.22 warn on every opening
_GEOPACKAGE_VERSION: Final = "1.2"
_METADATA_TABLES: Final = """
CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
  scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
CREATE TABLE gpkg_metadata (
  id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
  md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml',
  metadata TEXT NOT NULL DEFAULT '');
CREATE TABLE gpkg_metadata_reference (
  reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
  timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
  CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
  CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));
INSERT INTO gpkg_extensions VALUES
  ('gpkg_metadata', NULL, 'gpkg_metadata',
   'http://www.geopackage.org/spec120/#extension_metadata', 'read-write'),
  ('gpkg_metadata_reference', NULL, 'gpkg_metadata',
   'http://www.geopackage.org/spec120/#extension_metadata', 'read-write');
"""
_DUBLIN_CORE: Final = "http://purl.org/dc/terms/"
_QGIS: Final = "http://mrcc.com/qgis.dtd"


@dataclass(frozen=True, slots=True)
class About:
    """Where the numbers of a file come from.

    Attributes
    ----------
    source : str
        File or data set.
    coding : {"corrected", "as-published"}
    synthetic : bool
        Whether the firms are those of the twin.
    kind : {"firms", "table"}
        Whether answers of firms or a table of units stand behind the numbers.
    own_units : bool
        Whether the polygons are the reader's own, of a source that is not known.
    classes : str
        How classes of numbers were made: one of `options.CLASSES`.
    title : str
        Of the whole file.
    written : str
        Date, as YYYY-MM-DD; today when not given.
    """

    source: str = ""
    coding: str = ""
    synthetic: bool = False
    kind: Literal["firms", "table"] = "firms"
    own_units: bool = False
    classes: Classes = "rounded"
    title: str = "kz_spatial"
    written: str = field(default_factory=lambda: today().isoformat())

    def licence(self, language: Language) -> str:
        """Terms of boundaries, settlements and firms."""
        firms = "metadata.licence_twin" if self.synthetic else "metadata.licence_survey"
        if self.kind == "table":
            firms = "metadata.licence_table"
        places = "" if self.own_units else say("metadata.licence", language)
        return f"{places} {say(firms, language)}".strip()

    def origin(self, language: Language) -> str:
        """File or data set in words."""
        return say("metadata.source_twin", language) if self.synthetic else self.source

    def made_from(self, language: Language) -> str:
        """What kind of data stands behind the numbers."""
        if self.kind == "table":
            return say("metadata.table", language)
        kind = say("metadata.twin" if self.synthetic else "metadata.survey", language)
        return say("metadata.firms", language, kind=kind)

    def describe(self, layer: Layer) -> str:
        """Source line of a layer."""
        parts = (layer.notice, self.origin(layer.language), self.coded(layer.language))
        return ". ".join(filter(None, parts))

    def keyword(self, language: Language) -> str:
        """The kind of data in a word or two."""
        key = "survey" if self.kind == "firms" else "table"
        return say("metadata.source_twin" if self.synthetic else f"metadata.{key}", language)

    def coded(self, language: Language) -> str:
        """Say which coding stands behind the numbers; nothing where none does."""
        if not self.coding:
            return ""
        coding = say(f"coding.{self.coding}", language)
        return say("metadata.coding", language, coding=coding)


def _elements(pairs: Sequence[tuple[str, str]], prefix: str = "") -> str:
    return "".join(f"<{prefix}{k}>{escape(v)}</{prefix}{k}>" for k, v in pairs)


def _file_record(about: About, language: Language) -> str:
    """Dublin Core record of the whole file."""
    told = filter(None, (about.coded(language), about.made_from(language)))
    return (
        f'<metadata xmlns:dcterms="{_DUBLIN_CORE}">'
        + _elements(
            [
                ("title", about.title),
                ("source", about.origin(language)),
                ("created", about.written),
                ("description", "; ".join(told)),
                ("license", about.licence(language)),
                ("language", catalogue_of(language).alpha3),
                ("type", "Dataset"),
            ],
            "dcterms:",
        )
        + "</metadata>"
    )


def _limits(about: About, layer: Layer) -> str:
    """How classes of numbers were made, where the layer has such classes."""
    numbers = layer.entry.group in ("indicators", "own") and layer.geometry == "polygon"
    shown = numbers and any(each.kind == "graduated" for each in layer.styles)
    return say(f"metadata.classes_{about.classes}", layer.language) if shown else ""


def layer_metadata(about: About, layer: Layer) -> str:
    """The same for a layer, as QGIS shows it: elements of its metadata.

    Parameters
    ----------
    about : About
    layer : Layer
    """
    language = layer.language
    keywords = [
        say("metadata.country", language),
        about.keyword(language),
        about.coded(language),
    ]
    if say("notice.modelled", language) in layer.notice:
        keywords.append(say("metadata.modelled", language))
    words = _elements([("keyword", each) for each in keywords if each])
    history = say("metadata.history", language, date=about.written)
    return (
        _elements(
            [
                ("identifier", f"kz_spatial/{layer.name}"),
                ("language", catalogue_of(language).alpha3),
                ("type", "dataset"),
                ("title", layer.title),
                (
                    "abstract",
                    ". ".join(filter(None, (about.describe(layer), _limits(about, layer)))),
                ),
            ]
        )
        + f'<keywords vocabulary="gmd:topicCategory">{words}</keywords>'
        + _elements([("license", about.licence(language)), ("rights", about.origin(language))])
        + f'<dates><date type="Created" value="{about.written}T00:00:00Z"/></dates>'
        + _elements([("history", history)])
    )


def _layer_record(about: About, layer: Layer) -> str:
    told = layer_metadata(about, layer)
    return f"<!DOCTYPE qgis PUBLIC '{_QGIS}' 'SYSTEM'>\n<qgis version=\"3.22.0\">{told}</qgis>"


def _timestamp() -> str:
    """The moment of every change, as the standard writes it."""
    return moment().strftime("%Y-%m-%dT%H:%M:%S.000Z")


@contextmanager
def _dated_changes() -> Iterator[None]:
    """Let GDAL write that moment beside each layer."""
    import pyogrio

    before = pyogrio.get_gdal_config_option(_DATE_OPTION)
    pyogrio.set_gdal_config_options({_DATE_OPTION: _timestamp()})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({_DATE_OPTION: before})


def _write_metadata(base: sqlite3.Connection, about: About, layers: Sequence[Layer]) -> None:
    base.executescript(_METADATA_TABLES)
    add = "INSERT INTO gpkg_metadata (md_scope, md_standard_uri, metadata) VALUES ('dataset', ?, ?)"
    refer = (
        "INSERT INTO gpkg_metadata_reference (reference_scope, table_name, md_file_id, "
        "md_parent_id, timestamp) VALUES (?, ?, ?, ?, ?)"
    )
    when = _timestamp()
    language = layers[0].language if layers else "en"
    whole = base.execute(add, (_DUBLIN_CORE, _file_record(about, language))).lastrowid
    base.execute(refer, ("geopackage", None, whole, None, when))
    for layer in layers:
        own = base.execute(add, (_QGIS, _layer_record(about, layer))).lastrowid
        base.execute(refer, ("table", layer.name, own, whole, when))


def _write_layer(layer: Layer, path: Path, *, description: str) -> None:
    import pyogrio

    frame = layer.frame.to_crs(DATA_CRS)
    for column in (c for c in frame.columns if c != "geometry"):
        if frame[column].dtype == object:
            frame[column] = frame[column].where(frame[column].notna(), None)
    pyogrio.write_dataframe(
        frame,
        path,
        layer=layer.name,
        driver="GPKG",
        append=path.exists(),
        dataset_options=None if path.exists() else {"VERSION": _GEOPACKAGE_VERSION},
        promote_to_multi=layer.geometry == "polygon",
        layer_options={
            "GEOMETRY_NAME": _GEOMETRY,
            "IDENTIFIER": layer.title,
            "DESCRIPTION": description,
        },
    )


def offered_styles(layer: Layer) -> dict[str, Style]:
    """Styles of a layer that QGIS offers by name, the default first.

    Parameters
    ----------
    layer : Layer

    Returns
    -------
    dict of Style
        By title without the layer's own; of a series only the last step, since other years are
        those of the temporal layer.
    """
    own, seen = layer.title + ": ", set[str]()
    found: dict[str, Style] = {}
    for style in (*layer.styles, *layer.more_styles):
        if style.series not in seen:
            seen |= {style.series} - {""}
            name = style.title.removeprefix(own)
            found[f"{name} ({style.name})" if name in found else name] = style
    return found


def write_geopackage(layers: Sequence[Layer], path: Path, *, about: About | None = None) -> None:
    """Write layers, their styles and where they come from to one GeoPackage.

    Parameters
    ----------
    layers : sequence of Layer
    path : Path
        A file that does not exist yet.
    about : About, optional
        Source, coding, date and licence, kept as metadata of the file and of every layer.
    """
    about = about or About()
    with _dated_changes():
        for layer in layers:
            _write_layer(layer, path, description=about.describe(layer))
    with sqlite3.connect(path) as base:
        base.execute(_STYLE_TABLE)
        when = _timestamp()
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, "
            "last_change) VALUES ('layer_styles', 'attributes', 'layer_styles', "
            "'QGIS styles of the layers', ?)",
            (when,),
        )
        for layer in layers:
            for i, (name, style) in enumerate(offered_styles(layer).items()):
                row = (
                    layer.name,
                    _GEOMETRY,
                    name,
                    qml.vector_style(layer, style),
                    i == 0,
                    style.title,
                    when,
                )
                base.execute(_STYLE_ROW, row)
        _write_metadata(base, about, layers)
    base.close()

"""What a bundle holds, read before anything in the project is touched."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from osgeo import gdal
from qgis.PyQt.QtXml import QDomDocument

from .words import ResultsError, tr

GEOPACKAGE = "kz_spatial.gpkg"
RECORD = "run.json"


@dataclass(frozen=True)
class PlannedLayer:
    """One layer to load.

    `key` is its table or file stem, `group_key` and `group` are key and title of its group, `name`
    what the layer panel shows, `visible` whether it is on when the bundle opens, `themed` whether
    each of its styles is a map theme, `open` whether its group is unfolded, `outlined` whether the
    outlines of the plan's layer lie on it.
    """

    key: str
    source: str
    provider: str
    group_key: str
    group: str
    name: str
    visible: bool = False
    themed: bool = True
    open: bool = False
    outlined: bool = False


@dataclass(frozen=True)
class Plan:
    """All layers of a bundle from the top of the map down, and where its numbers come from.

    `outline` is the table whose outlines lie on surfaces.
    """

    folder: Path
    layers: tuple
    title: str
    source: str
    coding: str
    written: str
    synthetic: bool
    language: str
    outline: str = ""

    def name_beside(self, others) -> str:
        """Name of the folder, and that it is a twin where it is.

        Folders above it come before it, as many as tell it from the folders of other bundles.
        """
        parts, count = self.folder.parts, 1
        while count < len(parts) and any(o.parts[-count:] == parts[-count:] for o in others):
            count += 1
        own = "/".join(parts[-count:])
        return f"{own} ({tr('synthetic twin')})" if self.synthetic else own


def is_bundle(path) -> bool:
    """Whether a path is a bundle's folder."""
    folder = Path(path)
    return (folder / GEOPACKAGE).is_file() and (folder / RECORD).is_file()


def _read_record(folder: Path) -> dict:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        text = tr("{0}: cannot be read ({1})").format(folder / RECORD, error)
        raise ResultsError(text) from error
    if not isinstance(record, dict):
        raise ResultsError(tr("{0}: is no record of a run").format(folder / RECORD))
    return record


def _tables(path: Path) -> dict:
    """Title by table of a GeoPackage, of tables with geometry only."""
    data = gdal.OpenEx(str(path), gdal.OF_VECTOR | gdal.OF_READONLY)
    if data is None:
        raise ResultsError(tr("{0}: cannot be read as a GeoPackage").format(path))
    layers = (data.GetLayerByIndex(i) for i in range(data.GetLayerCount()))
    return {
        each.GetName(): each.GetMetadataItem("IDENTIFIER") or each.GetName()
        for each in layers
        if each.GetGeometryColumn()
    }


def _title(path: Path) -> str:
    """Title of the whole file from its Dublin Core record; empty without one."""
    data = gdal.OpenEx(str(path), gdal.OF_VECTOR | gdal.OF_READONLY)
    answer = data.ExecuteSQL(
        "SELECT metadata FROM gpkg_metadata WHERE md_standard_uri = 'http://purl.org/dc/terms/'"
    )
    found = answer.GetNextFeature() if answer is not None else None
    text = found.GetField(0) if found is not None else ""
    if answer is not None:
        data.ReleaseResultSet(answer)
    document = QDomDocument()
    document.setContent(text or "")
    return document.elementsByTagName("dcterms:title").at(0).toElement().text()


def _raster_title(path: Path) -> str:
    data = gdal.Open(str(path))
    name = data.GetRasterBand(1).GetDescription() if data is not None else ""
    return name or path.stem


def _planned(folder: Path, tables: dict, contents: dict) -> list:
    """Layers in the order and groups that the bundle's record gives, then its surfaces.

    A bundle without such a list, as older versions wrote it, gives its tables as they come.
    """
    groups = {each["key"]: each for each in contents.get("groups", [])}
    entries = contents.get("layers") or [{"name": table} for table in tables]
    layers = []
    for entry in (each for each in entries if each["name"] in tables):
        group = groups.get(entry.get("group"), {})
        layers.append(
            PlannedLayer(
                entry["name"],
                f"{folder / GEOPACKAGE}|layername={entry['name']}",
                "ogr",
                group.get("key", ""),
                group.get("title", tr("Results")),
                tables[entry["name"]],
                bool(entry.get("visible")),
                bool(entry.get("themed", True)),
                bool(group.get("open")),
                bool(entry.get("outlined")),
            )
        )
    surfaces = groups.get(contents.get("surfaces"), {})
    key, title = surfaces.get("key", ""), surfaces.get("title", tr("Results"))
    rasters = sorted(folder.glob("density_*.tif"), key=lambda p: p.stem != "density_firms")
    return layers + [
        PlannedLayer(r.stem, str(r), "gdal", key, title, _raster_title(r)) for r in rasters
    ]


def read_plan(path) -> Plan:
    """Read what a bundle's folder holds.

    Raises ResultsError with one line when the folder is no bundle or is damaged.
    """
    folder = Path(path).absolute()
    for name in (GEOPACKAGE, RECORD):
        if not (folder / name).is_file():
            raise ResultsError(
                tr(
                    "{0}: is no bundle of results, it has no {1}; choose the folder that "
                    "kz-spatial run wrote"
                ).format(folder, name)
            )
    record = _read_record(folder)
    file = folder / GEOPACKAGE
    tables = _tables(file)
    contents = record.get("contents") or {}
    layers = _planned(folder, tables, contents)
    if not layers:
        raise ResultsError(tr("{0}: holds none of the layers of a bundle").format(file))
    options = record.get("options") or {}
    return Plan(
        folder=folder,
        layers=tuple(layers),
        title=_title(file) or "kz_spatial",
        source=str(record.get("source", "")),
        coding=str(options.get("coding", "")),
        written=str(record.get("written", ""))[:10],
        synthetic=bool(record.get("synthetic")),
        language=str(options.get("language", "en")),
        outline=str(contents.get("outline", "")),
    )

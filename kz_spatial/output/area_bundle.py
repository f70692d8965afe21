"""Write a table of units, studied, as a bundle: a folder that is whole or absent."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import design_to_dict
from kz_spatial.output.area_figures import draw_area_figures
from kz_spatial.output.area_layers import PANEL, area_frames, area_own_layers, units_layer
from kz_spatial.output.area_report import render_areas
from kz_spatial.output.area_tables import make_area_tables
from kz_spatial.output.area_terms import AreaTerms
from kz_spatial.output.bundle import Bundle
from kz_spatial.output.clock import dated, write_timings, written_now
from kz_spatial.output.folders import (
    check_target,
    versions,
    whole_or_absent,
    write_record,
)
from kz_spatial.output.geopackage import About, write_geopackage
from kz_spatial.output.latex import to_latex
from kz_spatial.output.layers import describe
from kz_spatial.output.pictures import FigureSaver, second_process
from kz_spatial.output.qgis_project import write_project
from kz_spatial.output.web_map import folium_map
from kz_spatial.study import AREA_STEPS, AreaOptions, own_to_record, study_areas
from kz_spatial.words import missing_note

if TYPE_CHECKING:
    import pandas as pd

    from kz_spatial.study import AreaStudy

__all__ = ["ALL_AREA_STEPS", "run_areas", "write_areas"]

WRITE_STEPS: Final = ("tables", "GeoPackage", "map", "figures", "report")
ALL_AREA_STEPS: Final = (*AREA_STEPS, *WRITE_STEPS)


def _contents(study: AreaStudy, terms: AreaTerms, names: list[str]) -> dict[str, Any]:
    """Layers from the top of the map down, as the plugin arranges them."""
    titles = {
        "indicators": terms.units("areas"),
        "neighbours": terms.say("area.patterns"),
        "clusters": terms.say("layer.clusters"),
        "years": terms.say("area.all_years"),
    }
    group_of = {
        units_layer(study): "indicators",
        "local_moran": "neighbours",
        "clusters": "clusters",
        PANEL: "years",
    }
    return {
        "outline": units_layer(study),
        "surfaces": "",
        "groups": [
            {"key": key, "title": title, "open": key == "indicators"}
            for key, title in titles.items()
            if key in {group_of[name] for name in names}
        ],
        "layers": [
            {
                "name": name,
                "group": group_of[name],
                "visible": name == units_layer(study),
                "themed": name != PANEL,
                "outlined": False,
            }
            for name in names
        ],
    }


def _record(study: AreaStudy, terms: AreaTerms, names: list[str]) -> dict[str, Any]:
    return {
        "kind": "areas",
        "synthetic": False,
        "source": study.record.source,
        "sha256": study.record.sha256,
        "options": {**asdict(study.options), "min_firms": terms.min_firms},
        "table": asdict(study.record),
        "columns": {
            name: {
                "title": column.title,
                "unit": column.unit["en"],
                "kind": column.kind,
                "years": [year for year in column.years if year],
                "source": column.source,
                "part": column.part,
            }
            for name, column in study.columns.items()
        },
        "layers": names,
        "contents": _contents(study, terms, names),
        "design": design_to_dict(terms.design),
        "own": [own_to_record(each) for each in terms.own],
        "warnings": [*study.warnings, *filter(None, [missing_note(terms.language)])],
        "left_out": study.record.left_out,
        "inapplicable": study.inapplicable,
        "versions": versions(),
        "written": written_now(),
    }


def _write_tables(study: AreaStudy, folder: Path, terms: AreaTerms) -> None:
    folder.mkdir()
    for name, table in make_area_tables(study).items():
        table.to_csv(folder / f"{name}.csv", index=False, float_format="%.10g")
        latex = to_latex(table, caption=terms.say(f"table.{name}"))
        (folder / f"{name}.tex").write_text(latex, encoding="utf-8")


def write_areas(
    study: AreaStudy,
    out: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Bundle:
    """Write a study of a table of units as a bundle.

    Parameters
    ----------
    study : AreaStudy
        As `study_areas` gives it.
    out : path
        Folder to make: kz_spatial.gpkg and .qgz, map.html, report.html, tables/, figures/,
        run.json. It appears only when everything in it is written.
    overwrite : bool
        Whether a bundle of that name may be replaced.
    progress : callable, optional
        Called with the name of each step as it begins.

    Returns
    -------
    Bundle

    Raises
    ------
    CallError
        When the folder exists and may not be replaced, is a file or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import kz_spatial as kz
    >>> values = kz.oblasts()["area_km2"].rename("Area").to_frame()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     values.to_csv(f"{folder}/areas.csv")
    ...     made = kz.write_areas(kz.study_areas(f"{folder}/areas.csv"), f"{folder}/out")
    ...     sorted(each.name for each in made.path.iterdir())[:3]
    ['figures', 'kz_spatial.gpkg', 'kz_spatial.qgz']
    """
    target, begin = Path(out), progress or (lambda _: None)
    check_target(target, overwrite=overwrite)
    own = area_own_layers(study)
    terms = replace(AreaTerms.of_areas(study), own=own)
    frames = area_frames(study)
    with dated(), whole_or_absent(target, overwrite=overwrite) as folder:
        begin("figures")
        figures = FigureSaver(draw_area_figures(study, terms), second_process())
        begin("tables")
        _write_tables(study, folder / "tables", terms)
        begin("GeoPackage")
        layers = describe(frames, terms=terms)
        names = [each.name for each in layers]
        about = About(
            source=Path(study.record.source).name,
            kind="table",
            own_units=study.record.level != LEVEL,
            classes=study.options.classes,
            title=terms.title,
        )
        write_geopackage(layers, folder / "kz_spatial.gpkg", about=about)
        record = _record(study, terms, names)
        write_project(layers, folder, contents=record["contents"], about=about)
        write_record(folder, record)  # the map is drawn from the folder
        begin("map")
        folium_map(folder, language=terms.language).save(folder / "map.html")
        begin("report")
        texts = figures.finish(folder / "figures")
        page = render_areas(study, terms, texts, version=record["versions"]["kz-spatial"])
        (folder / "report.html").write_text(page, encoding="utf-8")
        write_record(folder, record)
        write_timings(folder, study.timings)
    return Bundle(target, record)


def run_areas(
    table: pd.DataFrame | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str],
    options: AreaOptions | None = None,
    overwrite: bool = False,
    progress: Callable[[str], None] | None = None,
    **study: Any,
) -> Bundle:
    """Read a table of units, study it and write its bundle.

    Parameters
    ----------
    table : DataFrame or path
        As `read_area_table` gives it, or a file for it to read.
    out : path
        Folder to make.
    options : AreaOptions, optional
    overwrite, progress
        As in `write_areas`; steps of the computation are reported too.
    **study
        `boundaries`, `unit_code`, `graph`, `errors` and the keywords of `read_area_table`, as
        `study_areas` takes them.

    Returns
    -------
    Bundle

    Raises
    ------
    InputError, CallError
        As `study_areas` and `write_areas` raise them; nothing is written then.

    Examples
    --------
    >>> import tempfile
    >>> import kz_spatial as kz
    >>> values = kz.oblasts()["area_km2"].rename("Area").to_frame()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     values.to_csv(f"{folder}/areas.csv")
    ...     made = kz.run_areas(f"{folder}/areas.csv", out=f"{folder}/out")
    ...     made.record["layers"]
    ['oblasts', 'local_moran', 'clusters']
    """
    check_target(Path(out), overwrite=overwrite)
    second_process()
    found = study_areas(table, options=options, progress=progress, **study)
    return write_areas(found, out, overwrite=overwrite, progress=progress)

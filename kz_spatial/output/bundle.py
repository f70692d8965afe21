"""Write a study as a bundle: a folder that is whole or absent."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kz_spatial.design import StudyDesign, design_to_dict
from kz_spatial.options import RunOptions
from kz_spatial.output.briefs import brief_file, make_briefs, render_brief
from kz_spatial.output.clock import dated, write_timings, written_now
from kz_spatial.output.disclosure import (
    Published,
    disclosure_record,
    opening_line,
    publish,
    rules_line,
)
from kz_spatial.output.figures import draw_figures
from kz_spatial.output.folders import (
    check_target,
    versions,
    whole_or_absent,
    write_json,
    write_record,
)
from kz_spatial.output.geopackage import About, write_geopackage
from kz_spatial.output.geotiff import write_surface
from kz_spatial.output.latex import to_latex
from kz_spatial.output.layers import describe
from kz_spatial.output.model_tables import write_paper_tables
from kz_spatial.output.pictures import FigureSaver, second_process
from kz_spatial.output.qgis_project import write_project
from kz_spatial.output.report import render_report
from kz_spatial.output.tables import make_tables
from kz_spatial.output.terms import Terms
from kz_spatial.output.web_map import folium_map
from kz_spatial.study import (
    GROUPS,
    OBLASTS,
    STEPS,
    layer_entries,
    own_to_record,
    run_study,
)
from kz_spatial.words import has_words, missing_note, say

if TYPE_CHECKING:
    from kz_spatial.output.layers import Layer
    from kz_spatial.streams import StreamedStudy
    from kz_spatial.study import Study

__all__ = ["WRITE_STEPS", "Bundle", "run", "write_bundle"]

WRITE_STEPS: Final = ("figures", "tables", "GeoPackage", "rasters", "map", "report")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A finished bundle.

    Attributes
    ----------
    path : Path
        Its folder.
    record : dict
        What run.json holds.

    Examples
    --------
    >>> made = Bundle(Path("results"), {"n_firms": 1013})
    >>> os.fspath(made), made.record["n_firms"]
    ('results', 1013)
    """

    path: Path
    record: dict[str, Any]

    def __fspath__(self) -> str:
        return str(self.path)


def _caption(table: str, terms: Terms) -> str:
    """Caption of a table: a registered layer's by its title."""
    key = f"table.{table}"
    return terms.say(key) if has_words(key) else terms.layer(table)


def _write_tables(study: Published, folder: Path, terms: Terms, notice: str) -> None:
    (folder / "tables").mkdir()
    for name, table in make_tables(study).items():
        path = folder / "tables" / f"{name}.csv"
        table.to_csv(path, index=False, float_format="%.10g")
        caption = _caption(name, terms)
        text = to_latex(table, caption=caption, notice=notice)
        path.with_suffix(".tex").write_text(text, encoding="utf-8")
    write_paper_tables(study, folder / "tables", terms, notice)


def _notice(study: Published, terms: Terms, *, short: bool) -> str:
    """What every output says first, and the rules."""
    opening = opening_line(study.options.weights, terms.language, synthetic=study.synthetic)
    return f"{opening}. {rules_line(study.rules, terms.language, short=short)}"


def _place_notice(study: Published, notice: str) -> str:
    """A notice, and that places are modelled where they are."""
    told = say("notice.modelled", study.options.language) if study.modelled else ""
    return ". ".join(filter(None, (notice, told)))


def _placed(study: Published, layers: tuple[Layer, ...]) -> list[Layer]:
    """Layers whose densities say that places are modelled where they are."""
    return [
        replace(layer, notice=_place_notice(study, layer.notice))
        if layer.name == "density_contours"
        else layer
        for layer in layers
    ]


def _write_report(
    study: Published,
    folder: Path,
    terms: Terms,
    texts: dict[str, str],
    versions: dict[str, str],
) -> None:
    """The report, and a page on each unit of every level."""
    briefs = make_briefs(study, terms)
    page = render_report(
        study,
        terms,
        texts,
        version=versions["kz-spatial"],
        versions=versions,
        briefs=briefs[study.design.grouping.name],
    )
    (folder / "report.html").write_text(page, encoding="utf-8")
    (folder / "briefs").mkdir()
    notices = [f"{_notice(study, terms, short=True)}."]
    for level, every in briefs.items():
        for each in every:
            path = folder / "briefs" / brief_file(level, each.code)
            path.write_text(render_brief(each, terms, notices=notices), encoding="utf-8")


def _write_surfaces(study: Published, folder: Path, terms: Terms, notice: str) -> dict[str, str]:
    """Write the surfaces; return titles of their legends by the stems of their files."""
    told = _place_notice(study, notice)
    titles = {}
    for name, surface in study.surfaces.items():
        stem = f"density_{name}"
        titles[stem] = write_surface(surface, folder / f"{stem}.tif", terms=terms, notice=told)
    return titles


def _contents(study: Published, terms: Terms) -> dict[str, Any]:
    """Layers from the top of the map down, as the plugin arranges them."""
    entries = layer_entries(study.design.grouping, study.own)
    shown = [each for each in entries if each.name in study.frames]
    return {
        "outline": OBLASTS,
        "surfaces": "density",
        "groups": [
            {"key": key, "title": terms.say(f"group.{key}"), "open": key == "indicators"}
            for key in GROUPS
            if key in {each.group for each in shown}
        ],
        "layers": [
            {
                "name": each.name,
                "group": each.group,
                "visible": each.visible,
                "themed": each.group != "places",
                "outlined": each.group == "density",
            }
            for each in shown
        ],
    }


def _asked(study: Published) -> dict[str, Any]:
    """What the run was asked; its design where a file lacks items of it."""
    asked = dict(study.provenance["asked"])
    if asked["design"] == design_to_dict(study.design):
        del asked["design"]
    return asked


def _record(study: Published) -> dict[str, Any]:
    return {
        "synthetic": study.synthetic,
        "source": study.provenance["source"],
        "sha256": study.provenance["sha256"],
        "options": asdict(study.options),
        "asked": _asked(study),
        "n_firms": study.n_firms,
        "listwise": study.listwise,
        "join": study.join,
        "disclosure": study.rules.to_record(),
        "layers": list(study.frames),
        "contents": _contents(study, Terms.of(study)),
        "design": design_to_dict(study.design),
        "own": [own_to_record(each) for each in study.own],
        "national": {n: v if math.isfinite(v) else None for n, v in study.national.items()},
        "modelled": study.modelled,
        "warnings": [*study.warnings, *filter(None, [missing_note(study.options.language)])],
        "inapplicable": study.inapplicable,
        "versions": versions(),
        "written": written_now(),
    }


def write_bundle(
    study: Study | StreamedStudy | Published,
    out: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Bundle:
    """Write a study as a bundle.

    Parameters
    ----------
    study : Study or StreamedStudy
        Its firms pass the gate of `kz_spatial.output.disclosure` and no further.
    out : path
        Folder to make. It appears only when everything in it is written.
    overwrite : bool
        Whether a bundle of that name may be replaced.
    progress : callable, optional
        Called with the name of each of `WRITE_STEPS` as it begins.

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
    >>> quick = kz.RunOptions(draws=0, permutations=99, cell_m=25_000)
    >>> study = kz.run_study(options=quick)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = kz.write_bundle(study, Path(folder) / "results")
    ...     sorted(each.name for each in made.path.glob("*.html"))
    ['map.html', 'report.html']
    """
    target = Path(out)
    check_target(target, overwrite=overwrite)
    clock = [time.perf_counter()]
    study = publish(study)
    terms = Terms.of(study)
    notice, foot = (_notice(study, terms, short=short) for short in (False, True))
    timings = study.timings | {"disclosure": round(time.perf_counter() - clock[0], 3)}

    def begin(step: str) -> None:
        if progress:
            progress(step)
        clock[0] = time.perf_counter()

    def end(step: str) -> None:
        timings[step] = round(time.perf_counter() - clock[0], 3)

    with dated(), whole_or_absent(target, overwrite=overwrite) as folder:
        begin("figures")
        figures = FigureSaver(draw_figures(study, terms, notice=foot), second_process())
        end("figures")
        begin("tables")
        _write_tables(study, folder, terms, notice)
        end("tables")
        begin("GeoPackage")
        layers = _placed(study, describe(study.frames, terms=terms, notice=notice))
        about = About(
            source=study.provenance["source"],
            coding=study.options.coding,
            synthetic=study.synthetic,
            title=terms.title,
        )
        write_geopackage(layers, folder / "kz_spatial.gpkg", about=about)
        end("GeoPackage")
        begin("rasters")
        titles = _write_surfaces(study, folder, terms, notice)
        contents = _contents(study, terms)
        write_project(layers, folder, contents=contents, about=about, surfaces=titles)
        end("rasters")
        begin("map")
        folium_map(study, language=terms.language).save(folder / "map.html")
        end("map")
        begin("report")
        texts = figures.finish(folder / "figures")
        record = _record(study)
        _write_report(study, folder, terms, texts, record["versions"])
        end("report")
        write_json(folder / "disclosure.json", disclosure_record(study))
        write_record(folder, record)
        write_timings(folder, timings)
    return Bundle(target, record)


def run(
    survey: str | os.PathLike[str] | None = None,
    *,
    out: str | os.PathLike[str],
    options: RunOptions | None = None,
    design: StudyDesign | str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    progress: Callable[[str], None] | None = None,
    **reading: Any,
) -> Bundle:
    """Run the whole study and write its bundle.

    Parameters
    ----------
    survey : path, optional
        Survey file; without it, the twin.
    out : path
        Folder to make.
    options : RunOptions, optional
    design : StudyDesign, path or name, optional
        As in `run_study`.
    overwrite, progress
        As in `write_bundle`; steps of the computation are reported too.
    **reading
        `items`, `region`, `region_codes`, `kind`, `where` of `read_survey`.

    Returns
    -------
    Bundle

    Raises
    ------
    InputError, CallError
        As `run_study` and `write_bundle` raise them; nothing is written then.

    Examples
    --------
    >>> import tempfile
    >>> import kz_spatial as kz
    >>> quick = kz.RunOptions(draws=0, permutations=99, cell_m=25_000)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = kz.run(out=Path(folder) / "results", options=quick)
    ...     made.record["layers"][:2], (made.path / "kz_spatial.gpkg").is_file()
    (['composites', 'oblasts'], True)
    """
    check_target(Path(out), overwrite=overwrite)
    second_process()
    study = run_study(survey, design=design, options=options, progress=progress, **reading)
    return write_bundle(study, out, overwrite=overwrite, progress=progress)


ALL_STEPS: Final = (*STEPS, *WRITE_STEPS)

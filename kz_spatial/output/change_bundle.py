"""Write what changed between two bundles: a folder that is whole or absent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kz_spatial._validate import check_option
from kz_spatial.design import design_to_dict
from kz_spatial.options import Language
from kz_spatial.output.bundle import Bundle
from kz_spatial.output.change_figure import draw_changes
from kz_spatial.output.change_layer import (
    CHANGE_CLASSES,
    CHANGE_LAYER,
    change_frame,
    change_notice,
    change_terms,
    classed,
)
from kz_spatial.output.change_report import change_notes, render_changes
from kz_spatial.output.clock import dated, written_now
from kz_spatial.output.folders import check_target, versions, whole_or_absent, write_record
from kz_spatial.output.geopackage import About, write_geopackage
from kz_spatial.output.latex import to_latex
from kz_spatial.output.layers import describe
from kz_spatial.output.pictures import FigureSaver
from kz_spatial.output.qgis_project import write_project
from kz_spatial.output.web_map import folium_map
from kz_spatial.places import place_name
from kz_spatial.study import own_to_record
from kz_spatial.words import languages, missing_note

if TYPE_CHECKING:
    import pandas as pd

    from kz_spatial.output.terms import Terms
    from kz_spatial.study import BundleChange

__all__ = ["write_change"]

_GROUP: Final = "changes"


def _table(change: BundleChange) -> pd.DataFrame:
    """The change's frame with names, and whether a clear change is for better or worse."""
    table = change.frame.copy()
    names = [place_name(code, grouping=change.design.grouping) for code in table["code"]]
    table.insert(1, "name", names)
    keys = classed(change)
    table["change"] = table["change"].fillna(keys)
    table["meaning"] = [key.partition(", ")[2] for key in keys]
    return table


def _source(change: BundleChange, terms: Terms) -> str:
    """Both sources in words."""
    return " → ".join(
        terms.source(each["source"], synthetic=each["synthetic"])
        for each in (change.first, change.second)
    )


def _twins(change: BundleChange) -> list[bool]:
    """Whether the first and the second bundle are made from the twin."""
    return [bool(each["synthetic"]) for each in (change.first, change.second)]


def _shared_coding(change: BundleChange) -> str:
    """The coding of both bundles; empty where they have two."""
    codings = {each["options"]["coding"] for each in (change.first, change.second)}
    return codings.pop() if len(codings) == 1 else ""


def _kept(record: dict[str, Any]) -> dict[str, Any]:
    """What a comparison's record keeps of a bundle's."""
    kept = ("synthetic", "source", "sha256", "options", "n_firms", "design", "warnings")
    more = {key: record[key] for key in ("disclosure",) if key in record}
    return {key: record[key] for key in (*kept, "versions", "written")} | more


def _counts(change: BundleChange) -> dict[str, dict[str, int]]:
    """How many regions changed how, by indicator."""
    found = {}
    for name in change.design.by_name:
        keys = classed(change)[change.frame["indicator"] == name].tolist()
        found[name] = {key: keys.count(key) for key in CHANGE_CLASSES if key in keys}
    return found


def _record(change: BundleChange, terms: Terms) -> dict[str, Any]:
    notes = [change_notice(change.first, change.second, "en"), *change_notes(change, "en")]
    told = [*notes, missing_note(terms.language)]
    return {
        "synthetic": any(_twins(change)),
        "source": _source(change, terms),
        "options": {
            "language": terms.language,
            "level": change.level,
            "coding": _shared_coding(change),
            "min_firms": terms.min_firms,
        },
        "changes": _counts(change),
        "left_out": list(change.left_out),
        "layers": [CHANGE_LAYER],
        "contents": {
            "outline": "",
            "surfaces": "",
            "groups": [{"key": _GROUP, "title": terms.layer(CHANGE_LAYER), "open": True}],
            "layers": [
                {
                    "name": CHANGE_LAYER,
                    "group": _GROUP,
                    "visible": True,
                    "themed": True,
                    "outlined": False,
                }
            ],
        },
        "design": design_to_dict(terms.design),
        "own": [own_to_record(each) for each in terms.own],
        "first": _kept(change.first),
        "second": _kept(change.second),
        "warnings": [line for line in told if line],
        "versions": versions(),
        "written": written_now(),
    }


def write_change(
    change: BundleChange,
    out: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    language: Language = "en",
) -> Bundle:
    """Write what changed between two bundles as a folder of its own.

    Parameters
    ----------
    change : BundleChange
        As `compare_bundles` gives it.
    out : path
        Folder to make: kz_spatial.gpkg with the layer `changes`, kz_spatial.qgz, map.html,
        report.html, tables/changes.csv and .tex, figures/changes.png and .svg, run.json. It
        appears only when everything in it is written.
    overwrite : bool
        Whether a bundle or comparison of that name may be replaced.
    language : str
        Of all that readers see, one of `words.languages()`.

    Returns
    -------
    Bundle
        Its path and what run.json holds.

    Raises
    ------
    CallError
        When the folder exists and may not be replaced, is a file or cannot be written, or there
        is no such language.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     options = kz.RunOptions(draws=0, permutations=99)
    ...     bundle = kz.run(out=f"{place}/twin", options=options)
    ...     change = kz.compare_bundles(bundle, bundle)
    ...     made = kz.write_change(change, f"{place}/change")
    ...     names = sorted(each.name for each in made.path.iterdir() if each.is_file())
    >>> names
    ['kz_spatial.gpkg', 'kz_spatial.qgz', 'map.html', 'report.html', 'run.json']
    >>> made.record["changes"]["permit_days"]
    {'not clear': 7}
    """
    target = Path(out)
    check_target(target, overwrite=overwrite)
    check_option("language", language, languages())
    terms = change_terms(change, language)
    notice = change_notice(change.first, change.second, language)
    record = _record(change, terms)
    with dated(record["written"]), whole_or_absent(target, overwrite=overwrite) as folder:
        figures = FigureSaver([("changes", draw_changes(change, terms, notice=notice))])
        (folder / "tables").mkdir()
        table = _table(change)
        table.to_csv(folder / "tables" / "changes.csv", index=False, float_format="%.10g")
        latex = to_latex(table, caption=terms.title, notice=notice)
        (folder / "tables" / "changes.tex").write_text(latex, encoding="utf-8")
        about = About(
            source=record["source"],
            coding=_shared_coding(change),
            synthetic=all(_twins(change)),
            title=terms.title,
        )
        layers = describe({CHANGE_LAYER: change_frame(change)}, terms=terms, notice=notice)
        write_geopackage(layers, folder / "kz_spatial.gpkg", about=about)
        write_project(layers, folder, contents=record["contents"], about=about)
        write_record(folder, record)  # the map is drawn from the folder
        folium_map(folder, language=language).save(folder / "map.html")
        texts = figures.finish(folder / "figures")
        page = render_changes(change, terms, texts, version=record["versions"]["kz-spatial"])
        (folder / "report.html").write_text(page, encoding="utf-8")
        write_record(folder, record)
    return Bundle(target, record)

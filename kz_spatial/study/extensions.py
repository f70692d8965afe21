"""Layers of one's own: a function from a study to a frame, with titles and themes.

What is registered is computed at the end of every run, and stands in tables, GeoPackage, QGIS, web
map and report like the layers that come with the package.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import entry_points
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kz_spatial.crosswalk import units
from kz_spatial.design import Texts, name_faults, text_faults
from kz_spatial.errors import CallError, DesignError, InputError
from kz_spatial.regression import tell_fit
from kz_spatial.study.contents import TABLES
from kz_spatial.study.estimates_of import VeiledFirms
from kz_spatial.study.themes import OwnLayer, Theme

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from kz_spatial.study.results import Study

__all__ = [
    "load_extensions",
    "own_frame",
    "own_layers",
    "register_layer",
    "unregister_layer",
]

_ENTRY_POINTS: Final = "kz_spatial.layers"
_TAKEN: Final = ("oblasts", "density_contours", "settlements", *TABLES)
_registered: dict[str, OwnLayer] = {}


def register_layer(
    name: str,
    compute: Callable[[Study], pd.DataFrame],
    *,
    title: Texts,
    themes: tuple[Theme, ...] | list[Theme] | Theme,
    note: Texts | None = None,
) -> OwnLayer:
    """Add a layer to every run from now on.

    Parameters
    ----------
    name : str
        Name of the layer and of its table: small letters, digits and _.
    compute : callable
        From a `Study` to a DataFrame indexed by the codes of oblasts, or of the regions of the
        study's grouping, with the columns that the themes show; a GeoDataFrame brings its own
        shapes. Where disclosure rules let no layer see a firm, the study has none, and
        `Study.estimate` gives what they allow.
    title : mapping
        By language; English is needed.
    themes : Theme or sequence of Theme
    note : mapping, optional
        One sentence on what is shown and what it rests on, by language; for report and legend.

    Returns
    -------
    OwnLayer

    Raises
    ------
    DesignError
        With all that is wrong with name, titles and themes. A name registered before is replaced.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> def spread(study):
    ...     table = study.tables["oblast"]
    ...     return table[["epayment_share_sd"]].rename(columns={"epayment_share_sd": "spread"})
    >>> made = kz.register_layer("spread", spread, title={"en": "Spread"},
    ...                          themes=kz.Theme("spread", {"en": "Deviation of firms"}))
    >>> kz.unregister_layer("spread")
    """
    ways = (themes,) if isinstance(themes, Theme) else tuple(themes)
    faults = name_faults("name", name, _TAKEN) + text_faults("title", title)
    faults += text_faults("note", note) if note else []
    if not ways:
        faults.append("themes: found none, expected at least one")
    faults += [f"themes.{line}" for each in ways for line in each.faults()]
    if not callable(compute):
        faults.append(f"compute: found {compute!r}, expected a function of a study")
    if faults:
        raise DesignError(f"layer {name!r}: {line}" for line in faults)
    _registered[name] = made = OwnLayer(name, compute, title, ways, note or {})
    return made


def unregister_layer(name: str) -> None:
    """Take a layer out of later runs; one that is not there is no fault.

    Parameters
    ----------
    name : str

    Examples
    --------
    >>> unregister_layer("never registered")
    """
    _registered.pop(name, None)


def own_layers() -> tuple[OwnLayer, ...]:
    """Layers registered so far, in the order of their registration."""
    return tuple(_registered.values())


def load_extensions(paths: tuple[str | PathLike[str], ...] | list[str] = ()) -> None:
    r"""Run files that register layers, and what installed packages offer.

    Packages offer a module or a function under the entry point "kz_spatial.layers"; a function is
    called.

    Parameters
    ----------
    paths : sequence of path
        Python files of the user's.

    Raises
    ------
    CallError
        When a file is not there or fails, naming it.

    Examples
    --------
    >>> import tempfile
    >>> lines = (
    ...     "import kz_spatial as kz",
    ...     "def spread(study):",
    ...     "    table = study.tables['oblast']",
    ...     "    return table[['epayment_share_sd']].set_axis(['spread'], axis=1)",
    ...     "kz.register_layer('spread', spread, title={'en': 'Spread'},",
    ...     "                  themes=kz.Theme('spread', {'en': 'Deviation of firms'}))",
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "spread.py"
    ...     _ = path.write_text("\n".join(lines), encoding="utf-8")
    ...     load_extensions([path])
    >>> [each.name for each in own_layers()]
    ['spread']
    >>> unregister_layer("spread")
    """
    for point in entry_points(group=_ENTRY_POINTS):
        found = point.load()
        if callable(found):
            found()
    for path in map(Path, paths):
        if not path.is_file():
            raise CallError(f"{path}: no such file, expected a Python file that registers layers")
        spec = importlib.util.spec_from_file_location(f"kz_spatial_own_{path.stem}", path)
        if spec is None or spec.loader is None:
            raise CallError(f"{path}: cannot be read as Python, expected a .py file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        try:
            spec.loader.exec_module(module)
        except (DesignError, CallError):
            raise
        except Exception as error:  # whatever the user's file trips over
            raise CallError(f"{path}: {type(error).__name__}: {error}") from error


def _veil(study: Study) -> Study:
    """The study as a layer may see it: whole, or without firms where rules say so."""
    if not study.rules.guarded:
        return study
    hidden: Any = VeiledFirms(study.firms, study.rules)
    fits: Any = {coding: tell_fit(fit) for coding, fit in study.fits.items()}
    return replace(study, firms=hidden, fits=fits)


def own_frame(
    layer: OwnLayer, study: Study, areas: Mapping[str, gpd.GeoDataFrame]
) -> gpd.GeoDataFrame:
    """Compute a layer and give it the shapes and names of its units.

    Parameters
    ----------
    layer : OwnLayer
    study : Study
    areas : mapping
        Shapes by level.

    Returns
    -------
    GeoDataFrame
        Code, names and the layer's columns; every unit of the level is there.

    Raises
    ------
    InputError
        When the function fails, or its frame lacks a column of a theme or holds unknown codes.
    """
    import geopandas as gpd

    where = f"layer {layer.name!r}"
    if layer.name in study.frames:
        raise InputError(f"{where}: the study has a layer of that name, expected another name")
    try:
        made = layer.compute(_veil(study))
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    except Exception as error:  # whatever the user's function trips over
        raise InputError(f"{where}: {type(error).__name__}: {error}") from error
    columns = list(getattr(made, "columns", ()))
    lacking = [each.column for each in layer.themes if each.column not in columns]
    if lacking:
        raise InputError(
            f"{where}: found columns {', '.join(map(str, columns)) or 'none'}, expected "
            f"{', '.join(lacking)}"
        )
    if isinstance(made, gpd.GeoDataFrame):
        return made.reset_index()
    level = next((each for each in study.design.levels if _is_of(made, each, study)), None)
    if level is None:
        strange = [each for each in made.index if each not in units()][:3]
        raise InputError(
            f"{where}: found rows {', '.join(map(str, strange)) or 'none'}, expected codes of "
            f"oblasts or of {study.design.grouping.title().lower()}"
        )
    shapes = areas[level]
    names = [column for column in shapes if column.startswith("name_")]
    frame = shapes[[*names, "geometry"]].join(made.rename_axis(shapes.index.name))
    kept = [column for column in frame if column != "geometry"]
    return frame.reset_index()[[shapes.index.name, *kept, "geometry"]]


def _is_of(made: pd.DataFrame, level: str, study: Study) -> bool:
    codes = study.design.grouping.unit_codes(level)
    return len(made) > 0 and set(made.index) <= set(codes)

"""Build the QGIS plugin as a zip, or put it into the reader's QGIS profile.

The sources stand in `qgis_plugin/kz_spatial_results`. Building adds what is made from other
sources: the boundaries with a style in each language, and the compiled translations. The same
sources give the same bytes.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kz_spatial.design import load_design
from kz_spatial.errors import CallError, InputError
from kz_spatial.output import qml
from kz_spatial.output.layers import Layer, describe
from kz_spatial.output.qm import compile_ts
from kz_spatial.output.style_classes import Style, StyleClass
from kz_spatial.output.terms import Terms
from kz_spatial.places import oblasts, regions
from kz_spatial.study import OBLASTS, LayerEntry, layer_entries
from kz_spatial.words import SHIPPED

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = [
    "PLUGIN_NAME",
    "REPOSITORY",
    "BuiltPlugin",
    "build_plugin",
    "install_plugin",
    "profile_folders",
]

PLUGIN_NAME: Final = "kz_spatial_results"
# address of the project's repository, once it has one: nothing is shipped in its place until then
REPOSITORY: Final = ""
_PACKAGE: Final = Path(__file__).parents[1]
_SOURCES: Final = (_PACKAGE / "data" / "qgis_plugin", _PACKAGE.parent / "qgis_plugin")
_EPOCH: Final = (2000, 1, 1, 0, 0, 0)  # the same in every build
_LIMIT_BYTES: Final = 25_000_000


@dataclass(frozen=True, slots=True)
class BuiltPlugin:
    """A plugin that was written.

    Attributes
    ----------
    path : Path
        The zip, or the folder in the profile.
    n_files : int
    size_bytes : int
        Of all files together, packed where they are.
    """

    path: Path
    n_files: int
    size_bytes: int


def _source() -> Path:
    found = next((root / PLUGIN_NAME for root in _SOURCES if (root / PLUGIN_NAME).is_dir()), None)
    if found is None:
        raise InputError(
            "this installation lacks the sources of the QGIS plugin; reinstall kz-spatial"
        )
    return found


def _wanted(file: Path, root: Path) -> bool:
    parts = file.relative_to(root).parts
    hidden = any(part.startswith(".") or part == "__pycache__" for part in parts)
    return file.is_file() and not hidden and file.suffix not in (".pyc", ".qm")


def _outline_layer(entry: LayerEntry, areas: gpd.GeoDataFrame, terms: Terms) -> Layer:
    """Boundaries coloured by the regions of the published study, with names in one language."""
    grouping = terms.design.grouping
    classes = tuple(
        StyleClass(terms.place(each.code), each.colour, value=each.code)
        for each in grouping.regions
    )
    name = f"name_{terms.language}"
    title = terms.layer(grouping.layer)
    shown = (name, grouping.name, "area_km2")
    style = Style(grouping.name, title, grouping.name, "categorised", classes, shown)
    frame = areas.reset_index()
    (layer,) = describe({entry.name: frame}, terms=terms)
    aliases = {key: text for key, text in layer.aliases.items() if key in frame}
    return replace(layer, frame=frame, styles=(style,), aliases=aliases)


def _write_boundaries(folder: Path) -> None:
    folder.mkdir()
    grouping = load_design().grouping
    frames = {OBLASTS: oblasts(detail="light"), grouping.layer: regions(grouping, detail="light")}
    for entry in layer_entries(grouping):
        if entry.name not in frames:
            continue
        areas = frames[entry.name]
        text = json.loads(areas.reset_index().to_json(drop_id=True))
        packed = json.dumps(text, ensure_ascii=False, separators=(",", ":"))
        (folder / f"{entry.name}.geojson").write_text(packed + "\n", encoding="utf-8")
        for language in SHIPPED:
            layer = _outline_layer(entry, areas, Terms.of_paper(language))
            style = qml.vector_style(layer, layer.styles[0])
            (folder / f"{entry.name}_{language}.qml").write_text(style, encoding="utf-8")


def _write_addresses(file: Path, repository: str) -> None:
    """Tell where the project is, in the plugin's metadata; nothing where that is not known."""
    if not repository:
        return
    at = repository.rstrip("/")
    told = {"homepage": at, "repository": at, "tracker": f"{at}/issues"}
    lines = "".join(f"{key}={address}\n" for key, address in told.items())
    text = file.read_text(encoding="utf-8")
    file.write_text(text.rstrip("\n") + "\n" + lines, encoding="utf-8")


def _assemble(folder: Path) -> None:
    """Write the whole plugin to a folder that does not exist yet."""
    source = _source()
    for file in sorted(each for each in source.rglob("*") if _wanted(each, source)):
        target = folder / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    _write_addresses(folder / "metadata.txt", REPOSITORY)
    shutil.rmtree(folder / "data", ignore_errors=True)
    _write_boundaries(folder / "data")
    for file in sorted((folder / "i18n").glob("*.ts")):
        file.with_suffix(".qm").write_bytes(compile_ts(file))


def _count(folder: Path) -> tuple[int, int]:
    files = [each for each in folder.rglob("*") if each.is_file()]
    return len(files), sum(each.stat().st_size for each in files)


def build_plugin(out: str | os.PathLike[str], *, overwrite: bool = False) -> BuiltPlugin:
    """Write the plugin as a zip that QGIS installs from.

    Parameters
    ----------
    out : path
        Ends in .zip. It appears only when it is whole.
    overwrite : bool
        Whether a file of that name may be replaced.

    Returns
    -------
    BuiltPlugin

    Raises
    ------
    CallError
        When the name does not end in .zip, exists, or cannot be written.
    """
    target = Path(out)
    if target.suffix.lower() != ".zip":
        raise CallError(f"{target}: expected a name that ends in .zip")
    if target.exists() and not overwrite:
        raise CallError(f"{target}: exists already; --overwrite replaces it")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".kz-", dir=target.parent) as place:
            folder, part = Path(place) / PLUGIN_NAME, Path(place) / "part.zip"
            _assemble(folder)
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
                for file in sorted(each for each in folder.rglob("*") if each.is_file()):
                    name = file.relative_to(folder.parent).as_posix()
                    entry = zipfile.ZipInfo(name, _EPOCH)
                    entry.external_attr = 0o644 << 16
                    packed.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
            size = part.stat().st_size
            if size > _LIMIT_BYTES:
                raise CallError(f"{target}: would be {size:,} bytes, QGIS takes {_LIMIT_BYTES:,}")
            n_files = _count(folder)[0]
            part.replace(target)
    except OSError as error:
        raise CallError(f"{target}: cannot be written: {error.strerror or error}") from error
    return BuiltPlugin(target, n_files, size)


def profile_folders() -> list[Path]:
    """Folders that hold the profiles of the QGIS versions on this machine.

    QGIS keeps them apart by major version. Where none exists yet, the one that QGIS 3 will make.
    """
    own = os.environ.get("QGIS_CUSTOM_CONFIG_PATH")
    if own:
        return [Path(own) / "profiles"]
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA", Path.home() / "AppData" / "Roaming"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    known = [base / "QGIS" / f"QGIS{major}" / "profiles" for major in (3, 4)]
    return [each for each in known if each.is_dir()] or known[:1]


def _command() -> str:
    """Path of the kz-spatial of this environment, or its Python where there is none."""
    beside = Path(sys.executable).parent
    for name in ("kz-spatial", "kz-spatial.exe"):
        if (beside / name).is_file():
            return str(beside / name)
    return sys.executable


def _enable(profile: Path) -> None:
    """Tick the plugin in the profile's list, unless the reader decided about it already."""
    file = profile / "QGIS" / ("QGIS4.ini" if "QGIS4" in profile.parts else "QGIS3.ini")
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    if any(line.partition("=")[0].strip() == PLUGIN_NAME for line in lines):
        return
    if "[PythonPlugins]" not in lines:
        lines += ["[PythonPlugins]"]
    lines.insert(lines.index("[PythonPlugins]") + 1, f"{PLUGIN_NAME}=true")
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.part")
    part.write_text("\n".join(lines) + "\n", encoding="utf-8")
    part.replace(file)


def _exchange(made: Path, target: Path, *, aside: Path) -> None:
    """Give a folder the target's name; what stood there goes aside, or comes back."""
    if target.exists():
        target.rename(aside)
    try:
        made.rename(target)
    except OSError:
        if aside.exists():
            aside.rename(target)
        raise


def install_plugin(*, profile: str = "default") -> list[BuiltPlugin]:
    """Put the plugin into the QGIS profiles of this user, and tell it where the command is.

    An earlier copy is replaced; QGIS finds the new one when it starts next.

    Parameters
    ----------
    profile : str
        Name of the profile, in each major version of QGIS that is there.

    Returns
    -------
    list of BuiltPlugin
        One for each version of QGIS.

    Raises
    ------
    CallError
        When a profile cannot be written.
    """
    made = []
    for profiles in profile_folders():
        home = profiles / profile
        target = home / "python" / "plugins" / PLUGIN_NAME
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".kz-", dir=target.parent) as place:
                folder = Path(place) / PLUGIN_NAME
                _assemble(folder)
                told = json.dumps({"command": _command()}, ensure_ascii=False)
                (folder / "installed.json").write_text(told + "\n", encoding="utf-8")
                _exchange(folder, target, aside=Path(place) / "before")
            _enable(home)
        except OSError as error:
            raise CallError(f"{target}: cannot be written: {error.strerror or error}") from error
        made.append(BuiltPlugin(target, *_count(target)))
    return made

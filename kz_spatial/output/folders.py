"""Folders that leave: whole or absent, and what wrote them."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from kz_spatial.errors import CallError

__all__ = ["check_target", "now", "versions", "whole_or_absent"]

_LIBRARIES: Final = (
    "kz-spatial",
    "numpy",
    "pandas",
    "geopandas",
    "shapely",
    "libpysal",
    "scikit-learn",
    "folium",
    "formulaic",
    "rasterio",
    "matplotlib",
)


def check_target(out: Path, *, overwrite: bool) -> None:
    """Refuse a target that cannot become a bundle, before any work is done.

    Raises
    ------
    CallError
    """
    if out.is_file():
        raise CallError(f"{out}: is a file, expected the name of a folder to write")
    if out.is_dir() and any(out.iterdir()):
        if not overwrite:
            raise CallError(
                f"{out}: exists already, expected a new folder; --overwrite replaces a bundle"
            )
        if not (out / "run.json").is_file():
            raise CallError(
                f"{out}: exists and is no bundle (it has no run.json), so it is not "
                "replaced; expected a new folder"
            )
    parent = out.resolve().parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir():
        raise CallError(f"{out}: cannot be made, {parent} is a file")
    if not os.access(parent, os.W_OK):
        raise CallError(f"{out}: cannot be written, no permission in {parent}")


@contextmanager
def whole_or_absent(out: Path) -> Iterator[Path]:
    """A folder beside the target that takes its name when all is written."""
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        work = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise CallError(f"{out}: cannot be written: {error.strerror}") from error
    try:
        work.chmod(0o755)
        yield work
        aside = None
        if out.exists():
            aside = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.parent)) / "old"
            out.rename(aside)
        work.rename(out)
        if aside is not None:
            shutil.rmtree(aside.parent)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that results rest on."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def now() -> str:
    """Date and time, as run.json has them."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

"""The command `doctor`: what is there on a machine, and what to do."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from kz_spatial.errors import CallError

__all__ = ["add_doctor"]

_EXTRAS: Final = {"dask": ("dask", "distributed"), "folium": ("jquery", "d3", "bootstrap5")}
_DISTRIBUTIONS: Final = {
    "jquery": "XStatic-jQuery",
    "d3": "XStatic-D3",
    "bootstrap5": "django-js-lib-bootstrap5",
}
_QGIS_PYTHONS: Final = ("/usr/bin/python3", "python3", "python-qgis", "python-qgis-ltr")
_SECONDS: Final = 60
_OLDEST: Final = (3, 11)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for.

    `needed` tells what no run can do without from what some runs ask for.
    """

    what: str
    found: str
    ok: bool
    needed: bool = False
    advice: str = ""

    def line(self) -> str:
        """The finding on one line."""
        mark = "ok" if self.ok else ("FAULT" if self.needed else "absent")
        told = f"{mark:<7}{self.what}: {self.found}"
        return told if self.ok else f"{told}; {self.advice}"


def _python() -> Finding:
    return Finding(
        "Python",
        f"{platform.python_version()}, {sys.executable}",
        sys.version_info >= _OLDEST,
        needed=True,
        advice="install Python 3.11 or later",
    )


def _packages() -> Iterator[Finding]:
    """Libraries that the package says it needs, the missing and the old ones named."""
    from packaging.requirements import Requirement

    here = version("kz-spatial")
    faults, n = [], 0
    for text in requires("kz-spatial") or ():
        asked = Requirement(text)
        if asked.marker is not None and not asked.marker.evaluate({"extra": ""}):
            continue
        n += 1
        try:
            found = version(asked.name)
        except PackageNotFoundError:
            faults.append(f"{asked.name} is missing")
            continue
        if not asked.specifier.contains(found, prereleases=True):
            faults.append(f"{asked.name} is {found}, expected {asked.specifier}")
    told = "; ".join(faults) or f"all {n} are there"
    advice = "pip install --upgrade kz-spatial"
    yield Finding(f"libraries of kz-spatial {here}", told, not faults, needed=True, advice=advice)


def _extras() -> Iterator[Finding]:
    for extra, modules in _EXTRAS.items():
        missing = [each for each in modules if not _is_there(each)]
        yield Finding(
            f"extra {extra}",
            "not installed" if missing else "installed",
            not missing,
            advice=f"pip install 'kz-spatial[{extra}]'",
        )


def _is_there(name: str) -> bool:
    if name not in _DISTRIBUTIONS:
        return find_spec(name) is not None
    try:
        return bool(version(_DISTRIBUTIONS[name]))
    except PackageNotFoundError:
        return False


def _browser() -> Finding:
    """Whether `--pdf` finds what prints."""
    from kz_spatial.output import check_browser

    try:
        found, ok = check_browser(), True
    except CallError as error:
        found, ok = str(error).partition(", expected")[0], False
    advice = "install Chromium, Chrome or Edge, or let KZ_BROWSER name one; --pdf alone needs it"
    return Finding("browser that prints", found, ok, advice=advice)


def _qgis() -> Finding:
    """Version of QGIS by a Python that has it; the plugin and .qgz are for it."""
    code = "import qgis.core as q; print(q.Qgis.version())"
    for name in _QGIS_PYTHONS:
        try:
            done = subprocess.run(
                [name, "-c", code], capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0 and done.stdout.strip():
            return Finding("QGIS", f"{done.stdout.strip().splitlines()[-1]}, by {name}", ok=True)
    advice = "layers, projects and the plugin need QGIS 3.22 or later, runs need none"
    return Finding("QGIS", "no Python here imports it", ok=False, advice=advice)


def _cache() -> Finding:
    """Whether compiled code can be kept between runs."""
    from kz_spatial.groups import cache_folder

    folder = cache_folder()
    what = "folder for compiled code"
    if folder is None:
        advice = "set NUMBA_CACHE_DIR to a folder; without it a run compiles anew, some seconds"
        return Finding(what, "none can be written", ok=False, advice=advice)
    return Finding(what, str(folder), ok=True)


def _temporary() -> Finding:
    import tempfile

    try:
        with tempfile.TemporaryFile():
            return Finding("temporary files", tempfile.gettempdir(), ok=True, needed=True)
    except OSError as error:
        advice = "let TMPDIR name a folder that can be written"
        return Finding("temporary files", str(error), ok=False, needed=True, advice=advice)


def _here() -> Finding:
    """Whether a bundle can be written where the command is called."""
    place = Path.cwd()
    ok = os.access(place, os.W_OK)
    told = str(place) if ok else f"{place} cannot be written"
    return Finding("this folder", told, ok, advice="give --out a folder elsewhere")


def findings() -> Iterator[Finding]:
    """All that is looked for, in order."""
    yield _python()
    try:
        yield from _packages()
    except PackageNotFoundError:
        yield Finding(
            "kz-spatial",
            "is not installed, though its files are here",
            ok=False,
            needed=True,
            advice="pip install kz-spatial",
        )
    yield from (_temporary(), _here(), _cache(), _browser(), _qgis())
    yield from _extras()


def _doctor(_: argparse.Namespace) -> int:
    fault = False
    for each in findings():
        print(each.line(), flush=True)
        fault |= each.needed and not each.ok
    print("something that every run needs is missing" if fault else "runs can be made")
    return int(fault)


def add_doctor(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add `kz-spatial doctor`."""
    parser = commands.add_parser(
        "doctor",
        parents=[common],
        help="say what is there, what is missing and what to do",
        description="Look for what runs need and may use: Python, libraries, folders, a browser "
        "that prints, QGIS, extras. Exits with 1 where something that every run needs is missing.",
    )
    parser.set_defaults(do=_doctor)

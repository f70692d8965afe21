"""Make a Python environment with the kz-spatial command in it, in the reader's QGIS profile.

The lines that are run are those that were shown. An environment is whole or absent: one that could
not be finished is removed, and the one before it stays until the new one answers.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from qgis.core import QgsApplication, QgsSettings

from . import command
from .placed import free_name
from .words import ResultsError, tr

PACKAGE = "kz-spatial"
_LEAST = (3, 11)
_FOLDER = "kz_spatial"
_WINDOWS = os.name == "nt"
_NAMES = ("python3", "python3.14", "python3.13", "python3.12", "python3.11", "python")
_ASK = "import sys; print(*sys.version_info[:2])"
_ADDRESS = re.compile(r"https?://[^\s/]+\S*")


def home() -> Path:
    """Folder of the profile that the environments stand in."""
    return Path(QgsApplication.qgisSettingsDirPath()) / _FOLDER


def version_of(python) -> tuple:
    """Major and minor version of a Python; empty where it does not answer."""
    try:
        done = subprocess.run(
            [str(python), "-c", _ASK],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            stdin=subprocess.DEVNULL,
            env=command.clean_environment(),
        )
        return tuple(int(part) for part in done.stdout.split())
    except (OSError, ValueError, subprocess.SubprocessError):
        return ()


def find_python() -> str:
    """The first Python of 3.11 or later among those that are usually found; empty without one."""
    beside = Path(sys.exec_prefix) / ("python.exe" if _WINDOWS else "bin/python3")
    found = [str(beside), *(shutil.which(name) or "" for name in _NAMES)]
    for each in dict.fromkeys(filter(None, found)):
        if Path(each).is_file() and version_of(each) >= _LEAST:
            return each
    return ""


def source_words(wheel: str, index: str) -> list:
    """What pip is told to install and from where; raises ResultsError for what it cannot be."""
    if not wheel and not index:
        raise ResultsError(tr("Name a wheel file, an index, or both"))
    if wheel and not (wheel.endswith(".whl") and Path(wheel).is_file()):
        raise ResultsError(tr("{0}: expected a file that ends in .whl").format(wheel))
    words = []
    if index and Path(index).is_dir():
        words = ["--no-index", "--find-links", index]
    elif index and _ADDRESS.fullmatch(index):
        words = ["--index-url", index]
    elif index:
        text = tr("{0}: expected an address that begins with https://, or a folder of wheels")
        raise ResultsError(text.format(index))
    return [*words, wheel or PACKAGE]


def _inside(folder: Path, name: str) -> str:
    return str(folder / ("Scripts" if _WINDOWS else "bin") / (f"{name}.exe" if _WINDOWS else name))


def plan(python: str, wheel: str, index: str) -> tuple:
    """The new environment's folder, and the commands that make it, as lists of words."""
    if not python:
        raise ResultsError(tr("Name a Python of 3.11 or later"))
    words = source_words(wheel, index)
    there = [each.name for each in home().iterdir()] if home().is_dir() else []
    folder = home() / free_name("environment", there)
    pip = [_inside(folder, "python"), "-m", "pip", "install", "--no-input"]
    return folder, (
        [python, "-m", "venv", str(folder)],
        [*pip, "--disable-pip-version-check", *words],
    )


def spelled(words) -> str:
    """A command as it would be typed."""
    return subprocess.list2cmdline(words) if _WINDOWS else shlex.join(words)


def _run_each(lines, said, is_cancelled) -> None:
    for words in lines:
        said(f"$ {spelled(words)}")
        told = []

        def on_line(line, told=told):
            told.append(line)
            said(line)

        code = command.run(words, on_line, is_cancelled)
        if code:
            faults = [each for each in told if each.lower().startswith("error")] or told[-1:]
            ended = tr("The command ended with code {0}").format(code)
            raise ResultsError(faults[0] if faults else ended)


def _command_of(folder: Path) -> str:
    program = _inside(folder, PACKAGE)
    if not Path(program).is_file():
        raise ResultsError(tr("{0}: holds no kz-spatial command").format(folder))
    return program


def make(python: str, folder: Path, lines, said, is_cancelled) -> str:
    """Run the lines of a plan; return the command of the environment.

    `said` gets each line as it comes. Raises ResultsError or Cancelled, and leaves nothing then.
    """
    if version_of(python) < _LEAST:
        raise ResultsError(tr("{0}: is no Python of 3.11 or later").format(python))
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        _run_each(lines, said, is_cancelled)
        program = _command_of(folder)
        said(command.version([program]))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return program


def remember(program: str) -> None:
    """Take a command of an environment of ours from now on; older environments of ours go."""
    QgsSettings().setValue(command.SETTING, program)
    folder = Path(program).parents[1]
    for each in home().iterdir():
        if each != folder and (each / "pyvenv.cfg").is_file():
            shutil.rmtree(each, ignore_errors=True)

"""Find the kz-spatial command of the reader's environment, and run it as a child.

The child is started from a list, without a shell. It writes into a folder of ours beside the
target; only a whole result takes the target's name, so that stopping it leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
from pathlib import Path

from qgis.core import QgsSettings

from .words import FOLDER, ResultsError, tr

SETTING = "kz_spatial/command"
INSTALLED = "installed.json"  # left by `kz-spatial plugin --install`
_WINDOWS = os.name == "nt"
_PROGRAM = "kz-spatial.exe" if _WINDOWS else "kz-spatial"
_PLACES = ("bin", "Scripts", ".venv/bin", ".venv/Scripts", "venv/bin", "venv/Scripts")
# QGIS sets these for its own Python and GDAL; another environment's would stumble over them
_OWN_VARIABLES = (
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONEXECUTABLE",
    "PYTHONNOUSERSITE",
    "PROJ_LIB",
    "PROJ_DATA",
    "GDAL_DATA",
    "GDAL_DRIVER_PATH",
    "GEOTIFF_CSV",
    "QT_PLUGIN_PATH",
)
_POLL_S = 0.1
_PATIENCE_S = 3.0


class Cancelled(Exception):  # noqa: N818  nothing went wrong
    """The reader stopped the child."""


def missing_text() -> str:
    """One line on how to get the command."""
    return tr(
        "The kz-spatial command was not found. Plugins > kz_spatial results > Install the command "
        "makes an environment for it; or install it with Python 3.11 or later (python -m pip "
        "install kz-spatial) and name it in Settings > Options > kz_spatial"
    )


def as_arguments(text) -> list:
    """First arguments for a program, a Python or a folder of an environment; empty if none is."""
    path = Path(str(text).strip().strip('"')).expanduser()
    if not str(text).strip():
        return []
    if path.is_dir():
        found = [path / _PROGRAM, *(path / place / _PROGRAM for place in _PLACES)]
        path = next((each for each in found if each.is_file()), path)
    if not path.is_file() or not os.access(path, os.X_OK):
        return []
    if path.name.lower().startswith("python"):
        return [str(path), "-m", "kz_spatial.cli"]
    return [str(path)]


def _installed() -> str:
    try:
        told = json.loads((FOLDER / INSTALLED).read_text(encoding="utf-8"))
        return str(told["command"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def candidates() -> list:
    """Where the command is looked for: the setting first, then where it is usually found."""
    home = Path.home()
    return [
        str(QgsSettings().value(SETTING, "") or ""),
        _installed(),
        shutil.which("kz-spatial") or "",
        str(home / ".local" / "bin" / _PROGRAM),
        str(home / ".venv"),
        str(Path(os.environ.get("APPDATA", home)) / "Python" / "Scripts" / _PROGRAM),
    ]


def find() -> list:
    """First arguments of the command.

    Raises ResultsError where there is none, or where the setting names something else.
    """
    chosen = candidates()[0]
    if chosen and not as_arguments(chosen):
        text = tr("{0}: is no kz-spatial command, as named in Settings > Options > kz_spatial")
        raise ResultsError(text.format(chosen))
    found = next(filter(None, map(as_arguments, candidates())), None)
    if found is None:
        raise ResultsError(missing_text())
    return found


def is_there() -> bool:
    """Whether a command is found where it is looked for."""
    try:
        return bool(find())
    except ResultsError:
        return False


def clean_environment() -> dict:
    """The environment without what QGIS set for itself; text in UTF-8."""
    kept = {key: value for key, value in os.environ.items() if key not in _OWN_VARIABLES}
    return {**kept, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


def version(arguments: list) -> str:
    """What the command says of itself; raises ResultsError when it does not answer."""
    try:
        done = subprocess.run(
            [*arguments, "--version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
            env=clean_environment(),
            **_start_flags(),
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ResultsError(tr("{0}: does not start ({1})").format(arguments[0], error)) from error
    answer = done.stdout.strip()
    if done.returncode or not answer.startswith("kz-spatial"):
        raise ResultsError(tr("{0}: is no kz-spatial command").format(arguments[0]))
    return answer


def _start_flags() -> dict:
    if _WINDOWS:  # no black window, and a group of its own
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        return {"creationflags": flags}
    return {"start_new_session": True}


def _stop(child) -> None:
    """End a child and all it started: asked first, then made to."""
    ways = (
        [child.terminate, child.kill]
        if _WINDOWS
        else [
            lambda s=s: os.killpg(child.pid, s)
            for s in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
        ]
    )
    for way in ways:
        if child.poll() is not None:
            return
        with contextlib.suppress(OSError):
            way()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_PATIENCE_S)


def run(arguments: list, on_line, is_cancelled) -> int:
    """Run a command to its end and return its exit code.

    `on_line` gets each line of its output as it comes; once `is_cancelled` answers true the child
    is ended and Cancelled is raised.
    """
    try:
        child = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env=clean_environment(),
            **_start_flags(),
        )
    except OSError as error:
        raise ResultsError(tr("{0}: does not start ({1})").format(arguments[0], error)) from error
    lines = queue.Queue()

    def read():
        for line in child.stdout:
            lines.put(line.rstrip())
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        while True:
            if is_cancelled():
                raise Cancelled
            with contextlib.suppress(queue.Empty):
                line = lines.get(timeout=_POLL_S)
                if line is None:
                    return child.wait()
                on_line(line)
    finally:
        _stop(child)
        child.stdout.close()


def _take_place(made: Path, place: Path) -> None:
    """Move what was made to its place; a folder that stood there goes, or comes back."""
    if not place.is_dir():
        made.replace(place)
        return
    aside = made.with_name(f"{made.name} before")
    place.rename(aside)
    try:
        made.rename(place)
    except OSError:
        aside.rename(place)
        raise


@contextlib.contextmanager
def staged(target):
    """A path beside the target to write to; what is there takes the target's name at the end.

    An empty folder, or a file of the target's name, gives way. When anything is raised inside, the
    target stays as it was and nothing is left beside it.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".kz-", dir=target.parent))
    try:
        yield folder / target.name
        made = sorted(folder.iterdir())
        if not any(each.name == target.name for each in made):
            raise ResultsError(tr("{0}: was not written").format(target))
        for each in made:
            _take_place(each, target.parent / each.name)
    except OSError as error:
        raise ResultsError(tr("{0}: cannot be written ({1})").format(target, error)) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)

"""SPSS files (.sav), read in a child process: a damaged one can end the process that reads it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kz_spatial.survey.text_files import FileFaultError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_sav"]

_CHILD: Final = Path(__file__).with_name("spss_child.py")
_FAILED: Final = 3
# Windows says so of a process that was ended for touching memory not its own
_CRASHED: Final = 0x80000000


def _own_python() -> str | None:
    """The Python that runs this; None inside another program, which must not be started again."""
    name = Path(sys.executable or "").stem.casefold()
    return sys.executable if name.startswith(("python", "pypy")) else None


def _name_of(code: int) -> str:
    """How a process ended, by its return code."""
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"code {code}"


def _in_this_process(path: Path) -> tuple[pd.DataFrame, dict[str, dict[Any, str]]]:
    import pyreadstat

    frame, meta = pyreadstat.read_sav(path, user_missing=True)
    return frame, dict(meta.variable_value_labels)


def _run_child(python: str, path: Path, folder: Path) -> int | None:
    """Return code of the child; None where none could be started."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(
            [python, "-P", str(_CHILD), str(path), str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            check=False,
        )
    except OSError:
        return None
    return done.returncode


def read_sav(path: Path) -> tuple[pd.DataFrame, dict[str, dict[Any, str]]]:
    """Read an SPSS file and its value labels.

    Parameters
    ----------
    path : Path

    Returns
    -------
    frame : DataFrame
        User-missing values among the others.
    labels : dict
        Value labels by column.

    Raises
    ------
    FileFaultError
        When the file cannot be read, even if that ended the process which tried.
    """
    import pandas as pd

    with tempfile.TemporaryDirectory(prefix="kz-") as place:
        folder = Path(place)
        python = _own_python()
        code = None if python is None else _run_child(python, path, folder)
        if code == 0:
            labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
            frame = pd.read_parquet(folder / "table.parquet")
            return frame, {name: dict(pairs) for name, pairs in labels.items()}
        if code == _FAILED:
            told = json.loads((folder / "error.json").read_text(encoding="utf-8"))
            raise ValueError(told["error"])
        if code is not None and (code < 0 or code >= _CRASHED):
            raise FileFaultError(
                f"cannot be read as .sav: the reader was ended by {_name_of(code)}; expected a "
                "whole file: it may be damaged"
            )
        # no child could be started, or it lacks what is here
        return _in_this_process(path)

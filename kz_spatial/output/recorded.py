"""A run as its run.json has it, to be repeated."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from kz_spatial.design import StudyDesign, parse_design
from kz_spatial.errors import CallError, InputError
from kz_spatial.options import RunOptions
from kz_spatial.output.folders import sha256_of

__all__ = ["RecordedRun", "read_run"]

_RECORD: Final = "run.json"


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """What a run was asked to do, and what it left.

    Attributes
    ----------
    path : Path
        The record.
    options : RunOptions
    design : StudyDesign
    reading : dict
        Keywords of `read_survey`.
    chunk_rows : int or None
        Rows of a chunk, where the file was read in chunks.
    source : str
        Name of the file; of the twin, that.
    sha256 : str or None
        Its checksum; None where rules for what may be told of firms leave it out, or a file was
        read in chunks.
    synthetic : bool
        Whether the firms were the twin's.
    written : str
        When, as run.json has it.
    own : tuple of str
        Names of layers of one's own.
    files : dict of str
        Checksums of the bundle's files by name.

    Examples
    --------
    >>> import tempfile
    >>> import kz_spatial as kz
    >>> quick = kz.RunOptions(draws=0, permutations=99, cell_m=25_000)
    >>> with tempfile.TemporaryDirectory() as place:
    ...     made = kz.run(out=f"{place}/results", options=quick)
    ...     found = read_run(made.path)
    >>> found.options == quick, found.source, len(found.sha256)
    (True, 'synthetic twin', 64)
    """

    path: Path
    options: RunOptions
    design: StudyDesign
    reading: dict[str, Any]
    chunk_rows: int | None
    source: str
    sha256: str | None
    synthetic: bool
    written: str
    own: tuple[str, ...]
    files: dict[str, str]

    def check_source(self, survey: str | os.PathLike[str] | None, *, other: bool = False) -> str:
        """Refuse a file that is not the one of the record.

        Parameters
        ----------
        survey : path or None
        other : bool
            Whether another file may be taken.

        Returns
        -------
        str
            What could not be checked, or does not match though it may; else nothing.

        Raises
        ------
        CallError
        """
        if survey is None or self.synthetic:
            if survey is None and self.synthetic:
                return ""
            wanted = "no file" if self.synthetic else "that file before --from"
            found = "no file" if survey is None else os.fspath(survey)
            raise CallError(
                f"{self.path}: is a run on {self.source}, found {found}, expected {wanted}"
            )
        if self.sha256 is None:
            return (
                f"{self.path} holds no checksum of {self.source}, so whether {survey} is that "
                "file is not known"
            )
        found = _digest(Path(survey))
        if found == self.sha256:
            return ""
        told = (
            f"{survey}: is not the file of {self.path}: its sha256 begins with {found[:12]}, "
            f"expected {self.sha256[:12]}"
        )
        if not other:
            raise CallError(f"{told}; --other-file takes it all the same")
        return told

    def differing(self, folder: str | os.PathLike[str]) -> list[str]:
        """Files of the record that a folder lacks, or has with other content."""
        place = Path(folder)
        return [
            name
            for name, digest in self.files.items()
            if not (place / name).is_file() or sha256_of(place / name) != digest
        ]


def _digest(path: Path) -> str:
    """Checksum of the file that a run is repeated on."""
    try:
        return sha256_of(path)
    except FileNotFoundError as error:
        raise CallError(f"{path}: no such file") from error
    except IsADirectoryError as error:
        raise CallError(f"{path}: is a folder, expected the file of the record") from error


def _content(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise CallError(f"{path}: no such file, expected the run.json of a bundle") from error
    except ValueError as error:
        raise InputError(f"{path}: is no JSON, expected the run.json of a bundle") from error
    if not isinstance(found, dict) or not isinstance(found.get("asked"), dict):
        kind = found.get("kind", "") if isinstance(found, dict) else ""
        what = f"a record of {kind}" if kind else "no record of what was asked"
        raise InputError(f"{path}: is {what}, expected the run.json that `kz-spatial run` wrote")
    return found


def _options(told: dict[str, Any], path: Path) -> RunOptions:
    known = {each.name for each in fields(RunOptions)}
    if strange := sorted(set(told) - known):
        raise InputError(
            f"{path}: asked.options.{strange[0]} is no option of this version, expected some of "
            f"{', '.join(sorted(known))}"
        )
    return RunOptions(**{**told, "parts": tuple(told.get("parts", ()))})


def read_run(record: str | os.PathLike[str]) -> RecordedRun:
    """Read a bundle's run.json so that the run can be repeated.

    Parameters
    ----------
    record : path
        run.json, or the folder that holds it.

    Returns
    -------
    RecordedRun

    Raises
    ------
    InputError, CallError
        When there is no such file, or it is no record of a run of this version.

    Examples
    --------
    >>> read_run("no-such-folder/run.json")
    Traceback (most recent call last):
    ...
    kz_spatial.errors.CallError: no-such-folder/run.json: no such file, expected the run.json of \
a bundle
    """
    path = Path(record)
    path = path / _RECORD if path.is_dir() else path
    found = _content(path)
    try:
        asked = found["asked"]
        return RecordedRun(
            path=path,
            options=_options(asked["options"], path),
            design=parse_design(asked.get("design", found["design"]), source=str(path)),
            reading=dict(asked["reading"]),
            chunk_rows=asked.get("chunk_rows"),
            source=found["source"],
            sha256=found["sha256"],
            synthetic=found["synthetic"],
            written=found["written"],
            own=tuple(each["name"] for each in found["own"]),
            files=dict(found["files"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: is not whole ({error}), expected the run.json that `kz-spatial run` wrote"
        ) from error

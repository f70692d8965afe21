"""Folders that leave: whole or absent, with nothing of anyone else's lost.

A folder is written beside its target under a hidden name and takes the target's place in one step:
Linux exchanges two folders atomically (renameat2). Where the file system cannot, the old one is
renamed away, and back if anything goes wrong; where it cannot rename a folder at all (the lower
layer of an overlay), the new one is copied, with a copy of the old kept until that is done. A lock
beside the target keeps two runs apart; what a killed run left is settled by the next.

A manifest in run.json lists what a bundle owns. Replacing a bundle takes away what it owns and
nothing else: files that others put there, and files of the bundle that were changed since, move to
the new one.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Final

from kz_spatial._validate import printable
from kz_spatial.errors import CallError
from kz_spatial.output.interruption import undisturbed
from kz_spatial.output.room import full_disk_told

__all__ = ["check_target", "sha256_of", "versions", "whole_or_absent", "write_json", "write_record"]

_RECORD: Final = "run.json"
# of these no checksum is kept: the one would hold its own, the other is never twice the same
_UNSUMMED: Final = (_RECORD, "timings.json")
_KEPT: Final = "kept"
_COPYING: Final = "copying"
# beside a GeoPackage while it is open, or after whoever had it open was killed
_LOGS: Final = ("-wal", "-shm", "-journal")
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
_RENAME_EXCHANGE: Final = 2
_AT_FDCWD: Final = -100
# what a file system answers that cannot exchange or rename a folder
_CANNOT: Final = (errno.ENOSYS, errno.EINVAL, errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP)


def _is_ours(out: Path) -> bool:
    return (out / _RECORD).is_file()


def _check_name(out: Path) -> None:
    if printable(out) != str(out):  # the writers of layers and rasters take no other
        raise CallError(f"{printable(out)}: is no text in UTF-8, expected a name that is")
    try:
        out.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise CallError(f"{out}: cannot be made: {error.strerror or error}") from error


def check_target(out: Path, *, overwrite: bool) -> None:
    """Refuse a target that cannot become a bundle, before any work is done.

    Raises
    ------
    CallError
    """
    _check_name(out)
    if out.is_file():
        raise CallError(f"{out}: is a file, expected the name of a folder to write")
    if out.is_dir() and any(out.iterdir()):
        if not overwrite:
            raise CallError(
                f"{out}: exists already, expected a new folder; --overwrite replaces a bundle"
            )
        if not _is_ours(out):
            raise CallError(
                f"{out}: exists and is no bundle (it has no {_RECORD}), so it is not "
                "replaced; expected a new folder"
            )
    parent = out.resolve().parent
    while not parent.exists():
        parent = parent.parent
    if not parent.is_dir():
        raise CallError(f"{out}: cannot be made, {parent} is a file")
    if not os.access(parent, os.W_OK):
        raise CallError(f"{out}: cannot be written, no permission in {parent}")


def sha256_of(path: Path) -> str:
    """Checksum of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _files(folder: Path) -> list[str]:
    """Files below a folder as paths inside it, in order."""
    found = (each for each in folder.rglob("*") if not each.is_dir() or each.is_symlink())
    return sorted(each.relative_to(folder).as_posix() for each in found)


def write_record(folder: Path, record: dict[str, Any]) -> None:
    """Write run.json last, with the list of the files that the folder owns and their checksums."""
    owned = {name: sha256_of(folder / name) for name in _files(folder) if name not in _UNSUMMED}
    write_json(folder / _RECORD, {**record, "files": owned})


def write_json(path: Path, record: dict[str, Any]) -> None:
    """Write plain values as JSON that people can read."""
    text = json.dumps(record, ensure_ascii=False, indent=2, default=str)
    path.write_text(text + "\n", encoding="utf-8")


def _foreign(old: Path) -> list[str]:
    """Files of a folder that its bundle does not own, or that were changed since it was written."""
    try:
        owned = json.loads((old / _RECORD).read_text(encoding="utf-8")).get("files", {})
    except (OSError, ValueError):
        owned = {}
    found = (name for name in _files(old) if name not in _UNSUMMED)
    return [name for name in found if owned.get(name) != _checksum(old / name)]


def _checksum(path: Path) -> str | None:
    return None if path.is_symlink() or not path.is_file() else sha256_of(path)


def _base_of(name: str) -> str:
    """The file that a SQLite log belongs to; of other files, itself."""
    return next((name.removesuffix(end) for end in _LOGS if name.endswith(end)), name)


def _carry_over(old: Path, new: Path) -> None:
    """Move what is not the old bundle's own into the new one.

    A file whose name the new bundle has goes to a folder `kept`. A GeoPackage with a log beside it
    holds edits in both, so they stay together: beside another file of that name a log ruins it.
    """
    foreign = _foreign(old)
    with_log = {_base_of(name) for name in foreign if _base_of(name) != name}
    found = {*foreign, *(name for name in with_log if (old / name).is_file())}
    for name in sorted(found):
        target = new / name
        if os.path.lexists(target) or _base_of(name) in with_log:
            target = _free(new, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(old / name, target)


def _free(folder: Path, name: str) -> Path:
    """A place in `kept`, or in `kept 2` and so on, that no file has."""
    number, target = 1, folder / _KEPT / name
    while os.path.lexists(target):
        number += 1
        target = folder / f"{_KEPT} {number}" / name
    return target


def _renameat2() -> Callable[[Path, Path], None] | None:
    """Linux's exchange of two names; None on systems without it."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return None

    def exchange(one: Path, two: Path) -> None:
        names = (os.fsencode(one), os.fsencode(two))
        if call(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(one))

    return exchange


def _swap(holder: Path, out: Path) -> None:
    """Let the folder `new` of a holder take the place of `out`, whose folder ends in the holder.

    At no moment is there nothing under the name, but where a file system offers no exchange: then
    for as long as two renames take, and the next run restores what a kill left between them.
    """
    new, old = holder / "new", holder / "old"
    exchange = _renameat2()
    if exchange is not None:
        try:
            exchange(new, out)
        except OSError as error:
            if error.errno not in _CANNOT:
                raise
        else:
            return
    try:
        out.rename(old)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
        _copy_over(holder, out)
        return
    try:
        new.rename(out)
    except OSError:
        old.rename(out)
        raise


def _copy_over(holder: Path, out: Path) -> None:
    """Copy `new` over a folder that cannot be renamed; a copy of the old is whole before that."""
    shutil.copytree(out, holder / "part", symlinks=True)
    mark = holder / _COPYING
    mark.touch()
    (holder / "part").rename(holder / "old")
    try:
        _make_like(out, holder / "new")
    except OSError:
        _make_like(out, holder / "old")
        raise
    finally:
        mark.unlink()


def _make_like(out: Path, model: Path) -> None:
    """Give a folder the files of another, each in one step, and take away all others."""
    for name in _files(model):
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        shutil.copy2(model / name, part, follow_symlinks=False)
        part.replace(target)
    for name in set(_files(out)) - set(_files(model)):
        (out / name).unlink()


def _hidden(out: Path, what: str) -> str:
    return f".{out.name}.kz-{what}"


def _settle(holder: Path, out: Path) -> None:
    """Finish or undo what a holder was made for, and remove it.

    Whatever moment a kill chose, one of its folders is the bundle that stood under the name, or one
    that was to: the files in them that no bundle owns go to the one that stands there now.
    """
    old, new = holder / "old", holder / "new"
    if (holder / _COPYING).exists() and old.is_dir():
        _make_like(out, old)
        shutil.rmtree(old)  # it was a copy
    elif not out.exists():
        next(each for each in (new, old) if each.is_dir()).rename(out)
    for each in (new, old):
        if each.is_dir():
            _carry_over(each, out)
    shutil.rmtree(holder)


def _clear_leftovers(out: Path) -> None:
    """Remove what killed runs left beside the target; only who holds the lock may call it."""
    for holder in sorted(out.parent.glob(_hidden(out, "swap-*"))):
        if any((holder / name).is_dir() for name in ("new", "old")):
            _settle(holder, out)
        shutil.rmtree(holder, ignore_errors=True)
    for work in out.parent.glob(_hidden(out, "new-*")):
        shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Hold the lock of a target; the system drops it when the process dies, however it dies."""
    if find_spec("fcntl") is None:  # no such locks on this system
        yield
        return
    path, stream = out.parent / _hidden(out, "lock"), None
    try:
        with undisturbed():
            stream = _hold(path, out)
        yield
    finally:
        if stream is not None:
            with undisturbed():
                path.unlink(missing_ok=True)
                stream.close()


def _hold(path: Path, out: Path) -> IO[str]:
    """A lock file, opened and locked."""
    import fcntl

    while True:
        stream = path.open("a")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            stream.close()
            raise CallError(
                f"{out}: another run is writing it, expected it to end first"
            ) from error
        # the holder before may have removed the file between our opening and locking it
        with suppress(FileNotFoundError):
            if os.fstat(stream.fileno()).st_ino == path.stat().st_ino:
                return stream
        stream.close()


def _umask_mode() -> int:
    """Permissions that a new folder has by the user's umask."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o777 & ~mask


@contextmanager
def whole_or_absent(out: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A folder beside the target that takes its name when all is written.

    Parameters
    ----------
    out : Path
    overwrite : bool
        Whether a bundle of that name may be replaced. Files in it that are not its own are kept.

    Raises
    ------
    CallError
        When another run is writing the target, something was put there while this one ran, or it
        cannot be written, as on a full disk.
    """
    out = out.resolve()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with _locked(out):
            work = None
            try:
                with undisturbed():
                    _clear_leftovers(out)
                    work = Path(tempfile.mkdtemp(prefix=_hidden(out, "new-"), dir=out.parent))
                work.chmod(_umask_mode())
                with full_disk_told(work):
                    yield work
                with undisturbed():
                    _take_place(work, out, overwrite=overwrite)
            finally:
                if work is not None:
                    with undisturbed():
                        shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise CallError(f"{out}: cannot be written: {error.strerror or error}") from error


def _take_place(work: Path, out: Path, *, overwrite: bool) -> None:
    """Let a finished folder take the target's name."""
    check_target(out, overwrite=overwrite)  # again, since much may have happened meanwhile
    if not out.exists():
        work.rename(out)
        return
    holder = Path(tempfile.mkdtemp(prefix=_hidden(out, "swap-"), dir=out.parent))
    work.rename(holder / "new")
    try:
        _swap(holder, out)
    except OSError:
        shutil.rmtree(holder / "new")
        raise
    finally:
        _settle(holder, out)


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that results rest on."""
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found

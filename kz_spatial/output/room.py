"""A full disk, told as such: writers of layers, rasters and databases have words of their own."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from kz_spatial.errors import KzSpatialError

__all__ = ["full_disk_told"]

# what a bundle takes; a writer that fails gives some of the room back before it says so
_ROOM: Final = 16_000_000
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _lack_of_room(folder: Path) -> OSError | None:
    """What the system answers to a file of the size of a bundle, if it refuses it for its size."""
    probe = folder / ".kz-room"
    try:
        with probe.open("wb") as stream:
            for _ in range(16):
                stream.write(bytes(_ROOM // 16))
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        return error if error.errno in _FULL else None
    finally:
        probe.unlink(missing_ok=True)
    return None


@contextmanager
def full_disk_told(folder: Path) -> Iterator[None]:
    """Turn a writer's failure into the system's own word, where a disk is full.

    Parameters
    ----------
    folder : Path
        Where is written.

    Raises
    ------
    OSError
        As the system gives it.

    Examples
    --------
    >>> with full_disk_told(Path()):
    ...     print("written")
    written
    """
    try:
        yield
    except (KzSpatialError, OSError):
        raise
    except Exception as error:
        if (full := _lack_of_room(folder)) is not None:
            raise OSError(full.errno, full.strerror) from error
        raise

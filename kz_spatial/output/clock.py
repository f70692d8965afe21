"""The moment that outputs bear: now, or that of SOURCE_DATE_EPOCH, so that equal runs are equal.

The variable is that of reproducible-builds.org: seconds since 1970 in UTC. No output depends on the
machine's time zone.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final

from kz_spatial.errors import CallError
from kz_spatial.output.folders import write_json

__all__ = ["dated", "moment", "today", "write_timings", "written_now"]

_VARIABLE: Final = "SOURCE_DATE_EPOCH"
_FORM: Final = "%Y-%m-%dT%H:%M:%SZ"
_said: ContextVar[dt.datetime | None] = ContextVar("_said", default=None)


def moment() -> dt.datetime:
    """The moment that outputs bear, in UTC.

    Raises
    ------
    CallError
        When SOURCE_DATE_EPOCH is no number of seconds.
    """
    told = os.environ.get(_VARIABLE, "")
    if not told:
        return _said.get() or dt.datetime.now(tz=dt.UTC)
    try:
        return dt.datetime.fromtimestamp(int(told), tz=dt.UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise CallError(
            f"{_VARIABLE}={told}: expected whole seconds since 1970, as 1700000000"
        ) from error


def today() -> dt.date:
    """The day of it."""
    return moment().date()


def written_now() -> str:
    """Its date and time, as run.json has them."""
    return moment().strftime(_FORM)


@contextmanager
def dated(written: str | None = None) -> Iterator[None]:
    """Let outputs bear one moment: a record's, else now; SOURCE_DATE_EPOCH goes before it."""
    told = written_now() if written is None else written
    token = _said.set(dt.datetime.strptime(told, _FORM).replace(tzinfo=dt.UTC))
    try:
        yield
    finally:
        _said.reset(token)


def write_timings(folder: Path, seconds: dict[str, float]) -> None:
    """Write timings.json: when a run truly ended and how long its steps took.

    It alone differs between two equal runs.
    """
    ended = dt.datetime.now(tz=dt.UTC).strftime(_FORM)
    write_json(folder / "timings.json", {"ended": ended, "seconds": seconds})

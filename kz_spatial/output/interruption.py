"""Signals that end a run: they unwind it, so that nothing half-written stays, and wait where told.

SIGTERM and SIGHUP end a process at once by default and leave its temporary folders behind. Here
they raise `Stopped`, as Ctrl-C raises KeyboardInterrupt, and every `finally` on the way is done.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

__all__ = ["Stopped", "stoppable", "undisturbed"]

_NAMES: Final = ("SIGTERM", "SIGHUP")


class Stopped(BaseException):
    """The process was asked to end.

    Attributes
    ----------
    number : int
        Of the signal.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)

    @property
    def exit_code(self) -> int:
        """What a shell reports of a process that the signal ended."""
        return 128 + self.number

    def ignore_more(self) -> None:
        """Let a process that is ending end by itself, however often it is asked."""
        for each in _known(*_NAMES):
            signal.signal(each, signal.SIG_IGN)


def _raise(number: int, frame: object) -> None:  # noqa: ARG001  what a handler is called with
    raise Stopped(number)


def _known(*names: str) -> list[signal.Signals]:
    """Signals by name that this system has and that are not ignored, as under nohup."""
    if threading.current_thread() is not threading.main_thread():
        return []  # only the main thread may set handlers
    found = [getattr(signal, name) for name in names if hasattr(signal, name)]
    return [each for each in found if signal.getsignal(each) not in (signal.SIG_IGN, None)]


@contextmanager
def _handled(names: tuple[str, ...], handler: Any) -> Iterator[None]:
    before = {each: signal.signal(each, handler) for each in _known(*names)}
    try:
        yield
    finally:
        for each, old in before.items():
            signal.signal(each, old)


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise `Stopped`.

    Examples
    --------
    >>> try:
    ...     with stoppable():
    ...         signal.raise_signal(signal.SIGTERM)
    ... except Stopped as stopped:
    ...     print(stopped, stopped.exit_code)
    SIGTERM 143
    """
    with _handled(_NAMES, _raise):
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let signals wait, Ctrl-C among them, until a step that must not be left half-way is done.

    Examples
    --------
    >>> done = []
    >>> try:
    ...     with stoppable(), undisturbed():
    ...         signal.raise_signal(signal.SIGTERM)
    ...         done.append("all")
    ... except Stopped:
    ...     print(*done)
    all
    """
    waiting: list[int] = []
    try:
        with _handled((*_NAMES, "SIGINT"), lambda number, _: waiting.append(number)):
            yield
    finally:
        for number in waiting[:1]:
            signal.raise_signal(number)

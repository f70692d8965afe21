"""How many rows are done, and how long the rest will take, as lines on standard error."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["RowProgress"]

_EVERY_SECONDS: Final = 2.0


def _span(seconds: float) -> str:
    """Seconds as people say them.

    Examples
    --------
    >>> _span(4.2), _span(125), _span(7300)
    ('4 s', '2 min 5 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, left = divmod(whole, 60)
    return f"{minutes} min {left} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


@dataclass(slots=True)
class RowProgress:
    """Rows as they are done.

    Attributes
    ----------
    total : int or None
        Rows in all, where the file tells.
    wanted : bool
        Whether anything is said.
    every_s : float
        Seconds between two lines.
    out : stream
    done : int
    """

    total: int | None
    wanted: bool = True
    every_s: float = _EVERY_SECONDS
    out: TextIO = field(default_factory=lambda: sys.stderr)
    done: int = 0
    _start: float = field(default_factory=time.perf_counter)
    _told: float = field(default_factory=time.perf_counter)

    def add(self, rows: int) -> None:
        """Count rows, and say so from time to time."""
        self.done += rows
        now = time.perf_counter()
        if self.wanted and now - self._told >= self.every_s:
            self._told = now
            print(self.line(now - self._start), file=self.out, flush=True)

    def line(self, seconds: float) -> str:
        """What is said after some seconds.

        Examples
        --------
        >>> RowProgress(4_000_000, done=1_000_000).line(5.0)
        '1,000,000 of 4,000,000 rows, 25 %, 15 s left'
        >>> RowProgress(None, done=1_000_000).line(5.0)
        '1,000,000 rows, 200,000 a second'
        """
        if not self.total or not self.done:
            return f"{self.done:,} rows, {self.done / max(seconds, 1e-9):,.0f} a second"
        share = min(self.done / self.total, 1.0)
        left = seconds * (1 - share) / share
        return f"{self.done:,} of {self.total:,} rows, {100 * share:.0f} %, {_span(left)} left"

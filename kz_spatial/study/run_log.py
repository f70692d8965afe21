"""Steps of a run as they happen."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from kz_spatial.errors import KzSpatialWarning
from kz_spatial.study.one_thread import one_thread

__all__ = ["Progress", "RunLog"]

Progress = Callable[[str], None]


@dataclass(slots=True)
class RunLog:
    """Steps as they happen: seconds, warnings, and what could not be computed."""

    progress: Progress | None
    timings: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    inapplicable: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step, done on one thread, and keep what it warns of."""
        if self.progress:
            self.progress(name)
        start = time.perf_counter()
        with one_thread(), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", KzSpatialWarning)
            yield
        self.timings[name] = round(time.perf_counter() - start, 3)
        ours = (str(w.message) for w in caught if issubclass(w.category, KzSpatialWarning))
        self.warnings.extend(dict.fromkeys(ours))

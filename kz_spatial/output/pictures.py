"""Figures saved as PNG and as SVG, half of the work by a second process where there is one.

A figure looks the same whoever saves it: the layout is settled before, and the second process works
under the settings of the first.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future
    from pathlib import Path

    from matplotlib.figure import Figure

__all__ = ["FigureSaver", "second_process", "svg_text"]

_DPI: Final = 300
_PATH: Final = re.compile(r'\sd="([^"]*)"')
_LONG: Final = re.compile(r"-?\d+\.\d{3,}")
# seconds that a second process waits for work before it ends
_IDLE: Final = 60
# settings that are of a process, not of how figures look
_APART: Final = frozenset({"backend", "backend_fallback", "interactive"})


def _shorter(path: re.Match[str]) -> str:
    """A path on one line, its points to a hundredth of a point of print."""
    told = _LONG.sub(lambda each: f"{float(each[0]):.2f}".rstrip("0").rstrip("."), path[1])
    return f' d="{" ".join(told.split())}"'


def svg_text(figure: Figure) -> str:
    """A matplotlib figure as SVG without date or random ids: equal figures, equal text.

    Letters stay letters, which readers can search, copy and hear.
    """
    import matplotlib as mpl

    out = io.StringIO()
    # matplotlib reads these when it saves, not when it draws
    with mpl.rc_context({"svg.hashsalt": "kz_spatial", "svg.fonttype": "none"}):
        figure.savefig(out, format="svg", metadata={"Date": None})
    return _PATH.sub(_shorter, out.getvalue())


def _pictures(figure: Figure) -> tuple[bytes, str]:
    """A figure as PNG and as SVG text."""
    out = io.BytesIO()
    # the layout settles in the first drawing and is kept for the second
    figure.savefig(out, format="png", dpi=_DPI)
    figure.set_layout_engine("none")
    return out.getvalue(), svg_text(figure)


def _load() -> None:
    """What a second process needs, loaded while the first one computes."""
    import matplotlib.backends.backend_agg
    import matplotlib.backends.backend_svg
    import matplotlib.figure  # noqa: F401


def _pictures_of(figure: Figure, settings: Any) -> tuple[bytes, str]:
    """The same in a second process."""
    import matplotlib as mpl

    with mpl.rc_context(settings):
        return _pictures(figure)


def second_process() -> Executor | None:
    """A process that loads what it needs to save figures while this one computes.

    None where there is but one processor, or the system allows no other process.
    """
    try:
        from loky import cpu_count, get_reusable_executor

        if cpu_count() < 2:
            return None
        found: Executor = get_reusable_executor(max_workers=1, timeout=_IDLE)
        found.submit(_load)
    except (ImportError, OSError, RuntimeError):
        return None
    return found


class FigureSaver:
    """Saves figures into a folder, beside the work of its own process.

    Without a second process, or should it end untimely, everything is saved in this one.

    Parameters
    ----------
    figures : iterable of (str, Figure)
        File stem and figure; the second process saves the first ones while others are drawn.
    helper : Executor, optional
        As `second_process` gives it.
    """

    def __init__(
        self, figures: Iterable[tuple[str, Figure]], helper: Executor | None = None
    ) -> None:
        import matplotlib as mpl

        self._figures: dict[str, Figure] = {}
        self._waiting: dict[str, Future[tuple[bytes, str]]] = {}
        settings: Any = {k: mpl.rcParams[k] for k in mpl.rcParams if k not in _APART}
        for name, figure in figures:
            self._figures[name] = figure
            try:
                if helper is not None:
                    self._waiting[name] = helper.submit(_pictures_of, figure, settings)
            except (OSError, RuntimeError):  # it has ended, or takes no more
                helper = None

    def _of_helper(self, name: str) -> tuple[bytes, str] | None:
        """What the second process makes of a figure; None where it is to be made here."""
        future = self._waiting.get(name)
        if future is None or future.cancel():
            return None
        try:
            return future.result()
        except Exception:  # noqa: BLE001 - whatever went wrong there shows itself here again, or is no matter
            return None

    def finish(self, folder: Path) -> dict[str, str]:
        """Make a folder of all figures as PNG and SVG; return each as SVG text.

        From the last figure on, those that the second process has not yet begun are saved here.
        """
        folder.mkdir()
        texts = {}
        for name, figure in reversed(self._figures.items()):
            png, text = self._of_helper(name) or _pictures(figure)
            (folder / f"{name}.png").write_bytes(png)
            (folder / f"{name}.svg").write_text(text, encoding="utf-8")
            texts[name] = text
        return {name: texts[name] for name in self._figures}

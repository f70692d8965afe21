"""Numbers on the axes of figures, as a language writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kz_spatial.words import catalogue_of, integer

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.ticker import ScalarFormatter

    from kz_spatial.options import Language

__all__ = ["number_formatter", "write_numbers"]

# from here on thousands are set apart
_GROUPED = 10_000


def number_formatter(language: Language) -> ScalarFormatter:
    """Matplotlib's own choice of digits, with the decimal sign of a language."""
    from babel.numbers import get_decimal_symbol
    from matplotlib.ticker import ScalarFormatter

    symbol = get_decimal_symbol(catalogue_of(language).locale)

    class Local(ScalarFormatter):
        def __call__(self, x: float, pos: Any = None) -> str:
            if abs(x) >= _GROUPED:
                return integer(x, language)
            return str(super().__call__(x, pos)).replace(".", symbol)

    made = Local(useOffset=False)
    made.set_powerlimits((-5, 12))  # no "1e6" beside the axis
    return made


def write_numbers(ax: Axes, language: Language, *, which: str = "xy") -> None:
    """Let the axes named in `which` write numbers in a language."""
    for name in which:
        getattr(ax, f"{name}axis").set_major_formatter(number_formatter(language))

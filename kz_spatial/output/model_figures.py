"""The figure of the study's further models: slopes by group with their intervals."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Final

import numpy as np

from kz_spatial.output.plots import COLUMN_WIDE, PAGE_WIDE, blank_figure
from kz_spatial.output.ticks import write_numbers
from kz_spatial.palette import SEQUENTIAL_GOOD
from kz_spatial.regression import interval_ends
from kz_spatial.words import decimals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from kz_spatial.output.terms import Terms
    from kz_spatial.study import PaperModel

__all__ = ["models_figure"]

_FILL: Final = SEQUENTIAL_GOOD[3]
_ACROSS: Final = 3


def _draw(ax: Axes, model: PaperModel, terms: Terms) -> None:
    groups = model.groups
    rows, b = np.arange(len(groups))[::-1], groups["coefficient"].to_numpy(float)
    ax.errorbar(b, rows, xerr=interval_ends(groups), fmt="o", color=_FILL, ecolor="#7f7f7f", ms=5)
    ax.axvline(0, color="#555555", lw=0.8)
    ax.set_yticks(rows, [terms.model_group(each) for each in groups.index])
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.tick_params(labelsize=7)
    title = fill(terms.say(f"model.{model.name}"), 22)
    if np.isfinite(model.joint_p):
        p = decimals(model.joint_p, 2, terms.language)
        title += "\n" + fill(terms.say("model.joint", p=p), 22)
    ax.set_title(title, fontsize=7.5)
    write_numbers(ax, terms.language, which="x")


def models_figure(
    models: Mapping[str, PaperModel], terms: Terms, *, notice: str = ""
) -> Figure | None:
    """Slopes by group of every model that has groups; None where none has."""
    shown = [each for each in models.values() if len(each.groups)]
    if not shown:
        return None
    across, down = min(len(shown), _ACROSS), -(-len(shown) // _ACROSS)
    made = blank_figure(PAGE_WIDE if across > 1 else COLUMN_WIDE, 2.3 * down, notice=notice)
    axes = made.subplots(down, across, squeeze=False).ravel()
    for ax in axes[len(shown) :]:
        ax.set_axis_off()
    for ax, each in zip(axes, shown, strict=False):
        _draw(ax, each, terms)
    return made

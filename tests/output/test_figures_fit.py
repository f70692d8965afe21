"""Figures of a whole study: no wider than a page of a journal, letters to be read, none cut."""

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation, Text

from kz_spatial.output import publish
from kz_spatial.output.figures import FIGURE_STYLE, draw_figures
from kz_spatial.output.terms import Terms

MM = 25.4
WIDTHS = (180, 85)


@pytest.fixture(scope="module", params=["en", "ru", "kk"])
def drawn(study, request):
    found = publish(replace(study, options=replace(study.options, language=request.param)))
    terms = Terms.of(found, request.param)
    notice = "A notice of some words that stands at the foot of every figure of a run. " * 3
    figures = dict(draw_figures(found, terms, notice=notice))
    with mpl.rc_context(FIGURE_STYLE):
        for each in figures.values():
            FigureCanvasAgg(each).draw()
    return figures


def letters(figure):
    """Texts that a reader sees."""
    hidden = {id(text) for ax in figure.axes if not ax.axison for text in _of_axes(ax)}
    hidden |= {id(text) for ax in figure.axes for text in _ticks(ax) if not _within(ax, text)}
    return [
        each
        for each in figure.findobj(Text)
        if each.get_visible() and each.get_text().strip() and id(each) not in hidden
    ]


def _of_axes(axes):
    return [axes.xaxis.label, axes.yaxis.label, *_ticks(axes)]


def test_figures_are_a_page_or_a_column_wide(drawn):
    assert len(drawn) == 14
    for name, each in drawn.items():
        wide, high = each.get_size_inches() * MM
        assert wide <= 180.001, name
        assert high <= 290, name
        if name not in ("co_membership", "distributions"):
            assert any(abs(wide - width) < 0.01 for width in WIDTHS), name


def test_no_letter_is_smaller_than_seven_points(drawn):
    for name, each in drawn.items():
        for text in letters(each):
            assert text.get_fontsize() >= 7, (name, text.get_text())


def test_no_text_is_cut_by_the_edge(drawn):
    for name, figure in drawn.items():
        whole = figure.bbox
        for text in letters(figure):
            box = text.get_window_extent()
            assert box.x0 >= whole.x0 - 2, (name, text.get_text())
            assert box.x1 <= whole.x1 + 2, (name, text.get_text())
            assert box.y0 >= whole.y0 - 2, (name, text.get_text())
            assert box.y1 <= whole.y1 + 2, (name, text.get_text())


def _ticks(axes):
    return [*axes.get_xticklabels(), *axes.get_yticklabels(),
            *axes.get_xticklabels(minor=True), *axes.get_yticklabels(minor=True)]  # fmt: skip


def _within(axes, text):
    """Whether a tick lies inside the limits of its axis; those outside are not drawn."""
    if text in axes.get_xticklabels():
        low, high = sorted(axes.get_xlim())
        return low <= text.get_position()[0] <= high
    low, high = sorted(axes.get_ylim())
    return low <= text.get_position()[1] <= high


def test_names_of_points_do_not_cover_each_other(drawn):
    """Nearly all points bear their name, and no name hides another."""
    figure = drawn["moran_scatter"]
    for ax in figure.axes:
        named = [each for each in ax.texts if isinstance(each, Annotation)]
        # the box of the letters themselves, without the line that a far one hangs on
        boxes = [Text.get_window_extent(each) for each in named]
        points = sum(len(each.get_offsets()) for each in ax.collections)
        assert len(named) >= 0.7 * points
        for i, one in enumerate(boxes):
            for other in boxes[:i]:
                across = min(one.x1, other.x1) - max(one.x0, other.x0)
                up = min(one.y1, other.y1) - max(one.y0, other.y0)
                covered = max(across, 0) * max(up, 0) / min(one.width * one.height,
                                                            other.width * other.height)  # fmt: skip
                assert covered < 0.25


def test_whiskers_of_regions_are_the_intervals_of_their_means(study, drawn):
    found, design = publish(study), study.design
    table = found.tables[design.grouping.name]
    order = table["readiness"].sort_values(na_position="first").index
    for ax, (name, each) in zip(drawn["regional_comparison"].axes, design.by_name.items(),
                                strict=False):  # fmt: skip
        ((bars,),) = (ax.containers[0].lines[2],)
        mean = table.loc[order, f"{name}_mean"].to_numpy(float)
        half = 1.959964 * table.loc[order, f"{name}_se"].to_numpy(float)
        top = np.inf if each.whole is None else each.whole
        ends = np.array([[path[0, 0], path[1, 0]] for path in bars.get_segments()])
        assert ends[:, 0] == pytest.approx(np.maximum(mean - half, 0) * each.scale)
        assert ends[:, 1] == pytest.approx(np.minimum(mean + half, top) * each.scale)

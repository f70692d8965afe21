"""What figures show, on bars and maps made by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from shapely.geometry import box

from kz_spatial.design import load_design
from kz_spatial.options import DATA_CRS, EQUAL_AREA_CRS
from kz_spatial.output import figures, map_figures
from kz_spatial.output.histogram import Bars
from kz_spatial.output.layers import Layer
from kz_spatial.output.style_classes import Style, StyleClass
from kz_spatial.output.terms import Terms
from kz_spatial.palette import MARK, NO_DATA, OUTLINE

TERMS = Terms.of_paper()
FILL = figures._FILL
HIGH = StyleClass("High-High", "#ff0000", value="hh", letter="HH")
LOW = StyleClass("low, letter LL", "#0000ff", value="ll", letter="LL", hatch="cross")
GONE = StyleClass("withheld", "#d0d0d0", missing=True, hatch="diagonal", opacity=0.5)


def bars(counts, *, low=False, high=False, below=10.0, above=50.0):
    edges = 10.0 * np.arange(len(counts) + 1)
    return Bars(edges, np.array(counts), low, high, below, above)


def drawn(told, least=5):
    ax = Figure().subplots()
    figures._draw_bars(ax, told, least, "Withheld", "en")
    return ax


def test_bars_of_few_firms_are_grey_hatched_and_of_one_height():
    """Heights of 1 and 4 firms would tell them; of 5 firms it may be told, and of none."""
    ax = drawn(bars([4, 5, 0, 1, 9]))
    assert [bar.get_height() for bar in ax.patches] == [5, 5, 0, 5, 9]
    assert [bar.get_hatch() for bar in ax.patches] == ["////", None, None, "////", None]
    colours = [to_hex(bar.get_facecolor()) for bar in ax.patches]
    assert colours == [NO_DATA, FILL, FILL, NO_DATA, FILL]
    assert [bar.get_x() for bar in ax.patches] == [0, 10, 20, 30, 40]
    assert [bar.get_width() for bar in ax.patches] == [10] * 5
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["Withheld"]
    (handle,) = ax.get_legend().legend_handles
    assert (to_hex(handle.get_facecolor()), handle.get_hatch()) == (NO_DATA, "////")
    assert drawn(bars([6, 7])).get_legend() is None


@pytest.mark.parametrize(("low", "high"), [(False, False), (True, False), (False, True), (1, 1)])
def test_open_ends_say_beyond_what_their_bars_reach(low, high):
    """Above the first bar stands what it lies below, above the last what it starts from."""
    ax = drawn(bars([7, 8, 9, 3], low=low, high=high, below=10, above=30))
    told = {each.get_text(): each.xy for each in ax.texts}
    wanted = {}
    if low:
        wanted["< 10"] = (5, 7)
    if high:
        wanted["≥ 30"] = (35, 5)
    assert {text.replace("\u00a0", " "): spot for text, spot in told.items()} == wanted


def study_of(kinds, means=None):
    """As much of a study as distributions and comparisons look at."""
    design = load_design()
    names = list(design.by_name)[: len(kinds)]
    by_name = {
        name: SimpleNamespace(kind=kind, scale=design.by_name[name].scale, whole=None)
        for name, kind in zip(names, kinds, strict=True)
    }
    told = {
        name: SimpleNamespace(bars=bars([6, 7]), mean=3.0 + i, n=13.6)
        for i, name in enumerate(names)
        # answers of yes and no have no distribution
        if by_name[name].kind != "binary"
    }
    return SimpleNamespace(
        design=SimpleNamespace(by_name=by_name, outcome=names[-1], grouping=design.grouping),
        rules=SimpleNamespace(min_firms=5),
        distributions=told,
        tables=means,
    )


def test_each_distribution_has_its_place_and_the_outcome_the_first():
    """Four of them stand in two rows of three, the last two places empty; yes and no has none."""
    study = study_of(["count", "percent", "binary", "count", "count"])
    names = [name for name, each in study.design.by_name.items() if each.kind != "binary"]
    made = figures._histograms(study, TERMS, "a notice")
    wanted = [names[-1], *names[:-1]]
    assert [ax.get_title() for ax in made.axes[:4]] == [TERMS.indicator(name) for name in wanted]
    assert [ax.axison for ax in made.axes] == [True] * 4 + [False] * 2
    assert tuple(made.get_size_inches() * 25.4) == pytest.approx((180, 2 * 2.4 * 25.4))
    assert "a notice" in made._supxlabel.get_text()
    for ax, name in zip(made.axes, wanted, strict=False):
        (line,) = ax.lines
        assert list(line.get_xdata()) == [study.distributions[name].mean] * 2
        assert ax.get_xlabel() == f"{TERMS.unit(name)} (n = 14)"
    assert made.axes[0].get_ylabel() == TERMS.say("column.n_firms")
    assert made.axes[1].get_ylabel() == ""
    # firms come in whole numbers, whatever the axis holds
    made.axes[0].set_ylim(0, 2)
    assert all(tick == round(tick) for tick in made.axes[0].get_yticks())
    one = figures._histograms(study_of(["count"]), TERMS, "")
    assert len(one.axes) == 1
    assert one.get_size_inches()[0] * 25.4 == pytest.approx(60)
    assert figures._histograms(study_of(["binary", "binary"]), TERMS, "") is None


def test_a_distribution_without_a_mean_has_no_line():
    study = study_of(["count", "count"])
    first, last = study.distributions.values()
    first.mean, last.bars = np.nan, None
    shown, hidden = figures._histograms(study, TERMS, "").axes[1::-1]
    assert not shown.lines
    assert shown.axison
    assert not hidden.axison
    assert [each.get_text() for each in hidden.texts] == ["Withheld (under 5 firms)"]
    assert hidden.texts[0].get_position() == (0.5, 0.5)


def test_regions_without_a_score_stand_lowest_and_empty_places_stay_empty():
    """Rows rise with the score; five indicators need two rows of three, seven need three."""
    design = load_design()
    names = list(design.by_name)
    table = pd.DataFrame(
        {f"{name}_mean": [1.0, 2.0, 3.0] for name in names}
        | {f"{name}_se": [0.5, 0.25, 1.0] for name in names}
        | {"readiness": [0.3, np.nan, -0.2]},
        index=["almaty", "astana", "west"],
    )
    study = study_of(["count"] * len(names), {design.grouping.name: table})
    made = figures._comparison(study, TERMS, "n")
    axes = made.axes
    assert len(names) == 5
    assert [ax.axison for ax in axes] == [True] * 5 + [False]
    axes = axes[:5]
    assert tuple(made.get_size_inches() * 25.4) == pytest.approx((180, 2 * 1.61 * 25.4))
    labels = [each.get_text() for each in axes[0].get_yticklabels()]
    assert labels == [TERMS.place(code) for code in ("astana", "west", "almaty")]
    assert [ax.get_xlabel() for ax in axes] == [TERMS.shown_unit(name) for name in names]
    scale = design.by_name[names[0]].scale
    points = axes[0].containers[0].lines[0]
    assert list(points.get_xdata()) == [2 * scale, 3 * scale, 1 * scale]
    assert list(points.get_ydata()) == [0, 1, 2]
    # one scale of regions for all, and a grid behind the points
    assert all(axes[0].get_shared_y_axes().joined(axes[0], ax) for ax in axes)
    assert all(ax.get_axisbelow() is True for ax in axes)
    study.design.by_name |= {f"more{i}": study.design.by_name[names[0]] for i in range(2)}
    for i in range(2):
        table[f"more{i}_mean"], table[f"more{i}_se"] = 1.0, 1.0
    known = SimpleNamespace(
        indicator=str, shown_unit=str, place=TERMS.place, language="en", say=TERMS.say
    )
    more = figures._comparison(study, known, "n")
    assert tuple(more.get_size_inches() * 25.4) == pytest.approx((180, 3 * 1.61 * 25.4))
    assert [ax.axison for ax in more.axes] == [True] * 7 + [False] * 2


def squares(values, **more):
    """Areas of a degree, but the last: a tenth of it in either direction."""
    shapes = [box(60 + 2 * i, 48, 61 + 2 * i, 49) for i in range(len(values) - 1)]
    shapes.append(box(75, 48, 75.1, 48.1))
    return gpd.GeoDataFrame({"c": values, **more}, geometry=shapes, crs=DATA_CRS)


def layer_of(frame, *styles, name="areas"):
    return Layer(
        entry=SimpleNamespace(name=name, group="own"), title="Areas", frame=frame,
        geometry="polygon", styles=styles, aliases={}, label_column=None, terms=TERMS,
    )  # fmt: skip


def style_of(*classes, name="s", title="A title", **more):
    return Style(name, title, "c", "categorised", classes, (), **more)


def test_a_map_paints_areas_by_class_and_writes_their_letters():
    """Red, blue with crosses, grey with stripes, and grey without for what is in no class."""
    frame = squares(["hh", "ll", None, "none", "hh"], mark=[False, True, False, True, True])
    style = style_of(HIGH, LOW, GONE, mark_column="mark", mark_note="? in doubt")
    ax = Figure().subplots()
    map_figures._draw_map(ax, layer_of(frame, style), style)
    areas = [c for c in ax.collections if type(c).__name__ != "PathCollection"]
    painted = {
        (to_hex(c.get_facecolor()[0]), c.get_hatch(), c.get_alpha()): len(c.get_paths())
        for c in areas
    }
    assert painted == {
        ("#ff0000", None, 1.0): 2,
        ("#0000ff", "xxxx", 1.0): 1,
        ("#d0d0d0", "////", 0.5): 1,
        (NO_DATA, None, None): 1,
    }
    assert {to_hex(c.get_edgecolor()[0]) for c in areas} == {OUTLINE}
    # the last area has some 80 km2, the others some 8,000: it gets a disc, over the areas
    (disc,) = (c for c in ax.collections if type(c).__name__ == "PathCollection")
    assert to_hex(disc.get_facecolor()[0]) == "#ff0000"
    inside = frame.to_crs(EQUAL_AREA_CRS).geometry
    assert inside.iloc[-1].contains(inside.iloc[-1].representative_point())
    x, y = disc.get_offsets()[0]
    assert inside.iloc[-1].bounds[0] < x < inside.iloc[-1].bounds[2]
    assert inside.iloc[-1].bounds[1] < y < inside.iloc[-1].bounds[3]
    assert disc.get_zorder() > max(c.get_zorder() for c in areas)
    signs = {each.get_text(): each for each in ax.texts}
    assert list(signs) == ["HH", f"LL{MARK}", MARK, f"HH{MARK}", "? in doubt"]
    for text, place in (("HH", 0), (f"LL{MARK}", 1), (MARK, 3), (f"HH{MARK}", 4)):
        left, bottom, right, top = inside.iloc[place].bounds
        assert left < signs[text].xy[0] < right
        assert bottom < signs[text].xy[1] < top
        assert signs[text].get_zorder() > disc.get_zorder()
    assert signs["? in doubt"].get_position() == (0, 1)
    assert ax.get_title() == "A title"
    assert not ax.axison
    assert ax.get_aspect() == 1


def test_a_map_without_marks_or_legend_has_neither():
    frame = squares(["hh", "ll"])
    style = style_of(HIGH, LOW)
    ax = Figure().subplots()
    map_figures._draw_map(ax, layer_of(frame, style), style, legend=False)
    assert ax.get_legend() is None
    assert [each.get_text() for each in ax.texts] == ["HH", "LL"]
    (disc,) = (c for c in ax.collections if type(c).__name__ == "PathCollection")
    assert disc.get_hatch() == "xxxx"
    # what is in no class gets no disc: it is grey as it stands
    alone = Figure().subplots()
    map_figures._draw_map(alone, layer_of(squares(["hh", "none"]), style), style)
    assert not [c for c in alone.collections if type(c).__name__ == "PathCollection"]


def test_a_legend_names_letters_that_its_words_do_not():
    """Short entries stand three in a row, longer ones two, long ones alone."""
    ax = Figure().subplots()
    map_figures._draw_legend(ax, style_of(HIGH, LOW, GONE))
    legend = ax.get_legend()
    told = [each.get_text() for each in legend.get_texts()]
    assert told == ["High-High (HH)", "low, letter LL", "withheld"]
    assert [to_hex(each.get_facecolor()) for each in legend.legend_handles] == [
        "#ff0000", "#0000ff", "#d0d0d0",
    ]  # fmt: skip
    assert [each.get_hatch() or "" for each in legend.legend_handles] == ["", "xxxx", "////"]
    assert legend._ncols == 2
    # it hangs from a fiftieth of the map's height, below the map itself
    ax.figure.canvas.draw()
    top = legend.get_window_extent().y1
    assert top < ax.transAxes.transform((0, 0.05))[1]
    for letters, columns in ((12, 3), (13, 2), (24, 2), (25, 1)):
        ax = Figure().subplots()
        long = StyleClass("x" * letters, "#ff0000", value=1)
        map_figures._draw_legend(ax, style_of(long, GONE))
        assert ax.get_legend()._ncols == columns


@pytest.mark.parametrize(("n", "across", "down"), [(1, 1, 1), (2, 2, 1), (3, 2, 2), (5, 2, 3)])
def test_maps_side_by_side_do_not_meet(n, across, down):
    """Two in a row, from the top left, each with room for its title and legend."""
    frame = squares(["hh", "ll"])
    styles = [style_of(HIGH, LOW, name=f"s{i}", title=f"Title {i}") for i in range(n)]
    made = map_figures.theme_map({"areas": layer_of(frame, *styles)}, "areas", (), "told")
    width, height = made.get_size_inches()
    # a column of a journal, or a page; a map of 1.95, its title above, a row of legend below
    step, wide = (180 / 25.4 / 2, 180) if across == 2 else (85 / 25.4, 85)
    room, high = 0.15 + 0.12, 1.95 + 0.15 + 0.12 + 0.45
    foot = 0.12 + 0.125
    assert (width, height) == pytest.approx((wide / 25.4, high * down + foot))
    assert [ax.get_title() for ax in made.axes] == [f"Title {i}" for i in range(n)]
    places = [ax.get_position(original=True) for ax in made.axes]
    for i, each in enumerate(places):
        column, row = i % 2, i // 2
        # its own part of the page, in inches: the notice, then rows from below
        left, bottom = each.x0 * width - step * column, each.y0 * height - foot
        bottom -= high * (down - 1 - row)
        assert left == pytest.approx(0.05)
        assert bottom == pytest.approx(room)
        assert each.width * width == pytest.approx(step - 0.1)
        assert each.height * height == pytest.approx(1.95)
    assert "told" in made._supxlabel.get_text()


def test_maps_are_of_the_styles_that_were_asked_for():
    styles = [style_of(HIGH, LOW, name=f"s{i}", title=f"Title {i}") for i in range(3)]
    layers = {"areas": layer_of(squares(["hh", "ll"]), *styles)}
    made = map_figures.theme_map(layers, "areas", ("s2", "s0", "s9"), "")
    assert [ax.get_title() for ax in made.axes] == ["Title 0", "Title 2"]
    assert map_figures.theme_map(layers, "areas", ("s9",), "") is None
    assert map_figures.theme_map(layers, "roads", (), "") is None


def test_a_surface_lies_on_its_grid_with_its_bandwidth_in_the_title():
    """Two rows of three cells of 10 by 20 km, north up, from a corner at (100, 900) km."""
    from affine import Affine

    surface = SimpleNamespace(
        values=np.arange(6.0).reshape(2, 3) / 4,
        transform=Affine(10_000, 0, 100_000, 0, -20_000, 900_000),
        bandwidth_m=62_500,
    )
    areas = squares(["hh", "ll"])
    made = map_figures.surface_map(surface, areas, "Firms", TERMS, "n")
    ax, bar = made.axes
    (image,) = ax.images
    assert image.get_extent() == [100_000, 130_000, 860_000, 900_000]
    assert ax.get_title() == "Firms (h = 62.5 km)"
    assert bar.get_ylabel() == "Firms"
    assert not ax.axison
    (lines,) = ax.collections
    west, south, east, north = areas.to_crs(EQUAL_AREA_CRS).total_bounds
    points = np.vstack([path.vertices for path in lines.get_paths()])
    assert points.min(axis=0) == pytest.approx((west, south))
    assert points.max(axis=0) == pytest.approx((east, north))
    russian = map_figures.surface_map(surface, areas, "Firms", replace(TERMS, language="ru"), "n")
    for figure, mark in ((made, "."), (russian, ",")):
        figure.canvas.draw()
        told = [each.get_text() for each in figure.axes[1].get_yticklabels()]
        assert any(mark in each for each in told)
        assert not any(each in ".," and each != mark for text in told for each in text)


def test_figures_keep_their_style_to_themselves():
    """Spines at the top and the right are left out, and titles stand left, in figures alone."""
    before = dict(mpl.rcParams)
    style = figures.FIGURE_STYLE
    with mpl.rc_context(style):
        ax = Figure().subplots()
        ax.set_title("t")
        assert not ax.spines["top"].get_visible()
        assert not ax.spines["right"].get_visible()
        assert ax.spines["left"].get_visible()
        assert ax.get_title(loc="left") == "t"
    assert dict(mpl.rcParams) == before

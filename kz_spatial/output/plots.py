"""Statistical figures: Moran scatterplots, trees, criteria for a number of groups, co-membership.

Each function takes results and returns a matplotlib Figure; nothing is computed or saved here.
"""

from __future__ import annotations

from functools import partial
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from kz_spatial.output.point_labels import label_points
from kz_spatial.output.terms import Terms
from kz_spatial.output.ticks import write_numbers
from kz_spatial.palette import CLUSTER_COLOURS, LISA_COLOURS, SEQUENTIAL_GOOD
from kz_spatial.words import decimals, integer, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from kz_spatial.groups import ClusterChoice, CoMembership, Partition, WardTree
    from kz_spatial.study import AreaPattern, Pattern

__all__ = [
    "COLUMN_WIDE",
    "PAGE_WIDE",
    "blank_figure",
    "cluster_choice",
    "co_membership",
    "dendrograms",
    "moran_scatter",
    "notice_room",
    "short_name",
    "write_notice",
]

# inches: a page and a column of a journal, 180 and 85 mm wide; no letters below 7 points
PAGE_WIDE: Final = 180 / 25.4
COLUMN_WIDE: Final = 85 / 25.4
_LETTERS: Final = 16.5  # of a notice, to the inch
_INK: Final = "#333333"
_FILL: Final = SEQUENTIAL_GOOD[3]
_SHORTER: Final = (
    (" Region", " Reg."),
    ("область", "обл."),
    (" облысы", " обл."),
    ("Kazakhstan", "Kaz."),
    ("Казахстанская", "Каз."),
    ("Қазақстан", "Қаз."),
)
_CELL_WITH_FIGURE: Final = 0.36  # inches
_SHOWN_P: Final = 0.001
_MIDDLE: Final = 0.95  # share of draws between the ends that `resampled_moran` gives
_IN_DOUBT: Final = 0.1  # share of draws with another class, from which on it is in doubt


def blank_figure(
    width: float,
    height: float,
    *,
    notice: str,
    layout: Literal["constrained"] | None = "constrained",
) -> Figure:
    """An empty figure, in inches, with a notice such as that of the twin at its foot."""
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), layout=layout)
    if notice:
        write_notice(made, notice)
    return made


def write_notice(figure: Figure, notice: str) -> None:
    """Put a notice at the foot of a figure, in lines as long as it is wide."""
    figure.supxlabel(
        fill(notice, round(_LETTERS * figure.get_size_inches()[0])),
        fontsize=7,
        color="#8a1c00",
        x=0.01,
        ha="left",
        multialignment="left",
    )


def notice_room(notice: str, width: float = PAGE_WIDE) -> float:
    """Inches that a notice takes at the foot of a figure."""
    return 0.12 + 0.125 * len(fill(notice, round(_LETTERS * width)).splitlines())


def short_name(code: object, terms: Terms) -> str:
    """Name of a unit with its kind abbreviated, for narrow places."""
    name = terms.place(code)
    for long, short in _SHORTER:
        name = name.replace(long, short)
    return name


def _padded(values: np.ndarray[Any, Any]) -> tuple[float, float]:
    room = 0.13 * (float(np.ptp(values)) or 1.0)
    return float(values.min()) - room, float(values.max()) + room


def _scatter(ax: Axes, pattern: Pattern | AreaPattern, terms: Terms) -> None:
    """One indicator: each unit's value against the mean of its neighbours."""
    local, whole, again = pattern.local, pattern.moran, pattern.resampled
    name = pattern.indicator
    frame = local.frame[local.frame["statistic"].notna()]
    ax.set_title(terms.indicator(name), pad=25 if again is not None else 15)
    if frame.empty:
        told = fill(terms.say("figure.reason_in_report"), 40)
        ax.text(0.5, 0.5, told, ha="center", transform=ax.transAxes, fontsize=7.5)
        ax.set_axis_off()
        return
    x = frame["value"].to_numpy(float)
    y = frame["lag"].to_numpy(float) + x.mean()
    ax.set_xlim(_padded(x))
    ax.set_ylim(_padded(y))
    ax.axvline(x.mean(), color="#bbbbbb", linewidth=0.8, zorder=1)
    ax.axhline(x.mean(), color="#bbbbbb", linewidth=0.8, zorder=1)
    ends = np.array(ax.get_xlim())
    z, near = (x - x.mean()) / np.ptp(x), (y - x.mean()) / np.ptp(x)
    slope = float(z @ near / (z @ z))
    ax.plot(ends, x.mean() + slope * (ends - x.mean()), color=_FILL, linewidth=1.2, zorder=2)
    cannot = (frame["label"] == "cannot be significant").to_numpy()
    colours = [LISA_COLOURS[label] for label in frame["label"]]
    ax.scatter(
        x[~cannot],
        y[~cannot],
        s=26,
        zorder=3,
        edgecolor=_INK,
        linewidth=0.6,
        c=[c for c, off in zip(colours, cannot, strict=True) if not off],
    )
    ax.scatter(x[cannot], y[cannot], s=26, zorder=3, marker="x", c=_INK, linewidth=1.0)
    texts = [short_name(code, terms) for code in frame.index]
    if again is not None:
        unstable = again.frame["unstable"].reindex(frame.index)
        texts = [f"{t} ?" if off else t for t, off in zip(texts, unstable, strict=True)]
    label_points(ax, list(zip(x, y, strict=True)), texts)
    p = max(whole.p, _SHOWN_P)
    sign = "=" if whole.p >= _SHOWN_P else "<"
    shown = partial(decimals, language=terms.language)
    told = f"I = {shown(whole.statistic, 2)}, p {sign} {shown(p, 3)}"
    if again is not None and np.isfinite(again.low):
        share = terms.say("figure.draws", share=percent(_MIDDLE, terms.language))
        middle = (shown(each, 2) for each in (again.low, again.high))
        told += f"\n{share}: {' … '.join(middle)}"
    ax.text(0, 1.02, told, transform=ax.transAxes, fontsize=7, color=_FILL, va="bottom")
    ax.set_xlabel(terms.unit(name), fontsize=7.5)
    ax.tick_params(labelsize=7)
    write_numbers(ax, terms.language)


def moran_scatter(
    patterns: Mapping[str, Pattern | AreaPattern],
    *,
    terms: Terms,
    notice: str = "",
) -> Figure:
    """Moran scatterplots: value of each unit against its neighbours' mean, coloured by class.

    Parameters
    ----------
    patterns : mapping of Pattern
        By indicator; results on row-standardised weights; the line's slope is Moran's I. Where
        firms were drawn again, units in doubt carry a question mark.
    terms : Terms
    notice : str
    """
    from matplotlib.lines import Line2D

    across, down, height, foot = 2, -(-(len(patterns) + 1) // 2), 3.05, notice_room(notice)
    width = PAGE_WIDE / across
    made = blank_figure(width * across, height * down + foot, notice=notice, layout=None)
    size = made.get_size_inches()
    for i, found in enumerate(patterns.values()):
        left = width * (i % across) + 0.55
        bottom = foot + height * (down - 1 - i // across) + 0.42
        ax = made.add_axes(
            (left / size[0], bottom / size[1], (width - 0.65) / size[0], (height - 1.0) / size[1])
        )
        _scatter(ax, found, terms)
        ax.set_ylabel(terms.say("figure.neighbours_mean"), fontsize=7.5)
    signs_of: dict[str, dict[str, Any]] = {
        terms.class_word(label): {"marker": "o", "markerfacecolor": colour}
        for label, colour in LISA_COLOURS.items()
        if label not in ("cannot be significant", "island", "suppressed")
    }
    signs_of[terms.say("class.cannot be significant")] = {"marker": "x"}
    signs_of[terms.say("figure.slope")] = {"linestyle": "-", "color": _FILL}
    if any(each.resampled is not None for each in patterns.values()):
        doubt = terms.say("legend.unstable", share=percent(_IN_DOUBT, terms.language))
        signs_of[doubt] = {"marker": "$?$"}
    handles = [
        Line2D([], [], label=fill(label, 36), **{"linestyle": "", "color": _INK, **signs})
        for label, signs in signs_of.items()
    ]
    free = width * (len(patterns) % across) + 0.5, foot + height * 0.55
    made.legend(
        handles=handles,
        loc="center left",
        bbox_to_anchor=(free / size).tolist(),
        frameon=False,
        fontsize=7.5,
    )
    return made


def co_membership(
    found: CoMembership, partition: Partition, *, terms: Terms, notice: str = ""
) -> Figure:
    """Share of draws in which two units fall into one group, as a matrix.

    Parameters
    ----------
    found : CoMembership
    partition : Partition
        Groups on the firms as they are; lines set them apart.
    terms : Terms
    notice : str
    """
    labels = partition.labels.reindex(found.matrix.index).sort_values(kind="stable")
    shares = found.matrix.loc[labels.index, labels.index].to_numpy()
    n = len(labels)
    cell = min(0.62, (PAGE_WIDE - 2.3) / n)
    made = blank_figure(cell * n + 2.3, 0.9 * cell * n + 1.7, notice=notice)
    ax = made.subplots()
    image = ax.imshow(shares, cmap="YlGnBu", vmin=0, vmax=1)
    # cells too small for figures keep their colour
    for i, j in np.ndindex(n, n) if cell >= _CELL_WITH_FIGURE else ():
        ax.text(
            j,
            i,
            percent(shares[i, j], terms.language),
            ha="center",
            va="center",
            fontsize=7,
            color="white" if shares[i, j] > 0.6 else _INK,
        )
    for edge in np.flatnonzero(np.diff(labels.to_numpy())) + 0.5:
        ax.axhline(edge, color="white", linewidth=3)
        ax.axvline(edge, color="white", linewidth=3)
    names = [f"{short_name(code, terms)} ({group})" for code, group in labels.items()]
    ax.set_xticks(range(n), names, rotation=35, ha="right")
    ax.set_yticks(range(n), names)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    title = f"{terms.say('figure.co_membership')} (n = {integer(found.n_draws, terms.language)})"
    ax.set_title(fill(title, 8 * n))
    made.colorbar(image, ax=ax, shrink=0.7, format=lambda x, _: percent(x, terms.language))
    return made


def dendrograms(
    trees: Mapping[str, WardTree],
    partitions: Mapping[str, Partition],
    *,
    terms: Terms,
    notice: str = "",
) -> Figure:
    """Ward's trees side by side, cut where as many groups are left as the typology has.

    Parameters
    ----------
    trees, partitions : mapping
        By level; names of leaves are coloured by the typology's groups, which need not be Ward's.
    terms : Terms
    notice : str
    """
    from scipy.cluster.hierarchy import dendrogram

    rows = max(len(tree.units) for tree in trees.values())
    made = blank_figure(PAGE_WIDE, 0.16 * rows + 1.3, notice=notice)
    for ax, (level, tree) in zip(
        made.subplots(1, len(trees), squeeze=False)[0], trees.items(), strict=True
    ):
        found = partitions[level]
        groups = found.labels.reindex(tree.units).tolist()
        names = [
            f"{short_name(code, terms)} ({group})"
            for code, group in zip(tree.units, groups, strict=True)
        ]
        drawn = dendrogram(
            tree.merges,
            labels=names,
            orientation="left",
            ax=ax,
            link_color_func=lambda _: _INK,
            leaf_font_size=7,
        )
        heights = np.sort(tree.merges[:, 2])
        k = found.n_clusters
        if 1 < k < len(names):
            ax.axvline(
                heights[-k : len(heights) - k + 2].mean(),
                color="#bd0026",
                linestyle="--",
                linewidth=1,
            )
        for tick, place in zip(ax.get_yticklabels(), drawn["leaves"], strict=True):
            colour = CLUSTER_COLOURS[(groups[place] - 1) % len(CLUSTER_COLOURS)]
            tick.set_bbox({"facecolor": colour, "alpha": 0.35, "edgecolor": "none", "pad": 1.2})
        ax.spines["left"].set_visible(False)
        write_numbers(ax, terms.language, which="x")
        ax.set_xlabel(terms.say("figure.merge_distance"), fontsize=7.5)
        ax.tick_params(axis="x", labelsize=7)
        ax.set_title(fill(f"{terms.say('figure.ward_tree')}: {terms.units(level)}", 40))
    return made


_CRITERIA: Final = ("share_explained", "silhouette", "calinski_harabasz", "gap")


def _criterion(ax: Axes, choice: ClusterChoice, name: str, terms: Terms) -> None:
    """One criterion by the number of groups; a filled dot where it chooses."""
    frame, best = choice.frame, choice.best.get(name)
    known = frame[name].replace(np.inf, np.nan).dropna()
    ax.set_title(fill(terms.say(f"criterion.{name}"), 18), fontsize=7.5)
    if known.empty:
        reason = fill(terms.say("figure.reason_in_report"), 24)
        ax.text(0, 0.95, reason, va="top", fontsize=7, color="#666666", transform=ax.transAxes)
        ax.set_axis_off()
        return
    ax.set_xlabel(terms.say("figure.number_of_groups"), fontsize=7)
    error = frame.loc[known.index, "gap_se"] if name == "gap" else None
    ax.errorbar(
        known.index,
        known,
        yerr=error,
        color=_FILL,
        marker="o",
        markersize=4,
        markerfacecolor="white",
        linewidth=1.2,
        ecolor="#7f7f7f",
    )
    if best is not None and best in known.index:
        ax.plot([int(best)], [known[best]], "o", color="#bd0026", markersize=7, zorder=5)
    if best is not None and np.isinf(frame.loc[best, name]):
        ax.axvline(best, color="#bd0026", linestyle=":", label="∞")
        ax.legend(frameon=False, fontsize=9)
    ax.set_xticks(frame.index)
    write_numbers(ax, terms.language)
    ax.grid(axis="y", color="#e5e5e5")
    ax.set_axisbelow(True)
    ax.tick_params(labelsize=7)


def cluster_choice(
    choices: Mapping[str, ClusterChoice], *, terms: Terms, notice: str = ""
) -> Figure:
    """What speaks for which number of groups: a row of curves per grouping.

    Parameters
    ----------
    choices : mapping
        By kind and level, such as "typology_composite". A filled dot is the number that a
        criterion chooses.
    terms : Terms
    notice : str
    """
    high, foot, step = 2.05, notice_room(notice), (PAGE_WIDE - 0.1) / len(_CRITERIA)
    made = blank_figure(PAGE_WIDE, high * len(choices) + foot, notice=notice, layout=None)
    whole = high * len(choices) + foot
    for row, (key, choice) in enumerate(choices.items()):
        bottom = foot + high * (len(choices) - 1 - row)
        made.text(
            0.01,
            (bottom + high - 0.1) / whole,
            terms.partition(key),
            fontsize=9,
            weight="bold",
            va="top",
        )
        for column, name in enumerate(_CRITERIA):
            # fixed places in inches: laying out many axes anew takes longer than drawing them
            ax = made.add_axes(
                (
                    (0.42 + step * column) / PAGE_WIDE,
                    (bottom + 0.42) / whole,
                    (step - 0.48) / PAGE_WIDE,
                    (high - 1.02) / whole,
                )
            )
            _criterion(ax, choice, name, terms)
    return made

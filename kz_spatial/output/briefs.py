"""A page on each region: its place, what it does well, what holds it back, and how sure that is.

What a page tells is what the web map's cards tell, made of the same published figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from markupsafe import Markup

from kz_spatial.crosswalk import LEVEL
from kz_spatial.design import SCORE
from kz_spatial.estimates import CONFIDENCE, interval_ends
from kz_spatial.options import EQUAL_AREA_CRS
from kz_spatial.output.layers import describe
from kz_spatial.output.outlines import light_outlines
from kz_spatial.output.page import html_table, render_page
from kz_spatial.output.plain_words import is_clear, lift_sentences
from kz_spatial.output.styles import score_of
from kz_spatial.output.web_units import make_cards
from kz_spatial.palette import MARK
from kz_spatial.words import NOTHING, aligned, aligned_intervals, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    import pandas as pd

    from kz_spatial.output.disclosure import Published
    from kz_spatial.output.layers import Layer
    from kz_spatial.output.terms import Terms

__all__ = ["Brief", "brief_file", "make_briefs", "render_brief"]

_BAR_WIDE: Final = 190
_BAR_HIGH: Final = 18
_MAP_WIDE: Final = 300
_MAP_DEGREES: Final = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Brief:
    """What the page on one unit holds.

    Attributes
    ----------
    level, code, name : str
    firms : str
        How many stand behind it.
    lines : list of str
        Sentences, the most telling first.
    table : Markup
        Indicators beside the country.
    locator : Markup
        A map that shows where it lies.
    after : list of str
        Neighbours and groups.
    note : str
    """

    level: str
    code: str
    name: str
    firms: str
    lines: list[str]
    table: Markup
    locator: Markup
    after: list[str]
    note: str


def brief_file(level: str, code: str) -> str:
    """Name of the file of a unit's page."""
    return f"{level}_{code}.html"


def _paths(frame: gpd.GeoDataFrame) -> tuple[dict[str, str], int, int]:
    """Outlines as paths of an SVG a few hundred units wide, by code; and its width and height."""
    shapes = frame.geometry.to_crs(EQUAL_AREA_CRS)
    west, south, east, north = shapes.total_bounds
    step = (east - west) / _MAP_WIDE
    paths = {}
    for code, shape in shapes.items():
        told = []
        for part in getattr(shape, "geoms", [shape]):
            points = np.asarray(part.exterior.coords)
            xy = np.column_stack([(points[:, 0] - west) / step, (north - points[:, 1]) / step])
            told.append("M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in xy[:-1]) + "Z")
        paths[str(code)] = "".join(told)
    return paths, _MAP_WIDE, int((north - south) / step) + 1


def _locator(
    outlines: tuple[dict[str, str], int, int], code: str, near: list[str], label: str
) -> Markup:
    """The country with one unit and its neighbours in colour."""
    paths, wide, high = outlines
    # units that lie inside others are drawn last
    order = sorted(paths, key=lambda each: (each == code, each in near))
    drawn = Markup().join(
        Markup('<path d="{}" fill="{}"/>').format(
            paths[each],
            "#0b4f8a" if each == code else "#9cc3e6" if each in near else "#e3e6e9",
        )
        for each in order
    )
    return Markup(
        '<svg viewBox="-2 -2 {} {}" role="img" aria-label="{}" stroke="#fff" stroke-width="1">'
        "{}</svg>"
    ).format(wide + 4, high + 4, label, drawn)


def _bar(figure: Mapping[str, Any], country: float | None, ends: tuple[float, float]) -> Markup:
    """A figure with its interval beside the country's, on the scale of all units."""
    low, high = ends
    if "mean" not in figure or not high > low:
        return Markup()

    def at(value: float) -> str:
        place = (min(max(value, low), high) - low) / (high - low)
        return f"{6 + place * (_BAR_WIDE - 12):.1f}"

    middle, parts = _BAR_HIGH / 2, []
    if country is not None:
        parts.append(
            Markup(
                '<line x1="{0}" x2="{0}" y1="1" y2="{1}" stroke="#bd0026" stroke-dasharray="3 2"/>'
            ).format(at(country), _BAR_HIGH - 1)
        )
    if "low" in figure:
        parts.append(
            Markup(
                '<line x1="{0}" x2="{1}" y1="{2}" y2="{2}" stroke="#555" stroke-width="2"/>'
            ).format(at(figure["low"]), at(figure["high"]), middle)
        )
    parts.append(
        Markup('<circle cx="{}" cy="{}" r="4" fill="#0b4f8a"/>').format(at(figure["mean"]), middle)
    )
    return Markup('<svg class="bar" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>').format(
        _BAR_WIDE, _BAR_HIGH, Markup().join(parts)
    )


def _spans(
    cards: Mapping[str, Any], national: Mapping[str, float], names: list[str]
) -> dict[str, tuple[float, float]]:
    """By indicator: the least and the greatest end of what the units' bars show."""
    found = {}
    for place, name in enumerate(names):
        ends = [national[name]] if np.isfinite(national.get(name, np.nan)) else []
        for card in cards.values():
            for figure in (card["figures"][place].get(part, {}) for part in ("own", "model")):
                ends += [figure[end] for end in ("mean", "low", "high") if end in figure]
        found[name] = (min(ends, default=0.0), max(ends, default=0.0))
    return found


def _modelled(study: Published, name: str, code: Any, terms: Terms) -> str:
    """A small-area estimate with its interval; a dash where a model does not apply."""
    if name not in study.modelled_means:
        return NOTHING
    row, scale = study.modelled_means[name].frame.loc[code], study.design.by_name[name].scale
    told = aligned([row[each] * scale for each in ("mean", "low", "high")], terms.language)
    if NOTHING in told:
        return NOTHING
    mean, low, high = told
    return f"{mean} ({terms.say('format.interval', low=low, high=high)})"


def _table(
    card: Mapping[str, Any],
    unit: pd.Series[Any],
    study: Published,
    terms: Terms,
    spans: Mapping[str, tuple[float, float]],
) -> Markup:
    """Indicators of a unit beside the country's, a row each."""
    language, told_as = terms.language, terms.say
    modelled = any("model" in each for each in card["figures"])
    rows = list[list[Any]]()
    for (name, each), found in zip(study.design.by_name.items(), card["figures"], strict=True):
        own, scale = found.get("own", {}), each.scale
        national = study.national.get(name, np.nan)
        mean, error = (float(unit[f"{name}_{part}"]) for part in ("mean", "se"))
        told = aligned([mean * scale, national * scale], language)
        ends = [end * scale for end in interval_ends(mean, error, share_of=each.whole)]
        mark = f" {MARK}" if found.get("poor") else ""
        row: list[Any] = [
            told_as("legend.titled", name=terms.indicator(name), unit=terms.shown_unit(name)),
            f"{told[0]}{mark}" if own else Markup("{}").format(found["why"]),
            aligned_intervals([(ends[0], ends[1])], language)[0],
            found.get("n", NOTHING),
            told[1],
        ]
        if modelled:
            row.append(_modelled(study, name, unit.name, terms))
        country = national if np.isfinite(national) else None
        row.append(_bar(own or found.get("model", {}), country, spans[name]))
        rows.append(row)
    keys = ["brief.here", "brief.between", "column.n", "brief.country"]
    keys += ["brief.small_area"] if modelled else []
    return html_table(rows, ["", *map(told_as, [*keys, "brief.bars"])], language)


def _placed(card: Mapping[str, Any], table: pd.DataFrame, terms: Terms) -> str:
    """Which place a unit has, and which it may have."""
    score = terms.score(score_of(table))
    of = int(table[SCORE].notna().sum())
    if "rank" not in card:
        return terms.say("brief.no_place", score=score)
    told: dict[str, Any] = {"rank": card["rank"], "of": of, "score": score}
    if "rank_low" in card and "rank_high" in card:
        ends = {"low": card["rank_low"], "high": card["rank_high"]}
        return terms.say("brief.place_of", **told, **ends)
    return terms.say("brief.place_only", **told)


def _beside_country(study: Published, row: Mapping[str, Any], terms: Terms) -> list[str]:
    """On what a unit is clearly better or worse than the country, and on what it is neither."""
    found: dict[str, list[str]] = {"ahead": [], "behind": [], "neither": []}
    for name, each in study.design.by_name.items():
        mean, error = row[f"{name}_mean"], row[f"{name}_se"]
        national = study.national.get(name, np.nan)
        if not (np.isfinite(mean) and np.isfinite(national)):
            continue
        better = (mean - national) * each.direction > 0
        key = "neither"
        if is_clear(mean, error, national):
            key = "ahead" if better else "behind"
        found[key].append(terms.indicator(name))
    return [terms.say(f"brief.{k}", names="; ".join(v)) for k, v in found.items() if v]


def _beside(card: Mapping[str, Any], cards: Mapping[str, Any], terms: Terms) -> list[str]:
    """Neighbours with their places, and the groups of a unit."""
    near = [
        f"{terms.place(each)} ({cards[each]['rank']})"
        if "rank" in cards.get(each, {})
        else terms.place(each)
        for each in card["near"]
    ]
    lines = [
        terms.say("brief.neighbours", names=", ".join(near)) if near else terms.say("brief.alone")
    ]
    if card["classes"]:
        told = "; ".join(f"{title}: {label}" for title, label in card["classes"])
        lines.append(terms.say("brief.groups", told=told))
    return lines


def _firms(n: Any, terms: Terms) -> str:
    """How many firms stand behind a unit; empty where it may not be told."""
    return terms.say("report.firms", n=int(n)) if np.isfinite(n) else ""


def _of_level(
    study: Published, level: str, layers: Mapping[str, Layer], terms: Terms
) -> list[Brief]:
    """Pages of the units of one level, in the order of their scores."""
    layer = layers["oblasts" if level == LEVEL else study.design.grouping.layer]
    key = "oblast_code" if level == LEVEL else level
    frame = layer.frame
    beside = [[e] for e in layers.values() if e.entry.group in ("clusters", "neighbours")]
    cards = make_cards([layer], frame, key, beside)
    names = list(study.design.by_name)
    spans = _spans(cards, study.national, names)
    drawn = frame.set_index(key)
    outlines = _paths(drawn.set_geometry(drawn.geometry.simplify_coverage(_MAP_DEGREES)))
    table, lifts = study.tables[level], lift_sentences(study, level, terms)
    made = []
    for code in table[SCORE].sort_values(ascending=False, na_position="last").index:
        card, place = cards[str(code)], terms.place(code)
        made.append(
            Brief(
                level=level,
                code=str(code),
                name=place,
                firms=_firms(table.loc[code, "n_firms"], terms),
                lines=[
                    _placed(card, table, terms),
                    *lifts.get(code, []),
                    *_beside_country(study, table.loc[code].to_dict(), terms),
                ],
                table=_table(card, table.loc[code], study, terms, spans),
                locator=_locator(
                    outlines, str(code), card["near"], terms.say("brief.locator", place=place)
                ),
                after=_beside(card, cards, terms),
                note=terms.say("brief.note", level=percent(CONFIDENCE, terms.language)),
            )
        )
    return made


def make_briefs(study: Published, terms: Terms) -> dict[str, list[Brief]]:
    """Pages on the units of each level.

    Parameters
    ----------
    study : Published
    terms : Terms

    Returns
    -------
    dict of list of Brief
        By level, each in the order of the scores.
    """
    frames = {
        name: light_outlines(frame, study.design.grouping, printed=True)[0]
        for name, frame in study.frames.items()
    }
    layers = {each.name: each for each in describe(frames, terms=terms)}
    return {level: _of_level(study, level, layers, terms) for level in study.tables}


def render_brief(
    brief: Brief, terms: Terms, *, notices: Sequence[str] = (), meta: Sequence[str] = ()
) -> str:
    """The page on one unit as a file of its own."""
    return render_page(
        "brief.html.j2",
        terms.language,
        title=terms.say("brief.of_region", place=brief.name),
        notices=notices,
        meta=[terms.title, *meta],
        brief=brief,
    )

"""What the report says of ranks and of oblasts with few firms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from kz_spatial.design import SCORE
from kz_spatial.output.page import html_table
from kz_spatial.output.styles import score_of
from kz_spatial.palette import MARK
from kz_spatial.words import NOTHING, aligned, aligned_intervals, integer, percent

if TYPE_CHECKING:
    from kz_spatial.output.disclosure import Published
    from kz_spatial.output.terms import Terms
    from kz_spatial.study import ScoreRanks

__all__ = ["ranks_found", "ranks_table", "small_areas_table", "who_may_be"]

# units that a sentence names; of more it gives the number
_MOST_NAMED: Final = 5
_ENDINGS: Final = {"one": "", "few": "_open", "many": "_many"}


def who_may_be(ranks: ScoreRanks, terms: Terms, *, last: bool) -> tuple[str, dict[str, Any]]:
    """Who may be at one end of a ranking.

    Returns
    -------
    kind : {"one", "few", "many"}
    told : dict
        What a sentence of that kind needs: `place`; `places`; or how many `n` of how many `of`, the
        likeliest `place` and its `chance`.
    """
    units = ranks.trailers if last else ranks.leaders
    if len(units) == 1:
        return "one", {"place": terms.place(units[0])}
    if len(units) <= _MOST_NAMED:
        return "few", {"places": ", ".join(terms.place(each) for each in units)}
    chances = ranks.frame["chance_last" if last else "chance_first"]
    likeliest = chances.idxmax()
    return "many", {
        "n": len(units),
        "of": int(ranks.frame["score"].notna().sum()),
        "place": terms.place(likeliest),
        "chance": percent(float(chances[likeliest]), terms.language),
    }


def _end(ranks: ScoreRanks, score: str, terms: Terms, *, last: bool) -> str:
    """Who is at one end, or that it is not settled."""
    kind, told = who_may_be(ranks, terms, last=last)
    key = f"report.finding.{'last' if last else 'first'}{_ENDINGS[kind]}"
    return terms.say(key, score=score, level=terms.by_level(ranks.level), **told)


def ranks_found(study: Published, terms: Terms) -> list[str]:
    """Sentences on who is first and last, level by level."""
    lines = []
    for level, ranks in study.ranks.items():
        score = terms.score(score_of(study.tables[level]))
        lines += [_end(ranks, score, terms, last=last) for last in (False, True)]
    return lines


def ranks_table(study: Published, terms: Terms) -> Markup:
    """Score, its error, rank with its set and chances of the grouping's regions."""
    ranks = study.ranks.get(study.design.grouping.name)
    if ranks is None:
        return Markup()
    language = terms.language
    heads = [
        "",
        terms.indicator(SCORE),
        terms.say("column.score_se"),
        terms.say("report.rank_set"),
        terms.say("report.chance_first"),
        terms.say("report.chance_last"),
    ]
    rows, frame = [], ranks.frame.dropna(subset=["rank"]).sort_values("rank")
    scores = aligned(frame["score"], language, digits=2)
    errors = aligned(frame["score_se"], language, digits=2)
    for i, (code, row) in enumerate(frame.iterrows()):
        low, high = (integer(row[each], language) for each in ("rank_low", "rank_high"))
        rows.append(
            [
                terms.place(code),
                scores[i],
                errors[i],
                f"{integer(row['rank'], language)} ({low}–{high})",
                percent(float(row["chance_first"]), language),
                percent(float(row["chance_last"]), language),
            ]
        )
    return html_table(rows, heads, language, caption=terms.say("table.ranks"))


def small_areas_table(study: Published, terms: Terms) -> Markup:
    """Small-area estimates with intervals, an oblast to a row; empty without any."""
    if not study.modelled_means:
        return Markup()
    language, heads = terms.language, [""]
    columns: list[list[str]] = []
    for name, each in study.modelled_means.items():
        scale, frame = study.design.by_name[name].scale, each.frame
        if not columns:
            columns.append([terms.place(code) for code in frame.index])
        unit = terms.shown_unit(name)
        heads.append(terms.say("legend.titled", name=terms.indicator(name), unit=unit))
        means = aligned(frame["mean"] * scale, language)
        ends = zip(frame["low"] * scale, frame["high"] * scale, strict=True)
        ranges = aligned_intervals(ends, language)
        marks = [f" {MARK}" if each == "poor" else "" for each in frame["precision"]]
        columns.append(
            [
                mean if mean == NOTHING else f"{mean} ({held}){mark}"
                for mean, held, mark in zip(means, ranges, marks, strict=True)
            ]
        )
    caption = terms.say("table.small_areas")
    return html_table(zip(*columns, strict=True), heads, language, caption=caption)

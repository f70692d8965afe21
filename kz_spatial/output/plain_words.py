"""What the first screen of a report says, in words that name no statistic, and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial.design import SCORE
from kz_spatial.estimates import CRITICAL, interval_ends, score_gains, scored
from kz_spatial.output.change_figure import difference_unit
from kz_spatial.output.doubt_report import who_may_be
from kz_spatial.output.styles import score_of
from kz_spatial.words import aligned, integer, number

if TYPE_CHECKING:
    import pandas as pd

    from kz_spatial.output.disclosure import Published
    from kz_spatial.output.terms import Terms
    from kz_spatial.study import ScoreRanks

__all__ = ["in_short", "is_clear", "lift_sentences", "main_table"]

_CLEAR: Final = 0.05
_SIDE: Final = {False: "leads", True: "lags"}


def main_table(study: Published) -> pd.DataFrame:
    """The table of the regions that the study compares."""
    return study.tables[study.design.grouping.name]


def is_clear(own: float, error: float, other: float) -> bool:
    """Whether the interval of a figure leaves out another one; not where either is unknown."""
    return bool(abs(own - other) > CRITICAL * error)


def lift_sentences(study: Published, level: str, terms: Terms) -> dict[Any, list[str]]:
    """On which indicator catching up with the country would lift each unit that has a score."""
    table, design = study.tables[level], study.design
    means = table[[f"{n}_mean" for n in design.by_name]].set_axis(list(design.by_name), axis=1)
    found = scored(means, design)
    none = [terms.say("brief.lift_none", score=terms.indicator(SCORE))]
    told = dict.fromkeys(found.means.index, none)
    gains = score_gains(found, study.national)
    for code, own in gains.groupby("unit", sort=False):
        best = own.sort_values("gain", ascending=False, kind="stable").iloc[0]
        told[code] = _lift(best, float(table.loc[code, f"{best['indicator']}_se"]), terms)
    return told


def _lift(best: pd.Series[Any], error: float, terms: Terms) -> list[str]:
    """What catching up on one indicator would do, and whether the gap itself is clear."""
    name = str(best["indicator"])
    scale = terms.design.by_name[name].scale
    own, target = aligned([best["own"] * scale, best["target"] * scale], terms.language)
    moved = best["new_rank"] < best["rank"]
    told = terms.say(
        "brief.lift" if moved else "brief.lift_stays",
        indicator=terms.indicator(name),
        unit=terms.shown_unit(name),
        own=own,
        target=target,
        rank=int(best["rank"]),
        **({"new_rank": int(best["new_rank"])} if moved else {}),
    )
    sure = is_clear(best["own"], error, best["target"])
    return [told] if sure else [told, terms.say("brief.lift_unsure")]


def _place(ranks: ScoreRanks | None, table: pd.DataFrame, terms: Terms, *, last: bool) -> str:
    """Who is at one end, or that it is not settled."""
    side, score = _SIDE[last], terms.score(score_of(table))
    if ranks is None:
        known = table[SCORE].dropna()
        place = terms.place(known.idxmin() if last else known.idxmax())
        return terms.say(f"short.{side}_unknown", score=score, place=place)
    kind, told = who_may_be(ranks, terms, last=last)
    return terms.say(f"short.{side}_{kind}", score=score, **told)


def _outcome(study: Published, terms: Terms, *, last: bool) -> list[str]:
    """Who is best or worst on what the study explains."""
    name, table = study.design.outcome, main_table(study)
    if not name or table[f"{name}_mean"].notna().sum() < 2:
        return []
    each = study.design.by_name[name]
    means = table[f"{name}_mean"].dropna() * each.scale
    code = means.idxmin() if last == (each.direction > 0) else means.idxmax()
    mean, error = (float(table.loc[code, f"{name}_{part}"]) for part in ("mean", "se"))
    ends = interval_ends(mean, error, share_of=each.whole)
    told = aligned([figure * each.scale for figure in (mean, *ends)], terms.language)
    value, low, high = told
    return [
        terms.say(
            "short.worst" if last else "short.best",
            indicator=terms.indicator(name),
            unit=terms.shown_unit(name),
            place=terms.place(code),
            value=value,
            range=terms.say("format.interval", low=low, high=high),
        )
    ]


def _ends(study: Published, terms: Terms, *, last: bool) -> list[str]:
    table = main_table(study)
    ranks = study.ranks.get(study.design.grouping.name)
    lines = [_place(ranks, table, terms, last=last)] if table[SCORE].notna().any() else []
    return lines + _outcome(study, terms, last=last)


def _how_sure(study: Published, terms: Terms) -> list[str]:
    table, design, language = main_table(study), study.design, terms.language
    firms = table["n_firms"].dropna()
    lines = []
    if len(firms):
        lines.append(
            terms.say(
                "short.rests_on",
                firms=terms.say("report.firms", n=study.n_firms),
                low=integer(firms.min(), language),
                high=integer(firms.max(), language),
            )
        )
    name = design.outcome or next(iter(design.by_name))
    error = table[f"{name}_se"].dropna()
    if len(error):
        by = CRITICAL * float(error.median()) * design.by_name[name].scale
        lines.append(
            terms.say(
                "short.could_move",
                indicator=terms.indicator(name),
                by=number(by, language, digits=2),
                unit=difference_unit(name, terms),
            )
        )
    cells = len(design.by_name) * len(table)
    unsure = sum(int((table[f"{each}_precision"] == "poor").sum()) for each in design.by_name)
    withheld = sum(int(table[f"{n}_suppressed"].fillna(0).sum()) for n in design.by_name)
    for key, n in (("unsure", unsure), ("withheld", withheld)):
        if n:
            told = {"n": integer(n, language), "of": integer(cells, language)}
            lines.append(terms.say(f"short.{key}", **told))
    return lines


def _near(study: Published, terms: Terms) -> list[str]:
    """Whether neighbours are alike, and how often chance alone would say so."""
    tested = [each for each in study.patterns if np.isfinite(each.moran.p)]
    if not tested:
        return []
    clear = [each for each in tested if each.moran.p < _CLEAR]
    lines = []
    for key, above in (("alike", True), ("unlike", False)):
        seen = [
            terms.say(
                "report.finding.at_level",
                indicator=terms.indicator(each.indicator),
                level=terms.by_level(each.level),
            )
            for each in clear
            if (each.moran.statistic > each.moran.expected) == above
        ]
        if seen:
            lines.append(terms.say(f"short.{key}", seen="; ".join(seen)))
    n = integer(len(tested), terms.language)
    if not clear:
        return [terms.say("short.not_alike", n=n)]
    expected = number(_CLEAR * len(tested), terms.language, digits=2)
    return [*lines, terms.say("short.by_chance", n=n, expected=expected)]


def _goes_with(study: Published, terms: Terms) -> list[str]:
    fit = study.fits.get(study.options.coding)
    if fit is None or not study.design.outcome:
        return []
    table, lines = fit.table(), []
    for key, sign in (("higher", 1), ("lower", -1)):
        clear = table.index[(table["p"] < _CLEAR) & (np.sign(table["coefficient"]) == sign)]
        if len(clear):
            told = ", ".join(terms.term(each) for each in clear)
            lines.append(terms.say(f"short.{key}", terms=told))
    return [*(lines or [terms.say("short.nothing_clear")]), terms.say("short.no_cause")]


def _to_do(study: Published, terms: Terms) -> list[str]:
    """What would lift the region with the lowest score, and where to read on."""
    level, scores = study.design.grouping.name, main_table(study)[SCORE].dropna()
    lines = []
    if len(scores):
        code = scores.idxmin()
        told = " ".join(lift_sentences(study, level, terms)[code])
        lines.append(terms.say("legend.about", name=terms.place(code), part=told))
    return [*lines, terms.say("short.page_each")]


def in_short(study: Published, terms: Terms) -> list[tuple[str, list[str]]]:
    """Questions that a reader brings, each with its answers.

    Parameters
    ----------
    study : Published
    terms : Terms

    Returns
    -------
    list of (str, list of str)
        In the language of `terms`; sentences may hold code between backticks.
    """
    outcome = study.design.outcome
    titled: dict[str, Any] = {"outcome": terms.indicator(outcome)} if outcome else {}
    parts = {
        "who_leads": _ends(study, terms, last=False),
        "who_lags": _ends(study, terms, last=True),
        "how_sure": _how_sure(study, terms),
        "near": _near(study, terms),
        "goes_with": _goes_with(study, terms),
        "has_changed": [terms.say("short.one_survey")],
        "to_do": _to_do(study, terms),
    }
    return [
        (terms.say(f"short.{key}", **(titled if key == "goes_with" else {})), lines)
        for key, lines in parts.items()
        if lines
    ]

"""What figures show, for readers who hear a page: the alternative text of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from kz_spatial.design import SCORE
from kz_spatial.output.styles import main_partitions
from kz_spatial.palette import LISA_LETTERS
from kz_spatial.words import decimals, integer, number, p_value, percent

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from kz_spatial.output.disclosure import Published
    from kz_spatial.output.terms import Terms

__all__ = ["figure_texts"]

# units that a text lists; readers of more have the table
_MOST: Final = 30


def _ends(values: pd.Series[float], name: str, terms: Terms) -> str:
    """Where a value is highest and lowest."""
    known = values.dropna()
    if known.empty:
        return ""
    high, low = known.idxmax(), known.idxmin()
    return terms.say(
        "alt.extremes",
        name=name,
        high_place=terms.place(high),
        high=number(known[high], terms.language),
        low_place=terms.place(low),
        low=number(known[low], terms.language),
    )


def _means(study: Published, terms: Terms, names: list[str]) -> list[str]:
    table, found = study.tables[study.design.grouping.name], []
    for name in names:
        scale = study.design.by_name[name].scale
        title = terms.say("legend.titled", name=terms.indicator(name), unit=terms.shown_unit(name))
        found.append(_ends(table[f"{name}_mean"] * scale, title, terms))
    return found


def _readiness(study: Published, terms: Terms) -> list[str]:
    table = study.tables[study.design.grouping.name]
    told = _ends(table[SCORE].astype(float), terms.indicator(SCORE), terms)
    return [told, *_means(study, terms, list(filter(None, [study.design.outcome])))]


def _distributions(study: Published, terms: Terms) -> list[str]:
    lines = []
    for name, each in study.distributions.items():
        title = terms.indicator(name)
        if each.bars is None or not np.isfinite(each.mean):
            lines.append(terms.say("alt.distribution_withheld", name=title))
            continue
        told = {
            "name": title,
            "n": integer(round(each.n), terms.language),
            "mean": number(each.mean, terms.language),
            "unit": terms.unit(name),
        }
        lines.append(terms.say("alt.distribution", **told))
    return lines


def _small_areas(study: Published, terms: Terms) -> list[str]:
    return [
        _ends(
            each.frame["mean"] * study.design.by_name[name].scale,
            terms.say("legend.titled", name=terms.indicator(name), unit=terms.shown_unit(name)),
            terms,
        )
        for name, each in study.modelled_means.items()
    ]


def _rank_sets(study: Published, terms: Terms) -> list[str]:
    """Each unit's rank with the ranks it may have."""
    lines = []
    for level, ranks in study.ranks.items():
        frame = ranks.frame.dropna(subset=["rank"]).sort_values("rank")
        if len(frame) > _MOST:
            continue
        told = "; ".join(
            f"{terms.place(code)} {int(row['rank'])} "
            f"({int(row['rank_low'])}–{int(row['rank_high'])})"
            for code, row in frame.iterrows()
        )
        lines.append(terms.say("alt.told", name=terms.units(level), told=told))
    return lines


def _models(study: Published, terms: Terms) -> list[str]:
    lines = []
    for model in study.models.values():
        if len(model.groups):
            told = "; ".join(
                f"{terms.model_group(group)} {number(row['coefficient'], terms.language)}"
                for group, row in model.groups.iterrows()
            )
            lines.append(terms.say("alt.told", name=terms.say(f"model.{model.name}"), told=told))
    return lines


def _scatter(study: Published, terms: Terms) -> list[str]:
    found = study.patterns.at(study.patterns.finest())
    return [
        terms.say(
            "alt.statistic",
            name=terms.indicator(name),
            statistic=decimals(each.moran.statistic, 3, terms.language),
            p=p_value(each.moran.p, terms.language),
        )
        for name, each in found.items()
        if np.isfinite(each.moran.statistic)
    ]


def _classes(study: Published, terms: Terms) -> list[str]:
    """Units that local Moran singles out, by class."""
    lines = []
    for name, each in study.patterns.at(study.patterns.finest()).items():
        labels = each.local.frame["label"]
        told = "; ".join(
            f"{terms.class_word(label)} — "
            + ", ".join(terms.place(code) for code in labels.index[labels == label])
            for label in LISA_LETTERS
            if (labels == label).any()
        )
        none = terms.class_word("not significant")
        lines.append(terms.say("alt.told", name=terms.indicator(name), told=told or none))
    return lines


def _members(labels: pd.Series[int], terms: Terms) -> str:
    return "; ".join(
        f"{group} — " + ", ".join(terms.place(code) for code in labels.index[labels == group])
        for group in sorted(labels.dropna().unique())
    )


def _groups(study: Published, terms: Terms) -> list[str]:
    main = main_partitions(study.design.grouping.name)
    return [
        terms.say(
            "alt.told",
            name=terms.partition(each.column),
            told=_members(each.partition.labels, terms),
        )
        for each in study.groupings.every
        if each.column in main
    ]


def _choice(study: Published, terms: Terms) -> list[str]:
    """How many groups each criterion would choose."""
    lines = []
    for each in study.groupings.every:
        told = "; ".join(
            f"{terms.say(f'criterion.{name}')} {integer(best, terms.language)}"
            for name, best in each.choice.best.items()
            if best is not None
        )
        if told:
            lines.append(terms.say("alt.told", name=terms.partition(each.column), told=told))
    return lines


def _together(study: Published, terms: Terms) -> list[str]:
    """The two units that share a group most often."""
    lines = []
    for found in study.groupings.co_membership.values():
        shares = found.matrix.to_numpy(float).copy()
        if len(shares) < 2:
            continue
        shares[np.tril_indices_from(shares)] = -1
        i, j = np.unravel_index(shares.argmax(), shares.shape)
        units = found.matrix.index
        places = ", ".join(terms.place(units[each]) for each in (i, j))
        share = percent(float(shares[i, j]), terms.language)
        lines.append(terms.say("alt.together", places=places, share=share))
    return lines


def figure_texts(study: Published, terms: Terms) -> dict[str, str]:
    """What each figure of a study shows.

    Parameters
    ----------
    study : Published
    terms : Terms

    Returns
    -------
    dict of str
        By file stem of the figure, in the language of `terms`; figures of which there is nothing
        to say are left out.
    """
    indicators = list(study.design.by_name)
    tellers: dict[str, Callable[[], list[str]]] = {
        "regional_comparison": lambda: _means(study, terms, indicators),
        "readiness": lambda: _readiness(study, terms),
        "distributions": lambda: _distributions(study, terms),
        "rank_sets": lambda: _rank_sets(study, terms),
        "small_areas": lambda: _small_areas(study, terms),
        "models": lambda: _models(study, terms),
        "clusters": lambda: _groups(study, terms),
        "dendrogram": lambda: _groups(study, terms),
        "cluster_choice": lambda: _choice(study, terms),
        "co_membership": lambda: _together(study, terms),
    }
    if list(study.patterns):
        tellers["moran_scatter"] = lambda: _scatter(study, terms)
        tellers["local_moran"] = lambda: _classes(study, terms)
    for name, surface in study.surfaces.items():
        most = float(np.nanmax(surface.values)) if np.isfinite(surface.values).any() else np.nan
        told = terms.say("alt.density", name=terms.titled(name), high=number(most, terms.language))
        tellers[f"density_{name}"] = lambda told=told: [told]  # type: ignore[misc]
    found = {name: " ".join(filter(None, tell())) for name, tell in tellers.items()}
    return {name: text for name, text in found.items() if text}

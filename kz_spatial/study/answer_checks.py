"""What a study says of its answers where it is asked: quantiles, and answers that were not given.

A quantile of a cell is the answer of one firm, a model of answering is one of few silent firms:
where rules guard firms both stay out, and bounds come from what is told of the country anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.estimates import survey_quantile
from kz_spatial.protection import told_attrition
from kz_spatial.regression import fixed_effects
from kz_spatial.robustness import SILENT, response_bounds, response_weights
from kz_spatial.survey import attrition

if TYPE_CHECKING:
    from kz_spatial.design import DisclosureRules, StudyDesign
    from kz_spatial.options import RunOptions
    from kz_spatial.regression import FixedEffectsFit
    from kz_spatial.study.run_log import RunLog

__all__ = ["find_quantiles", "find_silence"]

# the quartiles
_QUANTILES: Final = (0.25, 0.5, 0.75)
_COUNTRY: Final = "country"
_REFUSED: Final = (CallError, InputError, NotEnoughDataError)
_ONE_FIRM: Final = "withheld by the disclosure rules: a quantile is the answer of one firm"
_FEW: Final = "withheld by the disclosure rules: a model of the few firms that did not answer"
# of a firm under a model of answering: what it counts
_WEIGHT: Final = "response_weight"
_NUMBERS: Final = ("n_asked", "n_answered", "n_effective_before", "n_effective")


def _levels(design: StudyDesign) -> dict[str, str | None]:
    """Regions and the country, and the column of firms that tells them."""
    return {design.grouping.name: design.grouping.name, _COUNTRY: None}


def _by_level(found: pd.DataFrame, level: str, name: str) -> pd.DataFrame:
    table = found.rename_axis("code").reset_index()
    table.insert(0, "level", level)
    table.insert(2, "indicator", name)
    return table


def find_quantiles(
    firms: pd.DataFrame,
    design: StudyDesign,
    options: RunOptions,
    strata: str | None,
    rules: DisclosureRules,
    log: RunLog,
) -> dict[str, pd.DataFrame]:
    """Quartiles of every answer that is a number, by region and for the country.

    Parameters
    ----------
    firms : DataFrame
        Joined firm table.
    design : StudyDesign
    options : RunOptions
        Its `weights` count firms.
    strata : str or None
        Column of the strata that errors follow.
    rules : DisclosureRules
    log : RunLog
        Gets the reason of each indicator without quantiles.

    Returns
    -------
    dict of DataFrame
        "quantiles": level, code, indicator, share (of firms below), quantile, std_error, ci_low,
        ci_high (95 %, Woodruff's), df, n; nothing where rules guard firms.
    """
    if rules.guarded:
        log.inapplicable["quantiles"] = _ONE_FIRM
        return {}
    parts: list[pd.DataFrame] = []
    how: dict[str, Any] = {"weights": options.weights or False, "strata": strata or False}
    for name, indicator in design.by_name.items():
        if indicator.kind == "binary":
            continue
        try:
            for level, by in _levels(design).items():
                for share in _QUANTILES:
                    found = survey_quantile(firms, name, share, by=by, design=design, **how)
                    found = found.where(found["n"] >= rules.min_firms)
                    found.insert(0, "share", share)
                    parts.append(_by_level(found, level, name))
        except _REFUSED as error:
            log.inapplicable[f"quantiles, {name}"] = str(error)
    return {"quantiles": pd.concat(parts, ignore_index=True)} if parts else {}


def _told_bounds(
    name: str, whole: float, counts: pd.Series[Any], mean: float, least: int
) -> dict[str, Any]:
    """Bounds of the country's mean from rounded counts and the mean as it is shown."""
    known, silent = float(counts["used"]), 0.0
    for reason in SILENT:
        found = counts.get(reason, 0)
        # a number too small to be told counts as the largest that is not
        silent += float(least - 1 if pd.isna(found) else found)
    share = silent / (known + silent) if known + silent else np.nan
    lower = (1 - share) * mean
    told = {"n_known": known, "share_silent": share, "mean": mean}
    ends = {"lower": lower, "upper": lower + share * whole}
    return {"level": _COUNTRY, "code": "all", "indicator": name, **told, **ends}


def _bounds(
    firms: pd.DataFrame,
    country: pd.DataFrame,
    design: StudyDesign,
    options: RunOptions,
    rules: DisclosureRules,
    log: RunLog,
) -> pd.DataFrame | None:
    rows: list[pd.DataFrame] = []
    told = told_attrition(attrition(firms), rules).reset_index().set_index("indicator")
    for name, indicator in design.by_name.items():
        if indicator.whole is None:
            log.inapplicable[f"bounds, {name}"] = "there is no largest possible answer"
            continue
        if rules.guarded:
            mean = float(country.loc[name, "mean"])
            made = _told_bounds(name, indicator.whole, told.loc[name], mean, rules.min_firms)
            rows.append(pd.DataFrame([made]))
            continue
        try:
            for level, by in _levels(design).items():
                found = response_bounds(firms, name, by=by, weights=options.weights)
                found = found.where(found["n_known"] >= rules.min_firms)
                rows.append(_by_level(found, level, name))
        except _REFUSED as error:
            log.inapplicable[f"bounds, {name}"] = str(error)
    return pd.concat(rows, ignore_index=True) if rows else None


def _weighted(
    firms: pd.DataFrame, fit: FixedEffectsFit, design: StudyDesign, options: RunOptions, log: RunLog
) -> dict[str, pd.DataFrame]:
    """The regression where firms that answered stand for those that did not, beside it as it is."""
    balances, fits = [], []
    asked = [n for n in (fit.outcome, *map(str, fit.coefficients.index)) if n in design.by_name]
    for name in asked:
        try:
            made = response_weights(firms, name, weights=options.weights)
            weighed = firms.assign(**{_WEIGHT: made.weights})
            again = fixed_effects(
                fit.formula, weighed, cluster=design.grouping.name, weights=_WEIGHT
            )
        except _REFUSED as error:
            log.inapplicable[f"response weights, {name}"] = str(error)
            continue
        shown = ["coefficient", "std_error", "p"]
        beside = fit.table()[shown].join(again.table()[shown], rsuffix="_weighted")
        fits.append(beside.rename_axis("term").reset_index().assign(silent_on=name))
        balance = made.balance.rename_axis("term").reset_index()
        for number in _NUMBERS:
            balance[number] = getattr(made, number)
        balances.append(balance.assign(silent_on=name))
    if not fits:
        return {}
    every = {"response_balance": balances, "response_regression": fits}
    return {name: _first(pd.concat(each, ignore_index=True)) for name, each in every.items()}


def _first(table: pd.DataFrame) -> pd.DataFrame:
    """The column of what was not answered before all others."""
    return table[["silent_on", *(c for c in table if c != "silent_on")]]


def find_silence(
    firms: pd.DataFrame,
    country: pd.DataFrame,
    fit: FixedEffectsFit | None,
    design: StudyDesign,
    options: RunOptions,
    rules: DisclosureRules,
    log: RunLog,
) -> dict[str, pd.DataFrame]:
    """What answers that were not given could change.

    Parameters
    ----------
    firms : DataFrame
        Joined firm table.
    country : DataFrame
        The country's figures as the rules left them, by indicator: column "mean".
    fit : FixedEffectsFit or None
        The study's regression.
    design, options, rules
        As in `find_quantiles`.
    log : RunLog
        Gets the reason of each part that is left out.

    Returns
    -------
    dict of DataFrame
        "response_bounds": means by region and for the country whatever the silent would have
        said, under guarded rules for the country from rounded counts; "response_balance" and
        "response_regression": firms that answered weighed to stand for those that did not.
    """
    tables = {}
    bounds = _bounds(firms, country, design, options, rules, log)
    if bounds is not None:
        tables["response_bounds"] = bounds
    if rules.guarded:
        log.inapplicable["response weights"] = _FEW
    elif fit is None:
        log.inapplicable["response weights"] = "there is no regression to weigh"
    else:
        tables |= _weighted(firms, fit, design, options, log)
    return tables

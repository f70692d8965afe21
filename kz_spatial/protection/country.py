"""The country's figures as they may be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kz_spatial.estimates import unit_moments, weights_of
from kz_spatial.protection.codings import enough_special, yes_and_answers
from kz_spatial.protection.rounding import rounds_share, shown_shares

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from kz_spatial.design import DisclosureRules, StudyDesign
    from kz_spatial.protection.complements import Hidden

__all__ = ["country_figures", "protect_country", "round_country"]


def country_figures(
    firms: pd.DataFrame, names: Sequence[str], weights: str | None = None
) -> pd.DataFrame:
    """Mean and deviation over all firms, and the mean under weights, a row an indicator."""
    whole, weight = np.zeros(len(firms), dtype=np.intp), weights_of(firms, weights)
    rows = []
    for name in names:
        values = firms[name].to_numpy(float)
        plain = unit_moments(values, np.ones(len(values)), whole, 1)
        weighted = unit_moments(values, weight, whole, 1)
        rows.append(
            {
                "mean": float(plain["mean"][0]),
                "sd": float(plain["sd"][0]),
                "estimate": float(weighted["mean"][0]),
            }
        )
    return pd.DataFrame(rows, index=pd.Index(names, name="indicator"))


def protect_country(
    country: pd.DataFrame,
    base: pd.DataFrame,
    firms: pd.DataFrame,
    design: StudyDesign,
    rules: DisclosureRules,
    hidden: Mapping[str, Hidden],
    weights: str | None,
) -> None:
    """Withhold and round the figures of the country in place; deviations of few firms go."""
    whole = np.zeros(len(base), dtype=np.intp)
    special = {} if base is firms else enough_special(firms, base, design.by_name, whole, 1, rules)
    for name, each in design.by_name.items():
        n = np.array([float(base[name].notna().sum())])
        if n[0] < rules.smooth_below:
            country.loc[name, "sd"] = np.nan
        if each.kind == "binary":
            yes, _ = yes_and_answers(base, name, whole, 1)
            round_country(country, name, yes, n, rules, weights)
            if base is not firms and rounds_share(yes, n, rules)[0]:
                country.loc[name] = np.nan  # exact in another coding, it would tell the count
        if hidden[name].country or not special.get(name, np.ones(1, dtype=bool))[0]:
            country.loc[name] = np.nan


def round_country(
    country: pd.DataFrame,
    name: str,
    yes: NDArray[np.float64],
    n: NDArray[np.float64],
    rules: DisclosureRules,
    weights: str | None,
) -> None:
    """Round the country's share of yes in place, where it is derived from rounded counts."""
    share, rounded = shown_shares(yes / np.maximum(n, 1), yes, n, rules)
    if rounded[0]:
        told = float(share[0])
        deviation = np.sqrt(told * (1 - told) * n[0] / max(n[0] - 1, 1))
        # beside a rounded share the weighted one would tell what was rounded
        country.loc[name] = [told, deviation, told if weights is None else np.nan]

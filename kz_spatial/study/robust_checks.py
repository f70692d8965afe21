"""Checks of a study that are asked for by name: the ranking's choices, and the regression's.

Nothing here tells of a firm: each check becomes a table of coefficients, p or ranks. Where rules
guard firms a check of the regression is left out with the regression itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.estimates import score_sensitivity
from kz_spatial.regression import each_dimension, fractional
from kz_spatial.robustness import (
    SpecificationCurve,
    leave_one_out,
    mixed_effects,
    omitted_variable,
    randomisation_test,
    romano_wolf,
    specification_curve,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from kz_spatial.design import StudyDesign
    from kz_spatial.options import RunOptions
    from kz_spatial.regression import FixedEffectsFit
    from kz_spatial.study.run_log import RunLog

__all__ = ["Checks", "check_regression", "check_score"]

_OF_SUBSETS: Final = ("leave_one_out", "specifications")
_REFUSED: Final = (CallError, InputError, NotEnoughDataError)


@dataclass(frozen=True, slots=True, eq=False)
class Checks:
    """Tables of checks by name, and the curve of specifications.

    Attributes
    ----------
    tables : dict of DataFrame
        "score_sensitivity", "score_variance"; "randomisation", "leave_one_out",
        "omitted_variable", "mixed_effects", "several_outcomes", "share_model", "specifications";
        "quantiles", "response_bounds", "response_balance", "response_regression".
    curve : SpecificationCurve or None
    """

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    curve: SpecificationCurve | None = None


def check_score(
    tables: dict[str, pd.DataFrame], design: StudyDesign, log: RunLog, *, seed: int
) -> dict[str, pd.DataFrame]:
    """Ranks under other weights, normalisations and aggregations, level by level."""
    ranks, shares = [], []
    names = list(design.by_name)
    for level, table in tables.items():
        means, errors = (
            table[[f"{name}_{part}" for name in names]].astype(float).set_axis(names, axis=1)
            for part in ("mean", "se")
        )
        try:
            found = score_sensitivity(means, errors, design=design, seed=seed)
        except _REFUSED as error:
            log.inapplicable[f"sensitivity of the score, {level}"] = str(error)
            continue
        ranks.append(found.ranks.rename_axis("code").reset_index().assign(level=level))
        whole = found.overall.reset_index().assign(code="all")
        each = found.variance.rename_axis(["code", "source"]).reset_index()
        shares.append(pd.concat([whole, each], ignore_index=True).assign(level=level))
    if not ranks:
        return {}
    made = {
        "score_sensitivity": pd.concat(ranks, ignore_index=True),
        "score_variance": pd.concat(shares, ignore_index=True),
    }
    first = {"score_sensitivity": ["level", "code"], "score_variance": ["level", "code", "source"]}
    return {n: t[[*first[n], *(c for c in t if c not in first[n])]] for n, t in made.items()}


def _terms(fit: FixedEffectsFit) -> list[str]:
    return [str(each) for each in fit.coefficients.index]


def _randomisation(fit: FixedEffectsFit, firms: pd.DataFrame, **how: Any) -> pd.DataFrame:
    rows = []
    for term in _terms(fit):
        found = randomisation_test(
            fit.formula, firms, term, cluster=how["cluster"], weights=how["weights"],
            n_permutations=how["permutations"], seed=how["seed"],
        )  # fmt: skip
        rows.append(
            {
                "term": term, "coefficient": found.coefficient, "statistic": found.statistic,
                "p": found.p, "p_min": found.p_min, "method": found.method,
                "n_arrangements": found.n_arrangements, "within": found.by,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _left_out(fit: FixedEffectsFit, firms: pd.DataFrame, **how: Any) -> pd.DataFrame:
    found = leave_one_out(fit.formula, firms, cluster=how["cluster"], weights=how["weights"])
    return found.reset_index()


def _omitted(fit: FixedEffectsFit, _: pd.DataFrame, **__: Any) -> pd.DataFrame:
    rows = []
    for term in _terms(fit):
        found = omitted_variable(fit, term)
        rows.append(
            {
                "term": term, "coefficient": found.coefficient, "std_error": found.std_error,
                "t": found.t, "df": found.df, "partial_r2": found.partial_r2,
                "robustness_value": found.robustness_value,
                "robustness_value_alpha": found.robustness_value_alpha,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _mixed(fit: FixedEffectsFit, firms: pd.DataFrame, **_: Any) -> pd.DataFrame:
    found = mixed_effects(fit.formula, firms)
    table = found.beside.rename_axis("term").reset_index()
    return table.assign(icc=found.icc, mundlak_p=found.p, n_regions=found.n_regions)


def _outcomes(_: FixedEffectsFit, firms: pd.DataFrame, **how: Any) -> pd.DataFrame:
    # without the question that few firms are asked, all others stay
    names = [n for n, e in how["design"].by_name.items() if e.skip is None or e.skip.value == 0]
    fits = each_dimension(firms, weights=how["weights"], indicators=names).fits
    return romano_wolf(fits, seed=how["seed"]).frame.reset_index()


def _shares(fit: FixedEffectsFit, firms: pd.DataFrame, **how: Any) -> pd.DataFrame:
    """Average marginal effects of models for shares, in units of the outcome, beside the linear."""
    outcome = fit.outcome
    whole = how["design"].by_name[outcome].whole if outcome in how["design"].by_name else None
    if whole is None:
        raise CallError(f"{outcome} is no share, expected an outcome with a largest answer")
    _, _, rest = fit.formula.partition("~")
    share = f"I({outcome} / {whole:g}) ~{rest}"
    parts = []
    for link in ("logit", "probit"):
        found = fractional(
            share, firms, link=link, cluster=how["cluster"], weights=how["weights"]
        ).beside_linear()
        amounts = ["effect", "std_error", "linear", "linear_std_error"]
        found[amounts] *= whole
        parts.append(found.rename_axis("term").reset_index().assign(link=link))
    table = pd.concat(parts, ignore_index=True)
    return table[["link", *(c for c in table if c != "link")]]


_CHECKS: Final[dict[str, Callable[..., pd.DataFrame]]] = {
    "randomisation": _randomisation,
    "leave_one_out": _left_out,
    "omitted_variable": _omitted,
    "mixed_effects": _mixed,
    "several_outcomes": _outcomes,
    "share_model": _shares,
}


def check_regression(
    fit: FixedEffectsFit,
    codings: dict[str, pd.DataFrame],
    design: StudyDesign,
    options: RunOptions,
    log: RunLog,
    *,
    guarded: bool,
) -> Checks:
    """What a referee asks of the study's regression.

    Parameters
    ----------
    fit : FixedEffectsFit
        Of the coding that was asked for.
    codings : dict of DataFrame
        Firm tables by coding.
    design : StudyDesign
    options : RunOptions
    log : RunLog
        Gets the reason of each check that cannot be made.
    guarded : bool
        Whether rules guard firms: fits of subsets of the firms then stay out, since two of them
        that differ by few firms would tell of these.
    """
    firms, tables = codings[options.coding], {}
    how: dict[str, Any] = {
        "cluster": design.grouping.name, "weights": options.weights, "design": design,
        "permutations": options.permutations, "seed": options.seed,
    }  # fmt: skip
    hidden = _OF_SUBSETS if guarded else ()
    for name in hidden:
        log.inapplicable[f"check {name}"] = "withheld by the disclosure rules: fits of subsets"
    for name, check in _CHECKS.items():
        if name in hidden:
            continue
        try:
            tables[name] = check(fit, firms, **how)
        except _REFUSED as error:
            log.inapplicable[f"check {name}"] = str(error)
    if guarded:
        return Checks(tables)
    curve, weights = None, tuple(dict.fromkeys((options.weights, None)))
    first, *others = _terms(fit)
    # a map of every choice of the other terms, the whole model first
    chosen = [c for k in range(len(others), -1, -1) for c in combinations(others, k)]
    controls = {" + ".join(each) or "none": each for each in chosen}
    by_oblast = bool(firms["oblast_code"].notna().any())
    effects = [design.grouping.name, *(["oblast_code"] if by_oblast else [])]
    try:
        curve = specification_curve(
            codings, first, formula=fit.formula, weights=weights, controls=controls,
            effects=effects, cluster=design.grouping.name,
        )  # fmt: skip
        tables["specifications"] = pd.concat(
            [curve.frame.assign(reason=""), curve.failed], ignore_index=True
        )
    except _REFUSED as error:
        log.inapplicable["check specifications"] = str(error)
    return Checks(tables, curve)

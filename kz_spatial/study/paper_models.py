"""The published study's further models as a bundle shows them: slopes by group and joint tests.

Nothing here tells of a firm: fits become tables (`tell_fit`), and where rules guard firms a model
is left out in which a group has fewer firms than the least number, since its slope rests on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.regression import (
    FitTables,
    each_dimension,
    fixed_effects,
    permit_by_reliability,
    sector_by_innovation,
    tell_fit,
)
from kz_spatial.replication import unlike_paper
from kz_spatial.robustness import selection

if TYPE_CHECKING:
    from collections.abc import Callable

    from kz_spatial.design import DisclosureRules, StudyDesign
    from kz_spatial.regression import FixedEffectsFit
    from kz_spatial.study.run_log import RunLog

__all__ = ["PaperModel", "find_models"]

_ALL: Final = "all firms"


@dataclass(frozen=True, slots=True, eq=False)
class PaperModel:
    """One of the study's further models.

    Attributes
    ----------
    name : str
        "sector", "sector_by_innovation", "permit_by_reliability", "dimensions" or "applicants".
    population : str
        Firms that it speaks of.
    groups : DataFrame
        Slope or difference by group: coefficient, std_error, t, p, ci_low, ci_high, n; empty
        without groups.
    joint_p : float
        Of the hypothesis that all groups are alike, by the restricted wild bootstrap; NaN without.
    joint_method : str
        What `joint_p` rests on.
    fits : dict of FitTables
        By title.
    notes : tuple of str
    """

    name: str
    population: str
    groups: pd.DataFrame
    joint_p: float
    joint_method: str
    fits: dict[str, FitTables]
    notes: tuple[str, ...] = ()


def _joint(fit: FixedEffectsFit, terms: list[str]) -> tuple[float, str]:
    """P of all terms at once, and how it was found."""
    if not terms:
        return float("nan"), ""
    found = fit.joint_test(terms, inference="wild")
    drawn = "every sign vector" if found.exact else f"{found.n_draws} draws"
    return found.p, f"restricted wild bootstrap, {drawn}; {len(terms)} terms"


def _counts(firms: pd.DataFrame, used: pd.Index[Any], group: str, split: str | None) -> Any:
    """Firms of each group in a fit, and the fewest that a slope of a group rests on."""
    rows = firms.loc[used]
    n = rows.groupby(group).size()
    fewest = n if split is None else rows.groupby([group, split]).size()
    return n, int(fewest.min())


def _sector(firms: pd.DataFrame, **how: Any) -> tuple[PaperModel, int]:
    """Fit how sectors differ, regions held."""
    fit = fixed_effects("epayment_share ~ C(sector) | composite", firms, cluster="composite", **how)
    table = fit.table()
    terms = [str(each) for each in table.index]
    n, fewest = _counts(firms, fit.residuals.index, "sector", None)
    named = {each: each.removeprefix("C(sector)[T.").removesuffix("]") for each in terms}
    groups = table.rename(index=named).rename_axis("group")
    first = [each for each in n.index if each not in groups.index]
    notes = (f"differences from {', '.join(first)}",)
    made = PaperModel(
        "sector", _ALL, groups.assign(n=n), *_joint(fit, terms), {"sector": tell_fit(fit)}, notes
    )
    return made, fewest


def _by_sector(firms: pd.DataFrame, **how: Any) -> tuple[PaperModel, int]:
    """Fit whether innovation goes with payments alike in all sectors."""
    model = sector_by_innovation(firms, **how)
    both = model.fits["interaction"]
    n, fewest = _counts(firms, both.residuals.index, "sector", "product_innovation")
    p, method = _joint(both, [str(each) for each in model.difference.index])
    fits = {title: tell_fit(each) for title, each in model.fits.items()}
    groups = model.margins.rename_axis("group").assign(n=n)
    return PaperModel("sector_by_innovation", _ALL, groups, p, method, fits), fewest


def _by_reliability(firms: pd.DataFrame, **how: Any) -> tuple[PaperModel, int]:
    """Fit whether permit time matters more where supply is reliable."""
    model = permit_by_reliability(firms, **how)
    both = model.fits["interaction"]
    p, method = _joint(both, [str(each) for each in model.difference.index])
    fits = {title: tell_fit(each) for title, each in model.fits.items()}
    notes = (model.question.rpartition("; ")[2],)
    groups = model.margins.rename_axis("group")
    return (
        PaperModel("permit_by_reliability", "applicants", groups, p, method, fits, notes),
        both.n_obs,
    )


def _dimensions(firms: pd.DataFrame, **how: Any) -> tuple[PaperModel, int]:
    """Each dimension on the others."""
    model = each_dimension(firms, **how)
    fits = {title: tell_fit(each) for title, each in model.fits.items()}
    nothing = pd.DataFrame(index=pd.Index([], name="group"))
    fewest = min(each.n_obs for each in fits.values())
    return PaperModel("dimensions", "applicants", nothing, float("nan"), "", fits), fewest


def _applicants(firms: pd.DataFrame, **how: Any) -> tuple[PaperModel, int]:
    """What the model with permit days is about, beside those without them."""
    found = selection(firms, **how)
    titled = {
        "applicants": found.with_term,
        "applicants, without permit days": found.same_firms,
        "all firms, without permit days": found.all_firms,
        "applying": found.applying,
    }
    nothing = pd.DataFrame(index=pd.Index([], name="group"))
    fits = {title: tell_fit(each) for title, each in titled.items()}
    made = PaperModel("applicants", found.population, nothing, float("nan"), "", fits, found.notes)
    return made, min(each.n_obs for each in fits.values())


_MODELS: Final[dict[str, Callable[..., tuple[PaperModel, int]]]] = {
    "sector": _sector,
    "sector_by_innovation": _by_sector,
    "permit_by_reliability": _by_reliability,
    "dimensions": _dimensions,
    "applicants": _applicants,
}


def find_models(
    firms: pd.DataFrame,
    design: StudyDesign,
    rules: DisclosureRules,
    log: RunLog,
    *,
    weights: str | None,
) -> dict[str, PaperModel]:
    """Fit the study's further models; reasons in the log where one cannot be had or told.

    Parameters
    ----------
    firms : DataFrame
    design : StudyDesign
        The published study's; for others there are no such models.
    rules : DisclosureRules
    log : RunLog
    weights : str or None

    Returns
    -------
    dict of PaperModel
        By name.
    """
    if reason := unlike_paper(design):
        log.inapplicable["further models"] = reason
        return {}
    found = {}
    for name, fit in _MODELS.items():
        try:
            made, fewest = fit(firms, weights=weights)
        except (CallError, InputError, NotEnoughDataError) as error:
            log.inapplicable[f"model {name}"] = str(error)
            continue
        lacking = [fit for fit in made.fits.values() if fit.default_inference in fit.reasons]
        if lacking:  # one region only, say
            log.inapplicable[f"model {name}"] = lacking[0].reasons[lacking[0].default_inference]
            continue
        told = all(rules.allow_fit(each.n_obs, each.n_parameters) for each in made.fits.values())
        if not told or (rules.guarded and fewest < rules.min_firms):
            log.inapplicable[f"model {name}"] = (
                f"withheld by the disclosure rules {rules.profile!r}: too few firms in a group"
            )
            continue
        found[name] = made
    return found

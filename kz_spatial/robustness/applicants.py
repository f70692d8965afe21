"""Firms that were never asked, told apart from firms that did not answer.

A question that a skip rule guards is put to some firms only: days to a permit to those that applied
for one. Leaving the others out is then no loss of answers but a choice of population, and no
weighting or imputing mends it, since firms that sought no permit have no days. So the model with
such an item is a model of those firms, and what it says is set beside what the other firms say:

- the same model among the same firms without the item: what the item itself changes
- the model without the item among all firms: what the choice of firms changes
- the model of being asked, on the same terms and effects: how these firms differ
- slopes of the others and of those asked in one model: whether the terms mean the same to both

A correction in the manner of Heckman (1979), Econometrica 47, is not made: without a column that
moves applying and not the outcome it would rest on the shape of the errors' distribution alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from kz_spatial._validate import check_columns, check_option, check_unique_rows
from kz_spatial.design import design_of, formula_names, text_in
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.regression import FixedEffectsFit, Inference, compare, fixed_effects
from kz_spatial.robustness.formulas import join_parts, parts_of, without
from kz_spatial.survey import STATUS

if TYPE_CHECKING:
    from kz_spatial.design import Indicator, StudyDesign

__all__ = ["NOT_ASKED", "Selection", "selection"]

# statuses of firms that a question does not concern
NOT_ASKED: Final = ("skipped", "does_not_apply", "not_applicable")
_APPLYING: Final = "was_asked"


@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """A model with an item that only some firms were asked, beside the models without it.

    Attributes
    ----------
    term : str
        The indicator that not all firms were asked.
    population : str
        What the firms asked are called: those that the model with the term speaks of.
    counts : DataFrame
        By region and for all: firms, skipped, every other status, and `in_model`, firms complete
        on the whole model.
    with_term : FixedEffectsFit
        The model as given, among firms asked.
    same_firms : FixedEffectsFit
        Without the term, among the firms of `with_term`.
    all_firms : FixedEffectsFit
        Without the term, among all firms.
    applying : FixedEffectsFit
        Being asked (1 or 0) on the same terms and effects, a linear probability model.
    contrast : FixedEffectsFit or None
        The model of `all_firms` with a slope for those asked added to each term: its terms with
        "was_asked" are slopes among firms asked less those of the others. None where that cannot
        be estimated.
    notes : tuple of str
        What the models are about, in words.
    """

    term: str
    population: str
    counts: pd.DataFrame
    with_term: FixedEffectsFit
    same_firms: FixedEffectsFit
    all_firms: FixedEffectsFit
    applying: FixedEffectsFit
    contrast: FixedEffectsFit | None
    notes: tuple[str, ...]

    def table(self, inference: Inference | None = None) -> pd.DataFrame:
        """The four models in columns, each under its population.

        Parameters
        ----------
        inference : str, optional
            As `FixedEffectsFit.table` takes it.

        Returns
        -------
        DataFrame of str
            As `compare` sets fits.
        """
        fits = (self.with_term, self.same_firms, self.all_firms, self.applying)
        table = compare(*fits, inference=inference)
        named = (
            self.population,
            f"{self.population}, without {self.term}",
            f"all firms, without {self.term}",
            f"being one of the {self.population}",
        )
        table.columns = pd.Index(
            [f"{head}: {name}" for head, name in zip(table.columns, named, strict=True)]
        )
        return table


def _guarded(design: StudyDesign, formula: str, term: str | None) -> Indicator:
    """The indicator of a formula that its skip rule leaves without a value."""
    named = formula_names(parts_of(formula).outcome + "~" + "+".join(parts_of(formula).terms))
    found = {
        each.name: each
        for each in design.indicators
        if each.name in named and each.skip is not None and each.skip.value is None
    }
    if term is not None:
        check_option("term", term, tuple(found))
        return found[term]
    if len(found) != 1:
        raise CallError(
            f"formula {formula!r}: found {', '.join(found) or 'no term'} that only some firms are "
            "asked, expected one; name it by term="
        )
    return next(iter(found.values()))


def _counts(status: pd.Series[Any], used: pd.Index[Any], regions: pd.Series[Any]) -> pd.DataFrame:
    """Firms by status, region by region and in all."""
    by_region = pd.crosstab(regions, status.astype(str))
    by_region.insert(0, "firms", by_region.sum(axis=1))
    by_region["in_model"] = regions.loc[used].value_counts().reindex(by_region.index, fill_value=0)
    whole = by_region.sum().to_frame("all").T
    counts = pd.concat([by_region, whole])
    kinds = [each for each in status.cat.categories if each in counts]
    return counts[["firms", *kinds, "in_model"]].rename_axis(regions.name).rename_axis(columns=None)


def _notes(indicator: Indicator, population: str, counts: pd.DataFrame) -> tuple[str, ...]:
    rule = indicator.skip
    assert rule is not None
    whole = counts.loc["all"]
    unasked = int(whole.reindex(NOT_ASKED, fill_value=0).sum())
    silent = {
        each: int(whole[each])
        for each in counts.columns[1:-1]
        if each not in ("answered", *NOT_ASKED) and whole[each]
    }
    lost = int(whole["answered"] - whole["in_model"])
    of_these = ", ".join(f"{n} {each}" for each, n in silent.items()) or "all answered"
    asked = f"{population}, {whole['firms'] - unasked} of {whole['firms']} firms"
    away = f"{unasked} were not asked {indicator.item} ({rule.item} = {rule.answer})"
    return (
        f"population of the model with {indicator.name}: {asked}; {away}",
        f"of those asked: {of_these}; {lost} answered and are incomplete on another term",
        f"no {indicator.name} was imputed to firms that were not asked",
        "being asked is fitted as a linear probability model, in differences of a share",
    )


def _contrast(
    formula: str, firms: pd.DataFrame, *, cluster: str | None, weights: str | None
) -> FixedEffectsFit | None:
    whole = parts_of(formula)
    if not whole.terms:
        return None
    slopes = f"({' + '.join(whole.terms)})*{_APPLYING}"
    try:
        return fixed_effects(
            join_parts(whole.outcome, (slopes,), whole.effects),
            firms,
            cluster=cluster,
            weights=weights,
        )
    except NotEnoughDataError:
        return None


def selection(
    firms: pd.DataFrame,
    *,
    formula: str | None = None,
    term: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
) -> Selection:
    """Fit a model with an item that only some firms were asked, and what stands beside it.

    Parameters
    ----------
    firms : DataFrame
        A firm table of `read_survey` or `load_twin`, which says what became of each answer.
    formula : str, optional
        As `fixed_effects` takes it; the design's by default.
    term : str, optional
        The indicator in question; by default the only one of the formula that a skip rule leaves
        without a value.
    cluster : str, optional
        Column of clusters; the design's grouping by default.
    weights : str, optional
        Column of survey weights.

    Returns
    -------
    Selection

    Raises
    ------
    CallError
        When the formula has no such term, or several and none is named.
    InputError
        When the table does not say what became of answers.
    NotEnoughDataError
        When all firms or none were asked, or a model cannot be estimated.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> found = kz.selection(kz.load_twin())
    >>> found.population, found.with_term.n_obs, found.all_firms.n_obs
    ('applicants', 105, 987)
    """
    design = design_of(firms)
    formula = formula or design.formula
    if not formula:
        raise CallError("formula: the design has none, expected one")
    indicator = _guarded(design, formula, term)
    cluster, region = cluster or design.grouping.name, design.grouping.name
    column = indicator.name + STATUS
    if column not in firms:
        raise InputError(
            f"firm table: found no column {column!r}, which says who was asked; expected a table "
            "of read_survey or load_twin"
        )
    check_columns(firms.columns, [region], what="firm table")
    check_unique_rows({"firm table": firms.index})
    status = firms[column].astype("category")
    asked = ~status.isin(NOT_ASKED)
    if asked.all() or not asked.any():
        raise NotEnoughDataError(
            f"{indicator.name}: {int(asked.sum())} of {len(firms)} firms were asked, so there is "
            "nothing to compare"
        )
    rule = indicator.skip
    assert rule is not None
    population = text_in(rule.population, "en") if rule.population else f"firms asked {column[:-7]}"
    firms = firms.assign(**{_APPLYING: asked.astype(float)})
    parts = parts_of(formula)
    fewer = without(parts.terms, indicator.name)
    how: dict[str, Any] = {"cluster": cluster, "weights": weights}
    with_term = fixed_effects(formula, firms[asked], **how)
    shorter = join_parts(parts.outcome, fewer, parts.effects)
    counts = _counts(status, with_term.residuals.index, firms[region])
    return Selection(
        term=indicator.name,
        population=population,
        counts=counts,
        with_term=with_term,
        same_firms=fixed_effects(shorter, firms.loc[with_term.residuals.index], **how),
        all_firms=fixed_effects(shorter, firms, **how),
        applying=fixed_effects(join_parts(_APPLYING, fewer, parts.effects), firms, **how),
        contrast=_contrast(shorter, firms, **how),
        notes=_notes(indicator, population, counts),
    )

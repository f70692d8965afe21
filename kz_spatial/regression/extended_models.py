"""The study's extended models: each one call, one table, margins with intervals, one plot.

Margins are coefficients of the same model written with one slope per group, so every inference of
`fixed_effects`, the wild bootstrap among them, applies to them unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from kz_spatial._validate import check_columns, check_option
from kz_spatial.design import design_of
from kz_spatial.errors import InputError
from kz_spatial.regression.display import interval_ends
from kz_spatial.regression.estimation import fixed_effects
from kz_spatial.regression.fit import FixedEffectsFit, Inference
from kz_spatial.regression.side_by_side import compare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

__all__ = ["ExtendedModel", "each_dimension", "permit_by_reliability", "sector_by_innovation"]

_CONTROLS: Final = {"sector": "C(sector)", "size": "C(size)", "foreign_share": "foreign_share"}
_OTHERS: Final = ("outages_per_month", "co2_monitoring")


@dataclass(frozen=True, slots=True, eq=False)
class ExtendedModel:
    """One extended model.

    Attributes
    ----------
    question : str
        What it asks, in words.
    fits : dict of FixedEffectsFit
        By title; the first is the model itself.
    margins : DataFrame
        Effect by group: coefficient, std_error, t, p, ci_low, ci_high; empty when it has none.
    difference : DataFrame
        Test of equal effects: the interaction terms of the first fit; empty when it has none.
    inference : str or None
        As asked; None is each fit's default.
    """

    question: str
    fits: dict[str, FixedEffectsFit]
    margins: pd.DataFrame
    difference: pd.DataFrame
    inference: Inference | None

    def table(self) -> pd.DataFrame:
        """All fits in columns, as `compare` sets them."""
        return compare(*self.fits.values(), inference=self.inference)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw margins with intervals; without margins, the first fit's coefficients."""
        if self.margins.empty:
            first = next(iter(self.fits.values()))
            return first.plot((self.inference or first.default_inference,), ax=ax)
        from matplotlib.figure import Figure

        if ax is None:
            made = Figure(figsize=(6.5, 0.9 + 0.5 * len(self.margins)), layout="constrained")
            ax = made.subplots()
        rows = np.arange(len(self.margins))[::-1]
        b = self.margins["coefficient"].to_numpy()
        ends = interval_ends(self.margins)
        ax.errorbar(b, rows, xerr=ends, fmt="o", color="#2c7fb8", ecolor="#7f7f7f", ms=5)
        ax.axvline(0, color="#555555", lw=0.8)
        ax.set_yticks(rows, [str(each) for each in self.margins.index])
        ax.set_ylim(-0.6, len(rows) - 0.4)
        ax.set_title(self.question, fontsize=9, loc="left")
        return ax


def _control_terms(firms: pd.DataFrame, *, controls: bool, beside: Sequence[str] = ()) -> list[str]:
    """Terms for size, sector and ownership, where the columns exist and vary."""
    if not controls:
        return []
    return [
        term
        for name, term in _CONTROLS.items()
        if name in firms and name not in beside and len(firms[name].dropna().unique()) > 1
    ]


def _formula(outcome: str, terms: Sequence[str], effects: str) -> str:
    return f"{outcome} ~ {' + '.join(terms)} | {effects}"


def _level_of(term: str, group: str, slope: str) -> str | None:
    """Level of the group in an interaction term; None for other terms. Levels may hold a colon."""
    start, end = f"C({group})[", f"]:{slope}"
    if not (term.startswith(start) and term.endswith(end)):
        return None
    return term.removeprefix(start).removesuffix(end).removeprefix("T.")


def _by_group(table: pd.DataFrame, group: str, slope: str) -> pd.DataFrame:
    """Rows of one slope per group, named by the group."""
    named = {str(term): _level_of(str(term), group, slope) for term in table.index}
    kept = [term for term, level in named.items() if level is not None]
    return table.loc[kept].rename(index=named).rename_axis(group)


def _slopes_by(
    group: str,
    slope: str,
    more: Sequence[str],
    firms: pd.DataFrame,
    *,
    question: str,
    effects: str | None,
    cluster: str | None,
    weights: str | None,
    inference: Inference | None,
    absorbed: bool = False,
) -> ExtendedModel:
    """Fit an interaction, and the same model with one slope per group.

    Groups of whole regions are `absorbed` by region effects, and have no term of their own.
    """
    region = design_of(firms).grouping.name
    effects, cluster = effects or region, cluster or region
    both, slopes = (
        fixed_effects(
            _formula("epayment_share", [*terms, *more], effects),
            firms,
            cluster=cluster,
            weights=weights,
        )
        for terms in (
            ([slope, f"C({group}):{slope}"], [f"C({group}):{slope}"])
            if absorbed
            else ([f"C({group}) * {slope}"], [f"C({group})", f"C({group}):{slope}"])
        )
    )
    table = both.table(inference)
    return ExtendedModel(
        question,
        {"interaction": both, f"slope by {group}": slopes},
        _by_group(slopes.table(inference), group, slope),
        table.loc[[t for t in table.index if _level_of(str(t), group, slope) is not None]],
        inference,
    )


def sector_by_innovation(
    firms: pd.DataFrame,
    *,
    effects: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    controls: bool = False,
    others: Sequence[str] = _OTHERS,
    inference: Inference | None = None,
) -> ExtendedModel:
    """Ask whether innovation goes with electronic payments differently by sector.

    Parameters
    ----------
    firms : DataFrame
        A firm table with `sector`.
    effects, cluster : str, optional
        Columns to absorb and to cluster by; the regions of the design by default.
    weights : str, optional
        Survey weights.
    controls : bool
        Whether to add size and ownership where the columns exist.
    others : sequence of str
        Further regressors. `permit_days` is not among them, since only applicants were asked.
    inference : str, optional
        The fit's default when not given.

    Returns
    -------
    ExtendedModel
        `margins`: effect of innovation in each sector.

    Raises
    ------
    InputError
        When sectors are missing or do not vary.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> kz.sector_by_innovation(kz.load_twin()).margins.index.to_list()
    ['Manufacturing', 'Other services', 'Retail']
    """
    check_columns(firms.columns, ["sector"], what="firm table")
    if firms["sector"].nunique() < 2:
        raise InputError("firm table: column sector takes one value, expected at least two")
    more = [*others, *_control_terms(firms, controls=controls, beside=("sector",))]
    return _slopes_by(
        "sector",
        "product_innovation",
        more,
        firms,
        question="Effect of product innovation on electronic payments, by sector",
        effects=effects,
        cluster=cluster,
        weights=weights,
        inference=inference,
    )


def _reliable_regions(
    firms: pd.DataFrame, region: str, weights: str | None
) -> tuple[pd.Series[Any], str]:
    """Give "above" or "below" to each firm's region, and which regions are above, in words."""
    use = firms[[region, "outages_per_month"]].assign(
        w=1.0 if weights is None else firms[weights].astype(float)
    )
    use = use.dropna()
    total = (use["w"] * use["outages_per_month"]).groupby(use[region]).sum()
    mean = total / use["w"].groupby(use[region]).sum()
    above = mean <= mean.mean()
    named = ", ".join(map(str, above.index[above])) or "none"
    return firms[region].map(above.map({True: "above", False: "below"})).astype(object), named


def _reliable_firms(firms: pd.DataFrame, region: str) -> pd.Series[Any]:
    """Give "above" where a firm has no more outages than the mean of its region, else "below"."""
    own = firms["outages_per_month"]
    mean = own.groupby(firms[region]).transform("mean")
    level = pd.Series(np.where(own <= mean, "above", "below"), firms.index, dtype=object)
    return level.where(own.notna())


def permit_by_reliability(
    firms: pd.DataFrame,
    *,
    split: Literal["regions", "firms"] = "regions",
    effects: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    controls: bool = False,
    inference: Inference | None = None,
) -> ExtendedModel:
    """Ask whether permit time matters more where power supply is reliable.

    Parameters
    ----------
    firms : DataFrame
        A firm table.
    split : {"regions", "firms"}
        "regions", as the paper has it: regions whose mean outages are no more than the mean of all
        regions' means. "firms": firms with no more outages than the mean of their region.
    effects : str, optional
        Column to absorb, and the regions that are compared.
    cluster, weights, controls, inference
        As in `sector_by_innovation`.

    Returns
    -------
    ExtendedModel
        `margins`: effect of a day of permit time where reliability is above and below the average;
        `question` names the regions above it.

    Raises
    ------
    InputError
        When a column is missing, or all regions are on one side of the average.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> found = kz.permit_by_reliability(kz.load_twin())
    >>> found.margins.index.to_list()
    ['above', 'below']
    >>> found.question.rpartition(": ")[2]
    'almaty, center, north, south'
    """
    check_option("split", split, ("regions", "firms"))
    effects = effects or design_of(firms).grouping.name
    check_columns(firms.columns, [effects, "outages_per_month"], what="firm table")
    question = "Effect of a day of permit time on electronic payments, by reliability of supply"
    if split == "regions":
        level, above = _reliable_regions(firms, effects, weights)
        question += f"; regions above the average: {above}"
    else:
        level = _reliable_firms(firms, effects)
        question += " among the firms of a region"
    if level.dropna().nunique() < 2:
        raise InputError(
            f"firm table: reliability by {split} takes one value, expected above and below"
        )
    more = ["co2_monitoring", "product_innovation", *_control_terms(firms, controls=controls)]
    return _slopes_by(
        "reliability",
        "permit_days",
        more,
        firms.assign(reliability=level),
        question=question,
        effects=effects,
        cluster=cluster,
        weights=weights,
        inference=inference,
        absorbed=split == "regions",
    )


def each_dimension(
    firms: pd.DataFrame,
    *,
    effects: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    controls: bool = False,
    indicators: Sequence[str] | None = None,
    inference: Inference | None = None,
) -> ExtendedModel:
    """Take each dimension as the outcome in turn, the others as regressors.

    Parameters
    ----------
    firms : DataFrame
        A firm table.
    effects, cluster, weights, controls, inference
        As in `sector_by_innovation`.
    indicators : sequence of str, optional
        Dimensions that take part, those of the design by default; without `permit_days` far more
        firms are complete.

    Returns
    -------
    ExtendedModel
        One fit per dimension; no margins.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> len(kz.each_dimension(kz.load_twin()).fits)
    5
    """
    design = design_of(firms)
    indicators = list(design.by_name) if indicators is None else list(indicators)
    for name in indicators:
        check_option("indicators", name, tuple(design.by_name))
    effects, cluster = effects or design.grouping.name, cluster or design.grouping.name
    more = _control_terms(firms, controls=controls)
    fits = {
        name: fixed_effects(
            _formula(name, [*(each for each in indicators if each != name), *more], effects),
            firms,
            cluster=cluster,
            weights=weights,
        )
        for name in indicators
    }
    nothing = pd.DataFrame(columns=["coefficient", "std_error", "t", "p", "ci_low", "ci_high"])
    return ExtendedModel("Each dimension on the others", fits, nothing, nothing, inference)

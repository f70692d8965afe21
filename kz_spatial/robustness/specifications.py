"""One coefficient under every specification that could have been chosen.

Codings, weights, samples, controls, effects and inferences are crossed, and each combination is
fitted: the curve of all estimates shows whether a finding hangs on one of the choices (Simonsohn,
Simmons and Nelson 2020, Nature Human Behaviour 4). Combinations that cannot be fitted, or give no
error, stand in a list of their own with the reason: none is dropped in silence.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import check_columns, check_option
from kz_spatial.design import design_of
from kz_spatial.errors import CallError, CollinearTermWarning, InputError, NotEnoughDataError
from kz_spatial.regression import INFERENCES, Inference, fixed_effects
from kz_spatial.robustness.formulas import join_parts, parts_of, without

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from kz_spatial.regression import FixedEffectsFit

__all__ = ["SpecificationCurve", "specification_curve"]

Sample = Callable[[pd.DataFrame], Any] | str | None
_CHOICES: Final = ("coding", "sample", "weights", "controls", "effects", "inference")
_NUMBERS: Final = ("coefficient", "std_error", "t", "p", "ci_low", "ci_high")
_NONE: Final = "none"
_SIGNIFICANT: Final = "#0072b2"
_PALE: Final = "#9a9a9a"


@dataclass(frozen=True, slots=True, eq=False)
class SpecificationCurve:
    """A coefficient under every combination of choices.

    Attributes
    ----------
    term : str
    frame : DataFrame
        A row per combination that was fitted, the smallest coefficient first: coding, sample,
        weights, controls, effects, inference, then coefficient, std_error, t, p, ci_low, ci_high,
        n_obs, n_clusters.
    failed : DataFrame
        A row per combination that has no estimate or no error, with the `reason`.
    n_specifications : int
        All combinations; rows of `frame` and `failed` together.
    level : float
        Coverage of the intervals.
    """

    term: str
    frame: pd.DataFrame
    failed: pd.DataFrame
    n_specifications: int
    level: float

    def summary(self) -> pd.Series[Any]:
        """What the curve says in numbers.

        Returns
        -------
        Series
            n, failed, smallest, median and largest coefficient, share_positive, share_significant
            (p under 1 - level) and the shares that are significant and positive or negative. They
            describe choices and are no test: specifications share their firms.
        """
        b, p = self.frame["coefficient"], self.frame["p"]
        small = p < 1 - self.level
        return pd.Series(
            {
                "n": len(b),
                "failed": len(self.failed),
                "smallest": b.min(),
                "median": b.median(),
                "largest": b.max(),
                "share_positive": (b > 0).mean(),
                "share_significant": small.mean(),
                "share_significant_positive": (small & (b > 0)).mean(),
                "share_significant_negative": (small & (b < 0)).mean(),
            }
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the curve with intervals, and below it which choices stand behind each estimate.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Its place is taken by the curve and the choices below.

        Returns
        -------
        matplotlib Axes
            Of the curve; that of the choices is the last of its figure.
        """
        top: Axes = _draw(self, ax)
        return top


def _rows_of_choices(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """Choices that vary, and what can be chosen, in order of appearance."""
    found = []
    for name in _CHOICES:
        values = list(dict.fromkeys(frame[name].astype(str)))
        if len(values) > 1:
            found += [(name, value) for value in values]
    return found


def _draw(curve: SpecificationCurve, ax: Axes | None) -> Any:
    from matplotlib.figure import Figure

    frame = curve.frame
    choices = _rows_of_choices(frame)
    if ax is None:
        size = (7.5, 2.8 + 0.19 * len(choices))
        figure: Figure | SubFigure = Figure(figsize=size, layout="constrained")
        ratio = (2.2, max(0.19 * len(choices), 0.2))
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=ratio)
    else:
        inside = 0.45 if choices else 1.0
        ax.set_axis_off()
        left = 0.3 if choices else 0.0  # room for the names of choices
        top = ax.inset_axes((left, 1 - inside, 1 - left, inside))
        below = (left, 0, 1 - left, 0.95 - inside if choices else 0.001)
        bottom = ax.inset_axes(below, sharex=top)
    place = np.arange(len(frame))
    strong = (frame["p"] < 1 - curve.level).to_numpy()
    ends = frame[["ci_low", "ci_high"]].to_numpy(dtype=float, copy=True)
    ends[~np.isfinite(ends)] = np.nan
    for chosen, colour, label in (
        (~strong, _PALE, f"p ≥ {1 - curve.level:.2g}"),
        (strong, _SIGNIFICANT, f"p < {1 - curve.level:.2g}"),
    ):
        top.vlines(place[chosen], ends[chosen, 0], ends[chosen, 1], color=colour, lw=0.8, alpha=0.6)
        b = frame["coefficient"].to_numpy()[chosen]
        # a filled mark for what is significant: told apart without colour too
        face = colour if colour == _SIGNIFICANT else "none"
        top.plot(place[chosen], b, "o", ms=3, color=colour, mfc=face, label=label)
    top.axhline(0, color="#555555", lw=0.8)
    top.set_ylabel(f"{curve.term}, {100 * curve.level:g} % interval", fontsize=8)
    top.legend(fontsize=7, frameon=False, loc="lower right")
    top.tick_params(labelbottom=False, labelsize=7)
    heights = np.arange(len(choices))[::-1]
    for height, (name, value) in zip(heights, choices, strict=True):
        here = (frame[name].astype(str) == value).to_numpy()
        bottom.plot(place[here], np.full(here.sum(), height), "|", ms=5, color="#333333")
    bottom.set_yticks(heights, [f"{name}: {value}" for name, value in choices], fontsize=7)
    bottom.set_ylim(-0.7, max(len(choices) - 0.3, 0.7))
    bottom.set_xlabel(f"{len(frame)} specifications, by coefficient", fontsize=8)
    bottom.tick_params(axis="x", labelsize=7)
    return top


def _named_tables(firms: pd.DataFrame | Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    if isinstance(firms, Mapping):
        if not firms:
            raise CallError("firms: found no tables, expected at least one")
        return {str(name): table for name, table in firms.items()}
    coding = firms.attrs.get("kz_spatial", {}).get("coding", "as given")
    return {str(coding): firms}


def _sampled(table: pd.DataFrame, sample: Sample) -> pd.DataFrame:
    if sample is None:
        return table
    chosen = table.query(sample) if isinstance(sample, str) else table[sample(table)]
    if not len(chosen):
        raise NotEnoughDataError("no firm is in this sample")
    return chosen


def _control_sets(
    controls: Sequence[str] | Mapping[str, Sequence[str]] | None, given: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """Sets of further terms by name: each subset of a list, or as a mapping has them."""
    if controls is None:
        return {" + ".join(given) or _NONE: given}
    if isinstance(controls, Mapping):
        return {str(name): tuple(terms) for name, terms in controls.items()}
    subsets = [each for n in range(len(controls) + 1) for each in combinations(controls, n)]
    return {" + ".join(each) or _NONE: each for each in subsets}


def _why_nothing(fit: FixedEffectsFit, term: str, row: Mapping[str, float]) -> str:
    """Reason for a row without an error, or nothing."""
    if np.isfinite([row["coefficient"], row["std_error"], row["p"]]).all():
        return ""
    needed = fit.needed[:, int(fit.coefficients.index.get_loc(term))]
    alone = ", ".join(map(str, fit.cluster_names[needed])) if needed.any() else ""
    return f"cannot be estimated without {alone}" if alone else "has no error under this inference"


def _one_model(
    formula: str,
    table: pd.DataFrame,
    term: str,
    *,
    cluster: str | None,
    weights: str | None,
    inferences: Sequence[Inference],
    level: float,
) -> list[dict[str, Any]]:
    """A row per inference: numbers, or the reason why there are none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CollinearTermWarning)  # told as a reason below
            fit = fixed_effects(formula, table, cluster=cluster, weights=weights)
    except (InputError, NotEnoughDataError) as error:
        return [{"reason": str(error)} for _ in inferences]
    if term not in fit.coefficients.index:
        return [{"reason": f"{term} is collinear with other terms or effects"} for _ in inferences]
    rows: list[dict[str, Any]] = []
    for inference in inferences:
        try:
            numbers = fit.table(inference, level=level).loc[term, list(_NUMBERS)].to_dict()
        except (CallError, NotEnoughDataError) as error:
            rows.append({"reason": str(error)})
            continue
        size = {"n_obs": fit.n_obs, "n_clusters": fit.n_clusters}
        rows.append({**numbers, **size, "reason": _why_nothing(fit, term, numbers)})
    return rows


def specification_curve(
    firms: pd.DataFrame | Mapping[str, pd.DataFrame],
    term: str,
    *,
    formula: str | None = None,
    controls: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    effects: Sequence[str | None] | None = None,
    weights: Sequence[str | None] = (None,),
    samples: Mapping[str, Sample] | None = None,
    cluster: str | None = None,
    inferences: Sequence[Inference] = ("cr2",),
    level: float = 0.95,
) -> SpecificationCurve:
    """Estimate one coefficient under every combination of choices.

    Parameters
    ----------
    firms : DataFrame, or mapping of DataFrame
        A firm table, or one per coding by its name.
    term : str
        A term of the formula whose coefficient is followed.
    formula : str, optional
        Outcome, terms and effects; the design's by default.
    controls : sequence of str, or mapping to sequences of str, optional
        Terms of which every subset is tried beside `term`, or sets of terms by name. Those of the
        formula by default, all at once.
    effects : sequence of str or None, optional
        Columns absorbed in turn; None for none. Those of the formula by default.
    weights : sequence of str or None
        Columns of survey weights tried in turn; None for none.
    samples : mapping, optional
        By name: a query as `DataFrame.query` takes it, a function from a table to a mask, or None
        for all firms.
    cluster : str, optional
        Column of clusters; the design's grouping by default.
    inferences : sequence of str
        As `FixedEffectsFit.table` takes them.
    level : float
        Coverage of the intervals.

    Returns
    -------
    SpecificationCurve

    Raises
    ------
    CallError
        When there is no such inference, no formula, or nothing to choose from.
    InputError
        When no table has a column of weights or clusters.
    NotEnoughDataError
        When no specification can be estimated.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> curve = kz.specification_curve(
    ...     {each: kz.load_twin(coding=each) for each in ("corrected", "as-published")},
    ...     "product_innovation", controls=["outages_per_month", "permit_days"],
    ...     weights=(None, "wmedian"), inferences=("cr2", "wild"))
    >>> curve.n_specifications, len(curve.frame), len(curve.failed)
    (32, 32, 0)
    """
    tables = _named_tables(firms)
    first = next(iter(tables.values()))
    design = design_of(first)
    formula = formula or design.formula
    if not formula:
        raise CallError("formula: the design has none, expected one")
    for each in inferences:
        check_option("inferences", each, INFERENCES)
    cluster = cluster or design.grouping.name
    for table in tables.values():
        wanted = [cluster, *(each for each in weights if each)]
        check_columns(table.columns, wanted, what="firm table")
    parts = parts_of(formula)
    sets = _control_sets(controls, without(parts.terms, term))
    absorbed: dict[str, tuple[str, ...]] = {
        each or _NONE: (each,) if each else () for each in effects or ()
    } or {" + ".join(parts.effects) or _NONE: parts.effects}
    every = product(tables, samples or {"all firms": None}, weights, sets, absorbed)
    good: list[dict[str, Any]] = []
    bad: list[dict[str, Any]] = []
    for coding, sample, weight, control, effect in every:
        terms = (term, *without(sets[control], term))
        try:
            table = _sampled(tables[coding], (samples or {}).get(sample))
            rows = _one_model(
                join_parts(parts.outcome, terms, absorbed[effect]),
                table,
                term,
                cluster=cluster,
                weights=weight,
                inferences=inferences,
                level=level,
            )
        except NotEnoughDataError as error:
            rows = [{"reason": str(error)} for _ in inferences]
        chosen = (coding, sample, weight or _NONE, control, effect)
        for inference, row in zip(inferences, rows, strict=True):
            whole = {**dict(zip(_CHOICES, (*chosen, inference), strict=True)), **row}
            (bad if row["reason"] else good).append(whole)
    if not good:
        reason = bad[0]["reason"] if bad else "there is nothing to choose from"
        raise NotEnoughDataError(f"{term}: no specification can be estimated; {reason}")
    frame = pd.DataFrame(good)[[*_CHOICES, *_NUMBERS, "n_obs", "n_clusters"]]
    failed = pd.DataFrame(bad, columns=[*_CHOICES, "reason"])
    order = frame["coefficient"].argsort(kind="stable")
    return SpecificationCurve(
        term=term,
        frame=frame.iloc[order].reset_index(drop=True),
        failed=failed,
        n_specifications=len(good) + len(bad),
        level=level,
    )

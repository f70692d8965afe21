"""Which weights and strata the estimates of a run rest on, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kz_spatial._validate import check_option
from kz_spatial.errors import CallError
from kz_spatial.options import DESIGN_WEIGHTS

if TYPE_CHECKING:
    import pandas as pd

    from kz_spatial.design import StudyDesign
    from kz_spatial.options import RunOptions

__all__ = ["choose_strata", "choose_weights"]


def _usable(weights: pd.Series[Any]) -> bool:
    values = weights.to_numpy(dtype=float, na_value=np.nan)
    return bool((np.isfinite(values) & (values > 0)).all())


def choose_weights(
    options: RunOptions, design: StudyDesign, firms: pd.DataFrame, *, synthetic: bool
) -> tuple[str | None, list[str]]:
    """Weight column of a run, and what is to be said of the choice.

    Parameters
    ----------
    options : RunOptions
        `weights` names a column, or is "design": the first of the design's that every firm has, and
        none for the twin, whose weights are made up.
    design : StudyDesign
    firms : DataFrame
    synthetic : bool

    Raises
    ------
    CallError
        When the file has no column of that name.
    """
    present = [each for each in design.weights if each in firms]
    if options.weights is None:
        return None, []
    if options.weights != DESIGN_WEIGHTS:
        if not present:
            raise CallError(
                f"weights={options.weights!r}: the firms have no survey weights, "
                f"expected a column {', '.join(design.weights) or 'that the design names'}"
            )
        check_option("weights", options.weights, present)
        return options.weights, []
    if synthetic or not present:
        return None, []
    usable = [each for each in present if _usable(firms[each])]
    if not usable:
        return None, [
            f"column {present[0]}: not every firm has a weight above 0, so every firm counts once"
        ]
    skipped = present[: present.index(usable[0])]
    return usable[0], [
        f"column {each}: not every firm has a weight above 0, so {usable[0]} was taken"
        for each in skipped
    ]


def choose_strata(design: StudyDesign, firms: pd.DataFrame) -> tuple[str | None, list[str]]:
    """Stratum column of a run: the first of the design's that every firm has."""
    for name in (each for each in design.strata if each in firms):
        lacking = int(firms[name].isna().sum())
        if not lacking:
            return name, []
        without = f"{lacking} of {len(firms)} firms have no stratum"
        return None, [f"column {name}: {without}, so errors leave the strata out"]
    return None, []

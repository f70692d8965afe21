"""What one coding tells beside another, and how many say yes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

    from kz_spatial.design import DisclosureRules

__all__ = ["enough_special", "yes_and_answers"]


def enough_special(
    firms: pd.DataFrame,
    corrected: pd.DataFrame,
    names: Iterable[str],
    unit: NDArray[np.intp],
    n: int,
    rules: DisclosureRules,
) -> dict[str, NDArray[np.bool_]]:
    """Units whose special answers, numbers in one coding and none in the other, are 0 or many."""
    found = {}
    for name in names:
        extra = firms[name].notna().to_numpy() & corrected[name].isna().to_numpy() & (unit >= 0)
        count = np.bincount(unit[extra], minlength=n)
        found[name] = (count == 0) | (count >= rules.min_firms)
    return found


def yes_and_answers(
    firms: pd.DataFrame, name: str, unit: NDArray[np.intp], n_units: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Firms that say yes, and that answer, by unit."""
    answers = firms[name].to_numpy(float)
    use = np.isfinite(answers) & (unit >= 0)
    yes = np.bincount(unit[use], answers[use], n_units)
    return yes.astype(float), np.bincount(unit[use], minlength=n_units).astype(float)

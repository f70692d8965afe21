"""Counts rounded to a base, and shares derived from them.

A share with its n tells the count behind it, so where the count or its complement is small both
are rounded to the base first, and the share is what the rounded counts give: whoever solves it
finds the rounded count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.design import DisclosureRules

__all__ = ["round_to_base", "shown_count", "shown_shares"]


def round_to_base(counts: NDArray[Any], base: int) -> NDArray[np.float64]:
    """Counts at the nearest multiple of a base, halves upward; as they are at base 0.

    Examples
    --------
    >>> round_to_base(np.array([12, 13, 7.5]), 5).tolist()
    [10.0, 15.0, 10.0]
    """
    counts = np.asarray(counts, dtype=float)
    return base * np.floor(counts / base + 0.5) if base else counts


def shown_count(count: float, rules: DisclosureRules) -> float:
    """A count of firms as it is shown: rounded, and missing where it is small but not 0."""
    if 0 < count < rules.min_firms and rules.guarded:
        return float("nan")
    return float(round_to_base(np.array(count), rules.count_base))


def shown_shares(
    share: NDArray[np.float64],
    yes: NDArray[np.float64],
    n: NDArray[np.float64],
    rules: DisclosureRules,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Shares of yes as they are shown.

    Parameters
    ----------
    share : (n_units,) array
        Share, weighted or not.
    yes, n : (n_units,) arrays
        Firms that say yes, and that answer.
    rules : DisclosureRules

    Returns
    -------
    shown : (n_units,) array
    rounded : (n_units,) array of bool
        Where numerator or complement is below the least number.

    Examples
    --------
    >>> from kz_spatial.design import SURVEY
    >>> shown, rounded = shown_shares(np.array([3 / 23]), np.array([3]), np.array([23]), SURVEY)
    >>> shown.tolist(), rounded.tolist()
    ([0.2], [True])
    """
    if not rules.count_base:
        return share, np.zeros(len(share), dtype=bool)
    rounded = (n > 0) & (np.minimum(yes, n - yes) < rules.min_firms)
    base = round_to_base(n, rules.count_base)
    # the same for weighted shares: as if they were of that many firms
    numerator = round_to_base(np.where(rounded, share, 0.0) * n, rules.count_base)
    with np.errstate(invalid="ignore", divide="ignore"):
        derived = np.minimum(numerator, base) / base
    return np.where(rounded, derived, share), rounded

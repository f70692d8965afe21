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

__all__ = ["round_to_base", "rounds_share", "shown_count", "shown_shares"]


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


def rounds_share(
    yes: NDArray[np.float64], n: NDArray[np.float64], rules: DisclosureRules
) -> NDArray[np.bool_]:
    """Whether a share is derived from rounded counts.

    It is where any count that rounds as its smaller side does is below the least number: else the
    last of them would be rounded alone, and so be known.

    Examples
    --------
    >>> from kz_spatial.design import SURVEY
    >>> n = np.full(4, 26)
    >>> rounds_share(np.array([9, 12, 13, 17]), n, SURVEY).tolist()
    [True, True, False, True]
    >>> rounds_share(np.array([12, 13, 17]), np.full(3, 40), SURVEY).tolist()
    [True, False, False]
    """
    if not rules.count_base:
        return np.zeros(len(n), dtype=bool)
    near = (rules.count_base - 1) / 2
    middle = round_to_base(np.minimum(yes, n - yes), rules.count_base)
    return (n > 0) & (middle - near < rules.min_firms)


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
        Where `rounds_share` says so.

    Examples
    --------
    >>> from kz_spatial.design import SURVEY
    >>> shown, rounded = shown_shares(np.array([3 / 23]), np.array([3]), np.array([23]), SURVEY)
    >>> shown.tolist(), rounded.tolist()
    ([0.2], [True])
    """
    if not rules.count_base:
        return share, np.zeros(len(share), dtype=bool)
    rounded = rounds_share(yes, n, rules)
    base = round_to_base(n, rules.count_base)
    # the smaller side is rounded, up to half, so that neither end has a count to itself; weighted
    # shares are rounded as if they were of that many firms
    share_known = np.where(rounded, share, 0.0)
    smaller = round_to_base(np.minimum(share_known, 1 - share_known) * n, rules.count_base)
    half = rules.count_base * np.floor(base / rules.count_base / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.minimum(smaller, half) / base
    derived = np.where(share_known <= 0.5, part, 1 - part)
    return np.where(rounded, derived, share), rounded

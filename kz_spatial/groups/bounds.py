"""How large a group may be: by number of units, or by an amount such as population."""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kz_spatial._validate import check_share
from kz_spatial.errors import CallError, InputError, NotEnoughDataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["Bounds", "bounds_of", "check_heeded", "nothing_within"]

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """Least and most that a group may have.

    Attributes
    ----------
    amounts : (n,) array
        By unit, in the order of the sorted table; 1 each where units are counted.
    floor, ceiling : float
        The ceiling is infinite where there is none.
    balance : float or None
        Largest distance from an equal share, as a part of it.
    by_amount : bool
    """

    amounts: NDArray[np.float64]
    floor: float = 0.0
    ceiling: float = np.inf
    balance: float | None = None
    by_amount: bool = False

    def for_number(self, k: int) -> Bounds:
        """Bounds in numbers where k groups are formed: the balance becomes floor and ceiling."""
        if self.balance is None:
            return self
        share = float(self.amounts.sum()) / k
        return replace(
            self,
            floor=max(self.floor, share * (1 - self.balance)),
            ceiling=min(self.ceiling, share * (1 + self.balance)),
            balance=None,
        )

    def allow(self, amount: NDArray[Any]) -> NDArray[np.bool_]:
        """Whether groups with these amounts are within the bounds, rounding aside."""
        inside = amount >= self.floor * (1 - _ROUNDING)
        return np.asarray(inside & (amount <= self.ceiling * (1 + _ROUNDING)), dtype=np.bool_)

    def met(self, labels: NDArray[np.intp]) -> bool:
        """Whether every group is within the bounds."""
        return bool(self.allow(np.bincount(labels, self.amounts)[np.unique(labels)]).all())

    def said(self) -> str:
        """Say them in words, as "the floor of 3 and the ceiling of 5"."""
        told = [f"the floor of {self.floor:g}"] if self.floor > 0 else []
        if np.isfinite(self.ceiling):
            told.append(f"the ceiling of {self.ceiling:g}")
        return " and ".join(told)


def _number(name: str, value: object) -> float:
    if not isinstance(value, Real) or isinstance(value, bool) or not float(value) >= 0:
        raise CallError(f"{name}={value!r}: expected 0 or more")
    return float(value)


def _amounts(floor_by: pd.Series[Any] | None, units: pd.Index[Any]) -> NDArray[np.float64]:
    if floor_by is None:
        return np.ones(len(units))
    if not isinstance(floor_by, pd.Series):
        raise InputError(f"floor_by: found {type(floor_by).__name__}, expected a Series by unit")
    found = floor_by.reindex(units).to_numpy(dtype=float)
    bad = np.flatnonzero(~(np.isfinite(found) & (found >= 0)))
    if bad.size:
        raise InputError(
            f"floor_by: found {found[bad[0]]} for {units[bad[0]]!r}, expected an "
            "amount of 0 or more per unit"
        )
    return np.asarray(found, dtype=np.float64)


def bounds_of(
    units: pd.Index[Any],
    *,
    floor: float,
    ceiling: float | None,
    floor_by: pd.Series[Any] | None,
    balance: float | None,
) -> Bounds:
    """Check bounds as a caller gives them.

    Parameters
    ----------
    units : Index
        Sorted.
    floor : float
    ceiling : float or None
    floor_by : Series or None
        Amount per unit that floor, ceiling and balance are about; units are counted without.
    balance : float or None

    Raises
    ------
    CallError, InputError
        When one is out of range, or a unit has no amount.

    Examples
    --------
    >>> found = bounds_of(pd.Index(list("abcd")), floor=1, ceiling=None, floor_by=None, balance=0.5)
    >>> found.for_number(2).said()
    'the floor of 1 and the ceiling of 3'
    """
    least = _number("floor", floor)
    most = np.inf if ceiling is None else _number("ceiling", ceiling)
    if most < least:
        raise CallError(f"ceiling={ceiling!r}: expected the floor of {least:g} or more")
    if balance is not None:
        check_share("balance", balance)
    return Bounds(_amounts(floor_by, units), least, most, balance, floor_by is not None)


def check_heeded(method: str, bounds: Bounds, deaf: Mapping[str, str]) -> None:
    """Refuse bounds that a method would not heed.

    Parameters
    ----------
    method : str
    bounds : Bounds
    deaf : mapping of str
        What it does not heed, of "floor", "floor by amount" and "ceiling", and the methods that do.
    """
    asked = []
    if bounds.floor > (0 if bounds.by_amount else 1):
        asked.append("floor by amount" if bounds.by_amount else "floor")
    if np.isfinite(bounds.ceiling) or bounds.balance is not None:
        asked.append("ceiling")
    for each in asked:
        if each in deaf:
            raise CallError(f"method={method!r}: heeds no {each}, expected {deaf[each]}")


def nothing_within(
    k: int, bounds: Bounds, *, what: str = "contiguous groups", near: str = ""
) -> NotEnoughDataError:
    """Say that no cut is within the bounds, and which comes nearest where that is known."""
    wish = "fewer groups or a lower floor"
    if np.isfinite(bounds.ceiling):
        wish = "another number of groups or wider bounds"
    total = float(bounds.amounts.sum())
    return NotEnoughDataError(
        f"method='exact': no cut into {k} {what} meets {bounds.said()} ({total:g} in all)"
        f"{near}, expected {wish}"
    )

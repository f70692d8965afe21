"""One statistic of the whole map, set beside those of other arrangements of the values.

All n! arrangements while n! <= 400,000, else seeded random ones with the observed one counted in.
From 500 units on, random arrangements for Moran's I meet sparse weights, a few at a time: whole
matrices are quicker below.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypedDict, TypeVar

import numpy as np

from kz_spatial._validate import check_count, check_option
from kz_spatial.neighbours.arrangements import can_list_orders, orders, share_extreme
from kz_spatial.neighbours.unit_values import places_of_links
from kz_spatial.options import ALTERNATIVES, Alternative

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["GlobalStatistic", "Inference", "InferenceOptions", "moran_draws", "spelled_out"]

Method = Literal["exact", "monte-carlo", "inapplicable"]
_Deviation = Callable[["NDArray[np.float64]"], "NDArray[np.float64]"]
_Draws = Callable[[int, int], "NDArray[np.float64]"]
_Function = TypeVar("_Function", bound=Callable[..., object])
_MANY_UNITS: Final = 500
# random arrangements that are held at once
_AT_ONCE: Final = 32


@dataclass(frozen=True, slots=True, eq=False)
class GlobalStatistic:
    """One number for the whole map, and how far chance carries it.

    Attributes
    ----------
    name : str
        "Moran's I", "bivariate Moran's I", "Geary's C" or "Getis-Ord G", with what it was taken of
        where a study adds that.
    statistic, expected : float
        The statistic, and its mean when arrangement does not matter.
    z : float
        Distance from `expected` in standard deviations of the arrangements about it.
    p : float
        NaN when inapplicable.
    alternative : {"two-sided", "greater", "less"}
    method : {"exact", "monte-carlo", "inapplicable"}
    n_arrangements : int
        Arrangements in the reference distribution.
    n_units : int
        Units with a value and a neighbour.
    reason : str
        Why it is inapplicable; else empty.
    seed : int or None
        Seed of the Monte Carlo draw.
    """

    name: str
    statistic: float
    expected: float
    z: float
    p: float
    alternative: Alternative
    method: Method
    n_arrangements: int
    n_units: int
    reason: str = ""
    seed: int | None = None


class InferenceOptions(TypedDict, total=False):
    """Options of every test over arrangements; `Inference` has their defaults."""

    alternative: Alternative
    n_permutations: int
    seed: int


@dataclass(frozen=True, slots=True)
class Inference:
    """How one call wants its p-value.

    Attributes
    ----------
    alternative : {"two-sided", "greater", "less"}
    n_permutations : int
        Random arrangements where all are too many.
    seed : int
        Seed of those.
    """

    alternative: Alternative = "two-sided"
    n_permutations: int = 9999
    seed: int = 20240

    def __post_init__(self) -> None:
        check_option("alternative", self.alternative, ALTERNATIVES)
        check_count("n_permutations", self.n_permutations, 1)
        check_count("seed", self.seed, 0)

    def inapplicable(self, name: str, n: int, reason: str) -> GlobalStatistic:
        """What there is to say where there is no statistic."""
        nothing = (np.nan,) * 4
        return GlobalStatistic(name, *nothing, self.alternative, "inapplicable", 0, n, reason)

    def test(
        self,
        name: str,
        values: NDArray[np.float64],
        deviation: _Deviation,
        expected: float,
        *,
        many: _Draws | None = None,
    ) -> GlobalStatistic:
        """Set the statistic of (n,) values beside those of their arrangements, a row each.

        `deviation` gives how far the statistic of each row is from what is expected; where units
        are many, `many` draws as many of these as asked, by a seed.
        """
        n = len(values)
        observed, exact = float(deviation(values[None, :])[0]), can_list_orders(n)
        if many is not None and n >= _MANY_UNITS:
            draws = many(self.n_permutations, self.seed)
        else:
            draws = deviation(values[orders(n, self.n_permutations, self.seed)])
        spread = float(np.sqrt((draws**2).mean()))
        return GlobalStatistic(
            name=name,
            statistic=expected + observed,
            expected=expected,
            z=observed / spread if spread > 0 else np.nan,
            p=share_extreme(draws, observed, self.alternative, exact=exact),
            alternative=self.alternative,
            method="exact" if exact else "monte-carlo",
            n_arrangements=len(draws),
            n_units=n,
            seed=None if exact else self.seed,
        )


def spelled_out(function: _Function) -> _Function:
    """Show the options and their defaults in a function's signature, where `help` looks."""
    signature = inspect.signature(function)
    own = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
    options = [
        each.replace(kind=each.KEYWORD_ONLY)
        for each in inspect.signature(Inference).parameters.values()
    ]
    function.__signature__ = signature.replace(parameters=[*own, *options])  # type: ignore[attr-defined]
    return function


def moran_draws(
    z: NDArray[np.float64], W: NDArray[np.float64], n_permutations: int, seed: int
) -> NDArray[np.float64]:
    """Moran's I of random arrangements of many units.

    Parameters
    ----------
    z : (n,) array
        Values less their mean.
    W : (n, n) array
    """
    from scipy.sparse import csr_array

    rng, found, places = np.random.default_rng(seed), np.empty(n_permutations), places_of_links(W)
    links = csr_array((W[places], places), shape=W.shape)
    for start in range(0, n_permutations, _AT_ONCE):
        rows = np.tile(z, (min(_AT_ONCE, n_permutations - start), 1))
        columns = np.ascontiguousarray(rng.permuted(rows, axis=1, out=rows).T)
        found[start : start + len(rows)] = np.einsum("ij,ij->j", columns, links @ columns)
    return found * (len(z) / float(W.sum()) / float(z @ z))

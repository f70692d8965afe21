"""Contiguous groups by the heuristics of spopt: SKATER, AZP and max-p."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from kz_spatial.errors import NotEnoughDataError
from kz_spatial.neighbours import seeded

if TYPE_CHECKING:
    import pandas as pd
    from libpysal.weights import W
    from numpy.typing import NDArray

__all__ = ["Heuristic", "heuristic_groups"]

Heuristic = Literal["skater", "azp", "max-p"]
# rounds of moves per unit that spopt's max-p may propose alike, one after the other
_MOST_ALIKE: Final = 100


def _watched_weights(near: dict[int, list[int]]) -> W:
    """Weights that end a max-p search which goes round for ever.

    spopt 0.7.0 does where all units that could leave their group lie inside it, with no group to
    go to (a floor of 3 on the oblasts): it asks for the neighbours of the same units again and
    again. A search that gets on proposes other units after at most n rounds, one per start.
    """
    from libpysal.weights import W

    asked: set[int] = set()
    before: set[int] = set()
    alike = 0

    class Neighbours(dict[int, list[int]]):
        def __getitem__(self, unit: int) -> list[int]:
            asked.add(unit)
            return super().__getitem__(unit)

    class Watched(W):  # type: ignore[misc]
        @property
        def sparse(self) -> Any:
            """As ever; spopt reads it before each round of moves."""
            nonlocal before, alike
            if asked:
                alike = alike + 1 if asked == before else 0
                before = asked.copy()
                asked.clear()
            if alike > _MOST_ALIKE * len(near):
                raise NotEnoughDataError(
                    "method='max-p': the search goes round without end; use another floor or "
                    "seed, or 'exact'"
                )
            return super().sparse

    weights = Watched(near, silence_warnings=True)
    weights.neighbors = Neighbours(near)
    return weights


def _solved(model: Any) -> NDArray[np.intp]:
    model.solve()
    return np.unique(np.asarray(model.labels_), return_inverse=True)[1].astype(np.intp)


def heuristic_groups(
    values: pd.DataFrame,
    masks: list[int],
    k: int,
    method: Heuristic,
    amounts: NDArray[np.float64],
    floor: float,
    seed: int,
) -> NDArray[np.intp]:
    """Group the n rows of a table.

    Parameters
    ----------
    values : (n, p) DataFrame
    masks : list of int
        Neighbours of each row, as bits.
    k : int
        Groups to form; "max-p" ignores it.
    method : {"skater", "azp", "max-p"}
    amounts : (n,) array
    floor : float
        Least sum of amounts per group ("max-p"), or, where all amounts are 1, least number of rows
        ("skater").
    seed : int

    Returns
    -------
    (n,) array of int
        Group of each row, which need not be what was asked for.

    Raises
    ------
    NotEnoughDataError
        When "max-p" finds no end.
    """
    import geopandas as gpd
    import spopt.region
    from libpysal.weights import W

    n = len(values)
    names = [f"v{j}" for j in range(values.shape[1])]
    frame = gpd.GeoDataFrame(
        dict(zip(names, values.to_numpy().T, strict=True)),
        geometry=gpd.points_from_xy(np.arange(n), np.zeros(n)),
    )
    frame["amount"] = amounts
    near = {i: [j for j in range(n) if mask >> j & 1] for i, mask in enumerate(masks)}
    weights = _watched_weights(near) if method == "max-p" else W(near, silence_warnings=True)
    if method == "skater":
        # spopt's floor counts units or nothing; a floor on amounts is checked afterwards
        size = int(floor) if np.allclose(amounts, 1.0) and floor > 1 else -np.inf
        return _solved(spopt.region.Skater(frame, weights, names, n_clusters=k, floor=size))
    if method == "azp":
        return _solved(spopt.region.AZP(frame, weights, names, n_clusters=k, random_state=seed))
    with seeded(seed), warnings.catch_warnings():  # spopt draws from NumPy's global generator
        warnings.simplefilter("ignore")  # of pandas, about spopt
        return _solved(spopt.region.MaxPHeuristic(frame, weights, names, "amount", floor, 2))

"""Contiguous groups by heuristics: SKATER and AZP of spopt, and max-p of our own.

Each ends after a bounded number of steps. The max-p of spopt 0.7.0 need not: where all units that
could leave their group lie inside it, it asks for them again and again (floors of 3, 4 and 6 on the
oblasts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from kz_spatial.groups.max_p import max_p_groups

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["Heuristic", "heuristic_groups"]

Heuristic = Literal["skater", "azp", "max-p"]
# moves per unit that AZP may make; hundreds of times what it takes to come to rest
_MOVES: Final = 1000


def _moves_that_end(n: int) -> Any:
    """AZP's rule of moves, which lets none pass once they are too many to lead anywhere.

    Moves that change nothing pass, and its running total counts their rounding as progress, so
    nothing else keeps ties from going round.
    """
    from spopt.region.azp_util import AllowMoveAZP

    class Moves(AllowMoveAZP):  # type: ignore[misc]
        made = 0

        def __call__(self, *move: Any) -> bool:
            if self.made >= _MOVES * n or not super().__call__(*move):
                return False
            self.made += 1
            return True

    return Moves()


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
        When all amounts together stay below the floor of "max-p".
    """
    if method == "max-p":
        return max_p_groups(values.to_numpy(), masks, amounts, floor, seed)
    import geopandas as gpd
    import spopt.region
    from libpysal.weights import W

    n = len(values)
    names = [f"v{j}" for j in range(values.shape[1])]
    frame = gpd.GeoDataFrame(
        dict(zip(names, values.to_numpy().T, strict=True)),
        geometry=gpd.points_from_xy(np.arange(n), np.zeros(n)),
    )
    near = {i: [j for j in range(n) if mask >> j & 1] for i, mask in enumerate(masks)}
    weights = W(near, silence_warnings=True)
    if method == "skater":
        # spopt's floor counts units or nothing; a floor on amounts is checked afterwards
        size = int(floor) if np.allclose(amounts, 1.0) and floor > 1 else -np.inf
        return _solved(spopt.region.Skater(frame, weights, names, n_clusters=k, floor=size))
    return _solved(
        spopt.region.AZP(
            frame,
            weights,
            names,
            n_clusters=k,
            allow_move_strategy=_moves_that_end(n),
            random_state=seed,
        )
    )

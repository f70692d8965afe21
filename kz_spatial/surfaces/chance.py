"""Where a smoothed mean differs from chance: values dealt out anew among the places.

If values have nothing to do with places, any dealing of the same values over the same points is as
likely as the one observed (Kelsall and Diggle 1995). Under such dealings the smoothed mean
sum_i a_i v_i at a cell has mean v and variance S^2 (sum_i a_i^2 - 1/n), exactly. The largest
distance from it over all cells that are shown, in standard deviations, is taken for every dealing;
its quantile is one limit for the whole map, so that in `level` of all maps without any pattern a
single cell or more lies beyond it (Myllymaki, Mrkvicka, Grabarnik, Seijo and Hahn 2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from kz_spatial._validate import check_count, check_share
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.options import DATA_CRS
from kz_spatial.surfaces.kernel import DensitySurface, density, prepared

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["ChanceSurface", "density_envelope"]


@dataclass(frozen=True, slots=True, eq=False)
class ChanceSurface:
    """A smoothed mean beside what chance makes of it.

    Attributes
    ----------
    surface : DensitySurface
        The smoothed mean.
    score : (rows, columns) array of float32
        Its distance from the mean of all dealings in their standard deviations; NaN where the mean
        is not shown.
    limit : float
        Beyond it, on either side, a cell differs from chance with the whole map as one family.
    p_map : float
        Of the whole map: the share of dealings whose largest score is that of the map or more.
    p : (rows, columns) array of float32
        The same for each cell's score, adjusted for all cells.
    level : float
    n_permutations : int
    seed : int
    """

    surface: DensitySurface
    score: NDArray[np.float32]
    limit: float
    p_map: float
    p: NDArray[np.float32]
    level: float
    n_permutations: int
    seed: int

    def contours(self) -> gpd.GeoDataFrame:
        """Outlines of what lies beyond the limit, as lines of equal score.

        Returns
        -------
        GeoDataFrame
            Polygons with `side` ("high" or "low") and `limit`, in the surface's reference system;
            no rows where nothing differs from chance.
        """
        import geopandas as gpd
        import shapely
        from contourpy import FillType, contour_generator

        rows, columns = self.score.shape
        t = self.surface.transform
        across = t.c + t.a * (np.arange(columns) + 0.5)
        down = t.f + t.e * (np.arange(rows) + 0.5)
        found: dict[str, list[Any]] = {"side": [], "limit": [], "geometry": []}
        for side, sign in (("high", 1.0), ("low", -1.0)):
            values = np.ma.masked_invalid(sign * self.score.astype(float))
            if not values.count() or values.max() < self.limit:
                continue
            made = contour_generator(across, down, values, fill_type=FillType.OuterOffset)
            for line, offsets in zip(*made.filled(self.limit, np.inf), strict=True):
                rings = [line[a:b] for a, b in pairwise(offsets)]
                found["geometry"].append(shapely.make_valid(shapely.Polygon(rings[0], rings[1:])))
                found["side"].append(side)
                found["limit"].append(sign * self.limit)
        return gpd.GeoDataFrame(found, geometry="geometry", crs=self.surface.crs)


def density_envelope(
    points: pd.DataFrame,
    value: str,
    *,
    weights: str | None = None,
    n_permutations: int = 999,
    level: float = 0.05,
    seed: int = 1,
    x: str = "longitude",
    y: str = "latitude",
    crs: Any = DATA_CRS,
    **options: Any,
) -> ChanceSurface:
    """Smooth a column and tell where it differs from chance, with one level for the whole map.

    Parameters
    ----------
    points : DataFrame or GeoDataFrame
        As for `density`.
    value : str
        Column to smooth; of 0 and 1 it makes a map of relative risk.
    weights : str, optional
        Column of point weights; they stay with their places.
    n_permutations : int
        How often values are dealt out anew, 19 or more.
    level : float
        How often a map without any pattern may show something.
    seed : int
    x, y, crs
        Where the coordinates are and what they are in.
    **options
        `kernel`, `bandwidth`, `bandwidth_m`, `cell_m`, `mask` and `min_support` of `density`.

    Returns
    -------
    ChanceSurface

    Raises
    ------
    NotEnoughDataError
        Where values do not vary or no cell has support.
    InputError, CallError
        As `density` raises them.

    Examples
    --------
    >>> import numpy as np
    >>> import kz_spatial as kz
    >>> towns = kz.settlements()
    >>> towns["warm"] = (towns["latitude"] < 46).astype(float)
    >>> found = kz.density_envelope(
    ...     towns, "warm", bandwidth=90_000, cell_m=60_000, n_permutations=99
    ... )
    >>> found.p_map, sorted(set(found.contours()["side"]))
    (0.01, ['high', 'low'])
    """
    check_count("n_permutations", n_permutations, 19)
    check_share("level", level)
    where = {"x": x, "y": y, "crs": crs}
    surface = density(points, value=value, weights=weights, **where, **options)
    merged, sums, w, v = prepared(points, surface, value, weights, where, options.get("mask"))
    shown = np.isfinite(surface.values)
    n, spread = len(v), float(v.std(ddof=1))
    if not spread > 0 or not shown.any():
        reason = "no cell with support" if spread > 0 else f"{v[0]:g} alone in column {value}"
        raise NotEnoughDataError(f"points: found {reason}, expected values that vary over places")
    base = sums.of(merged.add(w))[shown]
    squares = sums.of(merged.add(w**2), squared=True)[shown] / base**2
    deviation = spread * np.sqrt(np.maximum(squares - 1 / n, 0))
    # where every point counts alike there is nothing to deal out
    deviation[squares - 1 / n <= 1e-9 / n] = np.inf

    def scores(dealt: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(sums.of(merged.add(w * dealt))[shown] / base / deviation)

    rng = np.random.default_rng(seed)
    centred = v - v.mean()
    own = scores(centred)
    largest = np.sort(
        [np.abs(scores(rng.permutation(centred))).max() for _ in range(n_permutations)]
    )
    # the observed dealing is one of them
    rank = int(np.ceil((1 - level) * (n_permutations + 1)))
    limit = float(largest[rank - 1]) if rank <= n_permutations else float("inf")
    beyond = n_permutations - np.searchsorted(largest, np.abs(own) - 1e-9, side="left")
    p, score = (np.full(shown.shape, np.nan, dtype=np.float32) for _ in range(2))
    score[shown], p[shown] = own, (1 + beyond) / (n_permutations + 1)
    return ChanceSurface(
        surface=surface,
        score=score,
        limit=limit,
        p_map=float((1 + beyond.min()) / (n_permutations + 1)),
        p=p,
        level=level,
        n_permutations=n_permutations,
        seed=seed,
    )

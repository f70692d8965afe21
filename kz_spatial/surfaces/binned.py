"""Points shared out among nodes part by part, and the surface of all of them in one transform.

Bins of two parts of a file add up, so that a surface takes the memory of its nodes, whatever the
number of points.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from kz_spatial._validate import check_option
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.options import EQUAL_AREA_CRS
from kz_spatial.surfaces.gathered import ONE_PLACE_M, check_bandwidth
from kz_spatial.surfaces.kernel import PER_KM2, DensitySurface, area_cells, shown
from kz_spatial.surfaces.node_frames import NodeFrame, shares_of, spread
from kz_spatial.surfaces.shapes import KERNELS, Kernel, peak

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

__all__ = ["PointBins", "bandwidth_of_sums", "make_bins"]

# what stands at the nodes: mass; the part of it beyond the border; of points with a value their
# weights, weighted values, and numbers
_POINTS: Final = ("mass", "beyond")
_VALUES: Final = ("weight", "value", "count")


@dataclass(slots=True, eq=False)
class PointBins:
    """Points shared out among the nodes of a grid.

    Attributes
    ----------
    frame : NodeFrame
    mask : (rows, columns) array of bool
        Cells inside.
    bandwidth_m : float
    nodes : dict of (rows, columns) arrays
        What stands at every node.
    n_points, n_values : int
        Points, and those of them with a value.
    """

    frame: NodeFrame
    mask: NDArray[np.bool_]
    bandwidth_m: float
    nodes: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    n_points: int = 0
    n_values: int = 0

    def _put(self, name: str, made: NDArray[np.float64]) -> None:
        if name in self.nodes:
            self.nodes[name] += made
        else:
            self.nodes[name] = made

    def add(
        self,
        at: NDArray[np.float64],
        weights: NDArray[np.float64] | None = None,
        values: NDArray[np.float64] | None = None,
    ) -> None:
        """Share out points.

        Parameters
        ----------
        at : (2, n) array
            Metres east and north; finite.
        weights : (n,) array, optional
        values : (n,) array, optional
            NaN where a point has none.
        """
        self.n_points += at.shape[1]
        if not at.shape[1]:
            return
        use, first, across, down = shares_of(self.frame, at)
        mass = np.ones(len(first)) if weights is None else weights[use]
        self._put("mass", spread(self.frame, first, across, down, mass))
        far = np.flatnonzero(~self.frame.grid.near(at, self.mask)[use])
        beyond = first[far], across[far], down[far]
        self._put("beyond", spread(self.frame, *beyond, mass[far]))
        if values is None:
            return
        known = np.isfinite(values[use])
        self.n_values += int(np.isfinite(values).sum())
        here, own = (first[known], across[known], down[known]), mass[known]
        self._put("weight", spread(self.frame, *here, own))
        self._put("value", spread(self.frame, *here, own * values[use][known]))
        self._put("count", spread(self.frame, *here, np.ones(len(own))))

    def merge(self, other: PointBins) -> None:
        """Add the points of another part of the file."""
        for name, each in other.nodes.items():
            self._put(name, each)
        self.n_points += other.n_points
        self.n_values += other.n_values

    def _of(self, nodes: NDArray[np.float64], *, edge: bool = False) -> NDArray[np.float64]:
        """Sum of kernels at every cell."""
        comb = self.frame.comb(self.mask) if edge else None
        beyond = self.nodes["beyond"] if edge else None
        made = self.frame.smoothed(nodes, self.bandwidth_m, comb=comb, beyond=beyond)
        return np.asarray(self.frame.centres(self.frame.back(made)))

    def surface(
        self, value: str | None = None, *, rule: str = "given", min_support: float = 5.0
    ) -> DensitySurface:
        """The density of the points, or the smoothed mean of their values.

        Parameters
        ----------
        value : str, optional
            Name of the values; the density without.
        rule : str
            How the bandwidth was found.
        min_support : float
            As for `density`.

        Returns
        -------
        DensitySurface
            As `density` makes it with a mask, without local n and error.

        Raises
        ------
        NotEnoughDataError
            With fewer than two points.
        """
        n = self.n_points if value is None else self.n_values
        if n < 2:
            raise NotEnoughDataError(
                f"points: found {n} with a place and a value, expected at least 2"
            )
        hidden = ~self.mask
        if value is None:
            made = np.maximum(self._of(self.nodes["mass"], edge=True), 0.0) * PER_KM2
        else:
            weight, total = self.nodes["weight"], self.nodes["value"]
            middle = float(total.sum() / weight.sum())
            height = float(peak(self.frame.kernel, self.bandwidth_m))
            hidden |= ~(self._of(self.nodes["count"]) / height >= min_support)
            with np.errstate(invalid="ignore", divide="ignore"):
                # from the mean, as `smoothed_mean` has it
                made = self._of(total - middle * weight) / self._of(weight) + middle
        return DensitySurface(
            values=shown(made, hidden),
            transform=self.frame.grid.transform,
            crs=EQUAL_AREA_CRS,
            bandwidth_m=self.bandwidth_m,
            cell_m=self.frame.grid.cell_m,
            unit="firms per 1000 km²" if value is None else f"mean of {value}",
            n_points=n,
            value=value,
            kernel=self.frame.kernel,
            rule=rule,
            edge_corrected=value is None,
        )


def make_bins(
    mask: gpd.GeoDataFrame, *, bandwidth_m: float, cell_m: float, kernel: Kernel = "gaussian"
) -> PointBins:
    """Empty bins over areas.

    Parameters
    ----------
    mask : GeoDataFrame
        Areas outside which cells are NaN.
    bandwidth_m, cell_m : float
    kernel : str

    Returns
    -------
    PointBins

    Raises
    ------
    CallError
        When sizes are none, or the grid is too large.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> bins = make_bins(kz.oblasts(detail="light"), bandwidth_m=90_000, cell_m=50_000)
    >>> for east in (0.0, 1000.0):
    ...     bins.add(np.array([[east], [0.0]]))
    >>> made = bins.surface().values
    >>> round(float(np.nansum(made)) * 2.5, 4)  # cells of 2,500 km2
    2.0
    """
    check_option("kernel", kernel, KERNELS)
    check_bandwidth(bandwidth_m, cell_m)
    grid, inside = area_cells(mask, np.empty((2, 0)), bandwidth_m, cell_m)
    assert inside is not None
    # nodes as far out as any kernel reaches, since nobody knows how far points lie
    frame = NodeFrame(grid, kernel, bandwidth_m, bandwidth_m, beyond_m=np.inf)
    return PointBins(frame, inside, float(bandwidth_m))


def bandwidth_of_sums(n: int, weight: float, squares: float, spread: NDArray[np.float64]) -> float:
    """Bandwidth by Scott's rule, from sums over the places.

    Parameters
    ----------
    n : int
        Points.
    weight, squares : float
        Sum of their weights, and of the squares of these.
    spread : (2,) array
        Weighted sums of squares about the mean, east and north.

    Raises
    ------
    NotEnoughDataError
        When there are fewer than two points, or all lie in one place.

    Examples
    --------
    >>> found = bandwidth_of_sums(2, 2.0, 2.0, np.array([2e6, 0.0]))  # 1 km either way
    >>> bool(np.isclose(found, 1000 * 0.5**0.5 * 2 ** (-1 / 6)))
    True
    """
    if n < 2 or not weight > 0:
        raise NotEnoughDataError(f"points: found {n} with a place and a value, expected at least 2")
    h = float(np.sqrt((spread / weight).mean()) * (weight**2 / squares) ** (-1 / 6))
    if h < ONE_PLACE_M:
        raise NotEnoughDataError("points: all lie in one place, so bandwidth_m must be given")
    return h

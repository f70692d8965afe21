"""In which order units merge, by Ward's method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kz_spatial.groups.partition import check_enough, standardised

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["WardTree", "ward_tree"]


@dataclass(frozen=True, slots=True, eq=False)
class WardTree:
    """The order in which Ward's method merges units.

    Attributes
    ----------
    merges : (n - 1, 4) array of float
        In the form of `scipy.cluster.hierarchy.linkage`: the two that merge, their distance (the
        root of twice the rise of the sum of squares within), and the units in the union.
    units : Index
        Unit that each number from 0 to n - 1 in `merges` stands for, sorted.
    """

    merges: NDArray[np.float64]
    units: pd.Index[str]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the tree, merges from left to right.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Drawn into when given.

        Returns
        -------
        matplotlib Axes
        """
        from kz_spatial.drawing import tree

        return tree(self.merges, self.units, ax)


def ward_tree(table: pd.DataFrame, *, standardise: bool = True) -> WardTree:
    """Merge units by Ward's method until one group is left.

    Parameters
    ----------
    table : DataFrame
        Units by columns, without gaps.
    standardise : bool
        Whether to turn columns into z-scores first.

    Returns
    -------
    WardTree

    Raises
    ------
    InputError, NotEnoughDataError
        When values are missing or there is one unit only.

    References
    ----------
    Ward (1963), J. Am. Stat. Assoc. 58, 236-244; heights as of R's `hclust(method = "ward.D2")`.

    Examples
    --------
    >>> import pandas as pd
    >>> ward_tree(pd.DataFrame({"x": [0.0, 9, 1]}, list("abc")), standardise=False).merges[0]
    array([0., 2., 1., 2.])
    """
    from scipy.cluster.hierarchy import linkage

    values = standardised(table, standardise=standardise)
    check_enough(len(values))
    return WardTree(np.asarray(linkage(values.to_numpy(), "ward"), np.float64), values.index)

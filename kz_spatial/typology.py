"""Groups of regions that resemble each other, wherever they lie.

Few units: the optimum over all set partitions, certified. Many: k-means with many seeded starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from kz_spatial._validate import check_option
from kz_spatial.errors import CallError
from kz_spatial.partition import (
    Partition,
    check_n_clusters,
    make_partition,
    partitions,
    standardised,
    within_ss,
)

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["typology"]

_MAX_EXACT: Final = 12


def _k_means(X: NDArray[np.float64], k: int, seed: int) -> NDArray[np.intp]:
    from sklearn.cluster import KMeans

    found = KMeans(n_clusters=k, n_init=50, random_state=seed).fit(X).labels_
    return np.asarray(found, dtype=np.intp)


def typology(
    table: pd.DataFrame,
    *,
    n_clusters: int = 3,
    method: Literal["auto", "exact", "k-means"] = "auto",
    standardise: bool = True,
    seed: int = 20240,
) -> Partition:
    """Group units by likeness, without regard to where they lie.

    Parameters
    ----------
    table : DataFrame
        Units by columns, without gaps.
    n_clusters : int
    method : {"auto", "exact", "k-means"}
        `auto` enumerates all partitions up to 12 units and runs k-means beyond.
    standardise : bool
        Whether to turn columns into z-scores first.
    seed : int
        Seed of k-means.

    Returns
    -------
    Partition

    Raises
    ------
    InputError, NotEnoughDataError
        When values are missing or there are fewer units than groups.
    CallError
        When "exact" is asked of more than 12 units.
    """
    check_option("method", method, ("auto", "exact", "k-means"))
    values = standardised(table, standardise=standardise)
    X, n = values.to_numpy(), len(values)
    check_n_clusters(n_clusters, n)
    if method == "exact" and n > _MAX_EXACT:
        raise CallError(f"method='exact': found {n} units, expected at most {_MAX_EXACT}; use "
                        "'k-means'")  # fmt: skip
    exact = method != "k-means" and n <= _MAX_EXACT
    if exact:
        every = (np.array(each, dtype=np.intp) for each in partitions(n, n_clusters))
        labels = min(every, key=lambda each: within_ss(X, each))
    else:
        labels = _k_means(X, n_clusters, seed)
    return make_partition(
        values,
        labels,
        table.index,
        method="exact" if exact else "k-means",
        certified=exact,
        seed=None if exact else seed,
    )

"""Firms drawn again within their regions, and the means of the regions in each draw.

Where firms may not be seen, means are drawn by their published errors instead.

Firms are drawn with replacement within each region, as many as it has. They are drawn in the order
of their `firm_id`, where there is one, so that the order of rows does not matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kz_spatial._validate import check_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["drawn_by_error", "drawn_means", "drawn_rows"]


def drawn_rows(firms: pd.DataFrame, region: str, n_draws: int, seed: int) -> NDArray[np.intp]:
    """Rows of firms drawn again within their region, a draw each; firms without one stay out."""
    check_count("n_draws", n_draws, 1)
    check_count("seed", seed, 0)
    rng = np.random.default_rng(seed)
    # by firm, so that the order of rows does not matter
    order = np.arange(len(firms))
    if "firm_id" in firms:
        order = firms["firm_id"].reset_index(drop=True).sort_values(kind="stable").index.to_numpy()
    units = firms[region].iloc[order]
    members = [order[rows] for _, rows in sorted(units.groupby(units.to_numpy()).indices.items())]
    return np.concatenate(
        [each[rng.integers(len(each), size=(n_draws, len(each)))] for each in members], axis=1
    )


def drawn_means(
    firms: pd.DataFrame,
    table: pd.DataFrame,
    indicators: Sequence[str],
    weights: str | None,
    n_draws: int,
    seed: int,
) -> NDArray[np.float64]:
    """Means of every unit of a table in draws of its firms.

    Returns
    -------
    (draws, units, indicators) array
        NaN where a draw has no answer, and where the table has no mean.
    """
    region = str(table.index.name)
    rows = drawn_rows(firms, region, n_draws, seed)
    unit = table.index.get_indexer(firms[region])[rows]
    weight = (np.ones(len(firms)) if weights is None else firms[weights].to_numpy(float))[rows]
    cell = unit + len(table) * np.arange(n_draws)[:, None]
    means = np.empty((n_draws, len(table), len(indicators)))
    for j, name in enumerate(indicators):
        values = firms[name].to_numpy(float)[rows]
        use = np.isfinite(values)
        size = n_draws * len(table)
        total = np.bincount(cell[use], weight[use] * values[use], size)
        base = np.bincount(cell[use], weight[use], size)
        with np.errstate(invalid="ignore"):
            means[..., j] = (total / base).reshape(n_draws, len(table))
        means[:, table[f"{name}_mean"].isna().to_numpy(), j] = np.nan
    return means


def drawn_by_error(
    table: pd.DataFrame, indicators: Sequence[str], n_draws: int, seed: int
) -> NDArray[np.float64]:
    """Means of every unit of a table, drawn from a normal law with the error that the table shows.

    Returns
    -------
    (draws, units, indicators) array
        NaN where the table has no mean; a mean without an error stays as it is.
    """
    check_count("n_draws", n_draws, 1)
    check_count("seed", seed, 0)
    rng = np.random.default_rng(seed)
    means = np.empty((n_draws, len(table), len(indicators)))
    for j, name in enumerate(indicators):
        mean, error = (table[f"{name}_{part}"].to_numpy(float) for part in ("mean", "se"))
        means[..., j] = mean + np.nan_to_num(error) * rng.standard_normal((n_draws, len(table)))
    return means

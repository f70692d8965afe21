"""Chances that a unit is first, last or among the first few, by an empirical-Bayes posterior.

The model is normal-normal: estimate_i = theta_i + e_i with e_i ~ N(0, std_error_i^2), and
theta_i ~ N(mu, tau^2). tau^2 is found by restricted maximum likelihood and mu by weighted least
squares, so that the true values are shrunk towards the mean, the less certain ones the more.
Posterior draws of all theta, mu included, give the chances of each rank; so a leader by luck gets
less than what draws around the raw estimates would give it. What they leave out is that tau^2 is
itself estimated, and that true values need not be normal. They are no confidence statement;
`rank_sets` makes one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from kz_spatial._validate import check_count
from kz_spatial.estimates.ranks import N_DRAWS, SEED, units_of_ranking

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["between_variance", "rank_probabilities"]


def between_variance(estimates: NDArray[np.float64], variances: NDArray[np.float64]) -> float:
    """Variance of the true values by restricted maximum likelihood, 0 or above.

    Parameters
    ----------
    estimates, variances : (n,) arrays
        Sampling variances above 0.
    """

    def loss(tau2: float) -> float:
        w = 1 / (tau2 + variances)
        gap = estimates - w @ estimates / w.sum()
        return float(0.5 * (np.log(w.sum()) - np.log(w).sum() + w @ gap**2))

    # the likelihood may have two peaks: search a grid first, then around its best point
    top = 4 * np.var(estimates, ddof=1) + variances.max()
    grid = np.concatenate([[0.0], np.geomspace(1e-6, 1, 60) * top])
    best = int(np.argmin([loss(each) for each in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    close = {"xatol": 1e-10 * top}
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options=close)
    return 0.0 if loss(0.0) <= found.fun else float(found.x)


def rank_probabilities(
    estimates: pd.Series[Any],
    std_errors: pd.Series[Any],
    *,
    top: int = 3,
    n_draws: int = N_DRAWS,
    seed: int = SEED,
) -> pd.DataFrame:
    """Chances of ranks under a normal model of the true values (empirical Bayes).

    Parameters
    ----------
    estimates, std_errors : (n,) Series
        By unit, independent between units. Rank 1 is the largest.
    top : int
        The chance of being among so many first ones is given.
    n_draws, seed : int
        Posterior draws; chances are right to 0.003 or so with the default.

    Returns
    -------
    DataFrame
        On the index of the estimates: `posterior_mean, posterior_sd, first, top, last,
        expected_rank`; missing for units without estimate or error. `.attrs` holds `mean` and
        `between_sd` of the true values. Where `between_sd` is 0 the units are not told apart and
        all have the same chances, as nearly as draws are.

    Raises
    ------
    InputError, NotEnoughDataError
        As in `rank_sets`.

    Examples
    --------
    >>> import pandas as pd
    >>> import kz_spatial as kz
    >>> scores = pd.Series({"north": 3.0, "south": 0.0, "west": 0.5})
    >>> kz.rank_probabilities(scores, scores * 0 + 0.4)["first"].round(2).to_dict()
    {'north': 1.0, 'south': 0.0, 'west': 0.0}
    """
    check_count("top", top, 1)
    check_count("n_draws", n_draws, 1000)
    check_count("seed", seed, 0)
    use, values, covariance = units_of_ranking(estimates, std_errors)
    variances = np.diag(covariance)
    tau2 = between_variance(values, variances)
    w = 1 / (tau2 + variances)
    mean = float(w @ values / w.sum())
    kept = tau2 * w  # what is kept of a unit's distance from the mean
    n = len(values)
    rng = np.random.default_rng(seed)
    # given mu the true values are independent; mu itself has variance 1 / sum(w)
    mu = mean + rng.standard_normal((n_draws, 1)) / np.sqrt(w.sum())
    own = rng.standard_normal((n_draws, n))
    drawn = mu + kept * (values - mu) + np.sqrt(kept * variances) * own
    if tau2 == 0:
        drawn = own  # all equal: any order is as likely
    rank = n - drawn.argsort(axis=1).argsort(axis=1)
    frame = pd.DataFrame(
        {
            "posterior_mean": mean + kept * (values - mean),
            "posterior_sd": np.sqrt(kept * variances + (1 - kept) ** 2 / w.sum()),
            "first": (rank == 1).mean(axis=0),
            "top": (rank <= top).mean(axis=0),
            "last": (rank == n).mean(axis=0),
            "expected_rank": rank.mean(axis=0),
        },
        index=estimates.index[use],
    ).reindex(estimates.index)
    frame.attrs = {"mean": mean, "between_sd": tau2**0.5, "top": top}
    frame.attrs |= {"n_draws": n_draws, "seed": seed}
    return frame

"""A term that varies in one region only, tested by permutation among that region's firms.

No inference over regions can speak of such a term: there is one region to learn from. What can be
asked is whether, among these firms of this region, the outcome goes with the term more than it
would by chance. The statistic is studentised with errors robust to heteroskedasticity (HC3), and
the outcome's residuals without the term are permuted (Freedman and Lane 1983; DiCiccio and Romano
2017, Journal of the American Statistical Association 112). It assumes that firms are independent:
with shocks that firms of the region share it rejects too often.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kz_spatial._validate import check_count
from kz_spatial.errors import NotEnoughDataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.regression.few_clusters import LinearModel

__all__ = ["WithinRegion", "permute_within"]

_ASSUMES: Final = "these firms of this region only; assumes firms independent"
_FEWEST: Final = 4
_ZERO: Final = 1e-9


@dataclass(frozen=True, slots=True)
class WithinRegion:
    """Permutation test of one coefficient among the firms of one region.

    Attributes
    ----------
    term, region : str
    coefficient, std_error, t : float
        Of the term among the region's firms, HC3.
    p : float
        Two-sided; share of permutations with a t at least as large, the data's own counted in.
    n_firms, n_permutations, seed : int
    assumes : str
        What the p-value is about.
    """

    term: str
    region: str
    coefficient: float
    std_error: float
    t: float
    p: float
    n_firms: int
    n_permutations: int
    seed: int
    assumes: str = _ASSUMES


def _studentised(
    x: NDArray[np.float64], Y: NDArray[np.float64], leverage: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Slopes of (n, m) outcomes on one column net of the rest, and their HC3 errors."""
    square = float(x @ x)
    b = (x @ Y) / square
    residuals = (Y - x[:, None] * b) / (1 - leverage)[:, None]
    return b, np.sqrt((x**2) @ residuals**2) / square


def permute_within(
    model: LinearModel,
    place: int,
    members: NDArray[np.intp],
    *,
    term: str,
    region: str,
    n_permutations: int,
    seed: int,
) -> WithinRegion:
    """Test a term among some firms.

    Parameters
    ----------
    model : LinearModel
    place : int
        Column of the term.
    members : (n,) array of int
        Rows of the region's firms.
    term, region : str
        What they are called.
    n_permutations, seed : int

    Raises
    ------
    NotEnoughDataError
        When the region has too few firms for the terms that vary in it.
    """
    check_count("n_permutations", n_permutations, 1)
    check_count("seed", seed, 0)
    root = np.sqrt(model.w[members])
    whole = np.column_stack([root, model.X[members] * root[:, None]])
    y = model.y[members] * root
    others = np.delete(whole, place + 1, axis=1)
    Q, singular, _ = np.linalg.svd(others, full_matrices=False)
    Q = Q[:, singular > singular.max() * 1e-10]
    x = whole[:, place + 1] - Q @ (Q.T @ whole[:, place + 1])
    n = len(members)
    if n < Q.shape[1] + _FEWEST or not np.linalg.norm(x) > 1e-9 * np.linalg.norm(
        whole[:, place + 1]
    ):
        raise NotEnoughDataError(
            f"term {term}: {region} has {n} firms for {Q.shape[1] + 1} coefficients, "
            "so nothing can be permuted"
        )
    residuals = y - Q @ (Q.T @ y)
    leverage = np.minimum((Q**2).sum(axis=1) + x**2 / (x @ x), 1 - 1e-9)
    b, error = _studentised(x, residuals[:, None], leverage)
    t = float(b[0] / error[0])
    rng = np.random.default_rng(seed)
    order = rng.permuted(np.tile(np.arange(n), (n_permutations, 1)), axis=1)
    shuffled = residuals[order].T
    shuffled -= Q @ (Q.T @ shuffled)
    with np.errstate(invalid="ignore", divide="ignore"):
        slopes, errors = _studentised(x, shuffled, leverage)
        drawn = np.abs(slopes / errors)
    beyond = int((drawn >= abs(t) * (1 - 1e-12)).sum())
    return WithinRegion(
        term=term,
        region=region,
        coefficient=float(b[0]),
        std_error=float(error[0]),
        t=t,
        p=(1 + beyond) / (1 + n_permutations),
        n_firms=n,
        n_permutations=n_permutations,
        seed=seed,
    )

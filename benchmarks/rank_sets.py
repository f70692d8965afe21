"""How often confidence sets hold the true ranks, how wide they are, and what else claims as much.

`python benchmarks/rank_sets.py [replications]`: true values of 7 and 20 units are drawn once per
replication from N(0, spread^2), estimates around them with errors from 0.5 to 1.5. Where errors are
estimated, every unit has so many firms and its error comes from their deviation; sets "with df"
know that, the others take it as known. "all hold" is the share of replications in which the sets of
all units hold their true ranks (what simultaneous sets promise), "each" the share of units (what
marginal ones promise); nominal is 95 %, and two binomial errors of 300 are 2.5 points. "width" is
the mean number of ranks in a set. "draws" are the 2.5 and 97.5 % ranks among draws around the
estimates, which many reports give and which claim no coverage. The last lines set the chance of
leading that is stated for the unit with the largest estimate beside the share in which it leads.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

import kz_spatial as kz

KINDS = (
    ("simultaneous, stepdown", {"simultaneous": True, "stepdown": True}),
    ("simultaneous, one step", {"simultaneous": True, "stepdown": False}),
    ("marginal, stepdown", {"simultaneous": False, "stepdown": True}),
)
# units, spread of true values, firms per unit where errors are estimated
DESIGNS = ((7, 0.0, None), (7, 1.0, None), (7, 3.0, None), (20, 0.0, None), (20, 1.0, None))
DESIGNS = (*DESIGNS, (20, 3.0, None), (7, 0.0, 10), (7, 0.0, 50), (20, 0.0, 10), (20, 0.0, 50))


def drawn_ranks(estimates: pd.Series, errors: pd.Series, rng) -> tuple[np.ndarray, np.ndarray]:
    n = len(estimates)
    drawn = estimates.to_numpy() + errors.to_numpy() * rng.standard_normal((1000, n))
    ranks = n - drawn.argsort(axis=1).argsort(axis=1)
    return tuple(np.quantile(ranks, q, axis=0, method="nearest") for q in (0.025, 0.975))


def replicate(n: int, spread: float, firms: int | None, rng) -> dict[str, tuple[np.ndarray, float]]:
    theta, s = spread * rng.standard_normal(n), rng.uniform(0.5, 1.5, n)
    estimates = pd.Series(theta + s * rng.standard_normal(n))
    said = s if firms is None else s * np.sqrt(rng.chisquare(firms - 1, n) / (firms - 1))
    errors = pd.Series(said)
    # ranks that a tied unit may have: all of them must be held
    least, most = 1 + (theta[:, None] < theta).sum(axis=1), (theta[:, None] <= theta).sum(axis=1)
    found = {}
    kinds = KINDS if firms is None else (KINDS[0], KINDS[2])
    if firms is not None:
        df = pd.Series(firms - 1.0, errors.index)
        kinds = (*kinds, ("simultaneous, with df", {"simultaneous": True, "df": df}))
    for name, asked in kinds:
        sets = kz.rank_sets(estimates, errors, n_draws=4000, **asked)
        low, high = sets["low"].to_numpy(), sets["high"].to_numpy()
        found[name] = ((low <= least) & (high >= most), float((high - low + 1).mean()))
    low, high = drawn_ranks(estimates, errors, rng)
    found["draws"] = ((low <= least) & (high >= most), float((high - low + 1).mean()))
    return found


def leading(n: int, spread: float, n_sets: int, rng) -> tuple[float, float, float]:
    """Stated by the posterior, stated by draws around the estimates, and true."""
    said, naive, true = [], [], []
    for _ in range(n_sets):
        theta, s = spread * rng.standard_normal(n), rng.uniform(0.5, 1.5, n)
        estimates = pd.Series(theta + s * rng.standard_normal(n))
        leader = estimates.idxmax()
        chances = kz.rank_probabilities(estimates, pd.Series(s), n_draws=2000)
        said.append(chances.loc[leader, "first"])
        drawn = estimates.to_numpy() + s * rng.standard_normal((2000, n))
        naive.append((drawn.argmax(axis=1) == leader).mean())
        true.append(theta.argmax() == leader)
    return float(np.mean(said)), float(np.mean(naive)), float(np.mean(true))


def main() -> None:
    n_sets = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    rng = np.random.default_rng(20240)
    print(f"{n_sets} replications; nominal 95 %")
    print(
        f"{'units':>5} {'spread':>6} {'firms':>6}  {'sets':<24} {'all hold':>8} {'each':>6} width"
    )
    for n, spread, firms in DESIGNS:
        found = [replicate(n, spread, firms, rng) for _ in range(n_sets)]
        for name in found[0]:
            held = np.array([each[name][0] for each in found])
            width = np.mean([each[name][1] for each in found])
            print(
                f"{n:>5} {spread:>6.1f} {firms or 'known':>6}  {name:<24} "
                f"{100 * held.all(axis=1).mean():>7.1f}% {100 * held.mean():>5.1f}% {width:>5.1f}"
            )
    print("\nchance that the unit with the largest estimate leads, mean")
    print(f"{'units':>5} {'spread':>6} {'posterior':>9} {'draws':>6} {'true':>6}")
    for n in (7, 20):
        for spread in (0.5, 1.0, 3.0):
            shares = leading(n, spread, n_sets, rng)
            print(f"{n:>5} {spread:>6.1f}", *(f"{100 * each:>7.1f}%" for each in shares))


if __name__ == "__main__":
    main()

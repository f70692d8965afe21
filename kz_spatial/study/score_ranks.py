"""What the ranks of a study's score can claim: errors, confidence sets, ties, chances.

Where firms are open, the errors of all means and their covariances within firms enter; where they
are guarded, the errors that the tables show, as if indicators were independent. So rank sets of
guarded files tell nothing that the tables do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial.design import SCORE
from kz_spatial.errors import InputError, NotEnoughDataError
from kz_spatial.estimates import (
    ScoreErrors,
    rank_probabilities,
    rank_sets,
    readiness_errors,
    score_jacobian,
    scored,
    survey_covariance,
    tied_groups,
)

if TYPE_CHECKING:
    from kz_spatial.design import DisclosureRules, StudyDesign
    from kz_spatial.study.run_log import RunLog

__all__ = ["ScoreRanks", "find_ranks", "join_ranks"]

_DRAWS: Final = 20_000
_COVERAGE: Final = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class ScoreRanks:
    """Ranks of the units of one level.

    Attributes
    ----------
    level : str
    errors : ScoreErrors
        Scores, their errors and covariance.
    frame : DataFrame
        By code: `score`, `score_se`, `rank`; `rank_low`, `rank_high` (all sets hold together with
        95 %), `own_low`, `own_high` (each by itself), `tied_group`, `chance_first`, `chance_top`,
        `chance_last` (of an empirical-Bayes posterior). Missing for units without a score.
    guarded : bool
        Whether errors are those that the tables show.
    """

    level: str
    errors: ScoreErrors
    frame: pd.DataFrame
    guarded: bool

    @property
    def leaders(self) -> list[str]:
        """Units that may be first, in the order of their scores."""
        return self._within(self.frame["rank_low"] == 1, last=False)

    @property
    def trailers(self) -> list[str]:
        """Units that may be last, the lowest score first."""
        n = int(self.frame["score"].notna().sum())
        return self._within(self.frame["rank_high"] == n, last=True)

    def _within(self, chosen: pd.Series[Any], *, last: bool) -> list[str]:
        rows = self.frame[chosen.fillna(value=False).astype(bool)]
        return [str(each) for each in rows.sort_values("score", ascending=last).index]


def _freedom(
    means: pd.DataFrame,
    numbers: pd.DataFrame,
    variances: pd.DataFrame,
    design: StudyDesign,
) -> pd.Series[Any]:
    """Degrees of freedom of the errors of scores, after Satterthwaite.

    Each unit's own means carry most of its error, with as many degrees of freedom as firms less
    one.
    """
    made = scored(means, design)
    units, names = made.means.index, list(made.indicators)
    slopes = score_jacobian(made.means.to_numpy(), made.directions)
    own = np.einsum("iij->ij", slopes) ** 2 * variances.loc[units, names].to_numpy(float)
    left = np.maximum(numbers.loc[units, names].to_numpy(float) - 1, 1)
    df = own.sum(axis=1) ** 2 / (own**2 / left).sum(axis=1)
    return pd.Series(df, units).reindex(means.index)


def _ranks(
    level: str,
    table: pd.DataFrame,
    cov: pd.DataFrame | None,
    design: StudyDesign,
    seed: int,
) -> ScoreRanks:
    names = list(design.by_name)
    means, errors, numbers = (
        table[[f"{name}_{part}" for name in names]].astype(float).set_axis(names, axis=1)
        for part in ("mean", "se", "n")
    )
    if cov is None:
        found = readiness_errors(means, errors, design=design)
        variances = errors**2
    else:
        found = readiness_errors(means, cov=cov, design=design)
        diagonal = pd.Series(np.diag(cov), cov.index)
        variances = diagonal.unstack()[names].reindex(means.index)  # noqa: PD010
    df = _freedom(means, numbers, variances, design)
    asked: dict[str, Any] = {
        "cov": found.cov, "coverage": _COVERAGE, "df": df, "n_draws": _DRAWS, "seed": seed,
    }  # fmt: skip
    together = rank_sets(found.scores, **asked)
    alone = rank_sets(found.scores, simultaneous=False, **asked)
    chances = rank_probabilities(found.scores, found.std_errors, n_draws=_DRAWS, seed=seed)
    frame = pd.DataFrame(
        {
            "score": found.scores,
            "score_se": found.std_errors,
            "rank": together["rank"],
            "rank_low": together["low"],
            "rank_high": together["high"],
            "own_low": alone["low"],
            "own_high": alone["high"],
            "tied_group": tied_groups(together),
            "chance_first": chances["first"],
            "chance_top": chances["top"],
            "chance_last": chances["last"],
        },
        index=table.index,
    )
    whole = ["rank", "rank_low", "rank_high", "own_low", "own_high", "tied_group"]
    frame[whole] = frame[whole].astype("Int64")
    return ScoreRanks(level, found, frame, cov is None)


def find_ranks(
    firms: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    design: StudyDesign,
    rules: DisclosureRules,
    log: RunLog,
    *,
    weights: str | None,
    strata: str | None,
    seed: int,
) -> dict[str, ScoreRanks]:
    """Ranks with their sets by level; reasons in the log where there are none.

    Parameters
    ----------
    firms : DataFrame
    tables : dict of DataFrame
        By level, as the rules left them.
    design : StudyDesign
    rules : DisclosureRules
    log : RunLog
    weights, strata : str or None
        Columns that the estimates rest on.
    seed : int

    Returns
    -------
    dict of ScoreRanks
        By level.
    """
    found = {}
    for level, table in tables.items():
        scored = int(table[SCORE].notna().sum())
        if scored < 2:
            log.inapplicable[f"ranks, {level}"] = f"{scored} units have a score, two are needed"
            continue
        cov = None
        if not rules.guarded:
            cov = survey_covariance(
                firms,
                list(design.by_name),
                weights=weights or False,
                strata=strata or False,
                by=level,
                design=design,
            )
        try:
            found[level] = _ranks(level, table, cov, design, seed)
        except (InputError, NotEnoughDataError) as error:
            log.inapplicable[f"ranks, {level}"] = str(error)
    return found


def join_ranks(
    tables: dict[str, pd.DataFrame], ranks: dict[str, ScoreRanks]
) -> dict[str, pd.DataFrame]:
    """Tables with the error of the score and the set of ranks behind the rank of each unit."""
    joined = dict(tables)
    for level, each in ranks.items():
        shown = each.frame[["score_se", "rank_low", "rank_high", "tied_group"]]
        joined[level] = pd.concat([tables[level], shown], axis=1)
        joined[level].attrs = tables[level].attrs
    return joined

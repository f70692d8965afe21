"""What catching up with the country on one indicator would do to a unit's place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kz_spatial.estimates.scores import Scored

__all__ = ["score_gains"]


def score_gains(found: Scored, targets: Mapping[str, float]) -> pd.DataFrame:
    """Score and rank of each unit if it alone reached a target on one indicator.

    Scores are made anew, means and deviations over units among them, so that the result is what
    `readiness` would give for the changed table. It is arithmetic, not a forecast.

    Parameters
    ----------
    found : Scored
    targets : mapping of float
        By indicator, in its unit, such as the country's figures; those missing or NaN are left out.

    Returns
    -------
    DataFrame
        A row for each unit and each indicator on which it is behind its target: `unit`,
        `indicator`, `own`, `target`, `gain` (of the score), `rank`, `new_rank` (1 is the highest
        score; equal scores share the best rank).

    Examples
    --------
    >>> import kz_spatial as kz
    >>> from kz_spatial.estimates import scored
    >>> table = kz.aggregate(kz.load_twin(), by="composite")
    >>> means = table.filter(like="_mean").rename(columns=lambda name: name[:-5])
    >>> found = scored(means, kz.load_design())
    >>> rows = score_gains(found, {"epayment_share": 68.4})
    >>> bool((rows["own"] < 68.4).all()), bool((rows["new_rank"] <= rows["rank"]).all())
    (True, True)
    """
    scores, rows = found.scores, list[dict[str, Any]]()
    for place, name in enumerate(found.indicators):
        target = targets.get(name, np.nan)
        for at, (unit, own) in enumerate(found.means[name].items()):
            # a comparison with NaN is False
            if not found.directions[place] * (target - own) > 0:
                continue
            changed = found.means.copy()
            changed.iloc[at, place] = target
            reached = replace(found, means=changed).scores
            rows.append(
                {
                    "unit": unit,
                    "indicator": name,
                    "own": float(own),
                    "target": float(target),
                    "gain": float(reached[unit] - scores[unit]),
                    "rank": int((scores > scores[unit]).sum()) + 1,
                    "new_rank": int((reached > reached[unit]).sum()) + 1,
                }
            )
    columns = ["unit", "indicator", "own", "target", "gain", "rank", "new_rank"]
    return pd.DataFrame(rows, columns=columns)

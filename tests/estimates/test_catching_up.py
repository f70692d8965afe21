"""What catching up with the country on one indicator does to a score and its rank."""

import numpy as np
import pandas as pd
import pytest

from kz_spatial.estimates import score_gains
from kz_spatial.estimates.scores import Scored


def test_gains_are_those_of_scores_made_anew():
    means = pd.DataFrame({"a": [1.0, 2.0, 6.0], "b": [4.0, 1.0, 1.0]}, index=list("xyz"))
    base = Scored(means, np.array([1.0, -1.0]))
    rows = score_gains(base, {"a": 5.0, "b": 2.0, "c": 9.0}).set_index(["unit", "indicator"])
    # more of a and less of b are better: x is behind on both, y on a, z on nothing
    assert set(rows.index) == {("x", "a"), ("y", "a"), ("x", "b")}
    for (unit, name), row in rows.iterrows():
        changed = means.copy()
        changed.loc[unit, name] = {"a": 5.0, "b": 2.0}[name]
        z = (changed - changed.mean()) / changed.std()
        score = (z["a"] - z["b"]) / 2
        old = ((means - means.mean()) / means.std() * [1, -1]).mean(axis=1)
        assert row["gain"] == pytest.approx(score[unit] - old[unit], rel=1e-12)
        assert row["rank"] == old.rank(ascending=False, method="min")[unit]
        assert row["new_rank"] == score.rank(ascending=False, method="min")[unit]
        assert (row["own"], row["target"]) == (means.loc[unit, name], changed.loc[unit, name])
    assert score_gains(base, {"a": np.nan}).empty

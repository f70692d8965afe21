"""Means drawn by published errors, where firms may not be seen; and what rests on them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import kz_spatial as kz
from kz_spatial.estimates import drawn_by_error
from kz_spatial.groups import redrawn_co_membership
from kz_spatial.neighbours import redrawn_moran

TABLE = kz.aggregate(kz.join(kz.load_twin(), kz.oblasts()), by="oblast")
GRAPH = kz.contiguity(kz.oblasts(detail="light"))


def test_draws_have_the_mean_and_error_of_the_table():
    drawn = drawn_by_error(TABLE, ["epayment_share", "co2_monitoring"], 20_000, 1)
    assert drawn.shape == (20_000, 20, 2)
    for j, name in enumerate(("epayment_share", "co2_monitoring")):
        mean, error = TABLE[f"{name}_mean"], TABLE[f"{name}_se"]
        # twenty thousand draws: a mean is off by more than 4 errors of its own in 1 of 16,000
        off = (drawn[..., j].mean(axis=0) - mean) / (error / np.sqrt(20_000))
        assert off.abs().max() < 4.5
        np.testing.assert_allclose(drawn[..., j].std(axis=0), error, rtol=0.03)
    # indicators and units are drawn apart
    assert abs(np.corrcoef(drawn[:, 0, 0], drawn[:, 1, 0])[0, 1]) < 0.03
    assert abs(np.corrcoef(drawn[:, 0, 0], drawn[:, 0, 1])[0, 1]) < 0.03


def test_a_mean_that_is_withheld_stays_away_and_one_without_error_stays():
    table = TABLE.copy()
    table.loc["KZ-10", "epayment_share_mean"] = np.nan
    table.loc["KZ-11", "epayment_share_se"] = np.nan
    drawn = drawn_by_error(table, ["epayment_share"], 5, 1)[..., 0]
    assert np.isnan(drawn[:, table.index.get_loc("KZ-10")]).all()
    own = drawn[:, table.index.get_loc("KZ-11")]
    assert (own == table.loc["KZ-11", "epayment_share_mean"]).all()


def test_moran_over_such_draws_is_that_of_each_draw():
    found = redrawn_moran(TABLE, "epayment_share", GRAPH, n_draws=40, seed=7)
    drawn = drawn_by_error(TABLE, ["epayment_share"], 40, 7)[..., 0]
    each = [kz.moran(pd.Series(row, TABLE.index), GRAPH).statistic for row in drawn]
    low, high = np.quantile(each, [0.025, 0.975])
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    first = kz.local_moran(TABLE["epayment_share_mean"], GRAPH).frame["label"]
    labels = [kz.local_moran(pd.Series(row, TABLE.index), GRAPH).frame["label"] for row in drawn]
    changes = np.mean([label != first for label in labels], axis=0)
    np.testing.assert_allclose(found.frame["changes"], changes)
    assert (found.n_draws, found.n_skipped, found.seed) == (40, 0, 7)


def test_groups_over_such_draws_are_those_of_each_draw():
    table = kz.aggregate(kz.load_twin())
    names = ["epayment_share", "permit_days"]
    found = redrawn_co_membership(table, indicators=names, n_draws=12, seed=3)
    drawn = drawn_by_error(table, names, 12, 3)
    together = np.zeros((7, 7))
    for each in drawn:
        labels = kz.typology(pd.DataFrame(each, table.index)).labels.to_numpy()
        together += labels[:, None] == labels
    np.testing.assert_allclose(found.matrix, together / 12)

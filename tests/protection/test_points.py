"""Groups of located firms: each safe, none lost, the same whatever the order of rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import kz_spatial as kz
from kz_spatial.design import SURVEY
from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.protection import Answers, group_points, grouped_points, unsafe_cells


def firms(n=400, seed=0, alone=20):
    rng = np.random.default_rng(seed)
    at = rng.normal(0, 2e5, (n, 2))
    at[: n // 2] = [1e4, 2e4]  # a town with half of them
    at[-alone:] *= 8  # and some far from everything
    return pd.DataFrame(
        {
            "x": at[:, 0],
            "y": at[:, 1],
            "pay": 5.0 * rng.integers(0, 21, n),
            "w": rng.random(n) + 0.5,
        }
    )


def groups_of(table, rules=SURVEY, cell_m=5_000.0):
    unit = np.zeros(len(table), dtype=int)
    w = table["w"].to_numpy()
    asked = [
        Answers(np.ones(len(table)), w, unit, np.inf, binary=True),
        Answers(table["pay"].to_numpy(), w, unit, 100.0, binary=False),
    ]
    return group_points(table[["x", "y"]].to_numpy(), asked, rules, cell_m=cell_m)


def test_every_group_has_enough_firms_and_none_is_lost():
    table = firms()
    found = groups_of(table)
    assert len(found) > 8
    assert found["firms"].min() >= 10
    assert found["firms"].sum() == len(table)
    assert found["weight_1"].sum() == pytest.approx(table["w"].sum())
    total = (found["weight_1"] * found["value_1"]).sum()
    assert total == pytest.approx((table["w"] * table["pay"]).sum())


def test_order_does_not_matter():
    table = firms()
    pd.testing.assert_frame_equal(
        groups_of(table), groups_of(table.sample(frac=1, random_state=5)), check_exact=False
    )


def test_places_lie_on_the_grid():
    found = groups_of(firms(), cell_m=20_000.0)
    for axis in ("x", "y"):
        np.testing.assert_allclose((found[axis] / 20_000.0) % 1, 0.5)


def test_a_dominant_firm_stands_in_no_group_that_tells_it():
    table = firms(120, alone=0)
    table.loc[3, "pay"], table["pay"] = 100.0, np.where(table.index == 3, 100.0, 1.0)
    table.loc[::2, "pay"] += 1.0
    found = groups_of(table)
    # it needs 10 % of itself from the others in its group, two apart
    rich = found.loc[found["value_1"].idxmax()]
    assert rich["firms"] >= 12


def test_firms_that_are_too_few_together_make_no_surface():
    with pytest.raises(NotEnoughDataError, match="expected 10 or more, none dominant"):
        groups_of(firms(9, alone=0))
    groups_of(firms(9, alone=0), replace(SURVEY, min_firms=3))


def test_answers_that_lack_are_left_out_of_means_alone():
    table = firms()
    table.loc[::3, "pay"] = np.nan
    found = groups_of(table)
    assert found["answers_0"].sum() == len(table)
    assert found["answers_1"].sum() == table["pay"].notna().sum()
    assert ((found["answers_1"] == 0) | (found["answers_1"] >= 10)).all()


def test_each_group_is_safe_by_the_rules():
    """Found again from their places: the nearest group is not needed, cuts are along the grid."""
    table = firms(60, alone=0)
    table["x"], table["y"] = np.repeat([0.0, 4e5, 8e5], 20), 0.0
    found = groups_of(table)
    assert found["firms"].tolist() == [20, 20, 20]
    for number, group in enumerate(np.split(table["pay"].to_numpy(), 3)):
        own = Answers(
            group, table["w"].to_numpy()[20 * number :][:20], np.zeros(20, int), 100.0, binary=False
        )
        assert not any(each[0] for each in unsafe_cells(own, 1, SURVEY).values())


def test_a_surface_knows_how_many_points_stand_behind_it():
    table = firms().rename(columns={"x": "longitude", "y": "latitude"})
    table["longitude"] = 67 + table["longitude"] / 3e5
    table["latitude"] = 48 + table["latitude"] / 3e5
    groups, how = grouped_points(table, SURVEY, value="pay", weights="w", cell_m=10_000)
    made = kz.density(groups, **how["value"], bandwidth_m=60_000, cell_m=10_000)
    assert made.n_points == 400
    # too thin a place is not shown: here the far firms' groups, a few hundred kilometres wide
    assert 0 < np.isfinite(made.values).mean() < 0.5
    assert np.nanmin(made.values) >= table["pay"].min()
    assert np.nanmax(made.values) <= table["pay"].max()
    with pytest.raises(CallError, match="cell_m=0: expected metres above 0"):
        grouped_points(table, SURVEY, cell_m=0)


def test_groups_of_yes_and_no_are_told_by_rounded_shares():
    table = firms().rename(columns={"x": "longitude", "y": "latitude"})
    table["longitude"] = 67 + table["longitude"] / 3e5
    table["latitude"] = 48 + table["latitude"] / 3e5
    table["yes"] = (np.arange(400) % 11 == 0).astype(float)
    groups, _ = grouped_points(table, SURVEY, value="yes", cell_m=10_000)
    base = 5 * np.floor(groups["answers_1"] / 5 + 0.5)
    small = groups["answers_1"] < 60
    assert small.any()
    counts = (groups["value_1"] * base)[small]
    np.testing.assert_allclose(counts, 5 * np.round(counts / 5), atol=1e-9)

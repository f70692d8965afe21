"""Groups over draws of any values with errors: certain, uncertain, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError
from kz_spatial.groups import redrawn_co_membership, stability

RNG = np.random.default_rng(7)
VALUES = pd.DataFrame(RNG.normal(size=(9, 3)), list("abcdefghi"), ["x", "y", "z"])
ERRORS = pd.DataFrame(RNG.uniform(0.1, 0.6, (9, 3)), VALUES.index, VALUES.columns)


def test_it_is_what_the_means_and_errors_of_a_table_give():
    table = kz.aggregate(kz.load_twin())
    names = ["epayment_share", "permit_days"]
    values = table[[f"{name}_mean" for name in names]].set_axis(names, axis=1)
    errors = table[[f"{name}_se" for name in names]].set_axis(names, axis=1)
    found = kz.co_membership_of(values, errors, n_draws=30, seed=4)
    same = redrawn_co_membership(table, indicators=names, n_draws=30, seed=4)
    pd.testing.assert_frame_equal(found.matrix, same.matrix)
    assert (found.n_draws, found.n_skipped, found.n_clusters, found.seed) == (30, 0, 3, 4)


@pytest.mark.parametrize("standardise", [True, False])
def test_each_draw_is_grouped_as_a_typology(standardise):
    found = kz.co_membership_of(VALUES, ERRORS, n_draws=15, standardise=standardise, seed=2)
    rng, drawn = np.random.default_rng(2), np.empty((15, 9, 3))
    for j, name in enumerate(VALUES):
        noise = ERRORS[name].to_numpy() * rng.standard_normal((15, 9))
        drawn[..., j] = VALUES[name].to_numpy() + noise
    together = np.zeros((9, 9))
    for each in drawn:
        table = pd.DataFrame(each, VALUES.index)
        labels = kz.typology(table, standardise=standardise).labels.to_numpy()
        together += labels[:, None] == labels
    np.testing.assert_allclose(found.matrix, together / 15)


@pytest.mark.parametrize("nothing", [0.0, np.nan])
@pytest.mark.parametrize("n", [9, 20])
def test_without_errors_units_are_together_or_not(n, nothing):
    values = pd.DataFrame(np.random.default_rng(n).normal(size=(n, 3)))
    found = kz.co_membership_of(values, values * nothing, n_draws=5)
    labels = kz.typology(values).labels.to_numpy()
    np.testing.assert_array_equal(found.matrix, labels[:, None] == labels)


def test_larger_errors_blur_the_groups():
    bunches = pd.DataFrame({"x": [0.0, 0.1, 0.2, 5, 5.1, 5.2, 10, 10.1, 10.2]}, VALUES.index)
    sure = kz.co_membership_of(bunches, bunches * 0 + 0.1, n_draws=100).matrix.to_numpy()
    blurred = kz.co_membership_of(bunches, bunches * 0 + 3, n_draws=100).matrix.to_numpy()
    inside = np.kron(np.eye(3), np.ones((3, 3))).astype(bool)
    assert (sure == inside).all()
    assert blurred[inside & ~np.eye(9, dtype=bool)].mean() < 0.9
    assert blurred[~inside].mean() > 0.05
    assert (np.diag(blurred) == 1).all()
    np.testing.assert_array_equal(blurred, blurred.T)


def test_rows_in_another_order_and_the_same_seed_give_the_same():
    first = kz.co_membership_of(VALUES, ERRORS, n_draws=25, seed=5).matrix
    turned = kz.co_membership_of(VALUES.iloc[::-1], ERRORS.iloc[:, ::-1], n_draws=25, seed=5).matrix
    assert list(turned.index) == list(VALUES.index[::-1]) == list(turned.columns)
    pd.testing.assert_frame_equal(turned.loc[first.index, first.columns], first)
    other = kz.co_membership_of(VALUES, ERRORS, n_draws=25, seed=6).matrix
    assert not other.equals(first)


@pytest.mark.parametrize(
    ("values", "errors", "said"),
    [
        (VALUES, ERRORS.drop("c"), "errors: found no unit 'c'"),
        (VALUES, ERRORS.drop(columns="y"), "errors: found no column 'y'"),
        (VALUES, ERRORS.set_axis(list("aacdefghi")), "errors: found unit 'a' twice"),
        (VALUES, -ERRORS, r"errors: found -0\.\d+ for 'a' in 'x', expected a finite number"),
        (VALUES, ERRORS * np.inf, "errors: found inf for 'a' in 'x'"),
        (VALUES, ERRORS.astype(str), "errors: column 'x' holds"),
        (VALUES, 0.3, "errors: found float, expected a DataFrame"),
        (
            VALUES.assign(x=VALUES["x"].mask(VALUES.index == "d")),
            ERRORS,
            "unit 'd' lacks a value in 'x'",
        ),
        ([1, 2], ERRORS, "table: found list"),
    ],
)
def test_faults_are_named(values, errors, said):
    with pytest.raises(InputError, match=said):
        kz.co_membership_of(values, errors, n_draws=3)


@pytest.mark.parametrize("wish", [{"n_clusters": 0}, {"n_draws": 0}, {"seed": -1}])
def test_numbers_out_of_range(wish):
    with pytest.raises(CallError):
        kz.co_membership_of(VALUES, ERRORS, **wish)


def heaps(n):
    """Values of n units in two heaps, and their errors."""
    index = [f"u{i}" for i in range(n)]
    values = pd.DataFrame({"x": [10.0 * (i % 2) for i in range(n)]}, index)
    return values, pd.DataFrame({"x": 0.1}, index)


def test_draws_are_proven_to_sixteen_units_and_go_by_k_means_beyond(monkeypatch):
    """Which way is taken hangs on the units, not on the columns."""

    def proven(*_):
        raise RuntimeError("proven")

    monkeypatch.setattr(stability, "optimal_groups", proven)
    values, errors = heaps(17)
    found = kz.co_membership_of(values, errors, n_clusters=2, n_draws=5)
    assert found.matrix.loc["u0", "u2"] == 1
    assert found.matrix.loc["u0", "u1"] == 0
    values, errors = heaps(16)
    with pytest.raises(RuntimeError, match="proven"):
        kz.co_membership_of(values, errors, n_clusters=2, n_draws=5)


def test_faults_of_errors_name_the_first_unit_and_column():
    values = pd.DataFrame({"x": [1.0, 2, 3], "y": [4.0, 6, 5]}, ["c", "b", "a"])
    errors = values * 0 + 1
    with pytest.raises(InputError, match="no unit 'b'"):
        kz.co_membership_of(values, errors.drop(["c", "b"]), n_clusters=2)
    errors.loc["a", "y"] = -1
    with pytest.raises(InputError, match="found -1 for 'a' in 'y'"):
        kz.co_membership_of(values, errors, n_clusters=2)

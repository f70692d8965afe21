"""Confidence sets for ranks, ties and chances: beside csranks, Tukey and sae, and by hand."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from helpers import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.estimates.largest_difference import drawn_critical_value, own_critical_value
from kz_spatial.estimates.rank_chances import between_variance

REFERENCE = ROOT / "tests" / "reference" / "ranks"
CSRANKS = pd.read_csv(REFERENCE / "expected.csv")
CASES = [
    pytest.param(rows.set_index("unit"), id="-".join(map(str, case)))
    for case, rows in CSRANKS.groupby(["set", "coverage", "simultaneous", "stepdown"])
]
COLUMNS = ["rank", "low", "high"]


def units(n: int = 9, seed: int = 5) -> tuple[pd.Series, pd.Series]:
    rng = np.random.default_rng(seed)
    names = [f"u{i}" for i in range(n)]
    return pd.Series(rng.normal(0, 3, n), names), pd.Series(rng.uniform(0.3, 1, n), names)


def own_pairs(n: int, unit: int) -> np.ndarray:
    own = np.zeros((n, n), dtype=bool)
    own[unit, :] = own[:, unit] = True
    return own & ~np.eye(n, dtype=bool)


@pytest.mark.parametrize("rows", CASES)
def test_sets_are_those_of_csranks(rows):
    asked = rows.iloc[0]
    found = kz.rank_sets(
        rows["estimate"],
        rows["se"],
        coverage=asked["coverage"],
        simultaneous=bool(asked["simultaneous"]),
        stepdown=bool(asked["stepdown"]),
    )
    assert list(found.columns) == COLUMNS
    differs = (found - rows[COLUMNS]).melt(ignore_index=False, var_name="bound")
    gaps = differs[differs["value"] != 0].reset_index().to_numpy().tolist()
    if list(asked[["set", "coverage", "simultaneous", "stepdown"]]) == [20, 0.95, False, False]:
        # the next test shows why
        assert gaps == [["u4", "low", -1]]
    else:
        assert gaps == []


def test_the_one_bound_that_differs_hangs_on_draws():
    """Of u4's ratios one is 2.7504, and its critical value 2.7529: csranks drew less than that."""
    rows = CSRANKS.query("set == 20 and coverage == 0.95 and not simultaneous and not stepdown")
    x, s = rows["estimate"].to_numpy(), rows["se"].to_numpy()
    i = rows["unit"].tolist().index("u4")
    others = np.arange(20) != i
    error = np.hypot(s[i], s[others])

    def within(e, c):
        up, down = ((e + side * c * error) / s[others] for side in (1, -1))
        return stats.norm.pdf(e, scale=s[i]) * np.prod(stats.norm.cdf(up) - stats.norm.cdf(down))

    exact = own_critical_value(i, s, own_pairs(20, i), 0.95)
    reached = integrate.quad(within, -9 * s[i], 9 * s[i], args=(exact,), epsabs=1e-10, limit=200)[0]
    assert reached == pytest.approx(0.95, abs=1e-8)
    ratios = np.abs(x[others] - x[i]) / error
    assert exact == pytest.approx(2.75287, abs=1e-5)
    assert ratios[np.abs(ratios - exact).argmin()] == pytest.approx(2.75042, abs=1e-5)


# critical values


@pytest.mark.parametrize("n", [3, 7, 20])
def test_equal_errors_give_tukeys_critical_values(n):
    noise = 0.7 * np.random.default_rng(1).standard_normal((200_000, n))
    found = drawn_critical_value(noise, 0.49 * np.eye(n), ~np.eye(n, dtype=bool), 0.95)
    tukey = stats.studentized_range.ppf(0.95, n, np.inf) / sqrt(2)
    # 200,000 draws: an error of 0.0016
    assert found == pytest.approx(tukey, abs=0.006)


def test_two_units_are_a_z_test():
    both = ~np.eye(2, dtype=bool)
    s = np.array([0.3, 0.4])
    assert own_critical_value(0, s, both, 0.95) == pytest.approx(1.959963984540054, abs=1e-8)
    one = np.array([[False, True], [False, False]])
    for unit in (0, 1):
        assert own_critical_value(unit, s, one, 0.95) == pytest.approx(1.6448536269514722, abs=1e-8)
    for gap, low, high in ((0.979, 1, 2), (0.981, 1, 1)):
        found = kz.rank_sets(pd.Series([gap, 0.0]), pd.Series(s), simultaneous=False)
        assert found.loc[0].tolist() == [1, low, high]


@pytest.mark.parametrize("both_sides", [True, False])
def test_quadrature_and_draws_agree(both_sides):
    s = np.array([0.2, 1.0, 3.0, 0.05, 1.5])
    for unit in range(5):
        pairs = own_pairs(5, unit)
        if not both_sides:
            pairs[unit, :3] = pairs[3:, unit] = False
        noise = np.random.default_rng(unit).standard_normal((200_000, 5)) * s
        drawn = drawn_critical_value(noise, np.diag(s**2), pairs, 0.9)
        assert own_critical_value(unit, s, pairs, 0.9) == pytest.approx(drawn, abs=0.012)


@pytest.mark.parametrize("nu", [2, 9])
def test_two_estimated_errors_of_equal_size_are_a_t_test(nu):
    rng = np.random.default_rng(6)
    noise = 3 * rng.standard_normal((400_000, 2))
    factors = np.sqrt(rng.chisquare(nu, (400_000, 2)) / nu)
    both = ~np.eye(2, dtype=bool)
    found = drawn_critical_value(noise, 9 * np.eye(2), both, 0.95, factors)
    # the sum of two chi-squares with nu degrees of freedom has 2 nu
    assert found == pytest.approx(stats.t.ppf(0.975, 2 * nu), rel=0.01)


def test_correlation_enters_estimated_errors():
    cov = np.array([[1.0, 0.6], [0.6, 1.0]])
    rng = np.random.default_rng(6)
    noise = rng.multivariate_normal([0, 0], cov, 200_000)
    both = ~np.eye(2, dtype=bool)
    sure = drawn_critical_value(noise, cov, both, 0.95, np.ones((200_000, 2)))
    assert sure == drawn_critical_value(noise, cov, both, 0.95)
    assert sure == pytest.approx(1.96, abs=0.01)


@pytest.mark.parametrize("simultaneous", [True, False])
def test_estimated_errors_widen_sets(simultaneous):
    estimates, errors = units(8)
    asked = {"simultaneous": simultaneous}
    known = kz.rank_sets(estimates, errors, **asked)
    few = kz.rank_sets(estimates, errors, df=estimates * 0 + 3, **asked)
    assert few["low"].le(known["low"]).all()
    assert few["high"].ge(known["high"]).all()
    assert (few["high"] - few["low"]).sum() > (known["high"] - known["low"]).sum()
    sure = kz.rank_sets(estimates, errors, df=estimates * 0 + np.inf, **asked)
    pd.testing.assert_frame_equal(sure, known)
    # by unit: those of one unit alone, on an index in another order
    one = pd.Series(np.inf, estimates.index[::-1]).where(lambda each: each.index != "u3", 1.0)
    loose = kz.rank_sets(estimates, errors, df=one, simultaneous=False)
    plain = kz.rank_sets(estimates, errors, simultaneous=False)
    widened = (loose["high"] - loose["low"]) - (plain["high"] - plain["low"])
    assert widened["u3"] > 0
    assert widened.ge(0).all()


def test_nothing_compared_has_no_critical_value():
    none = np.zeros((3, 3), dtype=bool)
    assert drawn_critical_value(np.ones((5, 3)), np.eye(3), none, 0.9) == -np.inf
    assert own_critical_value(0, np.ones(3), none, 0.9) == -np.inf


# by hand


def test_units_far_apart_have_one_rank_and_units_alike_have_all():
    far = pd.Series({"a": 0.0, "b": 100.0, "c": 50.0})
    found = kz.rank_sets(far, far * 0 + 1)
    assert found.to_numpy().tolist() == [[3, 3, 3], [1, 1, 1], [2, 2, 2]]
    assert kz.tied_groups(found).to_dict() == {"a": 3, "b": 1, "c": 2}
    alike = kz.rank_sets(far, far * 0 + 500)
    assert alike[["low", "high"]].to_numpy().tolist() == [[1, 3]] * 3
    assert set(kz.tied_groups(alike)) == {1}
    equal = kz.rank_sets(pd.Series([4.0, 4.0, 1.0]), pd.Series([0.1] * 3))
    assert equal.to_numpy().tolist() == [[1, 1, 2], [1, 1, 2], [3, 3, 3]]


def test_stepdown_tells_more_apart_by_hand():
    # all pairs: 2.569, Tukey's of four; 2.389 for the seven left once those far apart are told
    estimates = pd.Series([0.0, 2.5 * sqrt(2), 100.0, 200.0])
    errors = pd.Series([1.0] * 4)
    single = kz.rank_sets(estimates, errors, stepdown=False)
    assert single[["low", "high"]].to_numpy().tolist() == [[3, 4], [3, 4], [2, 2], [1, 1]]
    stepped = kz.rank_sets(estimates, errors)
    assert stepped[["low", "high"]].to_numpy().tolist() == [[4, 4], [3, 3], [2, 2], [1, 1]]


def test_groups_by_hand():
    sets = pd.DataFrame(
        {"rank": [1, 2, 3, 4, 5, 6], "low": [1, 1, 2, 4, 4, 6], "high": [2, 3, 3, 5, 5, 6]},
        index=list("abcdef"),
    )
    found = kz.tied_groups(sets.loc[list("fbadce")])
    assert found.name == "group"
    # a and c do not overlap alone, and b ties them
    assert found.to_dict() == {"f": 3, "b": 1, "a": 1, "d": 2, "c": 1, "e": 2}
    assert list(found.index) == list("fbadce")


def test_groups_reach_as_far_as_any_set_in_them():
    def groups(*sets):
        return kz.tied_groups(pd.DataFrame(sets, columns=COLUMNS)).tolist()

    # the wide set of the first unit ties those inside it
    assert groups([1, 1, 4], [2, 2, 2], [3, 3, 3], [4, 4, 4], [5, 5, 5]) == [1, 1, 1, 1, 2]
    # one possible rank in common is enough
    assert groups([1, 1, 2], [2, 2, 3], [3, 3, 3]) == [1, 1, 1]


def test_rows_of_a_covariance_are_found_by_name():
    estimates = pd.Series({"a": 6.0, "b": 3.0, "c": 0.0})
    cov = pd.DataFrame(np.diag([0.01, 0.01, 25.0]), list("abc"), list("abc"))
    for order in ("abc", "cab", "bca"):
        found = kz.rank_sets(estimates, cov=cov.loc[list(order), list(order)])
        # a above b for sure, and c anywhere
        assert found.to_numpy().tolist() == [[1, 1, 2], [2, 2, 3], [3, 1, 3]]


def test_what_estimates_share_counts():
    estimates = pd.Series({"a": 1.0, "b": 0.0})
    cov = pd.DataFrame([[1.0, 0.99], [0.99, 1.0]], index=list("ab"), columns=list("ab"))
    # error of the difference sqrt(0.02) beside sqrt(2)
    assert kz.rank_sets(estimates, cov=cov)["high"].tolist() == [1, 2]
    assert kz.rank_sets(estimates, estimates * 0 + 1)["high"].tolist() == [2, 2]
    for simultaneous in (True, False):
        turned = kz.rank_sets(
            estimates,
            pd.Series({"b": 1.0, "a": 1.0}),
            cov=cov.loc[["b", "a"], ["b", "a"]],
            simultaneous=simultaneous,
        )
        assert turned.to_numpy().tolist() == [[1, 1, 1], [2, 2, 2]]


@pytest.mark.parametrize("simultaneous", [True, False])
def test_a_difference_without_error_is_told(simultaneous):
    # a and b move as one, so that a lies above b whatever both are; c is far from neither
    cov = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    found = kz.rank_sets(pd.Series([0.2, 0.1, 0.0]), cov=cov, simultaneous=simultaneous)
    assert found.to_numpy().tolist() == [[1, 1, 2], [2, 2, 3], [3, 1, 3]]


# what must hold


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 12), simultaneous=st.booleans())
def test_sets_hold_ranks_and_nest(seed, n, simultaneous):
    estimates, errors = units(n, seed)
    asked = {"simultaneous": simultaneous, "n_draws": 5000}
    found = kz.rank_sets(estimates, errors, **asked)
    assert found["low"].le(found["rank"]).all()
    assert found["rank"].le(found["high"]).all()
    assert found[["low", "high"]].isin(range(1, n + 1)).all(axis=None)
    wide = kz.rank_sets(estimates, errors, stepdown=False, **asked)
    assert wide["low"].le(found["low"]).all()
    assert wide["high"].ge(found["high"]).all()
    surer = kz.rank_sets(estimates, errors, coverage=0.99, **asked)
    assert surer["low"].le(found["low"]).all()
    assert surer["high"].ge(found["high"]).all()
    # turned round, ranks are counted from the other end
    turned = kz.rank_sets(-estimates, errors, **asked)
    if not simultaneous:
        np.testing.assert_array_equal(turned["low"], n + 1 - found["high"])
        np.testing.assert_array_equal(turned["high"], n + 1 - found["low"])
    moved = kz.rank_sets(7 + 3 * estimates, 3 * errors, **asked)
    pd.testing.assert_frame_equal(moved, found)


def test_marginal_sets_do_not_hang_on_seed_or_order():
    estimates, errors = units(12)
    found = kz.rank_sets(estimates, errors, simultaneous=False)
    other = kz.rank_sets(estimates[::-1], errors, simultaneous=False, seed=1, n_draws=1000)
    pd.testing.assert_frame_equal(other[::-1], found)
    together = kz.rank_sets(estimates, errors)
    assert together["low"].le(found["low"]).all()
    assert together["high"].ge(found["high"]).all()
    pd.testing.assert_frame_equal(together, kz.rank_sets(estimates, errors))
    assert together.attrs == {
        "coverage": 0.95,
        "simultaneous": True,
        "stepdown": True,
        "n_draws": 100_000,
        "seed": 20240,
    }


def test_sets_cover_true_ranks():
    """Simultaneous sets of seven units, three of them tied: all true ranks held in 95 % or more."""
    rng = np.random.default_rng(3)
    truth = np.array([0.0, 0.0, 0.0, 1.0, 2.0, 4.0, 5.0])
    s = rng.uniform(0.3, 1, 7)
    least = 1 + (truth[:, None] < truth).sum(axis=1)
    most = (truth[:, None] <= truth).sum(axis=1)
    held = 0
    for _ in range(200):
        drawn = pd.Series(truth + s * rng.standard_normal(7))
        found = kz.rank_sets(drawn, pd.Series(s), n_draws=4000)
        # every rank that a tied unit might have is held
        held += bool((found["low"].le(least) & found["high"].ge(most)).all())
    # two binomial errors of 200 below 0.95
    assert held >= 184


# what takes no part, and what is refused


def test_units_without_estimate_or_error_take_no_part():
    estimates, errors = units(6)
    gone = kz.rank_sets(estimates.mask(estimates.index == "u2"), errors.mask(errors.index == "u4"))
    assert gone.loc[["u2", "u4"]].isna().all(axis=None)
    known = kz.rank_sets(estimates.drop(["u2", "u4"]), errors.drop(["u2", "u4"]))
    pd.testing.assert_frame_equal(gone.dropna().astype("int64"), known)
    groups = kz.tied_groups(gone)
    assert groups.index[groups.isna()].tolist() == ["u2", "u4"]
    cov = pd.DataFrame(np.diag(errors**2), errors.index, errors.index)
    cov.loc["u4"] = cov["u4"] = np.nan
    pd.testing.assert_frame_equal(
        kz.rank_sets(estimates.mask(estimates.index == "u2"), cov=cov), gone
    )


ESTIMATES, ERRORS = units(3)
SQUARE = np.diag(ERRORS**2)


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"std_errors": None}, CallError, "std_errors=None"),
        ({"std_errors": ERRORS.rename({"u1": "v"})}, InputError, "other units"),
        ({"std_errors": ERRORS * 0}, InputError, "unit 'u0': found 0.0, expected an error above 0"),
        ({"std_errors": ERRORS * np.nan}, NotEnoughDataError, "found 0 units"),
        ({"estimates": pd.Series(1.0, ["u0", "u0", "u1"])}, InputError, "twice"),
        ({"df": ERRORS.iloc[:2]}, InputError, "df: unit 'u2': found nan"),
        ({"df": ERRORS * 0}, InputError, "df: unit 'u0': found 0.0"),
        ({"coverage": 1}, CallError, "coverage=1"),
        ({"n_draws": 10}, CallError, "n_draws=10"),
        ({"seed": -1}, CallError, "seed=-1"),
        ({"cov": SQUARE[:2, :2]}, InputError, r"found shape \(2, 2\)"),
        ({"cov": SQUARE * 2}, InputError, "other variances"),
        ({"cov": SQUARE + np.triu(np.ones((3, 3)), 1) / 9}, InputError, "not symmetric"),
        ({"cov": SQUARE + 9 * (1 - np.eye(3))}, InputError, "negative eigenvalue"),
        ({"cov": pd.DataFrame(SQUARE, list("abc"), list("abc"))}, InputError, "row and column"),
        ({"cov": SQUARE + np.where(np.eye(3), 0, np.nan)}, InputError, "missing covariance"),
    ],
)
def test_what_is_refused(asked, error, message):
    asked = {"estimates": ESTIMATES, "std_errors": ERRORS, **asked}
    with pytest.raises(error, match=message):
        kz.rank_sets(**asked)


# chances


def test_posterior_means_are_the_eblups_of_sae():
    known = pd.read_csv(REFERENCE / "shrunk.csv", index_col=0)
    found = kz.rank_probabilities(known["direct"], known["variance"] ** 0.5)
    np.testing.assert_allclose(found["posterior_mean"], known["eblup"], rtol=1e-7)


def test_equal_errors_by_hand():
    estimates = pd.Series({"a": 4.0, "b": 0.0, "c": -4.0})
    # variance of the estimates 16, of their errors 4: 12 between, and 3/4 of a distance is kept
    assert between_variance(estimates.to_numpy(), np.full(3, 4.0)) == pytest.approx(12, rel=1e-6)
    found = kz.rank_probabilities(estimates, estimates * 0 + 2, top=2)
    np.testing.assert_allclose(found["posterior_mean"], [3, 0, -3], atol=1e-6)
    # sqrt(3/4 * 4 + (1/4)^2 * 16/3)
    np.testing.assert_allclose(found["posterior_sd"], sqrt(3 + 1 / 3), rtol=1e-6)
    # draws are normal with a common part that does not change ranks, so P(a above b) is exact
    steps = np.linspace(-30, 30, 20_001)
    density = stats.norm.pdf(steps, 3, sqrt(3))
    below = stats.norm.cdf(steps, 0, sqrt(3)) * stats.norm.cdf(steps, -3, sqrt(3))
    first = integrate.trapezoid(density * below, steps)
    assert found.loc["a", "first"] == pytest.approx(first, abs=0.005)
    assert found.loc["c", "last"] == pytest.approx(first, abs=0.005)
    np.testing.assert_allclose(found["top"] + found["last"], 1, rtol=1e-12)
    np.testing.assert_allclose(found["first"].sum(), 1, rtol=1e-12)
    assert found["expected_rank"].sum() == pytest.approx(6)
    assert found.attrs["between_sd"] == pytest.approx(sqrt(12), rel=1e-6)


def test_unequal_errors_by_hand():
    """The common mean is uncertain, and the unit that leans on it more moves more with it."""
    y, v = np.array([5.0, 0.0]), np.array([0.1, 9.0])
    # one contrast of variance 2 tau2 + 9.1: its square is 25
    tau2 = (25 - 9.1) / 2
    assert between_variance(y, v) == pytest.approx(tau2, rel=1e-5)
    w = 1 / (tau2 + v)
    mean, kept = w @ y / w.sum(), tau2 * w
    gap = np.diff(mean + kept * (y - mean))[0]
    spread = sqrt(kept @ v + np.diff(kept)[0] ** 2 / w.sum())
    found = kz.rank_probabilities(pd.Series(y), pd.Series(np.sqrt(v)))
    assert found.loc[0, "first"] == pytest.approx(stats.norm.cdf(-gap / spread), abs=0.005)
    # without that part it would be out by more
    assert stats.norm.cdf(-gap / sqrt(kept @ v)) - stats.norm.cdf(-gap / spread) > 0.015


def test_the_higher_of_two_peaks_is_found():
    # the restricted likelihood has another peak at 88.2, which is lower
    y, errors = [9.28, 7.43, 33.5], np.sqrt([0.01, 0.001, 100.0])
    assert between_variance(np.array(y), errors**2) == pytest.approx(2.0124, abs=1e-3)


def test_chances_do_not_hang_on_the_unit_of_measurement():
    estimates, errors = units(7)
    known = kz.rank_probabilities(estimates, errors)
    for scale in (1e-8, 1e8):
        found = kz.rank_probabilities(scale * estimates, scale * errors)
        np.testing.assert_allclose(found["first"], known["first"], atol=0.002)


def test_units_that_do_not_differ_have_equal_chances():
    estimates = pd.Series([1.0, 1.1, 0.9, 1.05])
    found = kz.rank_probabilities(estimates, pd.Series([1.0, 2.0, 1.0, 0.5]))
    assert found.attrs["between_sd"] == 0
    np.testing.assert_allclose(found["first"], 0.25, atol=0.006)
    np.testing.assert_allclose(found["top"], 0.75, atol=0.006)
    np.testing.assert_allclose(found["posterior_mean"], found.attrs["mean"], rtol=1e-14)


def test_chances_are_honest_where_the_model_holds():
    """Leaders by the posterior's best chance lead as often as the chances say."""
    rng = np.random.default_rng(8)
    said, true = [], []
    for _ in range(300):
        theta = rng.normal(0, 1, 20)
        s = rng.uniform(0.5, 1.5, 20)
        drawn = pd.Series(theta + s * rng.standard_normal(20))
        first = kz.rank_probabilities(drawn, pd.Series(s), n_draws=2000)["first"]
        said.append(first.max())
        true.append(first.idxmax() == theta.argmax())
    # binomial error of 300 at a third: 0.027
    assert np.mean(said) == pytest.approx(np.mean(true), abs=0.07)


def test_the_likelihood_is_at_its_top():
    for seed in range(30):
        estimates, errors = (each.to_numpy() for each in units(8, seed))
        found = between_variance(estimates, errors**2)

        def loss(tau2, y=estimates, v=errors**2):
            # restricted likelihood by the covariance of contrasts
            contrasts = np.diff(np.eye(8), axis=0)
            return -stats.multivariate_normal.logpdf(
                contrasts @ y, np.zeros(7), contrasts @ np.diag(tau2 + v) @ contrasts.T
            )

        for other in (0.0, found * 0.9, found * 1.1 + 1e-3, found + 1, found * 5):
            assert loss(found) <= loss(other) + 1e-9


def test_chances_take_units_as_rank_sets_does():
    estimates, errors = units(5)
    found = kz.rank_probabilities(estimates.mask(estimates.index == "u1"), errors)
    assert found.loc["u1"].isna().all()
    assert found.drop("u1").notna().all(axis=None)
    with pytest.raises(CallError, match="top=0"):
        kz.rank_probabilities(estimates, errors, top=0)
    with pytest.raises(InputError, match="above 0"):
        kz.rank_probabilities(estimates, errors * 0)

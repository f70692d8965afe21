"""Small areas against R's sae, base R, statsmodels, and cases worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from helpers import ROOT, graph_of, ring
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError
from kz_spatial.estimates.variance_between import AREA_METHODS, Rotated

FOLDER = ROOT / "tests" / "reference" / "small_area"
UNITS = pd.read_csv(FOLDER / "units.csv", index_col="oblast_code")
WEIGHTS = pd.read_csv(FOLDER / "weights.csv", index_col=0)
DIRECT, VARIANCE, X = UNITS["direct"], UNITS["variance"], UNITS[["x"]]
GRAPH = graph_of(
    {unit: list(row.index[row > 0]) for unit, row in WEIGHTS.iterrows()},
    {unit: list(row[row > 0]) for unit, row in WEIGHTS.iterrows()},
)
NAMES = {"REML": "reml", "ML": "ml", "FH": "moments"}


def expected(name: str) -> pd.DataFrame:
    table = pd.read_csv(FOLDER / name, skipinitialspace=True, keep_default_na=False)
    table["value"] = table["value"].astype(str).str.strip().astype(float)
    return table


SAE, ADJUSTED = expected("expected.csv"), expected("adjusted.csv")


def cases(table: pd.DataFrame) -> list[tuple[str, str]]:
    return list(table[["model", "method"]].drop_duplicates().itertuples(index=False, name=None))


def ours(model: str, method: str) -> kz.SmallAreas:
    return kz.small_areas(
        DIRECT,
        VARIANCE,
        None if model.endswith("mean") else X,
        GRAPH if model.startswith("SFH") else None,
        NAMES.get(method, method),
    )


def values(table: pd.DataFrame, model: str, method: str, quantity: str) -> pd.Series:
    rows = table[(table["model"] == model) & (table["method"] == method)]
    return rows[rows["quantity"] == quantity].set_index("unit")["value"]


def test_the_reference_covers_every_method():
    assert len(cases(SAE)) == 7
    methods = {NAMES.get(method, method) for _, method in cases(SAE) + cases(ADJUSTED)}
    assert methods == set(AREA_METHODS)


@pytest.mark.parametrize(("model", "method"), cases(SAE))
def test_sae_gives_the_same(model, method):
    found = ours(model, method)
    assert found.reason == ""
    # sae stops at steps of 1e-10 and its weights are printed with ten digits
    near = {"rtol": 0, "atol": 1e-7}
    for quantity, column in (("eblup", "estimate"), ("mse", "mse")):
        want = values(SAE, model, method, quantity)
        np.testing.assert_allclose(found.frame[column][want.index], want, **near)
    assert list(found.frame.index) == list(UNITS.index)
    np.testing.assert_allclose(found.variance, values(SAE, model, method, "refvar"), **near)
    for quantity, column in (("beta", "coefficient"), ("beta_se", "std_error")):
        want = values(SAE, model, method, quantity)
        np.testing.assert_allclose(found.coefficients[column].reindex(want.index), want, **near)
    if model.startswith("SFH"):
        np.testing.assert_allclose(found.rho, values(SAE, model, method, "rho"), **near)
    else:
        assert found.rho is None


@pytest.mark.parametrize(("model", "method"), cases(ADJUSTED))
def test_base_r_finds_the_same_peak_of_adjusted_likelihoods(model, method):
    found = ours(model, method)
    # R's optimize knows a maximum to the root of the machine's precision, about 1e-6
    for quantity, column in (("eblup", "estimate"), ("mse", "mse")):
        want = values(ADJUSTED, model, method, quantity)
        np.testing.assert_allclose(found.frame[column][want.index], want, rtol=0, atol=1e-5)
    want = values(ADJUSTED, model, method, "refvar")
    np.testing.assert_allclose(found.variance, want, rtol=2e-6)


@pytest.mark.parametrize("rho", [None, 0.3])
def test_coefficients_are_those_of_statsmodels_given_the_variance(rho):
    found = kz.small_areas(DIRECT, VARIANCE, X, None if rho is None else GRAPH)
    B = np.linalg.inv(np.eye(20) - (found.rho or 0.0) * WEIGHTS.to_numpy())
    V = found.variance * B @ B.T + np.diag(VARIANCE)
    gls = sm.GLS(DIRECT.to_numpy(), sm.add_constant(X.to_numpy()), sigma=V).fit()
    table = found.coefficients
    assert list(table.index) == ["intercept", "x"]
    assert list(table.columns) == ["coefficient", "std_error", "z", "p"]
    np.testing.assert_allclose(table["coefficient"], gls.params, rtol=1e-8)
    error = np.sqrt(np.diag(gls.normalized_cov_params))
    np.testing.assert_allclose(table["std_error"], error, rtol=1e-8)
    np.testing.assert_allclose(table["z"], table["coefficient"] / error, rtol=1e-8)
    assert table["p"]["x"] == pytest.approx(2 * norm.sf(table["z"]["x"]))
    law = multivariate_normal(sm.add_constant(X.to_numpy()) @ gls.params, V)
    assert found.log_likelihood == pytest.approx(law.logpdf(DIRECT.to_numpy()), rel=1e-8)


def letters(*numbers: float) -> pd.Series:
    return pd.Series(numbers, list("abcdefghijklmnopqrstuvwxyz"[: len(numbers)]), dtype=float)


# ten units about 10, squares 4 + 4 + 4 + 4 + 1 + 1 + 9 + 9 + 0 + 0 = 36
TEN = letters(8, 12, 8, 12, 9, 11, 7, 13, 10, 10)


def test_equal_variances_by_hand():
    # residual likelihood and moments: 36 / (10 - 1) - 1 = 3; profile likelihood: 36 / 10 - 1 = 2.6
    ones = TEN * 0 + 1
    for method, variance in (("reml", 3.0), ("moments", 3.0), ("ml", 2.6)):
        found = kz.small_areas(TEN, ones, method=method)
        assert found.variance == pytest.approx(variance, rel=1e-9)
        gamma = variance / (variance + 1)
        np.testing.assert_allclose(found.frame["shrinkage"], gamma, rtol=1e-9)
        np.testing.assert_allclose(found.frame["estimate"], 10 + gamma * (TEN - 10), rtol=1e-9)
        assert found.coefficients.loc["intercept", "coefficient"] == pytest.approx(10)
        error = np.sqrt((variance + 1) / 10)
        assert found.coefficients.loc["intercept", "std_error"] == pytest.approx(error)
    # g1 = 3/4, g2 = (1/4)^2 * 4 / 10, g3 = (1/4)^2 * (2 * 16 / 10) / 4 = 1/20
    by_reml = kz.small_areas(TEN, ones).frame
    np.testing.assert_allclose(by_reml["mse"], 0.75 + 0.025 + 2 * 0.05, rtol=1e-8)
    np.testing.assert_allclose(by_reml["cv"], np.sqrt(0.875) / by_reml["estimate"], rtol=1e-8)
    assert by_reml["synthetic"].tolist() == [False] * 10


def test_equal_variances_by_hand_adjusted():
    # with s = a + 1, 9 degrees of freedom and squares 36: 1 / a - 9 / (2 s) + 18 / s^2 = 0, so
    # 2 s^2 - 9 s (s - 1) + 36 (s - 1) = 0 and 7 s^2 - 45 s + 36 = 0
    s = (45 + np.sqrt(45**2 - 4 * 7 * 36)) / 14
    found = kz.small_areas(TEN, TEN * 0 + 1, method="li-lahiri")
    assert found.variance == pytest.approx(s - 1, rel=1e-9)
    # the same with 10 for 9: 8 s^2 - 46 s + 36 = 0
    s = (46 + np.sqrt(46**2 - 4 * 8 * 36)) / 16
    assert kz.small_areas(TEN, TEN * 0 + 1, method="li-lahiri-ml").variance == pytest.approx(s - 1)
    # the slope of log(arctan(10 a / s)) / 10 takes the place of 1 / a
    for method, freedom in (("yoshimori-lahiri", 9), ("yoshimori-lahiri-ml", 10)):
        a = kz.small_areas(TEN, TEN * 0 + 1, method=method).variance
        s, t = a + 1, 10 * a / (a + 1)
        pull = 1 / (np.arctan(t) * (1 + t**2) * s**2)
        assert pull - freedom / (2 * s) + 18 / s**2 == pytest.approx(0, abs=1e-10)


def test_no_spread_beyond_chance():
    # squares 0.36 among ten of variance 1: nothing between the units
    small = 10 + (TEN - 10) / 10
    for method in ("reml", "ml", "moments"):
        found = kz.small_areas(small, TEN * 0 + 1, method=method)
        assert found.variance == 0
        np.testing.assert_allclose(found.frame["estimate"], 10)
        assert "came out as 0" in found.reason
        assert found.method == method
    for method in ("li-lahiri", "yoshimori-lahiri", "li-lahiri-ml", "yoshimori-lahiri-ml"):
        assert kz.small_areas(small, TEN * 0 + 1, method=method).variance > 0
    low = kz.small_areas(small, TEN * 0 + 1, method="li-lahiri")
    assert low.frame["mse"].isna().all()
    assert "10 units is not above 0" in low.reason
    drawn = kz.small_areas(small, TEN * 0 + 1, method="li-lahiri", n_bootstrap=20)
    assert (drawn.frame["mse"] > 0).all()
    assert drawn.reason == ""


def test_units_without_a_direct_estimate():
    eleven = pd.concat([TEN, pd.Series([np.nan], ["z"])])
    found = kz.small_areas(eleven, (eleven * 0 + 1).fillna(1.0))
    assert found.frame["synthetic"].tolist() == [False] * 10 + [True]
    # the mean, with variance 3 of the unit and 4 / 10 of the mean
    row = found.frame.loc["z"]
    assert row["estimate"] == pytest.approx(10)
    assert row["mse"] == pytest.approx(3.4)
    assert row["shrinkage"] == 0
    # by ML the variance is too low by (3.6 / 10) / 1: -tr(Q X'V^-2 X) / tr(V^-2) = -3.6 / 10
    by_ml = kz.small_areas(eleven, (eleven * 0 + 1).fillna(1.0), method="ml").frame.loc["z"]
    assert by_ml["mse"] == pytest.approx(2.6 + 0.36 + 0.36)
    # a direct estimate without a variance is shown, and not used
    lost = kz.small_areas(letters(*TEN, 99), letters(*[1] * 10, np.nan)).frame.loc["k"]
    assert (lost["direct"], lost["synthetic"]) == (99, True)
    assert lost["estimate"] == pytest.approx(10)


def test_neighbours_tell_of_a_unit_without_a_direct_estimate():
    lost = DIRECT.copy()
    lost["KZ-31"] = np.nan
    found = kz.small_areas(lost, VARIANCE, X, GRAPH)
    # the predictor written as a conditional mean of the joint normal law
    B = np.linalg.inv(np.eye(20) - found.rho * WEIGHTS.to_numpy())
    G = pd.DataFrame(found.variance * B @ B.T, UNITS.index, UNITS.index)
    known = lost.index[lost.notna()]
    V = G.loc[known, known] + np.diag(VARIANCE[known])
    mean = sm.add_constant(X) @ found.coefficients["coefficient"].to_numpy()
    u = G.loc["KZ-31", known] @ np.linalg.solve(V, (lost - mean)[known])
    assert found.frame.loc["KZ-31", "estimate"] == pytest.approx(mean["KZ-31"] + u, rel=1e-9)
    assert abs(u) > 0.01  # not the plain synthetic estimate
    assert found.frame.loc["KZ-31", "mse"] > G.loc["KZ-31", "KZ-31"] * 0.9
    # and the likelihood is that of the known ones
    law = multivariate_normal(mean[known], V)
    assert found.log_likelihood == pytest.approx(law.logpdf(lost[known]), rel=1e-9)


@pytest.mark.parametrize("graph", [None, GRAPH], ids=["alone", "graph"])
def test_the_peak_is_the_highest_on_a_fine_grid(graph):
    """The residual likelihood as the density of contrasts, on a grid of its own."""
    found = kz.small_areas(DIRECT, VARIANCE, X, graph)
    Q = np.linalg.qr(sm.add_constant(X.to_numpy()), mode="complete")[0][:, 2:]

    def height(variance, rho):
        B = np.linalg.inv(np.eye(20) - rho * WEIGHTS.to_numpy())
        V = variance * B @ B.T + np.diag(VARIANCE)
        return multivariate_normal(np.zeros(18), Q.T @ V @ Q).logpdf(Q.T @ DIRECT.to_numpy())

    top = height(found.variance, found.rho or 0.0)
    rhos = [0.0] if graph is None else [*np.linspace(-0.95, 0.95, 20), found.rho * 1.01]
    grid = [height(a, r) for a in [*np.linspace(0, 60, 61), found.variance * 1.01] for r in rhos]
    assert max(grid) < top
    assert max(grid) > top - 0.1


@pytest.mark.parametrize("method", [each for each in AREA_METHODS if each != "moments"])
def test_the_score_is_the_slope_of_the_likelihood(method):
    c = np.linspace(0.5, 2, 20)
    flat = Rotated(DIRECT.to_numpy(), sm.add_constant(X.to_numpy()), c, VARIANCE.to_numpy(), method)
    for a in (0.5, 6.0, 40.0):
        low, high = flat.heights(np.array([a * (1 - 1e-5), a * (1 + 1e-5)]))
        assert flat.score(a) == pytest.approx((high - low) / (2e-5 * a), rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("method", AREA_METHODS)
def test_scale_origin_and_order_do_not_matter(method):
    one = kz.small_areas(DIRECT, VARIANCE, X, method=method)
    order = UNITS.index[::-1]
    turned = kz.small_areas((100 + 1000 * DIRECT)[order], VARIANCE * 1e6, X * 7 - 3, method=method)
    assert list(turned.frame.index) == list(order)
    assert turned.variance == pytest.approx(1e6 * one.variance, rel=1e-7)
    back = turned.frame.loc[UNITS.index]
    np.testing.assert_allclose(back["estimate"], 100 + 1000 * one.frame["estimate"], rtol=1e-8)
    np.testing.assert_allclose(back["mse"], 1e6 * one.frame["mse"], rtol=1e-6)
    np.testing.assert_allclose(back["shrinkage"], one.frame["shrinkage"], rtol=1e-7)


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_scale_origin_and_order_do_not_matter_with_a_graph(method):
    one = kz.small_areas(DIRECT, VARIANCE, X, GRAPH, method)
    order = UNITS.index[::-1]
    turned = kz.small_areas((5 - 10 * DIRECT)[order], VARIANCE * 100, X, GRAPH, method)
    assert turned.rho == pytest.approx(one.rho, rel=1e-6)
    back = turned.frame.loc[UNITS.index]
    np.testing.assert_allclose(back["estimate"], 5 - 10 * one.frame["estimate"], rtol=1e-7)
    np.testing.assert_allclose(back["mse"], 100 * one.frame["mse"], rtol=1e-6)


def test_a_w_and_a_binary_graph_serve_as_well():
    one = kz.small_areas(DIRECT, VARIANCE, X, GRAPH)
    for other in (GRAPH.to_W(), GRAPH.transform("B")):
        found = kz.small_areas(DIRECT, VARIANCE, X, other)
        np.testing.assert_allclose(found.frame["mse"], one.frame["mse"], rtol=1e-7)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0.2, 5), min_size=12, max_size=12), st.integers(0, 10**6))
def test_estimates_lie_between_direct_and_model(sds, seed):
    rng = np.random.default_rng(seed)
    direct = letters(*(rng.normal(size=12) * 2 + rng.normal(size=12) * sds))
    found = kz.small_areas(direct, letters(*np.square(sds)), method="yoshimori-lahiri")
    centre = found.coefficients["coefficient"].iloc[0]
    frame = found.frame
    np.testing.assert_allclose(
        frame["estimate"], centre + frame["shrinkage"] * (direct - centre), rtol=1e-9, atol=1e-9
    )
    assert frame["shrinkage"].between(0, 1).all()
    # the surer, the nearer to its own direct estimate
    by_error = frame["shrinkage"].iloc[np.argsort(sds, kind="stable")]
    assert by_error.is_monotonic_decreasing


def test_a_drawn_error_is_near_the_analytical_one_and_repeats_itself():
    plain = kz.small_areas(DIRECT, VARIANCE, X)
    drawn = kz.small_areas(DIRECT, VARIANCE, X, n_bootstrap=600, seed=4)
    assert (drawn.n_bootstrap, drawn.seed) == (600, 4)
    # g1 + g2 + g3 against g1 + g2 + 2 g3, each of 600 draws with an error of 6 %
    ratio = drawn.frame["mse"] / plain.frame["mse"]
    assert 0.85 < ratio.mean() < 1.05
    assert ratio.between(0.7, 1.3).all()
    pd.testing.assert_series_equal(drawn.frame["estimate"], plain.frame["estimate"])
    again = kz.small_areas(DIRECT, VARIANCE, X, n_bootstrap=20, seed=4)
    once = kz.small_areas(DIRECT, VARIANCE, X, n_bootstrap=20, seed=4)
    other = kz.small_areas(DIRECT, VARIANCE, X, n_bootstrap=20, seed=5)
    pd.testing.assert_frame_equal(again.frame, once.frame)
    single = kz.small_areas(DIRECT, VARIANCE, X, n_bootstrap=1, seed=4).frame["mse"]
    assert np.isfinite(single).all()  # a mean over the draws, the truth of each being known
    assert not again.frame["mse"].equals(other.frame["mse"])


def test_benchmarks_by_hand():
    found = kz.small_areas(TEN, TEN * 0 + 1, benchmark=(20.0, TEN * 0 + 3))
    # the mean is 10, so that estimates double; errors are left as they are
    np.testing.assert_allclose(found.benchmarked, 2 * found.frame["estimate"], rtol=1e-12)
    assert found.benchmarked.name == "benchmarked"
    weights = letters(1, 0, 0, 0, 0, 0, 0, 0, 0, 1)  # 8.5 and 10 of a mean of 9.25
    moved = kz.small_areas(TEN, TEN * 0 + 1, benchmark=(10.25, weights), benchmark_by="difference")
    np.testing.assert_allclose(moved.benchmarked, moved.frame["estimate"] + 1, rtol=1e-9)
    assert kz.small_areas(TEN, TEN * 0 + 1).benchmarked is None


@pytest.mark.parametrize(
    ("direct", "variance", "graph", "reason"),
    [
        (TEN[:9], TEN[:9] * 0 + 1, None, "found 9 units"),
        (TEN.where(TEN != 13), TEN * 0 + 1, None, "found 9 units"),
        (TEN, (TEN * 0 + 1).where(TEN != 13), None, "found 9 units"),
        (TEN * 0 + 5, TEN * 0 + 1, None, "do not vary"),
        (TEN, TEN * 0 + 1, graph_of({key: [] for key in TEN.index}), "no unit has a neighbour"),
        (TEN / 10, TEN * 0 + 1, graph_of(ring(TEN.index)), "came out as 0"),
    ],
)
def test_where_no_model_applies_a_reason_is_given(direct, variance, graph, reason):
    found = kz.small_areas(direct, variance, graph=graph, benchmark=(1.0, direct * 0 + 1))
    assert found.method == "inapplicable"
    assert reason in found.reason
    assert found.frame[["estimate", "mse", "cv", "shrinkage"]].isna().all(axis=None)
    assert list(found.frame["direct"].dropna()) == list(direct.dropna())
    assert found.coefficients["coefficient"].isna().all()
    assert found.benchmarked is None


def test_more_covariates_ask_for_more_units():
    more = pd.DataFrame(np.random.default_rng(1).normal(size=(10, 7)), TEN.index)
    assert "at least 11" in kz.small_areas(TEN, TEN * 0 + 1, more).reason


def test_rho_at_its_bound_is_refused():
    # one long wave on a ring: neighbours alike as far as rho can go
    keys = [f"u{i:02}" for i in range(24)]
    level = pd.Series(50 * np.cos(np.arange(24) * np.pi / 12), keys)
    found = kz.small_areas(level, level * 0 + 0.1, graph=graph_of(ring(keys)))
    assert found.rho == pytest.approx(0.999, abs=1e-6)
    assert found.method == "inapplicable"
    assert found.reason.startswith("rho ended at its bound (0.999)")
    assert found.frame["estimate"].isna().all()


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: kz.small_areas(TEN), CallError, "expected variance"),
        (lambda: kz.small_areas(TEN, TEN, n=TEN), CallError, "n belongs to transform"),
        (lambda: kz.small_areas(TEN, TEN, method="rml"), CallError, "did you mean 'reml'"),
        (lambda: kz.small_areas(DIRECT, VARIANCE, X, GRAPH, "moments"), CallError, "'reml', 'ml'"),
        (lambda: kz.small_areas(list(TEN), TEN), InputError, "direct: found list"),
        (lambda: kz.small_areas(TEN, TEN - 7), InputError, "variance: found 0 for 'g'"),
        (lambda: kz.small_areas(TEN, letters(*TEN, 1)), InputError, "unit 'k', which has no row"),
        (lambda: kz.small_areas(TEN.rename({"b": "a"}), TEN), InputError, "'a' twice"),
        (lambda: kz.small_areas(TEN.astype(str) + "x", TEN), InputError, "expected numbers"),
        (lambda: kz.small_areas(TEN, TEN, TEN[1:].to_frame("x")), InputError, "x: found none for"),
        (
            lambda: kz.small_areas(TEN, TEN, letters(*TEN, 1).to_frame("x")),
            InputError,
            "covariate x: found unit 'k', which has no row",
        ),
        (lambda: kz.small_areas(TEN, TEN, (TEN * 0 + 2).to_frame("x")), InputError, "covariate x"),
        (lambda: kz.small_areas(TEN, TEN, TEN.to_frame("intercept")), InputError, "another name"),
        (lambda: kz.small_areas(TEN, TEN, graph=GRAPH), InputError, "unit 'KZ-10'"),
        (lambda: kz.small_areas(TEN, TEN, graph=3), CallError, "expected a libpysal Graph"),
        (lambda: kz.small_areas(TEN, TEN, benchmark=3), CallError, "a pair of a number"),
        (lambda: kz.small_areas(TEN, TEN, benchmark=(3, TEN[1:])), InputError, "none for 'a'"),
        (lambda: kz.small_areas(TEN, TEN, benchmark=(-3, TEN)), InputError, "no ratio"),
        (lambda: kz.small_areas(TEN, TEN, n_bootstrap=-1), CallError, "n_bootstrap=-1"),
        (lambda: kz.small_areas(TEN, TEN, transform="arcsine"), CallError, "expected n"),
        (
            lambda: kz.small_areas(TEN, transform="arcsine", n=TEN),
            InputError,
            "direct: found 8 for 'a', expected shares",
        ),
    ],
)
def test_what_cannot_be_estimated_is_one_line(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1

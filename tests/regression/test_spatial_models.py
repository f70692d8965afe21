"""Spatial side of the regressions: against R and spreg, by hand, and on awkward data.

Sources of truth: R's spdep and spatialreg (tests/reference/spatial_models), spreg and libpysal
called directly. No R package for Conley's errors is among Debian's, so spreg's spatial HAC with
libpysal's great-circle kernels stands in.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import spreg
from helpers import assert_series, graph_of, ring
from hypothesis import given
from hypothesis import strategies as st
from libpysal.cg import KDTree
from libpysal.graph import Graph
from libpysal.weights import DistanceBand, Kernel, fill_diagonal, full2W

import kz_spatial as kz
from kz_spatial.errors import (
    CallError,
    CollinearTermWarning,
    InputError,
    NotEnoughDataError,
    UnitsLeftOutWarning,
)
from kz_spatial.regression import distance_errors as _conley
from kz_spatial.regression.few_clusters import covariance

REFERENCE = Path(__file__).parents[1] / "reference" / "spatial_models"
TRUTH = pd.read_csv(REFERENCE / "reference.csv", keep_default_na=False).astype({"value": float})
CASES = list(TRUTH["case"].unique())
FORMULA = "y ~ a + b"
# closed forms in doubles; the matrices have condition numbers under 1e4
AGREE = 1e-9
OBLASTS = kz.contiguity(kz.oblasts(detail="light"))
FIRMS = kz.load_twin()
# R's optimiser compares likelihoods, so it finds a flat top to the root of a double's precision
# and the derivatives' sizes come on top; ours is the root of the score
OPTIMUM = 1e-5


def load(case):
    """Unit table and graph of a stored case."""
    table = pd.read_csv(REFERENCE / f"{case}_units.csv", index_col="unit")
    pairs = pd.read_csv(REFERENCE / f"{case}_weights.csv")
    columns = (pairs[name].to_numpy() for name in ("focal", "neighbor", "weight"))
    return table, Graph.from_arrays(*columns)


def truth(case, model, quantity):
    """R's numbers of one quantity, by term."""
    rows = TRUTH[(TRUTH["case"] == case) & (TRUTH["model"] == model)]
    found = rows[rows["quantity"] == quantity].set_index("term")["value"]
    return found.rename(index={"(Intercept)": "Intercept"})


def as_w(graph):
    """The same weights as spreg wants them, rows in the graph's order."""
    return full2W(graph.sparse.toarray(), silence_warnings=True)


def arrays(table, graph):
    ordered = table.loc[graph.unique_ids]
    return ordered[["y"]].to_numpy(), ordered[["a", "b"]].to_numpy()


# LM tests


@pytest.mark.parametrize("case", CASES)
def test_lm_tests_are_those_of_r(case):
    found = kz.lm_tests(load(case)[0], FORMULA, load(case)[1])
    assert list(found.index) == [
        "lm_lag",
        "lm_error",
        "robust_lm_lag",
        "robust_lm_error",
        "sarma",
    ]
    assert list(found.columns) == ["statistic", "df", "p"]
    for name in found.columns:
        expected = truth(case, "lm", name).reindex(found.index)
        np.testing.assert_allclose(found[name], expected, rtol=AGREE)


@pytest.mark.parametrize("case", CASES)
def test_lm_tests_are_those_of_spreg(case):
    table, graph = load(case)
    y, X = arrays(table, graph)
    theirs = spreg.OLS(y, X, w=as_w(graph), spat_diag=True)
    found = kz.lm_tests(table, FORMULA, graph)
    for ours, name in (
        ("lm_lag", "lm_lag"),
        ("lm_error", "lm_error"),
        ("robust_lm_lag", "rlm_lag"),
        ("robust_lm_error", "rlm_error"),
        ("sarma", "lm_sarma"),
    ):
        np.testing.assert_allclose(
            found.loc[ours, ["statistic", "p"]].astype(float), getattr(theirs, name), rtol=AGREE
        )


def test_lm_error_by_hand():
    # path 1-2-3-4-5-6-7, binary weights: T = tr(W'W + WW) = 2 * 12
    y = np.array([1.0, 2, 4, 3, 5, 9, 8])
    e = y - y.mean()
    neighbours = {i: [j for j in (i - 1, i + 1) if 1 <= j <= 7] for i in range(1, 8)}
    Wu = np.array([sum(e[j - 1] for j in neighbours[i]) for i in range(1, 8)])
    expected = ((e @ Wu) / (e @ e / 7)) ** 2 / 24
    table = pd.DataFrame({"y": y}, index=range(1, 8))
    found = kz.lm_tests(table, "y ~ 1", graph_of(neighbours))
    np.testing.assert_allclose(found.loc["lm_error", "statistic"], expected, rtol=AGREE)


def test_robust_tests_say_why_they_do_not_exist():
    # with rows that sum to one the neighbours' fitted values of an intercept are the intercept
    table, graph = load("lag")
    found = kz.lm_tests(table, "y ~ 1", graph)
    assert found["statistic"].notna().tolist() == [True, True, False, False, False]
    assert any("lag and error look the same" in each for each in found.attrs["notes"])
    assert found.attrs["n_units"] == 49


# spatial lag and error models


@pytest.mark.parametrize("model", ["lag", "error"])
@pytest.mark.parametrize("case", CASES)
def test_maximum_likelihood_is_that_of_r(case, model):
    table, graph = load(case)
    fit = (kz.spatial_lag if model == "lag" else kz.spatial_error)(table, FORMULA, graph)
    found, key = fit.table(), f"{model}_ml"
    assert list(found.index) == ["Intercept", "a", "b", "rho" if model == "lag" else "lambda"]
    for name in ("coefficient", "std_error"):
        expected = truth(case, key, name).reindex(found.index)
        np.testing.assert_allclose(found[name], expected, rtol=OPTIMUM)
    # at the top errors of the optimum count squared
    for name in ("log_likelihood", "aic"):
        np.testing.assert_allclose(getattr(fit, name), truth(case, key, name).item(), rtol=1e-10)
    np.testing.assert_allclose(fit.sigma2, truth(case, key, "sigma2").item(), rtol=OPTIMUM)


@pytest.mark.parametrize("case", CASES)
def test_impacts_and_their_errors_are_those_of_r(case):
    table, graph = load(case)
    found = kz.spatial_lag(table, FORMULA, graph, intervals="delta").impacts
    for effect in ("direct", "indirect", "total"):
        ours = found.xs(effect, level="effect")
        for name, theirs in (("impact", "impact"), ("std_error", "impact_se")):
            expected = truth(case, "lag_ml", f"{theirs}_{effect}").reindex(ours.index)
            np.testing.assert_allclose(ours[name], expected, rtol=OPTIMUM)


@pytest.mark.parametrize("case", ["twin", "negative", "lag", "error"])
def test_simulated_intervals_are_those_of_r(case):
    table, graph = load(case)
    found = kz.spatial_lag(table, FORMULA, graph, n_draws=100_000).impacts
    for effect in ("direct", "indirect", "total"):
        ours = found.xs(effect, level="effect")
        ends = {
            end: truth(case, "lag_ml", f"impact_{end}_{effect}").reindex(ours.index)
            for end in ("low", "high")
        }
        # a 2.5 % quantile of 100,000 normal draws has an error of 0.01 deviations, a 400th of the
        # interval; skewed tails are thinner by up to ten times
        width = (ends["high"] - ends["low"]).to_numpy()
        for end, expected in ends.items():
            assert (np.abs(ours[f"ci_{end}"] - expected) < 0.02 * width).all()


@pytest.mark.parametrize("case", CASES)
def test_moment_estimates_are_those_of_r(case):
    table, graph = load(case)
    for model, fitter in (("lag_gmm", kz.spatial_lag), ("error_gmm", kz.spatial_error)):
        expected = truth(case, model, "coefficient")
        if expected.empty:
            continue  # stsls has other instruments there
        found = fitter(table, FORMULA, graph, method="gmm").table()
        # lambda comes from two optimisers with numerical derivatives, which stop at 1e-4 of it
        rtol = 1e-8 if model == "lag_gmm" else 5e-4
        np.testing.assert_allclose(found["coefficient"], expected.reindex(found.index), rtol=rtol)
        errors = truth(case, model, "std_error")
        np.testing.assert_allclose(found.loc[errors.index, "std_error"], errors, rtol=rtol)


@pytest.mark.parametrize("case", ["twin", "lag", "error"])
def test_models_are_those_of_spreg(case):
    table, graph = load(case)
    y, X = arrays(table, graph)
    w = as_w(graph)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # spreg's call of scipy's optimiser warns about itself
        theirs = {
            ("lag", "ml"): spreg.ML_Lag(y, X, w),
            ("error", "ml"): spreg.ML_Error(y, X, w),
            ("lag", "gmm"): spreg.GM_Lag(y, X, w=w),
            ("error", "gmm"): spreg.GM_Error(y, X, w),
        }
    for (model, method), expected in theirs.items():
        fit = (kz.spatial_lag if model == "lag" else kz.spatial_error)(
            table, FORMULA, graph, method=method
        )
        # spreg stops at 1e-7 of rho or lambda, and sums its errors' power series to 1e-7
        found = fit.table()
        rtol = 5e-5
        np.testing.assert_allclose(found["coefficient"], expected.betas[:, 0], rtol=rtol)
        k = len(expected.vm)  # spreg has no error of lambda by moments
        errors = np.sqrt(np.diag(expected.vm))
        np.testing.assert_allclose(found["std_error"].iloc[:k], errors, rtol=rtol)
        np.testing.assert_allclose(fit.pseudo_r2, expected.pr2, rtol=rtol)
        if method == "ml":
            np.testing.assert_allclose(fit.log_likelihood, np.squeeze(expected.logll), rtol=1e-9)


def test_a_fit_that_spreg_refuses():
    # the power series of spreg grows at first for rho near -1, and the search ends at -1
    table, graph = load("negative")
    y, X = arrays(table, graph)
    with pytest.raises(Exception, match="power expansion"):
        spreg.ML_Lag(y, X, as_w(graph))
    fit = kz.spatial_lag(table, FORMULA, graph)
    assert fit.rho < -1
    assert np.isfinite(fit.table()["std_error"]).all()


def test_the_lag_models_equations_hold():
    table, graph = load("lag")
    fit = kz.spatial_lag(table, FORMULA, graph)
    ordered = table.loc[graph.unique_ids]
    lagged = pd.Series(graph.lag(ordered["y"]), ordered.index)
    b = fit.coefficients
    expected = (
        ordered["y"]
        - fit.rho * lagged
        - b["Intercept"]
        - b["a"] * ordered["a"]
        - b["b"] * ordered["b"]
    )
    np.testing.assert_allclose(fit.residuals.loc[ordered.index], expected, atol=1e-10)
    # rows that sum to one: the total multiplier is 1 / (1 - rho)
    total = fit.impacts.xs("total", level="effect")["impact"]
    np.testing.assert_allclose(total, b[["a", "b"]] / (1 - fit.rho), rtol=1e-10)
    parts = fit.impacts["impact"].unstack("effect")  # noqa: PD010
    np.testing.assert_allclose(parts["direct"] + parts["indirect"], parts["total"], rtol=1e-12)


def test_impacts_by_hand_for_two_neighbours():
    # W = [[0, 1], [1, 0]] three times: S = [[1, r], [r, 1]] / (1 - r^2) in each pair
    pairs = {"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c"], "e": ["f"], "f": ["e"]}
    table = pd.DataFrame(
        {"y": [1.0, 3, 4, 4.5, 7, 6], "x": [0.0, 1, 2, 1, 3, 2.5]}, index=list("abcdef")
    )
    fit = kz.spatial_lag(table, "y ~ x", graph_of(pairs))
    r, b = fit.rho, fit.coefficients["x"]
    expected = [b / (1 - r**2), r * b / (1 - r**2), b / (1 - r)]
    np.testing.assert_allclose(fit.impacts["impact"], expected, rtol=1e-10)
    assert fit.impacts.index.to_list() == [("x", each) for each in ("direct", "indirect", "total")]


def test_simulated_intervals_keep_their_seed():
    table, graph = load("twin")
    fits = [kz.spatial_lag(table, FORMULA, graph, seed=seed) for seed in (1, 1, 2)]
    pd.testing.assert_frame_equal(fits[0].impacts, fits[1].impacts)
    assert not np.allclose(fits[0].impacts["ci_low"], fits[2].impacts["ci_low"], rtol=1e-6)
    assert fits[0].seed == 1
    assert kz.spatial_lag(table, FORMULA, graph, intervals="delta").seed is None


def test_few_units_are_noted_and_many_are_not():
    for case, noted in (("twin", True), ("lag", False)):
        table, graph = load(case)
        for fit in (kz.spatial_lag(table, FORMULA, graph), kz.spatial_error(table, FORMULA, graph)):
            assert any("20 units" in note for note in fit.notes) is noted
        assert bool(kz.lm_tests(table, FORMULA, graph).attrs["notes"]) is noted


def test_moments_say_that_lambda_has_no_error():
    table, graph = load("error")
    fit = kz.spatial_error(table, FORMULA, graph, method="gmm")
    assert np.isnan(fit.table().loc["lambda", "std_error"])
    assert np.isnan(fit.log_likelihood)
    assert np.isnan(fit.aic)
    assert any("lambda has no error" in note for note in fit.notes)


def test_a_rho_without_regular_model_has_no_impacts():
    # two-stage least squares knows no bounds: rho above 1 on these weights
    graph = graph_of(ring("abcdefghij"), None).transform("r")
    rng = np.random.default_rng(1)
    x = rng.normal(size=10)
    W = graph.sparse.toarray()
    y = np.linalg.solve(np.eye(10) - 1.6 * W, 1 + x + 0.01 * rng.normal(size=10))
    table = pd.DataFrame({"y": y, "x": x}, index=graph.unique_ids)
    fit = kz.spatial_lag(table, "y ~ x", graph, method="gmm")
    assert fit.rho > 1
    assert fit.impacts["impact"].isna().all()
    assert any("impacts do not exist" in note for note in fit.notes)


def test_an_optimum_at_the_end_of_the_range_has_no_errors():
    # on a one-way ring of five, I - rho W stays regular below the range's lower end
    keys = list("abcde") + list("fghij")
    one_way = {key: [keys[i // 5 * 5 + (i + 1) % 5]] for i, key in enumerate(keys)}
    graph = graph_of(one_way)
    rng = np.random.default_rng(3)
    x = rng.normal(size=10)
    y = np.linalg.solve(np.eye(10) + 5 * graph.sparse.toarray(), 1 + x + 0.01 * rng.normal(size=10))
    table = pd.DataFrame({"y": y, "x": x}, index=graph.unique_ids)
    fit = kz.spatial_lag(table, "y ~ x", graph)
    assert any("at the end of its range" in note for note in fit.notes)
    assert fit.table()["std_error"].isna().all()
    assert fit.impacts["std_error"].isna().all()


@given(st.permutations(range(20)), st.floats(0.01, 1000), st.floats(-50, 50))
def test_order_scale_and_origin_do_not_matter(order, scale, shift):
    table, graph = load("twin")
    moved = table.iloc[order].assign(y=lambda frame: scale * frame["y"] + shift)
    turned = graph.subgraph(table.index[order][::-1])
    assert list(turned.unique_ids) == list(table.index[order][::-1])
    plain = kz.spatial_error(table, FORMULA, graph)
    other = kz.spatial_error(moved, FORMULA, turned)
    expected = plain.coefficients * scale + pd.Series({"Intercept": shift, "a": 0, "b": 0})
    np.testing.assert_allclose(other.lambda_, plain.lambda_, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(other.coefficients, expected, rtol=1e-6, atol=1e-6 * scale)
    ours = kz.lm_tests(moved, FORMULA, turned)["p"]
    theirs = kz.lm_tests(table, FORMULA, graph)["p"]
    # a mean a thousand deviations from zero costs three digits, and robust tests cancel the rest
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    for method in ("ml", "gmm"):
        first, second = (
            kz.spatial_lag(each, FORMULA, around, method=method, intervals="delta")
            for each, around in ((table, graph), (moved.assign(y=moved["y"] - shift), turned))
        )
        np.testing.assert_allclose(second.rho, first.rho, rtol=1e-7)
        np.testing.assert_allclose(
            second.impacts[["impact", "std_error"]],
            scale * first.impacts[["impact", "std_error"]],
            rtol=1e-6,
        )


# units that cannot take part


def test_units_without_value_or_neighbour_are_named_and_left_out():
    table, graph = load("twin")
    holed = table.copy()
    holed.loc["KZ-35", "a"] = np.nan  # Karaganda, which has other neighbours' neighbours
    holed.loc["KZ-11", "y"] = np.nan  # Akmola, the only neighbour of Astana
    before = holed.copy()
    message = "left out 3 of 20 units: KZ-11, KZ-35 without a value; KZ-71 without a neighbour"
    with pytest.warns(UnitsLeftOutWarning, match=re.escape(message)):
        fit = kz.spatial_lag(holed, FORMULA, graph)
    pd.testing.assert_frame_equal(holed, before)
    assert fit.left_out == ("KZ-11", "KZ-35", "KZ-71")
    assert fit.n_obs == 17
    # the same model on the graph that is left, its rows made to sum to one again
    kept = [key for key in graph.unique_ids if key not in fit.left_out]
    inner = graph.subgraph(kept).transform("r")
    again = kz.spatial_lag(table.loc[kept], FORMULA, inner)
    np.testing.assert_allclose(fit.coefficients, again.coefficients, rtol=1e-9)
    np.testing.assert_allclose(fit.rho, again.rho, rtol=1e-9)
    with pytest.warns(UnitsLeftOutWarning, match="KZ-11, KZ-35 without a value"):
        tests = kz.lm_tests(holed, FORMULA, graph)
    expected = kz.lm_tests(table.loc[kept], FORMULA, inner)
    np.testing.assert_allclose(tests["statistic"], expected["statistic"], rtol=1e-9)


def test_units_absent_from_the_table_are_left_out():
    table, graph = load("twin")
    with pytest.warns(UnitsLeftOutWarning, match="KZ-39 without a value"):
        fit = kz.spatial_error(table.drop(index="KZ-39"), FORMULA, graph)
    assert fit.left_out == ("KZ-39",)


def test_binary_weights_stay_as_they_are():
    table, graph = load("binary")
    holed = table.drop(index="r3c3")
    with pytest.warns(UnitsLeftOutWarning, match="r3c3"):
        fit = kz.spatial_lag(holed, FORMULA, graph)
    inner = graph.subgraph(holed.index)
    lagged = inner.lag(holed["y"])
    b = fit.coefficients
    expected = holed["y"] - fit.rho * lagged - b["Intercept"] - holed[["a", "b"]] @ b[["a", "b"]]
    np.testing.assert_allclose(fit.residuals.loc[holed.index], expected, atol=1e-10)


def _twice(table):
    return pd.concat([table, table.iloc[[0]]])


@pytest.mark.parametrize("call", [kz.lm_tests, kz.spatial_lag, kz.spatial_error])
@pytest.mark.parametrize(
    ("change", "formula", "error", "message"),
    [
        (_twice, FORMULA, InputError, "found unit 'KZ-10' twice, expected once"),
        (
            lambda t: t.rename(index={"KZ-10": "KZ-99"}),
            FORMULA,
            InputError,
            "found unit 'KZ-99' that the graph lacks",
        ),
        (lambda t: t.assign(y=3.7), FORMULA, NotEnoughDataError, "the outcome does not vary"),
        (
            lambda t: t.assign(y=1 + 2 * t["a"] - t["b"]),
            FORMULA,
            NotEnoughDataError,
            "fit the outcome exactly",
        ),
        (
            lambda t: t.assign(a=t["a"].where(t["a"] > np.inf)),
            FORMULA,
            NotEnoughDataError,
            "found 0 units",
        ),
        (
            lambda t: t.loc[["KZ-10", "KZ-35", "KZ-63", "KZ-55"]],
            FORMULA,
            NotEnoughDataError,
            "for 5 parameters, expected more",
        ),
        (
            lambda t: t.assign(a=t["a"].replace(t["a"].max(), np.inf)),
            FORMULA,
            InputError,
            "infinity",
        ),
        (lambda t: t, "y ~ a + nothing", InputError, "nothing"),
        (lambda t: t, "y ~ a | b", CallError, "without effects"),
        (lambda t: t, "y ~ 0 + a", CallError, "expected an intercept"),
        (lambda t: t, "y + a ~ b", CallError, "expected one outcome"),
        (lambda t: t, "y ~ a +* b", CallError, "formula 'y ~ a +* b'"),
    ],
)
@pytest.mark.filterwarnings("ignore::kz_spatial.errors.UnitsLeftOutWarning")
def test_awkward_tables_give_clear_errors(call, change, formula, error, message):
    table, graph = load("twin")
    with pytest.raises(error, match=re.escape(message)):
        call(change(table), formula, graph)


def test_awkward_graphs_give_clear_errors():
    table, graph = load("twin")
    with pytest.raises(InputError, match="is its own neighbour"):
        kz.lm_tests(table, FORMULA, graph.assign_self_weight(1))
    many = graph_of(ring(range(2001)))
    frame = pd.DataFrame({"y": np.arange(2001.0) % 7, "a": 1.0 * (np.arange(2001) % 3)})
    with pytest.raises(CallError, match="expected at most 2000"):
        kz.spatial_lag(frame, "y ~ a", many)


def test_bad_options_give_clear_errors():
    table, graph = load("twin")
    for options in ({"method": "mle"}, {"intervals": "bootstrap"}, {"n_draws": 5}):
        with pytest.raises(CallError, match=f"{next(iter(options))}="):
            kz.spatial_lag(table, FORMULA, graph, **options)
    with pytest.raises(CallError, match="method="):
        kz.spatial_error(table, FORMULA, graph, method="mle")
    with pytest.raises(CallError, match="instruments"):
        kz.spatial_lag(table, "y ~ 1", graph, method="gmm")
    with pytest.raises(CallError, match="level="):
        kz.spatial_error(table, FORMULA, graph).table(level=95)


def test_collinear_terms_are_dropped_and_named():
    table, graph = load("twin")
    more = table.assign(c=2 * table["a"] - table["b"] + 3)
    with pytest.warns(CollinearTermWarning, match=r"other terms: c$"):
        fit = kz.spatial_lag(more, "y ~ a + b + c", graph)
    assert fit.coefficients.index.to_list() == ["Intercept", "a", "b"]


def test_a_model_of_the_intercept_alone():
    table, graph = load("lag")
    fit = kz.spatial_lag(table, "y ~ 1", graph)
    assert fit.impacts.empty
    assert 0 < fit.rho < 1
    assert np.isnan(kz.spatial_error(table, "y ~ 1", graph).pseudo_r2)


# residuals by unit


def test_residual_means_by_hand_with_weights():
    firms = pd.DataFrame(
        {
            "composite": ["almaty"] * 5 + ["north"] * 6 + ["west"] * 4 + [None],
            "y": [3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3],
            "x": [2.0, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5, 9, 0, 4, 5],
            "w": [1.0, 2, 1, 3, 1, 2, 1, 1, 2, 1, 1, 1, 2, 2, 1, 1],
        }
    )
    fit = kz.fixed_effects("y ~ x", firms, weights="w")
    found = kz.residual_means(fit, firms, by="composite")
    e, w = fit.residuals.to_numpy(), firms["w"].to_numpy()
    expected = dict.fromkeys(
        ["almaty", "astana", "center", "east", "north", "south", "west"], np.nan
    )
    expected["almaty"] = e[:5] @ w[:5] / w[:5].sum()
    expected["north"] = e[5:11] @ w[5:11] / w[5:11].sum()  # west has four firms
    assert_series(found, expected, name="residual_mean", tolerance=1e-12)
    assert found.index.name == "composite"
    wider = kz.residual_means(fit, firms, by="composite", min_firms=4)
    assert np.isfinite(wider["west"])


def test_residual_means_withhold_what_subtraction_would_tell():
    # within a composite weighted residuals sum to zero, so one hidden oblast would be known
    counts = {"KZ-35": 20, "KZ-62": 3, "KZ-10": 9, "KZ-63": 12}
    codes = [code for code, n in counts.items() for _ in range(n)]
    rng = np.random.default_rng(2)
    firms = pd.DataFrame({"oblast_code": codes, "y": rng.normal(size=44), "x": rng.normal(size=44)})
    firms["composite"] = np.where(firms["oblast_code"].isin(["KZ-35", "KZ-62"]), "center", "east")
    fit = kz.fixed_effects("y ~ x | composite", firms)
    found = kz.residual_means(fit, firms)
    assert found.dropna().index.to_list() == ["KZ-10", "KZ-63"]
    assert len(found) == 20


def test_moran_of_residual_means_and_of_effects():
    fit = kz.fixed_effects("epayment_share ~ outages_per_month | composite", FIRMS)
    means = kz.residual_means(fit, FIRMS)
    assert kz.moran(means, OBLASTS).n_units == 20
    assert kz.moran(fit.effects, kz.contiguity(kz.composites(detail="light"))).method == "exact"
    # absorbed effects leave nothing by composite, and rounding is not mistaken for a pattern
    nothing = kz.residual_means(fit, FIRMS, by="composite")
    assert (nothing == 0).all()
    seven = kz.moran(nothing, kz.contiguity(kz.composites(detail="light")))
    assert seven.reason == "the values do not vary"


def test_residual_means_do_not_depend_on_order():
    fit = kz.fixed_effects("epayment_share ~ outages_per_month | composite", FIRMS)
    order = np.random.default_rng(0).permutation(len(FIRMS))
    other = kz.fixed_effects("epayment_share ~ outages_per_month | composite", FIRMS.iloc[order])
    for firms in (FIRMS, FIRMS.iloc[order]):
        np.testing.assert_allclose(
            kz.residual_means(other, firms), kz.residual_means(fit, FIRMS), atol=1e-10
        )


def test_residual_means_of_awkward_tables():
    fit = kz.fixed_effects("epayment_share ~ outages_per_month | composite", FIRMS)
    with pytest.raises(InputError, match="found no row 0, which the fit used"):
        kz.residual_means(fit, FIRMS.iloc[1:])
    with pytest.raises(InputError, match="firm table: found row 0 twice"):
        kz.residual_means(fit, _twice(FIRMS))
    with pytest.raises(InputError, match="oblast_code"):
        kz.residual_means(fit, FIRMS.drop(columns="oblast_code"))
    with pytest.raises(InputError, match="expected a code such as"):
        kz.residual_means(fit, FIRMS.assign(oblast_code="Akmola"))
    with pytest.raises(CallError, match="by='region'"):
        kz.residual_means(fit, FIRMS, by="region")


# neighbours' means


FOUR = {"a": ["b", "c"], "b": ["a", "c"], "c": ["a", "b"], "d": []}


def _four_units():
    table = pd.DataFrame(
        {"x_mean": [10.0, np.nan, 40.0, 7.0], "z": [1.0, 2, 3, 4]},
        index=pd.Index(list("abcd"), name="unit"),
    )
    firms = pd.DataFrame(
        {"unit": ["a", "b", "c", "d", None, "a"], "v": range(6)}, index=[9, 8, 7, 6, 5, 4]
    )
    return firms, table


def test_neighbour_means_by_hand_on_four_units():
    firms, table = _four_units()
    before = firms.copy(), table.copy()
    found = kz.neighbour_means(firms, table, graph_of(FOUR).transform("r"), ["x", "z"])
    # b has no value: c's share of a's neighbourhood is one, and the other way round; d is an island
    nan = np.nan
    assert_series(
        found["x_neighbours"],
        pd.Series([40, 25, 10, nan, nan, 40], firms.index),
        name="x_neighbours",
        tolerance=1e-12,
    )
    assert_series(
        found["z_neighbours"],
        pd.Series([2.5, 2, 1.5, nan, nan, 2.5], firms.index),
        name="z_neighbours",
        tolerance=1e-12,
    )
    assert list(found.columns) == ["unit", "v", "x_neighbours", "z_neighbours"]
    pd.testing.assert_frame_equal(firms, before[0])
    pd.testing.assert_frame_equal(table, before[1])


def test_neighbour_means_follow_the_weights():
    firms, table = _four_units()
    graph = graph_of(FOUR, {"a": [1, 3], "b": [1, 1], "c": [2, 2], "d": []})
    found = kz.neighbour_means(firms, table.fillna(20), graph, ["x"])
    np.testing.assert_allclose(found.loc[9, "x_neighbours"], (20 + 3 * 40) / 4)


def test_neighbour_means_are_the_graphs_lag_where_all_is_known():
    table = kz.aggregate(FIRMS, by="oblast")
    found = kz.neighbour_means(FIRMS, table, OBLASTS, ["epayment_share"])
    lag = pd.Series(
        OBLASTS.lag(table.loc[OBLASTS.unique_ids, "epayment_share_mean"]), OBLASTS.unique_ids
    )
    expected = FIRMS["oblast_code"].map(lag)
    np.testing.assert_allclose(found["epayment_share_neighbours"], expected, rtol=1e-12)


def test_slx_terms_are_collinear_with_their_own_units_only():
    table = kz.aggregate(FIRMS, by="oblast")
    wider = kz.neighbour_means(FIRMS, table, OBLASTS, ["epayment_share"])
    formula = "outages_per_month ~ epayment_share + epayment_share_neighbours"
    fit = kz.fixed_effects(f"{formula} | composite", wider)
    assert "epayment_share_neighbours" in fit.coefficients
    with pytest.warns(CollinearTermWarning, match="epayment_share_neighbours"):
        kz.fixed_effects(f"{formula} | oblast_code", wider)


def test_neighbour_means_of_awkward_tables():
    firms, table = _four_units()
    graph = graph_of(FOUR)
    with pytest.raises(InputError, match="its index is named 'code'"):
        kz.neighbour_means(firms, table.rename_axis("code"), graph, ["x"])
    with pytest.raises(InputError, match="found unit 'a' twice"):
        kz.neighbour_means(firms, _twice(table), graph, ["x"])
    with pytest.raises(InputError, match="found 'q', expected a unit of the graph"):
        kz.neighbour_means(firms.replace({"unit": {"b": "q"}}), table, graph, ["x"])
    with pytest.raises(InputError, match="found no column 'nothing'"):
        kz.neighbour_means(firms, table, graph, ["nothing"])
    with pytest.raises(InputError, match="column z: found infinity"):
        kz.neighbour_means(firms, table.replace({"z": {4: np.inf}}), graph, ["z"])
    with pytest.raises(InputError, match="negative weight"):
        kz.neighbour_means(
            firms,
            table,
            graph_of(
                {"a": ["b"], "b": ["a"], "c": ["a"], "d": ["a"]},
                {"a": [1], "b": [-1], "c": [1], "d": [1]},
            ),
            ["x"],
        )


# Conley


def scattered(n=30, seed=5, *, index=None):
    """Firms between 46 and 88 degrees east, 40 and 56 north."""
    rng = np.random.default_rng(seed)
    longitude, latitude = rng.uniform(46, 88, n), rng.uniform(40, 56, n)
    frame = pd.DataFrame(
        {
            "a": rng.normal(size=n) + np.cos(latitude / 3),
            "b": rng.normal(size=n),
            "w": rng.uniform(0.5, 3, n),
            "g": np.arange(n) % 3,
            "longitude": longitude,
            "latitude": latitude,
        },
        index=index,
    )
    return frame.assign(y=frame["a"] - frame["b"] + np.sin(longitude / 5) + rng.normal(size=n))


def haversine(one, two):
    (lon1, lat1), (lon2, lat2) = np.radians(one), np.radians(two)
    h = np.sin((lat2 - lat1) / 2) ** 2
    h += np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0088 * np.arcsin(np.sqrt(h))


def run(fit, firms, cutoff_km, **options):
    return kz.conley(fit, firms["longitude"], firms["latitude"], cutoff_km, **options)


@pytest.mark.parametrize("kernel", ["bartlett", "uniform"])
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("formula", ["y ~ a + b", "y ~ a + b | g"])
def test_conley_is_the_double_sum_over_pairs(kernel, weights, formula):
    firms = scattered()
    fit = kz.fixed_effects(formula, firms, weights=weights)
    m, place = fit.model, firms[["longitude", "latitude"]].to_numpy()
    scores = m.X * (m.w * m.residuals)[:, None]
    meat = np.zeros((m.X.shape[1],) * 2)
    for i in range(30):
        for j in range(30):
            d = haversine(place[i], place[j])
            if d <= 700:
                meat += np.outer(scores[i], scores[j]) * (
                    1 - d / 700 if kernel == "bartlett" else 1
                )
    bread = np.linalg.inv(m.X.T @ np.diag(m.w) @ m.X)
    expected = 30 / (30 - m.n_parameters) * bread @ meat @ bread
    found = run(fit, firms, 700, kernel=kernel)
    assert found.mean_neighbours > 1
    # chords and haversines lose at most half the digits of neighbouring points, none are near
    np.testing.assert_allclose(found.matrix, expected, rtol=1e-9, atol=1e-14)
    variance = np.diag(expected)
    usable = variance > 0
    np.testing.assert_allclose(
        found.table()["std_error"][usable], np.sqrt(variance[usable]), rtol=1e-9
    )


@pytest.mark.parametrize("kernel", ["bartlett", "uniform"])
@pytest.mark.parametrize("weights", [None, "w"])
def test_conley_is_spregs_spatial_hac_with_libpysals_distances(kernel, weights):
    firms = scattered(200, seed=1)
    tree = KDTree(
        firms[["longitude", "latitude"]].to_numpy(), distance_metric="Arc", radius=6371.0088
    )
    if kernel == "bartlett":
        w = Kernel(tree, bandwidth=400.0, fixed=True, k=199, function="triangular", diagonal=True)
    else:
        w = fill_diagonal(DistanceBand(tree, 400.0, binary=True, silence_warnings=True), 1.0)
    root = np.sqrt(firms[["w"]]) if weights else np.ones((200, 1))
    root = np.asarray(root)
    X = np.column_stack([np.ones(200), firms[["a", "b"]]])
    theirs = spreg.ols.BaseOLS(root * firms[["y"]].to_numpy(), root * X, robust="hac", gwk=w)
    fit = kz.fixed_effects("y ~ a + b", firms, weights=weights)
    found = run(fit, firms, 400, kernel=kernel, small_sample=False)
    np.testing.assert_allclose(found.matrix, theirs.vm, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("kernel", ["bartlett", "uniform"])
@pytest.mark.parametrize("weights", [None, "w"])
def test_a_small_cutoff_leaves_hc1_and_hc0(kernel, weights):
    firms = scattered()
    fit = kz.fixed_effects("y ~ a + b | g", firms, weights=weights)
    hc1 = covariance(fit.model, "hc1").matrix
    found = run(fit, firms, 1e-6, kernel=kernel)
    np.testing.assert_allclose(found.matrix, hc1, rtol=1e-12)
    pd.testing.assert_frame_equal(found.table(), fit.table("hc1"), check_exact=False, rtol=1e-10)
    plain = run(fit, firms, 1e-6, kernel=kernel, small_sample=False)
    np.testing.assert_allclose(plain.matrix, hc1 * (30 - fit.n_parameters) / 30, rtol=1e-12)
    assert found.mean_neighbours == 0


@pytest.mark.parametrize("kernel", ["bartlett", "uniform"])
def test_firms_in_one_place_have_no_conley_error(kernel):
    # the scores of least squares sum to zero, and their sum is all that is left
    firms = scattered().assign(longitude=71.4, latitude=51.1)
    fit = kz.fixed_effects("y ~ a + b", firms)
    found = run(fit, firms, 50, kernel=kernel)
    np.testing.assert_allclose(found.matrix, 0, atol=1e-15)
    assert found.reasons.str.contains("scores sum to zero").all()
    assert found.table()[["std_error", "t", "p", "ci_low", "ci_high"]].isna().all(axis=None)
    assert (found.n_locations, found.mean_neighbours) == (1, 29)


def test_firms_at_few_places_are_clusters():
    # places far apart, uniform kernel: CRV1 without its factor
    firms = scattered(60)
    firms["place"] = np.arange(60) % 6
    firms["longitude"], firms["latitude"] = 50.0 + 6 * firms["place"], 45.0
    fit = kz.fixed_effects("y ~ a + b", firms, cluster="place")
    found = run(fit, firms, 100, kernel="uniform", small_sample=False)
    factor = 6 / 5 * 59 / 57
    np.testing.assert_allclose(
        factor * found.matrix, covariance(fit.model, "crv1").matrix, rtol=1e-10
    )


def test_the_whole_earth_is_within_reach():
    firms = scattered(40).assign(
        longitude=np.linspace(-180, 180, 40), latitude=np.linspace(-90, 90, 40)
    )
    fit = kz.fixed_effects("y ~ a + b", firms)
    found = run(fit, firms, 30_000, kernel="uniform")
    assert found.mean_neighbours == 39
    assert (found.reasons != "").all()


def test_a_negative_variance_is_missing_with_its_reason():
    # the third firm is near the first two, which are not near each other
    firms = pd.DataFrame(
        {
            "y": [4.0, 4, -6, 0, 0, 0],
            "a": [1.0, 1, 1.4, 1, 1, 1],
            "longitude": [50.0, 58, 54, 70, 80, 85],
            "latitude": 45.0,
        }
    )
    fit = kz.fixed_effects("y ~ 0 + a", firms)
    found = run(fit, firms, 400, kernel="uniform")
    assert found.matrix.loc["a", "a"] < 0
    assert found.reasons["a"].startswith("the variance is negative")
    assert np.isnan(found.table().loc["a", "std_error"])


def test_coordinates_go_by_row_and_unused_firms_need_none():
    firms = scattered(index=[f"f{i}" for i in range(30)])
    firms.loc["f3", "y"] = np.nan
    firms.loc["f3", ["longitude", "latitude"]] = np.nan
    fit = kz.fixed_effects("y ~ a + b", firms)
    expected = run(fit, firms, 700)
    order = np.random.default_rng(0).permutation(30)
    np.testing.assert_allclose(run(fit, firms.iloc[order], 700).matrix, expected.matrix, rtol=1e-12)
    moved = kz.fixed_effects("y ~ a + b", firms.iloc[order])
    np.testing.assert_allclose(run(moved, firms, 700).matrix, expected.matrix, rtol=1e-9)
    assert expected.n_obs == 29


def test_blocks_add_up(monkeypatch):
    firms = scattered(120)
    fit = kz.fixed_effects("y ~ a + b", firms)
    expected = run(fit, firms, 900)
    monkeypatch.setattr(_conley, "_PAIRS_AT_ONCE", 37)
    found = run(fit, firms, 900)
    np.testing.assert_allclose(found.matrix, expected.matrix, rtol=1e-12)
    assert found.mean_neighbours == expected.mean_neighbours


def test_conley_of_awkward_coordinates():
    firms = scattered()
    fit = kz.fixed_effects("y ~ a + b", firms)
    good = firms["longitude"], firms["latitude"]
    with pytest.raises(InputError, match="longitude: found ndarray, expected a Series"):
        kz.conley(fit, good[0].to_numpy(), good[1], 100)
    with pytest.raises(InputError, match=r"longitude: found nan in row 4 \(1 such rows\)"):
        kz.conley(fit, good[0].where(firms.index != 4), good[1], 100)
    with pytest.raises(InputError, match=r"latitude: found .* expected degrees from -90 to 90"):
        kz.conley(fit, good[1], good[0] * 2, 100)
    with pytest.raises(InputError, match="latitude: found none for 1 of the fit's 30 firms"):
        kz.conley(fit, good[0], good[1].iloc[1:], 100)
    with pytest.raises(InputError, match="longitude: found row 0 twice"):
        kz.conley(fit, _twice(good[0]), good[1], 100)
    repeated = kz.fixed_effects("y ~ a + b", firms.set_axis([0] * 30))
    with pytest.raises(InputError, match="fit: found row 0 twice"):
        kz.conley(repeated, *good, 100)
    for cutoff in (0, -5, np.nan, np.inf):
        with pytest.raises(CallError, match="cutoff_km="):
            kz.conley(fit, *good, cutoff)
    with pytest.raises(CallError, match="kernel='epanechnikov'"):
        kz.conley(fit, *good, 100, kernel="epanechnikov")
    with pytest.raises(CallError, match="level="):
        kz.conley(fit, *good, 100).table(level=1)

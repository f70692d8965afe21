"""Factors, two ways of clusters, joint tests, combinations and predictions against other programs.

Outside truth: tests/reference/inference_choices (clubSandwich, pyfixest, linearmodels,
statsmodels).
"""

import importlib.util
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kz_spatial as kz
from kz_spatial.errors import CallError, CollinearTermWarning, InputError, NotEnoughDataError
from kz_spatial.regression.few_clusters import _crv1, covariance
from kz_spatial.regression.linear_model import LinearModel

REFERENCE = Path(__file__).parents[1] / "reference" / "inference_choices"
DATA = pd.read_csv(REFERENCE / "data.csv")
NEW = pd.read_csv(REFERENCE / "new.csv")
TERMS = ["x1", "x2", "x3", "x4"]
# the same formulas in doubles on well-conditioned designs; pyfixest's own demeaning stops at 1e-8
AGREE, DEMEANED = 1e-8, 1e-6


def fitted(effects="", cluster="g", weights=None, **more):
    tail = f" | {effects}" if effects not in ("", "none") else ""
    return kz.fixed_effects(
        f"y ~ {' + '.join(TERMS)}{tail}", DATA, cluster=cluster, weights=weights, **more
    )


def told(name):
    frame = pd.read_csv(REFERENCE / name)
    frame = frame.astype({"weights": object, "effects": object}).fillna({"effects": ""})
    frame["weights"] = frame["weights"].where(frame["weights"].isin(["w"]), None)
    return frame


def cases(name, keys):
    frame = told(name)
    return [
        pytest.param(*key, part, id="-".join(map(str, key)))
        for key, part in frame.groupby(keys, dropna=False, sort=False)
    ]


def one(value):
    return "w" if value == "w" else None


@pytest.mark.parametrize(
    ("effects", "cluster", "ssc", "weights", "expected"),
    cases("factors.csv", ["effects", "cluster", "ssc", "weights"]),
)
def test_factors_are_those_of_pyfixest(effects, cluster, ssc, weights, expected):
    table = fitted(effects, cluster, one(weights), ssc=ssc).table("crv1").loc[TERMS]
    for column in ("coefficient", "std_error", "p"):
        np.testing.assert_allclose(table[column], expected[column], rtol=DEMEANED)


def test_factors_by_hand():
    """Five terms' worth of K apart: 4 terms, 36 levels of f inside g, 5 of s across it."""
    n, G = 240, 12
    errors = {
        (effects, ssc): fitted(effects, ssc=ssc).table("crv1")["std_error"]
        for effects, ssc in [("f", "areg"), ("f", "xtreg"), ("f", "reghdfe"), ("f + s", "areg"),
                             ("f + s", "reghdfe"), ("s", "areg"), ("s", "reghdfe")]
    }  # fmt: skip
    counted = {key: (each / errors[key[0], "areg"])["x1"] for key, each in errors.items()}
    assert G - 1 == 11
    assert counted["f", "xtreg"] == pytest.approx(((n - 40) / (n - 5)) ** 0.5, rel=1e-12)
    assert counted["f", "reghdfe"] == counted["f", "xtreg"]
    # 4 + 36 + 5 - 1 parameters; of f nothing is left but the constant that s has anyway
    assert counted["f + s", "reghdfe"] == pytest.approx(((n - 44) / (n - 9)) ** 0.5, rel=1e-12)
    assert counted["s", "reghdfe"] == 1


def test_the_factor_touches_crv1_alone():
    plain, other = fitted("f"), fitted("f", ssc="reghdfe")
    for inference in ("iid", "hc1", "hc3", "cr2", "crv3"):
        pd.testing.assert_frame_equal(plain.table(inference), other.table(inference))
    assert (plain.ssc, other.ssc) == ("areg", "reghdfe")
    assert fitted("f").table("crv1").equals(fitted("f", ssc="areg").table("crv1"))


@pytest.mark.parametrize(("effects", "cluster"), [("s", "g"), ("f", "h"), ("f + g", "g")])
def test_xtreg_knows_one_factor_inside_clusters(effects, cluster):
    with pytest.raises(CallError, match="expected one inside clusters; use 'areg' or 'reghdfe'"):
        fitted(effects, cluster, ssc="xtreg")


def test_an_unknown_factor_is_named():
    with pytest.raises(CallError, match="ssc"):
        fitted(ssc="stata")


@pytest.mark.parametrize(
    ("effects", "ssc", "weights", "expected"),
    cases("two_ways.csv", ["effects", "ssc", "weights"]),
)
def test_two_ways_of_clusters_are_those_of_others(effects, ssc, weights, expected):
    ours = fitted(effects, ["g", "h"], one(weights), ssc="areg" if ssc == "linearmodels" else ssc)
    assert (ours.n_clusters, ours.df, ours.default_inference) == (9, 8, "crv1")
    # others show the matrix as it is, whatever its eigenvalues
    places = [ours.coefficients.index.get_loc(each) for each in TERMS]
    error = np.sqrt(np.diag(_crv1(ours.model)))[places]
    if ssc == "linearmodels":  # 9 clusters in the smaller way, 5 parameters
        error = error / (9 / 8 * 239 / 235) ** 0.5
    np.testing.assert_allclose(error, expected["std_error"], rtol=DEMEANED)
    if not any("no covariance" in each for each in ours.notes):
        table = ours.table().loc[TERMS]
        np.testing.assert_allclose(table["std_error"], error, rtol=1e-12)
        np.testing.assert_allclose(table["p"], expected["p"], rtol=DEMEANED)


def test_ways_may_be_told_in_either_order():
    left, right = fitted(cluster=("g", "h")), fitted(cluster=("h", "g"))
    pd.testing.assert_frame_equal(left.table(), right.table(), rtol=1e-12)
    assert (left.cluster, right.cluster) == ("g and h", "h and g")


def test_two_ways_that_are_one_are_one():
    twice = DATA.assign(g2=DATA["g"] + 5)
    found = kz.fixed_effects("y ~ x1 + x2", twice, cluster=["g", "g2"])
    single = kz.fixed_effects("y ~ x1 + x2", twice, cluster="g")
    pd.testing.assert_frame_equal(found.table(), single.table("crv1"), rtol=1e-12)


def test_a_covariance_below_zero_is_set_to_zero_and_said():
    """One term; scores 1, -1 in cells of two rows and two columns.

    By row and by column they add up to 0, by cell to 4 squares of 1: 0 + 0 - 4 is below 0.
    """
    x, e = np.ones(4), np.array([1.0, -1.0, -1.0, 1.0])
    frame = pd.DataFrame({"y": 3 * x + e, "row": [0, 0, 1, 1], "column": [0, 1, 0, 1]})
    found = kz.fixed_effects("y ~ 1", frame, cluster=["row", "column"])
    assert found.coefficients.to_list() == [3.0]
    assert found.covariance().to_numpy().tolist() == [[0.0]]
    assert [each for each in found.notes if "no covariance" in each]
    # the other sign: both rows add up to 2 and -2, columns to 0, cells as before: 8 + 0 - 4
    frame["y"] = [4.0, 4, 2, 2]
    held = kz.fixed_effects("y ~ 1", frame, cluster=["row", "column"])
    # over N^2, times 2/1 and 3/3
    np.testing.assert_allclose(held.covariance(), [[2 * (8 - 4) / 16]])
    assert not [each for each in held.notes if "no covariance" in each]


def test_a_negative_direction_of_two_terms_is_cut():
    """The matrix that is shown is the nearest one with no negative eigenvalue."""
    rng = np.random.default_rng(0)
    n = 24
    model = LinearModel(
        *(rng.normal(size=(n, 3)), rng.normal(size=n), np.ones(n), np.zeros(3), ()),
        np.arange(n) % 4, 3, 3, np.arange(n) // 8,
    )  # fmt: skip
    shown = covariance(model, "crv1").matrix
    scores = model.X * model.residuals[:, None]

    def squares(codes):
        sums = np.array([scores[codes == each].sum(axis=0) for each in np.unique(codes)])
        return sums.T @ sums

    bread = np.linalg.inv(model.X.T @ model.X)
    both = model.clusters * 10 + model.crossed
    meat = squares(model.clusters) + squares(model.crossed) - squares(both)
    raw = 3 / 2 * 23 / 21 * bread @ meat @ bread
    values, vectors = np.linalg.eigh(raw)
    assert values[0] < 0 < values[-1]
    np.testing.assert_allclose(shown, vectors * np.maximum(values, 0) @ vectors.T, rtol=1e-9)


@pytest.mark.parametrize("way", ["g", "h"])
def test_a_term_that_one_cluster_of_either_way_carries_has_no_error(way):
    lone = DATA.assign(only=(DATA[way] == 2) * DATA["x3"])
    fit = kz.fixed_effects("y ~ x1 + only", lone, cluster=["g", "h"])
    assert fit.table().loc["only"].isna().sum() == 5
    assert fit.table().loc["x1"].notna().all()
    assert any(f"only cannot be estimated without {way} 2" in each for each in fit.notes)
    with pytest.raises(NotEnoughDataError, match="cannot be estimated without g and h 2"):
        fit.combination("only")


@pytest.mark.parametrize(
    "ask",
    [
        lambda fit: fit.table("cr2"),
        lambda fit: fit.table("crv3"),
        lambda fit: fit.table("wild"),
        lambda fit: fit.wild("x1"),
        lambda fit: fit.combination("x1", inference="wild"),
        lambda fit: fit.joint_test(["x1", "x2"], inference="wild"),
        lambda fit: fit.joint_test(["x1", "x2"], inference="cr2"),
        lambda fit: fit.identification(),
    ],
)
def test_what_knows_one_way_refuses_two(ask):
    with pytest.raises(CallError, match="found two ways of clusters, expected one"):
        ask(fitted(cluster=["g", "h"]))


HTZ = pd.read_csv(REFERENCE / "htz.csv")


@pytest.mark.parametrize(
    ("effects", "weights", "cluster"), list(product(["none", "f", "s", "f+s"], ["none", "w"], "gh"))
)
def test_the_hotelling_test_is_that_of_clubsandwich(effects, weights, cluster):
    asked = HTZ.query("effects == @effects and weights == @weights and cluster == @cluster")
    fit = fitted(effects.replace("+", " + "), cluster, one(weights))
    assert len(asked) == 5
    for row in asked.itertuples():
        text = row.hypothesis
        found = fit.joint_test(text if "=" in text else text.split(","), inference="cr2")
        got = [found.statistic, found.df_num, found.df_denom, found.p]
        np.testing.assert_allclose(got, [row.statistic, row.df_num, row.df_denom, row.p], rtol=1e-7)


CONTRASTS = told("contrasts.csv")


@pytest.mark.parametrize("row", list(CONTRASTS.itertuples()), ids=lambda row: str(row.Index))
def test_combinations_and_f_are_those_of_statsmodels(row):
    fit = fitted(row.effects, weights=one(row.weights))
    if "," in row.combination:
        if row.inference == "crv1":
            with pytest.raises(CallError, match="'crv1' with 12 clusters rejects true hypotheses"):
                fit.joint_test(row.combination, inference="crv1")
            found = _f_of_many(fit, row.combination)
        else:
            found = fit.joint_test(row.combination, inference=row.inference)
        got, expected = [found.statistic, found.p], [row.t, row.p]
    else:
        found = fit.combination(row.combination, inference=row.inference, level=0.9)
        names = ["estimate", "std_error", "t", "p", "ci_low", "ci_high"]
        got, expected = [getattr(found, n) for n in names], [getattr(row, n) for n in names]
    np.testing.assert_allclose(got, expected, rtol=AGREE)


def _f_of_many(fit, text):
    """F that the fit refuses with 12 clusters."""
    from kz_spatial.regression.joint_tests import f_test
    from kz_spatial.regression.restrictions import read_restrictions

    V = fit.covariance("crv1").to_numpy()
    asked = read_restrictions(text, list(fit.coefficients.index))
    return f_test(asked, fit.coefficients.to_numpy(), V, fit.df, "crv1")


@pytest.mark.parametrize(
    ("effects", "weights", "inference"),
    list(product(["none", "s"], [None, "w"], ["crv1", "hc1", "iid"])),
)
def test_predictions_are_those_of_statsmodels(effects, weights, inference):
    expected = told("predictions.csv")
    kept = (expected["effects"] == effects) & (expected["inference"] == inference)
    kept &= expected["weights"].isna() if weights is None else expected["weights"] == weights
    found = fitted(effects, weights=weights).predict(NEW, inference=inference, level=0.9)
    names = ["mean", "mean_se", "mean_ci_lower", "mean_ci_upper"]
    np.testing.assert_allclose(found, expected.loc[kept, names], rtol=1e-7)


def test_predictions_inside_clusters_have_a_clustered_and_an_independent_part():
    fit = fitted("f")
    row = DATA.iloc[[7, 100]].set_axis(["a", "b"])
    found = fit.predict(row, inference="crv1")
    for name in row.index:
        own = DATA[DATA["f"] == row.loc[name, "f"]]
        apart = (row.loc[name, TERMS] - own[TERMS].mean()).to_numpy(float)
        clustered = apart @ fit.covariance("crv1").to_numpy() @ apart
        squares = (fit.residuals[own.index] ** 2).sum() / len(own) ** 2
        expected = np.sqrt(clustered + 240 / (240 - 40) * squares)
        assert found.loc[name, "std_error"] == pytest.approx(expected, rel=1e-10)
        mean = own["y"].mean() + apart @ fit.coefficients
        assert found.loc[name, "prediction"] == pytest.approx(mean, rel=1e-10)
    # eleven degrees of freedom: 2.2010 is in every table of t
    arm = (found["ci_high"] - found["prediction"]) / found["std_error"]
    np.testing.assert_allclose(arm, 2.2010, atol=5e-5)


def test_predictions_of_the_firms_are_their_fitted_values():
    for effects in ("", "f", "s"):
        fit = fitted(effects)
        found = fit.predict(DATA)
        np.testing.assert_allclose(found["prediction"], DATA["y"] - fit.residuals, rtol=1e-10)
        assert found.index.equals(DATA.index)


def test_factors_and_transforms_are_predicted_as_they_were_fitted():
    formula = "y ~ center(x1) + C(s) * x2"
    fit = kz.fixed_effects(formula, DATA, cluster="g")
    few = DATA.iloc[[5, 9, 30]]
    np.testing.assert_allclose(
        fit.predict(few)["prediction"], (DATA["y"] - fit.residuals).iloc[[5, 9, 30]], rtol=1e-10
    )
    with pytest.raises(InputError, match="categories that the fit has not seen"):
        fit.predict(few.assign(s=77))


def test_cr2_predictions_have_the_degrees_of_freedom_of_their_combination():
    fit = fitted()
    one_row = pd.DataFrame({"x1": [2.0], "x2": [-1.0], "x3": [0.5], "x4": [1.0]})
    asked = {"Intercept": 1, "x1": 2, "x2": -1, "x3": 0.5, "x4": 1}
    expected = fit.combination(asked, inference="cr2")
    found = fit.predict(one_row, inference="cr2").iloc[0]
    assert found.tolist() == pytest.approx(
        [expected.estimate, expected.std_error, expected.ci_low, expected.ci_high], rel=1e-9
    )


def test_rows_that_lack_something_are_not_predicted_and_strange_ones_are_named():
    fit = fitted("s")
    rows = DATA.iloc[:3].astype({"s": float})
    rows.loc[0, "x2"], rows.loc[1, "s"] = np.nan, np.nan
    found = fit.predict(rows)
    assert found.isna().all(axis=1).tolist() == [True, True, False]
    assert found.notna().all(axis=1).tolist() == [False, False, True]
    with pytest.raises(InputError, match="s 9 has no firm in the fit, expected one of 0, 1, 2"):
        fit.predict(DATA.iloc[:3].assign(s=9))
    with pytest.raises(InputError, match="new table"):
        fit.predict(DATA.iloc[:3].drop(columns="s"))
    with pytest.raises(InputError, match="x3"):
        fit.predict(DATA.iloc[:3].drop(columns="x3"))
    with pytest.raises(CallError, match="found 2 absorbed factors, expected at most one"):
        fitted("f + s").predict(DATA)
    with pytest.raises(CallError, match="level=95"):
        fit.predict(DATA, level=95)


def test_one_term_jointly_is_that_term_alone():
    fit = fitted("s")
    for inference in ("cr2", "wild", "hc1", "iid"):
        alone = fit.table(inference).loc["x2", "p"]
        assert fit.joint_test("x2", inference=inference).p == pytest.approx(alone, rel=1e-9)
        found = fit.combination("x2", inference=inference)
        table = fit.table(inference).loc["x2"]
        assert (found.p, found.t) == pytest.approx((table["p"], table["t"]), rel=1e-9)
        assert (found.ci_low, found.ci_high) == pytest.approx(
            (table["ci_low"], table["ci_high"]), rel=1e-6
        )


def test_a_wild_combination_is_the_coefficient_of_its_own_column():
    """The model of x1 + x2 and x1 has the difference of slopes as a coefficient: b1 - b2 on x1."""
    other = DATA.assign(both=DATA["x1"] + DATA["x2"])
    column = kz.fixed_effects("y ~ x1 + both + x3 + x4 | s", other, cluster="g")
    direct = column.table("wild").loc["x1"]
    found = fitted("s").combination("x1 - x2", inference="wild")
    got = [found.estimate, found.std_error, found.t, found.p, found.ci_low, found.ci_high]
    np.testing.assert_allclose(got, direct, rtol=1e-6)
    moved = fitted("s").combination("x1 - x2 = 0.5", inference="wild")
    assert moved.p == column.wild("x1", hypothesis=0.5).p
    assert (moved.ci_low, moved.ci_high) == pytest.approx((found.ci_low, found.ci_high))


def test_a_multiple_of_a_term_is_as_sure_as_the_term():
    fit = fitted("s")
    for inference in ("wild", "cr2", "hc1"):
        one_of, two = (fit.combination(each, inference=inference) for each in ("x2", "-2*x2"))
        assert (two.p, two.t, two.std_error) == pytest.approx(
            (one_of.p, -one_of.t, 2 * one_of.std_error), rel=1e-8
        )
        ends = (-2 * one_of.ci_high, -2 * one_of.ci_low)
        assert (two.ci_low, two.ci_high) == pytest.approx(ends, rel=1e-6)


def test_draws_that_tie_with_the_data_count():
    """A region where no term varies says nothing: each draw is there twice, and p is the same."""
    few = DATA[DATA["g"] < 6]
    idle = few.assign(**{name: few[name].where(few["g"] != 5, 1.0) for name in TERMS})
    formula = "y ~ x1 + x2 + x3 | g"
    with_it = kz.fixed_effects(formula, idle, cluster="g").joint_test(
        "x1 = 0.5, x2 = 0.4", inference="wild"
    )
    without = kz.fixed_effects(formula, idle[idle["g"] < 5], cluster="g")
    assert with_it.p == without.joint_test("x1 = 0.5, x2 = 0.4", inference="wild").p
    assert (with_it.n_draws, with_it.p_min) == (64, 2 / 64)


def _crv1_wald(X, y, clusters, R, values):
    bread = np.linalg.inv(X.T @ X)
    b = bread @ X.T @ y
    e = y - X @ b
    sums = np.array([X[clusters == g].T @ e[clusters == g] for g in np.unique(clusters)])
    V = R @ bread @ sums.T @ sums @ bread @ R.T
    gap = R @ b - values
    return gap @ np.linalg.solve(V, gap)


@pytest.mark.parametrize("values", [(0.0, 0.0), (0.3, -0.2)])
@pytest.mark.parametrize("effects", ["", "f5", "s"])
def test_the_joint_bootstrap_is_what_refitting_every_draw_gives(effects, values):
    """Six clusters: 64 sign vectors, each outcome made and refitted on dummies."""
    few = DATA[DATA["g"] < 6].assign(f5=DATA["g"] % 6)
    tail = f" | {effects}" if effects else ""
    fit = kz.fixed_effects(f"y ~ x1 + x2 + x3{tail}", few, cluster="g")
    text = f"x1 = {values[0]}, x2 - x3 = {values[1]}"
    found = fit.joint_test(text, inference="wild")
    D = pd.get_dummies(few[effects]).to_numpy(float) if effects else np.ones((len(few), 1))
    X, y = np.column_stack([few[["x1", "x2", "x3"]], D]), few["y"].to_numpy()
    R = np.zeros((2, X.shape[1]))
    R[0, 0], R[1, 1], R[1, 2] = 1, 1, -1
    bread, clusters = np.linalg.inv(X.T @ X), few["g"].to_numpy()
    b = bread @ X.T @ y
    b = b - bread @ R.T @ np.linalg.solve(R @ bread @ R.T, R @ b - values)
    u = y - X @ b
    drawn = [
        _crv1_wald(X, X @ b + u * np.array(v)[clusters], clusters, R, values)
        for v in product((-1.0, 1.0), repeat=6)
    ]
    observed = _crv1_wald(X, y, clusters, R, values)
    assert drawn[-1] == pytest.approx(observed)
    assert found.p == np.mean(np.array(drawn) >= observed * (1 - 1e-9))
    assert (found.n_draws, found.exact, found.p_min) == (64, True, 2 / 64)
    factor = 6 / 5 * (len(few) - 1) / (len(few) - np.linalg.matrix_rank(X))
    assert found.statistic == pytest.approx(observed / 2 / factor, rel=1e-8)


def test_joint_tests_do_not_change_with_units_or_names_of_clusters():
    moved = DATA.assign(x1=1000 * DATA["x1"], x3=DATA["x3"] / 1e4, g=-DATA["g"])
    fit, other = fitted("s"), kz.fixed_effects(fitted("s").formula, moved, cluster="g")
    for inference in ("cr2", "wild"):
        left = fit.joint_test(TERMS[:3], inference=inference)
        right = other.joint_test(TERMS[:3], inference=inference)
        assert (left.p, left.statistic) == pytest.approx((right.p, right.statistic), rel=1e-7)


def test_why_f_is_refused_was_measured():
    told = pd.read_csv(REFERENCE.parent / "joint_tests" / "rejections.csv")
    found = told.set_index(["design", "terms", "inference"])["rejects"]
    two, five = (round(100 * found["equal", terms, "crv1"]) for terms in (2, 5))
    assert (two, five) == (9, 50)
    with pytest.raises(CallError, match=f"{two} % at two terms, {five} % at five.*'cr2' or 'wild'"):
        fitted().joint_test(["x1", "x2"], inference="crv1")
    with pytest.raises(CallError, match=r"with 9 clusters .* expected one way of clusters"):
        fitted(cluster=["g", "h"]).joint_test(["x1", "x2"])
    kept = found.drop(["hc1", "crv1", "crv3"], level="inference")
    assert len(kept) == 12
    assert (kept < 0.06).all()


def test_the_simulation_is_what_it_says():
    """A few of its samples again: the same functions give the same share, within its error."""
    path = REFERENCE.parent / "joint_tests" / "simulate.py"
    spec = importlib.util.spec_from_file_location("simulate", path)
    simulate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(simulate)
    rng = np.random.default_rng(1)
    p = pd.DataFrame([simulate.p_values(simulate.model_of(rng, "equal"), 5) for _ in range(60)])
    share = (p <= 0.05).mean()
    assert share["crv1"] > 0.3  # 50 % less three errors of 6.5 %
    assert share["wild"] < 0.15  # 5 % and three errors of 2.8 %
    assert share["cr2"] < 0.1


def test_many_clusters_let_f_pass_and_draw_signs():
    fit = fitted(cluster="f")
    found = fit.joint_test(["x1", "x2"], inference="crv1")
    assert (found.df_num, found.df_denom) == (2, 35)
    drawn = fit.joint_test(["x3", "x4"], inference="wild", n_draws=499, seed=3)
    assert (drawn.exact, drawn.n_draws, drawn.p_min) == (False, 499, 1 / 500)
    assert drawn == fit.joint_test(["x3", "x4"], inference="wild", n_draws=499, seed=3)


def test_what_cannot_be_tested_is_said():
    fit = fitted()
    for asked, said in [
        (["x1", "x9"], "x9"),
        ([], "found none"),
        ("x1 = x2, 2*x1 = 2*x2", "one part follows from the others"),
        ("x1 = -1.5e-3, 2e0*x1 = 3, x2 = x1", "one part"),
        ("x1 = nothing", "expected combinations such as"),
    ]:
        with pytest.raises(CallError, match=said):
            fit.joint_test(asked)
    for asked in ({}, {"x1": 0}, {"x1": np.nan}, "x1 = 0, x2 = 0"):
        with pytest.raises(CallError, match="expected one combination of terms"):
            fit.combination(asked)
    with pytest.raises(CallError, match="level=2"):
        fit.combination("x1", level=2)
    with pytest.raises(CallError, match="needs clusters"):
        fitted(cluster=None).joint_test(["x1", "x2"], inference="wild")
    few = kz.fixed_effects("y ~ x1 + x2 + x3", DATA[DATA["g"] < 3], cluster="g")
    with pytest.raises(NotEnoughDataError, match="found 3 clusters for 3 restrictions"):
        few.joint_test(["x1", "x2", "x3"], inference="wild")
    with pytest.raises(NotEnoughDataError, match="use inference='wild'"):
        few.joint_test(["x1", "x2", "x3"], inference="cr2")
    lone = DATA.assign(only=(DATA["g"] == 2) * DATA["x3"])
    fit = kz.fixed_effects("y ~ x1 + only", lone, cluster="g")
    for ask in (fit.joint_test, fit.combination):
        with pytest.raises(NotEnoughDataError, match="cannot be estimated without g 2"):
            ask("only")
    assert fit.joint_test(["x1", "only"], inference="hc1").df_num == 2


def test_the_screen_says_what_the_numbers_rest_on():
    frame = pd.concat([DATA, DATA.iloc[:3].assign(x1=np.nan)], ignore_index=True)
    frame["twice"] = 2 * frame["x1"]
    with pytest.warns(CollinearTermWarning):
        fit = kz.fixed_effects("y ~ x1 + x2 + twice | s", frame, cluster="g", weights="w")
    text = fit.summary("crv1")
    assert "Rows left out =         3\n" in text
    assert "Number of obs =       240\n" in text
    assert "(errors adjusted for 12 clusters in g; t with 11 degrees of freedom)\n" in text
    assert "(weights w)\n" in text
    assert "Note: twice is collinear and was left out" in text
    df = fit.degrees_of_freedom("cr2")
    assert f"degrees of freedom of t: x1 {df['x1']:.1f}, x2 {df['x2']:.1f})" in fit.summary()
    assert "p and intervals from the bootstrap)" in fit.summary("wild")
    # 240 firms, two terms and five levels
    assert "(errors not adjusted for clusters; t with 233 degrees of freedom)" in fit.summary("hc1")
    whole = fitted(cluster=["g", "h"])
    assert "Rows left out" not in whole.summary()
    assert "9 clusters in g and h; t with 8 degrees" in whole.summary()
    assert "(weights" not in whole.summary()


def test_a_fit_is_named_in_one_line():
    assert repr(fitted("s")) == (
        "<FixedEffectsFit: y ~ x1 + x2 + x3 + x4 | s; 240 firms, 4 terms, 12 clusters in g>"
    )
    assert repr(fitted(cluster=None)).endswith("240 firms, 5 terms>")


def test_power_is_spoken_of_for_one_way_of_clusters_alone():
    """Two ways have no CR2, so nothing to say of its degrees of freedom; nor has one cluster."""
    firms = kz.load_twin()
    formula = "epayment_share ~ co2_monitoring + product_innovation | composite"
    two = kz.fixed_effects(formula, firms, cluster=["composite", "sector"])
    assert two.weak_terms() == ()
    one = kz.fixed_effects(formula.split(" |", maxsplit=1)[0], firms[firms["composite"] == "west"],
                           cluster="composite")  # fmt: skip
    assert one.weak_terms() == ()
    assert kz.fixed_effects(formula, firms).weak_terms() == ()

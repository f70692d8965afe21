"""Few-cluster inference against R (tests/reference/few_clusters), refitting, and hand cases."""

import dataclasses
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import INDICATORS
from hypothesis import given
from hypothesis import strategies as st

import kz_spatial as kz
from kz_spatial.design import load_design
from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.regression.display import latex_table
from kz_spatial.regression.estimation import fixed_effects
from kz_spatial.regression.few_clusters import LinearModel, cluster_moments, covariance
from kz_spatial.regression.side_by_side import compare
from kz_spatial.regression.wild import cluster_weights, wild_bootstrap

STUDY_FORMULA = load_design().formula

REFERENCE = Path(__file__).parents[1] / "reference" / "few_clusters"
CASES = sorted(
    pd.read_csv(REFERENCE / "reference.csv")
    .groupby(["coding", "weights", "cluster", "method"])
    .groups
)
# the same formulas in doubles on designs with a condition number under 1e4: 1e-8 leaves room
AGREE = 1e-8


def _sample(coding):
    return pd.read_csv(REFERENCE / f"{coding}.csv")


@pytest.mark.parametrize(("coding", "weights", "cluster", "method"), CASES)
def test_errors_and_degrees_of_freedom_are_those_of_r(coding, weights, cluster, method):
    expected = (
        pd.read_csv(REFERENCE / "reference.csv")
        .query(
            "coding == @coding and weights == @weights and cluster == @cluster"
            " and method == @method"
        )
        .set_index("term")
    )
    fit = fixed_effects(
        STUDY_FORMULA,
        _sample(coding),
        cluster=None if cluster == "none" else cluster,
        weights=None if weights == "none" else weights,
    )
    table = fit.table(method)
    np.testing.assert_allclose(table["coefficient"], expected["estimate"], rtol=AGREE, atol=1e-12)
    np.testing.assert_allclose(table["std_error"], expected["std_error"], rtol=AGREE)
    np.testing.assert_allclose(fit.degrees_of_freedom(method), expected["df"], rtol=AGREE)


def test_reference_data_are_the_listwise_samples_of_the_twin():
    for coding in ("corrected", "as-published"):
        firms = kz.load_twin(coding=coding).dropna(subset=list(INDICATORS))
        names = ["wmedian", *INDICATORS]
        np.testing.assert_array_equal(firms[names], _sample(coding)[names])


def _design(n=40, G=5, k=2, seed=3, *, weighted=False):
    rng = np.random.default_rng(seed)
    clusters = np.sort(np.concatenate([np.arange(G), rng.integers(0, G, n - G)]))
    X = rng.normal(size=(n, k)) + rng.normal(size=(G, k))[clusters]
    y = X @ np.arange(1, k + 1) * 0.3 + rng.normal(size=n) + rng.normal(size=G)[clusters]
    w = rng.uniform(0.5, 3, n) if weighted else np.ones(n)
    return X, y, w, clusters


def _frame(X, y, w, clusters):
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])
    return frame.assign(y=y, w=w, g=clusters, f=np.arange(len(y)) % 3)


def _crv1_t(Z, y, w, clusters, j, b0):
    """The clustered t-statistic by plain least squares, small-sample factor left out."""
    A = np.linalg.inv(Z.T @ (Z * w[:, None]))
    b = A @ Z.T @ (w * y)
    e = w * (y - Z @ b)
    scores = np.stack([Z[clusters == g].T @ e[clusters == g] for g in np.unique(clusters)])
    V = A @ scores.T @ scores @ A
    return (b[j] - b0) / np.sqrt(V[j, j])


def _brute(Z, y, w, clusters, j, b0, points, *, restricted):
    """p by refitting the whole regression for every weight vector."""
    t = _crv1_t(Z, y, w, clusters, j, b0)
    root = np.sqrt(w)
    if restricted:
        others = np.delete(Z, j, axis=1)
        left = y - b0 * Z[:, j]
        fitted = others @ np.linalg.lstsq(others * root[:, None], left * root, rcond=None)[0]
        fitted, centre = fitted + b0 * Z[:, j], b0
    else:
        b = np.linalg.lstsq(Z * root[:, None], y * root, rcond=None)[0]
        fitted, centre = Z @ b, b[j]
    u, count, total = y - fitted, 0, 0
    for v in product(points, repeat=len(np.unique(clusters))):
        star = fitted + np.array(v)[clusters] * u
        count += abs(_crv1_t(Z, star, w, clusters, j, centre)) >= abs(t) * (1 - 1e-9)
        total += 1
    return count / total


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("restricted", [False, True])
@pytest.mark.parametrize("effects", ["g", "f", ""])
def test_wild_p_is_that_of_refitting_every_sign_vector(weighted, restricted, effects):
    X, y, w, clusters = _design(weighted=weighted)
    frame = _frame(X, y, w, clusters)
    fit = fixed_effects(
        f"y ~ x0 + x1{' | ' + effects if effects else ''}", frame, cluster="g", weights="w"
    )
    D = pd.get_dummies(frame[effects], dtype=float).to_numpy() if effects else np.ones((len(y), 1))
    for j, b0 in ((0, 0.0), (1, 0.4)):
        found = fit.wild(f"x{j}", hypothesis=b0, restricted=restricted)
        expected = _brute(np.hstack([X, D]), y, w, clusters, j, b0, (-1, 1), restricted=restricted)
        assert found.exact
        assert found.n_draws == 32
        assert found.p == expected


def test_wild_p_with_webb_points_is_that_of_refitting():
    X, y, w, clusters = _design(n=24, G=4)
    points = [s * (h / 2) ** 0.5 for s in (-1, 1) for h in (1, 2, 3)]
    fit = fixed_effects("y ~ x0 + x1 | g", _frame(X, y, w, clusters), cluster="g")
    D = pd.get_dummies(clusters, dtype=float).to_numpy()
    expected = _brute(np.hstack([X, D]), y, w, clusters, 0, 0.0, points, restricted=True)
    assert fit.wild("x0", weights="webb").p == expected


def test_wild_with_every_sign_vector_of_seven_clusters():
    fit = fixed_effects(STUDY_FORMULA, _sample("as-published"), cluster="composite")
    found = fit.wild("product_innovation")
    assert (found.n_draws, found.exact, found.seed) == (128, True, None)
    assert found.p_min == 2 / 128
    assert found.p * 64 == round(found.p * 64)
    webb = fit.wild("product_innovation", weights="webb")
    assert (webb.n_draws, webb.exact) == (6**7, True)
    assert webb.p_min == 6 / 6**7


@pytest.mark.filterwarnings("ignore:2\\^G < the number")
def test_wild_agrees_with_wildboottest_up_to_its_strict_ties():
    import statsmodels.formula.api as sm
    from wildboottest.wildboottest import wildboottest

    data = _sample("corrected")
    data["code"] = data["composite"].astype("category").cat.codes
    model = sm.ols(
        "epayment_share ~ outages_per_month + co2_monitoring + product_innovation + "
        "permit_days + C(composite)",
        data,
    )
    fit = fixed_effects(STUDY_FORMULA, _sample("corrected"), cluster="composite")
    for term in ("co2_monitoring", "permit_days"):
        theirs = wildboottest(model, param=term, cluster=data["code"], B=9999, seed=1, show=False)
        p = float(theirs["p-value"].iloc[0])
        # it enumerates the same 128 draws and leaves out the ties +1 and -1
        assert fit.wild(term).p - 2 / 128 - 1e-9 <= p <= fit.wild(term).p + 1e-9


def test_drawn_weights_approach_the_enumerated_p():
    X, y, w, clusters = _design(n=60, G=8, seed=5)
    fit = fixed_effects("y ~ x0 + x1 | g", _frame(X, y, w, clusters), cluster="g")
    moments = cluster_moments(fit.model)
    exact = wild_bootstrap(moments, 0, weights="rademacher").p
    _, all_of_them, _ = cluster_weights(8, "webb", n_draws=1, seed=1)
    assert not all_of_them
    drawn = wild_bootstrap(moments, 0, weights="webb", n_draws=20_000, seed=4)
    assert (drawn.exact, drawn.seed, drawn.p_min) == (False, 4, 1 / 20_001)
    # different weights, the same hypothesis: close, not equal
    assert abs(drawn.p - exact) < 0.1
    assert wild_bootstrap(moments, 0, weights="webb", n_draws=20_000, seed=4) == drawn


@pytest.mark.parametrize("restricted", [False, True])
def test_interval_holds_the_hypotheses_that_are_not_rejected(restricted):
    X, y, w, clusters = _design(n=60, G=7, seed=11)
    fit = fixed_effects("y ~ x0 + x1 | g", _frame(X, y, w, clusters), cluster="g")
    found = fit.wild("x0", restricted=restricted)
    width = found.ci_high - found.ci_low
    assert np.isfinite(width)
    for end, out in ((found.ci_low, -1), (found.ci_high, 1)):
        inside = fit.wild("x0", hypothesis=end - out * 1e-6 * width, restricted=restricted)
        outside = fit.wild("x0", hypothesis=end + out * 1e-6 * width, restricted=restricted)
        assert inside.p > 0.05 >= outside.p


def test_interval_is_open_where_no_hypothesis_can_be_rejected():
    X, y, w, clusters = _design(n=24, G=4)
    fit = fixed_effects("y ~ x0 + x1 | g", _frame(X, y, w, clusters), cluster="g")
    found = fit.wild("x0")
    assert found.p_min == 2 / 16
    assert (found.ci_low, found.ci_high) == (-np.inf, np.inf)
    assert np.isinf(fit.table("wild")["ci_low"]).all()


@given(
    scale=st.floats(0.01, 100),
    shift=st.floats(-50, 50),
    weight=st.floats(0.1, 10),
    order=st.randoms(use_true_random=False),
)
def test_p_does_not_depend_on_units_weights_scale_or_row_order(scale, shift, weight, order):
    X, y, w, clusters = _design(weighted=True)
    rows = list(range(len(y)))
    order.shuffle(rows)
    plain = fixed_effects("y ~ x0 + x1 | g", _frame(X, y, w, clusters), cluster="g", weights="w")
    frame = _frame(X, y * scale + shift, w * weight, clusters).iloc[rows]
    moved = fixed_effects("y ~ x0 + x1 | g", frame, cluster="g", weights="w")
    for method in ("iid", "hc1", "hc3", "crv1", "crv3", "cr2", "wild"):
        # shifts of 50 cost two digits of an outcome of size one
        np.testing.assert_allclose(moved.table(method)["p"], plain.table(method)["p"], rtol=1e-7)


def test_crv3_by_hand_is_the_jackknife():
    X, y, w, clusters = _design(k=1, G=3, n=12)
    gaps = []
    b = (X[:, 0] @ y) / (X[:, 0] @ X[:, 0])
    for g in range(3):
        keep = clusters != g
        gaps.append((X[keep, 0] @ y[keep]) / (X[keep, 0] @ X[keep, 0]) - b)
    model = LinearModel(X, y, w, np.array([b]), (), clusters, 1)
    expected = 2 / 3 * sum(gap**2 for gap in gaps)
    np.testing.assert_allclose(covariance(model, "crv3").matrix, expected, rtol=1e-12)


def test_region_with_one_firm():
    data = _sample("corrected")
    alone = pd.concat(
        [data[data["composite"] != "west"], data[data["composite"] == "west"].head(1)]
    )
    fit = fixed_effects(STUDY_FORMULA, alone, cluster="composite")
    assert any("west" in note and "one firm" in note for note in fit.notes)
    assert np.isfinite(fit.table("cr2")["p"]).all()
    with pytest.raises(NotEnoughDataError, match=r"hc3.*fitted exactly"):
        fit.table("hc3")


def test_region_without_a_complete_firm():
    data = _sample("corrected")
    data.loc[data["composite"] == "east", "permit_days"] = np.nan
    fit = fixed_effects(STUDY_FORMULA, data, cluster="composite")
    assert fit.n_clusters == 6
    assert any("east has no complete firm" in note for note in fit.notes)
    assert "east" not in fit.effects.index
    assert "east" in fit.summary()


def test_term_that_varies_in_one_cluster_only():
    X, y, w, clusters = _design()
    X[clusters != 2, 0] = 0.0
    fit = fixed_effects("y ~ x0 + x1 | g", _frame(X, y, w, clusters), cluster="g")
    table = fit.table("crv3")
    assert table.loc["x0", ["std_error", "p"]].isna().all()
    # the other term's jackknife is what refitting without each cluster gives
    frame = _frame(X, y, w, clusters)
    b = [
        fixed_effects(
            f"y ~ {'x0 + x1' if g != 2 else 'x1'} | g", frame[clusters != g]
        ).coefficients["x1"]
        for g in range(clusters.max() + 1)
    ]
    G = len(b)
    expected = np.sqrt((G - 1) / G * ((np.array(b) - fit.coefficients["x1"]) ** 2).sum())
    assert table.loc["x1", "std_error"] == pytest.approx(expected, rel=1e-9)
    alone = fixed_effects("y ~ x0 | g", _frame(X, y, w, clusters), cluster="g")
    with pytest.raises(NotEnoughDataError, match="cannot be estimated without g 2"):
        alone.wild("x0")
    with pytest.raises(NotEnoughDataError, match=r"crv3.*each coefficient needs one"):
        alone.table("crv3")


def test_what_needs_clusters_says_so():
    fit = fixed_effects(STUDY_FORMULA, _sample("corrected"))
    assert fit.default_inference == "hc1"
    for method in ("crv1", "crv3", "cr2", "wild"):
        with pytest.raises(CallError, match="needs clusters"):
            fit.table(method)
    with pytest.raises(CallError, match="inference"):
        fit.table("crv2")


def test_one_cluster_and_too_few_rows():
    X, y, w, clusters = _design()
    one = LinearModel(X, y, w, np.zeros(2), (), np.zeros(len(y), np.intp), 2)
    with pytest.raises(NotEnoughDataError, match="one cluster"):
        covariance(one, "crv1")
    small = LinearModel(X[:2], y[:2], w[:2], np.zeros(2), (), clusters[:2], 2)
    with pytest.raises(NotEnoughDataError, match="2 observations for 2 parameters"):
        covariance(small, "iid")


def test_region_effects_and_their_errors_are_those_of_dummies():
    import statsmodels.api as sm

    data = _sample("corrected")
    terms = [name for name in INDICATORS if name != "epayment_share"]
    design = data[terms].join(pd.get_dummies(data["composite"], dtype=float))
    theirs = sm.OLS(data["epayment_share"], design).fit(cov_type="HC1", use_t=True)
    ours = fixed_effects(STUDY_FORMULA, data, cluster="composite").effects_table()
    np.testing.assert_allclose(ours["effect"], theirs.params[ours.index], rtol=AGREE)
    np.testing.assert_allclose(ours["std_error"], theirs.bse[ours.index], rtol=AGREE)


@pytest.mark.parametrize(("effects", "n"), [("", 0), (" | g + f", 2)])
def test_effects_are_those_of_one_factor(effects, n):
    fit = fixed_effects(f"y ~ x0 + x1{effects}", _frame(*_design()), cluster="g")
    with pytest.raises(CallError, match=f"found {n} absorbed factors, expected one"):
        fit.effects_table()


def test_each_inference_is_drawn_at_the_level_that_is_asked_for():
    fit = fixed_effects("y ~ x0 + x1 | g", _frame(*_design(G=6)), cluster="g")
    ax = fit.plot(("crv1", "hc1"), level=0.8)
    assert ax.get_xlabel() == "effect on y, 80 % interval"
    for drawn, inference in zip(ax.containers, ("crv1", "hc1"), strict=True):
        table = fit.table(inference, level=0.8)
        ends = np.array([each[:, 0] for each in drawn.lines[2][0].get_segments()])
        np.testing.assert_allclose(ends, table[["ci_low", "ci_high"]])
        points = np.asarray(drawn.lines[0].get_xdata(), float)
        np.testing.assert_allclose(points, fit.coefficients)
    inner, outer = fit.table("crv1", level=0.8), fit.table("crv1")
    assert (inner["ci_low"] > outer["ci_low"]).all()
    wild = fit.table("wild", level=0.8)
    assert wild.loc["x0", "ci_low"] == fit.wild("x0", level=0.8).ci_low


def test_covariances_name_their_terms_and_default_to_the_fits_inference():
    """The wild bootstrap has no covariance of its own and takes the clustered one."""
    fit = fixed_effects("y ~ x0 + x1 | g", _frame(*_design()), cluster="g")
    found = fit.covariance("crv3")
    assert list(found) == list(found.index) == ["x0", "x1"]
    errors = np.sqrt(np.diag(found))
    np.testing.assert_allclose(errors, fit.table("crv3")["std_error"], rtol=1e-12)
    pd.testing.assert_frame_equal(fit.covariance(), fit.covariance(fit.default_inference))
    wild = dataclasses.replace(fit, default_inference="wild")
    pd.testing.assert_frame_equal(wild.covariance(), fit.covariance("crv1"))


def test_latex_prints_braces_as_they_stand():
    """A brace groups and a caret raises in LaTeX, unless it is told not to."""
    index = pd.MultiIndex.from_tuples([("C({x}^2)", "coefficient"), ("C({x}^2)", "std_error")])
    lines = latex_table(pd.DataFrame({"a~b": ["1", "(2)"]}, index)).splitlines()
    assert r" & a\textasciitilde{}b \\" in lines
    assert r"C(\{x\}\textasciicircum{}2) & 1 \\" in lines
    assert r" & (2) \\" in lines


def test_summary_tables_and_plot_show_the_numbers():
    fit = fixed_effects(STUDY_FORMULA, _sample("corrected"), cluster="composite")
    text = fit.summary("crv3")
    assert "jackknife" in text
    assert f"{fit.coefficients['permit_days']:.6g}" in text
    assert "7 clusters in composite" in text
    small = fixed_effects(
        "epayment_share ~ permit_days | composite", _sample("corrected"), cluster="composite"
    )
    table = compare(fit, small, inference="crv1")
    assert table.shape[1] == 2
    assert table.loc[("co2_monitoring", "coefficient")].iloc[1] == ""
    assert r"permit\_days" in fit.to_latex()
    assert "R$^2$" in fit.to_latex()
    assert "<table>" in fit.to_html()
    ax = fit.plot(("crv1", "wild"))
    assert len(ax.containers) == 2
    assert ax.get_xlabel() == "effect on epayment_share, 95 % interval"
    assert [each.get_text() for each in ax.get_yticklabels()] == list(fit.coefficients.index)

"""Fractional logit and probit against statsmodels and R (tests/reference/share_models), by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError, NotEnoughDataError

REFERENCE = Path(__file__).parents[1] / "reference" / "share_models"
DATA = pd.read_csv(REFERENCE.parent / "inference_choices" / "data.csv")
DATA = DATA.assign(high=(DATA["share"] > 0.5).astype(float))
TERMS = ["x1", "x2", "x3", "x4"]
# both iterate until the score is 0 but for rounding
AGREE = 1e-6


def fitted(outcome="share", effects="none", cluster="g", **more):
    tail = "" if effects == "none" else f" | {effects}"
    cluster = None if cluster == "none" else cluster
    return kz.fractional(f"{outcome} ~ {' + '.join(TERMS)}{tail}", DATA, cluster=cluster, **more)


EXPECTED = pd.read_csv(REFERENCE / "expected.csv").groupby(
    ["outcome", "link", "effects", "cluster"], sort=False
)


@pytest.mark.parametrize(("key", "expected"), list(EXPECTED), ids=lambda k: "-".join(k)[:40])
def test_estimates_and_average_effects_are_those_of_statsmodels(key, expected):
    outcome, link, effects, cluster = key
    fit = fitted(outcome, effects, cluster, link=link)
    table, margins = fit.table().loc[TERMS], fit.margins().loc[TERMS]
    np.testing.assert_allclose(table["coefficient"], expected["coefficient"], rtol=AGREE)
    np.testing.assert_allclose(margins["effect"], expected["effect"], rtol=AGREE)
    # statsmodels' robust errors of a GLM have no factor, ours N/(N-K)
    factor = (240 / (240 - fit.n_parameters)) ** 0.5 if cluster == "none" else 1
    np.testing.assert_allclose(table["std_error"], expected["std_error"] * factor, rtol=AGREE)
    np.testing.assert_allclose(margins["std_error"], expected["effect_error"] * factor, rtol=AGREE)


WEIGHTED = pd.read_csv(REFERENCE / "weighted.csv").groupby(["link", "effects", "cluster"])


@pytest.mark.parametrize(("key", "expected"), list(WEIGHTED), ids=lambda k: "-".join(k)[:40])
def test_weighted_estimates_are_those_of_r(key, expected):
    link, effects, cluster = key
    table = fitted("share", effects, cluster, link=link, weights="w").table().loc[TERMS]
    np.testing.assert_allclose(table["coefficient"], expected["coefficient"], rtol=AGREE)
    if link == "logit":  # of the probit R takes the expected information, and we the observed
        np.testing.assert_allclose(table["std_error"], expected["std_error"], rtol=AGREE)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_weights_are_firms_counted_as_often(link):
    """A firm of weight 2 is two firms of its cluster, in estimates and average effects."""
    twice = DATA.assign(w=1 + np.arange(len(DATA)) % 2)
    whole = twice.loc[twice.index.repeat(twice["w"])].reset_index(drop=True)
    formula = f"share ~ {' + '.join(TERMS)} | s"
    found = kz.fractional(formula, twice, link=link, cluster="g", weights="w")
    expected = kz.fractional(formula, whole, link=link, cluster="g")
    np.testing.assert_allclose(found.coefficients, expected.coefficients, rtol=AGREE)
    np.testing.assert_allclose(found.effects, expected.effects, rtol=AGREE)
    # the factor (N-1)/(N-K) alone knows how many firms there are
    n, m, K = len(twice), len(whole), 9
    factor = (n - 1) / (n - K) / ((m - 1) / (m - K))
    covariance = expected.effects_covariance * factor
    np.testing.assert_allclose(found.effects_covariance, covariance, rtol=AGREE, atol=1e-12)


def test_two_groups_by_hand():
    """Means 0.2 and 0.6: logit(0.2) = -ln 4, logit(0.6) = ln 1.5, slope ln 6.

    The average of p(1-p) is (0.16 + 0.24) / 2 = 0.2, so that the effect is 0.2 ln 6.
    """
    frame = pd.DataFrame({"y": [0.1, 0.3, 0.2, 0.5, 0.7, 0.6], "x": [0, 0, 0, 1, 1, 1]})
    fit = kz.fractional("y ~ x", frame)
    assert fit.coefficients.to_list() == pytest.approx([-np.log(4), np.log(6)], rel=1e-8)
    assert fit.effects["x"] == pytest.approx(0.2 * np.log(6), rel=1e-8)
    # variance of a group's logit: sum of squares / 9 / (p(1-p))^2, times 6/4
    variance = 6 / 4 * 0.02 / 9 * (1 / 0.16**2 + 1 / 0.24**2)
    assert fit.covariance.loc["x", "x"] == pytest.approx(variance, rel=1e-7)
    # d(0.2 ln 6): by p of each group, b(1-2p)/2 -+ 0.2/(p(1-p)), times the variance of its mean
    b = np.log(6)
    slopes = [b * (1 - 2 * 0.2) / 2 - 0.2 / 0.16, b * (1 - 2 * 0.6) / 2 + 0.2 / 0.24]
    delta = 6 / 4 * 0.02 / 9 * np.square(slopes).sum()
    assert fit.effects_covariance.loc["x", "x"] == pytest.approx(delta, rel=1e-7)
    assert fit.fitted.to_list() == pytest.approx([0.2] * 3 + [0.6] * 3)
    assert fit.residuals.to_list() == pytest.approx([-0.1, 0.1, 0, -0.1, 0.1, 0], abs=1e-9)
    probit = kz.fractional("y ~ x", frame, link="probit")
    quantiles = stats.norm.ppf([0.2, 0.6])
    assert probit.coefficients["x"] == pytest.approx(quantiles[1] - quantiles[0], rel=1e-8)
    assert fit.df == 4


def test_t_has_the_degrees_of_freedom_of_the_clusters():
    fit = fitted()
    assert (fit.n_clusters, fit.df, fitted(cluster="none").df) == (12, 11, 235)
    for table, name in ((fit.table(), "coefficient"), (fit.margins(), "effect")):
        arm = (table["ci_high"] - table[name]) / table["std_error"]
        np.testing.assert_allclose(arm, 2.2010, atol=5e-5)


def test_least_squares_stand_beside():
    fit = fitted(effects="s")
    beside = fit.beside_linear()
    linear = kz.fixed_effects(fit.formula, DATA, cluster="g").table("crv1")
    np.testing.assert_allclose(beside["linear"], linear["coefficient"])
    np.testing.assert_allclose(beside["linear_std_error"], linear["std_error"])
    np.testing.assert_allclose(beside["linear_p"], linear["p"])
    np.testing.assert_allclose(beside["effect"], fit.effects)
    assert np.abs(beside["effect"] - beside["linear"]).max() < 0.02
    robust = fitted(cluster="none").beside_linear()["linear_std_error"]
    plain = kz.fixed_effects(fitted().formula, DATA).table("hc1")["std_error"]
    pd.testing.assert_series_equal(robust, plain, check_names=False)


def test_nothing_changes_with_units_and_order():
    fit = fitted(effects="g + s", link="probit")
    moved = DATA.sample(frac=1, random_state=3).assign(x1=lambda d: 1000 * d["x1"])
    other = kz.fractional(fit.formula, moved, link="probit", cluster="g")
    assert other.effects["x1"] * 1000 == pytest.approx(fit.effects["x1"], rel=AGREE)
    np.testing.assert_allclose(other.table()["t"], fit.table()["t"], rtol=AGREE)
    assert fit.residuals.index.equals(DATA.index)
    assert other.residuals.index.equals(moved.index)
    np.testing.assert_allclose(other.residuals.loc[DATA.index], fit.residuals, atol=1e-9)


def test_a_level_of_zeros_is_left_out_and_said():
    other = DATA.assign(share=DATA["share"].where(DATA["s"] != 3, 0.0))
    other["share"] = other["share"].where(other["s"] != 1, 1.0)
    fit = kz.fractional("share ~ x1 + x2 | s", other, cluster="g")
    kept = other[~other["s"].isin([1, 3])]
    direct = kz.fractional("share ~ x1 + x2 | s", kept, cluster="g")
    pd.testing.assert_frame_equal(fit.table(), direct.table())
    left = len(other) - len(kept)
    said = f"s 1, 3: all shares are 0 or all are 1, so its {left} firms are not in the fit"
    assert said in fit.notes
    assert fit.residuals.index.equals(kept.index)
    assert fit.n_obs == len(kept) == fit.linear.n_obs


def test_a_term_that_one_cluster_carries_has_no_clustered_error():
    lone = DATA.assign(only=(DATA["g"] == 2) * DATA["x3"])
    fit = kz.fractional("share ~ x1 + only", lone, cluster="g")
    for table in (fit.table(), fit.margins()):
        assert table.loc["only"].isna().sum() == 5
        assert table.loc["x1"].notna().all()
    assert any("only cannot be estimated without g 2" in each for each in fit.notes)


def test_what_cannot_be_fitted_is_said():
    percent = DATA.assign(percent=100 * DATA["share"])
    with pytest.raises(InputError, match=r"from 0 to 99, .* percents are I\(percent / 100\)"):
        kz.fractional("percent ~ x1", percent)
    scaled = kz.fractional("I(percent / 100) ~ x1", percent)
    np.testing.assert_allclose(scaled.coefficients, kz.fractional("share ~ x1", DATA).coefficients)
    with pytest.raises(InputError, match="from -"):
        kz.fractional("y ~ x1", DATA)
    split = DATA.assign(z=(DATA["x1"] > 0).astype(float))
    with pytest.raises(NotEnoughDataError, match="no finite estimate"):
        kz.fractional("z ~ x1", split)
    with pytest.raises(CallError, match="link"):
        fitted(link="cloglog")
    with pytest.raises(CallError, match="cluster"):
        kz.fractional("share ~ x1", DATA, cluster=["g", "h"])
    with pytest.raises(NotEnoughDataError, match="one cluster"):
        kz.fractional("share ~ x1", DATA[DATA["g"] == 3], cluster="g")


def test_the_screen_says_what_was_done():
    fit = fitted(effects="s", weights="w")
    text = fit.summary()
    assert text.startswith("Fractional logit\nshare ~ x1 + x2 + x3 + x4 | s\n")
    for said in ("(errors adjusted for 12 clusters in g; weights w)", "Average marginal effects",
                 "12 clusters are few: errors by cluster are too small"):  # fmt: skip
        assert said in text
    assert f"{fit.effects['x1']:.6g}" in text.split("Average")[1]
    assert "(robust errors)" in fitted(cluster="none").summary()
    assert repr(fit) == "<FractionalFit: logit, share ~ x1 + x2 + x3 + x4 | s; 240 firms, 4 terms>"

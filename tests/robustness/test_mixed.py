"""Random intercepts against lme4, and Mundlak's identity."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError

REFERENCE = Path(__file__).parents[1] / "reference" / "mixed"
CASES = {
    "twin": "epayment_share ~ co2_monitoring + outages_per_month | composite",
    "made": "y ~ x + z | g",
}


@pytest.fixture(scope="module", params=list(CASES))
def case(request):
    name = request.param
    expected = pd.read_csv(REFERENCE / "reference.csv").query("case == @name")
    of = {kind: rows.set_index("name")["value"] for kind, rows in expected.groupby("kind")}
    table = pd.read_csv(REFERENCE / f"{name}.csv")
    return kz.mixed_effects(CASES[name], table), of, table


def test_the_fit_is_that_of_lme4(case):
    """Both end where REML is flat: variances to 1e-3, what rests on them to 1e-4."""
    found, of, _ = case
    assert list(found.random.index) == list(of["coefficient"].index)
    np.testing.assert_allclose(found.variance_regions, of["variance"]["regions"], rtol=1e-3)
    np.testing.assert_allclose(found.variance_firms, of["variance"]["firms"], rtol=1e-4)
    for name, kind in (("coefficient", "coefficient"), ("std_error", "std_error")):
        np.testing.assert_allclose(found.random[name], of[kind], rtol=1e-4)
    assert [str(each) for each in found.effects.index] == list(of["effect"].index)
    np.testing.assert_allclose(found.effects, of["effect"], rtol=1e-3)


def test_the_test_of_means_is_that_of_lme4(case):
    found, of, _ = case
    assert found.statistic == pytest.approx(of["wald"]["statistic"], rel=1e-3)
    assert found.p == pytest.approx(stats.chi2.sf(of["wald"]["statistic"], 2), rel=1e-2)
    assert found.df == 2
    assert list(found.mundlak.index) == [f"mean of {each}" for each in of["mean"].index]
    np.testing.assert_allclose(found.mundlak["coefficient"], of["mean"], rtol=1e-3)


def test_with_means_added_slopes_are_those_within(case):
    """Mundlak (1978): exact for a random intercept, whatever the sizes of regions."""
    import statsmodels.api as sm

    found, _, table = case
    terms = list(found.fixed.coefficients.index)
    outcome, region = found.formula.split(" ~ ")[0], found.region
    means = table.groupby(region)[terms].transform("mean").add_prefix("m_")
    X = sm.add_constant(pd.concat([table[terms], means], axis=1))
    fit = sm.MixedLM(table[outcome], X, groups=table[region]).fit(method=["powell"])
    np.testing.assert_allclose(fit.fe_params[terms], found.fixed.coefficients, rtol=1e-8)


def test_numbers_that_follow_from_others(case):
    found, _, table = case
    assert found.icc == found.variance_regions / (found.variance_regions + found.variance_firms)
    assert (found.n_obs, found.n_regions) == (len(table), table[found.region].nunique())
    both = found.beside
    assert both["difference"].tolist() == (both["random"] - both["fixed"]).tolist()
    assert both["fixed_se"].tolist() == found.fixed.table()["std_error"].tolist()
    assert both["random_se"].tolist() == found.random["std_error"].iloc[1:].tolist()


def test_random_slopes_lie_between_within_and_pooled(case):
    found, _, table = case
    if found.region != "g":
        return
    pooled = kz.fixed_effects("y ~ x + z", table).coefficients["x"]
    low, high = sorted([pooled, found.fixed.coefficients["x"]])
    assert low < found.random.loc["x", "coefficient"] < high


def test_no_variance_between_regions_is_said():
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"x": rng.normal(size=200), "g": np.arange(200) % 10})
    y = 0.4 * table["x"] + rng.normal(size=200)
    table["y"] = (
        y
        - y.groupby(table["g"]).transform("mean")
        + 0.4 * (table["x"].groupby(table["g"]).transform("mean"))
    )
    found = kz.mixed_effects("y ~ x | g", table)
    assert found.icc == pytest.approx(0, abs=1e-3)
    assert found.effects.abs().max() < 1e-2


def test_too_few_regions_for_means_is_a_note():
    table = pd.read_csv(REFERENCE / "made.csv").query("g > 8")
    found = kz.mixed_effects("y ~ x + z + I(x**2) | g", table)
    assert np.isnan(found.p)
    assert found.mundlak.empty
    assert any("too few for means of 3 terms" in note for note in found.notes)


def test_faults_are_named():
    table = pd.read_csv(REFERENCE / "made.csv")
    with pytest.raises(CallError, match="one column after the bar"):
        kz.mixed_effects("y ~ x", table)
    with pytest.raises(InputError, match="'h'"):
        kz.mixed_effects("y ~ x | h", table)

"""Weights for answers not given against R's glm, bounds by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.robustness.response import effective_n

REFERENCE = Path(__file__).parents[1] / "reference" / "response"
TERMS = "C(sector) + C(size)"


@pytest.fixture(scope="module")
def firms():
    return kz.load_twin()


@pytest.fixture(scope="module")
def quiet(firms):
    """The twin with the answers that the reference takes away."""
    sample = pd.read_csv(REFERENCE / "firms.csv").set_index("firm_id")
    gone = sample.index[sample["answered"] == 0]
    silent = firms["firm_id"].isin(gone) & firms["outages_per_month_status"].eq("answered")
    status = firms["outages_per_month_status"].mask(silent, "refused")
    values = firms["outages_per_month"].mask(silent)
    return firms.assign(outages_per_month=values, outages_per_month_status=status)


@pytest.mark.parametrize("weights", [None, "wmedian"])
def test_the_model_of_answering_is_that_of_r(quiet, weights):
    expected = pd.read_csv(REFERENCE / "reference.csv").query(
        "weights == @said", local_dict={"said": weights or "none"}
    )
    of = {kind: rows.set_index("name")["value"] for kind, rows in expected.groupby("kind")}
    found = kz.response_weights(quiet, "outages_per_month", terms=TERMS, weights=weights)
    assert (found.n_asked, found.n_answered) == (427, 365)
    coefficients = found.coefficients
    assert list(coefficients.index) == list(of["coefficient"].index)
    # statsmodels stops where the deviance changes by less than 1e-8 of itself
    np.testing.assert_allclose(coefficients["coefficient"], of["coefficient"], rtol=1e-5)
    np.testing.assert_allclose(coefficients["std_error"], of["std_error"], rtol=1e-5)
    for side in ("before", "after"):
        np.testing.assert_allclose(found.balance[side], of[side], atol=1e-6)
    assert found.n_effective_before == pytest.approx(of["n_effective"]["before"], abs=1e-9)
    assert found.n_effective == pytest.approx(of["n_effective"]["after"], rel=1e-6)


def test_weights_bring_firms_that_answered_to_those_asked(quiet):
    found = kz.response_weights(quiet, "outages_per_month", terms=TERMS, weights="wmedian")
    assert found.balance["before"].abs().max() > 0.09
    assert found.balance["after"].abs().max() < 0.01
    assert found.n_effective < found.n_effective_before < found.n_answered


def test_each_firm_has_the_weight_that_it_stands_for(quiet):
    found = kz.response_weights(quiet, "outages_per_month", terms=TERMS, weights="wmedian")
    status = quiet["outages_per_month_status"]
    answered, skipped = status.eq("answered"), status.eq("skipped")
    assert found.weights.name == "outages_per_month_weight"
    assert found.weights.index.equals(quiet.index)
    assert found.weights.notna().equals(answered | skipped)
    # no outages are 0 a month: those firms have a value, and answered nothing
    assert found.weights[skipped].equals(quiet.loc[skipped, "wmedian"].rename(found.weights.name))
    expected = quiet["wmedian"][answered] / found.chances[answered]
    np.testing.assert_allclose(found.weights[answered], expected, rtol=0)
    assert (found.chances[answered] < 1).all()


def test_with_a_cell_for_each_firm_weights_are_counts_by_hand():
    """One term of two levels: the chance is the share that answered in the level."""
    firms = kz.load_twin().iloc[:20].copy()
    status = ["answered"] * 4 + ["refused"] * 6 + ["answered"] * 5 + ["dont_know"] * 5
    firms["outages_per_month_status"] = pd.Categorical(status)
    firms["half"] = ["a"] * 10 + ["b"] * 10
    found = kz.response_weights(firms, "outages_per_month", terms="half")
    made = found.weights.dropna()
    np.testing.assert_allclose(made.iloc[:4], 10 / 4, rtol=1e-6)
    np.testing.assert_allclose(made.iloc[4:], 10 / 5, rtol=1e-6)
    assert found.balance.loc["half[T.b]", "mean_asked"] == 0.5
    assert found.balance.loc["half[T.b]", "before"] == pytest.approx((5 / 9 - 0.5) / 0.5)
    assert found.n_effective == pytest.approx(20**2 / (4 * 2.5**2 + 5 * 4))


def test_statuses_that_are_no_silence_are_left_out(quiet):
    every = kz.response_weights(quiet, "outages_per_month", terms=TERMS)
    fewer = kz.response_weights(
        quiet, "outages_per_month", terms=TERMS, silent=["dont_know", "refused"]
    )
    assert every.n_asked - fewer.n_asked == every.statuses["system_missing"] == 9
    assert any("9 firms are not in the population: system_missing" in n for n in fewer.notes)


def test_a_level_where_all_answer_has_no_error(firms):
    found = kz.response_weights(firms, "outages_per_month")
    assert found.coefficients.loc["C(composite)[T.east]", "std_error":].isna().all()
    assert any("C(composite)[T.east]" in note for note in found.notes)
    east = firms["composite"].eq("east") & found.weights.notna()
    np.testing.assert_allclose(found.weights[east], 1, atol=1e-6)


def test_effective_number():
    assert effective_n(np.full(7, 3.0)) == pytest.approx(7)
    assert effective_n(np.array([3.0, 1.0])) == pytest.approx(1.6)


def test_faults_of_weights_are_named(firms):
    with pytest.raises(CallError, match="indicator='outage'"):
        kz.response_weights(firms, "outage")
    with pytest.raises(CallError, match="silent='refuse'"):
        kz.response_weights(firms, "outages_per_month", silent=["refuse"])
    with pytest.raises(NotEnoughDataError, match="1013 of 1013 firms asked answered"):
        kz.response_weights(firms, "epayment_share")
    with pytest.raises(InputError, match="_status"):
        kz.response_weights(firms.drop(columns="permit_days_status"), "permit_days")
    with pytest.raises(NotEnoughDataError, match="collinear"):
        kz.response_weights(
            firms.assign(twice=firms["size"]), "outages_per_month", terms="C(size) + C(twice)"
        )
    never = firms.assign(
        outages_per_month_status=firms["outages_per_month_status"].mask(
            firms["size"].eq("large") & firms["outages_per_month_status"].ne("skipped"), "refused"
        )
    )
    with pytest.raises(NotEnoughDataError, match="could never have"):
        kz.response_weights(never, "outages_per_month", terms="C(size)")


# --- bounds


def test_bounds_of_a_share_by_hand(firms):
    """Central region: 134 of 135 answered the question on CO2."""
    found = kz.response_bounds(firms, "co2_monitoring", by="composite").loc["center"]
    yes = int(firms.loc[firms["composite"] == "center", "co2_monitoring"].sum())
    assert (found["n_firms"], found["n_known"]) == (135, 134)
    assert found["lower"] == pytest.approx(yes / 135)
    assert found["upper"] == pytest.approx((yes + 1) / 135)
    assert found["mean"] == pytest.approx(yes / 134)
    assert found["share_silent"] == pytest.approx(1 / 135)
    # linearised, the domain being one of a sample of 1013
    p = yes / 135
    assert found["lower_se"] == pytest.approx(np.sqrt(p * (1 - p) / 135 * 1013 / 1012))


def test_the_interval_covers_a_point_between_the_bounds(firms):
    found = kz.response_bounds(firms, "outages_per_month", high=30, weights="wmedian").loc["all"]
    c = (found["lower"] - found["ci_low"]) / found["lower_se"]
    assert c == pytest.approx((found["ci_high"] - found["upper"]) / found["upper_se"])
    width = (found["upper"] - found["lower"]) / max(found["lower_se"], found["upper_se"])
    assert stats.norm.cdf(c + width) - stats.norm.cdf(-c) == pytest.approx(0.95, abs=1e-9)
    # wide bounds: nearly one-sided; none: two-sided
    assert stats.norm.ppf(0.95) < c < stats.norm.ppf(0.975)
    whole = kz.response_bounds(firms, "epayment_share").loc["all"]
    assert whole["lower"] == whole["upper"] == pytest.approx(firms["epayment_share"].mean())
    half = (whole["ci_high"] - whole["ci_low"]) / 2
    assert half == pytest.approx(stats.norm.ppf(0.975) * whole["lower_se"])


def test_weighted_bounds_by_hand(firms):
    found = kz.response_bounds(firms, "outages_per_month", high=30, weights="wmedian").loc["all"]
    w, y = firms["wmedian"], firms["outages_per_month"]
    assert found["n_firms"] == 1013
    assert found["lower"] == pytest.approx((w * y.fillna(0)).sum() / w.sum())
    assert found["upper"] == pytest.approx((w * y.fillna(30)).sum() / w.sum())
    assert found["share_silent"] == pytest.approx(w[y.isna()].sum() / w.sum())


def test_firms_that_were_not_asked_are_no_part_of_a_mean_of_days(firms):
    found = kz.response_bounds(firms, "permit_days", high=365).loc["all"]
    assert (found["n_firms"], found["n_known"]) == (108, 108)
    assert found["lower"] == found["upper"] == firms["permit_days"].mean()


def test_faults_of_bounds_are_named(firms):
    with pytest.raises(CallError, match="no largest possible answer"):
        kz.response_bounds(firms, "outages_per_month")
    with pytest.raises(InputError, match="found 0 to 10, expected 0 to 5"):
        kz.response_bounds(firms, "outages_per_month", high=5)
    with pytest.raises(CallError, match="no largest possible answer"):
        kz.response_bounds(firms, "epayment_share", low=100)

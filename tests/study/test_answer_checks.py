"""Quartiles, answers that were not given and drawn errors, as a run takes them."""

import numpy as np
import pandas as pd
import pytest

import kz_spatial as kz
from kz_spatial.cli import main as cli
from kz_spatial.design import disclosure_rules
from kz_spatial.output.disclosure import publish
from kz_spatial.output.model_tables import check_tables
from kz_spatial.output.tables import make_tables
from kz_spatial.output.terms import Terms
from kz_spatial.study.answer_checks import find_quantiles, find_silence
from kz_spatial.study.run_log import RunLog
from kz_spatial.survey.twin import load_twin_raw

PARTS = ("small_areas", "robustness", "quantiles", "silence", "bootstrap")
OPTIONS = kz.RunOptions(draws=0, permutations=199, cell_m=25_000, parts=PARTS)


@pytest.fixture(scope="module")
def study():
    return kz.run_study(options=OPTIONS)


@pytest.fixture(scope="module")
def guarded():
    from dataclasses import replace

    return kz.run_study(options=replace(OPTIONS, disclosure="survey"))


def silent_firms(n, folder):
    """The twin, where the first innovators refuse to tell of their payments, as a file is read."""
    raw = load_twin_raw().drop(columns="a2")
    raw.loc[raw.index[raw["h1"] == 1][:n], "k33"] = -8
    raw.to_csv(folder / f"{n}.csv", index=False)
    return kz.join(kz.read_survey(folder / f"{n}.csv"), kz.oblasts())


def test_quartiles_are_numpy_s_where_every_firm_counts_once(study):
    table = study.checks.tables["quantiles"].set_index(["level", "code", "indicator", "share"])
    for name in ("epayment_share", "outages_per_month", "permit_days"):
        for share in (0.25, 0.5, 0.75):
            row = table.loc[("country", "all", name, share)]
            values = study.firms[name].dropna()
            # the smallest answer that at least that share of firms does not exceed
            assert row["quantile"] == np.quantile(values, share, method="inverted_cdf")
            assert row["n"] == len(values)
    east = study.firms[study.firms["composite"] == "east"]["epayment_share"]
    row = table.loc[("composite", "east", "epayment_share", 0.75)]
    assert row["quantile"] == np.quantile(east, 0.75, method="inverted_cdf")
    assert row["ci_low"] <= row["quantile"] <= row["ci_high"]
    assert set(table.index.get_level_values("indicator")) == {
        "outages_per_month", "epayment_share", "permit_days",
    }  # fmt: skip


def test_quartiles_follow_weights_and_the_least_number(study):
    from dataclasses import replace

    firms = study.firms.assign(twice=1 + (study.firms["epayment_share"] > 80).astype(float))
    asked = replace(OPTIONS, weights="twice")
    rules = disclosure_rules("open")
    made = find_quantiles(firms, study.design, asked, None, rules, RunLog(None))["quantiles"]
    found = made[(made["level"] == "composite") & (made["code"] == "west")]
    row = found[(found["indicator"] == "epayment_share") & (found["share"] == 0.5)].iloc[0]
    wanted = kz.survey_quantile(
        firms, "epayment_share", 0.5, weights="twice", strata=False, by="composite"
    )
    assert row["quantile"] == wanted.loc["west", "quantile"]
    days = made[(made["indicator"] == "permit_days") & (made["level"] == "composite")]
    few = firms.groupby("composite")["permit_days"].count()
    strict = replace(rules, min_firms=int(few.min()) + 1)
    made = find_quantiles(firms, study.design, asked, None, strict, RunLog(None))["quantiles"]
    again = made[(made["indicator"] == "permit_days") & (made["level"] == "composite")]
    assert days["quantile"].notna().all()
    assert set(again.loc[again["quantile"].isna(), "code"]) == set(few.index[few == few.min()])


def test_quartiles_stay_out_where_rules_guard_firms(guarded):
    assert "quantiles" not in guarded.checks.tables
    assert guarded.inapplicable["quantiles"].endswith("the answer of one firm")


def test_bounds_are_those_of_the_function(study):
    table = study.checks.tables["response_bounds"].set_index(["level", "code", "indicator"])
    wanted = kz.response_bounds(study.firms, "co2_monitoring", by="composite")
    row = table.loc[("composite", "center", "co2_monitoring")]
    assert row["lower"] == wanted.loc["center", "lower"] < row["mean"] < row["upper"]
    assert row["n_known"] == 134
    assert "no largest possible answer" in study.inapplicable["bounds, permit_days"]


def test_guarded_bounds_hold_the_true_ones_and_count_no_firm_that_is_silent(tmp_path):
    """Few silent firms count as the largest number that is not told."""
    firms = silent_firms(4, tmp_path)
    rules, log = disclosure_rules("survey"), RunLog(None)
    design = kz.load_design()
    country = pd.DataFrame({"mean": [firms["epayment_share"].mean()]}, index=["epayment_share"])
    country = country.reindex(list(design.by_name))
    found = find_silence(firms, country, None, design, OPTIONS, rules, log)["response_bounds"]
    row = found.set_index("indicator").loc["epayment_share"]
    true = kz.response_bounds(firms, "epayment_share").loc["all"]
    assert row["lower"] < true["lower"]
    assert row["upper"] > true["upper"]
    assert row["share_silent"] == pytest.approx(9 / 1019)
    for n in (5, 9):
        other = find_silence(
            silent_firms(n, tmp_path), country, None, design, OPTIONS, rules, RunLog(None)
        )
        pd.testing.assert_frame_equal(
            other["response_bounds"][["indicator", "share_silent"]].round(3),
            found[["indicator", "share_silent"]].round(3),
        )
    many = find_silence(
        silent_firms(40, tmp_path), country, None, design, OPTIONS, rules, RunLog(None)
    )
    row = many["response_bounds"].set_index("indicator").loc["epayment_share"]
    assert row["share_silent"] == pytest.approx(40 / 1015, abs=1e-9)


def test_a_guarded_study_tells_bounds_of_the_country_alone(guarded):
    table = guarded.checks.tables["response_bounds"]
    assert set(table["level"]) == {"country"}
    assert "n_firms" not in table
    assert (table["n_known"] % 5 == 0).all() or (table["n_known"] == 1013).any()
    assert not {"response_balance", "response_regression"} & set(guarded.checks.tables)
    assert "few firms that did not answer" in guarded.inapplicable["response weights"]


def test_the_regression_under_response_weights_stands_beside_it(study):
    table = study.checks.tables["response_regression"].set_index(["silent_on", "term"])
    row = table.loc[("outages_per_month", "permit_days")]
    fit = study.fits["corrected"]
    made = kz.response_weights(study.firms, "outages_per_month")
    again = kz.fixed_effects(
        study.design.formula, study.firms.assign(w=made.weights), cluster="composite", weights="w"
    )
    assert row["coefficient"] == fit.coefficients["permit_days"]
    assert row["coefficient_weighted"] == pytest.approx(again.coefficients["permit_days"])
    assert row["p_weighted"] == pytest.approx(again.table()["p"]["permit_days"])
    balance = study.checks.tables["response_balance"]
    rows = balance[balance["silent_on"] == "outages_per_month"]
    assert set(rows["n_answered"]) == {405}
    assert rows["after"].abs().max() < rows["before"].abs().max()
    assert "does not vary" in study.inapplicable["response weights, epayment_share"]


def test_models_for_shares_are_in_units_of_the_outcome(study):
    table = study.checks.tables["share_model"].set_index(["link", "term"])
    fit = kz.fractional(
        "I(epayment_share / 100) ~ outages_per_month + co2_monitoring + product_innovation"
        " + permit_days | composite", study.firms, link="probit", cluster="composite",
    )  # fmt: skip
    wanted = fit.beside_linear()
    row = table.loc[("probit", "co2_monitoring")]
    assert row["effect"] == pytest.approx(100 * wanted.loc["co2_monitoring", "effect"])
    assert row["std_error"] == pytest.approx(100 * wanted.loc["co2_monitoring", "std_error"])
    assert row["p"] == pytest.approx(wanted.loc["co2_monitoring", "p"])
    linear = study.fits["corrected"].coefficients
    for term, value in linear.items():
        assert table.loc[("logit", term), "linear"] == pytest.approx(value)


def test_an_amount_has_no_model_for_shares(study):
    from kz_spatial.study.robust_checks import check_regression

    formula = "outages_per_month ~ co2_monitoring | composite"
    fit = kz.fixed_effects(formula, study.firms, cluster="composite")
    log = RunLog(None)
    codings = {"corrected": study.firms}
    found = check_regression(fit, codings, study.design, OPTIONS, log, guarded=True)
    assert "share_model" not in found.tables
    assert "is no share" in log.inapplicable["check share_model"]


def test_errors_are_drawn_beside_the_analytical_ones_where_asked(study):
    frame = make_tables(publish(study))["small_areas"].set_index(["indicator", "code"])
    found = frame.loc["epayment_share"]
    ratio = found["se_drawn"] / found["se"]
    assert ratio.between(0.8, 1.05).all()
    assert ratio.nunique() == 20
    without = kz.run_study(options=kz.RunOptions(draws=0, permutations=99, cell_m=25_000))
    assert "se_drawn" not in make_tables(publish(without))["small_areas"]
    pd.testing.assert_series_equal(
        without.modelled_means["epayment_share"].frame["se"],
        study.modelled_means["epayment_share"].frame["se"],
    )


def test_the_report_shows_medians_and_bounds_in_words(study):
    for language in ("en", "ru", "kk"):
        terms = Terms.of(study, language) if language != "en" else Terms.of(study)
        shown = dict(check_tables(publish(study), terms))
        table = str(shown[terms.say("table.quantiles")])
        assert table.count("<tr") == 1 + 3 * 8
        assert terms.say("table.response_bounds") in shown
        assert terms.say("table.response_balance") not in shown


def test_parts_are_offered_by_name(tmp_path):
    asked = ["run", "--out", str(tmp_path / "x"), "--parts", "quantiles,silence", "--draws", "0",
             "--permutations", "99", "--cell-km", "25"]  # fmt: skip
    assert cli.main(asked) == 0
    tables = {each.stem for each in (tmp_path / "x" / "tables").glob("*.csv")}
    assert {"quantiles", "response_bounds", "response_balance"} <= tables
    assert "small_areas" not in tables

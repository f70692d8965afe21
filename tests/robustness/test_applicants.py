"""Firms never asked are told apart from firms that did not answer."""

import numpy as np
import pandas as pd
import pytest

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.regression import fixed_effects
from kz_spatial.robustness.formulas import join_parts, parts_of, without

FORMULA = kz.load_design().formula


@pytest.fixture(scope="module")
def firms():
    return kz.load_twin()


@pytest.fixture(scope="module")
def found(firms):
    return kz.selection(firms)


def test_statuses_add_up_to_the_attrition_table(firms):
    lost = kz.attrition(firms)
    for item, row in lost.iterrows():
        counts = firms[f"{row['indicator']}_status"].value_counts()
        assert counts.sum() == row["firms"] == 1013
        for status, n in counts.items():
            assert row[status] == n, (item, status)
    # codes of the raw file, counted by hand: c7 skipped by c6 = no, -9, nothing recorded
    assert lost.loc["c7", ["skipped", "dont_know", "system_missing"]].tolist() == [586, 13, 9]
    assert lost.loc["g3", ["skipped", "answered"]].tolist() == [905, 108]


def test_each_status_of_a_survey_is_that_of_its_code(tmp_path):
    path = tmp_path / "s.csv"
    codes = {"1,12": "answered", "2,": "skipped", "1,-9": "dont_know", "1,-8": "refused"}
    codes |= {"1,": "system_missing", "1,-6": "still_in_process", "2,-7": "skipped"}
    lines = [f"Shymkent,40,{each}" for each in codes]
    path.write_text("\n".join(["region,k33,g2,g3", *lines]), encoding="utf-8")
    firms = kz.read_survey(path)
    assert firms["permit_days_status"].tolist() == list(codes.values())
    assert firms["permit_days"].notna().tolist() == [True] + [False] * 6


def test_who_the_model_speaks_of(found):
    assert found.population == "applicants"
    assert found.term == "permit_days"
    whole = found.counts.loc["all"]
    assert whole[["firms", "skipped", "answered", "in_model"]].tolist() == [1013, 905, 108, 105]
    assert (found.counts.drop("all").sum() == whole).all()
    assert found.counts.loc["astana", ["answered", "skipped"]].tolist() == [11, 126]
    assert "applicants, 108 of 1013 firms; 905 were not asked g3 (g2 = no)" in found.notes[0]
    assert found.notes[1].endswith("all answered; 3 answered and are incomplete on another term")


def test_the_four_models_are_those_fitted_one_by_one(firms, found):
    shorter = FORMULA.replace(" + permit_days", "")
    applied = firms["permit_days_status"].ne("skipped").astype(float)
    expected = {
        "with_term": fixed_effects(FORMULA, firms, cluster="composite"),
        "same_firms": fixed_effects(
            shorter, firms.dropna(subset=list(kz.load_design().by_name)), cluster="composite"
        ),
        "all_firms": fixed_effects(shorter, firms, cluster="composite"),
        "applying": fixed_effects(
            shorter.replace("epayment_share", "z"), firms.assign(z=applied), cluster="composite"
        ),
    }
    sizes = {}
    for name, fit in expected.items():
        pd.testing.assert_frame_equal(getattr(found, name).table(), fit.table())
        sizes[name] = fit.n_obs
    assert sizes == {"with_term": 105, "same_firms": 105, "all_firms": 987, "applying": 987}


def test_applicants_without_an_answer_are_in_the_model_of_applying_alone(firms):
    """Ten applicants who do not know their days: asked, and not in either model of applicants."""
    rows = firms.index[firms["permit_days"].notna()][:10]
    quiet = firms.copy()
    quiet.loc[rows, "permit_days"] = np.nan
    quiet.loc[rows, "permit_days_status"] = "dont_know"
    found = kz.selection(quiet)
    assert found.with_term.n_obs == found.same_firms.n_obs < 98
    assert found.with_term.residuals.index.equals(found.same_firms.residuals.index)
    assert found.applying.n_obs == 987
    assert found.counts.loc["all", ["dont_know", "answered", "skipped"]].tolist() == [10, 98, 905]
    assert "of those asked: 10 dont_know" in found.notes[1]
    pd.testing.assert_series_equal(
        found.applying.coefficients, kz.selection(firms).applying.coefficients
    )


def test_slopes_of_the_contrast_are_those_of_the_two_groups(firms):
    """Without effects, a model with all products is one model in each group."""
    formula = "epayment_share ~ co2_monitoring + permit_days"
    found = kz.selection(firms, formula=formula, cluster="oblast_code")
    slopes = {}
    for asked, group in firms.groupby(firms["permit_days_status"].ne("skipped")):
        fit = fixed_effects("epayment_share ~ co2_monitoring", group)
        slopes[asked] = fit.coefficients["co2_monitoring"]
    assert found.contrast.coefficients["co2_monitoring:was_asked"] == pytest.approx(
        slopes[True] - slopes[False], abs=1e-9
    )


def test_days_are_imputed_to_nobody(firms, found):
    asked = firms.index[firms["permit_days_status"] == "answered"]
    assert found.with_term.residuals.index.isin(asked).all()
    # firms never asked take part where the item does not
    assert (~found.all_firms.residuals.index.isin(asked)).sum() == 987 - 105


def test_the_table_names_the_population_of_each_model(found):
    heads = list(found.table("crv1").columns)
    assert heads[0] == "(1) epayment_share: applicants"
    assert heads[1].endswith("applicants, without permit_days")
    assert heads[2].endswith("all firms, without permit_days")
    assert heads[3] == "(4) was_asked: being one of the applicants"


def test_columns_not_asked_for_a_reason_are_no_loss(firms):
    """A status that says the question does not concern a firm is a choice of population too."""
    marked = firms.assign(
        permit_days_status=firms["permit_days_status"].where(
            firms["permit_days_status"] != "skipped", "does_not_apply"
        )
    )
    assert kz.selection(marked).counts.loc["all", "does_not_apply"] == 905
    assert "905 were not asked" in kz.selection(marked).notes[0]


def test_faults_are_named(firms):
    with pytest.raises(CallError, match="found no term that only some firms are asked"):
        kz.selection(firms, formula="epayment_share ~ co2_monitoring")
    with pytest.raises(CallError, match="term='co2_monitoring'"):
        kz.selection(firms, term="co2_monitoring")
    with pytest.raises(InputError, match="permit_days_status"):
        kz.selection(firms.drop(columns="permit_days_status"))
    with pytest.raises(NotEnoughDataError, match="108 of 108 firms were asked"):
        kz.selection(firms[firms["permit_days"].notna()])
    with pytest.raises(CallError, match="written out"):
        kz.selection(firms, formula="epayment_share ~ co2_monitoring*permit_days")
    with pytest.raises(InputError, match="twice"):
        kz.selection(pd.concat([firms, firms.iloc[:1]]))


def test_formulas_come_apart_and_together():
    found = parts_of("y ~ a + C(b + c) + np.log(d + 1):`e+f` | g + `h i`")
    assert found.terms == ("a", "C(b + c)", "np.log(d + 1):`e+f`")
    assert found.effects == ("g", "h i")
    assert join_parts(found.outcome, found.terms, found.effects) == (
        "y ~ a + C(b + c) + np.log(d + 1):`e+f` | g + `h i`"
    )
    assert without(found.terms, "e+f") == ("a", "C(b + c)")
    assert without(("a", "ab"), "a") == ("ab",)
    assert join_parts("y", (), ()) == "y ~ 1"
    assert parts_of("y ~ a + {b + c} + I(d[0] + 1)").terms == ("a", "{b + c}", "I(d[0] + 1)")


def test_the_population_has_a_name_in_each_language():
    rule = kz.load_design().by_name["permit_days"].skip
    assert sorted(rule.population) == ["en", "kk", "ru"]
    assert np.unique([*rule.population.values()]).size == 3

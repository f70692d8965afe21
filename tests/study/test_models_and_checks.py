"""The study's further models and the checks, as a run takes them from the functions."""

import json

import numpy as np
import pandas as pd
import pytest

import kz_spatial as kz
from kz_spatial.cli import main as cli
from kz_spatial.design import disclosure_rules
from kz_spatial.options import MORE_PARTS, PARTS
from kz_spatial.output.disclosure import publish
from kz_spatial.output.model_tables import check_tables, model_frames, models_table
from kz_spatial.output.terms import Terms
from kz_spatial.study.paper_models import find_models
from kz_spatial.study.robust_checks import check_regression
from kz_spatial.study.run_log import RunLog

OPTIONS = kz.RunOptions(draws=0, permutations=199, cell_m=25_000, parts=(*PARTS, *MORE_PARTS))


@pytest.fixture(scope="module")
def study():
    return kz.run_study(options=OPTIONS)


def test_slopes_by_group_are_those_of_the_functions(study):
    firms = study.firms
    wanted = kz.sector_by_innovation(firms)
    found = study.models["sector_by_innovation"]
    np.testing.assert_allclose(found.groups["coefficient"], wanted.margins["coefficient"])
    assert found.groups["n"].to_dict() == (
        firms.dropna(subset=["epayment_share", "outages_per_month", "co2_monitoring",
                             "product_innovation"]).groupby("sector").size().to_dict()
    )  # fmt: skip
    joint = wanted.fits["interaction"].joint_test(list(wanted.difference.index), inference="wild")
    assert found.joint_p == joint.p
    assert "every sign vector" in found.joint_method
    reliable = study.models["permit_by_reliability"]
    assert reliable.population == "applicants"
    assert reliable.notes == ("regions above the average: almaty, center, north, south",)


def test_sectors_are_differences_from_the_first_with_regions_held(study):
    fit = kz.fixed_effects("epayment_share ~ C(sector) | composite", study.firms,
                           cluster="composite")  # fmt: skip
    found = study.models["sector"]
    assert found.groups.index.tolist() == ["Other services", "Retail"]
    np.testing.assert_allclose(found.groups["coefficient"], fit.coefficients)
    assert found.notes == ("differences from Manufacturing",)


def test_applicants_stand_beside_all_firms(study):
    found = study.models["applicants"]
    assert found.population == "applicants"
    sizes = {title: fit.n_obs for title, fit in found.fits.items()}
    assert sizes["applicants"] == sizes["applicants, without permit days"] == 105
    assert sizes["all firms, without permit days"] == sizes["applying"] == 987


def test_tables_name_model_term_and_inference(study):
    frames = model_frames(publish(study))
    table = frames["models"].set_index(["model", "fit", "term"])
    row = table.loc[("applicants", "applicants", "permit_days")]
    fit = kz.selection(study.firms).with_term
    assert row["coefficient"] == fit.coefficients["permit_days"]
    assert row["p"] == fit.table()["p"]["permit_days"]
    assert (row["inference"], row["n_obs"]) == ("cr2", 105)
    groups = frames["model_groups"].set_index(["model", "group"])
    assert groups.loc[("sector", "Retail"), "n"] == 204
    terms = Terms.of(study)
    page = str(models_table(publish(study), terms))
    assert page.count("all alike") == 1
    assert "reliable regions" in page
    assert "Sectors beside the first" in page


def test_a_group_of_few_firms_is_withheld_where_rules_guard_firms(study):
    """Nine innovators in a sector are nine firms whose answers a slope tells of."""
    firms = study.firms.copy()
    innovators = firms[(firms["sector"] == "Retail") & (firms["product_innovation"] == 1)]
    firms.loc[innovators.index[9:], "product_innovation"] = 0.0
    log = RunLog(None)
    found = find_models(firms, study.design, disclosure_rules("survey"), log, weights=None)
    assert "sector_by_innovation" not in found
    assert "too few firms in a group" in log.inapplicable["model sector_by_innovation"]
    assert "sector" in found
    shown = find_models(firms, study.design, disclosure_rules("open"), RunLog(None), weights=None)
    assert "sector_by_innovation" in shown


def test_guarded_models_tell_rounded_numbers_and_no_notes(study):
    from dataclasses import replace

    guarded = publish(replace(study, rules=disclosure_rules("survey")))
    for each in guarded.models.values():
        assert each.notes == ()
        assert all(fit.n_obs % 5 == 0 for fit in each.fits.values())
        assert each.groups.get("n", pd.Series([0.0])).mod(5).eq(0).all()


def test_a_study_of_another_design_has_no_such_models(study):
    from dataclasses import replace

    log = RunLog(None)
    other = replace(study.design, formula="epayment_share ~ co2_monitoring | composite")
    assert find_models(study.firms, other, study.rules, log, weights=None) == {}
    assert "further models" in log.inapplicable


def test_checks_are_those_of_the_functions(study):
    tables, fit = study.checks.tables, study.fits["corrected"]
    wanted = kz.omitted_variable(fit, "permit_days")
    row = tables["omitted_variable"].set_index("term").loc["permit_days"]
    assert row["robustness_value"] == wanted.robustness_value
    left = kz.leave_one_out(study.design.formula, study.firms)
    np.testing.assert_allclose(tables["leave_one_out"]["coefficient"], left["coefficient"])
    again = kz.randomisation_test(study.design.formula, study.firms, "permit_days",
                                  cluster="composite", n_permutations=199,
                                  seed=OPTIONS.seed)  # fmt: skip
    assert tables["randomisation"].set_index("term").loc["permit_days", "p"] == again.p
    curve = study.checks.curve
    assert curve.n_specifications == 2 * 8 * 2
    assert len(tables["specifications"]) == 32
    outcomes = tables["several_outcomes"]
    assert set(outcomes["outcome"]) == set(study.design.by_name) - {"permit_days"}
    ranks = tables["score_sensitivity"].set_index(["level", "code"])
    assert ranks.loc[("composite", "astana"), "rank"] == 1
    assert set(tables["score_variance"]["source"]) == {
        "weights", "normalisation", "aggregation", "sampling",
    }  # fmt: skip
    titles = [title for title, _ in check_tables(publish(study), Terms.of(study))]
    assert "Without each region" in titles
    assert "Curve of specifications" not in titles


def test_fits_of_subsets_stay_out_where_rules_guard_firms(study):
    log = RunLog(None)
    codings = {"corrected": study.firms}
    found = check_regression(study.fits["corrected"], codings, study.design, study.options, log,
                             guarded=True)  # fmt: skip
    assert {"leave_one_out", "specifications"} & set(found.tables) == set()
    assert found.curve is None
    assert {"check leave_one_out", "check specifications"} <= set(log.inapplicable)
    assert {"randomisation", "omitted_variable", "mixed_effects"} <= set(found.tables)


@pytest.mark.parametrize(
    ("asked", "done"),
    [("core", []), ("ranks", ["ranks"]), ("default,sensitivity", [*PARTS, "sensitivity"])],
)
def test_parts_are_chosen_on_the_command_line(tmp_path, asked, done):
    call = ["run", "--out", str(tmp_path / "out"), "--no-progress", "--draws", "0",
            "--permutations", "99", "--cell-km", "25", "--parts", asked]  # fmt: skip
    assert cli.main(call) == 0
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert record["options"]["parts"] == done
    tables = {each.stem for each in (tmp_path / "out" / "tables").glob("*.csv")}
    assert ("ranks" in tables) == ("ranks" in done)
    assert ("score_sensitivity" in tables) == ("sensitivity" in done)
    papers = {each.name for each in (tmp_path / "out" / "tables").glob("paper_*")}
    assert ("paper_applicants.tex" in papers) == ("models" in done)
    assert "paper_regression.html" in papers


def test_a_part_that_is_none_is_one_line(tmp_path, capsys):
    with pytest.raises(SystemExit) as done:
        cli.main(["run", "--out", str(tmp_path / "out"), "--parts", "everything"])
    assert done.value.code == 2
    assert "expected core, default, all or some of small_areas" in capsys.readouterr().err


def test_degrees_of_freedom_count_no_few_firms_that_a_fit_lacks(study):
    """A fit of all firms but four: n is rounded, and no table gives it back by its t."""
    from dataclasses import replace

    formula = "epayment_share ~ outages_per_month | composite"
    firms = study.firms.dropna(subset=["outages_per_month"]).copy()
    firms.loc[firms.index[:4], "outages_per_month"] = np.nan
    fit = kz.fixed_effects(formula, firms, cluster="composite")
    held = replace(study, firms=firms, fits={"corrected": fit}, rules=disclosure_rules("survey"))
    told = publish(held)
    shown = told.fits["corrected"]
    assert shown.n_obs % 5 == 0
    assert fit.n_obs % 5
    exact = {float(fit.n_obs - fit.n_parameters), float(fit.n_obs)}
    for table in shown.tables.values():
        assert not exact & set(table["df"])
    assert set(shown.tables) == {"crv1", "crv3", "cr2", "wild"}
    assert "counts the firms" in shown.reasons["hc1"]
    assert "omitted_variable" not in told.checks.tables
    assert "mixed_effects" in told.checks.tables
    # where many lack, the number tells nothing of few
    many = publish(replace(held, firms=study.firms, fits=study.fits))
    assert "omitted_variable" in many.checks.tables
    assert "hc1" in many.fits["corrected"].tables

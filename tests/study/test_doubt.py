"""Weights and strata of a run, small areas and ranks: what the study does with the methods."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import kz_spatial as kz
from kz_spatial.design import disclosure_rules
from kz_spatial.errors import CallError
from kz_spatial.estimates import score_units
from kz_spatial.options import PARTS
from kz_spatial.output.disclosure import publish
from kz_spatial.protection import protect_tables
from kz_spatial.study.modelled_means import (
    _variances,
    find_modelled_means,
    join_modelled,
    unit_weights,
)
from kz_spatial.study.run_log import RunLog
from kz_spatial.study.score_ranks import _freedom, find_ranks

QUICK = kz.RunOptions(draws=0, permutations=99, cell_m=25_000)


def made_survey(path, n=600, **more):
    """A survey by oblast: the twin's answers under codes of its file, with weights and strata."""
    twin = kz.load_twin().iloc[:n]
    codes = {0.0: 2, 1.0: 1}
    frame = pd.DataFrame(
        {
            "idstd": np.arange(n) + 1,
            "region": twin["oblast_code"],
            "a6a": np.arange(n) % 3 + 1,
            "wmedian": 1.0 + np.arange(n) % 4,
            "c7": twin["outages_per_month"],
            "k33": twin["epayment_share"],
            "ge7": twin["co2_monitoring"].map(codes),
            "h1": twin["product_innovation"].map(codes),
            "g3": twin["permit_days"],
        }
    )
    for name, values in more.items():
        frame[name] = values
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def twin():
    return kz.run_study(options=QUICK)


@pytest.fixture(scope="module")
def surveyed(tmp_path_factory):
    """A file of firms with weights and strata, under the rules for files."""
    path = tmp_path_factory.mktemp("doubt") / "survey.csv"
    made_survey(path, strata=[f"s{i % 12}" for i in range(600)])
    return kz.run_study(path, options=QUICK)


def test_a_file_counts_by_the_designs_weights_and_the_twin_does_not(twin, surveyed):
    assert twin.options.weights is None
    assert surveyed.options.weights == "wmedian"
    table, firms = surveyed.tables["composite"], surveyed.firms
    west = firms[firms["composite"] == "west"]
    mean = np.average(west["epayment_share"], weights=west["wmedian"])
    assert table.loc["west", "epayment_share_mean"] == pytest.approx(mean)
    assert table.attrs["strata"] == "strata"


@pytest.mark.parametrize(
    ("weights", "more", "taken", "said"),
    [
        (None, {}, None, ""),
        ("wmedian", {}, "wmedian", ""),
        ("design", {"wmedian": [0, *[1] * 79], "wstrict": 2}, "wstrict", "wstrict was taken"),
        ("design", {"wmedian": [-1, *[1] * 79]}, None, "every firm counts once"),
    ],
)  # fmt: skip
def test_weights_are_those_asked_for_or_the_first_that_all_firms_have(
    tmp_path, weights, more, taken, said
):
    path = made_survey(tmp_path / "s.csv", n=80, **more)
    options = kz.RunOptions(weights=weights, draws=0, permutations=99, cell_m=25_000, parts=())
    study = kz.run_study(path, options=options)
    assert study.options.weights == taken
    assert (not said) or any(said in each for each in study.warnings)


def test_weights_that_the_file_lacks_are_refused(tmp_path):
    path = made_survey(tmp_path / "s.csv", n=80)
    options = kz.RunOptions(weights="wstrict", draws=0, permutations=99)
    with pytest.raises(CallError, match="wstrict"):
        kz.run_study(path, options=options)


def test_errors_by_strata_are_those_of_the_survey_functions():
    """Checked there against R's survey; here that aggregate asks the same question."""
    firms = kz.load_twin()
    table = kz.aggregate(firms, weights="wmedian", strata="sector")
    wanted = kz.survey_mean(firms, "epayment_share", strata="sector", by="composite")
    assert table["epayment_share_se"].to_numpy() == pytest.approx(wanted["std_error"].to_numpy())
    assert table["epayment_share_mean"].to_numpy() == pytest.approx(wanted["mean"].to_numpy())
    plain = kz.aggregate(firms, weights="wmedian")
    assert (plain["epayment_share_se"] - table["epayment_share_se"]).abs().max() > 1e-3


def test_strata_that_some_firms_lack_are_left_out_with_a_note(tmp_path):
    path = made_survey(tmp_path / "s.csv", n=80, strata=["", *["a", "b"] * 39, "a"])
    study = kz.run_study(path, options=kz.RunOptions(draws=0, permutations=99, cell_m=25_000))
    assert study.tables["composite"].attrs["strata"] is None
    assert any("have no stratum" in each for each in study.warnings)


def test_modelled_means_are_those_of_small_areas_moved_to_the_country(twin):
    made, table = twin.modelled_means["epayment_share"], twin.tables["oblast"]
    direct, sd, n = (table[f"epayment_share_{part}"] for part in ("mean", "sd", "n"))
    variance = kz.pooled_variances(sd.where(direct.notna()), n.where(n > 0).where(direct.notna()))
    model = kz.small_areas(direct, variance, method="yoshimori-lahiri")
    national = twin.firms["epayment_share"].mean()
    share = table["n_firms"] / table["n_firms"].sum()
    factor = national / (model.frame["estimate"] * share).sum()
    assert made.national == pytest.approx(national)
    np.testing.assert_allclose(made.frame["mean"], model.frame["estimate"] * factor, rtol=1e-9)
    np.testing.assert_allclose(made.frame["se"] ** 2, model.frame["mse"], rtol=1e-9)
    assert (made.frame["mean"] * share).sum() == pytest.approx(national)
    half = 1.959964 * made.frame["se"]
    np.testing.assert_allclose(made.frame["low"], made.frame["mean"] - half)
    shown = twin.frames["oblasts"].set_index("oblast_code")
    np.testing.assert_allclose(shown["epayment_share_model"], made.frame["mean"])
    assert (made.frame["se"] ** 2 < variance).all()
    poor = shown["epayment_share_precision"] == "poor"
    assert (shown["epayment_share_poor"] == poor).all()
    assert poor["KZ-19"]


def test_an_indicator_of_few_direct_estimates_says_why_it_has_no_model(twin):
    assert "permit_days" not in twin.modelled_means
    assert "7 of 20 oblasts" in twin.inapplicable["small areas, permit_days"]
    assert "permit_days_model" not in twin.tables["oblast"]


def test_a_spatial_model_at_its_bound_is_not_shown(twin):
    made = twin.modelled_means["product_innovation"]
    assert made.frame["spatial_mean"].isna().all()
    assert "bound" in twin.inapplicable["spatial small areas, product_innovation"]


def test_models_of_guarded_files_see_nothing_but_what_is_shown(surveyed):
    """From the protected tables and figures alone the same estimates come out."""
    assert surveyed.rules.guarded
    base = {level: t.copy() for level, t in surveyed.protected.tables.items()}
    weights = unit_weights(surveyed.firms, surveyed.design, surveyed.options.weights)
    graphs = {level: kz.contiguity(kz.oblasts(detail="light")) for level in ("oblast",)}
    again = find_modelled_means(
        base, surveyed.protected.country, weights, graphs, surveyed.design, RunLog(None)
    )
    assert set(again) == set(surveyed.modelled_means) != set()
    for name, each in again.items():
        pd.testing.assert_frame_equal(each.frame, surveyed.modelled_means[name].frame)
        hidden = base["oblast"][f"{name}_mean"].isna()
        assert (each.frame.loc[hidden, "basis"] == "model alone").all()
    nobody = surveyed.firms.iloc[:0]
    ranks = find_ranks(nobody, base, surveyed.design, surveyed.rules, RunLog(None),
                       weights="wmedian", strata=None, seed=surveyed.options.seed)  # fmt: skip
    for level, each in ranks.items():
        pd.testing.assert_frame_equal(each.frame, surveyed.ranks[level].frame)
        assert each.guarded


def test_a_withheld_cell_takes_the_models_value(surveyed):
    table = surveyed.tables["oblast"]
    withheld = table["co2_monitoring_mean"].isna() & (table["co2_monitoring_model"].notna())
    assert withheld.any()
    assert (table.loc[withheld, "co2_monitoring_model_basis"] == "model alone").all()


def test_ranks_are_those_of_the_functions_with_the_covariance_of_firms(twin):
    names, firms = list(twin.design.by_name), twin.firms
    table = twin.tables["composite"]
    means = table[[f"{name}_mean" for name in names]].set_axis(names, axis=1)
    cov = kz.survey_covariance(firms, names, weights=False, by="composite")
    found = kz.readiness_errors(means, cov=cov)
    ranks = twin.ranks["composite"]
    np.testing.assert_allclose(ranks.frame["score_se"], found.std_errors)
    assert ranks.frame["score"].to_numpy() == pytest.approx(table["readiness"].to_numpy())
    assert ranks.frame["rank"].tolist() == table["rank"].tolist()
    chances = kz.rank_probabilities(found.scores, found.std_errors, n_draws=20_000,
                                    seed=twin.options.seed)  # fmt: skip
    np.testing.assert_allclose(ranks.frame["chance_first"], chances["first"])
    assert (ranks.frame["own_low"] >= ranks.frame["rank_low"]).all()
    assert (ranks.frame["own_high"] <= ranks.frame["rank_high"]).all()
    assert table["rank_low"].tolist() == ranks.frame["rank_low"].tolist()
    assert ranks.leaders[0] == table["readiness"].idxmax()
    assert ranks.trailers[0] == table["readiness"].idxmin()


def test_regions_far_apart_have_ranks_that_are_settled():
    """Three firms' worth of noise, and means a hundred times as far apart."""
    firms = kz.load_twin()
    place = firms["composite"].map({c: i for i, c in enumerate(sorted(set(firms["composite"])))})
    for name, each in kz.load_design().by_name.items():
        step = 1000.0 if each.kind != "binary" else 0.13
        firms[name] = firms[name].fillna(0) * 0.001 + each.direction * place * step + 1.0
    rules = disclosure_rules("open")
    design = kz.load_design()
    tables = protect_tables(firms, levels=["composite"], design=design, rules=rules).tables
    ranks = find_ranks(firms, tables, design, rules, RunLog(None),
                       weights=None, strata=None, seed=1)["composite"]  # fmt: skip
    assert ranks.frame["rank_low"].tolist() == ranks.frame["rank_high"].tolist()
    assert ranks.leaders == ["west"]
    assert ranks.trailers == ["almaty"]
    assert sorted(ranks.frame["tied_group"]) == list(range(1, 8))


def test_parts_can_be_left_out():
    study = kz.run_study(options=kz.RunOptions(draws=0, permutations=99, parts=()))
    assert study.modelled_means == study.ranks == study.models == {}
    assert "score_se" not in study.tables["composite"]
    assert publish(study).ranks == {}
    assert PARTS[:2] == ("small_areas", "ranks")
    with pytest.raises(CallError, match="parts"):
        kz.run_study(options=kz.RunOptions(parts=("everything",)))


def small_table(shares, n):
    """A table of oblasts with one indicator: its means, and errors as of so many firms."""
    codes = list(kz.oblasts().index)[: len(shares)]
    mean, n = pd.Series(shares, codes, dtype=float), pd.Series(n, codes)
    sd = np.sqrt(mean * (1 - mean) * n / (n - 1))
    return pd.DataFrame(
        {"co2_monitoring_mean": mean, "co2_monitoring_sd": sd, "co2_monitoring_n": n,
         "co2_monitoring_se": sd / np.sqrt(n)}
    )  # fmt: skip


def modelled(table, national):
    design = kz.load_design()
    one = replace(design, indicators=tuple(e for e in design.indicators if e.item == "ge7"),
                  outcome=None, formula=None)  # fmt: skip
    country = pd.DataFrame({"estimate": [national]}, ["co2_monitoring"])
    weights = pd.Series(1.0, table.index)
    shapes = kz.oblasts(detail="light").loc[table.index]
    log = RunLog(None)
    return find_modelled_means(
        {"oblast": table}, country, weights, {"oblast": kz.contiguity(shapes)}, one, log
    )["co2_monitoring"], log


def test_without_a_national_figure_estimates_stay_where_the_model_has_them():
    table = small_table(np.linspace(0.1, 0.9, 20), 30)
    found, _ = modelled(table, np.nan)
    assert np.isnan(found.national)
    np.testing.assert_allclose(found.frame["mean"], found.model.frame["estimate"])
    moved, _ = modelled(table, 0.55)
    assert moved.national == 0.55
    assert moved.frame["mean"].mean() == pytest.approx(0.55)


def test_no_share_is_moved_above_all_there_is():
    table = small_table(np.linspace(0.6, 0.99, 20), 400)
    found, _ = modelled(table, 0.95)
    assert np.isnan(found.national)
    assert found.frame["mean"].max() < 1
    np.testing.assert_allclose(found.frame["mean"], found.model.frame["estimate"])


def test_sampling_variances_are_pooled_with_one_design_effect_by_hand():
    """Hidden units, and those of one firm, take no part; all with n have a variance."""
    table = pd.DataFrame(
        {"x_mean": [1.0, 2.0, np.nan, 4.0], "x_sd": [2.0, 4.0, 9.0, np.nan],
         "x_se": [0.5, 2.0, 9.0, np.nan], "x_n": [11, 6, 50, 1]}, list("abcd"),
    )  # fmt: skip
    within = (10 * 4 + 5 * 16) / 15
    effects = [0.25 * 11 / 4, 4 * 6 / 16]
    effect = (10 * effects[0] + 5 * effects[1]) / 15
    found = _variances(table, "x")
    wanted = within * effect / np.array([11, 6, np.nan, 1])
    np.testing.assert_allclose(found.to_numpy(float), wanted)


def test_tables_without_modelled_means_stay_as_they_are(twin):
    tables = dict(twin.protected.tables)
    assert join_modelled(tables, {}) is tables


def test_degrees_of_freedom_of_scores_by_hand():
    """Satterthwaite over a unit's own means; of one indicator they are those of its firms."""
    codes = list("abc")
    two = pd.DataFrame({"epayment_share": [1.0, 2.0, 6.0], "co2_monitoring": [0.3, 0.1, 0.2]},
                       codes)  # fmt: skip
    numbers = pd.DataFrame({"epayment_share": [11, 21, 31], "co2_monitoring": [6, 26, 1]}, codes)
    variances = pd.DataFrame({"epayment_share": [0.1, 0.2, 0.3], "co2_monitoring": [1e-3] * 3},
                             codes)  # fmt: skip
    design = kz.load_design()
    design = replace(design, score=replace(design.score, least=1))
    found = _freedom(two, numbers, variances, design)
    z = (two - two.mean()) / two.std()
    slope = (1 - 1 / 3 - z**2 / 2) / (2 * two.std())
    own = slope**2 * variances
    left = (numbers - 1).clip(lower=1)
    wanted = own.sum(axis=1) ** 2 / (own**2 / left).sum(axis=1)
    np.testing.assert_allclose(found, wanted)
    alone = _freedom(two[["epayment_share"]], numbers, variances, design)
    np.testing.assert_allclose(alone, [10, 20, 30])


def test_two_units_are_enough_for_ranks_and_one_is_not():
    design, rules = kz.load_design(), disclosure_rules("survey")
    table = kz.aggregate(kz.load_twin(), by="composite").iloc[:2]
    table = score_units(table, list(design.by_name), design)
    found = find_ranks(kz.load_twin(), {"composite": table}, design, rules, RunLog(None),
                       weights=None, strata=None, seed=1)  # fmt: skip
    assert found["composite"].frame["rank"].tolist() in ([1, 2], [2, 1])
    log = RunLog(None)
    one = table.assign(readiness=[1.0, np.nan])
    assert find_ranks(kz.load_twin(), {"composite": one}, design, rules, log,
                      weights=None, strata=None, seed=1) == {}  # fmt: skip
    assert "1 units have a score" in log.inapplicable["ranks, composite"]

"""Tables of a study under the rules: what is withheld, and that the rest is what it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import kz_spatial as kz
from kz_spatial.design import OPEN, SURVEY, load_design
from kz_spatial.protection import VERDICTS, protect_tables, round_to_base

DESIGN = load_design()
FIRMS = kz.join(kz.load_twin(), kz.oblasts())
INDICATORS = list(DESIGN.by_name)


def protect(firms=FIRMS, rules=SURVEY, levels=DESIGN.levels, **more):
    return protect_tables(firms, levels=levels, design=DESIGN, rules=rules, **more)


@pytest.fixture(scope="module")
def plain():
    return {level: kz.aggregate(FIRMS, by=level, min_firms=1) for level in DESIGN.levels}


@pytest.fixture(scope="module")
def found():
    return protect()


def test_open_rules_give_what_aggregate_gives():
    made = protect(rules=OPEN)
    for level in DESIGN.levels:
        pd.testing.assert_frame_equal(made.tables[level], kz.aggregate(FIRMS, by=level))
    assert made.reasons == {"few": 12}


def test_counts_are_rounded_or_missing(found, plain):
    for level, table in found.tables.items():
        for column in (*(f"{name}_n" for name in INDICATORS), "n_firms"):
            shown, true = table[column].to_numpy(float), plain[level][column].to_numpy(float)
            known = np.isfinite(shown)
            np.testing.assert_array_equal(shown[known], round_to_base(true[known], 5))
            assert ((true[~known] > 0) & ((true[~known] < 10) | (column != "n_firms"))).all()
            assert not ((shown > 0) & (shown < 10)).any()


def test_verdicts_say_what_became_of_every_cell(found, plain):
    assert set(found.verdicts["verdict"]) == set(VERDICTS)
    for row in found.verdicts.itertuples(index=False):
        table, before = found.tables[row.level], plain[row.level]
        mean, true = (each.loc[row.code, f"{row.indicator}_mean"] for each in (table, before))
        se, true_se = (each.loc[row.code, f"{row.indicator}_se"] for each in (table, before))
        n = before.loc[row.code, f"{row.indicator}_n"]
        if row.verdict == "withheld":
            assert (
                table.loc[row.code].filter(regex=f"^{row.indicator}_(mean|sd|se|n)$").isna().all()
            )
        elif row.verdict == "shown":
            assert (mean, se) == (true, true_se)
            assert n >= 20
        elif row.verdict == "smoothed":
            assert mean == true
            assert 10 <= n < 20
            assert se != pytest.approx(true_se)
        else:
            yes = mean * round_to_base(np.array([n]), 5)[0]
            assert yes == pytest.approx(5 * round(yes / 5))
    shown = found.verdicts.set_index(["level", "code", "indicator"])["verdict"]
    cells = {
        (level, code, name)
        for level, table in plain.items()
        for code in table.index
        for name in INDICATORS
        if table.loc[code, f"{name}_n"] > 0
    }
    assert set(shown.index) == cells


def test_the_file_of_cells_withheld_is_that_of_the_hand(found):
    """Permit days: 110 answers in all; nine regions of ten would be known by subtraction."""
    withheld = found.verdicts[found.verdicts["verdict"] == "withheld"]
    assert set(withheld["level"]) == {"oblast"}
    assert set(withheld["indicator"]) == {"permit_days"}
    n = kz.aggregate(FIRMS, by="oblast", min_firms=1)["permit_days_n"]
    assert set(withheld["code"]) == set(n.index[n > 0]) - {"KZ-71", "KZ-75"}


def test_scores_and_ranks_are_those_of_what_is_shown(found):
    table = found.tables["oblast"]
    names = table["score_of"].iloc[0].split(", ")
    assert set(names) == set(INDICATORS) - {"permit_days"}
    means = table[[f"{name}_mean" for name in names]].set_axis(names, axis=1)
    z = (means - means.mean()) / means.std(ddof=1)
    z *= [DESIGN.by_name[name].direction for name in names]
    np.testing.assert_allclose(table["readiness"], z.mean(axis=1))
    expected = z.mean(axis=1).rank(ascending=False)
    np.testing.assert_array_equal(table["rank"].astype(float), expected)


def test_smoothed_errors_are_of_one_variance_for_both_levels(found):
    both = [found.tables[level].loc[code, "permit_days_sd"] for level, code in
            (("composite", "astana"), ("oblast", "KZ-71"))]  # fmt: skip
    assert both[0] == both[1]
    parts = kz.aggregate(FIRMS, by="composite", min_firms=1)
    sd, n = parts["permit_days_sd"], parts["permit_days_n"]
    assert both[0] == pytest.approx(np.sqrt((sd**2 * (n - 1)).sum() / (n - 1).sum()))
    assert found.tables["composite"].loc["almaty", "permit_days_sd"] == sd["almaty"]


def test_unweighted_means_stand_beside_weighted_ones_of_many_firms_only():
    table = protect(weights="wmedian").tables["oblast"]
    few = kz.aggregate(FIRMS, by="oblast", min_firms=1)["epayment_share_n"] < 20
    assert table.loc[few, "epayment_share_unweighted_mean"].isna().all()
    assert table.loc[~few, "epayment_share_unweighted_mean"].notna().all()


def test_the_other_coding_is_shown_where_special_codes_are_none_or_many():
    other = kz.join(kz.load_twin(coding="as-published"), kz.oblasts())
    table = protect(other, levels=["composite"], corrected=FIRMS).tables["composite"]
    extra = (
        (other["co2_monitoring"].notna() & FIRMS["co2_monitoring"].isna())
        .groupby(FIRMS["composite"])
        .sum()
    )
    shown = table["co2_monitoring_mean"].notna()
    assert (shown == ((extra == 0) | (extra >= 10))).all()
    assert shown.any()
    assert not shown.all()


def test_firms_without_an_oblast_are_not_told_by_subtraction():
    firms = FIRMS.copy()
    lost = firms.index[firms["oblast_code"] == "KZ-62"][:3]
    firms.loc[lost, "oblast_code"] = None
    table = protect(firms).tables["oblast"]
    hidden = table["epayment_share_suppressed"]
    # the region is shown, so one of its oblasts goes with the three firms
    assert hidden[["KZ-35", "KZ-62"]].sum() == 1
    assert not hidden.drop(["KZ-35", "KZ-62"]).any()


def test_a_number_of_ones_own_holds():
    made = protect(rules=replace(SURVEY, min_firms=30))
    table = made.tables["oblast"]
    n = kz.aggregate(FIRMS, by="oblast", min_firms=1)["n_firms"]
    assert table["n_firms"].isna().equals(n < 30)
    assert table.attrs["min_firms"] == 30


def test_reasons_count_each_cell_once(found):
    withheld = (found.verdicts["verdict"] == "withheld").sum()
    assert sum(found.reasons.values()) == withheld


def few_yes(n_yes=4, n=30):
    """Firms of two regions, few of whom say yes."""
    firms = FIRMS[FIRMS["composite"].isin(["almaty", "astana"])].groupby("composite").head(n).copy()
    firms["product_innovation"] = 0.0
    almaty = firms.index[firms["composite"] == "almaty"]
    firms.loc[almaty[:n_yes], "product_innovation"] = 1.0
    return firms.reset_index(drop=True)


def test_a_share_of_the_country_is_rounded_as_those_of_its_parts_are():
    found = protect(few_yes(), levels=["composite"]).country.loc["product_innovation"]
    # 4 of 60 is told as 5 of 60
    assert found["mean"] == pytest.approx(5 / 60)
    assert found["sd"] == pytest.approx(np.sqrt(5 / 60 * 55 / 60 * 60 / 59))
    many = protect(few_yes(20), levels=["composite"]).country.loc["product_innovation"]
    assert many["mean"] == pytest.approx(20 / 60)


def test_no_coding_tells_a_share_that_the_other_rounds():
    firms = few_yes()
    other = firms.assign(product_innovation=1 - firms["product_innovation"])
    made = protect(other, levels=["composite"], corrected=firms)
    assert made.tables["composite"]["product_innovation_mean"].isna().all()
    assert np.isnan(made.country.loc["product_innovation", "mean"])
    many = few_yes(15)
    other = many.assign(product_innovation=1 - many["product_innovation"])
    shown = protect(other, levels=["composite"], corrected=many).tables["composite"]
    assert shown.loc["almaty", "product_innovation_mean"] == pytest.approx(0.5)


def test_deviations_of_a_country_of_few_firms_are_withheld():
    firms = few_yes(n=9)
    found = protect(firms, levels=["composite"]).country
    numbers = ["outages_per_month", "epayment_share", "permit_days"]
    assert found.loc[numbers, "sd"].isna().all()

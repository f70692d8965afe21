"""The twin as users load it: the study's printed figures through the package's own functions."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from helpers import COMPOSITES, INDICATORS

import kz_spatial as kz
from kz_spatial._validate import data_path, published_path
from kz_spatial.design import load_design
from kz_spatial.errors import CallError
from kz_spatial.survey.reading import read_survey
from kz_spatial.survey.twin import TWIN_NOTICE, load_twin, load_twin_raw

REGION_OF = load_design().grouping.region_of


def read_rows(name):
    with published_path(name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


NOTES = json.loads(data_path("twin_notes.json").read_text(encoding="utf-8"))
TABLE1 = {row["term"]: row for row in read_rows("table1_published.csv")}
TABLE2 = {row["region"].lower(): row for row in read_rows("table2_published.csv")}
IMPOSSIBLE = {tuple(each.split()[:2]) for each in NOTES["fitted"]["table2_misses"]}
CELLS = [
    (region, name, part)
    for region in (*COMPOSITES, "national")
    for name, each in INDICATORS.items()
    for part in ("mean", "sd")
    if (region, f"{each.item}_{part}") not in IMPOSSIBLE
]
# national n's are printed too; g3's terms of Table 1 by the names of the firm table
TERMS = {
    "infrastructure": "outages_per_month",
    "sustainability": "co2_monitoring",
    "innovation": "product_innovation",
    "governance": "permit_days",
}


def assert_printed(value, printed):
    """The value rounds to what was printed; a tie may have been rounded either way."""
    decimals = len(printed.partition(".")[2])
    assert abs(value - float(printed)) <= 0.5 * 10**-decimals * (1 + 1e-9), (value, printed)


@pytest.fixture(scope="module")
def published():
    return load_twin(coding="as-published")


@pytest.fixture(scope="module")
def table(published):
    return kz.aggregate(published, by="composite")


def test_as_many_firms_as_the_study_in_every_composite(table):
    expected = {region: int(TABLE2[region]["n"]) for region in COMPOSITES}
    assert table["n_firms"].to_dict() == expected
    assert table["n_firms"].sum() == int(TABLE2["national"]["n"]) == len(load_twin()) == 1013


@pytest.mark.parametrize(("region", "name", "part"), CELLS)
def test_printed_cells_of_table_2(published, table, region, name, part):
    if region == "national":
        column = published[name]
        value = column.mean() if part == "mean" else column.std(ddof=1)
    else:
        value = table.loc[region, f"{name}_{part}"]
    scale = 100 if INDICATORS[name].kind == "binary" else 1
    assert_printed(scale * value, TABLE2[region][f"{INDICATORS[name].item}_{part}"])


def test_no_cell_is_left_out_without_a_proof():
    assert len(CELLS) + len(IMPOSSIBLE) == 80
    assert NOTES["fitted"]["table2_cells"] == 80


@pytest.mark.parametrize("row", read_rows("text_claims.csv"), ids=lambda r: "-".join(r.values()))
def test_shares_that_the_text_claims(row):
    """The text divides by all firms, those who did not know among them."""
    column = {
        "co2_monitoring_share": "co2_monitoring",
        "innovation_share": "product_innovation",
        "electronic_payment_share": "epayment_share",
    }[row["claim"]]
    firms = load_twin()
    here = firms.loc[firms["composite"] == row["region"].lower(), column]
    assert_printed(
        here.mean() if column == "epayment_share" else 100 * here.eq(1).mean(), row["value"]
    )


def test_corrected_means_leave_out_who_did_not_know():
    corrected = kz.aggregate(load_twin(), by="composite")
    # 69 yes and 65 no in the Center, one did not know (binary_items_reconstructed.csv)
    assert corrected.loc["center", "co2_monitoring_mean"] == pytest.approx(69 / 134, rel=1e-12)
    assert corrected.loc["center", "co2_monitoring_n"] == 134
    for row in read_rows("binary_items_reconstructed.csv"):
        if row["region"] == "National":
            continue
        found = corrected.loc[row["region"].lower()]
        for item, name in (("ge7", "co2_monitoring"), ("h1", "product_innovation")):
            yes, no = int(row[f"{item}_yes"]), int(row[f"{item}_no"])
            assert found[f"{name}_n"] == yes + no
            assert found[f"{name}_mean"] == pytest.approx(yes / (yes + no), rel=1e-12)


def test_printed_regression_of_table_1(published):
    fit = kz.fixed_effects(
        "epayment_share ~ outages_per_month + co2_monitoring + product_innovation + permit_days"
        " | composite",
        published,
    )
    assert (fit.n_obs, fit.df) == (NOTES["listwise"]["firms"], NOTES["listwise"]["residual_df"])
    table = fit.table("hc1")
    for term, name in TERMS.items():
        for column, printed in (
            ("coefficient", "coefficient"),
            ("std_error", "robust_se"),
            ("t", "t"),
            ("p", "p"),
        ):
            assert_printed(table.loc[name, column], TABLE1[term][printed])
    assert_printed(fit.effects["almaty"], TABLE1["constant"]["coefficient"])
    meta = {row["key"]: row["value"] for row in read_rows("table1_published_meta.csv")}
    assert_printed(fit.r2, meta["r_squared"])


def test_columns_codes_and_record():
    firms = load_twin()
    assert list(firms.columns[: len(load_design().firm_columns)]) == list(
        load_design().firm_columns
    )
    assert firms["firm_id"].is_unique
    assert [REGION_OF(code) for code in firms["oblast_code"]] == firms["composite"].tolist()
    assert (firms["weight"] == firms["wmedian"]).all()
    assert set(firms["co2_monitoring"].dropna()) == {0.0, 1.0}
    record = firms.attrs["kz_spatial"]
    assert record["synthetic"] is True
    assert record["coding"] == "corrected"
    assert TWIN_NOTICE in record["notes"]
    json.dumps(record)  # run.json takes it as it is


def test_only_yes_no_items_and_special_codes_differ_between_the_codings(published):
    corrected, raw = load_twin(), load_twin_raw()
    assert (raw["ge7"] == -9).sum() == 3
    assert (raw["h1"] == -9).sum() == 1
    for item, name in (("ge7", "co2_monitoring"), ("h1", "product_innovation")):
        known = corrected[name].notna()
        np.testing.assert_array_equal(corrected[name][known], 1 - published[name][known])
        assert (published[name][~known] == -10).all()
        assert (raw[item][~known] == -9).all()
    assert corrected["epayment_share"].equals(published["epayment_share"])
    assert corrected["permit_days"].equals(published["permit_days"])
    no_outages = raw["c6"].eq(2)
    assert (corrected.loc[no_outages, "outages_per_month"] == 0).all()
    assert published.loc[no_outages, "outages_per_month"].isna().all()


def test_the_raw_twin_reads_like_a_survey_file(tmp_path):
    path = tmp_path / "twin.csv"
    load_twin_raw().to_csv(path, index=False)
    read, loaded = read_survey(path), load_twin()
    for column in load_design().firm_columns:
        if column != "sector":  # a .csv has no labels
            assert read[column].equals(loaded[column]), column


def test_loading_twice_gives_equal_tables_that_do_not_share_memory():
    first, second = load_twin(), load_twin()
    first.loc[0, "weight"] = -1
    assert second.loc[0, "weight"] > 0
    with pytest.raises(CallError):
        load_twin(coding="raw")

"""Leaving regions out, against the jackknife that R computes by refitting."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError
from kz_spatial.regression import fixed_effects

REFERENCE = Path(__file__).parents[1] / "reference" / "few_clusters"
FORMULA = kz.load_design().formula


@pytest.mark.parametrize("weights", [None, "wmedian"])
@pytest.mark.parametrize("by", ["composite", "sector"])
def test_squared_changes_are_the_jackknife_of_r(by, weights):
    expected = pd.read_csv(REFERENCE / "reference.csv")
    for name, value in {
        "coding": "corrected",
        "weights": weights or "none",
        "cluster": by,
        "method": "crv3",
    }.items():
        expected = expected[expected[name] == value]
    table = kz.leave_one_out(
        FORMULA, pd.read_csv(REFERENCE / "corrected.csv"), by=by, weights=weights
    )
    gaps = table["change"].reset_index().pivot_table("change", "term", "left_out")
    gaps = gaps.drop(columns="none")
    G = gaps.shape[1]
    error = np.sqrt((G - 1) / G * (gaps**2).sum(axis=1))
    np.testing.assert_allclose(error[expected["term"]], expected["std_error"].to_numpy(), rtol=1e-8)


def test_each_row_is_the_fit_without_its_region():
    firms = kz.load_twin()
    table = kz.leave_one_out(FORMULA, firms, inference="crv1")
    regions = sorted(firms["composite"].unique())
    assert list(dict.fromkeys(table.index.get_level_values("left_out"))) == ["none", *regions]
    for region in regions:
        fit = fixed_effects(FORMULA, firms[firms["composite"] != region], cluster="composite")
        rows = table.loc[region]
        pd.testing.assert_frame_equal(
            rows[list(fit.table().columns)].rename_axis(None),
            fit.table("crv1").rename_axis(None),
        )
        assert (rows["n_obs"] == fit.n_obs).all()
        assert (rows["n_clusters"] == 6).all()
    whole = fixed_effects(FORMULA, firms, cluster="composite")
    np.testing.assert_allclose(
        table.loc["astana", "change"],
        table.loc["astana", "coefficient"] - whole.coefficients,
        rtol=1e-12,
    )
    assert (table.loc["none", "change"] == 0).all()


def test_a_term_that_one_region_carries_has_a_reason():
    firms = kz.load_twin()
    here = firms.assign(only=firms["product_innovation"] * firms["composite"].eq("west"))
    table = kz.leave_one_out("epayment_share ~ co2_monitoring + only | composite", here)
    assert np.isnan(table.loc[("west", "only"), "coefficient"])
    assert "does not vary" in table.loc[("west", "only"), "reason"]
    assert table.loc[("west", "co2_monitoring"), "reason"] == ""
    assert np.isfinite(table.loc[("west", "co2_monitoring"), "coefficient"])
    alone = kz.leave_one_out("epayment_share ~ only | composite", here)
    assert "no term varies" in alone.loc[("west", "only"), "reason"]
    assert len(alone) == 8


def test_faults_are_named():
    firms = kz.load_twin()
    with pytest.raises(InputError, match="'zone'"):
        kz.leave_one_out(FORMULA, firms, by="zone")
    with pytest.raises(CallError, match="inference='hc9'"):
        kz.leave_one_out(FORMULA, firms, inference="hc9")

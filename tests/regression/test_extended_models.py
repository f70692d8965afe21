"""Extended models: margins are those of dummies worked out by hand with statsmodels."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from helpers import INDICATORS

import kz_spatial as kz
from kz_spatial.errors import InputError
from kz_spatial.regression.extended_models import (
    each_dimension,
    permit_by_reliability,
    sector_by_innovation,
)

FIRMS = kz.load_twin()
AGREE = 1e-8  # both sides solve the same least squares in doubles


def _clustered(formula, data, used):
    return smf.ols(formula, data.dropna(subset=used)).fit(
        cov_type="cluster",
        cov_kwds={"groups": pd.factorize(data.dropna(subset=used)["composite"])[0]},
        use_t=True,
    )


def test_margins_by_sector_are_sums_of_coefficients():
    found = sector_by_innovation(FIRMS, inference="crv1")
    used = ["epayment_share", "product_innovation", "outages_per_month", "co2_monitoring"]
    theirs = _clustered(
        "epayment_share ~ C(sector) * product_innovation + outages_per_month + co2_monitoring"
        " + C(composite)",
        FIRMS,
        used,
    )
    base = theirs.params["product_innovation"]
    for sector in ("Other services", "Retail"):
        term = f"C(sector)[T.{sector}]:product_innovation"
        expected = base + theirs.params[term]
        assert found.margins.loc[sector, "coefficient"] == pytest.approx(expected, rel=AGREE)
        test = theirs.t_test(f"product_innovation + {term} = 0")
        assert found.margins.loc[sector, "std_error"] == pytest.approx(test.sd.item(), rel=AGREE)
        assert found.difference.loc[term, "p"] == pytest.approx(theirs.pvalues[term], rel=1e-6)
    assert found.margins.loc["Manufacturing", "coefficient"] == pytest.approx(base, rel=AGREE)


def test_reliability_is_measured_against_the_firm_s_own_region():
    found = permit_by_reliability(FIRMS, split="firms", inference="crv1")
    mean = FIRMS.groupby("composite")["outages_per_month"].transform("mean")
    table = FIRMS.assign(above=(FIRMS["outages_per_month"] <= mean).astype(float))
    theirs = _clustered(
        "epayment_share ~ above + permit_days:above + permit_days:I(1 - above) + co2_monitoring"
        " + product_innovation + C(composite)",
        table,
        list(INDICATORS),
    )
    names = {"above": "permit_days:above", "below": "permit_days:I(1 - above)"}
    for level, term in names.items():
        row = found.margins.loc[level]
        assert row["coefficient"] == pytest.approx(theirs.params[term], rel=AGREE)
        assert row["std_error"] == pytest.approx(theirs.bse[term], rel=AGREE)


def test_the_paper_asks_about_regions_of_above_average_reliability():
    """Each region's mean outages against the mean of the seven, as the paper speaks of regions."""
    found = permit_by_reliability(FIRMS, inference="crv1")
    means = FIRMS.groupby("composite")["outages_per_month"].mean()
    reliable = means.index[means <= means.mean()]
    assert found.question.endswith("above the average: " + ", ".join(reliable))
    assert 0 < len(reliable) < 7
    table = FIRMS.assign(above=FIRMS["composite"].isin(reliable).astype(float))
    theirs = _clustered(
        "epayment_share ~ permit_days:above + permit_days:I(1 - above) + co2_monitoring"
        " + product_innovation + C(composite)",
        table,
        [name for name in INDICATORS if name != "outages_per_month"],  # the region's counts
    )
    names = {"above": "permit_days:above", "below": "permit_days:I(1 - above)"}
    for level, term in names.items():
        row = found.margins.loc[level]
        assert row["coefficient"] == pytest.approx(theirs.params[term], rel=AGREE)
        assert row["std_error"] == pytest.approx(theirs.bse[term], rel=AGREE)
    (gap,) = found.difference["coefficient"]
    assert gap == pytest.approx(theirs.params[names["below"]] - theirs.params[names["above"]])
    assert found.fits["interaction"].dropped == ()


def test_weights_may_move_a_region_across_the_average():
    firms = FIRMS.assign(w=1.0)
    firms.loc[(firms["composite"] == "almaty") & (firms["outages_per_month"] > 0), "w"] = 50.0
    plain = permit_by_reliability(firms).question
    weighted = permit_by_reliability(firms, weights="w").question
    assert "almaty" in plain.rpartition(": ")[2]
    assert "almaty" not in weighted.rpartition(": ")[2]


def test_regions_on_one_side_are_refused():
    firms = FIRMS.assign(outages_per_month=1.0)
    with pytest.raises(InputError, match="reliability by regions takes one value"):
        permit_by_reliability(firms)


def test_every_dimension_is_an_outcome_once():
    found = each_dimension(FIRMS)
    assert list(found.fits) == list(INDICATORS)
    for name, fit in found.fits.items():
        assert fit.outcome == name
        assert set(fit.coefficients.index) == set(INDICATORS) - {name}
    assert found.table().shape[1] == 5
    wider = each_dimension(FIRMS, indicators=[n for n in INDICATORS if n != "permit_days"])
    assert next(iter(wider.fits.values())).n_obs > 900


def test_controls_are_added_where_the_columns_exist():
    with_all = sector_by_innovation(FIRMS, controls=True)
    terms = set(map(str, with_all.fits["interaction"].coefficients.index))
    assert {"C(size)[T.medium]", "C(size)[T.small]", "foreign_share"} <= terms
    without = sector_by_innovation(FIRMS.drop(columns=["foreign_share", "size"]), controls=True)
    assert not {"C(size)[T.small]", "foreign_share"} & set(
        without.fits["interaction"].coefficients.index
    )


def test_margins_take_any_inference_and_weights():
    plain = sector_by_innovation(FIRMS, inference="wild")
    assert plain.margins["p"].between(2 / 128, 1).all()
    weighted = sector_by_innovation(FIRMS, weights="wmedian")
    gap = weighted.margins["coefficient"] - plain.margins["coefficient"]
    assert np.abs(gap).max() > 1e-6


def test_plots_name_their_groups():
    ax = sector_by_innovation(FIRMS).plot()
    assert {t.get_text() for t in ax.get_yticklabels()} == set(FIRMS["sector"].unique())
    assert each_dimension(FIRMS).plot().get_xlabel().startswith("effect on outages_per_month")


def test_a_single_sector_is_refused():
    with pytest.raises(InputError, match="one value"):
        sector_by_innovation(FIRMS.assign(sector="Retail"))
    with pytest.raises(InputError, match="'sector'"):
        sector_by_innovation(FIRMS.drop(columns="sector"))

"""Regression with absorbed effects: against dummies, another package and a case by hand."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kz_spatial.design import load_design
from kz_spatial.errors import CallError, CollinearTermWarning, InputError, NotEnoughDataError
from kz_spatial.regression.absorption import partial_out
from kz_spatial.regression.estimation import fixed_effects
from kz_spatial.survey.twin import load_twin

STUDY_FORMULA = load_design().formula

FIRMS = load_twin()
TERMS = ["outages_per_month", "co2_monitoring", "product_innovation"]
FORMULA = f"epayment_share ~ {' + '.join(TERMS)}"
# both sides solve the same least squares in doubles; designs have a condition number under 1e3, so
# about 1e-16 * 1e6 could differ, and 1e-8 leaves room for other processors
CLOSE = {"rtol": 1e-8, "atol": 1e-10}


def dummies_fit(absorbed, *, inference, weights=None, terms=TERMS, firms=FIRMS):
    """The same model by statsmodels, a dummy for every level."""
    used = firms.dropna(subset=["epayment_share", *terms])
    columns = [used[terms].astype(float)]
    for i, name in enumerate(absorbed):
        columns.append(pd.get_dummies(used[name], prefix=name, drop_first=i > 0, dtype=float))
    X = pd.concat(columns, axis=1) if absorbed else sm.add_constant(columns[0])
    y = used["epayment_share"]
    model = sm.OLS(y, X) if weights is None else sm.WLS(y, X, weights=used[weights])
    if inference == "iid":
        return model.fit()
    if inference == "hc1":
        return model.fit(cov_type="HC1", use_t=True)
    groups = pd.factorize(used["composite"])[0]
    # factor G/(G-1) * (N-1)/(N-K) and t(G-1)
    options = {"groups": groups, "use_correction": True, "df_correction": True}
    return model.fit(cov_type="cluster", cov_kwds=options, use_t=True)


def assert_same(table, theirs, names):
    intervals = theirs.conf_int()
    for name in names:
        expected = [
            theirs.params[name],
            theirs.bse[name],
            theirs.tvalues[name],
            theirs.pvalues[name],
            *intervals.loc[name],
        ]
        np.testing.assert_allclose(table.loc[name], expected, **CLOSE)


@pytest.mark.parametrize("weights", [None, "wmedian"])
@pytest.mark.parametrize("inference", ["iid", "hc1", "crv1"])
@pytest.mark.parametrize("absorbed", [["composite"], ["composite", "sector"], ["oblast_code"]])
def test_absorbing_agrees_with_dummies(absorbed, inference, weights):
    fit = fixed_effects(
        f"{FORMULA} | {' + '.join(absorbed)}", FIRMS, cluster="composite", weights=weights
    )
    theirs = dummies_fit(absorbed, inference=inference, weights=weights)
    table = fit.table(inference)
    columns = ["coefficient", "std_error", "t", "p", "ci_low", "ci_high"]
    assert list(table.columns) == columns
    assert list(table.index) == list(fit.coefficients.index) == TERMS
    assert_same(table, theirs, TERMS)
    assert (fit.n_obs, fit.n_clusters) == (int(theirs.nobs), 7)
    assert fit.n_parameters == len(theirs.params)
    # rsquared of statsmodels is about the mean only where it knows of a constant
    y = theirs.model.endog
    w = np.ones(len(y)) if weights is None else theirs.model.weights
    total = w @ (y - np.average(y, weights=w)) ** 2
    np.testing.assert_allclose(fit.r2, 1 - (w @ theirs.resid**2) / total, **CLOSE)
    np.testing.assert_allclose(fit.residuals, theirs.resid, rtol=0, atol=1e-8)
    assert list(fit.residuals.index) == list(theirs.resid.index)
    assert fit.residuals.name == "residual"


@pytest.mark.parametrize("weights", [None, "wmedian"])
def test_absorbed_effects_are_the_coefficients_of_the_dummies(weights):
    fit = fixed_effects(f"{FORMULA} | composite", FIRMS, weights=weights)
    theirs = dummies_fit(["composite"], inference="iid", weights=weights)
    expected = theirs.params.filter(like="composite_")
    assert [f"composite_{code}" for code in fit.effects.index] == list(expected.index)
    assert fit.effects.name == "effect"
    np.testing.assert_allclose(fit.effects, expected, **CLOSE)
    assert fixed_effects(f"{FORMULA} | composite + sector", FIRMS).effects.empty


@pytest.mark.parametrize("inference", ["iid", "hc1", "crv1"])
def test_without_absorbed_effects_it_is_ordinary_least_squares(inference):
    fit = fixed_effects(FORMULA, FIRMS, cluster="composite")
    theirs = dummies_fit([], inference=inference)
    renamed = theirs.params.rename({"const": "Intercept"})
    table = fit.table(inference)
    np.testing.assert_allclose(table["coefficient"], renamed[table.index], **CLOSE)
    assert_same(table, theirs, TERMS)
    assert fit.r2 == fit.r2_within == pytest.approx(theirs.rsquared, rel=1e-10)


def test_within_r2_is_that_of_demeaned_columns():
    fit = fixed_effects(f"{FORMULA} | composite", FIRMS)
    used = FIRMS.dropna(subset=TERMS)
    moved = used[["epayment_share", *TERMS]].astype(float)
    moved -= moved.groupby(used["composite"]).transform("mean")
    theirs = sm.OLS(moved["epayment_share"], moved[TERMS]).fit()
    assert fit.r2_within == pytest.approx(theirs.rsquared, rel=1e-10)


@pytest.mark.parametrize(("weights", "vcov"), [(None, "CRV1"), ("wmedian", "HC1"), (None, "iid")])
def test_pyfixest_agrees_under_the_same_small_sample_factors(weights, vcov):
    import pyfixest

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pyfixest.feols(
            f"{FORMULA} | composite + sector",
            FIRMS.dropna(subset=TERMS),
            vcov={"CRV1": "composite"} if vcov == "CRV1" else vcov,
            weights=weights,
            ssc=pyfixest.ssc(k_adj=True, k_fixef="full", G_adj=True, G_df="min"),
            fixef_tol=1e-12,
        ).tidy()
    fit = fixed_effects(
        f"{FORMULA} | composite + sector", FIRMS, cluster="composite", weights=weights
    )
    table = fit.table(vcov.lower())
    expected = theirs.loc[TERMS, ["Estimate", "Std. Error", "t value", "Pr(>|t|)"]]
    # its alternating projections stop at 1e-12
    np.testing.assert_allclose(table[["coefficient", "std_error", "t", "p"]], expected, rtol=1e-7)


def test_two_groups_of_two_by_hand():
    firms = pd.DataFrame(
        {"g": ["a", "a", "b", "b"], "x": [0.0, 1, 0, 1], "y": [1.0, 3, 10, 16]}, index=list("pqrs")
    )
    fit = fixed_effects("y ~ x | g", firms, cluster="g")
    # within slopes 2 and 6, alike in weight; residuals 1, -1, -1, 1
    assert fit.coefficients.to_dict() == pytest.approx({"x": 4})
    assert fit.effects.to_dict() == pytest.approx({"a": 0, "b": 11}, abs=1e-12)
    assert fit.residuals.to_dict() == pytest.approx({"p": 1, "q": -1, "r": -1, "s": 1})
    assert (fit.n_obs, fit.n_parameters, fit.n_clusters, fit.df) == (4, 3, 2, 1)
    assert fit.r2 == pytest.approx(1 - 4 / 141)
    assert fit.r2_within == pytest.approx(1 - 4 / 20)
    assert fit.table("iid").loc["x", "std_error"] == pytest.approx(2)  # sqrt(4 / 1 / 1)
    assert fit.table("hc1").loc["x", "std_error"] == pytest.approx(2)  # sqrt(4/1 * 4 * 1/4)
    # cluster scores -1 and 1: sqrt(2/1 * 3/1 * 2)
    row = fit.table("crv1").loc["x"]
    assert row["std_error"] == pytest.approx(np.sqrt(12))
    assert row["t"] == pytest.approx(4 / np.sqrt(12))
    # Student's t with one degree of freedom is Cauchy's
    assert row["p"] == pytest.approx(1 - 2 / np.pi * np.arctan(4 / np.sqrt(12)))
    assert row["ci_high"] == pytest.approx(4 + np.tan(np.pi * 0.475) * np.sqrt(12))


def test_default_inference_and_level():
    clustered = fixed_effects(f"{FORMULA} | composite", FIRMS, cluster="composite")
    plain = fixed_effects(f"{FORMULA} | composite", FIRMS)
    pd.testing.assert_frame_equal(clustered.table(), clustered.table("cr2"))
    pd.testing.assert_frame_equal(plain.table(), plain.table("hc1"))
    assert (clustered.df, clustered.cluster) == (6, "composite")
    assert plain.df == plain.n_obs - plain.n_parameters == plain.n_obs - 10
    wide, narrow = (clustered.table("crv1", level=each) for each in (0.99, 0.5))
    margin = stats.t.ppf(0.995, 6) * wide["std_error"]
    np.testing.assert_allclose(wide["ci_high"], wide["coefficient"] + margin, rtol=1e-12)
    assert (wide["ci_low"] < narrow["ci_low"]).all()
    with pytest.raises(CallError, match="inference='crv1': needs clusters"):
        plain.table("crv1")
    with pytest.raises(CallError, match="inference='hc4'"):
        plain.table("hc4")
    many = FIRMS.assign(group=np.arange(len(FIRMS)) % 30)
    assert fixed_effects(FORMULA, many, cluster="group").default_inference == "crv1"
    few = FIRMS.assign(group=np.arange(len(FIRMS)) % 29)
    assert fixed_effects(FORMULA, few, cluster="group").default_inference == "cr2"


def test_interactions_transforms_and_factors():
    fit = fixed_effects(
        "epayment_share ~ np.log(weight) + I(weight ** 2) + C(sector) + co2_monitoring:weight"
        " + {product_innovation * 2} | composite",
        FIRMS,
    )
    used = FIRMS.dropna(subset=["co2_monitoring", "product_innovation"])
    X = pd.DataFrame(
        {
            "np.log(weight)": np.log(used["weight"]),
            "I(weight ** 2)": used["weight"] ** 2,
            "C(sector)[T.Other services]": used["sector"].eq("Other services"),
            "C(sector)[T.Retail]": used["sector"].eq("Retail"),
            "co2_monitoring:weight": used["co2_monitoring"] * used["weight"],
            "product_innovation * 2": used["product_innovation"] * 2,
        }
    ).astype(float)
    design = X.join(pd.get_dummies(used["composite"], dtype=float))
    # squared weights reach 1e5, so the design is worse conditioned than the others
    theirs = sm.OLS(used["epayment_share"], design / design.max()).fit()
    assert sorted(fit.coefficients.index) == sorted(X.columns)
    expected = theirs.params / design.max()
    np.testing.assert_allclose(
        fit.coefficients[X.columns], expected[X.columns], rtol=1e-6, atol=1e-12
    )


def test_rows_incomplete_on_anything_used_are_left_out():
    firms = FIRMS.assign(w=FIRMS["weight"].mask(FIRMS.index < 10))
    firms["region"] = firms["composite"].mask(firms["composite"] == "west")
    fit = fixed_effects(
        "epayment_share ~ co2_monitoring | sector", firms, cluster="region", weights="w"
    )
    kept = firms.dropna(subset=["co2_monitoring", "w", "region"])
    assert list(fit.residuals.index) == list(kept.index)
    assert (fit.n_obs, fit.n_clusters) == (len(kept), 6)
    assert (fit.weights, fit.cluster, fit.formula) == (
        "w",
        "region",
        "epayment_share ~ co2_monitoring | sector",
    )


def test_rows_that_share_an_index_value_stay_apart():
    once = pd.concat([FIRMS.head(300), FIRMS.tail(300)])
    twice = once.set_axis([*range(300)] * 2, axis=0)
    first = fixed_effects("epayment_share ~ weight | composite", once)
    second = fixed_effects("epayment_share ~ weight | composite", twice)
    assert second.coefficients.equals(first.coefficients)
    assert list(second.residuals.index) == [*range(300)] * 2
    np.testing.assert_array_equal(second.residuals, first.residuals)


# collinear terms


def test_collinear_terms_are_dropped_with_a_warning():
    means = FIRMS.groupby("composite")["weight"].transform("mean")
    firms = FIRMS.assign(twice=2 * FIRMS["weight"] + 3, region_mean=means)
    with pytest.warns(CollinearTermWarning, match="effects: twice, region_mean$") as record:
        fit = fixed_effects("epayment_share ~ weight + twice + region_mean | composite", firms)
    assert record[0].filename == __file__
    assert fit.dropped == ("twice", "region_mean")
    alone = fixed_effects("epayment_share ~ weight | composite", firms)
    assert alone.dropped == ()
    pd.testing.assert_frame_equal(fit.table(), alone.table(), rtol=1e-10)
    assert fit.n_parameters == alone.n_parameters == 8


def test_nothing_left_to_estimate():
    firms = FIRMS.assign(mean=FIRMS.groupby("composite")["weight"].transform("mean"))
    with (
        pytest.warns(CollinearTermWarning),
        pytest.raises(NotEnoughDataError, match="no term varies within the absorbed effects"),
    ):
        fixed_effects("epayment_share ~ mean | composite", firms)


# faults


@pytest.mark.parametrize(
    "formula",
    [
        "epayment_share",
        "~ weight",
        "epayment_share ~ weight |",
        "epayment_share ~ weight | composite | sector",
        "epayment_share ~ weight +* size",
        "epayment_share + weight ~ size",
        "sector ~ weight",
        "epayment_share ~ (weight",
    ],
)
def test_malformed_formulas_are_faults_of_the_call(formula):
    with pytest.raises(CallError) as caught:
        fixed_effects(formula, FIRMS)
    assert str(caught.value).startswith("formula '")
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("formula", "options", "said"),
    [
        ("epayment_share ~ turnover | composite", {}, "`turnover`.*has the columns firm_id"),
        ("turnover ~ weight | composite", {}, "`turnover`"),
        ("epayment_share ~ weight | region", {}, "found no column 'region'"),
        ("epayment_share ~ weight", {"cluster": "region"}, "found no column 'region'"),
        ("epayment_share ~ weight", {"weights": "pw"}, "found no column 'pw'"),
        ("epayment_share ~ weight", {"weights": "minus"}, "row 3, column minus: found -1"),
        ("epayment_share ~ weight", {"weights": "endless"}, "row 4, column endless: found inf"),
        ("epayment_share ~ weight", {"weights": "sector"}, "rows 0, .* more, column sector: found"),
        ("epayment_share ~ endless | composite", {}, "found infinity in endless"),
        ("endless ~ weight | composite", {}, "found infinity in endless"),
        # names inside the package are no columns
        ("epayment_share ~ complete", {}, "`complete`"),
        ("epayment_share ~ formula", {}, "`formula`"),
    ],
)
def test_faulty_data_are_named(formula, options, said):
    firms = FIRMS.assign(
        minus=FIRMS["weight"].mask(FIRMS.index == 3, -1),
        endless=FIRMS["weight"].mask(FIRMS.index == 4, np.inf),
    )
    with pytest.raises(InputError, match=said) as caught:
        fixed_effects(formula, firms, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("firms", "said"),
    [
        (FIRMS.assign(epayment_share=50.0), "the outcome takes 1 values over 1013 complete firms"),
        (FIRMS.head(0), "the outcome takes 0 values over 0 complete firms"),
        (FIRMS.assign(weight=np.nan), "the outcome takes 0 values over 0 complete firms"),
        # one firm a region: its effect takes up all there is
        (FIRMS.groupby("composite").head(1), "no term varies within the absorbed effects"),
        (
            pd.concat([FIRMS.groupby("composite").head(1), FIRMS.tail(1)]),
            "found 8 complete firms for 8 parameters",
        ),
    ],
)
def test_too_few_firms_or_too_little_variation(firms, said):
    before = firms.copy(deep=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CollinearTermWarning)
        with pytest.raises(NotEnoughDataError, match=said):
            fixed_effects("epayment_share ~ weight | composite", firms)
    pd.testing.assert_frame_equal(firms, before)


def test_projections_that_do_not_settle_are_refused():
    rng = np.random.default_rng(1)
    one = np.repeat(np.arange(20), 2)
    other = np.roll(one, 1)  # a ring of levels, the slowest there is
    columns, w = rng.normal(size=(40, 1)), np.ones(40)
    settled = partial_out(columns, [one, other], w)
    dummies = np.column_stack([np.eye(20)[one], np.eye(20)[other]])
    expected = columns - dummies @ np.linalg.lstsq(dummies, columns, rcond=None)[0]
    np.testing.assert_allclose(settled, expected, rtol=0, atol=1e-8)
    with pytest.raises(NotEnoughDataError, match="3 rounds"):
        partial_out(columns, [one, other], w, max_rounds=3)


# invariants


@settings(max_examples=25)
@given(
    st.floats(1e-3, 1e3),
    st.floats(-100, 100),
    st.floats(1e-2, 1e2),
    st.randoms(use_true_random=False),
)
def test_scale_shift_and_order(factor, shift, outcome, random):
    order = list(range(200))
    random.shuffle(order)
    firms = FIRMS.head(200)
    moved = firms.iloc[order].assign(
        weight=firms["weight"] * factor + shift, epayment_share=firms["epayment_share"] * outcome
    )
    formula = "epayment_share ~ weight + co2_monitoring | composite"
    first = fixed_effects(formula, firms, cluster="composite")
    second = fixed_effects(formula, moved, cluster="composite")
    a, b = first.table(), second.table()
    scale = pd.Series({"weight": outcome / factor, "co2_monitoring": outcome})
    # a shift of 100 on a scale of 1e-3 * 30 costs four digits
    np.testing.assert_allclose(b["coefficient"], a["coefficient"] * scale, rtol=1e-7)
    np.testing.assert_allclose(b[["t", "p"]], a[["t", "p"]], rtol=1e-7)
    np.testing.assert_allclose(
        second.residuals[first.residuals.index],
        first.residuals * outcome,
        rtol=0,
        atol=1e-8 * outcome,
    )


def test_the_study_formula_names_the_five_dimensions():
    fit = fixed_effects(STUDY_FORMULA, FIRMS, cluster="composite")
    assert list(fit.coefficients.index) == [*TERMS, "permit_days"]
    assert fit.n_obs == len(FIRMS.dropna(subset=[*TERMS, "permit_days"]))

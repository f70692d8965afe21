"""Design-based errors: beside R's survey, by hand, and what must not change them."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

import numpy as np
import pandas as pd
import pytest
from helpers import COMPOSITES, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.estimates.linearisation import LONELY, linearised_covariance

REFERENCE = ROOT / "tests" / "reference" / "design_errors"
FIRMS = pd.read_csv(REFERENCE / "firms.csv")
EXPECTED = (
    pd.read_csv(REFERENCE / "reference.csv").set_index(["lonely", "what", "domain"]).sort_index()
)
OF_R = dict(zip(("adjust", "certainty", "remove", "average", "fail"), LONELY, strict=True))
DRAWN = {"weights": "w", "strata": "strata"}
LONELY_CASES = pytest.mark.parametrize("lonely", ["adjust", "certainty", "remove", "average"])
# R prints 15 digits; sums of a hundred doubles
CLOSE = {"rtol": 1e-10, "atol": 1e-12}


def expected(lonely: str, what: str) -> pd.DataFrame:
    """What R says, a row per domain and a column per part."""
    rows = EXPECTED.loc[(lonely, what)].reset_index()
    return rows.pivot_table(index="domain", columns="part", values="value", dropna=False)


def check(found_by, lonely, what, **renamed) -> None:
    """Set a function's frames for all firms and by unit beside R's."""
    known = expected(lonely, what)
    for by, domains in ((None, ["all"]), ("unit", list("abcd"))):
        found = found_by(by=by, lonely=OF_R[lonely], **DRAWN)
        assert list(found.index) == domains
        assert found.index.name == (by or "domain")
        for part in known:
            column = renamed.get(part, part)
            np.testing.assert_allclose(
                found[column], known.loc[domains, part], **CLOSE, err_msg=f"{what} {part}"
            )


@LONELY_CASES
@pytest.mark.parametrize(
    ("compared_with", "deff"), [("replacement", "with"), ("no-replacement", "without")]
)
@pytest.mark.parametrize("what", ["mean", "total"])
def test_means_and_totals_are_those_of_survey(what, lonely, compared_with, deff):
    function = {"mean": kz.survey_mean, "total": kz.survey_total}[what]
    other = {"with": "without", "without": "with"}[deff]
    rows = EXPECTED.loc[(lonely, what)]
    assert len(rows) == {"mean": 40, "total": 35}[what]

    def found_by(**asked):
        found = function(FIRMS, "y", compared_with=compared_with, **asked)
        np.testing.assert_allclose(found["effective_n"], found["n"] / found["deff"], rtol=1e-14)
        return found.assign(other=found["deff"])

    known = expected(lonely, what).drop(columns=f"deff_{other}")
    for by, domains in ((None, ["all"]), ("unit", list("abcd"))):
        found = found_by(by=by, lonely=OF_R[lonely], **DRAWN)
        assert list(found.index) == domains
        for part in known:
            column = {"estimate": what, f"deff_{deff}": "deff"}.get(part, part)
            np.testing.assert_allclose(found[column], known.loc[domains, part], **CLOSE)


@LONELY_CASES
def test_ratios_are_those_of_survey(lonely):
    check(
        lambda **asked: kz.survey_ratio(FIRMS, "y", "x", **asked), lonely, "ratio", estimate="ratio"
    )


@LONELY_CASES
@pytest.mark.parametrize("kind", ["low", "middle", "high"])
def test_shares_are_those_of_survey(lonely, kind):
    check(
        lambda **asked: kz.survey_share(FIRMS, "kind", kind, **asked),
        lonely,
        f"share_{kind}",
        estimate="share",
    )


@LONELY_CASES
@pytest.mark.parametrize("at", [0.25, 0.5, 0.8])
def test_quantiles_are_those_of_survey(lonely, at):
    known = expected(lonely, f"quantile_{at}")
    for by, domains in ((None, ["all"]), ("unit", list("abcd"))):
        found = kz.survey_quantile(FIRMS, "y", at, by=by, lonely=OF_R[lonely], **DRAWN)
        for domain in domains:
            here = FIRMS[FIRMS["unit"].eq(domain) | (domain == "all")].dropna(subset="y")
            least = here["y"].sort_values().to_numpy()
            ours = found.loc[domain].rename({"quantile": "estimate"})
            if ours["ci_low"] == least[0]:
                # a share below that of the smallest answer: survey gives the second smallest
                assert domain == "d"
                assert known.loc[domain, "ci_low"] == least[1]
                longer = least[1] - least[0]
                t = stats.t.ppf(0.975, ours["df"])
                ours["ci_low"], ours["std_error"] = least[1], ours["std_error"] - longer / 2 / t
            for part in known:
                np.testing.assert_allclose(ours[part], known.loc[domain, part], **CLOSE)


@LONELY_CASES
@pytest.mark.parametrize("pair", ["a-b", "c-d"])
def test_differences_are_those_of_svycontrast(lonely, pair):
    known = EXPECTED.loc[(lonely, "difference", pair)].set_index("part")["value"]
    first, second = pair.split("-")
    asked = {"by": "unit", "lonely": OF_R[lonely], **DRAWN}
    found = kz.survey_difference(FIRMS, "y", first, second, **asked)
    np.testing.assert_allclose(found["difference"], known["estimate"], **CLOSE)
    np.testing.assert_allclose(found["std_error"], known["std_error"], **CLOSE)
    cov = kz.survey_covariance(FIRMS, "y", **asked).loc[[first, second], [first, second]]
    by_parts = cov.iloc[0, 0] + cov.iloc[1, 1] - 2 * cov.iloc[0, 1]
    np.testing.assert_allclose(sqrt(by_parts), known["std_error"], **CLOSE)
    # the pairs share two strata each, so that their means vary together
    assert abs(cov.iloc[0, 1]) > 0.01 * sqrt(cov.iloc[0, 0] * cov.iloc[1, 1])
    assert kz.survey_covariance(FIRMS, "y", **asked).loc["a", "c"] == 0
    t = found["difference"] / found["std_error"]
    np.testing.assert_allclose(found["p"], 2 * stats.t.sf(abs(t), found["df"]), rtol=1e-12)


def test_strata_of_one_firm_can_be_refused():
    known = expected("fail", "mean")
    assert list(known.index) == ["a", "d"]
    inside = FIRMS.assign(unit=FIRMS["unit"].where(FIRMS["unit"].isin(["a", "d"])))
    found = kz.survey_mean(inside, "y", by="unit", lonely="fail", **DRAWN)
    np.testing.assert_allclose(found["std_error"], known["std_error"], **CLOSE)
    with pytest.raises(NotEnoughDataError, match=r"2 of 10 strata have one firm"):
        kz.survey_mean(FIRMS, "y", lonely="fail", **DRAWN)


def test_covariances_hold_the_variances_of_the_means():
    cov = kz.survey_covariance(FIRMS, ["y", "yes"], by="unit", **DRAWN)
    assert cov.index.names == ["unit", "indicator"]
    for name in ("y", "yes"):
        errors = kz.survey_mean(FIRMS, name, by="unit", **DRAWN)["std_error"]
        own = cov.xs(name, level="indicator").xs(name, level="indicator", axis=1)
        np.testing.assert_allclose(np.sqrt(np.diag(own)), errors, rtol=1e-12)
    assert np.linalg.eigvalsh(cov).min() > -1e-12


# by hand

HAND = pd.DataFrame(
    {"y": [1.0, 3.0, 10.0, 4.0], "h": [1, 1, 2, 2], "w": [1.0, 2.0, 1.0, 1.0], "d": list("abab")}
)


def test_two_strata_of_two_firms_by_hand():
    found = kz.survey_mean(HAND, "y", weights="w", strata="h").loc["all"]
    # mean (1 + 6 + 10 + 4) / 5 = 21/5; influences w (y - mean) / 5
    z = [Fraction(w) * (Fraction(y) - Fraction(21, 5)) / 5 for y, w in ((1, 1), (3, 2))]
    z += [(Fraction(y) - Fraction(21, 5)) / 5 for y in (10, 4)]
    # two firms: 2 ((a - m)^2 + (b - m)^2) = (a - b)^2
    variance = (z[0] - z[1]) ** 2 + (z[2] - z[3]) ** 2
    np.testing.assert_allclose(found["mean"], 4.2, rtol=1e-15)
    np.testing.assert_allclose(found["std_error"], sqrt(variance), rtol=1e-15)
    assert found["df"] == 2
    # weighted variance 4/3 sum w (y - 4.2)^2 / 5 over n = 4
    gaps = (3.2**2 + 2 * 1.2**2 + 5.8**2 + 0.2**2) / 5 * 4 / 3 / 4
    np.testing.assert_allclose(found["deff"], float(variance) / gaps, rtol=1e-14)
    np.testing.assert_allclose(found["ci_high"], 4.2 + 4.302652729696142 * sqrt(variance))


def test_a_domain_keeps_the_firms_outside_it_by_hand():
    found = kz.survey_mean(HAND, "y", weights="w", strata="h", by="d")
    # a: firms 1 and 3, mean 5.5, influences -2.25 and 2.25, each beside a zero in its stratum
    np.testing.assert_allclose(found.loc["a", "std_error"], sqrt(2 * 2.25**2), rtol=1e-15)
    # b: mean 10/3, influences 2 (3 - 10/3) / 3 = -2/9 and 2/9
    np.testing.assert_allclose(found.loc["b", "std_error"], sqrt(2 * (2 / 9) ** 2), rtol=1e-14)
    # the covariance: per stratum n/(n-1) sum (z - m)(z' - m') = -(z_a z_b)
    cov = kz.survey_covariance(HAND, "y", weights="w", strata="h", by="d")
    np.testing.assert_allclose(cov.loc["a", "b"], -2 * 2.25 * 2 / 9, rtol=1e-14)
    assert found["df"].tolist() == [0, 0]
    assert found[["ci_low", "ci_high"]].isna().all(axis=None)


def test_a_single_firm_stratum_by_hand():
    z = np.array([[1.0], [3.0], [5.0]])
    stratum = np.array([0, 0, 1])
    found = {each: linearised_covariance(z, stratum, each)[0, 0] for each in LONELY[:-1]}
    assert found == {"grand-mean": 4 + 25, "certainty": 4, "remove": 4, "average": 8}
    alone = linearised_covariance(z, np.arange(3), "average")
    assert np.isnan(alone).all()


def test_quantiles_by_hand():
    firms = pd.DataFrame({"y": [5.0, 1.0, 2.0, 9.0], "w": [1.0, 2.0, 1.0, 4.0]})
    # shares up to 1, 2, 5, 9: 2/8, 3/8, 4/8, 1
    for at, value in ((0.1, 1.0), (0.25, 1.0), (0.26, 2.0), (0.5, 5.0), (0.51, 9.0)):
        assert kz.survey_quantile(firms, "y", at, weights="w").loc["all", "quantile"] == value


# without a design

PLAIN = {"weights": False, "strata": False}


def test_without_weights_and_strata_it_is_the_textbook():
    values = FIRMS["y"].dropna()
    found = kz.survey_mean(FIRMS.dropna(subset="y"), "y", **PLAIN).loc["all"]
    np.testing.assert_allclose(found["std_error"], values.sem(), rtol=1e-13)
    np.testing.assert_allclose([found["deff"], found["effective_n"]], [1, len(values)], rtol=1e-12)
    assert found["df"] == len(values) - 1


def test_aggregate_says_the_same_but_for_firms_outside_the_unit():
    firms = kz.load_twin()
    table = kz.aggregate(firms, weights="wmedian", min_firms=1)
    found = kz.survey_mean(firms, "epayment_share", weights="wmedian", by="composite")
    assert list(found.index) == list(COMPOSITES)
    np.testing.assert_allclose(found["mean"], table["epayment_share_mean"], rtol=1e-13)
    n, whole = found["n"], len(firms)
    ratio = np.sqrt((n - 1) / n * whole / (whole - 1))
    np.testing.assert_allclose(
        found["std_error"], table["epayment_share_se"] * ratio.to_numpy(), rtol=1e-12
    )


def test_columns_of_the_design_are_used_where_the_table_has_them():
    firms = kz.load_twin()
    assert kz.survey_mean(firms, "epayment_share").attrs == {
        "weights": "wmedian",
        "strata": None,
        "n_strata": 1,
        "n_single_firm_strata": 0,
        "lonely": "grand-mean",
    }
    drawn = firms.assign(strata=firms["sector"])
    found = kz.survey_mean(drawn, "epayment_share")
    assert found.attrs["strata"] == "strata"
    pd.testing.assert_frame_equal(
        found, kz.survey_mean(firms, "epayment_share", strata=firms["sector"].rename("strata"))
    )
    assert kz.survey_mean(firms, "epayment_share", **PLAIN).attrs["weights"] is None
    assert kz.survey_mean(FIRMS, "y", **DRAWN).attrs["n_single_firm_strata"] == 2


# what must not change it


@settings(max_examples=20, deadline=None)
@given(scale=st.floats(1e-3, 1e6), seed=st.integers(0, 99))
def test_scale_of_weights_and_order_of_rows_do_not_matter(scale, seed):
    other = FIRMS.sample(frac=1, random_state=seed)
    other = other.assign(w=other["w"] * scale, strata="x" + other["strata"])
    for function in (kz.survey_mean, kz.survey_quantile):
        pd.testing.assert_frame_equal(
            function(other, "y", by="unit", **DRAWN),
            function(FIRMS, "y", by="unit", **DRAWN),
            rtol=1e-9,
        )


def test_means_move_with_the_unit_of_the_answers():
    found = kz.survey_mean(FIRMS.assign(y=2 * FIRMS["y"] + 7), "y", by="unit", **DRAWN)
    known = kz.survey_mean(FIRMS, "y", by="unit", **DRAWN)
    np.testing.assert_allclose(found["mean"], 2 * known["mean"] + 7)
    np.testing.assert_allclose(found["std_error"], 2 * known["std_error"])
    np.testing.assert_allclose(found["deff"], known["deff"])


# what cannot be told

NOTHING = FIRMS.assign(y=FIRMS["y"].mask(FIRMS["unit"].eq("b")))
ONE = FIRMS.assign(y=FIRMS["y"].where(FIRMS["unit"].ne("b") | FIRMS["firm_id"].eq(30)))


@pytest.mark.parametrize(
    "function",
    [
        kz.survey_mean,
        kz.survey_total,
        kz.survey_quantile,
        lambda firms, y, **asked: kz.survey_ratio(firms, y, "x", **asked),
        lambda firms, y, **asked: kz.survey_share(firms, y, 3.0, **asked),
    ],
    ids=["mean", "total", "quantile", "ratio", "share"],
)
def test_nobody_and_a_lone_firm_have_no_error(function):
    found = function(NOTHING, "y", by="unit", **DRAWN)
    assert found.loc["b", "n"] == 0
    assert found.loc["b"].drop(["n", "df"]).isna().all()
    assert found["std_error"].drop(["b", "d"]).notna().all() or "quantile" in found
    assert ONE.loc[ONE["unit"].eq("b"), "y"].notna().sum() == 1
    found = function(ONE, "y", by="unit", **DRAWN)
    assert found.loc["b", "n"] == 1
    assert np.isfinite(found.loc["b"].iloc[0])
    assert found.loc["b", ["std_error", "ci_low", "ci_high"]].isna().all()


def test_covariances_leave_out_lone_firms():
    cov = kz.survey_covariance(ONE, "y", by="unit", **DRAWN)
    assert cov.loc["b"].isna().all()
    assert cov["b"].isna().all()
    assert cov.drop("b").drop(columns="b").notna().all(axis=None)
    found = kz.survey_difference(ONE, "y", "a", "b", by="unit", **DRAWN)
    assert np.isnan(found[["std_error", "t", "p"]].astype(float)).all()


def test_firms_of_no_domain_stay_part_of_the_sample():
    nowhere = FIRMS.assign(unit=FIRMS["unit"].where(FIRMS["unit"].ne("c")))
    found = kz.survey_mean(nowhere, "y", by="unit", **DRAWN)
    assert list(found.index) == list("abd")
    pd.testing.assert_frame_equal(
        found, kz.survey_mean(FIRMS, "y", by="unit", **DRAWN).drop("c"), check_names=False
    )
    alone = kz.survey_mean(FIRMS[FIRMS["unit"].eq("d")], "y", **DRAWN)
    # the mistake that domains guard against: a stratum that runs on outside
    assert alone.loc["all", "std_error"] != pytest.approx(found.loc["d", "std_error"], rel=1e-3)


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"lonely": "adjust"}, CallError, "lonely='adjust'"),
        ({"coverage": 1}, CallError, "coverage=1"),
        ({"coverage": 95}, CallError, "coverage=95"),
        ({"compared_with": "srs"}, CallError, "compared_with='srs'"),
        ({"weights": "nothing"}, InputError, "no column 'nothing'"),
        ({"by": "nothing"}, InputError, "no column 'nothing'"),
        ({"strata": FIRMS["strata"].reset_index(drop=True).iloc[:5]}, InputError, "another index"),
        (
            {"strata": FIRMS["strata"].where(FIRMS["firm_id"] > 2)},
            InputError,
            "column strata: found no stratum",
        ),
        ({"weights": FIRMS["w"] - 60}, InputError, "expected a weight above 0"),
        ({"by": FIRMS["unit"].where(FIRMS["unit"].eq("none"))}, InputError, "names no domain"),
    ],
)
def test_what_is_refused(asked, error, message):
    with pytest.raises(error, match=message):
        kz.survey_mean(FIRMS, "y", **{**DRAWN, **asked})


def test_more_that_is_refused():
    with pytest.raises(InputError, match="column kind: expected numbers"):
        kz.survey_mean(FIRMS, "kind", **DRAWN)
    with pytest.raises(InputError, match="infinite"):
        kz.survey_mean(FIRMS.assign(y=np.inf), "y", **DRAWN)
    with pytest.raises(CallError, match="no rows"):
        kz.survey_mean(FIRMS.iloc[:0], "y", **DRAWN)
    with pytest.raises(CallError, match="quantile=50"):
        kz.survey_quantile(FIRMS, "y", 50, **DRAWN)
    with pytest.raises(CallError, match="domain='z'"):
        kz.survey_difference(FIRMS, "y", "a", "z", by="unit", **DRAWN)

"""Aggregates: against pandas, statsmodels and formulas by hand; disclosure; readiness."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from helpers import COMPOSITES, INDICATORS
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.regression.linear_model import WLS
from statsmodels.stats.weightstats import DescrStatsW

import kz_spatial as kz
from kz_spatial.crosswalk import units
from kz_spatial.design import load_design
from kz_spatial.errors import CallError, InputError
from kz_spatial.estimates import aggregate, readiness, score_indicators, unit_moments
from kz_spatial.survey.twin import load_twin

REGION_OF = load_design().grouping.region_of

# sums of about a thousand doubles: a few hundred roundings of 1e-16 each
CLOSE = {"rtol": 1e-12, "atol": 0}


FIRMS = load_twin()


@pytest.fixture
def firms():
    return FIRMS


def oblast_firms(counts: dict[str, int]) -> pd.DataFrame:
    """As many firms in each oblast as asked, all answering one item."""
    codes = [code for code, n in counts.items() for _ in range(n)]
    return pd.DataFrame(
        {
            "oblast_code": codes,
            "composite": [REGION_OF(code) for code in codes],
            "permit_days": np.arange(len(codes), dtype=float),
        }
    )


@pytest.mark.parametrize("by", ["composite", "oblast"])
def test_without_weights_pandas_says_the_same(firms, by):
    column = "composite" if by == "composite" else "oblast_code"
    table = aggregate(firms, by=by, min_firms=1)
    codes = list(COMPOSITES) if by == "composite" else list(units())
    assert list(table.index) == codes
    assert table.index.name == column
    groups = firms.groupby(column)
    assert table["n_firms"].tolist() == groups.size()[codes].tolist()
    for name in INDICATORS:
        np.testing.assert_array_equal(table[f"{name}_n"], groups[name].count()[codes])
        np.testing.assert_allclose(table[f"{name}_mean"], groups[name].mean()[codes], **CLOSE)
        np.testing.assert_allclose(table[f"{name}_sd"], groups[name].std(ddof=1)[codes], **CLOSE)
        np.testing.assert_allclose(table[f"{name}_se"], groups[name].sem(ddof=1)[codes], **CLOSE)
        missing = groups[name].apply(lambda each: each.isna().mean())
        np.testing.assert_allclose(table[f"{name}_missing"], missing[codes], rtol=0, atol=1e-15)


@pytest.mark.parametrize("weights", ["wmedian", "wstrict", "wweak"])
def test_with_weights_statsmodels_says_the_same(firms, weights):
    table = aggregate(firms, weights=weights)
    for name in INDICATORS:
        for code, here in firms.dropna(subset=[name]).groupby("composite"):
            y, w = here[name].to_numpy(), here[weights].to_numpy()
            # Stata's aweights are scaled to sum to the number of answers
            described = DescrStatsW(y, weights=w * len(w) / w.sum(), ddof=1)
            robust = WLS(y, np.ones(len(y)), weights=w).fit(cov_type="HC1")
            found = table.loc[code]
            np.testing.assert_allclose(found[f"{name}_mean"], described.mean, **CLOSE)
            np.testing.assert_allclose(found[f"{name}_sd"], described.std, **CLOSE)
            np.testing.assert_allclose(found[f"{name}_se"], robust.bse[0], **CLOSE)
            np.testing.assert_allclose(found[f"{name}_unweighted_mean"], y.mean(), **CLOSE)
    assert "permit_days_unweighted_mean" not in aggregate(firms)


def test_moments_by_hand():
    values = np.array([1.0, 3.0, 8.0, np.nan, 5.0, 2.0])
    weights = np.array([1.0, 2.0, 1.0, 9.0, 4.0, 7.0])
    found = unit_moments(values, weights, np.array([0, 0, 0, 0, 1, -1]), 3)
    # mean (1 + 6 + 8) / 4 = 15/4; gaps -11/4, -3/4, 17/4
    variance = 3 / 2 * (121 / 16 + 2 * 9 / 16 + 289 / 16) / 4
    error = 3 / 2 * (121 / 16 + 4 * 9 / 16 + 289 / 16) / 16
    np.testing.assert_array_equal(found["n"], [3, 1, 0])
    np.testing.assert_allclose(found["mean"], [3.75, 5, np.nan], rtol=1e-15)
    np.testing.assert_allclose(found["sd"], [np.sqrt(variance), np.nan, np.nan], rtol=1e-15)
    np.testing.assert_allclose(found["se"], [np.sqrt(error), np.nan, np.nan], rtol=1e-15)


def test_weights_count_as_ratios_only(firms):
    scaled = firms.assign(wmedian=firms["wmedian"] * 1000)
    pd.testing.assert_frame_equal(
        aggregate(firms, weights="wmedian"), aggregate(scaled, weights="wmedian"), rtol=1e-12
    )


# disclosure


def hidden(counts, **options):
    table = aggregate(oblast_firms(counts), by="oblast", indicators=["permit_days"], **options)
    withheld = table["permit_days_suppressed"]
    cells = table[["permit_days_mean", "permit_days_sd", "permit_days_se"]]
    assert cells[withheld].isna().all(axis=None)
    assert cells.loc[~withheld & (table["permit_days_n"] > 1)].notna().all(axis=None)
    return set(table.index[withheld])


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"KZ-11": 5, "KZ-39": 9}, set()),
        # the smallest shown cell goes too, or Akmola follows by subtraction
        ({"KZ-11": 2, "KZ-39": 6, "KZ-55": 7, "KZ-59": 20}, {"KZ-11", "KZ-39"}),
        # two small cells that hide each other: seven firms together
        ({"KZ-15": 4, "KZ-23": 3, "KZ-27": 9, "KZ-47": 9}, {"KZ-15", "KZ-23"}),
        # two small cells that do not: three firms together
        ({"KZ-15": 1, "KZ-23": 2, "KZ-27": 9, "KZ-47": 8}, {"KZ-15", "KZ-23", "KZ-47"}),
        # an empty cell hides nothing
        ({"KZ-10": 3, "KZ-63": 0}, {"KZ-10"}),
        ({"KZ-10": 3, "KZ-63": 30}, {"KZ-10", "KZ-63"}),
        # what is small in one composite leaves the others alone
        ({"KZ-10": 3, "KZ-63": 5, "KZ-35": 8, "KZ-62": 8}, {"KZ-10", "KZ-63"}),
        # of two cells as small, the first in code order
        ({"KZ-11": 1, "KZ-39": 6, "KZ-55": 6}, {"KZ-11", "KZ-39"}),
    ],
)
def test_suppression_by_hand(counts, expected):
    assert hidden(counts) == expected


def test_another_threshold():
    counts = {"KZ-11": 5, "KZ-39": 9, "KZ-55": 12}
    assert hidden(counts, min_firms=1) == set()
    assert hidden(counts, min_firms=10) == {"KZ-11", "KZ-39"}


def test_composites_are_withheld_on_their_own_count():
    firms = oblast_firms({"KZ-10": 4, "KZ-35": 5, "KZ-62": 1, "KZ-71": 5})
    table = aggregate(firms, indicators=["permit_days"])
    assert table.index[table["permit_days_suppressed"]].tolist() == ["east"]
    assert table.loc["east", "permit_days_n"] == 4
    assert table.loc["west", "n_firms"] == 0
    assert np.isnan(table.loc["west", "permit_days_missing"])
    assert not table.loc["west", "permit_days_suppressed"]


@given(st.lists(st.integers(0, 12), min_size=20, max_size=20).filter(any))
def test_subtraction_never_leaves_fewer_than_five_firms(numbers):
    counts = dict(zip(units(), numbers, strict=True))
    firms = oblast_firms(counts)
    withheld = hidden(counts)
    shown = aggregate(firms, indicators=["permit_days"])["permit_days_mean"].notna()
    for composite in COMPOSITES:
        members = [code for code in units() if REGION_OF(code) == composite]
        left = sum(counts[code] for code in members if code in withheld)
        assert left == 0 or left >= 5 or not shown[composite]


# readiness


def test_readiness_by_hand():
    means = pd.DataFrame(
        {
            "outages_per_month": [1.0, 2.0, 3.0],  # z -1, 0, 1, against readiness
            "epayment_share": [10.0, 20.0, 60.0],  # gaps -20, -10, 30; deviation sqrt(700)
            "permit_days": [5.0, 5.0, 8.0],  # gaps -1, -1, 2; deviation sqrt(3)
        },
        index=["east", "north", "west"],
    )
    found = readiness(means)
    expected = [
        (1 - 20 / np.sqrt(700) + 1 / np.sqrt(3)) / 3,
        (0 - 10 / np.sqrt(700) + 1 / np.sqrt(3)) / 3,
        (-1 + 30 / np.sqrt(700) - 2 / np.sqrt(3)) / 3,
    ]
    assert found.name == "readiness"
    assert list(found.index) == ["east", "north", "west"]
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_all_units_are_scored_on_the_same_indicators():
    means = pd.DataFrame(
        {
            "outages_per_month": [1.0, 2.0, 4.0, np.nan],
            "epayment_share": [10.0, 20.0, 60.0, 10.0],
            "co2_monitoring": [0.1, np.nan, 0.2, np.nan],
            "permit_days": [5.0, 7.0, 8.0, 9.0],
        }
    )
    # three indicators of three units are 9 cells, four of two are 8
    kept = ["outages_per_month", "epayment_share", "permit_days"]
    assert list(score_indicators(means)) == kept
    found = readiness(means)
    assert found.isna().tolist() == [False, False, False, True]
    pd.testing.assert_series_equal(found.iloc[:3], readiness(means.loc[:2, kept]))


def test_no_fewer_indicators_than_asked_make_a_score():
    means = twin_means().astype(float)
    means.loc[means.index[1:], ["permit_days", "co2_monitoring", "product_innovation"]] = np.nan
    assert score_indicators(means) == ()
    assert readiness(means).isna().all()
    two = twin_means()[["permit_days", "epayment_share"]]
    assert len(score_indicators(two)) == 2, "or as many as there are"


def test_ranks_of_the_oblasts_compare():
    """Almaty is 13th of 20 on the four indicators that every oblast has, and the columns say so."""
    table = aggregate(FIRMS, by="oblast")
    assert set(table["score_of"]) == {
        "outages_per_month, epayment_share, co2_monitoring, product_innovation"
    }
    assert table["rank"].notna().all()
    assert table.loc["KZ-75", "rank"] == 13
    regions = aggregate(FIRMS)
    assert set(regions["score_of"]) == {", ".join(INDICATORS)}


def test_an_indicator_that_is_nought_everywhere_is_in_no_score():
    """It ranks nobody, and its deviation of nought would leave every unit without a score."""
    means = pd.DataFrame(
        {
            "product_innovation": [0.0, 0.0, 0.0],
            "outages_per_month": [1.0, 2.0, 3.0],
            "permit_days": [4.0, 3.0, 9.0],
            "epayment_share": [1.0, 4.0, 9.0],
        }
    )
    assert set(score_indicators(means)) == set(means) - {"product_innovation"}
    assert readiness(means).notna().all()


def test_where_no_unit_has_them_all_there_is_no_score():
    """Each unit lacks one of three indicators, and fewer than three make no score."""
    means = pd.DataFrame(
        {
            "outages_per_month": [np.nan, 2.0, 3.0, np.nan, 5.0, 6.0],
            "permit_days": [4.0, np.nan, 9.0, 1.0, np.nan, 2.0],
            "epayment_share": [1.0, 4.0, np.nan, 7.0, 8.0, np.nan],
        }
    )
    assert score_indicators(means) == ()
    assert readiness(means).isna().all()
    assert readiness(means).name == "readiness"


def test_what_varies_through_an_unscored_unit_alone_is_no_reason_to_leave_it_out():
    """Without the last unit permits are all alike: four indicators of four units are no score."""
    means = pd.DataFrame(
        {
            "outages_per_month": [1.0, 2.0, 3.0, 5.0, 4.0],
            "permit_days": [4.0, 4.0, 4.0, 4.0, 9.0],
            "co2_monitoring": [0.1, 0.2, 0.4, 0.5, 0.3],
            "epayment_share": [1.0, 4.0, 9.0, 7.0, np.nan],
        }
    )
    assert list(score_indicators(means)) == ["outages_per_month", "permit_days", "co2_monitoring"]
    assert readiness(means).notna().all()


@pytest.mark.parametrize("size", [1e-15, 1e-6, 1e6, 1e15])
def test_the_size_of_an_indicator_does_not_matter(size):
    """What differs by rounding alone is told by the size of the values."""
    means = twin_means().astype(float)
    scaled = means.assign(permit_days=means["permit_days"] * size)
    np.testing.assert_allclose(readiness(scaled), readiness(means), rtol=1e-9)
    steady = means.assign(permit_days=size * np.array([1, 1, 1 + 4e-16, 1, 1, 1, 1]))
    assert "permit_days" not in score_indicators(steady)


def test_one_indicator_alone_makes_the_score_of_a_table_of_its_own():
    """More permit days are worse: deviations -1, 0, 1 over a deviation of 1, turned."""
    means = pd.DataFrame({"permit_days": [4.0, 5.0, 6.0]}, ["east", "north", "west"])
    assert score_indicators(means) == ("permit_days",)
    np.testing.assert_allclose(readiness(means), [1, 0, -1])
    assert score_indicators(means[[]]) == ()


def test_a_set_in_which_the_scored_units_are_alike_is_no_score():
    """Two units have all three indicators, and the same permits."""
    means = pd.DataFrame(
        {
            "outages_per_month": [1.0, 2.0, 3.0, np.nan],
            "permit_days": [4.0, 4.0, 7.0, 9.0],
            "epayment_share": [1.0, 4.0, np.nan, 7.0],
        }
    )
    assert score_indicators(means) == ()


def test_means_that_differ_by_rounding_alone_do_not_count():
    steady = [0.1, 0.3 - 0.2, 0.1, 0.7 - 0.6]  # the same number, as far as doubles go
    assert len(set(steady)) > 1
    means = pd.DataFrame(
        {
            "outages_per_month": [1.0, 2.0, 3.0, 5.0],
            "permit_days": [4.0, 3.0, 2.0, 6.0],
            "epayment_share": [1.0, 4.0, 9.0, 2.0],
            "co2_monitoring": steady,
        }
    )
    pd.testing.assert_series_equal(
        readiness(means), readiness(means.drop(columns="co2_monitoring")), check_exact=True
    )


def test_rank_counts_from_the_readiest(firms):
    table = aggregate(firms)
    ready = table["readiness"].sort_values(ascending=False)
    assert table.loc[ready.index, "rank"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    pd.testing.assert_series_equal(table["readiness"], readiness(twin_means()))
    lonely = aggregate(oblast_firms({"KZ-10": 6}), indicators=["permit_days"])
    assert lonely["rank"].isna().all()


@cache
def twin_means():
    means = aggregate(FIRMS)[[f"{name}_mean" for name in INDICATORS]]
    return means.set_axis(list(INDICATORS), axis=1)


POSITIVE = st.floats(0.01, 100)


@given(st.lists(st.tuples(POSITIVE, st.floats(-100, 100)), min_size=5, max_size=5))
def test_readiness_does_not_depend_on_units_of_measure(changes):
    means = twin_means()
    moved = means.copy()
    for name, (factor, shift) in zip(INDICATORS, changes, strict=True):
        moved[name] = moved[name] * factor + shift
    # a shift of 100 over a deviation of 0.01 * 0.05 costs five digits of sixteen
    np.testing.assert_allclose(readiness(moved), readiness(means), rtol=0, atol=1e-9)


# order, arguments, faults


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_the_order_of_firms_does_not_matter(random):
    order = list(range(len(FIRMS)))
    random.shuffle(order)
    # sums run in another order, so the last digits may differ
    pd.testing.assert_frame_equal(
        aggregate(FIRMS, by="oblast", weights="wmedian"),
        aggregate(FIRMS.iloc[order], by="oblast", weights="wmedian"),
        rtol=1e-11,
    )


def test_nothing_is_changed_and_the_record_goes_along(firms):
    before = firms.copy(deep=True)
    table = aggregate(firms, by="oblast", weights="wweak", min_firms=7)
    pd.testing.assert_frame_equal(firms, before)
    assert {k: table.attrs[k] for k in ("by", "weights", "min_firms")} == {
        "by": "oblast",
        "weights": "wweak",
        "min_firms": 7,
    }
    assert table.attrs["kz_spatial"]["synthetic"] is True
    assert "by" not in firms.attrs


def test_firms_without_a_region_are_left_out(firms):
    part = firms.copy()
    part.loc[part["composite"] == "west", "composite"] = None
    table = aggregate(part)
    assert table.loc["west", "n_firms"] == 0
    assert table["n_firms"].sum() == 1013 - 149


def test_infinite_answers_count_as_none():
    firms = oblast_firms({"KZ-10": 7})
    firms.loc[0, "permit_days"] = np.inf
    found = aggregate(firms, indicators=["permit_days"]).loc["east"]
    assert found["permit_days_n"] == 6
    assert found["permit_days_mean"] == 3.5


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        (lambda f: f.drop(columns="permit_days"), {}, "found no column 'permit_days'"),
        (lambda f: f, {"weights": "wpost"}, "found no column 'wpost'"),
        (lambda f: f, {"indicators": ["sales"]}, "found no column 'sales'"),
        (lambda f: f.assign(composite=None), {}, "names no composite in any of 1013 rows"),
        (
            lambda f: f.assign(composite=f["composite"].replace("east", "East")),
            {},
            "column composite: found 'East', expected a code",
        ),
        (
            lambda f: f.assign(w=[*[1.0] * 1012, 0.0]),
            {"weights": "w"},
            "firm_id 701013, column w: .* 0",
        ),
        (
            lambda f: f.assign(w=[np.nan, *[1.0] * 1012]),
            {"weights": "w"},
            "firm_id 700001, .* found nan",
        ),
    ],
)
def test_faults_are_named(firms, change, options, said):
    with pytest.raises(InputError, match=said):
        aggregate(change(firms), **options)


def test_an_unknown_level_is_a_fault_of_the_call(firms):
    with pytest.raises(CallError, match=r"by='oblasts'.*did you mean 'oblast'"):
        aggregate(firms, by="oblasts")


def test_one_firm_has_answered_or_has_not():
    """The share without a value is of the firms of the unit, be it one alone."""
    firms = oblast_firms({"KZ-10": 1, "KZ-35": 1, "KZ-62": 4})
    firms.loc[1, "permit_days"] = np.nan
    firms.loc[2, "permit_days"] = np.nan
    table = aggregate(firms, by="oblast", indicators=["permit_days"])
    missing = table.loc[["KZ-10", "KZ-35", "KZ-62", "KZ-11"], "permit_days_missing"]
    np.testing.assert_array_equal(missing, [0, 1, 0.25, np.nan])


def test_errors_by_strata_by_hand():
    """Two strata of two firms: n/(n-1) times the squares of influences about their strata."""
    firms = kz.load_twin().iloc[:4].assign(
        composite="west", epayment_share=[1.0, 3.0, 10.0, 14.0], drawn=["a", "a", "b", "b"],
        wmedian=[1.0, 1.0, 2.0, 2.0],
    )  # fmt: skip
    table = kz.aggregate(firms, weights="wmedian", strata="drawn", min_firms=1)
    # influence w (y - mean) / 6 with mean 52 / 6; within strata its deviations are
    gaps = [2 * (1.0 / 6) ** 2, 2 * (2 * 2.0 / 6) ** 2]
    wanted = np.sqrt(2 * sum(gaps))
    assert table.loc["west", "epayment_share_mean"] == pytest.approx(52 / 6)
    assert table.loc["west", "epayment_share_se"] == pytest.approx(wanted)
    assert table["epayment_share_se"].drop("west").isna().all()
    lone = firms.assign(epayment_share=[1.0, np.nan, np.nan, np.nan])
    assert np.isnan(
        kz.aggregate(lone, strata="drawn", min_firms=1).loc["west", "epayment_share_se"]
    )
    # a firm elsewhere is of the stratum, and of no weight in the region's mean
    more = firms.assign(composite=["west", "west", "west", "east"])
    found = kz.aggregate(more, strata="drawn", min_firms=1)
    one = kz.survey_mean(more, "epayment_share", weights=False, strata="drawn", by="composite")
    assert found.loc["west", "epayment_share_se"] == pytest.approx(one.loc["west", "std_error"])
    # two answers of one stratum, 1 and 3: 2 * (0.5^2 + 0.5^2), so an error of 1 about 2
    pair = firms.assign(epayment_share=[1.0, 3.0, np.nan, np.nan], drawn=["a", "a", "b", "b"])
    pair = kz.aggregate(pair, strata="drawn", min_firms=1).loc["west"]
    assert (pair["epayment_share_mean"], pair["epayment_share_se"]) == pytest.approx((2, 1))
    with pytest.raises(InputError, match="nowhere"):
        kz.aggregate(firms, strata="nowhere")
    with pytest.raises(InputError, match="found no stratum"):
        kz.aggregate(firms.assign(drawn=[None, "a", "b", "b"]), strata="drawn")

"""Draws of firms within regions: reproducible, and telling certain results from uncertain ones."""

import numpy as np
import pandas as pd
import pytest
from libpysal.graph import Graph

import kz_spatial as kz
from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.estimates import redraws
from kz_spatial.groups.stability import co_membership
from kz_spatial.neighbours import resampling as stability
from kz_spatial.neighbours.resampling import resampled_moran

FIRMS = kz.load_twin()
WIDE = ["outages_per_month", "epayment_share", "co2_monitoring", "product_innovation"]
GRAPH = kz.contiguity(kz.oblasts(detail="light"))


def _separate(noise):
    """Seven regions in three plain groups, with firms that scatter by `noise`."""
    rng = np.random.default_rng(5)
    level = {
        "almaty": 0,
        "astana": 0,
        "center": 50,
        "east": 50,
        "north": 90,
        "south": 90,
        "west": 90,
    }
    rows = [(code, each + noise * rng.normal()) for code, each in level.items() for _ in range(40)]
    return pd.DataFrame(rows, columns=["composite", "epayment_share"])


def test_groups_without_doubt_are_always_the_same():
    found = co_membership(_separate(1), indicators=["epayment_share"], n_draws=20)
    expected = pd.Series([0, 0, 1, 1, 2, 2, 2], found.matrix.index)
    same = expected.to_numpy()[:, None] == expected.to_numpy()
    np.testing.assert_array_equal(found.matrix, same.astype(float))
    assert (found.n_draws, found.n_skipped) == (20, 0)


def test_groups_in_doubt_are_not():
    found = co_membership(_separate(400), indicators=["epayment_share"], n_draws=20).matrix
    off = found.to_numpy()[~np.eye(7, dtype=bool)]
    assert ((off > 0) & (off < 1)).any()
    np.testing.assert_array_equal(found, found.T)
    assert (np.diag(found) == 1).all()


def test_draws_are_reproducible_and_do_not_touch_the_firms():
    before = FIRMS.copy()
    one = co_membership(FIRMS, indicators=WIDE, n_draws=5, seed=1).matrix
    two = co_membership(FIRMS, indicators=WIDE, n_draws=5, seed=1).matrix
    other = co_membership(FIRMS, indicators=WIDE, n_draws=5, seed=2).matrix
    pd.testing.assert_frame_equal(one, two)
    assert not one.equals(other)
    pd.testing.assert_frame_equal(FIRMS, before)


def test_the_range_of_moran_narrows_without_noise():
    code = FIRMS["oblast_code"].map({c: i for i, c in enumerate(sorted(set(FIRMS["oblast_code"])))})
    fixed = FIRMS.assign(epayment_share=code.astype(float))
    found = resampled_moran(fixed, "epayment_share", GRAPH, n_draws=5)
    assert found.low == pytest.approx(found.statistic, rel=1e-12)
    assert found.high == pytest.approx(found.statistic, rel=1e-12)
    assert not found.frame["unstable"].any()
    noisy = resampled_moran(FIRMS, "epayment_share", GRAPH, n_draws=12)
    assert noisy.low < noisy.high
    assert noisy.frame["changes"].between(0, 1).all()
    np.testing.assert_array_equal(noisy.frame["unstable"], noisy.frame["changes"] > 0.1)


def test_units_that_cannot_be_significant_never_change():
    found = resampled_moran(FIRMS, "epayment_share", GRAPH, n_draws=6).frame
    stuck = found[found["label"] == "cannot be significant"]
    assert len(stuck) == 4
    assert (stuck["changes"] == 0).all()


def test_statistic_is_that_of_the_firms_as_they_are():
    found = resampled_moran(FIRMS, "epayment_share", GRAPH, n_draws=1)
    values = kz.aggregate(FIRMS, by="oblast", min_firms=1)["epayment_share_mean"]
    assert found.statistic == kz.moran(values, GRAPH, n_permutations=9).statistic
    expected = kz.local_moran(values, GRAPH).frame["label"]
    pd.testing.assert_series_equal(found.frame["label"], expected)


def test_faults():
    with pytest.raises(CallError, match="n_draws=0"):
        co_membership(FIRMS, n_draws=0)
    with pytest.raises(CallError, match="indicator"):
        resampled_moran(FIRMS, "happiness", GRAPH)
    nothing = FIRMS.assign(permit_days=np.nan)
    with pytest.raises(NotEnoughDataError, match="none of 2 draws"):
        co_membership(nothing, n_draws=2)


def test_means_of_draws_are_those_of_the_drawn_firms():
    firms = FIRMS.assign(wmedian=np.arange(len(FIRMS)) % 5 + 1.0)
    for weights in (None, "wmedian"):
        table = kz.aggregate(firms, by="oblast", weights=weights, min_firms=1)
        names = ["epayment_share", "permit_days"]
        drawn = redraws.drawn_means(firms, table, names, weights, 3, seed=4)
        rows = redraws.drawn_rows(firms, "oblast_code", 3, seed=4)
        for means, chosen in zip(drawn, rows, strict=True):
            again = kz.aggregate(
                firms.iloc[chosen].reset_index(drop=True), by="oblast", weights=weights, min_firms=1
            )
            for j, name in enumerate(names):
                known = table[f"{name}_mean"].notna()
                np.testing.assert_allclose(
                    means[known, j], again.loc[known, f"{name}_mean"], rtol=1e-12
                )


def test_every_draw_keeps_the_number_of_firms_of_each_region():
    rows = redraws.drawn_rows(FIRMS, "oblast_code", 4, seed=1)
    expected = FIRMS["oblast_code"].value_counts()
    for chosen in rows:
        counts = FIRMS["oblast_code"].iloc[chosen].value_counts()
        pd.testing.assert_series_equal(counts.sort_index(), expected.sort_index())
    assert len({tuple(each) for each in rows}) == 4


@pytest.mark.filterwarnings("ignore::kz_spatial.errors.IslandWarning")
def test_labels_of_draws_are_those_of_local_moran():
    table = kz.aggregate(FIRMS, by="oblast", min_firms=5)
    drawn = redraws.drawn_means(FIRMS, table, ["permit_days", "product_innovation"], None, 6, 2)
    order = pd.Index(sorted(table.index))
    W = GRAPH.sparse.toarray()
    place = pd.Index(GRAPH.unique_ids).get_indexer(order)
    for j in range(2):
        values = drawn[:, table.index.get_indexer(order), j]
        statistics, labels = stability._tests_of_draws(
            values, W[np.ix_(place, place)], alpha=0.05, n_permutations=9, seed=1
        )
        for statistic, row, each in zip(statistics, labels, values, strict=True):
            one = pd.Series(each, order)
            np.testing.assert_array_equal(row, kz.local_moran(one, GRAPH).frame["label"])
            whole = kz.moran(one, GRAPH, n_permutations=9).statistic
            np.testing.assert_allclose(statistic, whole, rtol=1e-12)


@pytest.mark.filterwarnings("ignore::kz_spatial.errors.IslandWarning")
def test_withheld_units_stay_withheld_in_every_draw():
    found = resampled_moran(FIRMS, "permit_days", GRAPH, min_firms=5, n_draws=8).frame
    hidden = kz.aggregate(FIRMS, by="oblast", min_firms=5)["permit_days_suppressed"]
    assert hidden.any()
    assert (found.loc[hidden, "label"] == "suppressed").all()
    assert (found.loc[hidden, "changes"] == 0).all()


def test_the_range_widens_with_its_level():
    found = {
        level: resampled_moran(FIRMS, "product_innovation", GRAPH, level=level, n_draws=60)
        for level in (0.5, 0.95)
    }
    assert found[0.95].low < found[0.5].low < found[0.5].high < found[0.95].high
    assert found[0.5].level == 0.5
    with pytest.raises(CallError, match="level=2"):
        resampled_moran(FIRMS, "product_innovation", GRAPH, level=2)


def test_the_order_of_the_graph_does_not_matter():
    areas = kz.oblasts(detail="light")
    turned = kz.contiguity(areas.iloc[::-1])
    one = resampled_moran(FIRMS, "co2_monitoring", GRAPH, n_draws=4)
    other = resampled_moran(FIRMS, "co2_monitoring", turned, n_draws=4)
    pd.testing.assert_frame_equal(one.frame, other.frame)
    assert one.low == pytest.approx(other.low, rel=1e-12)


def test_firms_without_variation_have_no_range():
    same = FIRMS.assign(epayment_share=5.0)
    found = resampled_moran(same, "epayment_share", GRAPH, n_draws=3)
    assert np.isnan([found.statistic, found.low, found.high]).all()
    assert (found.n_draws, found.n_skipped) == (0, 3)
    assert set(found.frame["label"]) == {"cannot be significant"}


def test_the_order_of_firms_does_not_matter():
    shuffled = FIRMS.sample(frac=1, random_state=3)
    one = resampled_moran(FIRMS, "product_innovation", GRAPH, n_draws=5)
    other = resampled_moran(shuffled, "product_innovation", GRAPH, n_draws=5)
    pd.testing.assert_frame_equal(one.frame, other.frame)
    assert (one.low, one.high) == pytest.approx((other.low, other.high), rel=1e-12)
    first = co_membership(FIRMS, indicators=WIDE, n_draws=5).matrix
    pd.testing.assert_frame_equal(first, co_membership(shuffled, indicators=WIDE, n_draws=5).matrix)


@pytest.mark.filterwarnings("ignore::kz_spatial.errors.IslandWarning")
def test_an_island_is_one_in_every_draw():
    areas = kz.oblasts(detail="light")
    pairs = GRAPH.adjacency.reset_index()
    pairs = pairs[(pairs["focal"] != "KZ-71") & (pairs["neighbor"] != "KZ-71")]
    alone = pd.DataFrame({"focal": ["KZ-71"], "neighbor": ["KZ-71"], "weight": [0.0]})
    graph = Graph.from_adjacency(pd.concat([pairs, alone])).transform("R")
    assert len(graph.unique_ids) == len(areas)
    found = resampled_moran(FIRMS, "epayment_share", graph, n_draws=4).frame
    assert found.loc["KZ-71", "label"] == "island"
    assert found.loc["KZ-71", "changes"] == 0
    assert (found["label"] != "suppressed").all()


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"n_draws": 2.5}, "n_draws=2.5: expected a whole number of 1 or more"),
        ({"n_clusters": 2.5}, "n_clusters=2.5"),
        ({"indicators": []}, "indicators: found none"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_arguments_of_co_membership_are_checked(wish, said):
    with pytest.raises(CallError, match=said):
        co_membership(FIRMS, **wish)

"""Draws of firms within regions: reproducible, and telling certain results from uncertain ones."""

import numpy as np
import pandas as pd
import pytest

import kz_spatial as kz
from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.stability import co_membership, resampled_moran

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


def test_moran_interval_narrows_without_noise():
    code = FIRMS["oblast_code"].map({c: i for i, c in enumerate(sorted(set(FIRMS["oblast_code"])))})
    fixed = FIRMS.assign(epayment_share=code.astype(float))
    found = resampled_moran(fixed, "epayment_share", GRAPH, n_draws=5)
    assert found.ci_low == pytest.approx(found.statistic, rel=1e-12)
    assert found.ci_high == pytest.approx(found.statistic, rel=1e-12)
    assert not found.frame["unstable"].any()
    noisy = resampled_moran(FIRMS, "epayment_share", GRAPH, n_draws=12)
    assert noisy.ci_low < noisy.ci_high
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

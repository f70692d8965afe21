"""How far an estimate can be relied on."""

import numpy as np
import pandas as pd
import pytest

from kz_spatial.estimates import CV_LIMIT, PRECISIONS, WIDTH_LIMIT, precision


@pytest.mark.parametrize(
    ("error", "told"),
    [(1.0, "good"), (1.66, "good"), (1.67, "fair"), (3.33, "fair"), (3.34, "poor"), (20, "poor")],
)
def test_amounts_go_by_the_coefficient_of_variation(error, told):
    """16.6 and 33.3 per cent, whatever the sign."""
    found = precision(pd.Series([10.0, -10.0]), pd.Series([error, error]))
    assert found.tolist() == [told, told]


@pytest.mark.parametrize(
    ("width", "told"), [(9.9, "good"), (10.1, "fair"), (29.9, "fair"), (30.1, "poor")]
)
def test_shares_go_by_the_width_of_their_interval(width, told):
    """A share of 1 per cent with a large coefficient is well known, if its interval is narrow."""
    error = width / 2 / 1.959964
    assert precision(pd.Series([50.0]), pd.Series([error]), share_of=100).tolist() == [told]
    assert precision(pd.Series([0.01]), pd.Series([error / 100]), share_of=1).tolist() == [told]


def test_what_has_no_estimate_or_error_has_no_class():
    estimate = pd.Series([np.nan, 1.0, 0.0, 0.0], list("abcd"))
    error = pd.Series([0.1, np.nan, 0.0, 0.1], list("abcd"))
    found = precision(estimate, error)
    assert found.isna().tolist()[:2] == [True, True]
    assert found["d"] == "poor"  # no coefficient is small enough for an estimate of nought
    assert (CV_LIMIT, WIDTH_LIMIT, PRECISIONS) == (0.333, 0.30, ("good", "fair", "poor"))

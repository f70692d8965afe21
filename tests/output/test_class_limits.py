"""Classes of numbers: those of mapclassify, cases by hand, and what no scheme may do."""

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kz_spatial.options import CLASSES
from kz_spatial.output.class_limits import class_limits
from kz_spatial.palette import nice_breaks


def within(values, classes):
    """Sum of squares of values about the means of their classes."""
    parts = pd.Series(np.asarray(values, float)).groupby(np.asarray(classes))
    return float(((parts.transform("mean") - np.asarray(values, float)) ** 2).sum())


STORED = pd.read_csv(Path(__file__).parents[1] / "reference" / "class_limits" / "classes.csv")
SCHEMES = CLASSES[1:]


def classes_of(values, limits):
    """Number of the class that holds each value, the last one closed."""
    found = np.searchsorted(limits, values, side="right") - 1
    return np.clip(found, 0, len(limits) - 2)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("case", STORED["case"].unique())
def test_classes_are_those_of_mapclassify(case, scheme):
    rows = STORED[STORED["case"] == case]
    limits = class_limits(rows["value"].tolist(), scheme, int(rows["n_classes"].iloc[0]))
    found = classes_of(rows["value"].to_numpy(), limits)
    if (case, scheme) == ("large", "natural_breaks"):
        # sums of squares of values near 1e9 lose the digits that tell mapclassify its classes apart
        assert within(rows["value"], found) < 0.7 * within(rows["value"], rows[scheme])
        return
    assert found.tolist() == rows[scheme].tolist()


def test_by_hand():
    values = [1.0, 2.0, 3.0, 4.0, 10.0, 11.0, 12.0, 20.0]
    assert class_limits(values, "quantiles", 4) == (1.0, 3.0, 10.0, 12.0, 20.0)
    assert class_limits(values, "natural_breaks", 3) == (1.0, 10.0, 16.0, 20.0)
    assert class_limits(values, "equal_interval", 2) == (1.0, 10.5, 20.0)
    assert class_limits(values, "rounded", 3) == tuple(nice_breaks(values, 3))


def test_few_or_equal_values_have_few_or_no_classes():
    for scheme in CLASSES:
        assert class_limits([4.0, 4.0, np.nan], scheme, 5) == ()
        assert class_limits([], scheme, 5) == ()
    assert class_limits([4.0, 6.0, np.nan, 6.0], "natural_breaks", 5) == (4.0, 5.0, 6.0)
    # the middle one is the largest, so nothing is left for a class above it
    assert class_limits([4.0, 6.0, np.nan, 6.0], "quantiles", 5) == (4.0, 6.0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-50, 50), min_size=3, max_size=9, unique=True),
    st.integers(2, 4),
)
def test_no_classes_have_a_smaller_sum_of_squares(values, n_classes):
    """Every way to cut the sorted values is tried."""
    values = np.sort(np.array(values, float))
    number = min(n_classes, len(values))

    least = min(
        sum(((part - part.mean()) ** 2).sum() for part in np.split(values, cut))
        for cut in combinations(range(1, len(values)), number - 1)
    )
    limits = class_limits(values.tolist(), "natural_breaks", n_classes)
    found = classes_of(values, limits)
    assert len(limits) == number + 1
    assert within(values, found) == pytest.approx(least, abs=1e-9)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.integers(-1000, 1000), min_size=2, max_size=40),
    st.integers(2, 7),
    st.sampled_from(SCHEMES),
)
def test_limits_rise_and_hold_every_value(values, n_classes, scheme):
    numbers = [each / 4 for each in values]
    limits = class_limits(numbers, scheme, n_classes)
    if len(set(numbers)) < 2:
        assert limits == ()
        return
    assert (limits[0], limits[-1]) == (min(numbers), max(numbers))
    assert all(low < high for low, high in pairwise(limits))
    assert len(limits) <= n_classes + 1
    # neither order nor unit of the values matters
    doubled = class_limits([2 * each for each in reversed(numbers)], scheme, n_classes)
    assert doubled == pytest.approx([2 * each for each in limits])

"""Colours that can be told apart, and class limits that hold what they should."""

from __future__ import annotations

import re
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kz_spatial import palette
from kz_spatial.neighbours.local_statistics import LISA_LABELS
from kz_spatial.palette import decade_breaks, nice_breaks

RAMPS = {"good": palette.SEQUENTIAL_GOOD, "bad": palette.SEQUENTIAL_BAD, "density": palette.DENSITY}


def luminance(colour):
    """Relative luminance of an sRGB colour (WCAG 2)."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def distance(one, other):
    """Distance of two colours in CIELAB."""

    def lab(colour):
        parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
        x, y, z = np.cbrt(np.array(to_xyz) @ linear / [0.9505, 1, 1.089])
        return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])

    return np.linalg.norm(lab(one) - lab(other))


def test_every_colour_is_a_hex_code():
    singles = (palette.NO_DATA, palette.OUTLINE, palette.CANNOT)
    many = (*palette.CLUSTER_COLOURS, *palette.LISA_COLOURS.values())
    for colour in (*singles, *many, *(c for ramp in RAMPS.values() for c in ramp)):
        assert re.fullmatch(r"#[0-9a-f]{6}", colour)


@pytest.mark.parametrize("name", RAMPS)
def test_ramps_darken_step_by_step(name):
    steps = [luminance(colour) for colour in RAMPS[name]]
    assert all(a > b for a, b in pairwise(steps))
    # a tenth of the range between neighbours at least, in contrast as WCAG counts it
    assert all((a + 0.05) / (b + 0.05) > 1.15 for a, b in pairwise(steps))


def test_every_label_of_local_moran_has_a_colour_of_its_own():
    assert set(palette.LISA_COLOURS) == set(LISA_LABELS)
    assert len(set(palette.LISA_COLOURS.values())) == len(LISA_LABELS)
    assert set(palette.LISA_LETTERS) == {"High-High", "Low-Low", "High-Low", "Low-High"}
    for label, letters in palette.LISA_LETTERS.items():
        assert letters == "".join(part[0] for part in label.split("-"))


def test_quadrants_have_geodas_colours():
    # GeoDa's legend: red, blue, light blue for low-high, light red for high-low
    assert [palette.LISA_COLOURS[each] for each in palette.LISA_LETTERS] == [
        "#ff0000",
        "#0000ff",
        "#f4ada8",
        "#a7adf9",
    ]
    assert palette.LISA_COLOURS["not significant"] == "#eeeeee"


def test_clusters_can_be_told_apart():
    # 20 is ten times the smallest difference that is seen at all
    assert min(distance(a, b) for a, b in combinations(palette.CLUSTER_COLOURS, 2)) > 20


def classes_filled(values, limits):
    return np.histogram(values, limits)[0]


def test_class_limits_by_hand():
    assert nice_breaks([0.66, 1.0, 1.05, 1.31, 1.44, 1.66, 1.93], 3) == [0.5, 1.0, 1.5, 2.0]
    assert nice_breaks([]) == nice_breaks([np.nan, np.inf]) == []
    assert nice_breaks([3.0, np.nan, 3.0]) == [3.0, 3.0]
    assert nice_breaks([0.0, 100.0], 5) == [0.0, 50.0, 100.0]
    assert nice_breaks([1.0, 2.0, 3.0, 4.0], 2) == [1.0, 2.0, 4.0]


def test_no_class_is_narrower_than_an_error():
    """Fewer classes until each is as wide as asked, down to three, near the values."""
    values = [0.0, 0.1, 0.2, 0.3, 0.9, 1.0]
    for narrowest in (0.0, 0.15, 0.3, 0.5):
        found = nice_breaks(values, narrowest=narrowest)
        assert len(found) == 4 or min(b - a for a, b in pairwise(found)) >= narrowest
        assert found[0] >= -0.5
        assert found[-1] <= 1.5
    assert len(nice_breaks(values)) == 6
    assert len(nice_breaks(values, narrowest=5.0)) == 4
    assert "-0.0" not in str(nice_breaks([-0.8, -0.3, 0.1, 0.7], narrowest=1.0))


@given(
    st.lists(st.integers(-1000, 1000), min_size=1, max_size=25),
    st.integers(1, 7),
    st.sampled_from([1e-6, 0.01, 0.37, 1.0, 12.5, 1e7]),
)
def test_limits_rise_enclose_all_and_leave_no_class_empty(numbers, n_classes, scale):
    values = [each * scale for each in numbers]
    limits = nice_breaks(values, n_classes)
    slack = 1e-9 * (max(values) - min(values)) + 1e-12 * max(map(abs, values))
    assert limits[0] <= min(values) + slack
    assert limits[-1] >= max(values) - slack
    if len(set(numbers)) == 1:
        assert limits == [values[0]] * 2
        return
    assert all(a < b for a, b in pairwise(limits))
    assert len(limits) - 1 <= n_classes
    wide = [limits[0] - slack, *limits[1:-1], limits[-1] + slack]
    assert classes_filled(values, wide).all()
    assert len(limits) - 1 == min(n_classes, len(set(numbers)))


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=25, unique=True), st.integers(2, 6))
def test_limits_are_as_short_as_they_can_be(numbers, n_classes):
    limits = nice_breaks([float(each) for each in numbers], n_classes)
    assume(len(limits) > 2)
    # half a step of the range's own decade is as fine as seven distinct integers can ask
    assert all(len(f"{each:.12g}") <= 9 for each in limits)


def test_decades_by_hand():
    assert decade_breaks(7.3, 4) == [0.5, 1.0, 2.0, 5.0]
    assert decade_breaks(10, 3) == [2.0, 5.0, 10.0]
    assert decade_breaks(0.0999, 2) == [0.02, 0.05]
    for nothing in (0.0, -3.0, np.nan, np.inf):
        assert decade_breaks(nothing) == []


@given(st.floats(1e-12, 1e12), st.integers(1, 9))
def test_decades_rise_to_the_top(top, n_classes):
    limits = decade_breaks(top, n_classes)
    assert len(limits) == n_classes
    assert all(1.9 < b / a < 2.6 for a, b in pairwise(limits))
    assert limits[-1] <= top < limits[-1] * 2.5 * (1 + 1e-12)
    assert all(f"{each:.3e}"[0] in "125" for each in limits)

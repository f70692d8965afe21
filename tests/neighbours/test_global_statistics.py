"""Global statistics of pattern: against esda, by enumeration, and on awkward data."""

from __future__ import annotations

import warnings
from fractions import Fraction
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from helpers import graph_of, ring
from hypothesis import given, settings
from hypothesis import strategies as st
from pattern_cases import (
    AWKWARD,
    CLOSE,
    FIVE,
    FIVE_VALUES,
    GRAPH,
    OBLASTS,
    SEVEN,
    path_graph,
    share,
    values_for,
)

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError
from kz_spatial.neighbours import arrangements as _arrangements
from kz_spatial.neighbours import global_test as _global_test
from kz_spatial.neighbours.arrangements import share_extreme
from kz_spatial.neighbours.global_statistics import moran
from kz_spatial.neighbours.local_statistics import local_moran
from kz_spatial.neighbours.weights import contiguity

ALL_GLOBAL = {
    "geary": kz.geary,
    "getis_ord": kz.getis_ord,
    "moran": moran,
    "bivariate": lambda v, g, **wishes: kz.bivariate_moran(v, v**2, g, **wishes),
}


@pytest.mark.parametrize("graph", [GRAPH, SEVEN], ids=["oblasts", "composites"])
@pytest.mark.parametrize("transform", ["R", "B"])
def test_statistics_agree_with_esda(graph, transform):
    import esda

    graph = graph.transform(transform)
    values = values_for(graph)
    found, local = moran(values, graph), local_moran(values, graph)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # esda announces another default alternative
        theirs = esda.Moran(values, graph, transformation=transform, permutations=0)
        locally = esda.Moran_Local(values, graph, transformation=transform, permutations=0)
    assert found.statistic == pytest.approx(theirs.I, rel=0, abs=1e-10)
    assert found.expected == pytest.approx(theirs.EI, rel=0, abs=1e-15)
    np.testing.assert_allclose(local.frame["statistic"], locally.Is, **CLOSE)
    quadrant = {1: "High-High", 2: "Low-High", 3: "Low-Low", 4: "High-Low"}
    assert local.frame["quadrant"].tolist() == [quadrant[each] for each in locally.q]
    if graph.n == 7:  # over all arrangements, the randomisation moments are exact
        assert found.z == pytest.approx(theirs.z_rand, rel=1e-10)


def lag_product(z, keys):
    """z'Wz with row-standardised weights, as a fraction."""
    place = dict(zip(keys, z, strict=True))
    return sum(
        place[i] * sum(place[j] for j in near) / Fraction(len(near)) for i, near in FIVE.items()
    )


@pytest.mark.parametrize("numbers", FIVE_VALUES)
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_global_p_by_brute_force(numbers, alternative):
    keys = list(FIVE)
    mean = Fraction(sum(numbers.values()), 5)
    z = [numbers[key] - mean for key in keys]
    draws = [lag_product(each, keys) for each in permutations(z)]
    found = moran(pd.Series(numbers), graph_of(FIVE).transform("R"), alternative=alternative)
    assert (found.method, found.n_arrangements, found.n_units) == ("exact", 120, 5)
    assert found.seed is None
    # p is a ratio of two counts, so it must agree to the last bit but one
    product = lag_product(z, keys)
    assert found.p == pytest.approx(float(share(draws, product, alternative)), rel=1e-15)
    statistic = product / sum(each**2 for each in z)  # n / sum(W) is 1
    assert found.statistic == pytest.approx(float(statistic), rel=1e-13)
    assert found.expected == -0.25


def test_all_5040_arrangements_of_the_composites():
    found = moran(values_for(SEVEN), SEVEN)
    assert (found.method, found.n_arrangements) == ("exact", 5040)
    assert (found.p * 5040) == pytest.approx(round(found.p * 5040), abs=1e-9)
    assert moran(values_for(SEVEN), SEVEN, seed=1).p == found.p


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_global_monte_carlo_is_within_three_standard_errors_of_exact(monkeypatch, alternative):
    values, n = values_for(SEVEN, seed=6), 9999
    exact = moran(values, SEVEN, alternative=alternative)
    monkeypatch.setattr(_arrangements, "MAX_ARRANGEMENTS", 1)
    drawn = moran(values, SEVEN, alternative=alternative, n_permutations=n, seed=3)
    assert (drawn.method, drawn.n_arrangements, drawn.seed) == ("monte-carlo", n, 3)
    assert abs(drawn.p - exact.p) < 3 * np.sqrt(exact.p * (1 - exact.p) / n) + 1 / n
    assert drawn.statistic == exact.statistic
    again = moran(values, SEVEN, alternative=alternative, n_permutations=n, seed=3)
    assert again.p == drawn.p
    assert moran(values, SEVEN, alternative=alternative, n_permutations=n, seed=4).p != drawn.p


def grid_graph(side):
    """Cells of a square grid, the first of them far from all, in an order of their own."""
    near = {
        f"{x:02}-{y:02}": [
            f"{x + a:02}-{y + b:02}"
            for a, b in ((0, 1), (1, 0), (0, -1), (-1, 0))
            if 0 <= x + a < side and 0 <= y + b < side
        ]
        for y in range(side)
        for x in range(side)
    }
    return graph_of(near | {"far": []})


@pytest.mark.filterwarnings("ignore:The weights matrix is not fully connected")
@pytest.mark.filterwarnings("ignore::kz_spatial.errors.IslandWarning")
@pytest.mark.parametrize("transform", ["R", "B"])
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_many_units_are_drawn_as_esda_and_as_few_are(monkeypatch, transform, alternative):
    import esda

    graph = grid_graph(23).transform(transform)
    values = pd.Series(np.random.default_rng(3).normal(size=graph.n), graph.unique_ids)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    found = moran(values, graph, alternative=alternative, seed=2**40)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    assert (found.method, found.n_arrangements, found.n_units) == ("monte-carlo", 9999, 529)
    assert found.p == moran(values, graph, alternative=alternative, seed=2**40).p
    whole = graph_of({k: list(v) for k, v in graph.neighbors.items() if k != "far"})
    theirs = esda.Moran(
        values.drop("far"), whole.transform(transform), transformation=transform, permutations=9999
    )
    p = share_extreme(theirs.sim - theirs.EI, theirs.I - theirs.EI, alternative, exact=False)
    assert abs(found.p - p) < 4 * np.sqrt(2 * p * (1 - p) / 9999)
    assert found.statistic == pytest.approx(theirs.I, rel=0, abs=1e-10)
    monkeypatch.setattr(_global_test, "_MANY_UNITS", 10**9)
    ours = moran(values, graph, alternative=alternative)
    assert ours.statistic == found.statistic
    assert 0.05 < ours.p < 0.95
    # of both draws: four standard errors of their difference
    assert abs(found.p - ours.p) < 4 * np.sqrt(2 * ours.p * (1 - ours.p) / 9999)
    assert found.z == pytest.approx(ours.z, rel=0.04)


def test_a_monte_carlo_p_is_never_zero():
    values = pd.Series(np.repeat([0.0, 100.0], 10), GRAPH.unique_ids)
    found = moran(values, graph_of(ring(GRAPH.unique_ids)).transform("R"), n_permutations=99)
    assert found.p == 1 / 100
    assert found.statistic == pytest.approx(0.8)  # 16 of 20 lags are whole, 4 are nought


def test_the_unit_of_the_weights_does_not_matter():
    # inverse squared distances in metres: unequal, and all close to zero
    rng = np.random.default_rng(2)
    near = {i: [j for j in range(7) if j != i][:3] for i in range(7)}
    weights = {i: list(rng.uniform(1e-12, 9e-12, 3)) for i in near}
    small = graph_of(near, weights)
    large = graph_of(near, {i: [1e12 * w for w in each] for i, each in weights.items()})
    values = values_for(small)
    a, b = local_moran(values, small).frame, local_moran(values, large).frame
    np.testing.assert_array_equal(a[["p", "p_min", "label"]], b[["p", "p_min", "label"]])
    for function in ALL_GLOBAL.values():
        one, other = function(values, small), function(values, large)
        assert one.p == other.p
        assert one.statistic == pytest.approx(other.statistic, rel=1e-12)


@pytest.mark.parametrize("factor", [1e-200, 1e-160, 1e160, 1e200])
def test_values_whose_squares_are_lost_or_overflow(factor):
    values = pd.Series([1.0, 2, 5, 1, 7, 3, 4], SEVEN.unique_ids)
    with_squares = {"bivariate": lambda v, g: kz.bivariate_moran(v, values**2, g)}
    for function in (ALL_GLOBAL | with_squares).values():
        one, other = function(values, SEVEN), function(values * factor, SEVEN)
        assert other.p == one.p
        assert other.statistic == pytest.approx(one.statistic, rel=1e-12)
    a, b = local_moran(values, SEVEN).frame, local_moran(values * factor, SEVEN).frame
    np.testing.assert_array_equal(a["p"], b["p"])
    np.testing.assert_allclose(a["statistic"], b["statistic"], rtol=1e-12)


@pytest.mark.parametrize("name", ALL_GLOBAL)
@pytest.mark.parametrize("offset", [1e3, 1e6, 1e9])
def test_whole_numbers_far_from_zero_keep_their_ties(name, offset):
    values = pd.Series([1.0, 1, 2, 2, 3, 1, 5], SEVEN.unique_ids)
    function = ALL_GLOBAL[name]
    if name == "bivariate":
        function = lambda v, g: kz.bivariate_moran(v, v, g)  # noqa: E731
    graph = graph_of(ring(SEVEN.unique_ids))
    for each in (SEVEN, graph):
        if name == "getis_ord" and each is SEVEN:
            continue  # with unequal numbers of links, G itself depends on the offset
        assert function(values + offset, each).p == function(values, each).p
    np.testing.assert_array_equal(
        local_moran(values + offset, SEVEN).frame["p"], local_moran(values, SEVEN).frame["p"]
    )


def test_weights_that_sum_to_zero_are_said():
    near = ring("abcdefg")
    graph = graph_of(near, {key: [1.0, -1.0] for key in near})
    for name in ("moran", "geary", "bivariate"):
        found = ALL_GLOBAL[name](values_for(graph), graph)
        assert found.reason == "the weights sum to zero"
        assert np.isnan(found.p)


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"n_permutations": 0}, "n_permutations=0: expected a whole number of 1 or more"),
        ({"n_permutations": 2.5}, "n_permutations=2.5"),
        ({"seed": [1, 2]}, r"seed=\[1, 2\]: expected a whole number of 0 or more"),
    ],
)
def test_counts_that_are_none_are_said(wish, said):
    for function in (*ALL_GLOBAL.values(), local_moran):
        with pytest.raises(CallError, match=said):
            function(values_for(SEVEN), SEVEN, **wish)


def test_numbers_written_as_text_are_said():
    values = values_for(SEVEN).astype(str)
    with pytest.raises(InputError, match="found the text"):
        moran(values, SEVEN)


def test_ten_units_are_too_many_to_enumerate_and_eight_are_not():
    for n, method in ((8, "exact"), (10, "monte-carlo")):
        graph = graph_of(ring(range(n))).transform("R")
        assert moran(values_for(graph), graph, n_permutations=9).method == method


@pytest.mark.parametrize("name", AWKWARD)
def test_values_that_can_be_tested(name):
    values = pd.Series(AWKWARD[name], SEVEN.unique_ids)
    found, frame = moran(values, SEVEN), local_moran(values, SEVEN).frame
    assert found.method == "exact"
    assert 1 / 5040 <= found.p <= 1
    assert np.isfinite([found.statistic, found.z]).all()
    assert frame["p"].between(0, 1).all()
    assert set(frame["method"]) == {"exact"}
    assert frame["value"].tolist() == [float(each) for each in AWKWARD[name]]


@pytest.mark.parametrize("constant", [0.0, 0.1, -1e9, 1e-300])
def test_values_that_do_not_vary(constant):
    values = pd.Series(constant, SEVEN.unique_ids)
    values.iloc[0] = np.nextafter(constant, 1)
    if constant in (0.0, 1e-300):  # one step from nought is a difference, not a rounding
        values.iloc[0] = constant
    found, frame = moran(values, SEVEN), local_moran(values, SEVEN).frame
    assert (found.method, found.reason) == ("inapplicable", "the values do not vary")
    assert np.isnan([found.statistic, found.p, found.z]).all()
    assert frame[["statistic", "p", "p_min", "p_fdr"]].isna().all(axis=None)
    assert set(frame["label"]) == {"cannot be significant"}
    assert set(frame["method"]) == {"inapplicable"}


@pytest.mark.parametrize("n", [1, 2])
def test_fewer_than_three_units(n):
    graph = path_graph(n)
    values = pd.Series(np.arange(n, dtype=float), graph.unique_ids)
    found = moran(values, graph)
    assert found.method == "inapplicable"
    there = 0 if n == 1 else 2
    assert found.reason == f"{there} units have a value and a neighbour, at least 3 are needed"
    frame = local_moran(values, graph).frame
    assert set(frame["label"]) == {"island" if n == 1 else "cannot be significant"}
    assert moran(pd.Series([1.0, 2, 4]), path_graph(3)).method == "exact"


def test_islands_only():
    graph = graph_of({key: [] for key in "abcd"})
    values = pd.Series([1.0, 2, 3, 4], list("abcd"))
    assert moran(values, graph).reason.startswith("0 units")
    frame = local_moran(values, graph).frame
    assert set(frame["label"]) == {"island"}
    assert frame["p"].isna().all()
    assert frame["value"].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1.0] * 7, "found list, expected a Series"),
        (pd.Series([1.0, 2, np.inf, 4, 5, 6, 7], SEVEN.unique_ids), "infinity for 'center'"),
        (pd.Series([1.0, 2, -np.inf, 4, 5, 6, 7], SEVEN.unique_ids), "infinity for 'center'"),
        (pd.Series([1.0, 2], ["east", "Moscow"]), "unit 'Moscow' that the graph lacks"),
        (pd.Series([1.0, 2, 3], ["east", "west", "east"]), "index value 'east' twice"),
    ],
)
def test_faulty_values_are_named(values, said):
    for function in (moran, local_moran):
        with pytest.raises(InputError, match=said):
            function(values, SEVEN)


def test_an_unknown_alternative_is_a_fault_of_the_call():
    with pytest.raises(CallError, match="alternative='both'"):
        moran(values_for(SEVEN), SEVEN, alternative="both")


def test_nothing_is_changed():
    values = values_for(GRAPH)
    before, weights = values.copy(), GRAPH.adjacency.copy()
    moran(values, GRAPH, n_permutations=9)
    local_moran(values, GRAPH)
    pd.testing.assert_series_equal(values, before)
    pd.testing.assert_series_equal(GRAPH.adjacency, weights)


@pytest.mark.parametrize("names", [range(7), range(70, 0, -10), "gfedcba", "abcdefg"])
def test_identifiers_of_every_kind(names):
    names = list(names)
    numbers = [3.0, 1, 4, 1, 5, 9, 2]
    expected = moran(pd.Series(numbers), graph_of(ring(range(7))).transform("R"))
    values = pd.Series(numbers, names)
    found = moran(values, graph_of(ring(names)).transform("R"))
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-13)
    assert found.p == expected.p
    frame = local_moran(values, graph_of(ring(names)).transform("R")).frame
    assert list(frame.index) == names


@settings(max_examples=8)
@given(st.permutations(range(20)), st.permutations(range(20)))
def test_the_order_of_rows_does_not_matter(one, other):
    values = values_for(GRAPH, seed=2)
    graph = contiguity(OBLASTS.iloc[other])
    found, expected = moran(values.iloc[one], graph), moran(values, GRAPH)
    assert (found.statistic, found.p, found.z) == (expected.statistic, expected.p, expected.z)
    frame = local_moran(values.iloc[one], graph).frame
    assert list(frame.index) == list(values.index[one])
    pd.testing.assert_frame_equal(
        frame.reindex(values.index), local_moran(values, GRAPH).frame, check_exact=True
    )


@settings(max_examples=30)
@given(
    st.lists(st.integers(-5, 5), min_size=7, max_size=7),
    st.sampled_from([1e-9, 0.3, 7.0, 1e9]),
    st.sampled_from([0.0, 1.0, -250.0]),
)
def test_scale_and_shift_do_not_matter(numbers, factor, shift):
    values = pd.Series(numbers, SEVEN.unique_ids, dtype=float)
    moved = values * factor + shift * factor
    first, second = moran(values, SEVEN), moran(moved, SEVEN)
    assert (first.method, first.reason) == (second.method, second.reason)
    np.testing.assert_equal(first.p, second.p)  # ties included
    np.testing.assert_allclose(first.statistic, second.statistic, rtol=0, atol=1e-9)
    a, b = local_moran(values, SEVEN).frame, local_moran(moved, SEVEN).frame
    np.testing.assert_array_equal(a[["p", "p_min", "p_fdr"]], b[["p", "p_min", "p_fdr"]])


@settings(max_examples=30)
@given(st.lists(st.integers(0, 9), min_size=7, max_size=7).filter(lambda v: len(set(v)) > 1))
def test_the_statistics_hang_together(numbers):
    values = pd.Series(numbers, SEVEN.unique_ids, dtype=float)
    p = {a: moran(values, SEVEN, alternative=a).p for a in ("greater", "less", "two-sided")}
    # the observed arrangement counts in both tails
    assert p["greater"] + p["less"] >= 1 + 1 / 5040 - 1e-12
    assert p["two-sided"] >= min(p["greater"], p["less"]) - 1e-12
    # with row-standardised weights local I sums to n - 1 times global I
    local = local_moran(values, SEVEN).frame["statistic"]
    assert local.sum() / 6 == pytest.approx(moran(values, SEVEN).statistic, abs=1e-12)


OTHERS = {"geary": kz.geary, "getis_ord": kz.getis_ord}


def by_definition(name, y, near):
    """The statistic in whole numbers, from its sum over pairs of neighbours."""
    keys = list(near)
    n, total = len(keys), sum(y.values())
    z = {key: n * y[key] - total for key in keys}  # n times the deviations
    weight = {(i, j): Fraction(1, len(near[i])) for i in keys for j in near[i]}
    squares = sum(each**2 for each in z.values())
    if name == "geary":
        return sum(w * (z[i] - z[j]) ** 2 for (i, j), w in weight.items()) * Fraction(
            n - 1, 2 * n * squares
        )
    pairs = total**2 - sum(each**2 for each in y.values())
    return Fraction(sum(y[i] * y[j] for i, j in weight), pairs)


@pytest.mark.parametrize("numbers", FIVE_VALUES)
@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("name", OTHERS)
def test_geary_and_getis_ord_by_brute_force(name, numbers, alternative):
    if name == "getis_ord" and sum(each > 0 for each in numbers.values()) < 2:
        return  # told below
    draws = [
        by_definition(name, dict(zip(FIVE, each, strict=True)), FIVE)
        for each in permutations(numbers.values())
    ]
    own = by_definition(name, numbers, FIVE)
    graph = graph_of(FIVE).transform("R")
    found = OTHERS[name](pd.Series(numbers), graph, alternative=alternative)
    assert found.statistic == pytest.approx(float(own), rel=1e-12)
    assert found.expected == pytest.approx(float(sum(draws) / len(draws)), rel=1e-12)
    assert found.p == pytest.approx(float(share(draws, own, alternative)), rel=1e-15)
    assert (found.method, found.n_arrangements) == ("exact", 120)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_bivariate_moran_by_brute_force(alternative):
    x, y = FIVE_VALUES[0], FIVE_VALUES[3]
    dx, dy = ([5 * v - sum(each.values()) for v in each.values()] for each in (x, y))

    def product(second):
        place = dict(zip(FIVE, second, strict=True))
        lags = [sum(place[j] for j in near) / Fraction(len(near)) for near in FIVE.values()]
        return sum(a * b for a, b in zip(dx, lags, strict=True))

    draws = [product(each) for each in permutations(dy)]
    assert sum(draws) == 0
    graph = graph_of(FIVE).transform("R")
    found = kz.bivariate_moran(pd.Series(x), pd.Series(y), graph, alternative=alternative)
    assert found.p == pytest.approx(float(share(draws, product(dy), alternative)), rel=1e-15)
    scale = np.sqrt(sum(v**2 for v in dx) * sum(v**2 for v in dy))
    assert found.statistic == pytest.approx(float(product(dy)) / scale, rel=1e-12)
    assert found.expected == 0


def test_bivariate_moran_of_a_variable_with_itself_is_moran():
    values = values_for(SEVEN, 3)
    both = kz.bivariate_moran(values, values, SEVEN)
    assert both.statistic == pytest.approx(moran(values, SEVEN).statistic, rel=1e-12)


def test_global_statistics_agree_with_esda():
    import esda

    x, y = values_for(GRAPH, 1), values_for(GRAPH, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        geary = esda.Geary(x, GRAPH, permutations=0)
        g = esda.G(x, GRAPH, permutations=0)
        both = esda.Moran_BV(x, y, GRAPH, permutations=0)
    assert kz.geary(x, GRAPH).statistic == pytest.approx(geary.C, rel=1e-12)
    found = kz.getis_ord(x, GRAPH)
    assert (found.statistic, found.expected) == pytest.approx((g.G, g.EG), rel=1e-12)
    assert kz.bivariate_moran(x, y, GRAPH).statistic == pytest.approx(both.I, rel=1e-12)


def test_what_getis_ord_cannot_take_is_said():
    negative = pd.Series([1.0, -2, 3, 4, 5, 6, 7], SEVEN.unique_ids)
    found = kz.getis_ord(negative, SEVEN)
    assert found.method == "inapplicable"
    assert found.reason == f"found -2 for {SEVEN.unique_ids[1]}, G needs values of 0 or more"
    single = pd.Series([0.0, 0, 3, 0, 0, 0, 0], SEVEN.unique_ids)
    assert kz.getis_ord(single, SEVEN).reason == "fewer than two units have a value above 0"


@pytest.mark.filterwarnings("ignore::kz_spatial.errors.IslandWarning")
@pytest.mark.parametrize("name", ALL_GLOBAL)
def test_awkward_values_of_every_global_statistic(name):
    function = ALL_GLOBAL[name]
    constant = pd.Series(2.0, SEVEN.unique_ids)
    assert function(constant, SEVEN).reason == "the values do not vary"
    islands = graph_of({key: [] for key in "abcd"})
    assert function(pd.Series([1.0, 2, 3, 4], list("abcd")), islands).reason.startswith("0 units")
    assert "at least 3" in function(pd.Series([1.0, 2]), path_graph(2)).reason
    with pytest.raises(InputError, match="infinity for 'center'"):
        function(pd.Series([1.0, 2, np.inf, 4, 5, 6, 7], SEVEN.unique_ids), SEVEN)
    with pytest.raises(CallError, match="alternative='both'"):
        function(values_for(SEVEN), SEVEN, alternative="both")
    for values in AWKWARD.values():
        found = function(pd.Series(values, SEVEN.unique_ids), SEVEN)
        if found.reason:
            assert name == "getis_ord"
        else:
            assert 1 / 5040 <= found.p <= 1
    missing = values_for(SEVEN)
    missing["north"] = np.nan
    assert function(missing, SEVEN).n_units == function(missing.dropna(), SEVEN).n_units < 7


@settings(max_examples=6)
@given(st.permutations(range(20)))
@pytest.mark.parametrize("name", ALL_GLOBAL)
def test_the_order_of_rows_does_not_matter_to_any(name, order):
    values, function = values_for(GRAPH, seed=2), ALL_GLOBAL[name]
    one = function(values, GRAPH, n_permutations=99)
    other = function(values.iloc[order], contiguity(OBLASTS.iloc[order]), n_permutations=99)
    assert (one.statistic, one.p, one.z) == (other.statistic, other.p, other.z)


@pytest.mark.parametrize("graph", ["w.gal", None, pd.DataFrame()])
def test_what_is_no_graph_is_said_with_what_reads_one(graph):
    for function in (*ALL_GLOBAL.values(), local_moran):
        with pytest.raises(InputError, match=r"expected a libpysal Graph; kz\.as_graph reads"):
            function(values_for(SEVEN), graph)

"""The part of islands in statistics: against esda, and left out."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from helpers import graph_of
from pattern_cases import GRAPH, values_for

import kz_spatial as kz
from kz_spatial.errors import CallError, IslandWarning
from kz_spatial.neighbours import linked_units

# the oblasts, with Astana cut off from Akmola
NEAR = {
    key: [each for each in near if "KZ-71" not in (key, each)]
    for key, near in GRAPH.neighbors.items()
}
CUT = graph_of(NEAR).transform("R")
REST = graph_of({key: near for key, near in NEAR.items() if key != "KZ-71"}).transform("R")
VALUES = values_for(GRAPH, seed=5)
GLOBAL = {
    "moran": kz.moran,
    "geary": kz.geary,
    "getis_ord": kz.getis_ord,
    "bivariate": lambda values, graph, **asked: kz.bivariate_moran(
        values, values**2, graph, **asked
    ),
}


def esda_of(name):
    import esda

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name == "moran":
            return esda.Moran(VALUES, CUT, permutations=0).I
        if name == "geary":
            return esda.Geary(VALUES, CUT.to_W(), permutations=0).C  # a Graph with islands fails
        if name == "getis_ord":
            return esda.G(VALUES, CUT.transform("B"), permutations=0).G
        # esda leaves out n / S0, of which one row here is nought
        both = esda.Moran_BV(VALUES, VALUES**2, CUT, permutations=0).I
        return both * 20 / 19


@pytest.mark.parametrize("name", GLOBAL)
def test_zero_counts_islands_as_esda_does(name):
    said = r"for KZ-71: counted in n, mean and variance, with a lag of zero \(islands='zero'\)"
    with pytest.warns(IslandWarning, match=said):
        found = GLOBAL[name](VALUES, CUT, islands="zero", n_permutations=99)
    assert found.n_units == 20
    assert found.statistic == pytest.approx(esda_of(name), rel=1e-10)


@pytest.mark.parametrize("name", GLOBAL)
def test_drop_is_the_default_and_leaves_islands_out(name):
    said = r"for KZ-71: left out of n, mean and variance \(islands='drop'\)"
    with pytest.warns(IslandWarning, match=said):
        found = GLOBAL[name](VALUES, CUT, n_permutations=99)
    expected = GLOBAL[name](VALUES.drop("KZ-71"), REST, n_permutations=99)
    assert found.n_units == 19
    assert (found.statistic, found.p, found.z) == (expected.statistic, expected.p, expected.z)
    with pytest.warns(IslandWarning):
        counted = GLOBAL[name](VALUES, CUT, islands="zero", n_permutations=99)
    assert counted.statistic != pytest.approx(found.statistic, rel=1e-3)


def test_local_moran_with_islands_counted_is_esda_s():
    import esda

    with pytest.warns(IslandWarning):
        frame = kz.local_moran(VALUES, CUT, islands="zero").frame
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = esda.Moran_Local(VALUES, CUT, permutations=0).Is
    expected = pd.Series(theirs, VALUES.index).drop("KZ-71")
    np.testing.assert_allclose(frame["statistic"].drop("KZ-71"), expected, rtol=1e-10)
    assert frame.loc["KZ-71", ["label", "method", "n_arrangements"]].tolist() == [
        "island",
        "inapplicable",
        0,
    ]
    assert frame.loc["KZ-71", ["statistic", "p", "p_fdr", "quadrant"]].isna().all()
    # of 20 units every other has 19 others, and Almaty one neighbour among them
    assert frame.loc["KZ-75", "n_arrangements"] == 19
    with pytest.warns(IslandWarning):
        assert kz.local_moran(VALUES, CUT).frame.loc["KZ-75", "n_arrangements"] == 18


@pytest.mark.filterwarnings("ignore:The weights matrix is not fully connected")
def test_many_units_with_an_island_counted_agree_with_esda():
    import esda

    near = {i: [j for j in (i - 1, i + 1) if 0 <= j < 600] for i in range(600)} | {600: []}
    graph = graph_of(near).transform("R")
    values = pd.Series(np.random.default_rng(1).normal(size=601), range(601))
    with pytest.warns(IslandWarning):
        found = kz.moran(values, graph, islands="zero", n_permutations=99)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = esda.Moran(values, graph, permutations=0)
    assert found.statistic == pytest.approx(theirs.I, rel=1e-10)
    assert found.n_units == 601
    assert abs(found.z) < 4


def test_a_withheld_neighbour_makes_an_island_that_is_said():
    values = VALUES.copy()
    values["KZ-11"] = np.nan
    with pytest.warns(IslandWarning, match="no neighbour with a value for KZ-71: left out"):
        assert kz.moran(values, GRAPH, n_permutations=9).n_units == 18


def test_no_island_is_no_warning_and_other_words_are_refused():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one, other = (
            kz.moran(VALUES, GRAPH, islands=each, n_permutations=9) for each in ("drop", "zero")
        )
    assert (one.statistic, one.p) == (other.statistic, other.p)
    for function in (*GLOBAL.values(), kz.local_moran):
        with pytest.raises(CallError, match="islands='keep': expected one of 'drop', 'zero'"):
            function(VALUES, GRAPH, islands="keep")


def test_units_that_are_named_alone_do_not_cascade():
    # 0 names 1, 1 names 2, 2 names 3; 4 has nobody
    W = np.eye(5, k=1)
    W[3] = 0
    use, among = linked_units(W, np.ones(5, dtype=bool))
    assert use.tolist() == [True, True, True, True, False]
    np.testing.assert_array_equal(among, W[:4, :4])
    # without a value, 2 takes the one link of 3 and of 1 with it; 0 and 1 have theirs still
    use, among = linked_units(W, np.array([True, True, False, True, True]))
    assert use.tolist() == [True, True, False, False, False]
    np.testing.assert_array_equal(among, [[0, 1], [0, 0]])
    use, _ = linked_units(W, np.ones(5, dtype=bool), islands="zero")
    assert use.all()

"""Local G, Geary and Lee, join counts and correlograms against spdep and esda.

References of spdep 1.2-7 are in tests/reference/local_statistics.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from helpers import ROOT

import kz_spatial as kz
from kz_spatial.errors import IslandWarning

HERE = ROOT / "tests" / "reference"
FOUND = pd.read_csv(HERE / "local_statistics" / "reference.csv", keep_default_na=False)
UNITS = {
    case: pd.read_csv(HERE / "autocorrelation" / f"{case}_units.csv", index_col=0)
    for case in ("oblast", "composite")
}
AREAS = {"oblast": kz.oblasts(detail="light"), "composite": kz.composites(detail="light")}
ROWS = {case: kz.contiguity(areas) for case, areas in AREAS.items()}
GRAPHS = {case: {"R": graph, "B": graph.transform("B")} for case, graph in ROWS.items()}
N_SIM = 19_999
# spdep prints 15 digits of sums of at most 140 products
CLOSE = {"rtol": 1e-11, "atol": 1e-12}
CASES = pytest.mark.parametrize("case", UNITS)
VARIABLES = pytest.mark.parametrize("variable", ["x", "y", "z"])


def reference(case, quantity, variable):
    rows = FOUND.query("case == @case and quantity == @quantity and variable == @variable")
    assert len(rows)
    return rows.set_index("unit")["value"].astype(float)


def binary(case, variable):
    values = UNITS[case][variable]
    return values > values.median()


def esda_of(make):
    """What esda gives, without what it announces."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make()


def four_errors(p, n=N_SIM):
    """4.2 standard errors of a Monte Carlo share, for some sixty of them, and the draw counted in.

    That keeps the chance of any alarm at that of one comparison at 2.7 or so.
    """
    return 4.2 * np.sqrt(p * (1 - p) / n) + 1.5 / n


def far_share(draws, observed, centre):
    """Two-sided share of random draws, each unit's in a column, about its exact centre."""
    away, far = np.abs(draws - centre), np.abs(observed - centre)
    return (away >= far - 1e-10 * np.maximum(away.max(axis=0), far)).mean(axis=0)


@CASES
@VARIABLES
@pytest.mark.parametrize("transform", ["R", "B"])
@pytest.mark.parametrize("star", [True, False])
def test_z_of_g_agrees_with_spdep(case, variable, transform, star):
    found = kz.local_g(UNITS[case][variable], GRAPHS[case][transform], star=star)
    name = f"g{'star' if star else ''}_{transform}"
    expected = reference(case, name, variable).reindex(found.frame.index)
    np.testing.assert_allclose(found.frame["z"], expected, **CLOSE)


@CASES
@pytest.mark.parametrize("transform", ["R", "B"])
@pytest.mark.parametrize("star", [True, False])
def test_g_agrees_with_esda(case, transform, star):
    import esda

    graph, values = GRAPHS[case][transform], UNITS[case]["y"]
    theirs = esda_of(
        lambda: esda.G_Local(
            values.loc[graph.unique_ids].to_numpy(),
            graph,
            transform=transform,
            permutations=0,
            star=star,
        )
    )
    frame = kz.local_g(values, graph, star=star).frame.loc[graph.unique_ids]
    np.testing.assert_allclose(frame["statistic"], theirs.Gs, **CLOSE)
    np.testing.assert_allclose(frame["expected"], theirs.EGs, **CLOSE)
    if transform == "B":
        np.testing.assert_allclose(frame["z"], theirs.Zs, rtol=1e-9, atol=1e-9)
    else:  # esda has sums of weights where those of their squares belong
        several = graph.cardinalities > 1
        assert (np.abs(frame["z"]) > np.abs(theirs.Zs))[several.to_numpy()].all()


@CASES
@pytest.mark.parametrize("star", [True, False])
def test_p_of_g_is_what_esda_draws(case, star):
    import esda

    graph, values = GRAPHS[case]["B"], UNITS[case]["y"].loc[ROWS[case].unique_ids]
    theirs = esda_of(
        lambda: esda.G_Local(
            values.to_numpy(),
            graph,
            transform="B",
            permutations=N_SIM,
            star=star,
            seed=3,
            keep_simulations=True,
        )
    )
    frame = kz.local_g(values, graph, star=star).frame
    assert set(frame["method"]) == {"exact"}
    k, own = graph.cardinalities.to_numpy(), values.to_numpy()
    mean = (own.sum() - own) / (graph.n - 1)
    centre = (k * mean + star * own) / (own.sum() - (not star) * own)
    drawn = far_share(theirs.sim, theirs.Gs, centre)
    assert (np.abs(drawn - frame["p"]) < four_errors(frame["p"])).all()


@CASES
@VARIABLES
def test_bivariate_local_moran_agrees_with_esda(case, variable):
    import esda

    graph = ROWS[case]
    x, y = (UNITS[case].loc[graph.unique_ids, each] for each in ("x", variable))
    theirs = esda_of(lambda: esda.Moran_Local_BV(x, y, graph, permutations=N_SIM, seed=1))
    frame = kz.bivariate_local_moran(x, y, graph).frame
    np.testing.assert_allclose(frame["statistic"], theirs.Is, **CLOSE)
    names = {1: "High-High", 2: "Low-High", 3: "Low-Low", 4: "High-Low"}
    assert frame["quadrant"].tolist() == [names[each] for each in theirs.q]
    assert len(set(frame["quadrant"])) >= 3
    zx, zy = theirs.zx, theirs.zy
    centre = (graph.n - 1) / graph.n * zx * -zy / (graph.n - 1)
    drawn = far_share(theirs.sim, theirs.Is, centre)
    assert (np.abs(drawn - frame["p"]) < four_errors(frame["p"])).all()


@CASES
@VARIABLES
def test_local_geary_agrees_with_spdep_and_esda(case, variable):
    from esda import Geary_Local

    graph, values = ROWS[case], UNITS[case][variable].loc[ROWS[case].unique_ids]
    frame = kz.local_geary(values, graph).frame
    n = len(values)
    # spdep has the variance of n - 1
    spdep = reference(case, "geary", variable).reindex(frame.index)
    np.testing.assert_allclose(frame["statistic"] * (n - 1) / n, spdep, **CLOSE)
    theirs = esda_of(lambda: Geary_Local(graph, permutations=0).fit(values.to_numpy()))
    np.testing.assert_allclose(frame["statistic"], theirs.localG, **CLOSE)


@CASES
@pytest.mark.parametrize("names", ["xy", "xyz"])
def test_multivariate_local_geary_agrees_with_spdep_and_esda(case, names):
    from esda import Geary_Local_MV

    graph, units = ROWS[case], UNITS[case].loc[ROWS[case].unique_ids]
    frame = kz.local_geary(units[list(names)], graph).frame
    n = len(units)
    spdep = reference(case, f"geary_{names}", names).reindex(frame.index)
    np.testing.assert_allclose(frame["statistic"] * (n - 1) / n, spdep, **CLOSE)
    columns = [units[each].to_numpy() for each in names]
    np.random.seed(4)  # noqa: NPY002  (esda draws from it)
    theirs = esda_of(lambda: Geary_Local_MV(graph, permutations=9_999).fit(columns))
    np.testing.assert_allclose(frame["statistic"], theirs.localG, **CLOSE)
    drawn = far_share(theirs.Gs.T, theirs.localG, frame["expected"].to_numpy())
    assert (np.abs(drawn - frame["p"]) < four_errors(frame["p"], 9_999)).all()


@CASES
@pytest.mark.parametrize("variable", ["y", "z"])
@pytest.mark.parametrize(("transform", "style"), [("R", "W"), ("B", "B")])
@pytest.mark.parametrize("star", [True, False])
def test_lee_agrees_with_spdep(case, variable, transform, style, star):
    graph, pair = GRAPHS[case][transform], f"x{variable}"
    x, y = UNITS[case]["x"], UNITS[case][variable]
    name = "lee_star" if star else "lee"
    found = kz.lee(x, y, graph, star=star, n_permutations=9)
    expected = reference(case, f"{name}_{style}", pair).item()
    assert found.statistic == pytest.approx(expected, rel=1e-11)
    frame = kz.local_lee(x, y, graph, star=star, n_permutations=9).frame
    local = reference(case, f"{name}_local_{style}", pair).reindex(frame.index)
    np.testing.assert_allclose(frame["statistic"], local, **CLOSE)
    assert set(frame["method"]) == {"exact"}


@CASES
@pytest.mark.parametrize("variable", ["y", "z"])
def test_the_mean_of_lee_agrees_with_spdep(case, variable):
    """Its variance does not: `test_lee_by_brute_force` sets ours beside all arrangements."""
    found = kz.lee(UNITS[case]["x"], UNITS[case][variable], ROWS[case], n_permutations=9)
    expected = reference(case, "lee_expected", f"x{variable}").item()
    assert found.expected == pytest.approx(expected, rel=1e-11)


@CASES
def test_lee_agrees_with_esda(case):
    from esda import Spatial_Pearson, Spatial_Pearson_Local

    graph = ROWS[case]
    x, y = (UNITS[case].loc[graph.unique_ids, each].to_numpy()[:, None] for each in "xz")
    np.random.seed(7)  # noqa: NPY002
    theirs = Spatial_Pearson(graph.sparse.tocsr(), permutations=9_999).fit(x, y)
    named = [UNITS[case][each] for each in "xz"]
    found = kz.lee(*named, graph)
    assert found.statistic == pytest.approx(theirs.association_[0, 1], rel=1e-10)
    draws = theirs.reference_distribution_[:, 0, 1]
    p = far_share(draws[:, None], found.statistic, found.expected)[0]
    assert abs(p - found.p) < 4 * np.sqrt(2 * p * (1 - p) / 9_999) + 2 / 9_999
    frame = kz.local_lee(*named, graph).frame.loc[graph.unique_ids]
    local = Spatial_Pearson_Local(graph.sparse.tocsr(), permutations=9_999).fit(x, y)
    np.testing.assert_allclose(frame["statistic"], np.ravel(local.associations_), rtol=1e-10)
    drawn = far_share(
        local.reference_distribution_, frame["statistic"].to_numpy(), frame["expected"].to_numpy()
    )
    assert (np.abs(drawn - frame["p"]) < four_errors(frame["p"], 9_999)).all()


@CASES
@VARIABLES
def test_join_counts_agree_with_spdep(case, variable):
    found = kz.join_counts(binary(case, variable), ROWS[case])
    assert found.method == "exact"
    frame = found.frame.rename({"BB": "B:B", "WW": "W:W", "BW": "B:W"})
    for column, name in (("statistic", "joins"), ("expected", "joins_expected")):
        expected = reference(case, name, variable).reindex(frame.index)
        np.testing.assert_allclose(frame[column], expected, rtol=1e-12)
    # over all arrangements the variance is that of the formula
    expected = reference(case, "joins_z", variable).reindex(frame.index)
    np.testing.assert_allclose(frame["z"], expected, rtol=1e-10)


@CASES
@VARIABLES
def test_join_counts_agree_with_esda(case, variable):
    from esda import Join_Counts, Join_Counts_Local

    graph = GRAPHS[case]["B"]
    values = binary(case, variable).loc[graph.unique_ids].astype(float)
    # its random arrangements take minutes; spdep's moments and brute force are beside ours
    theirs = esda_of(lambda: Join_Counts(values.to_numpy(), graph.to_W(), permutations=0))
    found = kz.join_counts(values, graph).frame
    assert found["statistic"].tolist() == [theirs.bb, theirs.ww, theirs.bw]
    local = esda_of(lambda: Join_Counts_Local(graph, permutations=0).fit(values.to_numpy()))
    frame = kz.local_join_counts(values, graph).frame
    ones = values == 1
    assert frame.loc[ones, "statistic"].tolist() == local.LJC[ones].tolist()
    assert (frame.loc[~ones, "label"] == "not counted").all()


@CASES
@VARIABLES
@pytest.mark.parametrize(("transform", "style"), [("R", "W"), ("B", "B")])
def test_correlograms_agree_with_spdep(case, variable, transform, style):
    orders = 4 if case == "oblast" else 2
    with warnings.catch_warnings():
        warnings.simplefilter("error", IslandWarning)  # of higher orders a column tells
        found = kz.correlogram(
            UNITS[case][variable], GRAPHS[case][transform], orders=orders, n_permutations=9_999
        )
    frame = found.frame
    links = reference(case, "order_links", variable)
    assert (2 * frame["n_pairs"]).tolist() == links.tolist()
    whole = frame["n_alone"] == 0
    assert whole.sum() >= 2
    names = ("", "expected_", "variance_")
    statistic, expected, variance = (
        reference(case, f"order_{each}{style}", variable).to_numpy()[whole] for each in names
    )
    np.testing.assert_allclose(frame.loc[whole, "statistic"], statistic, **CLOSE)
    np.testing.assert_allclose(frame.loc[whole, "expected"], expected, **CLOSE)
    z = (statistic - expected) / np.sqrt(variance)
    tolerance = 1e-9 if case == "composite" else 0.05
    np.testing.assert_allclose(frame.loc[whole, "z"], z, rtol=tolerance, atol=tolerance)

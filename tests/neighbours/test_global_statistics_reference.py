"""Statistics of pattern against R's spdep (tests/reference/autocorrelation) and statsmodels."""

import warnings
from itertools import product

import numpy as np
import pandas as pd
import pygeoda
import pytest
from helpers import ROOT
from statsmodels.stats.meta_analysis import combine_effects

import kz_spatial as kz

HERE = ROOT / "tests" / "reference" / "autocorrelation"
FOUND = pd.read_csv(HERE / "reference.csv", keep_default_na=False)
UNITS = {
    case: pd.read_csv(HERE / f"{case}_units.csv", index_col=0) for case in ("oblast", "composite")
}
AREAS = {"oblast": kz.oblasts(detail="light"), "composite": kz.composites(detail="light")}
GRAPHS = {case: kz.contiguity(areas) for case, areas in AREAS.items()}
N_SIM = 99_999
# spdep prints 15 digits of sums of at most 140 products
CLOSE = {"rel": 1e-12, "abs": 1e-12}


def reference(case, quantity, variable):
    rows = FOUND.query("case == @case and quantity == @quantity and variable == @variable")
    return rows.set_index("unit")["value"].astype(float)


def three_errors(p, n):
    """Three standard errors of a Monte Carlo share, and one for the draw that is counted in."""
    return 3 * np.sqrt(p * (1 - p) / n) + 1 / n


@pytest.mark.parametrize("case", UNITS)
@pytest.mark.parametrize("variable", ["x", "y", "z"])
def test_global_statistics_agree_with_spdep(case, variable):
    values, graph = UNITS[case][variable], GRAPHS[case]
    for name in ("moran", "geary", "getis_ord"):
        found = getattr(kz, name)(values, graph)
        assert found.statistic == pytest.approx(reference(case, name, variable).item(), **CLOSE)
        expected = reference(case, f"{name}_expected", variable).item()
        assert found.expected == pytest.approx(expected, **CLOSE)
    if case == "composite":  # over all arrangements, the moments under randomisation are exact
        spread = np.sqrt(reference(case, "moran_variance", variable).item())
        found = kz.moran(values, graph)
        assert found.z == pytest.approx((found.statistic - found.expected) / spread, rel=1e-10)


@pytest.mark.parametrize("case", UNITS)
def test_bivariate_and_empirical_bayes_moran_agree_with_spdep(case):
    units, graph = UNITS[case], GRAPHS[case]
    both = kz.bivariate_moran(units["x"], units["y"], graph).statistic
    assert both == pytest.approx(reference(case, "bivariate", "x").item(), **CLOSE)
    z = kz.empirical_bayes_rates(units["events"], units["base"])
    found = kz.moran(z, graph).statistic
    assert found == pytest.approx(reference(case, "empirical_bayes", "events").item(), **CLOSE)


@pytest.mark.parametrize(("stretch", "apart"), [(0.2, False), (1.0, True), (4.0, True)])
def test_means_of_unequal_n_agree_with_a_random_effects_meta_analysis(stretch, apart):
    table = kz.aggregate(kz.load_twin(), by="oblast")
    mean, deviation, n = (table[f"epayment_share_{part}"] for part in ("mean", "sd", "n"))
    mean = mean.mean() + stretch * (mean - mean.mean())
    within = ((n - 1) * deviation**2).sum() / (n.sum() - len(n))
    theirs = combine_effects(mean.to_numpy(), (within / n).to_numpy(), method_re="chi2")
    assert (theirs.tau2 > 0) == apart
    overall = theirs.mean_effect_re if apart else theirs.mean_effect_fe
    expected = (mean - overall) / np.sqrt(max(theirs.tau2, 0) + within / n)
    z = kz.empirical_bayes_means(mean, deviation, n)
    np.testing.assert_allclose(z, expected, rtol=1e-10)


def test_rates_agree_with_esda():
    from esda.smoothing import assuncao_rate

    units = UNITS["oblast"]
    # rates that differ by more than chance; below that esda keeps a negative variance, spdep 0
    events = units["events"] + np.arange(len(units))
    found = kz.empirical_bayes_rates(events, units["base"])
    theirs = assuncao_rate(events.to_numpy(), units["base"].to_numpy())
    np.testing.assert_allclose(found, theirs, rtol=1e-12)


@pytest.mark.parametrize("case", UNITS)
@pytest.mark.parametrize("variable", ["x", "y", "z"])
def test_local_statistics_agree_with_spdep(case, variable):
    frame = kz.local_moran(UNITS[case][variable], GRAPHS[case]).frame
    local = reference(case, "local", variable).reindex(frame.index)
    np.testing.assert_allclose(frame["statistic"], local, rtol=0, atol=1e-12)
    for quadrant, rows in frame.groupby("quadrant"):
        assert set(reference(case, f"quadrant_{quadrant}", variable).index) == set(rows.index)


def fold(share):
    return np.minimum(share, 1 - share)


def counted(values, graph):
    """`drawn_as` bounds from our own exact p: the share of neighbour sets that reach a unit's I,
    with those that tie with it and without them."""
    sides = {
        side: kz.local_moran(values, graph, alternative=side).frame for side in ("greater", "less")
    }
    assert set(sides["less"]["method"]) == {"exact"}
    return sides["greater"]["p"], 1 - sides["less"]["p"]


def enumerated(values, graph, unit, draw):
    """The same of one unit from a list of ordered draws, each with its chance."""
    z = values - values.mean()
    near = list(graph[unit].index)
    sums, chances = draw(z.drop(unit), len(near))
    beyond = z[unit] * (sums - z[near].sum())
    return chances[beyond >= -1e-9].sum(), chances[beyond > 1e-9].sum()


def drawn_as(drawn, with_ties, without_ties):
    """Whether a folded Monte Carlo share is one of the distribution whose shares are given.

    A draw that ties with what is observed counts or not as rounding decides, so the share lies
    between both. With some sixty comparisons a test, 4.1 standard errors keep the chance of any
    alarm at that of one comparison at three.
    """
    ends = fold(with_ties), fold(without_ties)
    low, high = np.minimum(*ends), np.maximum(*ends)
    # a fold may lie between the ends
    high = np.where((with_ties - 0.5) * (without_ties - 0.5) < 0, 0.5, high)
    room = 4.1 / 3 * three_errors(np.clip(drawn, 1 / N_SIM, 0.5), N_SIM)
    return (drawn >= low - room) & (drawn <= high + room)


def with_replacement(others, k):
    """Every neighbour drawn from all other units, whoever was drawn before."""
    drawn = np.array(list(product(others.to_numpy(), repeat=k)))
    return drawn.sum(axis=1), np.full(len(drawn), 1 / len(drawn))


def half_at_the_ends(order):
    """One neighbour drawn, the file's first and last unit half as often as others."""

    def draw(others, k):
        assert k == 1
        weight = np.where(others.index.isin([order[0], order[-1]]), 0.5, 1.0)
        return others.to_numpy(), weight / weight.sum()

    return draw


def few_neighbours(case, most):
    graph = GRAPHS[case]
    return [unit for unit in graph.unique_ids if graph.cardinalities[unit] <= most]


@pytest.mark.parametrize("case", UNITS)
@pytest.mark.parametrize("variable", ["x", "y", "z"])
def test_spdep_draws_neighbours_with_replacement(case, variable):
    """`localmoran_perm` of spdep 1.2-7: against all draws with replacement, for up to 3 of them.

    With one neighbour that is the conditional distribution, which we count.
    """
    values, graph = UNITS[case][variable], GRAPHS[case]
    ours = counted(values, graph)
    drawn = reference(case, "p_folded", variable)
    for unit in few_neighbours(case, 3):
        shares = enumerated(values, graph, unit, with_replacement)
        assert drawn_as(drawn[unit], *shares), unit
        if graph.cardinalities[unit] == 1:
            assert shares == pytest.approx([each[unit] for each in ours], abs=1e-12)


@pytest.mark.parametrize("variable", ["x", "y", "z"])
def test_esda_draws_what_we_count(variable):
    import esda

    values, graph = UNITS["oblast"][variable], GRAPHS["oblast"]
    values = values.loc[graph.unique_ids]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # esda announces another default alternative
        theirs = esda.Moran_Local(values, graph, permutations=N_SIM, seed=2)
    frame = kz.local_moran(values, graph).frame
    np.testing.assert_allclose(frame["statistic"], theirs.Is, rtol=0, atol=1e-10)
    assert drawn_as(theirs.p_sim, *counted(values, graph)).all()


def test_esda_draws_what_we_draw_where_units_are_many():
    """Its engine's draws, with p taken as ours are: 144 cells at once, each by other draws."""
    import esda
    from libpysal.graph import Graph
    from libpysal.weights import lat2W

    graph = Graph.from_W(lat2W(12, 12, rook=False)).transform("R")
    values = pd.Series(np.random.default_rng(8).normal(size=144), graph.unique_ids)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # esda announces another default alternative
        theirs = esda.Moran_Local(values, graph, permutations=N_SIM, seed=2)
    frame = kz.local_moran(values, graph, n_permutations=N_SIM).frame
    np.testing.assert_allclose(frame["statistic"], theirs.Is, rtol=0, atol=1e-10)
    assert (frame["method"] == "monte-carlo").sum() == 140  # three neighbours can be counted
    others = -theirs.z / (graph.n - 1)  # the mean of all values but one's own
    centre = (graph.n - 1) * theirs.z * others / theirs.den
    far = np.abs(theirs.rlisas - centre[:, None]) >= np.abs(theirs.Is - centre)[:, None] - 1e-12
    p = (far.sum(axis=1) + 1) / (N_SIM + 1)
    error = np.sqrt(2 * p * (1 - p) / N_SIM)
    # 4.5 standard errors keep the chance of any alarm among 144 below a thousandth
    assert (np.abs(frame["p"] - p) < 4.5 * error + 1 / N_SIM).all()


@pytest.mark.parametrize("variable", ["x", "y", "z"])
def test_geoda_draws_the_ends_of_the_file_half_as_often(variable, tmp_path):
    """pygeoda 0.1.3: against all draws with those chances, for units with one neighbour."""
    path = tmp_path / "areas.shp"
    AREAS["oblast"][["kato", "geometry"]].to_file(path, index=False)
    values, graph = UNITS["oblast"][variable].loc[AREAS["oblast"].index], GRAPHS["oblast"]
    theirs = pygeoda.local_moran(
        pygeoda.queen_weights(pygeoda.open(str(path))),
        values.tolist(),
        permutations=N_SIM,
        seed=2,
        significance_cutoff=1.0,
    )
    frame = kz.local_moran(values, graph, alternative="greater").frame
    np.testing.assert_allclose(frame["statistic"], theirs.lisa_values(), rtol=0, atol=1e-10)
    drawn = pd.Series(theirs.lisa_pvalues(), values.index)
    draw = half_at_the_ends(list(values.index))
    for unit in few_neighbours("oblast", 1):
        assert drawn_as(drawn[unit], *enumerated(values, graph, unit, draw)), unit


def test_the_comparison_of_shares_sees_a_wrong_distribution():
    values, graph = UNITS["oblast"]["x"], GRAPHS["oblast"]
    drawn = reference("oblast", "p_folded", "x")
    exact = counted(values, graph)
    # with replacement is not what we count, where a unit has several neighbours
    several = [u for u in graph.unique_ids if graph.cardinalities[u] >= 4]
    seen = [bool(drawn_as(drawn[u], exact[0][u], exact[1][u])) for u in several]
    assert seen.count(False) > len(several) / 2

"""Romano and Wolf's step-down against pyfixest, Holm by hand, and the simulated family error."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kz_spatial as kz
from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.regression import bootstrap_t, cluster_moments, cluster_weights, fixed_effects
from kz_spatial.robustness.several_outcomes import step_down

REFERENCE = Path(__file__).parents[1] / "reference" / "romano_wolf"


def _made(seed=1, *, G=7, n=15, effects=(0, 0, 0, 0, 0), common=0.7):
    """Outcomes of one draw, alike by `common`, of firms in G regions."""
    rng = np.random.default_rng(seed)
    regions = np.repeat(np.arange(G), n)
    size, k = len(regions), len(effects)
    x = rng.normal(size=size) + rng.normal(size=G)[regions]
    shared = rng.normal(size=size) + rng.normal(size=G)[regions] * x
    own = rng.normal(size=(size, k))
    Y = np.sqrt(common) * shared[:, None] + np.sqrt(1 - common) * own + x[:, None] * effects
    table = pd.DataFrame(Y, columns=[f"y{i + 1}" for i in range(k)])
    return table.assign(x=x, z=rng.normal(size=size), g=regions)


def _fits(table, more=""):
    outcomes = [each for each in table if each.startswith("y")]
    return {y: fixed_effects(f"{y} ~ x{more} | g", table, cluster="g") for y in outcomes}


@pytest.mark.parametrize("seed", range(5))
def test_step_down_is_that_of_pyfixest(seed):
    from pyfixest.estimation.post_estimation.multcomp import _get_rwolf_pval

    rng = np.random.default_rng(seed)
    t = np.abs(rng.normal(1.5, 1, 6))
    drawn = np.abs(rng.standard_t(6, (999, 6)))
    np.testing.assert_allclose(
        step_down(t, drawn, exact=False), _get_rwolf_pval(t, drawn), rtol=1e-12
    )


def test_the_family_is_that_of_pyfixest():
    """Every sign vector: pyfixest counts the data's own once more, and ties as rounding has it."""
    import pyfixest as pf

    table = _made(3, effects=(1.5, 1.0, 0.5, 0.0, 0.0))
    ours = kz.romano_wolf(_fits(table), "x").frame
    fits = [pf.feols(f"{y} ~ x | g", table, vcov={"CRV1": "g"}) for y in _fits(table)]
    with pytest.warns(UserWarning, match="full_enumeration"):
        theirs = pf.rwolf(fits, "x", reps=999, seed=1)
    # pyfixest counts absorbed effects that are nested in clusters as no parameters
    ratio = ours["t"].to_numpy() / theirs.loc["t value"].to_numpy(dtype=float)
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-9)
    np.testing.assert_allclose(
        ours["p_romano_wolf"], theirs.loc["RW Pr(>|t|)"].to_numpy(dtype=float), atol=3 / 128
    )


def test_single_p_values_are_those_of_the_wild_bootstrap():
    fits = _fits(_made(2, effects=(0.6, 0.2, 0, 0, 0)), " + z")
    found = kz.romano_wolf(fits)
    for (outcome, term), row in found.frame.iterrows():
        assert row["p"] == fits[outcome].wild(term).p
        assert row["t"] == pytest.approx(fits[outcome].table("crv1").loc[term, "t"], rel=1e-9)
    assert len(found.frame) == 10
    assert (found.n_draws, found.exact, found.seed) == (128, True, None)


def test_draws_are_common_to_outcomes():
    """An outcome beside itself costs nothing; independent draws would raise its p."""
    table = _made(4, effects=(0.8,))
    fits = _fits(table.assign(y2=table["y1"], y3=3 * table["y1"] + 1))
    found = kz.romano_wolf(fits, "x").frame
    assert found["p_romano_wolf"].tolist() == [found["p"].iloc[0]] * 3
    assert found["p_holm"].iloc[0] == min(1, 3 * found["p"].iloc[0])


def test_holm_by_hand():
    fits = _fits(_made(5, effects=(2.0, 1.0, 0.4, 0.0, 0.0)))
    found = kz.romano_wolf(fits, "x").frame
    p = np.sort(found["p"].to_numpy())
    by_hand = np.minimum(1, np.maximum.accumulate(p * (5 - np.arange(5))))
    assert found.sort_values("p")["p_holm"].tolist() == pytest.approx(by_hand)
    assert found["p_bonferroni"].tolist() == pytest.approx(np.minimum(1, 5 * found["p"]))


def test_what_seven_clusters_can_reach():
    found = kz.romano_wolf(_fits(_made(6, effects=(9, 9, 9, 9, 9), common=0.1)), "x")
    assert found.p_min == 2 / 128
    assert found.p_min_holm == 10 / 128  # above 5 %: Holm can find nothing among five
    assert (found.frame["p_romano_wolf"] == found.p_min).all()
    assert found.frame["p_holm"].min() == found.p_min_holm


def test_p_values_never_fall_in_the_order_of_t_nor_below_single_ones():
    for seed in range(8):
        found = kz.romano_wolf(_fits(_made(seed, effects=(1, 0.7, 0.3, 0, 0))), "x").frame
        ordered = found.assign(size=found["t"].abs()).sort_values("size", ascending=False)
        assert ordered["p_romano_wolf"].is_monotonic_increasing
        assert (found["p_romano_wolf"] >= found["p"] - 1e-12).all()


def test_fits_of_other_clusters_are_aligned_by_name():
    """An outcome that one region lacks takes part with the others' weights."""
    table = _made(7, effects=(0.9, 0.9))
    table.loc[table["g"] == 0, "y2"] = np.nan
    fits = _fits(table)
    found = kz.romano_wolf(fits, "x")
    assert found.n_draws == 128
    moments = cluster_moments(fits["y2"].model)
    V = cluster_weights(7, "rademacher", n_draws=9, seed=1)[0][:, 1:]
    t, drawn = bootstrap_t(moments, 0, V)
    assert found.frame.loc[("y2", "x"), "p"] == np.mean(drawn >= t * (1 - 1e-9))


@pytest.mark.parametrize("seed", range(4))
def test_each_region_has_one_weight_for_all_outcomes(seed):
    """The joint distribution with a region missing from one outcome, drawn by hand."""
    table = _made(seed, effects=(0.9, 0.7), common=0.9)
    table.loc[table["g"] == 0, "y2"] = np.nan
    fits = _fits(table)
    V = cluster_weights(7, "rademacher", n_draws=9, seed=1)[0]
    t, drawn = np.empty(2), np.empty((64, 2))
    for j, own in enumerate((V, V[:, 1:])):
        fit = list(fits.values())[j]
        plain, columns = bootstrap_t(cluster_moments(fit.model), 0, own)
        t[j] = abs(fit.table("crv1").loc["x", "t"])
        drawn[:, j] = columns * t[j] / plain
    first = int(t.argmax())
    expected = np.empty(2)
    expected[first] = np.mean(drawn.max(axis=1) >= t[first] * (1 - 1e-9))
    alone = np.mean(drawn[:, 1 - first] >= t[1 - first] * (1 - 1e-9))
    expected[1 - first] = max(expected[first], alone)
    found = kz.romano_wolf(fits, "x").frame["p_romano_wolf"]
    assert found.tolist() == pytest.approx(expected)


def test_scales_of_fits_do_not_meet():
    """Of two fits with other degrees of freedom, each |t| is Stata's."""
    table = _made(8, effects=(0.5, 0.5))
    fits = {"a": _fits(table)["y1"], "b": fixed_effects("y2 ~ x + z + C(g)", table, cluster="g")}
    found = kz.romano_wolf(fits, "x").frame
    for name in fits:
        expected = fits[name].table("crv1").loc["x", "t"]
        assert found.loc[(name, "x"), "t"] == pytest.approx(expected, rel=1e-9)


def test_more_clusters_are_drawn_with_a_seed():
    table = _made(9, G=25, n=5, effects=(0.3, 0))
    one, two = (kz.romano_wolf(_fits(table), "x", n_draws=499, seed=s) for s in (1, 1))
    assert one.frame.equals(two.frame)
    assert (one.exact, one.n_draws, one.seed, one.p_min) == (False, 499, 1, 1 / 500)
    assert not one.frame.equals(kz.romano_wolf(_fits(table), "x", n_draws=499, seed=2).frame)


def test_a_term_of_one_region_has_a_reason_and_no_p():
    table = _made(10, effects=(0.3, 0)).assign(w=lambda t: (t["g"] == 2) * t["z"])
    fits = {"y1": fixed_effects("y1 ~ x + w | g", table, cluster="g"), "y2": _fits(table)["y2"]}
    found = kz.romano_wolf(fits).frame
    assert "without one of the clusters" in found.loc[("y1", "w"), "reason"]
    assert np.isnan(found.loc[("y1", "w"), "p_romano_wolf"])
    # and it does not count for Holm
    rest = found.drop(("y1", "w"))
    assert rest["p_bonferroni"].tolist() == pytest.approx(np.minimum(1, 2 * rest["p"]))


def test_the_simulated_family_error_is_kept():
    """Stored by simulation.py: shares of 2,000 families with any rejection, no effect at all."""
    stored = pd.read_csv(REFERENCE / "simulation.csv").set_index(["case", "method"])["share"]
    error = np.sqrt(0.05 * 0.95 / 2000)
    for case in ("alike", "independent"):
        assert stored[case, "p"] > 0.05 + 4 * error
        assert stored[case, "p_romano_wolf"] < 0.05 + 3 * error
        assert stored[case, "p_holm"] == 0  # cannot reach 5 % with seven clusters


def test_a_part_of_the_simulation_comes_out_as_stored():
    stored = pd.read_csv(REFERENCE / "first.csv")
    for row in stored.head(8).itertuples():
        found = kz.romano_wolf(_fits(_made(row.seed, common=0.7)), "x").frame
        assert found["p_romano_wolf"].min() == pytest.approx(row.p_romano_wolf)


def test_faults_are_named():
    table = _made(11)
    fits = _fits(table)
    with pytest.raises(CallError, match="found no clusters"):
        kz.romano_wolf([fixed_effects("y1 ~ x | g", table)])
    other = fixed_effects("y1 ~ x", table.assign(h=table["g"]), cluster="h")
    with pytest.raises(CallError, match="clusters by g and by h"):
        kz.romano_wolf({"a": fits["y1"], "b": other})
    with pytest.raises(NotEnoughDataError, match="no fit has a term 'q'"):
        kz.romano_wolf(fits, "q")
    with pytest.raises(CallError, match="weights='mammen'"):
        kz.romano_wolf(fits, "x", weights="mammen")
    with pytest.raises(CallError, match="n_draws=0"):
        kz.romano_wolf(fits, "x", n_draws=0)

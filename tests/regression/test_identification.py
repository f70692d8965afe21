"""What coefficients rest on: shares by hand, clusters left out, and nothing said of one cluster."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import kz_spatial as kz
from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.regression.estimation import fixed_effects
from kz_spatial.regression.side_by_side import compare


def _firms(n_regions=7, each=15, seed=1):
    rng = np.random.default_rng(seed)
    region = np.repeat([f"r{i}" for i in range(n_regions)], each)
    n = len(region)
    return pd.DataFrame(
        {
            "region": region,
            "x": rng.normal(size=n),
            "z": rng.normal(size=n),
            "w": rng.uniform(0.5, 2, n),
            "y": rng.normal(size=n) + rng.normal(size=n_regions).repeat(each),
        }
    )


def _one(firms, name="r3"):
    return firms.assign(only=np.where(firms["region"] == name, firms["x"], 0.0))


def test_shares_by_hand():
    # net of region means x is ±1 in a (four firms) and ±2 in b (two): squares 4 and 8
    firms = pd.DataFrame(
        {
            "region": list("aaaabb"),
            "x": [1, -1, 1, -1, 5, 1],
            "y": [0.3, 1.0, -2.0, 0.4, 0.5, 2.0],
        }
    )
    found = fixed_effects("y ~ x | region", firms, cluster="region").identification().loc["x"]
    assert found["effective_clusters"] == pytest.approx(1 / ((1 / 3) ** 2 + (2 / 3) ** 2))
    assert found["largest_cluster"] == "b"
    assert found["largest_share"] == pytest.approx(2 / 3)
    assert found["needs"] == ""
    # firms of a counted three times: 12 and 8
    heavy = firms.assign(w=np.where(firms["region"] == "a", 3.0, 1.0))
    fit = fixed_effects("y ~ x | region", heavy, cluster="region", weights="w")
    found = fit.identification().loc["x"]
    assert (found["largest_cluster"], found["largest_share"]) == ("a", pytest.approx(0.6))


def test_wild_rows_are_those_of_their_terms():
    fit = fixed_effects("y ~ x + only + z | region", _one(_firms()), cluster="region")
    table = fit.table("wild")
    for term in ("x", "z"):
        found = fit.wild(term)
        assert table.loc[term, ["p", "ci_low", "ci_high"]].tolist() == [
            found.p,
            found.ci_low,
            found.ci_high,
        ]
    assert table.loc["x", "p"] != table.loc["z", "p"]


@pytest.mark.parametrize("effects", ["| region", ""])
@pytest.mark.parametrize("weights", [None, "w"])
def test_a_term_of_one_region_has_a_coefficient_and_no_clustered_inference(effects, weights):
    firms = _one(_firms())
    fit = fixed_effects(f"y ~ z + only {effects}", firms, cluster="region", weights=weights)
    assert fit.identification().loc["only", "needs"] == "r3"
    assert fit.identification().loc["z", "needs"] == ""
    assert any(note.startswith("only cannot be estimated without region r3") for note in fit.notes)
    for inference in ("crv1", "cr2", "wild"):
        table = fit.table(inference)
        assert np.isfinite(table.loc["only", "coefficient"])
        assert table.loc["only", ["std_error", "t", "p", "ci_low", "ci_high"]].isna().all()
        assert table.loc["z"].notna().all()
    with pytest.raises(NotEnoughDataError, match="cannot be estimated without region r3"):
        fit.wild("only")
    assert fit.table("hc1").notna().all().all()
    assert compare(fit).loc[("only", "std_error"), "(1) y"] == "(.)"


def test_a_term_of_one_firm_has_none_either():
    firms = _firms().assign(lone=0.0)
    firms.loc[20, "lone"] = 1.0
    fit = fixed_effects("y ~ x + lone | region", firms, cluster="region")
    assert fit.identification()["needs"].to_dict() == {"x": "", "lone": "r1"}


def test_a_slope_for_each_region_and_a_reference_need_two_regions():
    firms = _firms(4)
    own = fixed_effects("y ~ C(region):x | region", firms, cluster="region")
    assert own.identification()["needs"].tolist() == ["r0", "r1", "r2", "r3"]
    gaps = fixed_effects("y ~ x + C(region):x | region", firms, cluster="region")
    needs = gaps.identification()["needs"]
    assert needs["x"] == "r0"
    assert sorted(needs.drop("x")) == ["r0, r1", "r0, r2", "r0, r3"]


def test_two_regions_are_enough_to_speak():
    firms = _firms()
    firms["two"] = np.where(firms["region"].isin(["r1", "r2"]), firms["x"], 0.0)
    fit = fixed_effects("y ~ two | region", firms, cluster="region")
    assert fit.identification().loc["two", "needs"] == ""
    assert fit.identification().loc["two", "effective_clusters"] <= 2
    assert fit.table("cr2").loc["two", "p"] > 0
    assert fit.degrees_of_freedom("cr2")["two"] < 2


@pytest.mark.parametrize("effects", ["", "| region", "| branch", "| region + branch"])
@pytest.mark.parametrize("seed", range(4))
def test_needs_are_those_of_fits_that_leave_a_region_out(effects, seed):
    firms = _one(_firms(5, 8, seed), "r1")
    firms["branch"] = np.arange(len(firms)) % 3
    firms["pair"] = np.where(firms["region"].isin(["r1", "r4"]), firms["z"], 0.0)
    names = ["x", "only", "pair"]
    found = fixed_effects(f"y ~ {' + '.join(names)} {effects}", firms, cluster="region")
    absorbed = [each.strip() for each in effects.strip("| ").split("+") if each.strip()]
    for region in firms["region"].unique():
        left = firms[firms["region"] != region]
        dummies = [pd.get_dummies(left[each], dtype=float).to_numpy() for each in absorbed]
        constant = np.ones((len(left), 1))
        Z = np.hstack([left[names].to_numpy(), *(dummies or [constant])])
        for j, name in enumerate(names):
            lost = np.linalg.matrix_rank(np.delete(Z, j, axis=1)) == np.linalg.matrix_rank(Z)
            needs = found.identification().loc[name, "needs"].split(", ")
            assert (region in needs) == lost, (region, name)


def test_without_clusters_there_is_nothing_to_rest_on():
    with pytest.raises(CallError, match="expected cluster=COLUMN"):
        fixed_effects("y ~ x", _firms()).identification()


def test_one_cluster_is_all_there_is():
    firms = _firms(1)
    fit = fixed_effects("y ~ x", firms, cluster="region")
    assert fit.identification()["needs"].tolist() == ["r0", "r0"]
    with pytest.raises(NotEnoughDataError, match="cannot be estimated without region r0"):
        fit.wild("x")
    with pytest.raises(NotEnoughDataError, match="one cluster"):
        fit.table("cr2")


def test_the_study_rests_on_every_region():
    fit = kz.fixed_effects(
        "epayment_share ~ outages_per_month + co2_monitoring | composite",
        kz.load_twin(),
        cluster="composite",
    )
    found = fit.identification()
    assert (found["needs"] == "").all()
    assert found["effective_clusters"].between(3, 7).all()


def lone_term(n=105, seed=0, effect=0.0):
    """A term that varies among the firms of region 2 alone."""
    rng = np.random.default_rng(seed)
    g = np.arange(n) % 7
    x = np.where(g == 2, rng.integers(0, 2, n), 0).astype(float)
    z = rng.normal(size=n)
    y = g + effect * x + 0.5 * z + rng.normal(size=n)
    return pd.DataFrame({"g": g, "x": x, "z": z, "y": y})


def test_within_region_is_a_permutation_test_of_that_region():
    frame = lone_term(seed=4, effect=2.5)
    fit = fixed_effects("y ~ x + z | g", frame, cluster="g")
    found = fit.within_region("x", n_permutations=999)
    own = frame[frame["g"] == 2]
    theirs = sm.OLS(own["y"], sm.add_constant(own[["x", "z"]])).fit(cov_type="HC3")
    assert found.coefficient == pytest.approx(theirs.params["x"], rel=1e-9)
    assert found.std_error == pytest.approx(theirs.bse["x"], rel=1e-9)
    assert (found.region, found.n_firms, found.n_permutations) == ("2", 15, 999)
    assert found.p <= 0.01
    assert "these firms of this region only; assumes firms independent" in found.assumes
    assert fit.within_region("x", n_permutations=999).p == found.p


def test_within_region_rejects_a_true_null_as_often_as_it_says():
    """Of 400 sets without an effect; 5 % give 20, and 3 standard deviations are 13."""
    p = [
        fixed_effects("y ~ x + z | g", lone_term(seed=s), cluster="g")
        .within_region("x", n_permutations=199)
        .p
        for s in range(400)
    ]
    assert 7 <= sum(each <= 0.05 for each in p) <= 33
    assert 0.4 < np.mean(p) < 0.6


def test_within_region_is_for_terms_of_one_region():
    frame = lone_term()
    fit = fixed_effects("y ~ x + z | g", frame, cluster="g")
    with pytest.raises(CallError, match="term z does not rest on one cluster alone"):
        fit.within_region("z")
    with pytest.raises(CallError, match="term x does not rest on one cluster"):
        fixed_effects("y ~ x + z | g", frame).within_region("x")
    few = frame[(frame["g"] != 2) | (frame.index < 30)]
    fit = fixed_effects("y ~ x + z | g", few, cluster="g")
    with pytest.raises(NotEnoughDataError, match=r"term x: 2 has \d firms"):
        fit.within_region("x")


def test_few_degrees_of_freedom_are_said():
    frame = lone_term()
    rng = np.random.default_rng(1)
    frame["x"] = np.where(frame["g"] < 2, rng.normal(size=len(frame)), 0)
    fit = fixed_effects("y ~ x + z | g", frame, cluster="g")
    (note,) = fit.weak_terms()
    assert fit.degrees_of_freedom("cr2")["x"] < 2
    assert note.startswith("x: cr2 has 1.")
    assert "nearly no power" in fit.summary()
    assert "nearly no power" not in fit.summary("hc1")
    assert fixed_effects("y ~ z | g", frame, cluster="g").weak_terms() == ()
    assert fixed_effects("y ~ z | g", frame).weak_terms() == ()


def test_two_clusters_have_terms_of_nearly_no_power():
    fit = fixed_effects("y ~ x", _firms(n_regions=2), cluster="region")
    assert len(fit.weak_terms()) == 2
    assert fit.weak_terms()[1].startswith("x: cr2 has 1.0 degrees of freedom")


def test_the_seed_that_holds_unsaid_is_the_packages():
    fit = fixed_effects("y ~ x + z | g", lone_term(seed=4, effect=0.0), cluster="g")
    unsaid = fit.within_region("x", n_permutations=499).p
    assert fit.within_region("x", n_permutations=499, seed=20240).p == unsaid
    assert fit.within_region("x", n_permutations=499, seed=20241).p != unsaid

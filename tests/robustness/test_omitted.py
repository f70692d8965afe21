"""Sensitivity to omitted variables against the authors' own package, and by brute force."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

import kz_spatial as kz
from kz_spatial.errors import CallError
from kz_spatial.regression import fixed_effects
from kz_spatial.robustness.omitted import adjusted, benchmark_strength, robustness_value

REFERENCE = Path(__file__).parents[1] / "reference"
EXPECTED = pd.read_csv(
    REFERENCE / "sensitivity" / "reference.csv", keep_default_na=False
).set_index(["case", "q"])
TWIN = (
    "epayment_share ~ outages_per_month + co2_monitoring + product_innovation + permit_days"
    " + C(sector) | composite"
)
OURS = {
    "estimate": "coefficient",
    "se": "std_error",
    "t_statistic": "t",
    "dof": "df",
    "r2yd_x": "partial_r2",
    "rv_q": "robustness_value",
    "rv_qa": "robustness_value_alpha",
}
BOUNDS = {
    "r2dz_x": "r2_dz",
    "r2yz_dx": "r2_yz",
    "adjusted_estimate": "coefficient",
    "adjusted_se": "std_error",
    "adjusted_t": "t",
}
BENCHMARKS = {
    "twin": ["co2_monitoring", "product_innovation"],
    "group": {"sector": ["C(sector)[T.Other services]", "C(sector)[T.Retail]"]},
    "weighted": [],
}


@pytest.fixture(scope="module")
def sample():
    return pd.read_csv(REFERENCE / "few_clusters" / "corrected.csv")


def _statistics(case, q):
    rows = EXPECTED.loc[(case, q)]
    return rows[rows["multiple"] == 0].set_index("name")["value"]


def _bounds(case, q):
    rows = EXPECTED.loc[(case, q)]
    rows = rows[rows["multiple"] > 0]
    return rows.pivot_table("value", ["benchmark", "multiple"], "name")


@pytest.mark.parametrize("q", [1.0, 0.5])
@pytest.mark.parametrize("case", list(BENCHMARKS))
def test_the_statistics_are_those_of_the_authors(sample, case, q):
    fit = fixed_effects(TWIN, sample, weights="wmedian" if case == "weighted" else None)
    found = kz.omitted_variable(fit, "permit_days", benchmarks=BENCHMARKS[case], q=q)
    expected = _statistics(case, q)
    for theirs, ours in OURS.items():
        if theirs == "t_statistic" and q != 1:
            continue  # theirs is of the hypothesis that a share 1 - q is true
        assert getattr(found, ours) == pytest.approx(expected[theirs], rel=1e-9), theirs


@pytest.mark.parametrize("case", ["twin", "group"])
def test_the_bounds_are_those_of_the_authors(sample, case):
    fit = fixed_effects(TWIN, sample)
    found = kz.omitted_variable(fit, "permit_days", benchmarks=BENCHMARKS[case]).bounds
    expected = _bounds(case, 1.0)
    assert set(found.index) == set(expected.index)
    for theirs, ours in BOUNDS.items():
        np.testing.assert_allclose(
            found[ours].loc[list(expected.index)], expected[theirs], rtol=1e-8, err_msg=theirs
        )
    critical = stats.t.ppf(0.975, 92 - 1)  # one parameter more
    np.testing.assert_allclose(
        found["ci_high"] - found["coefficient"], critical * found["std_error"], rtol=1e-12
    )


def test_darfur_as_printed():
    """Cinelli and Hazlett (2020), table 1 and section 5; their package gives the digits."""
    whole = _statistics("darfur", 1.0)
    t, df = whole["t_statistic"], whole["dof"]
    assert robustness_value(t, df) == pytest.approx(whole["rv_q"], rel=1e-9)
    assert robustness_value(t, df, alpha=0.05) == pytest.approx(whole["rv_qa"], rel=1e-9)
    assert (round(whole["rv_q"], 3), round(whole["rv_qa"], 3)) == (0.139, 0.076)
    half = _statistics("darfur", 0.5)
    assert robustness_value(t, df, q=0.5) == pytest.approx(half["rv_q"], rel=1e-9)
    assert robustness_value(t, df, q=0.5, alpha=0.05) == pytest.approx(half["rv_qa"], rel=1e-9)
    bounds = _bounds("darfur", 1.0)
    for row in bounds.itertuples():
        left, error, t_left = adjusted(whole["estimate"], whole["se"], df, row.r2dz_x, row.r2yz_dx)
        assert left == pytest.approx(row.adjusted_estimate, rel=1e-9)
        assert error == pytest.approx(row.adjusted_se, rel=1e-9)
        assert t_left == pytest.approx(row.adjusted_t, rel=1e-9)
    # printed: female has partial R2 of 0.9 % with being harmed; the bound leaves 0.075
    female = bounds.loc[("female", 1)]
    assert round(female["r2dz_x"], 3) == 0.009
    assert round(female["r2yz_dx"], 3) == 0.125
    assert round(female["adjusted_estimate"], 3) == 0.075


@pytest.mark.parametrize("k", [1, 2, 3])
def test_strength_of_a_benchmark_from_its_two_partial_r2(k):
    """Female in Darfur: t = -9.789 and -2.680 with 783 degrees of freedom, as printed."""
    r2_yx, r2_dx = (t**2 / (t**2 + 783) for t in (-9.789, -2.680))
    row = _bounds("darfur", 1.0).loc[("female", k)]
    r2_dz, r2_yz = benchmark_strength(r2_dx, r2_yx, k, k)
    assert r2_dz == pytest.approx(row["r2dz_x"], rel=1e-3)
    assert r2_yz == pytest.approx(row["r2yz_dx"], rel=1e-3)


@pytest.mark.parametrize(("t", "df"), [(4.2, 783), (2.5, 40), (9.0, 12), (30.0, 15)])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_at_the_robustness_value_the_test_stops_rejecting(t, df, alpha):
    """The least r such that strengths of r at most make some adjusted t critical."""
    rv = robustness_value(t, df, alpha=alpha)
    critical = stats.t.ppf(1 - alpha / 2, df - 1)

    if rv == 0:
        assert adjusted(t, 1.0, df, 0, 0)[2] <= critical
        return

    def smallest(r):
        grid = np.concatenate([np.linspace(0, r, 2001)])  # what it explains of the outcome
        return min(adjusted(t, 1.0, df, r, each)[2] for each in grid)

    least = optimize.brentq(lambda r: smallest(r) - critical, 1e-9, 1 - 1e-9)
    assert rv == pytest.approx(least, abs=1e-5)


def test_an_omitted_variable_moves_the_estimate_as_the_formula_says():
    """Leave a known variable out: its two partial R2 give the long regression back exactly."""
    rng = np.random.default_rng(1)
    z = rng.normal(size=300)
    table = pd.DataFrame({"z": z, "g": np.arange(300) % 5, "d": rng.normal(size=300) + 0.5 * z})
    table["y"] = table["d"] + 0.8 * z + rng.normal(size=300)
    short = kz.omitted_variable(fixed_effects("y ~ d | g", table), "d")
    long = fixed_effects("y ~ d + z | g", table)
    r2_yz = kz.omitted_variable(long, "z").partial_r2
    r2_dz = kz.omitted_variable(fixed_effects("d ~ z | g", table), "z").partial_r2
    left, error, _ = adjusted(short.coefficient, short.std_error, short.df, r2_dz, r2_yz)
    assert left == pytest.approx(long.coefficients["d"], rel=1e-9)
    assert error == pytest.approx(long.table("iid").loc["d", "std_error"], rel=1e-9)


def test_weights_hold_for_benchmarks_too(sample):
    """Weights that are counts are rows repeated."""
    n = np.arange(len(sample)) % 3 + 1
    again = sample.loc[sample.index.repeat(n)].reset_index(drop=True)
    one = kz.omitted_variable(fixed_effects(TWIN, sample.assign(n=n), weights="n"), "permit_days")
    two = kz.omitted_variable(fixed_effects(TWIN, again), "permit_days")
    np.testing.assert_allclose(one.bounds[["r2_dz", "r2_yz"]], two.bounds[["r2_dz", "r2_yz"]])


def test_a_benchmark_too_strong_to_be_multiplied():
    r2_dz, r2_yz = benchmark_strength(0.6, 0.1, 1, 1)
    assert np.isnan([r2_dz, r2_yz]).all()
    assert benchmark_strength(0.3, 0.6, 1, 1)[1] == 1.0
    assert robustness_value(0.5, 100, alpha=0.05) == 0.0


def test_faults_are_named(sample):
    fit = fixed_effects(TWIN, sample)
    with pytest.raises(CallError, match="term='permit_day'"):
        kz.omitted_variable(fit, "permit_day")
    with pytest.raises(CallError, match="benchmarks='size'"):
        kz.omitted_variable(fit, "permit_days", benchmarks=["size"])
    with pytest.raises(CallError, match="other than permit_days"):
        kz.omitted_variable(fit, "permit_days", benchmarks=["permit_days"])
    with pytest.raises(CallError, match="numbers above 0"):
        kz.omitted_variable(fit, "permit_days", multiples=[0])
    with pytest.raises(CallError, match="q=2"):
        kz.omitted_variable(fit, "permit_days", q=2)

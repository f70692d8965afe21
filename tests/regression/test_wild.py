"""The wild cluster bootstrap on clusters of one firm, sign vectors counted by hand."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from operator import mul

import numpy as np
import pytest

from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.options import RunOptions
from kz_spatial.regression.wild import bootstrap_t, cluster_weights, wild_bootstrap


def moments_of(*columns):
    """Cross products of terms and outcome of clusters of one row each."""
    Z = np.column_stack(columns).astype(float)
    return np.einsum("gi,gj->gij", Z, Z)


ONES = np.ones(5)
# outcomes whose mean is 0.6 with four clusters above and one below
HAND = np.array([1.0, 1, -1, 1, 1])


@pytest.mark.parametrize("size", [1, 1e-9, 1e9])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_mean_of_five_by_hand(size, sign):
    """The sum of five signs is 5 twice, with no variance, and 3 or -3 ten times of 32.

    Observed: sum 3, deviations 0.4 four times and -1.6, so t = 3 / sqrt(3.2), and ten vectors tie.
    """
    found = wild_bootstrap(moments_of(ONES, sign * size * HAND), 0)
    assert found.t == pytest.approx(sign * 3 / np.sqrt(3.2), rel=1e-12)
    assert found.p == 12 / 32
    assert (found.n_draws, found.exact, found.seed) == (32, True, None)
    assert found.p_min == 2 / 32
    assert (found.weights, found.restricted) == ("rademacher", True)


def test_statistics_of_given_vectors_by_hand():
    """Three of one sign and two of the other: sum 1, deviations 0.8 thrice and 1.2 twice."""
    V = np.array([[1, 1, 1, 1, 1], [1, 1, 1, -1, 1], [-1, -1, -1, -1, 1], [1, 1, -1, 1, 1]])
    t, drawn = bootstrap_t(moments_of(ONES, HAND), 0, V)
    observed = 3 / np.sqrt(3.2)
    assert t == pytest.approx(observed, rel=1e-12)
    np.testing.assert_allclose(drawn, [observed, 1 / np.sqrt(4.8), 1 / np.sqrt(4.8), np.inf])


def test_a_hypothesis_moves_the_observed_statistic():
    """Against 2 the deviations from it are -1 four times and -3: the sum is -7 of at most 7."""
    found = wild_bootstrap(moments_of(ONES, HAND), 0, hypothesis=2.0)
    assert found.t == pytest.approx(-7 / np.sqrt(3.2), rel=1e-12)
    # all five of one sign alone are as far
    assert found.p == 2 / 32
    # at the estimate itself every vector is as far
    at = wild_bootstrap(moments_of(ONES, HAND), 0, hypothesis=0.6)
    assert at.t == pytest.approx(0, abs=1e-12)
    assert at.p == 1


def test_a_cluster_without_anything_changes_nothing_but_the_count():
    """Its sign plays no part, so statistics tie in pairs and p stays."""
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=6), rng.normal(size=6)
    plain = wild_bootstrap(moments_of(x, y), 0)
    more = wild_bootstrap(moments_of([*x, 0.0], [*y, 0.0]), 0)
    assert (more.p, more.n_draws) == (plain.p, 2 * plain.n_draws)
    assert more.t == pytest.approx(plain.t, rel=1e-12)
    assert 0 < plain.p < 1


def test_the_smallest_p_is_that_of_the_design():
    """With the null imposed all signs alike tie with the observed statistic; without it none."""
    made = moments_of(ONES, HAND)
    assert wild_bootstrap(made, 0, weights="webb").p_min == 6 / 6**5
    assert wild_bootstrap(made, 0, restricted=False).p_min == 0
    many = moments_of(np.ones(19), np.arange(19.0))
    for restricted in (True, False):
        drawn = wild_bootstrap(many, 0, restricted=restricted, n_draws=499)
        assert (drawn.exact, drawn.n_draws, drawn.p_min) == (False, 499, 1 / 500)
        # no draw is as far: the observed statistic alone counts
        assert drawn.p == 1 / 500


def test_all_vectors_are_listed_while_they_are_at_most_300_000():
    """2^18 = 262,144 and 6^7 = 279,936 are; one of each pair v and -v stands for both."""
    V, exact, n = cluster_weights(18, "rademacher", n_draws=7, seed=1)
    assert (V.shape, exact, n) == ((2**17, 18), True, 2**18)
    V, exact, n = cluster_weights(7, "webb", n_draws=7, seed=1)
    assert (V.shape, exact, n) == ((6**7 // 2, 7), True, 6**7)
    assert (V[:, 0] > 0).all()
    assert np.unique(np.round(V**2, 12)).tolist() == [0.5, 1.0, 1.5]
    assert np.unique(V[:, 1]).size == 6
    small, _, _ = cluster_weights(3, "rademacher", n_draws=7, seed=1)
    assert sorted(map(tuple, small)) == sorted((1, *v) for v in product((-1, 1), repeat=2))
    for G, weights in ((19, "rademacher"), (8, "webb")):
        V, exact, n = cluster_weights(G, weights, n_draws=7, seed=1)
        assert (V.shape, exact, n) == ((7, G), False, 7)


def test_alone_it_asks_as_a_run_of_the_study_does():
    """As many draws from the same seed, a hypothesis of nought and an interval of 95 %."""
    rng = np.random.default_rng(8)
    made = moments_of(rng.normal(1, 1, 19), rng.normal(0.5, 1, 19))
    asked = RunOptions()
    plain = wild_bootstrap(made, 0)
    spelled = wild_bootstrap(
        made, 0, hypothesis=0.0, weights="rademacher", restricted=True, level=0.95,
        n_draws=asked.permutations, seed=asked.seed,
    )  # fmt: skip
    assert plain == spelled
    assert (plain.n_draws, plain.seed) == (asked.permutations, asked.seed)


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("level", [0.3, 0.5, 0.9])
def test_ends_part_what_is_rejected_from_what_is_not(level, restricted):
    """Narrow intervals end within a standard error of the estimate, wide ones beyond."""
    rng = np.random.default_rng(6)
    made = moments_of(rng.normal(1, 0.3, 9), rng.normal(0.5, 1, 9), rng.normal(0, 1, 9))
    found = wild_bootstrap(made, 0, level=level, restricted=restricted)
    width = found.ci_high - found.ci_low
    assert 0 < width < np.inf
    for end, out in ((found.ci_low, -1), (found.ci_high, 1)):
        inside, outside = (
            wild_bootstrap(
                made, 0, hypothesis=end + step * 1e-7 * width, restricted=restricted,
                interval=False,
            )
            for step in (-out, out)
        )  # fmt: skip
        assert inside.p > 1 - level >= outside.p
        # whatever is farther out is rejected too
        for far in (0.5, 2, 10, 1000):
            beyond = wild_bootstrap(
                made, 0, hypothesis=end + out * far * width, restricted=restricted, interval=False
            )
            assert beyond.p <= 1 - level
    assert np.isnan(outside.ci_low)
    assert np.isnan(outside.ci_high)


def test_an_end_is_open_where_nothing_far_is_rejected():
    """Five clusters reach 2/32 = 0.0625 at best: no 95 % interval, but one of 90 %."""
    made = moments_of(ONES, HAND)
    open_ends = wild_bootstrap(made, 0)
    assert (open_ends.ci_low, open_ends.ci_high) == (-np.inf, np.inf)
    closed = wild_bootstrap(made, 0, level=0.9)
    assert np.isfinite([closed.ci_low, closed.ci_high]).all()
    assert closed.ci_low < 0.6 < closed.ci_high
    # an interval at just the level of the smallest p still has its ends
    just = wild_bootstrap(made, 0, level=1 - 2 / 32)
    assert np.isfinite([just.ci_low, just.ci_high]).all()


def exactly(x, y, hypothesis, *, constant):
    """The share of sign vectors as far out as what is observed, in fractions: nothing is rounded.

    A draw without variance counts as infinitely far.
    """
    x, y, at = [Fraction(v) for v in x], [Fraction(v) for v in y], Fraction(hypothesis)

    def centred(values):
        middle = sum(values) / len(values) if constant else 0
        return [each - middle for each in values]

    net = centred(x)
    information = sum(each**2 for each in net)

    def square(outcome):
        """The squared t-statistic of an outcome, or None where nothing varies."""
        b = sum(map(mul, net, outcome)) / information
        left = centred([each - b * a for each, a in zip(outcome, x, strict=True)])
        scores = sum((a * u) ** 2 for a, u in zip(net, left, strict=True))
        return (b * information) ** 2 / scores if scores else None

    null = centred([each - at * a for each, a in zip(y, x, strict=True)])
    # all signs alike give the observed statistic
    observed = square(null)
    vectors = list(product((-1, 1), repeat=len(x)))
    drawn = [square(list(map(mul, v, null))) for v in vectors]
    return sum(each is None or each >= observed for each in drawn) / len(vectors)


def test_where_the_estimate_is_the_hypothesis_all_vectors_are_as_far():
    """The sum of 1, -1, 1, -1 is nought, and so are those of six of its 16 sign vectors."""
    found = wild_bootstrap(moments_of(np.ones(4), [1, -1, 1, -1]), 0)
    assert (found.t, found.p) == (0, 1)


@pytest.mark.parametrize("hypothesis", [0, 0.5, 0.7, -2.25, 30, -1000, 0.001])
@pytest.mark.parametrize("x", [(1, 2, 4, -7, 3, 0), (5, 1, 1, -2, 3, 8), (0.1, 2.3, 4, 7, 1, 3)])
def test_a_draw_that_the_model_fits_wholly_is_infinitely_far(x, hypothesis):
    """Deviations from the null are 1 or -1: two of the 64 sign vectors make them a constant."""
    errors = (1, 1, -1, -1, 1, -1)
    y = [Fraction(hypothesis) * Fraction(a) + e for a, e in zip(x, errors, strict=True)]
    expected = exactly(x, y, hypothesis, constant=True)
    found = wild_bootstrap(
        moments_of(np.ones(6), x, np.array(y, dtype=float)), 1, hypothesis=hypothesis,
        interval=False,
    )  # fmt: skip
    assert found.p == expected
    assert 4 / 64 <= expected < 1


@pytest.mark.parametrize("hypothesis", [-2, 0, 0.5, 3])
@pytest.mark.parametrize("constant", [True, False])
def test_p_is_that_of_all_sign_vectors_in_fractions(constant, hypothesis):
    rng = np.random.default_rng(17)
    for _ in range(5):
        x, y = rng.integers(-9, 9, size=(2, 7)).tolist()
        columns = [np.ones(7), x, y][0 if constant else 1 :]
        found = wild_bootstrap(
            moments_of(*columns), len(columns) - 2, hypothesis=hypothesis, interval=False
        )
        assert found.p == exactly(x, y, hypothesis, constant=constant)


@pytest.mark.parametrize(
    ("share", "outcome"), [(1e-3, 100), (1e-3, 1000), (1e-4, 100), (1e-4, 300)]
)
def test_an_end_millions_of_errors_away_is_found(share, outcome):
    """A cluster with next to no part in the term sees its deviation turn at outcome / share only.

    Until then its sign vectors, four of 64, are as far out as the observed one; below, they are so
    nowhere beyond -1, where the third cluster's deviation turns.
    """
    made = moments_of([1, 1, 1, 1, 1, share], [1, 2, -1, 1, 1.5, outcome])
    found = wild_bootstrap(made, 0)
    # ties of a relative 1e-9 move an end so near to where both statistics meet
    assert found.ci_high == pytest.approx(outcome / share, rel=1e-4)
    assert found.ci_low == pytest.approx(-1, rel=1e-7)


def test_an_interval_of_no_coverage_is_the_estimate():
    found = wild_bootstrap(moments_of(ONES, HAND), 0, level=0)
    assert (found.ci_low, found.ci_high) == pytest.approx((0.6, 0.6), rel=1e-12)


def test_ten_million_errors_away_is_nowhere():
    made = moments_of([1, 1, 1, 1, 1, 1e-4], [1, 2, -1, 1, 1.5, 1000])
    found = wild_bootstrap(made, 0)
    assert found.ci_high == np.inf
    assert found.ci_low == pytest.approx(-1, rel=1e-7)
    turned = wild_bootstrap(moments_of([1, 1, 1, 1, 1, 1e-4], [-1, -2, 1, -1, -1.5, -1000]), 0)
    assert (turned.ci_low, turned.ci_high) == (-np.inf, -found.ci_low)


@pytest.mark.parametrize("size", [1e-12, 1, 1e12])
def test_units_of_the_outcome_and_of_the_term_do_not_matter(size):
    rng = np.random.default_rng(2)
    x, z, y = rng.normal(size=(3, 7))
    plain = wild_bootstrap(moments_of(x, z, y), 0)
    for scaled, factor in (
        (moments_of(x, z, size * y), size),
        (moments_of(size * x, z, y), 1 / size),
    ):
        found = wild_bootstrap(scaled, 0)
        assert (found.p, found.p_min) == (plain.p, plain.p_min)
        assert found.t == pytest.approx(plain.t, rel=1e-9)
        for end in ("ci_low", "ci_high"):
            assert getattr(found, end) == pytest.approx(factor * getattr(plain, end), rel=1e-6)


@pytest.mark.parametrize("size", [1e-12, 1, 1e12])
def test_a_term_of_one_cluster_has_no_clustered_variance(size):
    """Where it is nought in all clusters but one, that one's residual is nought too."""
    rng = np.random.default_rng(3)
    for _ in range(20):  # of either sign, and with whatever rounding leaves of the residual
        y, x = size * rng.normal(size=6), np.zeros(6)
        x[2] = rng.uniform(0.1, 9)
        with pytest.raises(NotEnoughDataError, match="varies in one cluster only"):
            wild_bootstrap(moments_of(x, y), 0)


def test_what_cannot_be_tested_is_said():
    with pytest.raises(NotEnoughDataError, match="found 1 clusters"):
        wild_bootstrap(moments_of([1.0], [2.0]), 0)
    with pytest.raises(CallError, match="weights"):
        wild_bootstrap(moments_of(ONES, HAND), 0, weights="mammen")
    two = wild_bootstrap(moments_of([1.0, 1.0], [1.0, 2.0]), 0)
    assert (two.n_draws, two.p_min) == (4, 0.5)

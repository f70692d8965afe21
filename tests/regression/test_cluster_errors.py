"""Parts of clustered inference by hand: cross products, levels, leverage, degrees of freedom."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.regression import few_clusters, linear_model
from kz_spatial.regression.bias_reduced import bias_reduced
from kz_spatial.regression.few_clusters import (
    ANALYTIC,
    LinearModel,
    cluster_moments,
    covariance,
    pseudo_inverse,
)

# four firms in two clusters; levels `a` lie inside clusters, levels `b` do not
CLUSTERS = np.array([0, 0, 1, 1])
A, B = np.array([0, 1, 2, 2]), np.array([0, 1, 0, 1])


def model_of(X, y, *levels, clusters=CLUSTERS, w=None, n_parameters=None):
    """A model as it is fitted: effects partialled out of terms and outcome, by least squares."""
    X, y = np.asarray(X, float).reshape(len(y), -1), np.asarray(y, float)
    w = np.ones(len(y)) if w is None else np.asarray(w, float)
    root = np.sqrt(w)[:, None]
    D = dummies(levels, len(y))
    if levels:
        fitted = np.linalg.lstsq(D * root, np.column_stack([X, y]) * root, rcond=None)[0]
        X, y = X - D @ fitted[:, :-1], y - D @ fitted[:, -1]
    b = np.linalg.lstsq(X * root, y * root[:, 0], rcond=None)[0]
    K = X.shape[1] + (np.linalg.matrix_rank(D) if levels else 0)
    return LinearModel(X, y, w, b, tuple(levels), clusters, n_parameters or K)


def dummies(levels, n):
    return np.hstack([np.zeros((n, 0)), *(np.eye(each.max() + 1)[each] for each in levels)])


def random_model(*levels, n=30, k=2, seed=2, weighted=True):
    rng = np.random.default_rng(seed)
    clusters = np.arange(n) % 5
    w = rng.uniform(0.5, 2, n) if weighted else None
    X = rng.normal(size=(n, k)) + rng.normal(size=(5, k))[clusters]
    return model_of(X, rng.normal(size=n), *levels, clusters=clusters, w=w)


def test_levels_that_cross_clusters_are_not_nested():
    y = np.arange(4.0)
    assert model_of([[1.0], [2], [4], [3]], y, A).nested()
    assert model_of([[1.0], [2], [4], [3]], y).nested()
    assert not LinearModel(np.ones((4, 1)), y, y, y[:1], (B,), CLUSTERS, 1).nested()
    assert not LinearModel(np.ones((4, 1)), y, y, y[:1], (A, B), CLUSTERS, 1).nested()
    assert not LinearModel(np.ones((4, 1)), y, y, y[:1], (A,), None, 1).nested()
    assert LinearModel(np.ones((4, 1)), y, y, y[:1], (A,), None, 1).n_clusters == 0
    assert model_of([[1.0], [2], [4], [3]], y).n_clusters == 2


@pytest.mark.parametrize("nested", [True, False])
def test_cross_products_are_those_of_each_cluster(nested):
    """Terms and outcome; with a column for each level where levels cross clusters."""
    levels = (np.arange(30) % 10,) if nested else (np.arange(30) % 4, np.arange(30) // 10)
    model = random_model(*levels)
    w = model.w
    found = cluster_moments(model)
    Z = np.column_stack([model.X, *([] if nested else [dummies(levels, 30)]), model.y])
    assert found.shape == (5, Z.shape[1], Z.shape[1])
    for g in range(5):
        rows = model.clusters == g
        expected = sum(w[i] * np.outer(Z[i], Z[i]) for i in np.flatnonzero(rows))
        np.testing.assert_allclose(found[g], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("size", [1e-9, 1, 1e9])
def test_the_pseudo_inverse_knows_no_scale_and_bears_empty_columns(size):
    """A level that no row has makes a column of noughts."""
    Z = np.array([[1.0, 0, 2], [1, 0, 3], [1, 0, 7]]) * [1, 1, size]
    found = pseudo_inverse(Z.T @ Z)
    whole = np.linalg.inv((Z.T @ Z)[np.ix_([0, 2], [0, 2])])
    np.testing.assert_allclose(found[np.ix_([0, 2], [0, 2])], whole, rtol=1e-9)
    np.testing.assert_allclose(found[1] * [1, 1, size], 0, atol=1e-12)
    np.testing.assert_allclose(found[:, 1] * [1, 1, size], 0, atol=1e-12)


@pytest.mark.parametrize("effects", [(), (10,), (4, 3), (10, 3), (4, 3, 2)])
@pytest.mark.parametrize("weighted", [True, False])
def test_hc3_divides_by_what_leverage_leaves(effects, weighted):
    """Leverage of the whole regression, a column for each level, by its hat matrix."""
    rng = np.random.default_rng(9)
    model = random_model(*(rng.permutation(np.arange(30) % m) for m in effects), weighted=weighted)
    Z = np.column_stack([model.X, dummies(model.levels, 30)])
    root = np.sqrt(model.w)[:, None]
    H = root * Z @ np.linalg.pinv(root * Z)
    left = model.w * model.residuals / (1 - np.diag(H))
    bread = np.linalg.inv((model.X * model.w[:, None]).T @ model.X)
    expected = bread @ (model.X.T * left**2) @ model.X @ bread
    np.testing.assert_allclose(covariance(model, "hc3").matrix, expected, rtol=1e-8)


def dense_cr2(model):
    """CR2 and its degrees of freedom as they are defined, with (n, n) matrices."""
    n, k = model.X.shape
    Z = np.column_stack([model.X, dummies(model.levels, n)])
    W = np.diag(model.w)
    M = np.linalg.pinv(Z.T @ W @ Z)
    left = np.eye(n) - Z @ M @ Z.T @ W
    scores, moved = [], []
    for g in range(model.n_clusters):
        rows = np.flatnonzero(model.clusters == g)
        values, vectors = np.linalg.eigh((left @ left.T)[np.ix_(rows, rows)])
        root = np.where(values > 1e-10, np.maximum(values, 1e-10) ** -0.5, 0.0)
        a = vectors * root @ vectors.T @ (W @ Z @ M[:, :k])[rows]
        scores.append(a.T @ model.residuals[rows])
        moved.append(left[rows].T @ a)
    P = np.einsum("gni,hnj->ijgh", moved, moved)
    df = [np.trace(P[j, j]) ** 2 / (P[j, j] ** 2).sum() for j in range(k)]
    return np.transpose(scores) @ scores, np.array(df), P


LEVELS = {
    "none": (),
    "nested": (np.arange(30) % 10,),
    "the clusters": (np.arange(30) % 5,),
    "crossing": (np.arange(30) // 4,),
    "two ways": (np.arange(30) % 4, np.arange(30) // 10),
    "region and sector": (np.arange(30) % 5, np.arange(30) // 4),
    "three ways": (np.arange(30) % 5, np.arange(30) // 4, np.arange(30) % 3),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("levels", list(LEVELS))
def test_cr2_from_cross_products_is_cr2_as_it_is_defined(levels, weighted):
    model = random_model(*LEVELS[levels], weighted=weighted)
    matrix, df, P = dense_cr2(model)
    found = covariance(model, "cr2")
    np.testing.assert_allclose(found.matrix, matrix, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(found.df, df, rtol=1e-8)
    adjusted = bias_reduced(model)
    np.testing.assert_allclose(adjusted.products(np.eye(2)), P, rtol=1e-8, atol=1e-12)


def test_degrees_of_freedom_of_many_combinations_are_those_of_each():
    model = random_model(*LEVELS["two ways"])
    contrasts = np.array([[1.0, 0, 1, 1, 3], [0, 1, 1, -1, 0.2]])
    _, _, P = dense_cr2(model)
    each = np.einsum("im,jm,ijgh->mgh", contrasts, contrasts, P)
    expected = np.trace(each, axis1=1, axis2=2) ** 2 / (each**2).sum(axis=(1, 2))
    adjusted = bias_reduced(model)
    np.testing.assert_allclose(adjusted.satterthwaite(contrasts), expected, rtol=1e-8)
    found = [adjusted.satterthwaite(one[:, None])[0] for one in contrasts.T]
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_a_cluster_fitted_exactly_takes_no_part():
    """A cluster with a level of its own and one firm has residual 0 and no adjustment."""
    levels = np.where(np.arange(30) == 29, 3, np.arange(30) % 3)
    model = random_model(levels)
    model = dataclasses.replace(model, clusters=np.where(np.arange(30) == 29, 5, np.arange(30) % 5))
    matrix, df, _ = dense_cr2(model)
    np.testing.assert_allclose(covariance(model, "cr2").matrix, matrix, rtol=1e-8)
    np.testing.assert_allclose(covariance(model, "cr2").df, df, rtol=1e-8)


@pytest.mark.parametrize("method", ["cr2", "hc3", "crv3"])
def test_as_many_levels_as_the_limit_are_borne(monkeypatch, method):
    """Four and three levels: seven are within a limit of seven and beyond one of six."""
    model = random_model(np.arange(30) % 4, np.arange(30) // 10)
    monkeypatch.setattr(linear_model, "_MAX_LEVELS", 7)
    assert np.isfinite(covariance(model, method).matrix).all()
    monkeypatch.setattr(linear_model, "_MAX_LEVELS", 6)
    model = dataclasses.replace(model)  # nothing is known of it yet
    with pytest.raises(CallError, match="found 7 absorbed levels, expected at most 6"):
        covariance(model, method)
    assert np.isfinite(covariance(model, "crv1").matrix).all()


def test_a_mean_of_four_by_hand():
    """Outcomes 1, 2, 4, 5 in two clusters of two: mean 3, residuals -2, -1, 1, 2.

    Sum of squares 10, so iid is 10 / 3 / 4 and hc1 as much, as the term is all ones; scores of the
    clusters are -3 and 3, so crv1 is 2 * 3 / 3 * 18 / 16. Without a cluster the mean is 1.5 or 4.5:
    crv3 is 1/2 * 2 * 1.5^2. Leverage is 1/4: hc3 is 10 / (3/4)^2 / 16.
    """
    model = model_of([[1.0]] * 4, [1.0, 2, 4, 5])
    expected = {"iid": 10 / 12, "hc1": 10 / 12, "hc3": 10 * 16 / 9 / 16, "crv1": 2.25,
                "crv3": 2.25}  # fmt: skip
    for method, value in expected.items():
        found = covariance(model, method)
        assert found.matrix == pytest.approx(np.array([[value]]), rel=1e-12)
        assert found.df.tolist() == [1.0 if method.startswith("crv") else 3.0]
        assert found.method == method
    # clusters as large as one another: cr2 is crv3 here, with a degree of freedom
    cr2 = covariance(model, "cr2")
    assert cr2.matrix == pytest.approx(np.array([[2.25]]), rel=1e-9)
    assert cr2.df == pytest.approx([1.0], rel=1e-9)


def test_two_ways_of_clusters_by_hand():
    """Four outcomes in rows and columns of two, each fitted by the mean.

    1, 2, 4, 5 leave -2, -1, 1, 2: rows -3 and 3, columns -1 and 1, so 18 + 2 - 10 of squares, and
    crv1 is 2 * 3 / 3 * 10 / 16. Of 1, -1, -1, 1 rows and columns are nought: 0 + 0 - 4 is no
    square, and nought is told for it, with a note.
    """
    for outcome, value, notes in (([1.0, 2, 4, 5], 1.25, 0), ([1.0, -1, -1, 1], 0.0, 1)):
        one_way = model_of([[1.0]] * 4, outcome)
        assert few_clusters.clipped_note(one_way) == ()
        model = dataclasses.replace(one_way, crossed=B)
        found = covariance(model, "crv1")
        assert found.matrix == pytest.approx(np.array([[value]]), rel=1e-12)
        assert found.df.tolist() == [1.0]
        assert len(few_clusters.clipped_note(model)) == notes
        alone = dataclasses.replace(model, crossed=np.zeros(4, np.intp))
        assert few_clusters.clipped_note(alone) == ()
        with pytest.raises(NotEnoughDataError, match="found one cluster, expected at least two"):
            covariance(alone, "crv1")


@pytest.mark.parametrize(
    ("eigenvalues", "is_one"),
    [
        ([0.0, 1], True),
        ([1.0, 2, 3], True),
        ([-1.0, 1, 2], False),
        # below nought by rounding, of the greatest, or by more
        ([-5e-14, 1, 10], True),
        ([-2e-13, 1, 10], False),
        ([-5e-16, 0.02, 0.1], True),
        ([-2e-15, 0.02, 0.1], False),
    ],
)
def test_a_covariance_has_no_eigenvalue_below_nought_but_by_rounding(eigenvalues, is_one):
    assert few_clusters._is_covariance(np.diag(eigenvalues)) == is_one


def test_the_nearest_covariance_by_hand():
    """Eigenvalues 3 and -1 along (1, 1) and (1, -1): 3 / 2 of ones is left."""
    found = few_clusters._semi_definite(np.array([[1.0, 2], [2, 1]]))
    np.testing.assert_allclose(found, np.full((2, 2), 1.5), rtol=1e-12)


def test_one_firm_more_than_parameters_is_enough():
    model = model_of([[1.0], [2], [4]], [1.0, 2, 3], clusters=None, n_parameters=2)
    assert np.isfinite(covariance(model, "iid").matrix).all()
    full = model_of([[1.0], [2], [4]], [1.0, 2, 3], clusters=None, n_parameters=3)
    for method in ANALYTIC:
        with pytest.raises(NotEnoughDataError, match="3 observations for 3 parameters"):
            covariance(full, method)
    with pytest.raises(CallError, match="needs clusters"):
        covariance(model, "crv1")


def test_firms_fitted_exactly_are_counted():
    """Two regions of one firm each: their leverage is 1."""
    level = np.array([0, 0, 0, 1, 2, 0])
    model = model_of([[1.0], [2], [4], [3], [5], [9]], np.arange(6.0), level, clusters=None)
    with pytest.raises(NotEnoughDataError, match="2 observations are fitted exactly"):
        covariance(model, "hc3")


def test_a_jackknife_keeps_to_what_every_deletion_can_estimate():
    """The first term varies in cluster 0 alone; the second one's jackknife is that of refitting."""
    rng = np.random.default_rng(5)
    clusters = np.repeat(np.arange(4), 5)
    X = rng.normal(size=(20, 2))
    X[clusters > 0, 0] = 0
    model = model_of(X, rng.normal(size=20), clusters=clusters)
    found = covariance(model, "crv3").matrix
    assert np.isnan(found[0]).all()
    assert np.isnan(found[:, 0]).all()
    gaps = []
    for g in range(4):
        keep = clusters != g
        columns = [1] if g == 0 else [0, 1]
        b = np.linalg.lstsq(X[keep][:, columns], model.y[keep], rcond=None)[0]
        gaps.append(b[-1] - model.coefficients[1])
    assert found[1, 1] == pytest.approx(3 / 4 * np.sum(np.square(gaps)), rel=1e-9)

"""Parts of clustered inference by hand: cross products, levels, leverage, degrees of freedom."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from kz_spatial.errors import CallError, NotEnoughDataError
from kz_spatial.regression import few_clusters
from kz_spatial.regression.few_clusters import (
    ANALYTIC,
    LinearModel,
    cluster_moments,
    covariance,
    pseudo_inverse,
)

CHUNKS = few_clusters._chunks
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


@pytest.mark.parametrize("effects", [(), (10,), (4, 3), (10, 3)])
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


@pytest.mark.parametrize("method", ["cr2", "hc3"])
def test_parts_of_the_rows_add_up(monkeypatch, method):
    """Cross products are summed over parts of the rows, however large the parts are."""
    model = random_model(np.arange(30) % 4, np.arange(30) // 10)
    whole = covariance(model, method)
    for size in (1, 7, 29, 30):
        monkeypatch.setattr(few_clusters, "_chunks", partial(CHUNKS, size=size))
        found = covariance(model, method)
        np.testing.assert_allclose(found.matrix, whole.matrix, rtol=1e-10)
        np.testing.assert_allclose(found.df, whole.df, rtol=1e-10)


@pytest.mark.parametrize("method", ["cr2", "hc3", "crv3"])
def test_as_many_levels_as_the_limit_are_borne(monkeypatch, method):
    """Four and three levels: seven are within a limit of seven and beyond one of six."""
    model = random_model(np.arange(30) % 4, np.arange(30) // 10)
    monkeypatch.setattr(few_clusters, "_MAX_LEVELS", 7)
    assert np.isfinite(covariance(model, method).matrix).all()
    monkeypatch.setattr(few_clusters, "_MAX_LEVELS", 6)
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

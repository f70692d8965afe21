"""Outcomes that are shares: fractional logit and probit with effects, and their average effects.

E(y | x, level) = F(x'b + a_level) is fitted by Bernoulli quasi-likelihood, which needs nothing of y
but that its mean is right; errors are robust or clustered, never those of the likelihood.

- Effects are dummies. A level whose shares are all 0 or all 1 has no finite effect: its firms are
  left out, and a note says so. With few firms a level, effects bias the slopes.
- Covariance: statsmodels' GLM, observed information, factor G/(G-1) (N-1)/(N-K) or N/(N-K); t with
  G - 1 or N - K. With few clusters it rejects too often, as CRV1 does in a linear model.
- Average marginal effect: the (weighted) mean over firms of f(index) b, its error by the delta
  method, dummies included.

Sources: Papke and Wooldridge (1996), Journal of Applied Econometrics 11; Papke and Wooldridge
(2008), Journal of Econometrics 145.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from kz_spatial._validate import check_option
from kz_spatial.errors import CallError, InputError, NotEnoughDataError
from kz_spatial.regression.coefficient_table import coefficient_table
from kz_spatial.regression.columns import column_name, split_effects, tidy_columns
from kz_spatial.regression.display import regression_screen
from kz_spatial.regression.estimation import fixed_effects
from kz_spatial.regression.formula import model_matrices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from kz_spatial.regression.fit import FixedEffectsFit
    from kz_spatial.regression.linear_model import LinearModel

__all__ = ["FractionalFit", "fractional"]

Link = Literal["logit", "probit"]
LINKS: Final[tuple[Link, ...]] = ("logit", "probit")
_MAX_CELLS: Final = 50_000_000
# a score that is this small beside its parts is 0 but for rounding
_SETTLED: Final = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class FractionalFit:
    """A fractional logit or probit.

    Attributes
    ----------
    formula, outcome, link : str
    coefficients : (k,) Series
        By term, on the scale of the index.
    covariance : (k, k) DataFrame
    effects : (k,) Series
        Average marginal effects: change of the share per unit of the term.
    effects_covariance : (k, k) DataFrame
    n_obs, n_clusters, n_parameters : int
    df : float
        G - 1 with clusters, N - K without.
    fitted, residuals : (n_obs,) Series
        Expected shares, and outcome less them, on the index of the firm table.
    linear : FixedEffectsFit
        Least squares on the same firms.
    cluster, weights : str or None
    notes, dropped : tuple of str
    """

    formula: str
    outcome: str
    link: Link
    coefficients: pd.Series[Any]
    covariance: pd.DataFrame
    effects: pd.Series[Any]
    effects_covariance: pd.DataFrame
    n_obs: int
    n_clusters: int
    n_parameters: int
    df: float
    fitted: pd.Series[Any]
    residuals: pd.Series[Any]
    linear: FixedEffectsFit
    cluster: str | None
    weights: str | None
    notes: tuple[str, ...]
    dropped: tuple[str, ...]

    def table(self, *, level: float = 0.95) -> pd.DataFrame:
        """Coefficients of the index: coefficient, std_error, t, p, ci_low, ci_high, by term."""
        error = np.sqrt(np.diag(self.covariance))
        b = self.coefficients
        return coefficient_table(b.to_numpy(), error, b.index, level, df=self.df)

    def margins(self, *, level: float = 0.95) -> pd.DataFrame:
        """Average marginal effects: effect, std_error, t, p, ci_low, ci_high, by term."""
        error = np.sqrt(np.diag(self.effects_covariance))
        found = self.effects
        return coefficient_table(
            found.to_numpy(), error, found.index, level, df=self.df, name="effect"
        )

    def beside_linear(self) -> pd.DataFrame:
        """Average marginal effects beside least squares.

        Returns
        -------
        DataFrame
            By term: effect, std_error, p; linear, linear_std_error, linear_p (CRV1 with clusters,
            HC1 without), of the same firms.
        """
        linear = self.linear.table("crv1" if self.cluster else "hc1")
        margins = self.margins()
        return margins[["effect", "std_error", "p"]].assign(
            linear=linear["coefficient"],
            linear_std_error=linear["std_error"],
            linear_p=linear["p"],
        )

    def summary(self) -> str:
        """Coefficients and average marginal effects as text."""
        head = [f"Fractional {self.link}", self.formula]
        numbers = {"Number of obs": f"{self.n_obs:,}", "Parameters": f"{self.n_parameters}"}
        errors = (
            f"errors adjusted for {self.n_clusters} clusters in {self.cluster}"
            if self.cluster
            else "robust errors"
        )
        tail = [f"({errors}{f'; weights {self.weights}' if self.weights else ''})"]
        effects = self.margins().rename(columns={"effect": "coefficient"})
        screens = [
            regression_screen(
                self.outcome, self.table(), head=head, numbers=numbers,
                tail=tail, notes=[],
            ),
            regression_screen(
                self.outcome, effects, head=["Average marginal effects"], numbers={}, tail=[],
                notes=list(self.notes),
            ),
        ]  # fmt: skip
        return "\n\n".join(screens)

    def __repr__(self) -> str:
        return (
            f"<FractionalFit: {self.link}, {self.formula}; {self.n_obs:,} firms, "
            f"{len(self.coefficients)} terms>"
        )


def _outcome(formula: str, table: pd.DataFrame) -> NDArray[np.float64]:
    main, _ = split_effects(formula)
    left = f"{main.partition('~')[0].strip()} ~ 1"
    found = model_matrices(left, tidy_columns(left, table), what="firm table").lhs
    y = np.asarray(pd.DataFrame(found).iloc[:, 0], dtype=np.float64)
    if y.min() < 0 or y.max() > 1:
        name = left.partition(" ~")[0]
        raise InputError(
            f"formula {formula!r}: found an outcome from {y.min():g} to {y.max():g}, expected "
            f"shares from 0 to 1; percents are I({name} / 100)"
        )
    return y


def _linear(
    formula: str, firms: pd.DataFrame, cluster: str | None, weights: str | None
) -> tuple[FixedEffectsFit, NDArray[np.float64], tuple[str, ...]]:
    """Least squares on the firms that a fractional model can be fitted on, and their shares."""
    notes: list[str] = []
    _, absorbed = split_effects(formula)
    while True:
        fit = fixed_effects(formula, firms, cluster=cluster, weights=weights)
        rows = fit.residuals.index
        y = _outcome(formula, firms.loc[rows])
        extreme = np.zeros(len(y), dtype=bool)
        for name, level in zip(absorbed, fit.model.levels, strict=True):
            mean = np.bincount(level, y) / np.bincount(level)
            alone = ((mean == 0) | (mean == 1))[level]
            if alone.any():
                named = ", ".join(sorted(map(str, firms.loc[rows[alone], name].unique())))
                notes.append(
                    f"{name} {named}: all shares are 0 or all are 1, so its {alone.sum()} firms "
                    "are not in the fit"
                )
            extreme |= alone
        if not extreme.any():
            return fit, y, tuple(notes)
        firms = firms.drop(index=rows[extreme])


def _design(model: LinearModel) -> NDArray[np.float64]:
    """Terms net of effects, then independent dummies: they span what terms and effects do."""
    n, sizes = len(model.y), model.sizes
    if n * sum(sizes) > _MAX_CELLS:
        raise CallError(
            f"fractional: found {sum(sizes)} absorbed levels for {n} firms, too many for dummies"
        )
    dummies = [np.eye(size)[level] for level, size in zip(model.levels, sizes, strict=True)]
    D = np.hstack([np.empty((n, 0)), *dummies])
    if len(sizes) > 1:
        from scipy.linalg import qr

        _, R, order = qr(D, mode="economic", pivoting=True)
        rank = model.n_parameters - model.X.shape[1]
        rank = min(rank, int((np.abs(np.diag(R)) > _SETTLED).sum()))
        D = D[:, np.sort(order[:rank])]
    return np.hstack([model.X, D])


def _fit_glm(
    y: NDArray[np.float64], Z: NDArray[np.float64], model: LinearModel, link: Link, formula: str
) -> Any:
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import SpecificationWarning

    links = sm.families.links
    family = sm.families.Binomial(links.Logit() if link == "logit" else links.Probit())
    kind: dict[str, Any] = {"cov_type": "HC0"}
    if model.clusters is not None:
        kind = {"cov_type": "cluster", "cov_kwds": {"groups": model.clusters}}
    # columns of one scale, so that the information can be inverted
    scale = np.sqrt((Z**2).mean(axis=0))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # weights are held to R's sandwich in tests/reference/share_models
        warnings.simplefilter("ignore", SpecificationWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        warnings.simplefilter("ignore", UserWarning)
        glm = sm.GLM(y, Z / scale, family=family, var_weights=model.w)
        found = glm.fit(tol=1e-13, maxiter=200, **kind)
        score, parts = found.model.score(found.params), found.model.score_obs(found.params)
    size = np.abs(np.asarray(parts)).sum(axis=0)
    if not np.isfinite(found.params).all() or (np.abs(score) > _SETTLED * size).any():
        raise NotEnoughDataError(
            f"formula {formula!r}: the fractional {link} has no finite estimate, as where a term "
            "parts shares of 0 from shares of 1"
        )
    V = np.asarray(found.cov_params()) / np.outer(scale, scale)
    if model.clusters is None:
        V = V * len(y) / (len(y) - len(scale))
    return np.asarray(found.params) / scale, V, np.asarray(found.fittedvalues)


def _density(index: NDArray[np.float64], link: Link) -> tuple[NDArray[np.float64], Any]:
    """Slope of the share in the index, and the slope's own slope."""
    from scipy import special, stats

    if link == "probit":
        first = stats.norm.pdf(index)
        return first, -index * first
    p = special.expit(index)
    first = p * (1 - p)
    return first, first * (1 - 2 * p)


def _notes(linear: FixedEffectsFit) -> tuple[str, ...]:
    """What the least squares say of the data, and what few clusters mean here."""
    few = f"{linear.n_clusters} clusters are few"
    return tuple(
        f"{few}: errors by cluster are too small, so that tests reject too often"
        if each.startswith(few)
        else each
        for each in linear.notes
    )


def fractional(
    formula: str,
    firms: pd.DataFrame,
    *,
    link: Link = "logit",
    cluster: str | None = None,
    weights: str | None = None,
) -> FractionalFit:
    """Fit a fractional logit or probit, for outcomes that are shares.

    Parameters
    ----------
    formula : str
        "share ~ terms | effects", as in `fixed_effects`; percents as "I(percent / 100) ~ ...".
    firms : DataFrame
        A firm table.
    link : {"logit", "probit"}
    cluster : str, optional
        Column of clusters; robust errors without.
    weights : str, optional
        Column of survey weights.

    Returns
    -------
    FractionalFit
        `margins()` has average marginal effects, `beside_linear()` least squares next to them.

    Raises
    ------
    CallError
        When the formula cannot be read, or effects have too many levels.
    InputError
        When the outcome is not from 0 to 1, columns are missing or weights are not above 0.
    NotEnoughDataError
        When no finite estimate exists, or firms or clusters are too few.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> fit = kz.fractional("I(epayment_share / 100) ~ outages_per_month | composite",
    ...                     kz.load_twin(), cluster="composite")
    >>> list(fit.beside_linear().columns)
    ['effect', 'std_error', 'p', 'linear', 'linear_std_error', 'linear_p']
    """
    check_option("link", link, LINKS)
    cluster = column_name("cluster", cluster)
    table = firms.reset_index(drop=True)
    linear, y, notes = _linear(formula, table, cluster, weights)
    model, k = linear.model, len(linear.coefficients)
    if cluster is not None and model.n_clusters < 2:
        raise NotEnoughDataError("fractional: found one cluster, expected at least two")
    Z = _design(model)
    b, V, fitted = _fit_glm(y, Z, model, link, formula)
    first, second = _density(Z @ b, link)
    share = model.w / model.w.sum()
    slope = float(share @ first)
    jacobian = np.outer(b[:k], (share * second) @ Z)
    jacobian[:, :k] += slope * np.eye(k)
    names = linear.coefficients.index
    index = firms.index[linear.residuals.index]
    held = ~linear.needed.any(axis=0) if linear.needed.size else np.ones(k, dtype=bool)
    unknown = np.where(np.outer(held, held), 1.0, np.nan)  # no clustered error holds for the others
    return FractionalFit(
        formula=formula,
        outcome=linear.outcome,
        link=link,
        coefficients=pd.Series(b[:k], names, name="coefficient"),
        covariance=pd.DataFrame(V[:k, :k] * unknown, names, names),
        effects=pd.Series(slope * b[:k], names, name="effect"),
        effects_covariance=pd.DataFrame(jacobian @ V @ jacobian.T * unknown, names, names),
        n_obs=linear.n_obs,
        n_clusters=model.n_clusters,
        n_parameters=Z.shape[1],
        df=float(model.n_clusters - 1 if cluster else linear.n_obs - Z.shape[1]),
        fitted=pd.Series(fitted, index, name="fitted"),
        residuals=pd.Series(y - fitted, index, name="residual"),
        linear=linear,
        cluster=cluster,
        weights=weights,
        notes=notes + _notes(linear),
        dropped=linear.dropped,
    )

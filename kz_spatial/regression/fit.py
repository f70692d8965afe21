"""A fitted regression: its numbers under each inference, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import check_option
from kz_spatial.errors import CallError
from kz_spatial.regression.coefficient_table import coefficient_table
from kz_spatial.regression.display import (
    NAMES,
    draw_intervals,
    html_table,
    latex_table,
    regression_screen,
)
from kz_spatial.regression.few_clusters import (
    Analytic,
    LinearModel,
    covariance,
)
from kz_spatial.regression.fit_predictions import FitPredictions
from kz_spatial.regression.fit_tests import FitTests
from kz_spatial.regression.identification import identification_table
from kz_spatial.regression.side_by_side import INFERENCES, Inference, compare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from kz_spatial.regression.absorption import Ssc

__all__ = ["INFERENCES", "FixedEffectsFit", "Inference"]

_POWERLESS: Final = 2
_UNCLUSTERED: Final = ("iid", "hc1", "hc3")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FixedEffectsFit(FitTests, FitPredictions):
    """A fitted regression with absorbed effects.

    Tests are in `FitTests`, predictions in `FitPredictions`.

    Attributes
    ----------
    formula : str
    outcome : str
    coefficients : (k,) Series
        By term, in units of the outcome per unit of the term.
    n_obs, n_clusters : int
        Firms used, and clusters among them (0 without; the smaller number of two ways).
    n_parameters : int
        K, absorbed effects included.
    df : float
        G - 1 with clusters and N - K without; `degrees_of_freedom` has those of each inference.
    r2, r2_within : float
        Share of variation explained, with the absorbed effects and net of them.
    effects : Series
        Absorbed effect of each level, where one factor is absorbed; else empty.
    residuals : (n_obs,) Series
        By row of the firm table; its index says which firms were used.
    dropped : tuple of str
        Collinear terms that were left out.
    notes : tuple of str
        Things in the data that inference should be read with.
    weights, cluster : str or None
        Columns used; "a and b" where errors are clustered in two ways.
    default_inference : str
    model : LinearModel
        The fit as arrays.
    level_means : (levels, k) array
        Weighted means of the terms by absorbed level, where one factor is absorbed.
    needed : (G, k) array of bool
        Clusters without which a coefficient cannot be estimated; no rows without clusters.
    cluster_names : Index
        Clusters in the order of the model's numbers, one way after the other; empty without.
    ssc : str
        Which absorbed effects the small-sample factor of "crv1" counts.
    spec : formulaic ModelSpec
        How terms are made of columns.
    n_rows : int
        Rows of the firm table, those that were left out counted in.
    """

    formula: str
    outcome: str
    coefficients: pd.Series[Any]
    n_obs: int
    n_clusters: int
    n_parameters: int
    df: float
    r2: float
    r2_within: float
    effects: pd.Series[Any]
    residuals: pd.Series[Any]
    dropped: tuple[str, ...]
    notes: tuple[str, ...]
    weights: str | None
    cluster: str | None
    default_inference: Inference
    model: LinearModel
    level_means: NDArray[np.float64]
    needed: NDArray[np.bool_]
    cluster_names: pd.Index[Any]
    ssc: Ssc = "areg"
    spec: Any = None
    n_rows: int = 0

    def covariance(self, inference: Analytic | None = None) -> pd.DataFrame:
        """Covariance matrix of the coefficients, by term.

        Parameters
        ----------
        inference : {"iid", "hc1", "hc3", "crv1", "crv3", "cr2"}, optional
            The wild bootstrap has none of its own; its t rests on "crv1".
        """
        asked = inference or (
            "crv1" if self.default_inference == "wild" else self.default_inference
        )
        found = covariance(self.model, asked)
        names = self.coefficients.index
        return pd.DataFrame(found.matrix, index=names, columns=names)

    def degrees_of_freedom(self, inference: Analytic) -> pd.Series[Any]:
        """Degrees of freedom of the t distribution that goes with each coefficient."""
        found = covariance(self.model, inference).df
        return pd.Series(found, self.coefficients.index, name="df")

    def identification(self) -> pd.DataFrame:
        """What each coefficient rests on.

        Returns
        -------
        DataFrame
            By term: `effective_clusters`, 1 over the sum of squared shares of the clusters in the
            variation that identifies it; `largest_cluster` and `largest_share`; `needs`, the
            clusters without which it cannot be estimated, joined by commas. Where `needs` names
            any, no clustered inference holds and tables show none.

        Raises
        ------
        CallError
            Without clusters.
        """
        if self.model.clusters is None:
            raise CallError("identification: expected cluster=COLUMN in the fit")
        if self.model.crossed is not None:
            raise CallError("identification: found two ways of clusters, expected one")
        return identification_table(
            self.model, self.needed, self.coefficients.index, self.cluster_names
        )

    def table(self, inference: Inference | None = None, *, level: float = 0.95) -> pd.DataFrame:
        """Coefficients with errors, tests and intervals.

        Parameters
        ----------
        inference : {"iid", "hc1", "hc3", "crv1", "crv3", "cr2", "wild"}, optional
            By default `default_inference`. "wild" gives CRV1 errors and t-statistics with
            bootstrap p-values and inverted intervals.
        level : float
            Coverage of the intervals.

        Returns
        -------
        DataFrame
            By term: coefficient, std_error, t, p (two-sided), ci_low, ci_high. Clustered
            inferences say nothing (NaN) of a coefficient that rests on one cluster; see
            `identification`.
        """
        asked = inference or self.default_inference
        check_option("inference", asked, INFERENCES)
        found = covariance(self.model, "crv1" if asked == "wild" else asked)
        b, error = self.coefficients.to_numpy(), np.sqrt(np.diag(found.matrix))
        table = coefficient_table(b, error, self.coefficients.index, level, df=found.df)
        held = table.index
        if asked not in _UNCLUSTERED:
            held = table.index[~self.needed.any(axis=0)]
            table.loc[~table.index.isin(held), table.columns[1:]] = np.nan
        if asked == "wild":
            tests = [self.wild(str(term), level=level) for term in held]
            table.loc[held, "p"] = [each.p for each in tests]
            table.loc[held, "ci_low"] = [each.ci_low for each in tests]
            table.loc[held, "ci_high"] = [each.ci_high for each in tests]
        return table

    def weak_terms(self) -> tuple[str, ...]:
        """A note on each term whose CR2 test has so few degrees of freedom that it finds nothing.

        With clusters; empty without.
        """
        one_way = self.model.clusters is not None and self.model.crossed is None
        if not one_way or self.n_clusters < 2:
            return ()
        df = self.degrees_of_freedom("cr2")
        held: list[bool] = np.logical_not(self.needed.any(axis=0)).tolist()
        return tuple(
            f"{term}: cr2 has {each:.1f} degrees of freedom, nearly no power"
            for term, each, known in zip(df.index, df, held, strict=True)
            if known and each < _POWERLESS
        )

    def summary(self, inference: Inference | None = None) -> str:
        """Text in the manner of Stata's regression screen.

        Coefficients under an inference; firms used and rows left out; clusters, degrees of freedom
        and weights; collinear terms and notes.
        """
        asked = inference or self.default_inference
        weak = self.weak_terms() if asked == "cr2" else ()
        numbers = {
            "Number of obs": f"{self.n_obs:,}",
            "R-squared": f"{self.r2:.4f}",
            "Within R-sq": f"{self.r2_within:.4f}",
        }
        if self.n_rows > self.n_obs:
            numbers["Rows left out"] = f"{self.n_rows - self.n_obs:,}"
        tail = [f"({self._errors(asked)})"]
        if self.weights:
            tail.append(f"(weights {self.weights})")
        left = [f"{each} is collinear and was left out" for each in self.dropped]
        return regression_screen(
            self.outcome,
            self.table(asked),
            head=[f"Linear regression, {NAMES[asked]}", self.formula],
            numbers=numbers,
            tail=tail,
            notes=[*left, *self.notes, *weak],
        )

    def _errors(self, inference: Inference) -> str:
        """What errors are adjusted for, and the degrees of freedom of t."""
        told = "errors not adjusted for clusters"
        if inference not in _UNCLUSTERED:
            told = f"errors adjusted for {self.n_clusters} clusters in {self.cluster}"
        if inference == "wild":
            return f"{told}; p and intervals from the bootstrap"
        df = self.degrees_of_freedom(inference)
        if (df == df.iloc[0]).all():
            return f"{told}; t with {df.iloc[0]:,.4g} degrees of freedom"
        each = ", ".join(f"{term} {value:.1f}" for term, value in df.items())
        return f"{told}; degrees of freedom of t: {each}"

    def __repr__(self) -> str:
        clusters = f", {self.n_clusters} clusters in {self.cluster}" if self.cluster else ""
        return (
            f"<FixedEffectsFit: {self.formula}; {self.n_obs:,} firms, "
            f"{len(self.coefficients)} terms{clusters}>"
        )

    def to_html(self, inference: Inference | None = None) -> str:
        """HTML table, ready for a page."""
        return html_table(compare(self, inference=inference))

    def to_latex(self, inference: Inference | None = None) -> str:
        """LaTeX tabular for the booktabs package, ready for a paper."""
        return latex_table(compare(self, inference=inference))

    def plot(
        self,
        inferences: Sequence[Inference] = ("crv1", "crv3", "cr2", "wild"),
        *,
        level: float = 0.95,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw coefficients with intervals from several inferences side by side.

        Parameters
        ----------
        inferences : sequence of str
        level : float
            Coverage of the intervals.
        ax : matplotlib Axes, optional
            Drawn into when given.

        Returns
        -------
        matplotlib Axes
        """
        tables = {NAMES[name]: self.table(name, level=level) for name in inferences}
        ax = draw_intervals(tables, ax)
        ax.set_xlabel(f"effect on {self.outcome}, {100 * level:g} % interval")
        return ax

"""What a fit says of levels and of new firms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kz_spatial._validate import check_option
from kz_spatial.errors import CallError
from kz_spatial.regression.few_clusters import ANALYTIC, Analytic
from kz_spatial.regression.predictions import predict_means

if TYPE_CHECKING:
    from kz_spatial.regression.predictions import Predicting

__all__ = ["FitPredictions"]


class FitPredictions:
    """Effects of levels, and expected outcomes."""

    __slots__ = ()

    def predict(
        self: Predicting,
        newdata: pd.DataFrame,
        *,
        level: float = 0.95,
        inference: Analytic | None = None,
    ) -> pd.DataFrame:
        """Expected outcome at given values of the terms.

        Where levels of the absorbed factor lie inside clusters, clustered errors say nothing of a
        level's mean: its part of the error is then HC1's, for firms that are independent net of
        the effect.

        Parameters
        ----------
        newdata : DataFrame
            Columns of the formula, the absorbed one included.
        level : float
            Coverage of the intervals.
        inference : {"iid", "hc1", "hc3", "crv1", "crv3", "cr2"}, optional
            By default `default_inference`.

        Returns
        -------
        DataFrame
            On the index of `newdata`: prediction, std_error, ci_low, ci_high, in units of the
            outcome; of the mean, not of a single firm. NaN where a row is incomplete.

        Raises
        ------
        CallError
            With more than one absorbed factor.
        InputError
            When columns are missing, or a category or level is not in the fit.

        Examples
        --------
        >>> import kz_spatial as kz
        >>> firms = kz.load_twin()
        >>> fit = kz.fixed_effects("epayment_share ~ outages_per_month | composite", firms,
        ...                        cluster="composite")
        >>> new = pd.DataFrame({"composite": ["west"], "outages_per_month": [2.0]})
        >>> list(fit.predict(new).columns)
        ['prediction', 'std_error', 'ci_low', 'ci_high']
        """
        asked = inference or (
            "crv1" if self.default_inference == "wild" else self.default_inference
        )
        check_option("inference", asked, ANALYTIC)
        return predict_means(self, newdata, asked, level)

    def effects_table(self: Predicting) -> pd.DataFrame:
        """Absorbed effects with heteroskedasticity-robust (HC1) errors.

        Clusters that coincide with the levels leave nothing to cluster by, so HC1 it is.

        Returns
        -------
        DataFrame
            By level: effect, std_error, n_obs.

        Raises
        ------
        CallError
            When not exactly one factor is absorbed.
        """
        if len(self.model.levels) != 1:
            raise CallError(
                f"effects: found {len(self.model.levels)} absorbed factors, expected one"
            )
        m, level = self.model, self.model.levels[0]
        size = len(self.effects)
        weight = np.bincount(level, m.w, size)
        we = m.w * m.residuals
        bread = np.linalg.inv(m.X.T @ (m.X * m.w[:, None]))
        V = bread @ (m.X.T @ (m.X * (we**2)[:, None])) @ bread
        cross = np.stack([np.bincount(level, x * we**2, size) for x in m.X.T], axis=1)
        means = self.level_means
        variance = (
            np.bincount(level, we**2, size) / weight**2
            + np.einsum("gi,ij,gj->g", means, V, means)
            - 2 * np.einsum("gi,ij,gj->g", means, bread, cross) / weight
        )
        factor = self.n_obs / (self.n_obs - self.n_parameters)
        return pd.DataFrame(
            {
                "effect": self.effects,
                "std_error": np.sqrt(factor * variance),
                "n_obs": np.bincount(level, minlength=size),
            },
            index=self.effects.index,
        )

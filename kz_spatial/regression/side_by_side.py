"""Fits in columns, under one inference or each under its own."""

from __future__ import annotations

from typing import Any, Final, Literal, Protocol

import numpy as np
import pandas as pd

from kz_spatial.errors import CallError
from kz_spatial.regression.display import NAMES
from kz_spatial.regression.few_clusters import ANALYTIC

__all__ = ["INFERENCES", "Inference", "compare"]

Inference = Literal["iid", "hc1", "hc3", "crv1", "crv3", "cr2", "wild"]
INFERENCES: Final[tuple[Inference, ...]] = (*ANALYTIC, "wild")
_STARS: Final = ((0.01, "***"), (0.05, "**"), (0.1, "*"))


class Fitted(Protocol):
    """What a column of `compare` is made of; `FixedEffectsFit` is one."""

    @property
    def outcome(self) -> str:
        """Name of what is explained."""

    @property
    def coefficients(self) -> pd.Series[Any]:
        """Coefficients by term."""

    @property
    def n_obs(self) -> int:
        """Firms used."""

    @property
    def n_clusters(self) -> int:
        """Clusters, 0 without."""

    @property
    def r2(self) -> float:
        """Share explained."""

    @property
    def r2_within(self) -> float:
        """Share explained net of effects."""

    @property
    def default_inference(self) -> Inference:
        """Inference where none is asked for."""

    def table(self, inference: Inference | None = None) -> pd.DataFrame:
        """Coefficients with errors."""


def _stars(p: float) -> str:
    return next((mark for bound, mark in _STARS if p < bound), "")


def compare(*fits: Fitted, inference: Inference | None = None) -> pd.DataFrame:
    """Set fits in columns, coefficients above their errors.

    Parameters
    ----------
    *fits : FixedEffectsFit
    inference : str, optional
        One for all; each fit's default otherwise.

    Returns
    -------
    DataFrame of str
        Rows by (term, "coefficient" or "std_error"), then observations, clusters, R² and the
        inference; columns (1), (2), ... with the outcome. One star is 10 %, two are 5 %,
        three 1 %.

    Raises
    ------
    CallError
        Without fits.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> fit = kz.fixed_effects(
    ...     "epayment_share ~ outages_per_month | composite", kz.load_twin(), cluster="composite")
    >>> table = kz.compare(fit, inference="crv3")
    >>> table.loc[("Inference", ""), "(1) epayment_share"]
    'clustered, CRV3 (jackknife)'
    """
    if not fits:
        raise CallError("compare: found no fits, expected at least one")
    terms = list(dict.fromkeys(str(t) for fit in fits for t in fit.coefficients.index))
    columns = {}
    for i, fit in enumerate(fits, start=1):
        asked = inference or fit.default_inference
        table = fit.table(asked)
        cells: dict[tuple[str, str], str] = {}
        for term in terms:
            if term in table.index:
                row = table.loc[term]
                cells[term, "coefficient"] = f"{row['coefficient']:.4g}{_stars(row['p'])}"
                error = row["std_error"]
                cells[term, "std_error"] = f"({error:.4g})" if np.isfinite(error) else "(.)"
            else:
                cells[term, "coefficient"] = cells[term, "std_error"] = ""
        cells["Observations", ""] = str(fit.n_obs)
        cells["Clusters", ""] = str(fit.n_clusters) if fit.n_clusters else ""
        cells["R²", ""] = f"{fit.r2:.4f}"
        cells["Within R²", ""] = f"{fit.r2_within:.4f}"
        cells["Inference", ""] = NAMES[asked]
        columns[f"({i}) {fit.outcome}"] = pd.Series(cells)
    return pd.DataFrame(columns).rename_axis(["term", "row"])

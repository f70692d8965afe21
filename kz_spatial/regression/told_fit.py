"""What a fit tells without its firms: tables under every inference, and its size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kz_spatial._validate import check_option
from kz_spatial.errors import NotEnoughDataError
from kz_spatial.regression.fit import INFERENCES, FixedEffectsFit, Inference

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["FitTables", "tell_fit"]


@dataclass(frozen=True, slots=True, eq=False)
class FitTables:
    """A fit without residuals, effects or data.

    Attributes
    ----------
    formula, outcome : str
    coefficients : (k,) Series
    n_obs, n_clusters, n_parameters : int
    r2, r2_within : float
    notes, dropped : tuple of str
    default_inference : str
    tables : mapping
        By inference: a frame as `FixedEffectsFit.table` gives it, with `df`.
    reasons : mapping
        By inference: why there is no table.
    """

    formula: str
    outcome: str
    coefficients: pd.Series[Any]
    n_obs: int
    n_clusters: int
    n_parameters: int
    r2: float
    r2_within: float
    notes: tuple[str, ...]
    dropped: tuple[str, ...]
    default_inference: Inference
    tables: Mapping[str, pd.DataFrame]
    reasons: Mapping[str, str]

    def table(self, inference: Inference | None = None) -> pd.DataFrame:
        """Coefficients under an inference; see `FixedEffectsFit.table`.

        Raises
        ------
        NotEnoughDataError
            Where the fit has none.
        """
        asked = inference or self.default_inference
        check_option("inference", asked, INFERENCES)
        if asked in self.reasons:
            raise NotEnoughDataError(self.reasons[asked])
        return self.tables[asked].drop(columns="df")

    def degrees_of_freedom(self, inference: Inference) -> pd.Series[Any]:
        """Degrees of freedom of each coefficient's t."""
        return self.tables[inference]["df"]


def tell_fit(fit: FixedEffectsFit | FitTables) -> FitTables:
    """Keep of a fit what tells of no firm.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> fit = kz.fixed_effects("epayment_share ~ outages_per_month | composite", kz.load_twin(),
    ...                        cluster="composite")
    >>> told = tell_fit(fit)
    >>> told.table().equals(fit.table()), hasattr(told, "residuals")
    (True, False)
    """
    if isinstance(fit, FitTables):
        return fit
    tables: dict[str, pd.DataFrame] = {}
    reasons: dict[str, str] = {}
    for inference in INFERENCES:
        try:
            table = fit.table(inference)
            df = fit.degrees_of_freedom("crv1" if inference == "wild" else inference)
            tables[inference] = table.assign(df=df)
        except NotEnoughDataError as error:
            reasons[inference] = str(error)
    return FitTables(
        fit.formula,
        fit.outcome,
        fit.coefficients,
        fit.n_obs,
        fit.n_clusters,
        fit.n_parameters,
        fit.r2,
        fit.r2_within,
        fit.notes,
        fit.dropped,
        fit.default_inference,
        tables,
        reasons,
    )

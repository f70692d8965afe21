"""A regression again and again, each time without one region."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pandas as pd

from kz_spatial._validate import check_columns, check_option
from kz_spatial.design import design_of
from kz_spatial.errors import CollinearTermWarning, NotEnoughDataError
from kz_spatial.regression import INFERENCES, Inference, fixed_effects

if TYPE_CHECKING:
    from kz_spatial.regression import FixedEffectsFit

__all__ = ["leave_one_out"]

_NOTHING = "none"


def _rows(
    fit: FixedEffectsFit, left_out: str, whole: FixedEffectsFit, inference: Inference | None
) -> pd.DataFrame:
    table = fit.table(inference).rename_axis("term").reset_index()
    table.insert(0, "left_out", left_out)
    table["change"] = table["coefficient"] - table["term"].map(whole.coefficients)
    return table.assign(n_obs=fit.n_obs, n_clusters=fit.n_clusters, reason="")


def leave_one_out(
    formula: str,
    firms: pd.DataFrame,
    *,
    by: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    inference: Inference | None = None,
) -> pd.DataFrame:
    """Fit a regression with all regions, and once without each.

    Parameters
    ----------
    formula : str
        As `fixed_effects` takes it.
    firms : DataFrame
        A firm table.
    by : str, optional
        Column whose values are left out in turn; the design's grouping by default.
    cluster, weights : str, optional
        As in `fixed_effects`; clusters are `by` by default.
    inference : str, optional
        As `FixedEffectsFit.table` takes it.

    Returns
    -------
    DataFrame
        By left_out ("none" first) and term: as `FixedEffectsFit.table`, then `change` (coefficient
        less that of all regions), n_obs, n_clusters, and `reason` where it cannot be estimated.
        Squared changes of all regions times (G - 1) / G are the CRV3 variance, where effects do
        not cut across regions.

    Raises
    ------
    InputError
        When a column is missing.
    NotEnoughDataError
        When the model of all regions cannot be estimated.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> table = kz.leave_one_out("epayment_share ~ co2_monitoring | composite", kz.load_twin())
    >>> table.xs("co2_monitoring", level="term")["coefficient"].round(2).to_dict()["astana"]
    -0.05
    """
    by = by or design_of(firms).grouping.name
    check_columns(firms.columns, [by], what="firm table")
    if inference is not None:
        check_option("inference", inference, INFERENCES)
    cluster = cluster or by
    whole = fixed_effects(formula, firms, cluster=cluster, weights=weights)
    parts = [_rows(whole, _NOTHING, whole, inference)]
    used = firms.loc[firms.index.isin(whole.residuals.index), by]
    for region in sorted(used.dropna().unique(), key=str):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", CollinearTermWarning)  # told as a reason below
                fit = fixed_effects(
                    formula, firms[firms[by] != region], cluster=cluster, weights=weights
                )
            part = _rows(fit, str(region), whole, inference)
        except NotEnoughDataError as error:
            part = pd.DataFrame({"left_out": [str(region)], "term": [None], "reason": [str(error)]})
            part["term"] = str(whole.coefficients.index[0])
        lost = [
            str(each) for each in whole.coefficients.index if str(each) not in set(part["term"])
        ]
        why = part["reason"].iloc[0] or "does not vary without it"
        parts += [part, pd.DataFrame({"left_out": str(region), "term": lost, "reason": why})]
    table = pd.concat([each for each in parts if len(each)], ignore_index=True)
    numbers = ["n_obs", "n_clusters"]
    table[numbers] = table[numbers].astype("Int64")
    return table.set_index(["left_out", "term"])

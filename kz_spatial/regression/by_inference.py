"""One fit under every inference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from kz_spatial.errors import NotEnoughDataError
from kz_spatial.regression.fit import INFERENCES, FixedEffectsFit, Inference

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["tables_by_inference"]


def tables_by_inference(fit: FixedEffectsFit) -> Iterator[tuple[Inference, pd.DataFrame]]:
    """The fit's table under every inference, or why there is none.

    Yields
    ------
    inference : str
    DataFrame
        A row per term, `term` first, then as `FixedEffectsFit.table`; or one row with an empty
        `term` and the `reason`.
    """
    for inference in INFERENCES:
        try:
            yield inference, fit.table(inference).rename_axis("term").reset_index()
        except NotEnoughDataError as error:
            yield inference, pd.DataFrame({"term": [""], "reason": [str(error)]})

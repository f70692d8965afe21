"""Reading of model formulas, with formulaic's errors turned into one clear line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kz_spatial.errors import CallError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

__all__ = ["model_matrices"]


def model_matrices(
    formula: str, table: pd.DataFrame, *, what: str, columns: Iterable[object] | None = None
) -> Any:
    """Outcome and terms of the complete rows, as formulaic's model matrices.

    Parameters
    ----------
    formula : str
    table : DataFrame
    what : str
        Name of the table for messages.
    columns : iterable, optional
        Its columns for messages, where the table at hand has fewer.

    Raises
    ------
    CallError
        When the formula cannot be read.
    InputError
        When it names what the table lacks.
    """
    from formulaic import model_matrix
    from formulaic.errors import FormulaicError, FormulaParsingError

    try:
        return model_matrix(formula, table, na_action="drop", context={})
    except FormulaParsingError as error:
        reason = re.sub(r"\x1b\[[0-9;]*m|[\u29da\u29db]", "", " ".join(str(error).split()))
        raise CallError(f"formula {formula!r}: {reason}") from error
    except (FormulaicError, KeyError, NameError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"formula {formula!r}: {reason}; the {what} has the columns "
            f"{', '.join(map(str, table.columns if columns is None else columns))}"
        ) from error

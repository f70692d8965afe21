"""Firms veiled from layers of one's own, and the estimates that rules let these ask for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from kz_spatial.design import Indicator, Score
from kz_spatial.errors import InputError
from kz_spatial.protection import protect_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kz_spatial.design import DisclosureRules, Kind, StudyDesign

__all__ = ["VeiledFirms", "estimate_of"]

_NAME: Final = "value"


class VeiledFirms:
    """Stands in for the firm table where rules let no layer see a firm."""

    __slots__ = ("_rules", "_table")

    def __init__(self, table: pd.DataFrame, rules: DisclosureRules) -> None:
        object.__setattr__(self, "_table", table)
        object.__setattr__(self, "_rules", rules)

    def _refuse(self) -> InputError:
        return InputError(
            f"reads firms, which the disclosure rules {self._rules.profile!r} show to no layer; "
            "expected study.tables, or study.estimate(lambda firms: ...)"
        )

    def __getattr__(self, name: str) -> Any:
        raise self._refuse()

    def __getitem__(self, key: object) -> Any:
        raise self._refuse()

    def __len__(self) -> int:
        raise self._refuse()


def _open(firms: pd.DataFrame | VeiledFirms) -> pd.DataFrame:
    if isinstance(firms, VeiledFirms):
        table: pd.DataFrame = object.__getattribute__(firms, "_table")
        return table
    return firms


def estimate_of(
    firms: pd.DataFrame | VeiledFirms,
    of: Callable[[pd.DataFrame], pd.Series[Any]],
    *,
    design: StudyDesign,
    rules: DisclosureRules,
    levels: Sequence[str],
    weights: str | None,
    kind: Kind,
) -> pd.DataFrame:
    """Mean of a value of firms by unit of the last level, as rules let it be shown.

    Parameters
    ----------
    firms : DataFrame or VeiledFirms
    of : callable
        From the firm table to a numeric Series by firm.
    design : StudyDesign
    rules : DisclosureRules
    levels : sequence of str
        Levels that the study shows, down to the one that is asked for.
    weights : str or None
    kind : str
        What the values are, as for an indicator.

    Returns
    -------
    DataFrame
        By code: `mean`, `sd`, `se`, `n`.

    Raises
    ------
    InputError
        When the function gives no Series by firm.
    """
    firms = _open(firms)
    values = of(firms.copy())
    if not isinstance(values, pd.Series) or not values.index.equals(firms.index):
        raise InputError(f"estimate: found {type(values).__name__}, expected a Series by firm")
    words = {"en": _NAME}
    if values.dropna().isin((0, 1)).all():  # told by its counts, whatever it is called
        kind = "binary"
    one = replace(
        design,
        indicators=(Indicator(_NAME, "value", kind, 1, words, words),),
        outcome=None,
        formula=None,
        score=Score(design.score.labels, design.score.unit, least=1),
    )
    kept = ("oblast_code", design.grouping.name, *design.weights)
    table = firms[[c for c in kept if c in firms]].assign(value=values.astype(float))
    made = protect_tables(table, levels=levels, design=one, rules=rules, weights=weights)
    columns = {f"{_NAME}_{part}": part for part in ("mean", "sd", "se", "n")}
    return made.tables[levels[-1]][list(columns)].rename(columns=columns)

"""What is noted of a survey file and stops nothing: weights, places, and how regions were read."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from kz_spatial._validate import describe_rows
from kz_spatial.places import PLACE, locate, stray_notes, text_notes
from kz_spatial.survey.coding import to_codes
from kz_spatial.survey.columns import RawSurvey, as_text

__all__ = ["kato_note", "places_of", "weight_notes"]

_AXES: Final = ("longitude", "latitude")


def weight_notes(raw: RawSurvey) -> list[str]:
    """Firms without a weight, and weights that are none: they matter if they are asked for."""
    notes = []
    for name in (each for each in raw.design.weights if each in raw.frame):
        codes, unreadable = to_codes(raw.frame[name])
        bad = np.flatnonzero(unreadable | codes.le(0) | np.isinf(codes))
        lacking = int((codes.isna() & ~unreadable).sum())
        if lacking:
            notes.append(
                f"{lacking} firms have no weight {raw.names[name]}: it cannot be asked for"
            )
        if len(bad):
            notes.append(
                f"{describe_rows(bad, raw.row_name)}, column {raw.names[name]}: found "
                f"{raw.frame[name].iloc[bad[0]]}, expected a weight above 0: {raw.names[name]} "
                "cannot be asked for"
            )
    return notes


def places_of(raw: RawSurvey) -> tuple[pd.DataFrame, list[str]]:
    """Coordinates of firms, missing where they are no place in the country, and what to tell.

    The notes stand in bundles, so they name no coordinate of a firm.
    """
    given = [name for name in _AXES if name in raw.frame]
    if len(given) < len(_AXES):
        return pd.DataFrame(index=raw.frame.index), [
            f"column {raw.names[name]} alone is no place: firms count as without" for name in given
        ]
    x, y = (raw.names[name] for name in _AXES)
    names = _AXES if x == y else (x, y)
    located = locate(raw.frame[list(_AXES)].set_axis(names, axis=1), x=names[0], y=names[1])
    said: dict[str, Any] = {"noun": "firms", "example": False}
    lost = stray_notes(located, raw.row_name, **said)
    notes = [f"{each}; they count as without" for each in lost]
    notes += text_notes(located, raw.row_name, **said)
    found = located.kinds == PLACE
    columns = {
        name: np.where(found, values, np.nan)
        for name, values in zip(_AXES, (located.x, located.y), strict=True)
    }
    return pd.DataFrame(columns, raw.frame.index), notes


def kato_note(raw: RawSurvey, values: list[Any]) -> list[str]:
    """Say that bare numbers were read as KATO codes."""
    if not any(as_text(each).isdigit() for each in values if not pd.isna(each)):
        return []
    return [f"column {raw.names['region']}: its numbers were read as KATO codes (10 to 79)"]

from .aggregation import (
    aggregate,
    readiness,
    score_units,
    unit_moments,
    unit_positions,
    weights_of,
    withheld_cells,
)
from .redraws import drawn_by_error, drawn_means

__all__ = [
    "aggregate",
    "drawn_by_error",
    "drawn_means",
    "readiness",
    "score_units",
    "unit_moments",
    "unit_positions",
    "weights_of",
    "withheld_cells",
]

from .aggregation import (
    aggregate,
    unit_moments,
    unit_positions,
    weights_of,
    withheld_cells,
)
from .redraws import drawn_by_error, drawn_means
from .scores import readiness, score_indicators, score_units

__all__ = [
    "aggregate",
    "drawn_by_error",
    "drawn_means",
    "readiness",
    "score_indicators",
    "score_units",
    "unit_moments",
    "unit_positions",
    "weights_of",
    "withheld_cells",
]

from .aggregation import (
    aggregate,
    unit_moments,
    unit_positions,
    weights_of,
    withheld_cells,
)
from .area_estimates import SmallAreas, small_areas
from .redraws import drawn_by_error, drawn_means
from .sampling_variances import pooled_variances, smoothed_variances
from .scores import readiness, score_indicators, score_units

__all__ = [
    "SmallAreas",
    "aggregate",
    "drawn_by_error",
    "drawn_means",
    "pooled_variances",
    "readiness",
    "score_indicators",
    "score_units",
    "small_areas",
    "smoothed_variances",
    "unit_moments",
    "unit_positions",
    "weights_of",
    "withheld_cells",
]

from .aggregation import (
    aggregate,
    unit_moments,
    unit_positions,
    weights_of,
    withheld_cells,
)
from .design_errors import survey_mean, survey_ratio, survey_share, survey_total
from .domain_contrasts import survey_covariance, survey_difference
from .redraws import drawn_by_error, drawn_means
from .scores import readiness, score_indicators, score_units
from .survey_quantiles import survey_quantile

__all__ = [
    "aggregate",
    "drawn_by_error",
    "drawn_means",
    "readiness",
    "score_indicators",
    "score_units",
    "survey_covariance",
    "survey_difference",
    "survey_mean",
    "survey_quantile",
    "survey_ratio",
    "survey_share",
    "survey_total",
    "unit_moments",
    "unit_positions",
    "weights_of",
    "withheld_cells",
]

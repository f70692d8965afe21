from .aggregation import (
    aggregate,
    unit_moments,
    unit_positions,
    unit_table,
    weights_of,
    withheld_cells,
)
from .area_estimates import SmallAreas, small_areas
from .catching_up import score_gains
from .design_errors import survey_mean, survey_ratio, survey_share, survey_total
from .domain_contrasts import survey_covariance, survey_difference
from .moment_sums import (
    CellMoments,
    WeightedMoments,
    cell_moments,
    stratified_errors,
    weighted_moments,
)
from .rank_chances import rank_probabilities
from .ranks import rank_sets, tied_groups
from .redraws import drawn_by_error, drawn_means
from .reliability import (
    CONFIDENCE,
    CRITICAL,
    CV_LIMIT,
    PRECISIONS,
    WIDTH_LIMIT,
    interval_ends,
    precision,
)
from .sampling_variances import pooled_variances, smoothed_variances
from .score_choices import SOURCES, ScoreSensitivity, score_sensitivity
from .score_errors import ScoreErrors, readiness_errors, score_jacobian
from .scores import readiness, score_indicators, score_units, scored
from .survey_quantiles import survey_quantile

__all__ = [
    "CONFIDENCE",
    "CRITICAL",
    "CV_LIMIT",
    "PRECISIONS",
    "SOURCES",
    "WIDTH_LIMIT",
    "CellMoments",
    "ScoreErrors",
    "ScoreSensitivity",
    "SmallAreas",
    "WeightedMoments",
    "aggregate",
    "cell_moments",
    "drawn_by_error",
    "drawn_means",
    "interval_ends",
    "pooled_variances",
    "precision",
    "rank_probabilities",
    "rank_sets",
    "readiness",
    "readiness_errors",
    "score_gains",
    "score_indicators",
    "score_jacobian",
    "score_sensitivity",
    "score_units",
    "scored",
    "small_areas",
    "smoothed_variances",
    "stratified_errors",
    "survey_covariance",
    "survey_difference",
    "survey_mean",
    "survey_quantile",
    "survey_ratio",
    "survey_share",
    "survey_total",
    "tied_groups",
    "unit_moments",
    "unit_positions",
    "unit_table",
    "weighted_moments",
    "weights_of",
    "withheld_cells",
]

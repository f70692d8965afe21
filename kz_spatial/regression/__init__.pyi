from .by_inference import tables_by_inference
from .display import latex_text
from .estimation import fixed_effects
from .extended_models import each_dimension, permit_by_reliability, sector_by_innovation
from .fit import INFERENCES, FixedEffectsFit
from .share_models import FractionalFit, fractional
from .side_by_side import compare
from .spatial_models import (
    conley,
    lm_tests,
    neighbour_means,
    residual_means,
    spatial_error,
    spatial_lag,
)
from .told_fit import FitTables, tell_fit

__all__ = [
    "INFERENCES",
    "FitTables",
    "FixedEffectsFit",
    "FractionalFit",
    "compare",
    "conley",
    "each_dimension",
    "fixed_effects",
    "fractional",
    "latex_text",
    "lm_tests",
    "neighbour_means",
    "permit_by_reliability",
    "residual_means",
    "sector_by_innovation",
    "spatial_error",
    "spatial_lag",
    "tables_by_inference",
    "tell_fit",
]

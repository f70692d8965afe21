from .by_inference import tables_by_inference
from .coefficient_table import normal_table
from .columns import split_effects
from .display import interval_ends, latex_text
from .estimation import fixed_effects
from .extended_models import each_dimension, permit_by_reliability, sector_by_innovation
from .few_clusters import covariance
from .fit import INFERENCES, FixedEffectsFit, Inference
from .formula import model_matrices
from .linear_model import LinearModel, cluster_moments
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
from .summed_fit import LevelSums, fit_sums
from .told_fit import FitTables, tell_fit
from .wild import bootstrap_t, cluster_weights

__all__ = [
    "INFERENCES",
    "FitTables",
    "FixedEffectsFit",
    "FractionalFit",
    "Inference",
    "LevelSums",
    "LinearModel",
    "bootstrap_t",
    "cluster_moments",
    "cluster_weights",
    "compare",
    "conley",
    "covariance",
    "each_dimension",
    "fit_sums",
    "fixed_effects",
    "fractional",
    "interval_ends",
    "latex_text",
    "lm_tests",
    "model_matrices",
    "neighbour_means",
    "normal_table",
    "permit_by_reliability",
    "residual_means",
    "sector_by_innovation",
    "spatial_error",
    "spatial_lag",
    "split_effects",
    "tables_by_inference",
    "tell_fit",
]

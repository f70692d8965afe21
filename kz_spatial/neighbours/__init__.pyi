from .arrangements import seeded
from .empirical_bayes import empirical_bayes_means, empirical_bayes_rates, smoothed_rates
from .global_statistics import bivariate_moran, geary, getis_ord, moran
from .global_test import GlobalStatistic
from .local_statistics import LocalMoran, local_moran
from .own_weights import as_graph, graph_of
from .resampling import ResampledMoran, redrawn_moran, resampled_moran
from .unit_values import linked_units
from .weights import (
    contiguity,
    distance_band,
    k_nearest,
    kernel_weights,
    neighbour_masks,
    union,
)

__all__ = [
    "GlobalStatistic",
    "LocalMoran",
    "ResampledMoran",
    "as_graph",
    "bivariate_moran",
    "contiguity",
    "distance_band",
    "empirical_bayes_means",
    "empirical_bayes_rates",
    "geary",
    "getis_ord",
    "graph_of",
    "k_nearest",
    "kernel_weights",
    "linked_units",
    "local_moran",
    "moran",
    "neighbour_masks",
    "redrawn_moran",
    "resampled_moran",
    "seeded",
    "smoothed_rates",
    "union",
]

from .arrangements import seeded
from .border_weights import shared_border
from .correlograms import Correlogram, correlogram
from .distance_weights import adaptive_kernel, from_matrix, inverse_distance
from .empirical_bayes import empirical_bayes_means, empirical_bayes_rates, smoothed_rates
from .global_statistics import bivariate_moran, geary, getis_ord, moran
from .global_test import GlobalStatistic
from .hot_spots import local_g
from .joins import JoinCounts, join_counts, local_join_counts
from .lee_statistic import lee, local_lee
from .local_differences import local_geary
from .local_pairs import bivariate_local_moran
from .local_statistics import LocalMoran, local_moran
from .local_test import LocalStatistic
from .own_weights import as_graph, graph_of
from .resampling import ResampledMoran, redrawn_moran, resampled_moran
from .step_weights import higher_order
from .unit_values import linked_units
from .weights import contiguity, distance_band, k_nearest, kernel_weights, neighbour_masks, union

__all__ = [
    "Correlogram",
    "GlobalStatistic",
    "JoinCounts",
    "LocalMoran",
    "LocalStatistic",
    "ResampledMoran",
    "adaptive_kernel",
    "as_graph",
    "bivariate_local_moran",
    "bivariate_moran",
    "contiguity",
    "correlogram",
    "distance_band",
    "empirical_bayes_means",
    "empirical_bayes_rates",
    "from_matrix",
    "geary",
    "getis_ord",
    "graph_of",
    "higher_order",
    "inverse_distance",
    "join_counts",
    "k_nearest",
    "kernel_weights",
    "lee",
    "linked_units",
    "local_g",
    "local_geary",
    "local_join_counts",
    "local_lee",
    "local_moran",
    "moran",
    "neighbour_masks",
    "redrawn_moran",
    "resampled_moran",
    "seeded",
    "shared_border",
    "smoothed_rates",
    "union",
]

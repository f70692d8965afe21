from .alike import typology
from .contiguous import optimal_curve, optimal_regions, regionalise
from .number import ClusterChoice, WardTree, choose_n_clusters, ward_tree
from .partition import Partition, rank_partition
from .stability import CoMembership, co_membership

__all__ = [
    "ClusterChoice",
    "CoMembership",
    "Partition",
    "WardTree",
    "choose_n_clusters",
    "co_membership",
    "optimal_curve",
    "optimal_regions",
    "rank_partition",
    "regionalise",
    "typology",
    "ward_tree",
]

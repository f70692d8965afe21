from .alike import typologies, typology
from .connected import cache_folder
from .contiguous import optimal_curve, optimal_regions, regionalise
from .merging import WardTree, ward_tree
from .number import ClusterChoice, choose_n_clusters
from .partition import Partition, rank_partition
from .stability import CoMembership, co_membership, co_membership_of, redrawn_co_membership

__all__ = [
    "ClusterChoice",
    "CoMembership",
    "Partition",
    "WardTree",
    "cache_folder",
    "choose_n_clusters",
    "co_membership",
    "co_membership_of",
    "optimal_curve",
    "optimal_regions",
    "rank_partition",
    "redrawn_co_membership",
    "regionalise",
    "typologies",
    "typology",
    "ward_tree",
]

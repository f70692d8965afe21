"""Enterprise Survey microdata for Kazakhstan, from firms to maps and defensible tables.

Heavy libraries load when a name is first used, so `import kz_spatial` stays quick.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kz_spatial.aggregate import aggregate as aggregate
    from kz_spatial.autocorrelation import bivariate_moran as bivariate_moran
    from kz_spatial.autocorrelation import geary as geary
    from kz_spatial.autocorrelation import getis_ord as getis_ord
    from kz_spatial.autocorrelation import moran as moran
    from kz_spatial.boundaries import composites as composites
    from kz_spatial.boundaries import oblasts as oblasts
    from kz_spatial.boundaries import settlements as settlements
    from kz_spatial.bundle import Bundle as Bundle
    from kz_spatial.bundle import run as run
    from kz_spatial.bundle import write_audit as write_audit
    from kz_spatial.bundle import write_bundle as write_bundle
    from kz_spatial.cluster_choice import choose_n_clusters as choose_n_clusters
    from kz_spatial.cluster_choice import ward_tree as ward_tree
    from kz_spatial.density import density as density
    from kz_spatial.empirical_bayes import empirical_bayes_means as empirical_bayes_means
    from kz_spatial.empirical_bayes import empirical_bayes_rates as empirical_bayes_rates
    from kz_spatial.extended_models import each_dimension as each_dimension
    from kz_spatial.extended_models import permit_by_reliability as permit_by_reliability
    from kz_spatial.extended_models import sector_by_innovation as sector_by_innovation
    from kz_spatial.fixed_effects import compare as compare
    from kz_spatial.fixed_effects import fixed_effects as fixed_effects
    from kz_spatial.folium_map import folium_map as folium_map
    from kz_spatial.geography import resolve as resolve
    from kz_spatial.geography import resolve_column as resolve_column
    from kz_spatial.group_stability import co_membership as co_membership
    from kz_spatial.joining import join as join
    from kz_spatial.joining import join_audit as join_audit
    from kz_spatial.joining import place_firms as place_firms
    from kz_spatial.local_moran import local_moran as local_moran
    from kz_spatial.options import RunOptions as RunOptions
    from kz_spatial.partition import rank_partition as rank_partition
    from kz_spatial.pipeline import run_study as run_study
    from kz_spatial.printed import compatible_df as compatible_df
    from kz_spatial.printed import recover_counts as recover_counts
    from kz_spatial.regionalise import optimal_curve as optimal_curve
    from kz_spatial.regionalise import optimal_regions as optimal_regions
    from kz_spatial.regionalise import regionalise as regionalise
    from kz_spatial.replication import audit as audit
    from kz_spatial.replication import replicate as replicate
    from kz_spatial.spatial_models import conley as conley
    from kz_spatial.spatial_models import lm_tests as lm_tests
    from kz_spatial.spatial_models import neighbour_means as neighbour_means
    from kz_spatial.spatial_models import residual_means as residual_means
    from kz_spatial.spatial_models import spatial_error as spatial_error
    from kz_spatial.spatial_models import spatial_lag as spatial_lag
    from kz_spatial.stability import resampled_moran as resampled_moran
    from kz_spatial.survey import attrition as attrition
    from kz_spatial.survey import check_survey as check_survey
    from kz_spatial.survey import read_survey as read_survey
    from kz_spatial.twin import load_twin as load_twin
    from kz_spatial.typology import typology as typology
    from kz_spatial.weights import as_graph as as_graph
    from kz_spatial.weights import contiguity as contiguity
    from kz_spatial.weights import distance_band as distance_band
    from kz_spatial.weights import k_nearest as k_nearest
    from kz_spatial.weights import kernel_weights as kernel_weights
    from kz_spatial.weights import union as union

    __version__: str

_HOMES: Final = {
    "Bundle": "bundle",
    "RunOptions": "options",
    "aggregate": "aggregate",
    "as_graph": "weights",
    "attrition": "survey",
    "audit": "replication",
    "bivariate_moran": "autocorrelation",
    "check_survey": "survey",
    "choose_n_clusters": "cluster_choice",
    "co_membership": "group_stability",
    "compare": "fixed_effects",
    "compatible_df": "printed",
    "composites": "boundaries",
    "conley": "spatial_models",
    "contiguity": "weights",
    "density": "density",
    "distance_band": "weights",
    "each_dimension": "extended_models",
    "empirical_bayes_means": "empirical_bayes",
    "empirical_bayes_rates": "empirical_bayes",
    "fixed_effects": "fixed_effects",
    "folium_map": "folium_map",
    "geary": "autocorrelation",
    "getis_ord": "autocorrelation",
    "join": "joining",
    "join_audit": "joining",
    "k_nearest": "weights",
    "kernel_weights": "weights",
    "lm_tests": "spatial_models",
    "load_twin": "twin",
    "local_moran": "local_moran",
    "moran": "autocorrelation",
    "neighbour_means": "spatial_models",
    "oblasts": "boundaries",
    "optimal_curve": "regionalise",
    "optimal_regions": "regionalise",
    "permit_by_reliability": "extended_models",
    "place_firms": "joining",
    "rank_partition": "partition",
    "read_survey": "survey",
    "recover_counts": "printed",
    "regionalise": "regionalise",
    "replicate": "replication",
    "resampled_moran": "stability",
    "residual_means": "spatial_models",
    "resolve": "geography",
    "resolve_column": "geography",
    "run": "bundle",
    "run_study": "pipeline",
    "sector_by_innovation": "extended_models",
    "settlements": "boundaries",
    "spatial_error": "spatial_models",
    "spatial_lag": "spatial_models",
    "typology": "typology",
    "union": "weights",
    "ward_tree": "cluster_choice",
    "write_audit": "bundle",
    "write_bundle": "bundle",
}
__all__ = ["__version__", *sorted(_HOMES)]  # noqa: PLE0604


class _Package(ModuleType):
    """Keeps `kz.density` the function, although a module of that name exists.

    Importing a submodule binds it on the package; where a public function carries the same
    name, the function is bound in its place.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, ModuleType) and _HOMES.get(name) == name:
            value = getattr(value, name)
        super().__setattr__(name, value)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("kz-spatial")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "0+unknown"


def __getattr__(name: str) -> object:
    if name == "__version__":
        return _version()
    if name not in _HOMES:
        raise AttributeError(f"module 'kz_spatial' has no attribute {name!r}")
    value = getattr(import_module(f"kz_spatial.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)


sys.modules[__name__].__class__ = _Package

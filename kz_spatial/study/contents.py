"""Which layers a study has, from the top of the map down: the one list of their order.

Maps, GeoPackage, record and, through the record, the QGIS plugin all take it from here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kz_spatial.design import Grouping
    from kz_spatial.study.themes import OwnLayer

__all__ = ["GROUPS", "OBLASTS", "TABLES", "LayerEntry", "layer_entries"]

OBLASTS: Final = "oblasts"
# tables of a bundle beside those of registered layers
TABLES: Final = (
    "readiness",
    "ranks",
    "small_areas",
    "regression",
    "models",
    "model_groups",
    "moran",
    "local_moran",
    "clusters",
    "clusters_by_number",
    "cluster_choice",
    "co_membership",
    "attrition",
    "replication",
)
# groups that layers are shown in, in order
GROUPS: Final = ("places", "indicators", "neighbours", "clusters", "own", "density")


@dataclass(frozen=True, slots=True)
class LayerEntry:
    """A layer's place.

    Attributes
    ----------
    name : str
        Table in the GeoPackage.
    group : str
        One of `GROUPS`.
    visible : bool
        Whether it is on when a map opens.
    """

    name: str
    group: str
    visible: bool = False


def layer_entries(grouping: Grouping, own: Iterable[OwnLayer] = ()) -> tuple[LayerEntry, ...]:
    """All layers that a study may have, from the top of the map down.

    Dots of settlements are off at first, since those of Astana, Almaty and Shymkent hide the
    colours of these three oblasts.
    """
    named = {each.name: LayerEntry(each.name, "own") for each in own}
    entries = (
        LayerEntry("settlements", "places"),
        LayerEntry(OBLASTS, "indicators", visible=True),
        LayerEntry(grouping.layer, "indicators"),
        LayerEntry("local_moran", "neighbours"),
        LayerEntry("clusters", "clusters"),
        *named.values(),
        LayerEntry("density_contours", "density"),
    )
    # a table of units brings its own layers of these names, with their own themes
    return tuple(each for each in entries if each.name not in named or each.group == "own")

"""What one run of the study found, before anything is drawn or written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from kz_spatial.design import StudyDesign
    from kz_spatial.groups import Partition
    from kz_spatial.neighbours import GlobalStatistic, LocalMoran
    from kz_spatial.options import RunOptions
    from kz_spatial.places import JoinAudit
    from kz_spatial.regression import FixedEffectsFit
    from kz_spatial.study.groupings import Groupings
    from kz_spatial.study.spatial_patterns import Patterns
    from kz_spatial.study.themes import OwnLayer
    from kz_spatial.surfaces import DensitySurface

__all__ = ["Study"]


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """All results of one run.

    Attributes
    ----------
    options : RunOptions
    design : StudyDesign
        Without the indicators that the file lacked.
    provenance : dict
        Source, SHA-256, whether synthetic, coding; as the firm table carried it.
    firms : DataFrame
        Firm table; stays on the machine.
    attrition, join_audit
        What became of the answers and of the rows.
    tables : dict of DataFrame
        By level: the name of the grouping and, where firms carry an oblast, "oblast"; as
        `aggregate` returns them.
    fits : dict
        Fits by coding; a coding that could not be fitted is in `inapplicable`.
    patterns : Patterns
        Spatial autocorrelation; `moran` and `local_moran` lead to its results by (level,
        indicator).
    groupings : Groupings
        Groups of regions; `partitions` leads to those by (kind, level), kind "typology" or
        "regions".
    surfaces : dict
        Density surfaces by name.
    frames : dict of GeoDataFrame
        Layers of the bundle by name, in EPSG:4326.
    own : tuple of OwnLayer
        Registered layers that stand among the frames.
    replication : DataFrame
        Printed numbers beside recomputed ones, as `replicate` returns them.
    inapplicable : dict
        What could not be computed, with the reason.
    warnings : tuple of str
    timings : dict
        Seconds by step.
    """

    options: RunOptions
    design: StudyDesign
    provenance: dict[str, Any]
    firms: pd.DataFrame
    attrition: pd.DataFrame
    join_audit: JoinAudit
    tables: dict[str, pd.DataFrame]
    fits: dict[str, FixedEffectsFit]
    patterns: Patterns
    groupings: Groupings
    surfaces: dict[str, DensitySurface]
    frames: dict[str, gpd.GeoDataFrame]
    own: tuple[OwnLayer, ...]
    replication: pd.DataFrame | None
    inapplicable: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def synthetic(self) -> bool:
        """Whether the firms are those of the twin."""
        return bool(self.provenance.get("synthetic"))

    @property
    def modelled(self) -> bool:
        """Whether surfaces are regional figures spread over settlements."""
        return not {"longitude", "latitude"} <= set(self.firms) or not (
            self.firms[["longitude", "latitude"]].notna().all(axis=1).any()
        )

    @property
    def moran(self) -> dict[tuple[str, str], GlobalStatistic]:
        """Global Moran's I by (level, indicator)."""
        return {(each.level, each.indicator): each.moran for each in self.patterns}

    @property
    def local_moran(self) -> dict[tuple[str, str], LocalMoran]:
        """Local Moran's I by (level, indicator)."""
        return {(each.level, each.indicator): each.local for each in self.patterns}

    @property
    def partitions(self) -> dict[tuple[str, str], Partition]:
        """Groups of the study by (kind, level)."""
        return {(each.kind, each.level): each.partition for each in self.groupings.every}

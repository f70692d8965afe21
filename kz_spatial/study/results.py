"""What one run of the study found, before anything is drawn or written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kz_spatial.study.estimates_of import estimate_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    import pandas as pd

    from kz_spatial.design import DisclosureRules, Kind, StudyDesign
    from kz_spatial.groups import Partition
    from kz_spatial.neighbours import GlobalStatistic, LocalMoran
    from kz_spatial.options import RunOptions
    from kz_spatial.places import JoinAudit
    from kz_spatial.protection import Protected
    from kz_spatial.regression import FixedEffectsFit
    from kz_spatial.study.groupings import Groupings
    from kz_spatial.study.modelled_means import ModelledMeans
    from kz_spatial.study.paper_models import PaperModel
    from kz_spatial.study.robust_checks import Checks
    from kz_spatial.study.score_ranks import ScoreRanks
    from kz_spatial.study.spatial_patterns import Patterns
    from kz_spatial.study.themes import OwnLayer
    from kz_spatial.surfaces import DensitySurface

__all__ = ["Findings", "Study"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Findings:
    """What a run found of places, none of it about a firm.

    Attributes
    ----------
    options : RunOptions
        With the number and the profile that held.
    design : StudyDesign
        Without the indicators that the file lacked.
    rules : DisclosureRules
        Rules for what may be told of firms.
    provenance : dict
        Source, SHA-256, whether synthetic, coding; as the firm table carried it.
    tables : dict of DataFrame
        By level: the name of the grouping and, where firms carry an oblast, "oblast"; as
        `aggregate` returns them, cells withheld by the rules.
    patterns : Patterns
        Spatial autocorrelation; `moran` and `local_moran` lead to its results by (level,
        indicator).
    groupings : Groupings
        Groups of regions; `partitions` leads to those by (kind, level), kind "typology" or
        "regions".
    modelled_means : dict of ModelledMeans
        Small-area estimates by indicator, of those that a model applies to.
    ranks : dict of ScoreRanks
        By level: errors of the score, rank sets, ties and chances.
    models : dict of PaperModel
        The published study's further models, by name.
    checks : Checks
        Checks of the ranking and of the regression, where they were asked for.
    surfaces : dict
        Density surfaces by name.
    modelled : bool
        Whether surfaces are regional figures spread over settlements.
    frames : dict of GeoDataFrame
        Layers of the bundle by name, in EPSG:4326.
    own : tuple of OwnLayer
        Registered layers that stand among the frames.
    replication : DataFrame
        Printed numbers beside recomputed ones, as `replicate` returns them.
    national : dict of float
        Figure of the country by indicator; NaN where the rules let none be told.
    inapplicable : dict
        What could not be computed, with the reason.
    warnings : tuple of str
    timings : dict
        Seconds by step.
    """

    options: RunOptions
    design: StudyDesign
    rules: DisclosureRules
    provenance: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    patterns: Patterns
    groupings: Groupings
    modelled_means: dict[str, ModelledMeans]
    ranks: dict[str, ScoreRanks]
    models: dict[str, PaperModel]
    checks: Checks
    surfaces: dict[str, DensitySurface]
    modelled: bool
    frames: dict[str, gpd.GeoDataFrame]
    own: tuple[OwnLayer, ...]
    replication: pd.DataFrame | None
    national: dict[str, float] = field(default_factory=dict)
    inapplicable: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def synthetic(self) -> bool:
        """Whether the firms are those of the twin."""
        return bool(self.provenance.get("synthetic"))

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


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Study(Findings):
    """All results of one run, firms included: stays on the machine; writers see `publish`'s.

    Attributes
    ----------
    firms : DataFrame
        Firm table.
    protected : Protected
        What the rules did to the estimates.
    attrition, join_audit
        What became of the answers and of the rows.
    fits : dict
        Fits by coding; a coding that could not be fitted is in `inapplicable`.
    """

    firms: pd.DataFrame
    protected: Protected
    attrition: pd.DataFrame
    join_audit: JoinAudit
    fits: dict[str, FixedEffectsFit]

    def estimate(
        self,
        of: Callable[[pd.DataFrame], pd.Series[Any]],
        *,
        by: str | None = None,
        kind: Kind = "count",
    ) -> pd.DataFrame:
        """Mean of a value of firms by unit, withheld, rounded and smoothed as the rules say.

        Parameters
        ----------
        of : callable
            From the firm table to a numeric Series by firm.
        by : str, optional
            "oblast", or the name of the grouping, which is the default.
        kind : str
            What the values are, as for an indicator of a design.

        Returns
        -------
        DataFrame
            By code: `mean`, `sd`, `se`, `n`.

        Raises
        ------
        InputError
            When the function gives no Series by firm.

        Examples
        --------
        >>> import kz_spatial as kz
        >>> study = kz.run_study(options=kz.RunOptions(draws=0, permutations=99))
        >>> found = study.estimate(lambda firms: firms["foreign_share"], kind="percent")
        >>> list(found.columns)
        ['mean', 'sd', 'se', 'n']
        """
        level = self.design.check_level(by)
        shown = list(self.tables)
        return estimate_of(
            self.firms,
            of,
            design=self.design,
            rules=self.rules,
            levels=shown[: shown.index(level) + 1],
            weights=self.options.weights,
            kind=kind,
        )

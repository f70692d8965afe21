from .area_columns import AreaColumn
from .area_groups import AreaGroups
from .area_options import AreaOptions
from .area_patterns import AreaPattern, AreaPatterns
from .area_study import AREA_STEPS, AreaStudy, grouping_at, study_areas
from .area_years import YearsFound
from .change import CHANGES, BundleChange, compare_bundles
from .contents import GROUPS, OBLASTS, TABLES, LayerEntry, layer_entries
from .extensions import (
    load_extensions,
    own_layers,
    register_layer,
    unregister_layer,
)
from .groupings import UnitGroups
from .modelled_means import ModelledMeans
from .paper_models import PaperModel
from .pipeline import STEPS, run_study
from .results import Findings, Study
from .robust_checks import Checks
from .score_ranks import ScoreRanks
from .source import choose_rules, read_codings
from .spatial_patterns import Pattern
from .themes import Hatch, OwnLayer, Theme, ThemeClass, own_from_record, own_to_record

__all__ = [
    "AREA_STEPS",
    "CHANGES",
    "GROUPS",
    "OBLASTS",
    "STEPS",
    "TABLES",
    "AreaColumn",
    "AreaGroups",
    "AreaOptions",
    "AreaPattern",
    "AreaPatterns",
    "AreaStudy",
    "BundleChange",
    "Checks",
    "Findings",
    "Hatch",
    "LayerEntry",
    "ModelledMeans",
    "OwnLayer",
    "PaperModel",
    "Pattern",
    "ScoreRanks",
    "Study",
    "Theme",
    "ThemeClass",
    "UnitGroups",
    "YearsFound",
    "choose_rules",
    "compare_bundles",
    "grouping_at",
    "layer_entries",
    "load_extensions",
    "own_from_record",
    "own_layers",
    "own_to_record",
    "read_codings",
    "register_layer",
    "run_study",
    "study_areas",
    "unregister_layer",
]

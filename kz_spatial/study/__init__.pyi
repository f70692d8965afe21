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
from .groupings import Groupings, UnitGroups
from .modelled_means import ModelledMeans, find_modelled_means, join_modelled, join_precision
from .paper_models import PaperModel
from .pipeline import STEPS, note_withheld, patterns_and_groups, run_study, study_frames
from .results import Findings, Study
from .robust_checks import Checks, check_score
from .run_log import Progress, RunLog
from .score_ranks import ScoreRanks, find_ranks, join_ranks
from .smoothing import study_surfaces
from .source import areas_of, asked_for, check_options, choose_rules, read_codings
from .spatial_patterns import Pattern, Patterns
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
    "Groupings",
    "Hatch",
    "LayerEntry",
    "ModelledMeans",
    "OwnLayer",
    "PaperModel",
    "Pattern",
    "Patterns",
    "Progress",
    "RunLog",
    "ScoreRanks",
    "Study",
    "Theme",
    "ThemeClass",
    "UnitGroups",
    "YearsFound",
    "areas_of",
    "asked_for",
    "check_options",
    "check_score",
    "choose_rules",
    "compare_bundles",
    "find_modelled_means",
    "find_ranks",
    "grouping_at",
    "join_modelled",
    "join_precision",
    "join_ranks",
    "layer_entries",
    "load_extensions",
    "note_withheld",
    "own_from_record",
    "own_layers",
    "own_to_record",
    "patterns_and_groups",
    "read_codings",
    "register_layer",
    "run_study",
    "study_areas",
    "study_frames",
    "study_surfaces",
    "unregister_layer",
]

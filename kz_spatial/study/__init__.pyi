from .change import CHANGES, BundleChange, compare_bundles
from .contents import GROUPS, OBLASTS, TABLES, LayerEntry, layer_entries
from .extensions import (
    load_extensions,
    own_layers,
    register_layer,
    unregister_layer,
)
from .groupings import UnitGroups
from .pipeline import STEPS, choose_rules, read_codings, run_study
from .results import Findings, Study
from .spatial_patterns import Pattern
from .themes import OwnLayer, Theme, ThemeClass, own_from_record, own_to_record

__all__ = [
    "CHANGES",
    "GROUPS",
    "OBLASTS",
    "STEPS",
    "TABLES",
    "BundleChange",
    "Findings",
    "LayerEntry",
    "OwnLayer",
    "Pattern",
    "Study",
    "Theme",
    "ThemeClass",
    "UnitGroups",
    "choose_rules",
    "compare_bundles",
    "layer_entries",
    "load_extensions",
    "own_from_record",
    "own_layers",
    "own_to_record",
    "read_codings",
    "register_layer",
    "run_study",
    "unregister_layer",
]

from .change import CHANGES, BundleChange, compare_bundles
from .contents import GROUPS, OBLASTS, LayerEntry, layer_entries
from .extensions import (
    load_extensions,
    own_layers,
    register_layer,
    unregister_layer,
)
from .pipeline import STEPS, read_codings, run_study
from .results import Study
from .spatial_patterns import LevelPatterns
from .themes import OwnLayer, Theme, ThemeClass

__all__ = [
    "CHANGES",
    "GROUPS",
    "OBLASTS",
    "STEPS",
    "BundleChange",
    "LayerEntry",
    "LevelPatterns",
    "OwnLayer",
    "Study",
    "Theme",
    "ThemeClass",
    "compare_bundles",
    "layer_entries",
    "load_extensions",
    "own_layers",
    "read_codings",
    "register_layer",
    "run_study",
    "unregister_layer",
]

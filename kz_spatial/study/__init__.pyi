from .pipeline import STEPS, read_codings, run_study
from .results import Study
from .spatial_patterns import LevelPatterns

__all__ = ["STEPS", "LevelPatterns", "Study", "read_codings", "run_study"]

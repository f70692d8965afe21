from .frames import BY_NUMBER
from .pipeline import STEPS, read_codings, run_study
from .results import Study
from .spatial_patterns import OUTCOME, LevelPatterns

__all__ = ["BY_NUMBER", "OUTCOME", "STEPS", "LevelPatterns", "Study", "read_codings", "run_study"]

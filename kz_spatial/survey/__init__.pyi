from .coding import CODINGS
from .reading import attrition, check_survey, read_survey
from .twin import load_twin

__all__ = ["CODINGS", "attrition", "check_survey", "load_twin", "read_survey"]

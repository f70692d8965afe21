from .files import (
    PAPER,
    design_of,
    design_text,
    design_to_dict,
    list_designs,
    load_design,
    parse_design,
)
from .grouping import Grouping, Region
from .indicators import DOES_NOT_APPLY, KINDS, NO, YES, Indicator, SkipRule
from .study_design import FIRM_COLUMNS, SCORE, Score, StudyDesign, Wave
from .texts import Texts, name_faults, text_faults, text_in

__all__ = [
    "DOES_NOT_APPLY",
    "FIRM_COLUMNS",
    "KINDS",
    "NO",
    "PAPER",
    "SCORE",
    "YES",
    "Grouping",
    "Indicator",
    "Region",
    "Score",
    "SkipRule",
    "StudyDesign",
    "Texts",
    "Wave",
    "design_of",
    "design_text",
    "design_to_dict",
    "list_designs",
    "load_design",
    "name_faults",
    "parse_design",
    "text_faults",
    "text_in",
]

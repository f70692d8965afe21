from .disclosure import (
    OPEN,
    PROFILES,
    SURVEY,
    DisclosureRules,
    disclosure_rules,
    rules_of_source,
)
from .files import (
    PAPER,
    design_of,
    design_text,
    list_designs,
    load_design,
    parse_design,
)
from .grouping import Grouping, Region
from .indicators import DOES_NOT_APPLY, KINDS, NO, YES, Indicator, Kind, SkipRule
from .plain import design_to_dict
from .study_design import FIRM_COLUMNS, SCORE, Score, StudyDesign, Wave, formula_names
from .texts import Texts, name_faults, text_faults, text_in

__all__ = [
    "DOES_NOT_APPLY",
    "FIRM_COLUMNS",
    "KINDS",
    "NO",
    "OPEN",
    "PAPER",
    "PROFILES",
    "SCORE",
    "SURVEY",
    "YES",
    "DisclosureRules",
    "Grouping",
    "Indicator",
    "Kind",
    "Region",
    "Score",
    "SkipRule",
    "StudyDesign",
    "Texts",
    "Wave",
    "design_of",
    "design_text",
    "design_to_dict",
    "disclosure_rules",
    "formula_names",
    "list_designs",
    "load_design",
    "name_faults",
    "parse_design",
    "rules_of_source",
    "text_faults",
    "text_in",
]

from .answer_bounds import response_bounds
from .applicants import Selection, selection
from .leave_out import leave_one_out
from .mixed import MixedEffects, mixed_effects
from .omitted import OmittedVariable, omitted_variable
from .paper_tables import PaperTable, paper_table
from .randomisation import RandomisationTest, randomisation_test
from .response import SILENT, ResponseWeights, response_weights
from .several_outcomes import RomanoWolf, romano_wolf
from .specifications import SpecificationCurve, specification_curve

__all__ = [
    "SILENT",
    "MixedEffects",
    "OmittedVariable",
    "PaperTable",
    "RandomisationTest",
    "ResponseWeights",
    "RomanoWolf",
    "Selection",
    "SpecificationCurve",
    "leave_one_out",
    "mixed_effects",
    "omitted_variable",
    "paper_table",
    "randomisation_test",
    "response_bounds",
    "response_weights",
    "romano_wolf",
    "selection",
    "specification_curve",
]

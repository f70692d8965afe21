from .coding import CODINGS, STATUS
from .formats import RawTable, read_table
from .reading import attrition, check_survey, read_survey
from .region_names import place_regions
from .register import (
    CodedPart,
    RegisterColumns,
    code_part,
    numbers_of,
    register_columns,
    weights_of_part,
)
from .text_files import read_rows, unique_names
from .twin import load_twin

__all__ = [
    "CODINGS",
    "STATUS",
    "CodedPart",
    "RawTable",
    "RegisterColumns",
    "attrition",
    "check_survey",
    "code_part",
    "load_twin",
    "numbers_of",
    "place_regions",
    "read_rows",
    "read_survey",
    "read_table",
    "register_columns",
    "unique_names",
    "weights_of_part",
]

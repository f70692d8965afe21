from .coding import CODINGS, STATUS
from .formats import RawTable, read_table
from .reading import attrition, check_survey, read_survey
from .text_files import read_rows, unique_names
from .twin import load_twin

__all__ = [
    "CODINGS",
    "STATUS",
    "RawTable",
    "attrition",
    "check_survey",
    "load_twin",
    "read_rows",
    "read_survey",
    "read_table",
    "unique_names",
]

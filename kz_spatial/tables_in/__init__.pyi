from .area_table import TABLES, read_area_table
from .asked import AreaReading
from .own_units import read_own_units
from .record import OWN, AreaRecord, area_record

__all__ = [
    "OWN",
    "TABLES",
    "AreaReading",
    "AreaRecord",
    "area_record",
    "read_area_table",
    "read_own_units",
]

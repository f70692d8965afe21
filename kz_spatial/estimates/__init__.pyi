from .aggregation import aggregate, readiness, unit_moments, unit_positions, withheld_cells
from .redraws import drawn_means

__all__ = [
    "aggregate",
    "drawn_means",
    "readiness",
    "unit_moments",
    "unit_positions",
    "withheld_cells",
]

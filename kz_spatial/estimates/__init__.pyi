from .aggregation import By, _unit_of, _withheld, aggregate, unit_moments
from .redraws import drawn_means

__all__ = ["By", "_unit_of", "_withheld", "aggregate", "drawn_means", "unit_moments"]

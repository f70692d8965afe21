from .kernel import DensitySurface, density
from .modelled import spread_by_population

__all__ = ["DensitySurface", "density", "spread_by_population"]

from .gathered import check_bandwidth
from .kernel import DensitySurface, density
from .modelled import spread_by_population

__all__ = ["DensitySurface", "check_bandwidth", "density", "spread_by_population"]

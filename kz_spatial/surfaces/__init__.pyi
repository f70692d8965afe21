from .chance import ChanceSurface, density_envelope
from .gathered import check_bandwidth
from .kernel import DensitySurface, density
from .modelled import spread_by_population

__all__ = [
    "ChanceSurface",
    "DensitySurface",
    "check_bandwidth",
    "density",
    "density_envelope",
    "spread_by_population",
]

from .binned import PointBins, bandwidth_of_moments, make_bins
from .chance import ChanceSurface, density_envelope
from .gathered import check_bandwidth
from .kernel import DensitySurface, density
from .modelled import spread_by_population

__all__ = [
    "ChanceSurface",
    "DensitySurface",
    "PointBins",
    "bandwidth_of_moments",
    "check_bandwidth",
    "density",
    "density_envelope",
    "make_bins",
    "spread_by_population",
]

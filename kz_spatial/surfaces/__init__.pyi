from .binned import PointBins, bandwidth_of_sums, make_bins
from .chance import ChanceSurface, density_envelope
from .gathered import check_bandwidth
from .kernel import DensitySurface, density
from .modelled import spread_by_population
from .shapes import KERNELS, Kernel

__all__ = [
    "KERNELS",
    "ChanceSurface",
    "DensitySurface",
    "Kernel",
    "PointBins",
    "bandwidth_of_sums",
    "check_bandwidth",
    "density",
    "density_envelope",
    "make_bins",
    "spread_by_population",
]

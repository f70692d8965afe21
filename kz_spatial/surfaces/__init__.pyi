from .kernel import DensitySurface, density

__all__ = ["DensitySurface", "density"]

"""Regression with region effects, inference for few clusters, and its spatial side."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)

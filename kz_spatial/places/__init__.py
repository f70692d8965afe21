"""Kazakhstan's units: codes, names in any spelling, boundaries, and joins to them."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)

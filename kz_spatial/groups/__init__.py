"""Which regions belong together: by likeness or by contiguity, with proof where it can be had."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)

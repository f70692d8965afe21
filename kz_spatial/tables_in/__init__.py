"""Any table of units: where its heading and units stand, what its cells say, and which years."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)

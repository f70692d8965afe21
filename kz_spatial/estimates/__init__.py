"""From firms to regions: means with errors, readiness, and firms drawn again."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)

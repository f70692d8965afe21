"""What a referee asks of a regression: who was asked, what else it could be, how sure it is."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)

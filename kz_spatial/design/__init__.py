"""What a study asks, as data: indicators, regions, wave; shipped designs and those of users."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)

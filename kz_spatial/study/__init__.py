"""The whole study, computed: pipeline, results, and what its layers hold."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)

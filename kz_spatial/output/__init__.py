"""What leaves: bundle, GeoPackage, web map, report, figures, tables, plugin."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach_stub(__name__, __file__)

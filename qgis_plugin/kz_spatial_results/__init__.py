"""Results of kz_spatial in QGIS: opens finished bundles and runs the command-line tool.

Nothing of kz_spatial, geopandas or PySAL is imported here. Licence: GPL-2.0-or-later.
"""


def classFactory(iface):
    """Make the plugin; QGIS calls this when it loads the folder."""
    from .plugin import KzSpatialResults

    return KzSpatialResults(iface)

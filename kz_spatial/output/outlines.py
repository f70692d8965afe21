"""Light outlines for drawing: web-sized shapes in place of the full ones, where rows are units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kz_spatial.places import oblasts, regions

if TYPE_CHECKING:
    import geopandas as gpd

    from kz_spatial.design import Grouping

__all__ = ["light_outlines"]


# a tenth of a millimetre where the country is a column wide
_PRINTED_DEGREES: Final = 0.05


def light_outlines(
    frame: gpd.GeoDataFrame, grouping: Grouping, *, printed: bool = False
) -> tuple[gpd.GeoDataFrame, str | None]:
    """The frame with light outlines, and the column that names its units.

    Parameters
    ----------
    frame : GeoDataFrame
        Rows of oblasts or of regions of the grouping; others come back as they are, with None.
    grouping : Grouping
    printed : bool
        Whether they are for figures, which cannot be zoomed: a third of the points is enough.

    Returns
    -------
    frame : GeoDataFrame
    column : str or None
    """
    oblast = oblasts(vintage=grouping.vintage, detail="light", grouping=grouping)
    region = regions(grouping, detail="light")
    for column, areas in (("oblast_code", oblast), (grouping.name, region)):
        if column in frame and frame[column].is_unique and set(frame[column]) <= set(areas.index):
            every = areas.geometry
            if printed:
                every = every.simplify_coverage(_PRINTED_DEGREES)
            shapes = every.loc[frame[column]].to_numpy()
            return frame.set_geometry(shapes, crs=areas.crs), column
    return frame, None

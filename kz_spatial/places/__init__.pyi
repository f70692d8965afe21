from .boundaries import composites, oblasts, regions, settlements
from .coordinates import ELSEWHERE, PLACE, Located, has_points, locate
from .join_record import JoinAudit
from .joining import join, join_audit, units_at
from .place import COUNTRY_CODE
from .placing import place_firms
from .resolution import COUNTRY, Kind, Place, Resolution, place_name, resolve, resolve_column
from .strays import stray_notes, text_notes, warn_stray

__all__ = [
    "COUNTRY",
    "COUNTRY_CODE",
    "ELSEWHERE",
    "PLACE",
    "JoinAudit",
    "Kind",
    "Located",
    "Place",
    "Resolution",
    "composites",
    "has_points",
    "join",
    "join_audit",
    "locate",
    "oblasts",
    "place_firms",
    "place_name",
    "regions",
    "resolve",
    "resolve_column",
    "settlements",
    "stray_notes",
    "text_notes",
    "units_at",
    "warn_stray",
]

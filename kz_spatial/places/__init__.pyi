from .boundaries import composites, oblasts, regions, settlements
from .joining import JoinAudit, join, join_audit
from .placing import place_firms
from .resolution import COUNTRY, Kind, Place, Resolution, place_name, resolve, resolve_column

__all__ = [
    "COUNTRY",
    "JoinAudit",
    "Kind",
    "Place",
    "Resolution",
    "composites",
    "join",
    "join_audit",
    "oblasts",
    "place_firms",
    "place_name",
    "regions",
    "resolve",
    "resolve_column",
    "settlements",
]

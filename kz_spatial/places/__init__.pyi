from .boundaries import composites, oblasts, settlements
from .joining import JoinAudit, join, join_audit, place_firms
from .resolution import Kind, Resolution, place_name, resolve, resolve_column, units

__all__ = [
    "JoinAudit",
    "Kind",
    "Resolution",
    "composites",
    "join",
    "join_audit",
    "oblasts",
    "place_firms",
    "place_name",
    "resolve",
    "resolve_column",
    "settlements",
    "units",
]

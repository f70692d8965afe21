from .catalogue import (
    SHIPPED,
    Catalogue,
    add_language,
    catalogue_of,
    forget_language,
    languages,
    missing_note,
    missing_words,
    placeholders,
    unit_names,
)
from .formats import NOTHING, date, decimals, integer, interval, number, percent, span
from .saying import has_words, say

__all__ = [
    "NOTHING",
    "SHIPPED",
    "Catalogue",
    "add_language",
    "catalogue_of",
    "date",
    "decimals",
    "forget_language",
    "has_words",
    "integer",
    "interval",
    "languages",
    "missing_note",
    "missing_words",
    "number",
    "percent",
    "placeholders",
    "say",
    "span",
    "unit_names",
]

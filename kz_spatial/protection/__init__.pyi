from .answer_sums import CellSums, cell_sums
from .cells import Answers, unsafe_cells
from .complements import Hidden, hide_cells, known_bounds
from .points import group_points, grouped_points
from .rounding import round_to_base, rounds_share, shown_count, shown_shares
from .summed import protect_sums
from .tables import VERDICTS, Protected, protect_tables
from .told import OTHER, told_attrition, told_counts, told_text

__all__ = [
    "OTHER",
    "VERDICTS",
    "Answers",
    "CellSums",
    "Hidden",
    "Protected",
    "cell_sums",
    "group_points",
    "grouped_points",
    "hide_cells",
    "known_bounds",
    "protect_sums",
    "protect_tables",
    "round_to_base",
    "rounds_share",
    "shown_count",
    "shown_shares",
    "told_attrition",
    "told_counts",
    "told_text",
    "unsafe_cells",
]

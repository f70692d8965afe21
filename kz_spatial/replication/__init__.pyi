from .comparison import Audit, audit, replicate, unlike_paper
from .printed import (
    Cell,
    Moments,
    Printed,
    compatible_df,
    fewest_answers,
    nearest_moments,
    recover_counts,
)

__all__ = [
    "Audit",
    "Cell",
    "Moments",
    "Printed",
    "audit",
    "compatible_df",
    "fewest_answers",
    "nearest_moments",
    "recover_counts",
    "replicate",
    "unlike_paper",
]

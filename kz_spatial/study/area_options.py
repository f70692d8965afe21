"""What a study of a table of units is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from kz_spatial._validate import check_count, check_option
from kz_spatial.options import CLASSES, NEIGHBOURS, Classes, Language
from kz_spatial.words import languages

__all__ = ["AreaOptions"]


@dataclass(frozen=True, slots=True)
class AreaOptions:
    """What a study of a table of units is asked to do; recorded in run.json.

    Attributes
    ----------
    language : str
        Of every word that readers see.
    n_clusters : int
        Groups that maps show first.
    most_clusters : int
        Groups are formed for every number from 2 to this.
    permutations : int
        Random arrangements where enumeration is out of reach.
    seed : int
        Of every random draw.
    draws : int
        Times that values are drawn again by their standard errors, where these are told.
    floor, ceiling : float or None
        Least and most units in a group, or the least and most of `floor_by`.
    floor_by : str
        Title of a column whose sum the bounds are for, such as people; units if empty.
    neighbours : str
        Who is whose neighbour in tests of pattern: one of `options.NEIGHBOURS`.
    classes : {"rounded", "quantiles", "natural_breaks", "equal_interval"}
        How classes of numbers are made.
    n_classes : int
        Classes at most.
    beside : str
        Title of a column that the others are set beside, by bivariate local Moran; none if empty.

    Examples
    --------
    >>> AreaOptions(n_clusters=4).most_clusters
    5
    """

    language: Language = "en"
    n_clusters: int = 3
    most_clusters: int = 5
    permutations: int = 9999
    seed: int = 20240
    draws: int = 500
    floor: float = 0
    ceiling: float | None = None
    floor_by: str = ""
    neighbours: str = "queen"
    classes: Classes = "rounded"
    n_classes: int = 5
    beside: str = ""

    def __post_init__(self) -> None:
        check_option("language", self.language, languages())
        check_option("neighbours", self.neighbours, NEIGHBOURS)
        check_option("classes", self.classes, CLASSES)
        check_count("n_classes", self.n_classes, 2)
        check_count("n_clusters", self.n_clusters, 2)
        check_count("most_clusters", self.most_clusters, 2)
        check_count("permutations", self.permutations, 1)
        check_count("seed", self.seed, 0)
        check_count("draws", self.draws, 0)

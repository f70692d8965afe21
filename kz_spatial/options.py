"""Every choice and constant that more than one module shares, once.

Sources: item names follow the World Bank Enterprise Surveys questionnaire; the five indicators
and the seven composites are those of Nurbatsin (2025), doi 10.47703/ejebs.v69i3.538.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = [
    "ALTERNATIVES",
    "CLASSES",
    "DATA_CRS",
    "DESIGN_WEIGHTS",
    "EQUAL_AREA_CRS",
    "MIN_CELLS",
    "MIN_FIRMS",
    "MORE_PARTS",
    "NEIGHBOURS",
    "PARTS",
    "Alternative",
    "Classes",
    "Coding",
    "Detail",
    "Language",
    "RunOptions",
]

Coding = Literal["corrected", "as-published"]
Detail = Literal["full", "light"]
Classes = Literal["rounded", "quantiles", "natural_breaks", "equal_interval"]
Language = str  # a code of `kz_spatial.words.languages()`
Alternative = Literal["two-sided", "greater", "less"]

# ways of saying who is whose neighbour, the default first
NEIGHBOURS: Final = (
    "queen",
    "rook",
    "second_order",
    "shared_border",
    "k_nearest",
    "adaptive_kernel",
    "inverse_distance",
)
# ways of making the classes of a number, the default first
CLASSES: Final[tuple[Classes, ...]] = ("rounded", "quantiles", "natural_breaks", "equal_interval")
ALTERNATIVES: Final[tuple[Alternative, ...]] = ("two-sided", "greater", "less")

DATA_CRS: Final = "EPSG:4326"
# Albers with standard parallels a sixth inside Kazakhstan's north and south ends
EQUAL_AREA_CRS: Final = (
    "+proj=aea +lat_0=48 +lon_0=67 +lat_1=43 +lat_2=53 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs"
)


# asks for the weights that the design names first
DESIGN_WEIGHTS: Final = "design"
# parts of a run beside its core, in the order of their steps
PARTS: Final = ("small_areas", "ranks", "models")
# further parts, done where they are asked for
MORE_PARTS: Final = ("sensitivity", "robustness", "quantiles", "silence", "bootstrap")
MIN_FIRMS: Final = 5
# direct estimates that a model of small areas is fitted to, at least
MIN_CELLS: Final = 10


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What one run of the study is asked to do; recorded in run.json.

    Attributes
    ----------
    coding : {"corrected", "as-published"}
    weights : str or None
        Survey weight column; None counts every firm once. "design" takes the first of the design's
        that the file has, and none for the twin, whose weights are made up; a run records what it
        took.
    language : str
        Language of every word that readers see: "en", "ru", "kk" or one that was added.
    seed : int
        Seed of every random draw of the run.
    permutations : int
        Monte Carlo arrangements where enumeration is out of reach.
    draws : int
        Times that firms are drawn again within regions, for intervals and the stability of labels
        and groups; 0 leaves these out.
    n_clusters : int
        Groups asked of typology and regionalisation.
    disclosure : str or None
        Profile of the rules for what may be told of firms, "survey" or "open"; None takes the
        design's, else "open" for the twin and "survey" for files.
    min_firms : int or None
        Cells with fewer firms are withheld; None takes the profile's number.
    parts : tuple of str
        What is done beside the core: "small_areas", "ranks" (errors of the score and rank sets),
        "models" (the published study's further ones), and where asked for "sensitivity" (the score
        under other weights, normalisations and aggregations) and "robustness" (the regression
        under randomisation, without each region, with omitted variables, as a mixed model, as a
        model of shares, over several outcomes and over a curve of specifications), "quantiles"
        (quartiles with intervals), "silence" (bounds and weights for answers that were not given)
        and "bootstrap" (drawn errors of small-area estimates beside the analytical).
    bandwidth_m, cell_m : float
        Kernel deviation and cell size of the density surfaces, in metres.

    Examples
    --------
    >>> asked = RunOptions(language="kk", draws=0)
    >>> asked.n_clusters, asked.bandwidth_m
    (3, 75000.0)
    """

    coding: Coding = "corrected"
    weights: str | None = DESIGN_WEIGHTS
    language: Language = "en"
    seed: int = 20240
    permutations: int = 9999
    draws: int = 200
    n_clusters: int = 3
    disclosure: str | None = None
    min_firms: int | None = None
    parts: tuple[str, ...] = PARTS
    bandwidth_m: float = 75_000.0
    cell_m: float = 5_000.0

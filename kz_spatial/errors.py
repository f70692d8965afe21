"""The errors and warnings that kz_spatial raises on purpose.

Each message is one line that names the file, the row or column, what was found and what was
expected. The command line prints it and exits with `exit_code`: 1 the data are at fault, 2 the
call is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

__all__ = [
    "CallError",
    "CollinearTermWarning",
    "CoordinatesWarning",
    "DesignError",
    "DesignWarning",
    "FewClustersWarning",
    "InputError",
    "IslandWarning",
    "KzSpatialError",
    "KzSpatialWarning",
    "MissingWordsWarning",
    "ModelledPlacementWarning",
    "NotEnoughDataError",
    "OneWayLinksWarning",
    "PlaceAmbiguousError",
    "PlaceUnknownError",
    "SelfNeighbourWarning",
    "SuppressionWarning",
    "SurveyError",
    "UnitsLeftOutWarning",
]


class KzSpatialError(Exception):
    """Base of every error raised on purpose."""

    exit_code: ClassVar[int] = 1


class InputError(KzSpatialError, ValueError):
    """A value, file or table that is not what was required."""


class CallError(KzSpatialError, ValueError):
    """A call that cannot be carried out as asked, whatever the data."""

    exit_code: ClassVar[int] = 2


class SurveyError(InputError):
    """A survey table with faults, all of them collected.

    Attributes
    ----------
    faults : tuple of str
        One line each: file, row, column, what was found, what was expected.
    """

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class PlaceUnknownError(InputError):
    """A name that is no oblast, composite or national total.

    Attributes
    ----------
    found : str
        The name as given.
    nearest : tuple of str
        Known names that resemble it most, nearest first; empty where a reason is given.
    reason : str
        Why it means none, where there is more to say than that it is not known.
    """

    def __init__(self, found: str, nearest: Sequence[str], reason: str = "") -> None:
        self.found = found
        self.nearest = () if reason else tuple(nearest)
        self.reason = reason
        hint = f"; nearest known: {', '.join(self.nearest)}" if self.nearest else ""
        super().__init__(
            f"region {found!r}: {reason}" if reason else f"unknown region {found!r}{hint}"
        )


class PlaceAmbiguousError(InputError):
    """A name that two units carry.

    Attributes
    ----------
    found : str
        The name as given.
    candidates : tuple of str
        Codes of the units it may mean.
    """

    def __init__(self, found: str, candidates: Sequence[str], described: str) -> None:
        self.found = found
        self.candidates = tuple(candidates)
        super().__init__(f"ambiguous region {found!r}: it may mean {described}")


class NotEnoughDataError(InputError):
    """Too few firms, clusters or units for what was asked."""


class KzSpatialWarning(UserWarning):
    """Base of every warning; never only logged."""


class CollinearTermWarning(KzSpatialWarning):
    """A term was dropped because others already carry it."""


class CoordinatesWarning(KzSpatialWarning):
    """Rows have coordinates that are no place in the country."""


class FewClustersWarning(KzSpatialWarning):
    """Inference leans on a number of clusters too small for it."""


class IslandWarning(KzSpatialWarning):
    """Units have no neighbour, or none with a value."""


class MissingWordsWarning(KzSpatialWarning):
    """A language lacks messages, and English stands in for them."""


class ModelledPlacementWarning(KzSpatialWarning):
    """Points were placed by a model and were not observed."""


class OneWayLinksWarning(KzSpatialWarning):
    """Units name neighbours that do not name them."""


class SelfNeighbourWarning(KzSpatialWarning):
    """Units name themselves as neighbours, which is left out."""


class SuppressionWarning(KzSpatialWarning):
    """Cells were withheld because too few firms stand behind them."""


class UnitsLeftOutWarning(KzSpatialWarning):
    """Units without a value or without a neighbour took no part."""


class DesignError(InputError):
    """A study design with faults, all of them collected.

    Attributes
    ----------
    faults : tuple of str
        One line each: the key, what was found, what was expected.
    """

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class DesignWarning(KzSpatialWarning):
    """A study design can be used, and lacks something that readers will miss."""

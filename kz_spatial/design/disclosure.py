"""What may be told of firms: the rules by which figures are withheld, rounded or smoothed.

The rules are those of statistics offices (Hundepool et al., Statistical Disclosure Control, 2012):
a least number of firms, the p% rule, (1, k) on weights, (n, k) on contributions, rounding to a base
of small counts, and an audit of what sums give away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

from kz_spatial.errors import CallError, DesignError

__all__ = [
    "OPEN",
    "PROFILES",
    "SURVEY",
    "DisclosureRules",
    "disclosure_rules",
    "rules_of_source",
]


@dataclass(frozen=True, slots=True)
class DisclosureRules:
    """Rules for what leaves the machine.

    Attributes
    ----------
    profile : str
        "survey", "open", or a name of one's own.
    min_firms : int
        A cell of fewer firms is withheld.
    count_base : int
        Shares whose numerator or complement is below `min_firms`, and counts that would tell such
        a number by subtraction, are derived from counts rounded to this base; 0 rounds nothing.
    smooth_below : int
        Cells of fewer firms have errors from variances pooled over units; 0 smooths nothing.
    p_percent : float
        A cell is withheld where the second largest contributor could tell the largest to within
        this many percent; 0 leaves this rule and the audit of sums out.
    weight_share : float
        A cell is withheld where one firm holds more than this share of the weights; 1 leaves it
        out.
    two_share : float
        A cell is withheld where two firms contribute more than this share of its total; 1 leaves it
        out.
    min_df : int
        Regressions of fewer residual degrees of freedom are withheld; 0 leaves it out.

    Examples
    --------
    >>> DisclosureRules("mine", min_firms=15).min_firms
    15
    """

    profile: str
    min_firms: int = 10
    count_base: int = 5
    smooth_below: int = 20
    p_percent: float = 10.0
    weight_share: float = 0.5
    two_share: float = 0.9
    min_df: int = 10

    def __post_init__(self) -> None:
        faults = []
        if not (isinstance(self.profile, str) and self.profile.strip()):
            faults.append(f"profile: found {self.profile!r}, expected a name")
        for name, least in (("min_firms", 1), ("count_base", 0), ("smooth_below", 0)):
            faults += _count_faults(name, getattr(self, name), least)
        faults += _count_faults("min_df", self.min_df, 0)
        for name, low, high in (
            ("p_percent", 0, 100),
            ("weight_share", 0, 1),
            ("two_share", 0, 1),
        ):
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (number and low <= value <= high):
                faults.append(f"{name}: found {value!r}, expected a number from {low} to {high}")
        if faults:
            raise DesignError(faults)

    @property
    def guarded(self) -> bool:
        """Whether more than the least number holds: no writer sees a firm then."""
        return bool(self.count_base or self.smooth_below or self.p_percent)

    def allow_fit(self, n_obs: int, n_parameters: int) -> bool:
        """Whether a regression of that many firms and parameters may be shown."""
        return n_obs - n_parameters >= self.min_df

    def to_record(self) -> dict[str, Any]:
        """The rules as plain values, for the records of what is written."""
        return {**asdict(self), "guarded": self.guarded}


def _count_faults(name: str, value: object, least: int) -> list[str]:
    if isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return []
    return [f"{name}: found {value!r}, expected a whole number of {least} or more"]


SURVEY: Final = DisclosureRules("survey")
OPEN: Final = DisclosureRules(
    "open",
    min_firms=5,
    count_base=0,
    smooth_below=0,
    p_percent=0.0,
    weight_share=1.0,
    two_share=1.0,
    min_df=0,
)
PROFILES: Final[Mapping[str, DisclosureRules]] = {each.profile: each for each in (SURVEY, OPEN)}
_NUMBERS: Final = tuple(each.name for each in fields(DisclosureRules) if each.name != "profile")


def rules_of_source(asked: DisclosureRules | None, *, synthetic: bool) -> DisclosureRules:
    """Rules that a design asks for, else those of the source.

    Examples
    --------
    >>> [rules_of_source(None, synthetic=each).profile for each in (True, False)]
    ['open', 'survey']
    """
    return asked or (OPEN if synthetic else SURVEY)


def disclosure_rules(profile: str, numbers: Mapping[str, Any] | None = None) -> DisclosureRules:
    """Rules of a profile, with numbers of one's own in place of some.

    Parameters
    ----------
    profile : str
        "survey" or "open"; any other name starts from "survey".
    numbers : mapping, optional
        Attributes of `DisclosureRules`.

    Returns
    -------
    DisclosureRules

    Raises
    ------
    DesignError
        With every number that is out of range.
    CallError
        When a profile that does not exist brings no numbers.

    Examples
    --------
    >>> disclosure_rules("survey", {"min_firms": 12}).min_firms
    12
    >>> disclosure_rules("opne")
    Traceback (most recent call last):
    kz_spatial.errors.CallError: disclosure 'opne': expected survey or open
    """
    numbers = dict(numbers or {})
    if profile not in PROFILES and not numbers:
        raise CallError(f"disclosure {profile!r}: expected {' or '.join(PROFILES)}")
    if strange := [each for each in numbers if each not in _NUMBERS]:
        raise DesignError([f"{strange[0]}: no such rule, expected one of {', '.join(_NUMBERS)}"])
    return replace(PROFILES.get(profile, SURVEY), profile=profile, **numbers)

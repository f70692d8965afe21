"""What a survey is asked for: indicators, when a question was skipped, and special answers.

Items follow the World Bank Enterprise Surveys questionnaire: yes/no items hold 1 = yes and 2 = no,
and special answers are negative numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from kz_spatial.design.texts import Texts, name_faults, text_faults
from kz_spatial.errors import DesignError

__all__ = [
    "DOES_NOT_APPLY",
    "KINDS",
    "NO",
    "YES",
    "Indicator",
    "Kind",
    "KindRule",
    "SkipRule",
    "special_code_faults",
]

Kind = Literal["count", "percent", "binary", "days", "amount", "rate"]
YES: Final = 1
NO: Final = 2
DOES_NOT_APPLY: Final = "does_not_apply"
# columns and endings that a firm table or an aggregate has already
_RESERVED: Final = frozenset(
    "firm_id oblast_code sector size weight longitude latitude placement readiness rank n_firms"
    " geometry name level code join_status foreign_share".split()
)


@dataclass(frozen=True, slots=True)
class KindRule:
    """What a kind of answer allows, and how it is shown.

    Attributes
    ----------
    expected : str
        Allowed answers in words, for messages.
    upper : float
        Largest answer allowed; none is below 0.
    is_share : bool
        Whether means are shares of firms, shown in percent.
    """

    expected: str
    upper: float = float("inf")
    is_share: bool = False


KINDS: Final[dict[str, KindRule]] = {
    "count": KindRule("a count of 0 or more"),
    "percent": KindRule("0 to 100", upper=100),
    "binary": KindRule("1 (yes), 2 (no)", upper=2, is_share=True),
    "days": KindRule("0 or more days"),
    "amount": KindRule("an amount of 0 or more"),
    "rate": KindRule("a rate of 0 or more"),
}


@dataclass(frozen=True, slots=True)
class SkipRule:
    """When a question is not asked, and what that means.

    Attributes
    ----------
    item : str
        The question before it.
    answer : {"yes", "no"} or int
        Its answer that skips the question.
    value : float or None
        What the skipped firm counts as (no outages: 0 a month); None leaves it missing.
    population : mapping or None
        What the firms that are asked are called, by language.
    """

    item: str
    answer: Literal["yes", "no"] | int
    value: float | None = None
    population: Texts | None = None

    def __post_init__(self) -> None:
        faults = []
        if not (isinstance(self.item, str) and self.item.strip()):
            faults.append(f"item: found {self.item!r}, expected the item asked before")
        is_code = isinstance(self.answer, int) and not isinstance(self.answer, bool)
        if self.answer not in ("yes", "no") and not is_code:
            faults.append(f"answer: found {self.answer!r}, expected 'yes', 'no' or a code")
        if self.value is not None and (
            isinstance(self.value, bool) or not isinstance(self.value, int | float)
        ):
            faults.append(f"value: found {self.value!r}, expected a number, or none at all")
        if self.population is not None:
            faults += text_faults("population", self.population)
        if faults:
            raise DesignError(faults)

    @property
    def code(self) -> int:
        """Code of the answer that skips."""
        return {"yes": YES, "no": NO}.get(str(self.answer), 0) or int(self.answer)


@dataclass(frozen=True, slots=True)
class Indicator:
    """One dimension of a study.

    Attributes
    ----------
    name : str
        Column name in a firm table.
    item : str
        Survey item it is read from.
    kind : {"count", "percent", "binary", "days", "amount", "rate"}
    direction : {1, -1}
        Whether more of it counts for (1) or against (-1) the score.
    labels, unit : mapping
        What the reader sees, by language.
    aliases : tuple of str
        Names of the item in other files and waves.
    skip : SkipRule or None
    special_codes : mapping
        Special answers of this item alone, code to reason; they add to those of the design.

    Raises
    ------
    DesignError
        With all that is wrong.

    Examples
    --------
    >>> Indicator("training", "l10", "binary", 1, {"en": "Training"}, {"en": "share of firms"}).rule
    KindRule(expected='1 (yes), 2 (no)', upper=2, is_share=True)
    """

    name: str
    item: str
    kind: Kind
    direction: Literal[1, -1]
    labels: Texts
    unit: Texts
    aliases: tuple[str, ...] = ()
    skip: SkipRule | None = None
    special_codes: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        faults = name_faults("name", self.name, _RESERVED)
        if not (isinstance(self.item, str) and self.item.strip()):
            faults.append(f"item: found {self.item!r}, expected the name of a survey item")
        if self.kind not in KINDS:
            expected = ", ".join(repr(each) for each in get_args(Kind))
            faults.append(f"kind: found {self.kind!r}, expected one of {expected}")
        if self.direction not in (1, -1) or isinstance(self.direction, bool):
            faults.append(
                f"direction: found {self.direction!r}, expected 1 (more is better) or -1 (worse)"
            )
        faults += text_faults("labels", self.labels) + text_faults("unit", self.unit)
        faults += [
            f"aliases: found {each!r}, expected names of columns"
            for each in self.aliases
            if not isinstance(each, str)
        ]
        faults += special_code_faults("special_codes", self.special_codes)
        if faults:
            raise DesignError(faults)

    @property
    def whole(self) -> float | None:
        """What its means are shares of: 1, or 100 for percentages; None for amounts."""
        if self.kind == "binary":
            return 1.0
        return self.rule.upper if self.rule.upper < float("inf") else None

    @property
    def rule(self) -> KindRule:
        """What its kind allows."""
        return KINDS[self.kind]

    @property
    def scale(self) -> int:
        """Factor from a mean to what the reader sees: shares are shown in percent."""
        return 100 if self.rule.is_share else 1


def special_code_faults(key: str, codes: Mapping[int, str]) -> list[str]:
    """What is wrong with a table of special answers."""
    faults = []
    for code, reason in codes.items():
        if isinstance(code, bool) or not isinstance(code, int) or code >= 0:
            faults.append(f"{key}.{code}: expected a whole number below 0")
        faults += name_faults(f"{key}.{code}", reason)
    return faults

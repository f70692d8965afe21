"""Designs as files: TOML to `StudyDesign` with every fault at once, and the shipped ones."""

from __future__ import annotations

import tomllib
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Any, Final, TypeVar

from kz_spatial.design.disclosure import DisclosureRules, disclosure_rules
from kz_spatial.design.grouping import Grouping, Region
from kz_spatial.design.indicators import Indicator, SkipRule
from kz_spatial.design.study_design import ROLES, Score, StudyDesign, Wave
from kz_spatial.design.texts import listed, unknown_keys
from kz_spatial.errors import CallError, DesignError, DesignWarning
from kz_spatial.words import languages

__all__ = [
    "PAPER",
    "design_of",
    "design_text",
    "list_designs",
    "load_design",
    "parse_design",
]

Part = TypeVar("Part")
# the published study, to which the audit of printed numbers is bound
PAPER: Final = "readiness_2024"
_FOLDER: Final = Path(__file__).parent
# keys of each table: needed, then those that may be left out
_DESIGN: Final = (
    ("name", "title", "indicators", "grouping", "wave", "score"),
    (
        *("source", "outcome", "formula", "weights", "strata", "columns", "special_codes"),
        *("left_out", "disclosure"),
    ),
)
_INDICATOR: Final = (
    ("name", "item", "kind", "direction", "labels", "unit"),
    ("aliases", "skip", "special_codes"),
)
_SKIP: Final = (("item", "answer"), ("value", "population"))
_GROUPING: Final = (("name", "layer", "labels", "regions"), ("vintage",))
_REGION: Final = (("code", "labels", "oblasts"), ("spellings", "colour"))
_WAVE: Final = (("year",), ("vintage", "columns"))
_SCORE: Final = (("labels", "unit"), ("least", "groups"))


class _Reader:
    """Reads the parts of a design and gathers what is wrong, each line with its key."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def table(
        self, key: str, value: object, keys: tuple[tuple[str, ...], tuple[str, ...]]
    ) -> dict[str, Any] | None:
        """A table of the file; None when it is none or lacks a key that is needed."""
        needed, more = keys
        if not isinstance(value, Mapping):
            self.faults.append(f"{key.rstrip('.') or 'design'}: found {value!r}, expected a table")
            return None
        self.faults += unknown_keys(key, value, (*needed, *more))
        lacking = [name for name in needed if name not in value]
        self.faults += [f"{key}{name}: is missing, expected it" for name in lacking]
        known = {name: value[name] for name in value if name in needed or name in more}
        return None if lacking else known

    def rows(self, key: str, value: object) -> list[Any]:
        """A list of tables."""
        if isinstance(value, list | tuple):
            return list(value)
        self.faults.append(f"{key}: found {value!r}, expected a list of tables ([[{key}]])")
        return []

    def make(self, key: str, part: Callable[..., Part], values: dict[str, Any]) -> Part | None:
        """A part of the design; None, with its faults kept, when it cannot be made."""
        try:
            return part(**values)
        except DesignError as error:
            self.faults += [f"{key}{line}" for line in error.faults]
            return None

    def codes(self, key: str, value: object) -> dict[int, str]:
        """Special answers; keys of TOML are text."""
        if not isinstance(value, Mapping):
            self.faults.append(f'{key}: found {value!r}, expected CODE = "reason"')
            return {}
        found = {}
        for code, reason in value.items():
            try:
                found[int(code)] = reason
            except ValueError:
                self.faults.append(f"{key}.{code}: expected a whole number below 0")
        return found

    def words(self, key: str, value: object) -> tuple[str, ...]:
        """A text or a list of texts."""
        found = listed(value)
        self.faults += [
            f"{key}: found {each!r}, expected a text" for each in found if not isinstance(each, str)
        ]
        return tuple(each for each in found if isinstance(each, str))

    def indicator(self, position: int, value: object) -> Indicator | None:
        """One indicator."""
        key = f"indicators.{position}."
        if isinstance(value, Mapping) and isinstance(value.get("name"), str):
            key = f"indicators.{value['name']}."
        values = self.table(key, value, _INDICATOR)
        if values is None:
            return None
        if "skip" in values:
            rule = self.table(f"{key}skip.", values["skip"], _SKIP)
            values["skip"] = None if rule is None else self.make(f"{key}skip.", SkipRule, rule)
        values["aliases"] = self.words(f"{key}aliases", values.get("aliases", ()))
        values["special_codes"] = self.codes(f"{key}special_codes", values.get("special_codes", {}))
        return self.make(key, Indicator, values)

    def region(self, position: int, value: object) -> Region | None:
        """One region of the grouping."""
        key = f"grouping.regions.{position}."
        if isinstance(value, Mapping) and isinstance(value.get("code"), str):
            key = f"grouping.regions.{value['code']}."
        values = self.table(key, value, _REGION)
        if values is None:
            return None
        values["oblasts"] = self.words(f"{key}oblasts", values["oblasts"])
        values["spellings"] = self.words(f"{key}spellings", values.get("spellings", ()))
        return self.make(key, Region, values)

    def grouping(self, value: object, vintage: int) -> Grouping | None:
        """The regions; their vintage is the wave's where they name none."""
        values = self.table("grouping.", value, _GROUPING)
        if values is None:
            return None
        rows = self.rows("grouping.regions", values["regions"])
        regions = [self.region(i, row) for i, row in enumerate(rows, start=1)]
        if None in regions:
            return None
        values["regions"] = tuple(regions)
        values.setdefault("vintage", vintage)
        return self.make("grouping.", Grouping, values)

    def wave(self, value: object) -> Wave | None:
        """The wave; boundaries are those of its year where it names no vintage."""
        values = self.table("wave.", value, _WAVE)
        if values is None:
            return None
        values["columns"] = self.words("wave.columns", values.get("columns", ()))
        values.setdefault("vintage", values["year"])
        return self.make("wave.", Wave, values)

    def score(self, value: object) -> Score | None:
        """The score; groups are a list of texts by language."""
        values = self.table("score.", value, _SCORE)
        if values is None:
            return None
        values["groups"] = tuple(self.rows("score.groups", values.get("groups", [])))
        return self.make("score.", Score, values)

    def disclosure(self, value: object) -> DisclosureRules | None:
        """Rules for what may be told of firms: a profile, and numbers in place of its own."""
        if not isinstance(value, Mapping) or "profile" not in value:
            self.faults.append(
                f'disclosure: found {value!r}, expected profile = "survey" or "open"'
            )
            return None
        numbers = {key: each for key, each in value.items() if key != "profile"}
        try:
            return disclosure_rules(str(value["profile"]), numbers)
        except CallError as error:
            self.faults.append(str(error))
        except DesignError as error:
            self.faults += [f"disclosure.{line}" for line in error.faults]
        return None

    def columns(self, value: object) -> dict[str, tuple[str, ...]]:
        """Names of columns by role."""
        values = self.table("columns.", value, ((), ROLES)) or {}
        return {role: self.words(f"columns.{role}", names) for role, names in values.items()}


def parse_design(content: Mapping[str, Any], *, source: str = "design") -> StudyDesign:
    """Make a design of the content of a design file.

    Parameters
    ----------
    content : mapping
        As `tomllib` or `json` read it; see `readiness_2024.toml` for every key.
    source : str
        What messages call it.

    Returns
    -------
    StudyDesign

    Raises
    ------
    DesignError
        With every fault, one line each, each naming its key.

    Examples
    --------
    >>> parse_design({"name": "x"})
    Traceback (most recent call last):
    kz_spatial.errors.DesignError: design: title: is missing, expected it
    design: indicators: is missing, expected it
    design: grouping: is missing, expected it
    design: wave: is missing, expected it
    design: score: is missing, expected it
    """
    read = _Reader()
    values = read.table("", content, _DESIGN) or {}
    # what can be read is read, so that all its faults are told at once
    found = {name: content[name] for name in (*_DESIGN[0], *_DESIGN[1]) if name in content}
    wave = read.wave(found["wave"]) if "wave" in found else None
    year = wave.vintage if wave else 9999
    grouping = read.grouping(found["grouping"], year) if "grouping" in found else None
    score = read.score(found["score"]) if "score" in found else None
    rows = read.rows("indicators", found.get("indicators", []))
    indicators = [read.indicator(i, row) for i, row in enumerate(rows, start=1)]
    made = {
        "weights": read.words("weights", found.get("weights", ())),
        "strata": read.words("strata", found.get("strata", ())),
        "left_out": read.words("left_out", found.get("left_out", ())),
        "columns": read.columns(found.get("columns", {})),
        "special_codes": read.codes("special_codes", found.get("special_codes", {})),
        "disclosure": read.disclosure(found["disclosure"]) if "disclosure" in found else None,
    }
    design = None
    if values and wave and grouping and score and None not in indicators:
        parts = {"wave": wave, "grouping": grouping, "score": score}
        values |= made | parts | {"indicators": tuple(indicators)}
        design = read.make("", StudyDesign, values)
    if read.faults or design is None:
        raise DesignError(f"{source}: {line}" for line in dict.fromkeys(read.faults))
    return design


def list_designs() -> tuple[str, ...]:
    """Names of the shipped designs.

    Returns
    -------
    tuple of str
        In the order of the alphabet, as `load_design` takes them.

    Examples
    --------
    >>> list_designs()
    ('readiness_2019', 'readiness_2024')
    """
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def design_text(name: str = PAPER) -> str:
    """Text of a shipped design, comments included, to copy and change.

    Raises
    ------
    CallError
        When no such design is shipped.
    """
    if name not in list_designs():
        raise CallError(f"design {name!r}: expected one of {', '.join(list_designs())}")
    return (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")


def _read_toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        shipped = ", ".join(list_designs())
        raise CallError(f"{path}: no such file; expected a design (.toml), or one of {shipped}")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise DesignError([f"{path}: cannot be read as TOML: {error}"]) from error
    except UnicodeDecodeError as error:
        raise DesignError([f"{path}: is not UTF-8 text, as TOML must be"]) from error


@cache
def _shipped(name: str) -> StudyDesign:
    return parse_design(tomllib.loads(design_text(name)), source=f"{name}.toml")


def load_design(path: str | PathLike[str] | None = None) -> StudyDesign:
    """Load a study design.

    Parameters
    ----------
    path : path or str, optional
        A TOML file, or the name of a shipped design; without it, that of the published study.

    Returns
    -------
    StudyDesign

    Raises
    ------
    DesignError
        With every fault of the file, one line each, each naming its key.
    CallError
        When there is no such file or design.

    Warns
    -----
    DesignWarning
        Where a text is missing in one of the languages.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> [each.item for each in kz.load_design().indicators]
    ['c7', 'k33', 'ge7', 'h1', 'g3']
    """
    if path is None:
        return _shipped(PAPER)
    if isinstance(path, str) and path in list_designs():
        return _shipped(path)
    file = Path(path)
    design = parse_design(_read_toml(file), source=str(file))
    for line in design.missing_words(languages()):
        warnings.warn(f"{file}: {line}", DesignWarning, stacklevel=2)
    return design


def design_of(table: object) -> StudyDesign:
    """The design that a firm table was read by; the published study's where none is recorded.

    Parameters
    ----------
    table : DataFrame
        A firm table, or what was made of one; `read_survey` and `load_twin` record the design.
    """
    record = getattr(table, "attrs", {}).get("kz_spatial", {}).get("design")
    return load_design() if record is None else parse_design(record)

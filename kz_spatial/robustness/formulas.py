"""Terms of a formula, taken apart and put together again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from kz_spatial.design import formula_names
from kz_spatial.errors import CallError
from kz_spatial.regression import split_effects

__all__ = ["Parts", "join_parts", "parts_of", "quoted", "without"]

_NAME: Final = re.compile(r"[^\W\d]\w*\Z")


@dataclass(frozen=True, slots=True)
class Parts:
    """A formula as outcome, terms and effects.

    Attributes
    ----------
    outcome : str
    terms : tuple of str
        As written, split at the + signs outside of brackets.
    effects : tuple of str
        Columns after the bar.
    """

    outcome: str
    terms: tuple[str, ...]
    effects: tuple[str, ...]


def _split_sum(text: str) -> list[str]:
    """Parts between the + signs that stand outside of brackets and backticks."""
    parts, depth, quote = [""], 0, False
    for each in text:
        quote ^= each == "`"
        depth += 0 if quote else (each in "([{") - (each in ")]}")
        if each == "+" and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += each
    return [part.strip() for part in parts if part.strip()]


def parts_of(formula: str) -> Parts:
    """Take a formula apart.

    Raises
    ------
    CallError
        When it has no ~ or no columns after its bar.

    Examples
    --------
    >>> found = parts_of("y ~ x + C(a + b) | region")
    >>> found.outcome, found.terms, found.effects
    ('y', ('x', 'C(a + b)'), ('region',))
    """
    main, effects = split_effects(formula)
    outcome, _, terms = main.partition("~")
    return Parts(outcome.strip(), tuple(_split_sum(terms)), tuple(effects))


def quoted(name: str) -> str:
    """A column as a formula names it.

    Examples
    --------
    >>> quoted("size"), quoted("код области")
    ('size', '`код области`')
    """
    return name if _NAME.match(name) else f"`{name}`"


def join_parts(outcome: str, terms: tuple[str, ...], effects: tuple[str, ...]) -> str:
    """A formula of its parts; without terms, of a constant.

    Examples
    --------
    >>> join_parts("y", ("x", "z"), ("region",))
    'y ~ x + z | region'
    """
    bar = f" | {' + '.join(map(quoted, effects))}" if effects else ""
    return f"{outcome} ~ {' + '.join(terms) or '1'}{bar}"


def without(terms: tuple[str, ...], name: str) -> tuple[str, ...]:
    """The terms that do not name a column.

    Raises
    ------
    CallError
        When a product such as a*b names it, which carries terms of other columns too.

    Examples
    --------
    >>> without(("a", "b", "a:b"), "a")
    ('b',)
    """
    for each in terms:
        named = set(formula_names(each))
        if name in named and len(named) > 1 and "*" in each:
            raise CallError(
                f"term {each!r}: expected a product with {name} written out, as a + b + a:b"
            )
    return tuple(each for each in terms if name not in formula_names(each))

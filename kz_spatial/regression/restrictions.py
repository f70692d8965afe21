"""Hypotheses about coefficients: combinations of terms, and what they are said to equal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import numpy as np

from kz_spatial._validate import check_option
from kz_spatial.errors import CallError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Restrictions", "read_combination", "read_restrictions"]

_ZERO: Final = 1e-10
_SIGNED: Final = re.compile(r"=\s*-")
_EXPONENT: Final = re.compile(r"(?<![\w.])\d+\.?\d*[eE][-+]?\d+")


@dataclass(frozen=True, slots=True, eq=False)
class Restrictions:
    """The hypothesis that combinations of coefficients have given values.

    Attributes
    ----------
    matrix : (q, k) array
        A row per combination.
    values : (q,) array
    text : str
        As it was asked for.
    """

    matrix: NDArray[np.float64]
    values: NDArray[np.float64]
    text: str

    @property
    def terms(self) -> NDArray[np.bool_]:
        """Which terms take part, (k,)."""
        return np.asarray((self.matrix != 0).any(axis=0))


def _from_text(text: str, names: Sequence[str]) -> Restrictions:
    from formulaic.errors import FormulaicError
    from formulaic.utils.constraints import LinearConstraints

    # formulaic's grammar knows neither a sign after = nor exponents
    plain = _EXPONENT.sub(lambda found: f"{Decimal(found[0]):f}", _SIGNED.sub("= 0 -", text))
    try:
        found = LinearConstraints.from_spec(plain, variable_names=list(names))
    except (FormulaicError, ValueError, KeyError, TypeError) as error:
        raise CallError(
            f"hypothesis {text!r}: expected combinations such as '{names[0]} = 0', joined by "
            f"commas, of the terms {', '.join(names)}"
        ) from error
    matrix = np.asarray(found.constraint_matrix, dtype=np.float64)
    return Restrictions(matrix, np.asarray(found.constraint_values, dtype=np.float64), text)


def read_restrictions(asked: str | Sequence[str], names: Sequence[str]) -> Restrictions:
    """Read a joint hypothesis.

    Parameters
    ----------
    asked : str or sequence of str
        Terms that are all 0, or combinations as text, "x1 = x2, x3 = 1".
    names : sequence of str
        The k terms.

    Raises
    ------
    CallError
        When it cannot be read, names what is no term, or says one thing twice.

    Examples
    --------
    >>> read_restrictions(["x1", "x3"], ["x1", "x2", "x3"]).matrix.tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    >>> found = read_restrictions("x1 = x2, 2*x3 = 1", ["x1", "x2", "x3"])
    >>> found.matrix.tolist(), found.values.tolist()
    ([[1.0, -1.0, 0.0], [0.0, 0.0, 2.0]], [0.0, 1.0])
    """
    if isinstance(asked, str) and asked not in names:
        found = _from_text(asked, names)
    else:
        listed = [asked] if isinstance(asked, str) else list(asked)
        if not listed:
            raise CallError("terms: found none, expected at least one")
        for each in listed:
            check_option("term", each, tuple(names))
        rows = [list(names).index(each) for each in listed]
        found = Restrictions(np.eye(len(names))[rows], np.zeros(len(rows)), ", ".join(listed))
    scaled = found.matrix / np.maximum(np.abs(found.matrix).max(axis=1, keepdims=True), 1e-300)
    if np.linalg.matrix_rank(scaled, tol=_ZERO) < len(scaled):
        raise CallError(f"hypothesis {found.text!r}: one part follows from the others")
    return found


def read_combination(asked: Mapping[str, float] | str, names: Sequence[str]) -> Restrictions:
    """Read one combination of terms.

    Parameters
    ----------
    asked : mapping or str
        Weights by term, or text: "x1 - x2", "2*x1 + x2 = 3".
    names : sequence of str
        The k terms.

    Raises
    ------
    CallError
        When it cannot be read, names what is no term, or is not one combination.

    Examples
    --------
    >>> read_combination({"x1": 1, "x2": -1}, ["x1", "x2"]).text
    'x1 - x2'
    >>> read_combination("x1 = x2", ["x1", "x2"]).matrix.tolist()
    [[1.0, -1.0]]
    """
    if isinstance(asked, str):
        found = read_restrictions(asked, names)
    else:
        row, parts = np.zeros(len(names)), []
        for name, weight in asked.items():
            check_option("term", name, tuple(names))
            row[list(names).index(name)] = weight
            size = "" if abs(weight) == 1 else f"{abs(weight):g}*"
            parts.append(f"{'-' if weight < 0 else '+'} {size}{name}")
        text = " ".join(parts).removeprefix("+ ")
        found = Restrictions(row[None], np.zeros(1), text)
    if len(found.matrix) != 1 or not np.isfinite(found.matrix).all() or not found.terms.any():
        raise CallError(f"combination {asked!r}: expected one combination of terms")
    return found

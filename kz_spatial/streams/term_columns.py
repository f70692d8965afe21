"""Terms of a regression, made of the columns of one chunk at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial.design import formula_names
from kz_spatial.errors import CallError, InputError
from kz_spatial.regression import model_matrices, split_effects

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from kz_spatial.design import StudyDesign

__all__ = ["TermColumns", "term_columns"]

_NAME: Final = r"[^\W\d]\w*"
_PLAIN: Final = re.compile(rf"\s*{_NAME}\s*~\s*{_NAME}(?:\s*\+\s*{_NAME})*\s*\Z")


@dataclass(frozen=True, slots=True)
class TermColumns:
    """A formula whose terms can be made chunk by chunk.

    Attributes
    ----------
    formula : str
        With its effects.
    main : str
        Without them.
    absorbed : str
        Column of the effects: regions or oblasts.
    names : tuple of str
        Indicators that it uses.
    outcome : str
    terms : tuple of str
    plain : bool
        Whether terms are columns as they stand.
    """

    formula: str
    main: str
    absorbed: str
    names: tuple[str, ...]
    outcome: str
    terms: tuple[str, ...]
    plain: bool

    def of(
        self, values: dict[str, NDArray[np.float64]]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Terms and outcome of the complete rows, and which these are.

        Parameters
        ----------
        values : dict of (n,) arrays
            By indicator.

        Returns
        -------
        columns : (m, k + 1) array
        complete : (n,) array of bool

        Raises
        ------
        InputError
            When a term is infinite.
        """
        complete = np.logical_and.reduce([np.isfinite(values[name]) for name in self.names])
        whole = bool(complete.all())
        used = {name: values[name] if whole else values[name][complete] for name in self.names}
        if self.plain:
            columns = np.empty((int(complete.sum()), len(self.terms) + 1), order="F")
            for place, name in enumerate((*self.terms, self.outcome)):
                columns[:, place] = used[name]
            return columns, complete
        made = _matrices(self.main, used)
        terms = [made.rhs[name] for name in self.terms]
        columns = np.column_stack([*terms, made.lhs.iloc[:, 0]]).astype(float)
        if not np.isfinite(columns).all():
            raise InputError(f"formula {self.formula!r}: found infinity, expected finite numbers")
        return columns, complete


def _matrices(main: str, columns: dict[str, Any]) -> Any:
    import pandas as pd

    frame: pd.DataFrame = pd.DataFrame(columns)
    return model_matrices(main, frame, what="firm table")


def term_columns(design: StudyDesign) -> TermColumns:
    """See whether the formula of a design can be made of sums, and how.

    Parameters
    ----------
    design : StudyDesign
        With a formula.

    Returns
    -------
    TermColumns

    Raises
    ------
    CallError
        When it uses more than indicators, terms that look at the whole column, or effects other
        than those of regions or oblasts.

    Examples
    --------
    >>> from kz_spatial.design import load_design
    >>> term_columns(load_design()).terms[:2]
    ('outages_per_month', 'co2_monitoring')
    """
    formula = design.formula
    assert formula is not None
    main, absorbed = split_effects(formula)
    known = ("oblast_code", design.grouping.name)
    if len(absorbed) != 1 or absorbed[0] not in known:
        raise CallError(
            f"formula {formula!r}: in chunks effects of {' or '.join(known)} are absorbed, found "
            f"{' and '.join(absorbed) or 'none'}"
        )
    names = tuple(dict.fromkeys(formula_names(main)))
    strange = [each for each in names if each not in design.by_name]
    if strange:
        raise CallError(
            f"formula {formula!r}: in chunks terms are made of indicators, found {strange[0]!r}"
        )
    if _PLAIN.match(main):
        left, _, right = main.partition("~")
        terms = tuple(dict.fromkeys(each.strip() for each in right.split("+")))
        return TermColumns(formula, main, absorbed[0], names, left.strip(), terms, plain=True)
    few = np.array([0.5, 1.0, 2.0])
    made = _matrices(main, dict.fromkeys(names, few))
    spec = made.rhs.model_spec
    if spec.transform_state or any(
        str(kind).endswith("CATEGORICAL") for kind, _ in spec.encoder_state.values()
    ):
        raise CallError(
            f"formula {formula!r}: in chunks terms are made row by row, found one that looks at "
            "the whole column or takes it as categories"
        )
    if made.lhs.shape[1] != 1:
        raise CallError(f"formula {formula!r}: expected one outcome before the ~")
    terms = tuple(str(each) for each in made.rhs.columns if each != "Intercept")
    outcome = str(made.lhs.columns[0])
    return TermColumns(formula, main, absorbed[0], names, outcome, terms, plain=False)

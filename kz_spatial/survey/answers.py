"""What an answer means, by its label: yes and no, and the reasons for answers that are none.

Labels rule: a file may code 1 = No, and give "don't know" any number. Only where an answer has no
label its number counts as the questionnaire has it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from kz_spatial.design import NO, YES

__all__ = ["by_labels", "meaning_of"]

_WORDS: Final[dict[str, int]] = {
    **dict.fromkeys(("yes", "да", "иә"), YES),
    **dict.fromkeys(("no", "нет", "жоқ"), NO),
}
# spellings of reasons, the more telling first
_REASONS: Final = (
    ("dont_know", r"\bdon'?t know|\bdo not know|^dk$|не знаю|затрудняюсь|білмеймін"),
    ("application_denied", r"application (was )?denied|^denied|заявка отклонена|отказано в"),
    ("still_in_process", r"still in process|in process|ещё рассматр|еще рассматр|в процессе"),
    ("refused", r"^refus|отказ|бас тарт"),
    ("does_not_apply", r"does(n'?t| not) apply|не относится"),
    ("not_applicable", r"not applicable|^n/a$|неприменимо"),
)
_ASIDE: Final = re.compile(r"\s*\(?\s*(spontaneous|спонтанно)\s*\)?\s*$")


def meaning_of(label: object, special: Mapping[int, str]) -> int | None:
    """Code that a label stands for; None where it is no yes, no or reason that is known.

    Parameters
    ----------
    label : object
        As a file has it.
    special : mapping
        Code to reason of the answers that are none.

    Examples
    --------
    >>> meaning_of("Refusal (spontaneous)", {-9: "dont_know", -8: "refused"})
    -8
    >>> meaning_of("NO", {}), meaning_of("Monday", {})
    (2, None)
    """
    text = _ASIDE.sub("", str(label).strip().casefold().replace("’", "'"))
    if text in _WORDS:
        return _WORDS[text]
    codes = {reason: code for code, reason in special.items()}
    for reason, pattern in _REASONS:
        if re.search(pattern, text):
            found = codes.get(reason)
            # two words for one thing, where a design has but one of them
            if found is None and reason in ("does_not_apply", "not_applicable"):
                found = codes.get("does_not_apply", codes.get("not_applicable"))
            return found
    return None


def by_labels(
    column: pd.Series[Any], labels: Mapping[Any, str], special: Mapping[int, str]
) -> pd.Series[Any]:
    """A column of answers with the codes that its labels mean.

    Parameters
    ----------
    column : Series
        Numbers, or text: answers, labels, or the codes of labels.
    labels : mapping
        Value labels of the file; empty where it has none.
    special : mapping
        Code to reason of the answers that are none.

    Returns
    -------
    Series
        Numbers stay what they are unless their label says otherwise; text that is a label becomes
        its code.
    """
    turned: dict[Any, Any] = {}
    for value in pd.unique(column.dropna()):
        known = labels.get(value)
        code = meaning_of(value if known is None else known, special)
        if code is not None and not (known is None and isinstance(value, int | float | np.number)):
            turned[value] = float(code)
    if not turned:
        return column
    return column.map(lambda each: turned.get(each, each)).infer_objects()

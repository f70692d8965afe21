"""The synthetic twin: 1013 firms in raw survey codes that may be shared, unlike the survey.

Its answers reproduce the study's printed tables where that can be done; sector, size, weight,
ownership and oblast within composite are drawn. `kz_spatial.twin_maker` makes the file and
documents what is fitted and what is drawn.
"""

from __future__ import annotations

import hashlib
from typing import Final

import pandas as pd

from kz_spatial._validate import check_option, data_path
from kz_spatial.crosswalk import unit_at
from kz_spatial.design import StudyDesign, load_design
from kz_spatial.errors import InputError
from kz_spatial.options import Coding
from kz_spatial.survey.coding import CODINGS, build_firms

__all__ = ["TWIN_NOTICE", "load_twin", "load_twin_raw"]

TWIN_NOTICE: Final = (
    "Synthetic twin: made-up firms that reproduce printed tables, not survey microdata."
)
_ROLES: Final = {"id": "idstd", "size": "a6a", "foreign_share": "b2b"}
_SECTORS: Final = {1: "Manufacturing", 2: "Retail", 3: "Other services"}


def load_twin_raw() -> pd.DataFrame:
    """Raw codes of the twin, as a survey file would hold them.

    Returns
    -------
    DataFrame
        1013 rows: idstd, a2 (1 to 7: composites in code order), oblast (KATO), a4a, a6a, b2b,
        wmedian, wstrict, wweak, c6, c7, k33, ge7, h1, g2, g3.
    """
    return pd.read_csv(data_path("twin.csv"))


def load_twin(*, coding: Coding = "corrected", design: StudyDesign | None = None) -> pd.DataFrame:
    """Load the twin as a firm table.

    Parameters
    ----------
    coding : {"corrected", "as-published"}
        See `kz_spatial.survey.coding.code_items`.
    design : StudyDesign, optional
        The published study's by default. Indicators whose items the twin lacks are left out, and
        the notes say so.

    Returns
    -------
    DataFrame
        Columns as `read_survey` gives them; `.attrs["kz_spatial"]["synthetic"]` is True.

    Examples
    --------
    >>> firms = load_twin()
    >>> len(firms), firms["composite"].nunique()
    (1013, 7)
    """
    check_option("coding", coding, CODINGS)
    asked = design or load_design()
    raw = load_twin_raw()
    gone = [each for each in asked.indicators if each.item not in raw]
    reasons = [f"the twin has no item {each.item}; {each.name} is left out" for each in gone]
    if len(gone) == len(asked.indicators):
        raise InputError("\n".join(reasons))
    vintage = asked.grouping.vintage
    oblast = ("KZ-" + raw["oblast"].astype(str)).map(lambda code: unit_at(code, vintage))
    return build_firms(
        raw.assign(**{role: raw[name] for role, name in _ROLES.items()}),
        asked.without([each.name for each in gone], reasons),
        coding=coding,
        oblast_code=oblast,
        region=pd.Series(asked.grouping.regions_of(oblast), raw.index),
        sector=raw["a4a"].map(_SECTORS),
        provenance={
            "source": "synthetic twin",
            "sha256": hashlib.sha256(data_path("twin.csv").read_bytes()).hexdigest(),
            "synthetic": True,
            "notes": [TWIN_NOTICE, *reasons],
        },
    )

"""The one gate: a study as writers see it, and what the rules did.

Whoever writes a file is handed a `Published` and nothing else: estimates that passed the rules,
what was computed from them, counts and sentences without small numbers, distributions in bars that
tell of no firm, regressions without residuals. No firm is reachable from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from kz_spatial.output.histogram import Bars, make_bars
from kz_spatial.protection import VERDICTS, shown_count, told_attrition, told_counts, told_text
from kz_spatial.regression import FitTables, tell_fit
from kz_spatial.streams import StreamedStudy
from kz_spatial.study import Findings, Study
from kz_spatial.words import has_words, say

if TYPE_CHECKING:
    import pandas as pd

    from kz_spatial.design import DisclosureRules
    from kz_spatial.options import Language
    from kz_spatial.study import Checks, PaperModel

__all__ = [
    "Distribution",
    "Published",
    "disclosure_record",
    "opening_line",
    "publish",
    "rules_line",
]

_SHOWN: Final = VERDICTS[0]
# inferences whose t has as many degrees of freedom as there are firms to spare
_COUNTING: Final = ("iid", "hc1", "hc3")
_NEEDS: Final = (
    "no coefficient of a regression, test or figure was checked beyond the rules below; two runs "
    "on files that differ by one firm give that firm away by subtraction: publish one of them"
)


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """How answers to one question are distributed, as a figure may show it.

    Attributes
    ----------
    bars : Bars or None
        None where it may not be shown.
    n : float
        Firms that answered, as they are shown.
    mean : float
        NaN where it may not be shown.
    """

    bars: Bars | None
    n: float
    mean: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Published(Findings):
    """A study as it may leave the machine.

    Attributes
    ----------
    n_firms : int
    listwise : int or None
        Firms complete on every item; None where they are few.
    attrition : DataFrame
    join : dict
        What became of the rows.
    fits : dict of FitTables
        By coding.
    distributions : dict of Distribution
        By indicator, yes/no items left out.
    verdicts : DataFrame
        What became of each cell.
    """

    n_firms: int
    listwise: int | None
    attrition: pd.DataFrame
    join: dict[str, Any]
    fits: dict[str, FitTables]
    distributions: dict[str, Distribution]
    verdicts: pd.DataFrame


def _distribution(study: Study, name: str) -> Distribution:
    values, rules = study.firms[name].dropna().to_numpy(float), study.rules
    mean = float(study.protected.country.loc[name, "mean"])
    n = min(shown_count(len(values), rules), len(study.firms))
    if len(values) < rules.min_firms:
        return Distribution(None, n, mean)
    kind = study.design.by_name[name].kind
    bars = make_bars(values, kind, rules.min_firms, full=rules.guarded)
    if rules.guarded and len(bars.counts) < 2:
        return Distribution(None, n, mean)
    return Distribution(bars, n, mean)


def _few_lacking(n_obs: int, rules: DisclosureRules, n_firms: int) -> bool:
    """Whether a fit's exact number of firms would tell how few firms it lacks."""
    return rules.guarded and 0 < n_firms - n_obs < rules.min_firms


def _fit(fit: Any, rules: DisclosureRules, n_firms: int) -> FitTables:
    told = tell_fit(fit)
    if not _few_lacking(told.n_obs, rules, n_firms):
        return told
    why = dict.fromkeys(_COUNTING, "withheld by the disclosure rules: its t counts the firms")
    return replace(
        told,
        n_obs=int(shown_count(told.n_obs, rules)),
        tables={name: table for name, table in told.tables.items() if name not in why},
        reasons={**told.reasons, **why},
    )


def _told_checks(checks: Checks, fits: Mapping[str, Any], told: Mapping[str, FitTables]) -> Checks:
    """Checks without the classical one where a fit's number of firms is rounded."""
    if all(told[coding].n_obs == fit.n_obs for coding, fit in fits.items()):
        return checks
    tables = {name: each for name, each in checks.tables.items() if name != "omitted_variable"}
    return replace(checks, tables=tables)


def _told_model(model: PaperModel, rules: DisclosureRules) -> PaperModel:
    """A model with numbers of firms rounded, and without the notes that count firms."""
    groups = model.groups.copy()
    if "n" in groups:
        groups["n"] = [shown_count(float(each), rules) for each in groups["n"]]
    fits = {
        title: replace(fit, n_obs=int(shown_count(fit.n_obs, rules)), notes=())
        for title, fit in model.fits.items()
    }
    return replace(model, groups=groups, fits=fits, notes=())


def _told_findings(study: Findings, rules: DisclosureRules) -> dict[str, Any]:
    """What a run found of places, with small numbers out of sentences where rules guard firms."""
    findings = {each.name: getattr(study, each.name) for each in fields(Findings)}
    if not rules.guarded:
        return findings
    # a checksum confirms a guess of the whole file
    findings["provenance"] = study.provenance | {"sha256": None}
    findings["warnings"] = tuple(told_text(each, rules) for each in study.warnings)
    findings["inapplicable"] = {
        key: told_text(each, rules) for key, each in study.inapplicable.items()
    }
    findings["surfaces"] = {
        name: replace(
            each,
            n_points=round(np.nan_to_num(shown_count(each.n_points, rules))),
            notes=tuple(told_text(line, rules) for line in each.notes),
        )
        for name, each in study.surfaces.items()
    }
    findings["models"] = {name: _told_model(each, rules) for name, each in study.models.items()}
    findings["design"] = replace(
        study.design, left_out=tuple(told_text(each, rules) for each in study.design.left_out)
    )
    return findings


def _publish_sums(study: StreamedStudy) -> Published:
    """A study of sums as its rules let it leave the machine."""
    rules, n_firms = study.rules, study.located.n_firms
    whole = told_counts({"listwise": int(study.attrition["listwise"].iloc[-1])}, rules)
    told = study.located.told()
    return Published(
        **_told_findings(study, rules),
        n_firms=n_firms,
        listwise=whole["listwise"],
        attrition=told_attrition(study.attrition, rules),
        join=told_counts(told, rules),
        fits={coding: _fit(fit, rules, n_firms) for coding, fit in study.fits.items()},
        distributions={},
        verdicts=study.protected.verdicts,
    )


def publish(study: Study | StreamedStudy | Published) -> Published:
    """A study as its rules let it leave the machine.

    Parameters
    ----------
    study : Study, StreamedStudy or Published
        What is published stays as it is.

    Returns
    -------
    Published

    Examples
    --------
    >>> import kz_spatial as kz
    >>> study = kz.run_study(options=kz.RunOptions(draws=0, permutations=99))
    >>> hasattr(publish(study), "firms"), publish(study).n_firms
    (False, 1013)
    """
    if isinstance(study, Published):
        return study
    if isinstance(study, StreamedStudy):
        return _publish_sums(study)
    rules, n_firms = study.rules, len(study.firms)
    fits = {coding: _fit(fit, rules, n_firms) for coding, fit in study.fits.items()}
    findings = _told_findings(study, rules)
    if rules.guarded:
        findings["checks"] = _told_checks(study.checks, study.fits, fits)
    whole = told_counts({"listwise": int(study.attrition["listwise"].iloc[-1])}, rules)
    names = [name for name, each in study.design.by_name.items() if each.kind != "binary"]
    return Published(
        **findings,
        n_firms=n_firms,
        listwise=whole["listwise"],
        attrition=told_attrition(study.attrition, rules),
        join=told_counts(asdict(study.join_audit), rules),
        fits=fits,
        distributions={name: _distribution(study, name) for name in names},
        verdicts=study.protected.verdicts,
    )


def rules_line(
    rules: DisclosureRules | Mapping[str, Any], language: Language, *, short: bool = False
) -> str:
    """The rules in a sentence, as every output carries it; `short` where room is scarce."""
    told = rules if isinstance(rules, Mapping) else rules.to_record()
    profile = told["profile"]
    if has_words(f"disclosure.{profile}"):
        profile = say(f"disclosure.{profile}", language)
    kind = "guarded" if told["guarded"] and not short else "plain"
    return say(f"disclosure.{kind}", language, profile=profile, n=told["min_firms"])


def opening_line(weights: str | None, language: Language, *, synthetic: bool) -> str:
    """What every output says first: by which weights firms count, and whether they are the twin's.

    Parameters
    ----------
    weights : str or None
        Column that a run took.
    language : str
    synthetic : bool
    """
    counted = (
        say("notice.weighted", language, column=weights)
        if weights
        else say("notice.unweighted", language)
    )
    return f"{counted}. {say('notice.twin', language)}" if synthetic else counted


def disclosure_record(study: Published) -> dict[str, Any]:
    """What the gate did, for disclosure.json: rules, and the verdict of cells not as they are.

    It says of no cell by which rule it fell, since that tells something of its firms.
    """
    cells = study.verdicts
    counted = cells.groupby(["level", "verdict"], sort=False).size()
    return {
        **study.rules.to_record(),
        "cells": {
            level: {verdict: int(counted.get((level, verdict), 0)) for verdict in VERDICTS}
            for level in study.tables
        },
        "not_as_they_are": cells[cells["verdict"] != _SHOWN].to_dict("records"),
        "limits": _NEEDS,
    }

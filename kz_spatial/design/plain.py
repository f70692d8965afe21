"""Designs as plain values, for JSON and for the record of a firm table."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kz_spatial.design.indicators import Indicator
    from kz_spatial.design.study_design import StudyDesign

__all__ = ["design_to_dict"]


def design_to_dict(design: StudyDesign) -> dict[str, Any]:
    """A design as plain values, for JSON; `parse_design` makes the same design of it.

    Examples
    --------
    >>> from kz_spatial.design import load_design, parse_design
    >>> design = load_design()
    >>> parse_design(design_to_dict(design)) == design
    True
    """
    grouping, wave, score = design.grouping, design.wave, design.score
    return {
        "name": design.name,
        "title": dict(design.title),
        "source": design.source,
        **({"outcome": design.outcome} if design.outcome else {}),
        **({"formula": design.formula} if design.formula else {}),
        "weights": list(design.weights),
        "strata": list(design.strata),
        "left_out": list(design.left_out),
        "special_codes": {str(code): reason for code, reason in design.special_codes.items()},
        "columns": {role: list(names) for role, names in design.columns.items()},
        **({"disclosure": asdict(design.disclosure)} if design.disclosure else {}),
        "wave": {"year": wave.year, "vintage": wave.vintage, "columns": list(wave.columns)},
        "score": {
            "labels": dict(score.labels),
            "unit": dict(score.unit),
            "least": score.least,
            "groups": [dict(each) for each in score.groups],
        },
        "indicators": [_indicator_to_dict(each) for each in design.indicators],
        "grouping": {
            "name": grouping.name,
            "layer": grouping.layer,
            "labels": dict(grouping.labels),
            "vintage": grouping.vintage,
            "regions": [
                {
                    "code": each.code,
                    "labels": dict(each.labels),
                    "oblasts": list(each.oblasts),
                    "spellings": list(each.spellings),
                    "colour": each.colour,
                }
                for each in grouping.regions
            ],
        },
    }


def _indicator_to_dict(each: Indicator) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": each.name,
        "item": each.item,
        "kind": each.kind,
        "direction": each.direction,
        "labels": dict(each.labels),
        "unit": dict(each.unit),
        "aliases": list(each.aliases),
        "special_codes": {str(code): reason for code, reason in each.special_codes.items()},
    }
    if each.skip:
        rule: dict[str, Any] = {"item": each.skip.item, "answer": each.skip.answer}
        if each.skip.value is not None:
            rule["value"] = each.skip.value
        if each.skip.population is not None:
            rule["population"] = dict(each.skip.population)
        made["skip"] = rule
    return made

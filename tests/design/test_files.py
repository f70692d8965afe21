"""Designs as files: what is read, and every fault with its key."""
# ruff: noqa: E501  a fault and its line side by side

from __future__ import annotations

import copy
import tomllib
import warnings

import pytest

from kz_spatial.design import (
    design_of,
    design_text,
    design_to_dict,
    list_designs,
    load_design,
    parse_design,
)
from kz_spatial.errors import CallError, DesignError, DesignWarning
from kz_spatial.survey import load_twin

PAPER = tomllib.loads(design_text())


def changed(*changes):
    """The paper's design with values set at paths such as ("indicators", 0, "kind")."""
    made = copy.deepcopy(PAPER)
    for path, value in changes:
        place = made
        for key in path[:-1]:
            place = place[key]
        if value is None:
            del place[path[-1]]
        else:
            place[path[-1]] = value
    return made


def faults(content):
    with pytest.raises(DesignError) as caught:
        parse_design(content, source="mine.toml")
    assert all(each.startswith("mine.toml: ") and "\n" not in each for each in caught.value.faults)
    return [each.removeprefix("mine.toml: ") for each in caught.value.faults]


def test_the_paper_is_what_it_was():
    design = load_design()
    found = [(e.name, e.item, e.kind, e.direction) for e in design.indicators]
    assert found == [
        ("outages_per_month", "c7", "count", -1),
        ("epayment_share", "k33", "percent", 1),
        ("co2_monitoring", "ge7", "binary", 1),
        ("product_innovation", "h1", "binary", 1),
        ("permit_days", "g3", "days", -1),
    ]
    assert design.formula == (
        "epayment_share ~ outages_per_month + co2_monitoring + product_innovation + permit_days"
        " | composite"
    )
    assert design.grouping.codes == (
        "almaty", "astana", "center", "east", "north", "south", "west",
    )  # fmt: skip
    assert design.weights == ("wmedian", "wstrict", "wweak")
    assert design.special_codes == {
        -9: "dont_know", -8: "refused", -7: "does_not_apply",
        -6: "still_in_process", -5: "application_denied", -4: "not_applicable",
    }  # fmt: skip
    assert (design.score.least, design.wave.year) == (3, 2024)
    assert [name for name in design.by_name if design.by_name[name].scale == 100] == [
        "co2_monitoring",
        "product_innovation",
    ]


@pytest.mark.parametrize("name", list_designs())
def test_shipped_designs_load_and_lack_no_word(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        design = load_design(name)
    assert design.missing_words(["en", "ru", "kk"]) == []
    assert parse_design(design_to_dict(design)) == design


def test_a_design_is_read_from_a_file_and_travels_with_the_firms(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(design_text().replace('name = "readiness_2024"', 'name = "mine"'), "utf-8")
    design = load_design(path)
    assert design.name == "mine"
    assert design_of(load_twin(design=design)) == design
    assert design_of(load_twin()) == load_design()
    with pytest.raises(CallError, match=r"none.toml: no such file; expected a design"):
        load_design(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("indicators", 0, "kind"), "counts", "indicators.outages_per_month.kind: found 'counts', expected one of 'count'"),
        (("indicators", 0, "direction"), 0, "indicators.outages_per_month.direction: found 0, expected 1 (more is better) or -1 (worse)"),
        (("indicators", 0, "direction"), True, "indicators.outages_per_month.direction: found True"),
        (("indicators", 1, "name"), "Share of e-payments", "indicators.Share of e-payments.name: found 'Share of e-payments', expected small letters"),
        (("indicators", 1, "name"), "rank", "indicators.rank.name: found 'rank', which has a meaning of its own"),
        (("indicators", 1, "name"), "permit_days", "indicators: found 'permit_days' twice"),
        (("indicators", 1, "labels"), "Payments", "indicators.epayment_share.labels: found 'Payments', expected a text by language"),
        (("indicators", 1, "labels"), {"ru": "x"}, "indicators.epayment_share.labels: found no English text"),
        (("indicators", 1, "item"), None, "indicators.epayment_share.item: is missing, expected it"),
        (("indicators", 0, "skip", "answer"), "never", "indicators.outages_per_month.skip.answer: found 'never', expected 'yes', 'no' or a code"),
        (("indicators", 0, "skip", "value"), "none", "indicators.outages_per_month.skip.value: found 'none', expected a number"),
        (("indicators", 0, "special_codes"), {"4": "refused"}, "indicators.outages_per_month.special_codes.4: expected a whole number below 0"),
        (("indicators",), [], "indicators: found none, expected at least one"),
        (("special_codes",), {"x": "refused"}, "special_codes.x: expected a whole number below 0"),
        (("outcome",), "payments", "outcome: found 'payments', expected one of outages_per_month"),
        (("formula",), "epayment_share ~ speed | composite", "formula: found 'speed', which is neither an indicator nor a column"),
        (("formula",), "epayment_share | composite", "formula: found 'epayment_share | composite', expected OUTCOME ~ TERMS | EFFECTS"),
        (("grouping", "regions", 2, "oblasts"), ["KZ-35"], "grouping.regions: found KZ-62 (Ulytau Region) in none, expected it in one"),
        (("grouping", "regions", 2, "oblasts"), ["KZ-35", "KZ-62", "KZ-63"], "grouping.regions: found KZ-63 in center and in east, expected once"),
        (("grouping", "regions", 2, "oblasts"), ["KZ-35", "KZ-99"], "grouping.regions.center.oblasts: found 'KZ-99', expected codes such as KZ-10"),
        (("grouping", "regions", 2, "code"), "east", "grouping.regions: found code 'east' 2 times"),
        (("grouping", "regions", 2, "colour"), "blue", "grouping.regions.center.colour: found 'blue', expected #rrggbb"),
        (("grouping", "name"), "oblast", "grouping.name: found 'oblast', which has a meaning of its own"),
        (("grouping", "layer"), "clusters", "grouping.layer: found 'clusters', which has a meaning of its own"),
        (("wave", "vintage"), 2019, "grouping.regions.east.oblasts: found KZ-10, which did not exist in the vintage 2019; expected KZ-63, of which it was part"),
        (("wave", "year"), "now", "wave.year: found 'now', expected a year"),
        (("grouping", "vintage"), 2017, "grouping.regions.south.oblasts: found KZ-79, which did not exist in the vintage 2017"),
        (("score", "least"), 0, "score.least: found 0, expected a whole number of 1 or more"),
        (("weight",), ["w"], "weight: no such key, expected columns, disclosure, formula"),
        (("indicators", 0, "units"), {"en": "x"}, "indicators.outages_per_month.units: no such key, expected aliases, direction, item, kind, labels, name, skip, special_codes, unit; did you mean 'unit'?"),
    ],
)  # fmt: skip
def test_each_fault_names_its_key(path, value, said):
    assert any(each.startswith(said) for each in faults(changed((path, value))))


def test_faults_of_every_part_are_told_at_once():
    found = faults(
        changed(
            (("indicators", 0, "direction"), 0),
            (("indicators", 3, "kind"), "yesno"),
            (("grouping", "regions", 2, "oblasts"), ["KZ-35"]),
            (("score", "unit"), None),
            (("special_codes",), {"9": "dont_know"}),
        )
    )
    keys = [each.partition(":")[0] for each in found]
    assert keys == [
        "grouping.regions",
        "score.unit",
        "indicators.outages_per_month.direction",
        "indicators.product_innovation.kind",
    ] + ["special_codes.9"] * ("special_codes.9" in keys)
    assert len(found) >= 4


def test_files_that_cannot_be_read(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("name = [1,\noutcome", "utf-8")
    with pytest.raises(DesignError, match=r"bad.toml: cannot be read as TOML: .*line 2"):
        load_design(path)
    path.write_bytes('name = "Қ"'.encode("utf-16"))
    with pytest.raises(DesignError, match=r"bad.toml: is not UTF-8 text"):
        load_design(path)


def test_a_label_missing_in_a_language_is_a_warning(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(design_text().replace(', kk = "Шығыс"', ""), "utf-8")
    with pytest.warns(
        DesignWarning, match=r"grouping.east.labels: no text in 'kk', English is shown"
    ):
        design = load_design(path)
    assert design.grouping.region("east").name("kk") == "East"


def test_without_an_indicator_formula_and_score_follow():
    design = load_design()
    fewer = design.without(["permit_days"], ["g3 is missing"])
    assert list(fewer.by_name) == list(design.by_name)[:4]
    assert fewer.formula == (
        "epayment_share ~ outages_per_month + co2_monitoring + product_innovation | composite"
    )
    assert fewer.left_out == ("g3 is missing",)
    assert design.without(["epayment_share"]).formula is None
    assert design.without(["epayment_share"]).outcome is None
    two = design.without(["permit_days", "co2_monitoring", "product_innovation"])
    assert two.score.least == 2
    assert design.without([]) is design
    with pytest.raises(DesignError, match="indicators: found none"):
        design.without(list(design.by_name))

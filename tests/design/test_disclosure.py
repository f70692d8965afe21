"""Rules for what may be told of firms, in a design and on their own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kz_spatial.design import (
    OPEN,
    PROFILES,
    SURVEY,
    DisclosureRules,
    design_text,
    design_to_dict,
    disclosure_rules,
    load_design,
    parse_design,
)
from kz_spatial.errors import CallError, DesignError


def content(disclosure):
    return {**design_to_dict(load_design()), "disclosure": disclosure}


def test_the_profiles_are_as_documented():
    assert (SURVEY.min_firms, SURVEY.count_base, SURVEY.smooth_below) == (10, 5, 20)
    assert (SURVEY.p_percent, SURVEY.min_df) == (10, 10)
    assert SURVEY.guarded
    assert OPEN.min_firms == 5
    assert not OPEN.guarded
    assert dict(PROFILES) == {"survey": SURVEY, "open": OPEN}
    assert load_design().disclosure is None


def test_numbers_of_ones_own_replace_those_of_a_profile():
    found = parse_design(content({"profile": "survey", "min_firms": 15})).disclosure
    assert found == replace(SURVEY, min_firms=15)
    mine = parse_design(content({"profile": "mine", "count_base": 3})).disclosure
    assert mine == replace(SURVEY, profile="mine", count_base=3)
    wide = parse_design(content({"profile": "open", "min_firms": 3})).disclosure
    assert wide == replace(OPEN, min_firms=3)


def test_a_design_keeps_its_rules_on_the_way_through_plain_values():
    design = replace(load_design(), disclosure=replace(SURVEY, min_firms=12))
    assert parse_design(design_to_dict(design)) == design
    assert "disclosure" not in design_to_dict(load_design())


def test_the_table_in_the_shipped_design_can_be_uncommented(tmp_path):
    text = design_text().replace("# [disclosure]\n# profile", "[disclosure]\nprofile")
    text = text.replace("# min_firms = 10", "min_firms = 11")
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    assert load_design(path).disclosure == replace(SURVEY, min_firms=11)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"profile": "opne"}, "disclosure 'opne': expected survey or open"),
        ({"min_firms": 10}, "expected profile ="),
        ("survey", "expected profile ="),
        ({"profile": "survey", "least": 3}, "disclosure.least: no such rule, expected one of"),
        ({"profile": "survey", "min_firms": 0}, "disclosure.min_firms: found 0, expected a whole"),
        ({"profile": "survey", "min_firms": True}, "disclosure.min_firms: found True"),
        ({"profile": "survey", "p_percent": 101}, "disclosure.p_percent: found 101, expected a"),
        ({"profile": "survey", "weight_share": "x"}, "disclosure.weight_share: found 'x'"),
    ],
)
def test_faults_name_their_key(given, said):
    with pytest.raises(DesignError) as caught:
        parse_design(content(given), source="mine.toml")
    (line,) = caught.value.faults
    assert line.startswith("mine.toml: disclosure")
    assert said in line


def test_every_fault_is_told_at_once():
    with pytest.raises(DesignError) as caught:
        DisclosureRules("", min_firms=-1, two_share=2)
    keys = [each.partition(":")[0] for each in caught.value.faults]
    assert keys == ["profile", "min_firms", "two_share"]


def test_a_name_alone_is_a_profile_or_nothing():
    assert disclosure_rules("open") is not None
    with pytest.raises(CallError, match="disclosure 'strict': expected survey or open"):
        disclosure_rules("strict")

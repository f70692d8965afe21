"""What a study finds: patterns, groupings, their tables, layers and figures, on the twin."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from helpers import DESIGN, INDICATORS

import kz_spatial as kz
from kz_spatial.design import OPEN
from kz_spatial.errors import CallError
from kz_spatial.neighbours.empirical_bayes import empirical_bayes_means
from kz_spatial.options import RunOptions
from kz_spatial.output import publish
from kz_spatial.output.figures import draw_figures
from kz_spatial.output.layers import describe
from kz_spatial.output.plots import short_name
from kz_spatial.output.tables import make_tables
from kz_spatial.output.terms import Terms
from kz_spatial.palette import MARK
from kz_spatial.places.boundaries import oblasts
from kz_spatial.study.groupings import find_groupings
from kz_spatial.study.spatial_patterns import find_patterns

OPTIONS = RunOptions(draws=30, permutations=99, weights=None)
LEVELS = ("composite", "oblast")


@pytest.fixture(scope="module")
def study():
    return kz.run_study(options=OPTIONS)


@pytest.fixture(scope="module")
def tables(study):
    return make_tables(publish(study))


def layer_of(study, name):
    """A layer of a study as it is drawn."""
    layers = describe(study.frames, terms=Terms.of(study))
    return next(each for each in layers if each.name == name)


def test_every_indicator_is_tested_at_every_level(study):
    keys = {(level, name) for level in LEVELS for name in INDICATORS}
    patterns = list(study.patterns)
    assert len(patterns) == len(keys)
    assert {(each.level, each.indicator) for each in patterns} == keys
    assert set(study.moran) == set(study.local_moran) == keys
    for each in patterns:
        assert each.moran is study.moran[each.level, each.indicator]
        assert each.local is study.local_moran[each.level, each.indicator]
        assert each.resampled.n_draws + each.resampled.n_skipped == 30
        names = [other.name for other in each.others]
        assert names[:3] == ["Moran's I, empirical Bayes", "Geary's C", "Getis-Ord G"]
        assert len(names) == (3 if each.indicator == "epayment_share" else 4)


def test_scores_of_weighted_means_rest_on_effective_answers():
    firms = kz.load_twin().assign(wmedian=lambda f: np.arange(len(f)) % 3 + 1.0)
    tables = {"composite": kz.aggregate(firms, weights="wmedian")}
    graphs = {"composite": kz.contiguity(kz.composites(detail="light"))}
    options = dataclasses.replace(OPTIONS, weights="wmedian", draws=0)
    found = find_patterns(firms, tables, graphs, options, OPEN)
    assert {each.resampled for each in found} == {None}
    mean, sd, se = (tables["composite"][f"epayment_share_{p}"] for p in ("mean", "sd", "se"))
    expected = kz.moran(empirical_bayes_means(mean, sd, (sd / se) ** 2), graphs["composite"])
    assert found.at("composite")["epayment_share"].others[0].p == expected.p


def test_moran_table_has_one_row_with_a_range_per_indicator(study, tables):
    table = tables["moran"]
    first = table[table["name"] == "Moran's I"]
    assert len(first) == 10
    assert not first.duplicated(["level", "indicator"]).any()
    assert (first["n_draws"] + first["n_skipped"]).eq(30).all()
    assert (first["draws_low"] <= first["draws_high"]).all()
    assert table.loc[table["name"] != "Moran's I", "draws_low"].isna().all()
    row = first.set_index(["level", "indicator"]).loc[("oblast", "epayment_share")]
    assert row["statistic"] == study.moran["oblast", "epayment_share"].statistic


def test_tables_of_groups_hold_every_number(study, tables):
    table = tables["clusters_by_number"]
    sizes = table.groupby(["level", "kind", "n_clusters"])["cluster"].nunique()
    for (_, _, k), n in sizes.items():
        assert n == k
    assert sorted(sizes["composite", "regions"].index) == [2, 3, 4, 5, 6]
    assert sorted(sizes["oblast", "regions"].index) == [2, 3, 4, 5, 6, 7, 8]
    asked = table[table["n_clusters"] == OPTIONS.n_clusters].drop(columns="n_clusters")
    pd.testing.assert_frame_equal(
        asked.sort_values(["level", "kind", "code"], ignore_index=True),
        tables["clusters"]
        .drop(columns="n_clusters")
        .sort_values(["level", "kind", "code"], ignore_index=True),
        check_like=True,
    )
    choice = tables["cluster_choice"]
    assert set(choice["kind"]) == {"typology", "regions"}
    by_grouping = choice.set_index(["kind", "level"])
    assert len(study.groupings.every) == 4
    for each in study.groupings.every:
        rows = by_grouping.loc[[(each.kind, each.level)]].set_index("n_clusters")
        for criterion, k in each.choice.best.items():
            if k is not None:
                assert criterion in rows.loc[k, "best_by"]
    matrix = tables["co_membership"].set_index("code")[list(study.tables["composite"].index)]
    np.testing.assert_array_equal(matrix, matrix.T)


def test_contiguous_groups_of_every_number_are_those_of_one_alone(study):
    known = study.tables["oblast"][
        [
            "outages_per_month_mean",
            "epayment_share_mean",
            "co2_monitoring_mean",
            "product_innovation_mean",
        ]
    ] * [-1, 1, 1, 1]
    alone = kz.regionalise(known, kz.contiguity(oblasts(detail="light")), n_clusters=5)
    found = study.groupings.of("regions", "oblast").by_number[5]
    assert found.within_ss == pytest.approx(alone.within_ss, rel=1e-12)
    pd.testing.assert_series_equal(found.labels, alone.labels)


def test_no_draws_leave_out_what_rests_on_them():
    options = dataclasses.replace(OPTIONS, draws=0)
    bare = kz.run_study(options=options)
    assert {each.resampled for each in bare.patterns} == {None}
    assert bare.groupings.co_membership == {}
    tables = make_tables(publish(bare))
    assert "co_membership" not in tables
    assert "draws_low" not in tables["moran"]
    assert "changes" not in tables["local_moran"]
    assert not [c for c in bare.frames["local_moran"] if c.endswith(("_changes", "_unstable"))]
    styles = layer_of(bare, "local_moran").styles
    assert not any(style.mark_column or style.mark_note for style in styles)
    figures = dict(draw_figures(publish(bare), Terms.of(bare)))
    assert "co_membership" not in figures
    assert "moran_scatter" in figures


def test_no_indicator_in_every_unit_is_a_reason_and_no_failure():
    firms = kz.load_twin()
    firms.loc[firms["composite"] == "west", list(INDICATORS)] = np.nan
    tables = {"composite": kz.aggregate(firms)}
    graphs = {"composite": kz.contiguity(kz.composites(detail="light"))}
    found = find_groupings(firms, tables, graphs, OPTIONS, OPEN)
    assert found.inapplicable == {
        "clusters, composite": "groups need 2 indicators known in every unit; found none"
    }
    assert found.every == ()
    assert found.trees == {}
    assert found.warnings == [], "the reason says it all"
    firms = kz.load_twin()
    firms.loc[firms["composite"] == "west", "permit_days"] = np.nan
    tables = {"composite": kz.aggregate(firms)}
    (told,) = find_groupings(firms, tables, graphs, OPTIONS, OPEN).warnings
    assert told.endswith("rest on 4 indicators; withheld or missing in some units: permit_days")


def test_marked_units_are_those_whose_label_changes(study):
    frame = study.frames["local_moran"].set_index("oblast_code")
    for name in INDICATORS:
        again = study.patterns.at("oblast")[name].resampled.frame
        expected = (again["changes"] > 0.1).reindex(frame.index)
        np.testing.assert_array_equal(frame[f"{name}_unstable"], expected)
    layer = layer_of(study, "local_moran")
    style = next(each for each in layer.styles if each.name == "product_innovation")
    rows = layer.frame.to_dict("records")
    signs = [style.sign(None, row) for row in rows]
    assert signs == [MARK if row["product_innovation_unstable"] else "" for row in rows]
    assert MARK in signs
    assert "" in signs


def test_styles_by_number_leave_out_the_number_that_has_one(study):
    layer = layer_of(study, "clusters")
    names = [style.name for style in layer.styles]
    assert names[:4] == [
        "typology_composite",
        "regions_oblast",
        "regions_composite",
        "typology_oblast",
    ]
    assert "typology_composite_k3" not in names
    assert {"typology_composite_k2", "regions_oblast_k8"} <= set(names)
    assert len(names) == len(set(names)) == 14
    for style in layer.styles:
        groups = [each.value for each in style.classes]
        assert groups == sorted(groups)
        assert set(layer.frame[style.column]) == set(groups)


def test_a_mark_that_is_not_known_is_none(study):
    layer = layer_of(study, "local_moran")
    style = layer.styles[0]
    for value, sign in (
        (True, MARK),
        (1, MARK),
        (1.0, MARK),
        (False, ""),
        (0, ""),
        (None, ""),
        (np.nan, ""),
        (pd.NA, ""),
    ):
        assert style.sign(None, {style.mark_column: value}) == sign


def test_why_there_is_no_gap_is_told(study, tables):
    assert "reference tables" in study.inapplicable["gap statistic, regions, oblast"]
    rows = tables["cluster_choice"].query("kind == 'regions' and level == 'oblast'")
    assert rows["reason"].str.contains("gap: 85,479 connected subsets").all()


@pytest.mark.parametrize("n_clusters", [0, 8])
def test_more_groups_than_composites_are_refused_before_any_work(n_clusters):
    options = dataclasses.replace(OPTIONS, n_clusters=n_clusters)
    with pytest.raises(CallError, match=f"n_clusters={n_clusters}: expected 1 to 7 groups"):
        kz.run_study(options=options)


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_columns_of_new_layers_have_names_in_every_language(study, language):
    for layer in describe(study.frames, terms=Terms.of(study, language)):
        for column, alias in layer.aliases.items():
            assert alias not in (column, column.replace("_", " ")), (layer.name, column)


def test_figures_are_there_and_labelled(study):
    terms = Terms.of(study)
    figures = dict(draw_figures(publish(study), terms, notice="Synthetic twin"))
    assert {"moran_scatter", "dendrogram", "cluster_choice", "co_membership"} <= set(figures)
    scatter = figures["moran_scatter"]
    assert len(scatter.axes) == 5
    for ax, name in zip(scatter.axes, INDICATORS, strict=True):
        local = study.local_moran["oblast", name].frame
        (told,) = [text for text in ax.texts if text.get_text().startswith("I = ")]
        labels = {text.get_text().removesuffix(" ?") for text in ax.texts if text is not told}
        drawn = local.index[local["statistic"].notna()]
        # points in the thick of others may go without
        wanted = {short_name(code, terms) for code in drawn}
        assert labels <= wanted
        assert len(labels) >= 0.8 * len(wanted)
        slope = ax.lines[-1].get_xydata()
        rise = (slope[1, 1] - slope[0, 1]) / (slope[1, 0] - slope[0, 0])
        assert rise == pytest.approx(study.moran["oblast", name].statistic, rel=1e-9)
    matrix = figures["co_membership"].axes[0]
    assert len([t for t in matrix.texts if t.get_text().endswith("%")]) == 49
    for figure in figures.values():
        assert "Synthetic twin" in figure._supxlabel.get_text()


def test_short_names_stay_apart():
    for language in ("en", "ru", "kk"):
        terms = Terms(DESIGN, language)
        names = [short_name(code, terms) for code in oblasts(detail="light").index]
        assert len(set(names)) == 20
        assert max(map(len, names)) <= 22


def test_a_histogram_tells_no_bar_of_fewer_than_five_firms(study):
    figure = dict(draw_figures(publish(study), Terms.of(study)))["distributions"]
    heights = [bar.get_height() for ax in figure.axes for bar in ax.patches]
    assert len(heights) > 30
    assert {h for h in heights if 0 < h < 5} == set()
    permits = figure.axes[2]
    few = [bar for bar in permits.patches if bar.get_hatch()]
    assert few, "the twin's permit days have a thin tail"
    assert {bar.get_height() for bar in few} == {5}
    assert permits.get_legend() is not None


def test_options_given_as_keywords_are_refused_with_what_to_write():
    with pytest.raises(CallError, match=r"draws: expected one of items.*options=RunOptions\(draws"):
        kz.run_study(draws=0)
    with pytest.raises(CallError, match="typo: expected one of items, region"):
        kz.run_study(typo=1)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"seed": -1}, "seed=-1"), ({"draws": 2.5}, "draws=2.5"), ({"permutations": 0}, "permut")],
)
def test_options_out_of_range_are_said(change, said):
    with pytest.raises(CallError, match=said):
        kz.run_study(options=dataclasses.replace(OPTIONS, **change))

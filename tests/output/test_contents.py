"""What stands in the outputs: which number in which column, which region in which row and colour.

Every expectation is worked out here from the results of the study, never from the writers' code.
"""

from __future__ import annotations

import datetime as dt
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from helpers import kept_study, places_of, reads, table_cells
from map_cases import in_language, map_data
from shapely.geometry import Point

import kz_spatial as kz
from kz_spatial.crosswalk import units
from kz_spatial.options import EQUAL_AREA_CRS
from kz_spatial.output import publish, report_tables
from kz_spatial.output.figures import draw_figures
from kz_spatial.output.latex import to_latex
from kz_spatial.output.layers import describe
from kz_spatial.output.qml import raster_style, vector_style
from kz_spatial.output.report import place_figure, render_report
from kz_spatial.output.style_classes import Style, StyleClass, describe_class
from kz_spatial.output.surface_styles import describe_surface
from kz_spatial.output.tables import make_tables
from kz_spatial.output.terms import Terms
from kz_spatial.output.web_map import folium_map
from kz_spatial.output.web_themes import light_frame, make_theme, make_values
from kz_spatial.output.web_units import make_units
from kz_spatial.palette import (
    CLUSTER_COLOURS,
    LISA_COLOURS,
    LISA_LETTERS,
    MARK,
    NO_DATA,
    SEQUENTIAL_BAD,
    SEQUENTIAL_GOOD,
)
from kz_spatial.places import place_name
from kz_spatial.regression import INFERENCES
from kz_spatial.words import integer, number

OPTIONS = kz.RunOptions(draws=20, permutations=199, cell_m=20_000)
INDICATORS = tuple(kz.load_design().by_name)
BAD = ("outages_per_month", "permit_days")


@pytest.fixture(scope="module")
def study():
    return publish(kept_study(OPTIONS))


@pytest.fixture(scope="module")
def terms(study):
    return Terms.of(study)


@pytest.fixture(scope="module")
def tables(study):
    return make_tables(study)


@pytest.fixture(scope="module")
def layers(study, terms):
    return {each.name: each for each in describe(study.frames, terms=terms, notice="Twin")}


@pytest.fixture(scope="module")
def figures(study, terms):
    return dict(draw_figures(study, terms, notice="Twin"))


# tables


def test_readiness_holds_each_cell_of_each_level_under_its_own_name(study, tables):
    table = tables["readiness"]
    assert list(table.columns[:6]) == ["level", "code", "name", "n_firms", "readiness", "rank"]
    assert not [c for c in table if c.endswith("_suppressed")]
    assert len(table) == 27
    for level, own in study.tables.items():
        rows = table[table["level"] == level].set_index("code")
        assert list(rows.index) == list(own.index)
        for column in (c for c in own if not c.endswith("_suppressed")):
            pd.testing.assert_series_equal(
                rows[column], own[column], check_names=False, check_dtype=False
            )
    assert table["name"].tolist() == [place_name(code) for code in table["code"]]


def test_regression_holds_each_term_under_each_inference(study, tables):
    table = tables["regression"].set_index(["coding", "inference", "term"])
    assert not table.index.duplicated().any()
    seen = 0
    for coding, fit in study.fits.items():
        for inference in INFERENCES:
            own, df = fit.table(inference), fit.degrees_of_freedom(inference)
            for term in own.index:
                row = table.loc[(coding, inference, term)]
                for column in own:
                    assert row[column] == own.loc[term, column], (inference, term, column)
                assert row["df"] == df[term]
                assert (row["n_obs"], row["n_clusters"]) == (fit.n_obs, fit.n_clusters)
                assert (row["r2"], row["r2_within"]) == (fit.r2, fit.r2_within)
                assert row["reason"] == ""
                seen += 1
    assert seen == len(table) == 2 * 7 * 4


def test_a_refused_inference_leaves_its_reason(study):
    fits = {
        coding: replace(
            fit,
            tables={k: v for k, v in fit.tables.items() if k != "wild"},
            reasons={"wild": "too few"},
        )
        for coding, fit in study.fits.items()
    }
    table = make_tables(replace(study, fits=fits))["regression"]
    rows = table[table["inference"] == "wild"]
    assert rows["reason"].tolist() == ["too few", "too few"]
    assert rows["term"].tolist() == ["", ""]
    assert rows["coefficient"].isna().all()
    assert (table["inference"] != "wild").sum() == 2 * 6 * 4
    assert make_tables(replace(study, fits={})).get("regression") is None


def test_moran_holds_each_statistic_with_its_own_p(study, tables):
    table = tables["moran"]
    rows = iter(table.to_dict("records"))
    for pattern in study.patterns:
        for number_, each in enumerate((pattern.moran, *pattern.others)):
            row = next(rows)
            assert (row["level"], row["indicator"]) == (pattern.level, pattern.indicator)
            for column in ("name", "statistic", "expected", "z", "p", "alternative", "method",
                           "n_arrangements", "n_units", "reason"):  # fmt: skip
                own = getattr(each, column)
                assert row[column] == own or (np.isnan(row[column]) and np.isnan(own)), column
            if number_ == 0:
                again = pattern.resampled
                assert (row["draws_low"], row["draws_high"]) == (again.low, again.high)
                assert (row["n_draws"], row["n_skipped"]) == (again.n_draws, again.n_skipped)
            else:
                assert np.isnan(row["draws_low"])
                assert pd.isna(row["n_draws"])
    assert next(rows, None) is None
    assert list(table.columns[-5:]) == ["draws_low", "draws_high", "n_draws", "n_skipped", "reason"]


def test_local_moran_holds_each_unit(study, tables):
    table = tables["local_moran"]
    assert len(table) == 5 * 27
    for pattern in study.patterns:
        own = pattern.local.frame
        mine = (table["level"] == pattern.level) & (table["indicator"] == pattern.indicator)
        rows = table[mine].set_index("code")
        assert list(rows.index) == list(own.index)
        for column in own:
            pd.testing.assert_series_equal(
                rows[column], own[column], check_names=False, check_dtype=False
            )
        changes = pattern.resampled.frame["changes"]
        np.testing.assert_array_equal(rows["changes"], changes)
        np.testing.assert_array_equal(rows["unstable"], changes > 0.1)
        assert rows["name"].tolist() == [place_name(code) for code in own.index]


def test_clusters_hold_the_groups_that_were_asked_for_and_every_number(study, tables):
    asked, every = tables["clusters"], tables["clusters_by_number"]
    for each in study.groupings.every:
        mine = asked[(asked["level"] == each.level) & (asked["kind"] == each.kind)]
        found = each.partition
        assert mine.set_index("code")["cluster"].to_dict() == found.labels.to_dict()
        for column in ("n_clusters", "method", "certified", "gap", "within_ss", "total_ss"):
            np.testing.assert_array_equal(mine[column], [getattr(found, column)] * len(mine))
        for k, part in each.by_number.items():
            rows = every[
                (every["level"] == each.level)
                & (every["kind"] == each.kind)
                & (every["n_clusters"] == k)
            ]
            assert rows.set_index("code")["cluster"].to_dict() == part.labels.to_dict()
            assert set(rows["within_ss"]) == {part.within_ss}
    assert asked["name"].tolist() == [place_name(code) for code in asked["code"]]
    # levels in the study's order, numbers rising within them
    place = every["level"].map({level: i for i, level in enumerate(study.tables)})
    order = list(zip(place, every["n_clusters"], strict=True))
    assert order == sorted(order)


def test_cluster_choice_holds_the_criteria_and_whom_they_choose(study, tables):
    table = tables["cluster_choice"]
    for each in study.groupings.every:
        rows = table[(table["level"] == each.level) & (table["kind"] == each.kind)]
        rows = rows.set_index("n_clusters")
        own = each.choice.frame
        for column in own:
            np.testing.assert_array_equal(rows[column], own[column])
        for k in rows.index:
            best = [c for c, chosen in each.choice.best.items() if chosen == k]
            assert rows.loc[k, "best_by"] == "; ".join(best)
        assert set(rows["n_references"]) == {each.choice.n_references}
        told = "; ".join(f"{what}: {why}" for what, why in each.choice.reasons.items())
        assert set(rows["reason"]) == {told}


def test_co_membership_attrition_and_replication_are_whole(study, tables):
    found = study.groupings.co_membership["composite"]
    table = tables["co_membership"].set_index("code")
    np.testing.assert_array_equal(table[list(found.matrix)], found.matrix)
    assert set(table["n_draws"]) == {found.n_draws}
    assert set(table["n_skipped"]) == {found.n_skipped}
    pd.testing.assert_frame_equal(tables["attrition"].set_index("item"), study.attrition)
    assert tables["replication"] is study.replication
    none = make_tables(replace(study, replication=None))
    assert "replication" not in none


def test_latex_writes_each_cell():
    table = pd.DataFrame(
        {
            "a_b": ["50 % & more", "#1", "x{y}\\z$"],
            "n": [1.23456, np.nan, 1e-7],
            "yes": [True, False, True],
            "k": pd.array([3, None, 12], dtype="Int64"),
        }
    )
    text = to_latex(table, caption="A & B", notice="made up")
    lines = text.splitlines()
    assert r"\caption{A \& B \emph{made up}} \\" in lines
    assert r"a\_\allowbreak{}b & n & yes & k \\" in lines
    assert r"50 \% \& more & 1.235 & yes & 3 \\" in lines
    assert r"\#1 & -- & no & -- \\" in lines
    assert r"1e-07 & yes & 12 \\" in text
    assert r"\emph" not in to_latex(table, caption="c")
    assert lines.index(r"\toprule") < lines.index(r"\midrule") < lines.index(r"\bottomrule")


# the report


def test_the_report_compares_regions_from_the_readiest_down(study, terms):
    heads, rows = table_cells(report_tables.readiness_table(study, terms))
    table = study.tables["composite"].sort_values("rank")
    assert [row[0] for row in rows] == [terms.place(code) for code in table.index]
    for code, row in zip(table.index, rows, strict=True):
        own = table.loc[code]
        assert row[1] == str(own["n_firms"])
        for i, name in enumerate(INDICATORS, start=2):
            scale = 100 if name in ("co2_monitoring", "product_innovation") else 1
            mean, error = own[f"{name}_mean"] * scale, own[f"{name}_se"] * scale
            told, told_error = row[i].rstrip(")").split(" (")
            assert reads(told, mean)
            assert reads(told_error, error)
        assert reads(row[-2], own["readiness"])
        assert row[-1] == str(own["rank"])
    # numbers of a column stand below each other
    for column in list(zip(*rows, strict=True))[2:7]:
        assert len({places_of(each.partition(" ")[0]) for each in column}) == 1
    for head, name in zip(heads[2:7], INDICATORS, strict=True):
        assert head.startswith(f"{terms.indicator(name)}, ")
    assert heads[-2] == "Readiness score"


def test_the_report_sets_both_codings_side_by_side(study, terms):
    heads, rows = table_cells(report_tables.regression_table(study, terms))
    corrected, published = (study.fits[c].table() for c in ("corrected", "as-published"))
    assert heads[1].startswith("corrected")
    assert heads[5].startswith("as published")
    for term, row in zip(corrected.index, rows, strict=True):
        assert row[0] == terms.indicator(term).replace("&", "&amp;")
        for start, table in ((1, corrected), (5, published)):
            own = table.loc[term]
            assert reads(row[start], own["coefficient"])
            assert reads(row[start + 1], own["std_error"])
            assert row[start + 2] == f"{own['p']:.3f}"
            low, high = row[start + 3].split(" to ")
            assert reads(low, own["ci_low"])
            assert reads(high, own["ci_high"])
    assert report_tables.regression_table(replace(study, fits={}), terms) == ""


def test_the_report_tells_moran_of_each_level(study, terms):
    heads, rows = table_cells(report_tables.moran_table(study, terms))
    assert len(heads) == 6
    for pattern, row in zip(study.patterns, rows, strict=True):
        level = "by oblast" if pattern.level == "oblast" else "by region"
        assert row[0] == f"{terms.indicator(pattern.indicator)} {level}"
        m, again = pattern.moran, pattern.resampled
        assert reads(row[1], m.statistic)
        assert reads(row[2], m.expected)
        assert row[3] == f"{m.p:.3f}"
        low, high = row[4].split(" to ")
        assert reads(low, again.low)
        assert reads(high, again.high)
        method = "exact" if m.method == "exact" else "Monte Carlo"
        assert row[5].startswith(method)
        assert integer(m.n_arrangements) in row[5]
    none = replace(
        study,
        patterns=replace(
            study.patterns, every=tuple(replace(e, resampled=None) for e in study.patterns)
        ),
    )
    assert len(table_cells(report_tables.moran_table(none, terms))[0]) == 5


def test_the_report_tells_other_statistics_in_their_columns(study, terms):
    heads, rows = table_cells(report_tables.other_statistics_table(study, terms))
    for pattern, row in zip(study.patterns, rows, strict=True):
        for each in pattern.others:
            place = [h.replace("&#39;", "'") for h in heads].index(terms.statistic(each.name))
            told = row[place].replace("\u00a0", " ")
            if np.isfinite(each.p):
                assert told == f"{each.statistic:.3f} (p {each.p:.3f})".replace("-", "\u2212")
            else:
                assert told == "–"


def test_the_report_tells_groups(study, terms):
    _, rows = table_cells(report_tables.groupings_table(study, terms))
    for each, row in zip(study.groupings.every, rows, strict=True):
        found = each.partition
        assert row[0] == terms.partition(each.column)
        assert row[1] == str(found.n_clusters)
        assert row[2] == f"{100 * (1 - found.within_ss / found.total_ss):.0f}%"
        assert row[3] == ("proven optimum" if found.certified else row[3])
        for i, criterion in enumerate(("silhouette", "calinski_harabasz", "gap"), start=4):
            best = each.choice.best.get(criterion)
            assert row[i] == (str(best) if best else "–")


def test_the_report_counts_what_each_coding_reproduces(study, terms):
    heads, rows = table_cells(report_tables.replication_table(study.replication, terms))
    table = study.replication
    for name, row in zip(("Table 1", "Table 2"), rows, strict=True):
        own = table[table["table"] == name]
        assert row[0].endswith(name[-1])
        assert row[1] == str(len(own))
        counts = {"as published": own["as_published_agrees"], "corrected": own["corrected_agrees"]}
        for i, head in enumerate(heads[2:], start=2):
            assert row[i] == str(int(counts[head].sum()))
    assert report_tables.replication_table(None, terms) == ""


def test_the_first_sentences_name_the_right_regions(study, terms):
    page = render_report(study, terms, {}, version="9.9")
    findings = re.findall(r"<li>(.*?)</li>", page.partition("In the terms of statistics</h2>")[2])
    table = study.tables["composite"]
    first, last = table["rank"].astype(float).idxmin(), table["rank"].astype(float).idxmax()
    assert f"highest in {terms.place(first)}, lowest in {terms.place(last)}" in findings[0]
    means = table["epayment_share_mean"]
    assert f"{number(means.max())} in {terms.place(means.idxmax())}" in findings[1]
    assert f"{number(means.min())} in {terms.place(means.idxmin())}" in findings[1]
    ranks = [each for each in findings if "not settled" in each]
    assert len(ranks) == 4
    assert f"7 of 7 may be, {terms.place(first)} has the best chance" in ranks[0]
    told = next(each for each in findings if each.startswith("Regression"))
    fit = study.fits["corrected"].table()
    clear = [terms.term(t) for t in fit.index[fit["p"] < 0.05]]
    assert all(each in told for each in clear)
    assert ("no term told from zero" in told) == (not clear)
    assert f"{study.fits['corrected'].n_obs} complete firms" in told
    seen = [p for p in study.patterns if p.moran.p < 0.05]
    moran = next(each for each in findings if "Moran" in each)
    assert all(terms.indicator(p.indicator) in moran for p in seen)
    assert "9.9" in page
    assert "1,013 firms" in page


def test_the_page_says_what_the_study_is_and_what_it_lacks(study, terms):
    drawn = dict.fromkeys(
        ("regional_comparison", "local_moran", "readiness", "density_epayment_share"),
        '<svg width="72pt"></svg>',
    )
    page = render_report(study, terms, drawn, version="9.9", written=dt.date(2026, 3, 1))
    assert '<p class="notice">Synthetic twin: made-up firms, not survey microdata.</p>' in page
    assert "coding <b>corrected</b> · weights <b>none</b> · 1,013 firms · kz_spatial 9.9" in page
    assert "kz_spatial 9.9 · March 1, 2026" in page
    assert "7 regions compared" in page
    assert "Means of the regions with 95% intervals." in page
    assert "cannot reach 5% with" in page
    assert "p of at most 0.05;" in page
    assert "in more than 10% of the draws" in page
    assert "drawn again within their regions, 20 times." in page
    told = page.partition("with their sign turned: ")[2].partition(".")[0]
    assert told == ", ".join(terms.indicator(name) for name in INDICATORS if name in BAD)
    score = terms.indicator("readiness")
    assert f"{score} and {terms.indicator('epayment_share')} by region." in page
    assert f"goes with “{terms.indicator('epayment_share')}” next door" in page
    assert "no firm is drawn" not in page
    assert "Not to be had" not in page
    lacking = {"regression corrected": "too few firms", "surface": "no place"}
    bare = render_report(
        replace(
            study, fits={}, inapplicable=lacking, replication=None,
            provenance=study.provenance | {"synthetic": False, "source": "firms.dta"},
        ),
        terms, {}, version="9.9",
    )  # fmt: skip
    assert 'Not to be had: <span lang="en">too few firms</span>.' in bare
    assert "surface: no place" in bare
    assert '<p class="notice">' not in bare
    assert "Printed numbers" not in bare
    weighted = replace(study, options=replace(study.options, weights="wmedian", draws=0))
    page = render_report(weighted, terms, {}, version="9.9")
    assert "weights <b>wmedian</b>" in page
    assert "drawn again within their regions" not in page


def test_a_study_without_outcome_speaks_of_none(study, terms):
    design = replace(study.design, outcome=None, formula=None)
    page = render_report(
        replace(study, design=design, fits={}), replace(terms, design=design), {}, version="1"
    )
    assert "next door" not in page
    assert "highest in" in page


def test_the_page_shows_layers_of_ones_own(study, terms):
    own = SimpleNamespace(name="roads", title={"en": "Roads"}, note={"en": "As of 2020"})
    bare = SimpleNamespace(name="rails", title={"en": "Rails"}, note={})
    words = replace(terms, own=(own, bare))
    drawn = dict.fromkeys(("roads", "rails"), '<svg width="72pt"></svg>')
    page = render_report(replace(study, own=(own, bare)), words, drawn, version="1")
    assert "<h2>Roads</h2>" in page
    assert "<figcaption>As of 2020</figcaption>" in page
    assert "<figcaption>Rails</figcaption>" in page


def test_doubtful_oblasts_are_those_that_change_and_are_singled_out(study, terms):
    page = render_report(study, terms, {}, version="1")
    wanted = [
        f"{terms.place(code)} ({terms.indicator(name)})"
        for name, each in study.patterns.at("oblast").items()
        for code, row in each.resampled.frame.iterrows()
        if row["unstable"] and row["label"] in LISA_LETTERS
    ]
    line = next(each for each in re.findall(r"<li>(.*?)</li>", page) if "in doubt" in each)
    assert line.partition(": ")[2].rstrip(".") == ", ".join(wanted)


def test_figures_in_the_page_keep_their_identifiers_apart():
    svg = '<?xml?><svg width="400pt"><g id="a"/><use xlink:href="#a" clip-path="url(#b)"/></svg>'
    made = str(place_figure({"f": svg}, "f", "see `x`"))
    assert made.startswith('<figure style="max-width:540px"><svg')
    assert 'id="f-a"' in made
    assert 'xlink:href="#f-a"' in made
    assert "url(#f-b)" in made
    assert "<figcaption>see <code>x</code></figcaption>" in made
    assert place_figure({}, "f", "c") == ""


# layers and styles


def test_each_unit_has_the_colour_of_its_class(layers):
    for name in ("oblasts", "composites"):
        layer = layers[name]
        models = [
            f"{each}_model" for each in INDICATORS if name == "oblasts" and each != "permit_days"
        ]
        assert [s.name for s in layer.styles] == ["readiness", *INDICATORS, *models]
        for style in layer.styles:
            bad = style.name.removesuffix("_model") in BAD
            ramp = SEQUENTIAL_BAD if bad else SEQUENTIAL_GOOD
            values = layer.frame[style.column].astype(float)
            ranges = [c for c in style.classes if not c.missing]
            assert [c.colour for c in ranges] == sorted((c.colour for c in ranges), key=ramp.index)
            assert ranges[0].colour == ramp[0]
            assert ranges[-1].colour == ramp[-1]
            lows = [c.low for c in ranges]
            for value in values:
                found = describe_class(style, value)
                if np.isnan(value):
                    assert found.colour == NO_DATA
                    assert found.hatch == "diagonal"
                    continue
                place = np.searchsorted(lows, value, side="right") - 1
                assert found is ranges[place]
                assert found.low <= value <= found.high
            assert any(c.missing for c in style.classes) == values.isna().any()


def test_tooltips_and_headings_of_layers(layers, terms):
    score, first = layers["composites"].styles[:2]
    assert score.tooltip == (
        "name_en", "readiness", "score_se", "n_firms", "rank", "rank_low", "rank_high",
    )  # fmt: skip
    assert first.tooltip == (
        "name_en", "outages_per_month_mean", "outages_per_month_se", "outages_per_month_n",
        "outages_per_month_precision", "n_firms", "rank",
    )  # fmt: skip
    layer = layers["oblasts"]
    assert layer.aliases["epayment_share_se"] == "Electronic payments: standard error"
    assert layer.aliases["composite"] == "Composite regions"
    assert layer.aliases["oblast_code"] == "Code"
    assert layer.aliases["name_en"] == "Name"
    assert layer.aliases["name_kk"] == "Name (қазақша)"
    assert layer.heading("outages_per_month_se", layer.styles[1]) == "standard error"
    assert layer.heading("n_firms", layer.styles[1]) == "Firms"
    clusters = layers["clusters"]
    assert clusters.aliases["typology_oblast"] == terms.partition("typology_oblast")
    assert clusters.aliases["readiness_oblast"] == "Readiness score by oblast"
    assert {each.notice for each in layers.values()} == {"Twin"}
    assert layers["settlements"].geometry == "point"
    assert layer.geometry == "polygon"
    assert layer.label_column == "name_en"
    assert layers["density_contours"].label_column is None
    assert list(layers) == [
        "settlements", "oblasts", "composites", "local_moran", "clusters", "density_contours",
    ]  # fmt: skip


def test_names_that_lack_become_english(study, terms):
    frame = study.frames["oblasts"].drop(columns="name_kk").copy()
    frame["name_ru"] = frame["name_ru"].where(frame["oblast_code"] != "KZ-10", "")
    for language in ("kk", "ru"):
        (layer,) = describe({"oblasts": frame}, terms=replace(terms, language=language))
        names = layer.frame.set_index("oblast_code")
        assert names.loc["KZ-10", "name_ru"] == names.loc["KZ-10", "name_en"]
        assert names.loc["KZ-11", "name_ru"] != names.loc["KZ-11", "name_en"]
        if language == "kk":
            assert names["name_kk"].to_dict() == {c: place_name(c, "kk") for c in units()}
            columns = list(layer.frame)
            assert columns.index("name_kk") == columns.index("name_ru") + 1


def test_local_moran_keeps_its_colours_letters_and_marks(study, layers):
    layer = layers["local_moran"]
    assert layer.styles[0].name == "epayment_share"
    assert [s.name for s in layer.styles[1:]] == [n for n in INDICATORS if n != "epayment_share"]
    for style in layer.styles:
        local = study.patterns.at("oblast")[style.name]
        for code, row in layer.frame.set_index("oblast_code").iterrows():
            label = local.local.frame.loc[code, "label"]
            found = describe_class(style, row[style.column])
            assert found.colour == LISA_COLOURS[label]
            assert found.letter == LISA_LETTERS.get(label, "")
            hatch = {"cannot be significant": "cross", "suppressed": "diagonal"}
            assert found.hatch == hatch.get(label, "")
            unstable = local.resampled.frame.loc[code, "unstable"]
            assert style.sign(found, row) == found.letter + (MARK if unstable else "")
        assert {c.value for c in style.classes} >= set(LISA_LETTERS)
        assert style.mark_column == f"{style.name}_unstable"
        assert style.mark_note.startswith(MARK)
        assert "10%" in style.mark_note
        assert style.tooltip[-1] == f"{style.name}_changes"


def test_clusters_take_the_colours_in_turn_and_every_number_once(study, layers):
    layer = layers["clusters"]
    names = [s.name for s in layer.styles]
    main = ["typology_composite", "regions_oblast", "regions_composite", "typology_oblast"]
    assert names[:4] == main
    assert len(names) == len(set(names))
    assert "regions_oblast_k3" not in names, "the number that was asked for stands already"
    assert "regions_oblast_k5" in names
    for style in layer.styles:
        groups = sorted(layer.frame[style.column].dropna().unique())
        assert [c.value for c in style.classes if not c.missing] == groups
        for each in style.classes:
            assert each.colour == CLUSTER_COLOURS[each.value - 1]
            assert each.letter == str(each.value)
            assert f"Group {each.value}" in each.label


def test_classes_hold_their_ends():
    last = StyleClass("b", "#000000", low=1.0, high=2.0, last=True)
    inner = StyleClass("a", "#ffffff", low=0.0, high=1.0)
    nothing = StyleClass("none", "#888888", missing=True)
    assert inner.holds(0.0)
    assert not inner.holds(1.0)
    assert last.holds(1.0)
    assert last.holds(2.0)
    assert not last.holds(2.1)
    assert not inner.holds(None)
    assert nothing.holds(None)
    assert nothing.holds(pd.NA)
    assert nothing.holds(float("nan"))
    assert not nothing.holds(0.0)
    kind = StyleClass("k", "#123456", value=3)
    assert kind.holds(3)
    assert kind.holds("3")
    assert not kind.holds(4)
    style = Style("s", "t", "c", "graduated", (inner, last), (), mark_column="m")
    assert describe_class(style, 5.0) is None
    assert style.sign(None, {"m": True}) == MARK
    assert style.sign(replace(inner, letter="x"), {"m": 0}) == "x"
    assert style.sign(inner, {"m": pd.NA}) == ""


# QML


def rules_of(text):
    return [each.attrib for each in ET.fromstring(text.partition("\n")[2]).iter("rule")]


def test_qml_draws_each_class_by_its_own_rule(layers):
    for layer in layers.values():
        for style in layer.styles:
            root = ET.fromstring(vector_style(layer, style).partition("\n")[2])
            title, *rules = rules_of(vector_style(layer, style))
            assert title["label"] == style.title
            assert "symbol" not in title
            symbols = {s.get("name"): s for s in root.iter("symbol") if s.get("name").isdigit()}
            for i, (each, rule) in enumerate(zip(style.classes, rules, strict=False)):
                assert (rule["symbol"], rule["label"]) == (str(i), each.label)
                column = f'"{style.column}"'
                if each.missing:
                    assert rule["filter"] == f"{column} IS NULL"
                elif each.low is None:
                    quoted = each.value if isinstance(each.value, int) else f"'{each.value}'"
                    assert rule["filter"] == f"{column} = {quoted}"
                else:
                    numbers = [float(v) for v in re.findall(r"[<>]=? (\S+)", rule["filter"])]
                    ends = [each.low] if np.isinf(each.high) else [each.low, each.high]
                    assert numbers == pytest.approx(ends)
                    assert (" <= " in rule["filter"]) == (each.last and not np.isinf(each.high))
                symbol = symbols[str(i)]
                assert symbol.get("type") == ("marker" if layer.geometry == "point" else "fill")
                props = {p.get("k"): p.get("v") for p in symbol.find("layer").iter("prop")}
                rgb = ",".join(str(int(each.colour[j : j + 2], 16)) for j in (1, 3, 5))
                assert props["color"] == f"{rgb},{round(255 * each.opacity)}"
                if layer.geometry == "point":
                    assert float(props["size"]) == each.size
                lines = [
                    p.get("v")
                    for p in symbol.iter("prop")
                    if p.get("k") == "angle"
                ]  # fmt: skip
                assert lines == {"": [], "diagonal": ["45"], "cross": ["45", "135"]}[each.hatch]
            rules = [each for each in rules if each.get("symbol") != "doubt"]
            assert len(rules) == len(style.classes) + bool(style.mark_note)
            if style.mark_note:
                assert rules[-1]["label"] == style.mark_note


def test_qml_labels_names_letters_and_marks(layers):
    layer = layers["local_moran"]
    style = layer.styles[0]
    root = ET.fromstring(vector_style(layer, style).partition("\n")[2])
    told = root.find("labeling/settings/text-style").get("fieldName")
    assert told.startswith('"name_en" || CASE WHEN')
    for label, letter in LISA_LETTERS.items():
        assert f"\"{style.column}\" = '{label}' THEN '{letter}'" in told
    assert f"\"{style.mark_column}\" THEN '{MARK}'" in told
    assert root.get("labelsEnabled") == "1"
    bare = layers["density_contours"]
    root = ET.fromstring(vector_style(bare, bare.styles[0]).partition("\n")[2])
    assert root.get("labelsEnabled") == "0"
    assert root.find("labeling") is None
    plain = layers["oblasts"]
    root = ET.fromstring(vector_style(plain, plain.styles[0]).partition("\n")[2])
    assert root.find("labeling/settings/text-style").get("fieldName") == '"name_en"'
    assert root.find("labeling/settings/text-style").get("fontSize") == "8"
    assert "'force'" in ET.tostring(root.find("labeling/settings/dd_properties"), "unicode")
    places = layers["settlements"]
    root = ET.fromstring(vector_style(places, places.styles[0]).partition("\n")[2])
    assert root.find("labeling/settings/text-style").get("fontSize") == "7"
    shown = ET.tostring(root.find("labeling/settings/dd_properties"), "unicode")
    # the larger the scale's number, the larger a place must be to be named
    wanted = [(4_000_000, 300000), (2_500_000, 100000), (1_200_000, 30000)]
    found = re.findall(r"@map_scale &gt; (\d+) THEN (\d+)", shown)
    assert [(int(a), int(b)) for a, b in found] == wanted
    late = [r for r in rules_of(vector_style(places, places.styles[0])) if "scalemaxdenom" in r]
    assert [r["filter"] for r in late] == ['"population" >= 0 AND "population" < 30000']


def test_raster_styles_name_classes_by_their_upper_ends(study, terms):
    for name, surface in study.surfaces.items():
        style = describe_surface(surface, terms=terms)
        root = ET.fromstring(raster_style(style).partition("\n")[2])
        items = [each.attrib for each in root.iter("item")]
        clear = [each for each in items if each["alpha"] == "0"]
        drawn = [each for each in items if each["alpha"] == "255"]
        assert [each["color"] for each in drawn] == [c.colour for c in style.classes]
        assert [each["label"] for each in drawn] == [c.label for c in style.classes]
        highs = [float(each["value"]) for each in drawn]
        assert highs == pytest.approx([c.high for c in style.classes])
        assert bool(clear) == (name == "firms")
        if clear:
            assert float(clear[0]["value"]) == pytest.approx(style.classes[0].low)
        shader = root.find(".//colorrampshader")
        assert float(shader.get("minimumValue")) == pytest.approx(style.classes[0].low)
        assert float(shader.get("maximumValue")) == pytest.approx(style.classes[-1].low)
        assert shader.get("colorRampType") == "DISCRETE"


# the web map


def test_themes_of_the_map_paint_each_unit(layers):
    for name in ("oblasts", "local_moran", "clusters"):
        layer = layers[name]
        frame, key, column = light_frame(layer)
        assert (key, column) == ("oblast_code 20", "oblast_code")
        units, values = make_units([layer], frame, column), make_values([layer], frame)
        assert frame["oblast_code"].tolist() == sorted(frame["oblast_code"])
        for place, style in enumerate(layer.styles[:3]):
            theme = make_theme([layer], place, frame, key)
            assert theme["layer"] == layer.name
            assert not theme["bare"]
            assert theme["weight"] == 0.9
            rows = frame.to_dict("records")
            inside = frame.geometry.representative_point()
            for i, row in enumerate(rows):
                found = describe_class(style, row[style.column])
                look = theme["looks"][theme["features"][i]]
                assert look["colour"] == found.colour
                assert look["hatch"] == found.hatch
                assert look["opacity"] == pytest.approx(0.9 * found.opacity, abs=0.006)
                assert theme["signs"][i] == style.sign(found, row)
                y, x = units["points"][i]
                assert (y, x) == (round(inside.iloc[i].y, 3), round(inside.iloc[i].x, 3))
                assert units["names"][i] == row["name_en"]
                for column, _ in theme["columns"]:
                    value = row[column]
                    if isinstance(value, float):
                        assert values[column][i] == number(value)
            cities = [c for i, c in enumerate(units["codes"]) if i in units["small"]]
            assert cities == ["KZ-71", "KZ-75", "KZ-79"]
            kept = [(e["colour"], e["label"], e["letter"]) for e in theme["looks"] if e["kept"]]
            assert kept[: len(style.classes)] == [
                (each.colour, each.label, each.letter) for each in style.classes
            ]
            assert theme["title"] == style.title


def test_the_map_knows_larger_places_alone(study):
    page = folium_map(study).get_root().render()
    places = kz.settlements()
    large = places[places["population"] >= 30_000]
    data = map_data(page)
    dots = {in_language(data, each["name"], "en"): each for each in data["dots"]}
    assert len(data["dots"]) == len(large)
    people = {name: in_language(data, each["told"], "en") for name, each in dots.items()}
    wanted = zip(large["name_en"], large["population"].astype(int), strict=True)
    assert people == {name: f"{n:,} people" for name, n in wanted}
    radii = {name: each["radius"] for name, each in dots.items()}
    assert radii["Almaty"] == 5.0
    assert radii["Karaganda"] in (4.0, 3.0)
    almaty = places[places["name_en"] == "Almaty"].geometry.iloc[0]
    y, x = dots["Almaty"]["at"]
    assert (y, x) == (round(almaty.y, 4), round(almaty.x, 4))


# figures


def test_bars_of_the_distributions_are_the_firms(study, figures):
    axes = figures["distributions"].axes
    firms = kz.load_twin()
    for ax, name in zip(axes, ("epayment_share", "outages_per_month", "permit_days"), strict=True):
        told = study.distributions[name]
        values = firms[name].dropna()
        assert ax.get_xlabel().endswith(f"(n = {integer(len(values))})")
        drawn = [(b.get_x(), b.get_height(), b.get_hatch()) for b in ax.patches]
        edges = told.bars.edges
        for (x, height, hatch), edge, count in zip(drawn, edges, told.bars.counts, strict=False):
            assert x == pytest.approx(edge)
            few = 0 < count < 5
            assert height == (5 if few else count)
            assert bool(hatch) == few
        (line,) = (each for each in ax.lines)
        assert line.get_xdata()[0] == pytest.approx(values.mean())
        inner = told.bars.counts[1:-1]
        ends = pairwise(edges[1:-1])
        counted = [((values >= a) & (values < b)).sum() for a, b in ends]
        assert inner.tolist() == counted


def test_intervals_of_the_comparison_are_those_of_the_means(study, figures, terms):
    table = study.tables["composite"]
    order = table["readiness"].sort_values().index
    figure = figures["regional_comparison"]
    labels = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert labels == [terms.place(code) for code in order]
    for ax, name in zip(figure.axes, INDICATORS, strict=False):
        scale = 100 if name in ("co2_monitoring", "product_innovation") else 1
        (drawn,) = ax.containers
        points = drawn.lines[0].get_xdata()
        means = table.loc[order, f"{name}_mean"].astype(float)
        np.testing.assert_allclose(np.asarray(points, float), means * scale)
        bars = drawn.lines[2][0].get_segments()
        half = [(b[1][0] - b[0][0]) / 2 for b in bars]
        errors = table.loc[order, f"{name}_se"].astype(float)
        np.testing.assert_allclose(half, 1.959964 * errors * scale)
        assert " ".join(ax.get_title(loc="left").split()) == terms.indicator(name)


def test_maps_of_the_figures_paint_each_region_in_its_colour(study, figures, layers):
    from matplotlib.colors import to_hex

    layer = layers["composites"]
    for ax, name in zip(figures["readiness"].axes, ("readiness", "epayment_share"), strict=True):
        style = next(each for each in layer.styles if each.name == name)
        assert ax.get_title(loc="left") == style.title
        values = layer.frame[style.column]
        wanted = {describe_class(style, v).colour for v in values}
        found = {to_hex(c) for each in ax.collections for c in each.get_facecolor()}
        assert wanted <= found
        labels = [t.get_text() for t in ax.get_legend().get_texts()]
        assert labels == [c.label for c in style.classes]
        handles = [to_hex(h.get_facecolor()) for h in ax.get_legend().legend_handles]
        assert handles == [c.colour for c in style.classes]


def test_cities_are_discs_where_they_lie(study, figures, layers):
    from matplotlib.colors import to_hex

    layer = layers["composites"]
    style = layer.styles[0]
    ax = figures["readiness"].axes[0]
    frame = layer.frame.to_crs(EQUAL_AREA_CRS).set_index("composite")
    discs = [c for c in ax.collections if type(c).__name__ == "PathCollection"]
    assert len(discs) == 2
    for disc in discs:
        spot = Point(disc.get_offsets()[0])
        inside = frame.index[frame.geometry.distance(spot) < 60_000]
        city = next(code for code in ("astana", "almaty") if code in inside)
        colour = describe_class(style, frame.loc[city, style.column]).colour
        assert to_hex(disc.get_facecolor()[0]) == colour


def test_surfaces_lie_where_they_belong(study, figures):
    for name, surface in study.surfaces.items():
        ax = figures[f"density_{name}"].axes[0]
        (image,) = ax.images
        shown, own = np.ma.filled(image.get_array(), np.nan), surface.values
        np.testing.assert_array_equal(shown, own)
        t = surface.transform
        left, right, bottom, top = image.get_extent()
        assert (left, top) == (t.c, t.f)
        assert right == t.c + t.a * own.shape[1]
        assert bottom == t.f + t.e * own.shape[0]
        assert "h = 75 km" in ax.get_title(loc="left") + ax.get_title()


def test_every_figure_carries_the_notice_and_those_that_apply_are_there(study, figures, terms):
    assert set(figures) == {
        "distributions", "regional_comparison", "readiness", "clusters", "local_moran",
        "moran_scatter", "dendrogram", "cluster_choice", "co_membership", "density_firms",
        "density_epayment_share", "rank_sets", "small_areas", "models",
    }  # fmt: skip
    for name, figure in figures.items():
        told = figure._supxlabel.get_text()
        assert "Twin" in told
        assert ("Modelled" in told) == name.startswith("density")
    located = dict(draw_figures(replace(study, modelled=False), terms, notice="Twin"))
    assert "Modelled" not in located["density_firms"]._supxlabel.get_text()
    clusters = figures["clusters"].axes
    assert len(clusters) == 4
    assert len(figures["local_moran"].axes) == 5
    told = [each.get_text() for each in figures["cluster_choice"].texts]
    wanted = [terms.partition(key) for key in ("typology_composite", "regions_oblast")]
    assert [each for each in told if each in wanted] == wanted


def test_a_distribution_that_may_not_be_shown_says_so(study, terms):
    hidden = replace(study.distributions["permit_days"], bars=None)
    held = replace(study, distributions=study.distributions | {"permit_days": hidden})
    made = dict(draw_figures(held, terms))["distributions"]
    texts = [t.get_text() for t in made.axes[2].texts]
    assert texts == ["Withheld (under 5 firms)"]
    assert not made.axes[2].patches
    assert made.axes[0].patches


def test_frames_are_not_changed_by_describing_them(study, terms):
    before = {name: frame.copy() for name, frame in study.frames.items()}
    describe(study.frames, terms=replace(terms, language="ru"))
    for name, frame in study.frames.items():
        assert_geodataframe_equal(frame, before[name])

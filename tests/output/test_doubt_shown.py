"""What figures, tables and the report say of ranks, precision and oblasts with few firms."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers import kept_study
from matplotlib.figure import Figure

import kz_spatial as kz
from kz_spatial.estimates import ScoreErrors
from kz_spatial.output import doubt_figures, doubt_report
from kz_spatial.output.disclosure import opening_line, publish
from kz_spatial.output.layers import describe
from kz_spatial.output.tables import make_tables
from kz_spatial.output.terms import Terms
from kz_spatial.output.web_themes import light_frame, make_theme, make_values
from kz_spatial.study import ScoreRanks
from kz_spatial.words import say


@pytest.fixture(scope="module")
def study():
    return publish(kept_study(kz.RunOptions(draws=0, permutations=99, cell_m=25_000)))


@pytest.fixture(scope="module")
def terms(study):
    return Terms.of(study)


def ranks_of(low, high, level="composite"):
    """Units in the order of their scores, the best first, with the ranks that each may have."""
    codes = list(kz.load_design().grouping.codes)[: len(low)]
    n = len(low)
    frame = pd.DataFrame(
        {
            "score": np.linspace(1, -1, n), "score_se": 0.1, "rank": range(1, n + 1),
            "rank_low": low, "rank_high": high, "own_low": low, "own_high": high,
            "tied_group": [1, *([2] * (n - 1))],
            "chance_first": [0.5, *([0.5 / (n - 1)] * (n - 1))],
            "chance_top": 0.5, "chance_last": [*([0.0] * (n - 1)), 1.0],
        },
        index=codes,
    )  # fmt: skip
    errors = ScoreErrors(frame["score"], frame["score_se"], pd.DataFrame(), ())
    return ScoreRanks(level, errors, frame, guarded=False)


@pytest.mark.parametrize(
    ("low", "high", "first", "last"),
    [
        ([1, 2, 2, 2], [1, 4, 4, 4], "first is Almaty City, sampling error counted",
         "not settled who is last: East, Center, Astana City"),
        ([1, 1, 3, 4], [2, 2, 3, 4], "not settled who is first: Almaty City, Astana City",
         "last is East, sampling error counted"),
        ([1] * 7, [7] * 7, "7 of 7 may be, Almaty City has the best chance (50%)",
         "7 of 7 may be, West has the largest chance (100%)"),
    ],
)  # fmt: skip
def test_sentences_claim_what_the_sets_do(study, terms, low, high, first, last):
    told = doubt_report.ranks_found(replace(study, ranks={"composite": ranks_of(low, high)}), terms)
    assert len(told) == 2
    assert first in told[0]
    assert last in told[1]
    assert "by region" in told[0]
    score = terms.score(study.tables["composite"]["score_of"].iloc[0].split(", "))
    assert all(each.startswith(f"{score} by region: ") for each in told)


def test_bars_reach_from_the_best_to_the_worst_rank(terms):
    ax = Figure().subplots()
    doubt_figures._draw_sets(ax, ranks_of([1, 1, 3, 4], [2, 2, 3, 4]), terms)
    bars = sorted(ax.patches, key=lambda bar: -bar.get_y())
    assert [(bar.get_x(), bar.get_width()) for bar in bars] == [
        (0.5, 2), (0.5, 2), (2.5, 1), (3.5, 1),
    ]  # fmt: skip
    names = [each.get_text() for each in ax.get_yticklabels()]
    assert names == ["Almaty City", "Astana City", "Center", "East"]
    (dots,) = ax.lines
    assert list(dots.get_xdata()) == [1, 2, 3, 4]
    assert list(dots.get_ydata()) == [3, 2, 1, 0]
    assert ax.get_xlim() == (0.5, 4.5)
    assert "not settled; 2 of 4" in ax.get_title().replace("\n", " ")
    assert bars[0].get_facecolor() != bars[1].get_facecolor()
    assert bars[1].get_facecolor() == bars[2].get_facecolor()
    settled = Figure().subplots()
    doubt_figures._draw_sets(settled, ranks_of([1, 2], [1, 2]), terms)
    assert "Almaty City is first" in settled.get_title().replace("\n", " ")
    assert doubt_figures.rank_sets_figure({}, terms) is None


def test_a_panel_of_means_shows_both_estimates_and_the_country(study, terms):
    ax, means = Figure().subplots(), study.modelled_means["co2_monitoring"]
    doubt_figures._draw_means(ax, means, terms)
    frame = means.frame.sort_values("mean", kind="stable")
    direct, modelled = (each.lines[0] for each in ax.containers)
    np.testing.assert_allclose(direct.get_xdata().astype(float), 100 * frame["direct"])
    np.testing.assert_allclose(modelled.get_xdata(), 100 * frame["mean"])
    assert [each.get_text() for each in ax.get_yticklabels()] == [
        terms.place(code) for code in frame.index
    ]
    ends = [path.vertices[:, 0] for path in ax.containers[1].lines[2][0].get_paths()]
    np.testing.assert_allclose(np.array(ends), 100 * frame[["low", "high"]].to_numpy())
    spans = np.array([p.vertices[:, 0] for p in ax.containers[0].lines[2][0].get_paths()])
    assert spans.min() >= 0
    assert spans.max() <= 100
    country = [each for each in ax.lines if each.get_label() == terms.say("figure.national")]
    assert [each.get_xdata()[0] for each in country] == [pytest.approx(100 * means.national)]
    assert doubt_figures.small_areas_figure({}, terms) is None


def test_tables_hold_what_the_study_found(study):
    tables = make_tables(study)
    ranks = tables["ranks"].set_index(["level", "code"])
    assert ranks.loc[("composite", "west"), "rank"] == 7
    assert ranks.loc[("composite", "west"), "name"] == "West"
    areas = tables["small_areas"].set_index(["indicator", "code"])
    one = areas.loc[("epayment_share", "KZ-19")]
    found = study.modelled_means["epayment_share"].frame.loc["KZ-19"]
    assert one["direct"] == found["direct"]
    assert one["mean"] == found["mean"]
    assert one["method"] == "yoshimori-lahiri"
    bare = make_tables(replace(study, ranks={}, modelled_means={}))
    assert {"ranks", "small_areas"} & set(bare) == set()


def test_report_tables_give_sets_and_intervals(study, terms):
    page = str(doubt_report.ranks_table(study, terms))
    assert "7 (1–7)" in page
    assert page.index("Astana City") < page.index("West")
    west = page[page.index(">West<") :]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", west[: west.index("</tr>")])
    frame = study.ranks["composite"].frame.loc["west"]
    # the region's name is a heading
    assert cells[:2] == [f"{frame['score']:.2f}".replace("-", "−"), f"{frame['score_se']:.2f}"]
    assert cells[3:] == [f"{100 * frame[f'chance_{end}']:.0f}%" for end in ("first", "last")]
    areas = str(doubt_report.small_areas_table(study, terms))
    for name in study.modelled_means:
        told = f"{terms.indicator(name)}, {terms.shown_unit(name)}"
        assert told.replace("CO₂", "CO") in areas.replace("CO₂", "CO")
    row = areas[areas.index("Almaty Region") :]
    assert "66.2 (60.5 to 71.9)" in row[: row.index("</tr>")]
    assert doubt_report.ranks_table(replace(study, ranks={}), terms) == ""
    assert doubt_report.small_areas_table(replace(study, modelled_means={}), terms) == ""


def test_maps_mark_estimates_that_are_not_reliable(study, terms):
    (oblasts,) = (e for e in describe(study.frames, terms=terms) if e.name == "oblasts")
    styles = {each.name: each for each in oblasts.styles}
    direct, modelled = styles["epayment_share"], styles["epayment_share_model"]
    assert modelled.title.endswith("(small-area estimate)")
    assert list(styles).index("epayment_share_model") > list(styles).index("permit_days")
    frame, key, _ = light_frame(oblasts)
    place = frame["oblast_code"].tolist().index("KZ-19")
    shown = make_theme([oblasts], oblasts.styles.index(direct), frame, key)
    signs = shown["signs"]
    assert signs[place] == "?"
    assert signs.count("?") == (frame["epayment_share_precision"] == "poor").sum()
    # what is marked is hatched too
    assert shown["doubtful"] == [i for i, sign in enumerate(signs) if "?" in sign]
    theme = make_theme([oblasts], oblasts.styles.index(modelled), frame, key)
    assert "?" not in theme["signs"]
    assert theme["doubtful"] == []
    values = make_values([oblasts], frame)
    tip = {heading: values[column][place] for column, heading in theme["columns"]}
    assert "Own firms and model" in tip.values()
    assert tip["small-area estimate"] == "66.2"
    assert tip["direct mean"] == "54.9"
    assert "wider than 30 points" in direct.mark_note
    assert "33.3" in styles["outages_per_month"].mark_note
    assert oblasts.aliases["epayment_share_model_low"] == (
        "Electronic payments: small-area estimate: interval from"
    )


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_every_output_says_first_by_which_weights(study, language):
    assert "wmedian" in opening_line("wmedian", language, synthetic=False)
    plain, twin = (opening_line(None, language, synthetic=each) for each in (False, True))
    assert plain != opening_line("w", language, synthetic=False)
    assert twin.startswith(plain)
    assert say("notice.twin", language) in twin
    page = kz.folium_map(study, language=language).get_root().render()
    assert twin.split(". ")[0] in page
    assert say("notice.twin", language) in page

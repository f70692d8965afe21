"""The first screen, the pages on regions, methods and alternative texts: right region, number."""

import datetime as dt
import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from helpers import reads, table_cells

from kz_spatial.estimates import score_gains, scored
from kz_spatial.output import publish
from kz_spatial.output.briefs import brief_file, make_briefs, render_brief
from kz_spatial.output.figure_texts import figure_texts
from kz_spatial.output.methods import citations, methods_told, versions_table
from kz_spatial.output.plain_words import in_short, is_clear, lift_sentences
from kz_spatial.output.report import render_report
from kz_spatial.output.terms import Terms

# what no reader of the first screen should have to know
STATISTICS = re.compile(
    r"\bp\b|moran|z-score|regress|coefficient|standard error|confidence|variance|posterior|"
    r"моран|регресс|коэффициент|стандартн|доверительн|дисперси|апостериорн|"
    r"коэффициент|сенімділік интервал",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def study(study):
    return publish(study)


@pytest.fixture(scope="module")
def terms(study):
    return Terms.of(study, "en")


def asked(study, terms, question):
    return dict(in_short(study, terms))[question]


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_the_first_screen_names_no_statistic(study, language):
    told = in_short(study, Terms.of(study, language))
    assert len(told) == 7
    for question, lines in told:
        assert lines
        for line in (question, *lines):
            assert not STATISTICS.search(line), line
            assert "{" not in line


def test_who_leads_and_who_lags_with_the_doubt(study, terms):
    frame, table = study.ranks["composite"].frame, study.tables["composite"]
    leads, lags = (asked(study, terms, q) for q in ("Who leads?", "Who lags behind?"))
    for lines, best, column in ((leads, 1, "chance_first"), (lags, 7, "chance_last")):
        likeliest = frame[column].astype(float).idxmax()
        ends = (frame["rank_low"] <= best) & (best <= frame["rank_high"])
        assert f"{int(ends.sum())} of 7" in lines[0]
        assert (
            f"{terms.place(likeliest)}, with a chance of {100 * frame[column].max():.0f}%"
            in (lines[0])
        )
    means, errors = table["epayment_share_mean"], table["epayment_share_se"]
    for line, code in ((leads[1], means.idxmax()), (lags[1], means.idxmin())):
        assert f" in {terms.place(code)} with " in line
        value, low, high = re.search(r"with ([\d.]+); .* ([\d.]+) to ([\d.]+)\.$", line).groups()
        half = 1.959964 * errors[code]
        assert reads(value, means[code])
        assert reads(low, means[code] - half)
        assert reads(high, means[code] + half)


def test_an_outcome_that_is_bad_turns_the_ends_round(study, terms):
    turned = replace(study, design=replace(study.design, outcome="permit_days"))
    words = replace(terms, design=turned.design)
    days = study.tables["composite"]["permit_days_mean"]
    assert terms.place(days.idxmin()) in asked(turned, words, "Who leads?")[1]
    assert terms.place(days.idxmax()) in asked(turned, words, "Who lags behind?")[1]


def with_sets(study, lows, highs):
    """The study with other rank sets of its regions, in the order of their scores."""
    ranks = study.ranks["composite"]
    frame = ranks.frame.sort_values("rank")
    frame = frame.assign(rank_low=lows, rank_high=highs)
    return replace(study, ranks={"composite": replace(ranks, frame=frame)})


def test_a_settled_lead_is_told_as_such_and_a_few_are_named(study, terms):
    order = study.ranks["composite"].frame.sort_values("rank").index
    settled = with_sets(study, [1, 2, 2, 2, 2, 2, 7], [1, 6, 6, 6, 6, 6, 7])
    assert f"{terms.place(order[0])} leads, even" in asked(settled, terms, "Who leads?")[0]
    assert (
        f"{terms.place(order[-1])} comes last, even"
        in (asked(settled, terms, "Who lags behind?")[0])
    )
    few = with_sets(study, [1, 1, 3, 3, 3, 3, 3], [2, 2, 6, 6, 7, 7, 7])
    named = ", ".join(terms.place(code) for code in order[:2])
    assert asked(few, terms, "Who leads?")[0].endswith(f"any of these: {named}.")
    named = ", ".join(terms.place(code) for code in order[:3:-1])
    assert asked(few, terms, "Who lags behind?")[0].endswith(f"any of these: {named}.")
    unknown = replace(study, ranks={})
    assert (
        f"highest in {terms.place(order[0])}. How sure" in (asked(unknown, terms, "Who leads?")[0])
    )
    assert (
        f"lowest in {terms.place(order[-1])}. How sure"
        in (asked(unknown, terms, "Who lags behind?")[0])
    )


def test_how_sure_counts_firms_unsure_and_withheld_figures(study, terms):
    table = study.tables["composite"].copy()
    lines = asked(study, terms, "How sure is that?")
    assert lines[0] == (
        f"The figures rest on 1,013 firms, from {table['n_firms'].min()} to "
        f"{table['n_firms'].max()} in a region."
    )
    by = 1.959964 * table["epayment_share_se"].median()
    assert reads(re.search(r"come out ([\d.]+) percentage points", lines[1])[1], by)
    table.iloc[:3, table.columns.get_loc("co2_monitoring_precision")] = "poor"
    table.iloc[:2, table.columns.get_loc("permit_days_suppressed")] = True
    lines = asked(replace(study, tables={**study.tables, "composite": table}), terms,
                  "How sure is that?")  # fmt: skip
    poor = sum((table[c] == "poor").sum() for c in table if c.endswith("_precision"))
    assert lines[2].startswith(f"Too unsure to rely on: {poor} of 35 figures")
    assert lines[3].endswith(": 2 of 35 figures of regions.")


def patterned(study, statistics, ps):
    """The study with other global statistics."""
    every = list(study.patterns)[: len(ps)]
    every = [
        replace(each, moran=replace(each.moran, statistic=s, expected=-0.1, p=p))
        for each, s, p in zip(every, statistics, ps, strict=True)
    ]
    return replace(study, patterns=replace(study.patterns, every=tuple(every))), every


def test_neighbours_are_alike_unlike_or_neither(study, terms):
    found, every = patterned(study, [0.5, -0.6, 0.4, -0.05], [0.01, 0.04, 0.06, 0.2])
    lines = asked(found, terms, "Are neighbours alike?")
    named = [terms.indicator(each.indicator) for each in every]
    assert lines[0] == f"Yes, more than chance would have it, in: {named[0]} by region."
    assert lines[1] == f"Less than chance would have it, in: {named[1]} by region."
    assert lines[2] == "Of 4 comparisons, about 0.2 would seem so by chance alone."
    none, _ = patterned(study, [0.5, 0.4], [0.05, 0.5])
    assert asked(none, terms, "Are neighbours alike?") == [
        "Nothing shows that they are, more than chance would have it. Comparisons made: 2."
    ]


def test_what_goes_with_the_outcome_by_sign(study, terms):
    fit = study.fits["corrected"]
    table = fit.table()
    table["p"] = [0.01, 0.04, 0.05, 0.9]
    table["coefficient"] = [-2.0, 3.0, 4.0, 5.0]
    names = [terms.term(each) for each in table.index]

    class Told:
        n_obs = 105

        @staticmethod
        def table():
            return table

    found = replace(study, fits={"corrected": Told()})
    lines = asked(found, terms, "What goes together with “Electronic payments”?")
    assert lines[0].endswith(f"higher where there is more of: {names[1]}.")
    assert lines[1].endswith(f"lower where there is more of: {names[0]}.")
    assert "does not show what brings about what" in lines[2]


# catching up


def test_the_lift_names_the_largest_gain_and_its_doubt(study, terms):
    table = study.tables["composite"]
    for code in table.index:
        lines = lift_sentences(study, "composite", terms)[code]
        means = table[[c for c in table if c.endswith("_mean")]].rename(columns=lambda n: n[:-5])
        rows = score_gains(scored(means, study.design), study.national)
        own = rows[rows["unit"] == code]
        best = own.loc[own["gain"].idxmax()]
        assert f"“{terms.indicator(best['indicator'])}”" in lines[0]
        moved = f"from place {best['rank']} to {best['new_rank']}," in lines[0]
        assert moved == (best["new_rank"] < best["rank"])
        assert moved or f"stay in place {best['rank']}," in lines[0]
        gap = abs(best["own"] - best["target"])
        sure = gap > 1.959964 * table.loc[code, f"{best['indicator']}_se"]
        assert (lines[1:] == ["That gap itself may be chance."]) == (not sure)
    # a country behind every region on everything
    far = {name: -1e3 * each.direction for name, each in study.design.by_name.items()}
    ahead = replace(study, national=far)
    assert lift_sentences(ahead, "composite", terms)["west"][0].startswith("It is behind")
    assert is_clear(1.0, 0.1, 2.0)
    assert not is_clear(1.0, 1.0, 2.0)
    assert not is_clear(np.nan, 1.0, 2.0)


# pages on regions


def test_a_page_tells_place_figures_neighbours_and_groups(study, terms):
    every = make_briefs(study, terms)
    assert {level: len(found) for level, found in every.items()} == {"composite": 7, "oblast": 20}
    table, ranks = study.tables["composite"], study.ranks["composite"].frame
    scores = table["readiness"].sort_values(ascending=False)
    assert [each.code for each in every["composite"]] == list(scores.index)
    for each in every["composite"]:
        row, rank = table.loc[each.code], ranks.loc[each.code]
        assert each.name == terms.place(each.code)
        assert each.firms == f"{row['n_firms']} firms"
        assert each.lines[0] == (
            f"Place {rank['rank']:.0f} of 7 by “Readiness score”; allowing for chance, "
            f"{rank['rank_low']:.0f} to {rank['rank_high']:.0f}."
        )
        heads, rows = table_cells(each.table)
        assert heads[1:5] == ["here", "allowing for chance", "answers", "country"]
        for (name, indicator), cells in zip(study.design.by_name.items(), rows, strict=True):
            scale, mean = indicator.scale, row[f"{name}_mean"]
            assert unescape(cells[0]).startswith(terms.indicator(name))
            assert reads(cells[1].rstrip(" ?"), mean * scale)
            assert cells[1].endswith("?") == (row[f"{name}_precision"] == "poor")
            low, high = cells[2].split(" to ")
            half = 1.959964 * row[f"{name}_se"]
            assert reads(low, max(mean - half, 0) * scale)
            assert reads(high, min(mean + half, indicator.whole or np.inf) * scale)
            assert cells[3] == str(row[f"{name}_n"])
            assert reads(cells[4], study.national[name] * scale)
    west = next(each for each in every["composite"] if each.code == "west")
    near = {"center", "north", "south"}
    told = ", ".join(f"{terms.place(c)} ({ranks.loc[c, 'rank']:.0f})" for c in sorted(near))
    assert west.after[0] == f"Neighbours, with their place: {told}."
    # once each, and none of the oblasts inside
    assert west.after[1].count("Typology") == 1
    assert "oblasts" not in west.after[1]


def test_better_worse_and_neither_go_by_direction_and_interval(study, terms):
    row = study.tables["oblast"].loc["KZ-47"].copy()
    found = next(b for b in make_briefs(study, terms)["oblast"] if b.code == "KZ-47")
    told = {line.partition(" in: ")[0] or line.partition(" from ")[0]: line for line in found.lines}
    for name, each in study.design.by_name.items():
        mean, national = row[f"{name}_mean"], study.national[name]
        if not np.isfinite(mean):
            continue
        clear = abs(mean - national) > 1.959964 * row[f"{name}_se"]
        better = (mean > national) == (each.direction > 0)
        key = f"Clearly {'better' if better else 'worse'} than the whole country"
        key = key if clear else "Not told apart from the whole country"
        assert terms.indicator(name) in told[key]


def test_bars_stand_where_the_figures_do(study, terms):
    """Dot, ends and country on one scale over all regions of the level."""
    every, table = make_briefs(study, terms)["composite"], study.tables["composite"]
    name = "epayment_share"
    half = 1.959964 * table[f"{name}_se"]
    low = (table[f"{name}_mean"] - half).min()
    high = (table[f"{name}_mean"] + half).clip(upper=100).max()
    place = list(study.design.by_name).index(name)
    for each in every:
        bar = str(each.table).split("<svg")[1:][place]
        mean = table.loc[each.code, f"{name}_mean"]
        dot, country = (
            float(re.search(pattern, bar)[1]) for pattern in (r'cx="([\d.]+)"', r'x1="([\d.]+)"')
        )
        assert dot == pytest.approx(6 + 178 * (mean - low) / (high - low), abs=0.11)
        assert country == pytest.approx(
            6 + 178 * (study.national[name] - low) / (high - low), abs=0.11
        )


def test_the_locator_colours_the_unit_and_its_neighbours(study, terms):
    found = next(b for b in make_briefs(study, terms)["oblast"] if b.code == "KZ-47")
    fills = re.findall(r'fill="(#\w+)"', str(found.locator))
    assert len(fills) == 20
    assert (fills.count("#0b4f8a"), fills.count("#9cc3e6")) == (1, 2)
    assert "Mangystau Region in dark blue" in found.locator


def test_a_page_of_its_own_is_whole_and_a_withheld_figure_says_why(study, terms):
    table = study.tables["oblast"]
    code = table.index[table["permit_days_suppressed"].fillna(0).astype(bool)][0]
    found = next(b for b in make_briefs(study, terms)["oblast"] if b.code == code)
    page = render_brief(found, terms, notices=["Made up."], meta=["A line"])
    assert brief_file("oblast", code) == f"oblast_{code}.html"
    assert f"<h1>{found.name} in brief</h1>" in page
    assert '<p class="notice">Made up.</p>' in page
    assert '<p class="meta">A line</p>' in page
    _, rows = table_cells(page[page.index("<table>") :])
    assert rows[-1][1] == "Withheld (under 5 firms)"
    assert rows[-1][2] == "–"
    model = study.modelled_means["epayment_share"].frame.loc[code]
    told, low, high = re.fullmatch(r"([\d.]+) \(([\d.]+) to ([\d.]+)\)", rows[1][5]).groups()
    assert reads(told, model["mean"])
    assert reads(low, model["low"])
    assert reads(high, model["high"])


# methods, citations, versions


def test_methods_tell_what_was_done_and_nothing_else(study, terms):
    told = " ".join(methods_told(study, terms))
    assert "1,013 of 1,013 rows found their oblast" in told
    assert "codes or names of oblasts" in told
    assert "no survey weights" in told
    assert "with a bandwidth of 75 km" in told
    assert f"seed {study.options.seed}:" in told
    assert "drawn again 200 times" in told
    assert "Small-area" in told
    assert "spread by the population" in told
    bare = replace(
        study, ranks={}, modelled_means={}, fits={}, surfaces={},
        options=replace(study.options, draws=0, weights="wmedian"),
        join={**study.join, "method": "point (x, y)", "matched": 900},
    )  # fmt: skip
    told = " ".join(methods_told(bare, terms))
    assert "each weighted by wmedian" in told
    assert "Firms were placed by coordinates; 900 of 1,013" in told
    for gone in ("Small-area", "Rank sets", "regression", "Density", "drawn again"):
        assert gone not in told
    placed = replace(study, modelled=False)
    assert "firms per area" in " ".join(methods_told(placed, terms))


def test_citations_and_versions(study, terms):
    lines = citations(study, terms, "9.9", 2026)
    assert "10.47703/ejebs.v69i3.538" in lines[0]
    assert "kz_spatial 9.9 (2026)" in lines[1]
    assert lines[-1].startswith("The synthetic twin is made up")
    real = replace(study, provenance=study.provenance | {"synthetic": False, "source": "w.dta"})
    lines = citations(real, terms, "9.9", 2026)
    assert len(lines) == 3
    assert "w.dta" in lines[2]
    heads, rows = table_cells(versions_table({"numpy": "2.1", "b": "3"}, terms))
    assert heads == ["Software", "Version"]
    assert rows == [['<span lang="en">numpy</span>', "2.1"], ['<span lang="en">b</span>', "3"]]
    assert versions_table({}, terms) == ""


# alternative texts


def test_figures_are_told_by_their_numbers(study, terms):
    texts = figure_texts(study, terms)
    table = study.tables["composite"]
    means = table["epayment_share_mean"]
    assert (
        f"highest in {terms.place(means.idxmax())} ({means.max():.3g}), "
        f"lowest in {terms.place(means.idxmin())} ({means.min():.3g})" in texts["readiness"]
    )
    score = table["readiness"]
    assert texts["readiness"].startswith(
        f"Readiness score: highest in {terms.place(score.idxmax())}"
    )
    assert texts["regional_comparison"].count("highest in") == 5
    frame = study.ranks["composite"].frame
    assert f"West {frame.loc['west', 'rank']:.0f} (1–7)" in texts["rank_sets"]
    for name, each in study.patterns.at("oblast").items():
        if np.isfinite(each.moran.statistic):
            told = f"{terms.indicator(name)}: I = {each.moran.statistic:.3f}".replace("-", "−")
            assert told in texts["moran_scatter"]
        frame = each.local.frame
        for code in frame.index[frame["label"] == "Low-Low"]:
            line = texts["local_moran"].partition(f"{terms.indicator(name)}: ")[2]
            assert terms.place(code) in line.partition(". ")[0]
    assert "n} " not in " ".join(texts.values())
    groups = study.partitions["typology", "composite"].labels
    told = ", ".join(terms.place(c) for c in groups.index[groups == 1])
    assert f"1 — {told}" in texts["clusters"]
    shares = study.groupings.co_membership["composite"].matrix
    best = max((shares.loc[a, b], a, b) for a in shares for b in shares if a < b)
    assert f"({100 * best[0]:.0f}%)" in texts["co_membership"]
    assert f"mean {study.distributions['permit_days'].mean:.3g} " in texts["distributions"]
    most = np.nanmax(study.surfaces["firms"].values)
    assert texts["density_firms"].endswith(f"up to {most:.3g}.")


def test_the_page_carries_texts_landmarks_and_pages_on_regions(study, terms):
    svg = '<svg width="72pt"></svg>'
    page = render_report(
        study, terms, {"readiness": svg, "clusters": svg}, version="9.9",
        written=dt.date(2026, 3, 1), versions={"numpy": "2.1"},
        briefs=make_briefs(study, terms)["composite"],
    )  # fmt: skip
    told = unescape(re.search(r'<svg role="img" aria-label="(Readiness score[^"]*)"', page)[1])
    assert told == figure_texts(study, terms)["readiness"]
    for tag in ("<header>", "<nav ", '<main id="content"', '<a class="skip" href="#content">'):
        assert page.count(tag) == 1
    headings = re.findall(r"<h2>(.*?)</h2>", page)
    assert headings[0] == "In short"
    assert headings[-1] == "Region by region"
    links = re.findall(r'<li><a href="#(part-\d+)">(.*?)</a>', page)
    assert [heading for _, heading in links] == headings
    for name, heading in links:
        assert f'<section id="{name}" tabindex="-1" aria-label="{heading}">' in page
    assert page.count('<article class="brief">') == 7
    assert page.count("<table>") == page.count("<thead>") == page.count("</tbody>")
    assert '<th scope="row"><span lang="en">numpy</span></th>' in page
    # every figure that is drawn says what it shows, but bars beside their numbers
    assert all("aria-" in each for each in re.findall(r"<svg[^>]*>", page))

"""A table of units, computed: against esda, by hand, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from esda import Moran
from esda.smoothing import Empirical_Bayes
from scipy.stats import poisson
from table_cases import CODES, ENGLISH, plain_rows, write_book

import kz_spatial as kz
from kz_spatial.errors import CallError
from kz_spatial.study.area_columns import AreaColumn, funnel, plain_names
from kz_spatial.study.area_years import describe_years

QUICK = kz.AreaOptions(permutations=199)


def people_rows():
    """People in thousands, cases among them, and a rate."""
    rng = np.random.default_rng(4)
    rows = [["Region", "Population, thousand", "Cases", "Wage rate"]]
    for code in CODES:
        people = int(rng.integers(200, 2000))
        rows.append(
            [ENGLISH[code], people, int(rng.poisson(people * 4)), float(rng.normal(300, 40))]
        )
    return rows


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = write_book(tmp_path_factory.mktemp("areas") / "people.xlsx", people_rows())
    return kz.study_areas(path, options=QUICK)


@pytest.fixture(scope="module")
def panel(tmp_path_factory):
    rng = np.random.default_rng(5)
    rows = [["Region", "Year", "Wage rate"]]
    level = dict(zip(CODES, rng.normal(300, 40, 20), strict=True))
    for year in (2019, 2020, 2021):
        rows += [[ENGLISH[c], year, level[c] * (1 + (year - 2019) / 10)] for c in CODES]
    path = write_book(tmp_path_factory.mktemp("areas") / "panel.xlsx", rows)
    return kz.study_areas(path, options=QUICK)


def test_counts_get_rates_per_head_in_persons(study):
    assert list(study.columns) == [
        "population_thousand", "cases", "cases_per1000", "cases_smoothed", "wage_rate",
    ]  # fmt: skip
    people = 1000 * study.columns["population_thousand"].latest
    cases, rate = study.columns["cases"].latest, study.columns["cases_per1000"].latest
    assert np.allclose(rate, 1000 * cases / people)
    smoothed = Empirical_Bayes(cases.to_numpy(), people.to_numpy()).r.ravel()
    assert np.allclose(study.columns["cases_smoothed"].latest, 1000 * smoothed)
    assert study.columns["cases_per1000"].labels["ru"] == "Cases на 1000 человек"


def test_no_pattern_is_tested_on_smoothed_rates(study):
    assert "cases_smoothed" not in study.patterns
    reason = study.inapplicable["pattern tests, Cases per 1,000 people, smoothed"]
    assert "vary together already" in reason


def test_moran_is_esdas_on_the_same_weights(study):
    found = study.patterns["wage_rate"].moran
    values = study.columns["wage_rate"].latest.reindex(study.areas.index)
    peer = Moran(values.to_numpy(), study.graph.to_W(), permutations=0)
    assert found.statistic == pytest.approx(peer.I, abs=1e-12)
    names = [each.name for each in study.patterns["cases_per1000"].others]
    assert names == ["Moran's I, empirical Bayes", "Geary's C", "Getis-Ord G"]


def test_groups_rest_on_rates_and_not_on_sizes(study):
    assert study.groups.columns == ("cases_per1000", "wage_rate")
    assert "'Cases', 'Population, thousand'" in study.groups.warnings[0]
    assert study.groups.numbers == [2, 3, 4, 5]
    frame = pd.DataFrame({n: study.columns[n].latest for n in study.groups.columns})
    regions = study.groups.by_number["regions", 3]
    assert regions.certified
    peer = kz.regionalise(frame, study.graph, n_clusters=3)
    assert regions.within_ss == pytest.approx(peer.within_ss)
    by_hand = frame[study.groups.by_number["typology", 3].labels == 1].mean()
    assert np.allclose(study.groups.means["typology", 3].loc[1], by_hand)


def test_the_funnel_is_poissons():
    events = pd.Series([100, 100, 100, 160, 40, 125], list("abcdef"))
    people = pd.Series([1000.0] * 6, list("abcdef"))
    told = funnel(events, people)
    expected = events.sum() / 6
    for code, n in events.items():
        tail = poisson.sf(n, expected) + poisson.pmf(n, expected) / 2
        side = "above" if tail < 0.5 else "below"
        tail = min(tail, 1 - tail)
        wanted = f"far {side}" if tail < 0.001 else side if tail < 0.025 else "within"
        assert told[code] == wanted
    assert told["d"] == "far above"
    assert told["e"] == "far below"
    assert funnel(events.where(events < 150), people).isna().sum() == 1


def test_counts_above_the_people_get_no_limits(tmp_path):
    rows = [["Region", "Population", "Output"], *([ENGLISH[c], 10, 1000] for c in CODES)]
    found = kz.study_areas(write_book(tmp_path / "t.xlsx", rows), options=QUICK)
    assert list(found.columns) == ["population", "output", "output_per1000"]
    assert found.funnels == {}


def test_years_are_described_by_hand(panel):
    found = panel.years["wage_rate"]
    assert (found.first, found.last) == (2019, 2021)
    values = panel.columns["wage_rate"].values
    assert np.allclose(found.change, 0.2 * values[2019])
    assert found.ranks.tolist() == [0] * 20
    assert found.rank_correlation == pytest.approx(1)
    assert found.frame["moved"].dropna().tolist() == [0, 0]
    assert found.frame["mean"].tolist() == pytest.approx(values.mean().tolist())
    assert found.frame["cv"].nunique() == 3 or np.ptp(found.frame["cv"]) < 1e-12
    counts = found.mobility.counts.to_numpy()
    assert counts.sum() == 40
    assert (counts == np.diag(np.diag(counts))).all()
    assert np.isnan(found.mobility.spatial_p)
    assert panel.inapplicable["moves and neighbours, Wage rate"].startswith("40 moves")
    assert panel.found.by_year["year"].tolist() == [2019, 2020, 2021]
    assert np.ptp(panel.found.by_year["statistic"]) < 1e-12


def test_ranks_and_moves_by_hand():
    values = pd.DataFrame({2020: [1.0, 2, 3, 4, 5, 6], 2021: [6.0, 2, 3, 4, 5, 1]}, list("abcdef"))
    found = describe_years(AreaColumn("x", {"en": "x"}, {"en": "u"}, values))
    # a rises from the sixth place to the first, f falls from the first to the sixth
    assert found.ranks.to_dict() == {"a": 5, "b": 0, "c": 0, "d": 0, "e": 0, "f": -5}
    assert found.frame.loc[2021, "moved"] == 2
    assert found.mobility.counts.to_numpy().tolist() == [[1, 0, 1], [0, 2, 0], [1, 0, 1]]
    assert found.rank_correlation == pytest.approx(values.corr("spearman").iloc[0, 1])


def test_giddys_test_is_run_where_it_has_enough_moves():
    from giddy.markov import Spatial_Markov
    from libpysal.weights import lat2W

    rng = np.random.default_rng(8)
    values = pd.DataFrame(rng.normal(size=(100, 12)), columns=range(2010, 2022))
    weights = lat2W(10, 10)
    weights.transform = "r"
    found = describe_years(AreaColumn("x", {"en": "x"}, {"en": "u"}, values), weights).mobility
    peer = Spatial_Markov(values.to_numpy(), weights, fixed=True, k=3, m=3)
    assert found.spatial_p == pytest.approx(peer.Q_p_value)
    assert found.expected > 5


def test_missing_units_stay_missing(tmp_path):
    path = write_book(tmp_path / "t.xlsx", plain_rows()[:15])
    found = kz.study_areas(path, options=QUICK)
    frame = found.patterns["jobs"].local.frame
    assert frame.index.tolist() == found.areas.index.tolist()
    assert (frame["label"] == "suppressed").sum() == 6
    assert found.patterns["jobs"].moran.n_units == 14


def test_a_table_of_own_units_needs_its_boundaries(tmp_path):
    import geopandas as gpd
    from shapely import box

    cells = [box(70 + i % 5, 50 + i // 5, 71 + i % 5, 51 + i // 5) for i in range(25)]
    areas = gpd.GeoDataFrame({"id": range(100, 125)}, geometry=cells, crs=4326)
    rows = [["id", "x"], *([100 + i, (i * 7) % 11] for i in range(25))]
    path = write_book(tmp_path / "t.xlsx", rows)
    found = kz.study_areas(path, boundaries=areas, unit_code="id", options=QUICK)
    assert found.key == "unit_code"
    assert found.graph.cardinalities.max() == 8
    table = kz.read_area_table(path, boundaries=areas, unit_code="id")
    with pytest.raises(CallError, match="units of one's own: expected boundaries"):
        kz.study_areas(table)


def test_plain_names_are_usable_and_each_once():
    titles = ["Доля, %", "Доля", "name", "2019", "Население Қазақстан бойынша өте ұзын атауы", "!"]
    names = list(plain_names(titles).values())
    assert len(set(names)) == len(titles)
    assert all(name.isidentifier() and name == name.lower() and len(name) < 30 for name in names)
    assert names[2] == "v_name"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"language": "fr"}, "language='fr'"),
        ({"n_clusters": 1}, "n_clusters=1"),
        ({"permutations": 0}, "permutations=0"),
    ],
)
def test_options_that_mean_nothing(change, told):
    with pytest.raises(CallError, match=told):
        kz.AreaOptions(**change)


def test_values_with_errors_show_what_their_groups_hang_on(tmp_path):
    rows = [["Region", "Share, %", "Share error"]]
    rows += [[ENGLISH[c], 10.0 * (i // 7) + i / 100, 0.5] for i, c in enumerate(CODES)]
    path = write_book(tmp_path / "t.xlsx", rows)
    options = kz.AreaOptions(permutations=99, draws=60)
    found = kz.study_areas(path, errors={"Share, %": "Share error"}, options=options)
    assert list(found.columns) == ["share"]
    shares = found.groups.co_membership.matrix
    # three heaps 10 apart, errors of 0.5: always together inside, never between
    assert shares.loc["KZ-10", "KZ-11"] == 1
    assert shares.loc["KZ-10", "KZ-79"] == 0
    wide = [["Region", "Share, %", "Share error"], *([*row[:2], 30.0] for row in rows[1:])]
    path = write_book(tmp_path / "u.xlsx", wide)
    found = kz.study_areas(path, errors={"Share, %": "Share error"}, options=options)
    assert 0.1 < found.groups.co_membership.matrix.loc["KZ-10", "KZ-11"] < 0.9
    with pytest.raises(CallError, match="errors='Shares'"):
        kz.study_areas(path, errors={"Shares": "Share error"}, options=options)


def test_groups_keep_to_bounds_of_units_and_of_people(tmp_path):
    rows = [["Region", "Population", "Share, %"]]
    rows += [[ENGLISH[c], 100 * (1 + i % 5), float(i * 3 % 7)] for i, c in enumerate(CODES)]
    path = write_book(tmp_path / "t.xlsx", rows)
    bounded = kz.AreaOptions(permutations=99, floor=4, ceiling=9, n_clusters=3)
    found = kz.study_areas(path, options=bounded).groups
    for kind in ("typology", "regions"):
        sizes = found.by_number[kind, 3].labels.value_counts()
        assert sizes.min() >= 4
        assert sizes.max() <= 9
    by_people = kz.AreaOptions(permutations=99, floor=1500, floor_by="Population", n_clusters=3)
    study = kz.study_areas(path, options=by_people)
    people = study.columns["population"].latest
    assert people.groupby(study.groups.by_number["regions", 3].labels).sum().min() >= 1500


@pytest.mark.parametrize(
    ("kind", "build"),
    [
        ("rook", lambda areas: kz.contiguity(areas, rule="rook")),
        ("k_nearest", kz.k_nearest),
        ("inverse_distance", kz.inverse_distance),
        ("shared_border", kz.shared_border),
        ("second_order", lambda areas: kz.higher_order(kz.contiguity(areas), order=2, lower=True)),
    ],
)
def test_neighbours_are_those_that_were_asked_for(tmp_path, kind, build):
    path = write_book(tmp_path / "t.xlsx", plain_rows())
    found = kz.study_areas(path, options=kz.AreaOptions(permutations=99, neighbours=kind))
    wanted = build(kz.oblasts(detail="light"))
    assert found.graph.adjacency.equals(wanted.adjacency)
    # contiguous groups go by borders all the same
    assert found.touching.n_edges == kz.contiguity(kz.oblasts(detail="light")).n_edges
    peer = kz.moran(found.columns["jobs"].latest, wanted, n_permutations=99)
    assert found.patterns["jobs"].moran.statistic == pytest.approx(peer.statistic)


def test_a_matrix_of_hours_takes_the_neighbours_place(tmp_path):
    rng = np.random.default_rng(2)
    hours = pd.DataFrame(rng.uniform(1, 20, (20, 20)), CODES, CODES)
    hours.to_csv(tmp_path / "hours.csv")
    path = write_book(tmp_path / "t.xlsx", plain_rows())
    found = kz.study_areas(path, matrix=tmp_path / "hours.csv", options=QUICK)
    wanted = kz.from_matrix(hours, kz.oblasts().index)
    assert np.allclose(found.graph.sparse.toarray(), wanted.sparse.toarray())


def test_what_error_alone_leaves_of_an_order():
    rng = np.random.default_rng(3)
    index = [f"u{i}" for i in range(20)]
    level = pd.Series(np.arange(20.0), index)
    values = pd.DataFrame({2020: level, 2021: level[::-1].to_numpy()}, index)
    sd = pd.DataFrame(2.0, index, [2020, 2021])
    column = AreaColumn("x", {"en": "x"}, {"en": "u"}, values)
    found = describe_years(column, errors=sd, seed=5)
    # units change places altogether, while their mean over both years is one: error alone
    # leaves no order either
    assert found.rank_correlation == pytest.approx(-1)
    assert abs(found.by_error[0]) < 0.15
    assert found.frame["sd_error"].tolist() == [2.0, 2.0]
    steady = AreaColumn("x", {"en": "x"}, {"en": "u"}, pd.DataFrame({2020: level, 2021: level}))
    middle, low = describe_years(steady, errors=sd, seed=5).by_error
    draws = [
        pd.Series(level + rng.normal(0, 2, 20)).corr(level + rng.normal(0, 2, 20), "spearman")
        for _ in range(400)
    ]
    assert middle == pytest.approx(np.median(draws), abs=0.03)
    assert low == pytest.approx(np.quantile(draws, 0.05), abs=0.06)
    assert np.isnan(describe_years(steady).by_error[0])

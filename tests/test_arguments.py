"""Arguments of the wrong kind: the result or one line, never a traceback of someone else's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import kz_spatial as kz
from kz_spatial.errors import CallError, InputError, KzSpatialError
from kz_spatial.replication.comparison import agrees
from kz_spatial.replication.printed import Printed, compatible_df, plain_number, recover_counts

FIRMS = kz.join(kz.load_twin(), kz.oblasts())
TABLE = kz.aggregate(FIRMS, by="oblast")
COLUMNS = TABLE[["epayment_share_mean", "co2_monitoring_mean"]]
VALUES = TABLE["epayment_share_mean"]
GRAPH = kz.contiguity(kz.oblasts(detail="light"))
STUDY = {"draws": 0, "permutations": 99}


def run(**options):
    return kz.run_study(options=kz.RunOptions(**(STUDY | options)))


CALLS = {
    "typology": lambda n: kz.typology(COLUMNS, n_clusters=n),
    "regionalise": lambda n: kz.regionalise(COLUMNS, GRAPH, n_clusters=n),
    "optimal_regions": lambda n: kz.optimal_regions(COLUMNS, GRAPH, n_clusters=[n]),
    "choose_n_clusters": lambda n: kz.choose_n_clusters(COLUMNS, n_clusters=[2, n], n_references=5),
    "co_membership": lambda n: kz.co_membership(FIRMS, n_clusters=n, n_draws=3),
    "floor": lambda n: kz.regionalise(COLUMNS, GRAPH, n_clusters=3, floor=n),
    "moran": lambda n: kz.moran(VALUES, GRAPH, n_permutations=n),
    "local_moran": lambda n: kz.local_moran(VALUES, GRAPH, seed=n),
    "resampled_moran": lambda n: kz.resampled_moran(FIRMS, "epayment_share", GRAPH, n_draws=n),
    "aggregate": lambda n: kz.aggregate(FIRMS, min_firms=n),
    "density": lambda n: kz.density(kz.settlements(), bandwidth_m=n, cell_m=100_000),
    "cell_m": lambda n: kz.density(kz.settlements(), bandwidth_m=9e4, cell_m=n),
    "run, n_clusters": lambda n: run(n_clusters=n),
    "run, min_firms": lambda n: run(min_firms=n),
    "run, bandwidth_m": lambda n: run(bandwidth_m=n),
    "run, draws": lambda n: run(draws=n),
}


@pytest.mark.parametrize("wrong", ["3", True, None, [3], float("nan")], ids=repr)
@pytest.mark.parametrize("name", CALLS)
def test_a_number_of_another_kind_is_one_line(name, wrong):
    optional = {"density", "run, min_firms", "moran"}  # None has a meaning there
    if wrong is None and name in optional:
        return
    with pytest.raises(KzSpatialError) as caught:
        CALLS[name](wrong)
    assert len(str(caught.value).splitlines()) == 1
    assert repr(wrong) in str(caught.value)


@pytest.mark.parametrize("name", ["typology", "regionalise", "choose_n_clusters", "aggregate"])
def test_whole_numbers_of_numpy_are_whole_numbers(name):
    CALLS[name](np.int64(3))
    with pytest.raises(CallError, match=r"3\.5"):
        CALLS[name](3.5)


def test_a_w_of_libpysal_serves_where_a_graph_does():
    weights = GRAPH.to_W()
    one = kz.regionalise(COLUMNS, GRAPH, n_clusters=4)
    pd.testing.assert_series_equal(
        kz.regionalise(COLUMNS, weights, n_clusters=4).labels, one.labels
    )
    assert kz.choose_n_clusters(COLUMNS, weights, n_references=0).best == (
        kz.choose_n_clusters(COLUMNS, GRAPH, n_references=0).best
    )
    assert kz.moran(VALUES, weights).p == kz.moran(VALUES, GRAPH).p
    named = COLUMNS.set_axis(["y", "x"], axis=1)
    for graph in (GRAPH, weights):
        tests = kz.lm_tests(named, "y ~ x", graph)
        lag = kz.spatial_lag(named, "y ~ x", graph)
        if graph is GRAPH:
            first, rho = tests, lag.coefficients
    pd.testing.assert_frame_equal(tests, first)
    pd.testing.assert_series_equal(lag.coefficients, rho)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("-18.26", "-18.26"),
        ("\u221218.26", "-18.26"),
        ("\u201318,26", "-18.26"),
        ("0,023", "0.023"),
        ("1 013", "1013"),
        ("1\u00a0013,5", "1013.5"),
        (" 3.20 ", "3.20"),
        ("12,3456", "12.3456"),
    ],
)
def test_printed_numbers_in_any_script(text, plain):
    assert plain_number(text) == plain
    value = Printed.parse(text)
    assert value.low < value.value < value.high
    assert agrees(float(plain), text)


@pytest.mark.parametrize("text", ["1,013", "-1,013", "n/a", "", "1.2.3", "5 %"])
def test_what_is_no_number_in_print_is_one_line(text):
    with pytest.raises(InputError, match=r"^printed number"):
        Printed.parse(text)


def test_print_with_commas_gives_what_points_give():
    assert compatible_df("\u221218,26", "7,97", "0,023") == compatible_df("-18.26", "7.97", "0.023")
    assert recover_counts("31,2", "46,4", 189) == recover_counts("31.2", "46.4", 189)

"""The same in, the same out: whatever the zone, locale, threads, hashing, and order of rows."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack

import numpy as np
import pandas as pd
import pytest
from helpers import ROOT
from table_cases import CODES

from kz_spatial.errors import CallError
from kz_spatial.options import RunOptions
from kz_spatial.output import publish
from kz_spatial.output.area_tables import make_area_tables
from kz_spatial.output.clock import dated, moment, written_now
from kz_spatial.output.tables import make_tables
from kz_spatial.streams import stream_study
from kz_spatial.study import run_study, study_areas
from kz_spatial.survey.twin import load_twin_raw

QUICK = ["--draws", "20", "--permutations", "99", "--cell-km", "25", "--no-progress"]
CALLS = """
import sys
from kz_spatial.cli.main import main
quick = {quick!r}
for call in (
    ["run", "--out", "run", *quick],
    ["areas", {table!r}, "--out", "areas", "--draws", "20", "--permutations", "99"],
    ["compare", "run", "run", "--out", "change"],
):
    if main(call):
        sys.exit(f"{{call}} failed")
"""
ONE = {
    "TZ": "UTC",
    "LC_ALL": "POSIX",
    "PYTHONHASHSEED": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "LOKY_MAX_CPU_COUNT": "1",
}
TWO = {
    "TZ": "Asia/Almaty",
    "LC_ALL": "C.UTF-8",
    "PYTHONHASHSEED": "2",
    "OMP_NUM_THREADS": "4",
    "OPENBLAS_NUM_THREADS": "4",
}
EPOCH = "1700000000"  # 2023-11-14T22:13:20Z, the day after in Almaty


def area_table():
    rng = np.random.default_rng(3)
    values = rng.normal(100, 20, (len(CODES), 3)).round(1)
    return pd.DataFrame(values, index=CODES, columns=["Jobs 2021", "Jobs 2022", "Jobs 2023"])


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    """What two machines make of the same calls."""
    place = tmp_path_factory.mktemp("sites")
    area_table().to_csv(place / "table.csv", index_label="code")
    code = CALLS.format(quick=QUICK, table="../table.csv")
    usual = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}
    usual |= {"PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": EPOCH}
    started = {}
    with ExitStack() as opened:
        for name, own in (("one", ONE), ("two", TWO)):
            (place / name).mkdir()
            log = opened.enter_context((place / f"{name}.log").open("w"))
            call = [sys.executable, "-c", code]
            started[name] = opened.enter_context(
                subprocess.Popen(call, cwd=place / name, env=usual | own, stdout=log, stderr=log)
            )
        codes = {name: each.wait(timeout=600) for name, each in started.items()}
    told = {name: (place / f"{name}.log").read_text("utf-8") for name in codes}
    assert set(codes.values()) == {0}, told
    return place


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "timings.json"
    }


@pytest.mark.parametrize(
    ("bundle", "some"),
    [
        ("run", ("kz_spatial.gpkg", "kz_spatial.qgz", "map.html", "density_firms.tif")),
        ("areas", ("kz_spatial.gpkg", "kz_spatial.qgz", "map.html", "report.html")),
        ("change", ("kz_spatial.gpkg", "figures/changes.png", "figures/changes.svg")),
    ],
)
def test_two_machines_write_the_same_bytes(sites, bundle, some):
    one, two = contents(sites / "one" / bundle), contents(sites / "two" / bundle)
    assert set(some) <= set(one)
    assert set(one) == set(two)
    assert [name for name in one if one[name] != two[name]] == []


def test_seconds_and_the_true_end_are_apart(sites):
    record = json.loads((sites / "one" / "run" / "run.json").read_text("utf-8"))
    assert record["written"] == "2023-11-14T22:13:20Z"
    assert "timings" not in json.dumps(record)
    timings = json.loads((sites / "one" / "run" / "timings.json").read_text("utf-8"))
    assert timings["ended"] > "2024"
    assert timings["seconds"]["cluster"] > 0


def test_a_report_bears_the_day_in_utc(sites):
    for site in ("one", "two"):
        page = (sites / site / "run" / "report.html").read_text("utf-8")
        assert "November 14, 2023" in page
        assert "November 15, 2023" not in page


@pytest.mark.parametrize("told", ["tomorrow", "-1e9", "1e9", "9" * 30])
def test_a_moment_that_is_none_is_refused(told, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", told)
    with pytest.raises(CallError, match=f"SOURCE_DATE_EPOCH={told}: expected whole seconds"):
        moment()


def test_a_record_s_moment_holds_inside_and_the_variable_goes_before_it(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    with dated("2020-02-29T01:02:03Z"):
        assert written_now() == "2020-02-29T01:02:03Z"
        monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        assert written_now() == "2023-11-14T22:13:20Z"
        monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert written_now() > "2024"


OPTIONS = RunOptions(
    draws=20, permutations=99, cell_m=25_000, disclosure="open", parts=("small_areas", "ranks")
)


@pytest.mark.parametrize("ids", [True, False])
def test_the_order_of_a_file_s_rows_changes_no_table(ids, tmp_path):
    raw = load_twin_raw().drop(columns=["a2"] if ids else ["a2", "idstd"])
    tables = []
    for seed in (0, 1):
        raw.sample(frac=1, random_state=seed).to_csv(tmp_path / "survey.csv", index=False)
        study = run_study(tmp_path / "survey.csv", options=OPTIONS)
        tables.append(make_tables(publish(study)))
    assert len(tables[0]) > 10
    for name, table in tables[0].items():
        pd.testing.assert_frame_equal(table, tables[1][name], check_exact=True)


def test_the_order_of_rows_moves_streamed_tables_by_rounding_alone(tmp_path):
    raw = load_twin_raw().drop(columns="a2")
    tables = []
    for seed in (0, 1):
        raw.sample(frac=1, random_state=seed).to_csv(tmp_path / "survey.csv", index=False)
        study = stream_study(tmp_path / "survey.csv", options=OPTIONS, chunk_rows=300)
        tables.append(make_tables(publish(study)))
    for name, table in tables[0].items():
        # the spatial model is fitted by search, which ends where its likelihood is flat
        searched = [each for each in table if each.startswith("spatial") or each == "rho"]
        one, two = (each.drop(columns=searched) for each in (table, tables[1][name]))
        pd.testing.assert_frame_equal(one, two, rtol=1e-9, atol=1e-9)
        pd.testing.assert_frame_equal(
            table[searched], tables[1][name][searched], rtol=1e-6, atol=1e-6
        )


def test_the_order_of_a_table_of_units_changes_no_table(tmp_path):
    found = []
    for seed in (0, 1):
        shuffled = area_table().sample(frac=1, random_state=seed)
        shuffled.to_csv(tmp_path / "table.csv", index_label="code")
        found.append(make_area_tables(study_areas(tmp_path / "table.csv")))
    assert len(found[0]) > 5
    for name, table in found[0].items():
        pd.testing.assert_frame_equal(table, found[1][name], check_exact=True)

"""The same sums on a cluster of this machine, and what a worker's death changes: nothing."""

from __future__ import annotations

import importlib.util
import os
import signal
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from stream_cases import REGISTER, options, write_register

import kz_spatial as kz
from kz_spatial.cli.main import main
from kz_spatial.errors import CallError, SurveyError
from kz_spatial.streams import RowProgress, dask_runs

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def distributed():
    if importlib.util.find_spec("distributed") is None:
        if os.environ.get("KZ_REQUIRE_ALL") == "1":
            pytest.fail("distributed is missing and KZ_REQUIRE_ALL=1")
        pytest.skip("distributed is missing")
    import distributed

    return distributed


@pytest.fixture(scope="module")
def cluster(distributed):
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    ) as made:
        yield made


@pytest.fixture(scope="module")
def register(tmp_path_factory):
    return write_register(tmp_path_factory.mktemp("dask") / "register.parquet", rows_a_group=250)


@pytest.fixture(scope="module")
def alone(register):
    return kz.stream_study(register, options=options())


def assert_same(found, expected):
    for level, table in expected.tables.items():
        numbers = table.select_dtypes("number").astype(float)
        np.testing.assert_allclose(
            found.tables[level][numbers.columns].astype(float), numbers, rtol=1e-9
        )
    own, other = (each.fits["corrected"].table("cr2") for each in (found, expected))
    np.testing.assert_allclose(own, other, rtol=1e-9)
    for name, surface in expected.surfaces.items():
        np.testing.assert_allclose(
            found.surfaces[name].values, surface.values, rtol=2e-7, atol=1e-9
        )


def test_many_partitions_agree_with_one(register, alone, cluster, tmp_path):
    rows = RowProgress(None, wanted=False)
    found = kz.stream_study(register, options=options(), dask=cluster.scheduler_address, rows=rows)
    assert_same(found, alone)
    assert rows.done == len(REGISTER)
    one = write_register(tmp_path / "one.parquet", rows_a_group=len(REGISTER))
    assert_same(kz.stream_study(one, options=options(), dask=cluster.scheduler_address), alone)


def test_shares_are_runs_of_parts_that_lose_none():
    parts = [SimpleNamespace(n_rows=n) for n in (5, 1, 1, 1, 9, 2, 3)]
    shares = dask_runs._shares(parts, 3)
    assert [each for share in shares for each in share] == parts
    assert 2 <= len(shares) <= 4
    assert all(shares)


def test_a_worker_killed_in_mid_run_changes_nothing(register, alone, cluster, monkeypatch):
    """One worker is killed, by the system, once it has made something and while it makes more."""
    pids = [each.pid for each in cluster.workers.values()]
    killed = []
    real = dask_runs.sum_share

    def slow(plan, parts):
        time.sleep(0.4)
        return real(plan, parts)

    def kill():
        time.sleep(1.5)
        os.kill(pids[0], signal.SIGKILL)
        killed.append(pids[0])

    monkeypatch.setattr(dask_runs, "sum_share", slow)
    thread = threading.Thread(target=kill)
    thread.start()
    started = time.perf_counter()
    found = kz.stream_study(register, options=options(), dask=cluster.scheduler_address)
    seconds = time.perf_counter() - started
    thread.join()
    assert killed, "the run was over before a worker could be killed"
    assert seconds > 1.5
    assert killed[0] not in [each.pid for each in cluster.workers.values()]
    assert_same(found, alone)


def test_a_fault_on_a_worker_is_the_fault_of_the_file(cluster, tmp_path):
    table = REGISTER.copy()
    table.loc[4321, "k33"] = 140.0
    path = write_register(tmp_path / "faulty.parquet", table, 500)
    with pytest.raises(SurveyError) as found:
        kz.stream_study(path, options=options(), dask=cluster.scheduler_address)
    assert len(found.value.faults) == 1
    assert "row 4322, column k33: found 140" in found.value.faults[0]


def test_a_worker_without_the_package_is_one_line(distributed):
    client = SimpleNamespace(run=lambda _: {"tcp://a:1": kz.__version__, "tcp://b:2": None})
    with pytest.raises(CallError, match="worker tcp://b:2: found no kz_spatial, expected kz_sp"):
        dask_runs._check_workers(client)
    client = SimpleNamespace(run=lambda _: {"tcp://a:1": "0.0.1"})
    with pytest.raises(CallError, match=r"worker tcp://a:1: found kz_spatial 0\.0\.1"):
        dask_runs._check_workers(client)
    client = SimpleNamespace(run=lambda _: {})
    with pytest.raises(CallError, match="without workers"):
        dask_runs._check_workers(client)


def test_a_real_worker_that_cannot_import_it_is_found(distributed, tmp_path, monkeypatch):
    """A worker whose path has a package of that name hidden from it."""
    block = tmp_path / "sitecustomize.py"
    block.write_text(
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'kz_spatial':\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None, processes=True
        ) as made,
        distributed.Client(made, set_as_default=False) as client,
        pytest.raises(CallError, match="found no kz_spatial, expected"),
    ):
        dask_runs._check_workers(client)


def test_text_and_lost_schedulers_are_one_line(distributed, tmp_path, capsys, monkeypatch):
    path = write_register(tmp_path / "a.csv")
    words = ["run", str(path), "--out", str(tmp_path / "o"), "--dask", "local"]
    assert main(words) == 2
    assert "a text file is read from its start" in capsys.readouterr().err
    monkeypatch.setattr(dask_runs, "_WAIT", "1s")
    parquet = write_register(tmp_path / "a.parquet")
    words = ["run", str(parquet), "--out", str(tmp_path / "o"), "--dask", "tcp://127.0.0.1:9"]
    assert main(words) == 2
    err = capsys.readouterr().err.strip().splitlines()
    assert len(err) == 1
    assert "found no scheduler there" in err[0]


def test_without_dask_it_says_what_to_install(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    path = write_register(tmp_path / "a.parquet")
    words = ["run", str(path), "--out", str(tmp_path / "o"), "--dask", "local"]
    assert main(words) == 2
    assert "pip install kz-spatial[dask]" in capsys.readouterr().err

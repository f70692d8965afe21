"""Runs that are stopped or meet a full disk: one line, the right exit code, nothing left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from helpers import ROOT

from kz_spatial.cli import main as cli
from kz_spatial.errors import CallError, InputError
from kz_spatial.output import Stopped, run, stoppable
from kz_spatial.output import room as rooms
from kz_spatial.output.folders import whole_or_absent, write_record
from kz_spatial.output.interruption import undisturbed
from kz_spatial.output.room import full_disk_told

QUICK = ["--draws", "0", "--permutations", "99", "--cell-km", "25"]
ENDS = [(signal.SIGTERM, 143), (signal.SIGHUP, 129)]


def start(*arguments, at=ROOT, **environment):
    """The command in a process of its own, by the package that lies in a folder."""
    command = [sys.executable, "-m", "kz_spatial.cli", *map(str, arguments)]
    told = {**os.environ, "PYTHONPATH": str(at), **environment}
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=at, env=told, **pipes)


@pytest.mark.parametrize(("number", "code"), ENDS)
@pytest.mark.parametrize("times", [1, 2])
def test_a_run_that_is_stopped_leaves_nothing(number, code, times, tmp_path):
    out, own = tmp_path / "made" / "out", tmp_path / "own"
    own.mkdir()
    child = start("run", "--out", out, *QUICK, TMPDIR=str(own))
    # it writes when its hidden folder is there
    until = time.monotonic() + 120
    while not (
        out.parent.is_dir() and any(".kz-new-" in each.name for each in out.parent.iterdir())
    ):
        assert child.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    for _ in range(times):
        child.send_signal(number)
        time.sleep(0.02)
    last = child.communicate(timeout=120)[1].splitlines()[-1]
    assert child.returncode == code
    name = signal.Signals(number).name
    assert last == f"kz-spatial: stopped by {name}; nothing half-written stays"
    assert list(out.parent.iterdir()) == []
    assert list(own.iterdir()) == []


@pytest.mark.parametrize(("number", "code"), [*ENDS, (signal.SIGINT, None)])
def test_a_signal_waits_until_a_bundle_stands(number, code, tmp_path, monkeypatch):
    out = tmp_path / "out"
    from kz_spatial.output import folders

    plain = folders._swap

    def swap(holder, target):
        signal.raise_signal(number)
        plain(holder, target)

    monkeypatch.setattr(folders, "_swap", swap)
    for text in ("old", "new"):
        expected = (Stopped, KeyboardInterrupt) if text == "new" else ()
        try:
            with stoppable(), whole_or_absent(out, overwrite=True) as folder:
                (folder / "a.txt").write_text(text, "utf-8")
                write_record(folder, {})
        except (Stopped, KeyboardInterrupt) as stop:
            assert isinstance(stop, expected)  # noqa: PT017
            assert getattr(stop, "exit_code", None) == code  # noqa: PT017
    assert (out / "a.txt").read_text("utf-8") == "new"
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_handlers_are_given_back_and_nohup_is_heeded():
    before = signal.getsignal(signal.SIGTERM)
    old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable():
            assert signal.getsignal(signal.SIGTERM) != before
            signal.raise_signal(signal.SIGHUP)  # ignored, as under nohup
        with undisturbed():
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, old)
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_step_that_fails_hands_a_waiting_signal_on():
    def fail():
        with stoppable(), undisturbed():
            signal.raise_signal(signal.SIGTERM)
            raise ValueError("meanwhile")

    with pytest.raises(Stopped) as caught:
        fail()
    assert isinstance(caught.value.__context__, ValueError)


def test_a_run_where_nothing_can_be_kept(tmp_path):
    """The package and the home that numba would keep its code in cannot be written."""
    place = tmp_path / "place"
    skip = shutil.ignore_patterns("__pycache__")
    for name in ("kz_spatial", "boundaries"):
        shutil.copytree(ROOT / name, place / name, ignore=skip)
    for folder in [place / "kz_spatial", *(place / "kz_spatial").rglob("*/")]:
        if folder.is_dir():
            (folder / "__pycache__").touch()  # a file in its way, since root may write anywhere
    homes = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "LOCALAPPDATA")
    nowhere = dict.fromkeys(homes, os.devnull + "/home")
    child = start("run", "--out", tmp_path / "out", *QUICK, at=place, **nowhere)
    told = child.communicate(timeout=240)[1]
    assert child.returncode == 0, told
    assert (tmp_path / "out" / "report.html").is_file()
    assert all(each.is_file() for each in place.rglob("__pycache__"))


# full disks


def test_a_writer_with_words_of_its_own_is_asked_what_the_disk_says(tmp_path, monkeypatch):
    monkeypatch.setattr(rooms, "_ROOM", 1600)
    with pytest.raises(ValueError, match="own fault"), full_disk_told(tmp_path):
        raise ValueError("own fault")
    assert list(tmp_path.iterdir()) == []

    def full(path, mode):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rooms.Path, "open", full)
    with pytest.raises(OSError, match="No space left"), full_disk_told(tmp_path):
        raise ValueError("Failed to commit transaction")
    with pytest.raises(InputError, match="a fault"), full_disk_told(tmp_path):
        raise InputError("a fault of the data")


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 300 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(place)]
    if os.name != "posix" or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize(
    "call",
    [
        ["run", "--out", "out", *QUICK],
        ["join", "points.csv", "--out", "joined.gpkg"],
        ["join", "points.csv", "--out", "joined.csv"],
        ["density", "points.csv", "--out", "density.tif", "--cell-km", "2", "--disclosure", "open"],
        ["plugin", "--out", "plugin.zip"],
    ],
)
def test_a_full_disk_is_one_line(call, small_disk, tmp_path, capfd):
    rows = "".join(f"{66 + i / 2000},{46 + i / 4000},{'x' * 80}\n" for i in range(10_000))
    (tmp_path / "points.csv").write_text("longitude,latitude,t\n" + rows, "utf-8")
    (small_disk / "fill").write_bytes(bytes(250_000))
    where = call.index("--out") + 1
    out = small_disk / call[where]
    call = [*call[:where], str(out), *call[where + 1 :]]
    if call[0] in ("join", "density"):
        call[1] = str(tmp_path / "points.csv")
    assert cli.main(call) == 2
    lines = capfd.readouterr().err.splitlines()
    assert [line for line in lines if not line.startswith("note: ")] == [
        f"kz-spatial: {out}: cannot be written: No space left on device"
    ]
    assert [each.name for each in small_disk.iterdir()] == ["fill"]


def test_a_name_that_is_no_text_is_refused_at_once(tmp_path):
    with pytest.raises(CallError, match="is no text in UTF-8, expected a name that is"):
        run(out=tmp_path / os.fsdecode(b"f\xe9r"))
    assert list(tmp_path.iterdir()) == []

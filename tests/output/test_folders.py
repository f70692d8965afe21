"""Folders whole or absent: what was the reader's stays, two runs do not meet, umask is heeded."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from helpers import ROOT

from kz_spatial.errors import CallError
from kz_spatial.output import folders
from kz_spatial.output.folders import whole_or_absent, write_record


def write(out, text="new", *, overwrite=True, meanwhile=None):
    """A small bundle of three files; `meanwhile` happens while it is written."""
    with whole_or_absent(out, overwrite=overwrite) as folder:
        (folder / "tables").mkdir()
        (folder / "a.txt").write_text(text, "utf-8")
        (folder / "tables" / "b.csv").write_text(text, "utf-8")
        if meanwhile:
            meanwhile()
        write_record(folder, {"text": text})
    return out


def texts(out):
    found = (p for p in out.rglob("*") if p.is_file() and p.name != "run.json")
    return {p.relative_to(out).as_posix(): p.read_text("utf-8") for p in found}


@pytest.fixture(params=["exchange", "rename"])
def way(request, monkeypatch):
    if request.param == "rename":
        monkeypatch.setattr(folders, "_renameat2", lambda: None)
    return request.param


def test_what_a_bundle_does_not_own_stays(tmp_path, way):
    out = write(tmp_path / "out", "old")
    (out / "notes.txt").write_text("mine", "utf-8")
    (out / "mine").mkdir()
    (out / "mine" / "map.qgz").write_text("project", "utf-8")
    (out / "a.txt").write_text("edited", "utf-8")
    write(out)
    assert texts(out) == {
        "a.txt": "new",
        "tables/b.csv": "new",
        "notes.txt": "mine",
        "mine/map.qgz": "project",
        "kept/a.txt": "edited",
    }
    write(out, "newer")
    assert texts(out)["kept/a.txt"] == "edited"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_geopackage_that_is_open_keeps_its_log(tmp_path, way):
    out = write(tmp_path / "out", "old")
    (out / "a.txt-wal").write_text("edits not yet in the file", "utf-8")
    (out / "a.txt-shm").write_text("", "utf-8")
    write(out)
    found = texts(out)
    assert found["a.txt"] == "new"
    assert "a.txt-wal" not in found
    assert found["kept/a.txt"] == "old"
    assert found["kept/a.txt-wal"] == "edits not yet in the file"


def test_files_put_there_while_a_run_is_under_way_are_not_lost(tmp_path):
    out = tmp_path / "out"

    def meanwhile():
        out.mkdir()
        (out / "mine.txt").write_text("mine", "utf-8")

    with pytest.raises(CallError, match="exists already, expected a new folder"):
        write(out, overwrite=False, meanwhile=meanwhile)
    assert texts(out) == {"mine.txt": "mine"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_two_runs_into_one_name_do_not_both_succeed(tmp_path):
    out = tmp_path / "out"

    def meanwhile():
        code = (
            "import sys; from pathlib import Path; from kz_spatial.output.folders import *\n"
            "try:\n    with whole_or_absent(Path(sys.argv[1]), overwrite=True): print('in')\n"
            "except Exception as error: print(error)"
        )
        told = subprocess.run(
            [sys.executable, "-c", code, str(out)], capture_output=True, text=True, check=True
        )
        assert told.stdout.strip() == f"{out}: another run is writing it, expected it to end first"

    write(out, meanwhile=meanwhile)
    assert texts(out)["a.txt"] == "new"
    write(out, "again")  # the lock is free after it
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_run_that_fails_leaves_the_old_bundle_and_nothing_else(tmp_path, way):
    out = write(tmp_path / "out", "old")

    def meanwhile():
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        write(out, meanwhile=meanwhile)
    assert texts(out) == {"a.txt": "old", "tables/b.csv": "old"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_full_disk_is_one_line(tmp_path):
    def meanwhile():
        raise OSError(28, "No space left on device")

    with pytest.raises(CallError, match=r"out: cannot be written: No space left on device"):
        write(tmp_path / "out", meanwhile=meanwhile)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_the_umask_is_heeded(tmp_path, mask):
    before = os.umask(mask)
    try:
        out = write(tmp_path / "out")
    finally:
        os.umask(before)
    assert out.stat().st_mode & 0o777 == 0o777 & ~mask


def test_the_manifest_lists_every_file(tmp_path):
    out = write(tmp_path / "out")
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert set(record["files"]) == {"a.txt", "tables/b.csv"}


def test_kills_in_short_form():
    """The long form is `make kills`."""
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "kills.py", "--random", "4", "--aimed", "12"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("12 moments of the swap, 0 faults") == 3

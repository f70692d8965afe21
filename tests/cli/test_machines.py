"""Machines of users: nothing to write but the target, no home, no network, names with spaces."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from helpers import ROOT

from kz_spatial.survey.twin import load_twin_raw

QUICK = ["--draws", "5", "--permutations", "99", "--cell-km", "25", "--parts", "core"]
# a socket that leads out of the machine is a fault, whoever opens it and whatever catches it
GUARD = """
import os, socket, sys
real = socket.socket.connect
def connect(self, address):
    if self.family != socket.AF_UNIX:
        print(f"asked the network for {address}", flush=True)
        os._exit(99)
    return real(self, address)
socket.socket.connect = connect
socket.getaddrinfo = lambda *a, **k: (print(f"asked for the address of {a}"), os._exit(99))
if sys.argv[1:] == ["probe"]:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
from kz_spatial.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def run(call, cwd, before=(), env=None, **more):
    usual = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*before, sys.executable, *call],
        cwd=cwd,
        env=usual if env is None else env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=400,
        **more,
    )
    return done.returncode, done.stdout + done.stderr


def test_paths_with_spaces_and_cyrillic(tmp_path):
    place = tmp_path / "Мои отчёты 2024 — Қазақстан"
    place.mkdir()
    raw = load_twin_raw().drop(columns="a2")
    raw.to_csv(place / "сауалнама (жаңа).csv", index=False)
    made = place / "нәтиже бір"
    call = ["-m", "kz_spatial.cli", "run", "сауалнама (жаңа).csv", "--out", made.name]
    code, told = run([*call, "--disclosure", "open", *QUICK], place)
    assert code == 0, told
    assert json.loads((made / "run.json").read_text("utf-8"))["source"] == "сауалнама (жаңа).csv"
    assert (made / "kz_spatial.gpkg").stat().st_size > 100_000
    again = ["-m", "kz_spatial.cli", "run", "сауалнама (жаңа).csv", "--from", "нәтиже бір"]
    code, told = run([*again, "--out", "нәтиже екі"], place)
    assert code == 0, told
    assert "other than recorded" not in told
    call = ["-m", "kz_spatial.cli", "compare", "нәтиже бір", "нәтиже екі", "--out", "өзгеріс"]
    code, told = run(call, place)
    assert code == 0, told


def test_nothing_can_be_written_but_the_target_and_there_is_no_home(tmp_path):
    """A package on a disk that is read only, and a home that is neither there nor anywhere."""
    package, place, home = tmp_path / "package", tmp_path / "place", tmp_path / "home"
    unwanted = shutil.ignore_patterns("__pycache__", "results", ".git")
    for name in ("kz_spatial", "boundaries", "qgis_plugin"):
        shutil.copytree(ROOT / name, package / name, ignore=unwanted)
    place.mkdir()
    home.mkdir()
    bound = "".join(
        f"mount --bind '{each}' '{each}' && mount -o remount,ro,bind '{each}' && "
        for each in (package, home)
    )
    before = ["unshare", "-rm", "sh", "-c", f'{bound}exec "$@"', "sh"]
    usable = (
        shutil.which("unshare") and not subprocess.run([*before, "true"], check=False).returncode
    )
    if not usable:
        pytest.skip("this system lets no process have mounts of its own")
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(package), "TMPDIR": str(place)}
    env |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    call = ["-m", "kz_spatial.cli", "run", "--out", "results", *QUICK]
    code, told = run(call, place, before=before, env=env)
    assert code == 0, told
    assert (place / "results" / "map.html").is_file()
    # libpysal puts its folder of examples with temporary files where there is no home
    assert {each.name for each in place.iterdir()} - {"pysal"} == {"results"}
    probe = f"open({str(package / 'x')!r}, 'w')"
    assert "Read-only file system" in run(["-c", probe], place, before=before, env=env)[1]
    code, told = run(["-m", "kz_spatial.cli", "doctor"], place, before=before, env=env)
    assert code in (0, 1), told
    assert "folder for compiled code: none can be written; set NUMBA_CACHE_DIR" in told


def test_a_run_asks_no_network_in_a_namespace_without_one(tmp_path):
    unshare = shutil.which("unshare")
    alone = [unshare, "-rn"]
    if unshare is None or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("this system lets no process have a network of its own")
    probe = "import socket; socket.create_connection(('127.0.0.1', 9), timeout=5)"
    code, told = run(["-c", probe], tmp_path, before=alone)
    assert code != 0
    assert "Network is unreachable" in told
    code, told = run(["-m", "kz_spatial.cli", "run", "--out", "x", *QUICK], tmp_path, before=alone)
    assert code == 0, told
    assert (tmp_path / "x" / "report.html").is_file()


def test_a_run_opens_no_socket_that_leads_out(tmp_path):
    code, told = run(["-c", GUARD, "probe"], tmp_path)
    assert code == 99, told
    code, told = run(["-c", GUARD, "run", "--out", "x", *QUICK], tmp_path)
    assert code == 0, told

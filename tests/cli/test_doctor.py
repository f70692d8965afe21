"""`kz-spatial doctor`, `completion`, and exit codes as docs and `--help` tell them."""

import os
import re
import shutil
import signal
import subprocess
import sys

import pytest
from helpers import ROOT

from kz_spatial.cli import doctor
from kz_spatial.cli import main as cli


def lines(capsys):
    return capsys.readouterr().out.splitlines()


def test_doctor_finds_what_runs_need(capsys):
    assert cli.main(["doctor"]) == 0
    found = lines(capsys)
    assert found[-1] == "runs can be made"
    assert found[0].startswith(f"ok     Python: {sys.version.split()[0]}")
    told = {line[7:].partition(":")[0].split(" 0")[0] for line in found[:-1]}
    assert told >= {"libraries of kz-spatial", "browser that prints", "QGIS", "extra dask"}


def test_a_library_that_is_missing_or_old_is_a_fault(monkeypatch, capsys):
    asked = ["numpy>=99", "no-such-library>=1", "pandas>=1", 'absent>=1; extra == "dask"']
    monkeypatch.setattr(doctor, "requires", lambda _: asked)
    assert cli.main(["doctor"]) == 1
    found = lines(capsys)
    (line,) = [each for each in found if "libraries" in each]
    assert line.startswith("FAULT  libraries")
    assert re.search(
        r"numpy is [\d.]+, expected >=99; no-such-library is missing; pip install", line
    )
    assert "pandas" not in line
    assert "absent" not in line  # an extra's
    assert found[-1] == "something that every run needs is missing"


def test_what_only_some_runs_ask_for_is_no_fault(monkeypatch, capsys):
    monkeypatch.setenv("KZ_BROWSER", "no-such-browser")
    monkeypatch.setattr(doctor, "_QGIS_PYTHONS", ("no-such-python",))
    monkeypatch.setattr(doctor, "_EXTRAS", {"dask": ("no_such_module",)})
    assert cli.main(["doctor"]) == 0
    found = "\n".join(lines(capsys))
    assert "absent browser that prints: found no browser that prints (KZ_BROWSER=no-such-b" in found
    assert "absent QGIS: no Python here imports it" in found
    assert "absent extra dask: not installed; pip install 'kz-spatial[dask]'" in found


def test_doctor_names_the_folder_of_compiled_code(monkeypatch, tmp_path):
    code = "from kz_spatial.cli.doctor import _cache; print(_cache().line())"
    env = os.environ | {"PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path / "kept")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"ok     folder for compiled code: {tmp_path / 'kept'}")


BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_kz_spatial
echo "${COMPREPLY[@]}"
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is missing")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["d"], "design density doctor"),
        (["run", "--fr"], "--from"),
        (["areas", "t.csv", "--classes", "na"], "natural_breaks"),
        (["run", "--coding", ""], "corrected as-published"),
        (["check", "--coding", ""], ""),  # check has no such option, so files are offered
        (["run", "sur"], ""),
    ],
)
def test_bash_completes_commands_options_and_choices(typed, offered, tmp_path, capsys):
    assert cli.main(["completion", "bash"]) == 0
    (tmp_path / "script").write_text(capsys.readouterr().out, "utf-8")
    call = ["bash", "-c", BASH, "bash", str(tmp_path / "script"), "kz-spatial", *typed]
    done = subprocess.run(call, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == offered
    assert done.stderr == ""


def test_zsh_reads_the_script_of_bash(capsys):
    assert cli.main(["completion", "zsh"]) == 0
    first, _, rest = capsys.readouterr().out.partition("\n")
    assert first == "autoload -U +X bashcompinit && bashcompinit"
    assert cli.main(["completion", "bash"]) == 0
    assert capsys.readouterr().out == rest


COMMANDS = (
    *("run", "areas", "check", "audit", "design", "compare", "join", "density", "plugin"),
    *("doctor", "completion"),
)


@pytest.mark.parametrize("command", [[], *([each] for each in COMMANDS)])
def test_every_help_ends_with_the_exit_codes(command, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main([*command, "--help"])
    assert stop.value.code == 0
    last = " ".join(capsys.readouterr().out.rpartition("\n\n")[2].split())
    assert last.startswith("Exit codes: 0 done; 1 the data are at fault")
    assert "129 and 143" in last
    assert "docs/exit-codes.md" in last
    assert (ROOT / "docs" / "exit-codes.md").is_file()


def documented():
    text = (ROOT / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\d, ]+) \| (.*?) \| (.*) \|$", text, re.MULTILINE)
    return [(code, when, told) for codes, when, told in rows for code in codes.split(", ")]


def test_the_page_tells_of_every_code():
    assert {code for code, *_ in documented()} == {"0", "1", "2", "129", "143"}


@pytest.mark.parametrize(("name", "code"), [("SIGHUP", 129), ("SIGTERM", 143), ("SIGINT", 2)])
def test_signals_end_with_the_code_that_the_page_tells(name, code, tmp_path):
    call = [sys.executable, "-m", "kz_spatial.cli", "run", "--out", "out", "--progress-lines"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(call, cwd=tmp_path, env=env, stderr=subprocess.PIPE, text=True) as run:
        for line in run.stderr:
            if "aggregate" in line:  # at work, its handlers in place
                break
        run.send_signal(getattr(signal, name))
        told = run.stderr.read()
        assert run.wait(timeout=120) == code, told
    assert ("stopped; nothing was written" if name == "SIGINT" else f"stopped by {name}") in told
    assert list(tmp_path.iterdir()) == []
    assert str(code) in {each for each, *_ in documented()}

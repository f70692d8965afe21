"""The command `areas`: what it prints, and how it fails."""

import json

import pytest
from table_cases import ENGLISH, plain_rows, write_book

from kz_spatial.cli.main import main


def test_a_table_becomes_a_bundle_and_what_was_assumed_is_printed(tmp_path, capsys):
    path = write_book(tmp_path / "jobs.xlsx", [*plain_rows(), ["Source: made up"]])
    out = tmp_path / "out"
    assert main(["areas", str(path), "--out", str(out), "--permutations", "99"]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[0] == f"{out}: 1 columns"
    assert "note: sheet 'Sheet1': heading in row 1, units in column A ('Region')" in told.err
    assert "left out: row 22: 'Source: made up' holds no number" in told.err
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["layers"][0] == "oblasts"


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (["--sheet", "2"], 2, "--sheet='2': expected one of 'Sheet1'"),
        (["--columns", "Work"], 2, "--columns 'Work': expected one of 'Jobs'"),
        (["--boundaries", "x.gpkg"], 2, "boundaries and unit_code go together"),
        (["--errors", "Jobs"], 2, "--errors 'Jobs': expected KEY=VALUE"),
        (["--clusters", "1"], 2, "n_clusters=1"),
        (["--lang", "fr"], 2, "--lang='fr'"),
    ],
)
def test_calls_that_cannot_be_carried_out(tmp_path, capsys, args, code, told):
    path = write_book(tmp_path / "t.xlsx", plain_rows())
    assert main(["areas", str(path), "--out", str(tmp_path / "out"), *args]) == code
    lines = capsys.readouterr().err.splitlines()
    assert told in lines[-1]
    assert not (tmp_path / "out").exists()


def test_a_table_at_fault_leaves_nothing(tmp_path, capsys):
    rows = plain_rows()
    rows[3][0] = "Atlantis"
    path = write_book(tmp_path / "t.xlsx", rows)
    assert main(["areas", str(path), "--out", str(tmp_path / "out")]) == 1
    assert "row 4: unknown region 'Atlantis'" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["t.xlsx"]
    assert ENGLISH

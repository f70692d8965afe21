"""`kz-spatial run --from run.json`: a run repeated from its record."""

import json

import pytest

from kz_spatial.cli import main as cli
from kz_spatial.options import RunOptions
from kz_spatial.output import read_run
from kz_spatial.survey.twin import load_twin_raw

QUICK = ["--draws", "10", "--permutations", "99", "--cell-km", "25", "--parts", "core"]
ASKED = ["--seed", "7", "--clusters", "2", "--lang", "kk", "--coding", "as-published"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A survey whose columns have other names, and a run on it."""
    place = tmp_path_factory.mktemp("repeat")
    raw = load_twin_raw().drop(columns="a2").rename(columns={"k33": "pay"})
    raw.assign(year=[2019, *[2024] * (len(raw) - 1)]).to_csv(place / "survey.csv", index=False)
    call = ["run", str(place / "survey.csv"), "--item", "k33=pay", "--where", "year=2024"]
    call += ["--disclosure", "open", "--out", str(place / "first"), *QUICK, *ASKED]
    assert cli.main(call) == 0
    return place


def repeat(place, survey, *more, out="again"):
    survey = [] if survey is None else [str(place / survey)]
    return cli.main(
        ["run", *survey, "--from", str(place / "first"), "--out", str(place / out), *more]
    )


def refused(capsys):
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_repeated_run_is_the_same_byte_for_byte(place, capsys):
    assert repeat(place, "survey.csv") == 0
    record = json.loads((place / "first" / "run.json").read_text("utf-8"))
    n = len(record["files"])
    assert n > 50
    assert f"{n} of {n} files are, byte for byte, those of" in capsys.readouterr().out
    names = [*record["files"], "run.json"]
    same = [(place / "first" / x).read_bytes() == (place / "again" / x).read_bytes() for x in names]
    assert all(same)
    assert record["options"]["seed"] == 7
    assert record["n_firms"] == 1012


def test_the_record_tells_what_was_asked_not_what_was_settled(place):
    found = read_run(place / "first" / "run.json")
    assert found.options == RunOptions(
        coding="as-published", language="kk", seed=7, permutations=99, draws=10, n_clusters=2,
        disclosure="open", parts=(), cell_m=25_000,
    )  # fmt: skip
    assert found.reading == {"items": {"k33": "pay"}, "where": {"year": "2024"}}


def test_another_file_is_refused_and_taken_where_told(place, capsys):
    text = (place / "survey.csv").read_text("utf-8")
    (place / "other.csv").write_text(text.replace("700002,71,1,", "700002,71,2,"), "utf-8")
    assert (place / "other.csv").read_text("utf-8") != text
    assert repeat(place, "other.csv", out="other") == 2
    line = refused(capsys)
    assert "other.csv: is not the file of" in line
    assert "sha256" in line
    assert "--other-file takes it all the same" in line
    assert not (place / "other").exists()
    assert repeat(place, "other.csv", "--other-file", out="other") == 0
    told = capsys.readouterr()
    assert "note: " in told.err
    assert "is not the file of" in told.err
    assert "other than recorded: " in told.out
    assert "report.html" in told.out


@pytest.mark.parametrize(
    ("more", "found"),
    [
        (["--seed", "8"], "--seed"),
        (["--bandwidth-km", "60"], "--bandwidth-km"),
        (["--where", "year=2019"], "--where"),
        (["--lang", "ru"], "--lang"),
        (["--parts", "all"], "--parts"),
    ],
)
def test_what_the_record_holds_is_not_said_again(place, more, found, capsys):
    assert repeat(place, "survey.csv", *more, out="no") == 2
    assert f"found {found} beside it" in refused(capsys)


def test_a_run_on_a_file_asks_for_that_file(place, capsys):
    assert repeat(place, None, out="no") == 2
    assert "is a run on survey.csv, found no file, expected that file" in refused(capsys)
    assert repeat(place, "absent.csv", out="no") == 2
    assert "absent.csv: no such file" in refused(capsys)


def edited(place, tmp_path, change):
    record = json.loads((place / "first" / "run.json").read_text("utf-8"))
    change(record)
    (tmp_path / "run.json").write_text(json.dumps(record), "utf-8")
    return str(tmp_path / "run.json")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda r: r.pop("asked"), "is no record of what was asked"),
        (lambda r: (r.pop("asked"), r.update(kind="areas")), "is a record of areas"),
        (lambda r: r["asked"]["options"].update(speed=9), "asked.options.speed is no option"),
        (lambda r: r.pop("design"), "is not whole ('design')"),
    ],
)
def test_a_record_that_is_none_is_one_line(place, change, said, tmp_path, capsys):
    record = edited(place, tmp_path, change)
    survey = str(place / "survey.csv")
    assert cli.main(["run", survey, "--from", record, "--out", str(tmp_path / "no")]) == 1
    assert said in refused(capsys)
    assert not (tmp_path / "no").exists()


def test_a_record_without_a_checksum_is_taken_with_a_note(place, tmp_path):
    record = read_run(edited(place, tmp_path, lambda r: r.update(sha256=None)))
    assert "holds no checksum of survey.csv" in record.check_source("anything.csv")


def test_a_layer_of_one_s_own_is_asked_for(place, tmp_path, capsys):
    record = edited(place, tmp_path, lambda r: r["own"].append({"name": "spread"}))
    survey = str(place / "survey.csv")
    assert cli.main(["run", survey, "--from", record, "--out", str(tmp_path / "no")]) == 2
    assert "has a layer 'spread' of one's own, expected --extend" in refused(capsys)


def test_other_file_stands_with_from_alone(tmp_path, capsys):
    assert cli.main(["run", "--other-file", "--out", str(tmp_path / "no")]) == 2
    assert "--other-file: expected --from run.json beside it" in refused(capsys)

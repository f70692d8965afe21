"""`kz-spatial join` and others on tables of every kind: every row and column, or one line."""

from __future__ import annotations

import os

import geopandas as gpd
import numpy as np
import pandas as pd
import pyreadstat
import pytest

from kz_spatial.cli import main as cli
from kz_spatial.survey.twin import load_twin_raw

TABLE = pd.DataFrame({"id": ["01", "1", "2"], "region": ["Abai", "г. Алматы", "Shymkent"]})
CODES = ["KZ-10", "KZ-75", "KZ-79"]


def _join(source, out, *more):
    return cli.main(["join", str(source), "--out", str(out), *more])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("t.csv", {"sep": "|", "encoding": "utf-16"}),
        ("t.tsv", {"sep": "\t", "encoding": "cp1251"}),
        ("t.xlsx", {}),
        ("t.parquet", {}),
        ("t.dta", {}),
        ("t.sav", {}),
        ("t.zip", {}),
    ],
)
def test_tables_of_every_kind_keep_their_rows_and_columns(name, options, tmp_path, capsys):
    source = tmp_path / name
    if name.endswith(".dta"):
        TABLE.to_stata(source, write_index=False, version=118)
    elif name.endswith(".sav"):
        pyreadstat.write_sav(TABLE, str(source))
    elif name.endswith(".zip"):
        TABLE.to_csv(source, index=False, compression={"method": "zip", "archive_name": "a.csv"})
    else:
        ending = source.suffix[1:].replace("xlsx", "excel").replace("tsv", "csv")
        getattr(TABLE, f"to_{ending}")(source, index=False, **options)
    for out in (tmp_path / "j.csv", tmp_path / "j.parquet"):
        assert _join(source, out) == 0
        read = {".csv": lambda path: pd.read_csv(path, dtype=str), ".parquet": pd.read_parquet}
        made = read[out.suffix](out)
        assert made["id"].tolist() == ["01", "1", "2"]
        assert made["oblast_code"].tolist() == CODES
    said = capsys.readouterr().err
    assert ("columns parted by" in said) == bool(options)
    assert ("read as" in said) == bool(options)


def test_labels_stand_for_codes_and_numbers_beside_them_stay(tmp_path):
    frame = pd.DataFrame({"region": [1, 2, 1], "q": [1, 7, 2]})
    labels = {"region": {1: "Abai", 2: "Shymkent"}, "q": {1: "same", 2: "same"}}
    frame.to_stata(tmp_path / "t.dta", write_index=False, value_labels=labels)
    assert _join(tmp_path / "t.dta", tmp_path / "j.parquet") == 0
    made = pd.read_parquet(tmp_path / "j.parquet")
    assert made["oblast_code"].tolist() == ["KZ-10", "KZ-79", "KZ-10"]
    assert made["q"].tolist() == ["same", "7", "same"]


@pytest.mark.parametrize("head", ["region,x", "longitude,latitude", "oblast_code,region"])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_without_rows_keeps_its_head(head, ending, tmp_path):
    (tmp_path / "t.csv").write_text(head + "\n", "utf-8")
    out = tmp_path / f"j.{ending}"
    assert _join(tmp_path / "t.csv", out) == 0
    made = pd.read_csv(out) if ending == "csv" else pd.read_parquet(out)
    expected = dict.fromkeys([*head.split(","), "oblast_code", "composite", "join_status"])
    assert list(made.columns) == list(expected)
    assert len(made) == 0


def test_a_name_twice_is_kept_apart_or_refused(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("region,note,note\nAbai,1,2\n", "utf-8")
    assert _join(tmp_path / "t.csv", tmp_path / "j.csv") == 0
    assert "column 'note' stands there more than once" in capsys.readouterr().err
    made = pd.read_csv(tmp_path / "j.csv")
    assert made[["note", "note.1"]].to_numpy().tolist() == [[1, 2]]
    (tmp_path / "t.csv").write_text("region,note,region\nAbai,1,Shymkent\n", "utf-8")
    assert _join(tmp_path / "t.csv", tmp_path / "k.csv") == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("t.csv: row 1: found column 'region' twice, expected once")
    assert not (tmp_path / "k.csv").exists()


def test_strays_are_named_by_their_lines(tmp_path, capsys):
    rows = "76.9,43.2\n43.2,76.9\n0,0\n"
    (tmp_path / "t.csv").write_text("longitude,latitude\n" + rows, "utf-8")
    assert _join(tmp_path / "t.csv", tmp_path / "j.csv") == 1
    assert [each.partition(": found")[0] for each in capsys.readouterr().err.splitlines()] == [
        f"kz-spatial: {tmp_path / 't.csv'}: row {row}, columns longitude, latitude"
        for row in (4, 3)
    ]
    assert _join(tmp_path / "t.csv", tmp_path / "j.gpkg", "--unmatched", "keep") == 0
    shown = capsys.readouterr()
    assert "1 matched, 0 composite only, 0 totals, 2 outside" in shown.out
    assert "look swapped" in shown.err


def test_a_layer_is_joined_and_written_by_its_geometry(tmp_path):
    shapes = gpd.points_from_xy([76.9, 71.4], [43.2, 51.1], crs="EPSG:4326")
    layer = gpd.GeoDataFrame({"longitude": 73.1, "latitude": 49.8}, geometry=shapes, index=[0, 1])
    layer.to_crs("EPSG:32642").to_file(tmp_path / "t.gpkg")
    for name in ("j.gpkg", "j.geojson", "j.csv"):
        assert _join(tmp_path / "t.gpkg", tmp_path / name) == 0
    made = gpd.read_file(tmp_path / "j.gpkg")
    assert made["oblast_code"].tolist() == ["KZ-75", "KZ-71"]
    assert made["longitude"].tolist() == [73.1, 73.1]
    np.testing.assert_allclose(made.to_crs("EPSG:4326").geometry.x, [76.9, 71.4])


def test_ten_thousand_columns(tmp_path):
    wide = pd.DataFrame(0, index=range(30), columns=[f"q{i}" for i in range(10_000)])
    wide.insert(0, "region", "Abai")
    wide.to_csv(tmp_path / "t.csv", index=False)
    assert _join(tmp_path / "t.csv", tmp_path / "j.csv") == 0
    with (tmp_path / "j.csv").open(encoding="utf-8") as stream:
        assert stream.readline().count(",") == 10_003


LONG = "x" * 5000


@pytest.mark.parametrize(
    "call",
    [
        ["run", f"{LONG}.csv", "--out", "o"],
        ["run", "--out", LONG],
        ["run", "--out", "o", "--design", f"{LONG}.toml"],
        ["run", "--out", "o", "--extend", f"{LONG}.py"],
        ["audit", "--out", LONG],
        ["check", f"{LONG}.sav"],
        ["join", f"{LONG}.gpkg", "--out", "o.csv"],
        ["density", f"{LONG}.csv", "--out", "o.tif"],
        ["density", "t.csv", "--out", f"{LONG}.tif"],
        ["join", "t.csv", "--out", f"{LONG}.csv"],
        ["design", "--out", f"{LONG}.toml"],
        ["plugin", "--out", f"{LONG}.zip"],
    ],
    ids=lambda call: " ".join(each[:12] for each in call),
)
def test_a_path_that_is_too_long_is_one_line(call, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    TABLE.to_csv("t.csv", index=False)
    assert cli.main(call) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert LONG in line
    assert line.endswith("File name too long")
    assert [each.name for each in tmp_path.iterdir()] == ["t.csv"]


@pytest.mark.parametrize("ending", ["csv", "parquet", "gpkg"])
def test_a_name_whose_bytes_are_no_text_is_written_or_one_line(ending, tmp_path, capsys):
    TABLE.assign(longitude=76.9, latitude=43.2).to_csv(tmp_path / "t.csv", index=False)
    out = tmp_path / os.fsdecode(b"f\xe9r." + ending.encode())
    code = _join(tmp_path / "t.csv", out)
    assert code == (0 if ending == "csv" else 2)
    shown = capsys.readouterr()
    assert "f\\udce9r" in (shown.err if code else shown.out)
    assert len(list(tmp_path.iterdir())) == 2 - bool(code)


# surveys of few firms


@pytest.mark.parametrize("n", [1, 2])
def test_an_audit_of_few_firms_keeps_every_table(n, tmp_path):
    load_twin_raw().drop(columns="a2").head(n).to_csv(tmp_path / "s.csv", index=False)
    out = tmp_path / "audit"
    call = ["audit", str(tmp_path / "s.csv"), "--out", str(out), "--disclosure", "open"]
    assert cli.main(call) == 0
    table = pd.read_csv(out / "estimates.csv")
    assert {"coding", "term", "coefficient", "std_error", "p", "n_obs", "reason"} <= set(table)
    assert table["reason"].notna().all()
    assert (out / "audit.html").stat().st_size > 1000


def test_a_run_of_one_firm_keeps_the_heads_of_its_tables(tmp_path):
    load_twin_raw().drop(columns="a2").head(1).to_csv(tmp_path / "s.csv", index=False)
    out = tmp_path / "out"
    assert cli.main(["run", str(tmp_path / "s.csv"), "--out", str(out), "--draws", "0"]) == 0
    head = pd.read_csv(out / "tables" / "clusters.csv")
    assert len(head) == 0
    assert list(head)[:5] == ["level", "kind", "n_clusters", "code", "name"]


def test_warnings_of_the_package_are_notes(tmp_path, capsys):
    frame = load_twin_raw().drop(columns="a2").assign(c6=2, c7=None)
    frame.to_csv(tmp_path / "s.csv", index=False)
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert cli.main(["audit", str(tmp_path / "s.csv"), "--out", str(tmp_path / "a")]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert any("dropped as collinear" in each for each in lines)
    assert all(each.startswith("note: ") for each in lines)

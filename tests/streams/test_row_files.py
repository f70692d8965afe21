"""Joins and densities of files read in chunks, and files that are not what they should be."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from stream_cases import REGISTER, write_register

import kz_spatial as kz
from kz_spatial.cli.main import main
from kz_spatial.errors import CallError, InputError
from kz_spatial.places import locate
from kz_spatial.streams import RowProgress, is_large, open_rows


def called(capsys, *words) -> tuple[int, str, str]:
    code = main([str(each) for each in words])
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.mark.parametrize("ending", [".parquet", ".csv"])
@pytest.mark.parametrize("column", ["oblast", None])
def test_a_join_in_chunks_is_the_join(tmp_path, capsys, ending, column):
    table = REGISTER if column else REGISTER.drop(columns="oblast")
    path = write_register(tmp_path / f"in{ending}", table)
    out = tmp_path / f"out{ending}"
    on = ("--on", column) if column else ()
    code, said, _ = called(
        capsys, "join", path, "--out", out, "--chunk-rows", 501, "--unmatched", "keep", *on
    )
    assert code == 0
    found = pd.read_parquet(out) if ending == ".parquet" else pd.read_csv(out)
    expected = kz.join(table, on=column, unmatched="keep")
    assert list(found.columns) == list(expected.columns)
    for name in ("oblast_code", "composite", "join_status"):
        assert found[name].fillna("").tolist() == expected[name].fillna("").tolist()
    matched = int((expected["join_status"] == "matched").sum())
    assert f"{len(table)} rows" in said
    assert f"{matched} matched" in said
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([path.name, out.name])


def test_text_stays_as_it_is(tmp_path, capsys):
    path = tmp_path / "in.csv"
    path.write_text("id;oblast\n007;Abai\n1e5;Шымкент\n", encoding="utf-8")
    out = tmp_path / "out.csv"
    assert called(capsys, "join", path, "--out", out, "--chunk-rows", 1)[0] == 0
    assert pd.read_csv(out, dtype=str)["id"].tolist() == ["007", "1e5"]


def test_a_name_means_what_the_whole_column_says(tmp_path, capsys):
    """The city's name stands in one chunk, and what settles it in another."""
    table = pd.DataFrame({"oblast": ["Almaty"] * 50 + ["Almaty Region"] * 50})
    path, out = write_register(tmp_path / "in.parquet", table, 10), tmp_path / "out.parquet"
    assert called(capsys, "join", path, "--out", out, "--chunk-rows", 10)[0] == 0
    assert pd.read_parquet(out)["oblast_code"].tolist() == ["KZ-75"] * 50 + ["KZ-19"] * 50


def test_strays_are_counted_over_all_chunks(tmp_path, capsys):
    table = REGISTER[["longitude", "latitude"]].copy()
    swapped, zero, far = [10, 1500, 4000], [700, 5000], [2222]
    table.loc[swapped] = table.loc[swapped, ["latitude", "longitude"]].to_numpy()
    table.loc[zero], table.loc[far] = 0.0, [2.35, 48.85]
    path, out = write_register(tmp_path / "in.parquet", table), tmp_path / "out.parquet"
    words = ("join", path, "--out", out, "--chunk-rows", 600)
    code, _, err = called(capsys, *words, "--unmatched", "keep")
    assert code == 0
    lines = {each.split("(")[1].split(";")[0]: each for each in err.splitlines() if "(" in each}
    assert "rows 11, 1501, 4001:" in lines["swapped"]
    assert "rows 701, 5001:" in lines["zero"]
    assert "0, 0" in lines["zero"]
    abroad = (locate(table).kinds == "elsewhere").sum()
    assert f"and {abroad - 5} more" in lines["elsewhere"]
    assert called(capsys, *words, "--overwrite")[0] == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["in.parquet", "out.parquet"]


def test_geoparquet_is_joined_by_its_points(tmp_path, capsys):
    places = kz.settlements().reset_index()[["geometry"]].to_crs("EPSG:32642")
    path, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    places.to_parquet(path, row_group_size=50)
    words = ("--chunk-rows", 60, "--unmatched", "keep")
    assert called(capsys, "join", path, "--out", out, *words)[0] == 0
    found, expected = gpd.read_parquet(out), kz.join(places, unmatched="keep")
    assert found.crs == places.crs
    assert found["oblast_code"].fillna("").tolist() == expected["oblast_code"].fillna("").tolist()


def test_a_density_in_chunks_is_the_density(tmp_path, capsys):
    rng = np.random.default_rng(5)
    n = 40_000
    table = pd.DataFrame(
        {
            "longitude": rng.uniform(55, 80, n),
            "latitude": rng.uniform(43, 54, n),
            "turnover": rng.gamma(2, 10, n),
            "w": rng.uniform(1, 3, n),
        }
    )
    path = write_register(tmp_path / "in.parquet", table, 9000)
    more = ("--disclosure", "open", "--cell-km", 6, "--weights", "w")
    rasters = []
    for number, (value, chunks) in enumerate(
        (value, chunks)
        for value in ((), ("--value", "turnover"))
        for chunks in ((), ("--chunk-rows", 7001))
    ):
        out = tmp_path / f"{number}.tif"
        code, said, _ = called(capsys, "density", path, "--out", out, *more, *value, *chunks)
        assert code == 0
        with rasterio.open(out) as raster:
            rasters.append((raster.read(1), raster.tags(), said.partition(":")[2]))
    for whole, parts in (rasters[:2], rasters[2:]):
        np.testing.assert_allclose(parts[0], whole[0], rtol=2e-7, atol=1e-6)
        assert parts[1:] == whole[1:]  # bandwidth by Scott's rule too


def test_a_density_of_guarded_points_asks_for_all_of_them(tmp_path, capsys):
    path = write_register(tmp_path / "in.parquet")
    code, _, err = called(capsys, "density", path, "--out", tmp_path / "o.tif", "--chunk-rows", 100)
    assert code == 2
    assert "'survey' points are gathered into safe groups" in err
    assert not (tmp_path / "o.tif").exists()


def cut(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


@pytest.mark.parametrize("share", [0.3, 0.98])
def test_a_parquet_cut_short_is_one_line(tmp_path, share):
    path = cut(write_register(tmp_path / "cut.parquet"), share)
    with pytest.raises(InputError, match=r"cut\.parquet: from row 1 on cannot be read") as found:
        open_rows(path)
    assert len(str(found.value).splitlines()) == 1


def test_a_parquet_damaged_inside_names_the_rows(tmp_path):
    path = write_register(tmp_path / "damaged.parquet")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = b"\xff" * 4000
    path.write_bytes(content)
    source = open_rows(path)
    with pytest.raises(InputError, match=r"from row \d+ on cannot be read") as found:
        list(source.chunks(source.columns, 900))
    assert "from row 1 on" not in str(found.value)


def test_files_of_a_folder_have_one_type(tmp_path):
    write_register(tmp_path / "a.parquet", REGISTER.head(50))
    write_register(tmp_path / "b.parquet", REGISTER.head(50).astype({"k33": str}))
    told = r"b\.parquet: column k33: found (large_)?string, expected double as in a\.parquet"
    with pytest.raises(InputError, match=told):
        open_rows(tmp_path)
    write_register(tmp_path / "b.parquet", REGISTER.head(50).drop(columns="k33"))
    with pytest.raises(InputError, match=r"b\.parquet: found no column 'k33'"):
        open_rows(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.csv", "", "found an empty file"),
        ("empty.parquet", "", "found an empty file"),
        ("head.csv", "oblast,k33\n", "found a header and no rows"),
        ("lacks.csv", "oblast,other\nAbai,1\n", "found no column 'k33'"),
        ("twice.csv", "oblast,k33,k33\nAbai,1,2\n", "row 1: found column 'k33' twice"),
        ("ragged.csv", "oblast,k33\nAbai,1\nAbai,1,2\n", "cannot be read as .csv"),
        ("bytes.csv", "oblast,k33\n\0\xff\n", "found bytes that are no text"),
    ],
)
def test_awkward_files_are_told_by_name(tmp_path, capsys, name, content, told):
    path = tmp_path / name
    path.write_bytes(content.encode("latin-1"))
    code, _, err = called(capsys, "run", path, "--out", tmp_path / "out", "--chunk-rows", 10)
    assert code == 1
    assert told in err
    assert all(line.startswith("kz-spatial: ") for line in err.splitlines())
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_a_file_of_another_kind_is_refused(tmp_path, capsys):
    with pytest.raises(CallError, match=r"cannot be read in chunks as '\.dta'"):
        open_rows(tmp_path / "a.dta")
    code, _, err = called(capsys, "run", "--out", tmp_path / "o", "--chunk-rows", 5)
    assert (code, "the twin is small" in err) == (2, True)


def test_large_is_told_by_rows_and_bytes(tmp_path, monkeypatch):
    path = write_register(tmp_path / "a.parquet")
    assert not is_large(path)
    monkeypatch.setattr("kz_spatial.streams.row_source._MANY_ROWS", len(REGISTER) - 1)
    assert is_large(path)
    text = write_register(tmp_path / "a.csv")
    assert not is_large(text)
    monkeypatch.setattr("kz_spatial.streams.row_source._MANY_BYTES", text.stat().st_size - 1)
    assert is_large(text)


def test_progress_says_rows_and_time_left(capsys):
    rows = RowProgress(1000, every_s=0.0)
    rows.add(250)
    told = capsys.readouterr().err
    assert told.startswith("250 of 1,000 rows, 25 %, ")
    assert told.rstrip().endswith("s left")
    assert RowProgress(1000, done=250).line(60.0) == "250 of 1,000 rows, 25 %, 3 min 0 s left"
    quiet = RowProgress(1000, wanted=False, every_s=0.0)
    quiet.add(250)
    assert capsys.readouterr().err == ""

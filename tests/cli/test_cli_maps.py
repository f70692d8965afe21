"""`kz-spatial density`: a styled surface from any table of points, or one line."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio

from kz_spatial.cli import main as cli


@pytest.fixture
def points(tmp_path):
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "longitude": np.r_[rng.normal(71.4, 0.5, 60), rng.normal(76.9, 0.5, 40)],
            "latitude": np.r_[rng.normal(51.1, 0.5, 60), rng.normal(43.3, 0.5, 40)],
            "pay": np.r_[np.full(60, 20.0), np.full(40, 80.0)],
            "weight": 1.0,
        }
    )
    path = tmp_path / "points.csv"
    frame.to_csv(path, index=False)
    return path


def _run(points, out, *more):
    call = ["density", str(points), "--out", str(out), "--cell-km", "20", "--disclosure", "open"]
    return cli.main([*call, *more])


def test_density_counts_the_points(points, tmp_path, capsys):
    out = tmp_path / "made" / "d.tif"
    assert _run(points, out, "--bandwidth-km", "40", "--no-clip") == 0
    with rasterio.open(out) as found:
        values = found.read(1)
        # per 1000 km², cells of 400 km²; three bandwidths round every point hold 99 % of each
        assert np.nansum(values) * 0.4 == pytest.approx(100, rel=0.02)
        assert found.tags()["bandwidth_m"] == "40000"
    assert {each.name for each in out.parent.iterdir()} == {"d.tif", "d.qml"}
    assert "100 points, bandwidth 40 km, cells of 20 km" in capsys.readouterr().out


def test_density_ends_at_the_border_unless_asked(points, tmp_path):
    sizes = {}
    for name, more in (("clip", ()), ("free", ("--no-clip",))):
        assert _run(points, tmp_path / f"{name}.tif", "--bandwidth-km", "40", *more) == 0
        with rasterio.open(tmp_path / f"{name}.tif") as found:
            sizes[name] = float(np.isfinite(found.read(1)).mean())
    assert sizes["free"] == 1
    # Kazakhstan fills about half of the rectangle round it
    assert 0.4 < sizes["clip"] < 0.7


@pytest.mark.parametrize("more", [("--bandwidth-km", "40"), ("--bandwidth", "adaptive")])
@pytest.mark.parametrize("kernel", ["gaussian", "quartic"])
def test_a_clipped_density_adds_up_to_the_points_and_says_what_it_is(
    points, tmp_path, kernel, more
):
    out = tmp_path / "d.tif"
    frame = pd.read_csv(points)
    frame = frame[frame["latitude"] > 43.5]  # beyond the border is no place of the country
    frame.to_csv(points, index=False)
    assert _run(points, out, "--kernel", kernel, *more) == 0
    with rasterio.open(out) as found:
        values = found.read(1)
        assert np.nansum(values.astype(float)) * 0.4 == pytest.approx(len(frame), rel=1e-3)
        assert found.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert found.units == ("firms per 1000 km²",)
        assert np.isnan(found.nodata)
        assert "Kazakhstan Albers equal area" in found.crs.to_wkt()
        told, tags = found.tags(1), found.tags()
        known = values[np.isfinite(values)].astype(float)
        for name, figure in (
            ("MINIMUM", known.min()),
            ("MAXIMUM", known.max()),
            ("MEAN", known.mean()),
            ("STDDEV", known.std()),
        ):
            assert float(told[f"STATISTICS_{name}"]) == pytest.approx(figure, rel=1e-6)
        share = 100 * known.size / values.size
        assert float(told["STATISTICS_VALID_PERCENT"]) == pytest.approx(share, rel=1e-3)
        assert (tags["kernel"], tags["edge"]) == (kernel, "corrected")
        assert tags["bandwidth_rule"] == ("given" if more[0] == "--bandwidth-km" else "adaptive")


def test_smoothed_mean_stays_between_the_values(points, tmp_path):
    out = tmp_path / "mean.tif"
    assert _run(points, out, "--value", "pay", "--weights", "weight") == 0
    with rasterio.open(out) as found:
        values = found.read(1)
        assert found.descriptions[0] == "points: pay, mean"
    assert 20 - 1e-3 <= np.nanmin(values) < 30
    assert 70 < np.nanmax(values) <= 80 + 1e-3


def test_a_point_layer_serves_as_well_as_a_table(points, tmp_path):
    frame = pd.read_csv(points)
    shapes = gpd.points_from_xy(frame.pop("longitude"), frame.pop("latitude"), crs="EPSG:4326")
    layer = gpd.GeoDataFrame(frame, geometry=shapes).to_crs("EPSG:3857")
    layer.to_file(tmp_path / "points.gpkg")
    for name, source in (("a", points), ("b", tmp_path / "points.gpkg")):
        assert _run(source, tmp_path / f"{name}.tif", "--bandwidth-km", "40") == 0
    with rasterio.open(tmp_path / "a.tif") as a, rasterio.open(tmp_path / "b.tif") as b:
        # coordinates went through another projection and back: a micrometre at 1e7 m
        np.testing.assert_allclose(a.read(1), b.read(1), rtol=1e-4, atol=1e-6)


def test_rows_without_a_place_are_left_out_and_said(points, tmp_path, capsys):
    frame = pd.read_csv(points)
    frame.loc[3, "latitude"] = np.nan
    frame.to_csv(points, index=False)
    assert _run(points, tmp_path / "d.tif") == 0
    assert "1 of 100 rows" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (("--value", "none"), 1, "no column 'none'"),
        (("--value", "name"), 1, "column name: found 'x', expected a number"),
        (("--x", "lon"), 1, "no column 'lon'"),
        (("--bandwidth-km", "-1"), 2, "above 0"),
        (("--cell-km", "0"), 2, "above 0"),
    ],
)
def test_bad_calls_are_one_line_and_write_nothing(points, tmp_path, capsys, more, code, words):
    frame = pd.read_csv(points).assign(name="x")
    frame.to_csv(points, index=False)
    out = tmp_path / "d.tif"
    assert _run(points, out, *more) == code
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert [each.name for each in tmp_path.iterdir()] == ["points.csv"]


def test_names_that_cannot_be_written_are_refused_first(points, tmp_path, capsys):
    assert _run(points, tmp_path / "d.png") == 2
    (tmp_path / "d.tif").write_bytes(b"mine")
    assert _run(points, tmp_path / "d.tif") == 2
    assert (tmp_path / "d.tif").read_bytes() == b"mine"
    assert _run(points, tmp_path / "d.tif", "--overwrite") == 0
    assert cli.main(["density", "nowhere.csv", "--out", str(tmp_path / "e.tif")]) == 2
    assert "no such file" in capsys.readouterr().err


def test_style_of_a_density_has_the_words_of_the_language(points, tmp_path):
    assert _run(points, tmp_path / "d.tif", "--lang", "ru", "--name", "Школы") == 0
    with rasterio.open(tmp_path / "d.tif") as found:
        assert found.descriptions[0] == "Школы, точек на 1000 км²", "points of anyone are no firms"
    assert json.dumps((tmp_path / "d.qml").read_text()).count("<item") >= 5


def test_coordinates_that_are_no_place_are_named(points, tmp_path, capsys):
    frame = pd.read_csv(points).astype({"longitude": object, "latitude": object})
    frame.loc[3, ["longitude", "latitude"]] = [43.2, 76.9]
    frame.loc[4, ["longitude", "latitude"]] = [0, 0]
    frame.loc[5, "latitude"] = 143.2
    frame.loc[6, ["longitude", "latitude"]] = ["71,4", "N51.1"]
    frame.to_csv(points, index=False)
    for rules in ("open", "survey"):
        assert _run(points, tmp_path / f"{rules}.tif", "--disclosure", rules) == 0
        shown = capsys.readouterr()
        assert "97 points" in shown.out
        notes = shown.err.splitlines()
        assert [each.removeprefix(f"note: {points}: ")[:6] for each in notes[:5]] == [
            "row 6,", "row 5,", "row 7,", notes[3].removeprefix(f"note: {points}: ")[:6], "row 8,",
        ]  # fmt: skip
        assert "look swapped (first: 43.2, 76.9)" in notes[1]
        assert "points outside Kazakhstan" in notes[3] or "a point outside Kazakhstan" in notes[3]
        assert notes[-1] == "note: 3 of 100 rows have no place or value and are left out"


def test_a_layer_with_columns_named_as_coordinates_is_drawn_by_its_geometry(points, tmp_path):
    frame = pd.read_csv(points)
    shapes = gpd.points_from_xy(frame["longitude"], frame["latitude"], crs="EPSG:4326")
    made = gpd.GeoDataFrame(frame.assign(longitude=0.0, latitude=0.0), geometry=shapes)
    made.to_file(tmp_path / "points.gpkg")
    made.to_parquet(tmp_path / "points.parquet")
    assert _run(points, tmp_path / "a.tif", "--bandwidth-km", "40") == 0
    for name in ("points.gpkg", "points.parquet"):
        out = tmp_path / f"{name}.tif"
        assert _run(tmp_path / name, out, "--bandwidth-km", "40") == 0
        with rasterio.open(tmp_path / "a.tif") as a, rasterio.open(out) as b:
            np.testing.assert_allclose(a.read(1), b.read(1), rtol=1e-4, atol=1e-6)


def test_a_layer_without_reference_system_is_one_line(points, tmp_path, capsys):
    frame = pd.read_csv(points)
    shapes = gpd.points_from_xy(frame["longitude"], frame["latitude"])
    with pytest.warns(UserWarning, match="crs"):
        gpd.GeoDataFrame(frame, geometry=shapes).to_file(tmp_path / "p.gpkg")
    assert _run(tmp_path / "p.gpkg", tmp_path / "d.tif") == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"kz-spatial: {tmp_path / 'p.gpkg'}: found geometries without a coord")


def test_decimal_commas_are_numbers(points, tmp_path):
    frame = pd.read_csv(points)
    frame.to_csv(tmp_path / "p.csv", index=False, sep=";", decimal=",")
    for name, source in (("a", points), ("b", tmp_path / "p.csv")):
        call = ("--bandwidth-km", "40", "--value", "pay", "--weights", "weight")
        assert _run(source, tmp_path / f"{name}.tif", *call) == 0
    with rasterio.open(tmp_path / "a.tif") as a, rasterio.open(tmp_path / "b.tif") as b:
        np.testing.assert_array_equal(a.read(1), b.read(1))


@pytest.mark.parametrize(("kilometres", "code"), [("9", 2), ("10", 0)])
def test_a_bandwidth_under_half_a_cell_is_refused(points, tmp_path, capsys, kilometres, code):
    assert _run(points, tmp_path / "d.tif", "--bandwidth-km", kilometres) == code
    said = "bandwidth_m=9000: expected at least half of cell_m=20000"
    assert (said in capsys.readouterr().err) == (code == 2)
    # said before any file is read
    out = str(tmp_path / "out")
    call = ["run", "none.csv", "--out", out, "--bandwidth-km", "2", "--cell-km", "5"]
    assert cli.main(call) == 2
    assert "bandwidth_m=2000: expected at least half of cell_m=5000" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

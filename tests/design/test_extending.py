"""A study extended by files of the user's alone, through the command line, into every output."""

from __future__ import annotations

import json
import re
import sqlite3
import warnings
from html import unescape
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from helpers import ROOT
from map_cases import in_language, legend_of, map_data

import kz_spatial as kz
from kz_spatial.cli.main import main
from kz_spatial.crosswalk import unit_at
from kz_spatial.options import EQUAL_AREA_CRS
from kz_spatial.study import own_layers
from kz_spatial.survey.twin import load_twin_raw
from kz_spatial.words import forget_language

FILES = ROOT / "notebooks" / "extending"
QUICK = ("--draws", "0", "--permutations", "99", "--cell-km", "25", "--no-progress")
# as a file of 2019 calls its 17 units, before Astana had its old name back
UNITS_2019 = {
    "KZ-11": "Akmola oblast",
    "KZ-15": "Aktobe oblast",
    "KZ-19": "Almaty oblast",
    "KZ-23": "Atyrau oblast",
    "KZ-27": "West Kazakhstan oblast",
    "KZ-31": "Zhambyl oblast",
    "KZ-35": "Karaganda oblast",
    "KZ-39": "Kostanay oblast",
    "KZ-43": "Kyzylorda oblast",
    "KZ-47": "Mangystau oblast",
    "KZ-55": "Pavlodar oblast",
    "KZ-59": "North Kazakhstan oblast",
    "KZ-61": "Turkestan oblast",
    "KZ-63": "East Kazakhstan oblast",
    "KZ-71": "Nur-Sultan",
    "KZ-75": "Almaty city",
    "KZ-79": "Shymkent city",
}


def raw() -> pd.DataFrame:
    """The twin as a survey file would hold it: oblasts and no composites."""
    return load_twin_raw().drop(columns="a2")


def run(folder: Path, *call: str, survey: pd.DataFrame | None = None) -> Path:
    """Run the study from the command line; return the bundle's folder."""
    survey_file = []
    if survey is not None:
        survey_file = [str(folder / "survey.csv"), "--disclosure", "open"]
        survey.to_csv(survey_file[0], index=False)
    out = folder / "out"
    assert main(["run", *survey_file, "--out", str(out), "--weights", "none", *QUICK, *call]) == 0
    return out


def record_of(out: Path) -> dict:
    return json.loads((out / "run.json").read_text(encoding="utf-8"))


def table_of(out: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(out / "tables" / f"{name}.csv")


def layer_of(out: Path, name: str) -> gpd.GeoDataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # readers of other standards' metadata
        return gpd.read_file(out / "kz_spatial.gpkg", layer=name)


def styles_of(out: Path, layer: str) -> dict[str, str]:
    """Styles of a layer in the GeoPackage by name."""
    base = sqlite3.connect(out / "kz_spatial.gpkg")
    ask = "SELECT styleName, styleQML FROM layer_styles WHERE f_table_name = ?"
    found = dict(base.execute(ask, (layer,)).fetchall())
    base.close()
    return found


def themes_of(out: Path) -> dict[str, list[dict]]:
    """Themes of the web map by title in the language that it opens in, with their legends."""
    data = map_data(out / "map.html")
    language, found = data["language"], {}
    for each in data["themes"]:
        entries = legend_of(data, each, language)
        title = in_language(data, each["title"], language)
        found.setdefault(title, []).append({**each, "legend": entries})
    return found


def report_of(out: Path) -> str:
    return unescape((out / "report.html").read_text(encoding="utf-8"))


def figure_of(out: Path, name: str) -> str:
    return (out / "figures" / f"{name}.svg").read_text(encoding="utf-8")


# --- a sixth indicator with a skip rule


def with_losses() -> pd.DataFrame:
    """The twin and made-up losses, asked only of firms that had outages."""
    made = raw()
    losses = np.random.default_rng(9).integers(1, 40, len(made))
    return made.assign(c9a=pd.Series(losses, made.index).where(made["c6"] != 2))


@pytest.fixture(scope="module")
def six(tmp_path_factory):
    folder = tmp_path_factory.mktemp("six")
    return run(folder, "--design", str(FILES / "six_indicators.toml"), survey=with_losses())


def test_a_sixth_indicator_counts_skipped_firms_as_its_rule_says(six):
    table = table_of(six, "readiness").query("level == 'oblast'").set_index("code")
    survey = with_losses()
    survey["code"] = "KZ-" + survey["oblast"].astype(str)
    by_hand = survey.assign(c9a=survey["c9a"].fillna(0)).groupby("code")["c9a"].mean()
    np.testing.assert_allclose(
        table["outage_losses_mean"], by_hand.loc[table.index], rtol=1e-9, atol=0
    )
    assert (table["outage_losses_n"] == table["n_firms"]).all()
    lost = table_of(six, "attrition").set_index("item").loc["c9a"]
    n_skipped = int((survey["c6"] == 2).sum())
    assert 0 < n_skipped < len(survey)
    assert lost[["skipped", "answered", "used"]].tolist() == [
        *(n_skipped, len(survey) - n_skipped, len(survey))
    ]
    turned = table_of(six, "readiness").query("level == 'composite'")
    names = [f"{i}_mean" for i in record_names(six)]
    scores = (turned[names] - turned[names].mean()) / turned[names].std()
    signs = [each["direction"] for each in record_of(six)["design"]["indicators"]]
    np.testing.assert_allclose((scores * signs).mean(axis=1), turned["readiness"], rtol=1e-6)


def record_names(out: Path) -> list[str]:
    return [each["name"] for each in record_of(out)["design"]["indicators"]]


def test_a_sixth_indicator_is_in_every_output(six):
    title = "Sales lost to outages"
    assert record_names(six)[-1] == "outage_losses"
    assert "outage_losses" in record_of(six)["design"]["formula"]
    assert "outage_losses" in set(table_of(six, "moran")["indicator"])
    assert "outage_losses" in set(table_of(six, "regression")["term"])
    for layer in ("oblasts", "composites"):
        mean = layer_of(six, layer)["outage_losses_mean"]
        assert mean.notna().all()
        direct, *modelled = [
            s for s in styles_of(six, layer).values() if f"{title}, % of sales" in s
        ]
        assert "outage_losses_mean" in direct
        assert len(modelled) == (layer == "oblasts")
        assert all("outage_losses_model" in each for each in modelled)
    (local,) = [s for s in styles_of(six, "local_moran").values() if f"Local Moran: {title}" in s]
    assert "outage_losses_label" in local
    shown = themes_of(six)
    assert {f"{title}, % of sales", f"Local Moran: {title}"} <= {t for t in shown if title in t}
    page = report_of(six)
    assert f'<th scope="col">{title}, % of sales</th>' in page
    assert page.count(f">{title}<") >= 2
    for name in ("distributions", "regional_comparison", "moran_scatter", "local_moran"):
        # a long title is broken into lines, which are a comment each
        told = " ".join(re.findall(">([^<]*)</text>", figure_of(six, name)))
        assert title in told, name


# --- a grouping of eight, in a made-up language that has a few words

WORDS = """
[language]
code = "zz"
name = "Zz"
locale = "de_CH"

[layer]
oblasts = "Zoblasts"

[report.regions_compared]
one = "Z{n} compared"
other = "Z{n} compared"

[study]
title = "Ztitle"

[study.layer]
zones = "Zzones"

[study.indicator]
readiness = "Zscore"
epayment_share = "Zpayments"

[study.unit]
epayment_share = "Zpercent"

[study.group]
1 = "Zbest"

[names]
middle = "Zmiddle"
"KZ-10" = "Zabai"
"""


@pytest.fixture(scope="module")
def eight(tmp_path_factory):
    folder = tmp_path_factory.mktemp("eight")
    words = folder / "zz.toml"
    words.write_text(WORDS, encoding="utf-8")
    call = ("--design", str(FILES / "eight_zones.toml"), "--words", str(words), "--lang", "zz")
    yield run(folder, *call, survey=raw())
    forget_language("zz")


def test_eight_zones_take_the_place_of_the_composites(eight):
    zones = layer_of(eight, "zones")
    assert sorted(zones["zone"]) == [
        *("almaty", "astana", "east", "middle", "north", "shymkent", "south", "west")
    ]
    assert zones.set_index("zone").loc["middle", "name_ru"] == "Середина"
    record = record_of(eight)
    assert "composites" not in record["layers"]
    assert [each["name"] for each in record["contents"]["layers"]][:3] == [
        *("settlements", "oblasts", "zones")
    ]
    assert table_of(eight, "readiness")["level"].value_counts().to_dict() == {
        "oblast": 20,
        "zone": 8,
    }
    south = raw()["oblast"].isin([19, 31, 33, 43, 61])
    by_code = table_of(eight, "readiness").set_index("code")
    assert by_code.loc["south", "n_firms"] == south.sum()
    assert {"typology_zone", "regions_zone", "zone"} <= set(layer_of(eight, "clusters"))
    formula = record["design"]["formula"]
    assert formula.endswith("| zone")
    for path in (*(eight / "tables").glob("*.csv"), eight / "report.html", eight / "map.html"):
        assert "composite" not in path.read_text(encoding="utf-8").lower(), path.name
    assert any("Typology of the 8 regions" in each for each in styles_of(eight, "clusters"))
    assert "8 regions" in report_of(eight)


def test_shapes_of_zones_are_a_coverage_of_their_oblasts(eight):
    zones, parts = (layer_of(eight, n).to_crs(EQUAL_AREA_CRS) for n in ("zones", "oblasts"))
    assert shapely.coverage_is_valid(zones.geometry.to_numpy())
    # the oblasts' own area, to the millionth that dissolving may round
    assert zones.area.sum() == pytest.approx(parts.area.sum(), rel=1e-6)
    for zone, shape in zones.set_index("zone").geometry.items():
        inside = parts.loc[parts["zone"] == zone].geometry
        assert shape.area == pytest.approx(inside.area.sum(), rel=1e-6)
        assert inside.representative_point().within(shape).all()


def test_a_made_up_language_names_what_a_design_asks(eight):
    zones = layer_of(eight, "zones").set_index("zone")
    assert zones.loc[["middle", "north"], "name_zz"].tolist() == ["Zmiddle", "North"]
    assert layer_of(eight, "oblasts").set_index("oblast_code").loc["KZ-10", "name_zz"] == "Zabai"
    base = sqlite3.connect(eight / "kz_spatial.gpkg")
    titles = dict(base.execute("SELECT table_name, identifier FROM gpkg_contents"))
    base.close()
    assert (titles["zones"], titles["oblasts"]) == ("Zzones", "Zoblasts")
    shown = themes_of(eight)
    assert len(shown["Zpayments, Zpercent"]) == 2
    # what the language lacks is said in the design's English, and in the package's
    assert len(shown["Power outages, outages a month"]) == 2
    assert "Typology of the 8 regions" in shown
    # names of groups speak of the score, so they stand where scores of groups do not overlap
    groups = layer_of(eight, "clusters").drop_duplicates("zone")
    for title, column in (("Typology of the 8 regions", "typology_zone"),):
        ends = groups.groupby(column)["readiness_zone"].agg(["min", "max"])
        apart = ends.loc[1, "min"] > ends.loc[2, "max"] and ends.loc[2, "min"] > ends.loc[3, "max"]
        legend = shown[title][0]["legend"]
        assert ("Group 1: Zbest" in legend) == apart
        assert legend[0].startswith("Group 1")
    page = report_of(eight)
    assert "<h1>Ztitle</h1>" in page
    assert "<h2>Z8 compared</h2>" in page
    assert "Zmiddle" in page
    assert any("language 'zz' lacks" in line for line in record_of(eight)["warnings"])


# --- a survey with three or four of the five items


@pytest.fixture(scope="module")
def without_outcome(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outcome")
    return run(folder, survey=raw().drop(columns=["k33", "h1"]))


@pytest.fixture(scope="module")
def without_answers(tmp_path_factory):
    return run(tmp_path_factory.mktemp("three"), survey=raw().drop(columns=["ge7", "h1"]))


def told(item: str, name: str) -> str:
    """What is said of an item that a file lacks."""
    return (
        f"found no column '{item}', expected item {item}; another name can be given as "
        f"{item}=NAME; {name} is left out"
    )


def assert_told(out: Path, *items: tuple[str, str]) -> None:
    """Record, its warnings and the report's head and caveats say what is left out."""
    record, page = record_of(out), report_of(out)
    assert len(record["design"]["left_out"]) == len(items)
    for (item, name), line in zip(items, record["design"]["left_out"], strict=True):
        assert line.endswith(told(item, name))
        assert line in record["warnings"]
        assert page.count(told(item, name)) == 2
    assert "Left out, since the file lacks what they are read from:" in page
    gone = {name for _, name in items}
    assert not gone & set(record_names(out))
    columns = {c for name in ("oblasts", "composites", "local_moran") for c in layer_of(out, name)}
    columns |= set(table_of(out, "readiness"))
    assert not [c for c in columns if c.startswith(tuple(gone))]


def test_a_file_without_the_outcome_has_no_regression_and_says_why(without_outcome):
    assert_told(without_outcome, ("k33", "epayment_share"), ("h1", "product_innovation"))
    record = record_of(without_outcome)
    assert "formula" not in record["design"]
    assert "outcome" not in record["design"]
    reason = "the design has no outcome and terms that the file holds"
    assert record["inapplicable"]["regression"] == reason
    assert "five indicators of the published study" in record["inapplicable"]["replication"]
    page = report_of(without_outcome)
    assert f'Not to be had: <span lang="en">{reason}' in page
    assert "Electronic payments" not in page
    assert not list(without_outcome.glob("*epayment*"))
    # permit days are withheld somewhere, so two indicators are left to group oblasts by
    assert any(
        line.startswith("clusters by oblast rest on 2 indicators") for line in record["warnings"]
    )
    groups = table_of(without_outcome, "clusters")
    assert set(groups["kind"]) == {"typology", "regions"}
    names = ["outages_per_month_mean", "co2_monitoring_mean", "permit_days_mean"]
    table = table_of(without_outcome, "readiness").query("level == 'composite'").set_index("code")
    alone = kz.typology(table[names] * [-1, 1, -1], n_clusters=3).labels
    found = groups.query("kind == 'typology' and level == 'composite'").set_index("code")
    assert found["cluster"].to_dict() == alone.to_dict()


def test_a_file_of_three_items_is_regressed_and_grouped_on_them(without_answers):
    assert_told(without_answers, ("ge7", "co2_monitoring"), ("h1", "product_innovation"))
    formula = "epayment_share ~ outages_per_month + permit_days | composite"
    assert record_of(without_answers)["design"]["formula"] == formula
    firms = kz.join(kz.load_twin())
    fit = kz.fixed_effects(formula, firms, cluster="composite")
    table = table_of(without_answers, "regression").query("coding == 'corrected'")
    found = table.drop_duplicates("term").set_index("term")["coefficient"]
    assert found.to_dict() == pytest.approx(fit.coefficients.to_dict(), rel=1e-8)
    assert f"<code>{formula}</code>" in report_of(without_answers)
    assert set(table_of(without_answers, "moran")["indicator"]) == {
        *("outages_per_month", "epayment_share", "permit_days")
    }


# --- a file of 2019


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    survey = raw().drop(columns="k33").rename(columns={"ge7": "BMGc8"})
    codes = ("KZ-" + survey["oblast"].astype(str)).map(lambda code: unit_at(code, 2019))
    survey = survey.drop(columns="oblast").assign(a2=codes.map(UNITS_2019))
    assert survey["a2"].nunique() == 17
    folder = tmp_path_factory.mktemp("earlier")
    return run(folder, "--design", "readiness_2019", survey=survey)


def test_a_file_of_2019_runs_on_the_units_of_its_year(earlier):
    oblasts = layer_of(earlier, "oblasts").set_index("oblast_code")
    assert set(oblasts.index) == set(UNITS_2019)
    assert shapely.coverage_is_valid(oblasts.geometry.to_numpy())
    codes = ("KZ-" + raw()["oblast"].astype(str)).map(lambda code: unit_at(code, 2019))
    assert oblasts["n_firms"].to_dict() == codes.value_counts().to_dict()
    # Abai was part of East Kazakhstan then
    abai = kz.oblasts().geometry["KZ-10"].representative_point()
    assert oblasts.geometry["KZ-63"].contains(abai)
    assert len(layer_of(earlier, "local_moran")) == len(layer_of(earlier, "clusters")) == 17
    record = record_of(earlier)
    assert record["design"]["wave"]["vintage"] == 2019
    assert record["join"]["matched"] == record["n_firms"] == 1013
    assert [line.partition("found ")[2] for line in record["design"]["left_out"]] == [
        told("k33", "epayment_share").removeprefix("found ")
    ]
    table = table_of(earlier, "readiness").query("level == 'composite'").set_index("code")
    today = kz.aggregate(kz.load_twin(), by="composite")
    assert table["co2_monitoring_mean"].to_dict() == pytest.approx(
        today["co2_monitoring_mean"].to_dict(), rel=1e-9
    )


# --- a layer of one's own


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    yield run(folder, "--extend", str(FILES / "contrast.py"))
    kz.unregister_layer("contrast")


def test_a_layer_of_ones_own_is_in_table_and_geopackage(own):
    table = table_of(own, "contrast").set_index("oblast_code")
    assert len(table) == 20
    assert set(table["side"]) == {"below", "alike", "above"}
    assert (table.loc[table["side"] == "above", "contrast"] > 5).all()
    frame = layer_of(own, "contrast").set_index("oblast_code")
    assert frame["contrast"].to_dict() == pytest.approx(table["contrast"].to_dict(), rel=1e-9)
    assert set(frame.geom_type) <= {"Polygon", "MultiPolygon"}
    assert "Contrast to neighbours" in (own / "tables" / "contrast.tex").read_text("utf-8")
    styles = list(styles_of(own, "contrast").values())
    assert len(styles) == 2
    assert all(f'label="5 points {word}"' in styles[0] for word in ("above", "below"))
    assert 'label="Contrast, percentage points"' in styles[1]


def test_a_layer_of_ones_own_is_on_the_map_with_a_legend(own):
    shown = themes_of(own)
    (side,) = shown["Above or below neighbours"]
    assert [
        word for word in ("5 points above", "alike", "5 points below") if word in side["legend"]
    ] == [*("5 points above", "alike", "5 points below")]
    colours = [each["colour"] for each in side["looks"] if each["kept"]]
    assert colours == ["#2c7fb8", "#eeeeee", "#fd8d3c"]
    assert len(shown["Contrast, percentage points"]) == 1
    table = table_of(own, "contrast")
    counts = table["side"].map({"above": "+", "below": "−"}).value_counts().to_dict()
    assert {sign: side["signs"].count(sign) for sign in "+−"} == counts


def test_a_layer_of_ones_own_is_in_report_and_record(own):
    page = report_of(own)
    section = page.partition("<h2>Contrast to neighbours</h2>")[2].partition("<h2>")[0]
    assert "<svg" in section
    assert "Electronic payments less the mean of the neighbouring oblasts." in section
    assert (own / "figures" / "contrast.png").is_file()
    record = record_of(own)
    order = [each["name"] for each in record["contents"]["layers"]]
    assert order.index("contrast") == order.index("clusters") + 1
    (entry,) = [each for each in record["contents"]["layers"] if each["name"] == "contrast"]
    assert (entry["group"], entry["themed"]) == ("own", True)
    assert {"key": "own", "title": "Layers of your own", "open": False} in record["contents"][
        "groups"
    ]
    assert [each["column"] for each in record["own"][0]["themes"]] == ["side", "contrast"]


def test_a_bundle_shows_its_own_layers_where_nothing_is_registered(own, tmp_path):
    registered = [each.name for each in own_layers()]
    kz.unregister_layer("contrast")
    assert "contrast" in registered
    kz.folium_map(own, language="ru").save(tmp_path / "map.html")
    shown = themes_of(tmp_path)
    assert any("выше на 5" in each for each in shown["Выше или ниже соседей"][0]["legend"])

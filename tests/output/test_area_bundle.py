"""The bundle of a table of units: which number in which column, which word in which language."""

import json
import re
import sqlite3

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from map_cases import legend_of, map_data, row_of
from table_cases import CODES, ENGLISH, RUSSIAN, write_book

import kz_spatial as kz
from kz_spatial.errors import CallError
from kz_spatial.output.area_layers import area_frames, area_own_layers
from kz_spatial.palette import SEQUENTIAL_GOOD

YEARS = (2020, 2021, 2022)


def rows():
    """Two columns over three years; Akmola leads in wages, Shymkent comes last."""
    made = [["Регион", "Год", "Зарплата, тыс. тенге", "Безработица, %"]]
    for year in YEARS:
        for i, code in enumerate(CODES):
            wage = {"KZ-11": 900, "KZ-79": 100}.get(code, 300 + 5 * i + (year - 2020) * (i % 4))
            made.append([RUSSIAN[code], year, wage + year - 2020, 4 + (i * 7 % 20) / 10])
    made.append(["Республика Казахстан", 2022, 412, 4.9])
    return made


@pytest.fixture(scope="module", params=["en", "ru", "kk"])
def bundle(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("areas")
    path = write_book(folder / "wages.xlsx", [["Труд"], *rows()])
    options = kz.AreaOptions(language=request.param, permutations=99)
    return kz.run_areas(path, out=folder / "out", options=options)


def language(bundle):
    return bundle.record["options"]["language"]


def test_the_bundle_is_whole(bundle):
    names = {each.relative_to(bundle.path).as_posix() for each in bundle.path.rglob("*.*")}
    assert {"kz_spatial.gpkg", "kz_spatial.qgz", "map.html", "report.html", "run.json"} <= names
    for table in ("values", "moran", "moran_by_year", "local_moran", "clusters", "cluster_choice",
                  "years", "changes", "moves", "reading"):  # fmt: skip
        assert f"tables/{table}.csv" in names
        assert f"tables/{table}.tex" in names
    for figure in ("values", "local_moran", "moran_scatter", "clusters", "dendrogram", "years"):
        assert {f"figures/{figure}.png", f"figures/{figure}.svg"} <= names
    assert not [each for each in names if each.endswith(".tif")]


def test_values_stand_under_the_files_titles(bundle):
    table = pd.read_csv(bundle.path / "tables" / "values.csv")
    one = table[(table["code"] == "KZ-11") & (table["year"] == 2021)]
    assert one["name"].item() == ENGLISH["KZ-11"]
    assert one["Зарплата, тыс. тенге"].item() == 901
    assert len(table) == 60


def test_layers_hold_the_last_year_by_name_and_others_by_year(bundle):
    oblasts = gpd.read_file(bundle.path / "kz_spatial.gpkg", layer="oblasts").set_index(
        "oblast_code"
    )
    assert oblasts.loc["KZ-11", "zarplata_tys_tenge"] == 902
    assert oblasts.loc["KZ-11", "zarplata_tys_tenge_2020"] == 900
    assert oblasts.loc["KZ-11", "zarplata_tys_tenge_change"] == 2
    panel = gpd.read_file(bundle.path / "kz_spatial.gpkg", layer="panel")
    one = panel[(panel["oblast_code"] == "KZ-79") & (panel["year"] == 2021)]
    assert one["zarplata_tys_tenge"].item() == 101
    assert str(one["valid_from"].item())[:10] == "2021-01-01"
    assert str(one["valid_to"].item())[:10] == "2021-12-31"


def test_local_moran_and_groups_are_those_of_the_functions(bundle):
    package = bundle.path / "kz_spatial.gpkg"
    local = gpd.read_file(package, layer="local_moran").set_index("oblast_code")
    values = gpd.read_file(package, layer="oblasts").set_index("oblast_code")["zarplata_tys_tenge"]
    graph = kz.contiguity(kz.oblasts(detail="light"))
    peer = kz.local_moran(values, graph, n_permutations=99, seed=20240).frame
    assert np.allclose(local["zarplata_tys_tenge_p"], peer["p"].loc[local.index])
    assert (local["zarplata_tys_tenge_label"] == peer["label"].loc[local.index]).all()
    groups = gpd.read_file(package, layer="clusters").set_index("oblast_code")
    stored = pd.read_csv(bundle.path / "tables" / "clusters.csv")
    for kind in ("typology", "regions"):
        for k in (2, 5):
            rows_of = stored[(stored["kind"] == kind) & (stored["n_clusters"] == k)]
            assert (groups[f"{kind}_k{k}"] == rows_of.set_index("code")["cluster"]).all()


def test_styles_are_one_for_each_column_and_the_panel_moves(bundle):
    with sqlite3.connect(bundle.path / "kz_spatial.gpkg") as base:
        found = base.execute(
            "SELECT f_table_name, styleName, styleQML FROM layer_styles"
        ).fetchall()
    names = [name for table, name, _ in found if table == "oblasts"]
    # two columns and the change of one; other years are those of the panel
    assert len(names) == 3
    qml = [style for table, _, style in found if table == "panel"]
    assert all('startField="valid_from" endField="valid_to"' in each for each in qml)
    assert not any("<temporal" in style for table, _, style in found if table == "oblasts")


def themes_of(bundle):
    data = map_data(bundle.path / "map.html")
    return data, data["themes"]


def test_years_share_limits_and_stand_behind_one_entry(bundle):
    data, every = themes_of(bundle)
    themes = [each for each in every if each["topic"] == "zarplata_tys_tenge" and each["step"]]
    assert [each["step"] for each in themes] == ["2022", "2021", "2020"]
    assert {each["entry"] for each in themes} == {"Зарплата, тыс. тенге"}
    assert len({str(legend_of(data, each, "en")) for each in themes}) == 1
    code = CODES.index("KZ-11")
    for each in themes:
        assert each["looks"][each["features"][code]]["colour"] == SEQUENTIAL_GOOD[-1]
        value = str(900 + int(each["step"]) - 2020)
        assert value in row_of(data, each, "KZ-11", "en").values()


def test_the_map_says_the_units_in_the_language(bundle):
    data, themes = themes_of(bundle)
    assert data["language"] == language(bundle)
    for code, name in {"en": "Astana", "ru": "Астана", "kk": "Астана"}.items():
        assert row_of(data, themes[0], "KZ-71", code)[""] == name


def test_the_first_screen_names_first_and_last(bundle):
    report = (bundle.path / "report.html").read_text(encoding="utf-8")
    first = report[report.index("<ul>") : report.index("</ul>")]
    lead = next(line for line in first.split("<li>") if "Зарплата" in line)
    told = {
        "en": r"highest in Akmola Region \(902 тыс\. тенге\), lowest in Shymkent \(102 ",
        "ru": r"всего — Акмолинская область \(902 тыс\. тенге\), меньше всего — Шымкент \(102 ",
        "kk": r"ең жоғарысы — Ақмола облысы \(902 тыс\. тенге\), ең төмені — Шымкент \(102 ",
    }
    assert re.search(told[language(bundle)], lead)
    assert {"en": "figure is 412", "ru": "По стране — 412", "kk": "Ел бойынша — 412"}[
        language(bundle)
    ] in lead


def test_the_countrys_row_ends_the_table_of_figures(bundle):
    report = (bundle.path / "report.html").read_text(encoding="utf-8")
    table = report[report.index("<table>") :]
    last = table[: table.index("</table>")].split("<tr>")[-1]
    assert {"en": "Kazakhstan", "ru": "Казахстан", "kk": "Қазақстан"}[language(bundle)] in last
    assert "412" in last


def test_the_report_says_what_was_assumed(bundle):
    report = (bundle.path / "report.html").read_text(encoding="utf-8")
    assert "heading in row 2, units in column A" in report.replace("&#39;", "'")
    assert "&#39;Труд&#39; stands above the table" in report
    assert not re.search(r"(?:src|href)=.http|url\(.?http", report)


def test_the_record_tells_table_columns_and_layers(bundle):
    record = json.loads((bundle.path / "run.json").read_text(encoding="utf-8"))
    assert record["kind"] == "areas"
    assert record["table"]["title"] == "Труд"
    assert record["columns"]["bezrabotitsa"]["years"] == list(YEARS)
    assert record["layers"] == ["oblasts", "local_moran", "clusters", "panel"]
    assert [each["name"] for each in record["contents"]["layers"]] == record["layers"]
    assert record["table"]["totals"]["Безработица, %"] == {"2022": 4.9}


def test_the_map_can_be_drawn_again_in_another_language(bundle):
    page = kz.folium_map(bundle, language="kk").get_root().render()
    assert "Ақмола облысы" in page


def test_a_bundle_is_not_replaced_unasked(bundle, tmp_path):
    with pytest.raises(CallError, match="exists"):
        kz.run_areas(tmp_path / "none.xlsx", out=bundle.path)


def test_merged_units_say_so_in_layers(tmp_path):
    made = [["Region", "Year", "Population"]]
    from kz_spatial.crosswalk import units_of

    made += [[ENGLISH[c], 2021, 10.0] for c in units_of(2018)]
    made += [[ENGLISH[c], 2022, 10.0] for c in units_of(2022)]
    study = kz.study_areas(
        write_book(tmp_path / "t.xlsx", made), options=kz.AreaOptions(permutations=99)
    )
    frame = area_frames(study)["oblasts"].set_index("oblast_code")
    assert frame.loc["KZ-63", "made_of"] == "KZ-10, KZ-63"
    assert frame.loc["KZ-63", "population"] == 20
    assert frame.loc["KZ-11", "made_of"] is None or pd.isna(frame.loc["KZ-11", "made_of"])
    first = area_own_layers(study)[0]
    assert "made_of" in first.themes[0].tooltip


def test_tables_of_patterns_hold_what_the_functions_give(bundle):
    table = pd.read_csv(bundle.path / "tables" / "moran.csv")
    row = table[(table["column"] == "Зарплата, тыс. тенге") & (table["name"] == "Moran's I")]
    values = gpd.read_file(bundle.path / "kz_spatial.gpkg", layer="oblasts")
    values = values.set_index("oblast_code")["zarplata_tys_tenge"]
    graph = kz.contiguity(kz.oblasts(detail="light"))
    peer = kz.moran(values, graph, n_permutations=99, seed=20240)
    found = row[["statistic", "expected", "p"]].iloc[0].tolist()
    assert found == pytest.approx([peer.statistic, peer.expected, peer.p])
    changes = pd.read_csv(bundle.path / "tables" / "changes.csv").set_index(["column", "code"])
    one = changes.loc[("Зарплата, тыс. тенге", "KZ-11")]
    assert one[["first", "last", "change", "ranks_gained"]].tolist() == [2020, 2022, 2, 0]

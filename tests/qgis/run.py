"""Run the `check_` functions of one module in QGIS' own Python; print what became of each.

Usage: run.py MODULE SETTINGS.json, under the Python that can import `qgis`. The last line of the
output is JSON: function name to null or a traceback, and `_measured` to figures worth printing.
"""

import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def main(name, settings_file):
    here = Path(__file__).parent
    settings = json.loads(Path(settings_file).read_text(encoding="utf-8"))
    home = Path(settings["tmp"]) / f"home-{name}"
    (home / "run").mkdir(parents=True, exist_ok=True)
    (home / "run").chmod(0o700)
    # nothing of the reader's own QGIS is read or changed
    os.environ.update(
        HOME=str(home),
        XDG_RUNTIME_DIR=str(home / "run"),
        QGIS_CUSTOM_CONFIG_PATH=str(home / "profile"),
    )
    sys.path[:0] = [str(here), settings["plugin_parent"]]
    from qgis.core import QgsApplication

    application = QgsApplication([], True)
    application.initQgis()
    outcomes, settings["measured"] = {}, {}
    module = importlib.import_module(name)
    for each in [k for k in vars(module) if k.startswith("check_")]:
        started = time.perf_counter()
        try:
            vars(module)[each](settings)
            outcomes[each] = None
        except Exception:  # noqa: BLE001  whatever a check trips over is its outcome
            outcomes[each] = traceback.format_exc()
        settings["measured"][f"{each} s"] = round(time.perf_counter() - started, 2)
    outcomes["_measured"] = settings["measured"]
    print(json.dumps(outcomes), flush=True)
    # QGIS may crash while it takes itself down; the answers are out already
    os._exit(0)


main(*sys.argv[1:])

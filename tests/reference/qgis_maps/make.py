"""Make the stored pictures of QGIS maps: run the study on the twin, draw five of its themes.

    .venv/bin/python tests/reference/qgis_maps/make.py

With no more than that it needs QGIS's Python at /usr/bin/python3; name another one after it. Look
at every picture before you commit it: tests/test_qgis.py takes them for right.
"""

import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKS = HERE.parents[1] / "qgis"
# of the run in tests/test_qgis.py; permutations change no label of the oblasts, which are exact
RUN = ("run", "--permutations", "199", "--out")
N_COLOURS = 256


def run_study(qgis_python):
    """In the environment of the package: make the bundle, have QGIS draw it."""
    from kz_spatial.cli import (main as cli)

    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "bundle"
        if cli.main([*RUN, str(bundle)]):
            sys.exit("the study did not run")
        told = {"QT_QPA_PLATFORM": "offscreen", "HOME": folder, "QGIS_CUSTOM_CONFIG_PATH": folder}
        command = [qgis_python, __file__, "--draw", str(bundle / "kz_spatial.gpkg")]
        subprocess.run(command, env={**os.environ, **told}, check=True)


def draw(geopackage):
    """In QGIS's Python: draw each theme and store it."""
    sys.path.insert(0, str(CHECKS))
    from maps import REFERENCE_STYLES, reference_layer, reference_picture
    from qgis.core import QgsApplication

    application = QgsApplication([], True)
    application.initQgis()
    for file in HERE.glob("*.png"):
        file.unlink()
    for stem in REFERENCE_STYLES:
        image = reference_picture([reference_layer(geopackage, stem)])
        file = HERE / f"{stem}.png"
        assert _with_few_colours(image).save(str(file), "PNG", 0), file
        print(f"{file.name}: {file.stat().st_size} bytes", flush=True)
    # QGIS may crash while it takes itself down; the pictures are stored
    os._exit(0)


def _with_few_colours(image):
    """Keep fills as they are, and of the shades along outlines the commonest: a third in size."""
    from maps import pixels
    from qgis.PyQt.QtGui import QColor, QImage

    counted = Counter(map(tuple, pixels(image).reshape(-1, 3).tolist()))
    table = [QColor(*colour).rgb() for colour, _ in counted.most_common(N_COLOURS)]
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    return plain.convertToFormat(QImage.Format.Format_Indexed8, table)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--draw"]:
        draw(sys.argv[2])
    else:
        run_study(*(sys.argv[1:] or ["/usr/bin/python3"]))

"""Build the pages: `python docs/build.py FOLDER` (`make docs`); nothing is asked of the network.

The folder takes a tree of sources (these pages, the notebooks, the reference made from the
package) and `html`. Warnings are errors; then every link inside is followed, and nothing that a
page loads may come from elsewhere.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from link_check import faults
from reference_pages import write_reference

ROOT = Path(__file__).resolve().parent.parent
BESIDE = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/register_curve.svg")


def gather(tree: Path) -> Path:
    """Put everything that Sphinx reads into one tree; return the folder of pages."""
    if tree.exists():
        shutil.rmtree(tree)
    pages = tree / "docs"
    shutil.copytree(ROOT / "docs", pages, ignore=shutil.ignore_patterns("__pycache__"))
    for name in BESIDE:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    shutil.copytree(ROOT / "notebooks" / "images", tree / "notebooks" / "images")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        shutil.copy(path, pages / "gallery" / path.name)
    stub = (ROOT / "kz_spatial" / "__init__.pyi").read_text(encoding="utf-8")
    write_reference(pages / "reference", stub)
    return pages


def main(arguments: list[str]) -> int:
    """Build, check links, say where the pages are."""
    if len(arguments) != 1:
        print("usage: python docs/build.py FOLDER", file=sys.stderr)
        return 2
    out = Path(arguments[0]).resolve()
    pages, html = gather(out / "tree"), out / "html"
    for former in (html, out / "doctrees"):  # pages that did not change may lead to some that did
        shutil.rmtree(former, ignore_errors=True)
    sphinx = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q"]
    built = subprocess.run([*sphinx, "-d", out / "doctrees", pages, html], check=False)
    if built.returncode:
        return built.returncode
    found = faults(html)
    print(*found, sep="\n", file=sys.stderr)
    if not found:
        print(f"{html / 'index.html'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

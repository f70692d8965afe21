"""Build wheel, sdist, plugin and SUMS of a release, and refuse what is not fit to be handed on.

`python .ci/release.py` builds the version that HEAD is tagged with and leaves it in `dist/`;
`--rehearse` does the same whatever the state of the checkout, as CI does; `set 0.2.0` writes a
version wherever it stands.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# where the version stands: the first group stays, the version follows
PLACES = {
    "pyproject.toml": r'(?m)^(version = ")[^"]*',
    "CITATION.cff": r'(?m)^(version: ")[^"]*',
    "qgis_plugin/kz_spatial_results/metadata.txt": r"(?m)^(version=)\S*",
}
PLUGIN_FOLDER = "kz_spatial_results"
# files of statistical programs: none of them is ours to hand on
MICRODATA = (".dta", ".sav", ".zsav", ".por", ".sas7bdat", ".xpt", ".rds", ".rdata")
# columns that tell a firm of the Enterprise Surveys apart
FIRM_KEYS = ("idstd", "idpanel", "panelid")
LEFTOVERS = (
    *("__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".git", ".venv"),
    *(".ipynb_checkpoints", ".coverage", "node_modules", "results", "dist", "build"),
)


class Refused(Exception):  # noqa: N818 a release that was refused
    """One line on what stands in the way."""


def said(*command: str, cwd: Path = ROOT, **more: str) -> str:
    """Output of a command; what it said last where it failed."""
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, env={**os.environ, **more}
    )
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
        raise Refused(f"{Path(command[0]).name} {' '.join(command[1:4])}: {last}")
    return done.stdout


def version_of(root: Path) -> str:
    """The version that pyproject.toml names."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "version"
    ]


def set_version(root: Path, version: str) -> None:
    """Write a version wherever it stands."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise Refused(f"version: found {version!r}, expected three numbers such as 0.2.0")
    for name, pattern in PLACES.items():
        path = root / name
        text, n = re.subn(pattern, rf"\g<1>{version}", path.read_text("utf-8"), count=1)
        if n != 1:
            raise Refused(f"{name}: found no version, expected one to replace")
        path.write_text(text, encoding="utf-8")


def check_versions(root: Path) -> None:
    """Hold citation and plugin to the version of the package."""
    version = version_of(root)
    for name, pattern in PLACES.items():
        found = re.search(pattern, (root / name).read_text(encoding="utf-8"))
        own = found[0].removeprefix(found[1]) if found else "none"
        if own != version:
            raise Refused(f"{name}: found version {own}, expected {version} as in pyproject.toml")


def check_changelog(root: Path, version: str) -> None:
    """See that the changelog tells of this version, with its day, and that something is told."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    section = re.search(
        rf"(?m)^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$(.*?)(?=^## |\Z)", text, re.DOTALL
    )
    if not section:
        raise Refused(
            f"CHANGELOG.md: found no section {version}, expected '## [{version}] - YYYY-MM-DD'"
        )
    if "\n- " not in section[1]:
        raise Refused(f"CHANGELOG.md: the section {version} tells of nothing")


def check_checkout(root: Path, version: str) -> None:
    """See that what is built is what the tag names."""
    changed = said("git", "status", "--porcelain", cwd=root).splitlines()
    if changed:
        raise Refused(f"the checkout is not clean: {len(changed)} files, first {changed[0][3:]}")
    tags = said("git", "tag", "--points-at", "HEAD", cwd=root).split()
    if f"v{version}" not in tags:
        raise Refused(
            f"HEAD is not tagged v{version}, found {', '.join(tags) or 'no tag'}; "
            f"git tag -a v{version} -m 'kz_spatial {version}'"
        )


def contents(path: Path) -> dict[str, bytes]:
    """Files of a wheel, a zip or an sdist, by name."""
    if path.name.endswith(".tar.gz"):
        with tarfile.open(path) as packed:
            return {
                each.name: packed.extractfile(each).read()  # type: ignore[union-attr]
                for each in packed
                if each.isfile()
            }
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist() if not name.endswith("/")}


def is_twin(name: str, content: bytes) -> bool:
    """Whether a table is the twin, whose made-up firms are numbered through from 700001."""
    rows = content.decode("utf-8", "replace").splitlines()[1:]
    numbers = [row.split(",", 1)[0] for row in rows]
    counted = [str(700_001 + i) for i in range(len(rows))]
    return name.endswith("kz_spatial/data/twin.csv") and numbers == counted


def check_contents(path: Path, files: dict[str, bytes]) -> None:
    """Refuse survey microdata and what tests and tools leave behind."""
    for name, content in files.items():
        parts = name.split("/")
        left = sorted(set(parts) & set(LEFTOVERS))
        if left or name.endswith((".pyc", ".pyo")):
            raise Refused(f"{path.name}: {name} is left over from a run, expected sources only")
        if name.lower().endswith(MICRODATA):
            raise Refused(f"{path.name}: {name} is a file of a survey program, expected none")
        if name.lower().endswith((".csv", ".tsv")):
            heading = content.split(b"\n", 1)[0].decode("utf-8", "replace").lower()
            keys = set(re.split(r"[,;\t]", heading.replace('"', "").strip())) & set(FIRM_KEYS)
            if keys and not is_twin(name, content):
                raise Refused(f"{path.name}: {name} has the column {min(keys)} of survey microdata")


def check_same(one: Path, other: Path) -> None:
    """See that two wheels hold the same files."""
    first, second = contents(one), contents(other)
    differs = sorted(name for name in {*first, *second} if first.get(name) != second.get(name))
    if differs:
        raise Refused(
            f"{one.name}: the sdist builds another wheel; {len(differs)} files differ, "
            f"first {differs[0]}"
        )


def check_wheel(path: Path, files: dict[str, bytes], version: str) -> None:
    """See that the wheel is of this version and carries what the package reads at run time."""
    if f"kz_spatial-{version}.dist-info/METADATA" not in files:
        raise Refused(f"{path.name}: expected a wheel of version {version}")
    outside = [
        name
        for name in files
        if not name.startswith(("kz_spatial/", f"kz_spatial-{version}.dist-info/"))
    ]
    if outside:
        raise Refused(f"{path.name}: {outside[0]} is outside the package")
    for name in (
        "kz_spatial/data/twin.csv",
        "kz_spatial/data/boundaries/crosswalk.csv",
        f"kz_spatial/data/qgis_plugin/{PLUGIN_FOLDER}/metadata.txt",
        "kz_spatial/py.typed",
        f"kz_spatial-{version}.dist-info/licenses/LICENSE",
    ):
        if name not in files:
            raise Refused(f"{path.name}: {name} is missing")


def check_plugin(path: Path, files: dict[str, bytes], version: str) -> None:
    """See that the plugin is one folder, with a licence, and of this version."""
    if {name.split("/")[0] for name in files} != {PLUGIN_FOLDER}:
        raise Refused(f"{path.name}: expected one folder, {PLUGIN_FOLDER}")
    metadata = files.get(f"{PLUGIN_FOLDER}/metadata.txt", b"").decode("utf-8")
    found = re.search(r"(?m)^version=(\S*)", metadata)
    if not found or found[1] != version:
        raise Refused(
            f"{path.name}: metadata.txt has version {found[1] if found else 'none'}, "
            f"expected {version}"
        )
    if f"{PLUGIN_FOLDER}/LICENSE" not in files:
        raise Refused(f"{path.name}: {PLUGIN_FOLDER}/LICENSE is missing")


def check_runs(wheel: Path, version: str, root: Path) -> Path:
    """Install the wheel in an empty environment and let it run the study; give the environment."""
    away = root / "build" / "release"
    shutil.rmtree(away, ignore_errors=True)
    away.mkdir(parents=True)
    said(
        sys.executable, "-m", "uv", "venv", "--quiet", "--python", sys.executable, str(away / "env")
    )
    python = away / "env" / "bin" / "python"
    said(
        *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(python)),
        *("--constraint", str(root / ".ci" / "constraints.txt"), str(wheel)),
    )
    command = str(away / "env" / "bin" / "kz-spatial")
    told = said(command, "--version", cwd=away, PYTHONPATH="").strip()
    if told != f"kz-spatial {version}":
        raise Refused(f"{wheel.name}: an installed one says {told!r}, expected {version}")
    said(command, "run", "--out", "results", cwd=away, PYTHONPATH="")
    for name in ("kz_spatial.gpkg", "map.html", "report.html", "run.json"):
        made = away / "results" / name
        if not made.is_file() or not made.stat().st_size:
            raise Refused(f"{wheel.name}: an installed one runs and makes no {name}")
    return away


def build(root: Path, version: str, place: Path) -> list[Path]:
    """Build sdist, wheel and plugin into a folder, and check each."""
    stamp = said("git", "log", "-1", "--format=%ct", cwd=root).strip()
    more = {"SOURCE_DATE_EPOCH": stamp, "PYTHONPATH": str(root)}
    # without a flag, `build` makes the wheel from the sdist that it has just made
    said(sys.executable, "-m", "build", "--outdir", str(place), cwd=root, **more)
    direct = place / "direct"
    said(sys.executable, "-m", "build", "--wheel", "--outdir", str(direct), cwd=root, **more)
    wheel = place / f"kz_spatial-{version}-py3-none-any.whl"
    sdist = place / f"kz_spatial-{version}.tar.gz"
    plugin = place / f"{PLUGIN_FOLDER}-{version}.zip"
    for path in (wheel, sdist):
        if not path.is_file():
            raise Refused(
                f"expected {path.name}, found {', '.join(each.name for each in place.iterdir())}"
            )
    check_same(direct / wheel.name, wheel)
    shutil.rmtree(direct)
    said(
        *(sys.executable, "-m", "kz_spatial.cli.main", "plugin", "--out", str(plugin)),
        PYTHONPATH=str(root),
    )
    packed = {path: contents(path) for path in (wheel, sdist, plugin)}
    for path, files in packed.items():
        check_contents(path, files)
    check_wheel(wheel, packed[wheel], version)
    check_plugin(plugin, packed[plugin], version)
    said(sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(sdist))
    return [wheel, sdist, plugin]


def write_sums(files: list[Path], target: Path) -> None:
    """Checksums of the files, as `sha256sum --check` reads them."""
    lines = [f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.name}" for each in files]
    target.write_text("".join(f"{line}\n" for line in sorted(lines, key=lambda each: each[66:])))


def release(root: Path, *, rehearse: bool) -> list[Path]:
    """Check the checkout, build, check what was built, and leave it in `dist/`."""
    version = version_of(root)
    check_versions(root)
    if not rehearse:
        check_changelog(root, version)
        check_checkout(root, version)
    with tempfile.TemporaryDirectory() as folder:
        made = build(root, version, Path(folder))
        check_runs(made[0], version, root)
        dist = root / "dist"
        shutil.rmtree(dist, ignore_errors=True)
        dist.mkdir()
        placed = [Path(shutil.move(each, dist / each.name)) for each in made]
    write_sums(placed, dist / "SHA256SUMS")
    return placed


def main() -> None:
    """Read the command line; end with one line where the release is refused."""
    parser = argparse.ArgumentParser(description="build and check a release")
    parser.add_argument("--rehearse", action="store_true", help="whatever the checkout's state")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("set", help="write a version wherever it stands").add_argument("version")
    asked = parser.parse_args()
    try:
        if asked.command == "set":
            set_version(ROOT, asked.version)
            return
        for each in release(ROOT, rehearse=asked.rehearse):
            print(f"dist/{each.name}: {each.stat().st_size:,} bytes")
    except Refused as refused:
        sys.exit(f"release refused: {refused}")
    print("dist/SHA256SUMS")


if __name__ == "__main__":
    main()

"""Run tests and print what lines and branches of each wing they reach.

Call it as `python .ci/coverage_by_wing.py [--least 95] [TESTS ...]`; without tests it runs all, two
at a time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# branches are recorded by the interpreter's own hooks from Python 3.14 on, by a tracer before
SETTINGS = """\
[run]
branch = true
source = kz_spatial
parallel = true
patch = subprocess
data_file = {place}/data
[report]
exclude_also =
    if TYPE_CHECKING:
    @numba.njit
    @njit
"""


@dataclass
class Reached:
    """Lines and branches of some files, and how many were reached."""

    parts: int = 0
    reached: int = 0

    @property
    def share(self) -> float:
        """Per cent of lines and branches together."""
        return 100 * self.reached / self.parts if self.parts else 100.0


def by_wing(files: dict[str, dict]) -> dict[str, Reached]:
    """Lines and branches by wing, from the files of coverage's JSON report.

    Examples
    --------
    >>> summary = {"num_statements": 8, "covered_lines": 6}
    >>> summary |= {"num_branches": 2, "covered_branches": 1}
    >>> by_wing({"kz_spatial/places/names.py": {"summary": summary}})["places"].share
    70.0
    """
    found: dict[str, Reached] = defaultdict(Reached)
    for name, told in files.items():
        inside = Path(name).parts[Path(name).parts.index("kz_spatial") + 1 :]
        wing = found[inside[0] if len(inside) > 1 else "(rooms)"]
        summary = told["summary"]
        wing.parts += summary["num_statements"] + summary["num_branches"]
        wing.reached += summary["covered_lines"] + summary["covered_branches"]
    return dict(found)


def measured(tests: list[str], place: Path) -> tuple[dict[str, dict], float]:
    """Files of coverage's report after running tests, and the seconds that these took."""
    settings = place / "coveragerc"
    settings.write_text(SETTINGS.format(place=place), encoding="utf-8")
    coverage = [sys.executable, "-m", "coverage"]
    spread = [] if tests else ["-n", "2", "--dist", "loadfile"]
    begun = time.monotonic()
    done = subprocess.run(
        [*coverage, "run", f"--rcfile={settings}", "-m", "pytest", *spread, *tests],
        cwd=ROOT,
        env={**os.environ, "COVERAGE_PROCESS_START": str(settings)},
        check=False,
    )
    seconds = time.monotonic() - begun
    if done.returncode:
        sys.exit(f"coverage: tests ended with {done.returncode}, so nothing is told of them")
    report = place / "report.json"
    for step in (["combine", "--quiet"], ["json", "--quiet", "-o", str(report)]):
        subprocess.run(
            [*coverage, step[0], f"--rcfile={settings}", *step[1:]], cwd=ROOT, check=True
        )
    return json.loads(report.read_text(encoding="utf-8"))["files"], seconds


def main() -> None:
    """Print a line for each wing that tests reach; end with a fault where they reach too little."""
    parser = argparse.ArgumentParser(description="lines and branches that tests reach, by wing")
    parser.add_argument("tests", nargs="*")
    parser.add_argument("--least", type=float, default=0.0, metavar="PERCENT")
    parser.add_argument("--wing", action="append", help="hold this wing alone to --least")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        files, seconds = measured(asked.tests, Path(place))
    wings = by_wing(files)
    for name, wing in sorted(wings.items()):
        print(f"{name:14} {wing.share:5.1f} % of {wing.parts:,} lines and branches")
    whole = Reached(
        sum(each.parts for each in wings.values()), sum(each.reached for each in wings.values())
    )
    print(f"{'all':14} {whole.share:5.1f} % of {whole.parts:,}, tests took {seconds:.0f} s")
    held = {name: wings[name] for name in asked.wing} if asked.wing else {"all": whole}
    low = [f"{name} {each.share:.1f} %" for name, each in held.items() if each.share < asked.least]
    if low:
        sys.exit(f"coverage: {', '.join(low)}, expected at least {asked.least:g} %")


if __name__ == "__main__":
    main()

"""Compare the licences of what an environment holds with those that pyproject.toml allows.

Call it as `python .ci/licences.py PYTHON_OF_THE_ENVIRONMENT`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def installed(python: str) -> list[dict]:
    """Packages of an environment with their licences, as pip-licenses reads them."""
    done = subprocess.run(
        [sys.executable, "-m", "piplicenses", "--python", python, "--format=json"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"pip-licenses ended with {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def is_allowed(licence: str, allowed: list[str]) -> bool:
    """Whether a package under this licence may be used.

    Of licences joined by OR one is enough, of those joined by AND each must do. Classifiers,
    which pip-licenses joins by semicolons, may be of either kind: each must do.

    Examples
    --------
    >>> is_allowed("BSD-3-Clause AND (MIT OR GPL-3.0)", ["BSD-3-Clause", "MIT"])
    True
    >>> is_allowed("MIT AND GPL-3.0", ["BSD-3-Clause", "MIT"])
    False
    """
    if licence.strip() in allowed:
        return True
    inner = re.search(r"\(([^()]*\b(?:AND|OR)\b[^()]*)\)", licence)
    if inner:
        stand_in = allowed[0] if is_allowed(inner[1], allowed) else "not allowed"
        return is_allowed(licence.replace(inner[0], stand_in), allowed)
    for joint, enough in (("; ", all), (" OR ", any), (" AND ", all)):
        if joint in licence:
            return enough(is_allowed(each, allowed) for each in licence.split(joint))
    return False


def faults(packages: list[dict], rules: dict) -> list[str]:
    """One line for each package whose licence is not allowed, and each exception not needed.

    Parameters
    ----------
    packages
        Tables with `Name`, `Version` and `License`.
    rules
        `allowed`, and `exceptions`: the reason by the package's name.
    """
    exceptions = rules["exceptions"]
    wrong = [each for each in packages if not is_allowed(each["License"], rules["allowed"])]
    lines = [
        f"{each['Name']} {each['Version']}: its licence is {each['License']!r}, "
        "which pyproject.toml does not allow"
        for each in wrong
        if each["Name"] not in exceptions
    ]
    needed = {each["Name"] for each in wrong}
    there = {each["Name"] for each in packages}
    lines += [
        f"{name}: excepted in pyproject.toml, and its licence is allowed"
        for name in exceptions
        if name in there - needed
    ]
    return sorted(lines)


def main() -> None:
    """Read an environment and end with the faults, or with one line of what was found."""
    python = sys.argv[1] if len(sys.argv) > 1 else sys.executable
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = installed(python)
    if len(packages) < 2:
        sys.exit(f"{python}: found {len(packages)} packages, expected those of an environment")
    wrong = faults(packages, rules["tool"]["kz-ci"]["licences"])
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"licences: {len(packages)} packages, every licence allowed")


if __name__ == "__main__":
    main()

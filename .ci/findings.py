"""Compare what bandit finds with what pyproject.toml explains, finding by finding.

A finding that nobody explained is a fault, and so is an explanation of what is no longer found.

Call it as `python .ci/findings.py [FOLDER]`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def bandit(folder: str) -> list[dict]:
    """What bandit finds in a folder of the checkout."""
    done = subprocess.run(
        [sys.executable, "-m", "bandit", "-q", "-r", folder, "-f", "json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        sys.exit(f"bandit ended with {done.returncode}: {done.stderr.strip()}")
    told = json.loads(done.stdout)
    if told["errors"]:
        sys.exit(f"bandit could not read {told['errors'][0]['filename']}")
    return told["results"]


def faults(found: list[dict], explained: list[dict]) -> list[str]:
    """One line for each finding without an explanation, and each explanation without a finding.

    Parameters
    ----------
    found
        Findings as bandit tells them: `test_id`, `filename`, `line_number`, `issue_text`.
    explained
        Tables with `file`, `test`, `n` findings and `reason`.
    """
    of = Counter((each["filename"], each["test_id"]) for each in found)
    known = {(each["file"], each["test"]): each for each in explained}
    lines = [
        f"{file}: bandit finds {test} {n} times, pyproject explains "
        f"{known[file, test]['n'] if (file, test) in known else 0}: "
        + "; ".join(
            f"line {each['line_number']}, {each['issue_text']}"
            for each in found
            if (each["filename"], each["test_id"]) == (file, test)
        )
        for (file, test), n in of.items()
        if (file, test) not in known or known[file, test]["n"] != n
    ]
    lines += [
        f"{file}: pyproject explains {test}, which bandit no longer finds"
        for file, test in known
        if (file, test) not in of
    ]
    lines += [
        f"{each['file']}: {each['test']} is explained without a reason"
        for each in explained
        if not each.get("reason", "").strip()
    ]
    return sorted(lines)


def main() -> None:
    """Run bandit and end with the faults, or with one line of what was found."""
    folder = sys.argv[1] if len(sys.argv) > 1 else "kz_spatial"
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    explained = tables["tool"]["kz-ci"]["bandit"]
    found = bandit(folder)
    wrong = faults(found, explained)
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"bandit: {len(found)} findings, each explained in pyproject.toml; none other")


if __name__ == "__main__":
    main()

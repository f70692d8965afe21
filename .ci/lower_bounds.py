"""Hold the lower bounds of pyproject.toml to what a resolver takes when it takes the lowest.

A bound that no other package lets be reached says that something runs which nobody can install.
Call it as `python .ci/lower_bounds.py LOWEST.txt` with what
`uv pip compile --resolution lowest-direct` wrote.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]


def faults(direct: list[str], resolved: str) -> list[str]:
    r"""One line for each direct dependency without a bound, or taken at another version.

    Examples
    --------
    >>> faults(["numpy>=2.0", "scipy>=1.13"], "numpy==2.0.2\nscipy==1.14.1")
    ['scipy>=1.13: the lowest that can be had is 1.14.1']
    """
    taken = {
        canonicalize_name(name): Version(version)
        for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", resolved)
    }
    lines = []
    for each in map(Requirement, direct):
        bounds = [one.version for one in each.specifier if one.operator in (">=", "==")]
        found = taken.get(canonicalize_name(each.name))
        if not bounds:
            lines.append(f"{each}: has no lower bound")
        elif found is None:
            lines.append(f"{each}: the resolver took none")
        else:
            bound = Version(bounds[0])
            # the last number of a release may be later: some were withdrawn
            if (*found.release, 0)[:2] != (*bound.release, 0)[:2] or found < bound:
                lines.append(f"{each}: the lowest that can be had is {found}")
    return lines


def main() -> None:
    """Read what was resolved and end with the faults, or with one line."""
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    direct = tables["project"]["dependencies"]
    wrong = faults(direct, Path(sys.argv[1]).read_text(encoding="utf-8"))
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"lower bounds: {len(direct)} direct dependencies, each can be had at its bound")


if __name__ == "__main__":
    main()

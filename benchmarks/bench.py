"""Peers and kz_spatial in one run: whole processes in turn, medians and ratios printed."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUNS = 5


def timed(command: list[str]) -> tuple[float, float]:
    """Wall seconds and peak memory in MB of one process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"failed: {' '.join(command)}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def in_turn(commands: dict[str, list[str]]) -> dict[str, list[tuple[float, float]]]:
    """Run the commands A B A B ..., one warm-up each, so that drift hits them alike."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for turn in range(RUNS + 1):
        for name, command in commands.items():
            figures = timed(command)
            if turn:
                taken[name].append(figures)
    return taken


def whole_study(folder: Path) -> None:
    taken = in_turn(
        {
            "peers alone": [sys.executable, str(HERE / "peers_alone.py"), str(folder / "peers")],
            "kz-spatial run": [sys.executable, "-m", "kz_spatial.cli", "run", "--out",
                               str(folder / "ours"), "--overwrite"],
        }
    )  # fmt: skip
    print(f"A day's work, whole process, median of {RUNS} (least to most)")
    for name, runs in taken.items():
        seconds = [each[0] for each in runs]
        memory = statistics.median(each[1] for each in runs)
        print(f"  {name:<16}{statistics.median(seconds):7.2f} s  ({min(seconds):.2f} to "
              f"{max(seconds):.2f})  {memory:6.0f} MB")  # fmt: skip
    ratios = [
        ours[0] / theirs[0]
        for theirs, ours in zip(taken["peers alone"], taken["kz-spatial run"], strict=True)
    ]
    print(f"  ratio kz-spatial / peers: {statistics.median(ratios):.2f} "
          f"({min(ratios):.2f} to {max(ratios):.2f}), pair by pair")  # fmt: skip


def start_up() -> None:
    taken = in_turn(
        {
            "python -c pass": [sys.executable, "-c", "pass"],
            "import kz_spatial": [sys.executable, "-c", "import kz_spatial"],
            "kz-spatial --help": [sys.executable, "-m", "kz_spatial.cli", "--help"],
        }
    )
    print(f"Start-up, whole process, median of {RUNS}")
    for name, runs in taken.items():
        print(f"  {name:<20}{1000 * statistics.median(each[0] for each in runs):6.0f} ms")


def main() -> None:
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    start_up()
    with tempfile.TemporaryDirectory() as folder:
        whole_study(Path(folder))


if __name__ == "__main__":
    main()

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
_NO_PEER = 3  # exit of a case whose library is not installed


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
            "kz-spatial run": [
                sys.executable,
                "-m",
                "kz_spatial.cli.main",
                "run",
                "--out",
                str(folder / "ours"),
                "--overwrite",
            ],
        }
    )
    print(f"A day's work, whole process, median of {RUNS} (least to most)")
    for name, runs in taken.items():
        seconds = [each[0] for each in runs]
        memory = statistics.median(each[1] for each in runs)
        print(
            f"  {name:<16}{statistics.median(seconds):7.2f} s  ({min(seconds):.2f} to "
            f"{max(seconds):.2f})  {memory:6.0f} MB"
        )
    ratios = [
        ours[0] / theirs[0]
        for theirs, ours in zip(taken["peers alone"], taken["kz-spatial run"], strict=True)
    ]
    print(
        f"  ratio kz-spatial / peers: {statistics.median(ratios):.2f} "
        f"({min(ratios):.2f} to {max(ratios):.2f}), pair by pair"
    )


def start_up() -> None:
    taken = in_turn(
        {
            "python -c pass": [sys.executable, "-c", "pass"],
            "import kz_spatial": [sys.executable, "-c", "import kz_spatial"],
            "kz-spatial --help": [sys.executable, "-m", "kz_spatial.cli.main", "--help"],
        }
    )
    print(f"Start-up, whole process, median of {RUNS}")
    for name, runs in taken.items():
        print(f"  {name:<20}{1000 * statistics.median(each[0] for each in runs):6.0f} ms")


def inside(script: str, cases: dict[str, list[str]], runs: int = RUNS) -> None:
    """Seconds that each case prints of its own work, in turn; ratios to the first case."""
    taken: dict[str, list[float]] = {name: [] for name in cases}
    memory: dict[str, float] = {}
    missing: set[str] = set()
    for _ in range(runs):
        for name, words in cases.items():
            command = [sys.executable, str(HERE / script), *words]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            out = process.stdout.read().decode()
            _, status, usage = os.wait4(process.pid, 0)
            process.stdout.close()
            if os.waitstatus_to_exitcode(status) == _NO_PEER:
                missing.add(name)
                continue
            if status:
                sys.exit(f"failed: {' '.join(command)}")
            taken[name].append(float(out.splitlines()[-1]))
            memory[name] = max(memory.get(name, 0.0), usage.ru_maxrss / 1024)
    first = next(iter(cases))
    for name, seconds in taken.items():
        if name in missing:
            print(f"  {name:<28} not installed")
            continue
        ratios = [theirs / ours for ours, theirs in zip(taken[first], seconds, strict=True)]
        print(
            f"  {name:<28}{statistics.median(seconds):9.3f} s {memory[name]:8.0f} MB   "
            f"{statistics.median(ratios):6.1f} x ours"
        )


def regression() -> None:
    for n, runs in ((1013, RUNS), (1_000_000, RUNS), (10_000_000, 1)):
        print(f"Fixed effects with CRV1, {n:,} firms, median of {runs}")
        names = ("ours", "pyfixest", "statsmodels") if n < 10_000_000 else ("ours", "pyfixest")
        inside("regression_cases.py", {name: [name, str(n)] for name in names}, runs)
    print(f"Wild cluster bootstrap, four terms, 1,013 firms, median of {RUNS}")
    cases = {
        "ours, all 128, intervals": ["wild", "1013"],
        "wildboottest, 9,999, p only": ["wildboottest", "1013"],
    }
    inside("regression_cases.py", cases)


def spatial() -> None:
    print(f"Local Moran of the 20 oblasts, median of {RUNS}")
    inside(
        "spatial_cases.py",
        {
            "ours, exact": ["ours_local"],
            "esda, 99,999": ["esda_local"],
            "pygeoda, 99,999": ["pygeoda_local"],
        },
    )
    for k in (3, 5, 8):
        print(f"Regions of the 20 oblasts, {k} groups, median of {RUNS}")
        inside(
            "spatial_cases.py",
            {
                "ours, proven optimum": ["ours_regions", str(k)],
                "spopt SKATER": ["spopt_regions", str(k)],
            },
        )


def large_maps() -> None:
    """On 3,025 cells; cold is the first call in a process, with all that is compiled in it."""
    for name, what in (("queen", "Contiguity, queen"), ("rook", "Contiguity, rook")):
        for vertices in (0, 20):
            print(f"{what}, 3,025 cells, {vertices} vertices a side, median of 3")
            cases = {
                who: [f"{key}_{name}", "warm", str(vertices)]
                for who, key in (("ours", "ours"), ("libpysal", "libpysal"))
            }
            inside("large_map_cases.py", cases, 3)
    for name, what in (
        ("local", "Local Moran, 999 permutations"),
        ("moran", "Moran's I, 9,999 permutations"),
        ("g", "Local G*, 999 permutations"),
    ):
        for start, runs in (("warm", 3), ("cold", 1)):
            print(f"{what}, 3,025 cells, {start}, median of {runs}")
            cases = {who: [f"{who}_{name}", start] for who in ("ours", "esda")}
            inside("large_map_cases.py", cases, runs)


def many_points() -> None:
    """Ten million points to the oblasts, and the density of two million; memory by process."""
    print("10,000,000 points to the 20 oblasts, median of 3")
    cases = {"ours": "units_ours", "geopandas sjoin, within": "units_sjoin"}
    cases |= {"ours, whole kz.join": "join_ours"}
    inside("point_cases.py", {name: [case, "10000000"] for name, case in cases.items()}, 3)
    print(f"Density of 2,000,000 points on 1,024 x 512 cells, warm, median of {RUNS}")
    cases = {
        "ours, checked and corrected": "density_ours",
        "ours, sums alone, corrected": "density_sums",
        "KDEpy FFTKDE": "density_kdepy",
    }
    inside("point_cases.py", {name: [case, "2000000", "warm"] for name, case in cases.items()})


def register() -> None:
    """Read, join, aggregate, regress and smooth ten million firms; whole processes."""
    from register_cases import make
    from register_cases import timed as whole

    print("10,000,000 firms from Parquet, whole process, median of 3 (KDEpy: pip install KDEpy)")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "register.parquet"
        make(10_000_000, path)
        runs = [(whole(["ours", str(path)]), whole(["peers", str(path)])) for _ in range(3)]
    for place, name in enumerate(("kz.stream_sums", "peers in one script")):
        seconds = statistics.median(each[place][0] for each in runs)
        memory = max(each[place][1] for each in runs)
        print(f"  {name:<28}{seconds:9.1f} s {memory:8.0f} MB")
    ratio = statistics.median(theirs[0] / own[0] for own, theirs in runs)
    print(f"  peers / ours: {ratio:.1f}")


def main() -> None:
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    start_up()
    with tempfile.TemporaryDirectory() as folder:
        whole_study(Path(folder))
    regression()
    spatial()
    large_maps()
    many_points()
    register()
    for script in (
        "region_gaps.py",
        "lisa_false_positives.py",
        "local_false_positives.py",
        "rejection_rates.py",
    ):
        subprocess.run([sys.executable, str(HERE / script)], check=True)


if __name__ == "__main__":
    main()

"""Kill runs while they replace a bundle, and see that nothing is lost: `make kills`.

A child writes a small bundle over an older one that holds files of its reader's. It is killed at
random moments, and before and after every single operation of the swap, for each of the three ways
that file systems allow: exchange, rename, copy. After each kill the folder must be whole, the old
one or the new; after the next run the new one stands, the reader's files are all there, and nothing
hidden is left.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from kz_spatial.output import folders

WAYS = ("exchange", "rename", "copy")
N_FILES = 8
READERS = {"notes.txt": "mine", "tables/own.csv": "a,b", "file 3.txt": "changed by the reader"}
OPERATIONS = ("rename", "replace", "unlink", "rmdir", "mkdir")


def write(out: Path, text: str, pause: float = 0.0) -> None:
    """Write a small bundle."""
    with folders.whole_or_absent(out, overwrite=True) as folder:
        (folder / "tables").mkdir()
        for i in range(N_FILES):
            (folder / f"file {i}.txt").write_text(f"{text} {i}", encoding="utf-8")
            time.sleep(pause)
        (folder / "tables" / "a.csv").write_text(text, encoding="utf-8")
        folders.write_record(folder, {"text": text})


def use_way(way: str) -> None:
    """Make the file system look as if it could do no more than this way."""
    if way == "exchange":
        return
    folders._renameat2 = lambda: None  # noqa: SLF001
    if way == "copy":
        plain = os.rename

        def rename(source, target, **more):
            if not Path(source).name.startswith(".") and Path(source).name == "bundle":
                raise OSError(errno.EXDEV, "a folder of a lower layer")
            return plain(source, target, **more)

        os.rename = rename


def count_operations(stop_at: int) -> None:
    """Kill this process at the n-th operation after the bundle is finished, before or after it."""
    seen = [0]

    def watched(call):
        def run(*args, **more):
            seen[0] += 1
            if seen[0] == stop_at:
                os.kill(os.getpid(), signal.SIGKILL)
            done = call(*args, **more)
            seen[0] += 1
            if seen[0] == stop_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        return run

    finished = folders._take_place  # noqa: SLF001

    def take_place(*args, **more):
        for name in OPERATIONS:
            setattr(os, name, watched(getattr(os, name)))
        exchange = folders._renameat2()  # noqa: SLF001
        if exchange is not None:
            folders._renameat2 = lambda: watched(exchange)  # noqa: SLF001
        return finished(*args, **more)

    folders._take_place = take_place  # noqa: SLF001


def child(out: Path, way: str, stop_at: int, pause: float) -> None:
    use_way(way)
    if stop_at:
        count_operations(stop_at)
    write(out, "new", pause)


def is_whole(out: Path) -> bool:
    """Whether every file that the record lists is there with its checksum."""
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    return all(
        folders._checksum(out / name) == digest  # noqa: SLF001
        for name, digest in record["files"].items()
        if name not in READERS
    )


def readers_files(out: Path) -> Counter[str]:
    texts = [p.read_text(encoding="utf-8") for p in out.rglob("*") if p.is_file()]
    return Counter(text for text in texts if text in READERS.values())


def one_kill(place: Path, way: str, stop_at: int, wait: float | None) -> tuple[bool, list[str]]:
    """Kill one run; return whether it was killed, and what is wrong after it."""
    out = place / "bundle"
    write(out, "old")
    for name, text in READERS.items():
        (out / name).write_text(text, encoding="utf-8")
    command = [sys.executable, __file__, "--child", str(out), "--way", way, "--at", str(stop_at)]
    pause = 0.0 if wait is None else 0.004
    running = subprocess.Popen([*command, "--pause", str(pause)])
    if wait is not None:
        time.sleep(wait)
        running.send_signal(signal.SIGKILL)
    killed = running.wait() == -signal.SIGKILL
    wrong = []
    if not out.is_dir() and way == "exchange":
        wrong.append("nothing stands under the name")
    elif out.is_dir() and way != "copy" and not is_whole(out):
        wrong.append("the folder is not whole")
    write(out, "newest")
    if not is_whole(out) or json.loads((out / "run.json").read_text("utf-8"))["text"] != "newest":
        wrong.append("the next run did not put its bundle in place")
    if (found := readers_files(out)) != Counter(READERS.values()):
        wrong.append(f"files of the reader: {dict(found)}")
    if left := [p.name for p in place.iterdir() if p != out]:
        wrong.append(f"left behind: {left}")
    shutil.rmtree(place)
    place.mkdir()
    return killed, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", type=int, default=100, help="kills at random moments")
    parser.add_argument("--aimed", type=int, default=10_000, help="at most so many a way")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--way", default="exchange", help=argparse.SUPPRESS)
    parser.add_argument("--at", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--pause", type=float, default=0.0, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(args.child, args.way, args.at, args.pause)
        return 0
    faults = 0
    draw = random.Random(1)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / "place"
        place.mkdir()
        start = time.perf_counter()
        for way in WAYS:
            killed, stop_at, wrong = 0, 1, []
            while stop_at <= args.aimed:
                hit, found = one_kill(place, way, stop_at, None)
                if not hit:
                    break
                killed += 1
                wrong += [f"{way}, operation {stop_at}: {each}" for each in found]
                stop_at += 1
            print(f"{way:>9}: killed at each of {killed} moments of the swap, {len(wrong)} faults")
            faults += len(wrong)
            print(*wrong, sep="\n", end="\n" if wrong else "")
        killed, wrong = 0, []
        begun = time.perf_counter()
        one_kill(place, "exchange", 0, None)
        child_s = time.perf_counter() - begun
        for _ in range(args.random):
            hit, found = one_kill(place, "exchange", 0, draw.uniform(0, child_s))
            killed += hit
            wrong += found
        print(f"   random: {killed} of {args.random} killed before their end, {len(wrong)} faults")
        print(*wrong, sep="\n", end="\n" if wrong else "")
        faults += len(wrong)
        print(f"{time.perf_counter() - start:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""Pages printed to PDF by a browser of the machine: Chromium, Chrome or Edge, without a window."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from kz_spatial.errors import CallError
from kz_spatial.output.folders import sha256_of, write_json

__all__ = ["check_browser", "print_pdf", "print_report"]

_BROWSERS: Final = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    *("chrome", "microsoft-edge", "msedge"),
)
_SECONDS: Final = 120
_QUIET: Final = (
    "--headless=new",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--virtual-time-budget=5000",
)


def check_browser() -> str:
    """Path of a browser that can print; the variable KZ_BROWSER names one.

    Raises
    ------
    CallError
        Where there is none.
    """
    named = os.environ.get("KZ_BROWSER")
    for name in (named,) if named else _BROWSERS:
        if found := shutil.which(name):
            return found
    looked = f"KZ_BROWSER={named}" if named else ", ".join(_BROWSERS)
    raise CallError(
        f"found no browser that prints ({looked}), expected Chromium, Chrome or Edge on the path, "
        "or the variable KZ_BROWSER to name one"
    )


def print_pdf(page: str | os.PathLike[str], out: str | os.PathLike[str]) -> Path:
    """Print a page that this package wrote as PDF, on A4.

    Parameters
    ----------
    page : path
        An HTML file.
    out : path
        The PDF; replaced where it exists, once the new one is whole.

    Returns
    -------
    Path
        The PDF.

    Raises
    ------
    CallError
        Where there is no such page or no browser, or where it prints nothing.

    Examples
    --------
    >>> print_pdf("no-such-page.html", "page.pdf")
    Traceback (most recent call last):
    ...
    kz_spatial.errors.CallError: no-such-page.html: found no such page, expected an HTML file
    """
    source, target = Path(page), Path(out)
    if not source.is_file():
        raise CallError(f"{source}: found no such page, expected an HTML file")
    browser = check_browser()
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "page.pdf"
        # a superuser's browser has no sandbox; the page is our own and asks for nothing
        rootless = ("--no-sandbox",) if getattr(os, "geteuid", lambda: 1)() == 0 else ()
        command = [
            *(browser, *_QUIET, *rootless, f"--user-data-dir={folder}/profile"),
            *(f"--print-to-pdf={made}", source.resolve().as_uri()),
        ]
        try:
            ended = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CallError(f"{browser}: could not print {source.name}: {error}") from error
        if ended.returncode or not made.is_file() or not made.stat().st_size:
            said = ended.stderr.decode(errors="replace").strip().splitlines()
            why = said[-1] if said else f"it ended with {ended.returncode}"
            raise CallError(f"{browser}: printed nothing of {source.name}: {why}")
        part = target.with_name(f".{target.name}.part")
        try:
            shutil.copyfile(made, part)
            part.replace(target)
        except OSError as error:
            raise CallError(f"{target}: cannot be written: {error.strerror or error}") from error
        finally:
            part.unlink(missing_ok=True)
    return target


def print_report(page: Path) -> Path:
    """Print a page of a bundle beside it, as a file that the bundle owns.

    Were it not in the record, the next bundle of that name would keep it as the reader's own.
    """
    made = print_pdf(page, page.with_suffix(".pdf"))
    kept = page.with_name("run.json")
    record = json.loads(kept.read_text(encoding="utf-8"))
    record["files"][made.name] = sha256_of(made)
    part = kept.with_name(f".{kept.name}.part")
    write_json(part, record)
    part.replace(kept)
    return made

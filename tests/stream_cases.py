"""A made-up register and how it is written, for tests of files that are read in chunks."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from helpers import ROOT

import kz_spatial as kz

if TYPE_CHECKING:
    import pandas as pd

REFERENCE = ROOT / "tests" / "reference" / "streams"
_SPEC = importlib.util.spec_from_file_location("streams_reference", REFERENCE / "generate.py")
GENERATOR = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(GENERATOR)
REGISTER = GENERATOR.register()
QUICK = {"draws": 0, "permutations": 99, "parts": (), "cell_m": 25_000}


def options(**more) -> kz.RunOptions:
    return kz.RunOptions(**{**QUICK, "disclosure": "open", **more})


def write_register(path: Path, table: pd.DataFrame = REGISTER, rows_a_group: int = 900) -> Path:
    """A file of the register by its ending; Parquet in groups of few rows."""
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    else:
        pq.write_table(pa.Table.from_pandas(table, preserve_index=False), path, rows_a_group)
    return path

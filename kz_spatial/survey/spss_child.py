"""Read an SPSS file in a process of its own: `python spss_child.py FILE FOLDER`.

A damaged file can end the process inside the reader, by a signal that no code can catch. Imports
nothing of the package, so that it starts fast and can be run by its path. Leaves table.parquet and
labels.json in the folder, or error.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

__all__ = ["main"]

_FAILED: Final = 3


def _read(path: str, folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq
    import pyreadstat

    # user-missing values are answers with a reason
    frame, meta = pyreadstat.read_sav(path, user_missing=True)
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except pa.ArrowException:  # cells of several types in one column
        plain = frame.select_dtypes("object").columns
        frame[plain] = frame[plain].astype("string")
        table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table, folder / "table.parquet", compression="none")
    labels = {name: list(each.items()) for name, each in meta.variable_value_labels.items()}
    (folder / "labels.json").write_text(json.dumps(labels), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Read a file and leave what it holds in a folder."""
    path, folder = arguments[0], Path(arguments[1])
    try:
        _read(path, folder)
    except ImportError:
        return 2
    except Exception as error:  # noqa: BLE001  readers raise whatever they trip over
        told: dict[str, Any] = {"error": str(error) or type(error).__name__}
        (folder / "error.json").write_text(json.dumps(told), encoding="utf-8")
        return _FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A user's own weights: a Graph, a libpysal W, or a .gal, .gwt or .csv file."""

from __future__ import annotations

import csv
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kz_spatial.errors import CallError, InputError
from kz_spatial.neighbours.weights import Islands, Transform, graph_of_pairs

if TYPE_CHECKING:
    from os import PathLike

    from libpysal.graph import Graph

__all__ = ["as_graph"]


def _read_pairs(path: Path) -> list[tuple[str, str, float]]:
    """Rows of a .csv with focal, neighbour and, where given, weight."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    names = {str(each).casefold(): each for each in (rows[0] if rows else {})}
    focal = names.get("focal")
    other = names.get("neighbor", names.get("neighbour"))
    if focal is None or other is None:
        raise InputError(
            f"{path}: found columns {', '.join(names) or 'none'}, expected focal, "
            "neighbor and weight"
        )
    found = []
    for line, row in enumerate(rows, start=2):
        text = row[names["weight"]] if "weight" in names else "1"
        try:
            found.append((row[focal], row[other], float(text)))
        except (TypeError, ValueError):
            raise InputError(
                f"{path}: row {line}, column weight: found {text!r}, expected a number"
            ) from None
    return found


def _read_file(path: Path) -> tuple[list[Any], pd.Series[Any]]:
    if not path.is_file():
        raise CallError(f"{path}: no such file, expected .gal, .gwt or .csv weights")
    suffix = path.suffix.lower()
    if suffix == ".csv":
        rows = _read_pairs(path)
        ids = list(dict.fromkeys(each for row in rows for each in row[:2]))
        pairs = pd.Series({(a, b): weight for a, b, weight in rows if a != b}, dtype=float)
        return ids, pairs
    if suffix not in (".gal", ".gwt"):
        raise CallError(f"{path}: cannot read {suffix!r}, expected .gal, .gwt or .csv weights")
    import libpysal

    stream = libpysal.io.open(str(path))
    try:
        with warnings.catch_warnings():  # islands are reported by our own policy
            warnings.simplefilter("ignore")
            weights = stream.read()
    except Exception as error:  # readers raise whatever they trip over
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(f"{path}: cannot be read as {suffix} ({reason})") from error
    finally:
        stream.close()
    return _from_w(weights)


def _from_w(weights: Any) -> tuple[list[Any], pd.Series[Any]]:
    rows = {
        (focal, other): float(weight)
        for focal, near in weights.neighbors.items()
        for other, weight in zip(near, weights.weights[focal], strict=True)
        if focal != other
    }
    return list(weights.id_order), pd.Series(rows, dtype=float)


def as_graph(
    source: Graph | str | PathLike[str] | Any,
    units: pd.Index[Any] | None = None,
    *,
    transform: Transform = "R",
    islands: Islands = "keep",
) -> Graph:
    """Take a user's own weights: a Graph, a libpysal W, or a .gal, .gwt or .csv file.

    Parameters
    ----------
    source : Graph, W or path
        A .csv has the columns focal, neighbor and, optionally, weight.
    units : Index, optional
        Units that the graph must be on, such as `kz.oblasts().index`.
    transform, islands
        As in `contiguity`; a Graph is returned as it is, and its own `transform` changes it.

    Returns
    -------
    libpysal.graph.Graph

    Raises
    ------
    InputError
        When the file cannot be read or names other units.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> areas = kz.oblasts(detail="light")
    >>> weights = kz.contiguity(areas).to_W()  # such as other tools of PySAL make
    >>> kz.as_graph(weights, areas.index).n
    20
    """
    if hasattr(source, "unique_ids") and hasattr(source, "adjacency"):
        ids, pairs, own = list(source.unique_ids), None, source
    elif hasattr(source, "neighbors") and hasattr(source, "id_order"):
        (ids, pairs), own = _from_w(source), None
    else:
        (ids, pairs), own = _read_file(Path(source)), None
    if units is not None:
        texts = {str(each): each for each in units}
        strange = [each for each in ids if str(each) not in texts]
        if strange:
            raise InputError(
                f"weights: found unit {strange[0]!r}, expected one of "
                f"{', '.join(list(texts)[:5])}, ..."
            )
        if own is None and pairs is not None:
            pairs.index = pd.MultiIndex.from_tuples(
                [(texts[str(a)], texts[str(b)]) for a, b in pairs.index]
            )
            ids = list(units)
    if own is not None:
        return own
    assert pairs is not None
    return graph_of_pairs(pairs, pd.Index(ids), transform=transform, islands=islands, points=None)

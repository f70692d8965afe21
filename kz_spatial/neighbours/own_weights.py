"""A user's own weights: a Graph, a libpysal W, or a .gal, .gwt or .csv file."""

from __future__ import annotations

import csv
import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from kz_spatial._validate import check_option
from kz_spatial.errors import CallError, InputError, OneWayLinksWarning, SelfNeighbourWarning
from kz_spatial.neighbours.links import Islands, Transform, graph_of_pairs

if TYPE_CHECKING:
    from os import PathLike

    from libpysal.graph import Graph

__all__ = ["as_graph", "graph_of"]

OneWay = Literal["warn", "keep", "mirror"]
_ONE_WAY: Final[tuple[OneWay, ...]] = ("warn", "keep", "mirror")


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
    found: dict[tuple[str, str], float] = {}
    for line, row in enumerate(rows, start=2):
        text = row[names["weight"]] if "weight" in names else "1"
        a, b = ((row[each] or "").strip() for each in (focal, other))
        if not (a and b):
            raise InputError(f"{path}: row {line}: found {a!r} and {b!r}, expected two units")
        try:
            weight = float(text)
        except (TypeError, ValueError):
            weight = math.nan
        if not math.isfinite(weight):
            raise InputError(
                f"{path}: row {line}, column weight: found {text!r}, expected a number"
            )
        if found.setdefault((a, b), weight) != weight:
            raise InputError(
                f"{path}: row {line}: found {a}, {b} again with weight {text} after "
                f"{found[a, b]:g}, expected each pair once"
            )
    return [(a, b, weight) for (a, b), weight in found.items()]


def _read_file(path: Path) -> tuple[list[Any], pd.Series[Any]]:
    if not path.is_file():
        raise CallError(f"{path}: no such file, expected .gal, .gwt or .csv weights")
    suffix = path.suffix.lower()
    if suffix == ".csv":
        rows = _read_pairs(path)
        ids = list(dict.fromkeys(each for row in rows for each in row[:2]))
        return ids, pd.Series({(a, b): weight for a, b, weight in rows}, dtype=float)
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
    }
    return list(weights.id_order), pd.Series(rows, dtype=float)


def _without_loops(pairs: pd.Series[Any], n: int) -> pd.Series[Any]:
    """Links of units to others; rows that summed to one do so again."""
    pairs = pairs[pairs != 0]
    focal, other = (pairs.index.get_level_values(level) for level in (0, 1))
    loops = np.asarray(focal == other)
    if not loops.any():
        return pairs
    shares = bool((pairs > 0).all() and np.allclose(pairs.groupby(focal).sum(), 1.0))
    warnings.warn(
        f"weights: found {loops.sum()} of {n} units as their own neighbours (first: "
        f"{focal[loops][0]}): left out" + (", and rows made to sum to one again" if shares else ""),
        SelfNeighbourWarning,
        stacklevel=3,
    )
    bare = pairs[~loops]
    return bare / bare.groupby(level=0).transform("sum") if shares else bare


def _both_ways(pairs: pd.Series[Any], one_way: OneWay) -> pd.Series[Any]:
    """Links with those that go one way as asked: told, kept as they are, or mirrored."""
    back = pairs.index.swaplevel()
    single = ~back.isin(pairs.index)
    if not single.any() or one_way == "keep":
        return pairs
    if one_way == "mirror":
        return pd.concat([pairs, pd.Series(pairs[single].to_numpy(), back[single])])
    a, b = pairs.index[single][0]
    warnings.warn(
        f"weights: {single.sum()} of {len(pairs)} links go one way (first: {a} names {b}, {b} does "
        f"not name {a}); one_way='mirror' adds the way back, 'keep' takes them as they are",
        OneWayLinksWarning,
        stacklevel=3,
    )
    return pairs


def as_graph(
    source: Graph | str | PathLike[str] | Any,
    units: pd.Index[Any] | None = None,
    *,
    transform: Transform = "R",
    islands: Islands = "keep",
    one_way: OneWay = "warn",
) -> Graph:
    """Take a user's own weights: a Graph, a libpysal W, or a .gal, .gwt or .csv file.

    Parameters
    ----------
    source : Graph, W or path
        A .csv has the columns focal, neighbor and, optionally, weight.
    units : Index, optional
        Units that the graph must be on, such as `kz.oblasts().index`.
    transform, islands
        As in `contiguity`; a Graph is returned as it is, and its own `transform` changes it. A unit
        that others name and that names none is no island: it stays, without a row of its own.
    one_way : {"warn", "keep", "mirror"}
        What to do with links from a to b without one from b to a: say how many there are, take
        them as meant, or add the way back with the same weight (not for a Graph).

    Returns
    -------
    libpysal.graph.Graph

    Raises
    ------
    InputError
        When the file cannot be read, names other units, or gives a pair two weights.

    Warns
    -----
    IslandWarning
        When units have no neighbours.
    OneWayLinksWarning
        When links go one way and nothing was said of them.
    SelfNeighbourWarning
        When units name themselves. These links are left out, and rows that summed to one with them
        are made to do so without.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> areas = kz.oblasts(detail="light")
    >>> weights = kz.contiguity(areas).to_W()  # such as other tools of PySAL make
    >>> kz.as_graph(weights, areas.index).n
    20
    """
    check_option("one_way", one_way, _ONE_WAY)
    own = source if hasattr(source, "unique_ids") and hasattr(source, "adjacency") else None
    if own is not None:
        ids, pairs = list(own.unique_ids), own.adjacency
    elif hasattr(source, "neighbors") and hasattr(source, "id_order"):
        ids, pairs = _from_w(source)
    else:
        ids, pairs = _read_file(Path(source))
    if units is not None:
        texts = {str(each): each for each in units}
        strange = [each for each in ids if str(each) not in texts]
        if strange:
            raise InputError(
                f"weights: found unit {strange[0]!r}, expected one of "
                f"{', '.join(list(texts)[:5])}, ..."
            )
        if own is None:
            pairs.index = pd.MultiIndex.from_tuples(
                [(texts[str(a)], texts[str(b)]) for a, b in pairs.index]
            )
            ids = list(units)
    if own is not None:
        if one_way == "mirror":
            raise CallError("one_way='mirror': a Graph is returned as it is, expected 'keep'")
        _both_ways(pairs[pairs != 0], one_way)
        return own
    pairs = _both_ways(_without_loops(pairs, len(ids)), one_way)
    return graph_of_pairs(pairs, pd.Index(ids), transform=transform, islands=islands, points=None)


def graph_of(weights: Any) -> Graph:
    """A Graph as it is, and a W of libpysal as a Graph; what is neither is left for its reader.

    Examples
    --------
    >>> import kz_spatial as kz
    >>> graph = kz.contiguity(kz.oblasts(detail="light"))
    >>> graph_of(graph) is graph, graph_of(graph.to_W()).n
    (True, 20)
    """
    if hasattr(weights, "neighbors") and hasattr(weights, "id_order"):
        return as_graph(weights)
    graph: Graph = weights
    return graph

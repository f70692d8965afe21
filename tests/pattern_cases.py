"""Graphs, values and exact shares that tests of spatial pattern have in common."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
from helpers import graph_of

from kz_spatial.neighbours.weights import contiguity
from kz_spatial.places.boundaries import composites, oblasts

OBLASTS = oblasts(detail="light")
GRAPH = contiguity(OBLASTS)
SEVEN = contiguity(composites(detail="light"))
# both sides sum twenty products of doubles; 1e-10 is a million roundings
CLOSE = {"rtol": 0, "atol": 1e-10}


def values_for(graph, seed=1):
    rng = np.random.default_rng(seed)
    return pd.Series(rng.normal(50, 10, graph.n), graph.unique_ids)


FIVE = {"a": ["b"], "b": ["a", "c", "d"], "c": ["b", "d"], "d": ["b", "c", "e"], "e": ["d"]}
FIVE_VALUES = [
    {"a": 1, "b": 5, "c": 6, "d": 2, "e": 9},
    {"a": 4, "b": 4, "c": 0, "d": 1, "e": 4},  # ties
    {"a": 0, "b": 0, "c": 1, "d": 0, "e": 0},
    {"a": 10, "b": 9, "c": 8, "d": 1, "e": 0},
]


def share(draws, observed, alternative):
    centre = sum(draws) / Fraction(len(draws))
    extreme = {
        "greater": [each >= observed for each in draws],
        "less": [each <= observed for each in draws],
        "two-sided": [abs(each - centre) >= abs(observed - centre) for each in draws],
    }[alternative]
    return Fraction(sum(extreme), len(draws))


AWKWARD = {
    "ties": [1.0, 1, 1, 2, 2, 2, 3],
    "two values": [0.0, 0, 0, 1, 1, 1, 1],
    "one differs": [0.0, 0, 0, 0, 0, 0, 1],
    "tiny": [1e-12, 2e-12, 5e-12, 1e-12, 7e-12, 3e-12, 4e-12],
    "huge": [1e15, 2e15, 5e15, 1e15, 7e15, 3e15, 4e15],
    "far from zero": [1e6 + each for each in (1.0, 2, 5, 1, 7, 3, 4)],
    "integers": [1, 2, 5, 1, 7, 3, 4],
}


def path_graph(n):
    near = {i: [j for j in (i - 1, i + 1) if 0 <= j < n] for i in range(n)}
    return graph_of(near).transform("R")

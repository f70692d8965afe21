"""The study of the twin with no option changed, and its map, for files that ask for no other."""

from __future__ import annotations

import pytest
from helpers import kept_study

import kz_spatial as kz


@pytest.fixture(scope="session")
def study():
    return kept_study()


@pytest.fixture(scope="session")
def page(study, tmp_path_factory):
    path = tmp_path_factory.mktemp("map") / "map.html"
    kz.folium_map(study).save(path)
    return path

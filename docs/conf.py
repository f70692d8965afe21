"""How Sphinx builds the pages: offline, warnings as errors (see `build.py`)."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from kz_spatial import __version__

project = "kz_spatial"
author = "The kz_spatial developers"
project_copyright = author
version = release = __version__

extensions = [
    "sphinx.ext.autodoc",
    "numpydoc",
    "myst_nb",
    "mathml_pages",
]
root_doc = "index"
exclude_patterns = ["paper.md"]  # made for a journal, with references of its own kind
default_role = "py:obj"
toc_object_entries = False

autodoc_typehints = "none"  # numpydoc's sections tell types in the reader's words
numpydoc_show_class_members = False

myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "off"
nb_ipywidgets_js = {}  # else pages with widgets would ask hosts for scripts
html_math_renderer = "mathml"  # MathJax would come from a host

html_theme = "pydata_sphinx_theme"
html_title = "kz_spatial"
html_copy_source = False
html_show_sourcelink = False
html_context = {"default_mode": "auto"}
# pages that stand by themselves have no section to be navigated
html_sidebars = {
    name: []
    for name in (
        *("start/*", "simulations", "compared", "scale", "exit-codes"),
        *("changelog", "contributing"),
    )
}
html_theme_options = {
    "header_links_before_dropdown": 3,
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}

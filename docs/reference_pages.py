"""The reference: a page for each public name, and for each class that one of them returns.

Names and their order are those of ``kz_spatial/__init__.pyi``, wing by wing.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def names_by_wing(stub: str) -> dict[str, list[str]]:
    """Public names by the wing that the stub takes them from."""
    return {
        node.module: [each.name for each in node.names]
        for node in ast.parse(stub).body
        if isinstance(node, ast.ImportFrom) and node.module
    }


def summary(found: object) -> str:
    """Return the first sentence of a docstring, on one line."""
    return (inspect.getdoc(found) or "").partition("\n\n")[0].replace("\n", " ")


def directive(found: object, name: str) -> str:
    """Return what Sphinx is asked for one object."""
    if inspect.isclass(found):
        # methods of a library's class stand in that library's reference
        ours = all(each.__module__.startswith("kz_spatial") for each in found.__mro__[:-1])
        more = "   :inherited-members:\n" if ours else ""
        return f".. autoclass:: {name}\n   :members:\n{more}"
    return f".. autofunction:: {name}\n"


def returned_classes(public: dict[str, object]) -> dict[str, type]:
    """Classes of the package that public functions return and that are not public themselves."""
    ours = {
        name: each
        for module in [each for key, each in sys.modules.items() if key.startswith("kz_spatial.")]
        for name, each in vars(module).items()
        if inspect.isclass(each) and each.__module__.startswith("kz_spatial.")
    }
    told = [
        str(inspect.signature(each).return_annotation)
        for each in public.values()
        if not inspect.isclass(each)
    ]
    asked = {name for text in told for name in re.findall(r"\b[A-Z]\w+", text)}
    return {name: ours[name] for name in sorted(asked & set(ours)) if name not in public}


def page(title: str, body: str) -> str:
    """Return a page of reStructuredText."""
    return f"{title}\n{'=' * len(title)}\n\n{body}"


def listing(found: dict[str, object], folder: str) -> str:
    """Names with their summaries, and the tree of their pages."""
    rows = "".join(
        f"   * - :doc:`{name} <{folder}/{name}>`\n     - {summary(each)}\n"
        for name, each in found.items()
    )
    tree = "".join(f"   {folder}/{name}\n" for name in found)
    return f".. list-table::\n   :widths: 30 70\n\n{rows}\n.. toctree::\n   :hidden:\n\n{tree}\n"


def write_reference(folder: Path, stub: str) -> list[str]:
    """Write all pages below a folder; return the public names that have one."""
    package = importlib.import_module("kz_spatial")
    (folder / "names").mkdir(parents=True)
    (folder / "results").mkdir()
    public: dict[str, object] = {}
    text = ".. py:data:: kz_spatial.__version__\n   :type: str\n\n   The version.\n\n"
    for wing, names in names_by_wing(stub).items():
        found = {name: getattr(package, name) for name in names}
        public |= found
        told = summary(importlib.import_module(f"kz_spatial.{wing}"))
        text += f"{wing}\n{'-' * len(wing)}\n\n{told}\n\n{listing(found, 'names')}"
    for name, each in public.items():
        body = f".. currentmodule:: kz_spatial\n\n{directive(each, name)}"
        (folder / "names" / f"{name}.rst").write_text(page(name, body), encoding="utf-8")
    results = returned_classes(public)
    for name, each in results.items():
        body = directive(each, f"{each.__module__}.{name}")
        (folder / "results" / f"{name}.rst").write_text(page(name, body), encoding="utf-8")
    text += "What functions return\n---------------------\n\n" + listing(dict(results), "results")
    head = "Every public name, by wing. Each page ends with an example that the tests run.\n\n"
    (folder / "index.rst").write_text(page("Reference", head + text), encoding="utf-8")
    return [*public, "__version__"]

"""What PyQt6 has, read from its stubs, and what a source of the plugin takes from it in vain.

Stubs are text, so no Qt library is loaded, and a machine without a screen will do. A source is
followed from its imports through attributes, calls, local names and attributes of `self`; where a
type is not known, nothing is said.
"""

from __future__ import annotations

import ast
import functools
import re
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

# Qt 6 moved these to QtGui; qgis.PyQt.QtWidgets goes on offering them, where Qt 5 has them
RE_EXPORTED = {
    ("QtWidgets", "QAction"): "QtGui",
    ("QtWidgets", "QActionGroup"): "QtGui",
    ("QtWidgets", "QShortcut"): "QtGui",
}
# made by qgis.PyQt itself, of no type of Qt's
_ADDED = {("QtCore", "NULL")}
# what Python 3.11 cannot parse in the stubs: `type A = ...` and `class A[T]`
_NEWER = re.compile(r"^type (?=\w+ =)|(?<=^class )(\w+)\[\w+\]", re.MULTILINE)
_OF_ENUM_MEMBERS = {"name", "value"}


class AbsentError(Exception):
    """PyQt6 has no such name."""


@dataclass(frozen=True)
class Thing:
    """A `module`, `class`, `instance` or `function`: the module it is of, its definitions.

    A class of the plugin itself has no module; its definition is an Own.
    """

    kind: str
    module: str
    nodes: tuple = ()


@dataclass(frozen=True, eq=False)
class Own:
    """A class of the plugin: its bases, None for those not of PyQt, and its attributes."""

    bases: tuple
    attributes: dict


def stubs_folder() -> Path:
    """Folder of the stubs, which come without PyQt6 itself and the 95 MB of Qt it brings."""
    return Path(distribution("PyQt6-stubs").locate_file("PyQt6-stubs"))


def _definitions(body) -> dict:
    """Nodes by the name that they define; a function has one for each overload."""
    found = {}
    for node in body:
        names = []
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [each.id for each in node.targets if isinstance(each, ast.Name)]
        elif isinstance(node, ast.AnnAssign):
            names = [node.target.id]
        for name in names:
            found[name] = (*found.get(name, ()), node)
    return found


@functools.cache
def _members(node: ast.ClassDef) -> dict:
    return _definitions(node.body)


class Stubs:
    """Lookup of names and of members, through base classes."""

    def __init__(self, folder: Path):
        self.folder, self._scopes = folder, {}

    def _scope(self, module: str) -> dict:
        if module not in self._scopes:
            file = self.folder / f"{module}.pyi"
            if not file.is_file():
                raise AbsentError(module)
            text = _NEWER.sub(r"\1", file.read_text(encoding="utf-8"))
            self._scopes[module] = _definitions(ast.parse(text).body)
        return self._scopes[module]

    def module(self, name: str) -> Thing:
        """What `from qgis.PyQt import NAME` gives under Qt 6."""
        self._scope(name)
        return Thing("module", name)

    def exported(self, module: str, name: str) -> Thing | None:
        """What `from qgis.PyQt.MODULE import NAME` gives under Qt 6."""
        if (module, name) in _ADDED:
            return None
        return self._thing(RE_EXPORTED.get((module, name), module), name)

    def _thing(self, module, name):
        nodes = self._scope(module).get(name)
        if nodes is None:
            raise AbsentError(f"{module}.{name}")
        return self._of_nodes(module, nodes)

    def _of_nodes(self, module, nodes, owner=None):
        first = nodes[0]
        if isinstance(first, ast.ClassDef):
            return Thing("class", module, (first,))
        if isinstance(first, ast.FunctionDef):
            return Thing("function", module, nodes)
        if isinstance(first, ast.AnnAssign):
            return self.annotated(module, first.annotation)
        # members of an enumeration are assigned without an annotation
        is_member = owner is not None and self._is_enum(owner)
        return Thing("instance", module, (owner,)) if is_member else None

    @staticmethod
    def _is_enum(node: ast.ClassDef) -> bool:
        return any(ast.unparse(base).startswith("enum.") for base in node.bases)

    def annotated(self, module: str, node) -> Thing | None:
        """The instance that an annotation tells of; None where it is not one class of PyQt6."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node = ast.parse(node.value, mode="eval").body
        if isinstance(node, ast.Subscript):
            outer = ast.unparse(node.value)
            known = outer in ("typing.ClassVar", "typing.Optional")
            return self.annotated(module, node.slice) if known else None
        if isinstance(node, ast.BinOp):
            sides = [s for s in (node.left, node.right) if ast.unparse(s) != "None"]
            return self.annotated(module, sides[0]) if len(sides) == 1 else None
        found = self._dotted(module, ast.unparse(node)) if node is not None else None
        if found is None or found.kind != "class":
            return None
        # an instance offers the signals of its class bound to itself
        if found.nodes[0].name == "pyqtSignal":
            found = self._thing("QtCore", "pyqtBoundSignal")
        return Thing("instance", found.module, found.nodes)

    def _dotted(self, module, text):
        parts = text.removeprefix("PyQt6.").split(".")
        if len(parts) > 1 and (self.folder / f"{parts[0]}.pyi").is_file():
            module, parts = parts[0], parts[1:]
        try:
            found = self._thing(module, parts[0])
            for part in parts[1:]:
                found = self.member(found, part)
        except AbsentError:
            return None
        return found

    def member(self, thing: Thing, name: str) -> Thing | None:
        """A member; None where its type is not known. Raises AbsentError when there is none."""
        if thing.kind == "module":
            return self.exported(thing.module, name)
        if name.startswith("__"):
            return None
        if thing.kind == "function":
            raise AbsentError(name)
        (node,) = thing.nodes
        members = node.attributes if isinstance(node, Own) else _members(node)
        if name not in members:
            return self._inherited(thing.module, node, name)
        own = members[name]
        return own if isinstance(node, Own) else self._of_nodes(thing.module, own, node)

    def _inherited(self, module, node, name):
        if isinstance(node, Own):
            bases = node.bases
        elif self._is_enum(node) and name in _OF_ENUM_MEMBERS:
            return None
        else:
            # those of Python itself, such as sip's and enum's, add no public name but the above
            found = [self._dotted(module, ast.unparse(base)) for base in node.bases]
            bases = [base for base in found if base is not None]
        for base in bases:
            if base is None:
                return None
            try:
                return self.member(base, name)
            except AbsentError:
                continue
        raise AbsentError(name)

    def returned(self, thing: Thing) -> Thing | None:
        """What a call gives: an instance of a class, or what every overload of a function does."""
        if thing.kind == "class":
            return Thing("instance", thing.module, thing.nodes)
        if thing.kind != "function":
            return None
        found = {self.annotated(thing.module, node.returns) for node in thing.nodes}
        return found.pop() if len(found) == 1 else None


class _Source(ast.NodeVisitor):
    """Follows one source; a visit of an expression returns what it is, None where not known."""

    def __init__(self, stubs: Stubs):
        self.stubs, self.scopes, self.selves = stubs, [{}], [None]
        self.allowed, self.faults, self.seen = set(), {}, set()

    def _fault(self, node, text):
        self.faults[node.lineno, text] = None

    def _bind(self, target, thing):
        if isinstance(target, ast.Name):
            scope = self.scopes[-1]
            scope[target.id] = thing if scope.get(target.id, thing) == thing else None
        elif isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                self._bind(each, None)
        elif isinstance(target, ast.Starred):
            self._bind(target.value, None)
        else:  # setting an attribute asks for nothing, what it is set on does
            for child in ast.iter_child_nodes(target):
                self.visit(child)

    def visit_Import(self, node):
        for each in node.names:
            if each.name.startswith("qgis.PyQt"):
                self._fault(node, f"import {each.name}: cannot be followed, write from … import")

    def visit_ImportFrom(self, node):
        package, _, module = (node.module or "").partition("qgis.PyQt")
        if package or not (node.module or "").startswith("qgis.PyQt"):
            return
        for each in node.names:
            text = f"{node.module}.{each.name}"
            self.seen.add(text)
            try:
                if each.name == "*":
                    self._fault(node, f"{text}: cannot be followed")
                    continue
                name = each.name
                found = self.stubs.exported(module[1:], name) if module else self.stubs.module(name)
            except AbsentError:
                self._fault(node, f"{text} is not in PyQt6")
                found = None
            self.scopes[-1][each.asname or each.name] = found

    def visit_Assign(self, node):
        pairs = [(target, node.value) for target in node.targets]
        for target, value in pairs:
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs += zip(target.elts, value.elts, strict=False)
            else:
                self._bind(target, self.visit(value))

    def visit_NamedExpr(self, node):
        found = self.visit(node.value)
        self._bind(node.target, found)
        return found

    def visit_For(self, node):
        self.visit(node.iter)
        self._bind(node.target, None)
        for each in (*node.body, *node.orelse):
            self.visit(each)

    def visit_withitem(self, node):
        self.visit(node.context_expr)
        if node.optional_vars is not None:
            self._bind(node.optional_vars, None)

    def visit_Name(self, node):
        for scope in reversed(self.scopes):
            if node.id in scope:
                return scope[node.id]
        return None

    def visit_Attribute(self, node):
        owner = self.visit(node.value)
        if owner is None:
            return None
        text = ast.unparse(node)
        self.seen.add(text)
        try:
            return self.stubs.member(owner, node.attr)
        except AbsentError:
            if text not in self.allowed:
                self._fault(node, f"{text} is not in PyQt6")
            return None

    def visit_Call(self, node):
        for each in (*node.args, *(word.value for word in node.keywords)):
            self.visit(each)
        if isinstance(node.func, ast.Name) and node.func.id == "super" and self.selves[-1]:
            (own,) = self.selves[-1].nodes
            return Thing("instance", "", (Own(own.bases, {}),))
        called = self.visit(node.func)
        return self.stubs.returned(called) if called is not None else None

    def visit_BinOp(self, node):
        left, right = self.visit(node.left), self.visit(node.right)
        return left if left == right else None

    def _guarded(self, node):
        """Under `if hasattr(a, "b")`, a.b is no fault."""
        guard = {
            f"{ast.unparse(call.args[0])}.{call.args[1].value}"
            for call in ast.walk(node.test)
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "hasattr"
        }
        self.visit(node.test)
        return guard if isinstance(node.test, ast.Call) else set()

    def visit_If(self, node):
        body, orelse = node.body, node.orelse
        if isinstance(node, ast.IfExp):
            body, orelse = [body], [orelse]
        new = self._guarded(node) - self.allowed
        self.allowed |= new
        found = [self.visit(each) for each in body]
        self.allowed -= new
        found += [self.visit(each) for each in orelse]
        return found[0] if isinstance(node, ast.IfExp) and found[0] == found[1] else None

    visit_IfExp = visit_If  # noqa: N815  the name is ast's

    @contextmanager
    def _scope(self, arguments=None):
        names = {}
        if arguments is not None:
            for each in ast.walk(arguments):
                if isinstance(each, ast.arg):
                    names[each.arg] = None
        self.scopes.append(names)
        yield names
        self.scopes.pop()

    def visit_FunctionDef(self, node):
        self.scopes[-1].setdefault(node.name, None)
        for each in (*node.decorator_list, *node.args.defaults):
            self.visit(each)
        with self._scope(node.args) as names:
            if "self" in names:
                names["self"] = self.selves[-1]
            for each in node.body:
                self.visit(each)

    def visit_Lambda(self, node):
        with self._scope(node.args):
            self.visit(node.body)

    def _visit_comprehension(self, node):
        with self._scope():
            for each in node.generators:
                self.visit(each.iter)
                self._bind(each.target, None)
                for test in each.ifs:
                    self.visit(test)
            for name in ("key", "value", "elt"):
                if hasattr(node, name):
                    self.visit(getattr(node, name))

    visit_ListComp = visit_SetComp = _visit_comprehension  # noqa: N815  the names are ast's
    visit_DictComp = visit_GeneratorExp = _visit_comprehension  # noqa: N815

    def visit_ClassDef(self, node):
        bases = tuple(self.visit(base) for base in node.bases)
        attributes = dict.fromkeys(_definitions(node.body))
        own = Thing("instance", "", (Own(bases, attributes),))
        for each in ast.walk(node):
            if isinstance(each, ast.Assign):
                self._keep_attributes(each, attributes)
        self.scopes[-1][node.name] = Thing("class", "", own.nodes)
        self.selves.append(own)
        with self._scope():
            for each in node.body:
                self.visit(each)
        self.selves.pop()

    def _keep_attributes(self, node, attributes):
        """Types of `self.a = …`, where they do not hang on local names."""
        pairs = [(target, node.value) for target in node.targets]
        for target, value in pairs:
            if isinstance(target, ast.Tuple):
                values = value.elts if isinstance(value, ast.Tuple) else [None] * len(target.elts)
                pairs += zip(target.elts, values, strict=False)
            elif isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self":
                found = None
                if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
                    called = self.visit(value.func)
                    found = self.stubs.returned(called) if called is not None else None
                name = target.attr
                attributes[name] = found if attributes.get(name, found) == found else None


def follow(text: str, stubs: Stubs) -> tuple[list[str], set[str]]:
    """Faults of a source, with their lines, and every name that was looked up."""
    source = _Source(stubs)
    source.visit(ast.parse(text))
    return [f"{line}: {fault}" for line, fault in source.faults], source.seen

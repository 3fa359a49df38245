"""Imports: what a module's source names, read with ast and never run."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True, slots=True)
class Import:
    """One name that a module imports.

    Attributes:
        name: the dotted name. ``from a.b import c`` gives ``a.b.c``, whether c is a module of
            its own or something in ``a.b``; ``within()`` decides.
        line: where it stands.
        for_types: whether it stands under ``if TYPE_CHECKING:``.
    """

    name: str
    line: int
    for_types: bool = False

    @property
    def top(self) -> str:
        """The package that is imported from: ``a`` of ``a.b.c``."""
        return self.name.partition(".")[0]

    def within(self, modules: Collection[str]) -> str | None:
        """The module among these that is imported, or None for a foreign one."""
        name = self.name
        while name and name not in modules:
            name = name.rpartition(".")[0]
        return name or None


def read_imports(source: str, module: str = "", *, is_package: bool = False) -> list[Import]:
    """Every import of a source, also those inside functions and by ``import_module("name")``.

    *module* is the dotted name of the source, which relative imports start from.
    """
    reader = _Reader(module, is_package=is_package)
    reader.visit(ast.parse(source))
    return reader.found


class _Reader(ast.NodeVisitor):
    def __init__(self, module: str, *, is_package: bool) -> None:
        self.found: list[Import] = []
        self._parents = module.split(".") if is_package else module.split(".")[:-1]
        self._for_types = False

    def _add(self, name: str, node: ast.AST) -> None:
        self.found.append(Import(name, getattr(node, "lineno", 0), self._for_types))

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.name, node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        parts = [node.module] if node.module else []
        if node.level:
            parts = self._parents[: len(self._parents) - node.level + 1] + parts
        for alias in node.names:
            self._add(".".join([*parts, alias.name]), node)

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        called = function.attr if isinstance(function, ast.Attribute) else None
        called = function.id if isinstance(function, ast.Name) else called
        if called in {"import_module", "__import__"} and node.args:
            name = node.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                self._add(name.value, node)
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        before = self._for_types
        self._for_types = before or ast.unparse(node.test) in {
            "TYPE_CHECKING",
            "typing.TYPE_CHECKING",
        }
        for child in node.body:
            self.visit(child)
        self._for_types = before
        for child in node.orelse:
            self.visit(child)

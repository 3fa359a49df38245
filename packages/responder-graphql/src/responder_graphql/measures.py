"""Measures: how deep and how wide an operation is, its fragments spread.

Each fragment is looked at once, however often it is spread, so that measuring is linear in the
length of the document.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    InlineFragmentNode,
)

from responder_graphql.errors import exceeded
from responder_graphql.overlaps import Level, Overlaps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphql import (
        DocumentNode,
        FragmentSpreadNode,
        OperationDefinitionNode,
        SelectionSetNode,
    )

    from responder_graphql.limits import QueryLimits


@dataclass(slots=True)
class Measures:
    """What stands in a selection, fragments spread.

    Attributes:
        depth: how deep its fields nest.
        aliases, directives: how many there are.
        roots: its own fields, those below them left out.
        fields: all of them.
    """

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    roots: int = 0
    fields: int = 0

    def add(self, other: Measures) -> None:
        """Take in what stands beside it."""
        self.depth = max(self.depth, other.depth)
        self.aliases += other.aliases
        self.directives += other.directives
        self.roots += other.roots
        self.fields += other.fields


class Measurer:
    """Measures the operations of one document."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._known: dict[str, Measures] = {}
        self._levels: list[Level] = []
        self._fragment_levels: dict[str, Level] = {}

    def measure(self, operation: OperationDefinitionNode) -> Measures:
        """The measures of an operation.

        Raises:
            RecursionError: it is nested deeper than Python can follow.
        """
        found = self._measure(operation.selection_set, self._open_level())
        found.directives += _count(operation.directives)
        for variable in operation.variable_definitions or ():
            found.directives += _count(variable.directives)
        return found

    def count_overlaps(self, most: int) -> int:
        """The comparisons that validation takes, to a little more than *most*."""
        for name in self._fragments:
            self._measure_fragment(name)
        return Overlaps(self._levels, self._fragment_levels).count(most)

    def _open_level(self) -> Level:
        level = Level()
        self._levels.append(level)
        return level

    def _measure(self, selection_set: SelectionSetNode | None, level: Level) -> Measures:
        found = Measures()
        for node in selection_set.selections if selection_set is not None else ():
            found.directives += _count(node.directives)
            if isinstance(node, FieldNode):
                self._measure_field(node, level, found)
            elif isinstance(node, InlineFragmentNode):
                found.add(self._measure(node.selection_set, level))
            else:
                name = cast("FragmentSpreadNode", node).name.value
                level.spreads[name] = None
                found.add(self._measure_fragment(name))
        return found

    def _measure_field(self, node: FieldNode, level: Level, found: Measures) -> None:
        found.roots += 1
        found.fields += 1
        alias = node.alias
        if alias is not None:
            found.aliases += 1
        name = (alias or node.name).value
        if not node.selection_set:
            found.depth = found.depth or 1
            level.add(name, 1)
            return
        below = self._measure(node.selection_set, self._open_level())
        level.add(name, 1 + below.fields)
        below.depth += 1
        below.roots = 0
        found.add(below)

    def _measure_fragment(self, name: str) -> Measures:
        known = self._known.get(name)
        if known is None:
            # A circle ends here; validation refuses it, as it does a fragment that is not there.
            self._known[name] = known = Measures()
            fragment = self._fragments.get(name)
            if fragment is not None:
                level = self._fragment_levels[name] = self._open_level()
                known = self._measure(fragment.selection_set, level)
                known.directives += _count(fragment.directives)
                self._known[name] = known
        return known


def _count(nodes: Iterable[Any] | None) -> int:
    return len(tuple(nodes)) if nodes else 0


def check_document(measurer: Measurer, found: Iterable[Measures], limits: QueryLimits) -> None:
    """Refuse a document of which an operation, as it was measured, is too deep or too wide.

    Raises:
        Refusal: 400, it exceeds a limit; the message names it.
        RecursionError: it is nested deeper than Python can follow.
    """
    for each in found:
        check_measures(each, limits)
    most = limits.overlaps
    if most is not None and measurer.count_overlaps(most) > most:
        msg = f"Fields and fragments overlap more than {most} times, the limit that overlaps sets."
        raise exceeded(most, "overlaps", msg)


def check_measures(found: Measures, limits: QueryLimits) -> None:
    """Refuse an operation that is too deep or too wide.

    Raises:
        Refusal: 400, it exceeds a limit; the message names it.
    """
    for name, value, most, words in (
        ("depth", found.depth, limits.depth, "levels of fields"),
        ("aliases", found.aliases, limits.aliases, "aliases"),
        ("root_fields", found.roots, limits.root_fields, "fields of its own"),
        ("directives", found.directives, limits.directives, "directives"),
    ):
        if most is not None and value > most:
            msg = f"The operation has more than {most} {words}, the limit that {name} sets."
            raise exceeded(most, name, msg)
    # Where each field has a cost of its own, costs.py adds them up, once the document is valid.
    if limits.complexity is not None and limits.cost is None:
        check_complexity(found.fields, limits.complexity)


def check_complexity(found: int, most: int) -> None:
    """Refuse an operation that costs more than *most*.

    Raises:
        Refusal: 400, it does.
    """
    if found > most:
        msg = f"The operation costs more than {most}, the limit that complexity sets."
        raise exceeded(most, "complexity", msg)

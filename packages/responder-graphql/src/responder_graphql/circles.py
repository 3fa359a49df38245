"""Circles: what graphql-core makes of a document is taken apart once nothing needs it.

Tokens know those around them, and rules of validation themselves and the document. Such circles
are for the garbage collector to find, which stops all threads for it: tens of milliseconds where
many long documents were refused.
"""

from __future__ import annotations

from threading import local
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from graphql import ASTValidationRule, DocumentNode, Location


class _Visitors(local):
    """The rules that look at a document in this thread."""

    def __init__(self) -> None:
        self.noted: list[ASTValidationRule] = []


_visitors = _Visitors()


def unlink(place: Location | None) -> None:
    """Let the tokens of a document, to the end of a place, not know those before them."""
    token = None if place is None else place.end_token
    while token is not None:
        token.prev, token = None, token.prev


def note_visitors(rule: type[ASTValidationRule]) -> type[ASTValidationRule]:
    """A rule whose visitors ``forget_visitors()`` finds."""

    def begin(self: ASTValidationRule, context: Any) -> None:  # noqa: ANN401 - graphql-core's
        rule.__init__(self, context)
        _visitors.noted.append(self)

    return type(rule.__name__, (rule,), {"__init__": begin})


def forget_visitors() -> None:
    """Let the rules that have looked at a document in this thread forget it, and themselves."""
    for visitor in _visitors.noted:
        context: object = vars(visitor).get("context")
        vars(visitor).clear()
        if context is not None:
            vars(context).clear()
    _visitors.noted.clear()


def empty(document: DocumentNode) -> None:
    """Take a document apart that is refused: what has walked through it may still hold its ends."""
    for definition in document.definitions:
        for part in ("directives", "name", "selection_set", "variable_definitions", "loc"):
            if hasattr(definition, part):
                # Nodes of graphql-core 3.3 are frozen.
                object.__setattr__(definition, part, None)
    object.__setattr__(document, "definitions", ())
    object.__setattr__(document, "loc", None)

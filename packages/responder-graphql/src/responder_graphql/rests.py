"""Rests: documents are parsed and validated in a thread that lets others have the interpreter.

A thread that computes keeps Python's lock for 5 ms whenever the event loop wants it, and the loop
wants it several times for each request. So this one lets go of it by itself, again and again.
"""

from __future__ import annotations

from threading import local
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any

from graphql import ASTValidationRule, Node
from graphql.language.parser import Parser

if TYPE_CHECKING:
    from graphql import DocumentNode, Location, Token

# Seconds of work after which it rests, and of a rest: long enough for who waits to wake up.
_WORK = 0.0003
_REST = 0.0001


# Nodes of graphql-core 3.2 do, those of 3.3 do not.
_KEEPS_HASH = hasattr(Node, "_hash")


class _Turn(local):
    """What a thread is about.

    Attributes:
        due: when it is to rest.
        visitors: the rules that look at a document.
    """

    due = 0.0

    def __init__(self) -> None:
        self.visitors: list[ASTValidationRule] = []


_turn = _Turn()


def rest() -> None:
    """Let other threads work, where this one has for long enough."""
    if perf_counter() >= _turn.due:
        sleep(_REST)
        _turn.due = perf_counter() + _WORK


class _Parser(Parser):
    """graphql-core's, with a rest now and then.

    Attributes:
        place: that of the node that was parsed last.
    """

    place: Location | None = None

    def loc(self, start_token: Token) -> Location | None:
        """The place of a node, which each of them asks for."""
        rest()
        self.place = place = super().loc(start_token)
        return place


def parse_resting(text: str) -> DocumentNode:
    """As graphql-core's ``parse()``."""
    parser = _Parser(text)
    try:
        return parser.parse_document()
    finally:
        unlink(parser.place)


def unlink(place: Location | None) -> None:
    """Let the tokens of a document, to the end of a place, not know those before them.

    They would be circles, which the garbage collector has to find, and stops all threads for it:
    tens of milliseconds where many long documents were refused.
    """
    token = None if place is None else place.end_token
    while token is not None:
        token.prev, token = None, token.prev


class Resting(ASTValidationRule):
    """A rule that refuses nothing, and rests; it stands before the others."""

    def enter(self, *_args: Any) -> None:  # noqa: ANN401 - graphql-core's
        """Rest before a node is looked at."""
        rest()

    def leave(self, node: Node, *_args: Any) -> None:  # noqa: ANN401 - as above
        """Rest after one, and before that hash it, where it keeps its hash.

        Other rules hash operations and fragments, and with them all that they have, at once.
        """
        if _KEEPS_HASH:
            hash(node)
        rest()


def note_visitors(rule: type[ASTValidationRule]) -> type[ASTValidationRule]:
    """A rule whose visitors ``forget_visitors()`` finds."""

    def begin(self: ASTValidationRule, context: Any) -> None:  # noqa: ANN401 - graphql-core's
        rule.__init__(self, context)
        _turn.visitors.append(self)

    return type(rule.__name__, (rule,), {"__init__": begin})


def forget_visitors() -> None:
    """Let the rules that have looked at a document in this thread forget it, and themselves.

    They are circles, too, with all of the document in them.
    """
    for visitor in _turn.visitors:
        context: object = vars(visitor).get("context")
        vars(visitor).clear()
        if context is not None:
            vars(context).clear()
    _turn.visitors.clear()


def empty(document: DocumentNode) -> None:
    """Take a document apart that is refused: what has walked through it may still hold its ends."""
    for definition in document.definitions:
        for part in ("directives", "name", "selection_set", "variable_definitions", "loc"):
            if hasattr(definition, part):
                # Nodes of graphql-core 3.3 are frozen.
                object.__setattr__(definition, part, None)
    object.__setattr__(document, "definitions", ())
    object.__setattr__(document, "loc", None)

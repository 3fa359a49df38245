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

from responder_graphql.circles import unlink

if TYPE_CHECKING:
    from graphql import DocumentNode, Location, Token

# Seconds of work after which it rests, and of a rest: long enough for who waits to wake up.
_WORK = 0.0003
_REST = 0.0001

# Nodes of graphql-core 3.2 do, those of 3.3 do not.
_KEEPS_HASH = hasattr(Node, "_hash")


class _Turn(local):
    """When a thread is to rest."""

    due = 0.0


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


class Resting(ASTValidationRule):
    """A rule that refuses nothing, and rests; it stands before the others."""

    def enter(self, *_args: Any) -> None:  # noqa: ANN401 - graphql-core's
        """Rest before a node is looked at."""
        rest()

    def leave(self, node: Node, *_args: Any) -> None:  # noqa: ANN401 - as above
        """Rest after one, and before that hash it, where it keeps its hash.

        Other rules hash operations and fragments, and with them all that they have, at once.
        """
        if _KEEPS_HASH:  # pragma: no branch - graphql-core 3.3 keeps none
            hash(node)
        rest()

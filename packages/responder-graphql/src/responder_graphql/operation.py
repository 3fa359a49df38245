"""Operations: what is told of each, for logs, metrics and traces."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from graphql import DocumentNode

    from responder_core.connection import Connection
    from responder_graphql.documents import Plan
    from responder_graphql.parameters import Parameters

Transport: TypeAlias = Literal["http", "sse", "websocket"]


@dataclass(slots=True, eq=False)
class Operation:
    """One operation that is executed, or refused before that.

    Attributes:
        name: as the document calls it, or None; of one that is refused, as the client does.
        kind: ``"query"``, ``"mutation"`` or ``"subscription"``; ``"unknown"`` where it is refused
            for what its document is.
        transport: what it came over.
        document: the document, parsed; None where the kind is unknown.
        variables: the values that the client gave.
        req: the request, or the WebSocket.
        errors: those of its result, as they are sent, or why it was refused; filled in when it
            has ended.
    """

    name: str | None
    kind: str
    transport: Transport
    document: DocumentNode | None
    variables: dict[str, Any] | None
    req: Connection
    errors: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @classmethod
    def of(
        cls, plan: Plan | None, parameters: Parameters, req: Connection, transport: Transport
    ) -> Operation:
        """The operation that is about to be executed; without a plan, one that is refused."""
        variables = parameters.variables
        if plan is None:
            return cls(parameters.operation_name, "unknown", transport, None, variables, req)
        return cls(plan.name, plan.kind.value, transport, plan.document, variables, req)


Observer: TypeAlias = Callable[[Operation], AbstractContextManager[Any]]
"""What stands around an operation: a function with ``@contextmanager``.

::

    @contextmanager
    def trace(operation):
        with tracer.start_as_current_span(f"{operation.kind} {operation.name}"):
            yield
        COUNTER.labels(operation.kind, "error" if operation.errors else "ok").inc()
"""

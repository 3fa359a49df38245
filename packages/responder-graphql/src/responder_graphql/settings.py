"""Settings: what a program chooses for a GraphQL endpoint."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypedDict

from responder_graphql.limits import QueryLimits
from responder_graphql.trusted import TrustedDocuments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from graphql import ASTValidationRule

    from responder_graphql.operation import Observer

MIB = 1024 * 1024
_LIMITS = QueryLimits()


class GraphQLOptions(TypedDict, total=False):
    """The keywords of ``GraphQLView()`` beside the schema; ``GraphQLSettings`` tells each."""

    root_value: Any
    context: Callable[..., Any] | None
    dependencies: Iterable[Any]
    query_limits: QueryLimits
    max_depth: int | None
    batch: int
    trusted: TrustedDocuments | None
    cache_size: int
    introspection: bool | None
    graphiql: bool | None
    masked: bool | None
    resolvers_in_threads: bool
    middleware: Sequence[Any]
    rules: Sequence[type[ASTValidationRule]]
    executor: type[Any] | None
    observe: Observer | None
    partial_data_status: int
    heartbeat: float | None
    on_connect: Callable[..., Any] | None
    init_timeout: float
    ping_interval: float | None
    max_operations: int


@dataclass(frozen=True, slots=True, eq=False)
class GraphQLSettings:
    """The keywords of ``GraphQLView()`` beside the schema, each checked.

    Attributes:
        root_value: what resolvers of the root types get as their source.
        context: a function whose parameters are filled as those of a provider; a mapping that
            it gives is added to ``info.context``, anything else is ``info.context``.
        dependencies: the names of dependencies that are added to ``info.context``; and guards,
            ``Depends(guard)``, as every route may have.
        query_limits: what one operation may cost.
        max_depth: ``query_limits``' depth, in one word.
        batch: how many operations one request may have, in a JSON array; 0 for no batches.
        trusted: the documents that may be executed, or None for all.
        cache_size: the bytes of memory that parsed documents are kept in; 0 keeps none.
        introspection: whether clients may ask for the schema; None as ``api.debug``.
        graphiql: whether a browser that navigates here gets GraphiQL; None as ``api.debug``.
        masked: whether clients are kept from what failed; None as the reverse of ``api.debug``.
        resolvers_in_threads: whether resolvers that are no coroutine functions run in threads.
        middleware: graphql-core's, around each resolver; the first is outermost.
        rules: rules of validation, beside those of the specification.
        executor: a class of graphql-core's that executes: an ``ExecutionContext`` of 3.2, an
            ``Executor`` of 3.3.
        observe: is told of each operation; see ``Operation``.
        partial_data_status: the status of a result with data and errors: 200 or 294 (GraphQL
            over HTTP, September 2026), for ``application/graphql-response+json``.
        heartbeat: seconds without an event after which a comment is sent on an event stream.
        on_connect: is called with the WebSocket and what the client sent with
            ``connection_init``; False refuses it, a mapping is sent back.
        init_timeout: the seconds that a WebSocket has for ``connection_init``.
        ping_interval: seconds between two pings on a WebSocket, or None for none.
        max_operations: how many operations one WebSocket may have open; one that the client has
            stopped counts until its generator has ended.

    Raises:
        TypeError: a value is of another type.
        ValueError: a value cannot work.
    """

    root_value: Any = None
    context: Callable[..., Any] | None = None
    dependencies: Iterable[Any] = ()
    query_limits: QueryLimits = _LIMITS
    max_depth: int | None = None
    batch: int = 0
    trusted: TrustedDocuments | None = None
    cache_size: int = 16 * MIB
    introspection: bool | None = None
    graphiql: bool | None = None
    masked: bool | None = None
    resolvers_in_threads: bool = False
    middleware: Sequence[Any] = ()
    rules: Sequence[type[ASTValidationRule]] = ()
    executor: type[Any] | None = None
    observe: Observer | None = None
    partial_data_status: int = 200
    heartbeat: float | None = 15.0
    on_connect: Callable[..., Any] | None = None
    init_timeout: float = 5.0
    ping_interval: float | None = None
    max_operations: int = 100

    def __post_init__(self) -> None:
        given: dict[str, object] = {field.name: getattr(self, field.name) for field in fields(self)}
        limits, trusted = given["query_limits"], given["trusted"]
        _refuse(isinstance(limits, QueryLimits), "query_limits", "QueryLimits(…)", self)
        good = trusted is None or isinstance(trusted, TrustedDocuments)
        _refuse(good, "trusted", "TrustedDocuments(…) or None", self)
        for name in ("context", "observe", "on_connect"):
            value = getattr(self, name)
            _refuse(value is None or callable(value), name, "a function or None", self)
        for name in ("introspection", "graphiql", "masked"):
            _refuse(getattr(self, name) in (None, True, False), name, "True, False or None", self)
        if isinstance(self.dependencies, str):
            msg = f"dependencies= is a list; write [{self.dependencies!r}]"
            raise TypeError(msg)
        for name, least in (("batch", 0), ("cache_size", 0), ("max_operations", 1)):
            value = getattr(self, name)
            _check(type(value) is int and value >= least, name, f"an int of {least} or more", self)
        for name in ("heartbeat", "ping_interval", "init_timeout"):
            value = getattr(self, name)
            if value is None and name != "init_timeout":
                continue
            is_time = isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
            _check(is_time, name, "a number of seconds above 0", self)
        _check(self.partial_data_status in {200, 294}, "partial_data_status", "200 or 294", self)
        object.__setattr__(self, "dependencies", tuple(self.dependencies))

    @property
    def limits(self) -> QueryLimits:
        """The limits, with ``max_depth`` among them."""
        if self.max_depth is None:
            return self.query_limits
        from dataclasses import replace

        return replace(self.query_limits, depth=self.max_depth)

    @classmethod
    def of(cls, options: GraphQLOptions) -> GraphQLSettings:
        """The settings that these keywords choose.

        Raises:
            TypeError: a keyword is unknown; the message suggests one that is near.
        """
        known = [field.name for field in fields(cls)]
        for name in options:
            if name not in known:
                from difflib import get_close_matches

                near = get_close_matches(name, known, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                msg = f"GraphQLView() has no option {name!r}{hint}"
                raise TypeError(msg)
        return cls(**options)


def _refuse(good: bool, name: str, words: str, settings: GraphQLSettings) -> None:  # noqa: FBT001
    if not good:
        msg = f"{name}= is {words}, not {getattr(settings, name)!r}"
        raise TypeError(msg)


def _check(good: bool, name: str, words: str, settings: GraphQLSettings) -> None:  # noqa: FBT001
    if not good:
        msg = f"{name}= is {words}, not {getattr(settings, name)!r}"
        raise ValueError(msg)

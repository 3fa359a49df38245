"""Settings: what a program chooses for a GraphQL endpoint."""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, TypedDict

from responder_core.settings import check_seconds
from responder_core.suggestions import suggest
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
        rules: rules of validation, beside those of the specification; they run on the event loop
            for short documents, and in a thread for long ones.
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
        limits: ``query_limits``, with ``max_depth`` among them.

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
    limits: QueryLimits = field(init=False)

    def __post_init__(self) -> None:
        given: dict[str, object] = {each.name: getattr(self, each.name) for each in _options()}

        def check(name: str, words: str, good: bool, kind: type[Exception] = TypeError) -> None:  # noqa: FBT001 - read in one place
            if not good:
                msg = f"{name}= is {words}, not {given[name]!r}"
                raise kind(msg)

        limits, trusted = given["query_limits"], given["trusted"]
        check("query_limits", "QueryLimits(…)", isinstance(limits, QueryLimits))
        good = trusted is None or isinstance(trusted, TrustedDocuments)
        check("trusted", "TrustedDocuments(…) or None", good)
        for name in ("context", "observe", "on_connect"):
            check(name, "a function or None", given[name] is None or callable(given[name]))
        for name in ("introspection", "graphiql", "masked"):
            check(name, "True, False or None", given[name] in (None, True, False))
        if isinstance(self.dependencies, str):
            msg = f"dependencies= is a list; write [{self.dependencies!r}]"
            raise TypeError(msg)
        for name, least in (("batch", 0), ("cache_size", 0), ("max_operations", 1)):
            value = given[name]
            good = isinstance(value, int) and not isinstance(value, bool) and value >= least
            check(name, f"an int of {least} or more", good, ValueError)
        for name in ("heartbeat", "ping_interval", "init_timeout"):
            check_seconds(name, given[name])
        check("init_timeout", "a number of seconds", given["init_timeout"] is not None, ValueError)
        check(
            "partial_data_status", "200 or 294", self.partial_data_status in {200, 294}, ValueError
        )
        if self.max_depth is not None:
            limits = replace(self.query_limits, depth=self.max_depth)
        object.__setattr__(self, "limits", limits)
        object.__setattr__(self, "dependencies", tuple(self.dependencies))

    @classmethod
    def of(cls, options: GraphQLOptions) -> GraphQLSettings:
        """The settings that these keywords choose.

        Raises:
            TypeError: a keyword is unknown; the message suggests one that is near.
        """
        known = [each.name for each in _options()]
        for name in options:
            if name not in known:
                msg = f"GraphQLView() has no option {name!r}{suggest(name, known)}"
                raise TypeError(msg)
        return cls(**options)


def _options() -> list[Field[Any]]:
    """The fields that keywords set."""
    return [each for each in fields(GraphQLSettings) if each.init]

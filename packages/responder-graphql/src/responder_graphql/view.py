"""The view: GraphQL over HTTP, as JSON and as event streams."""

from __future__ import annotations

from contextlib import aclosing
from functools import partial
from inspect import Parameter, Signature
from threading import Lock
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from responder_core.errors import HTTPException, Problem
from responder_core.formats.json import decode, encode
from responder_core.http.media_types import charset, parse_media_type
from responder_core.markers import Dependency, Depends
from responder_core.problems import RAISE_EXCEPTIONS
from responder_graphql.context import PROVIDED, STANDARD, Context
from responder_graphql.engine import MUTATION, SUBSCRIPTION, Engine
from responder_graphql.errors import BAD_REQUEST, Refusal, make_error, malformed
from responder_graphql.exchange import Exchange, find_executed
from responder_graphql.failures import format_problem
from responder_graphql.negotiation import (
    EVENTS_TYPE,
    GRAPHQL_TYPE,
    JSON_TYPE,
)
from responder_graphql.parameters import read_parameters, read_query_string
from responder_graphql.schemas import find_schema
from responder_graphql.settings import GraphQLSettings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from graphql import GraphQLSchema
    from typing_extensions import Unpack

    from responder_core import API, Request, Response
    from responder_graphql.documents import Plan
    from responder_graphql.page import GraphiQLPage
    from responder_graphql.parameters import Parameters
    from responder_graphql.settings import GraphQLOptions

# The Content-Types of most requests, which need no look at them.
_KNOWN = frozenset({b"application/json", b"application/json; charset=utf-8"})
# Bytes of a body that comes in one message and is decoded at once.
_AT_ONCE = 256 * 1024

_ALLOW = "GET, HEAD, OPTIONS, POST"
_POST_ONLY = "A mutation is sent by POST."
_STREAM_ONLY = (
    "The results of a subscription are an event stream; send 'Accept: text/event-stream', or open "
    "a WebSocket."
)


class GraphQLView:
    """A GraphQL endpoint of a schema: ``api.add_route("/graphql", GraphQLView(schema=schema))``.

    It answers GET (queries alone) and POST as the GraphQL-over-HTTP specification says, and
    subscriptions as event streams. ``mount()`` serves WebSockets and GraphiQL's files beside it.

    Args:
        schema: a schema of graphene, strawberry, ariadne or graphql-core.
        options: what ``GraphQLSettings`` tells, each as a keyword.

    Attributes:
        schema: graphql-core's own schema.
        settings: what the program chose.
        guards: those among ``dependencies=``, for the route.
        names: the names among them, for ``info.context``.
        page: GraphiQL, where ``mount()`` has put it.

    Raises:
        TypeError: it is no schema, or an option is unknown or of another type.
        ValueError: an option cannot work.
    """

    def __init__(self, *, schema: object, **options: Unpack[GraphQLOptions]) -> None:
        self.schema: GraphQLSchema = find_schema(schema)
        settings = GraphQLSettings.of(options)
        self.settings: GraphQLSettings = settings
        if settings.trusted is not None:
            settings.trusted.check(self.schema, settings.rules)
        guards = [each for each in settings.dependencies if not isinstance(each, str)]
        self.guards: list[Any] = guards
        names = (each for each in settings.dependencies if isinstance(each, str))
        self.names: tuple[str, ...] = tuple(dict.fromkeys(names))
        for each in self.guards:
            if not isinstance(each, Dependency):
                msg = f"dependencies= takes names and Depends(guard), not {each!r}"
                raise TypeError(msg)
        for name in self.names:
            if hasattr(Context, name) or name in STANDARD:
                msg = (
                    f"dependencies= has {name!r}, which info.context.{name} could not give, as it "
                    "has that already; register it under another name"
                )
                raise ValueError(msg)
        self.__name__ = "graphql"
        self.__signature__: Signature = self.sign("req", "resp")
        self.page: GraphiQLPage | None = None
        # The last app with what executes for it: one value, as another thread may put another.
        self._last: tuple[API, Engine] | None = None
        self._engines: WeakKeyDictionary[API, Engine] = WeakKeyDictionary()
        self._lock = Lock()

    def sign(self, *positional: str) -> Signature:
        """A signature by which the framework gives what ``info.context`` is to have."""
        given = [Parameter(name, Parameter.KEYWORD_ONLY) for name in self.names]
        if self.settings.context is not None:
            provider = Depends(self.settings.context)
            given.append(Parameter(PROVIDED, Parameter.KEYWORD_ONLY, default=provider))
        # Parameters of the path are given by their names.
        given.append(Parameter("_path", Parameter.VAR_KEYWORD))
        return Signature(
            [*(Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in positional), *given]
        )

    def engine_of(self, api: API) -> Engine:
        """What executes for an app; made anew where its debug is another."""
        last = self._last
        if last is not None and last[0] is api and last[1].debug is api.debug:
            return last[1]
        with self._lock:
            engine = self._engines.get(api)
            if engine is None or engine.debug is not api.debug:
                own = api.formats.get("json")
                write = encode if own is None or own.encode is None else own.encode
                engine = Engine(self.schema, self.settings, debug=api.debug, write=write)
                self._engines[api] = engine
        self._last = api, engine
        return engine

    def describe_operation(self, operation: dict[str, Any], method: str = "POST") -> None:
        """Describe the request and its answers, in an operation of OpenAPI 3.1."""
        from responder_graphql.facts import describe_operation

        describe_operation(self.settings, operation, method)

    def request_cost(self, req: Request) -> int | None:
        """What a request has cost, as ``QueryLimits.complexity`` counts it: ``12``.

        The fields of its operations, fragments written out, or what ``cost=`` makes of them; those
        of a batch together. It is known once the view has answered, as in an after hook. None
        where nothing was executed: GraphiQL's page, and what was refused.

        Raises:
            Exception: what ``cost=`` failed with.
        """
        executed = find_executed(req)
        if executed is None:
            return None
        engine = self.engine_of(req.api)
        return sum(engine.cost_of(plan, variables) for plan, variables in executed)

    def shows_page(self, api: API) -> bool:
        """Whether a browser that navigates here gets GraphiQL."""
        return api.debug if self.settings.graphiql is None else self.settings.graphiql

    async def __call__(self, req: Request, resp: Response, **given: Any) -> None:  # noqa: ANN401
        """Answer a request."""
        exchange = Exchange(self.engine_of(req.api), req, resp, given)
        try:
            method = req.scope["method"]
            if method == "POST":
                await self._answer_post(exchange)
                return
            if method not in {"GET", "HEAD"}:
                raise malformed(405, f"GraphQL is asked for by {_ALLOW}.", Allow=_ALLOW)
            # A GET may be kept by caches, also where a hook replaces what is sent here.
            resp.vary("Accept")
            if exchange.choice.page and self.page is not None and self.shows_page(req.api):
                self.page.send(req, resp)
            else:
                parameters = read_query_string(req.params, req.limits)
                await self._answer_one(exchange, parameters)
        except Refusal as refusal:
            exchange.refuse(refusal)

    async def answer_exception(self, req: Request, resp: Response, exc: Exception) -> None:
        """Answer what was raised around the view, as a GraphQL error; the handler of its router.

        A problem keeps its words. Of anything else the framework writes the log.

        Raises:
            Exception: *exc* itself, where a test client asks for the failures of the server.
        """
        engine = self.engine_of(req.api)
        if isinstance(exc, HTTPException):
            fields = dict(exc.headers or {})
            refusal = Refusal([format_problem(exc)], exc.status_code, headers=fields)
        elif RAISE_EXCEPTIONS in req.scope:
            raise exc
        else:
            refusal = Refusal([engine.failures(req).mask(exc)], 500)
        Exchange(engine, req, resp).refuse(refusal)

    async def _answer_post(self, exchange: Exchange) -> None:
        req = exchange.req
        content = await req.receive_json(_KNOWN, _AT_ONCE)
        if content is None:
            content = await _read_json(req)
        try:
            value: object = decode(content, req.limits)
        except Problem as error:
            raise malformed(400, error.detail) from None
        if value.__class__ is list:
            await self._answer_batch(exchange, cast("list[object]", value))
        else:
            await self._answer_one(exchange, read_parameters(value))

    async def _answer_one(self, exchange: Exchange, parameters: Parameters) -> None:
        choice, engine, req = exchange.choice, exchange.engine, exchange.req
        form = choice.form
        if form is None and not choice.streams:
            raise _not_acceptable()
        if choice.only_streams or form is None:
            self._stream(exchange, parameters, await exchange.find_streamed(parameters))
            return
        plan = engine.find_kept(parameters) or await engine.find(parameters, req)
        kind = plan.kind
        if kind is SUBSCRIPTION:
            if not choice.streams:
                raise malformed(406, _STREAM_ONLY)
            self._stream(exchange, parameters, plan)
            return
        if kind is MUTATION and req.scope["method"] != "POST":
            raise malformed(405, _POST_ONLY, Allow="POST")
        exchange.note(plan, parameters)
        result = await engine.run(plan, parameters, req, exchange.make_context())
        status = 200
        if form.is_strict and "errors" in result:
            status = self.settings.partial_data_status
        exchange.send(form, result, status)

    async def _answer_batch(self, exchange: Exchange, values: list[object]) -> None:
        """Answer several operations, one after the other."""
        most = self.settings.batch
        if not most:
            raise malformed(400, "This endpoint takes one operation a request, and no array.")
        if not 0 < len(values) <= most:
            raise malformed(400, f"A batch has 1 to {most} operations.")
        form = exchange.choice.form
        if form is None:
            raise _not_acceptable()
        every = [read_parameters(value) for value in values]
        context = exchange.make_context()
        deadline = exchange.engine.find_deadline()
        results = [await _run_one(exchange, each, context, deadline) for each in every]
        exchange.send(form, results, 200)

    def _stream(self, exchange: Exchange, parameters: Parameters, found: Plan | Refusal) -> None:
        """Answer with an event stream: graphql-sse, distinct connections mode."""
        if not isinstance(found, Refusal):
            if found.kind is MUTATION and exchange.req.scope["method"] != "POST":
                raise malformed(405, _POST_ONLY, Allow="POST")
            exchange.note(found, parameters)
        resp = exchange.resp
        resp.vary("Accept")
        context = exchange.make_context()
        resp.sse(heartbeat=self.settings.heartbeat)(
            partial(_events, exchange, found, parameters, context)
        )


async def _run_one(
    exchange: Exchange,
    parameters: Parameters,
    context: Any,  # noqa: ANN401 - whatever the program made it
    deadline: float | None,
) -> dict[str, Any]:
    """The result of one operation of a batch, or why there is none."""
    engine, req = exchange.engine, exchange.req
    try:
        plan = await engine.find(parameters, req, deadline=deadline)
        if plan.kind is SUBSCRIPTION:
            raise malformed(400, _STREAM_ONLY)
        exchange.note(plan, parameters)
        return await engine.run(plan, parameters, req, context, deadline=deadline)
    except Refusal as refusal:
        return {"errors": refusal.errors}


async def _events(
    exchange: Exchange,
    found: Plan | Refusal,
    parameters: Parameters,
    context: Any,  # noqa: ANN401 - whatever the program made it
) -> AsyncGenerator[dict[str, str], None]:
    """The events of a stream: each result as ``next``, and ``complete`` at the end."""
    engine, req = exchange.engine, exchange.req
    try:
        if isinstance(found, Refusal):
            yield exchange.next_event({"errors": found.errors})
        elif found.kind is SUBSCRIPTION:
            async with aclosing(
                engine.subscribe(found, parameters, req, context, "sse")
            ) as results:
                async for result in results:
                    yield exchange.next_event(result)
        else:
            yield exchange.next_event(await engine.run(found, parameters, req, context, "sse"))
    except Refusal as refusal:
        yield exchange.next_event({"errors": refusal.errors})
    yield {"event": "complete", "data": ""}


async def _read_json(req: Request) -> bytes:
    """The body of a request, which says that it is JSON in UTF-8.

    Raises:
        Refusal: 415, it says something else, or is compressed; 413, it is too large.
    """
    kind = req.headers.get("content-type")
    known = kind is not None and "/".join(parse_media_type(kind)) in {JSON_TYPE, GRAPHQL_TYPE}
    if kind is None or not known or charset(kind) not in {None, "utf-8"}:
        raise malformed(415, f"Send {JSON_TYPE} in UTF-8.", Accept=JSON_TYPE)
    try:
        content = await req.read_json_text()
    except Problem as error:
        headers = dict(error.headers or {})
        errors = [make_error(error.detail, BAD_REQUEST)]
        raise Refusal(errors, error.status_code, headers=headers) from None
    return content or b""


def _not_acceptable() -> Refusal:
    return malformed(406, f"Accept {GRAPHQL_TYPE}, {JSON_TYPE} or {EVENTS_TYPE}.")

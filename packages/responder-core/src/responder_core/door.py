"""The door: serves a request by what its route has, and sends the answer, over ASGI and RSGI.

It makes the request and the response, calls, answers what fails, and finishes. Where the whole
answer is there RSGI takes it in one call; everything else is in the messages of ASGI.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from responder_core.context import current_request
from responder_core.finishing import compile_plain, finish, finish_failure
from responder_core.observation import OBSERVATION
from responder_core.problems import RAISE_EXCEPTIONS, log_failure, name_request
from responder_core.representation import NOTHING
from responder_core.request import Request
from responder_core.response import Response
from responder_core.results import write_result
from responder_core.speedups import find_pair, speed_send, speed_serve

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from responder_core.api import API
    from responder_core.exchange import DoorCall, SpreadCall
    from responder_core.finishing import Answer, WholeAnswer
    from responder_core.observation import Observation
    from responder_core.problems import ExceptionHandlers
    from responder_core.resources import Resources
    from responder_core.route import Route
    from responder_core.types import BodySource, Header, Receive, Scope, Send

    # What the table has for each method of a route: one tuple, as each object more that a route
    # alone has is one to fetch from memory where there are many. The last says whether what is
    # called takes the parameters of the path, too.
    Door: TypeAlias = "tuple[Serve, DoorCall | SpreadCall, Route | None, bool]"
    # Serves a request by its door; the same function for all routes that fail alike.
    Serve: TypeAlias = Callable[[Door, Scope, Receive, Send, dict[str, Any]], Awaitable[None]]
    # compile_serve(), with what a protocol has of its own.
    CompileServe = Callable[..., Serve]
    # Finds what serves routes that fail alike, made once: by the handlers, and head=.
    FindServe = Callable[..., Serve]
    # Sends a whole answer by a channel: its status, its fields and its body.
    AnswerWhole = Callable[[Any, int, "list[Header]", bytes], None]
    # send_source(), or that of another protocol.
    SendBody = Callable[[Response, Answer, Receive, Send, ExceptionHandlers], Awaitable[None]]


def compile_serve(  # noqa: PLR0915 - what every request takes, without a call for each step
    api: API,
    handlers: ExceptionHandlers,
    *,
    head: bool,
    read_accept: Callable[[Request], bytes | None] | None = None,
    channel: type[Any] | None = None,
    answer_whole: AnswerWhole | None = None,
    send_body: SendBody | None = None,
) -> Serve:
    """The coroutine function that serves requests by the door it is given.

    With *head* the body is not sent, while Content-Length is that of GET (RFC 9110 §9.3.2).
    *read_accept* is for ``compile_plain()``; a *channel* takes a whole answer by *answer_whole*,
    and *send_body* is used in place of ``send_source()``.
    """
    request_class, response_class = api.request_class, api.response_class
    # A class of the program's that makes itself in a way of its own is called.
    plainly = _is_made_alike(request_class, Request) and _is_made_alike(response_class, Response)
    make_pair = find_pair(request_class, response_class, api, NOTHING) if plainly else None
    new = object.__new__
    finish_plain = compile_plain(api, read_accept=read_accept)
    send_body = send_body or send_source
    recover, completes = handlers.recover, handlers.problem_handler is not None

    async def serve(  # noqa: PLR0915 - as above
        door: Door, scope: Scope, receive: Receive, send: Send, path_params: dict[str, Any]
    ) -> None:
        _, endpoint, route, spreads = door
        if make_pair is not None:
            req, resp = make_pair(scope, receive, send, route, path_params)
        elif plainly:
            # As Request() and Response() do, without a call of either for every request.
            req = new(request_class)
            req.scope, req.receive, req.send = scope, receive, send
            req.api, req.route, req.path_params = api, route, path_params
            req.opened_body = req.received = req.resources = req.known_headers = None
            req.known_params = req.known_cookies = req.known_state = req.known_extras = None
            resp = new(response_class)
            resp.req, resp.representation = req, NOTHING
            resp.status_code = resp.own_body = resp.encoded = resp.own_mimetype = None
            resp.own_headers = resp.own_cookies = resp.delivery = None
        else:
            req = request_class(scope, receive, api, route, path_params)
            req.send = send
            resp = response_class(req)
        current_request.set(req)
        try:
            try:
                if spreads:
                    result = await endpoint(req, resp, **path_params)
                else:
                    result = await endpoint(req, resp)
                if result is not None:
                    write_result(resp, result, endpoint)
            except Exception as exc:  # noqa: BLE001 - every failure is answered
                await recover(req, resp, exc)
            if completes:
                await handlers.complete(req, resp)
            try:
                answer = finish_plain(resp)
                if answer is None:
                    answer = await finish(resp)
            except Exception as exc:  # noqa: BLE001 - every failure is answered
                answer = await finish_failure(req, resp, exc, handlers)
            status, fields, body = answer
            if type(body) is not bytes:
                await send_body(resp, answer, receive, send, handlers)
            elif type(send) is channel and answer_whole is not None:
                answer_whole(send, status, fields, b"" if head else body)
            else:
                # As send_whole(), without a coroutine more for each answer.
                await send({"type": "http.response.start", "status": status, "headers": fields})
                if len(body) > _AT_ONCE and not head:
                    await send_pieces(send, body)
                else:
                    await send({"type": "http.response.body", "body": b"" if head else body})
        except BaseException as exc:
            req.note_failure(exc)
            raise
        finally:
            if req.resources is not None:
                await _close_resources(req, req.resources)

    if make_pair is None or head or completes:
        return serve
    proceed = _compile_proceed(handlers, finish_plain, channel, answer_whole, send_body)
    calls = make_pair, current_request, write_result, finish_plain, proceed, _wait
    found: Serve = speed_serve(serve, _AT_ONCE, *calls, channel, answer_whole)
    return found


# Where what the steps in C leave to Python goes on; as in _speedups.c.
_FAILED = 0  # The view failed, with an exception that is not answered yet.
_UNFINISHED = 1  # Finishing failed, with an exception.
_MORE = 2  # Finishing takes more than a step.
_FINISHED = 3  # There is an answer, which takes more to send.
_BROKEN = 4  # An exception ends the request.
_SENT = 5  # The answer is sent; what providers opened is open.


def _compile_proceed(
    handlers: ExceptionHandlers,
    finish_plain: Callable[[Response], Answer | None],
    channel: type[Any] | None,
    answer_whole: AnswerWhole | None,
    send_body: SendBody,
) -> Callable[..., Awaitable[None]]:
    """What the steps in C await where ``serve()`` does what they do not do: its rest."""

    async def proceed(  # noqa: PLR0917 - all that serve() has at hand
        receive: Receive,
        send: Send,
        req: Request,
        resp: Response,
        step: int,
        value: Any,  # noqa: ANN401 - the exception or the answer, or nothing
    ) -> None:
        try:
            if step == _BROKEN:
                raise value  # noqa: TRY301 - once more, as if it had not left here
            if step == _FAILED:
                try:
                    raise value  # noqa: TRY301 - as above
                except Exception as exc:  # noqa: BLE001 - every failure is answered
                    await handlers.recover(req, resp, exc)
            if step != _SENT:
                answer = value if step == _FINISHED else await finish_rest(req, resp, step, value)
                status, fields, body = answer
                if type(body) is not bytes:
                    await send_body(resp, answer, receive, send, handlers)
                elif type(send) is channel and answer_whole is not None:
                    answer_whole(send, status, fields, body)
                else:
                    await send_whole(send, answer, head=False)
        except BaseException as exc:
            req.note_failure(exc)
            raise
        finally:
            del value  # An exception has its frames, and this one would have it.
            if req.resources is not None:
                await _close_resources(req, req.resources)

    async def finish_rest(
        req: Request, resp: Response, step: int, failure: Exception | None
    ) -> Answer:
        try:
            if step == _UNFINISHED and failure is not None:
                raise failure  # noqa: TRY301 - as above
            answer = finish_plain(resp) if step == _FAILED else None
            return await finish(resp) if answer is None else answer
        except Exception as exc:  # noqa: BLE001 - as above
            return await finish_failure(req, resp, exc, handlers)
        finally:
            del failure  # As above.

    return proceed


async def _wait(awaitable: Awaitable[object]) -> object:
    """What the steps in C await in place of what is no coroutine."""
    return await awaitable


async def _close_resources(req: Request, resources: Resources) -> None:
    """Tear down what providers opened for a request, and forget what they gave."""
    if resources.is_open():
        await resources.close(partial(name_request, req), req.scope.get(CANCEL))
    else:
        resources.values.clear()


def _is_made_alike(kind: type[object], base: type[object]) -> bool:
    """Whether a class is made as its base is."""
    makes = type(kind).__call__ is type.__call__ and kind.__new__ is object.__new__
    return makes and kind.__init__ is base.__init__


def note_route(serve: Serve) -> Serve:
    """As *serve*, in an app that is observed: the observation is told which route answers."""

    def noted(
        door: Door, scope: Scope, receive: Receive, send: Send, path_params: dict[str, Any]
    ) -> Awaitable[None]:
        observation: Observation | None = scope.get(OBSERVATION)
        route = door[2]
        if observation is not None and route is not None:
            observation.template = route.path
        return serve(door, scope, receive, send, path_params)

    return noted


def hold_open(serve: Serve) -> Serve:
    """As *serve*, for requests with providers to tear down, whatever becomes of the request.

    The scope around it is there before any that a provider enters, so that it can be shielded
    when they end.
    """
    from anyio import CancelScope

    async def held(
        door: Door, scope: Scope, receive: Receive, send: Send, path_params: dict[str, Any]
    ) -> None:
        with CancelScope() as cancel:
            scope[CANCEL] = cancel
            await serve(door, scope, receive, send, path_params)

    return held


# The scope key of the cancel scope around a request that has providers to tear down.
CANCEL = "responder.cancel"


# Bytes of a body that are sent at once. Servers copy what they are given, and meanwhile nobody
# else is served.
_AT_ONCE = 1024 * 1024
_PIECE = 256 * 1024


async def _send_whole(send: Send, answer: WholeAnswer, *, head: bool) -> None:
    """Send an answer whose body is there; with *head* its head alone."""
    status, fields, body = answer
    await send({"type": "http.response.start", "status": status, "headers": fields})
    if len(body) > _AT_ONCE and not head:
        await send_pieces(send, body)
    else:
        await send({"type": "http.response.body", "body": b"" if head else body})


send_whole: Callable[..., Awaitable[None]] = speed_send(_send_whole, _AT_ONCE, _wait)


async def send_pieces(send: Send, body: bytes) -> None:
    """Send a long body piece by piece, each when the server took the one before."""
    from anyio.lowlevel import checkpoint

    for start in range(0, len(body), _PIECE):
        piece = body[start : start + _PIECE]
        more = start + _PIECE < len(body)
        await send({"type": "http.response.body", "body": piece, "more_body": more})
        # A quick client takes each at once: the others get their turn here.
        await checkpoint()


async def send_source(
    resp: Response, answer: Answer, receive: Receive, send: Send, handlers: ExceptionHandlers
) -> None:
    """Send a body piece by piece; a failure before the first piece is an error answer."""
    from responder_core.transfer import send_stream

    req, broken = resp.req, list[Exception]()
    status, fields, source = answer
    try:
        await send_stream(
            req.scope,
            receive,
            send,
            status,
            fields,
            cast("BodySource", source),
            on_failure=broken.append,
            reroute=req.receive_from,
        )
    except Exception as exc:  # noqa: BLE001 - every failure is answered
        # Nothing was sent yet, so it is answered; but not by a source that may fail once more.
        status, fields, body = await finish_failure(req, resp, exc, handlers)
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})
    if broken:
        req.note_failure(broken[0])
        if RAISE_EXCEPTIONS in req.scope:
            raise broken[0]
        log_failure(req, broken[0])

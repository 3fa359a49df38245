"""Parts of a request, by name: each makes its step, with all that it needs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import extension_parts as more
from catalogue import ORDERS
from harness import ask, discard, http_scope, receive, started
from steps import Step, finish, inside

from responder_core import speedups

# Those in C have no parts; it is what they stand in for that is measured.
speedups._steps, speedups.is_built = None, False  # noqa: SLF001

FIELDS = (
    (b"content-type", b"application/json"),
    (b"content-length", b"49"),
    (b"vary", b"Accept"),
    (b"ratelimit-policy", b'"default";q=1000000000;w=60'),
    (b"ratelimit", b'"default";r=999999999;t=60'),
    (b"x-ratelimit-limit", b"1000000000"),
    (b"x-ratelimit-remaining", b"999999999"),
    (b"x-ratelimit-reset", b"60"),
)


class Plain:
    """Steps of an application without extensions, for one of the workloads of dispatch.py."""

    def __init__(self, path: str, *, post: bool = False) -> None:
        from apps import responder, responder_typed

        self.api: Any = responder_typed.build_orders() if post else responder.build()
        self.receive = receive
        self.scope = http_scope("GET", path)
        if post:
            self.scope, self.receive = ORDERS[0].scope, ORDERS[0].receive
        with started(self.api):
            ask(self.api, self.scope, self.receive)
        self.dispatch = inside(self.api._app)  # noqa: SLF001 - a part of it is what is measured
        method = self.scope["method"]
        door = self.dispatch["static"].get(method, {}).get(path)
        self.params: dict[str, Any] = {}
        if door is None:
            door, self.params = self.dispatch["match"](method, path)
        serve, view, self.route, spreads = door
        self.call = partial(view, **self.params) if spreads else view
        self.served = inside(serve)

    def request(self) -> Any:
        """A request."""
        served = self.served
        return served["request_class"](
            dict(self.scope), self.receive, self.api, self.route, self.params
        )

    def pair(self) -> tuple[Any, Any]:
        """A request and its response."""
        req = self.request()
        return req, self.served["response_class"](req)

    def answered(self) -> Any:
        """A response that the view has filled."""
        req, resp = self.pair()
        finish(self.call(req, resp))
        return resp


# A door that serves nothing.
NOBODY = (lambda *_: None), None, None, False


def nothing() -> Step:
    return lambda: None


async def _empty() -> None:
    pass


def nothing_awaited() -> Step:
    return _empty


def copied_scope() -> Step:
    scope = http_scope("GET", "/text")
    return lambda: dict(scope)


def find_static() -> Step:
    plain = Plain("/text")
    plain.dispatch["static"]["GET"]["/text"] = NOBODY
    return lambda: plain.api(plain.scope, receive, discard)


def find_typed() -> Step:
    plain = Plain("/users/42")
    endings = plain.dispatch["all_endings"]["GET"]
    parse, _, name, other = endings["/users"]
    endings["/users"] = parse, NOBODY, name, other
    return lambda: plain.api(plain.scope, receive, discard)


def set_context() -> Step:
    from responder_core.context import current_request

    req = Plain("/text").request()
    return lambda: current_request.set(req)


def call_view(path: str) -> Step:
    plain = Plain(path)
    req, resp = plain.pair()
    return lambda: plain.call(req, resp)


def finish_plain(path: str) -> Step:
    plain = Plain(path)
    resp = plain.answered()
    return lambda: plain.served["finish_plain"](resp)


def encode_json() -> Step:
    from responder_core.formats.json import encode

    return lambda: encode({"id": 42})


def send_both() -> Step:
    fields = list(FIELDS[:2])

    async def send() -> None:
        await discard({"type": "http.response.start", "status": 200, "headers": fields})
        await discard({"type": "http.response.body", "body": b"Hello, world!"})

    return send


def serve_whole(path: str) -> Step:
    plain = Plain(path)
    return lambda: plain.api(dict(plain.scope), receive, discard)


# A body that is validated.


def order_whole() -> Step:
    plain = Plain("/orders", post=True)
    return lambda: plain.api(dict(plain.scope), plain.receive, discard)


def order_bare() -> Step:
    from apps import bare

    app, order = bare.build_orders(), ORDERS[0]
    scope, receive_body = order.scope, order.receive
    return lambda: app(dict(scope), receive_body, discard)


def order_received() -> Step:
    from responder_core.intake import PLAIN_JSON

    plain = Plain("/orders", post=True)
    return lambda: plain.request().receive_json(PLAIN_JSON, 1_000_000)


def order_request() -> Step:
    return Plain("/orders", post=True).request


def order_checked() -> Step:
    from responder_core import Limits
    from responder_core.formats.json import compile_check

    check = compile_check(Limits())
    return lambda: check(ORDERS[0].sent)


def order_validated() -> Step:
    from apps.orders import Order

    from responder_core.validation import make_validator

    validator = make_validator(Order)
    return lambda: validator.from_json(ORDERS[0].sent)


def order_bound() -> Step:
    plain = Plain("/orders", post=True)
    bind = inside(plain.call)["bind"]
    return lambda: bind(plain.request(), None)


def order_written() -> Step:
    from apps.orders import Order

    plain = Plain("/orders", post=True)
    write = inside(plain.call)["write"]
    order = Order.model_validate_json(ORDERS[0].sent)
    _, resp = plain.pair()
    return lambda: write(resp, order, plain.route.endpoint)


def order_dumped(**options: Any) -> Step:
    from apps.orders import Order
    from pydantic import TypeAdapter

    order = Order.model_validate_json(ORDERS[0].sent)
    dump = TypeAdapter(Order).serializer.to_json
    return lambda: dump(order, **options)


def order_finished() -> Step:
    plain = Plain("/orders", post=True)
    resp = plain.answered()
    return lambda: plain.served["finish_plain"](resp)


# The server.


class _Transport:
    def write(self, data: bytes) -> None:
        pass

    def is_closing(self) -> bool:
        return False


class _Flow:
    write_paused = False


def uvicorn_sends(count: int) -> Step:
    """The two messages of an answer in uvicorn, with so many header fields beside its own."""
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    event = type("Event", (), {"set": lambda self: None})()
    own = [(b"date", b"Sun, 22 Nov 2026 07:00:00 GMT"), (b"server", b"uvicorn")]
    scope: Any = http_scope("GET", "/text")
    options = (_Transport(), _Flow(), None, None, False, own, event, False, True, lambda: None)
    fields, body = list(FIELDS[:count]), bytes(49)

    async def send() -> None:
        cycle = RequestResponseCycle(scope, *options)  # type: ignore[arg-type]
        await cycle.send({"type": "http.response.start", "status": 200, "headers": fields})
        await cycle.send({"type": "http.response.body", "body": body})

    return send


PARTS: dict[str, tuple[Callable[[], Step], str | None]] = {
    "nothing": (nothing, None),
    "nothing, awaited": (nothing_awaited, None),
    "the copy of the scope": (copied_scope, "nothing"),
    "Host, and the look-up of a static path": (find_static, "nothing"),
    "Host, and the look-up of /users/{id:int}": (find_typed, "nothing"),
    "the context variable": (set_context, "nothing"),
    "text: the view": (lambda: call_view("/text"), "nothing, awaited"),
    "text: finishing": (lambda: finish_plain("/text"), "nothing"),
    "path: the view": (lambda: call_view("/users/42"), "nothing, awaited"),
    "path: finishing, negotiation and JSON in it": (lambda: finish_plain("/users/42"), "nothing"),
    "JSON of a small object": (encode_json, "nothing"),
    "two messages": (send_both, "nothing, awaited"),
    "text: whole": (lambda: serve_whole("/text"), "nothing, awaited"),
    "json: whole": (lambda: serve_whole("/json"), "nothing, awaited"),
    "path: whole": (lambda: serve_whole("/users/42"), "nothing, awaited"),
    "order: bare": (order_bare, "nothing, awaited"),
    "order: whole": (order_whole, "nothing, awaited"),
    "order: request": (order_request, "nothing"),
    "order: request, and the body received": (order_received, "nothing, awaited"),
    "order: the check of its depth and numbers": (order_checked, "nothing"),
    "order: validation": (order_validated, "nothing"),
    "order: request, and binding with all of these": (order_bound, "nothing, awaited"),
    "order: the result written": (order_written, "nothing"),
    "order: to_json": (order_dumped, "nothing"),
    "order: to_json by alias": (lambda: order_dumped(by_alias=True), "nothing"),
    "order: to_json by alias, strict": (
        lambda: order_dumped(by_alias=True, warnings="error"),
        "nothing",
    ),
    "order: finishing": (order_finished, "nothing"),
    "session: a count, whole": (more.session_whole, "nothing, awaited"),
    "session: left alone, whole": (more.session_untouched, "nothing, awaited"),
    "session: a cookie signed": (more.session_signed, "nothing"),
    "session: a cookie opened": (more.session_opened, "nothing"),
    "session: its cookie found": (more.session_found, "nothing"),
    "session: found, opened and made": (more.session_made, "nothing"),
    "session: all of these, changed and written": (more.session_kept, "nothing"),
    "session: a count in Starlette, whole": (more.session_starlette, "nothing, awaited"),
    "session: left alone in Starlette, whole": (more.session_bare_starlette, "nothing, awaited"),
    "limit: none, whole": (lambda: more.limited(None), "nothing, awaited"),
    "limit: without fields, whole": (lambda: more.limited("none"), "nothing, awaited"),
    "limit: two fields, whole": (lambda: more.limited("draft"), "nothing, awaited"),
    "limit: five fields, whole": (lambda: more.limited("both"), "nothing, awaited"),
    "uvicorn: an answer with two fields": (lambda: uvicorn_sends(2), "nothing, awaited"),
    "uvicorn: an answer with three fields": (lambda: uvicorn_sends(3), "nothing, awaited"),
    "uvicorn: an answer with eight fields": (lambda: uvicorn_sends(8), "nothing, awaited"),
}
"""What makes each part, and the empty step that is taken off."""

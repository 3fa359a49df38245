"""Parts: what each step of a request costs by itself, in exact machine instructions.

``python benchmarks/scale_parts.py`` takes each part some hundred times in a child under valgrind's
callgrind; what an empty step costs is taken off. ``--time`` takes CPU time instead, without it.
"""

from __future__ import annotations

import argparse
import gc
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from catalogue import ORDERS
from command import as_data
from harness import ask, discard, http_scope, receive, started
from report import markdown_table, surroundings, surroundings_line

WARM_UP = 200
COUNTED = 500
"""Calls of a part that are counted."""
MARK = "getppid"
"""A function of the C library that nothing else here calls."""
REPEATED = 20_000
"""Calls of a part that are timed."""
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

Step = Callable[[], object]
"""A part, once; a coroutine that it gives is run to its end."""


def run(step: Step, count: int) -> None:
    """Take a step so many times."""
    for _ in range(count):
        found = step()
        if inspect.iscoroutine(found):
            finish(found)


def finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that waits for nothing to its end; what it gives."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError(f"{coroutine!r} waits for something.")


def inside(function: Any) -> dict[str, Any]:
    """What a function of the framework closes over."""
    return dict(inspect.getclosurevars(function).nonlocals)


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
        self.serve = self.dispatch["static"].get(path, {}).get(method)
        self.params: dict[str, Any] = {}
        if self.serve is None:
            self.serve, self.params = self.dispatch["match"](method, path)
        self.door = inside(self.serve)
        self.exchange = self.door["exchange"]
        self.route = self.door["route"]
        self.view = self.route.endpoint

    def request(self) -> Any:
        """A request, as the door makes it."""
        door = self.door
        return door["request_class"](
            dict(self.scope), self.receive, self.api, self.route, self.params
        )

    def pair(self) -> tuple[Any, Any]:
        """A request and its response."""
        req = self.request()
        return req, self.door["response_class"](req)

    def answered(self) -> Any:
        """A response that the view has filled."""
        req, resp = self.pair()
        finish(self.exchange(req, resp))
        return resp


def whole(app: Any, path: str) -> Step:
    """A whole request, from the scope to the last message."""
    scope = http_scope("GET", path)
    with started(app):
        ask(app, scope)
    return lambda: app(dict(scope), receive, discard)


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
    plain.dispatch["static"]["/text"] = {"GET": lambda *_: None}
    return lambda: plain.api(plain.scope, receive, discard)


def find_typed() -> Step:
    plain = Plain("/users/42")
    find = plain.dispatch["match"]
    return lambda: find("GET", "/users/42")


def make_request() -> Step:
    plain = Plain("/text")
    made, scope = plain.door["request_class"], plain.scope
    return lambda: made(scope, receive, plain.api, plain.route, {})


def set_context() -> Step:
    from responder_core.context import current_request

    req = Plain("/text").request()
    return lambda: current_request.set(req)


def make_response() -> Step:
    plain = Plain("/text")
    req, made = plain.request(), plain.door["response_class"]
    return lambda: made(req)


def call_view(path: str) -> Step:
    plain = Plain(path)
    req, resp = plain.pair()
    return lambda: plain.view(req, resp, **plain.params)


def call_exchange(path: str) -> Step:
    plain = Plain(path)
    req, resp = plain.pair()
    return lambda: plain.exchange(req, resp)


def finish_plain(path: str) -> Step:
    plain = Plain(path)
    resp = plain.answered()
    return lambda: plain.door["finish_plain"](resp)


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
    bind = inside(plain.exchange)["bind"]
    return lambda: bind(plain.request(), None)


def order_written() -> Step:
    from apps.orders import Order

    plain = Plain("/orders", post=True)
    write = inside(plain.exchange)["write"]
    order = Order.model_validate_json(ORDERS[0].sent)
    _, resp = plain.pair()
    return lambda: write(resp, order, plain.view)


def order_dumped(**options: Any) -> Step:
    from apps.orders import Order
    from pydantic import TypeAdapter

    order = Order.model_validate_json(ORDERS[0].sent)
    dump = TypeAdapter(Order).serializer.to_json
    return lambda: dump(order, **options)


def order_finished() -> Step:
    plain = Plain("/orders", post=True)
    resp = plain.answered()
    return lambda: plain.door["finish_plain"](resp)


# A session in a signed cookie.


def session_cookie(app: Any) -> bytes:
    """The cookie of a visitor who comes again."""
    with started(app):
        set_cookie = ask(app, http_scope("GET", "/count")).headers["set-cookie"]
    return set_cookie.partition(";")[0].encode()


def counted(build: Callable[[], Any], path: str = "/count") -> Step:
    app = build()
    scope = http_scope("GET", path, [(b"cookie", session_cookie(app))])
    return lambda: app(dict(scope), receive, discard)


def session_whole() -> Step:
    from apps import responder_sessions

    return counted(responder_sessions.build)


def session_untouched() -> Step:
    from apps import responder_sessions

    return counted(responder_sessions.build, "/text")


def session_starlette() -> Step:
    from apps import starlette_sessions

    return counted(starlette_sessions.build)


def session_bare_starlette() -> Step:
    from apps import starlette_sessions

    return counted(starlette_sessions.build, "/text")


def signer() -> Any:
    from responder_sessions.signing import CookieSigner

    return CookieSigner(["a key " * 8], salt="session", starlette=False, clock=time.time)


def session_signed() -> Step:
    signing = signer()
    return lambda: signing.dump({"visits": b"7"}, created=1.0)


def session_opened() -> Step:
    signing = signer()
    cookie = signing.dump({"visits": b"7"}, created=1.0)
    return lambda: signing.load(cookie)


def visitor() -> tuple[Any, Any, Any]:
    """The cookies of an application, how they are called, and the scope of who comes again."""
    from apps import responder_sessions

    from responder_sessions.opening import find_sessions

    api: Any = responder_sessions.build()
    scope = http_scope("GET", "/count", [(b"cookie", session_cookie(api))])
    sessions = find_sessions(api)
    return sessions.signed, sessions.cookie_of(api), scope


def session_found() -> Step:
    _, cookie, scope = visitor()
    return lambda: cookie.find(scope["headers"])


def session_made() -> Step:
    signed, cookie, scope = visitor()
    return lambda: signed.open(scope, cookie)


def session_kept() -> Step:
    from responder_core.http.headers import ResponseHeaders

    signed, cookie, scope = visitor()

    def keep() -> None:
        session = signed.open(scope, cookie)
        session["visits"] = session.get("visits", 0) + 1
        signed.commit(session, ResponseHeaders([]), cookie)

    return keep


# A limit that is never reached.


def limited(headers: str | None) -> Step:
    from responder_core import API
    from responder_ratelimit import RateLimits

    extensions = [] if headers is None else [_limits(RateLimits, headers)]
    api = API(extensions=extensions)

    async def text(req: Any, resp: Any) -> None:
        resp.text = "Hello, world!"

    api.add_route("/text", text)
    return whole(api, "/text")


def _limits(made: Any, headers: str) -> Any:
    return made("1000000000/minute", headers=None if headers == "none" else headers)


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
    "the look-up of /users/{id:int}": (find_typed, "nothing"),
    "Request": (make_request, "nothing"),
    "the context variable": (set_context, "nothing"),
    "Response": (make_response, "nothing"),
    "text: the view": (lambda: call_view("/text"), "nothing, awaited"),
    "text: the exchange with it": (lambda: call_exchange("/text"), "nothing, awaited"),
    "text: finishing": (lambda: finish_plain("/text"), "nothing"),
    "path: the view": (lambda: call_view("/users/42"), "nothing, awaited"),
    "path: the exchange with it": (lambda: call_exchange("/users/42"), "nothing, awaited"),
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
    "session: a count, whole": (session_whole, "nothing, awaited"),
    "session: left alone, whole": (session_untouched, "nothing, awaited"),
    "session: a cookie signed": (session_signed, "nothing"),
    "session: a cookie opened": (session_opened, "nothing"),
    "session: its cookie found": (session_found, "nothing"),
    "session: found, opened and made": (session_made, "nothing"),
    "session: all of these, changed and written": (session_kept, "nothing"),
    "session: a count in Starlette, whole": (session_starlette, "nothing, awaited"),
    "session: left alone in Starlette, whole": (session_bare_starlette, "nothing, awaited"),
    "limit: none, whole": (lambda: limited(None), "nothing, awaited"),
    "limit: without fields, whole": (lambda: limited("none"), "nothing, awaited"),
    "limit: two fields, whole": (lambda: limited("draft"), "nothing, awaited"),
    "limit: five fields, whole": (lambda: limited("both"), "nothing, awaited"),
    "uvicorn: an answer with two fields": (lambda: uvicorn_sends(2), "nothing, awaited"),
    "uvicorn: an answer with three fields": (lambda: uvicorn_sends(3), "nothing, awaited"),
    "uvicorn: an answer with eight fields": (lambda: uvicorn_sends(8), "nothing, awaited"),
}
"""What makes each part, and the empty step that is taken off."""


def run_child(names: list[str]) -> None:
    """What the child does: make each part, and take it between two marks."""
    for name in names:
        step = PARTS[name][0]()
        run(step, WARM_UP)
        gc.collect()
        # When the collector runs depends on all that went before.
        gc.disable()
        os.getppid()
        run(step, COUNTED)
        os.getppid()
        gc.enable()


def count_parts(names: list[str]) -> dict[str, float]:
    """Instructions of each part.

    Raises:
        RuntimeError: the child failed; its last words are in the message.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "callgrind.out"
        # At each mark callgrind writes what it has counted, to a file of its own, and begins anew.
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
        command += [f"--dump-before={MARK}", sys.executable, __file__, "--child", *names]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        child = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )
        if child.returncode:
            raise RuntimeError(child.stderr[-2000:])
        files = [out.with_name(f"{out.name}.{2 * number + 2}") for number in range(len(names))]
        texts = [file.read_text(encoding="utf-8") for file in files]
    found = [re.search(r"^totals: (\d+)", text, re.MULTILINE) for text in texts]
    return {name: int(each[1]) / COUNTED for name, each in zip(names, found, strict=True) if each}


def time_parts(names: list[str]) -> dict[str, float]:
    """CPU nanoseconds of each part, the least of nine turns."""
    steps = {name: PARTS[name][0]() for name in names}
    gc.freeze()
    least: dict[str, float] = {}
    for _ in range(9):
        for name, step in steps.items():
            begin = time.process_time_ns()
            run(step, REPEATED)
            spent = (time.process_time_ns() - begin) / REPEATED
            least[name] = min(least.get(name, spent), spent)
    return least


def main() -> int:
    """Measure, print, and give the exit status."""
    parser = argparse.ArgumentParser(description="What the steps of a request cost.")
    parser.add_argument("--time", action="store_true", help="CPU time instead of instructions")
    parser.add_argument("--only", metavar="TEXT", default="", help="parts whose names have it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args()
    if not arguments.time and shutil.which("valgrind") is None:
        print("Instruction counts need valgrind; --time takes CPU time.")
        return 2
    names = [name for name in PARTS if arguments.only in name or PARTS[name][1] is None]
    found: dict[str, Any] = (time_parts if arguments.time else count_parts)(names)
    parts = {
        name: found[name] - found[empty]
        for name, (_, empty) in PARTS.items()
        if empty and name in found
    }
    unit = "ns" if arguments.time else "instructions"
    rows = [[name, f"{number:,.0f}"] for name, number in parts.items()]
    print(markdown_table(["part", unit], rows))
    print(surroundings_line())
    if arguments.json:
        document = {**surroundings(), "results": as_data({unit: parts})}
        arguments.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        run_child(sys.argv[2:])
    else:
        sys.exit(main())

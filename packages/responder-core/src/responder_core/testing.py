"""Testing: clients that call an app in process, without a server, and what they got."""

from __future__ import annotations

import json
import re
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from responder_core.problems import RAISE_EXCEPTIONS

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from httpx2 import Response
    from starlette.testclient import TestClient

    from responder_core.async_client import LiveClient
    from responder_core.types import ASGIApp, Receive, Scope, Send

BASE_URL = "http://;"
"""The default base URL, whose host is ``;``: no name that a real request could have."""


def make_client(
    app: ASGIApp,
    base_url: str = BASE_URL,
    *,
    raise_server_exceptions: bool = True,
    **options: Any,  # noqa: ANN401 - the client's own settings
) -> TestClient:
    """A client for an app: ``make_client(api).get("/hello").text``.

    An exception that no handler answers is raised in the test, unless
    *raise_server_exceptions* is off; then the client sees the 500 that a user would see.

    Raises:
        ModuleNotFoundError: the HTTP client is not installed.
    """
    try:
        from starlette.testclient import TestClient
    except (ImportError, RuntimeError) as error:
        msg = "The test client needs httpx2: pip install 'responder-core[test]'"
        raise ModuleNotFoundError(msg) from error

    async def raising_app(scope: Scope, receive: Receive, send: Send) -> None:
        scope[RAISE_EXCEPTIONS] = True
        await app(scope, receive, send)

    if options.get("headers") is not None:
        # Starlette's client adds those of its own where it does not find them, in lower case.
        from httpx2 import Headers

        options["headers"] = dict(Headers(options["headers"]))
    target = raising_app if raise_server_exceptions else app
    return TestClient(target, base_url, raise_server_exceptions=raise_server_exceptions, **options)


def make_async_client(
    app: ASGIApp,
    base_url: str = BASE_URL,
    **options: Any,  # noqa: ANN401 - the client's own settings
) -> LiveClient:
    """A client for async tests, within the lifespan of the app; what is streamed arrives live.

    ::

        async with make_async_client(api) as client:
            answer = await client.get("/hello")

    Raises:
        ModuleNotFoundError: the HTTP client is not installed.
    """
    try:
        from responder_core.async_client import open_client
    except ImportError as error:
        msg = "The test client needs httpx2: pip install 'responder-core[test]'"
        raise ModuleNotFoundError(msg) from error
    return open_client(app, base_url, **options)


class Answer(Protocol):
    """What is looked at of an answer, of either client."""

    @property
    def status_code(self) -> int:
        """Its status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Its header fields."""
        ...

    @property
    def text(self) -> str:
        """Its body."""
        ...

    def json(self) -> Any:  # noqa: ANN401 - whatever was sent
        """Its body, decoded."""


def assert_problem(
    response: Answer,
    status: int | None = None,
    **expected: Any,  # noqa: ANN401 - the members of the document
) -> dict[str, Any]:
    """Assert that an answer is a problem (RFC 9457), and give its document.

    ``assert_problem(client.get("/nowhere"), 404, title="Not Found")``.

    Raises:
        AssertionError: it is none, has another status, or other members; the message tells.
    """
    kind = response.headers.get("content-type", "")
    if kind.partition(";")[0].strip() != "application/problem+json":
        msg = (
            f"the answer is no problem: {response.status_code} {kind or 'without Content-Type'}, "
            f"{response.text[:500]!r}"
        )
        raise AssertionError(msg)
    document: dict[str, Any] = response.json()
    wanted = expected if status is None else {"status": status, **expected}
    if status is not None and response.status_code != status:
        msg = f"the answer has the status {response.status_code}, not {status}: {document}"
        raise AssertionError(msg)
    wrong = {name: document.get(name) for name in wanted if document.get(name) != wanted[name]}
    if wrong:
        meant = {name: wanted[name] for name in wrong}
        msg = f"the problem has {wrong}, not {meant}: {document}"
        raise AssertionError(msg)
    return document


@dataclass(frozen=True)
class SSEEvent:
    """An event that came over an event stream.

    Attributes:
        data: its lines, joined by line feeds.
        event: its type.
        id: the last id that was sent, with this event or before.
        retry: how long to wait before a reconnection, in milliseconds, where it says so.
    """

    data: str = ""
    event: str = "message"
    id: str | None = None
    retry: int | None = None

    def json(self) -> Any:  # noqa: ANN401 - whatever was sent
        """The data, decoded as JSON."""
        return json.loads(self.data)


# What ends a line there, and nothing else does (§9.2.5).
_LINE_END = re.compile(r"\r\n|\r|\n")


class _EventParser:
    """Text to events, however it is cut (WHATWG HTML §9.2.6)."""

    def __init__(self) -> None:
        self._rest: str | None = None
        self._data: list[str] = []
        self._event = ""
        self._id: str | None = None
        self._retry: int | None = None

    def feed(self, text: str, *, is_last: bool = False) -> list[SSEEvent]:
        """Take more of the text; the events that end there."""
        text = text.removeprefix("\ufeff") if self._rest is None else self._rest + text
        # It may be the first half of "\r\n".
        held = "" if is_last or not text.endswith("\r") else "\r"
        *lines, rest = _LINE_END.split(text[: len(text) - len(held)])
        self._rest = rest + held
        found = map(self._take, lines)
        return [event for event in found if event is not None]

    def _take(self, line: str) -> SSEEvent | None:
        """Take a line; an event where it ends one."""
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self._retry = int(value)
        return None

    def _dispatch(self) -> SSEEvent | None:
        data, event, retry = self._data, self._event, self._retry
        self._data, self._event, self._retry = [], "", None
        if not data:
            return None
        return SSEEvent("\n".join(data), event or "message", self._id, retry)


def parse_sse(text: str) -> list[SSEEvent]:
    """The events of an event stream: ``parse_sse(response.text)``.

    An event that no empty line ends is none (WHATWG HTML §9.2.6).
    """
    return _EventParser().feed(text, is_last=True)


async def iter_sse(response: Response) -> AsyncGenerator[SSEEvent]:
    """The events of an answer of the async client, each as it comes.

    ::

        async with client.stream("GET", "/events") as response:
            async for event in iter_sse(response):
                ...
    """
    parser = _EventParser()
    async with aclosing(cast("AsyncGenerator[str]", response.aiter_text())) as pieces:
        async for piece in pieces:
            for event in parser.feed(piece):
                yield event
    for event in parser.feed("", is_last=True):
        yield event


async def collect_sse(response: Response, count: int | None = None) -> list[SSEEvent]:
    """The first *count* events of an answer of the async client, or all of them."""
    found: list[SSEEvent] = []
    if count == 0:
        return found
    async with aclosing(iter_sse(response)) as events:
        async for event in events:
            found.append(event)
            if len(found) == count:
                break
    return found

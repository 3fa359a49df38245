"""Factories that the tests share: a schema, apps that serve it, clients."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from graphql import ASTValidationRule, GraphQLError, build_schema

from responder_core import API, abort
from responder_graphql import mount

SDL = """
    directive @d on FRAGMENT_DEFINITION
    type Query {
        hello(name: String = "world"): String
        number: Int!
        fails: String
        fails_hard: String!
        refuses: String
        me: User
        users(first: Int): [User!]!
    }
    type User { name: String friends(first: Int): [User!]! me: User }
    type Mutation { touch(id: ID!): String }
    type Subscription { count(to: Int!): Int fails: Int }
"""


class Root:
    """The resolvers: graphql-core calls them with info and the arguments."""

    number = 7

    def hello(self, info, name):
        return f"hello, {name}"

    def fails(self, info):
        raise KeyError("secret")

    def fails_hard(self, info):
        raise KeyError("secret")

    def refuses(self, info):
        raise GraphQLError("Not today.", extensions={"code": "CLOSED"})

    def touch(self, info, id):
        return f"touched {id}"

    def me(self, info):
        return {"name": "me", "friends": []}

    def users(self, info, first=1):
        return [{"name": f"user {index}"} for index in range(first)]


STREAMS_SDL = """
    scalar Odd
    type Query { hello: String fails: String odd: Odd day: Odd seen: String session: String }
    type Mutation { touch: String }
    type Subscription {
        count(to: Int!): Int late: Int forever: Int breaks: Int refuses: Int odd: Odd
    }
"""


class Streams:
    """The resolvers of what is subscribed to; those that have ended are in ``ended``."""

    def __init__(self):
        self.ended = []

    def hello(self, info):
        return "world"

    def fails(self, info):
        raise KeyError("secret")

    def odd(self, info):
        return self.odd_events() if info.operation.operation.value == "subscription" else object()

    async def odd_events(self):
        yield {"odd": object()}

    def day(self, info):
        return date(2026, 11, 21)

    def seen(self, info):
        context = info.context
        return f"{context.request.method} {context['response']} {context.connection_params}"

    def session(self, info):
        return info.context["session"]

    def touch(self, info):
        return "touched"

    async def count(self, info, to):
        for number in range(to):
            yield {"count": number}

    async def late(self, info):
        info.context.response.headers["X-Late"] = "never"
        yield {"late": 1}

    async def forever(self, info):
        try:
            yield {"forever": 1}
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0)
            self.ended.append("forever")

    async def breaks(self, info):
        yield {"breaks": 1}
        raise KeyError("secret")

    def refuses(self, info):
        abort(403, detail="Not for you.")


@pytest.fixture
def schema():
    return build_schema(SDL)


@pytest.fixture
def streams_schema():
    return build_schema(STREAMS_SDL)


@pytest.fixture
def streams():
    """The resolvers of streams_schema."""
    return Streams()


@pytest.fixture
def api_factory(schema) -> Callable[..., API]:
    """Make an app with a GraphQL endpoint at /graphql."""

    def make(*, debug: bool = False, app: dict[str, Any] | None = None, **options: Any) -> API:
        api = API(debug=debug, **(app or {}))
        mount(api, "/graphql", **{"schema": schema, "root_value": Root(), **options})
        return api

    return make


@pytest.fixture
def client_factory(api_factory) -> Callable[..., Any]:
    """Make a client of an app with a GraphQL endpoint; a failure is a 500."""

    def make(**options: Any):
        return api_factory(**options).test_client(raise_server_exceptions=False)

    return make


@pytest.fixture
def client(client_factory):
    return client_factory()


@pytest.fixture
def ask(client_factory) -> Callable[..., Any]:
    """Send an operation by POST; the answer."""

    def run(query: Any, *, client: Any = None, accept: str = GRAPHQL, **members: Any):
        client = client or client_factory()
        return client.post("/graphql", json={"query": query, **members}, headers={"Accept": accept})

    return run


class Gate:
    """A rule that notes who validates what, and holds long documents until it is opened.

    Attributes:
        rule: it.
        seen: the documents that were validated, in their order.
        threads: by each of them, the thread that did.
        most: how many were validated at once.
    """

    def __init__(self):
        gate = self
        self.opened = threading.Event()
        self.seen, self.threads = [], {}
        self.most = self._inside = 0

        class Rule(ASTValidationRule):
            def enter_document(self, node, *_args):
                gate.enter(node.loc.source.body)

        self.rule = Rule

    def enter(self, text):
        self.seen.append(text)
        self.threads[text] = threading.get_ident()
        self._inside += 1
        self.most = max(self.most, self._inside)
        assert len(text) < 60 or self.opened.wait(30)
        self._inside -= 1

    async def wait_until_reached(self):
        """Wait until one is held, and everybody else waits."""
        while not self.seen:
            await anyio.lowlevel.checkpoint()
        await anyio.wait_all_tasks_blocked()


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.opened.set()


GRAPHQL = "application/graphql-response+json"


def has(name: str) -> bool:
    """Whether a module is installed."""
    return importlib.util.find_spec(name) is not None


# Beside those that Playwright sets, which turn off what a browser asks for by itself.
_FLAGS = ["--disable-gpu", "--disable-quic"]


def require_chromium():
    """The program; the test is skipped without it, or fails where REQUIRE_CHROMIUM is set."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        if os.environ.get("REQUIRE_CHROMIUM"):
            pytest.fail("there is no Chromium, and REQUIRE_CHROMIUM is set")
        pytest.skip("needs Chromium: Debian's package chromium")
    return found


class Visit:
    """A page, and what was seen of it since it was opened.

    Attributes:
        page: it, as Playwright has it.
        requests: the URLs that were asked for, but data and blob URLs.
        complaints: errors in the console, exceptions, and what the browser refused.
    """

    def __init__(self, page):
        self.page, self.requests, self.complaints = page, [], []
        page.on("request", self._keep_request)
        page.on("console", self._keep_message)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _keep_request(self, request):
        if not request.url.startswith(("data:", "blob:")):
            self.requests.append(request.url)

    def _keep_message(self, message):
        if message.type in {"error", "assert"}:
            self.complaints.append(message.text)


@pytest.fixture
def visit():
    """Open a URL in a headless Chromium that has an empty profile.

    Playwright keeps an event loop running in this thread as long as its browser is there. So each
    test has its own, and those without one run their loops.
    """
    from playwright.sync_api import sync_playwright

    program = require_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)

        def visit(url):
            found = Visit(browser.new_page())
            found.page.goto(url)
            return found

        yield visit
        browser.close()


@pytest.fixture
def run_threads() -> Iterator[Callable[..., list[Any]]]:
    """Call a function in several threads at once, which switch as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def run(count: int, function: Callable[[int], Any]) -> list[Any]:
        begin = threading.Barrier(count, timeout=60)

        def work(number: int) -> Any:
            begin.wait()
            return function(number)

        with ThreadPoolExecutor(count) as pool:
            calls = [pool.submit(work, number) for number in range(count)]
            return [call.result(timeout=60) for call in calls]

    yield run
    sys.setswitchinterval(usual)

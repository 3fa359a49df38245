"""The interface: what granian speaks to an app, and the words for why."""

import re

import pytest

from responder_core import API, Router
from responder_core.serving.interface import check_interface, choose_interface


class Passing:
    """ASGI middleware that changes nothing."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


async def view(req, resp):
    resp.text = "tea"


def plain():
    api = API()
    api.add_route("/", view)
    return api


def with_middleware():
    api = plain()
    api.add_middleware(Passing)
    return api


def with_router_middleware():
    api, router = plain(), Router()
    router.add_middleware(Passing)
    router.add_route("/tea", view)
    api.include_router(router)
    return api


def with_mount():
    api = plain()
    api.mount("/other", Passing(plain()))
    return api


def with_api_below(below):
    api = plain()
    api.mount("/below", below)
    return api


def with_socket():
    api = plain()

    @api.websocket_route("/ws")
    async def talk(ws):
        await ws.accept()

    return api


def with_events():
    api = plain()

    @api.sse("/events", event_model=str)
    async def events(req, resp):
        yield "tea"

    return api


class Guarded(API):
    """An app that looks at every scope before it serves it."""

    def __call__(self, scope, receive, send):
        return super().__call__(scope, receive, send)


def with_session():
    api = plain()
    api.around("session", lambda route, exchange: exchange)
    return api


NEEDS = [
    pytest.param(Guarded, "Guarded has a __call__() of its own", id="call"),
    pytest.param(lambda: Passing(plain()), "Passing is no API, or stands around one", id="outside"),
    pytest.param(with_middleware, "the app has ASGI middleware", id="middleware"),
    pytest.param(with_router_middleware, "the app has ASGI middleware", id="router"),
    pytest.param(with_mount, "another app is mounted at /other", id="mount"),
    pytest.param(
        lambda: with_api_below(with_middleware()),
        "the app below /below has ASGI middleware",
        id="below",
    ),
]
WISHES = [
    pytest.param(
        lambda: API(trusted_proxies=["192.0.2.1"]),
        "trusted_proxies= are told in fields that RSGI may leave out",
        id="proxies",
    ),
    pytest.param(with_session, "sessions are in cookies, which RSGI may leave out", id="sessions"),
    pytest.param(with_socket, "/ws is a WebSocket", id="socket"),
    pytest.param(with_events, "/events is a stream", id="events"),
    pytest.param(
        lambda: with_api_below(with_socket()), "/below/ws is a WebSocket", id="socket-below"
    ),
]


def test_it_is_rsgi_where_nothing_needs_asgi():
    assert choose_interface(plain(), "auto", {}) == ("rsgi", "nothing of the app needs ASGI")


def test_apps_of_ours_below_are_looked_at():
    assert choose_interface(with_api_below(plain()), "auto", {}).name == "rsgi"


@pytest.mark.parametrize(("make", "reason"), [*NEEDS, *WISHES])
def test_what_needs_asgi_is_the_reason(make, reason):
    assert choose_interface(make(), "auto", {}) == ("asgi", reason)


@pytest.mark.parametrize(("make", "reason"), NEEDS)
def test_rsgi_cannot_be_had_against_what_needs_asgi(make, reason):
    words = re.escape(f"interface='rsgi' cannot be: {reason}")
    with pytest.raises(ValueError, match=f"^{words}$"):
        choose_interface(make(), "rsgi", {})


@pytest.mark.parametrize(("make", "reason"), WISHES)
def test_rsgi_can_be_had_where_it_is_only_worse(make, reason):
    assert choose_interface(make(), "rsgi", {}) == ("rsgi", "interface='rsgi' says so")
    assert reason not in choose_interface(make(), "rsgi", {}).reason


def test_a_program_may_ask_for_asgi():
    assert choose_interface(plain(), "asgi", {}) == ("asgi", "interface='asgi' says so")


def test_tracing_needs_asgi():
    pytest.importorskip("opentelemetry.instrumentation.asgi", reason="needs the extra otel")
    chosen = choose_interface(API(tracing=True), "auto", {})

    assert chosen == ("asgi", "tracing is ASGI middleware of OpenTelemetry")


def test_the_prefix_of_granian_needs_asgi():
    chosen = choose_interface(plain(), "auto", {"url_path_prefix": "/shop"})

    assert chosen == ("asgi", "granian has url_path_prefix= for ASGI")


def test_an_interface_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match=r"interface= is 'auto', 'asgi' or 'rsgi', not 'wsgi'"):
        check_interface("wsgi", "granian")


def test_uvicorn_speaks_no_rsgi():
    with pytest.raises(ValueError, match=r"uvicorn speaks no RSGI; write server='granian'"):
        plain().run(interface="rsgi")


def test_it_is_said_before_anything_listens():
    pytest.importorskip("granian", reason="needs the extra granian")
    with pytest.raises(
        ValueError, match=r"interface='rsgi' cannot be: the app has ASGI middleware"
    ):
        served.run(server="granian", interface="rsgi")


# What is served is a variable of a module.
served = with_middleware()

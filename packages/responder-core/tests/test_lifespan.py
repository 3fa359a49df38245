"""Lifespan: what runs at start-up and shutdown, in which order, and who hears of failures."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager

import pytest

from responder_core import API

UP = {"type": "lifespan.startup"}
DOWN = {"type": "lifespan.shutdown"}
STARTED = {"type": "lifespan.startup.complete"}
STOPPED = {"type": "lifespan.shutdown.complete"}


def recording(log, *, yields=None):
    """A lifespan that notes when it is entered and left."""

    @asynccontextmanager
    async def lifespan(app):
        log.append("enter")
        yield yields
        log.append("leave")

    return lifespan


def add_events(api, log, *, kinds=("sync", "async")):
    """Handlers of both events, sync and async, which note their names."""
    for event in ("startup", "shutdown"):
        for kind in kinds:

            def handler(name=f"{event} {kind}"):
                log.append(name)

            async def async_handler(name=f"{event} {kind}"):
                log.append(name)

            api.add_event_handler(event, handler if kind == "sync" else async_handler)


class TestOrder:
    def test_the_lifespan_surrounds_the_handlers_of_events(self, client_factory):
        log = []
        api = API(lifespan=recording(log))
        add_events(api, log)
        api.add_route("/", lambda req, resp: log.append("request"))

        with client_factory(api) as client:
            client.get("/")

        assert log == [
            "enter",
            "startup sync",
            "startup async",
            "request",
            "shutdown sync",
            "shutdown async",
            "leave",
        ]

    def test_events_work_without_a_lifespan(self, client_factory):
        log = []
        api = API()
        add_events(api, log)

        with client_factory(api):
            log.append("running")

        assert log == [
            "startup sync",
            "startup async",
            "running",
            "shutdown sync",
            "shutdown async",
        ]

    def test_an_app_without_either_starts_and_stops(self, talk):
        assert talk(API(), {"type": "lifespan"}, UP, DOWN) == [STARTED, STOPPED]

    def test_nothing_runs_before_the_server_says_so(self, talk):
        log = []
        api = API(lifespan=recording(log))

        with pytest.raises(AssertionError, match="asked for more messages"):
            talk(api, {"type": "lifespan"})

        assert log == []

    def test_the_lifespan_gets_the_app(self, client_factory):
        seen = []

        @asynccontextmanager
        async def lifespan(app):
            app.state.greeting = "hello"
            seen.append(app)
            yield

        api = API(lifespan=lifespan)
        api.add_route("/", lambda req, resp: req.api.state.greeting)

        with client_factory(api) as client:
            assert client.get("/").text == "hello"

        assert seen == [api]

    def test_it_runs_anew_for_each_start(self, client_factory):
        log = []
        api = API(lifespan=recording(log))
        add_events(api, log, kinds=["sync"])

        for _ in range(2):
            with client_factory(api):
                pass

        assert log == ["enter", "startup sync", "shutdown sync", "leave"] * 2


def test_sync_handlers_run_in_a_thread(client_factory):
    places = {}
    api = API()

    async def on_loop():
        places["loop"] = threading.get_ident()

    def in_thread():
        places["sync"] = threading.get_ident()

    api.add_event_handler("startup", on_loop)
    api.add_event_handler("startup", in_thread)

    with client_factory(api):
        pass

    assert places["sync"] != places["loop"]


class TestState:
    def test_what_the_lifespan_yields_is_state_of_every_request(self, client_factory):
        api = API(lifespan=recording([], yields={"database": "connected"}))
        api.add_route("/", lambda req, resp: req.state.database)

        with client_factory(api) as client:
            assert [client.get("/").text, client.get("/").text] == ["connected", "connected"]

    def test_what_a_request_sets_does_not_reach_another(self, client_factory):
        api = API(lifespan=recording([], yields={"count": 0}))

        @api.route("/")
        def count(req, resp):
            req.state.count += 1
            return req.state.count

        with client_factory(api) as client:
            assert [client.get("/").json(), client.get("/").json()] == [1, 1]

    def test_state_that_the_server_cannot_keep_is_reported(self, talk):
        sent = []

        async def catching(scope, receive, send):
            async def note(message):
                sent.append(message)

            with pytest.raises(RuntimeError, match="this server has no lifespan state"):
                await API(lifespan=recording([], yields={"a": 1}))(scope, receive, note)

        talk(catching, {"type": "lifespan"}, UP)

        assert [message["type"] for message in sent] == ["lifespan.startup.failed"]

    @pytest.mark.parametrize("yields", [None, {}], ids=["none", "empty"])
    def test_nothing_to_keep_asks_nothing_of_the_server(self, talk, yields):
        api = API(lifespan=recording([], yields=yields))

        assert talk(api, {"type": "lifespan"}, UP, DOWN) == [STARTED, STOPPED]


def run_failing(talk, api, *messages):
    """What an app sends whose lifespan raises LookupError in the end."""
    sent = []

    async def catching(scope, receive, send):
        async def note(message):
            sent.append(message)

        with pytest.raises(LookupError, match="inside"):
            await api(scope, receive, note)

    talk(catching, {"type": "lifespan"}, *messages)
    return sent


def fail():
    raise LookupError("inside")


async def async_fail():
    raise LookupError("inside")


class TestFailures:
    @pytest.mark.parametrize("handler", [fail, async_fail], ids=["sync", "async"])
    def test_a_failing_start_up_is_reported_and_raised(self, talk, handler):
        log = []
        api = API()
        api.add_event_handler("startup", handler)
        add_events(api, log, kinds=["sync"])

        (message,) = run_failing(talk, api, UP)

        assert message["type"] == "lifespan.startup.failed"
        assert "Traceback" in message["message"]
        assert "LookupError: inside" in message["message"]
        assert log == []

    def test_a_failing_lifespan_is_reported_and_no_handler_runs(self, talk):
        log = []

        @asynccontextmanager
        async def lifespan(app):
            fail()
            yield

        api = API(lifespan=lifespan)
        add_events(api, log, kinds=["sync"])

        (message,) = run_failing(talk, api, UP)

        assert message["type"] == "lifespan.startup.failed"
        assert log == []

    def test_a_failing_start_up_leaves_the_lifespan(self, talk):
        log = []

        @asynccontextmanager
        async def lifespan(app):
            try:
                yield
            finally:
                log.append("leave")

        api = API(lifespan=lifespan)
        api.add_event_handler("startup", fail)
        add_events(api, log, kinds=["async"])

        run_failing(talk, api, UP)

        assert log == ["leave"]

    def test_a_lifespan_that_swallows_a_failing_start_up_does_not_hide_it(self, talk):
        """The server must hear of it, or it would serve an app that never started."""

        @asynccontextmanager
        async def lifespan(app):
            try:
                yield
            except LookupError:
                app.state.noted = True

        api = API(lifespan=lifespan)
        api.add_event_handler("startup", fail)
        sent = []

        async def catching(scope, receive, send):
            async def note(message):
                sent.append(message["type"])

            try:
                await api(scope, receive, note)
            except Exception as error:  # noqa: BLE001 - whether it raises is not at stake
                sent.append(type(error).__name__)

        talk(catching, {"type": "lifespan"}, UP, DOWN)

        assert api.state.noted
        assert sent[0] == "lifespan.startup.failed"

    @pytest.mark.parametrize("handler", [fail, async_fail], ids=["sync", "async"])
    def test_a_failing_shutdown_is_reported_and_the_rest_still_runs(self, talk, handler):
        log = []
        api = API(lifespan=recording_always(log))
        api.add_event_handler("shutdown", handler)
        add_events(api, log, kinds=["sync"])

        sent = run_failing(talk, api, UP, DOWN)

        assert [message["type"] for message in sent] == [
            "lifespan.startup.complete",
            "lifespan.shutdown.failed",
        ]
        assert "LookupError: inside" in sent[1]["message"]
        assert log == ["startup sync", "shutdown sync", "leave"]

    def test_a_lifespan_that_fails_to_leave_is_reported(self, talk):
        @asynccontextmanager
        async def lifespan(app):
            yield
            fail()

        sent = run_failing(talk, API(lifespan=lifespan), UP, DOWN)

        assert [message["type"] for message in sent] == [
            "lifespan.startup.complete",
            "lifespan.shutdown.failed",
        ]

    def test_the_test_client_raises_a_failing_start_up(self, client_factory):
        api = API()
        api.add_event_handler("startup", fail)

        with pytest.raises(LookupError, match="inside"), client_factory(api):
            pytest.fail("the app has not started")


def recording_always(log):
    """A lifespan that notes when it is left, by whichever way."""

    @asynccontextmanager
    async def lifespan(app):
        try:
            yield
        finally:
            log.append("leave")

    return lifespan


class TestRegistration:
    def test_the_decorator_gives_the_function_back(self):
        assert API().on_event("startup")(fail) is fail

    @pytest.mark.parametrize("event", ["start", "STARTUP", "", None], ids=str)
    def test_an_unknown_event_is_refused(self, event):
        with pytest.raises(
            ValueError, match=r"there is no event .*; it is 'startup' or 'shutdown'"
        ):
            API().add_event_handler(event, fail)

    @pytest.mark.parametrize("event", ["startup", "shutdown"])
    def test_a_handler_that_needs_arguments_is_refused(self, event):
        with pytest.raises(TypeError, match=r"needs' \(test_lifespan\.py:\d+\)"):

            @API().on_event(event)
            def needs(app): ...

    def test_a_handler_that_is_no_function_is_refused(self):
        with pytest.raises(TypeError):
            API().add_event_handler("startup", None)

    @pytest.mark.parametrize("event", ["startup", "shutdown"])
    def test_a_sync_handler_that_gives_a_coroutine_is_no_silent_pass(self, talk, event):
        """What ``lambda: database.connect()`` gives is awaited or refused, never dropped."""
        log = []
        api = API()

        async def connect():
            log.append("connected")

        def plain():
            return connect()

        api.add_event_handler(event, plain)

        async def catching(scope, receive, send):
            try:
                await api(scope, receive, send)
            except TypeError as error:
                log.append(str(error))

        sent = talk(catching, {"type": "lifespan"}, UP, DOWN)

        refused = f"lifespan.{event}.failed" in [message["type"] for message in sent]
        assert len(log) == 1
        assert refused == (log != ["connected"])

    def test_the_decorator_without_its_event_is_refused(self):
        """Otherwise the function would never run, and nothing would say so."""
        with pytest.raises((TypeError, ValueError)):
            API().on_event(fail)

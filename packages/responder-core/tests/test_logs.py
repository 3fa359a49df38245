"""Logs: one record for each request, who sees it, and the request in every other record."""

import contextlib
import io
import json
import logging
import subprocess
import sys

import anyio
import anyio.lowlevel
import pytest
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.websockets import WebSocketDisconnect

from responder_core import API, Depends
from responder_core.logs import (
    JSONFormatter,
    RequestContext,
    RequestContextFilter,
    TextFormatter,
    get_logger,
    setup_logging,
)


@pytest.fixture(autouse=True)
def restored():
    """Leave logging as it was."""
    loggers = [logging.getLogger(name) for name in ("", "responder", "uvicorn.access")]
    before = [(each, each.level, list(each.handlers), each.propagate) for each in loggers]
    yield
    for each, level, handlers, propagate in before:
        each.setLevel(level)
        each.handlers[:] = handlers
        each.propagate = propagate


@pytest.fixture
def records(caplog):
    """The records of the access log."""
    return lambda: [each for each in caplog.records if each.name == "responder.access"]


class TestAccess:
    def test_one_record_tells_what_came_of_a_request(self, client_factory, records):
        api = API(enable_logging=True)

        @api.get("/items/{id}")
        async def item(req, resp, *, id):
            resp.text = "item"

        answer = client_factory(api, client=("192.0.2.7", 80)).get("/items/7?secret=x")

        (record,) = records()
        assert record.getMessage() == f"GET /items/7 → 200 ({record.duration_ms:.1f} ms)"
        assert record.levelno == logging.INFO
        facts = {
            "request_id": answer.headers["x-request-id"],
            "method": "GET",
            "path": "/items/7",
            "route": "/items/{id}",
            "status": 200,
            "bytes": 4,
            "client": "192.0.2.7",
        }
        assert {name: getattr(record, name) for name in facts} == facts
        assert 0 < record.first_byte_ms <= record.duration_ms

    @pytest.mark.parametrize(
        ("path", "status", "route"),
        [("/nowhere", 404, "unmatched"), ("/fails", 500, "/fails"), ("/in/x", 404, "/in")],
    )
    def test_errors_have_theirs(self, client_factory, records, path, status, route):
        api = API(enable_logging=True)
        api.mount("/in", API())
        api.add_route("/fails", lambda req, resp: 1 / 0)

        client_factory(api).get(path)

        assert [(each.status, each.route) for each in records()] == [(status, route)]

    @pytest.mark.parametrize("outer", [True, False])
    def test_a_mounted_app_that_logs_too_writes_no_second_one(self, client_factory, records, outer):
        api, inner = API(request_id=True, enable_logging=outer), API(enable_logging=True)
        api.mount("/in", inner)

        @inner.get("/items/{id}")
        async def item(req, resp, *, id): ...

        client_factory(api).get("/in/items/7")

        assert [(each.route, each.path) for each in records()] == [
            ("/in/items/{id}", "/in/items/7")
        ]

    def test_sockets_have_theirs(self, client_factory, records):
        api = API(enable_logging=True)

        @api.websocket_route("/ws/{room}")
        async def socket(ws, *, room):
            await ws.accept()

        with client_factory(api).websocket_connect("/ws/tea"):
            pass

        assert [(each.status, each.route) for each in records()] == [(101, "/ws/{room}")]

    def test_a_socket_that_is_refused_was_answered_403(self, client_factory, records):
        api = API(enable_logging=True)

        @api.websocket_route("/ws")
        async def socket(ws):
            await ws.close()

        with (
            pytest.raises(WebSocketDisconnect),
            client_factory(api).websocket_connect("/ws"),
        ):
            raise AssertionError

        assert [each.status for each in records()] == [403]

    def test_the_route_is_known_behind_middleware_with_tasks_of_its_own(
        self, client_factory, records
    ):
        async def pass_on(request, call_next):
            return await call_next(request)

        api = API(enable_logging=True)
        api.add_middleware(BaseHTTPMiddleware, dispatch=pass_on)

        @api.get("/items/{id}")
        async def item(req, resp, *, id): ...

        client_factory(api).get("/items/7")

        assert [each.route for each in records()] == ["/items/{id}"]

    def test_an_app_that_asks_for_none_has_none(self, client_factory, records, caplog):
        caplog.set_level(logging.DEBUG)
        client_factory(API(request_id=True)).get("/")

        assert records() == []

    def test_a_level_above_leaves_it_out(self, client_factory, records):
        api = API(enable_logging=True)
        logging.getLogger("responder.access").setLevel(logging.WARNING)
        try:
            client_factory(api).get("/")
        finally:
            logging.getLogger("responder.access").setLevel(logging.NOTSET)

        assert records() == []


class TestContext:
    @pytest.mark.parametrize("kind", ["async", "sync", "hook", "dependency", "background"])
    @pytest.mark.parametrize("observed", [True, False])
    def test_every_record_knows_its_request(self, client_factory, kind, observed):
        api = API(request_id=observed)
        found = []

        def note(req=None, resp=None):
            found.append(
                (
                    RequestContext.get_request_id(),
                    RequestContext.get_method(),
                    RequestContext.get_path(),
                    RequestContext.get_client_ip(),
                )
            )

        async def note_later():
            await anyio.lowlevel.checkpoint()
            note()

        options = {
            "hook": {"before": note},
            "dependency": {"dependencies": [Depends(note)]},
        }.get(kind, {})

        async def view(req, resp):
            resp.text = req.id
            if kind == "async":
                note()
            elif kind == "background":
                resp.background(note_later)

        def sync_view(req, resp):
            resp.text = req.id
            note()

        api.add_route("/tea", sync_view if kind == "sync" else view, **options)
        with client_factory(api, client=("192.0.2.7", 80)) as client:
            answer = client.get("/tea")

        assert found == [(answer.text, "GET", "/tea", "192.0.2.7")]

    def test_where_there_is_no_request_it_says_so(self):
        context = RequestContext
        assert {
            context.get_request_id(),
            context.get_method(),
            context.get_path(),
            context.get_client_ip(),
            context.get_trace_id(),
        } == {"-"}
        assert context.as_dict() == {}

    def test_what_is_bound_elsewhere_is_the_request_and_its_trace(self, client_factory):
        api = API(request_id=True)

        @api.get("/")
        async def view(req, resp):
            resp.media = RequestContext.as_dict()

        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        fields = {"x-request-id": "7", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}

        answer = client_factory(api).get("/", headers=fields)

        assert answer.json() == {"request_id": "7", "trace_id": trace}

    def test_a_filter_gives_it_to_a_format_of_one_s_own(self, client_factory):
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.addFilter(RequestContextFilter())
        handler.setFormatter(
            logging.Formatter("%(request_id)s %(request_method)s %(request_path)s %(client_ip)s")
        )
        api = API(request_id=True)
        logger = logging.getLogger("shop")
        logger.addHandler(handler)

        @api.get("/{name}")
        def view(req, resp, *, name):
            logger.error("sold")

        try:
            client_factory(api, client=("192.0.2.7", 80)).get(
                "/a%0Ab", headers={"x-request-id": "7"}
            )
        finally:
            logger.removeHandler(handler)

        assert stream.getvalue() == "7 GET /a\\nb 192.0.2.7\n"


def make_record(message, *args, number=logging.INFO, exc_info=None, **extra):
    record = logging.LogRecord("shop", number, __file__, 1, message, args, exc_info)
    record.__dict__.update(extra)
    return record


class TestFormats:
    @pytest.mark.parametrize("formatter", [TextFormatter(), JSONFormatter()])
    @pytest.mark.parametrize("control", ["\n", "\r", "\x1b[2J", "\x85", "\u2028", "\x00"])
    def test_nothing_forges_a_line(self, formatter, control):
        line = formatter.format(make_record("GET %s", f"/a{control}b"))

        assert len(line.splitlines()) == 1
        assert not any(0x7F > ord(each) < 0x20 or 0x7F <= ord(each) < 0xA0 for each in line)

    def test_text_names_the_request(self):
        line = TextFormatter("%(levelname)s [%(request_id)s] %(message)s").format(
            make_record("sold %d", 7, request_id="abc")
        )

        assert line == "INFO [abc] sold 7"

    def test_json_has_all_that_was_given(self):
        record = make_record("sold %d", 7, request_id="abc", item={"id": 7}, number=logging.ERROR)

        found = json.loads(JSONFormatter().format(record))

        assert found.pop("time").endswith("Z")
        assert found == {
            "level": "ERROR",
            "logger": "shop",
            "message": "sold 7",
            "request_id": "abc",
            "item": {"id": 7},
        }

    def test_json_has_the_traceback(self):
        try:
            raise KeyError("tea")
        except KeyError:
            record = make_record("failed", exc_info=sys.exc_info())

        found = json.loads(JSONFormatter().format(record))

        assert found["exception"].endswith("KeyError: 'tea'")
        assert "exc_info" not in found

    def test_json_has_a_traceback_that_was_written_before(self):
        """As a queue of logs sends it, whose process has no traceback."""
        record = make_record("failed")
        record.exc_text = "KeyError: 'tea'"
        record.stack_info = "Stack (most recent call last): …"

        found = json.loads(JSONFormatter().format(record))

        assert found["exception"] == "KeyError: 'tea'"
        assert found["stack"] == "Stack (most recent call last): …"

    def test_what_json_has_no_form_for_is_told_in_words(self):
        found = json.loads(JSONFormatter().format(make_record("sold \ud800", thing=object)))

        assert found["thing"] == "<class 'object'>"
        assert found["message"] == "sold \\ud800"

    def test_what_is_given_changes_nothing_of_the_record(self):
        found = json.loads(JSONFormatter().format(make_record("sold", level="x", time=7)))

        assert found["level"] != "x"
        assert found["time"] != 7


PROGRAM = """
import logging, sys
from responder_core import API
from responder_core.logs import get_logger

{setup}
api = API(enable_logging=True, log_format={format!r})

@api.get("/")
def view(req, resp):
    api.log.info("for %s", "people")
    get_logger("shop").debug("too much")
    logging.getLogger("other").info("of others")

api.requests.get("/", headers={{"x-request-id": "7"}})
"""


class TestWhoWrites:
    """In a process of its own, as logging belongs to a process."""

    def run(self, setup="", log_format="text"):
        program = PROGRAM.format(setup=setup, format=log_format)
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
        )
        assert done.stdout == ""
        # The client that the program calls itself with logs, too.
        return [line for line in done.stderr.splitlines() if "HTTP Request" not in line]

    def test_text_goes_to_stderr(self):
        first, second = self.run()

        assert first.endswith("INFO responder.app [7] for people")
        assert " INFO responder.access [7] GET / → 200 (" in second

    def test_json_goes_to_stderr(self):
        first, second = map(json.loads, self.run(log_format="json"))

        assert (first["message"], first["request_id"]) == ("for people", "7")
        assert (second["route"], second["status"], second["request_id"]) == ("/", 200, "7")

    def test_json_of_a_request_is_the_same_whoever_else_looks_at_it(self):
        setup = "logging.getLogger('responder.access').addFilter(lambda record: True)"

        alone, filtered = (json.loads(self.run(each, log_format="json")[1]) for each in ("", setup))

        for name in ("time", "message", "duration_ms", "first_byte_ms"):
            assert type(alone.pop(name)) is type(filtered.pop(name))
        assert alone == filtered

    def test_json_of_a_request_names_its_trace(self):
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        setup = (
            "API.requests = property(lambda api: api.test_client(headers={\n"
            f"    'traceparent': '00-{trace}-00f067aa0ba902b7-01'}}))"
        )

        program, request = map(json.loads, self.run(setup, log_format="json"))

        assert program["trace_id"] == request["trace_id"] == trace

    def test_a_program_that_has_configured_logging_has_each_record_once(self):
        setup = "logging.basicConfig(format='mine: %(message)s')"

        first, second = self.run(setup)

        assert first == "mine: for people"
        assert second.startswith("mine: GET / → 200 (")

    def test_setup_logging_shows_those_of_others_too(self):
        setup = "from responder_core.logs import setup_logging; setup_logging()"

        lines = self.run(setup)

        assert [line.split("] ")[1].split(" (")[0] for line in lines] == [
            "for people",
            "of others",
            "GET / → 200",
        ]

    def test_nothing_is_configured_on_import(self):
        program = (
            "import logging, responder_core.logs\n"
            "from responder_core import API\n"
            "API(request_id=True)\n"
            "found = [logging.getLogger(name) for name in ('', 'responder', 'responder.access')]\n"
            "assert not any(each.handlers for each in found)\n"
            "assert [each.level for each in found] == [logging.WARNING, 0, 0]\n"
        )
        subprocess.run([sys.executable, "-c", program], timeout=60, check=True)


class TestTheServer:
    def test_its_own_access_log_is_replaced(self, client_factory):
        access = logging.getLogger("uvicorn.access")
        access.addHandler(logging.NullHandler())
        access.propagate = True

        with client_factory(API(enable_logging=True)):
            assert not access.hasHandlers()

    def test_it_is_left_alone_otherwise(self, client_factory):
        access = logging.getLogger("uvicorn.access")
        access.addHandler(logging.NullHandler())

        with client_factory(API(request_id=True)):
            assert access.hasHandlers()

    @pytest.mark.parametrize(("options", "expected"), [({}, False), ({"access_log": True}, True)])
    def test_run_asks_it_for_none(self, monkeypatch, options, expected):
        configs = []

        def run(server, listeners):
            configs.append(server.config)
            server.started = True

        monkeypatch.setattr("uvicorn.Server.run", run)
        API(enable_logging=True).run(port=0, log_config=None, **options)

        assert configs[0].access_log is expected


class TestLoggers:
    def test_names(self):
        assert get_logger() is API().log
        assert get_logger("shop").name == "responder.app.shop"

    def test_setup_logging_changes_no_handler_that_is_there(self):
        root = logging.getLogger()
        before = list(root.handlers) or [logging.NullHandler()]
        root.handlers[:] = before

        setup_logging("ERROR")

        assert root.handlers == before
        assert root.level == logging.ERROR

    @pytest.mark.parametrize("value", ["xml", None])
    def test_a_format_that_is_none_is_refused(self, value):
        with pytest.raises(ValueError, match="log_format= is 'text' or 'json'"):
            API(log_format=value)

    @pytest.mark.parametrize("log_format", ["text", "json"])
    def test_a_broken_stderr_fails_nothing(self, client_factory, monkeypatch, log_format):
        class Broken(io.StringIO):
            def write(self, text):
                raise OSError

        for name in ("", "responder"):
            monkeypatch.setattr(logging.getLogger(name), "handlers", [])
        api = API(enable_logging=True, log_format=log_format)
        monkeypatch.setattr(logging, "raiseExceptions", False)
        monkeypatch.setattr(sys, "stderr", Broken())

        with contextlib.suppress(OSError):
            assert client_factory(api).get("/").status_code == 404


class TestStructlog:
    """Another library of logs gets the request by ``RequestContext``."""

    @pytest.fixture
    def structlog(self):
        structlog = pytest.importorskip("structlog", reason="needs structlog")

        def add_request(logger, name, event):
            return {**RequestContext.as_dict(), **event}

        structlog.configure(
            processors=[add_request, structlog.processors.JSONRenderer()],
            logger_factory=structlog.PrintLoggerFactory(),
        )
        yield structlog
        structlog.reset_defaults()

    @pytest.mark.parametrize("kind", ["async", "sync"])
    def test_its_records_have_the_request(self, structlog, client_factory, capsys, kind):
        api = API(request_id=True)

        @api.get("/async")
        async def waits(req, resp):
            structlog.get_logger().info("sold", tea="green")

        @api.get("/sync")
        def runs(req, resp):
            structlog.get_logger().info("sold", tea="green")

        answer = client_factory(api).get(f"/{kind}")

        assert json.loads(capsys.readouterr().out) == {
            "request_id": answer.headers["x-request-id"],
            "event": "sold",
            "tea": "green",
        }

    def test_outside_of_a_request_they_have_none(self, structlog, capsys):
        structlog.get_logger().info("started")

        assert json.loads(capsys.readouterr().out) == {"event": "started"}

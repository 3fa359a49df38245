"""Tracing: the spans that OpenTelemetry gets, here by an exporter in memory."""

import sys

import anyio
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from responder_core import API, Problem

pytest.importorskip("opentelemetry.instrumentation.asgi", reason="needs the extra otel")
pytest.importorskip("opentelemetry.sdk", reason="needs OpenTelemetry's SDK")

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import (
    InMemorySpanExporter,
)

ASGI = "opentelemetry.instrumentation.asgi"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


@pytest.fixture
def exporter():
    return InMemorySpanExporter()


@pytest.fixture
def api(exporter):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    api = API(tracing=provider)

    @api.get("/items/{id:int}")
    async def item(req, resp, *, id):
        resp.text = trace.format_trace_id(trace.get_current_span().get_span_context().trace_id)

    @api.get("/sync")
    def sync(req, resp):
        with trace.get_tracer("shop", tracer_provider=provider).start_as_current_span("inside"):
            resp.text = "done"

    @api.get("/fails")
    async def fails(req, resp):
        raise LookupError("no tea")

    @api.get("/refused")
    async def refused(req, resp):
        raise Problem(403)

    @api.websocket_route("/ws")
    async def socket(ws):
        await ws.accept()
        await ws.send_text("hello")

    foreign = Starlette(routes=[Route("/", lambda request: PlainTextResponse("in"))])
    api.mount("/in", foreign)
    return api


@pytest.fixture
def client(api, client_factory):
    return client_factory(api)


@pytest.fixture
def spans(exporter):
    return lambda: {span.name: span for span in exporter.get_finished_spans()}


@pytest.mark.parametrize(
    ("method", "path", "name", "route", "status"),
    [
        pytest.param("GET", "/items/3", "GET /items/{id:int}", "/items/{id:int}", 200, id="route"),
        pytest.param("GET", "/fails", "GET /fails", "/fails", 500, id="failure"),
        pytest.param("GET", "/refused", "GET /refused", "/refused", 403, id="problem"),
        pytest.param("GET", "/nothing", "GET", None, 404, id="miss"),
        pytest.param("GET", "/in/", "GET /in", "/in", 200, id="mount"),
    ],
)
def test_a_request_is_a_span_named_by_its_route(client, spans, method, path, name, route, status):
    client.request(method, path)

    (span,) = spans().values()
    assert span.name == name
    assert span.kind is trace.SpanKind.SERVER
    assert span.attributes.get("http.route") == route
    assert span.attributes["http.status_code"] == status
    assert (span.status.status_code is trace.StatusCode.ERROR) is (status == 500)


def test_a_route_of_a_mounted_api_has_the_prefix(api, client, spans):
    inner = API()

    @inner.get("/things/{name}")
    async def thing(req, resp, *, name):
        resp.text = name

    api.mount("/shop", inner)
    client.get("/shop/things/tea")

    assert [*spans()] == ["GET /shop/things/{name}"]


def test_a_failure_is_recorded(client, spans):
    client.get("/fails")

    (event,) = spans()["GET /fails"].events
    assert event.attributes["exception.type"] == "LookupError"
    assert event.attributes["exception.message"] == "no tea"


def test_a_request_whose_client_left_has_its_route(api, talk, http_scope, spans):
    @api.get("/waits", cancel_on_disconnect=True)
    async def waits(req, resp):
        await anyio.sleep_forever()

    talk(api, http_scope(path="/waits"), {"type": "http.request"}, {"type": "http.disconnect"})

    assert [*spans()] == ["GET /waits"]


def test_it_belongs_to_the_trace_that_the_client_sent(client, spans):
    answer = client.get("/items/3", headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})

    span = spans()["GET /items/{id:int}"]
    assert trace.format_trace_id(span.context.trace_id) == TRACE == answer.text
    assert trace.format_span_id(span.parent.span_id) == SPAN


def test_spans_of_the_program_are_within_it_in_threads_too(client, spans):
    client.get("/sync")

    found = spans()
    assert found["inside"].parent.span_id == found["GET /sync"].context.span_id


def test_a_websocket_is_a_span(client, spans):
    with client.websocket_connect("/ws") as socket:
        socket.receive_text()

    assert spans()["GET /ws"].attributes["http.route"] == "/ws"


def test_the_id_of_the_request_is_on_it(client, spans):
    answer = client.get("/items/3")

    span = spans()["GET /items/{id:int}"]
    assert span.attributes["responder.request_id"] == answer.headers["x-request-id"]


def test_the_log_has_the_trace_that_begins_here(exporter, client_factory, caplog):
    caplog.set_level("INFO")
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    api = API(tracing=provider, enable_logging=True, log_format="json")

    @api.get("/")
    async def home(req, resp):
        from responder_core.logs import RequestContext

        resp.text = RequestContext.get_trace_id()

    answer = client_factory(api).get("/")

    (span,) = exporter.get_finished_spans()
    assert answer.text == trace.format_trace_id(span.context.trace_id)


def test_a_program_without_a_tracer_has_no_traces(client_factory, caplog):
    api = API(tracing=trace.NoOpTracerProvider(), enable_logging=True)
    api.add_route("/", lambda req, resp: "tea")

    assert client_factory(api).get("/").text == "tea"
    assert not any(hasattr(record, "trace_id") for record in caplog.records)


@pytest.mark.parametrize("name", ["opentelemetry.instrumentation", ASGI])
def test_the_library_is_missing(monkeypatch, name):
    monkeypatch.delitem(sys.modules, ASGI)
    monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(ModuleNotFoundError, match=r"'responder-core\[otel\]'"):
        API(tracing=True)

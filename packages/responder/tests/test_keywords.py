"""Every keyword of ``API()`` that the published versions have: its effect, or what to write now."""

from __future__ import annotations

import decimal
import inspect
import logging
import re
from contextlib import asynccontextmanager
from unittest.mock import ANY

import pytest

import responder
from responder.former import KEYWORDS
from responder.sessions import SessionSettings
from responder_core.settings import APIOptions

KEY = "a key that signs well 0123456789"

# Table 1.1 of what was published: the keywords of 3.12.0 and of 9.2.0.
NAMES = """
    debug title version description terms_of_service contact license openapi openapi_servers
    openapi_route docs_route openapi_theme static_dir static_route implicit_static_fallback
    templates_dir auto_escape secret_key enable_hsts security_headers cors cors_params
    allowed_hosts lifespan gzip request_id enable_logging trust_proxy_headers csrf
    redirect_slashes max_request_size auto_etag auto_vary request_timeout ws_idle_timeout
    trace_dispatch sessions session_backend session_cookie session_https_only session_same_site
    session_max_age metrics_route metrics_buckets health_route encoder json_ensure_ascii
    json_decimal problem_details problem_handler auth
"""
PUBLISHED = {*NAMES.split()}


def make(**options):
    """An app with a page, a session, an echo and a failure."""
    api = responder.API(**options)

    @api.route("/", methods=["GET"])
    async def home(req, resp):
        resp.text = "tea " * 200

    @api.route("/media")
    async def media(req, resp):
        resp.media = {"name": "té", "price": decimal.Decimal("1.50")}

    @api.route("/odd")
    async def odd(req, resp):
        resp.media = {"odd": type("Odd", (), {})()}

    @api.route("/echo", methods=["POST"])
    async def echo(req, resp):
        resp.content = await req.content

    @api.route("/failure")
    async def fail(req, resp):
        raise RuntimeError("the kettle")

    @api.route("/slow")
    async def slow(req, resp):
        import anyio

        await anyio.sleep(30)

    @api.route("/session")
    async def session(req, resp):
        req.session["tea"] = "green"

    @api.websocket_route("/ws")
    async def silent(ws):
        await ws.accept()
        await ws.receive_text()

    return api


def ask(path="/", *, method="GET", base_url="http://;", **options):
    """What an app answers, as a function of the app."""

    def call(api):
        client = api.test_client(base_url, raise_server_exceptions=False, follow_redirects=False)
        return client.request(method, path, **options)

    return call


def field(name, path="/", **options):
    return lambda api: ask(path, **options)(api).headers.get(name)


def body(path="/", **options):
    return lambda api: ask(path, **options)(api).text


def status(path="/", **options):
    return lambda api: ask(path, **options)(api).status_code


def info(name):
    return lambda api: api.openapi.document()["info"][name]


def in_session_cookie(pattern):
    def look(api):
        return bool(re.search(pattern, field("set-cookie", "/session")(api) or ""))

    return look


def upload(api):
    return status("/echo", method="POST", content=b"x" * 11)(api)


def close_code(api):
    with api.test_client().websocket_connect("/ws") as ws:
        return ws.receive()["code"]


def started(api):
    with api.test_client():
        return hasattr(api.state, "started")


@asynccontextmanager
async def lifespan(app):
    app.state.started = True
    yield


def refuse(req):
    responder.abort(401)


def static(tmp_path):
    (tmp_path / "leaf.txt").write_text("leaf")
    return {"static_dir": str(tmp_path)}


def templates(tmp_path):
    (tmp_path / "page.html").write_text("{{ name }}")
    return {"templates_dir": str(tmp_path)}


BROWSER = {"accept": "text/html"}
JSON = {"accept": "application/json"}

# What is given; what is looked at; with it, and without it.
EFFECTS = {
    "debug": ({"debug": True}, lambda api: "the kettle" in body("/failure")(api), True, False),
    "title": ({"title": "Teas"}, info("title"), "Teas", "Responder API"),
    "version": ({"version": "2"}, info("version"), "2", "0.0.0"),
    "description": (
        {"description": "All."},
        lambda api: api.openapi.document()["info"].get("description"),
        "All.",
        None,
    ),
    "terms_of_service": (
        {"terms_of_service": "https://example.org/terms"},
        lambda api: "termsOfService" in api.openapi.document()["info"],
        True,
        False,
    ),
    "contact": (
        {"contact": {"name": "Ada"}},
        lambda api: api.openapi.document()["info"].get("contact"),
        {"name": "Ada"},
        None,
    ),
    "license": (
        {"license": {"name": "MIT"}},
        lambda api: api.openapi.document()["info"].get("license"),
        {"name": "MIT"},
        None,
    ),
    "openapi": ({"openapi": "3.0.2"}, status("/schema.yml"), 200, 404),
    "openapi_servers": (
        {"openapi_servers": [{"url": "https://example.org"}]},
        lambda api: api.openapi.document().get("servers"),
        [{"url": "https://example.org"}],
        ANY,
    ),
    "openapi_route": ({"openapi_route": "/api.json"}, status("/api.json"), 200, 404),
    "docs_route": ({"docs_route": "/docs"}, status("/docs"), 200, 404),
    "openapi_theme": (
        {"openapi_theme": "redoc", "docs_route": "/docs"},
        lambda api: "redoc" in body("/docs")(api),
        True,
        False,
    ),
    "static_dir": (static, status("/static/leaf.txt"), 200, 404),
    "static_route": (
        lambda path: static(path) | {"static_route": "/files"},
        status("/files/leaf.txt"),
        200,
        404,
    ),
    "templates_dir": (templates, lambda api: api.templates.directory.name, ANY, "templates"),
    "auto_escape": (
        {"auto_escape": False},
        lambda api: api.template_string("{{ x }}", x="<b>"),
        "<b>",
        "&lt;b&gt;",
    ),
    "secret_key": ({"secret_key": KEY}, status("/session"), 200, 500),
    "enable_hsts": ({"enable_hsts": True}, status("/"), 307, 200),
    "security_headers": (
        {"security_headers": True},
        field("x-content-type-options"),
        "nosniff",
        None,
    ),
    "cors": (
        {"cors": True, "cors_params": {"allow_origins": ["*"]}},
        field("access-control-allow-origin", headers={"origin": "https://example.org"}),
        "*",
        None,
    ),
    "cors_params": (
        {"cors_params": {"allow_origins": ["https://example.org"]}},
        field("access-control-allow-origin", headers={"origin": "https://example.org"}),
        "https://example.org",
        None,
    ),
    "allowed_hosts": (
        {"allowed_hosts": ["example.org"]},
        status("/", base_url="http://example.net"),
        400,
        200,
    ),
    "lifespan": (
        {"lifespan": lifespan},
        started,
        True,
        False,
    ),
    "gzip": (
        {"gzip": False},
        field("content-encoding", headers={"accept-encoding": "gzip"}),
        None,
        "gzip",
    ),
    "request_id": ({"request_id": True}, lambda api: bool(field("x-request-id")(api)), True, False),
    "enable_logging": (
        {"enable_logging": True},
        lambda api: bool(field("x-request-id")(api)),
        True,
        False,
    ),
    "csrf": (
        {"csrf": True, "secret_key": KEY},
        status("/echo", method="POST", headers={"origin": "https://evil.example"}),
        403,
        200,
    ),
    "redirect_slashes": ({"redirect_slashes": False}, status("/media/"), 404, 307),
    "max_request_size": ({"max_request_size": 10}, upload, 413, 200),
    "auto_etag": ({"auto_etag": True}, lambda api: bool(field("etag")(api)), True, False),
    "auto_vary": ({"auto_vary": False}, field("vary", "/media"), None, "Accept"),
    "request_timeout": (
        {"request_timeout": 0.01},
        lambda api: status("/slow")(api) if api.settings.request_timeout else None,
        504,
        None,
    ),
    "ws_idle_timeout": (
        {"ws_idle_timeout": 0.01},
        lambda api: close_code(api) if api.settings.ws_idle_timeout else None,
        1001,
        None,
    ),
    "sessions": ({"sessions": True}, status("/session"), 200, 500),
    "session_backend": ({"session_backend": "memory"}, status("/session"), 200, 500),
    "session_cookie": (
        {"session_cookie": "tea", "secret_key": KEY},
        in_session_cookie("^tea="),
        True,
        False,
    ),
    "session_https_only": (
        {"session_https_only": True, "secret_key": KEY},
        in_session_cookie("(?i)secure"),
        True,
        False,
    ),
    "session_same_site": (
        {"session_same_site": "strict", "secret_key": KEY},
        in_session_cookie("(?i)samesite=strict"),
        True,
        False,
    ),
    "session_max_age": (
        {"session_max_age": 60, "secret_key": KEY},
        in_session_cookie("(?i)max-age=60(;|$)"),
        True,
        False,
    ),
    "metrics_route": ({"metrics_route": "/metrics"}, status("/metrics"), 200, 404),
    "metrics_buckets": (
        {"metrics_route": "/metrics", "metrics_buckets": [7]},
        lambda api: (body("/")(api), 'le="7' in body("/metrics")(api))[1],
        True,
        False,
    ),
    "health_route": ({"health_route": "/health"}, status("/health"), 200, 404),
    "encoder": ({"encoder": lambda value: "odd"}, status("/odd"), 200, 500),
    "json_ensure_ascii": (
        {"json_ensure_ascii": True},
        lambda api: "é" in body("/media")(api),
        False,
        True,
    ),
    "json_decimal": (
        {"json_decimal": "float"},
        lambda api: ask("/media")(api).json()["price"],
        1.5,
        "1.50",
    ),
    "problem_details": (
        {"problem_details": False},
        body("/nowhere", headers=JSON),
        '{"error": "Not Found"}',
        ANY,
    ),
    "problem_handler": (
        {"problem_handler": lambda document: document | {"tea": "green"}},
        lambda api: ask("/nowhere")(api).json().get("tea"),
        "green",
        None,
    ),
    "auth": ({"auth": refuse}, status("/"), 401, 200),
}


def test_every_published_keyword_is_here():
    assert {*EFFECTS, *KEYWORDS} == PUBLISHED


@pytest.fixture(autouse=True)
def as_found(monkeypatch):
    """No key of the environment, and nothing of ``enable_logging=`` left behind."""
    monkeypatch.delenv("RESPONDER_SECRET_KEY", raising=False)
    logger = logging.getLogger("responder")
    handlers, level = list(logger.handlers), logger.level
    yield
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.mark.parametrize("name", EFFECTS)
def test_it_has_its_effect(name, tmp_path):
    if name.startswith("metrics"):
        pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")
    options, look, given, not_given = EFFECTS[name]
    if callable(options):
        options = options(tmp_path)

    found = look(make(**options))
    plain = look(make())

    assert found == given
    assert plain == not_given
    assert found != plain


@pytest.mark.parametrize("name", KEYWORDS)
def test_a_former_one_is_taken_where_it_asks_for_nothing(name):
    assert status("/")(make(**{name: False})) == 200


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("implicit_static_fallback", r"api\.add_route\('/', static=True\)"),
        ("trace_dispatch", r"tracing=True"),
        ("trust_proxy_headers", r"trusted_proxies=\['10\.0\.0\.0/8'\]"),
    ],
)
def test_a_former_one_that_asks_for_something_says_what_to_write(name, advice):
    with pytest.raises(TypeError, match=rf"no option '{name}' any more: {advice}"):
        responder.API(**{name: True})


def test_an_unknown_one_is_refused_with_one_that_is_near():
    with pytest.raises(TypeError, match="'max_request_sise'; did you mean 'max_request_size'"):
        responder.API(max_request_sise=5)


def test_each_is_documented_in_one_place():
    signature = inspect.signature(responder.API).parameters.values()
    named = {each.name for each in signature if each.kind is inspect.Parameter.KEYWORD_ONLY}
    keywords = named | APIOptions.__optional_keys__ | SessionSettings.__optional_keys__

    told = inspect.getdoc(responder.API).partition("Args:")[2].partition("Attributes:")[0]
    heads = re.findall(r"^    ([a-z_]+(?:, [a-z_]+)*): ", told, re.MULTILINE)
    documented = [name for head in heads for name in head.split(", ")]

    assert sorted(documented) == sorted(keywords)

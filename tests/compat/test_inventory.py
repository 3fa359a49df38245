"""Every documented name of the published versions is there, or stands in the page on moving."""

from __future__ import annotations

import importlib
import io
import re
from pathlib import Path

import pytest

import responder
from responder.options import SocketOptions

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "migrate-from-responder.md"
GONE = PAGE.read_text("utf-8").partition("## Names that are gone")[2].partition("\n## ")[0]
TOLD = {*re.findall(r"`([^`]+)`", " ".join(re.findall(r"^\| ([^|]+) \|", GONE, re.MULTILINE)))}

api = responder.API(docs_route="/docs")

# Each room with what has its names, and the names that 3.12.0 and 9.2.0 document there.
ROOMS = {
    "API": (
        api,
        """
        background secret_key state formats router static_dir static_route hsts_enabled cors
        cors_params debug allowed_hosts default_endpoint metrics openapi templates log app
        status_codes auth_policies sessions_enabled problem_details problem_handler
        implicit_static_fallback requests session test_client async_requests static_app route get
        post put patch delete head options websocket_route sse ndjson add_route mount group
        include_router before_request after_request dependency add_dependency
        dependency_overrides exception_handler add_exception_handler add_middleware middleware
        build_middleware_stack redirect on_event add_event_handler url_for path_matches_route
        template template_string schema graphql serve run add_security_scheme policy
        add_health_check generate_client
        """,
    ),
    "group": (
        api.group("/v1"),
        """
        api prefix route get post put patch delete head options sse ndjson websocket_route
        before_request
        """,
    ),
    "Router": (
        responder.Router("/v2"),
        """
        prefix route get post put patch delete head options sse ndjson websocket_route add_route
        before_request include_router
        """,
    ),
    "route options": (
        type("Options", (), dict.fromkeys(responder.RouteOptions.__optional_keys__)),
        """
        request_model response_model params_model methods default static check_existing websocket
        before_request name include_in_schema security tags summary description operation_id
        deprecated responses examples response_examples openapi_extra status_code before after
        auth csrf dependencies
        """,
    ),
    "socket options": (
        type("Options", (), dict.fromkeys(SocketOptions.__optional_keys__)),
        "name before auth dependencies",
    ),
    "Route": (
        responder.Route,
        """
        route endpoint methods before_request path_re param_convertors path_template
        endpoint_name description name param_convertor_names url matches
        """,
    ),
    "Request": (
        responder.Request,
        """
        api session headers mimetype is_json method full_url url cookies params path_params client
        state encoding declared_encoding apparent_encoding content text stream media media_sync
        text_sync is_secure accepts preferred_media_type last_event_id csrf_token csrf_input
        formats
        """,
    ),
    "Response": (
        responder.Response,
        """
        req status_code content media mimetype encoding headers cookies session formats etag
        last_modified text html ok status_code_safe body stream sse file stream_file download
        render background cache_control redirect set_cookie delete_cookie vary created no_content
        problem reset_for_error
        """,
    ),
    "WebSocket": (
        responder.WebSocket,
        """
        accept receive_text receive_json receive_bytes send_text send_json send_bytes close
        headers query_params cookies state session path_params url client app iter_text iter_json
        iter_bytes
        """,
    ),
    "QueryDict": (
        responder.QueryDict("a=1"),
        "get get_list items items_list setdefault update keys values",
    ),
    "UploadFile": (
        responder.UploadFile(io.BytesIO()),
        "filename read seek close save content_type headers",
    ),
    "Templates": (
        responder.templates.Templates(),
        "render render_string render_async get_template context default_context directory",
    ),
    "BackgroundQueue": (api.background, "run task n pool results shutdown"),
    "RequestContext": (
        responder.ext.logging.RequestContext,
        "get_request_id get_method get_path get_client_ip",
    ),
    "RateLimiter": (
        responder.ext.ratelimit.RateLimiter(requests=1, period=60),
        "max_requests period backend check acheck limit install",
    ),
    "OpenAPI": (
        api.openapi,
        """
        openapi docs add_schema schema static_url add_security_scheme schema_response
        docs_response
        """,
    ),
    "MetricsCollector": (responder.ext.metrics.MetricsCollector, "record render requests"),
    "SSE": (responder.SSE(), "data event id retry comment"),
    "SSEEvent": (responder.testing.SSEEvent(), "data event id retry json"),
    "Problem": (responder.Problem(400), "status_code detail title type instance errors headers"),
    "modules": (
        None,
        """
        responder.api responder.background responder.core responder.csrf responder.contracts
        responder.errors responder.formats responder.middleware responder.models responder.params
        responder.routes responder.routing responder.staticfiles responder.statics
        responder.status_codes responder.streaming responder.templates responder.testing
        responder.types responder.util responder.ext.auth responder.ext.cli
        responder.ext.clientgen responder.ext.graphql responder.ext.logging responder.ext.metrics
        responder.ext.openapi responder.ext.pagination responder.ext.query
        responder.ext.ratelimit responder.ext.sessions
        """,
    ),
}
NAMES = [(room, name) for room, (_, names) in ROOMS.items() for name in names.split()]


def is_there(room: str, name: str) -> bool:
    if room == "modules":
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            return False
        return True
    owner = ROOMS[room][0]
    # A plain attribute of an instance is no attribute of its class.
    return hasattr(owner, name) or name in getattr(owner, "__annotations__", {})


def call(room: str, name: str) -> str:
    """What the page calls a name."""
    if room == "modules":
        return name
    return f"route({name}=)" if room == "route options" else f"{room}.{name}"


@pytest.mark.parametrize(("room", "name"), NAMES, ids=[f"{room} {name}" for room, name in NAMES])
def test_a_documented_name_is_there_or_told_of(room, name):
    assert is_there(room, name) != (call(room, name) in TOLD)


def test_the_page_tells_of_nothing_else():
    assert {call(room, name) for room, name in NAMES} >= TOLD


def test_what_is_not_there_is_seen():
    """So that the test above can fail."""
    assert not is_there("API", "nonsense")
    assert not is_there("modules", "responder.nonsense")
    assert TOLD

"""The modules and names that older programs import: each is there, or says what to write now."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import responder

# What 3.12.0 and 9.2.0 document of each module.
PUBLISHED = {
    "responder": """
        API Request Response __version__ ext Router UploadFile abort Problem DependencyError
        DependencyCycleError DependencyScopeError DependencyResolutionError RouteNotFoundError
        Query Header Cookie Depends Path Form File SSE
    """,
    "responder.api": "API",
    "responder.background": "BackgroundQueue",
    "responder.core": """
        API Request Response UploadFile abort DependencyError DependencyCycleError
        DependencyScopeError DependencyResolutionError
    """,
    "responder.csrf": "",
    "responder.errors": "Problem abort RouteNotFoundError DependencyError",
    "responder.ext.auth": """
        AuthBase BearerAuth BasicAuth APIKeyAuth JWTAuth OAuth2Auth OAuth2Flow
        OAuth2AuthorizationCodeFlow OAuth2ClientCredentialsFlow OAuth2PasswordFlow ScopedAuth
        OptionalAuth AuthPolicy compare_digest
    """,
    "responder.ext.cli": "cli",
    "responder.ext.clientgen": "generate_client write_client",
    "responder.ext.graphql": "GraphQLView",
    "responder.ext.logging": """
        get_logger setup_logging RequestContext RequestContextFilter LoggingMiddleware
        DEFAULT_LOG_FORMAT RequestIDMiddleware
    """,
    "responder.ext.metrics": "BUCKETS MetricsCollector MetricsMiddleware",
    "responder.ext.openapi": "OpenAPISchema PydanticPlugin",
    "responder.ext.pagination": "Page paginate set_pagination_headers",
    "responder.ext.query": "parse_sort sort_items filter_items",
    "responder.ext.ratelimit": """
        RateLimiter MemoryBackend RedisBackend AsyncRedisBackend RateLimitBackend
        AsyncRateLimitBackend
    """,
    "responder.ext.sessions": """
        MemorySessionBackend RedisSessionBackend AsyncRedisSessionBackend JSONSessionSerializer
        SessionBackend AsyncSessionBackend regenerate_session resolve_secret_key
        SessionConfigError ServerSessionMiddleware
    """,
    "responder.formats": "get_formats",
    "responder.middleware": """
        FunctionMiddleware HSTSMiddleware SecurityHeadersMiddleware ProxyHeadersMiddleware
    """,
    "responder.models": "Request Response QueryDict CaseInsensitiveDict UploadFile",
    "responder.params": "Query Header Cookie Path Form File Depends",
    "responder.routes": "Route WebSocketRoute Router",
    "responder.routing": "Router",
    "responder.staticfiles": "StaticFiles",
    "responder.statics": """
        API_THEMES DEFAULT_ENCODING DEFAULT_OPENAPI_THEME DEFAULT_SESSION_COOKIE
        DEFAULT_SECRET_KEY DEFAULT_CORS_PARAMS DEFAULT_MAX_REQUEST_SIZE
    """,
    "responder.status_codes": "codes HTTP_200 ok is_100 is_200 is_300 is_400 is_500",
    "responder.streaming": "SSE",
    "responder.templates": "Templates",
    "responder.testing": """
        AsyncTestClient ASGIStreamingTransport SSEEvent parse_sse iter_sse collect_sse
        assert_problem
    """,
    "responder.types": "Handler Hook Dependency Request Response SSE",
}

GONE = {
    "responder.ext.auth": {*PUBLISHED["responder.ext.auth"].split()},
    "responder.ext.clientgen": {"generate_client", "write_client"},
    "responder.ext.logging": {"LoggingMiddleware", "RequestIDMiddleware"},
    "responder.ext.metrics": {"MetricsMiddleware"},
    "responder.ext.openapi": {"OpenAPISchema", "PydanticPlugin"},
    "responder.ext.sessions": {
        "AsyncSessionBackend",
        "JSONSessionSerializer",
        "ServerSessionMiddleware",
        "SessionBackend",
        "resolve_secret_key",
    },
    "responder.middleware": {"FunctionMiddleware", "ProxyHeadersMiddleware"},
    "responder.routes": {"Router"},
    "responder.statics": {"DEFAULT_SECRET_KEY"},
}

HERE = [
    (module, name)
    for module, names in PUBLISHED.items()
    for name in names.split()
    if name not in GONE.get(module, ())
]
REFUSED = [(module, name) for module, names in GONE.items() for name in sorted(names)]


@pytest.fixture(autouse=True)
def installed(request):
    """Skip what needs an extra that is not there."""
    if "responder.ext.metrics" in request.node.name:
        pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")


@pytest.mark.parametrize(("module", "name"), HERE)
def test_a_name_can_be_imported(module, name):
    names = {}

    exec(f"from {module} import {name}", names)

    assert names[name] == getattr(importlib.import_module(module), name)


@pytest.mark.parametrize(("module", "name"), REFUSED)
def test_a_name_that_is_gone_says_what_to_use(module, name):
    with pytest.raises(ImportError, match=rf"^{module} has no {name} any more: .{{10}}"):
        exec(f"from {module} import {name}")


@pytest.mark.parametrize("module", sorted({*PUBLISHED} - {"responder"}))
def test_any_other_name_is_an_ordinary_error(module):
    with pytest.raises(AttributeError, match=f"'{module}' has no attribute 'nonsense'"):
        importlib.import_module(module).nonsense  # noqa: B018 - reading it is the test
    with pytest.raises(ImportError, match="cannot import name 'nonsense'"):
        exec(f"from {module} import nonsense")


@pytest.mark.parametrize("module", sorted(PUBLISHED))
def test_what_is_public_is_sorted_and_there(module):
    found = importlib.import_module(module)
    names = getattr(found, "__all__", [])

    assert names == sorted(names)
    assert [name for name in names if not hasattr(found, name)] == []


@pytest.mark.parametrize(
    "expression",
    [
        "responder.ext.ratelimit.RateLimiter",
        "responder.ext.sessions.MemorySessionBackend",
        "responder.status_codes.HTTP_404",
        "responder.testing.AsyncTestClient",
        "responder.routes.Route",
        "responder.models.Request",
        "responder.core.API",
        "responder.API().status_codes.is_200",
    ],
)
def test_one_import_is_enough(expression):
    """In a Python where nobody else has imported the module."""
    command = [sys.executable, "-c", f"import responder; {expression}"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert (result.returncode, result.stderr) == (0, "")


def test_a_package_is_there_without_an_import_of_its_own(monkeypatch):
    from responder.ext import sessions

    monkeypatch.delattr(responder.ext, "sessions")

    assert responder.ext.sessions is sessions


@pytest.mark.parametrize("name", ["nonsense", "_nonsense"])
def test_a_package_that_is_not_there_is_an_ordinary_error(name):
    with pytest.raises(AttributeError, match=f"'responder.ext' has no attribute '{name}'"):
        getattr(responder.ext, name)

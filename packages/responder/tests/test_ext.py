"""The names of older programs: each is the same object as the new one, or behaves as it did."""

import importlib

import pytest

import responder
from responder.middleware import HSTSMiddleware, SecurityHeadersMiddleware

KEY = "a key that signs well 0123456789"

# What older programs call what has another name now, and what only they need.
RENAMED = {
    "AsyncRateLimitBackend",
    "AsyncRedisBackend",
    "AsyncRedisSessionBackend",
    "MemoryBackend",
    "MemorySessionBackend",
    "RateLimitBackend",
    "RedisBackend",
    "RedisSessionBackend",
    "SessionConfigError",
    "regenerate_session",
}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("responder.background", "responder_core.background"),
        ("responder.errors", "responder_core.errors"),
        ("responder.ext.graphql", "responder_graphql"),
        ("responder.ext.logging", "responder_core.logs"),
        ("responder.ext.metrics", "responder_core.metrics"),
        ("responder.ext.openapi", "responder_openapi"),
        ("responder.ext.ratelimit", "responder_ratelimit"),
        ("responder.ext.sessions", "responder_sessions"),
        ("responder.params", "responder_core.markers"),
        ("responder.templates", "responder_core.templates"),
    ],
)
def test_old_and_new_name_are_the_same_object(old, new):
    before, now = importlib.import_module(old), importlib.import_module(new)
    names = [name for name in before.__all__ if name not in RENAMED]

    assert names
    assert all(getattr(before, name) is getattr(now, name) for name in names)


def test_a_session_gets_another_id():
    api = responder.API(secret_key=KEY, session_backend="memory")

    @api.route("/write")
    async def write(req, resp):
        req.session["tea"] = "green"

    @api.route("/renew")
    async def renew(req, resp):
        responder.ext.sessions.regenerate_session(req)
        resp.text = req.session["tea"]

    client = api.test_client("https://testserver")
    first = client.get("/write").cookies["session"]
    answer = client.get("/renew")

    assert answer.text == "green"
    assert answer.cookies["session"] != first


def test_backends_are_passed_by_their_former_names():
    from responder.ext.ratelimit import MemoryBackend, RateLimiter
    from responder.ext.sessions import MemorySessionBackend

    api = responder.API(secret_key=KEY, session_backend=MemorySessionBackend())
    limiter = RateLimiter(requests=1, period=60, backend=MemoryBackend())

    @api.route("/")
    @limiter.limit
    async def view(req, resp):
        req.session["tea"] = "green"
        resp.text = "tea"

    client = api.test_client("https://testserver")

    assert [client.get("/").status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({}, "max-age=31536000; includeSubDomains"),
        ({"max_age": 60, "include_subdomains": False}, "max-age=60"),
        ({"preload": True}, "max-age=31536000; includeSubDomains; preload"),
    ],
)
def test_hsts_is_middleware_too(options, field):
    api = responder.API()
    api.add_route("/", lambda req, resp: "tea")
    api.add_middleware(HSTSMiddleware, **options)

    answer = api.test_client("https://testserver").get("/")

    assert answer.headers["strict-transport-security"] == field
    assert "strict-transport-security" not in api.test_client("http://testserver").get("/").headers


def test_security_headers_are_middleware_too():
    api = responder.API()
    api.add_middleware(
        SecurityHeadersMiddleware,
        content_security_policy="default-src 'self'",
        headers={"X-Frame-Options": None, "X-Tea": "green"},
    )

    @api.route("/")
    async def view(req, resp):
        resp.headers["Referrer-Policy"] = "no-referrer"

    fields = api.requests.get("/").headers

    assert fields["content-security-policy"] == "default-src 'self'"
    assert fields["x-content-type-options"] == "nosniff"
    assert fields["x-tea"] == "green"
    assert fields["referrer-policy"] == "no-referrer"
    assert "x-frame-options" not in fields
    assert "permissions-policy" not in fields


def test_the_standard_parameters_of_cors_are_those_that_hold():
    from responder.statics import DEFAULT_CORS_PARAMS

    def fields(**params):
        api = responder.API(cors=True, cors_params={**params, "allow_origins": ["*"]})
        headers = {"origin": "https://example.org", "access-control-request-method": "GET"}
        return dict(api.requests.options("/", headers=headers).headers)

    assert fields() == fields(**DEFAULT_CORS_PARAMS)
    assert DEFAULT_CORS_PARAMS["allow_methods"] == ("GET",)
    assert DEFAULT_CORS_PARAMS["max_age"] == 600


def test_the_themes_are_those_that_there_are():
    from responder.statics import API_THEMES, DEFAULT_OPENAPI_THEME

    assert API_THEMES == ("elements", "rapidoc", "redoc", "scalar", "swagger_ui")
    for theme in API_THEMES:
        responder.API(docs_route="/docs", openapi_theme=theme)
    assert DEFAULT_OPENAPI_THEME in API_THEMES


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
class TestAsyncTestClient:
    async def test_it_runs_the_lifespan(self, anyio_backend):
        from responder.testing import AsyncTestClient

        api = responder.API()
        seen = []
        api.add_event_handler("startup", lambda: seen.append("up"))
        api.add_event_handler("shutdown", lambda: seen.append("down"))
        api.add_route("/", lambda req, resp: "tea")

        async with AsyncTestClient(api) as client:
            seen.append((await client.get("/")).text)

        assert seen == ["up", "tea", "down"]

    @pytest.mark.parametrize("raises", [True, False])
    async def test_failures_are_raised_or_answered(self, anyio_backend, raises):
        from responder.testing import AsyncTestClient

        api = responder.API()
        api.add_route("/", lambda req, resp: 1 / 0)

        async with AsyncTestClient(api, raise_app_exceptions=raises) as client:
            if raises:
                with pytest.raises(ZeroDivisionError):
                    await client.get("/")
            else:
                assert (await client.get("/")).status_code == 500

    async def test_events_arrive_live(self, anyio_backend):
        import httpx2

        from responder.testing import ASGIStreamingTransport, collect_sse

        api = responder.API()

        @api.route("/events")
        async def events(req, resp):
            @resp.sse
            async def endless():
                count = 0
                while True:
                    yield {"data": str(count)}
                    count += 1

        transport = ASGIStreamingTransport(api)
        async with (
            httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client,
            client.stream("GET", "/events") as answer,
        ):
            found = await collect_sse(answer, 2)

        assert [each.data for each in found] == ["0", "1"]

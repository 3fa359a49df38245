"""Rate limits by the flat keyword of an API, and what the documentation tells of them."""

from __future__ import annotations

import pytest

import responder
from responder.ext.ratelimit import RateLimiter, RateLimits


def view(req, resp):
    resp.text = "tea"


def statuses(api, *paths):
    client = api.test_client()
    return [client.get(path).status_code for path in paths]


def test_the_app_is_limited():
    api = responder.API(rate_limit="2/minute")
    api.get("/")(view)

    assert statuses(api, "/", "/", "/") == [200, 200, 429]


def test_routes_are_limited_without_it():
    api = responder.API()
    api.get("/", rate_limit="1/minute")(view)
    api.get("/free")(view)

    assert statuses(api, "/", "/", "/free") == [200, 429, 200]


@pytest.mark.parametrize("limit", [None, False])
def test_none_is_no_limit(limit):
    api = responder.API(rate_limit=limit)
    api.get("/")(view)

    assert "x-ratelimit-limit" not in api.test_client().get("/").headers


def test_an_extension_that_is_given_is_the_only_one():
    api = responder.API(extensions=[RateLimits("1/minute")])
    api.get("/")(view)

    assert statuses(api, "/", "/") == [200, 429]
    with pytest.raises(ValueError, match="stands beside RateLimits"):
        responder.API(rate_limit="1/minute", extensions=[RateLimits("1/minute")])


def test_as_in_older_programs():
    api = responder.API()
    limiter = RateLimiter(requests=1, period=60)
    limiter.install(api)
    api.get("/")(view)
    api.get("/free", rate_limit=False)(view)

    assert statuses(api, "/", "/", "/free") == [200, 429, 200]


def test_the_documentation_tells_of_it():
    api = responder.API(rate_limit="100/minute", openapi="3.1.0", openapi_route="/schema.json")
    api.get("/")(view)

    @api.get("/health", rate_limit=False)
    async def health(req, resp): ...

    paths = api.test_client().get("/schema.json").json()["paths"]

    refused = paths["/"]["get"]["responses"]["429"]
    assert refused["description"] == "Too many requests: 100/minute."
    assert "Retry-After" in refused["headers"]
    assert "429" not in paths["/health"]["get"]["responses"]
    assert "RateLimit" in paths["/"]["get"]["responses"]["200"]["headers"]


def test_a_session_tells_who_it_is():
    limits = RateLimits("1/minute", tier="user", key=lambda req: req.session.get("user"))
    api = responder.API(extensions=[limits], secret_key="a key that signs well 0123456789")

    @api.get("/login/{name}", rate_limit=False)
    async def log_in(req, resp, *, name):
        req.session["user"] = name

    api.get("/")(view)
    client = api.test_client("https://testserver")

    found = []
    for name in ("ada", "ada", "eve"):
        client.get(f"/login/{name}")
        found.append(client.get("/").status_code)

    assert found == [200, 429, 200]

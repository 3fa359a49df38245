"""Facts: what a route says of its limits to who documents it."""

import pytest

from responder_ratelimit import Rule


def view(req, resp):
    resp.text = "tea"


def describe(api):
    operation = {"responses": {"200": {"description": "Tea."}, "404": {"$ref": "#/x"}}}
    for fact in api.routes[-1].facts:
        fact.describe_operation(operation)
    return operation


def test_the_429_and_the_fields_are_described(api_factory):
    api = api_factory("100/minute")
    api.get("/", rate_limit="5/second")(view)
    responses = describe(api)["responses"]

    assert responses["429"]["description"] == "Too many requests: 100/minute; 5/second."
    document = responses["429"]["content"]["application/problem+json"]["schema"]
    assert document["properties"]["status"] == {"type": "integer", "const": 429}
    assert set(responses["429"]["headers"]) == {"Retry-After", *responses["200"]["headers"]}
    assert "RateLimit-Policy" in responses["200"]["headers"]
    assert responses["404"] == {"$ref": "#/x"}


@pytest.mark.parametrize(
    ("style", "names"),
    [
        ("draft", {"RateLimit", "RateLimit-Policy"}),
        ("x", {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}),
        (None, set()),
    ],
)
def test_fields_that_are_not_sent_are_not_described(api_factory, style, names):
    api = api_factory("100/minute", headers=style)
    api.get("/")(view)

    assert set(describe(api)["responses"]["200"].get("headers", ())) == names


@pytest.mark.parametrize("given", [False, Rule("5/minute", shadow=True)])
def test_what_limits_nobody_is_not_described(api_factory, given):
    api = api_factory()
    api.get("/", rate_limit=given)(view)

    assert "429" not in describe(api)["responses"]

"""What routes say of sessions and CSRF to who documents them."""

from __future__ import annotations

from responder_core import Router
from responder_sessions import CSRF


def described(api, path):
    route = next(each for each in api.routes if each.path == path)
    operation, schemes = {}, {}
    for fact in route.facts:
        if hasattr(fact, "describe_operation"):
            fact.describe_operation(operation)
        if hasattr(fact, "describe_security"):
            schemes |= fact.describe_security()
    return operation, schemes


def make(api_factory):
    api = api_factory(CSRF(header="X-Guard"), cookie="id")

    @api.get("/read")
    async def read(req, resp): ...

    @api.post("/write")
    async def write(req, resp): ...

    @api.post("/open", csrf=False, session=False)
    async def opened(req, resp): ...

    return api


def test_the_cookie_is_a_scheme_that_may_be_sent(api_factory):
    operation, schemes = described(make(api_factory), "/read")

    assert schemes["session"].items() >= {"type": "apiKey", "in": "cookie", "name": "id"}.items()
    assert operation == {"security": [{}, {"session": []}]}


def test_the_header_and_the_refusal_belong_to_what_changes_something(api_factory):
    operation, _ = described(make(api_factory), "/write")

    (parameter,) = operation["parameters"]
    assert (parameter["name"], parameter["in"], parameter["required"]) == (
        "X-Guard",
        "header",
        False,
    )
    assert "403" in operation["responses"]


def test_what_is_off_is_not_told_of(api_factory):
    assert described(make(api_factory), "/open") == ({}, {})


def test_what_is_off_for_a_router_is_not_told_of_its_routes(api_factory):
    api = api_factory(CSRF())
    router = Router("/off", session=False, csrf=False)

    @router.post("/write")
    async def write(req, resp): ...

    @router.get("/read", session=True)
    async def read(req, resp): ...

    api.include_router(router)

    assert described(api, "/off/write") == ({}, {})
    assert described(api, "/off/read")[0] == {"security": [{}, {"session": []}]}


def test_what_another_guard_said_stays(api_factory):
    from responder_sessions.facts import SessionFact

    operation = {"security": [{"token": []}]}
    SessionFact("session", enabled=True).describe_operation(operation)

    assert operation == {"security": [{"token": []}]}

"""What older programs ask of an API and of its routes: it is there, or says what to write now."""

from __future__ import annotations

import pytest

import responder
from responder import status_codes
from responder.former import MEMBERS, ROUTE_KEYWORDS


def view(req, resp):
    resp.text = "tea"


def test_the_app_is_the_api():
    api = responder.API()

    assert api.app is api


def test_status_codes_are_the_module():
    assert responder.API().status_codes is status_codes


def test_settings_are_read_where_they_were():
    def change(document):
        return document

    api = responder.API(
        allowed_hosts=["example.org"],
        cors=True,
        cors_params={"allow_origins": ["*"]},
        enable_hsts=True,
        problem_handler=change,
        problem_details=False,
    )

    assert api.allowed_hosts == ("example.org",)
    assert api.cors is True
    assert api.cors_params == {"allow_origins": ["*"]}
    assert api.hsts_enabled is True
    assert api.problem_handler is change
    assert api.problem_details is False


@pytest.mark.parametrize(("options", "enabled"), [({}, False), ({"sessions": True}, True)])
def test_whether_there_are_sessions_is_told(options, enabled, monkeypatch):
    monkeypatch.delenv("RESPONDER_SECRET_KEY", raising=False)

    assert responder.API(**options).sessions_enabled is enabled


def test_a_session_is_the_same_client_each_time():
    api = responder.API()

    assert api.session() is api.session()
    assert api.session() is api.requests
    assert api.session("http://example.org") is api.session("http://example.org")
    assert api.session("http://example.org") is not api.session("http://example.net")
    assert str(api.session("http://example.org").base_url) == "http://example.org"


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_async_requests_are_a_client(anyio_backend):
    api = responder.API()
    api.add_route("/", view)

    async with api.async_requests as client:
        assert (await client.get("/")).text == "tea"


@pytest.mark.parametrize("name", MEMBERS)
def test_a_member_that_is_gone_says_what_to_write(name):
    with pytest.raises(AttributeError, match=rf"^api\.{name} is no more: .{{20}}"):
        getattr(responder.API(), name)


def test_any_other_name_is_an_ordinary_error():
    with pytest.raises(AttributeError, match=r"^'API' object has no attribute 'nonsense'$"):
        responder.API().nonsense  # noqa: B018 - reading it is the test


@pytest.mark.parametrize(
    "options", [{"check_existing": False}, {"check_existing": True}, {"default": False}]
)
def test_a_keyword_of_a_route_that_asks_for_nothing_is_taken(options):
    api = responder.API()
    api.add_route("/teas", view, **options)
    router = responder.Router("/shop")
    router.add_route("/teas", view, **options)
    api.include_router(router)

    assert api.requests.get("/teas").text == "tea"
    assert api.requests.get("/shop/teas").text == "tea"


def test_two_methods_of_one_path_need_no_keyword():
    api = responder.API()
    api.add_route("/teas", view, methods=["GET"])
    api.add_route("/teas", lambda req, resp: "made", methods=["POST"], check_existing=False)

    assert api.requests.post("/teas").text == "made"


def test_a_default_route_says_what_to_write():
    with pytest.raises(TypeError, match=r"no option 'default' any more: route\('/\{rest:path\}'\)"):
        responder.API().add_route("/", view, default=True)


def test_what_it_says_works():
    api = responder.API()
    api.add_route("/teas", view)
    api.add_route("/{rest:path}", lambda req, resp, *, rest: f"no {rest}")

    assert ROUTE_KEYWORDS["default"][1].startswith("route('/{rest:path}')")
    assert api.requests.get("/teas").text == "tea"
    assert api.requests.get("/coffee").text == "no coffee"


def test_the_path_may_be_called_as_it_was():
    api = responder.API()
    api.add_route(route="/added", endpoint=view)
    api.route(route="/decorated", methods=["GET"])(view)

    assert [api.requests.get(path).text for path in ("/added", "/decorated")] == ["tea", "tea"]


@pytest.mark.parametrize("path", [[], [None]])
def test_a_hook_may_be_added_as_a_route(path):
    api = responder.API()

    def refuse(req, resp):
        resp.status_code = 403

    api.add_route(*path, endpoint=refuse, before_request=True)
    api.add_route("/teas", view)

    assert api.requests.get("/teas").status_code == 403


def test_a_route_without_a_path_is_refused_as_ever():
    with pytest.raises(TypeError, match="needs a path"):
        responder.API().add_route(endpoint=view)


@pytest.mark.parametrize("options", [{}, {"port_precedence": "explicit"}])
def test_the_port_that_is_given_holds(options, monkeypatch):
    served = []
    monkeypatch.setattr(
        "responder_core.serving.server.serve", lambda api, **given: served.append(given)
    )

    responder.API().run(port=5000, **options)

    assert [given["port"] for given in served] == [5000]
    assert "port_precedence" not in served[0]


def test_another_precedence_says_what_to_write():
    with pytest.raises(TypeError, match=r"leave port= out, and PORT holds"):
        responder.API().run(port=5000, port_precedence="env")

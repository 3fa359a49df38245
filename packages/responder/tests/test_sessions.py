"""Sessions by the flat keywords of an API."""

from __future__ import annotations

import pytest

import responder
import responder_sessions
from responder.sessions import take_sessions

KEY = "a key that signs well 0123456789"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    monkeypatch.delenv("RESPONDER_SECRET_KEY", raising=False)


def visits(**options):
    api = responder.API(**options)

    @api.route("/")
    async def count(req, resp):
        resp.media = resp.session.increment("n")

    client = api.test_client("https://testserver")
    return [client.get("/").json() for _ in range(2)]


@pytest.mark.parametrize(
    "options",
    [
        {"secret_key": KEY},
        {"sessions": True},
        {"session_backend": "memory"},
        {"csrf": True},
        {"secret_key": KEY, "session_cookie": "id", "session_max_age": 60},
        {"secret_key": KEY, "session_cookie": None},
    ],
)
def test_what_was_counted_is_there_next_time(options):
    assert visits(**options) == [1, 2]


def test_without_a_key_one_is_made_for_the_process_and_that_is_said_once(caplog):
    assert visits(sessions=True) == [1, 2]

    told = [each.message for each in caplog.records if each.name == "responder.sessions"]
    assert len(told) == 1
    assert "sessions end with this process, as there is no secret key" in told[0]


def test_the_key_may_be_in_the_environment(monkeypatch):
    monkeypatch.setenv("RESPONDER_SECRET_KEY", KEY)

    assert visits() == [1, 2]


@pytest.mark.parametrize("options", [{}, {"secret_key": KEY, "sessions": False}])
def test_without_sessions_touching_one_says_how_to_have_them(options):
    with pytest.raises(RuntimeError, match=r"pass secret_key= to API\(\)"):
        visits(**options)


def test_another_word_for_sessions_is_refused():
    with pytest.raises(ValueError, match="sessions= is True, False or 'auto', not 'yes'"):
        responder.API(sessions="yes")


def test_a_store_without_sessions_is_refused():
    with pytest.raises(ValueError, match="leave one of them out"):
        responder.API(sessions=False, session_backend="memory")


@pytest.mark.parametrize("options", [{}, {"csrf": True}, {"sessions": False}])
def test_sessions_that_are_given_stay_the_only_ones(monkeypatch, options):
    monkeypatch.setenv("RESPONDER_SECRET_KEY", KEY)

    found = take_sessions(dict(options), [responder_sessions.Sessions()])

    assert not any(isinstance(each, responder_sessions.Sessions) for each in found)


def test_an_api_with_sessions_of_its_own_starts_whatever_the_environment_has(monkeypatch):
    monkeypatch.setenv("RESPONDER_SECRET_KEY", KEY)

    assert visits(extensions=[responder_sessions.Sessions()], csrf=True) == [1, 2]


@pytest.mark.parametrize(
    "options", [{"secret_key": KEY}, {"sessions": True}, {"session_max_age": 60}]
)
def test_settings_beside_them_are_refused(options):
    given = [responder_sessions.Sessions(secret_key=KEY)]

    with pytest.raises(ValueError, match="has Sessions"):
        take_sessions(dict(options), given)


def test_a_session_can_be_replaced_as_a_whole():
    api = responder.API(secret_key=KEY)

    @api.route("/")
    async def view(req, resp):
        req.session["old"] = 1
        resp.session = {"tea": "green"}
        resp.media = dict(req.session)

    assert api.test_client("https://testserver").get("/").json() == {"tea": "green"}


def test_routes_take_the_keywords_of_sessions_and_csrf():
    api = responder.API(secret_key=KEY, csrf=True)

    @api.post("/hook", csrf=False, session=False)
    async def hook(req, resp):
        resp.text = "done"

    @api.post("/form")
    async def form(req, resp):
        resp.text = "done"

    group = api.group("/group", csrf=False, session=False)
    group.add_route("/hook", hook, methods=["POST"])
    router = responder.Router("/router", csrf=False)
    router.add_route("/hook", hook, methods=["POST"])
    api.include_router(router)

    client = api.test_client("https://testserver")
    assert client.post("/hook").status_code == 200
    assert client.post("/group/hook").status_code == 200
    assert client.post("/router/hook").status_code == 200
    assert client.post("/form").status_code == 403


def test_sockets_have_the_session_of_their_client():
    api = responder.API(secret_key=KEY)

    @api.route("/")
    async def write(req, resp):
        req.session["tea"] = "green"

    @api.websocket_route("/ws")
    async def read(ws):
        await ws.accept()
        await ws.send_json(dict(ws.session))

    client = api.test_client("https://testserver")
    client.get("/")

    with client.websocket_connect("wss://testserver/ws") as ws:
        assert ws.receive_json() == {"tea": "green"}

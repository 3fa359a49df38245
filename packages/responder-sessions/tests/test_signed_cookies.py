"""Sessions in signed cookies."""

from __future__ import annotations

import base64
import json
import time

import itsdangerous
import pytest

from responder_sessions import SessionError

KEY = "a key for tests that signs well 0123456789"
OTHER = "another key that signs well 0123456789"


@pytest.fixture
def make(api_factory, client_factory):
    """Make a client of an app whose views write, read, leave and end the session."""

    def factory(**options):
        api = api_factory(**options)

        @api.route("/set/{key}/{value}")
        async def write(req, resp, *, key, value):
            req.session[key] = value

        @api.route("/get/{key}")
        async def read(req, resp, *, key):
            resp.media = {"value": req.session.get(key)}

        @api.route("/long")
        async def long(req, resp):
            req.session["text"] = "".join(chr(0x4E00 + n * 7) for n in range(2900))

        @api.route("/rotate")
        async def rotate(req, resp):
            req.session.rotate()

        @api.route("/save")
        async def save(req, resp):
            with pytest.raises(SessionError, match="use a store"):
                await req.session.save()

        return client_factory(api)

    return factory


def cookie_of(answer):
    return answer.headers["set-cookie"].partition("=")[2].partition(";")[0]


def test_the_client_can_read_it_and_not_write_it(make):
    client = make()
    cookie = cookie_of(client.get("/set/user/ada"))
    payload = cookie.partition(".")[0][1:]

    assert json.loads(base64.urlsafe_b64decode(payload + "=="))[2] == {"user": "ada"}

    forged = payload.replace(payload[-3:], "AAA")
    client.cookies.set(
        "session", f"j{forged}.{cookie.partition('.')[2]}", domain="testserver.local"
    )
    assert client.get("/get/user").json() == {"value": None}


@pytest.mark.parametrize(
    "cookie",
    ["", "null", "tampered.abc", "ü", "=", '"', "a" * 8000, "\\", "%00", "eyJ1IjoxfQ=="],
)
def test_what_is_no_session_of_ours_is_an_empty_one_and_at_most_one_line(make, cookie, caplog):
    client = make()

    answer = client.get("/get/user", headers={"cookie": f"session={cookie}".encode("latin-1")})

    assert answer.json() == {"value": None}
    assert "set-cookie" not in answer.headers
    assert len([each for each in caplog.records if each.levelno >= 20]) <= 1


@pytest.mark.parametrize(
    "before",
    ["session=forged", "other", "=", "a=b=c", 'q="', "x=\xff", "session", ";;", "Session=x"],
)
def test_a_foreign_cookie_in_front_of_ours_does_not_hide_it(make, before):
    client = make()
    ours = cookie_of(client.get("/set/user/ada"))
    client.cookies.clear()
    header = f"{before}; session={ours}".encode("latin-1")

    assert client.get("/get/user", headers={"cookie": header}).json() == {"value": "ada"}


def test_several_forged_ones_are_one_line(make, caplog):
    caplog.set_level("INFO", "responder.sessions")

    make().get("/get/user", headers={"cookie": "session=a.b; session=c.d; session=e.f"})

    assert len([each for each in caplog.records if each.name == "responder.sessions"]) == 1


def test_ours_in_a_second_field_is_found(make):
    client = make()
    ours = cookie_of(client.get("/set/user/ada"))
    client.cookies.clear()
    fields = [("cookie", "a=b"), ("cookie", f"session={ours}")]

    assert client.get("/get/user", headers=fields).json() == {"value": "ada"}


def test_one_that_does_not_fit_is_an_error_that_says_so(make, caplog):
    answer = make().get("/long")

    assert answer.status_code == 500
    assert "set-cookie" not in answer.headers
    assert "browsers drop one of more than 4093" in caplog.text
    assert "keep sessions in a store" in caplog.text


def test_keys_can_be_changed_without_a_login(make):
    cookie = cookie_of(make(secret_key=OTHER).get("/set/user/ada"))
    client = make(secret_key=[KEY, OTHER])
    client.cookies.set("session", cookie)

    assert client.get("/get/user").json() == {"value": "ada"}
    again = cookie_of(client.get("/set/a/b"))
    after = make()
    after.cookies.set("session", again)
    assert after.get("/get/user").json() == {"value": "ada"}


def test_one_of_starlette_is_read_and_written_anew(make):
    content = base64.b64encode(json.dumps({"user": "ada"}).encode())
    client = make(reads_starlette=True, clock=time.time)
    client.cookies.set("session", itsdangerous.TimestampSigner(KEY).sign(content).decode())

    answer = client.get("/get/user")

    assert answer.json() == {"value": "ada"}
    renewed = make(clock=time.time)
    renewed.cookies.set("session", cookie_of(answer))
    assert renewed.get("/get/user").json() == {"value": "ada"}


class TestLifetime:
    def test_it_ends_when_it_was_not_used(self, make, clock):
        client = make(max_age=1000)
        client.get("/set/user/ada")
        clock.advance(1001)

        answer = client.get("/get/user", headers={"cookie": "session=" + client.cookies["session"]})

        assert answer.json() == {"value": None}

    def test_reading_keeps_it_alive_but_not_each_time(self, make, clock):
        client = make(max_age=1000)
        cookie = cookie_of(client.get("/set/user/ada"))
        client.cookies.clear()
        header = {"cookie": f"session={cookie}"}

        clock.advance(99)
        assert "set-cookie" not in client.get("/get/user", headers=header).headers
        clock.advance(2)
        assert "Max-Age=1000" in client.get("/get/user", headers=header).headers["set-cookie"]

    def test_reading_keeps_alive_what_ends_soon(self, make, clock):
        client = make(max_age=50)
        client.get("/set/user/ada")
        for _ in range(3):
            clock.advance(30)
            answer = client.get("/get/user")
            assert "Max-Age=50" in answer.headers["set-cookie"]

        assert answer.json() == {"value": "ada"}

    def test_without_sliding_only_writing_does(self, make, clock):
        client = make(max_age=1000, sliding=False)
        cookie = cookie_of(client.get("/set/user/ada"))
        client.cookies.clear()
        clock.advance(900)

        answer = client.get("/get/user", headers={"cookie": f"session={cookie}"})

        assert answer.json() == {"value": "ada"}
        assert "set-cookie" not in answer.headers

    def test_it_ends_at_all_events_after_its_lifetime(self, make, clock):
        client = make(max_age=1000, lifetime=1500)
        cookie = cookie_of(client.get("/set/user/ada"))
        client.cookies.clear()
        for _ in range(2):
            clock.advance(700)
            answer = client.get("/set/a/b", headers={"cookie": f"session={cookie}"})
            cookie = cookie_of(answer)
            client.cookies.clear()
        assert "Max-Age=100" in answer.headers["set-cookie"]

        clock.advance(101)

        answer = client.get("/get/user", headers={"cookie": f"session={cookie}"})
        assert answer.json() == {"value": None}

    def test_one_until_the_browser_is_closed_has_no_max_age(self, make, clock):
        client = make(max_age=None)
        answer = client.get("/set/user/ada")
        clock.advance(10**8)

        assert "Max-Age" not in answer.headers["set-cookie"]
        read = client.get("/get/user")
        assert read.json() == {"value": "ada"}
        assert "set-cookie" not in read.headers

    def test_rotating_writes_it_anew(self, make):
        client = make()
        client.get("/set/user/ada")

        assert "set-cookie" in client.get("/rotate").headers

    @pytest.mark.parametrize("name", ["max_age", "lifetime"])
    @pytest.mark.parametrize("seconds", [0, -1])
    def test_times_are_above_0(self, make, name, seconds):
        with pytest.raises(ValueError, match=f"{name}= takes seconds above 0"):
            make(**{name: seconds})


def test_it_cannot_be_saved_ahead(make):
    assert make().get("/save").status_code == 200


@pytest.mark.parametrize("own", [b'"soon"', b"[]", b"null"])
def test_an_expiry_that_another_framework_wrote_ends_it(make, own):
    content = base64.b64encode(b'{"$expiry": ' + own + b', "user": "ada"}')
    client = make(reads_starlette=True, clock=time.time)
    client.cookies.set("session", itsdangerous.TimestampSigner(KEY).sign(content).decode())

    assert client.get("/get/user").json() == {"value": None}

"""The cookie and the header fields of an answer whose view touched the session."""

from __future__ import annotations

import pytest

from responder_core import abort


@pytest.fixture
def make(api_factory, client_factory):
    """Make a client of an app with one view, which is given."""

    def factory(view, *, api=None, **options):
        made = api_factory(api=api, **options)
        made.add_route("/", view)
        return client_factory(made)

    return factory


def attributes(answer):
    return answer.headers["set-cookie"].split("; ")[1:]


def write(req, resp):
    req.session["a"] = 1


class TestAttributes:
    def test_they_are_safe_by_themselves(self, make):
        assert attributes(make(write).get("/")) == [
            "Max-Age=1209600",
            "HttpOnly",
            "Path=/",
            "SameSite=lax",
            "Secure",
        ]

    def test_they_can_be_chosen(self, make):
        client = make(
            write,
            cookie="id",
            path="/app",
            domain="example.org",
            same_site="strict",
            https_only=False,
            max_age=60,
        )

        answer = client.get("/")

        assert answer.headers["set-cookie"].startswith("id=")
        assert attributes(answer) == [
            "Max-Age=60",
            "Domain=example.org",
            "HttpOnly",
            "Path=/app",
            "SameSite=strict",
        ]

    def test_a_cookie_may_be_bound_to_its_host(self, make):
        client = make(write, cookie="__Host-session", api={"debug": True})

        answer = client.get("/")

        assert answer.headers["set-cookie"].startswith("__Host-session=")
        assert "Secure" in attributes(answer)
        assert make(lambda req, resp: None, cookie="__Host-session").get("/").status_code == 200

    def test_it_may_be_partitioned(self, make):
        answer = make(write, partitioned=True, same_site="none").get("/")

        assert {"Partitioned", "SameSite=none", "Secure"} <= set(attributes(answer))

    @pytest.mark.parametrize(
        ("options", "told"),
        [
            ({"cookie": "__Host-id", "path": "/app"}, "needs path='/'"),
            ({"cookie": "__Host-id", "domain": "example.org"}, "no domain"),
            ({"cookie": "__Host-id", "https_only": False}, "needs secure=True"),
            ({"same_site": "none", "https_only": False}, "needs secure=True"),
            ({"partitioned": True, "https_only": False}, "needs secure=True"),
            ({"cookie": "a b"}, "no cookie name"),
            ({"cookie": ""}, "no cookie name"),
            ({"same_site": "sometimes"}, "samesite is"),
            ({"path": "/;"}, "no attribute may have"),
        ],
    )
    def test_what_browsers_refuse_is_refused_when_the_app_is_made(self, make, options, told):
        with pytest.raises(ValueError, match=told):
            make(write, **options)

    def test_it_stands_beside_other_cookies(self, make):
        def view(req, resp):
            resp.set_cookie("theme", "dark")
            resp.headers.append("Set-Cookie", "raw=1")
            req.session["a"] = 1

        fields = make(view).get("/").headers.get_list("set-cookie")

        assert sorted(field.partition("=")[0] for field in fields) == ["raw", "session", "theme"]

    def test_erasing_one_has_the_same_attributes(self, make):
        views = [lambda req, resp: req.session.clear(), write]

        def view(req, resp):
            views.pop()(req, resp)

        client = make(view, partitioned=True)
        client.get("/")

        cookie = client.get("/").headers["set-cookie"]

        assert cookie.startswith('session=""; Max-Age=0; expires=Thu, 01 Jan 1970')
        assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure", "Partitioned"} <= set(
            cookie.split("; ")
        )


class TestCaches:
    @pytest.mark.parametrize(
        ("said", "sent"),
        [
            (None, "private"),
            ("max-age=60", "private, max-age=60"),
            ("no-store", "no-store"),
            ("private, max-age=60", "private, max-age=60"),
            ("public, max-age=60", "public, max-age=60"),
            ("s-maxage=60", "s-maxage=60"),
            ("", "private"),
        ],
    )
    def test_an_answer_that_read_it_is_private_unless_the_view_decided(self, make, said, sent):
        def view(req, resp):
            req.session.get("a")
            if said is not None:
                resp.headers["Cache-Control"] = said

        answer = make(view).get("/")

        assert answer.headers["cache-control"] == sent
        assert "Cookie" in answer.headers["vary"]

    @pytest.mark.parametrize(
        ("said", "sent"),
        [
            ("public, max-age=60", "private, max-age=60"),
            ("public", "private"),
            ("S-MaxAge=60, Public", "private"),
            ("no-store", "no-store"),
        ],
    )
    def test_one_that_sets_the_cookie_always_is(self, make, said, sent):
        def view(req, resp):
            req.session["a"] = 1
            resp.headers["Cache-Control"] = said

        assert make(view).get("/").headers["cache-control"] == sent

    def test_what_else_the_answer_depends_on_stays(self, make):
        def view(req, resp):
            resp.vary("Accept-Language")
            req.session.get("a")

        assert make(view).get("/").headers["vary"] == "Accept-Language, Cookie"

    def test_an_error_is_private_too_and_keeps_what_was_written(self, make):
        def view(req, resp):
            req.session.flash("No.")
            abort(409)

        answer = make(view).get("/")

        assert answer.status_code == 409
        assert answer.headers["cache-control"] == "private"
        assert "set-cookie" in answer.headers

    def test_one_that_sets_the_cookie_is_not_compressed(self, make):
        texts = ["a" * 5000, "a" * 5000]

        def view(req, resp):
            resp.text = texts.pop()
            req.session.setdefault("a", 1)

        client = make(view)
        head = {"accept-encoding": "gzip"}

        assert "content-encoding" not in client.get("/", headers=head).headers
        assert client.get("/", headers=head).headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("takes", [True, False])
def test_a_short_answer_that_sets_it_is_as_any_other(make, takes):
    def view(req, resp):
        req.session["a"] = 1
        resp.text = "short"

    client = make(view)
    if not takes:
        del client.headers["accept-encoding"]
    answer = client.get("/")

    assert answer.text == "short"
    assert "set-cookie" in answer.headers


def test_a_failure_around_the_view_keeps_the_session(api_factory, client_factory):
    api = api_factory()
    api.add_route("/", write)

    @api.middleware("http")
    async def fail(req, call_next):
        await call_next(req)
        raise OSError

    answer = client_factory(api).get("/")

    assert answer.status_code == 500
    assert "set-cookie" in answer.headers
    assert "Cookie" in answer.headers["vary"]


def test_a_failure_around_a_view_that_left_it_alone_sets_nothing(api_factory, client_factory):
    for options in ({}, {"store": "memory"}):
        api = api_factory(**options)

        @api.middleware("http")
        async def fail(req, call_next):
            raise OSError

        answer = client_factory(api).get("/")

        assert answer.status_code == 500
        assert "set-cookie" not in answer.headers

"""Arounds: what stands around an exchange, in which order, and what becomes of its failures."""

from __future__ import annotations

import pytest

from responder_core import API, Problem, Request


def tracing(name, log):
    """A wrapper that notes when an exchange begins and ends."""

    def wrap(route, exchange):
        async def around(req, resp):
            log.append(f"+{name}")
            await exchange(req, resp)
            log.append(f"-{name}")

        return around

    return wrap


class TestArounds:
    def test_tiers_stand_in_their_order_whatever_the_registration(self, client_factory):
        api = API()
        log = []
        for tier in ("user", "csrf", "limit", "session"):
            api.around(tier, tracing(tier, log))
        api.add_hook(lambda req, resp: log.append("before"))
        api.add_hook(lambda req, resp: log.append("after"), after=True)
        api.add_route("/", lambda req, resp: log.append("view"))

        assert client_factory(api).get("/").status_code == 200
        assert " ".join(log) == (
            "+limit +session +csrf +user before view after -user -csrf -session -limit"
        )

    @pytest.mark.parametrize(("reads_body", "seen"), [(True, 500), (False, None)])
    def test_one_that_does_not_look_at_bodies_may_say_so(self, client_factory, reads_body, seen):
        """What cannot be encoded is a 500 for the client all the same."""
        api = API()
        statuses = []

        class Wrap:
            def __init__(self, *, reads_body):
                self.reads_body = reads_body

            def __call__(self, route, exchange):
                async def around(req, resp):
                    await exchange(req, resp)
                    statuses.append(resp.status_code)

                return around

        api.around("session", Wrap(reads_body=reads_body))

        @api.get("/")
        async def view(req, resp):
            resp.media = object()

        assert client_factory(api).get("/").status_code == 500
        assert statuses == [seen]

    @pytest.mark.parametrize("hooked", [False, True], ids=["alone", "with an after hook"])
    def test_failures_of_one_that_returns_none_are_answered(self, client_factory, hooked):
        api = API()

        class Wrap:
            returns_none = True

            def __call__(self, route, exchange):
                async def around(req, resp):
                    if "refuse" in req.params:
                        raise Problem(429, "Come back later.")
                    await exchange(req, resp)
                    resp.headers["X-Around"] = str(resp.status_code)

                return around

        api.around("limit", Wrap())
        if hooked:
            api.add_hook(lambda req, resp: None, after=True)

        @api.get("/{name}")
        async def view(req, resp, *, name):
            if name == "fail":
                raise Problem(409, "It is there.")
            return name

        client = client_factory(api)
        assert client.get("/tea").text == "tea"
        assert client.get("/tea").headers["x-around"] == "None"
        assert client.get("/fail").status_code == 409
        assert client.get("/fail").headers["x-around"] == "409"
        assert client.get("/tea?refuse=1").status_code == 429

    def test_what_a_wrapper_returns_is_no_answer(self, client_factory):
        api = API()

        def wrap(route, exchange):
            async def around(req, resp):
                await exchange(req, resp)
                return "no answer"

            return around

        api.around("user", wrap)

        @api.get("/")
        async def view(req, resp):
            return "tea"

        assert client_factory(api).get("/").text == "tea"

    def test_what_a_wrapper_answers_itself_passes_through_the_after_hooks(self, client_factory):
        api = API()
        log = []

        def refuse(route, exchange):
            async def around(req, resp):
                if "refuse" in req.params:
                    resp.status_code = 429
                elif "fail" in req.params:
                    raise LookupError
                else:
                    await exchange(req, resp)

            return around

        api.around("limit", refuse)
        api.add_hook(lambda req, resp: log.append(resp.status_code), after=True)
        api.add_route("/", lambda req, resp: ("text", 200))
        client = client_factory(api)

        for query in ("", "?refuse", "?fail"):
            client.get(f"/{query}")

        assert log == [200, 429, 500]

    def test_a_wrapper_that_returns_no_exchange_is_refused(self):
        api = API()
        api.around("user", lambda route, exchange: None)

        with pytest.raises(TypeError, match="returned None; return an exchange"):
            api.requests.get("/")

    def test_within_a_tier_the_first_added_is_outermost(self, client_factory):
        api = API()
        log = []
        api.around("user", tracing("first", log))
        api.around("user", tracing("second", log))
        api.add_route("/", lambda req, resp: log.append("view"))

        client_factory(api).get("/")

        assert log == ["+first", "+second", "view", "-second", "-first"]

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            pytest.param("GET", "/nowhere", 404, id="no-route"),
            pytest.param("POST", "/", 405, id="no-method"),
            pytest.param("OPTIONS", "/", 200, id="automatic-options"),
            pytest.param("GET", "/page/", 307, id="slash-redirect"),
            pytest.param("GET", "/fail", 500, id="failure"),
        ],
    )
    def test_they_see_every_answer_errors_included(self, client_factory, method, path, status):
        api = API()
        seen = []

        def wrap(route, exchange):
            async def around(req, resp):
                await exchange(req, resp)
                seen.append((route and route.path, resp.status_code))

            return around

        api.around("limit", wrap)
        api.add_route("/", lambda req, resp: None, methods=["GET"])
        api.add_route("/page", lambda req, resp: None)
        api.add_route("/fail", lambda req, resp: 1 / 0)

        assert client_factory(api).request(method, path).status_code == status
        assert seen == [("/fail" if status == 500 else None, status)]

    def test_they_see_a_malformed_host(self, client_factory):
        api = API()
        log = []
        api.around("limit", tracing("limit", log))

        assert client_factory(api).get("/", headers={"Host": "a/b"}).status_code == 400
        assert log == ["+limit", "-limit"]

    def test_wrap_runs_once_for_each_route_and_once_for_none(self, client_factory):
        api = API()
        wrapped = []

        def wrap(route, exchange):
            wrapped.append(route)
            return exchange

        api.around("user", wrap)
        api.add_route("/a", lambda req, resp: "a")
        api.add_route("/b", lambda req, resp: "b")
        client = client_factory(api)

        for path in ("/a", "/a", "/b", "/nowhere", "/nowhere"):
            client.get(path)

        assert sorted(wrapped, key=repr) == sorted([*api.routes, None], key=repr)

    def test_wrap_runs_once_for_a_class_with_several_handlers(self, client_factory):
        """What a wrapper keeps for a route, a count or a lock, is one for all its methods."""
        api = API()
        wrapped = []

        def wrap(route, exchange):
            if route is not None:
                wrapped.append(route.path)
            return exchange

        class Things:
            def on_get(self, req, resp): ...

            def on_post(self, req, resp): ...

        api.around("limit", wrap)
        api.add_route("/things", Things)

        client_factory(api).get("/things")

        assert wrapped == ["/things"]

    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
    def test_behind_a_wrapper_each_method_of_a_class_runs_its_own(self, client_factory, method):
        class Things:
            def on_get(self, req, resp):
                resp.headers["X-Ran"] = "GET"

            def on_head(self, req, resp):
                resp.headers["X-Ran"] = "HEAD"

            async def on_post(self, req, resp):
                resp.headers["X-Ran"] = "POST"

            @staticmethod
            def on_put(req, resp):
                resp.headers["X-Ran"] = "PUT"

        api = API()
        log = []
        api.around("user", tracing("user", log))
        api.add_route("/things", Things)

        assert client_factory(api).request(method, "/things").headers["X-Ran"] == method
        assert log == ["+user", "-user"]

    def test_behind_a_wrapper_the_method_is_the_one_that_was_routed(self, client_factory):
        """A request class may tell views of another method; the route was found by the real one."""

        class Overridden(Request):
            __slots__ = ()

            @property
            def method(self):
                return self.headers.get("x-method", super().method)

        class Things:
            def on_get(self, req, resp):
                return f"get as {req.method}"

            def on_post(self, req, resp):
                return "post"

        api = API(request_class=Overridden)
        api.around("user", tracing("user", []))
        api.add_route("/", Things)

        answer = client_factory(api).get("/", headers={"X-Method": "PURGE"})

        assert (answer.status_code, answer.text) == (200, "get as PURGE")

    def test_a_wrapper_may_leave_routes_as_they_are(self, client_factory):
        api = API()
        log = []

        def wrap(route, exchange):
            return (
                tracing("user", log)(route, exchange) if route and route.name == "in" else exchange
            )

        api.around("user", wrap)
        api.add_route("/in", lambda req, resp: "in", name="in")
        api.add_route("/out", lambda req, resp: "out", name="out")
        client = client_factory(api)

        assert client.get("/out").text == "out"
        assert log == []
        assert client.get("/in").text == "in"
        assert log == ["+user", "-user"]

    def test_a_wrapper_may_answer_by_itself(self, client_factory):
        api = API()
        log = []

        def wrap(route, exchange):
            async def refuse(req, resp):
                resp.status_code = 429

            return refuse

        api.around("limit", wrap)
        api.add_route("/", lambda req, resp: log.append("view"))

        assert client_factory(api).get("/").status_code == 429
        assert log == []

    @pytest.mark.parametrize(
        ("exc", "status"),
        [(Problem(429), 429), (LookupError("inside"), 500)],
        ids=["problem", "bug"],
    )
    def test_one_that_fails_is_answered(self, client_factory, exc, status):
        api = API()

        def wrap(route, exchange):
            async def fail(req, resp):
                raise exc

            return fail

        api.around("limit", wrap)
        api.add_route("/", lambda req, resp: "view")
        client = client_factory(api)

        answers = [client.get("/"), client.get("/nowhere")]

        assert [answer.status_code for answer in answers] == [status, status]
        assert all("inside" not in answer.text for answer in answers)
        assert all(
            answer.headers["content-type"] == "application/problem+json" for answer in answers
        )

    def test_one_that_fails_afterwards_is_answered_and_logged_once(self, client_factory, caplog):
        api = API()

        def wrap(route, exchange):
            async def fail(req, resp):
                await exchange(req, resp)
                raise LookupError("inside")

            return fail

        api.around("user", wrap)
        api.add_route("/", lambda req, resp: "view")

        answer = client_factory(api).get("/")

        assert answer.status_code == 500
        assert "view" not in answer.text
        assert len(caplog.records) == 1

    def test_one_that_fails_is_answered_by_the_programs_handler(self, client_factory):
        api = API()

        def wrap(route, exchange):
            async def fail(req, resp):
                raise ValueError("wrong")

            return fail

        api.around("user", wrap)
        api.add_exception_handler(ValueError, lambda req, resp, exc: (str(exc), 400))
        api.add_route("/", lambda req, resp: "view")

        answer = client_factory(api).get("/")

        assert (answer.status_code, answer.text) == (400, "wrong")

    def test_a_failing_view_is_raised_in_tests_through_a_wrapper_too(self):
        api = API()
        api.around("user", tracing("user", []))
        api.add_route("/", lambda req, resp: 1 / 0)

        with pytest.raises(ZeroDivisionError):
            api.requests.get("/")

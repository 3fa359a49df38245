"""The exchange: every shape of route, the threads it takes, and what stands around it."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from itertools import product

import pytest

from responder_core import API, Problem, Request, threads

SHAPES = pytest.mark.parametrize(
    ("kind", "has_parameters", "before", "after"),
    [
        pytest.param(
            kind,
            has_parameters,
            before,
            after,
            id="-".join(
                [
                    kind,
                    "parameters" if has_parameters else "static",
                    *(["before"] if before else []),
                    *(["after"] if after else []),
                ]
            ),
        )
        for kind, has_parameters, before, after in product(
            ["async", "threaded", "inline"], [False, True], [False, True], [False, True]
        )
    ],
)


def add_shape(api, view, kind, has_parameters, before, after, log):
    """Register a sync view in one of the shapes that routes are compiled to."""

    async def async_view(req, resp, **params):
        return view(req, resp, **params)

    def note_before(req, resp):
        log.append("before")

    def note_after(req, resp):
        log.append("after")

    api.add_route(
        "/users/{id:int}" if has_parameters else "/users/7",
        async_view if kind == "async" else view,
        before=note_before if before else None,
        after=note_after if after else None,
        sync_to_thread=kind != "inline",
    )


class TestEveryShape:
    @SHAPES
    def test_writes_what_the_view_returns(
        self, client_factory, kind, has_parameters, before, after
    ):
        log = []
        api = API()
        add_shape(
            api,
            lambda req, resp, **params: {"params": params},
            kind,
            has_parameters,
            before,
            after,
            log,
        )

        answer = client_factory(api).get("/users/7")

        assert answer.json() == {"params": {"id": 7} if has_parameters else {}}
        assert log == ["before"] * before + ["after"] * after

    @SHAPES
    def test_keeps_what_the_view_wrote(self, client_factory, kind, has_parameters, before, after):
        api = API()

        def view(req, resp, **params):
            resp.text = "written"
            resp.status_code = 202

        add_shape(api, view, kind, has_parameters, before, after, [])

        answer = client_factory(api).get("/users/7")

        assert (answer.status_code, answer.text) == (202, "written")

    @SHAPES
    def test_answers_a_failure_and_runs_the_after_hooks(
        self, client_factory, caplog, kind, has_parameters, before, after
    ):
        log = []
        api = API()

        def view(req, resp, **params):
            raise LookupError("inside")

        add_shape(api, view, kind, has_parameters, before, after, log)

        answer = client_factory(api).get("/users/7")

        assert answer.status_code == 500
        assert "inside" not in answer.text
        assert log == ["before"] * before + ["after"] * after
        assert len(caplog.records) == 1

    @SHAPES
    def test_answers_a_problem(self, client_factory, caplog, kind, has_parameters, before, after):
        api = API()

        def view(req, resp, **params):
            raise Problem(409, "Taken.")

        add_shape(api, view, kind, has_parameters, before, after, [])

        answer = client_factory(api).get("/users/7")

        assert (answer.status_code, answer.json()["detail"]) == (409, "Taken.")
        assert caplog.records == []


@pytest.fixture
def hand_overs(monkeypatch):
    """What was handed to worker threads, one entry each."""
    seen = []

    async def counting(function, *args):
        seen.append(function)
        return await threads.run_in_thread(function, *args)

    monkeypatch.setattr("responder_core.exchange.run_in_thread", counting)
    return seen


def make_steps(letters, log, prefix):
    """Hooks by letter: s runs in a thread, a is async, i runs inline; x and X stop there."""
    for number, letter in enumerate(letters, 1):
        name = f"{prefix}{number}"

        def hook(req, resp, name=name, letter=letter):
            log.append((name, threading.get_ident()))
            if letter in "xX":
                resp.status_code = 403

        async def async_hook(req, resp, hook=hook):
            hook(req, resp)

        yield (async_hook if letter in "aX" else hook), letter != "i"


class TestThreads:
    @pytest.mark.parametrize(
        ("before", "view", "after", "expected"),
        [
            pytest.param("", "a", "", 0, id="async"),
            pytest.param("a", "a", "a", 0, id="all-async"),
            pytest.param("", "i", "", 0, id="inline"),
            pytest.param("ii", "i", "ii", 0, id="all-inline"),
            pytest.param("", "s", "", 1, id="sync"),
            pytest.param("ss", "s", "ss", 1, id="all-sync"),
            pytest.param("a", "s", "", 1, id="async-then-sync"),
            pytest.param("as", "s", "sa", 1, id="async-outside"),
            pytest.param("is", "s", "si", 1, id="inline-outside"),
            pytest.param("ss", "a", "", 1, id="two-before-async"),
            pytest.param("", "a", "ss", 1, id="two-after-async"),
            pytest.param("ss", "a", "ss", 2, id="around-async"),
            pytest.param("s", "i", "s", 2, id="around-inline"),
            pytest.param("sa", "s", "as", 3, id="async-between"),
            pytest.param("si", "s", "is", 3, id="inline-between"),
            pytest.param("sas", "s", "sas", 3, id="async-further-out"),
            pytest.param("ssass", "a", "sasas", 5, id="many-groups"),
            pytest.param("sx", "s", "s", 1, id="stopped-in-the-thread"),
            pytest.param("sxs", "a", "", 1, id="stopped-in-a-group"),
            pytest.param("X", "s", "", 0, id="stopped-on-the-loop"),
            pytest.param("sX", "s", "ss", 2, id="stopped-between"),
        ],
    )
    def test_adjacent_sync_steps_share_one_hand_over(
        self, client_factory, hand_overs, before, view, after, expected
    ):
        api = API()
        log = []
        loop = []

        def wrap(route, exchange):
            async def around(req, resp):
                loop.append(threading.get_ident())
                await exchange(req, resp)

            return around

        api.around("user", wrap)
        for hook, threaded in make_steps(before, log, "before"):
            api.add_hook(hook, sync_to_thread=threaded)
        for hook, threaded in make_steps(after, log, "after"):
            api.add_hook(hook, after=True, sync_to_thread=threaded)
        ((endpoint, threaded),) = make_steps(view, log, "view")
        api.add_route("/", endpoint, sync_to_thread=threaded)

        client_factory(api).get("/")

        stop = next((index for index, letter in enumerate(before) if letter in "xX"), None)
        ran = before + view if stop is None else before[: stop + 1]
        letters = ran + after
        assert len(hand_overs) == expected
        assert [place == loop[0] for _, place in log] == [letter in "aiX" for letter in letters]
        assert [name[:-1] for name, _ in log] == (
            ["before"] * len(before) + ["view"] if stop is None else ["before"] * (stop + 1)
        ) + ["after"] * len(after)

    @pytest.mark.parametrize("place", ["before", "view", "after"])
    def test_a_failure_in_the_thread_leaves_the_rest_of_the_after_hooks(
        self, client_factory, place
    ):
        api = API()
        log = []

        def step(name):
            def run(req, resp):
                log.append(name)
                if name == place:
                    raise LookupError

            return run

        api.add_hook(step("before"))
        api.add_hook(step("after"), after=True)
        api.add_hook(step("last"), after=True)
        api.add_route("/", step("view"))

        assert client_factory(api).get("/").status_code == 500
        assert log == ["before", *([] if place == "before" else ["view"]), "after", "last"]

    def test_a_problem_of_an_after_hook_is_answered(self, client_factory):
        """It is none of the threads, which refuse what has not begun."""
        api = API()
        log = []

        @api.after_request
        def refuse(req, resp):
            log.append("refused")
            raise Problem(409)

        @api.get("/")
        async def view(req, resp):
            resp.text = "tea"

        assert client_factory(api).get("/").status_code == 409
        assert log == ["refused"]

    def test_steps_that_share_a_thread_share_context_variables(self, client_factory):
        api = API()
        user: ContextVar[str] = ContextVar("user", default="nobody")

        @api.before_request
        def identify(req, resp):
            user.set("ada")

        @api.after_request
        def sign(req, resp):
            resp.headers["X-User"] = user.get()

        api.add_route("/", lambda req, resp: user.get())

        answer = client_factory(api).get("/")

        assert (answer.text, answer.headers["X-User"]) == ("ada", "ada")

    def test_context_variables_of_one_request_do_not_reach_another(self, client_factory):
        api = API()
        seen: ContextVar[str] = ContextVar("seen", default="nothing")

        @api.route("/")
        def view(req, resp):
            resp.text = seen.get()
            seen.set("the request before")

        with client_factory(api) as client:
            texts = [client.get("/").text for _ in range(3)]

        assert texts == ["nothing"] * 3


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

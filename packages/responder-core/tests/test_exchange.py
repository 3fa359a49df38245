"""The exchange: every shape of route, the threads it takes, and what stands around it."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from itertools import product

import pytest

from responder_core import API, Problem, threads

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

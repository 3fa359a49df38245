"""Hooks: their shapes, their order, and what ends a request early."""

from __future__ import annotations

import functools
import threading
from contextvars import ContextVar

import pytest

from responder_core import API, Query, ViewError, abort
from responder_core.hooks import describe, list_hooks


def recorder(log, name, *, sync=True, status=None):
    """A hook that notes its name, and ends the exchange when it has a status."""

    def hook(req, resp):
        log.append(name)
        if status is not None:
            resp.status_code = status

    async def async_hook(req, resp):
        hook(req, resp)

    return hook if sync else async_hook


class TestShapes:
    @pytest.mark.parametrize("kind", ["sync", "async"])
    def test_a_hook_of_request_and_response_gets_both(self, client_factory, kind):
        api = API()
        seen = []

        def hook(*messages):
            seen.extend(messages)

        async def async_hook(req, resp):
            hook(req, resp)

        api.add_hook(hook if kind == "sync" else async_hook)
        api.add_route("/", lambda req, resp: seen.extend([req, resp]))

        client_factory(api).get("/")

        assert len(seen) == 4
        assert seen[:2] == seen[2:]

    @pytest.mark.parametrize("kind", ["sync", "async"])
    def test_a_hook_of_the_request_alone_runs(self, client_factory, kind):
        api = API()
        seen = []

        def hook(req):
            seen.append(req.url.path)

        async def async_hook(req):
            seen.append(req.url.path)

        api.add_hook(hook if kind == "sync" else async_hook)
        api.add_route("/page", lambda req, resp: "page")

        assert client_factory(api).get("/page").text == "page"
        assert seen == ["/page"]

    def test_a_callable_object_and_a_partial_are_hooks(self, client_factory):
        api = API()
        log = []

        class Hook:
            async def __call__(self, req, resp):
                log.append("object")

        def named(name, req, resp):
            log.append(name)

        api.add_hook(Hook())
        api.add_hook(functools.partial(named, "partial"))
        api.add_route("/", lambda req, resp: "ok")

        assert client_factory(api).get("/").text == "ok"
        assert log == ["object", "partial"]

    @pytest.mark.parametrize(
        ("hook", "message"),
        [
            pytest.param(lambda: None, r"takes \(\); write \(req, resp\) or \(req\)", id="none"),
            pytest.param(lambda a, b, c: None, r"'c' comes from nowhere", id="three"),
            pytest.param(lambda req, *, user: None, r"'user' comes from nowhere", id="keyword"),
            pytest.param(
                lambda *, q=Query(""): None, r"write \(req, resp\) or \(req\)", id="neither"
            ),
        ],
    )
    def test_a_hook_that_cannot_be_called_is_refused_when_registered(self, hook, message):
        with pytest.raises(ViewError, match=message):
            API().add_hook(hook)

    @pytest.mark.parametrize("hook", ["text", 7, object()], ids=["str", "int", "object"])
    def test_what_is_no_function_is_refused_when_registered(self, hook):
        with pytest.raises(ViewError, match=r"a hook is a function of \(req, resp\), not"):
            API().add_hook(hook)

    def test_a_builtin_without_a_signature_is_refused_when_registered(self):
        with pytest.raises(ViewError, match="max"):
            API().add_hook(max)

    def test_the_message_names_the_hook_and_its_place(self):
        def needs_too_much(req, resp, db): ...

        with pytest.raises(ViewError, match=r"needs_too_much' \(test_hooks\.py:\d+\): "):
            API().add_hook(needs_too_much)

    @pytest.mark.parametrize("place", ["before", "after"])
    @pytest.mark.parametrize("kind", ["coroutine", "awaitable"])
    def test_a_sync_hook_that_gives_an_awaitable_is_an_error(
        self, client_factory, caplog, place, kind
    ):
        """A guard behind a decorator that is not async itself must not be passed over."""
        api = API()

        async def refuse(req, resp):
            resp.status_code = 401

        class Awaitable:
            def __await__(self):
                return iter(())

        @functools.wraps(refuse)
        def decorated(req, resp):
            return refuse(req, resp) if kind == "coroutine" else Awaitable()

        api.add_hook(decorated, after=place == "after")
        api.add_route("/", lambda req, resp: "secret")

        answer = client_factory(api).get("/")

        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert "refuse' (test_hooks.py:" in str(caplog.records[0].exc_info[1])
        assert "async def" in str(caplog.records[0].exc_info[1])

    def test_one_hook_several_or_none_may_be_given(self):
        def hook(req, resp): ...

        assert list_hooks(None) == ()
        assert len(list_hooks(hook)) == 1
        assert len(list_hooks([hook, hook])) == 2
        assert len(list_hooks(iter([hook]))) == 1


class TestDescribe:
    def test_a_function_is_named_with_its_file_and_line(self):
        line = recorder.__code__.co_firstlineno

        assert describe(recorder) == f"'{__name__}.recorder' (test_hooks.py:{line})"

    def test_a_wrapped_function_is_named_as_the_one_inside(self):
        @functools.wraps(recorder)
        def wrapper(*args): ...

        assert describe(wrapper) == describe(recorder)

    def test_a_partial_is_named_as_its_function(self):
        assert describe(functools.partial(recorder, [])) == describe(recorder)

    def test_an_object_is_named_by_its_class(self):
        assert describe(API()) == "'responder_core.api.API'"

    def test_a_class_and_a_builtin_have_no_line(self):
        assert describe(API) == "'responder_core.api.API'"
        assert describe(len) == "'builtins.len'"


class TestOrder:
    @pytest.mark.parametrize("sync", [True, False], ids=["sync", "async"])
    @pytest.mark.parametrize("view_sync", [True, False], ids=["sync-view", "async-view"])
    def test_app_before_route_then_view_then_route_before_app(
        self, client_factory, sync, view_sync
    ):
        api = API()
        log = []
        api.add_hook(recorder(log, "app before 1", sync=sync))
        api.add_hook(recorder(log, "app before 2", sync=sync))
        api.add_hook(recorder(log, "app after 1", sync=sync), after=True)
        api.add_hook(recorder(log, "app after 2", sync=sync), after=True)

        api.add_route(
            "/",
            recorder(log, "view", sync=view_sync),
            before=[
                recorder(log, "route before 1", sync=sync),
                recorder(log, "route before 2", sync=sync),
            ],
            after=[
                recorder(log, "route after 1", sync=sync),
                recorder(log, "route after 2", sync=sync),
            ],
        )

        assert client_factory(api).get("/").status_code == 200
        assert log == [
            "app before 1",
            "app before 2",
            "route before 1",
            "route before 2",
            "view",
            "route after 1",
            "route after 2",
            "app after 1",
            "app after 2",
        ]

    def test_hooks_registered_after_a_route_run_there_too(self, client_factory):
        api = API()
        log = []
        api.add_route("/", recorder(log, "view"))
        api.add_hook(recorder(log, "before"))
        api.add_hook(recorder(log, "after"), after=True)

        client_factory(api).get("/")

        assert log == ["before", "view", "after"]

    def test_hooks_of_one_route_do_not_run_at_another(self, client_factory):
        """The facts of a route lie on the route: one view on two paths is two routes."""
        api = API()
        log = []
        view = recorder(log, "view")
        api.add_route(
            "/guarded", view, before=recorder(log, "before"), after=recorder(log, "after")
        )
        api.add_route("/open", view)

        client_factory(api).get("/open")

        assert log == ["view"]

    def test_hooks_run_for_head_too(self, client_factory):
        api = API()
        log = []
        api.add_hook(recorder(log, "before"))
        api.add_hook(recorder(log, "after"), after=True)
        api.add_route("/", recorder(log, "view"), methods=["GET"])

        client_factory(api).head("/")

        assert log == ["before", "view", "after"]


SYNC = pytest.mark.parametrize("sync", [True, False], ids=["sync", "async"])
VIEW = pytest.mark.parametrize("view_sync", [True, False], ids=["sync-view", "async-view"])


class TestShortCircuit:
    @SYNC
    @VIEW
    @pytest.mark.parametrize("place", ["app", "route"])
    def test_a_status_set_before_the_view_ends_the_exchange(
        self, client_factory, sync, view_sync, place
    ):
        api = API()
        log = []
        stop = recorder(log, "stop", sync=sync, status=401)
        rest = recorder(log, "never", sync=sync)
        if place == "app":
            api.add_hook(stop)
            api.add_hook(rest)
            options = {}
        else:
            options = {"before": [stop, rest]}
        api.add_hook(recorder(log, "after"), after=True)
        api.add_route("/", recorder(log, "view", sync=view_sync), **options)

        answer = client_factory(api).get("/")

        assert answer.status_code == 401
        assert log == ["stop", "after"]

    @SYNC
    @VIEW
    def test_a_first_hook_that_stops_leaves_out_hooks_of_the_other_kind(
        self, client_factory, sync, view_sync
    ):
        api = API()
        log = []
        api.add_hook(recorder(log, "stop", sync=sync, status=403))
        api.add_hook(recorder(log, "never", sync=not sync))
        api.add_hook(recorder(log, "never", sync=sync))
        api.add_route("/", recorder(log, "view", sync=view_sync))

        assert client_factory(api).get("/").status_code == 403
        assert log == ["stop"]

    @VIEW
    def test_even_a_success_ends_it(self, client_factory, view_sync):
        api = API()

        @api.before_request
        def cached(req, resp):
            resp.text = "from the cache"
            resp.status_code = 200

        api.add_route("/", recorder([], "view", sync=view_sync))

        assert client_factory(api).get("/").text == "from the cache"

    @VIEW
    def test_what_hooks_put_on_the_response_without_a_status_stays(self, client_factory, view_sync):
        api = API()

        @api.before_request
        def tag(req, resp):
            resp.headers["X-Before"] = "yes"
            req.state.user = "ada"

        @api.after_request
        def sign(req, resp):
            resp.headers["X-After"] = req.state.user

        api.add_route("/", recorder([], "view", sync=view_sync))

        headers = client_factory(api).get("/").headers

        assert (headers["X-Before"], headers["X-After"]) == ("yes", "ada")

    @SYNC
    @VIEW
    def test_a_failing_before_hook_leaves_out_the_view(self, client_factory, sync, view_sync):
        api = API()
        log = []

        def fail(req, resp):
            raise LookupError("inside")

        async def async_fail(req, resp):
            raise LookupError("inside")

        api.add_hook(fail if sync else async_fail)
        api.add_hook(recorder(log, "after"), after=True)
        api.add_route("/", recorder(log, "view", sync=view_sync))

        answer = client_factory(api).get("/")

        assert answer.status_code == 500
        assert "inside" not in answer.text
        assert log == ["after"]


class TestAfterHooks:
    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            pytest.param("GET", "/", 200, id="view"),
            pytest.param("GET", "/nowhere", 404, id="no-route"),
            pytest.param("DELETE", "/", 405, id="no-method"),
            pytest.param("OPTIONS", "/", 200, id="automatic-options"),
            pytest.param("GET", "/page/", 307, id="slash-redirect"),
            pytest.param("GET", "/abort", 418, id="problem"),
            pytest.param("GET", "/fail", 500, id="failure"),
            pytest.param("GET", "/handled", 400, id="handled-exception"),
            pytest.param("GET", "/stopped", 401, id="short-circuit"),
        ],
    )
    @SYNC
    def test_they_run_for_every_answer(self, client_factory, sync, method, path, status):
        api = API()
        seen = []

        def note(req, resp):
            seen.append(resp.status_code or 200)
            resp.headers["X-After"] = "ran"

        async def async_note(req, resp):
            note(req, resp)

        api.add_hook(note if sync else async_note, after=True)

        @api.exception_handler(ValueError)
        def bad_value(req, resp, exc):
            resp.status_code = 400

        @api.get("/abort")
        def refuse(req, resp):
            abort(418)

        @api.get("/fail")
        def fail(req, resp):
            raise LookupError

        @api.get("/handled")
        def handled(req, resp):
            raise ValueError

        api.add_route("/", lambda req, resp: "root", methods=["GET"])
        api.add_route("/page", lambda req, resp: "page")
        api.add_route("/stopped", lambda req, resp: "", before=recorder([], "stop", status=401))

        answer = client_factory(api).request(method, path)

        assert answer.status_code == status
        assert answer.headers["X-After"] == "ran"
        assert seen == [status]

    def test_they_run_for_a_malformed_host(self, client_factory):
        api = API()

        @api.after_request
        def note(req, resp):
            resp.headers["X-After"] = str(req.route)

        answer = client_factory(api).get("/", headers={"Host": "a b"})

        assert answer.status_code == 400
        assert answer.headers["X-After"] == "None"

    @SYNC
    @VIEW
    def test_one_that_fails_is_a_500_and_the_others_still_run(
        self, client_factory, caplog, sync, view_sync
    ):
        api = API()
        log = []

        def fail(req, resp):
            log.append("fail")
            raise LookupError("inside")

        async def async_fail(req, resp):
            fail(req, resp)

        api.add_hook(recorder(log, "first"), after=True)
        api.add_hook(fail if sync else async_fail, after=True)
        api.add_hook(recorder(log, "second", sync=sync), after=True)
        api.add_hook(recorder(log, "third", sync=not sync), after=True)
        api.add_route("/", recorder(log, "view", sync=view_sync))

        answer = client_factory(api).get("/")

        assert answer.status_code == 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert "inside" not in answer.text
        assert log == ["view", "first", "fail", "second", "third"]
        assert len(caplog.records) == 1

    @SYNC
    @VIEW
    def test_each_one_that_fails_is_logged(self, client_factory, caplog, sync, view_sync):
        api = API()
        for number in (1, 2):

            def fail(req, resp, number=number):
                raise LookupError(number)

            async def async_fail(req, resp, number=number):
                raise LookupError(number)

            api.add_hook(fail if sync else async_fail, after=True)
        api.add_route("/", recorder([], "view", sync=view_sync))

        answer = client_factory(api).get("/")

        assert answer.status_code == 500
        assert [record.exc_info[1].args for record in caplog.records] == [(1,), (2,)]

    def test_one_that_fails_is_answered_by_the_programs_handler(self, client_factory):
        api = API()

        @api.after_request
        async def fail(req, resp):
            raise ValueError("wrong")

        @api.exception_handler(ValueError)
        async def handle(req, resp, exc):
            return {"error": str(exc)}, 400

        api.add_route("/", lambda req, resp: "ok")

        answer = client_factory(api).get("/")

        assert (answer.status_code, answer.json()) == (400, {"error": "wrong"})

    def test_one_may_replace_the_answer(self, client_factory):
        api = API()

        @api.after_request
        def replace(req, resp):
            resp.status_code = 503
            resp.text = "closed"

        api.add_route("/", lambda req, resp: {"open": True})

        answer = client_factory(api).get("/")

        assert (answer.status_code, answer.text) == (503, "closed")


def test_before_hooks_do_not_run_where_no_route_answers(client_factory):
    """There is no view to run before; what concerns every answer is an after hook's."""
    api = API()
    log = []
    api.add_hook(recorder(log, "before"))
    api.add_route("/", recorder(log, "view"), methods=["GET"])
    client = client_factory(api)

    answers = [client.get("/nowhere"), client.post("/"), client.options("/"), client.get("/x/")]

    assert [answer.status_code for answer in answers] == [404, 405, 200, 404]
    assert log == []


def test_a_context_variable_set_by_an_async_hook_reaches_sync_hooks_and_view(client_factory):
    api = API()
    user: ContextVar[str] = ContextVar("user", default="nobody")
    seen = []

    @api.before_request
    async def identify(req, resp):
        user.set("ada")

    @api.before_request
    def check(req, resp):
        seen.append(user.get())

    @api.after_request
    def note(req, resp):
        seen.append(user.get())

    @api.route("/")
    def view(req, resp):
        resp.text = user.get()

    assert client_factory(api).get("/").text == "ada"
    assert seen == ["ada", "ada"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_quick_hook_runs_on_the_loop(client_factory, after):
    api = API()
    places = {}

    @api.before_request
    async def loop(req, resp):
        places["loop"] = threading.get_ident()

    def hook(req, resp):
        places["hook"] = threading.get_ident()

    register = api.after_request if after else api.before_request
    register(sync_to_thread=False)(hook)
    api.add_route("/", lambda req, resp: "ok")

    client_factory(api).get("/")

    assert places["hook"] == places["loop"]

"""Views: which ones are refused at registration, and what each method of the others runs."""

from __future__ import annotations

import functools
import inspect
import threading

import pytest

from responder_core import API, ViewError
from responder_core.views import normalize_methods


class TestMethods:
    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            pytest.param(["get"], ("GET",), id="lower-case"),
            pytest.param(["post", "GET", "Post"], ("GET", "POST"), id="sorted-once"),
            pytest.param(iter(["GET"]), ("GET",), id="iterator"),
            pytest.param({"OPTIONS", "QUERY"}, ("OPTIONS", "QUERY"), id="set"),
            pytest.param(["m-search"], ("M-SEARCH",), id="hyphen"),
        ],
    )
    def test_names_are_upper_case_sorted_and_unique(self, given, expected):
        assert normalize_methods(given) == expected

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            pytest.param([], "leaves a route that answers nothing", id="none"),
            pytest.param([""], "'' is no HTTP method", id="empty"),
            pytest.param(["GET POST"], "'GET POST' is no HTTP method", id="space"),
            pytest.param(["GET,POST"], "is no HTTP method", id="comma"),
            pytest.param(["GÉT"], "'GÉT' is no HTTP method", id="not-ascii"),
            pytest.param([1], "'1' is no HTTP method", id="number"),
            pytest.param(["trace"], "cannot answer TRACE", id="trace"),
            pytest.param(["CONNECT"], "cannot answer CONNECT", id="connect"),
        ],
    )
    def test_what_is_no_method_is_refused_when_registered(self, given, message):
        with pytest.raises(ValueError, match=message):
            API().add_route("/", lambda req, resp: None, methods=given)

    def test_a_single_name_is_refused_with_the_right_spelling(self):
        with pytest.raises(TypeError, match=r"write methods=\['GET'\]"):
            API().add_route("/", lambda req, resp: None, methods="GET")

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
    def test_a_view_without_methods_answers_the_standard_ones(self, client_factory, method):
        api = API()
        api.add_route("/", lambda req, resp: req.method)

        assert client_factory(api).request(method, "/").text == method

    @pytest.mark.parametrize("method", ["TRACE", "CONNECT", "QUERY", "FOO", "get"])
    def test_a_view_without_methods_answers_no_other(self, ask, http_scope, method):
        api = API()
        api.add_route("/", lambda req, resp: "ran")

        answer = ask(api, http_scope(method))

        assert answer.status == 405
        assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"

    def test_a_view_may_answer_a_method_of_its_own(self, client_factory):
        api = API()
        api.add_route("/", lambda req, resp: req.method, methods=["purge"])

        assert client_factory(api).request("PURGE", "/").text == "PURGE"


def takes_too_little(req): ...


def takes_too_much(req, resp, db): ...


def takes_keyword(req, resp, *, db): ...


class OnGet:
    def on_get(self, req, resp): ...


class TestRefused:
    """A view that could not be called is an error at registration, not at the first request."""

    @pytest.mark.parametrize(
        ("path", "view", "message"),
        [
            pytest.param(
                "/", takes_too_little, r"write def takes_too_little\(req, resp\)", id="one"
            ),
            pytest.param("/", takes_too_much, r"'db' comes from nowhere", id="three"),
            pytest.param("/", takes_keyword, r"'db' comes from nowhere", id="keyword"),
            pytest.param("/", lambda: None, r"write def <lambda>\(req, resp\)", id="none"),
            pytest.param(
                "/{id}",
                lambda req, resp: None,
                r"write def <lambda>\(req, resp, \*, id\)",
                id="path",
            ),
            pytest.param(
                "/{a}/{b}",
                lambda req, resp, *, a: None,
                r"\(req, resp, \*, a, b\)",
                id="one-of-two",
            ),
            pytest.param("/{req}", lambda req, resp: None, "multiple values", id="same-name"),
        ],
    )
    def test_function_with_the_wrong_parameters(self, path, view, message):
        with pytest.raises(ViewError, match=message):
            API().add_route(path, view)

    def test_the_message_names_the_view_its_file_and_line(self):
        line = takes_too_much.__code__.co_firstlineno

        with pytest.raises(ViewError, match=rf"takes_too_much' \(test_views\.py:{line}\)"):
            API().add_route("/", takes_too_much)

    @pytest.mark.parametrize("view", ["index", 7, OnGet()], ids=["str", "int", "object"])
    def test_what_cannot_be_called(self, view):
        with pytest.raises(ViewError, match="a view is a function, a class or a callable object"):
            API().add_route("/", view)

    def test_what_does_not_tell_its_parameters_is_named(self):
        with pytest.raises(ViewError, match=r"view 'builtins\.max' does not tell what it takes"):
            API().add_route("/", max)

    def test_callable_object_with_the_wrong_parameters(self):
        class View:
            def __call__(self, req): ...

        with pytest.raises(ViewError, match=r"write def __call__\(req, resp\)"):
            API().add_route("/", View())

    def test_class_without_a_handler(self):
        class Nothing:
            def get(self, req, resp): ...

        with pytest.raises(ViewError, match=r"Nothing' has no on_get\(\), on_post\(\)"):
            API().add_route("/", Nothing)

    def test_class_whose_init_takes_arguments(self):
        class Needs:
            def __init__(self, db): ...

            def on_get(self, req, resp): ...

        with pytest.raises(ViewError, match=r"class view .*Needs': parameter 'db' comes"):
            API().add_route("/", Needs)

    def test_class_whose_handler_has_the_wrong_parameters(self):
        class Short:
            def on_get(self, req, resp): ...

            def on_post(self, req): ...

        with pytest.raises(ViewError, match=r"write def on_post\(self, req, resp\)"):
            API().add_route("/", Short)

    def test_class_whose_static_handler_has_the_wrong_parameters(self):
        class Static:
            @staticmethod
            def on_get(req, resp, extra): ...

        with pytest.raises(ViewError, match=r"on_get' \(test_views\.py:\d+\): parameter 'extra'"):
            API().add_route("/", Static)

    def test_class_whose_on_request_does_not_take_the_parameters_of_the_path(self):
        class Guarded:
            def on_request(self, req, resp): ...

            def on_get(self, req, resp, *, id): ...

        with pytest.raises(ViewError, match=r"write def on_request\(self, req, resp, \*, id\)"):
            API().add_route("/{id}", Guarded)

    def test_class_without_the_handler_that_methods_asks_for(self):
        with pytest.raises(
            ViewError, match=r"lacks on_delete\(\), on_post\(\), which methods= asks"
        ):
            API().add_route("/", OnGet, methods=["GET", "POST", "DELETE"])


class TestFunctions:
    @pytest.mark.parametrize("kind", ["sync", "async"])
    def test_parameters_of_the_path_come_as_keywords(self, client_factory, kind):
        api = API()

        def view(req, resp, *, id, name):
            resp.media = {"id": id, "name": name}

        async def async_view(req, resp, *, id, name):
            view(req, resp, id=id, name=name)

        api.add_route("/{id:int}/{name}", view if kind == "sync" else async_view)

        assert client_factory(api).get("/7/ada").json() == {"id": 7, "name": "ada"}

    def test_parameters_may_be_taken_all_at_once(self, client_factory):
        api = API()
        api.add_route("/{id:int}/{name}", lambda req, resp, **params: params)

        assert client_factory(api).get("/7/ada").json() == {"id": 7, "name": "ada"}

    def test_parameters_may_be_taken_by_position(self, client_factory):
        api = API()
        api.add_route("/{id:int}", lambda request, response, id: id)

        assert client_factory(api).get("/7").json() == 7

    def test_a_parameter_may_be_called_as_the_request_is_elsewhere(self, client_factory):
        api = API()
        api.add_route("/{req}/{resp}", lambda q, p, *, req, resp: req + resp)

        assert client_factory(api).get("/a/b").text == "ab"

    @pytest.mark.parametrize("kind", ["sync", "async"])
    def test_a_callable_object_is_a_view(self, client_factory, kind):
        class Sync:
            def __call__(self, req, resp, *, id):
                resp.media = id

        class Async:
            async def __call__(self, req, resp, *, id):
                resp.media = id

        api = API()
        api.add_route("/{id:int}", Sync() if kind == "sync" else Async())

        assert client_factory(api).get("/7").json() == 7

    @pytest.mark.parametrize("kind", ["sync", "async"])
    def test_a_bound_method_and_a_partial_are_views(self, client_factory, kind):
        class Pages:
            def sync(self, req, resp, *, title="page"):
                resp.text = title

            async def asynchronous(self, req, resp, *, title="page"):
                resp.text = title

        method = Pages().sync if kind == "sync" else Pages().asynchronous
        api = API()
        api.add_route("/method", method)
        api.add_route("/partial", functools.partial(method, title="partial"))
        client = client_factory(api)

        assert client.get("/method").text == "page"
        assert client.get("/partial").text == "partial"

    def test_a_view_behind_a_decorator_is_checked_as_itself(self):
        """functools.wraps() tells the signature, so a mistake inside is seen."""

        @functools.wraps(takes_too_much)
        def wrapper(*args, **kwargs): ...

        with pytest.raises(ViewError, match="takes_too_much"):
            API().add_route("/", wrapper)

    def test_nothing_is_written_on_the_view(self):
        def view(req, resp): ...

        before = dict(vars(view))
        API().add_route("/", view, methods=["GET"], name="index", before=lambda req, resp: None)

        assert vars(view) == before


class Things:
    """One handler of every kind."""

    def on_get(self, req, resp, *, id):
        resp.text = f"get {id}"

    async def on_post(self, req, resp, *, id):
        resp.text = f"post {id}"

    @staticmethod
    def on_put(req, resp, *, id):
        resp.text = f"put {id}"

    @staticmethod
    async def on_patch(req, resp, *, id):
        resp.text = f"patch {id}"

    @classmethod
    def on_delete(cls, req, resp, *, id):
        resp.text = f"delete {id} of {cls.__name__}"

    @classmethod
    async def on_query(cls, req, resp, *, id):
        resp.text = f"query {id} of {cls.__name__}"

    def on_options(self, req, resp, *, id):
        resp.text = f"options {id}"


class TestClasses:
    @pytest.mark.parametrize(
        ("method", "text"),
        [
            ("GET", "get 7"),
            ("POST", "post 7"),
            ("PUT", "put 7"),
            ("PATCH", "patch 7"),
            ("DELETE", "delete 7 of Things"),
            ("QUERY", "query 7 of Things"),
            ("OPTIONS", "options 7"),
        ],
    )
    def test_each_method_runs_its_handler(self, client_factory, method, text):
        api = API()
        api.add_route("/{id:int}", Things)

        assert client_factory(api).request(method, "/7").text == text

    @pytest.mark.parametrize(
        "names", [("req", "resp"), ("cls", "self")], ids=["messages", "objects"]
    )
    @pytest.mark.parametrize("shape", ["one", "both", "mixed"])
    def test_parameters_may_have_any_name(self, client_factory, names, shape):
        class View:
            def on_get(this, q, p, /, **params):
                p.media = params

        class Both(View):
            def on_request(this, q, p, /, **params): ...

        class Mixed(View):
            async def on_request(this, q, p, /, **params): ...

        api = API()
        first, second = names
        path = f"/{{{first}}}/{{{second}}}"
        api.add_route(path, {"one": View, "both": Both, "mixed": Mixed}[shape])

        answer = client_factory(api).get("/a/b")

        assert answer.json() == {first: "a", second: "b"}

    def test_a_class_is_made_anew_for_each_request(self, client_factory):
        class Counter:
            def __init__(self):
                self.count = 0

            def on_get(self, req, resp):
                self.count += 1
                return self.count

        api = API()
        api.add_route("/", Counter)
        client = client_factory(api)

        assert [client.get("/").json(), client.get("/").json()] == [1, 1]

    def test_a_class_may_take_arguments_that_have_defaults(self, client_factory):
        class View:
            def __init__(self, greeting="hello"):
                self.greeting = greeting

            def on_get(self, req, resp):
                return self.greeting

        api = API()
        api.add_route("/", View)

        assert client_factory(api).get("/").text == "hello"

    def test_handlers_may_be_inherited(self, client_factory):
        class Base:
            @staticmethod
            def on_get(req, resp):
                return "inherited"

        class View(Base):
            def on_post(self, req, resp):
                return "own"

        api = API()
        api.add_route("/", View)
        client = client_factory(api)

        assert (client.get("/").text, client.post("/").text) == ("inherited", "own")

    def test_methods_narrows_what_a_class_answers(self, client_factory):
        api = API()
        api.add_route("/{id}", Things, methods=["post"])
        client = client_factory(api)

        assert client.post("/7").text == "post 7"
        assert client.get("/7").status_code == 405
        assert client.get("/7").headers["Allow"] == "OPTIONS, POST"

    def test_a_handler_for_head_alone_answers_head_alone(self, client_factory):
        class Probe:
            def on_head(self, req, resp):
                resp.headers["X-Probe"] = "yes"

        api = API()
        api.add_route("/", Probe)
        client = client_factory(api)

        assert client.head("/").headers["X-Probe"] == "yes"
        assert client.get("/").headers["Allow"] == "HEAD, OPTIONS"

    @pytest.mark.parametrize("methods", [None, ["GET"]], ids=["all", "get"])
    def test_head_runs_on_head_where_there_is_one(self, client_factory, methods):
        class View:
            def on_get(self, req, resp):
                resp.headers["X-Ran"] = "on_get"

            def on_head(self, req, resp):
                resp.headers["X-Ran"] = "on_head"

        api = API()
        api.add_route("/", View, **({} if methods is None else {"methods": methods}))

        assert client_factory(api).head("/").headers["X-Ran"] == "on_head"

    @pytest.mark.parametrize("kind", ["sync", "async"])
    def test_a_failing_init_is_a_500(self, client_factory, kind):
        class View:
            def __init__(self):
                raise LookupError("inside")

        class Sync(View):
            def on_get(self, req, resp): ...

        class Async(View):
            async def on_get(self, req, resp): ...

        api = API()
        api.add_route("/", Sync if kind == "sync" else Async)

        answer = client_factory(api).get("/")

        assert answer.status_code == 500
        assert "inside" not in answer.text


def make_pair(first_sync, second_sync, log, *, first_result=None, second_result=None):
    """A class view with on_request and on_get, each sync or async."""

    def first(self, req, resp, *, id):
        log.append(("on_request", id, self, threading.get_ident()))
        return first_result

    def second(self, req, resp, *, id):
        log.append(("on_get", id, self, threading.get_ident()))
        return second_result

    async def async_first(self, req, resp, *, id):
        return first(self, req, resp, id=id)

    async def async_second(self, req, resp, *, id):
        return second(self, req, resp, id=id)

    class Pair:
        on_request = first if first_sync else async_first
        on_get = second if second_sync else async_second

    return Pair


KINDS = pytest.mark.parametrize(
    ("first_sync", "second_sync"),
    [
        pytest.param(True, True, id="both-sync"),
        pytest.param(False, False, id="both-async"),
        pytest.param(True, False, id="sync-async"),
        pytest.param(False, True, id="async-sync"),
    ],
)


class TestOnRequest:
    @KINDS
    def test_it_runs_before_the_methods_own_on_the_same_object(
        self, client_factory, first_sync, second_sync
    ):
        log = []
        api = API()
        api.add_route("/{id:int}", make_pair(first_sync, second_sync, log))

        assert client_factory(api).get("/7").status_code == 200
        assert [entry[:2] for entry in log] == [("on_request", 7), ("on_get", 7)]
        assert log[0][2] is log[1][2]

    @KINDS
    def test_it_answers_alone_the_methods_without_their_own(
        self, client_factory, first_sync, second_sync
    ):
        log = []
        api = API()
        api.add_route("/{id:int}", make_pair(first_sync, second_sync, log, first_result="alone"))

        assert client_factory(api).delete("/7").text == "alone"
        assert [entry[0] for entry in log] == ["on_request"]

    @KINDS
    @pytest.mark.parametrize(
        ("first_result", "second_result", "text"),
        [("first", None, "first"), (None, "second", "second"), ("first", "second", "second")],
        ids=["first", "second", "both"],
    )
    def test_the_last_result_is_the_body(
        self, client_factory, first_sync, second_sync, first_result, second_result, text
    ):
        api = API()
        pair = make_pair(
            first_sync, second_sync, [], first_result=first_result, second_result=second_result
        )
        api.add_route("/{id}", pair)

        assert client_factory(api).get("/7").text == text

    @KINDS
    @pytest.mark.parametrize("threaded", [True, False], ids=["threaded", "inline"])
    def test_sync_handlers_run_in_a_thread_unless_told_otherwise(
        self, client_factory, first_sync, second_sync, threaded
    ):
        log = []
        loop = []
        api = API()

        @api.before_request
        async def note(req, resp):
            loop.append(threading.get_ident())

        pair = make_pair(first_sync, second_sync, log)
        api.add_route("/{id}", pair, sync_to_thread=threaded)

        client_factory(api).get("/7")

        on_loop = [entry[3] == loop[0] for entry in log]
        assert on_loop == [not (sync and threaded) for sync in (first_sync, second_sync)]

    def test_what_a_handler_takes_it_gets_on_the_loop_too(self, client_factory):
        class View:
            def on_request(self, req, resp, *, page: int = 1):
                resp.headers["X-Page"] = str(page)

            async def on_get(self, req, resp, *, page: int = 1):
                return str(page)

        api = API()
        api.add_route("/", View, sync_to_thread=False)

        answer = client_factory(api).get("/?page=3")

        assert (answer.text, answer.headers["x-page"]) == ("3", "3")

    @pytest.mark.parametrize("second_sync", [True, False], ids=["sync", "async"])
    def test_one_that_gives_a_coroutine_is_no_silent_pass(self, client_factory, second_sync):
        """A guard behind a decorator that is not async itself must not be passed over."""

        async def guard(self, req, resp):
            resp.status_code = 401

        class Base:
            @functools.wraps(guard)
            def on_request(self, req, resp):
                return guard(self, req, resp)

        class Sync(Base):
            def on_get(self, req, resp):
                return "secret"

        class Async(Base):
            async def on_get(self, req, resp):
                return "secret"

        api = API()
        api.add_route("/", Sync if second_sync else Async)

        answer = client_factory(api).get("/")

        assert answer.status_code in (401, 500)

    def test_it_answers_head_and_the_standard_methods(self, ask, http_scope):
        class View:
            def on_request(self, req, resp):
                resp.text = req.method

        api = API()
        api.add_route("/", View)

        assert ask(api, http_scope("HEAD")).headers["content-length"] == "4"
        assert ask(api, http_scope("PATCH")).body == b"PATCH"
        assert ask(api, http_scope("QUERY")).status == 405

    def test_it_may_be_static_beside_a_class_method(self, client_factory):
        class View:
            @staticmethod
            def on_request(req, resp):
                resp.headers["X-First"] = "static"

            @classmethod
            def on_get(cls, req, resp):
                return cls.__name__

        api = API()
        api.add_route("/", View)

        answer = client_factory(api).get("/")

        assert (answer.text, answer.headers["X-First"]) == ("View", "static")


class TestWhereViewsRun:
    @pytest.mark.parametrize("has_parameters", [False, True], ids=["static", "parameters"])
    @pytest.mark.parametrize(
        ("kind", "options", "on_loop"),
        [
            pytest.param("async", {}, True, id="async"),
            pytest.param("sync", {}, False, id="sync"),
            pytest.param("sync", {"sync_to_thread": False}, True, id="sync-inline"),
        ],
    )
    def test_sync_views_run_in_a_thread_unless_told_otherwise(
        self, client_factory, kind, options, on_loop, has_parameters
    ):
        api = API()
        places = {}

        def wrap(route, exchange):
            async def around(req, resp):
                places["loop"] = threading.get_ident()
                await exchange(req, resp)

            return around

        api.around("user", wrap)

        def view(req, resp, **params):
            places["view"] = threading.get_ident()

        async def async_view(req, resp, **params):
            view(req, resp)

        path = "/{id}" if has_parameters else "/7"
        api.add_route(path, view if kind == "sync" else async_view, **options)

        assert client_factory(api).get("/7").status_code == 200
        assert (places["view"] == places["loop"]) is on_loop

    def test_a_sync_view_that_gives_a_coroutine_is_an_error_that_says_so(
        self, client_factory, caplog
    ):
        """The usual cause is a decorator that is not async, around a view that is."""
        api = API()
        coroutines = []

        async def view(req, resp):
            resp.text = "never"

        @api.route("/")
        @functools.wraps(view)
        def wrapper(req, resp):
            coroutines.append(view(req, resp))
            return coroutines[0]

        answer = client_factory(api).get("/")
        state = inspect.getcoroutinestate(coroutines[0])
        coroutines[0].close()

        assert answer.status_code == 500
        assert "coroutine" in str(caplog.records[0].exc_info[1])
        assert state in (inspect.CORO_CREATED, inspect.CORO_CLOSED)

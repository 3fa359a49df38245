"""Dependencies: what providers give, once for a request, and how they end."""

import contextlib
import dataclasses
import functools
import threading
from typing import Annotated

import anyio
import msgspec
import pytest

from responder_core import (
    API,
    DependencyCycleError,
    DependencyError,
    DependencyResolutionError,
    DependencyScopeError,
    Depends,
    Header,
    Problem,
    Query,
    Request,
    Response,
    ViewError,
    abort,
)


@pytest.fixture
def log():
    return []


def function_provider(log):
    def provide():
        log.append("open")
        return "value"

    return provide


def coroutine_provider(log):
    async def provide():
        log.append("open")
        return "value"

    return provide


def generator_provider(log):
    def provide():
        log.append("open")
        yield "value"
        log.append("close")

    return provide


def async_generator_provider(log):
    async def provide():
        log.append("open")
        yield "value"
        log.append("close")

    return provide


PROVIDERS = [
    function_provider,
    coroutine_provider,
    generator_provider,
    async_generator_provider,
]


class TestProviders:
    @pytest.mark.parametrize("make", PROVIDERS)
    @pytest.mark.parametrize("kind", ["sync", "async"])
    @pytest.mark.parametrize("how", ["default", "annotated", "named"])
    def test_each_kind_gives_its_value_to_each_kind_of_view(
        self, client_factory, log, make, kind, how
    ):
        api = API()
        provide = make(log)
        api.add_dependency("x", provide)

        def view(req, resp, *, x):
            log.append("view")
            resp.text = x

        async def view_async(req, resp, *, x):
            log.append("view")
            resp.text = x

        chosen = view if kind == "sync" else view_async
        if how == "default":
            chosen.__kwdefaults__ = {"x": Depends(provide)}
        elif how == "annotated":
            chosen.__annotations__["x"] = Annotated[str, Depends(provide)]
        api.add_route("/", chosen)

        assert client_factory(api).get("/").text == "value"
        closes = ["close"] if "generator" in make.__name__ else []
        assert log == ["open", "view", *closes]

    def test_a_class_is_a_provider(self, client_factory):
        class Page(msgspec.Struct):
            number: int = 1
            size: int = 10

        class Clock:
            def __init__(self, req, zone: str = Query("UTC")):
                self.zone = zone
                self.method = req.method

        api = API()

        @api.get("/")
        def view(req, resp, *, page: Annotated[Page, Depends()], clock=Depends(Clock)):
            resp.media = [page.number, page.size, clock.zone, clock.method]

        answer = client_factory(api).get("/?number=3&zone=CET")
        assert answer.json() == [3, 10, "CET", "GET"]

    def test_partials_and_callable_objects(self, client_factory):
        class Provider:
            async def __call__(self, x: int = 1):
                yield x

        api = API()

        provider = Provider()
        with_five = functools.partial(provider, x=5)

        @api.get("/")
        def view(req, resp, *, a=Depends(provider), b=Depends(with_five)):
            resp.media = [a, b]

        assert client_factory(api).get("/").json() == [1, 5]

    def test_providers_take_what_views_take(self, client_factory):
        api = API()

        @api.dependency()
        def tenant(request, tenant_id: int, x_zone: str = Header("none")):
            return [request.path_params, tenant_id, x_zone]

        @api.dependency
        async def both(req: Request, other: Response, tenant, q: str = "none"):
            other.headers["X-Seen"] = "yes"
            return [*tenant, q, req.method]

        @api.get("/{tenant_id}")
        def view(req, resp, *, tenant_id, both):
            resp.media = both

        answer = client_factory(api).get("/7?q=tea", headers={"X-Zone": "eu"})

        assert answer.json() == [{"tenant_id": "7"}, 7, "eu", "tea", "GET"]
        assert answer.headers["x-seen"] == "yes"

    def test_a_provider_may_take_the_parameter_of_the_path_from_the_view(self, client_factory):
        api = API()

        def user(user_id: int):
            return f"user {user_id}"

        @api.get("/{user_id}")
        async def view(req, resp, *, user=Depends(user)):
            resp.text = user

        assert client_factory(api).get("/7").text == "user 7"

    def test_their_faults_are_those_of_the_request(self, client_factory):
        api = API()

        def page(limit: int = Query(le=10)): ...

        @api.get("/")
        def view(req, resp, *, q: str, page=Depends(page)): ...

        answer = client_factory(api).get("/?limit=11")

        assert answer.status_code == 422
        assert [each["parameter"] for each in answer.json()["errors"]] == ["limit", "q"]

    @pytest.mark.parametrize("kind", ["async", "sync", "generator", "async generator"])
    def test_one_that_fails_is_called_once_too(self, client_factory, log, kind):
        api = API()

        def user():
            log.append("called")
            raise Problem(401)

        async def user_async():
            return user()

        def user_yielded():
            yield user()

        async def user_yielded_async():
            yield user()

        provider = {
            "async": user_async,
            "sync": user,
            "generator": user_yielded,
            "async generator": user_yielded_async,
        }[kind]

        def note(req, resp, *, who=Depends(provider)):
            log.append("never")

        @api.get("/", after=note)
        async def view(req, resp, *, who=Depends(provider)):
            log.append("never")

        client = client_factory(api)
        assert [client.get("/").status_code for _ in range(2)] == [401, 401]
        assert log == ["called"] * 2

    @pytest.mark.parametrize("kind", ["async", "sync", "generator"])
    def test_one_that_fails_leaves_the_others(self, client_factory, log, kind):
        api = API()

        def fail():
            raise Problem(401)

        def clock():
            return 12

        async def clock_async():
            return 12

        async def clock_yielded():
            yield 12

        provider = {"async": clock_async, "sync": clock, "generator": clock_yielded}[kind]

        def note(req, resp, *, now=Depends(provider)):
            log.append(now)

        @api.get("/", after=note)
        async def view(req, resp, *, who=Depends(fail)):
            log.append("never")

        assert client_factory(api).get("/").status_code == 401
        assert log == [12]

    def test_each_is_called_once_for_a_request(self, client_factory, log):
        api = API()

        def base():
            log.append("base")
            return object()

        def left(base=Depends(base)):
            return base

        async def right(base=Depends(base)):
            return base

        @api.before_request
        def hook(req, resp, *, base=Depends(base)): ...

        @api.get("/", dependencies=[Depends(base)])
        def view(req, resp, *, base=Depends(base), left=Depends(left), right=Depends(right)):
            resp.media = base is left is right

        client = client_factory(api)

        assert client.get("/").json() is True
        assert log == ["base"]
        client.get("/")
        assert log == ["base", "base"]

    def test_adjacent_sync_providers_share_a_thread_with_the_view(
        self, client_factory, monkeypatch
    ):
        api = API()
        threads = []

        def note():
            threads.append(threading.get_ident())

        def first():
            note()
            yield

        def second(first=Depends(first)):
            note()

        @api.get("/")
        def view(req, resp, *, second=Depends(second)):
            note()

        hops = []

        async def hop(function, *args):
            hops.append(function)
            return await anyio.to_thread.run_sync(function, *args)

        for module in ("exchange", "binding", "dependencies"):
            monkeypatch.setattr(f"responder_core.{module}.run_in_thread", hop)

        client_factory(api).get("/")

        assert len(threads) == 3
        assert len(set(threads)) == 1
        assert len(hops) == 1


class TestTeardown:
    def test_it_runs_in_reverse_after_the_answer_was_sent(self, client_factory, log):
        api = API()

        def outer():
            log.append("outer+")
            yield
            log.append("outer-")

        async def inner(outer=Depends(outer)):
            log.append("inner+")
            yield
            log.append("inner-")

        async def stream():
            log.append("body")
            yield b"x"

        @api.get("/")
        async def view(req, resp, *, inner=Depends(inner)):
            resp.stream(stream)

        assert client_factory(api).get("/").content == b"x"
        assert log == ["outer+", "inner+", "body", "inner-", "outer-"]

    @pytest.mark.parametrize("make", ["sync", "async"])
    @pytest.mark.parametrize("failure", [KeyError("x"), Problem(409), LookupError()], ids=repr)
    def test_it_sees_why_the_request_failed(self, client_factory, log, make, failure):
        api = API()

        def provide():
            try:
                yield
            except Exception as error:
                log.append(error)
                raise

        async def provide_async():
            try:
                yield
            except Exception as error:
                log.append(error)
                raise

        provider = provide if make == "sync" else provide_async

        @api.get("/")
        def view(req, resp, *, x=Depends(provider)):
            raise failure

        answer = client_factory(api).get("/")

        assert answer.status_code == getattr(failure, "status_code", 500)
        assert log == [failure]

    def test_a_failure_that_a_handler_answers_is_seen_all_the_same(self, client_factory, log):
        api = API()

        def provide():
            try:
                yield
            except KeyError:
                log.append("rolled back")

        @api.exception_handler(KeyError)
        def answer(req, resp, exc):
            resp.status_code = 200

        @api.get("/")
        def view(req, resp, *, x=Depends(provide)):
            raise KeyError

        assert client_factory(api).get("/").status_code == 200
        assert log == ["rolled back"]

    def test_an_answer_that_cannot_be_encoded_is_a_failure_too(self, client_factory, log):
        api = API()

        def provide():
            try:
                yield
            except TypeError:
                log.append("rolled back")

        @api.get("/")
        def view(req, resp, *, x=Depends(provide)):
            resp.media = object()

        assert client_factory(api).get("/").status_code == 500
        assert log == ["rolled back"]

    def test_one_that_fails_is_logged_and_the_others_go_on(self, client_factory, log, caplog):
        api = API()

        def first():
            yield
            log.append("first closed")

        def second(first=Depends(first)):
            yield
            raise RuntimeError("boom")

        @api.get("/")
        def view(req, resp, *, second=Depends(second)):
            resp.text = "sent"

        assert client_factory(api).get("/").text == "sent"
        assert log == ["first closed"]
        [record] = caplog.records
        assert "second failed" in record.getMessage()
        assert "'GET' '/'" in record.getMessage().replace("GET '/'", "'GET' '/'")

    @pytest.mark.parametrize("kind", ["sync", "async"])
    def test_a_second_yield_is_logged(self, client_factory, caplog, kind):
        api = API()

        def twice():
            yield 1
            yield 2

        async def twice_async():
            yield 1
            yield 2

        @api.get("/")
        def view(req, resp, *, x=Depends(twice if kind == "sync" else twice_async)):
            resp.media = x

        assert client_factory(api).get("/").json() == 1
        [record] = caplog.records
        assert "yields once" in str(record.exc_info[1])

    @pytest.mark.parametrize("kind", ["sync", "async"])
    def test_a_generator_without_a_yield_is_an_error(self, client_factory, caplog, kind):
        api = API()

        def never():
            if not api:
                yield

        async def never_async():
            if not api:
                yield

        @api.get("/")
        def view(req, resp, *, x=Depends(never if kind == "sync" else never_async)): ...

        assert client_factory(api).get("/").status_code == 500
        assert isinstance(caplog.records[0].exc_info[1], DependencyError)

    def test_what_was_opened_before_one_failed_is_closed(self, client_factory, log):
        api = API()

        def first():
            try:
                yield
            except ZeroDivisionError:
                log.append("first saw it")

        def second(first=Depends(first)):
            1 / 0  # noqa: B018 - it fails
            yield

        @api.get("/")
        def view(req, resp, *, second=Depends(second)): ...

        assert client_factory(api).get("/").status_code == 500
        assert log == ["first saw it"]

    def test_a_teardown_that_ends_the_program_leaves_the_others_theirs(self, talk, http_scope, log):
        class StopError(BaseException):
            pass

        async def first():
            yield
            log.append("first")

        async def second(first=Depends(first)):
            yield
            raise StopError

        api = API()

        @api.get("/")
        async def view(req, resp, *, second=Depends(second)): ...

        with pytest.raises(StopError):
            talk(api, http_scope(), {"type": "http.request", "body": b"", "more_body": False})
        assert log == ["first"]

    def test_a_request_that_is_cancelled_is_torn_down(self, backend, http_scope, log):
        api = API()

        async def provide():
            try:
                yield
            except BaseException:
                log.append("told")
                await anyio.lowlevel.checkpoint()
                log.append("waited for")
                raise

        @api.get("/")
        async def view(req, resp, *, x=Depends(provide)):
            scope.cancel()
            await anyio.sleep_forever()

        scope = None

        async def main():
            nonlocal scope
            with anyio.CancelScope() as scope:
                await api(http_scope(), None, None)

        anyio.run(main, backend=backend)

        assert log == ["told", "waited for"]


class TestAppScope:
    def test_it_is_made_once_and_ends_with_the_app(self, client_factory, log):
        api = API()

        @api.dependency(scope="app")
        async def pool():
            log.append("open")
            yield object()
            log.append("close")

        @api.dependency(scope="app")
        def repository(pool, size: int = 3):
            return (pool, size)

        @api.get("/")
        def view(req, resp, *, repository, pool):
            resp.media = repository == (pool, 3)

        with client_factory(api) as client:
            assert log == []
            assert client.get("/").json() is True
            assert client.get("/").json() is True
            assert log == ["open"]
        assert log == ["open", "close"]
        with client_factory(api) as client:
            client.get("/")
        assert log == ["open", "close", "open", "close"]

    def test_requests_that_come_at_once_share_it(self, backend, http_scope, log):
        api = API()

        @api.dependency(scope="app")
        async def slow():
            log.append("open")
            await anyio.lowlevel.checkpoint()

        @api.get("/")
        async def view(req, resp, *, slow): ...

        async def send(message): ...

        async def main():
            async with anyio.create_task_group() as group:
                for _ in range(5):
                    group.start_soon(api, http_scope(), None, send)

        anyio.run(main, backend=backend)

        assert log == ["open"]

    def test_two_who_ask_at_once_wait_for_one(self, run, log):
        api = API()

        @api.dependency(scope="app")
        async def slow():
            log.append("made")
            await anyio.wait_all_tasks_blocked()
            return "ready"

        @api.get("/")
        async def view(req, resp, *, slow):
            resp.text = slow

        async def main():
            async def ask():
                answers.append((await client.get("/")).text)

            answers = []
            async with api.async_client() as client, anyio.create_task_group() as group:
                group.start_soon(ask)
                group.start_soon(ask)
            return answers

        assert run(main) == ["ready", "ready"]
        assert log == ["made"]

    def test_one_that_fails_is_tried_again(self, client_factory):
        api = API()
        tries = iter([True, False])

        @api.dependency(scope="app")
        def flaky():
            if next(tries):
                abort(503)
            return "ready"

        @api.get("/")
        def view(req, resp, *, flaky):
            resp.text = flaky

        client = client_factory(api)

        assert client.get("/").status_code == 503
        assert client.get("/").text == "ready"

    @pytest.mark.parametrize(
        ("provider", "message"),
        [
            (lambda req: None, "takes 'req' from the request"),
            (lambda resp: None, "takes 'resp' from the request"),
            (lambda q=Query(): None, "takes 'q' from a query"),
            (lambda short: None, "needs 'short'.*give that scope='app' too"),
        ],
    )
    def test_it_belongs_to_no_request(self, provider, message):
        api = API()
        api.add_dependency("short", lambda: None)
        api.add_dependency("long", provider, scope="app")

        @api.get("/")
        def view(req, resp, *, long): ...

        with pytest.raises(DependencyScopeError, match=message), api.test_client():
            pass

    def test_a_teardown_that_fails_is_logged_and_the_others_go_on(
        self, client_factory, log, caplog
    ):
        api = API()

        @api.dependency(scope="app")
        def first():
            yield
            log.append("closed")

        @api.dependency(scope="app")
        def second(first):
            yield
            raise RuntimeError("boom")

        @api.get("/")
        def view(req, resp, *, second): ...

        with client_factory(api) as client:
            client.get("/")

        assert log == ["closed"]
        assert "teardown of" in caplog.records[0].getMessage()


class TestOverrides:
    def make(self, log):
        api = API()

        def settings():
            return "real"

        @api.dependency()
        def db(settings=Depends(settings)):
            yield f"{settings} db"

        @api.dependency(scope="app")
        def pool():
            log.append("pool")
            return "real pool"

        @api.get("/")
        async def view(req, resp, *, db, pool):
            resp.text = f"{db}, {pool}"

        return api, settings

    def test_values_and_providers_stand_in(self, client_factory, log):
        api, settings = self.make(log)
        client = client_factory(api)

        with api.dependency_overrides(db="fake db"):
            assert client.get("/").text == "fake db, real pool"
            wrong = api.dependency_overrides(pool=lambda db: f"pool of {db}")
            with wrong, pytest.raises(DependencyScopeError):
                api.test_client().get("/")
        with api.dependency_overrides({settings: lambda q="fake": q}, pool="fake pool"):
            assert client.get("/").text == "fake db, fake pool"
        assert client.get("/").text == "real db, real pool"
        assert log == ["pool"]

    def test_tasks_do_not_disturb_each_other(self, backend, http_scope, log):
        api, _ = self.make(log)
        found = {}

        async def ask(name):
            with api.dependency_overrides(db=name):
                sent = []

                async def send(message):
                    sent.append(message)
                    await anyio.lowlevel.checkpoint()

                for _ in range(3):
                    await api(http_scope(), None, send)
                found[name] = {message.get("body") for message in sent} - {None}

        async def main():
            async with anyio.create_task_group() as group:
                for name in "abc":
                    group.start_soon(ask, name)

        anyio.run(main, backend=backend)

        assert found == {name: {f"{name}, real pool".encode()} for name in "abc"}

    def test_an_unknown_name_is_refused(self, log):
        api, _ = self.make(log)

        with (
            pytest.raises(DependencyResolutionError, match=r"no dependency 'pol'.*mean 'pool'"),
            api.dependency_overrides(pol=1),
        ):
            pass


class TestRefused:
    def test_a_circle_is_found_at_start_up(self, client_factory):
        api = API()

        @api.dependency()
        def one(two): ...

        @api.dependency()
        def two(one): ...

        @api.get("/")
        def view(req, resp, *, one): ...

        circle = pytest.raises(DependencyCycleError, match=r"one.* → .*two.* → .*one")
        with circle, client_factory(api):
            pass

    def test_a_parameter_from_nowhere_is_found_at_start_up(self, client_factory):
        api = API()

        @api.dependency()
        def one(nothing): ...

        @api.get("/")
        def view(req, resp, *, one): ...

        nowhere = pytest.raises(DependencyResolutionError, match="'nothing' comes from nowhere")
        with nowhere, client_factory(api):
            pass

    @pytest.mark.parametrize("name", ["req", "request", "resp", "response", "ws", "websocket"])
    def test_a_reserved_name(self, name):
        with pytest.raises(ValueError, match=f"no dependency may be called '{name}'"):
            API().add_dependency(name, dict)

    @pytest.mark.parametrize(
        ("name", "provider", "scope", "message"),
        [
            ("db", dict, "request", "a dependency 'db' already"),
            ("a b", dict, "request", "'a b' is no name"),
            ("x", dict, "session", "'request' or 'app', not 'session'"),
        ],
    )
    def test_what_cannot_be_registered(self, name, provider, scope, message):
        api = API()
        api.add_dependency("db", list)

        with pytest.raises(ValueError, match=message):
            api.add_dependency(name, provider, scope=scope)

    def test_what_cannot_be_called(self):
        with pytest.raises(TypeError, match="a function that gives the value, not 7"):
            API().add_dependency("x", 7)
        with pytest.raises(TypeError, match="what can be called to give the value, not 7"):
            Depends(7)

    def test_a_name_that_is_registered_after_the_view(self):
        api = API()

        with pytest.raises(ViewError, match=r"register @api.dependency\(\) def db\(\) before"):

            @api.get("/")
            def view(req, resp, *, db): ...

    def test_a_sync_provider_that_gives_an_awaitable(self, client_factory, caplog):
        api = API()

        async def later(): ...

        def provide():
            return later()

        @api.get("/")
        def view(req, resp, *, x=Depends(provide)): ...

        assert client_factory(api).get("/").status_code == 500
        assert "make it async def" in str(caplog.records[0].exc_info[1])


class TestClassViews:
    def test_the_class_and_its_handlers_are_given_what_they_take(self, client_factory, log):
        api = API()

        @api.dependency()
        def db():
            yield "db"
            log.append("closed")

        @api.route("/{id}")
        class View:
            def __init__(self, db, zone: str = Header("none")):
                self.db, self.zone = db, zone

            def on_request(self, req, resp, *, id: int):
                log.append(id)

            async def on_get(self, req, resp, *, id: int, q: int = 1):
                return [self.db, self.zone, id, q]

            def on_post(self, req, resp, *, id: int, db):
                return [db, id]

        client = client_factory(api)

        assert client.get("/7?q=3", headers={"Zone": "eu"}).json() == ["db", "eu", 7, 3]
        assert client.post("/8").json() == ["db", 8]
        assert log == [7, "closed", 8, "closed"]

    def test_one_name_for_two_things_is_refused(self):
        class View:
            def __init__(self, x: str = Header()): ...
            def on_get(self, req, resp, *, x: str = Query()): ...

        with pytest.raises(ViewError, match="'x' from the header in one place and from the query"):
            API().add_route("/", View)

    def test_a_handler_that_is_a_plain_function_with_an_awaitable(self, client_factory, caplog):
        class View:
            def on_request(self, req, resp, *, x: int = 1):
                return anyio.lowlevel.checkpoint()

            def on_get(self, req, resp): ...

        api = API()
        api.add_route("/", View)

        assert client_factory(api).get("/").status_code == 500
        assert "make it async def" in str(caplog.records[0].exc_info[1])


class TestHooks:
    @pytest.mark.parametrize("make", PROVIDERS)
    @pytest.mark.parametrize("place", ["before", "after"])
    def test_hooks_take_dependencies_and_parameters(self, client_factory, log, make, place):
        api = API()
        api.add_dependency("x", make(log))

        async def hook(req, resp, *, x, q: int = Query(1)):
            resp.headers["X-Async"] = f"{x} {q}"

        def hook_sync(req, x):
            log.append(x)

        @api.get("/", **{place: [hook, hook_sync]})
        def view(req, resp): ...

        answer = client_factory(api).get("/?q=2")

        assert answer.headers["x-async"] == "value 2"
        assert log[:2] == ["open", "value"]

    def test_a_hook_of_the_app_on_the_loop(self, client_factory):
        api = API()

        @api.before_request(sync_to_thread=False)
        def hook(req, resp, *, q: str = Query("none")):
            resp.headers["X-Q"] = q

        @api.get("/")
        def view(req, resp): ...

        client = client_factory(api)
        assert client.get("/?q=a").headers["x-q"] == "a"

    def test_a_before_hook_s_faults_are_those_of_the_request(self, client_factory):
        api = API()

        @api.get("/", before=lambda req, resp, q=Query(): None)
        def view(req, resp): ...

        assert client_factory(api).get("/").status_code == 422


class TestAwkwardProviders:
    @pytest.mark.parametrize(
        "kind", ["partial", "wrapped", "contextmanager", "asynccontextmanager"]
    )
    def test_generators_are_opened_however_they_are_dressed(self, client_factory, log, kind):
        def generate(name="x"):
            yield name
            log.append("closed")

        async def generate_async():
            yield "x"
            log.append("closed")

        @functools.wraps(generate)
        def wrapper(*args, **kwargs):
            return generate(*args, **kwargs)

        provider = {
            "partial": functools.partial(generate, "x"),
            "wrapped": wrapper,
            "contextmanager": contextlib.contextmanager(generate),
            "asynccontextmanager": contextlib.asynccontextmanager(generate_async),
        }[kind]
        needed = Depends(provider)
        api = API()

        @api.get("/")
        def view(req, resp, *, x=needed):
            resp.text = x

        assert client_factory(api).get("/").text == "x"
        assert log == ["closed"]

    def test_one_that_cannot_be_hashed(self, client_factory):
        @dataclasses.dataclass
        class Limit:
            count: int

            def __call__(self, req):
                return self.count

        needed = Depends(Limit(5))
        api = API()

        @api.get("/", dependencies=[needed])
        def view(req, resp, *, limit=needed):
            resp.media = limit

        assert client_factory(api).get("/").json() == 5

    def test_a_model_without_a_provider_is_read_from_the_query(self, client_factory):
        pydantic = pytest.importorskip("pydantic", reason="pydantic is not installed")
        page = pydantic.create_model(
            "Page",
            number=(int, pydantic.Field(1, ge=1)),
            tags=(list[str], pydantic.Field(default_factory=list)),
        )
        api = API()

        @api.get("/")
        def view(req, resp, *, page: Annotated[page, Depends()]):
            resp.media = page

        client = client_factory(api)

        assert client.get("/?tags=a").json() == {"number": 1, "tags": ["a"]}
        assert client.get("/?number=0").status_code == 422

    def test_a_provider_means_the_dependency_of_a_name_on_every_path(self, client_factory):
        api = API()

        @api.dependency()
        def user():
            return "verified"

        @api.dependency()
        def greeting(user):
            return f"hello {user}"

        @api.get("/{user}")
        def view(req, resp, *, user, greeting):
            resp.media = [user, greeting]

        assert client_factory(api).get("/evil").json() == ["evil", "hello verified"]

    def test_many_that_wait_for_what_others_hold_do_not_lock_up(self, backend, http_scope):
        """A teardown must find a thread though all the others wait for what it gives back."""
        api = API()
        connections = threading.Semaphore(2)

        def connect():
            assert connections.acquire(timeout=30)
            yield
            connections.release()

        @api.get("/")
        def view(req, resp, *, connection=Depends(connect)):
            resp.text = "x"

        statuses = []

        async def send(message):
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        async def main():
            async with anyio.create_task_group() as group:
                for _ in range(60):
                    group.start_soon(api, http_scope(), None, send)

        anyio.run(main, backend=backend)

        assert statuses == [200] * 60

    def test_one_may_hold_a_task_group(self, client_factory, caplog):
        api = API()

        async def group():
            async with anyio.create_task_group() as group:
                yield group

        @api.get("/")
        async def view(req, resp, *, group=Depends(group)):
            group.start_soon(anyio.lowlevel.checkpoint)
            resp.text = "x"

        assert client_factory(api).get("/").text == "x"
        assert caplog.records == []

    def test_a_stream_that_breaks_off_is_a_failure(self, client_factory, log):
        api = API()

        def provide():
            try:
                yield
            except KeyError:
                log.append("rolled back")

        @api.get("/")
        async def view(req, resp, *, x=Depends(provide)):
            @resp.stream
            async def body():
                yield b"x"
                raise KeyError

        client_factory(api).get("/")

        assert log == ["rolled back"]

    def test_a_cancelled_background_task_does_not_keep_teardowns_from_running(
        self, backend, http_scope, log
    ):
        api = API()

        async def provide():
            try:
                yield
            finally:
                await anyio.lowlevel.checkpoint()
                log.append("closed")

        @api.get("/")
        async def view(req, resp, *, x=Depends(provide)):
            async def forever():
                scope.cancel()
                await anyio.sleep_forever()

            resp.background(forever)

        scope = None

        async def send(message): ...

        async def main():
            nonlocal scope
            with anyio.CancelScope() as scope:
                await api(http_scope(), None, send)

        anyio.run(main, backend=backend)

        assert log == ["closed"]

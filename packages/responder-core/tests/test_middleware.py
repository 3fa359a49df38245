"""Middleware: ASGI apps around the app or a router, and functions around exchanges."""

import anyio
import pytest
from starlette.responses import PlainTextResponse

from responder_core import API, Router, ViewError, abort


class Tag:
    """ASGI middleware that counts its instances and marks answers."""

    made = 0

    def __init__(self, app, name="tag"):
        type(self).made += 1
        self.app, self.name = app, name

    async def __call__(self, scope, receive, send):
        async def mark(message):
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-tag", self.name.encode())]
            await send(message)

        await self.app(scope, receive, mark)


class TestAsgi:
    def test_what_is_added_last_is_outermost_and_sees_everything(self, client_factory):
        api = API()
        api.add_middleware(Tag, name="inner")
        api.add_middleware(Tag, name="outer")
        api.add_route("/", lambda req, resp: "x")

        client = client_factory(api)

        assert client.get("/").headers["x-tag"] == "inner, outer"
        assert client.get("/nowhere").headers["x-tag"] == "inner, outer"

    def test_a_router_s_is_made_once_and_costs_others_nothing(self, client_factory):
        class Counted(Tag):
            made = 0

        api = API()
        router = Router("/r")
        router.add_middleware(Counted, name="router")
        for path in ("/a", "/b/{id:int}"):
            router.add_route(path, lambda req, resp, **params: [params])
        api.include_router(router)
        api.add_middleware(Tag, name="app")
        api.add_route("/", lambda req, resp: "x")
        client = client_factory(api)

        assert client.get("/r/a").headers["x-tag"] == "router, app"
        answer = client.get("/r/b/7")
        assert (answer.headers["x-tag"], answer.json()) == ("router, app", [{"id": 7}])
        assert client.get("/").headers["x-tag"] == "app"
        api.add_route("/later", lambda req, resp: "x")
        assert client.get("/r/a").headers["x-tag"] == "router, app"
        assert Counted.made == 1

    def test_the_lifespan_passes_through(self, client_factory):
        api = API()
        api.add_middleware(Tag)
        log = []
        api.on_event("startup")(lambda: log.append("started"))

        with client_factory(api):
            assert log == ["started"]

    def test_what_cannot_be_called_is_refused(self):
        with pytest.raises(TypeError, match="takes a class of ASGI middleware, not 7"):
            API().add_middleware(7)


class TestFunctions:
    def test_it_gets_the_response_before_it_is_sent(self, client_factory):
        api = API()
        log = []

        @api.middleware("http")
        async def outer(req, call_next):
            log.append("outer")
            resp = await call_next(req)
            resp.headers["X-Status"] = str(resp.status_code)
            return resp

        @api.middleware()
        async def outermost(request, call_next):
            log.append("outermost")
            return await call_next(request)

        @api.get("/")
        def view(req, resp):
            resp.media = {"x": 1}

        @api.get("/fails")
        def fails(req, resp):
            raise KeyError

        client = client_factory(api)

        assert client.get("/").json() == {"x": 1}
        assert log == ["outermost", "outer"]
        assert client.get("/fails").headers["x-status"] == "500"
        assert client.get("/nowhere").headers["x-status"] == "404"

    @pytest.mark.parametrize(
        ("result", "status", "body"),
        [
            ("no", 200, b"no"),
            (("no", 403), 403, b"no"),
            ({"x": 1}, 200, b'{"x":1}'),
            (PlainTextResponse("no", 418, {"X-A": "b"}), 418, b"no"),
        ],
        ids=["str", "tuple", "dict", "starlette"],
    )
    def test_it_may_answer_itself(self, client_factory, result, status, body):
        api = API()

        @api.middleware("http")
        async def refuse(req, call_next):
            return result

        @api.get("/")
        def view(req, resp):
            raise AssertionError

        answer = client_factory(api).get("/")

        assert (answer.status_code, answer.content) == (status, body)
        if status == 418:
            assert answer.headers["x-a"] == "b"
            assert answer.headers["content-type"].startswith("text/plain")

    def test_one_that_does_nothing_is_an_error(self, client_factory, caplog):
        api = API()

        @api.middleware("http")
        async def nothing(req, call_next): ...

        api.add_route("/", lambda req, resp: "x")

        assert client_factory(api).get("/").status_code == 500
        assert "neither called call_next nor answered" in str(caplog.records[0].exc_info[1])

    def test_one_may_try_again(self, client_factory):
        api = API()
        tries = []

        @api.middleware("http")
        async def retry(req, call_next):
            resp = await call_next(req)
            return resp if resp.status_code != 503 else await call_next(req)

        @api.get("/")
        def view(req, resp):
            tries.append(True)
            if len(tries) == 1:
                abort(503)
            return {"ok": 1}

        answer = client_factory(api).get("/")
        assert (answer.status_code, answer.json()) == (200, {"ok": 1})

    def test_one_that_fails_is_answered(self, client_factory):
        api = API()

        @api.middleware("http")
        async def fail(req, call_next):
            await call_next(req)
            raise KeyError

        @api.get("/")
        def view(req, resp): ...

        assert client_factory(api).get("/").status_code == 500

    def test_a_stream_goes_on_behind_it(self, client_factory):
        api = API()
        log = []

        @api.middleware("http")
        async def around(req, call_next):
            resp = await call_next(req)
            log.append("left")
            return resp

        @api.get("/")
        async def view(req, resp):
            @resp.stream
            async def body():
                log.append("body")
                await anyio.lowlevel.checkpoint()
                yield b"x"

        assert client_factory(api).get("/").content == b"x"
        assert log == ["left", "body"]

    def test_a_router_s_is_its_own(self, client_factory):
        api = API()
        group = api.group("/g")
        group.add_route("/x", lambda req, resp: "x")
        api.add_route("/x", lambda req, resp: "x")

        @group.middleware("http")
        async def mark(req, call_next):
            resp = await call_next(req)
            resp.headers["X-Marked"] = "yes"
            return resp

        client = client_factory(api)

        assert client.get("/g/x").headers["x-marked"] == "yes"
        assert "x-marked" not in client.get("/x").headers

    @pytest.mark.parametrize("registrar", [API(), Router()])
    def test_another_kind_is_refused(self, registrar):
        with pytest.raises(ValueError, match=r"middleware\('websocket'\) is unknown"):
            registrar.middleware("websocket")

    @pytest.mark.parametrize(
        "function", [lambda req, call_next: None, lambda req: None], ids=["sync", "one"]
    )
    def test_what_cannot_work_is_refused(self, function):
        with pytest.raises(ViewError, match=r"write async def middleware\(req, call_next\)"):
            API().middleware("http")(function)

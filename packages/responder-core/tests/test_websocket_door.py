"""What stands before a WebSocket, and how it ends: origin, hooks, guards, parameters, limits."""

import threading

import anyio
import msgspec
import pytest
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from responder_core import API, Depends, Header, Path, Problem, Query, Router, ViewError, abort


class Move(msgspec.Struct):
    x: int
    y: int = 0


@pytest.fixture
def log():
    return []


def open_socket(client, path="/", **options):
    return client.websocket_connect(path, **options)


def denied(client, path="/", **options):
    """The answer that a socket is refused with."""
    socket = client.websocket_connect(path, **options)
    with pytest.raises(WebSocketDenialResponse) as caught, socket:
        raise AssertionError
    return caught.value


def closed():
    """Where a socket is closed; the code is in what was raised."""
    return pytest.raises(WebSocketDisconnect)


class TestArguments:
    def test_a_view_takes_parameters_and_dependencies(self, client_factory, log):
        api = API()

        @api.dependency()
        def db():
            yield "db"
            log.append("closed")

        def user(ws, token: str = Query()):
            return f"{token} of {ws.path_params['room']}"

        @api.websocket_route("/{room}")
        async def chat(ws, *, room: int, db, x_zone: str = Header("none"), user=Depends(user)):
            await ws.accept()
            await ws.send_json([room, db, x_zone, user])
            await ws.receive_text()

        with open_socket(client_factory(api), "/7?token=t", headers={"X-Zone": "eu"}) as ws:
            assert ws.receive_json() == [7, "db", "eu", "t of 7"]
            assert log == []
            ws.send_text("bye")
        assert log == ["closed"]

    def test_a_fault_is_the_http_answer(self, client_factory):
        api = API()

        @api.websocket_route("/{room}")
        async def chat(ws, *, room: int = Path(ge=1), token: str): ...

        answer = denied(client_factory(api), "/0")

        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert [each["parameter"] for each in answer.json()["errors"]] == ["room", "token"]

    def test_a_dependency_sees_why_it_ended(self, client_factory, log):
        api = API()

        def provide():
            try:
                yield
            except KeyError:
                log.append("rolled back")

        @api.websocket_route("/")
        async def chat(ws, *, x=Depends(provide)):
            await ws.accept()
            raise KeyError

        with open_socket(client_factory(api)) as ws, closed() as caught:
            ws.receive_text()

        assert caught.value.code == 1011
        assert log == ["rolled back"]

    @pytest.mark.parametrize(
        ("annotation", "message"),
        [(Move, "from a body, which a WebSocket has not"), (None, "comes from nowhere")],
    )
    def test_what_cannot_work_is_refused(self, annotation, message):
        async def view(ws, *, x): ...

        if annotation is not None:
            view.__annotations__["x"] = annotation

        with pytest.raises(ViewError, match=message):
            API().websocket_route("/")(view)

    def test_a_view_that_leaves_out_the_socket_is_refused(self):
        async def view(q: int, page: int = 1): ...

        with pytest.raises(ViewError, match=r"takes q: int first; write \(ws\)"):
            API().websocket_route("/")(view)


class TestGuards:
    def make(self, log):
        def login(ws):
            log.append("guard")
            if ws.headers.get("authorization") != "token":
                abort(401, headers={"WWW-Authenticate": "Bearer"})

        return login

    @pytest.mark.parametrize("place", ["app", "router", "route", "auth"])
    def test_they_run_before_the_socket_opens(self, client_factory, log, place):
        login = self.make(log)
        api = API(dependencies=[Depends(login)] if place == "app" else [])
        router = Router(dependencies=[Depends(login)] if place == "router" else [])
        options = {
            "route": {"dependencies": [Depends(login)]},
            "auth": {"auth": login},
        }.get(place, {})

        @router.websocket_route("/", **options)
        async def view(ws):
            log.append("view")
            await ws.accept()
            await ws.close()

        api.include_router(router)
        client = client_factory(api)

        answer = denied(client)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert log == ["guard"]
        with open_socket(client, headers={"Authorization": "token"}):
            pass
        assert log == ["guard", "guard", "view"]

    def test_a_server_without_denial_answers_closes(self, talk, http_scope, log):
        api = API(dependencies=[Depends(self.make(log))])

        @api.websocket_route("/")
        async def view(ws): ...

        scope = {**http_scope(), "type": "websocket"}
        sent = talk(api, scope, {"type": "websocket.connect"})

        assert [message["type"] for message in sent] == ["websocket.close"]

    def test_a_mounted_app_s_sockets_stay_closed_unless_they_are_opened(
        self, talk, http_scope, log
    ):
        async def mounted(scope, receive, send):
            await send({"type": "websocket.accept"})

        for public, kind in ((["/in"], "websocket.accept"), ([], "websocket.close")):
            api = API(dependencies=[Depends(self.make(log))], public=public)
            api.mount("/in", mounted)
            scope = {**http_scope(path="/in/x"), "type": "websocket"}

            sent = talk(api, scope, {"type": "websocket.connect"})

            assert [message["type"] for message in sent] == [kind]


class TestStrays:
    """Sockets that no route wants: those of mounts, and those that are closed."""

    @pytest.fixture
    def socket(self, http_scope):
        return lambda path: {
            **http_scope(path=path),
            "type": "websocket",
            "extensions": {"websocket.http.response": {}},
        }

    @pytest.fixture
    def make(self, log):
        def run(*checks):
            async def mounted(scope, receive, send):
                log.append("mounted")
                assert (await receive())["type"] == "websocket.connect"
                await send({"type": "websocket.accept"})

            api = API()
            api.mount("/in", mounted)
            for check in checks:
                api.check_stray_sockets(check)

            @api.websocket_route("/own")
            async def own(ws):
                log.append("own")
                await ws.accept()

            return api

        return run

    @pytest.mark.parametrize(
        ("path", "seen", "kind"),
        [
            ("/in/x", ["check /in/x", "mounted"], "websocket.accept"),
            ("/nowhere", ["check /nowhere"], "websocket.close"),
            ("/own", ["own"], "websocket.accept"),
        ],
    )
    def test_checks_come_before_them_alone(self, talk, socket, make, log, path, seen, kind):
        async def check(ws):
            log.append(f"check {ws.scope['path']}")

        sent = talk(make(check), socket(path), {"type": "websocket.connect"})

        assert sent[0]["type"] == kind
        assert log == seen

    @pytest.mark.parametrize("path", ["/in/x", "/nowhere"])
    def test_a_problem_refuses_them(self, talk, socket, make, log, path):
        async def refuse(ws):
            abort(429, detail="Enough.")

        async def later(ws):
            log.append("later")

        start, body = talk(make(refuse, later), socket(path), {"type": "websocket.connect"})

        assert (start["type"], start["status"]) == ("websocket.http.response.start", 429)
        assert b"Enough." in body["body"]
        assert log == []

    def test_a_check_that_fails_closes_them_and_is_logged(self, talk, socket, make, log, caplog):
        async def fail(ws):
            raise LookupError("tea")

        sent = talk(make(fail), socket("/in/x"), {"type": "websocket.connect"})

        assert [(each["type"], each["code"]) for each in sent] == [("websocket.close", 1011)]
        assert log == []
        assert isinstance(caplog.records[-1].exc_info[1], LookupError)

    def test_a_test_client_raises_what_failed(self, client_factory, make):
        async def fail(ws):
            raise LookupError("tea")

        client = client_factory(make(fail), raise_server_exceptions=True)

        with pytest.raises(LookupError, match="tea"), open_socket(client, "/in/x"):
            raise AssertionError

    def test_what_a_check_takes_is_left_when_the_socket_ends(self, talk, socket, make, log):
        async def take(ws):
            async def leave():
                log.append("left")

            ws.open_resources().closers.append(leave)

        talk(make(take), socket("/in/x"), {"type": "websocket.connect"})

        assert log == ["mounted", "left"]


class TestOrigin:
    @pytest.mark.parametrize(
        ("origin", "allowed", "opens"),
        [
            (None, [], True),
            ("http://testserver", [], True),
            ("https://TESTSERVER", [], True),
            ("http://testserver:80", [], True),
            ("file://testserver", [], False),
            ("http://evil.example", [], False),
            ("http://testserver.evil.example", [], False),
            ("http://testserver:81", [], False),
            ("null", [], False),
            ("", [], False),
            ("https://app.example", ["https://app.example"], True),
            ("https://App.example", ["https://APP.example"], True),
            ("http://app.example", ["https://app.example"], False),
            ("http://anything.example", ["*"], True),
        ],
    )
    def test_a_page_of_another_origin_opens_none(self, client_factory, origin, allowed, opens):
        api = API(allowed_origins=allowed)

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()
            await ws.close()

        client = client_factory(api, base_url="http://testserver")
        headers = {} if origin is None else {"Origin": origin}

        if opens:
            with open_socket(client, headers=headers):
                pass
        else:
            assert denied(client, headers=headers).status_code == 403

    def test_a_text_is_no_list(self):
        with pytest.raises(ValueError, match=r"allowed_origins= is a list; write \['\*'\]"):
            API(allowed_origins="*")


class TestHooks:
    @pytest.mark.parametrize("kind", ["sync", "async", "quick"])
    def test_they_run_before_the_view(self, client_factory, log, kind):
        api = API()
        router = Router()

        def note(ws):
            log.append("app")

        async def note_async(ws, *, q: str = Query("none")):
            log.append(q)

        if kind == "async":
            api.before_request(websocket=True)(note_async)
        else:
            api.before_request(note, websocket=True, sync_to_thread=kind == "sync")
        router.before_request(websocket=True)(lambda ws: log.append("router"))
        api.before_request(lambda req, resp: log.append("http"))

        @router.websocket_route("/", before=lambda ws: log.append("route"))
        async def view(ws):
            log.append("view")
            await ws.accept()
            await ws.close()

        api.include_router(router)

        with open_socket(client_factory(api), "/?q=q"):
            pass

        assert log == ["q" if kind == "async" else "app", "router", "route", "view"]

    @pytest.mark.parametrize("how", ["close", "deny", "abort"])
    def test_one_that_ends_the_socket_leaves_the_view_out(self, client_factory, log, how):
        api = API()

        @api.before_request(websocket=True)
        async def refuse(ws):
            if how == "close":
                await ws.close()
            elif how == "deny":
                await ws.deny(429, headers={"Retry-After": "5"})
            else:
                abort(429)

        @api.websocket_route("/")
        async def view(ws):
            log.append("view")

        client = client_factory(api)
        if how == "close":
            with pytest.raises(WebSocketDisconnect), open_socket(client):
                pass
        else:
            answer = denied(client)
            assert answer.status_code == 429
            assert ("retry-after" in answer.headers) is (how == "deny")

        assert log == []


class TestMessages:
    def test_they_can_be_iterated_over(self, client_factory, log):
        api = API()

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()
            async for message in ws:
                log.append(message)
            log.append("end")

        with open_socket(client_factory(api)) as ws:
            ws.send_text("text")
            ws.send_bytes(b"bytes")

        assert log == ["text", b"bytes", "end"]

    def test_json_is_read_as_a_model(self, client_factory):
        api = API()

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()
            move = await ws.receive_json(Move)
            other = await ws.receive_json(Move, binary=True)
            plain = await ws.receive_json()
            await ws.send_json([move.x, other.y, plain])

        with open_socket(client_factory(api)) as ws:
            ws.send_text('{"x": 1}')
            ws.send_bytes(b'{"x": 1, "y": 2}')
            ws.send_text('{"x": [3]}')

            assert ws.receive_json() == [1, 2, {"x": [3]}]

    @pytest.mark.parametrize("typed", [True, False])
    @pytest.mark.parametrize("text", ["{", '{"x": "secret"}', "[" * 5000])
    def test_what_is_not_valid_closes_with_1008(self, client_factory, caplog, typed, text):
        api = API()
        found = []

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()
            try:
                value = await ws.receive_json(Move) if typed else await ws.receive_json()
            except Problem as problem:
                found.append(problem.errors)
                raise
            if value == {"x": "secret"}:
                abort(422)

        with open_socket(client_factory(api)) as ws:
            ws.send_text(text)
            with closed() as caught:
                ws.receive_text()

        assert caught.value.code == 1008
        assert "secret" not in str(found)
        assert caplog.records == []

    def test_a_view_may_catch_what_is_not_valid(self, client_factory):
        api = API()

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()
            try:
                await ws.receive_json(Move)
            except Problem as problem:
                await ws.send_json(problem.errors)

        with open_socket(client_factory(api)) as ws:
            ws.send_text('{"x": "a"}')

            assert ws.receive_json() == [{"pointer": "#/body/x", "detail": "must be an integer"}]

    @pytest.mark.parametrize(
        ("offered", "spoken", "chosen"),
        [(["v1", "v2"], ["v2", "v1"], "v2"), (["v3"], ["v1"], None), ([], ["v1"], None)],
    )
    def test_the_best_subprotocol_of_both_is_chosen(self, client_factory, offered, spoken, chosen):
        api = API()

        @api.websocket_route("/", subprotocols=spoken)
        async def view(ws):
            await ws.accept()
            await ws.close()

        with open_socket(client_factory(api), subprotocols=offered) as ws:
            assert ws.accepted_subprotocol == chosen

    def test_the_view_may_choose_it(self, client_factory):
        api = API()

        @api.websocket_route("/", subprotocols=["v1"])
        async def view(ws):
            await ws.accept("v2")
            await ws.close()

        with open_socket(client_factory(api), subprotocols=["v1", "v2"]) as ws:
            assert ws.accepted_subprotocol == "v2"


class TestFrames:
    @pytest.mark.parametrize("reads", ["receive_text", "receive_bytes", "receive_json"])
    def test_a_frame_of_the_other_kind_closes_with_1003(self, client_factory, caplog, reads):
        api = API()

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()
            await getattr(ws, reads)()

        with open_socket(client_factory(api)) as ws:
            ws.send_text("x") if reads == "receive_bytes" else ws.send_bytes(b"x")
            with closed() as caught:
                ws.receive_text()

        assert caught.value.code == 1003
        assert caplog.records == []

    def test_a_message_of_no_json_value_is_refused(self, client_factory):
        api = API()

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()
            await ws.receive_json()

        with open_socket(client_factory(api)) as ws:
            ws.send_text('{"x": NaN}')
            with closed() as caught:
                ws.receive_text()

        assert caught.value.code == 1008

    @pytest.mark.parametrize("reads", ["receive_text", "receive_bytes"])
    def test_reading_before_it_opens_says_what_to_do(self, reads):
        api = API()

        @api.websocket_route("/")
        async def view(ws):
            await getattr(ws, reads)()

        socket = api.test_client().websocket_connect("/")
        with pytest.raises(RuntimeError, match=r"await ws\.accept\(\)"), socket:
            pass

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_sending_where_it_is_not_open_is_the_view_s_mistake(self, talk, http_scope, log, when):
        api = API()

        @api.websocket_route("/")
        async def view(ws):
            if when == "after":
                await ws.accept()
                await ws.close()
            with pytest.raises(RuntimeError, match=r"websocket\.accept|once a close message"):
                await ws.send_text("tea")
            log.append("told")

        talk(api, {**http_scope(), "type": "websocket"}, {"type": "websocket.connect"})

        assert log == ["told"]

    def test_a_refusal_that_cannot_be_sent_as_it_is_closes(self, talk, http_scope):
        api = API(dependencies=[Depends(lambda: abort(401, headers={"X": "é—"}))])

        @api.websocket_route("/")
        async def view(ws): ...

        for extensions in ({}, {"websocket.http.response": {}}):
            scope = {**http_scope(), "type": "websocket", "extensions": extensions}
            sent = talk(api, scope, {"type": "websocket.connect"})
            assert sent

    def test_the_middleware_of_a_router_is_around_its_sockets(self, client_factory, log):
        class Note:
            def __init__(self, app):
                self.app = app

            async def __call__(self, scope, receive, send):
                log.append(scope["type"])
                await self.app(scope, receive, send)

        api = API()
        group = api.group("/g")
        group.add_middleware(Note)

        @group.websocket_route("/{room}")
        async def view(ws, *, room: int):
            await ws.accept()
            await ws.send_json(room)

        with open_socket(client_factory(api), "/g/7") as ws:
            assert ws.receive_json() == 7
        assert log == ["websocket"]


class TestLimits:
    @pytest.mark.parametrize(
        ("size", "message", "fits"),
        [
            (4, "1234", True),
            (4, "12345", False),
            (4, "éé", True),
            (4, "ééé", False),
            (4, b"1234", True),
            (4, b"12345", False),
            (None, "x" * 2_000_000, True),
            (..., "x" * 1_048_577, False),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("place", ["app", "route"])
    def test_a_message_has_a_size(self, client_factory, size, message, fits, place):
        if size is ...:
            options = {"app": {}, "route": {}}
        else:
            options = {"app": {}, "route": {}, place: {"max_message_size": size}}
        if size is None and place == "route":
            pytest.skip("a route without a size has that of the app")
        api = API(**options["app"])

        @api.websocket_route("/", **options["route"])
        async def view(ws):
            await ws.accept()
            async for received in ws:
                await ws.send_text(str(len(received)))

        with open_socket(client_factory(api)) as ws:
            ws.send_text(message) if isinstance(message, str) else ws.send_bytes(message)
            if fits:
                assert ws.receive_text() == str(len(message))
            else:
                with pytest.raises(WebSocketDisconnect) as caught:
                    ws.receive_text()
                assert caught.value.code == 1009

    @pytest.mark.parametrize("place", ["app", "route"])
    def test_a_silent_client_is_closed_with_1001(self, client_factory, log, place):
        options = {"app": {}, "route": {}}
        options[place] = {"ws_idle_timeout" if place == "app" else "idle_timeout": 0.01}
        api = API(**options["app"])

        @api.websocket_route("/", **options["route"])
        async def view(ws):
            await ws.accept()
            async for message in ws:
                log.append(message)
            log.append("end")

        with open_socket(client_factory(api)) as ws, closed() as caught:
            ws.receive_text()

        assert caught.value.code == 1001
        assert log == ["end"]

    @pytest.mark.parametrize("value", [0, -1, "1", True])
    def test_no_time_to_wait_is_refused(self, value):
        with pytest.raises(ValueError, match="ws_idle_timeout= is a number of seconds above 0"):
            API(ws_idle_timeout=value)
        with pytest.raises(ValueError, match="idle_timeout= is a number of seconds above 0"):
            API().websocket_route("/", idle_timeout=value)(view_of_sockets)

    @pytest.mark.parametrize("option", ["idle_timeout", "max_message_size", "subprotocols"])
    def test_a_route_of_requests_has_none_of_these(self, option):
        with pytest.raises(TypeError, match=f"{option}= is for WebSockets"):
            API().add_route("/", lambda req, resp: None, **{option: 1})


async def view_of_sockets(ws): ...


class TestDrain:
    def test_open_sockets_are_closed_with_1001_and_their_views_end(self, client_factory, log):
        api = API()
        opened = threading.Event()

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()
            opened.set()
            try:
                await anyio.sleep_forever()
            finally:
                log.append("ended")

        @api.get("/drain")
        async def drain(req, resp):
            api.drain.start()

        with client_factory(api) as client, open_socket(client) as ws:
            assert opened.wait(30)
            client.get("/drain")
            with pytest.raises(WebSocketDisconnect) as caught:
                ws.receive_text()

        assert caught.value.code == 1001
        assert log == ["ended"]

    def test_a_view_that_has_closed_its_socket_ends_and_says_no_more(self, talk, http_scope, log):
        api = API()

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()
            await ws.close(4000)
            api.drain.start()
            try:
                await anyio.sleep_forever()
            finally:
                log.append("ended")

        sent = talk(api, {**http_scope(), "type": "websocket"}, {"type": "websocket.connect"})

        assert [each.get("code") for each in sent] == [None, 4000]
        assert log == ["ended"]


class TestHandshake:
    def test_what_the_client_sent_is_read_as_of_a_request(self, client_factory):
        api = API()

        @api.websocket_route("/")
        async def view(ws):
            await ws.accept()
            await ws.send_json(
                [
                    ws.method,
                    ws.params.get_list("q"),
                    ws.headers["x-a"],
                    ws.cookies,
                    ws.subprotocols,
                    ws.is_open,
                ]
            )
            await ws.receive()
            assert not ws.is_open

        client = client_factory(api)
        headers = {"X-A": "1", "Cookie": "a=b; c=d"}
        with open_socket(client, "/?q=1&q=2", headers=headers, subprotocols=["v1"]) as ws:
            found = ws.receive_json()

        assert found == ["GET", ["1", "2"], "1", {"a": "b", "c": "d"}, ["v1"], True]


def test_a_socket_that_comes_while_the_app_drains_is_refused(client_factory):
    api = API()

    @api.websocket_route("/ws")
    async def talk(ws):
        await anyio.sleep_forever()

    api.drain.start()
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        client_factory(api).websocket_connect("/ws"),
    ):
        pass
    assert refused.value.code == 1001

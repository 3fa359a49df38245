"""The async WebSocket: sockets of an app in process, as async tests use them."""

import re

import anyio
import pytest
from starlette.websockets import WebSocketDisconnect

from responder_core import API, Problem
from responder_core.async_websocket import DeniedError
from responder_core.testing import make_async_client


@pytest.fixture
def api():
    api = API()

    @api.on_event("startup")
    async def remember():
        api.state.started = True

    @api.websocket_route("/echo", subprotocols=["chat"])
    async def echo(ws):
        await ws.accept(subprotocol="chat" if "chat" in ws.scope["subprotocols"] else None)
        async for message in ws:
            if isinstance(message, bytes):
                await ws.send_bytes(message)
            else:
                await ws.send_text(f"{ws.headers.get('x-name')} {message}")
        api.state.left = True

    @api.websocket_route("/json")
    async def as_json(ws):
        await ws.accept()
        await ws.send_json({"twice": (await ws.receive_json())["number"] * 2})
        await ws.close(4000, "enough")

    @api.websocket_route("/refused")
    async def refused(ws):
        raise Problem(401, "Who are you?")

    @api.websocket_route("/closed")
    async def closed(ws):
        await ws.close(1008)

    @api.websocket_route("/fails")
    async def fails(ws):
        await ws.accept()
        raise LookupError("no tea")

    return api


@pytest.fixture
def inside(api, run):
    """Run a coroutine function with a client within the lifespan."""

    def call(main, **options):
        async def opened():
            async with api.async_client(**options) as client:
                return await main(client)

        return run(opened)

    return call


def test_what_is_said_is_heard(api, inside):
    async def main(client):
        async with client.websocket_connect("/echo", ["chat"], headers={"X-Name": "ada"}) as ws:
            assert ws.subprotocol == "chat"
            await ws.send_text("hello")
            assert await ws.receive_text() == "ada hello"
            await ws.send_bytes(b"\x00")
            assert await ws.receive_bytes() == b"\x00"
            assert api.state.started

    inside(main)
    assert api.state.left


def test_json_and_the_end_that_the_app_makes(inside):
    async def main(client):
        async with client.websocket_connect("/json") as ws:
            await ws.send_json({"number": 21})
            assert await ws.receive_json() == {"twice": 42}
            with pytest.raises(WebSocketDisconnect) as closed:
                await ws.receive()
        return closed.value

    closed = inside(main)
    assert (closed.code, closed.reason) == (4000, "enough")


def test_two_at_once_on_one_event_loop(inside):
    async def main(client):
        sockets = client.websocket_connect("/echo"), client.websocket_connect("/echo")
        async with sockets[0] as one, sockets[1] as other:
            await one.send_text("1")
            await other.send_text("2")
            return await other.receive_text(), await one.receive_text()

    assert inside(main) == ("None 2", "None 1")


def test_a_socket_that_is_refused_says_how(inside):
    async def main(client):
        with pytest.raises(DeniedError) as denied:
            async with client.websocket_connect("/refused"):
                pass
        return denied.value.response

    response = inside(main)
    assert (response.status_code, response.json()["detail"]) == (401, "Who are you?")


def test_a_socket_that_is_closed_at_once(inside):
    async def main(client):
        with pytest.raises(DeniedError) as denied:
            async with client.websocket_connect("/closed"):
                pass
        return denied.value

    denied = inside(main)
    assert (denied.response.status_code, denied.code) == (403, 1008)


def test_what_the_app_fails_with_is_raised(inside):
    async def main(client):
        with pytest.raises(LookupError, match="no tea"):
            async with client.websocket_connect("/fails") as ws:
                await ws.receive()

    inside(main)


def test_or_the_socket_is_closed_as_for_others(inside):
    async def main(client):
        async with client.websocket_connect("/fails") as ws:
            with pytest.raises(WebSocketDisconnect) as closed:
                await ws.receive()
        return closed.value.code

    assert inside(main, raise_server_exceptions=False) == 1011


@pytest.mark.parametrize(
    ("sent", "wanted", "message"),
    [("send_text", "receive_bytes", "sent text, not bytes"),
     ("send_bytes", "receive_text", "sent bytes, not text")],
)  # fmt: skip
def test_a_message_of_the_other_kind(inside, sent, wanted, message):
    async def main(client):
        async with client.websocket_connect("/echo") as ws:
            await getattr(ws, sent)("x" if sent == "send_text" else b"x")
            with pytest.raises(TypeError, match=re.escape(message)):
                await getattr(ws, wanted)()

    inside(main)


def test_an_app_that_never_stops_sending_learns_that_the_client_left(api, inside):
    @api.websocket_route("/ticks")
    async def ticks(ws):
        await ws.accept()
        while True:
            await ws.send_text("tick")

    async def main(client):
        async with client.websocket_connect("/ticks") as ws:
            return await ws.receive_text()

    assert inside(main) == "tick"


def test_a_test_that_fails_waits_for_nobody(api, inside):
    @api.websocket_route("/waits")
    async def waits(ws):
        await ws.accept()
        await anyio.sleep_forever()

    async def main(client):
        async with client.websocket_connect("/waits"):
            raise AssertionError("the test's own")

    with pytest.raises(AssertionError, match="the test's own"):
        inside(main)


@pytest.mark.parametrize("fails", [True, False])
def test_an_app_that_ends_and_says_nothing_is_told(run, fails):
    """A server closes its socket with 1006, which stands in no frame (RFC 6455 §7.4.1)."""

    async def app(scope, receive, send):
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            if fails:
                raise LookupError("no tea")

    async def main():
        async with make_async_client(app) as client, client.websocket_connect("/") as ws:
            with pytest.raises(LookupError if fails else WebSocketDisconnect) as raised:
                await ws.receive()
        return raised.value

    raised = run(main)
    assert str(raised) == "no tea" if fails else raised.code == 1006


def test_the_client_must_be_open(api):
    with pytest.raises(RuntimeError, match="open the client first"):
        api.async_client().websocket_connect("/echo")

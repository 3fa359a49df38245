"""WebSockets: operations and their results by ``graphql-transport-ws``.

(https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md)
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, cast

from anyio import CancelScope, Event, create_task_group, current_time, move_on_after, sleep
from starlette.websockets import WebSocketDisconnect

from responder_core.errors import HTTPException, Problem
from responder_core.formats.json import decode
from responder_core.streams import json_encoder
from responder_core.threads import call
from responder_graphql.context import make_context
from responder_graphql.engine import SUBSCRIPTION
from responder_graphql.errors import LIMIT_EXCEEDED, Refusal, make_error
from responder_graphql.parameters import read_parameters

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from responder_core import API, Request, WebSocket
    from responder_core.route import WebSocketRoute
    from responder_core.types import Message
    from responder_graphql.binding import ContextBinding
    from responder_graphql.documents import Plan
    from responder_graphql.engine import Engine
    from responder_graphql.parameters import Parameters
    from responder_graphql.view import GraphQLView

PROTOCOL = "graphql-transport-ws"
"""The subprotocol."""

# The codes that a socket is closed with.
BAD_REQUEST = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
BAD_SUBPROTOCOL = 4406
INIT_TIMEOUT = 4408
SUBSCRIBER_EXISTS = 4409
TOO_MANY_INITS = 4429

GRACE = 5.0
"""Seconds that the generator of a subscription gets to end, once nobody wants its results."""

# RFC 6455 §5.5: a control frame has 125 bytes, two of which are the code.
_MOST_REASON = 123
# Characters of an id; clients send numbers and UUIDs.
_MOST_ID = 256


class Closing(Exception):  # noqa: N818 - no error of ours
    """Raised when a message of the client ends its socket.

    Attributes:
        code: the code that the socket is closed with.
        reason: why, for the client's developer.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class GraphQLSocket:
    """The view of the WebSockets of an endpoint; ``mount()`` registers it.

    Args:
        view: the endpoint.
        binding: gives each operation its context.
    """

    def __init__(self, view: GraphQLView, binding: ContextBinding) -> None:
        self.view = view
        self.__name__ = "graphql_socket"
        self._binding = binding

    def bind_route(self, route: WebSocketRoute, api: API) -> None:
        """Refuse a route whose context cannot be given to a WebSocket; the core asks for it."""
        self._binding.bind(route, api)

    async def __call__(self, ws: WebSocket, **_path: object) -> None:
        """Talk to one client until one of both leaves."""
        offered = PROTOCOL in ws.subprotocols
        await ws.accept()
        if not offered:
            await ws.close(BAD_SUBPROTOCOL, "Subprotocol not acceptable")
            return
        conversation = Conversation(ws, self.view.engine_of(ws.api), self._binding)
        try:
            await conversation.hold()
        except Closing as closing:
            reason = closing.reason.encode()[:_MOST_REASON].decode("utf-8", "ignore")
            await ws.close(closing.code, reason)


class Running:
    """One operation that is open, within two scopes.

    It is ended as a generator is that nobody listens to any more: what it waits for is cancelled,
    once, and behind a shield from then on, so that its ``finally`` blocks may await something.
    """

    __slots__ = ("inner", "outer", "over")

    def __init__(self) -> None:
        self.outer: CancelScope = CancelScope()
        self.inner: CancelScope = CancelScope()
        self.over: bool = False

    def begin_grace(self) -> None:
        """Let what is closed now take its time, but not too much of it."""
        self.inner.shield = True
        self.inner.deadline = current_time() + GRACE

    def stop(self) -> None:
        """End it."""
        self.over = True
        self.outer.cancel()
        self.begin_grace()


class Conversation:
    """What is said over one socket."""

    def __init__(self, ws: WebSocket, engine: Engine, binding: ContextBinding) -> None:
        self._ws = ws
        self._engine = engine
        self._binding = binding
        self._settings = engine.settings
        self._write = json_encoder(cast("Request", ws))
        self._running: dict[str, Running] = {}
        # How many have not ended, those among them that the client has stopped.
        self._open = 0
        self._params: object = None
        self._init_seen = Event()
        self._acknowledged = False

    async def hold(self) -> None:
        """Answer messages until the client leaves.

        Raises:
            Closing: a message that ends the socket.
            Exception: what ``on_connect=`` failed with.
        """
        failure: Exception | None = None
        async with create_task_group() as group:
            group.start_soon(self._watch_init, group)
            if self._settings.ping_interval is not None:
                group.start_soon(self._ping, self._settings.ping_interval)
            try:
                await self._listen(group)
            except WebSocketDisconnect:
                pass
            except Exception as exc:  # noqa: BLE001 - raised below, and not as a group
                failure = exc
            finally:
                for each in self._running.values():
                    each.stop()
                self._running.clear()
            group.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _listen(self, group: TaskGroup) -> None:
        while True:
            message = self._read(await self._ws.receive())
            kind = message.get("type")
            if kind == "subscribe":
                await self._subscribe(message, group)
            elif kind == "complete":
                running = self._running.pop(_id_of(message), None)
                if running is not None:
                    running.stop()
            elif kind == "ping":
                await self._send({"type": "pong"})
            elif kind == "connection_init":
                await self._init(message)
            elif kind != "pong":
                raise Closing(BAD_REQUEST, "Unknown message type")

    def _read(self, frame: Message) -> dict[str, Any]:
        """What the client said.

        Raises:
            WebSocketDisconnect: it left.
            Closing: it said nothing of this protocol.
        """
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame.get("code", 1000))
        text: str | None = frame.get("text")
        if text is None:
            raise Closing(BAD_REQUEST, "A message is text")
        try:
            message: object = decode(text.encode("utf-8", "replace"), self._ws.api.settings.limits)
        except Problem:
            raise Closing(BAD_REQUEST, "A message is JSON") from None
        if not isinstance(message, dict):
            raise Closing(BAD_REQUEST, "A message is a JSON object")
        return cast("dict[str, Any]", message)

    async def _watch_init(self, group: TaskGroup) -> None:
        """Close a socket whose client says nothing of itself."""
        with move_on_after(self._settings.init_timeout):
            await self._init_seen.wait()
            return
        with suppress(WebSocketDisconnect):
            await self._ws.close(INIT_TIMEOUT, "Connection initialisation timeout")
        group.cancel_scope.cancel()

    async def _ping(self, interval: float) -> None:
        while True:
            await sleep(interval)
            await self._send({"type": "ping"})

    async def _init(self, message: dict[str, Any]) -> None:
        if self._init_seen.is_set():
            raise Closing(TOO_MANY_INITS, "Too many initialisation requests")
        self._init_seen.set()
        payload: object = message.get("payload")
        if not isinstance(payload, (dict, type(None))):
            raise Closing(BAD_REQUEST, "The payload of connection_init is an object")
        self._params = payload
        answer: object = None
        if self._settings.on_connect is not None:
            try:
                answer = await call(self._settings.on_connect, self._ws, payload)
            except HTTPException as problem:
                raise Closing(FORBIDDEN, problem.detail or "Forbidden") from None
            if answer is False:
                raise Closing(FORBIDDEN, "Forbidden")
        told: dict[str, Any] = {"type": "connection_ack"}
        if isinstance(answer, Mapping):
            told["payload"] = {**answer}
        # What JSON has no form for is a failure of on_connect=, and ends the socket as any other.
        await self._send_text(self._write(told))
        self._acknowledged = True

    async def _subscribe(self, message: dict[str, Any], group: TaskGroup) -> None:
        if not self._acknowledged:
            raise Closing(UNAUTHORIZED, "Unauthorized")
        name = _id_of(message)
        if name in self._running:
            raise Closing(SUBSCRIBER_EXISTS, f"Subscriber for {name} already exists")
        payload: object = message.get("payload")
        if not isinstance(payload, dict):
            raise Closing(BAD_REQUEST, "The payload of subscribe is an object")
        most = self._settings.max_operations
        if self._open >= most:
            msg = f"The socket has {most} operations open, the limit that max_operations sets."
            error = make_error(msg, LIMIT_EXCEEDED, limit="max_operations", max=most)
            await self._send({"type": "error", "id": name, "payload": [error]})
            return
        running = self._running[name] = Running()
        self._open += 1
        group.start_soon(self._serve, name, cast("dict[str, Any]", payload), running)

    async def _serve(self, name: str, payload: dict[str, Any], running: Running) -> None:
        """Execute one operation, and send its results."""
        try:
            # One may be taken back before it began.
            if not running.over:
                with running.outer, running.inner:
                    await self._answer(name, payload, running)
        finally:
            self._open -= 1

    async def _answer(self, name: str, payload: dict[str, Any], running: Running) -> None:
        try:
            await self._execute(name, payload, running)
        except Refusal as refusal:
            await self._finish(name, running, {"type": "error", "payload": refusal.errors})
        except Exception as error:  # noqa: BLE001 - ends this operation, and no other
            errors = self._engine.fail(self._ws, error).errors
            await self._finish(name, running, {"type": "error", "payload": errors})
        else:
            await self._finish(name, running, {"type": "complete"})

    async def _execute(self, name: str, payload: dict[str, Any], running: Running) -> None:
        parameters = read_parameters(payload)
        plan = await self._engine.find(parameters, self._ws, "websocket")
        # It may have been taken back while its document was read.
        if not running.over:
            await self._run(name, plan, parameters, running)

    async def _run(self, name: str, plan: Plan, parameters: Parameters, running: Running) -> None:
        engine, ws = self._engine, self._ws
        async with self._binding.open(ws, engine) as (own, given):
            standard = {"request": ws, "response": None, "connection_params": self._params}
            context = make_context(given, **standard)
            if plan.kind is not SUBSCRIPTION:
                result = await engine.run(plan, parameters, own, context, "websocket")
                await self._next(name, running, result)
                return
            async with aclosing(
                engine.subscribe(plan, parameters, own, context, "websocket")
            ) as results:
                try:
                    async for result in results:
                        await self._next(name, running, result)
                        if running.over:
                            break
                finally:
                    running.begin_grace()

    async def _next(self, name: str, running: Running, result: dict[str, Any]) -> None:
        if running.over:
            return
        try:
            text = self._write({"type": "next", "id": name, "payload": result})
        except Exception as error:  # noqa: BLE001 - JSON has no form for it: the operation ends
            raise self._engine.fail(self._ws, error) from None
        await self._send_text(text)

    async def _finish(self, name: str, running: Running, message: dict[str, Any]) -> None:
        """Say how an operation ended, unless the client has lost interest."""
        if running.over:
            return
        running.over = True
        self._running.pop(name, None)
        try:
            text = self._write({"id": name, **message})
        except Exception as error:  # noqa: BLE001 - what the program gave an error of its own
            errors = self._engine.fail(self._ws, error).errors
            text = self._write({"id": name, "type": "error", "payload": errors})
        await self._send_text(text)

    async def _send(self, message: dict[str, Any]) -> None:
        await self._send_text(self._write(message))

    async def _send_text(self, text: bytes) -> None:
        # Who is gone, or whose socket is being closed, is told nothing; the one who listens learns
        # of it, and ends everything.
        if self._ws.is_open:
            with suppress(WebSocketDisconnect):
                await self._ws.send_text(text.decode())


def _id_of(message: dict[str, Any]) -> str:
    """The id of an operation.

    Raises:
        Closing: there is none.
    """
    name: object = message.get("id")
    if not isinstance(name, str) or not 0 < len(name) <= _MOST_ID:
        raise Closing(
            BAD_REQUEST, f"The id of an operation is a text of up to {_MOST_ID} characters"
        )
    return name

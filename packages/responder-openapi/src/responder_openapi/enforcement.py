"""Enforcement: every answer compared with the document, while an app is developed.

What is compared is what is sent: status, Content-Type, the fields that must be there, and the
body by its JSON Schema. It costs time, and a copy of each body; so it is not for production.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import msgspec

from responder_core.errors import Problem
from responder_openapi.answers import JSON
from responder_openapi.errors import ContractError
from responder_openapi.problems import PROBLEM
from responder_openapi.references import find_part

if TYPE_CHECKING:
    from collections.abc import Iterable

    from responder_core.api import API
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.route import Route
    from responder_core.types import ASGIApp, Exchange, Message, Receive, Scope, Send
    from responder_openapi.components import Schema
    from responder_openapi.document import Document
    from responder_openapi.extension import OpenAPI

logger: logging.Logger = logging.getLogger("responder.openapi")

# The scope key of the route that answers, for the middleware outside.
_ANSWERED = "responder.openapi.answered"

# What HTTP itself answers to conditions and ranges (RFC 9110 §13, §14).
_TOLD_BY_HTTP = frozenset({206, 304, 412, 416})
_JSON = (JSON, PROBLEM)
# The forms of errors for people.
_WORDS = frozenset({"text/html", "text/plain"})
# More faults than these are not told.
_MOST_TOLD = 10


def enforce(api: API, openapi: OpenAPI, *, raises: bool) -> None:
    """Compare every answer of an app with its document: log what differs, or answer 500.

    Raises:
        ModuleNotFoundError: jsonschema is not installed; the message says how it is.
    """
    try:
        import_module("jsonschema")
    except ImportError as error:
        msg = "validate_responses= needs jsonschema: pip install 'responder-openapi[validation]'"
        raise ModuleNotFoundError(msg) from error
    contract = Contract(api, openapi)

    def note(route: Route | None, exchange: Exchange) -> Exchange:
        if route is None:
            return exchange

        async def noted(req: Request, resp: Response) -> None:
            req.scope[_ANSWERED].append(route)
            await exchange(req, resp)

        return noted

    api.around("limit", note)
    api.add_middleware(Enforcement, contract=contract, raises=raises)


class Contract:
    """What the document says of the answers of each operation, ready to be compared."""

    def __init__(self, api: API, openapi: OpenAPI) -> None:
        self._api, self._openapi = api, openapi
        self._document: Document | None = None
        self._validators: dict[int, tuple[Any, Schema]] = {}

    def find(self, route: Route, method: str) -> Schema | None:
        """The operation of a route and a method; None for what is not documented."""
        document = self._openapi.make()
        if document is not self._document:
            self._document, self._validators = document, {}
        return document.operations.get((route, method))

    def faults(
        self, operation: Schema, status: int, headers: dict[str, str], body: bytes | None
    ) -> list[str]:
        """What is wrong with an answer: a line each. *body* is None where it was streamed."""
        answers = operation["responses"]
        answer = answers.get(str(status)) or answers.get(f"{status // 100}XX")
        answer = answer or answers.get("default")
        if answer is None:
            known = ", ".join(answers)
            return [f"the status {status} is not documented; those that are: {known}"]
        answer = self._resolve(answer)
        missing = [
            f"the field {name} is missing"
            for name, header in answer.get("headers", {}).items()
            if self._resolve(header).get("required") and name.lower() not in headers
        ]
        return [*missing, *self._body_faults(answer, headers, body)]

    def _body_faults(
        self, answer: Schema, headers: dict[str, str], body: bytes | None
    ) -> Iterable[str]:
        content = answer.get("content")
        if not content or body == b"":
            return
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        told = kind
        if kind not in content and self._is_negotiated(kind, content):
            told = next(each for each in _JSON if each in content)
        if told not in content:
            known = ", ".join(content)
            yield f"the Content-Type {kind!r} is not documented; those that are: {known}"
            return
        schema = content[told].get("schema")
        if schema is None or body is None or told not in _JSON or kind in _WORDS:
            return
        try:
            value = self._decode(kind, body)
        except (ValueError, Problem) as failure:
            yield f"the body is no {kind}: {failure}"
            return
        errors = self._validator(schema).iter_errors(value)
        for number, error in enumerate(errors):
            if number == _MOST_TOLD:
                yield "and more"
                return
            place = "/".join(map(str, error.absolute_path))
            yield f"the body at {'/' + place!r}: {error.message}"

    def _is_negotiated(self, kind: str, content: Schema) -> bool:
        """Whether a media type is another form of what is told as JSON."""
        if PROBLEM in content and (kind in _WORDS or kind.startswith("application/problem+")):
            return True
        return JSON in content and self._api.formats.for_type(kind.encode()) is not None

    def _decode(self, kind: str, body: bytes) -> Any:  # noqa: ANN401 - whatever was sent
        if kind in _JSON:
            return msgspec.json.decode(body)
        if kind.endswith(("yaml", "yml")):
            import yaml

            return yaml.safe_load(body)
        return msgspec.msgpack.decode(body)

    def _validator(self, schema: Schema) -> Any:  # noqa: ANN401 - of jsonschema, which has no types
        known, of = self._validators.get(id(schema), (None, None))
        # Another thread may have those of the document before, whose numbers are given anew.
        if of is not schema:
            from jsonschema import Draft202012Validator

            # Formats are notes: what JSON Schema calls a time, not every library writes.
            made: Any = Draft202012Validator({**self._whole, **schema})
            known = made
            self._validators[id(schema)] = known, schema
        return known

    def _resolve(self, value: Schema) -> Schema:
        reference = value.get("$ref")
        if reference is None:
            return value
        return cast("Schema", find_part(self._whole, str(reference)))

    @property
    def _whole(self) -> Schema:
        return self._openapi.make().whole


class Enforcement:
    """ASGI middleware that holds each answer back until it was compared."""

    def __init__(self, app: ASGIApp, contract: Contract, *, raises: bool) -> None:
        self._app, self._contract, self._raises = app, contract, raises

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answered: list[Route] = []
        held = _Held(send)
        await self._app({**scope, _ANSWERED: answered}, receive, held.send)
        operation = None
        if answered and held.start is not None:
            operation = self._contract.find(answered[0], scope["method"])
        if operation is not None and held.start is not None:
            await self._compare(scope, held, answered[0], operation)
        await held.release()

    async def _compare(self, scope: Scope, held: _Held, route: Route, operation: Schema) -> None:
        assert held.start is not None  # noqa: S101 - the one caller looked
        status = held.start["status"]
        if status in _TOLD_BY_HTTP:
            return
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in held.start.get("headers", ())
        }
        body = None if held.is_streamed or "content-encoding" in headers else held.body
        faults = self._contract.faults(operation, status, headers, body)
        if not faults:
            return
        name = f"{scope['method']} {route.path}"
        message = f"{name} answered {status}, which is not what its document says: "
        message += "; ".join(faults)
        if not self._raises:
            logger.warning("%s", message)
            return
        logger.error("%s", message)
        if held.is_released:
            raise ContractError(message, faults)
        held.replace(500, message)


class _Held:
    """The messages of an answer, held until it is whole; those of a stream are passed on."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._messages: list[Message] = []
        self.start: Message | None = None
        self.body = b""
        self.is_streamed = False
        self.is_released = False

    async def send(self, message: Message) -> None:
        """Hold a message, or pass it on."""
        if message["type"] == "http.response.start":
            self.start = message
        elif message["type"] == "http.response.body":
            if message.get("more_body") or self.is_streamed:
                self.is_streamed = True
            else:
                self.body = message.get("body", b"")
        else:
            self.is_streamed = True
        self._messages.append(message)
        if self.is_streamed:
            await self.release()

    async def release(self) -> None:
        """Send what is held."""
        while self._messages:
            self.is_released = True
            await self._send(self._messages.pop(0))

    def replace(self, status: int, detail: str) -> None:
        """Hold a problem in place of the answer."""
        members = {"type": "about:blank", "title": "Internal Server Error", "status": status}
        content = msgspec.json.encode({**members, "detail": detail})
        fields = [
            (b"content-type", b"application/problem+json"),
            (b"content-length", b"%d" % len(content)),
        ]
        self._messages = [
            {"type": "http.response.start", "status": status, "headers": fields},
            {"type": "http.response.body", "body": content},
        ]

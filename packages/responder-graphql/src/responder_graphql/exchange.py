"""The exchange: one request of an endpoint, and what answers it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from responder_core.representation import Encoded
from responder_core.streams import json_encoder
from responder_graphql.context import make_context
from responder_graphql.errors import Refusal
from responder_graphql.negotiation import JSON, choose

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from responder_core import Request, Response
    from responder_graphql.documents import Plan
    from responder_graphql.engine import Engine
    from responder_graphql.negotiation import Choice, Form
    from responder_graphql.parameters import Parameters

    Executed: TypeAlias = list[tuple[Plan, dict[str, Any] | None]]

# The key in ``req.extras`` of what a request has executed.
_EXECUTED = object()


class Exchange:
    """One request, and what answers it.

    Attributes:
        engine: what executes.
        choice: what the client takes.
        req, resp: the request and the response.
        given: the values of ``dependencies=`` and ``context=``.
    """

    __slots__ = ("choice", "engine", "given", "req", "resp")

    def __init__(
        self,
        engine: Engine,
        req: Request,
        resp: Response,
        given: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self.engine: Engine = engine
        self.choice: Choice = _choice_of(req)
        self.req: Request = req
        self.resp: Response = resp
        self.given: Mapping[str, Any] = given

    def make_context(self) -> Any:  # noqa: ANN401 - whatever the program made it
        """What resolvers find at ``info.context``."""
        return make_context(self.given, request=self.req, response=self.resp)

    async def find_streamed(self, parameters: Parameters) -> Plan | Refusal:
        """The operation of an event stream, which tells of a refusal, too."""
        try:
            return await self.engine.find(parameters, self.req, "sse")
        except Refusal as refusal:
            return refusal

    def note(self, plan: Plan, parameters: Parameters) -> None:
        """Keep what is executed, for who asks what it costs; nothing is counted before."""
        executed: Executed | None = self.req.extras.get(_EXECUTED)
        if executed is None:
            executed = self.req.extras[_EXECUTED] = []
        executed.append((plan, parameters.variables))

    def encode(self, result: object) -> tuple[bytes, Refusal | None]:
        """A result as JSON; where JSON has no form for it, a refusal, and why it is one."""
        write = json_encoder(self.req)
        try:
            return write(result), None
        except Exception as error:  # noqa: BLE001 - of a scalar, or of the program's encoder
            refusal = self.engine.fail(self.req, error)
            return write({"errors": refusal.errors}), refusal

    def send(self, form: Form, result: object, status: int, *, is_chosen: bool = False) -> None:
        """Send a result.

        A resolver may have set another status on the response; *is_chosen* has none of that, as
        where the operation was given up.
        """
        resp = self.resp
        body, refusal = self.encode(result)
        if refusal is not None:
            # That of what was refused anyway is no result.
            is_failure = form.is_strict or status >= 400
            status, is_chosen = refusal.status if is_failure else 200, True
        if is_chosen or resp.status_code is None:
            resp.status_code = status
        resp.own_body, resp.representation = body, form.representation
        resp.encoded = Encoded(body, form.representation, body, form.representation.field, True)

    def next_event(self, result: dict[str, Any]) -> dict[str, str]:
        """A result as an event of a stream."""
        return {"event": "next", "data": self.encode(result)[0].decode()}

    def refuse(self, refusal: Refusal) -> None:
        """Send the errors of a refusal."""
        form = self.choice.form or JSON
        status = refusal.status if form.is_strict or not refusal.is_result else 200
        if refusal.headers:
            self.resp.headers.update(refusal.headers)
        self.send(form, {"errors": refusal.errors}, status, is_chosen=True)


def find_executed(req: Request) -> Executed | None:
    """The operations that a request has executed, each with its variables; None for none."""
    return req.extras.get(_EXECUTED)


def _choice_of(req: Request) -> Choice:
    """What the client of a request takes."""
    accept = None
    for name, value in req.scope["headers"]:
        if name == b"accept":
            accept = value if accept is None else accept + b", " + value
    return choose(accept)

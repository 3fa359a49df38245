"""The gate: the guards of an app before what is no route of it, a mounted app or a socket's."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from responder_core.binding import Binding
from responder_core.problems import name_request
from responder_core.sources import Parameters

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from responder_core.api import API
    from responder_core.request import Request
    from responder_core.types import Message, Receive, Scope, Send


class Gate:
    """Lets requests through to what does not know the guards of the app.

    Attributes:
        binding: runs the guards.
    """

    def __init__(self, api: API, guards: Sequence[Callable[..., Any]]) -> None:
        self._api = api
        self.binding: Binding = Binding(
            (), guards, Parameters((), api.dependencies.named).context(), api.dependencies
        )

    def before(self, serve: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        """The same ``Mount.serve``, for those whom the guards let through."""

        async def guarded(
            scope: Scope,
            receive: Receive,
            send: Send,
            *,
            refuse: Any,  # noqa: ANN401 - as of Mount.serve()
            **options: Any,  # noqa: ANN401 - as of Mount.serve()
        ) -> None:
            from anyio import CancelScope

            req = self._api.request_class(scope, receive, self._api)
            resp = self._api.response_class(req)
            with CancelScope() as cancel:
                try:
                    try:
                        await self.binding.bind(req, resp)
                        again = await _replay(req, receive)
                    except Exception as exc:  # noqa: BLE001 - every failure is answered
                        await refuse(scope, receive, send, exc)
                    else:
                        await serve(scope, again, send, refuse=refuse, **options)
                except BaseException as exc:
                    req.note_failure(exc)
                    raise
                finally:
                    if req.resources is not None:  # pragma: no branch - guards have made them
                        await req.resources.close(partial(name_request, req), cancel)

        return guarded


async def _replay(req: Request, receive: Receive) -> Receive:
    """The ``receive`` of who comes after a guard that read the body: it is there once more."""
    body = req.opened_body
    if req.received is None and (body is None or body.is_untouched):
        return receive
    waiting: list[Message] = [
        {"type": "http.request", "body": await req.content, "more_body": False}
    ]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again

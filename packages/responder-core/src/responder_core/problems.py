"""Problems: every failure becomes a response here, by a program's handler or as RFC 9457."""

from __future__ import annotations

import logging
import traceback
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from responder_core.errors import HTTPException, Problem, ViewError
from responder_core.hooks import accepts, describe, parameters_of
from responder_core.results import write_result
from responder_core.threads import call

if TYPE_CHECKING:
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.types import ExceptionHandler

logger = logging.getLogger("responder")

RAISE_EXCEPTIONS = "responder.raise_exceptions"
"""The scope key by which a test client asks for unhandled exceptions instead of a 500."""


class ExceptionHandlers:
    """What a program does about its exceptions: handlers by class, and by status.

    Attributes:
        debug: whether a 500 tells the client what happened; never where others can see it.
    """

    def __init__(self, *, debug: bool = False) -> None:
        self.debug = debug
        self._by_class: dict[type[Exception], ExceptionHandler] = {}
        self._by_status: dict[int, ExceptionHandler] = {}

    def add(self, key: type[Exception] | int, handler: ExceptionHandler) -> None:
        """Answer exceptions of a class, or problems of a status, with a handler.

        Raises:
            TypeError: the key is neither an exception class nor a status of 400 to 599, or
                the handler cannot be called with (req, resp, exc).
        """
        candidate: object = handler
        if not callable(candidate):
            msg = f"an exception handler is a function of (req, resp, exc), not {handler!r}"
            raise TypeError(msg)
        if not accepts(handler, 3):
            msg = (
                f"exception handler {describe(handler)} takes {parameters_of(handler)}; "
                "write (req, resp, exc)"
            )
            raise ViewError(msg)
        self.check(key)
        if isinstance(key, type):
            self._by_class[key] = handler
        else:
            self._by_status[int(key)] = handler

    def check(self, key: object) -> None:
        """Refuse what no exception can be found by.

        Raises:
            TypeError: the key is neither an exception class nor a status of 400 to 599.
        """
        if isinstance(key, type) and issubclass(key, Exception):
            return
        if isinstance(key, int) and not isinstance(key, bool) and 400 <= key <= 599:
            return
        msg = f"exception_handler() takes an Exception class or a status 400 to 599, not {key!r}"
        raise TypeError(msg)

    def find(self, exc: Exception) -> ExceptionHandler | None:
        """The handler for an exception: by its status, else by its nearest class."""
        if isinstance(exc, HTTPException) and exc.status_code in self._by_status:
            return self._by_status[exc.status_code]
        if self._by_class:
            for kind in type(exc).__mro__:
                handler = self._by_class.get(kind)
                if handler is not None:
                    return handler
        return None

    async def recover(self, req: Request, resp: Response, exc: Exception) -> None:
        """Make the response answer an exception.

        What a handler puts on the response is sent: headers, cookies and all. Cookies and
        fields set before the exception stay, unless they spoke of the body that is not sent.
        """
        handler = self.find(exc)
        unexpected = handler is None and not isinstance(exc, HTTPException)
        if unexpected:
            handler = self._by_status.get(500)
        if handler is not None:
            try:
                await self._run_handler(handler, req, resp, exc)
            except Exception as failure:  # noqa: BLE001 - a handler that raises is answered too
                if failure is not exc and failure.__context__ is None:
                    failure.__context__ = exc  # A worker thread does not know what it handles.
                exc = failure
            else:
                if unexpected:
                    # A page of one's own for failures must not hide them.
                    log_failure(req, exc)
                return
        if isinstance(exc, HTTPException):
            try:
                resp.reset_for_error()
                write_http_exception(resp, exc)
            except Exception as failure:  # noqa: BLE001 - headers that cannot be sent, and so on
                exc = failure
            else:
                return
        self.fail(req, resp, exc)

    async def _run_handler(
        self, handler: ExceptionHandler, req: Request, resp: Response, exc: Exception
    ) -> None:
        resp.reset_for_error()
        resp.status_code = 500
        if isinstance(exc, HTTPException):
            resp.status_code = exc.status_code
            resp.headers.update(exc.headers or {})
        write_result(resp, await call(handler, req, resp, exc), handler)

    def fail(self, req: Request, resp: Response, exc: Exception) -> None:
        """Answer 500 without a word of the inside, and log the exception once."""
        if RAISE_EXCEPTIONS in req.scope:
            raise exc
        log_failure(req, exc)
        resp.reset_for_error()
        extensions: dict[str, Any] = {}
        if self.debug:
            extensions["exception"] = traceback.format_exception_only(exc)[-1].strip()
            extensions["traceback"] = "".join(traceback.format_exception(exc)).splitlines()
        resp.problem(500, "The server failed to answer this request.", **extensions)


def log_failure(req: Request, exc: Exception) -> None:
    """Log an exception that nothing expected, with its traceback."""
    where = "no route" if req.route is None else describe(req.route.endpoint)
    # %r, so that a path cannot forge a second line in the log.
    logger.error("%r %r failed in %s", req.method, req.scope["path"], where, exc_info=exc)


def write_http_exception(resp: Response, exc: HTTPException) -> None:
    """Put an HTTPException, a Problem or Starlette's own, into the response."""
    if isinstance(exc, Problem):
        resp.write_problem(exc)
    elif exc.status_code >= 400:
        # Starlette fills a missing detail with the phrase, which is the title already.
        known = {status.value: status.phrase for status in HTTPStatus}.get(exc.status_code)
        detail = exc.detail if exc.detail != known else None
        resp.problem(exc.status_code, detail, headers=exc.headers)
    else:
        resp.status_code = exc.status_code
        if exc.headers:
            resp.headers.update(exc.headers)

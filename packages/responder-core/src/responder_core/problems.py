"""Problems: every failure becomes a response here, by a program's handler or as RFC 9457."""

from __future__ import annotations

import logging
import traceback
from copy import copy
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from responder_core.error_documents import FAILURE, encode_json
from responder_core.errors import HTTPException, Problem, ViewError
from responder_core.handlers import HandlerTable
from responder_core.hooks import accepts, describe, parameters_of, refuse_awaitable
from responder_core.observation import OBSERVATION
from responder_core.results import write_result
from responder_core.threads import call, is_async, run_in_thread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from responder_core.observation import Observation
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.types import ExceptionHandler
    from responder_core.websocket import WebSocket

logger: logging.Logger = logging.getLogger("responder")

RAISE_EXCEPTIONS = "responder.raise_exceptions"
"""The scope key by which a test client asks for unhandled exceptions instead of a 500."""


# The key in ``req.extras`` of the document that the problem handler has seen.
_COMPLETED = object()
_PROBLEM = "application/problem+json"


class ExceptionHandlers:
    """What a program does about its exceptions: handlers by class, and by status.

    Attributes:
        debug: whether a 500 tells the client what happened; never where others can see it.
        problem_handler: changes the documents of problems, or None.
        tables: the handlers of routers, the innermost first, and those of the app.
    """

    def __init__(
        self, *, debug: bool = False, problem_handler: Callable[..., Any] | None = None
    ) -> None:
        self.debug = debug
        self.problem_handler: ProblemHandler | None = (
            ProblemHandler(problem_handler) if problem_handler else None
        )
        self.tables: tuple[HandlerTable, ...] = (HandlerTable(),)

    def within(self, tables: Sequence[HandlerTable]) -> ExceptionHandlers:
        """The same handlers behind those of routers, the innermost first."""
        if not any(tables):
            return self
        handlers = copy(self)
        handlers.tables = (*tables, *self.tables)
        return handlers

    def add(self, key: type[Exception] | int, handler: ExceptionHandler) -> None:
        """Answer exceptions of a class, or problems of a status, with a handler.

        Raises:
            TypeError: the key is neither an exception class nor a status of 400 to 599, or
                the handler cannot be called with (req, resp, exc).
        """
        self.tables[-1].add(key, handler)

    def check(self, key: object) -> None:
        """Refuse what no exception can be found by.

        Raises:
            TypeError: the key is neither an exception class nor a status of 400 to 599.
        """
        self.tables[-1].check(key)

    def find(self, exc: Exception) -> ExceptionHandler | None:
        """The handler for an exception: of the innermost router that has one, else the app's.

        In each it is found by its status, else by its nearest class.
        """
        for table in self.tables:
            handler = table.find(exc)
            if handler is not None:
                return handler
        return None

    def _of_status(self, status: int) -> ExceptionHandler | None:
        found = (table.of_status(status) for table in self.tables)
        return next((handler for handler in found if handler is not None), None)

    async def recover(self, req: Request, resp: Response, exc: Exception) -> None:
        """Make the response answer an exception.

        What a handler puts on the response is sent: headers, cookies and all. Cookies and
        fields set before the exception stay, unless they spoke of the body that is not sent.
        """
        req.note_failure(exc)
        if any(self.tables):
            exc = await self._recover_by_handler(req, resp, exc)
        else:
            self._write(req, resp, exc)
        if self.problem_handler is not None:
            await self.complete(req, resp, exc)

    async def _recover_by_handler(self, req: Request, resp: Response, exc: Exception) -> Exception:
        """As ``recover()``, where there are handlers; the exception that was answered."""
        handler = self.find(exc)
        unexpected = handler is None and not isinstance(exc, HTTPException)
        if unexpected:
            handler = self._of_status(500)
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
                return exc
        self._write(req, resp, exc)
        return exc

    def _write(self, req: Request, resp: Response, exc: Exception) -> None:
        """Put the standard answer to an exception into the response."""
        if isinstance(exc, HTTPException):
            try:
                resp.reset_for_error()
                write_http_exception(resp, exc)
            except Exception as failure:  # noqa: BLE001 - headers that cannot be sent, and so on
                exc = failure
            else:
                return
        self.fail(req, resp, exc)

    def answer(self, resp: Response, problem: Problem) -> None:
        """Answer with a problem that is kept and used again.

        It is raised, as a copy, where the program may have something to say to it; else it is
        put into the response at once, since that is what floods of 404 and 405 meet.

        Raises:
            Problem: the copy.
        """
        if self.problem_handler is not None or any(self.tables):
            raise copy(problem)
        if resp.own_headers is not None or resp.delivery is not None:
            resp.reset_for_error()
        resp.write_problem(problem)

    async def complete(self, req: Request, resp: Response, exc: Exception | None = None) -> None:
        """Let the program's ``problem_handler`` see the document of a problem, once.

        Nothing happens where the program has none, or the response is no problem.
        """
        handler = self.problem_handler
        if handler is None or resp.mimetype != _PROBLEM:
            return
        document: object = resp.media
        if not isinstance(document, dict) or req.extras.get(_COMPLETED) is document:
            return
        members = cast("dict[str, Any]", document)
        changed = dict(await handler.change(members, req, exc))
        # In place, so that it stays the same document for everyone.
        members.clear()
        members.update(changed)
        if type(members.get("status")) is int and resp.status_code is not None:
            members["status"] = resp.status_code  # RFC 9457 §3.1.2: they are the same.
        req.extras[_COMPLETED] = members

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
        noted: Observation | None = req.scope.get(OBSERVATION)
        if noted is not None:
            noted.failure = exc
        if RAISE_EXCEPTIONS in req.scope:
            raise exc
        log_failure(req, exc)
        resp.reset_for_error()
        if self.debug:
            resp.headers["Cache-Control"] = "no-store"
            resp.problem(500, _FAILED, **_facts(exc))
            req.extras[FAILURE] = (resp.media, exc)
        else:
            resp.problem(500, _FAILED)


_FAILED = "The server failed to answer this request."


def _facts(exc: Exception) -> dict[str, Any]:
    """What a document tells of an exception, in debug."""
    text = "".join(traceback.format_exception(exc))
    # An exception may quote half a character, which no format can send.
    lines = text.encode("utf-8", "replace").decode().splitlines()
    last = "".join(traceback.format_exception_only(exc)[-1:])
    return {
        "exception": last.encode("utf-8", "replace").decode().strip(),
        "traceback": lines,
    }


def name_request(req: Request | WebSocket) -> str:
    """A request for the reader of a log, in one line whatever a client sent."""
    return f"{req.method!r} {req.scope['path']!r}, request {req.id!r}"


def log_failure(req: Request, exc: Exception) -> None:
    """Log an exception that nothing expected, with its traceback and the request's id."""
    where = "no route" if req.route is None else describe(req.route.endpoint)
    # %r, so that neither a path nor an id can forge a second line in the log.
    logger.error(
        "%r %r failed in %s, request %r",
        req.method,
        req.scope["path"],
        where,
        req.id,
        exc_info=exc,
        extra={"request_id": req.id},
    )


class ProblemHandler:
    """A program's ``problem_handler``, looked at once: how many arguments, sync or async.

    Raises:
        ViewError: it cannot be called with ``(document, req, exc)`` or the first of these.
    """

    def __init__(self, handler: Callable[..., Any]) -> None:
        for count in (3, 2, 1):
            if accepts(handler, count):
                break
        else:
            msg = (
                f"problem_handler {describe(handler)} takes {parameters_of(handler)}; "
                "write (document, req, exc) or fewer of these"
            )
            raise ViewError(msg)
        self._handler = handler
        self._count = count
        self._awaits = is_async(handler)

    async def change(
        self, document: dict[str, Any], req: Request, exc: Exception | None
    ) -> dict[str, Any]:
        """The document as the handler wants it; as it was, and a log record, when it fails."""
        # The handler gets a copy, so that one that fails half-way has changed nothing.
        members = _copy(document)
        arguments = (members, req, exc)[: self._count]
        try:
            if self._awaits:
                result = await cast("Awaitable[object]", self._handler(*arguments))
            else:
                result = await run_in_thread(self._call, *arguments)
            if result is None:
                result = members
            if not isinstance(result, dict):
                kind = type(result).__name__
                msg = f"problem_handler returned {kind}; return None or a dict"
                raise ViewError(msg)  # noqa: TRY301 - logged as every other failure
            changed = cast("dict[str, Any]", result)
            encode_json(req, changed)  # What no format can send would fail on its way out.
        except Exception:
            logger.exception(
                "problem_handler %s failed, request %r",
                describe(self._handler),
                req.id,
                extra={"request_id": req.id},
            )
            return document
        return changed

    def _call(self, *arguments: object) -> object:
        result = self._handler(*arguments)
        if hasattr(result, "__await__"):
            refuse_awaitable(result, f"problem_handler {describe(self._handler)}")
        return result


def _copy(document: dict[str, Any]) -> dict[str, Any]:
    """A copy down to the findings, which an exception that is raised again and again shares."""
    members = dict(document)
    errors = members.get("errors")
    if isinstance(errors, (list, tuple)):
        findings = cast("list[object]", errors)
        members["errors"] = [
            dict(cast("dict[str, Any]", each)) if isinstance(each, dict) else each
            for each in findings
        ]
    return members


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

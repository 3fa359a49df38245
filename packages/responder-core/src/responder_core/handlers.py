"""Handlers of exceptions: by class, and by status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_core.errors import HTTPException, ViewError
from responder_core.hooks import accepts, describe, parameters_of

if TYPE_CHECKING:
    from responder_core.types import ExceptionHandler


class HandlerTable:
    """The exception handlers of an app or a router."""

    __slots__ = ("_by_class", "_by_status")

    def __init__(self) -> None:
        self._by_class: dict[type[Exception], ExceptionHandler] = {}
        self._by_status: dict[int, ExceptionHandler] = {}

    def __bool__(self) -> bool:
        return bool(self._by_class or self._by_status)

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

    def of_status(self, status: int) -> ExceptionHandler | None:
        """The handler of a status."""
        return self._by_status.get(status)

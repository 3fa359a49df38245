"""Logs: records of what happens, each with the request that it belongs to.

All of it is the standard library's ``logging``: a program that has configured that keeps what it
has, and ``RequestContextFilter`` gives its formats the request. Nothing is configured on import.
"""

from __future__ import annotations

import logging
import re
import sys
from datetime import datetime, timezone
from time import time
from typing import TYPE_CHECKING, Any, Literal, TextIO

from responder_core.context import current_observation, current_request

if TYPE_CHECKING:
    from responder_core.observation import Observation

    LogFormat = Literal["text", "json"]

DEFAULT_LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"
"""The format of text, as ``logging.Formatter`` takes it."""

ACCESS = "responder.access"
"""The logger with one record for each request."""

_NONE = "-"
# What ends a line, or steers a terminal; a client can put it into a path.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# What every record or its line in JSON has; the rest is what who logged it gave in extra=.
_STANDARD = frozenset(
    {*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName"}
    | {"request_id", "request_method", "request_path", "client_ip"}
    | {"time", "level", "logger", "trace_id"}
)


class RequestContext:
    """What is being answered here and now, in this task or thread; ``"-"`` where nothing is.

    ::

        RequestContext.get_request_id()  # "0b54c9f6-5a1e-4f0e-ac3d-7a1f4e2b8d60"
    """

    @staticmethod
    def get_request_id() -> str:
        """The id of the request."""
        noted = current_observation.get()
        if noted is not None:
            return noted.id
        req = current_request.get()
        return _NONE if req is None else req.id

    @staticmethod
    def get_method() -> str:
        """Its method: ``"GET"``."""
        noted = current_observation.get() or current_request.get()
        return _NONE if noted is None else noted.method

    @staticmethod
    def get_path() -> str:
        """Its path, decoded: whatever a client sent."""
        noted = current_observation.get()
        if noted is not None:
            return noted.path
        req = current_request.get()
        path: str = _NONE if req is None else req.scope["path"]
        return path

    @staticmethod
    def get_client_ip() -> str:
        """The address it came from, as trusted proxies tell it."""
        noted = current_observation.get()
        if noted is not None:
            return noted.client
        req = current_request.get()
        peer = None if req is None else req.scope.get("client")
        return peer[0] if peer else _NONE

    @staticmethod
    def get_trace_id() -> str:
        """The trace that it belongs to, as its ``traceparent`` says (W3C Trace Context §3.2)."""
        noted = current_observation.get()
        return noted.trace[0] if noted is not None and noted.trace is not None else _NONE

    @classmethod
    def as_dict(cls) -> dict[str, str]:
        """What is known of the request, to be bound to the records of another library.

        ``structlog.configure(processors=[add_request, …])`` with
        ``def add_request(logger, name, event): return {**RequestContext.as_dict(), **event}``.
        """
        if current_observation.get() is None and current_request.get() is None:
            return {}
        found = {"request_id": cls.get_request_id()}
        if cls.get_trace_id() != _NONE:
            found["trace_id"] = cls.get_trace_id()
        return found


class RequestContextFilter(logging.Filter):
    """Gives each record ``request_id``, ``request_method``, ``request_path`` and ``client_ip``.

    For the handlers of a program that configures logging itself.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        fields = record.__dict__
        fields.setdefault("request_id", RequestContext.get_request_id())
        fields.setdefault("request_method", RequestContext.get_method())
        fields.setdefault("request_path", escape(RequestContext.get_path()))
        fields.setdefault("client_ip", RequestContext.get_client_ip())
        return True


class TextFormatter(logging.Formatter):
    """Lines for people; what a client could forge a line with is escaped."""

    def __init__(self, pattern: str = DEFAULT_LOG_FORMAT) -> None:
        super().__init__(pattern)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The line of a record, without its traceback."""
        record.message = escape(record.message)
        record.__dict__.setdefault("request_id", RequestContext.get_request_id())
        return super().formatMessage(record)


class JSONFormatter(logging.Formatter):
    """One JSON object a line, with what was given as ``extra=``."""

    def format(self, record: logging.LogRecord) -> str:
        """The object of a record."""
        from responder_core.formats.json import encode

        fields = record.__dict__
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        name = fields.get("request_id") or RequestContext.get_request_id()
        if name != _NONE:
            line["request_id"] = name
        trace = RequestContext.get_trace_id()
        if trace != _NONE:
            line["trace_id"] = trace
        line |= {key: value for key, value in fields.items() if key not in _STANDARD}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        elif record.exc_text:
            line["exception"] = record.exc_text
        if record.stack_info:
            line["stack"] = record.stack_info
        try:
            text = encode(line).decode()
        except (TypeError, ValueError):
            # What has no form in JSON is told in words.
            text = encode({key: _in_words(value) for key, value in line.items()}).decode()
        return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class _Fallback(logging.Handler):
    """Writes to stderr for as long as the program has not configured logging itself."""

    def emit(self, record: logging.LogRecord) -> None:
        if logging.getLogger().handlers:
            return
        try:
            self.write(self.format(record))
        except Exception:  # noqa: BLE001 - logging must not fail what it tells of
            self.handleError(record)

    def write(self, line: str) -> None:
        """Write a line in one piece, so that those of several threads do not mix."""
        sys.stderr.write(line + "\n")


class AccessLog:
    """Writes one record for each request and WebSocket.

    Its message is for people, ``GET /tea → 200 (1.2 ms)``; what it is made of stands beside it.
    """

    def __init__(self) -> None:
        self._logger = logging.getLogger(ACCESS)
        self._above = logging.getLogger("responder")
        self._root = logging.getLogger()

    def __call__(self, noted: Observation) -> None:
        """Write the record of what is over."""
        logger = self._logger
        if not logger.isEnabledFor(logging.INFO):
            return
        handler = self._only_handler()
        if handler is not None and noted.path.isprintable() and noted.client.isprintable():
            # Nobody else would see the record: its line alone costs a third.
            try:
                handler.write(_write_access(noted))
            except Exception:  # noqa: BLE001 - the handler deals with it, as with any record
                logger.handle(_make_record(noted))
        else:
            logger.handle(_make_record(noted))

    def _only_handler(self) -> _Fallback | None:
        """The one handler that writes these records, where it is ours, as JSON, with no filter."""
        logger, above = self._logger, self._above
        if logger.handlers or logger.filters or self._root.handlers or len(above.handlers) != 1:
            return None
        handler = above.handlers[0]
        if (
            not isinstance(handler, _Fallback)
            or not isinstance(handler.formatter, JSONFormatter)
            or handler.filters
            or handler.level
            or not logger.propagate
        ):
            return None
        return handler


def _make_record(noted: Observation) -> logging.LogRecord:
    # As Logger.info() makes it, but for the look at the stack, which is ours.
    duration = round(noted.duration * 1000, 3)
    record = logging.LogRecord(
        ACCESS,
        logging.INFO,
        "",
        0,
        "%s %s → %d (%.1f ms)",
        (noted.method, noted.path, noted.status, duration),
        None,
    )
    record.__dict__.update(
        request_id=noted.id,
        request_method=noted.method,
        request_path=noted.path,
        client_ip=noted.client,
        method=noted.method,
        path=noted.path,
        route=noted.route,
        status=noted.status,
        bytes=noted.size,
        duration_ms=duration,
        first_byte_ms=round(noted.first_byte * 1000, 3),
        client=noted.client,
    )
    return record


def _write_access(noted: Observation) -> str:
    """The line that ``JSONFormatter`` would make of the record."""
    from responder_core.formats.json import encode

    duration = round(noted.duration * 1000, 3)
    line: dict[str, Any] = {
        "time": datetime.fromtimestamp(time(), timezone.utc),
        "level": "INFO",
        "logger": ACCESS,
        "message": f"{noted.method} {noted.path} → {noted.status} ({duration:.1f} ms)",
        "request_id": noted.id,
    }
    if noted.trace is not None:
        line["trace_id"] = noted.trace[0]
    line["method"] = noted.method
    line["path"] = noted.path
    line["route"] = noted.route
    line["status"] = noted.status
    line["bytes"] = noted.size
    line["duration_ms"] = duration
    line["first_byte_ms"] = round(noted.first_byte * 1000, 3)
    line["client"] = noted.client
    return encode(line).decode()


def get_logger(name: str | None = None) -> logging.Logger:
    """A logger below that of the framework: ``get_logger("shop")`` is ``responder.app.shop``.

    Without a name it is ``api.log``.
    """
    return logging.getLogger(f"responder.app.{name}" if name else "responder.app")


def setup_logging(
    level: int | str = logging.INFO,
    *,
    log_format: LogFormat = "text",
    stream: TextIO | None = None,
) -> None:
    """Write the records of the whole program to *stream*, stderr without one, once.

    It is for programs that do not configure logging in their own way; one that has is left
    as it is, but for the level.
    """
    root = logging.getLogger()
    root.setLevel(level)
    if not root.handlers:
        handler = logging.StreamHandler(stream)
        handler.setFormatter(make_formatter(log_format))
        root.addHandler(handler)


def enable_logs(log_format: LogFormat, *, debug: bool) -> None:
    """Let the records of the framework and of ``api.log`` be seen; what ``enable_logging=`` does.

    Where the program has configured logging, its handlers write them.
    """
    logger = logging.getLogger("responder")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.DEBUG if debug else logging.INFO)
    if not logger.handlers:
        handler = _Fallback()
        handler.setFormatter(make_formatter(log_format))
        logger.addHandler(handler)


def silence_server() -> None:
    """Leave the access log to ours: uvicorn writes none where its logger has no handler."""
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False


def make_formatter(log_format: LogFormat) -> logging.Formatter:
    """The formatter of a ``log_format=``."""
    return JSONFormatter() if log_format == "json" else TextFormatter()


def escape(text: str) -> str:
    """A text in one line: control characters as Python writes them in a string."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def _in_words(value: object) -> object:
    if isinstance(value, str):
        # With lone surrogates, which no text in UTF-8 has.
        return value.encode("utf-8", "backslashreplace").decode()
    return value if isinstance(value, (int, float, type(None), datetime)) else repr(value)

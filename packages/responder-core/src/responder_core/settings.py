"""Settings: what a program chooses for its messages when it makes an API."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from responder_core.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from os import PathLike

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost; sizes in bytes. For an app, or for one route.

    ::

        api = API(limits=Limits(form_files=10))

    Attributes:
        media_size: a JSON, YAML or MessagePack body that is parsed, and a urlencoded form.
        depth: how deep arrays and objects may nest in a parsed body.
        digits: the digits of one number in a parsed body.
        unique_names: whether an object of JSON with the same name twice is refused where the body
            is read as a type, too. ``req.media()`` always refuses it; a type takes the last,
            as its decoder does, since to find out costs a second decoding.
        yaml_aliases: the aliases (``*name``) of a YAML document.
        yaml_nodes: the values of a YAML document, keys included.
        form_fields: the fields of a form that are no files.
        form_files: the files of a form.
        form_field_size: one field of a multipart form.
        form_memory: how much of an uploaded file stays in memory; the rest goes to disk.
        part_headers: the header fields of one part.
        part_header_size: all the header fields of one part together.
        ranges: the ranges of one Range field; with more the field is ignored.
    """

    media_size: int = 4 * MIB
    depth: int = 100
    digits: int = 1000
    unique_names: bool = False
    yaml_aliases: int = 100
    yaml_nodes: int = 50_000
    form_fields: int = 1000
    form_files: int = 100
    form_field_size: int = MIB
    form_memory: int = MIB
    part_headers: int = 16
    part_header_size: int = 8192
    ranges: int = 16

    def __post_init__(self) -> None:
        for field in fields(self):
            value: object = getattr(self, field.name)
            if field.name == "unique_names":
                if not isinstance(value, bool):
                    msg = f"Limits(unique_names=) is True or False, not {value!r}"
                    raise ValueError(msg)
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                msg = f"Limits({field.name}=) is an int of 0 or more, not {value!r}"
                raise ValueError(msg)


class APIOptions(TypedDict, total=False):
    """The keywords of ``API()`` that speak of messages; ``Settings`` documents each."""

    max_request_size: int | None
    limits: Limits
    strict_accept: bool
    auto_vary: bool
    auto_etag: bool
    gzip: bool
    compress_minimum: int
    encoder: Callable[[Any], Any] | None
    json_ensure_ascii: bool
    json_decimal: Literal["string", "float"]
    problem_handler: Callable[..., Any] | None
    static_dir: str | PathLike[str] | None
    static_route: str | None
    templates_dir: str | PathLike[str]
    auto_escape: bool
    background_limit: int
    background_timeout: float
    allowed_hosts: Iterable[str] | None
    cors: bool
    cors_params: Mapping[str, Any] | None
    enable_hsts: bool
    security_headers: bool | Mapping[str, str | None]
    trusted_proxies: Iterable[str]
    request_timeout: float | None
    sync_threads: int
    sync_queue: int
    ws_idle_timeout: float | None
    max_message_size: int | None
    allowed_origins: Iterable[str]
    request_id: bool
    enable_logging: bool
    log_format: Literal["text", "json"]
    health_route: str | None
    metrics_route: str | None
    metrics_buckets: Iterable[float] | None
    tracing: Any


@dataclass(frozen=True, slots=True)
class Settings:
    """The keywords of ``API()`` that speak of messages, each checked.

    Attributes:
        max_request_size: the bytes of a request's body, or None for any size; a route may
            have its own. A longer body is answered with 413.
        limits: what else a request may cost.
        strict_accept: answer 406 when the client takes none of the forms that ``resp.media``
            has; else it is sent as JSON (RFC 9110 §12.4.1 allows both).
        auto_vary: send ``Vary: Accept`` with negotiated answers (RFC 9110 §12.5.5).
        auto_etag: send an ETag made from the body with every 200 of GET.
        gzip: compress bodies: with zstd, br or gzip, what the client takes and is installed.
        compress_minimum: bytes; a shorter body is sent as it is.
        encoder: turns what JSON, YAML and MessagePack have no form for into something they
            have.
        json_ensure_ascii: write JSON in ASCII alone.
        json_decimal: write a Decimal as a ``"string"`` or as a ``"float"``.
        problem_handler: changes or replaces the document of an error:
            ``handler(document, req, exc)``; it may take fewer.
        static_dir: the directory whose files are served, when it exists; None serves none.
        static_route: the path they are served under.
        templates_dir: the directory of Jinja templates.
        auto_escape: escape what templates insert.
        background_limit: how many functions may wait or run in ``api.background``.
        background_timeout: the seconds they get to end when the app stops, and mounted apps too.
        allowed_hosts: the names that the app answers to, ``["example.org", "*.example.org"]``;
            others are refused with 400. None for every name.
        cors: let pages of other origins read answers, as *cors_params* says: errors too.
        cors_params: the arguments of Starlette's ``CORSMiddleware``, over the standard ones.
        enable_hsts: redirect to HTTPS with 307, and send Strict-Transport-Security over it.
        security_headers: send what tells browsers to be careful: True for the standard fields
            (``security_headers.STANDARD``), or a mapping over these, None leaving one out.
        trusted_proxies: the networks of proxies that are believed about the client and the
            scheme of a request, ``["10.0.0.0/8"]``; ``"unix"`` is a Unix socket.
        request_timeout: the seconds that a request may take until it is answered, or None; a
            route may have its own. Then it is answered with 504.
        sync_threads: how many sync views, hooks and dependencies run at once, each in a thread.
        sync_queue: how many may wait for a thread; more are answered with 503.
        ws_idle_timeout: seconds without a message after which a WebSocket is closed, or None;
            a route may have its own.
        max_message_size: the bytes of one message of a WebSocket, or None for any size; as
            above.
        allowed_origins: the origins whose pages may open WebSockets, ``"https://example.org"``,
            beside those of the same host; ``"*"`` is all.
        request_id: say the id of each request in ``X-Request-ID`` of its answer. Ids that are
            sent are taken where they are well-formed, with *trusted_proxies* from those alone.
        enable_logging: write a record for each request to the logger ``responder.access``, and
            those of ``api.log``: to stderr, unless the program has configured logging. Ids too.
        log_format: ``"text"`` for people, or ``"json"``, an object a line.
        health_route: the path of the readiness probe, in place of ``/readyz``; it brings the
            probes, as ``api.add_health_check()`` does.
        metrics_route: the path where Prometheus finds what was answered, ``"/metrics"``, with
            the extra ``metrics``. Guards of the app stand before it, unless ``public=`` names it.
            Requests get ids, as with *request_id*.
        metrics_buckets: the seconds up to which durations are counted together, ascending.
        tracing: make a span of each request, with the extra ``otel``: True, or a
            ``TracerProvider``. Requests get ids, as with *request_id*.

    Raises:
        ValueError: a value that cannot work.
    """

    max_request_size: int | None = 100 * MIB
    limits: Limits = Limits()
    strict_accept: bool = False
    auto_vary: bool = True
    auto_etag: bool = False
    gzip: bool = True
    compress_minimum: int = 500
    encoder: Callable[[Any], Any] | None = None
    json_ensure_ascii: bool = False
    json_decimal: Literal["string", "float"] = "string"
    problem_handler: Callable[..., Any] | None = None
    static_dir: str | PathLike[str] | None = "static"
    static_route: str | None = "/static"
    templates_dir: str | PathLike[str] = "templates"
    auto_escape: bool = True
    background_limit: int = 1000
    background_timeout: float = 10.0
    allowed_hosts: Iterable[str] | None = None
    cors: bool = False
    cors_params: Mapping[str, Any] | None = None
    enable_hsts: bool = False
    security_headers: bool | Mapping[str, str | None] = False
    trusted_proxies: Iterable[str] = ()
    request_timeout: float | None = None
    sync_threads: int = 40
    sync_queue: int = 1000
    ws_idle_timeout: float | None = None
    max_message_size: int | None = MIB
    allowed_origins: Iterable[str] = ()
    request_id: bool = False
    enable_logging: bool = False
    log_format: Literal["text", "json"] = "text"
    health_route: str | None = None
    metrics_route: str | None = None
    metrics_buckets: Iterable[float] | None = None
    tracing: Any = False

    def __post_init__(self) -> None:
        check_size("max_request_size", self.max_request_size)
        check_size("compress_minimum", self.compress_minimum)
        check_size("max_message_size", self.max_message_size)
        check_seconds("ws_idle_timeout", self.ws_idle_timeout)
        check_seconds("request_timeout", self.request_timeout)
        _check_count("sync_threads", self.sync_threads, 1)
        _check_count("sync_queue", self.sync_queue, 0)
        _check_count("background_limit", self.background_limit, 1)
        for name in ("allowed_origins", "allowed_hosts", "trusted_proxies"):
            listed: object = getattr(self, name)
            if isinstance(listed, str):
                msg = f"{name}= is a list; write [{listed!r}]"
                raise ValueError(msg)  # noqa: TRY004 - as every other setting
        object.__setattr__(self, "allowed_hosts", tuple(self.allowed_hosts or ()))
        object.__setattr__(self, "trusted_proxies", tuple(self.trusted_proxies))
        origins = frozenset(map(str.lower, self.allowed_origins))
        object.__setattr__(self, "allowed_origins", origins)
        if self.json_decimal not in ("string", "float"):
            msg = f"json_decimal= is 'string' or 'float', not {self.json_decimal!r}"
            raise ValueError(msg)
        for name in ("health_route", "metrics_route"):
            route: str | None = getattr(self, name)
            if route is not None and not route.startswith("/"):
                msg = f"{name}= begins with a slash, or is None, not {route!r}"
                raise ValueError(msg)
        object.__setattr__(self, "metrics_buckets", _check_buckets(self.metrics_buckets))
        if self.log_format not in ("text", "json"):
            msg = f"log_format= is 'text' or 'json', not {self.log_format!r}"
            raise ValueError(msg)
        if self.tracing:
            _find_tracing()
        for name in ("encoder", "problem_handler"):
            value: object = getattr(self, name)
            if value is not None and not callable(value):
                msg = f"{name}= is a function or None, not {value!r}"
                raise ValueError(msg)

    @property
    def observes(self) -> bool:
        """Whether connections are observed."""
        return (
            self.request_id
            or self.enable_logging
            or self.metrics_route is not None
            or bool(self.tracing)
        )

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Settings:
        """The settings that these keywords of ``API()`` choose.

        Raises:
            TypeError: a keyword is unknown; the message suggests one that is near.
        """
        known = [field.name for field in fields(cls)]
        for name in options:
            if name not in known:
                msg = f"API() has no option {name!r}{suggest(name, known)}"
                raise TypeError(msg)
        return cls(**options)


def check_size(name: str, value: object) -> None:
    """Refuse what is no number of bytes.

    Raises:
        ValueError: it is neither an int of 0 or more nor None.
    """
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return
    msg = f"{name}= is a number of bytes or None, not {value!r}"
    raise ValueError(msg)


def check_seconds(name: str, value: object) -> None:
    """Refuse what is no time to wait.

    Raises:
        ValueError: it is neither a number above 0 nor None.
    """
    if value is None:
        return
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
        return
    msg = f"{name}= is a number of seconds above 0, or None, not {value!r}"
    raise ValueError(msg)


def _check_count(name: str, value: object, least: int) -> None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return
    msg = f"{name}= is an int of {least} or more, not {value!r}"
    raise ValueError(msg)


def _check_buckets(buckets: Iterable[float] | None) -> tuple[float, ...] | None:
    """The seconds of ``metrics_buckets=``.

    Raises:
        ValueError: they are no ascending numbers above 0.
    """
    if buckets is None:
        return None
    given = tuple(buckets)
    bounds = (0.0, *given, float("inf"))
    if given and all(one < other for one, other in pairwise(bounds)):
        return tuple(map(float, given))
    msg = f"metrics_buckets= are numbers of seconds above 0, ascending, not {given!r}"
    raise ValueError(msg)


def _find_tracing() -> None:
    """Refuse to trace without what makes spans.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    from importlib.util import find_spec

    try:
        found = find_spec("opentelemetry.instrumentation.asgi")
    except ModuleNotFoundError:
        found = None
    if found is None:
        msg = "Tracing needs OpenTelemetry: pip install 'responder-core[otel]'"
        raise ModuleNotFoundError(msg)

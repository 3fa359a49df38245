"""The interface: whether granian is to speak RSGI or ASGI to an app, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast, get_args

from responder_core.items import is_generator_function
from responder_core.route import WebSocketRoute
from responder_core.rsgi import has_own_call
from responder_core.typed_streams import StreamedView

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from responder_core.api import API
    from responder_core.route import Route

InterfaceName = Literal["auto", "asgi", "rsgi"]

NAMES: tuple[InterfaceName, ...] = get_args(InterfaceName)


class Interface(NamedTuple):
    """What a server speaks to an app.

    Attributes:
        name: ``"asgi"`` or ``"rsgi"``.
        reason: why it is that, as the end of a sentence.
    """

    name: Literal["asgi", "rsgi"]
    reason: str


def check_interface(name: object, server: str) -> None:
    """Refuse an interface that there is not, or that a server does not speak.

    Raises:
        ValueError: it is none, or uvicorn is to speak RSGI.
    """
    if name not in NAMES:
        msg = f"interface= is 'auto', 'asgi' or 'rsgi', not {name!r}"
        raise ValueError(msg)
    if name == "rsgi" and server != "granian":
        msg = f"{server} speaks no RSGI; write server='granian', or leave interface= out"
        raise ValueError(msg)


def choose_interface(app: object, wanted: str, options: Mapping[str, Any]) -> Interface:
    """What granian is to speak to an app: RSGI, unless something of it needs ASGI.

    *wanted* is what the program says, ``"auto"`` for nothing, and *options* are granian's.

    Raises:
        ValueError: RSGI is wanted, and something cannot do without ASGI.
    """
    if wanted == "asgi":
        return Interface("asgi", "interface='asgi' says so")
    for reason in _list_needs(app, options):
        if wanted == "rsgi":
            msg = f"interface='rsgi' cannot be: {reason}"
            raise ValueError(msg)
        return Interface("asgi", reason)
    if wanted == "rsgi":
        return Interface("rsgi", "interface='rsgi' says so")
    for reason in _list_wishes(app):
        return Interface("asgi", reason)
    return Interface("rsgi", "nothing of the app needs ASGI")


def _list_needs(app: Any, options: Mapping[str, Any]) -> Iterator[str]:  # noqa: ANN401 - any app
    """What is there by ASGI alone."""
    if not _is_api(app):
        yield f"{type(app).__name__} is no API, or stands around one"
        return  # pragma: no cover - the first reason is enough
    if options.get("url_path_prefix"):
        yield "granian has url_path_prefix= for ASGI"
    yield from _list_needs_of(app, "")


def _list_needs_of(api: API, prefix: str) -> Iterator[str]:
    where = f" below {prefix}" if prefix else ""
    if has_own_call(api):
        yield f"{type(api).__name__}{where} has a __call__() of its own"
    if api.registry.stack or any(
        frame.router.stack for route in api.routes for frame in route.frames
    ):
        yield f"the app{where} has ASGI middleware"
    if api.settings.tracing:
        yield f"tracing{where} is ASGI middleware of OpenTelemetry"
    for mount in api.mounts:
        below = prefix + mount.prefix
        if _is_api(mount.app):
            yield from _list_needs_of(cast("API", mount.app), below)
        else:
            yield f"another app is mounted at {below or '/'}"


def _list_wishes(api: Any, prefix: str = "") -> Iterator[str]:  # noqa: ANN401 - an API
    """What RSGI can do, but less well: sockets, streams, and what stands in certain fields."""
    where = f" below {prefix}" if prefix else ""
    if api.settings.trusted_proxies:
        yield f"trusted_proxies={where} are told in fields that RSGI may leave out"
    if api.registry.has_around("session"):
        yield f"sessions{where} are in cookies, which RSGI may leave out"
    for route in api.routes:
        if isinstance(route, WebSocketRoute):
            yield f"{prefix}{route.path} is a WebSocket"
        elif _streams(route):
            yield f"{prefix}{route.path} is a stream"
    for mount in api.mounts:
        yield from _list_wishes(mount.app, prefix + mount.prefix)


def _is_api(app: object) -> bool:
    # Asked by its members, as the class is imported by whoever made one.
    return hasattr(app, "__rsgi__") and hasattr(app, "registry")


def _streams(route: Route) -> bool:
    """Whether a route can be seen to stream before it is called."""
    views = [route.endpoint, *(view.origin for view in route.views.values())]
    return any(isinstance(view, StreamedView) or is_generator_function(view) for view in views)

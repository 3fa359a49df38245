"""Outside: the ASGI middleware that the settings of an app ask for, in its order.

Proxies are outermost, then what traces and observes, HTTPS, header fields, CORS last, with the
program's own inside.
An app that asks for none has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from responder_core.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_core.api import API
    from responder_core.asgi import Dispatcher
    from responder_core.observation import Observation
    from responder_core.settings import Settings
    from responder_core.types import ASGIApp, Scope

_CORS: Mapping[str, Any] = {
    "allow_origins": (),
    "allow_methods": ("GET",),
    "allow_headers": (),
    "allow_credentials": False,
    "allow_origin_regex": None,
    "expose_headers": (),
    "max_age": 600,
}


def surround_app(app: ASGIApp, settings: Settings, dispatcher: Dispatcher) -> ASGIApp:
    """An app behind what its settings ask for.

    Raises:
        TypeError: an option of CORS is unknown.
        ValueError: a network of proxies is none.
    """
    if settings.cors or settings.cors_params:
        app = _add_cors(app, settings.cors_params or {})
    wanted = settings.security_headers
    if wanted or settings.enable_hsts:
        from responder_core.security_headers import HSTS, STANDARD, SecurityHeaders

        fields: dict[str, str | None] = dict(STANDARD) if wanted else {}
        if isinstance(wanted, Mapping):
            lower = {name.lower(): name for name in fields}
            fields |= {lower.get(name.lower(), name): value for name, value in wanted.items()}
        app = SecurityHeaders(app, fields, HSTS if settings.enable_hsts else None)
    if settings.enable_hsts:
        from responder_core.security_headers import HTTPSRedirect

        def is_served(scope: Scope) -> bool:
            return dispatcher.hosts.find_fault(scope) is None

        app = HTTPSRedirect(app, is_served)
    if settings.observes:
        from responder_core.observer import Observer

        app = Observer(app, _sinks(dispatcher.api), from_proxies=bool(settings.trusted_proxies))
    if settings.tracing:
        from responder_core.tracing import trace_app

        app = trace_app(app, settings.tracing)
    if settings.trusted_proxies:
        from responder_core.proxies import TrustedProxies

        app = TrustedProxies(app, settings.trusted_proxies)
    return app


def _sinks(api: API) -> list[Callable[[Observation], None]]:
    """What is told of every connection that was served."""
    sinks: list[Callable[[Observation], None]] = []
    if api.settings.tracing:
        from responder_core.tracing import SpanSink

        sinks.append(SpanSink())
    if api.metrics is not None:
        sinks.append(api.metrics)
    if api.settings.enable_logging:
        from responder_core.logs import AccessLog

        sinks.append(AccessLog())
    return sinks


def _add_cors(app: ASGIApp, params: Mapping[str, Any]) -> ASGIApp:
    from starlette.middleware.cors import CORSMiddleware

    for name in params:
        if name not in {*_CORS, "allow_private_network"}:
            msg = f"cors_params= has no option {name!r}{suggest(name, _CORS)}"
            raise TypeError(msg)
    return CORSMiddleware(app, **{**_CORS, **params})

"""Former names: what older programs write, and what to write in its place.

A keyword that asks for nothing is taken; one that asks for something which has another form now
is refused, with that form. A name of a module that is gone says what took its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responder_core.launcher import Launcher
from responder_core.testing import BASE_URL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from starlette.testclient import TestClient

    from responder_core.async_client import LiveClient
    from responder_core.settings import Settings

KEYWORDS: dict[str, tuple[object, str]] = {
    "implicit_static_fallback": (
        False,
        "api.add_route('/', static=True) serves index.html of the static directory",
    ),
    "trace_dispatch": (False, "tracing=True makes a span of each request"),
    "trust_proxy_headers": (
        False,
        "trusted_proxies=['10.0.0.0/8'] names the proxies that are believed",
    ),
}
"""The former keywords of ``API()``: the value that asks for nothing, and what to write now."""

ROUTE_KEYWORDS: dict[str, tuple[tuple[object, ...], str]] = {
    "check_existing": ((True, False), ""),
    "default": (
        (False,),
        "route('/{rest:path}') takes what nothing else answers; exception_handler(404), too",
    ),
}
"""The former keywords of routes: the values that ask for nothing, and what to write now."""

MEMBERS = {
    "auth_policies": "a guard has a name already: give the function itself as auth=",
    "build_middleware_stack": "the API is the ASGI app: pass it as it is",
    "default_endpoint": "write @api.route('/{rest:path}') or @api.exception_handler(404)",
    "generate_client": "make one from the document, which api.openapi.document() gives",
    "implicit_static_fallback": KEYWORDS["implicit_static_fallback"][1],
    "path_matches_route": "api.routes lists what is registered",
    "policy": "a guard has a name already: give the function itself as auth=",
    "router": "what it had is of the API: api.routes, api.mounts, api.add_route()",
    "secret_key": "keep the key in a variable of the program, or in RESPONDER_SECRET_KEY",
}
"""The former attributes and methods of an API, and what to write now."""


def take_former(options: dict[str, Any]) -> None:
    """Take former keywords of ``API()`` out of *options*.

    Raises:
        TypeError: one asks for what has another form now; the message says which.
    """
    for name in KEYWORDS.keys() & options.keys():
        value = options.pop(name)
        idle, advice = KEYWORDS[name]
        if value != idle:
            msg = f"API() has no option {name!r} any more: {advice}"
            raise TypeError(msg)


def take_former_of_route(path: str, options: dict[str, Any]) -> None:
    """As ``take_former()``, for the keywords of a route."""
    for name in ROUTE_KEYWORDS.keys() & options.keys():
        value = options.pop(name)
        idle, advice = ROUTE_KEYWORDS[name]
        if value not in idle:
            msg = f"route({path!r}) has no option {name!r} any more: {advice}"
            raise TypeError(msg)


def refuse_names(module: str, names: Mapping[str, str]) -> Callable[[str], object]:
    """The ``__getattr__`` of a module some of whose names are gone, each with what to use.

    A gone name is an ImportError, since ``from … import`` hides the words of an AttributeError.
    """

    def find(name: str) -> object:
        if name in names:
            msg = f"{module} has no {name} any more: {names[name]}"
            raise ImportError(msg, name=module)
        msg = f"module {module!r} has no attribute {name!r}"
        raise AttributeError(msg)

    return find


class FormerNames(Launcher):
    """What an API is asked for by older programs."""

    _former_clients: dict[str, TestClient] | None = None

    if TYPE_CHECKING:
        settings: Settings
    else:
        # Hidden from type checkers, which show the names that new programs write.

        def route(self, path: str | None = None, **options: Any) -> Any:  # noqa: ANN401, D102 - as the core's
            return super().route(options.pop("route", path), **options)

        def add_route(  # noqa: D102 - as above
            self,
            path: str | None = None,
            endpoint: Any = None,  # noqa: ANN401 - as the core's
            **options: Any,  # noqa: ANN401
        ) -> None:
            path = options.pop("route", path)
            if path is None and endpoint is not None and options.get("before_request"):
                self.route(**options)(endpoint)
            else:
                super().add_route(path, endpoint, **options)

        def serve(self, **options: Any) -> None:  # noqa: ANN401, D102 - as above
            if options.pop("port_precedence", "explicit") != "explicit":
                msg = "serve() has no port_precedence= any more: leave port= out, and PORT holds"
                raise TypeError(msg)
            super().serve(**options)

        def __getattr__(self, name: str) -> object:
            if name in MEMBERS:
                msg = f"api.{name} is no more: {MEMBERS[name]}"
                raise AttributeError(msg)
            msg = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(msg)

    @property
    def app(self) -> Any:  # noqa: ANN401 - the API itself, of whatever class
        """The ASGI app, which is the API itself."""
        return self

    @property
    def status_codes(self) -> ModuleType:
        """The module ``responder.status_codes``."""
        from responder import status_codes

        return status_codes

    @property
    def async_requests(self) -> LiveClient:
        """As ``async_client()``."""
        return self.async_client()

    def session(self, base_url: str = BASE_URL) -> TestClient:
        """As ``test_client()``; the same client each time for one *base_url*."""
        if base_url == BASE_URL:
            return self.requests
        if self._former_clients is None:
            self._former_clients = {}
        if base_url not in self._former_clients:
            self._former_clients[base_url] = self.test_client(base_url)
        return self._former_clients[base_url]

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """As ``settings.allowed_hosts``; none for every name."""
        return tuple(self.settings.allowed_hosts or ())

    @property
    def cors(self) -> bool:
        """As ``settings.cors``."""
        return self.settings.cors

    @property
    def cors_params(self) -> Mapping[str, Any] | None:
        """As ``settings.cors_params``."""
        return self.settings.cors_params

    @property
    def hsts_enabled(self) -> bool:
        """As ``settings.enable_hsts``."""
        return self.settings.enable_hsts

    @property
    def problem_handler(self) -> Callable[..., Any] | None:
        """As ``settings.problem_handler``."""
        return self.settings.problem_handler

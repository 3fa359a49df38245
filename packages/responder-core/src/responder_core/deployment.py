"""Deployment: what an app should not be like where others use it."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from responder_core.extension import Extension
from responder_core.serving.listeners import listen_address
from responder_core.serving.shutdown import find_api

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from responder_core.api import API
    from responder_core.types import ASGIApp

    Level = Literal["error", "warning", "note"]

logger: logging.Logger = logging.getLogger("responder")

CODES = frozenset(
    {"broken", "cors-open", "debug-on", "docs-open", "hosts-open", "metrics-open"}
    | {"no-body-limit", "no-health", "no-headers", "no-timeout", "port", "proxies-untrusted"}
    | {"slow-server"}
)
"""The findings of the core; extensions have their own."""

_PLATFORMS = {
    "DYNO": "Heroku",
    "FLY_APP_NAME": "Fly.io",
    "K_SERVICE": "Cloud Run",
    "KUBERNETES_SERVICE_HOST": "Kubernetes",
    "RAILWAY_ENVIRONMENT": "Railway",
    "RENDER": "Render",
    "WEBSITE_HOSTNAME": "Azure App Service",
}
"""Variables of the environment where every request comes through a proxy."""


class Finding(NamedTuple):
    """Something that is not as it should be.

    Attributes:
        level: ``"error"``, ``"warning"`` or ``"note"``.
        code: what it is called: ``"debug-on"``.
        message: what is the case.
        remedy: what to do.
    """

    level: Level
    code: str
    message: str
    remedy: str


@dataclass(frozen=True)
class Deployment:
    """Where an app will be served.

    Attributes:
        workers: by how many processes.
        environment: with which variables.
    """

    workers: int = 1
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


def check_deployment(api: API, deployment: Deployment) -> list[Finding]:
    """What an app and its extensions find, errors first.

    An extension that has something to tell has a method ``check(api, deployment)``.
    """
    found = [
        *_check_assembly(api),
        *_check_settings(api),
        *_check_routes(api),
        *_check_environment(api, deployment),
    ]
    for extension in api.extensions:
        found += extension.check(api, deployment)
    order = ("error", "warning", "note")
    return sorted(found, key=lambda each: order.index(each.level))


def warn_of_workers(app: ASGIApp, workers: int) -> None:
    """Log what goes wrong because several processes serve an app, a line each.

    What a single process has as well is left to ``responder check``, and so are notes. A check
    that fails is logged, and stops no server.
    """
    if workers < 2:
        return
    api = find_api(app)
    alone, together = (Deployment(count, os.environ) for count in (1, workers))
    for extension in _list_extensions(api):
        try:
            known = {each.code for each in extension.check(api, alone)}
            found = [each for each in extension.check(api, together) if each.code not in known]
        except Exception:
            logger.exception("check() of %s failed", type(extension).__name__)
            continue
        for each in found:
            if each.level != "note":
                level = logging.ERROR if each.level == "error" else logging.WARNING
                logger.log(level, "%s. %s [%s]", each.message, each.remedy, each.code)


def _list_extensions(app: object) -> list[Extension[Any]]:
    """The extensions of an API; apps of other kinds have none, whatever they call so."""

    def is_one(candidate: object) -> bool:
        return isinstance(candidate, Extension)

    return list(filter(is_one, getattr(app, "extensions", ())))


def _check_assembly(api: API) -> Iterator[Finding]:
    """Whether it can be served at all: what a first request would find."""
    from responder_core.assembly import assemble

    try:
        assemble(api, api.registry)
    except Exception as error:  # noqa: BLE001 - whatever it is, no request would be answered
        yield Finding("error", "broken", f"the app cannot be served: {error}", "Mend it.")


def _check_settings(api: API) -> Iterator[Finding]:
    settings = api.settings
    if api.debug:
        message = "debug is on: clients are told what failed, with the source"
        yield Finding("error", "debug-on", message, "Leave debug= out, or make it depend.")
    if not settings.allowed_hosts or "*" in settings.allowed_hosts:
        message = "requests for any host are answered"
        remedy = 'Name yours: allowed_hosts=["example.org"].'
        yield Finding("warning", "hosts-open", message, remedy)
    origins = (settings.cors_params or {}).get("allow_origins", ())
    if "*" in origins:
        credentials = (settings.cors_params or {}).get("allow_credentials", False)
        message = "pages of any origin may read the answers" + (
            ", with the cookies of who visits them" if credentials else ""
        )
        level: Level = "error" if credentials else "note"
        yield Finding(level, "cors-open", message, "Name the origins in cors_params=.")
    if settings.max_request_size is None:
        message = "bodies of any size are read"
        yield Finding("warning", "no-body-limit", message, "Set max_request_size=.")
    if not settings.security_headers:
        message = "answers have no Content-Security-Policy and its like"
        yield Finding("note", "no-headers", message, "Set security_headers=True.")
    if settings.request_timeout is None:
        message = "a request may take as long as it likes"
        yield Finding("note", "no-timeout", message, "Set request_timeout= in seconds.")


def _check_routes(api: API) -> Iterator[Finding]:
    names = {route.name: route for route in api.routes}
    for name, code in (("docs", "docs-open"), ("schema", "docs-open"), ("metrics", "metrics-open")):
        route = names.get(name)
        if route is not None and not api.registry.guards_of(route):
            message = f"everyone can read {route.path}"
            remedy = "Guard it by auth= or dependencies=, or keep the path inside by the proxy."
            yield Finding("warning", code, message, remedy)
    if "readyz" not in names:
        message = "nothing tells whether the app is ready"
        yield Finding("note", "no-health", message, 'Set health_route="/readyz".')


def _check_environment(api: API, deployment: Deployment) -> Iterator[Finding]:
    environment = deployment.environment
    try:
        listen_address(None, None, environment)
    except ValueError as error:
        yield Finding("error", "port", str(error), "Set PORT to a number, or leave it out.")
    platform = next((name for key, name in _PLATFORMS.items() if key in environment), None)
    if platform is not None and not api.settings.trusted_proxies:
        message = f"{platform} sends requests through a proxy, and none is trusted: the address of"
        remedy = "Name the networks of the proxies in trusted_proxies=."
        yield Finding(
            "warning", "proxies-untrusted", f"{message} every client is the proxy's", remedy
        )
    if find_spec("httptools") is None:
        message = "uvicorn runs without httptools and uvloop"
        remedy = "pip install 'responder-core[server]'"
        yield Finding("note", "slow-server", message, remedy)

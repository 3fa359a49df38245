"""Responder: the greeting, the JSON and the typed path; hooks and many routes beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from samples import HOOKS, ROUTES
from workloads import GREETING

from responder_core import API, Request, Response

if TYPE_CHECKING:
    from harness import App


async def text(req: Request, resp: Response) -> None:
    """The greeting as plain text."""
    resp.text = "Hello, world!"


async def json(req: Request, resp: Response) -> None:
    """The greeting as JSON."""
    resp.media = GREETING


async def user(req: Request, resp: Response, *, id: int) -> None:  # noqa: A002
    """The number of the path as JSON."""
    resp.media = {"id": id}


async def hook(req: Request, resp: Response) -> None:
    """Do nothing, before each view."""


def quick_hook(req: Request, resp: Response) -> None:
    """Do nothing, before each view, on the event loop."""


def build() -> App:
    """The application."""
    return routed()


def routed() -> API:
    """The API with the three routes that all applications have."""
    api = API()
    api.add_route("/text", text, methods=["GET"])
    api.add_route("/json", json, methods=["GET"])
    api.add_route("/users/{id:int}", user, methods=["GET"])
    return api


def build_hooked(count: int) -> App:
    """The same application with *count* hooks before each view."""
    api = routed()
    for _ in range(count):
        api.before_request(hook)
    return api


def build_quick(count: int) -> App:
    """The same application with *count* sync hooks that run on the event loop."""
    api = routed()
    for _ in range(count):
        api.before_request(sync_to_thread=False)(quick_hook)
    return api


def build_static(count: int) -> App:
    """*count* routes without parameters: ``/static/0``, ``/static/1``, and so on."""
    api = API()
    for number in range(count):
        api.add_route(f"/static/{number}", text, methods=["GET"], name=f"static{number}")
    return api


def build_typed(count: int) -> App:
    """*count* routes with one typed parameter: ``/typed0/{id:int}``, and so on."""
    api = API()
    for number in range(count):
        path = f"/typed{number}/{{id:int}}"
        api.add_route(path, user, methods=["GET"], name=f"typed{number}")
    return api


def build_routes() -> App:
    """As many typed routes as all applications with many have."""
    return build_typed(ROUTES)


def build_hooks() -> App:
    """As many async hooks as all applications with hooks have."""
    return build_hooked(HOOKS)

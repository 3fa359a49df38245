"""Responder: the greeting, with what observes requests, and many routes of which each is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responder_core import API, Request, Response

if TYPE_CHECKING:
    from harness import App

SETTINGS: dict[str, dict[str, Any]] = {
    "ids": {"request_id": True},
    "log": {"enable_logging": True, "log_format": "json"},
    "metrics": {"metrics_route": "/metrics"},
}
"""What ``API()`` is given for each thing that observes."""


async def text(req: Request, resp: Response) -> None:
    """The greeting as plain text."""
    resp.text = "Hello, world!"


async def user(req: Request, resp: Response, *, id: int) -> None:  # noqa: A002
    """The number of the path as JSON."""
    resp.media = {"id": id}


def build(*names: str) -> App:
    """The application, observed by these."""
    settings: dict[str, Any] = {}
    for name in names:
        settings |= SETTINGS[name]
    api = API(**settings)
    api.add_route("/text", text, methods=["GET"])
    api.add_route("/users/{id:int}", user, methods=["GET"])
    return api


def build_many(count: int) -> App:
    """*count* routes, ``/static/0`` and so on, and the metrics of them."""
    api = API(**SETTINGS["metrics"])
    for number in range(count):
        api.add_route(f"/static/{number}", text, methods=["GET"], name=f"static{number}")
    return api


def build_all() -> App:
    """The application, observed by all."""
    return build(*SETTINGS)

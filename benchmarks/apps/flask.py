"""Flask, as its documentation writes it, on granian by WSGI."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request, send_file, session
from samples import FILE_NAME, HOOKS, KEY, ROUTES, ROWS, sample_path
from workloads import GREETING


def plain() -> Response:
    """The greeting as plain text."""
    return Response("Hello, world!", mimetype="text/plain")


def build() -> Flask:
    """The greeting, the JSON and the typed path."""
    app = Flask(__name__)
    app.get("/text")(plain)

    @app.get("/json")
    def show_json() -> dict[str, Any]:
        return GREETING

    @app.get("/users/<int:id>")
    def show_user(id: int) -> dict[str, int]:  # noqa: A002
        return {"id": id}

    return app


def build_typed() -> Flask:
    """A query with a header field."""
    app = Flask(__name__)

    @app.get("/search")
    def search() -> dict[str, Any]:
        query, limit = request.args["query"], request.args.get("limit", type=int)
        return {"query": query, "limit": limit, "token": request.headers["X-Token"]}

    return app


def build_routes() -> Flask:
    """Many typed routes."""
    app = Flask(__name__)

    def show_user(id: int) -> dict[str, int]:  # noqa: A002
        return {"id": id}

    for number in range(ROUTES):
        app.get(f"/typed{number}/<int:id>", endpoint=f"show{number}")(show_user)
    return app


def build_hooks() -> Flask:
    """Five functions before each request."""
    app = Flask(__name__)

    def hook() -> None: ...

    for _ in range(HOOKS):
        app.before_request(hook)
    app.get("/text")(plain)
    return app


def build_messages() -> Flask:
    """The large list, and the file."""
    app = Flask(__name__)

    @app.get("/list")
    def show_list() -> list[dict[str, Any]]:
        return ROWS

    @app.get("/file")
    def show_file() -> Response:
        return send_file(sample_path(FILE_NAME))

    return app


def build_session() -> Flask:
    """A count of visits in a signed cookie."""
    app = Flask(__name__)
    app.secret_key = KEY

    @app.get("/count")
    def count() -> Response:
        session["visits"] = session.get("visits", 0) + 1
        return plain()

    return app


def build_sync() -> Flask:
    """The greeting: all views are functions, and granian runs them in a thread."""
    app = Flask(__name__)
    app.get("/def")(plain)
    return app

"""The catalogue of a library."""

import os

import responder

from . import books, graph, login, news


def create_api() -> responder.API:
    """Make the service; its databases are in the folder ``CATALOGUE``."""
    folder = os.environ.get("CATALOGUE", ".")
    api = responder.API(
        title="Catalogue",
        version="1.0",
        docs_route="/docs",
        session_backend=f"sqlite:///{folder}/sessions.sqlite3",
        csrf=True,
        rate_limit="100/minute",
        security_headers=True,
        enable_logging=True,
        request_timeout=30,
    )
    catalogue = books.Catalogue(f"{folder}/catalogue.sqlite3")
    latest = news.News()
    api.add_dependency("catalogue", lambda: catalogue)
    api.add_dependency("news", lambda: latest)
    api.include_router(books.router)
    api.include_router(login.router)
    api.include_router(news.router)
    api.graphql(
        schema=graph.schema,
        root_value=graph.Root(),
        dependencies=["catalogue"],
        resolvers_in_threads=True,
    )
    api.add_health_check("books", catalogue.find)

    @api.get("/", include_in_schema=False)
    async def home(req: responder.Request, resp: responder.Response) -> None:
        resp.redirect("/docs")

    return api

"""The page: GraphiQL, under a Content-Security-Policy that names all it loads."""

from __future__ import annotations

import logging
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from responder_core.assets import CDN, digest_files, is_immutable, read_packages
from responder_core.errors import Problem
from responder_core.static import StaticFiles

if TYPE_CHECKING:
    from responder_core import Request, Response
    from responder_graphql.view import GraphQLView

logger: logging.Logger = logging.getLogger("responder.graphql")

HERE = Path(__file__).parent
_PAGES = HERE / "pages"  # Our own script and style.

_SCRIPTS = (
    ("react", "umd/react.production.min.js"),
    ("react-dom", "umd/react-dom.production.min.js"),
    ("graphiql", "graphiql.min.js"),
    ("graphql-ws", "umd/graphql-ws.min.js"),
)
_STYLE = ("graphiql", "graphiql.min.css")

_told = False


class GraphiQLPage:
    """GraphiQL for an endpoint, and the files that it loads.

    Args:
        view: the endpoint.
        has_sockets: whether it answers WebSockets as well.

    Attributes:
        files: the view of the files, below a path that changes with them: ``release``.
        release: what changes with the files.
    """

    def __init__(self, view: GraphQLView, *, has_sockets: bool) -> None:
        self._view = view
        self._packages = read_packages(HERE)
        self._is_here = all(each.is_brought for each in self._packages.values())
        self._has_sockets = has_sockets
        urls = (each.url("") for each in self._packages.values())
        self.release: str = digest_files(_PAGES, *urls)
        self.files: StaticFiles = StaticFiles()
        self.files.is_immutable = is_immutable
        self.files.add_directory(_PAGES)
        source = "'self'"
        if self._is_here:
            for each in self._packages.values():
                self.files.add_directory(each.directory)
        else:
            source += f" {CDN}"
        self._policy = (
            f"default-src 'none'; script-src {source}; style-src {source} 'unsafe-inline'; "
            f"img-src 'self' data:; font-src {source} data:; connect-src 'self'; "
            "worker-src 'self' blob:; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )

    async def refuse_hidden(self, req: Request, _resp: Response) -> None:
        """The hook before the files: they are there where the page is.

        Raises:
            Problem: 404, this app shows no GraphiQL.
        """
        if not self._view.shows_page(req.api):
            raise Problem(404)

    def send(self, req: Request, resp: Response) -> None:
        """Send the page."""
        if not self._is_here:
            _tell_once()
        resp.html = self._draw(req.url.path)
        resp.headers["Content-Security-Policy"] = self._policy
        resp.headers["Referrer-Policy"] = "no-referrer"
        resp.headers["X-Content-Type-Options"] = "nosniff"
        resp.cache_control(no_cache=True)

    def _draw(self, url: str) -> str:
        files = f"{url.rstrip('/')}/graphiql-{self.release}"
        folder = files if self._is_here else None
        name, path = _STYLE
        style = self._packages[name].write_attributes("href", path, folder)
        scripts = [
            f"<script {self._packages[name].write_attributes('src', file, folder)}></script>"
            for name, file in _SCRIPTS
        ]
        return _TEMPLATE.format(
            files=escape(files),
            style=f'<link rel="stylesheet" {style}>',
            url=escape(url),
            socket="yes" * self._has_sockets,
            scripts="\n".join(scripts),
        )


_TEMPLATE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>GraphiQL</title>
<link rel="icon" href="data:,">
{style}
<link rel="stylesheet" href="{files}/graphiql.css">
</head>
<body>
<main id="graphiql" data-url="{url}" data-socket="{socket}">
<p class="waiting">GraphiQL is drawn by a script.</p>
</main>
{scripts}
<script type="module" src="{files}/graphiql.js"></script>
</body>
</html>
"""


def _tell_once() -> None:
    """Log that the page loads from another origin."""
    global _told  # noqa: PLW0603 - once for the process
    if not _told:
        _told = True
        logger.warning(
            "GraphiQL is loaded from %s: its files are not in this checkout, as npm was not there "
            "to build it; the browsers of developers ask that server",
            CDN,
        )

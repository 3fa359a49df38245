"""Pages: the documentation as HTML, under a Content-Security-Policy that names all it loads."""

from __future__ import annotations

import logging
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from responder_core.assets import CDN, digest_files, is_immutable, read_packages
from responder_core.static import StaticFiles
from responder_openapi.themes import DRAWINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from responder_core.assets import Package
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_openapi.themes import Theme

logger: logging.Logger = logging.getLogger("responder.openapi")

HERE = Path(__file__).parent
_PAGES = HERE / "pages"  # Our own scripts and styles.

_told: set[str] = set()


class Page:
    """A documentation page and the files that it loads.

    Args:
        theme: what draws it.
        title: what stands in its title.
        find_servers: gives the URLs that it calls beside those of its own origin: of operations,
            and of tokens.
    """

    def __init__(self, theme: Theme, title: str, find_servers: Callable[[], Iterable[str]]) -> None:
        self._theme: Theme = theme
        self._find_servers = find_servers
        self._drawing = DRAWINGS[theme]
        self._package = read_packages(HERE)[self._drawing.package]
        self._is_here = self._package.is_brought
        self._title = title
        self._files = StaticFiles()
        self._files.is_immutable = is_immutable
        self._files.add_directory(_PAGES)
        if self._is_here:
            self._files.add_directory(self._package.directory)
        else:
            _tell_once(self._package)
        self.release: str = digest_files(_PAGES, self._package.url(""))

    async def send_file(self, _req: Request, resp: Response, *, release: str, file: str) -> None:
        """Send a file that the page loads; its URL changes with its content."""
        del release  # It makes the URL another one; whichever was asked for, this is what is here.
        await self._files(_req, resp, path=file)
        resp.headers["X-Content-Type-Options"] = "nosniff"
        if file == self._drawing.redirect:
            # It tells the page that opened it what the authorization server said.
            resp.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"

    def send(self, resp: Response, document: str, files: str) -> None:
        """Send the page: *document* is the URL of the document, *files* that of the files."""
        resp.html = self._draw(document, f"{files}/{self.release}")
        resp.headers["Content-Security-Policy"] = self._make_policy(self._find_servers())
        if self._drawing.redirect is not None:
            resp.headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
        resp.headers["Referrer-Policy"] = "no-referrer"
        resp.headers["X-Content-Type-Options"] = "nosniff"
        resp.cache_control(no_cache=True)

    def _make_policy(self, servers: Iterable[str]) -> str:
        """Only what the page needs, none of it inline but styles, which themes set themselves."""
        source = "'self'"
        if not self._is_here:
            source += f" {self._package.url('')}"
        origins = [_origin(each) for each in servers]
        connect = " ".join(["'self'", *dict.fromkeys(each for each in origins if each)])
        return (
            f"default-src 'none'; script-src {source}; style-src {source} 'unsafe-inline'; "
            f"img-src 'self' data:; font-src {source} data:; connect-src {connect}; "
            "worker-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )

    def _draw(self, document: str, files: str) -> str:
        styles = [self._link(each, files) for each in self._drawing.styles]
        scripts = [self._script(each, files) for each in self._drawing.scripts]
        redirect = self._drawing.redirect
        told = f' data-redirect="{escape(files)}/{redirect}"' if redirect else ""
        head = "\n".join([f'<link rel="stylesheet" href="{escape(files)}/docs.css">', *styles])
        body = "\n".join(
            [*scripts, f'<script type="module" src="{escape(files)}/{self._theme}.js"></script>']
        )
        return _TEMPLATE.format(
            title=escape(self._title),
            head=head,
            document=escape(document),
            told=told,
            body=body,
        )

    def _link(self, file: str, files: str) -> str:
        return f'<link rel="stylesheet" {self._load("href", file, files)}>'

    def _script(self, file: str, files: str) -> str:
        return f"<script {self._load('src', file, files)}></script>"

    def _load(self, attribute: str, file: str, files: str) -> str:
        folder = files if self._is_here else None
        return self._package.write_attributes(attribute, file, folder)


_TEMPLATE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="data:,">
{head}
</head>
<body>
<main id="docs" data-url="{document}"{told}>
<p class="waiting">The documentation of {title} is drawn by a script, from
<a href="{document}">its OpenAPI document</a>.</p>
</main>
{body}
</body>
</html>
"""


def _origin(url: str) -> str:
    """The origin of a server; nothing for one that is relative, or has variables in its host."""
    parts = urlsplit(url)
    known = parts.scheme in ("http", "https") and parts.netloc and "{" not in parts.netloc
    return f"{parts.scheme}://{parts.netloc}" if known and ";" not in parts.netloc else ""


def _tell_once(package: Package) -> None:
    """Log that a page loads from another origin, once for each package."""
    if package.name in _told:
        return
    _told.add(package.name)
    why = "the files are not in this checkout, as npm was not there to build it; "
    logger.warning(
        "the documentation page loads %s %s from %s: %sthe browsers of readers ask that server",
        package.name,
        package.version,
        CDN.removesuffix("/npm/"),
        why * package.is_taken,
    )

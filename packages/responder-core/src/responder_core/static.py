"""Static files: directories that are served as they are, and the page of a single-page app."""

# Names stay the text that a client sent.
# ruff: noqa: PTH113, PTH116

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, cast

from responder_core.errors import Problem
from responder_core.files import File, below, locate_directory, locate_file, resolve
from responder_core.http.accept import parse_accept
from responder_core.http.codings import choose_coding
from responder_core.page_cache import open_cached
from responder_core.prefix import split_prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from responder_core.files import FileFacts, PathLike
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.settings import Settings

# What build tools put into a name so that it changes with the content: app.3f9a1c2b.js. A run
# of digits alone is more often a date.
_HASHED = re.compile(r"[.\-_](?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{8,64}\.", re.ASCII)
_IMMUTABLE = "public, max-age=31536000, immutable"
_CHECKED = "no-cache"

PAGE = "index.html"
"""The file that the page of a single-page app is."""

# The coding of a file by what stands behind its name.
_SIBLINGS = {"zstd": ".zst", "br": ".br", "gzip": ".gz"}


def is_hashed(path: str) -> bool:
    """Whether a name changes with the content: ``"app.3f9a1c2b.js"``, but not ``"a-2026.js"``.

    Names with eight letters and digits of any kind look like ``"guide-Web3Talk.pdf"``; they are
    none, since a copy that is kept for a year cannot be called back.
    """
    return _HASHED.search(path.rpartition("/")[2]) is not None


class StaticFiles:
    """The view that serves directories; ``api.static_app``.

    A name that changes with its content (``is_hashed()``) may be kept for a year; everything
    else is asked for again each time, which costs a 304. Hidden files, whose name begins with
    a dot, are not served, but for ``.well-known`` (RFC 8615). There are no listings.

    Beside ``app.js`` may lie ``app.js.br``, ``.zst`` and ``.gz``: a client that takes the
    coding gets that file, unless it is older, or a link.

    A directory may be a link to the release that is served: it is followed each time.

    Attributes:
        directories: where files are looked for, in this order.
        is_immutable: tells a path that changes with its content; a program may have its own:
            ``api.static_app.is_immutable = lambda path: path.startswith("assets/")``.
        page: the page of a single-page app, or None. Where files are served at its path and
            below, they come first.
    """

    __slots__ = ("directories", "is_immutable", "page")

    def __init__(self) -> None:
        self.directories: list[str] = []
        self.is_immutable: Callable[[str], bool] = is_hashed
        self.page: Page | None = None

    def add_directory(self, directory: PathLike) -> None:
        """Look for files in one more directory, after those there are.

        Raises:
            FileNotFoundError: there is no such directory.
        """
        path = Path(directory)
        if not path.is_dir():
            msg = f"there is no directory {os.fspath(path)!r} to serve files from"
            raise FileNotFoundError(msg)
        self.directories.append(str(path.absolute()))

    async def __call__(self, req: Request, resp: Response, *, path: str, **_: object) -> None:
        """Send the file of a path, or 404; other parameters of the route change nothing."""
        if any(part.startswith(".") and part != ".well-known" for part in path.split("/")):
            raise Problem(404, "There is no such file.")
        checked, page = not self.is_immutable(path), None
        if self.page is not None and self.page.is_among(req, path):
            resp.vary("Accept", "Sec-Fetch-Mode")
            if is_navigation(req):
                checked, page = True, self.page
        resp.headers["Cache-Control"] = _CHECKED if checked else _IMMUTABLE
        resp.vary("Accept-Encoding")  # A packed file may lie beside each.
        accepted = None
        if "range" not in req.headers:  # Ranges are those of the file as it is.
            accepted = ", ".join(req.headers.get_list("accept-encoding"))
        resp.send_file(StaticFile(path, self.directories, accepted, page))


class StaticFile(File):
    """A file of the first directory that has it, packed where that is what the client likes.

    A *page* is sent where none has it.
    """

    __slots__ = ("_accepted", "_directories", "_page")

    def __init__(
        self, path: str, directories: Sequence[str], accepted: str | None, page: Page | None
    ) -> None:
        super().__init__(path, root=directories[0])
        self._directories = directories
        self._accepted = accepted
        self._page = page

    def find_cached(self, *, read: bool, span: str | None) -> FileFacts:
        """As ``File.find_cached()``, in the first directory."""
        top = locate_directory(self._directories[0])
        path = below(self.path, top)
        packed = self._find_packed_cached(path, top) if self._accepted else None
        if packed is None:
            return self.look_cached(path, top, read=read, span=span)
        coding, path = packed
        facts = self.look_cached(path, top, read=read, span=span, links=False)
        facts.coding = coding
        return facts

    def locate(self) -> str:
        """The path of the file, every link followed."""
        for directory in self._directories:
            try:
                path = resolve(self.path, directory)
            except (OSError, ValueError):
                continue
            if os.path.isfile(path):
                return path
        if self._page is None:
            raise FileNotFoundError(errno.ENOENT, "in none of the directories", self.path)
        self.path = PAGE
        return resolve(PAGE, self._page.directory)

    def look(self, path: str, *, read: bool, span: str | None = None) -> FileFacts:
        """What is known of the file that is sent: the packed one beside it, or itself."""
        packed = self._find_packed(path)
        if packed is not None:
            coding, sibling = packed
            try:
                facts = super().look(sibling, read=read, span=span)
            except OSError:
                pass  # It cannot be read, or is gone; the file itself may be there.
            else:
                facts.coding = coding
                return facts
        return super().look(path, read=read, span=span)

    def _find_packed(self, path: str) -> tuple[str, str] | None:
        """The coding and the path of the packed file that the client likes best."""
        if not self._accepted:
            return None
        return self._choose(path, os.stat(path), _is_current)

    def _find_packed_cached(self, path: str, top: str) -> tuple[str, str] | None:
        """As ``_find_packed()``, for a path that need not be resolved. It does not block.

        Raises:
            OSError: there is no such file, or only who may wait can tell.
        """
        return self._choose(*locate_file(path, top), _is_current_cached)

    def _choose(
        self, path: str, status: os.stat_result, is_current: Callable[[str, int], bool]
    ) -> tuple[str, str] | None:
        age = status.st_mtime_ns
        there = [coding for coding, ending in _SIBLINGS.items() if is_current(path + ending, age)]
        coding = choose_coding(cast("str", self._accepted), there)
        return None if coding is None else (coding, path + _SIBLINGS[coding])


def _is_current(path: str, age: int) -> bool:
    """Whether there is a plain file that is no older; a link could lead anywhere."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_mtime_ns >= age


def _is_current_cached(path: str, age: int) -> bool:
    """As ``_is_current()``, without blocking.

    Raises:
        BlockingIOError: only who may wait can tell.
    """
    try:
        held = open_cached(path, links=False)
    except FileNotFoundError:
        return False
    try:
        status = os.fstat(held)
    finally:
        os.close(held)
    return stat.S_ISREG(status.st_mode) and status.st_mtime_ns >= age


def is_navigation(req: Request) -> bool:
    """Whether a browser asks for a page to show, and not for a part of one.

    It says so itself by Sec-Fetch-Mode; without that, it names ``text/html`` in Accept, which
    programs that take anything do not. What ends in an extension is a part, and what is hidden,
    or well-known (RFC 8615), is no page.
    """
    path: str = req.scope["path"]
    if req.method not in {"GET", "HEAD"} or "/." in path or "." in path.rpartition("/")[2]:
        return False
    mode = req.headers.get("sec-fetch-mode")
    if mode is not None:
        return mode == "navigate"
    ranges = parse_accept(", ".join(req.headers.get_list("accept")))
    return any((each.main, each.sub) == ("text", "html") and each.quality > 0 for each in ranges)


class Page:
    """The page of a single-page app: ``index.html``, whose script does its own routing.

    Attributes:
        paths: the paths it is served at; and below them, where nothing else answers, to browsers
            that navigate there.
        directory: where ``index.html`` is.
    """

    __slots__ = ("directory", "paths")

    def __init__(self, path: str, directory: str) -> None:
        self.paths: list[str] = [path]
        self.directory: str = directory

    async def __call__(self, _req: Request, resp: Response) -> None:
        """Send the page."""
        resp.headers["Cache-Control"] = _CHECKED
        resp.send_file(File(PAGE, root=self.directory))

    def answers(self, req: Request, path: str) -> bool:
        """Whether a request that nothing else answers gets the page."""
        return self._is_below(path, "/") and is_navigation(req)

    def is_among(self, req: Request, name: str) -> bool:
        """Whether the path of a request is the page's where no file has that *name*.

        Not where files have a place of their own below the page, as ``/static/`` is.
        """
        path = split_prefix(req.scope)[1]
        return self._is_below(path, path.removesuffix(name))

    def _is_below(self, path: str, start: str) -> bool:
        bases = (each if each.endswith("/") else each + "/" for each in self.paths)
        return any(path.startswith(base) and base.startswith(start) for base in bases)


def find_directory(settings: Settings, *, explicit: bool) -> Path | None:
    """The static directory of an app, or None where there is none; it is never created.

    Raises:
        FileNotFoundError: the program named one (*explicit*) that is not there.
        ValueError: its name is empty.
    """
    if settings.static_dir is None:
        return None
    if not os.fspath(settings.static_dir):
        msg = "static_dir='' would be the working directory; None serves no files, '.' these"
        raise ValueError(msg)
    path = Path(settings.static_dir).absolute()
    if path.is_dir():
        return path
    if not explicit:
        return None
    msg = f"static_dir={os.fspath(settings.static_dir)!r} is no directory; {str(path)!r} was tried"
    raise FileNotFoundError(msg)


def make_page(path: str, directory: Path | None, *, asked: bool, known: Page | None = None) -> Page:
    """The page that ``add_route(path, static=True)`` serves: the *known* one, at one more path.

    Raises:
        TypeError: there is no view, and the page was not asked for.
        ValueError: there is no static directory.
    """
    if not asked:
        msg = f"add_route({path!r}) needs a view, or static=True to serve index.html"
        raise TypeError(msg)
    if directory is None:
        msg = f"add_route({path!r}, static=True) needs a directory; pass static_dir= to API()"
        raise ValueError(msg)
    if known is None:
        return Page(path, str(directory))
    known.paths.append(path)
    return known

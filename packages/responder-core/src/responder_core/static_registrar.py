"""The static registrar: the files that an app serves as they are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from responder_core.paths import parse_template
from responder_core.route import Route

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from responder_core.registry import Registry
    from responder_core.settings import Settings
    from responder_core.static import Page, StaticFiles


class StaticRegistrar(ABC):
    """An app that serves files."""

    settings: Settings
    registry: Registry
    static_app: StaticFiles
    static_dir: Path | None
    static_route: str

    @abstractmethod
    def refresh(self) -> None:
        """Let the next connection find everything that was registered until then."""

    def _set_up_static(self, *, explicit: bool) -> None:
        """Find the directory of the settings; that it is missing is no fault unless *explicit*."""
        from responder_core.static import StaticFiles, find_directory

        self.static_route = (self.settings.static_route or "").rstrip("/")
        self.static_app = StaticFiles()
        self.static_dir = find_directory(self.settings, explicit=explicit)
        if self.static_dir is not None:
            self.add_static_directory(self.static_dir)

    def _make_page(self, path: str, *, asked: bool) -> Page:
        """The view of a route without one: the page of a single-page app."""
        from responder_core.static import make_page

        page = make_page(path, self.static_dir, asked=asked, known=self.registry.page)
        self.registry.page = self.static_app.page = page
        return page

    def add_static_directory(self, directory: str | PathLike[str]) -> None:
        """Serve the files of one more directory below ``static_route``.

        Raises:
            FileNotFoundError: there is no such directory.
        """
        self.static_app.add_directory(directory)
        self.route_static()

    def route_static(self) -> None:
        """Route to the static files, once there are some."""
        if self.static_app.directories and not self.registry.has_static:
            template = parse_template(f"{self.static_route}/{{path:path}}", self.registry.types)
            route = Route(template, self.static_app, methods=("GET",), name="static")
            self.registry.add_static(route)
            self.refresh()

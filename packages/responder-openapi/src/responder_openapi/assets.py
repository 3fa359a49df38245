"""Assets: the files of documentation pages, which the package brings, or which a CDN has.

The build takes them from their npm packages: ``hatch_build.py``. ``packages.json`` pins each by
its version and its hash (Subresource Integrity).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
BROUGHT = HERE / "assets"
"""Where the build puts what it takes, each package in a directory of its own."""

PAGES = HERE / "pages"
"""Our own scripts and styles."""

CDN = "https://cdn.jsdelivr.net/npm/"


@dataclass(frozen=True, slots=True)
class Package:
    """A package of npm, pinned.

    Attributes:
        name: ``"swagger-ui-dist"``.
        version: ``"5.35.0"``.
        files: the hashes of the files that are wanted, by their paths within it.
    """

    name: str
    version: str
    files: Mapping[str, str]

    @property
    def directory(self) -> Path:
        """Where the build puts its files."""
        return BROUGHT / f"{self.name}-{self.version}".replace("/", "-").removeprefix("@")

    @property
    def is_brought(self) -> bool:
        """Whether the files are here."""
        return all((self.directory / Path(each).name).is_file() for each in self.files)

    def url(self, file: str) -> str:
        """Where a CDN has a file."""
        return f"{CDN}{self.name}@{self.version}/{file}"


@cache
def find_package(name: str) -> Package:
    """A package by its name, as it is pinned."""
    pins = json.loads((HERE / "packages.json").read_text(encoding="utf-8"))
    pin = cast("dict[str, dict[str, str]]", pins[name])
    return Package(name, str(pin["version"]), pin["files"])

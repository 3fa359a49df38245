"""Assets: the files of GraphiQL, which the package brings, or which a CDN has.

The build takes them from their npm packages: ``hatch_build.py``. ``packages.json`` pins each by
its version and its hash (Subresource Integrity).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
PAGES = HERE / "pages"
"""Our own script and style."""

CDN = "https://cdn.jsdelivr.net/npm/"


@dataclass(frozen=True, slots=True)
class Package:
    """A package of npm, pinned.

    Attributes:
        name: ``"graphiql"``.
        version: ``"4.1.2"``.
        files: the hashes of the files that are wanted, by their paths within it.
    """

    name: str
    version: str
    files: Mapping[str, str]

    @property
    def directory(self) -> Path:
        """Where the build puts its files."""
        return HERE / "assets" / f"{self.name}-{self.version}"

    @property
    def is_brought(self) -> bool:
        """Whether the files are here."""
        return all((self.directory / PurePosixPath(each).name).is_file() for each in self.files)

    def url(self, file: str) -> str:
        """Where a CDN has a file."""
        return f"{CDN}{self.name}@{self.version}/{file}"


@cache
def find_packages() -> dict[str, Package]:
    """The packages as they are pinned, by name."""
    pins = json.loads((HERE / "packages.json").read_text(encoding="utf-8"))
    return {
        name: Package(name, str(pin["version"]), cast("dict[str, str]", pin["files"]))
        for name, pin in pins.items()
    }

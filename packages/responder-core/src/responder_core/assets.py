"""Assets: files of npm packages that a page loads, which our package brings, or which a CDN has.

For packages that show pages with the scripts of others. Each has a ``packages.json``, which pins
what its pages load by version and hash, and a build hook that takes it from npm into ``assets/``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CDN = "https://cdn.jsdelivr.net/npm/"
"""Where every package of npm can be loaded from."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package of npm, pinned.

    Attributes:
        name: ``"swagger-ui-dist"``.
        version: ``"5.35.0"``.
        files: the hashes of the files that are wanted, by their paths within it, as browsers
            check them (Subresource Integrity).
        directory: where the build puts these files.
        is_taken: whether the build takes them; else they are a CDN's always.
    """

    name: str
    version: str
    files: Mapping[str, str]
    directory: Path
    is_taken: bool = True

    @property
    def is_brought(self) -> bool:
        """Whether the files are here."""
        return all((self.directory / PurePosixPath(each).name).is_file() for each in self.files)

    def url(self, file: str) -> str:
        """Where the CDN has a file."""
        return f"{CDN}{self.name}@{self.version}/{file}"

    def write_attributes(self, attribute: str, file: str, folder: str | None) -> str:
        """What makes an element load a file: ``'src="/docs/files/redoc.standalone.js"'``.

        Args:
            attribute: ``"src"`` or ``"href"``.
            file: its path within the package.
            folder: the URL below which the app serves the files; None for the CDN's, whose
                content the browser then checks.
        """
        if folder is not None:
            return f'{attribute}="{escape(folder)}/{PurePosixPath(file).name}"'
        integrity = self.files[file]
        return f'{attribute}="{self.url(file)}" integrity="{integrity}" crossorigin="anonymous"'


def read_packages(folder: Path) -> dict[str, Package]:
    """What the ``packages.json`` of a folder pins, by name: ``read_packages(HERE)["redoc"]``."""
    pins = json.loads((folder / "packages.json").read_text(encoding="utf-8"))
    return {
        name: Package(
            name,
            pin["version"],
            pin["files"],
            folder / "assets" / f"{name}-{pin['version']}",
            is_taken=pin.get("from") != "cdn",
        )
        for name, pin in pins.items()
    }


def digest_files(pages: Path, *more: str) -> str:
    """What changes with the files of a directory, and with what else is said: 12 hex digits.

    It is part of their URLs, which caches may therefore keep for ever.
    """
    found = sha256("\n".join(more).encode())
    for file in sorted(pages.iterdir()):
        found.update(file.read_bytes())
    return found.hexdigest()[:12]


def is_immutable(path: str) -> bool:
    """Whether a file is never another one at its URL, as that has the digest in it: each is."""
    return bool(path)

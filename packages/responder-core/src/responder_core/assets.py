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


def digest_files(directory: Path, *more: str) -> str:
    """A digest of all files of a directory and below it, and of further texts: 12 hex digits.

    It changes with what is in a file, with what a file is called, and with each text. It stands
    in the URLs of the files, so that caches may keep them for ever.
    """
    found = sha256("\n".join(more).encode())
    files = {each.relative_to(directory).as_posix(): each for each in directory.rglob("*")}
    for name, file in sorted(files.items()):
        if file.is_file():
            # By digest: what moves from one file into the next must not leave the sum the same.
            found.update(f"\n{name}\n{sha256(file.read_bytes()).hexdigest()}".encode())
    return found.hexdigest()[:12]


def is_immutable(path: str) -> bool:
    """True for every file: what ``StaticFiles.is_immutable`` is where the URL has the digest.

    ``/docs/1f0c…/docs.js`` is another URL once a file has changed, so each may be kept for ever.
    The path of the directory itself, ``""``, names no file.
    """
    return bool(path)

"""The build hook: takes the files that pages of the package load from their npm packages.

``packages.json`` beside the modules pins each npm package by its version and its hash, and says
which are only loaded from a CDN. What is taken goes into wheel and sdist, with the licences, and
into a checkout that is installed; none of it is committed. Where npm is not there, or cannot reach
its registry, the build goes on without: the pages then load the files from a CDN, and the log says
so. A package that is not what was pinned ends the build.

Each package that has pages has this same file, as it is built by itself.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_SECONDS = 120


class AssetsBuildHook(BuildHookInterface[Any]):
    """Puts the files in place before a wheel, a sdist or an installed checkout is made."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's
        """Take what is not there yet."""
        (file,) = Path(self.root).glob("src/*/packages.json")
        for name, pin in json.loads(file.read_text(encoding="utf-8")).items():
            folder = file.parent / "assets" / f"{name}-{pin['version']}"
            is_here = all((folder / PurePosixPath(each).name).is_file() for each in pin["files"])
            if is_here or pin.get("from") == "cdn":
                continue
            archive = self._fetch(name, pin)
            if archive is not None:
                _take(archive, pin["files"], folder)

    def _fetch(self, name: str, pin: dict[str, Any]) -> bytes | None:
        """The archive of a package, or None where it cannot be had.

        Raises:
            RuntimeError: it is not what was pinned.
        """
        wanted = f"{name}@{pin['version']}"
        npm = shutil.which("npm")
        if npm is None:
            self.app.display_warning(f"npm is not there: {wanted} is left out of the build")
            return None
        with tempfile.TemporaryDirectory() as place:
            command = [npm, "pack", wanted, "--silent", "--pack-destination", place]
            try:
                subprocess.run(  # noqa: S603 - npm, with what is pinned
                    command, cwd=place, check=True, capture_output=True, timeout=_SECONDS
                )
                (file,) = Path(place).glob("*.tgz")
                content = file.read_bytes()
            except (OSError, ValueError, subprocess.SubprocessError) as error:
                self.app.display_warning(f"npm pack {wanted} failed, it is left out: {error}")
                return None
        _check(content, pin["integrity"], wanted)
        return content


def _take(archive: bytes, files: dict[str, str], folder: Path) -> None:
    """Put the files that are wanted into a folder, whole or not at all."""
    from io import BytesIO

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        with tarfile.open(fileobj=BytesIO(archive)) as tar:
            for path, integrity in files.items():
                member = tar.extractfile(f"package/{path}")
                if member is None:
                    msg = f"the package has no file {path!r}; correct packages.json"
                    raise RuntimeError(msg)
                content = member.read()
                _check(content, integrity, path)
                (Path(place) / PurePosixPath(path).name).write_bytes(content)
        whole = Path(place) / "whole"
        whole.mkdir()
        for file in [each for each in Path(place).iterdir() if each.is_file()]:
            file.rename(whole / file.name)
        shutil.rmtree(folder, ignore_errors=True)
        whole.rename(folder)


def _check(content: bytes, integrity: str, what: str) -> None:
    """Refuse what is not what was pinned (Subresource Integrity).

    Raises:
        RuntimeError: it is not.
    """
    algorithm, _, expected = integrity.partition("-")
    found = base64.b64encode(hashlib.new(algorithm, content).digest()).decode("ascii")
    if found != expected:
        msg = f"{what} is {algorithm}-{found}, and packages.json pins {integrity}"
        raise RuntimeError(msg)

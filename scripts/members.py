"""The packages of the workspace, as the scripts beside this see them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Member:
    """One package, by what its pyproject.toml declares.

    Attributes:
        name: of the distribution, ``"responder-core"``.
        version: the one that it has here, released or not.
        requirements: what it needs, by itself and for its extras.
    """

    name: str
    version: Version
    requirements: tuple[Requirement, ...]

    @property
    def package(self) -> str:
        """The name it is imported by, ``"responder_core"``."""
        return self.name.replace("-", "_")

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return ROOT / "packages" / self.name

    def bounds_on(self, other: str) -> list[Requirement]:
        """What it asks of another package of the workspace."""
        return [item for item in self.requirements if item.name == other]


def read_members() -> dict[str, Member]:
    """Every package of the workspace by its name."""
    return {
        member.name: member
        for file in sorted(ROOT.glob("packages/*/pyproject.toml"))
        for member in [_read(tomli.loads(file.read_text(encoding="utf-8"))["project"])]
    }


def _read(project: dict[str, Any]) -> Member:
    """The package of a ``[project]`` table."""
    extras = project.get("optional-dependencies", {}).values()
    texts = [*project.get("dependencies", []), *(text for extra in extras for text in extra)]
    requirements = tuple(Requirement(text) for text in texts)
    return Member(project["name"], Version(project["version"]), requirements)

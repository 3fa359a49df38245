"""The members of the workspace: where each one lies, and what its pyproject.toml declares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Member:
    """One package of the workspace.

    Attributes:
        name: of the distribution, ``"responder-core"``.
        path: the folder with its pyproject.toml.
    """

    name: str
    path: Path

    def __repr__(self) -> str:
        return self.name

    @property
    def package(self) -> str:
        """The name it is imported by, ``"responder_core"``."""
        return self.name.replace("-", "_")

    @property
    def source(self) -> Path:
        """The folder of the package that it installs."""
        return self.path / "src" / self.package

    @cached_property
    def project(self) -> dict[str, Any]:
        """The ``[project]`` table."""
        text = (self.path / "pyproject.toml").read_text(encoding="utf-8")
        project: dict[str, Any] = tomli.loads(text)["project"]
        return project

    @property
    def version(self) -> str:
        """The version it declares."""
        return str(self.project["version"])

    @property
    def requirements(self) -> list[Requirement]:
        """What it always needs."""
        return [Requirement(text) for text in self.project.get("dependencies", [])]

    @property
    def extras(self) -> dict[str, list[Requirement]]:
        """What each optional extra needs."""
        declared = self.project.get("optional-dependencies", {})
        return {name: [Requirement(text) for text in texts] for name, texts in declared.items()}

    def modules(self) -> Iterator[tuple[str, Path]]:
        """Every module with its file: ``("responder_core.http.headers", …/headers.py)``."""
        for file in sorted(self.source.rglob("*.py")):
            parts = file.relative_to(self.source.parent).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), file


def find_members(root: Path) -> list[Member]:
    """The packages of a workspace, by name."""
    return [
        Member(path.parent.name, path.parent) for path in root.glob("packages/*/pyproject.toml")
    ]


MEMBERS = sorted(find_members(ROOT), key=lambda member: member.name)
BY_PACKAGE = {member.package: member for member in MEMBERS}

"""scripts/cores.py: which core a package is tested with."""

from __future__ import annotations

import pytest

from tests.release.conftest import Workspace

OURS = "with the responder-core of this workspace"


@pytest.fixture
def released(workspace: Workspace) -> Workspace:
    """A workspace that has released some cores."""
    for version in ("0.9.0", "1.0.0", "1.2.0", "1.10.0", "2.0.0"):
        workspace.git("tag", f"responder-core-v{version}")
    return workspace


def told(workspace: Workspace, *arguments: str) -> list[str]:
    """What the script lists."""
    result = workspace.run("cores", *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_before_any_release_it_is_that_of_the_workspace(workspace: Workspace) -> None:
    lines = told(workspace, "oldest", "--list")

    assert f"responder {OURS}" in lines
    assert f"responder-sessions {OURS}" in lines
    assert not any(line.startswith("responder-core ") for line in lines)


def test_the_oldest_is_the_lowest_tag_within_the_bounds(released: Workspace) -> None:
    released.edit("pyproject.toml", "core>=1.0,<2", "core>=1.1,<2", "responder-openapi")

    assert told(released, "oldest", "--list", "responder-openapi", "responder-graphql") == [
        "responder-openapi with responder-core 1.2.0",
        "responder-graphql with responder-core 1.0.0",
    ]


def test_bounds_of_what_a_package_needs_count_too(released: Workspace) -> None:
    """The meta-package asks for core 1.0 and for a package that asks for 1.3."""
    released.edit("pyproject.toml", "core>=1.0,<2", "core>=1.3,<2", "responder-openapi")

    assert told(released, "oldest", "--list", "responder") == [
        "responder with responder-core 1.10.0"
    ]


def test_the_newest_is_that_of_the_workspace(released: Workspace) -> None:
    assert told(released, "newest", "--list", "responder-openapi") == [f"responder-openapi {OURS}"]

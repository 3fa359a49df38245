"""scripts/release.py by its command line: what it makes, and what it refuses, in which words."""

from __future__ import annotations

import pytest
import tomli

from tests.release.conftest import Workspace

BUMPS = [("patch", "1.0.1"), ("minor", "1.1.0"), ("major", "2.0.0")]


def version(workspace: Workspace, name: str = "responder-core") -> str:
    """The version that a package declares."""
    text = workspace.file("pyproject.toml", name).read_text(encoding="utf-8")
    return tomli.loads(text)["project"]["version"]


def widen(workspace: Workspace) -> None:
    """Let every package take the next major version of the core."""
    for file in workspace.root.glob("packages/*/pyproject.toml"):
        text = file.read_text(encoding="utf-8")
        lines = [
            line.replace("<2", "<3") if "responder-core" in line else line
            for line in text.splitlines(keepends=True)
        ]
        file.write_text("".join(lines), encoding="utf-8")
    workspace.git("commit", "--quiet", "--all", "--message", "Widen", "--allow-empty")


def refusal(workspace: Workspace, *arguments: str) -> str:
    """What a refused release says; nothing else has come of it."""
    head, tags = workspace.git("rev-parse", "HEAD"), workspace.git("tag")
    status = workspace.git("status", "--porcelain")

    result = workspace.release(*arguments)

    assert result.returncode == 1, result.stderr
    assert result.stdout == ""
    assert workspace.git("rev-parse", "HEAD") == head
    assert workspace.git("tag") == tags
    assert workspace.git("status", "--porcelain") == status
    return result.stderr.removeprefix("release.py: ").strip()


@pytest.mark.wheels
class TestRelease:
    @pytest.mark.parametrize(("bump", "expected"), BUMPS)
    def test_bumps_commits_and_tags(self, workspace: Workspace, bump: str, expected: str) -> None:
        widen(workspace)

        result = workspace.release("responder-core", "--bump", bump, "--date", "2026-11-22")

        assert result.returncode == 0, result.stderr
        tag = f"responder-core-v{expected}"
        assert f"git push --atomic origin HEAD {tag}" in result.stdout
        assert version(workspace) == expected
        assert workspace.git("tag") == tag
        assert workspace.git("log", "-1", "--format=%s") == f"release: responder-core {expected}"
        assert workspace.git("rev-parse", f"{tag}^{{commit}}") == workspace.git("rev-parse", "HEAD")
        assert workspace.git("status", "--porcelain") == ""

    def test_the_commit_holds_version_changelog_and_lock(self, workspace: Workspace) -> None:
        workspace.release("responder-core", "--bump", "minor", "--date", "2026-11-22")

        assert workspace.git("show", "--format=", "--name-only").split() == [
            "packages/responder-core/CHANGELOG.md",
            "packages/responder-core/pyproject.toml",
            "uv.lock",
        ]
        changelog = workspace.file("CHANGELOG.md").read_text(encoding="utf-8")
        assert (
            "## [Unreleased]\n\n## [1.1.0] - 2026-11-22\n\n### Added\n\n- Something.\n\n## [0.9.0]"
        ) in changelog
        lock = tomli.loads((workspace.root / "uv.lock").read_text(encoding="utf-8"))
        locked = {each["name"]: each.get("version") for each in lock["package"]}
        assert locked["responder-core"] == "1.1.0"
        assert locked["responder-sessions"] == "1.0.0"

    def test_the_tag_tells_what_is_new(self, workspace: Workspace) -> None:
        workspace.release("responder-core", "--bump", "minor")

        told = workspace.git("tag", "--list", "--format=%(contents)")

        assert told == "release: responder-core 1.1.0\n\n### Added\n\n- Something."

    def test_the_first_release_takes_the_version_that_is_there(self, workspace: Workspace) -> None:
        result = workspace.release("responder-core", "--bump", "none", "--date", "2026-11-22")

        assert result.returncode == 0, result.stderr
        assert workspace.git("tag") == "responder-core-v1.0.0"
        assert "## [1.0.0] - 2026-11-22\n" in workspace.file("CHANGELOG.md").read_text("utf-8")

    def test_only_the_one_package_changes(self, workspace: Workspace) -> None:
        workspace.git("tag", "responder-core-v1.0.0")

        result = workspace.release("responder-sessions", "--bump", "minor", "--date", "2026-11-22")

        assert result.returncode == 0, result.stderr
        assert version(workspace) == "1.0.0"
        assert version(workspace, "responder-sessions") == "1.1.0"

    def test_a_lock_that_cannot_be_made_leaves_the_tree_as_it_was(
        self, workspace: Workspace
    ) -> None:
        head = workspace.git("rev-parse", "HEAD")

        result = workspace.release("responder-core", "--bump", "minor", UV="no-such-program")

        assert result.returncode == 1
        assert result.stderr.startswith("release.py: no-such-program is not there; install it")
        assert workspace.git("status", "--porcelain") == ""
        assert workspace.git("rev-parse", "HEAD") == head
        assert workspace.git("tag") == ""


def test_a_dry_run_tells_and_changes_nothing(workspace: Workspace) -> None:
    head = workspace.git("rev-parse", "HEAD")

    result = workspace.release("responder-core", "--bump", "minor", "--dry-run")

    assert result.returncode == 0, result.stderr
    assert result.stdout == (
        "would release responder-core 1.1.0, with these notes:\n"
        "\n### Added\n\n- Something.\n\nNothing was changed.\n"
    )
    assert workspace.git("rev-parse", "HEAD") == head
    assert workspace.git("tag") == ""
    assert workspace.git("status", "--porcelain") == ""


class TestRefusal:
    def test_of_a_package_that_is_not_there(self, workspace: Workspace) -> None:
        words = refusal(workspace, "responder-cor", "--bump", "minor")

        assert words.startswith("there is no package 'responder-cor'; there are responder, ")
        assert "responder-core" in words

    def test_of_a_changed_file(self, workspace: Workspace) -> None:
        workspace.file("CHANGELOG.md").write_text("changed", encoding="utf-8")

        assert refusal(workspace, "responder-core", "--bump", "minor") == (
            "the tree has changes that are not committed:\n"
            "     M packages/responder-core/CHANGELOG.md\n"
            "Commit them, or put them aside with `git stash --include-untracked`."
        )

    def test_of_a_file_that_git_does_not_know(self, workspace: Workspace) -> None:
        for number in range(12):
            (workspace.root / f"new{number:02}").touch()

        words = refusal(workspace, "responder-core", "--bump", "minor").splitlines()

        assert words[1] == "    ?? new00"
        assert words[-2] == "    and 2 more"

    @pytest.mark.parametrize(
        "unreleased", ["", "\n### Added\n", "\n### Added\n\n### Fixed\n"], ids=repr
    )
    def test_of_an_empty_section(self, workspace: Workspace, unreleased: str) -> None:
        workspace.write_changelog(unreleased)

        words = refusal(workspace, "responder-core", "--bump", "minor")

        assert words.startswith(
            "packages/responder-core/CHANGELOG.md tells nothing under [Unreleased].\n"
            "Add a line for each thing that users will notice"
        )

    def test_of_a_changelog_without_the_section(self, workspace: Workspace) -> None:
        workspace.edit("CHANGELOG.md", "## [Unreleased]\n", "")

        assert refusal(workspace, "responder-core", "--bump", "minor") == (
            "packages/responder-core/CHANGELOG.md has no section '## [Unreleased]'; "
            "add it above the newest version"
        )

    def test_of_a_version_that_the_changelog_has(self, workspace: Workspace) -> None:
        workspace.edit("CHANGELOG.md", "[0.9.0]", "[1.1.0]")

        assert refusal(workspace, "responder-core", "--bump", "minor") == (
            "packages/responder-core/CHANGELOG.md has a section [1.1.0] already; "
            "take another --bump"
        )

    def test_of_a_tag_that_exists(self, workspace: Workspace) -> None:
        workspace.git("tag", "responder-core-v1.1.0")

        assert refusal(workspace, "responder-core", "--bump", "minor") == (
            "the tag responder-core-v1.1.0 is there already.\n"
            "Take another --bump. If it was never pushed, "
            "`git tag --delete responder-core-v1.1.0` drops it."
        )

    def test_of_a_version_that_a_dependent_excludes(self, workspace: Workspace) -> None:
        words = refusal(workspace, "responder-core", "--bump", "major").splitlines()

        assert words[0] == (
            "responder-core 2.0.0 is excluded by bounds of packages that are built with it:"
        )
        assert (
            "    responder-openapi asks for responder-core<2,>=1.0, "
            "in packages/responder-openapi/pyproject.toml"
        ) in words
        assert words[-1] == "Widen the bounds, test, commit, and release again."

    def test_of_a_bound_that_excludes_the_sibling_it_is_built_with(
        self, workspace: Workspace
    ) -> None:
        workspace.edit(
            "pyproject.toml",
            "responder-core>=1.0,<2",
            "responder-core>=1.2,<2",
            "responder-openapi",
        )

        assert refusal(workspace, "responder-openapi", "--bump", "minor") == (
            "packages/responder-openapi/pyproject.toml asks for responder-core<2,>=1.2, which "
            "excludes responder-core 1.0.0, with which it is built and tested.\n"
            "Correct the bound, test, and commit."
        )

    @pytest.mark.parametrize(
        ("tag", "bump"), [("other", "none"), ("responder-core-v0.9.0", "minor")]
    )
    def test_of_a_sibling_that_was_never_released(
        self, workspace: Workspace, tag: str, bump: str
    ) -> None:
        """Nobody could install what needs it."""
        workspace.git("tag", tag)

        assert refusal(workspace, "responder-openapi", "--bump", "minor") == (
            "packages/responder-openapi/pyproject.toml asks for responder-core<2,>=1.0, and no "
            "version in these bounds is released.\n"
            f"Release responder-core first: python scripts/release.py responder-core --bump {bump}"
        )

    def test_of_a_part_that_no_version_has(self, workspace: Workspace) -> None:
        result = workspace.release("responder-core", "--bump", "huge")

        assert result.returncode == 2
        assert "invalid choice: 'huge'" in result.stderr

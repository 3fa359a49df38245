"""What is published: the content of every wheel and source distribution, as uv builds them."""

from __future__ import annotations

import email
import shutil
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.workspace.members import MEMBERS, Member
from tests.workspace.wheels import build_wheels

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.wheels


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheels and source distributions of all members."""
    return build_wheels(tmp_path_factory.mktemp("dist"))


def wheel_files(built: Path, member: Member) -> set[str]:
    """The names of the files in a member's wheel."""
    wheel = built / f"{member.package}-{member.version}-py3-none-any.whl"
    return set(zipfile.ZipFile(wheel).namelist())


def sdist_files(built: Path, member: Member) -> set[str]:
    """The names of the files in a member's source distribution, below its one folder."""
    with tarfile.open(built / f"{member.package}-{member.version}.tar.gz") as sdist:
        return {item.name.partition("/")[2] for item in sdist if item.isfile()}


@pytest.mark.parametrize("member", MEMBERS, ids=repr)
class TestWheel:
    def test_holds_one_top_level_package(self, built: Path, member: Member) -> None:
        tops = {name.partition("/")[0] for name in wheel_files(built, member)}

        assert tops == {member.package, f"{member.package}-{member.version}.dist-info"}

    def test_holds_every_file_of_the_package(self, built: Path, member: Member) -> None:
        expected = {
            file.relative_to(member.source.parent).as_posix()
            for file in member.source.rglob("*")
            if file.is_file()
            and "__pycache__" not in file.parts
            # What a checkout compiled, and what it was compiled from.
            and file.suffix not in {".c", ".so", ".pyd"}
        }
        packed = {name for name in wheel_files(built, member) if ".dist-info/" not in name}

        assert packed == expected
        assert f"{member.package}/py.typed" in packed

    def test_holds_the_licence(self, built: Path, member: Member) -> None:
        licence = f"{member.package}-{member.version}.dist-info/licenses/LICENSE"

        assert licence in wheel_files(built, member)

    def test_describes_itself(self, built: Path, member: Member) -> None:
        wheel = built / f"{member.package}-{member.version}-py3-none-any.whl"
        name = f"{member.package}-{member.version}.dist-info/METADATA"
        metadata = email.message_from_bytes(zipfile.ZipFile(wheel).read(name))

        assert metadata["Requires-Python"] == ">=3.10"
        # Ours, and that of files of others that the wheel has.
        assert metadata["License-Expression"].split(" AND ")[0] == "Apache-2.0"
        assert str(metadata.get_payload()).startswith(f"# {member.name}\n")


@pytest.mark.parametrize(
    ("package", "files"),
    [
        ("responder_openapi", ["swagger-ui-bundle.js", "swagger-ui.css", "redoc.standalone.js"]),
    ],
)
def test_holds_the_files_of_its_pages_with_their_licences(
    built: Path, package: str, files: list[str]
) -> None:
    """Which a build takes from npm; without it the pages load them from a CDN."""
    if shutil.which("npm") is None:
        pytest.skip("needs npm, to build the pages: Debian's package npm")
    member = next(each for each in MEMBERS if each.package == package)
    for packed in (wheel_files(built, member), sdist_files(built, member)):
        folders = {name.rpartition("/")[0] for name in packed if name.endswith(tuple(files))}
        assert all(any(name.endswith(f"/{file}") for name in packed) for file in files)
        assert all(f"{folder}/LICENSE" in packed for folder in folders)


@pytest.mark.parametrize("member", MEMBERS, ids=repr)
class TestSourceDistribution:
    def test_holds_the_tests(self, built: Path, member: Member) -> None:
        tests = {
            file.relative_to(member.path).as_posix()
            for file in (member.path / "tests").rglob("*")
            if file.is_file() and "__pycache__" not in file.parts
        }

        assert any(name.startswith("tests/test_") for name in tests)
        assert tests <= sdist_files(built, member)

    def test_holds_what_a_packager_needs(self, built: Path, member: Member) -> None:
        needed = {"CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml"}

        assert needed <= sdist_files(built, member)

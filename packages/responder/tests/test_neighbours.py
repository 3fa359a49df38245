"""Another distribution that is imported as ``responder`` is told of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import responder
from responder.neighbours import find_others, warn_of_others

OLDER = "Metadata-Version: 2.4\nName: responder\nVersion: {version}\nRequires-Dist: starlette\n"
OWN = "Metadata-Version: 2.4\nName: responder\nVersion: 1.0.0\nRequires-Dist: responder-core<2\n"


def put(folder, version, metadata):
    place = folder / f"responder-{version}.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text(metadata.format(version=version))
    return str(folder)


@pytest.mark.parametrize("version", ["1.0.0", "3.12.0", "9.2.0"])
def test_another_framework_is_found_whatever_its_version(tmp_path, version):
    folder = put(tmp_path, version, OLDER)

    assert find_others([folder]) == [(folder, version)]
    assert find_others([folder, folder]) == [(folder, version)]


def test_this_one_is_none(tmp_path):
    assert find_others([put(tmp_path, "1.0.0", OWN)]) == []


def test_other_packages_are_none(tmp_path):
    (tmp_path / "responder_core-1.0.0.dist-info").mkdir()
    (tmp_path / "responder-1.0.0.dist-info").mkdir()  # Half removed.

    assert find_others([str(tmp_path)]) == []


def test_what_is_no_folder_is_passed_over(tmp_path):
    (tmp_path / "archive.zip").write_bytes(b"")

    assert find_others([str(tmp_path / "archive.zip"), str(tmp_path / "missing")]) == []


def test_the_current_folder_is_looked_at(tmp_path, monkeypatch):
    put(tmp_path, "9.2.0", OLDER)
    monkeypatch.chdir(tmp_path)

    assert find_others([""]) == [("", "9.2.0")]


def test_each_is_told_of(tmp_path, monkeypatch):
    folders = [put(tmp_path / name, "9.2.0", OLDER) for name in ("one", "two")]
    monkeypatch.setattr(sys, "path", [*folders, put(tmp_path / "own", "1.0.0", OWN)])

    with pytest.warns(RuntimeWarning, match="^responder 9.2.0, another framework") as told:
        warn_of_others()

    assert [folder in str(each.message) for folder, each in zip(folders, told, strict=True)] == [
        True,
        True,
    ]


def test_an_import_beside_it_says_what_to_do(tmp_path):
    put(tmp_path, "9.2.0", OLDER)
    program = f"import sys; sys.path.append({str(tmp_path)!r}); import responder; responder.API()"

    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )

    assert result.returncode == 0
    assert "<string>:1: RuntimeWarning: responder 9.2.0, another framework" in result.stderr
    assert repr(str(tmp_path)) in result.stderr
    assert repr(str(Path(responder.__file__).parent)) in result.stderr
    assert "pip uninstall responder" in result.stderr


def test_an_import_alone_says_nothing():
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import responder"], capture_output=True, timeout=60
    )

    assert (result.returncode, result.stderr) == (0, b"")

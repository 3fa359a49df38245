"""The build hook: what builds take from npm, and that it is what was pinned."""

import base64
import hashlib
import importlib.util
import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]

pytest.importorskip("hatchling", reason="hatchling is not installed")


def integrity(content, algorithm="sha384"):
    digest = hashlib.new(algorithm, content).digest()
    return f"{algorithm}-{base64.b64encode(digest).decode()}"


def pack(files):
    """An archive as npm packs them."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return file.getvalue()


FILES = {"dist/x.js": b"x = 1", "LICENSE": b"Free."}


class Project:
    """A project whose build is hooked, with an npm of its own."""

    def __init__(self, root, module):
        self.root, self.module = root, module
        self.package = root / "src" / "responder_openapi"
        self.package.mkdir(parents=True)
        self.archives = {name: pack(FILES) for name in ("swagger-ui-dist", "redoc")}
        self.calls = []
        self.warnings = []
        self.pin()

    def pin(self, **changes):
        pins = {
            name: {
                "version": "1.2.3",
                "integrity": integrity(archive, "sha512"),
                "files": {path: integrity(content) for path, content in FILES.items()},
                **changes,
            }
            for name, archive in self.archives.items()
        }
        pins["rapidoc"] = {"from": "cdn", "version": "1.2.3", "files": {}}
        (self.package / "packages.json").write_text(json.dumps(pins), encoding="utf-8")

    def npm(self, command, **options):
        self.calls.append(command[2])
        name = command[2].rpartition("@")[0]
        archive = self.archives[name]
        if archive is None:
            raise subprocess.CalledProcessError(1, command)
        (Path(options["cwd"]) / "package.tgz").write_bytes(archive)

    def build(self):
        app = type("App", (), {"display_warning": lambda _, text: self.warnings.append(text)})()
        hook = self.module.AssetsBuildHook(str(self.root), {}, None, None, "", "wheel", app)
        hook.initialize("standard", {})

    def files(self):
        found = self.package / "assets"
        return sorted(str(each.relative_to(found)) for each in found.rglob("*") if each.is_file())


@pytest.fixture
def project(tmp_path, monkeypatch):
    file = HERE / "hatch_build.py"
    if not file.is_file():
        pytest.skip("the build hook is no part of an installed package")
    spec = importlib.util.spec_from_file_location("hatch_build", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = Project(tmp_path, module)
    monkeypatch.setattr(module.shutil, "which", lambda name: name)
    monkeypatch.setattr(module.subprocess, "run", made.npm)
    return made


REDOC = ["redoc-1.2.3/LICENSE", "redoc-1.2.3/x.js"]
SWAGGER_UI = ["swagger-ui-dist-1.2.3/LICENSE", "swagger-ui-dist-1.2.3/x.js"]


def test_what_is_pinned_is_taken_with_its_licence(project):
    project.build()

    assert project.files() == [*REDOC, *SWAGGER_UI]
    assert project.warnings == []


def test_what_is_there_is_not_taken_again(project):
    project.build()
    project.build()

    assert project.calls == ["swagger-ui-dist@1.2.3", "redoc@1.2.3"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"integrity": integrity(b"other", "sha512")}, r"swagger-ui-dist@1\.2\.3 is sha512-"),
        ({"files": {"dist/x.js": integrity(b"other")}}, r"dist/x\.js is sha384-"),
        ({"files": {"dist": integrity(b"x")}}, "dist"),
    ],
)
def test_what_is_not_what_was_pinned_ends_the_build(project, change, message):
    project.pin(**change)

    with pytest.raises((RuntimeError, KeyError), match=message):
        project.build()
    assert project.files() == []


def test_without_npm_the_build_goes_on(project, monkeypatch):
    monkeypatch.setattr(project.module.shutil, "which", lambda name: None)
    project.build()

    assert not (project.package / "assets").exists()
    assert "npm is not there: swagger-ui-dist@1.2.3 is left out" in project.warnings[0]


def test_or_where_npm_fails(project):
    project.archives["swagger-ui-dist"] = None
    project.build()

    assert project.files() == REDOC
    assert "npm pack swagger-ui-dist@1.2.3 failed" in project.warnings[0]


def test_what_the_package_pins_is_complete():
    from responder_core.assets import read_packages
    from responder_openapi.pages import HERE as PINNED
    from responder_openapi.themes import DRAWINGS

    for drawing in DRAWINGS.values():
        package = read_packages(PINNED)[drawing.package]
        assert {*drawing.scripts, *drawing.styles} <= set(package.files)
        assert all(each.startswith("sha384-") for each in package.files.values())
        if package.is_taken:
            assert any("LICENSE" in each for each in package.files)

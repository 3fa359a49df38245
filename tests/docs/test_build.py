"""The pages of docs/, as Sphinx builds them: without a warning, and with every link resolved."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from tests.workspace.members import MEMBERS, ROOT

pytestmark = pytest.mark.docs


class Page(HTMLParser):
    """What a page links to, what it loads, and the anchors that it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.anchors.add(values.get("id") or "")
        if tag == "a" and values.get("href"):
            self.links.append(values["href"] or "")
        if tag in {"script", "img"} and values.get("src"):
            self.loaded.append(values["src"] or "")
        if tag == "link" and values.get("rel") in {"stylesheet", "icon", "preload"}:
            self.loaded.append(values["href"] or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the pages, built with warnings as errors."""
    pytest.importorskip("sphinx", reason="Sphinx is not installed: uv sync --group docs")
    folder = tmp_path_factory.mktemp("pages")
    command = [
        *(sys.executable, "-m", "sphinx", "-q", "-W", "-n", "--keep-going"),
        *("-d", str(folder / "doctrees"), str(ROOT / "docs"), str(folder / "html")),
    ]
    build = subprocess.run(command, capture_output=True, text=True, timeout=280)

    assert build.returncode == 0, build.stderr
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_every_source_becomes_a_page(site: Path) -> None:
    sources = {
        path.relative_to(ROOT / "docs").with_suffix(".html")
        for path in (ROOT / "docs").rglob("*.md")
        if "plots" not in path.parts
    }

    assert {path for path in sources if not (site / path).is_file()} == set()


def test_every_internal_link_resolves(pages: dict[Path, Page]) -> None:
    lost = []
    for path, page in pages.items():
        for link in page.links:
            target, anchor = urldefrag(link)
            if "://" in target or target.startswith(("mailto:", "data:")):
                continue
            there = (path.parent / unquote(target)).resolve() if target else path
            if not there.exists() or (
                anchor and there in pages and unquote(anchor) not in pages[there].anchors
            ):
                lost.append(f"{path.name}: {link}")

    assert lost == []


def test_pages_load_nothing_from_elsewhere(pages: dict[Path, Page]) -> None:
    loaded = {source for page in pages.values() for source in page.loaded}

    assert loaded
    assert {source for source in loaded if "//" in source} == set()


@pytest.mark.parametrize("member", MEMBERS, ids=repr)
def test_every_public_name_is_described(member, site, pages) -> None:
    """That of a package, or that of the core where the package only repeats it."""
    package = importlib.import_module(member.package)
    core = importlib.import_module("responder_core")
    anchors = set().union(*(page.anchors for page in pages.values()))

    missing = []
    for name in package.__all__:
        thing = getattr(package, name)
        if name == "__version__" or inspect.ismodule(thing):
            continue
        own, repeated = f"{member.package}.{name}", f"responder_core.{name}"
        is_repeated = getattr(core, name, None) is thing
        if own not in anchors and not (is_repeated and repeated in anchors):
            missing.append(name)

    assert missing == []


def test_nothing_is_left_to_be_generated(site: Path) -> None:
    unknown = [path.name for path in site.rglob("*.html") if "<!-- generated" in path.read_text()]

    assert unknown == []


def test_programs_find_the_pages(site: Path, pages: dict[Path, Page]) -> None:
    outline = (site / "llms.txt").read_text(encoding="utf-8")
    listed = {line.partition("](")[2].partition(")")[0] for line in outline.splitlines()} - {""}
    generated = {"genindex.html", "search.html", "index.html"}

    assert listed == {path.relative_to(site).as_posix() for path in pages} - generated
    whole = (site / "llms-full.txt").read_text(encoding="utf-8")
    assert "# Use sessions" in whole
    assert "class responder_core.API(" in whole
    assert "| `max_request_size` | `104857600` |" in whole
    assert re.findall(r"^(?:```|:::)\{.*|<!--.*|\{py:.*", whole, re.MULTILINE) == []

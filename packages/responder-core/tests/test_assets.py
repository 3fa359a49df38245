"""Assets: files of npm packages that pages load, brought or from a CDN."""

import json
import re
import shutil

import pytest

from responder_core.assets import CDN, digest_files, is_immutable, read_packages

PINS = {
    "tea": {
        "version": "1.2.3",
        "integrity": "sha512-a",
        "files": {"dist/tea.js": "sha384-b", "dist/tea.css": "sha384-c", "LICENSE": "sha384-d"},
    },
    "@cups/blue": {"from": "cdn", "version": "2.0.0", "files": {"blue.js": "sha384-e"}},
}


@pytest.fixture
def packages(tmp_path):
    (tmp_path / "packages.json").write_text(json.dumps(PINS))
    return read_packages(tmp_path)


def test_they_are_read_by_name(packages, tmp_path):
    tea, blue = packages["tea"], packages["@cups/blue"]

    assert (tea.name, tea.version, tea.is_taken) == ("tea", "1.2.3", True)
    assert tea.files == PINS["tea"]["files"]
    assert tea.directory == tmp_path / "assets" / "tea-1.2.3"
    assert not blue.is_taken


def test_one_is_brought_when_all_of_its_files_are_here(packages):
    tea = packages["tea"]
    tea.directory.mkdir(parents=True)

    for name in ("tea.js", "tea.css", "LICENSE"):
        assert not tea.is_brought
        (tea.directory / name).write_text("")

    assert tea.is_brought


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        pytest.param("/docs/files", 'src="/docs/files/tea.js"', id="own"),
        pytest.param('/"><b', 'src="/&quot;&gt;&lt;b/tea.js"', id="escaped"),
        pytest.param(
            None,
            f'src="{CDN}tea@1.2.3/dist/tea.js" integrity="sha384-b" crossorigin="anonymous"',
            id="of-the-cdn",
        ),
    ],
)
def test_an_element_loads_a_file(packages, folder, expected):
    assert packages["tea"].write_attributes("src", "dist/tea.js", folder) == expected


@pytest.fixture
def pages(tmp_path):
    folder = tmp_path / "pages"
    (folder / "icons").mkdir(parents=True)
    (folder / "a.js").write_text("one")
    (folder / "b.js").write_text("two")
    (folder / "icons" / "cup.svg").write_text("cup")
    return folder


def test_the_digest_of_files_that_are_the_same_is_the_same(pages, tmp_path):
    copy = shutil.copytree(pages, tmp_path / "copy")

    digest = digest_files(pages, "tea@1", "cups@2")
    assert digest == digest_files(copy, "tea@1", "cups@2")
    assert re.fullmatch("[0-9a-f]{12}", digest)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda pages: (pages / "a.js").write_text("ONE"), id="content"),
        pytest.param(lambda pages: (pages / "icons/cup.svg").write_text("CUP"), id="below"),
        pytest.param(lambda pages: (pages / "a.js").rename(pages / "A.js"), id="name"),
        pytest.param(lambda pages: (pages / "c.js").write_text(""), id="empty-file"),
        pytest.param(
            lambda pages: (
                (pages / "a.js").write_text("onet"),
                (pages / "b.js").write_text("wo"),
            ),
            id="moved",
        ),
    ],
)
def test_the_digest_changes_with_the_files(pages, change):
    before = digest_files(pages)

    change(pages)

    assert digest_files(pages) != before


def test_the_digest_changes_with_each_text(pages):
    texts = [(), ("tea@1",), ("tea@2",), ("tea@1", "cups@2")]

    assert len({digest_files(pages, *each) for each in texts}) == len(texts)


def test_every_file_whose_url_has_the_digest_may_be_kept_for_ever():
    assert is_immutable("docs.js")
    assert is_immutable("icons/cup.svg")
    assert not is_immutable("")

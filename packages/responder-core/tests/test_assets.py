"""Assets: files of npm packages that pages load, brought or from a CDN."""

import json

import pytest

from responder_core.assets import CDN, digest_files, read_packages

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


def test_the_digest_changes_with_the_files_and_with_what_is_pinned(tmp_path):
    (tmp_path / "a.js").write_text("1")
    first = digest_files(tmp_path, "tea@1")
    assert first == digest_files(tmp_path, "tea@1")
    pinned = digest_files(tmp_path, "tea@2")
    (tmp_path / "a.js").write_text("2")

    assert len({first, pinned, digest_files(tmp_path, "tea@1")}) == 3

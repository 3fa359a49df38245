"""The content of examples/site while the site runs: what changes on disk is read anew."""

from __future__ import annotations

import logging
from functools import partial

import anyio
import pytest

from examples.site.content import Shelf
from examples.site.files import write_file
from examples.site.settings import STATIC


def write_post(settings, title="New", more=""):
    path = settings.content / "posts" / "new.md"
    path.write_text(
        f"---\ntitle: {title}\ndate: 2026-12-01\ntags: []\nsummary: S.\n{more}---\nUnheard of.\n"
    )
    return path


def refresh(client):
    return client.portal.call(client.app.state.shelf.refresh)


def test_a_file_that_is_put_there_is_a_post(visitor, settings):
    client = visitor()
    path = write_post(settings)
    assert client.get("/posts/new").status_code == 404

    assert refresh(client) is True
    assert client.get("/posts/new").status_code == 200
    assert "/posts/new" in client.get("/search?q=unheard").text
    assert refresh(client) is False
    path.unlink()
    assert refresh(client) is True
    assert client.get("/posts/new").status_code == 404


def test_what_cannot_be_read_leaves_what_there_was(visitor, settings):
    client = visitor()
    write_post(settings, more="nonsense: 1\n")

    with pytest.raises(ValueError, match="unknown field `nonsense`"):
        refresh(client)
    assert client.get("/posts/water-first").status_code == 200
    assert refresh(client) is False
    write_post(settings, title="Mended")
    assert refresh(client) is True
    assert "Mended" in client.get("/posts/new").text


def test_a_site_looks_for_changes_by_itself(settings, caplog, monkeypatch):
    """It tells of a mistake once, and goes on looking."""

    shelf = Shelf(settings.content, STATIC)
    titles = []

    async def pause(seconds):
        """What happens while it waits: a mistake, nothing, the remedy, the end."""
        assert seconds == 2
        post = shelf.content.library.get("new")
        titles.append(post and post.title)
        if len(titles) == 1:
            write_post(settings, more="nonsense: 1\n")
        elif len(titles) == 3:
            write_post(settings, title="Mended")
        elif len(titles) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr("examples.site.content.anyio.sleep", pause)
    caplog.set_level(logging.ERROR, "site")
    with pytest.raises(KeyboardInterrupt):
        anyio.run(shelf.watch, 2)
    shelf.close()

    assert titles == [None, None, None, "Mended"]
    (record,) = caplog.records
    assert record.getMessage().startswith("the content stays as it was: new.md: mend the front")


def test_a_file_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "new" / "a.txt"
    write_file(path, b"one", mode=0o600)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"one", 0o600)

    def fail(number):
        raise OSError("the disk is full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="the disk is full"):
        write_file(path, b"two")
    assert path.read_bytes() == b"one"
    assert list(path.parent.iterdir()) == [path]


def test_what_must_be_new_replaces_nothing(tmp_path):
    path = tmp_path / "a.txt"
    write = partial(write_file, path, is_new=True)
    write(b"one")

    with pytest.raises(FileExistsError):
        write(b"two")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]

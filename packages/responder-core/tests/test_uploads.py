"""Uploads: the files of a form, and how they come to stay."""

from __future__ import annotations

import os
import stat
import sys
from tempfile import SpooledTemporaryFile

import anyio
import anyio.lowlevel
import pytest
import starlette.datastructures

from responder_core import UploadFile
from responder_core.http.headers import RequestHeaders

CONTENT = bytes(range(256)) * 10


def names(directory):
    """What is in a directory."""
    return [path.name for path in directory.iterdir()]


@pytest.fixture
def run(backend):
    def call(function, *args):
        return anyio.run(function, *args, backend=backend)

    return call


@pytest.fixture(params=["memory", "disk"])
def upload(request):
    """An upload of CONTENT, kept here or there."""
    with SpooledTemporaryFile(max_size=0 if request.param == "memory" else 1) as file:
        file.write(CONTENT)
        file.seek(0)
        headers = RequestHeaders(raw=[(b"content-type", b"a/b")])
        yield UploadFile(file, size=len(CONTENT), filename="a.bin", headers=headers)


def test_it_is_starlettes(upload):
    """What is written for one works with the other; the class itself is left alone."""
    assert isinstance(upload, starlette.datastructures.UploadFile)
    assert not hasattr(starlette.datastructures.UploadFile, "save")


def test_it_says_what_it_is(upload):
    assert (upload.filename, upload.content_type, upload.size) == ("a.bin", "a/b", 2560)


def test_it_can_be_read_and_sought(upload, run):
    async def main():
        first = await upload.read(4)
        await upload.seek(1)
        return first, await upload.read(2), len(await upload.read())

    assert run(main) == (b"\x00\x01\x02\x03", b"\x01\x02", 2557)


class TestSave:
    @pytest.mark.parametrize("chunk_size", [100, 999, 2560, 1024 * 1024])
    def test_it_is_written_whole(self, upload, run, tmp_path, chunk_size):
        target = tmp_path / "b.bin"

        async def main():
            return await upload.save(target, chunk_size=chunk_size)

        assert run(main) == target
        assert target.read_bytes() == CONTENT
        assert names(tmp_path) == ["b.bin"]

    def test_a_path_may_be_text(self, upload, run, tmp_path):
        assert run(upload.save, str(tmp_path / "b")) == tmp_path / "b"

    def test_it_is_saved_from_its_beginning_and_read_on_where_it_was(self, upload, run, tmp_path):
        async def main():
            await upload.seek(2550)
            await upload.save(tmp_path / "b")
            return len(await upload.read())

        assert run(main) == 10
        assert (tmp_path / "b").read_bytes() == CONTENT

    def test_it_replaces_what_was_there(self, upload, run, tmp_path):
        (tmp_path / "b").write_bytes(b"old")

        run(upload.save, tmp_path / "b")

        assert (tmp_path / "b").read_bytes() == CONTENT

    def test_an_empty_file_is_saved_too(self, run, tmp_path):
        with SpooledTemporaryFile() as file:
            run(UploadFile(file, size=0).save, tmp_path / "b")

        assert (tmp_path / "b").read_bytes() == b""

    def test_the_name_may_be_as_long_as_names_can_be(self, upload, run, tmp_path):
        target = tmp_path / ("a" * 255)

        run(upload.save, target)

        assert target.stat().st_size == 2560

    def test_it_may_be_on_the_disk_for_certain(self, upload, run, tmp_path, monkeypatch):
        synced = []
        monkeypatch.setattr(os, "fsync", synced.append)

        async def main(fsync):
            await upload.save(tmp_path / "b", fsync=fsync)
            return len(synced)

        assert [run(main, fsync) for fsync in (False, True)] == [0, 1]

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
    def test_its_mode_is_that_of_any_new_file(self, upload, run, tmp_path):
        """A temporary file is the user's alone; a saved one is not meant to be."""
        (tmp_path / "usual").touch()

        run(upload.save, tmp_path / "b")

        modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        assert len(modes) == 1

    def test_directories_are_made_when_asked_for(self, upload, run, tmp_path):
        target = tmp_path / "a" / "b" / "c"

        async def main(create_parents):
            await upload.save(target, create_parents=create_parents)

        with pytest.raises(FileNotFoundError):
            run(main, False)
        run(main, True)
        run(main, True)

        assert target.read_bytes() == CONTENT

    @pytest.mark.parametrize("size", [0, -1])
    def test_a_chunk_has_a_size(self, upload, run, tmp_path, size):
        async def main():
            await upload.save(tmp_path / "b", chunk_size=size)

        with pytest.raises(ValueError, match=f"chunk_size= is 1 or more bytes, not {size}"):
            run(main)

    @pytest.mark.parametrize("failing", ["read", "replace"])
    def test_a_failure_leaves_nothing_behind(self, upload, run, tmp_path, monkeypatch, failing):
        (tmp_path / "b").write_bytes(b"old")

        def fail(*_):
            raise OSError(28, "no space left")

        if failing == "read":
            monkeypatch.setattr("responder_core.uploads._copy_chunk", fail)
        else:
            monkeypatch.setattr("pathlib.Path.replace", fail)

        with pytest.raises(OSError, match="no space left"):
            run(upload.save, tmp_path / "b")
        assert names(tmp_path) == ["b"]
        assert (tmp_path / "b").read_bytes() == b"old"

    def test_cancelling_leaves_nothing_behind(self, upload, tmp_path, monkeypatch):
        """On trio, where nothing that waits runs in a cancelled scope unless it is shielded."""
        copied = []
        scopes = []

        def copy_and_cancel(source, copy, size):
            copied.append(names(tmp_path))
            anyio.from_thread.run_sync(scopes[0].cancel)
            return True

        monkeypatch.setattr("responder_core.uploads._copy_chunk", copy_and_cancel)

        async def main():
            with anyio.CancelScope() as scope:
                scopes.append(scope)
                await upload.save(tmp_path / "b")
            return scope.cancelled_caught

        assert anyio.run(main, backend="trio")
        assert [len(each) for each in copied] == [1]
        assert names(tmp_path) == []

    def test_it_is_copied_in_a_worker_thread(self, upload, run, tmp_path, monkeypatch):
        import threading

        from responder_core import uploads

        threads = set()
        original = uploads._copy_chunk

        def copy(*args):
            threads.add(threading.current_thread())
            return original(*args)

        monkeypatch.setattr(uploads, "_copy_chunk", copy)
        run(upload.save, tmp_path / "b")

        assert threads
        assert threading.current_thread() not in threads

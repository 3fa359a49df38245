"""Files as bodies: through the public door."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from pathlib import Path

import anyio
import pytest

from responder_core import API, files, page_cache
from responder_core.file_types import guess_type
from responder_core.files import CHUNK_SIZE, WHOLE, File, FileSource
from responder_core.http.dates import parse_date

TEXT = b"Earl Grey, hot.\n"


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def tea(tmp_path):
    """A small text file."""
    path = tmp_path / "tea.txt"
    path.write_bytes(TEXT)
    os.utime(path, ns=(0, 1_583_064_000_000_000_000))
    return path


@pytest.fixture
def big(tmp_path):
    """A file of several chunks."""
    path = tmp_path / "big.bin"
    path.write_bytes(bytes(range(256)) * ((WHOLE + CHUNK_SIZE) // 256) + b"end")
    return path


@pytest.fixture
def in_threads(monkeypatch):
    """Files are looked at and read in threads, also those that the kernel has in memory."""
    monkeypatch.setattr(page_cache, "_open", None)


@pytest.fixture
def send(client_factory):
    """Make a client of an app whose view does this to the response."""

    def make(write, *, sync=False, **options):
        api = API(**options)

        async def view(req, resp):
            write(resp)

        def sync_view(req, resp):
            write(resp)

        api.add_route("/", sync_view if sync else view)
        return client_factory(api)

    return make


class TestFile:
    @pytest.mark.parametrize("sync", [False, True], ids=["async", "sync"])
    def test_it_is_sent_with_what_is_known_of_it(self, send, tea, sync):
        answer = send(lambda resp: resp.file(tea), sync=sync).get("/")

        assert answer.content == TEXT
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["content-length"] == str(len(TEXT))
        assert answer.headers["last-modified"] == "Sun, 01 Mar 2020 12:00:00 GMT"
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.headers["etag"].startswith('"')

    def test_a_large_one_is_sent_whole(self, send, big):
        answer = send(lambda resp: resp.file(str(big))).get("/")

        assert answer.content == big.read_bytes()
        assert answer.headers["content-length"] == str(big.stat().st_size)

    @pytest.mark.usefixtures("in_threads")
    @pytest.mark.parametrize("chunk_size", [1, 7, 15, 16, 17])
    def test_it_is_read_in_pieces_of_the_size_that_is_asked_for(
        self, send, tea, chunk_size, monkeypatch
    ):
        real, sizes = os.pread, []
        monkeypatch.setattr(
            os, "pread", lambda fd, size, start: sizes.append(size) or real(fd, size, start)
        )
        client = send(lambda resp: resp.stream_file(tea, chunk_size=chunk_size))

        answer = client.get("/", headers={"Range": "bytes=1-"})

        assert answer.content == TEXT[1:]
        assert sizes[0] == min(chunk_size, len(TEXT) - 1)
        assert sum(sizes) == len(TEXT) - 1

    def test_one_from_the_future_was_changed_by_now(self, send, tea):
        """RFC 9110 §8.8.2.1: Last-Modified is never later than Date."""
        os.utime(tea, (2**33, 2**33))

        answer = send(lambda resp: resp.file(tea)).get("/")

        assert parse_date(answer.headers["last-modified"]) <= time.time()

    def test_its_type_can_be_set(self, send, tea):
        answer = send(lambda resp: resp.file(tea, content_type="text/csv")).get("/")

        assert answer.headers["content-type"] == "text/csv; charset=utf-8"

    def test_an_empty_one_is_empty(self, send, tmp_path):
        (tmp_path / "empty").touch()

        answer = send(lambda resp: resp.file(tmp_path / "empty")).get("/")

        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-length"] == "0"

    def test_head_tells_of_it_without_opening_it(self, send, tea, monkeypatch):
        client = send(lambda resp: resp.file(tea))
        expected = client.get("/").headers
        opened = []
        monkeypatch.setattr(os, "open", lambda *args, **kwargs: opened.append(args))

        answer = client.head("/")

        assert opened == []
        assert answer.content == b""
        assert dict(answer.headers) == dict(expected)

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            pytest.param({"If-Modified-Since": "Sun, 01 Mar 2020 12:00:00 GMT"}, 304, id="13.1.3"),
            pytest.param(
                {"If-Unmodified-Since": "Sun, 01 Mar 2020 11:00:00 GMT"}, 412, id="13.1.4"
            ),
            pytest.param({"If-None-Match": "*"}, 304, id="13.1.2"),
            pytest.param({"If-Match": '"other"'}, 412, id="13.1.1"),
        ],
    )
    def test_preconditions_are_evaluated(self, send, tea, fields, status):
        assert send(lambda resp: resp.file(tea)).get("/", headers=fields).status_code == status

    def test_its_tag_is_known_again(self, send, tea):
        client = send(lambda resp: resp.file(tea))
        tag = client.get("/").headers["etag"]

        assert client.get("/", headers={"If-None-Match": tag}).status_code == 304

    def test_its_tag_changes_with_it(self, send, tea):
        client = send(lambda resp: resp.file(tea))
        before = client.get("/").headers["etag"]
        tea.write_bytes(TEXT.upper())

        assert client.get("/").headers["etag"] != before

    def test_without_validators_it_has_none(self, send, tea):
        answer = send(lambda resp: resp.file(tea, conditional=False)).get(
            "/", headers={"If-None-Match": "*"}
        )

        assert answer.status_code == 200
        assert "etag" not in answer.headers
        assert "last-modified" not in answer.headers

    def test_a_missing_one_of_the_program_is_a_500(self, send, tmp_path, caplog):
        answer = send(lambda resp: resp.file(tmp_path / "gone.txt")).get("/")

        assert answer.status_code == 500
        assert "gone.txt" not in answer.text
        assert "gone.txt" in caplog.text

    def test_a_directory_of_the_program_is_a_500(self, send, tmp_path, caplog):
        assert send(lambda resp: resp.file(tmp_path)).get("/").status_code == 500
        assert "a response sends a file, not a directory" in caplog.text

    def test_after_hooks_see_that_it_is_missing(self, client_factory, tmp_path):
        api = API()
        seen = []
        api.add_route("/", lambda req, resp: resp.file("gone", root=tmp_path))
        api.add_hook(lambda req, resp: seen.append(resp.status_code), after=True)

        assert client_factory(api).get("/").status_code == 404
        assert seen == [404]

    @pytest.mark.usefixtures("in_threads")
    @pytest.mark.parametrize("sync", [False, True], ids=["async", "sync"])
    def test_it_is_looked_at_once_where_after_hooks_look(
        self, client_factory, tea, sync, monkeypatch
    ):
        api = API()
        looks = []
        real = File.examine
        monkeypatch.setattr(
            File,
            "examine",
            lambda self, **asked: looks.append(asked["read"]) or real(self, **asked),
        )

        async def view(req, resp):
            resp.file(tea)

        api.add_route("/", (lambda req, resp: resp.file(tea)) if sync else view)
        api.add_hook(lambda req, resp: None, after=True)

        assert client_factory(api).get("/").content == TEXT
        assert looks == [True]

    def test_a_compressible_one_is_compressed(self, send, tmp_path):
        path = tmp_path / "long.txt"
        path.write_bytes(TEXT * 1000)

        answer = send(lambda resp: resp.file(path)).get("/", headers={"Accept-Encoding": "gzip"})

        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["etag"].endswith('-gzip"')
        assert answer.content == TEXT * 1000

    def test_a_large_one_is_compressed_on_its_way(self, send, tmp_path):
        path = tmp_path / "long.txt"
        path.write_bytes(TEXT * 100_000)

        answer = send(lambda resp: resp.file(path)).get("/", headers={"Accept-Encoding": "gzip"})

        assert "content-length" not in answer.headers
        assert answer.content == TEXT * 100_000

    @pytest.mark.parametrize("path", [5, None, object()], ids=["number", "none", "object"])
    def test_what_is_no_path_is_refused(self, path):
        with pytest.raises(TypeError):
            File(path)

    @pytest.mark.parametrize("size", [0, -1])
    def test_a_chunk_has_a_size(self, size):
        with pytest.raises(ValueError, match="a number of bytes above 0"):
            File("x", chunk_size=size)


class TestRanges:
    @pytest.mark.parametrize(
        ("asked", "status", "body"),
        [
            pytest.param("bytes=0-3", 206, b"Earl", id="14.1.2-first-last"),
            pytest.param("bytes=11-", 206, b"hot.\n", id="14.1.2-open"),
            pytest.param("bytes=-5", 206, b"hot.\n", id="14.1.2-suffix"),
            pytest.param("bytes=0-999", 206, TEXT, id="14.1.2-past-the-end"),
            pytest.param("bytes=-999", 206, TEXT, id="14.1.2-long-suffix"),
            pytest.param("bytes=16-", 416, None, id="15.5.17-at-the-end"),
            pytest.param("bytes=-0", 416, None, id="14.1.2-no-suffix"),
            pytest.param("bytes=3-1", 200, TEXT, id="14.1.1-inverted"),
            pytest.param("bytes=999-, 0-3", 206, b"Earl", id="15.3.7-one-bad-among-good"),
            pytest.param("bytes=" + ",".join(["0-0"] * 5000), 200, TEXT, id="14.2-5000-ranges"),
            pytest.param("bytes=" + "9" * 5000 + "-", 416, None, id="14.1.2-5000-digits"),
            pytest.param("bytes=0-1,1-3,2-3", 206, b"Earl", id="15.3.7.2-overlapping"),
        ],
    )
    def test_they_are_cut_out_of_a_file(self, send, tea, asked, status, body):
        answer = send(lambda resp: resp.file(tea)).get("/", headers={"Range": asked})

        assert answer.status_code == status
        if body is not None:
            assert answer.content == body
            assert answer.headers["content-length"] == str(len(body))
        if status == 416:
            assert answer.headers["content-range"] == f"bytes */{len(TEXT)}"

    def test_a_download_resumes_by_its_tag(self, send, big):
        client = send(lambda resp: resp.download(big))
        whole = client.get("/")
        headers = {"Range": f"bytes={CHUNK_SIZE}-", "If-Range": whole.headers["etag"]}

        rest = client.get("/", headers=headers)

        assert rest.status_code == 206
        assert whole.content[:CHUNK_SIZE] + rest.content == big.read_bytes()

    def test_a_changed_file_is_sent_anew(self, send, tea):
        client = send(lambda resp: resp.download(tea))
        tag = client.get("/").headers["etag"]
        tea.write_bytes(b"Assam")

        answer = client.get("/", headers={"Range": "bytes=1-", "If-Range": tag})

        assert (answer.status_code, answer.content) == (200, b"Assam")

    def test_several_are_parts_of_the_file(self, send, big):
        data = big.read_bytes()

        answer = send(lambda resp: resp.file(big)).get(
            "/", headers={"Range": f"bytes=0-9,{CHUNK_SIZE - 5}-{CHUNK_SIZE + 4},-3"}
        )

        assert answer.status_code == 206
        assert answer.headers["content-type"].startswith("multipart/byteranges; boundary=")
        assert int(answer.headers["content-length"]) == len(answer.content)
        for part in (data[:10], data[CHUNK_SIZE - 5 : CHUNK_SIZE + 5], b"end"):
            assert b"\r\n\r\n" + part + b"\r\n" in answer.content

    @pytest.mark.parametrize(
        "span",
        [
            pytest.param((0, 1), id="first"),
            pytest.param((7, WHOLE + 6), id="as-long-as-is-read-at-once"),
            pytest.param((7, WHOLE + 7), id="longer"),
            pytest.param((CHUNK_SIZE - 1, CHUNK_SIZE + 1), id="over-an-edge"),
        ],
    )
    def test_a_range_of_any_length_is_that_of_the_file(self, send, big, span):
        start, stop = span
        client = send(lambda resp: resp.file(big))

        answer = client.get("/", headers={"Range": f"bytes={start}-{stop - 1}"})

        content = big.read_bytes()
        assert answer.status_code == 206
        assert answer.content == content[start:stop]
        assert answer.headers["content-length"] == str(stop - start)
        assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(content)}"

    @pytest.mark.usefixtures("in_threads")
    def test_a_short_one_is_read_where_the_file_is_looked_at(self, send, big, monkeypatch):
        """One hand-over to a thread costs less than two."""
        client = send(lambda resp: resp.file(big))
        real, opened = os.open, []
        monkeypatch.setattr(
            os, "open", lambda path, *flags: opened.append(os.fspath(path)) or real(path, *flags)
        )
        monkeypatch.setattr(FileSource, "__aiter__", None)  # What a second one would be for.

        answer = client.get("/", headers={"Range": "bytes=1-4"})

        assert answer.content == big.read_bytes()[1:5]
        assert opened.count(str(big)) == 1

    def test_one_that_was_read_is_not_sent_where_the_whole_is(self, send, tea):
        client = send(lambda resp: resp.file(tea))

        answer = client.get("/", headers={"Range": "bytes=1-4", "If-Range": '"other"'})

        assert (answer.status_code, answer.content) == (200, TEXT)


class TestDownload:
    @pytest.mark.parametrize(
        ("filename", "field"),
        [
            pytest.param(None, 'attachment; filename="tea.txt"', id="rfc6266-4.3-its-own-name"),
            pytest.param("a b.txt", 'attachment; filename="a b.txt"', id="rfc6266-4.3"),
            pytest.param('a"b', r'attachment; filename="a\"b"', id="rfc9110-5.6.4-quote"),
            pytest.param(
                "té.txt",
                "attachment; filename=\"t_.txt\"; filename*=UTF-8''t%C3%A9.txt",
                id="rfc8187-3.2",
            ),
            pytest.param("a\r\nX-Evil: 1", 'attachment; filename="aX-Evil: 1"', id="injected-line"),
        ],
    )
    def test_it_is_saved_under_a_name(self, send, tea, filename, field):
        answer = send(lambda resp: resp.download(tea, filename=filename)).get("/")

        assert answer.headers["content-disposition"] == field
        assert answer.content == TEXT


class TestRoot:
    @pytest.fixture
    def root(self, tmp_path):
        root = tmp_path / "static"
        (root / "sub").mkdir(parents=True)
        (root / "tea.txt").write_bytes(TEXT)
        (root / "sub" / "assam.txt").write_bytes(b"Assam")
        (tmp_path / "secret.txt").write_bytes(b"secret")
        (tmp_path / "static2").mkdir()
        (tmp_path / "static2" / "secret.txt").write_bytes(b"secret")
        (root / "out").symlink_to(tmp_path / "secret.txt")
        (root / "outdir").symlink_to(tmp_path / "static2")
        (root / "loop").symlink_to(root / "loop")
        (root / "in").symlink_to(root / "sub" / "assam.txt")
        os.mkfifo(root / "pipe")
        return root

    @pytest.mark.parametrize(
        ("name", "body"),
        [
            ("tea.txt", TEXT),
            ("/tea.txt", TEXT),
            ("sub/assam.txt", b"Assam"),
            ("sub/../tea.txt", TEXT),
            ("./tea.txt", TEXT),
            ("in", b"Assam"),
        ],
    )
    def test_what_is_inside_is_sent(self, send, root, name, body):
        assert send(lambda resp: resp.file(name, root=root)).get("/").content == body

    @pytest.mark.parametrize(
        "name",
        [
            "",
            "/",
            ".",
            "..",
            "sub",
            "sub/",
            "tea.txt/",
            "../secret.txt",
            "/../secret.txt",
            "..//secret.txt",
            "sub/../../secret.txt",
            "sub/../../static2/secret.txt",
            "../static2/secret.txt",
            "....//secret.txt",
            "..\\secret.txt",
            "sub\\assam.txt",
            "%2e%2e/secret.txt",
            "..%2fsecret.txt",
            "..;/secret.txt",
            "tea.txt\0.png",
            "\0",
            "C:/tea.txt",
            "c:tea.txt",
            "//etc/passwd",
            "/etc/passwd",
            "~/tea.txt",
            "out",
            "outdir/secret.txt",
            "loop",
            "pipe",
            "tea.txt/x",
            "a" * 5000,
            "a/" * 2500,
            "\ud800",
            "missing.txt",
        ],
        ids=lambda name: ascii(name[:30]),
    )
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_what_is_outside_or_missing_is_404(self, send, root, name, method, caplog):
        answer = send(lambda resp: resp.file(name, root=root)).request(method, "/")

        assert answer.status_code == 404
        assert b"secret" not in answer.content
        assert caplog.text == ""

    def test_what_may_not_be_read_is_404(self, send, root, monkeypatch):
        def refuse(*args, **kwargs):
            raise PermissionError(13, "no")

        monkeypatch.setattr(os, "open", refuse)

        assert send(lambda resp: resp.file("tea.txt", root=root)).get("/").status_code == 404

    def test_a_disk_that_fails_is_no_404(self, send, root, monkeypatch):
        def fail(*args, **kwargs):
            raise OSError(5, "input/output error")

        monkeypatch.setattr(os, "open", fail)

        assert send(lambda resp: resp.file("tea.txt", root=root)).get("/").status_code == 500

    @pytest.mark.usefixtures("in_threads")
    @pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-"}], ids=["read", "streamed"])
    @pytest.mark.parametrize("told", [True, False], ids=["the-system-tells", "it-does-not"])
    def test_a_directory_that_becomes_a_link_leads_nowhere(
        self, send, root, tmp_path, monkeypatch, headers, told
    ):
        """Whenever it does: no byte from outside."""
        outside = tmp_path / "static2" / "assam.txt"
        outside.write_bytes(b"Sssss")
        os.utime(outside, ns=(0, 0))
        os.utime(root / "sub" / "assam.txt", ns=(0, 0))
        if not told:
            monkeypatch.setattr(files, "_OPENED", str(tmp_path / "{}"))
        real = os.open

        def swap(path, *args, **kwargs):
            if str(path).endswith("assam.txt") and not (root / "sub").is_symlink():
                (root / "sub").rename(root / "gone")
                (root / "sub").symlink_to(tmp_path / "static2")
            return real(path, *args, **kwargs)

        monkeypatch.setattr(os, "open", swap)

        answer = send(lambda resp: resp.file("sub/assam.txt", root=root)).get("/", headers=headers)

        assert (root / "sub").is_symlink()
        assert b"S" not in answer.content
        assert answer.status_code == 404 or headers

    def test_it_is_found_where_the_system_tells_no_paths(self, send, root, tmp_path, monkeypatch):
        monkeypatch.setattr(files, "_OPENED", str(tmp_path / "{}"))

        answer = send(lambda resp: resp.file("sub/assam.txt", root=root)).get("/")

        assert answer.content == b"Assam"

    @pytest.mark.usefixtures("in_threads")
    def test_a_file_that_is_replaced_is_sent_as_it_was(self, send, root, tmp_path, monkeypatch):
        real = os.open

        def replace(path, *args, **kwargs):
            descriptor = real(path, *args, **kwargs)
            if str(path).endswith("tea.txt"):
                (tmp_path / "secret.txt").replace(path)
            return descriptor

        monkeypatch.setattr(os, "open", replace)

        assert send(lambda resp: resp.file("tea.txt", root=root)).get("/").content == TEXT

    def test_a_root_is_named(self):
        with pytest.raises(ValueError, match="root='' would be the working directory"):
            File("tea.txt", root="")

    def test_the_root_may_be_a_link(self, send, root, tmp_path):
        (tmp_path / "link").symlink_to(root)

        answer = send(lambda resp: resp.file("tea.txt", root=tmp_path / "link")).get("/")

        assert answer.content == TEXT


class TestSource:
    def read(self, source, backend="asyncio"):
        async def main():
            return [piece async for piece in source]

        return anyio.run(main, backend=backend)

    def test_it_reads_no_more_than_a_chunk_at_a_time(self, big, backend):
        facts = File(big).examine(read=True)

        pieces = self.read(FileSource(facts, chunk_size=1000), backend)

        assert max(map(len, pieces)) == 1000
        assert b"".join(pieces) == big.read_bytes()

    def test_a_file_that_became_shorter_is_an_error(self, big):
        facts = File(big).examine(read=True)
        source = FileSource(facts, chunk_size=1000)

        async def main():
            pieces = source.__aiter__()
            await pieces.__anext__()
            os.truncate(big, 1500)
            await pieces.__anext__()
            await pieces.__anext__()

        with pytest.raises(OSError, match="became shorter while it was sent"):
            anyio.run(main)

    def test_a_file_that_was_replaced_is_an_error(self, big):
        facts = File(big).examine(read=True)
        big.write_bytes(b"another")

        with pytest.raises(OSError, match="changed between its headers and its bytes"):
            self.read(FileSource(facts))

    def test_a_file_that_grows_is_sent_as_long_as_it_was(self, big):
        """As logs do."""
        facts = File(big).examine(read=True)
        before = big.read_bytes()
        with big.open("ab") as log:
            log.write(b"more")

        assert b"".join(self.read(FileSource(facts))) == before

    def test_another_file_in_its_place_is_an_error(self, big, tmp_path):
        facts = File(big).examine(read=True)
        (tmp_path / "other").write_bytes(big.read_bytes())
        os.utime(tmp_path / "other", ns=(0, big.stat().st_mtime_ns))
        (tmp_path / "other").replace(big)

        with pytest.raises(OSError, match="changed between its headers and its bytes"):
            self.read(FileSource(facts))

    def test_one_that_shrinks_while_it_is_looked_at_is_an_error(self, tea, monkeypatch):
        monkeypatch.setattr(os, "pread", lambda fd, size, start: b"")
        facts = File(tea).examine(read=True)

        assert facts.content is None
        with pytest.raises(OSError, match="became shorter while it was sent"):
            self.read(FileSource(facts))

    def test_what_was_read_already_is_not_read_again(self, tea):
        facts = File(tea).examine(read=True)
        tea.unlink()

        pieces = self.read(FileSource(facts, [(b"<", 0, 4), (b"|", 11, 16)], b">", chunk_size=4))

        assert pieces == [b"<", b"Earl", b"|", b"hot.", b"\n", b">"]

    def test_a_read_that_gives_less_is_continued(self, big, monkeypatch):
        facts = File(big).examine(read=True)
        real = os.pread
        monkeypatch.setattr(os, "pread", lambda fd, size, start: real(fd, min(size, 700), start))

        assert b"".join(self.read(FileSource(facts))) == big.read_bytes()

    def test_without_pread_it_seeks(self, big, monkeypatch):
        facts = File(big).examine(read=True)
        monkeypatch.delattr(os, "pread")

        assert b"".join(self.read(FileSource(facts))) == big.read_bytes()

    def test_it_closes_the_file_with_the_last_byte(self, big):
        before = open_files()

        self.read(FileSource(File(big).examine(read=True)))

        assert open_files() == before

    def test_it_closes_the_file_when_it_is_left(self, big):
        before = open_files()
        source = FileSource(File(big).examine(read=True), chunk_size=10)

        async def main():
            pieces = source.__aiter__()
            await pieces.__anext__()
            await pieces.aclose()
            await source.aclose()

        anyio.run(main)

        assert open_files() == before

    def test_a_thread_that_still_reads_closes_the_file_that_was_left(self, big, monkeypatch):
        """A task that is cancelled waits for its thread; who has the source may close it."""
        before = open_files()
        reads, goes_on, closed = threading.Event(), threading.Event(), threading.Event()
        real_read, real_close = os.pread, os.close

        def read(*args):
            reads.set()
            assert goes_on.wait(60)
            return real_read(*args)

        def close(descriptor):
            real_close(descriptor)
            closed.set()

        async def main():
            source = FileSource(File(big).examine(read=True), chunk_size=10)
            monkeypatch.setattr(os, "pread", read)
            task = asyncio.ensure_future(source.__aiter__().__anext__())
            await anyio.to_thread.run_sync(reads.wait)
            monkeypatch.setattr(os, "close", close)
            task.cancel()
            await asyncio.sleep(0)
            await source.aclose()
            still_open = not closed.is_set()
            goes_on.set()
            assert await anyio.to_thread.run_sync(closed.wait, 60)
            await asyncio.wait([task])
            return still_open

        still_open = asyncio.run(main())

        assert still_open
        assert open_files() == before

    def test_the_server_may_send_the_file_itself(self, talk, http_scope, big):
        """ASGI's extension http.response.pathsend."""
        api = API()

        @api.route("/")
        async def view(req, resp):
            resp.file(big)

        sent = talk(api, http_scope(extensions={"http.response.pathsend": {}}))

        assert [message["type"] for message in sent] == [
            "http.response.start",
            "http.response.pathsend",
        ]
        assert sent[1]["path"] == str(big)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.html", "text/html"),
        ("a.JS", "text/javascript"),
        ("a.mjs", "text/javascript"),
        ("a.wasm", "application/wasm"),
        ("a.webmanifest", "application/manifest+json"),
        ("a.woff2", "font/woff2"),
        ("a.yaml", "application/yaml"),
        ("a.jpg", "image/jpeg"),
        ("a.tar.gz", "application/gzip"),
        ("a.bz2", "application/x-bzip2"),
        ("a.Z", "application/octet-stream"),
        ("a.unheard-of", "application/octet-stream"),
        ("README", "application/octet-stream"),
        ("dir.html/README", "application/octet-stream"),
        (".html", "application/octet-stream"),
    ],
)
def test_a_type_goes_by_the_extension(name, media_type):
    assert guess_type(name) == media_type


def test_a_socket_is_no_file(send, tmp_path):
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))

        assert send(lambda resp: resp.file("socket", root=tmp_path)).get("/").status_code == 404

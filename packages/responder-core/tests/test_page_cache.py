"""Files that the kernel has in memory: no thread is asked for them, and nothing else changes."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from responder_core import API, page_cache, selection
from responder_core.files import WHOLE, File

TRIES = 20
TEXT = b"Earl Grey, hot.\n" * 20


def open_files():
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def root(tmp_path):
    """A directory of files, and beside it what nobody may have."""
    root = tmp_path / "root"
    (root / "inner").mkdir(parents=True)
    (root / "tea.txt").write_bytes(TEXT)
    (root / "inner" / "more.txt").write_bytes(TEXT)
    (root / "empty").touch()
    (root / "big").write_bytes(bytes(range(256)) * (WHOLE // 128))
    (root / "app.js").write_bytes(TEXT)
    (root / "app.js.gz").write_bytes(gzip.compress(TEXT))
    (root / "old.js").write_bytes(TEXT)
    (root / "old.js.gz").write_bytes(b"stale")
    os.utime(root / "old.js.gz", (0, 0))
    (root / "linked.js").write_bytes(TEXT)
    (root / "linked.js.gz").symlink_to(root / "app.js.gz")
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "secret.gz").write_bytes(b"secret")
    (root / "within").symlink_to("tea.txt")
    (root / "outside").symlink_to(tmp_path / "secret")
    (root / "up").symlink_to(tmp_path)
    (root / "nowhere").symlink_to("nothing")
    (root / "opened").symlink_to("/proc/self/exe")
    os.mkfifo(root / "fifo")
    return root


@pytest.fixture
def kernel(root):
    """Skip where nothing tells what is in memory: no Linux, no speedups, another file system."""
    page_cache.learn_device(root.stat().st_dev)
    try:
        os.close(page_cache.open_cached(str(root / "tea.txt")))
    except OSError as error:
        pytest.skip(f"files in memory cannot be told from others: {error}")


@pytest.fixture
def client(client_factory, root):
    api = API(static_dir=root, gzip=False)

    @api.route("/file/{name:path}", methods=["GET", "HEAD"])
    async def send(req, resp, *, name):
        resp.file(name, root=root)

    @api.get("/own")
    async def send_own(req, resp):
        resp.file(root / "within")

    return client_factory(api)


PACKED = {"accept-encoding": "gzip"}
# What is answered from memory.
FOUND = [
    ("GET", "/own", {}),
    ("GET", "/file/tea.txt", {}),
    ("GET", "/file//tea.txt", {}),
    ("GET", "/file/inner/../tea.txt", {}),
    ("GET", "/file/inner/more.txt", {}),
    ("GET", "/file/within", {}),
    ("GET", "/file/empty", {}),
    ("HEAD", "/file/tea.txt", {}),
    ("HEAD", "/file/big", {}),
    ("GET", "/file/big", {"range": "bytes=1000-1999"}),
    ("GET", "/file/big", {"range": "bytes=-10"}),
    ("GET", "/file/big", {"range": "bytes=9999999-"}),
    ("GET", "/file/tea.txt", {"range": "bytes=0-3"}),
    ("GET", "/file/tea.txt", {"if-none-match": "*"}),
    ("GET", "/static/tea.txt", {}),
    ("GET", "/static/app.js", {}),
    ("GET", "/static/app.js", PACKED),
    ("GET", "/static/old.js", PACKED),
    ("GET", "/static/linked.js", PACKED),
]
# What somebody who may wait decides.
REFUSED = [
    ("GET", f"/{place}/{name}", fields)
    for place in ("file", "static")
    for name in (
        *("inner", "inner/", "tea.txt/", "nothing", "nowhere", "fifo", "outside", "up/secret"),
        *("..%2fsecret", "inner/..%2f..%2fsecret", "%2fetc%2fpasswd", "tea.txt%00", "opened"),
        *("inner%5cmore.txt", "x" * 300, "%ff"),
    )
    for fields in ({}, PACKED)
]


def answer_of(client, method, path, fields):
    """What tells one answer from another."""
    answer = client.request(method, path, headers=fields)
    told = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    body = answer.content if answer.status_code < 400 else answer.json()["detail"]
    return answer.status_code, told, body


@pytest.fixture
def asked(monkeypatch):
    """What is run in threads, so far."""
    asked, run = [], selection.run_in_thread

    async def note(function, *args):
        asked.append(function)
        return await run(function, *args)

    monkeypatch.setattr(selection, "run_in_thread", note)
    return asked


@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize(("method", "path", "fields"), FOUND)
def test_no_thread_is_asked_for_what_is_in_memory(client, asked, method, path, fields):
    found = answer_of(client, method, path, fields)  # Now the kernel knows the links, too.
    assert found[0] in {200, 206, 304, 416}
    # It does not look while anybody mounts something, or renames.
    for _ in range(TRIES):
        asked.clear()
        assert answer_of(client, method, path, fields) == found
        if not asked:
            break

    assert asked == []


@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize(("method", "path", "fields"), [*FOUND, *REFUSED])
def test_the_answer_is_that_of_a_thread(client, monkeypatch, method, path, fields):
    before = open_files()
    found = answer_of(client, method, path, fields)
    left = open_files() - before
    monkeypatch.setattr(page_cache, "_open", None)

    assert answer_of(client, method, path, fields) == found
    assert left <= 0


@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("fields", [[], [(b"range", b"bytes=0-99999")]], ids=["whole", "range"])
def test_a_short_one_is_sent_at_once_where_the_server_sends_files(talk, http_scope, client, fields):
    """It would look at it and open it once more."""
    scope = http_scope(path="/file/tea.txt", extensions={"http.response.pathsend": {}})
    scope["headers"] = [*scope["headers"], *fields]

    sent = talk(client.app, scope)

    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[1]["body"] == TEXT


@pytest.mark.usefixtures("kernel")
def test_what_is_not_in_memory_is_read_in_a_thread(client, root, asked):
    def forget(path):
        with path.open("rb+") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    forget(root / "inner" / "more.txt")
    try:
        with (root / "inner" / "more.txt").open("rb") as file:
            page_cache.read_cached(file.fileno(), 1, 0)
    except BlockingIOError:
        forget(root / "tea.txt")
    else:
        pytest.skip("this file system has its files in memory alone")

    assert [client.get("/file/tea.txt").content for _ in range(2)] == [TEXT, TEXT]
    assert len(asked) == 1


@pytest.mark.usefixtures("kernel")
def test_a_file_that_became_shorter_is_no_file_in_memory(root):
    with (root / "tea.txt").open("rb") as file, pytest.raises(BlockingIOError):
        page_cache.read_cached(file.fileno(), len(TEXT) + 1, 0)


@pytest.mark.usefixtures("kernel")
def test_what_another_machine_serves_is_left_to_a_thread(root, tmp_path, monkeypatch):
    device = root.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    mounts = tmp_path / "mountinfo"
    monkeypatch.setattr(page_cache, "_MOUNTS", str(mounts))

    def is_near(lines):
        monkeypatch.setattr(page_cache, "_seen", set())
        monkeypatch.setattr(page_cache, "_near", set())
        mounts.write_text(lines)
        page_cache.learn_device(device)
        try:
            os.close(page_cache.open_cached(str(root / "tea.txt")))
        except BlockingIOError:
            return False
        return True

    line = "36 35 {} / /mnt rw,noatime master:1 - {} /dev/root rw\n"
    assert is_near(line.format("7:7", "nfs4") + line.format(number, "ext4"))
    assert not is_near(line.format(number, "nfs4"))
    assert not is_near(line.format(number, "fuse.sshfs"))
    assert not is_near(line.format("7:7", "ext4"))


def test_where_nothing_tells_a_thread_looks(client, root, monkeypatch):
    monkeypatch.setattr(page_cache, "_open", None)

    page_cache.learn_device(root.stat().st_dev)
    with pytest.raises(BlockingIOError, match="nothing tells what is in memory"):
        page_cache.open_cached(str(root / "tea.txt"))
    assert client.get("/file/tea.txt").content == TEXT


@pytest.mark.usefixtures("kernel")
def test_a_file_of_the_programs_own_kind_is_looked_at_by_itself(client_factory, root):
    class Elsewhere(File):
        def locate(self):
            return str(root / "inner" / "more.txt")

    api = API()

    @api.get("/")
    async def view(req, resp):
        resp.send_file(Elsewhere("tea.txt", root=root))

    (root / "inner" / "more.txt").write_bytes(b"more")
    assert client_factory(api).get("/").content == b"more"

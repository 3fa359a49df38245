"""The watcher: which files count, and that a change is told, by either way to know."""

import logging
import queue

import pytest

from responder_core.serving.watcher import Watcher, _note_times


@pytest.fixture(params=["by-the-system", "by-looking"])
def watch(request, tmp_path, monkeypatch):
    """Watch a folder; what was told."""
    if request.param == "by-looking":
        monkeypatch.setattr("responder_core.serving.watcher._can_hear", lambda: False)
        monkeypatch.setattr("responder_core.serving.watcher.INTERVAL", 0.02)
    else:
        pytest.importorskip("watchfiles", reason="needs the extra server")
    told = queue.Queue()
    watcher = Watcher([tmp_path, tmp_path / "sub"], told.put)
    watcher.start()
    yield told
    watcher.stop()


def change_until(told, change):
    """Change something again and again, until it is told: a watch begins when it begins."""
    for number in range(300):
        change(number)
        try:
            return told.get(timeout=0.2)
        except queue.Empty:
            continue
    pytest.fail("no change was told")


def test_a_changed_file_is_told(watch, tmp_path):
    file = tmp_path / "app.py"

    assert change_until(watch, lambda number: file.write_text("#" * number)) == [file]


def test_a_new_file_below_is_told(watch, tmp_path):
    file = tmp_path / "sub" / "page.html"
    file.parent.mkdir()

    assert file in change_until(watch, lambda number: file.write_text("#" * number))


def test_a_file_that_goes_is_told(watch, tmp_path):
    file = tmp_path / "app.py"

    def come_and_go(number):
        file.unlink() if file.exists() else file.write_text("#")

    assert change_until(watch, come_and_go) == [file]


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("app.py", True),
        ("templates/page.html", True),
        ("static/site.css", True),
        (".env", True),
        ("data.db", False),
        ("server.log", False),
        ("data.json", False),
        (".git/config.py", False),
        (".venv/lib/site.py", False),
        ("node_modules/x/index.js", False),
        ("__pycache__/app.py", False),
        ("sub/__pycache__/app.py", False),
    ],
)
def test_what_programs_are_made_of_counts(tmp_path, path, counts):
    watcher = Watcher([tmp_path], print)

    assert watcher.counts(tmp_path.resolve() / path) is counts


def test_what_is_elsewhere_does_not(tmp_path):
    assert not Watcher([tmp_path / "in"], print).counts(tmp_path / "out" / "app.py")


def test_a_directory_within_another_is_watched_once(tmp_path):
    watcher = Watcher([tmp_path / "a", tmp_path, tmp_path], print)

    assert watcher.directories == [tmp_path.resolve()]


def test_where_the_system_watches_no_more_it_looks_for_itself(tmp_path, monkeypatch, caplog):
    """Linux has a limit of watches, which other programs may have used up."""
    seen = []

    def refuse(watcher):
        raise OSError(28, "no space left on device")

    def look(watcher):
        yield [tmp_path / "app.py"]

    # That of uvicorn is as the last server has left it.
    monkeypatch.setattr("responder_core.serving.watcher.logger", logging.getLogger("tests"))
    monkeypatch.setattr("responder_core.serving.watcher._can_hear", lambda: True)
    monkeypatch.setattr(Watcher, "_hear", refuse)
    monkeypatch.setattr(Watcher, "_look", look)

    Watcher([tmp_path], seen.append)._run()

    assert seen == [[tmp_path / "app.py"]]
    assert "cannot be told of changes ([Errno 28] no space left on device)" in caplog.text


def test_a_file_that_is_gone_has_no_time(tmp_path):
    """It was listed, and went before it was looked at."""
    there = tmp_path / "app.py"
    there.touch()
    found = {}

    _note_times([tmp_path / "gone.py", there], found)

    assert list(found) == [there]

"""Listeners: what is listened on, and what is said where that is not possible."""

import errno
import os
import re
import socket
from contextlib import ExitStack

import pytest

from responder_core.serving.listeners import check_free, check_path, open_listeners, write_url


@pytest.fixture
def opened():
    """Sockets that are closed after the test."""
    with ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(open_listeners(*args, **options))


def open_once(*args, **options):
    with open_listeners(*args, **options):
        pass


def connect(listener):
    with socket.socket(listener.family) as client:
        client.settimeout(10)
        client.connect(listener.getsockname())


def test_who_connects_waits_until_somebody_serves(opened):
    (listener,) = opened("127.0.0.1", 0)

    connect(listener)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", write_url([listener]))
    assert write_url([listener], tls=True).startswith("https://")


def test_a_port_that_is_in_use_is_named(opened):
    (listener,) = opened("127.0.0.1", 0)
    port = listener.getsockname()[1]

    for refuse in (open_once, check_free):
        with pytest.raises(OSError, match=f"port {port} of") as caught:
            refuse("127.0.0.1", port)
        assert "is in use; stop what listens there" in str(caught.value)


def test_all_addresses_of_a_name_have_one_port(opened, monkeypatch):
    def getaddrinfo(*args, **options):
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 0, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", 0)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    one, other = opened("localhost", 0)  # The first is not of this machine.

    assert one.getsockname()[1] == other.getsockname()[1]


def test_where_one_address_of_a_name_is_refused_none_is_listened_on(monkeypatch):
    bound = []

    class Socket(socket.socket):
        def bind(self, address):
            if bound:
                raise PermissionError(errno.EACCES, "Permission denied")
            super().bind(address)
            bound.append(self)

    def getaddrinfo(*args, **options):
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("127.0.0.1", 0)), (*kind, ("127.0.0.2", 0))]

    monkeypatch.setattr(socket, "socket", Socket)
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    with pytest.raises(PermissionError, match="is not for this user; those from 1024 are"):
        open_once("localhost", 0)
    assert bound[0].fileno() == -1


def test_an_address_of_another_machine():
    with pytest.raises(OSError, match=r"nothing can listen on '192\.0\.2\.1', port 0"):
        open_once("192.0.2.1", 0)


class TestUnixSockets:
    def test_everyone_may_connect(self, opened, tmp_path):
        path = tmp_path / "socket"
        (listener,) = opened("", 0, uds=str(path))

        connect(listener)
        assert path.stat().st_mode & 0o777 == 0o666
        assert write_url([listener]) == f"unix socket {path}"

    def test_one_that_was_left_is_replaced(self, opened, tmp_path):
        path = str(tmp_path / "socket")
        with socket.socket(socket.AF_UNIX) as old:
            old.bind(path)

        (new,) = opened("", 0, uds=path)
        connect(new)

    def test_it_goes_when_they_are_closed_unless_another_has_its_name(self, tmp_path):
        path = tmp_path / "socket"
        with open_listeners("", 0, uds=str(path)):
            assert path.is_socket()
        assert not path.exists()

        with open_listeners("", 0, uds=str(path)):
            path.rename(tmp_path / "elsewhere")
            path.write_text("another's")
        assert path.read_text() == "another's"

    def test_a_path_is_tried_and_left_as_it_was(self, tmp_path):
        path = tmp_path / "socket"
        check_path(str(path))
        assert not path.exists()

        with pytest.raises(OSError, match="nothing can listen on the path"):
            check_path(str(tmp_path / "no" / "socket"))

    def test_one_that_is_served_is_not(self, opened, tmp_path):
        path = str(tmp_path / "socket")
        opened("", 0, uds=path)

        with pytest.raises(OSError, match="another server listens on"):
            open_once("", 0, uds=path)

    def test_one_that_speaks_otherwise_is_kept(self, tmp_path):
        path = str(tmp_path / "socket")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.bind(path)

            with pytest.raises(OSError, match="another server listens on"):
                open_once("", 0, uds=path)

    def test_a_file_that_is_none_is_kept(self, tmp_path):
        path = tmp_path / "file"
        path.write_text("kept")

        with pytest.raises(OSError, match="in use"):
            open_once("", 0, uds=str(path))
        assert path.read_text() == "kept"


def test_a_file_descriptor_is_taken_over(opened):
    with socket.socket() as given:
        given.bind(("127.0.0.1", 0))
        (listener,) = opened("", 0, fd=given.fileno())

        connect(listener)
        assert listener.fileno() != given.fileno()
        os.fstat(given.fileno())


def test_a_file_descriptor_that_is_none_is_refused():
    with pytest.raises(OSError, match="the file descriptor 9999 is no socket"):
        open_once("", 0, fd=9999)

"""Cutting: one connection of this process is shut down, and no other."""

import os
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from responder_core.cutting import cut_connection

pytestmark = pytest.mark.skipif(
    not Path("/dev/fd").is_dir(), reason="needs a system that lists open files"
)


def connect(stack):
    """A listener, and both ends of a connection to it."""
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    client = stack.enter_context(socket.create_connection(listener.getsockname(), timeout=30))
    server, _ = listener.accept()
    return listener, client, stack.enter_context(server)


def test_the_client_gets_what_was_sent_and_then_the_end():
    with ExitStack() as stack:
        _, client, server = connect(stack)
        server.sendall(b"tea")

        assert cut_connection(client.getsockname(), server.getsockname())
        assert client.recv(10) == b"tea"
        assert client.recv(10) == b""


def test_other_connections_stay():
    with ExitStack() as stack:
        listener, client, server = connect(stack)
        other = stack.enter_context(socket.create_connection(listener.getsockname(), timeout=30))
        accepted = stack.enter_context(listener.accept()[0])
        cut_connection(client.getsockname(), server.getsockname())
        accepted.sendall(b"tea")

        assert other.recv(10) == b"tea"


@pytest.mark.parametrize("everywhere", ["0.0.0.0", "::"])
def test_a_server_that_listens_everywhere_has_no_other_address(everywhere):
    with ExitStack() as stack:
        listener, client, _ = connect(stack)

        assert not cut_connection(client.getsockname(), (everywhere, 1))
        assert cut_connection(client.getsockname(), (everywhere, listener.getsockname()[1]))
        assert client.recv(10) == b""


def test_other_sockets_block_as_before():
    """A default timeout makes a socket that does not block, which all its descriptors share."""
    with ExitStack() as stack:
        listener, _, server = connect(stack)
        server.setblocking(True)
        stack.callback(socket.setdefaulttimeout, socket.getdefaulttimeout())
        socket.setdefaulttimeout(30)
        cut_connection(("192.0.2.1", 1), listener.getsockname())

        assert os.get_blocking(server.fileno())


def test_a_connection_that_is_not_there_is_told():
    with ExitStack() as stack:
        listener, client, _ = connect(stack)

        assert not cut_connection(("192.0.2.1", 1), listener.getsockname())
        assert not cut_connection(client.getsockname(), ("192.0.2.1", 1))


def test_a_system_that_lists_no_open_files_has_none(monkeypatch):
    monkeypatch.setattr("responder_core.cutting._OPENED", "/nowhere")

    assert not cut_connection(("127.0.0.1", 1), ("127.0.0.1", 2))

"""Cutting: the end of a connection whose server offers none, by its socket."""

from __future__ import annotations

import os
import socket
import stat

# The open files of this process, by their numbers; Windows has no such place.
_OPENED = "/dev/fd"
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - to compare with


def cut_connection(client: tuple[str, int], server: tuple[str, int]) -> bool:
    """Shut down the TCP connection between two addresses: whether this process has it.

    ``cut_connection(("127.0.0.1", 51234), ("127.0.0.1", 80))``. That of the server may be the one
    it listens at, ``("0.0.0.0", 80)``. What the system was given before
    still arrives; then the client sees the end of the connection. This looks through all files
    that are open, so it is for what seldom happens.
    """
    try:
        numbers = [int(name) for name in os.listdir(_OPENED)]  # noqa: PTH208 - names are enough
    except OSError:
        return False
    return any(_cut(number, client, server) for number in numbers)


def _cut(number: int, client: tuple[str, int], server: tuple[str, int]) -> bool:
    """Shut down a file where it is this connection."""
    try:
        if not stat.S_ISSOCK(os.fstat(number).st_mode):
            return False
        # A descriptor of one's own: the file may be closed, and its number taken, meanwhile.
        own = os.dup(number)
    except OSError:
        return False
    blocks = os.get_blocking(own)
    with socket.socket(fileno=own) as connection:
        # Where the program has a default timeout, that has changed it for every descriptor.
        os.set_blocking(own, blocks)
        try:
            if connection.getpeername()[:2] != client:
                return False
            host, port = connection.getsockname()[:2]
            # A server that listens everywhere has no other address to tell.
            if port != server[1] or server[0] not in {host, *_EVERYWHERE}:
                return False
            connection.shutdown(socket.SHUT_RDWR)
        except (OSError, TypeError, ValueError):  # It listens, or is gone; some names are no pair.
            return False
    return True

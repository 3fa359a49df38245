"""Cutting: the end of a connection whose server offers none, by its socket."""

from __future__ import annotations

import os
import socket

# The open files of this process, by their numbers; Windows has no such place.
_OPENED = "/dev/fd"


def cut_connection(client: tuple[str, int], server: tuple[str, int]) -> bool:
    """Shut down the TCP connection between two addresses: whether this process has it.

    ``cut_connection(("127.0.0.1", 51234), ("127.0.0.1", 80))``. What the system was given before
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
        # A descriptor of one's own: the file may be closed, and its number taken, meanwhile.
        own = os.dup(number)
    except OSError:
        return False
    try:
        connection = socket.socket(fileno=own)
    except OSError:  # It is no socket.
        os.close(own)
        return False
    with connection:
        try:
            if connection.getpeername()[:2] != client or connection.getsockname()[:2] != server:
                return False
            connection.shutdown(socket.SHUT_RDWR)
        except (OSError, TypeError):  # It listens, or is gone; the name of some is no pair.
            return False
    return True

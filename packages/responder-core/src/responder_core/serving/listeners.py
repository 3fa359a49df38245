"""Listeners: the sockets that a server listens on, and where."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

DEFAULT_ADDRESS = "127.0.0.1"
DEFAULT_PORT = 5042
BACKLOG = 2048
"""Connections that may wait to be taken."""


def listen_address(
    address: str | None, port: int | None, environment: Mapping[str, str] = os.environ
) -> tuple[str, int]:
    """Where to listen: what was given, else what ``PORT`` says, else 127.0.0.1:5042.

    With ``PORT`` in the environment, as hosting platforms set it, the default address is
    0.0.0.0.

    Raises:
        ValueError: ``PORT`` is no port number.
    """
    given = environment.get("PORT", "")
    if given and port is not None:
        return address or "0.0.0.0", port  # noqa: S104
    if given:
        if not (given.isascii() and given.isdigit() and int(given) <= 65535):
            msg = f"the environment variable PORT is {given!r}; it must be a number up to 65535"
            raise ValueError(msg)
        return address or "0.0.0.0", int(given)  # noqa: S104
    return address or DEFAULT_ADDRESS, DEFAULT_PORT if port is None else port


@contextmanager
def open_listeners(
    address: str,
    port: int,
    *,
    uds: str | None = None,
    fd: int | None = None,
    backlog: int = BACKLOG,
) -> Generator[list[socket.socket]]:
    """The sockets of an address, of a Unix socket's path, or of a file descriptor, listening.

    Several processes may share them. Who connects before one of them serves waits. The file of a
    Unix socket goes with it.

    Raises:
        OSError: the port is in use, or the address is not of this machine.
    """
    if fd is not None:
        listeners = [_take_over(fd)]
    elif uds is not None:
        listeners = [_bind_path(uds)]
    else:
        listeners = _bind_address(address, port)
    own = None if uds is None or fd is not None else Path(uds).stat().st_ino
    try:
        for listener in listeners:
            listener.listen(backlog)
            listener.setblocking(False)
        yield listeners
    finally:
        for listener in listeners:
            listener.close()
        # Meanwhile another server may have one of this name.
        if uds is not None and own is not None:
            with suppress(FileNotFoundError):
                if Path(uds).stat().st_ino == own:
                    Path(uds).unlink()


def check_free(address: str, port: int) -> None:
    """Refuse a port that cannot be listened on.

    Raises:
        OSError: it is in use, or the address is not of this machine.
    """
    for listener in _bind_address(address, port):
        listener.close()


def check_path(path: str) -> None:
    """Refuse a path that no Unix socket can have.

    Raises:
        OSError: another server listens on it, or there is no such directory.
    """
    _bind_path(path).close()
    Path(path).unlink()


def write_url(listeners: list[socket.socket], *, tls: bool = False) -> str:
    """Where they listen, as a URL, or as the path of a Unix socket."""
    name = listeners[0].getsockname()
    if isinstance(name, (str, bytes)):
        return f"unix socket {os.fsdecode(name)}"
    host, port = name[:2]
    host = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{host}:{port}"


def _bind_address(address: str, port: int) -> list[socket.socket]:
    found: list[socket.socket] = []
    missed: OSError | None = None
    try:
        for family, kind, _, _, name in dict.fromkeys(
            socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        ):
            if port == 0 and found:
                # One port for all addresses of a name.
                name = (name[0], found[0].getsockname()[1], *name[2:])  # noqa: PLW2901 - as said
            try:
                found.append(_bind(family, kind, name))
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise
                missed = error
        if not found and missed is not None:
            raise missed
    except OSError as error:
        for listener in found:
            listener.close()
        raise _explain(error, address, port) from error
    return found


# A name may have addresses of a family that this machine does without.
_NOT_HERE = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


def _bind(family: int, kind: int, name: Any) -> socket.socket:  # noqa: ANN401 - as of the family
    listener = socket.socket(family, kind)
    try:
        if os.name == "posix":  # pragma: no branch - or Windows
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(name)
    except OSError:
        listener.close()
        raise
    return listener


def _explain(error: OSError, address: str, port: int) -> OSError:
    """The same error, in words that say what to do."""
    if error.errno == errno.EADDRINUSE:
        msg = f"port {port} of {address} is in use; stop what listens there, or choose another port"
    elif error.errno == errno.EACCES:
        msg = f"port {port} of {address} is not for this user; those from 1024 are"
    else:
        msg = f"nothing can listen on {address!r}, port {port}: {error.strerror or error}"
    return OSError(error.errno, msg)


def _bind_path(path: str) -> socket.socket:
    """A Unix socket that everyone on this machine may connect to; one that is left is replaced.

    Raises:
        OSError: another server listens on it.
    """
    if Path(path).is_socket():
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(1)
            # What was left refuses; what else happens, somebody has it.
            if probe.connect_ex(path) != errno.ECONNREFUSED:
                msg = f"another server listens on {path!r}; stop it, or choose another path"
                raise OSError(errno.EADDRINUSE, msg)
        Path(path).unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(path)
        Path(path).chmod(0o666)
    except OSError as error:
        listener.close()
        msg = f"nothing can listen on the path {path!r}: {error.strerror or error}"
        raise OSError(error.errno, msg) from error
    return listener


def _take_over(fd: int) -> socket.socket:
    try:
        return socket.socket(fileno=os.dup(fd))
    except OSError as error:
        msg = f"the file descriptor {fd} is no socket: {error.strerror}"
        raise OSError(error.errno, msg) from error

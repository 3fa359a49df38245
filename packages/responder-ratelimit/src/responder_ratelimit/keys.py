"""Keys: who a request is counted for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from uuid import UUID

from responder_core.threads import is_async

if TYPE_CHECKING:
    from responder_core.connection import Connection

Who: TypeAlias = "str | int | UUID | tuple[object, ...] | None"
"""Who it is; None for who cannot be told, who is counted by the address."""

UNKNOWN = "unknown"
"""Whose address nobody knows, as behind a Unix socket; all of them are one."""

Key: TypeAlias = Callable[[Any], "Who | Awaitable[Who]"]
"""A function of the request, or of the WebSocket, with or without ``async``."""


def by_address(req: Connection) -> str:
    """The address of the client; of IPv6 the network of 64 bits, which is one customer's.

    Behind proxies it is the address that ``trusted_proxies=`` of the app vouch for; what a client
    says of itself in a header field changes nothing.
    """
    client = req.scope.get("client")
    return UNKNOWN if client is None else name_host(client[0])


def name_host(host: str) -> str:
    """Whom an address stands for: itself, or of IPv6 its network."""
    return network_of(host) if ":" in host else host


def by_header(name: str) -> Key:
    """Who sends the same value of a header field: ``by_header("X-API-Key")``.

    Who sends none is counted by the address. Anyone may send any value: check it in a guard, and
    limit the addresses too.
    """
    field = name.lower().encode("latin-1")

    def by_value(req: Connection) -> str | None:
        for each, value in req.scope["headers"]:
            if each == field:
                return bytes(value).decode("latin-1")
        return None

    return by_value


def by_all(*keys: Key) -> Key:
    """Who is the same by all of several: ``by_all(by_header("X-Tenant"), by_address)``."""
    if any(is_async(key) for key in keys):

        async def by_each(req: Any) -> Who:  # noqa: ANN401 - a request, or a WebSocket
            found: list[object] = []
            for key in keys:
                value = key(req)
                found.append(await value if isinstance(value, Awaitable) else value)
            return None if None in found else tuple(found)

        return by_each

    def by_every(req: Any) -> Who:  # noqa: ANN401 - a request, or a WebSocket
        every = tuple(key(req) for key in keys)
        return None if None in every else every

    return by_every


@lru_cache(maxsize=1024)
def network_of(host: str) -> str:
    """Whom an IPv6 address belongs to: ``network_of("2001:db8::1")`` → ``"2001:db8::/64"``.

    An IPv4 address in IPv6 (RFC 4291 §2.5.5.2) is that address.
    """
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"


def name_who(who: object) -> str:
    """Who, as a part of a key that nobody else has.

    Raises:
        TypeError: it is nothing that is the same text each time.
    """
    if isinstance(who, str):
        # Nobody's name is anybody's address; half a character cannot be stored.
        return "=" + who.encode("utf-8", "backslashreplace").decode()
    if isinstance(who, tuple):
        return f"({', '.join(name_who(each) for each in cast('tuple[object, ...]', who))})"
    if who is None or isinstance(who, (int, UUID)):
        return str(who)
    msg = f"a key is str, int, UUID, None or a tuple of these, not {who!r}"
    raise TypeError(msg)

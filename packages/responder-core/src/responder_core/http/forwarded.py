"""Forwarded: who a request came from before it passed proxies (RFC 7239, X-Forwarded-*)."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from ipaddress import IPv4Address, IPv4Network, IPv6Network

    from responder_core.types import Header

    Network: TypeAlias = IPv4Network | IPv6Network

_SCHEMES = frozenset({"http", "https"})
# RFC 7239 §4: token "=" value, the value a token or a quoted string.
_PAIR = re.compile(
    r"""[ \t]*([!#$%&'*+\-.^_`|~\w]+)=("(?:[^"\\]|\\.)*"|[^"\s;,]*)[ \t]*([;,]|$)""", re.ASCII
)
_PORT = re.compile(r":[0-9]{1,5}", re.ASCII)
# Elements that are looked at, from the right: those beyond come from no proxy of ours.
_MOST = 32


class Hop(NamedTuple):
    """One station of a request: the address it came from there, and the scheme it came by.

    Attributes:
        address: an IP address, or None for one that is hidden or malformed.
        scheme: ``"http"`` or ``"https"``, or None where nothing was said.
    """

    address: str | None
    scheme: str | None


def parse_forwarded(value: str) -> list[Hop]:
    """The hops of a Forwarded field, the client first (RFC 7239 §4).

    ``parse_forwarded('for=192.0.2.1;proto=https, for="[2001:db8::1]:80"')`` →
    ``[Hop("192.0.2.1", "https"), Hop("2001:db8::1", None)]``. A malformed one gives a hop
    without an address, at which trust ends.
    """
    hops: list[Hop] = []
    found: dict[str, str] = {}
    position = 0
    while position < len(value):
        match = _PAIR.match(value, position)
        if match is None:
            return [*hops, Hop(None, None)]
        text = match[2]
        if text.startswith('"'):
            text = re.sub(r"\\(.)", r"\1", text[1:-1])
        found[match[1].lower()] = text
        position = match.end()
        if match[3] != ";":
            hops.append(Hop(_address(found.get("for", "")), _scheme(found.get("proto", ""))))
            found = {}
    return hops


def parse_x_forwarded(addresses: str, schemes: str) -> list[Hop]:
    """The hops of X-Forwarded-For and X-Forwarded-Proto, the client first.

    Where there are as many schemes as addresses each has its own; else the last scheme is that
    of all, since it was set by the proxy that is nearest.
    """
    found = [_address(each.strip()) for each in addresses.split(",")] if addresses else []
    known = [_scheme(each.strip()) for each in schemes.split(",")] if schemes else [None]
    if len(known) != len(found):
        known = [known[-1]] * max(len(found), 1)
    return [Hop(address, scheme) for address, scheme in zip(found or [None], known, strict=True)]


def _address(text: str) -> str | None:
    """An IP address, without its port: ``"[2001:db8::1]:80"`` → ``"2001:db8::1"``."""
    host = text
    if text.startswith("["):
        host, closed, port = text[1:].partition("]")
        if not closed or (port and not _PORT.fullmatch(port)):
            return None
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
        if not _PORT.fullmatch(f":{port}"):
            return None
    try:
        found = ip_address(host)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)


def _scheme(text: str) -> str | None:
    return text.lower() if text.lower() in _SCHEMES else None


def parse_networks(networks: Iterable[str]) -> tuple[Network, ...]:
    """Networks as addresses are looked up in: ``["10.0.0.0/8", "::1"]``.

    Raises:
        ValueError: one is no network.
    """
    return tuple(ip_network(each) for each in networks)


def is_within(address: str | None, networks: Sequence[Network]) -> bool:
    """Whether an address is of one of the networks; an IPv4 one inside of IPv6 counts as IPv4."""
    plain = _address(address or "")
    if plain is None:
        return False
    found: IPv4Address | IPv6Address = ip_address(plain)
    return any(found.version == each.version and found in each for each in networks)


def find_client(peer: str, hops: Sequence[Hop], networks: Sequence[Network]) -> Hop:
    """Where a request came from: the rightmost hop that is none of our proxies.

    The *peer* is known to be one. What stands further left was written by the client. A hop
    without an address ends the search at the proxy that told of it.
    """
    client = Hop(peer, None)
    for hop in list(reversed(hops))[:_MOST]:
        if hop.address is None:
            return Hop(client.address, hop.scheme or client.scheme)
        client = Hop(hop.address, hop.scheme or client.scheme)
        if not is_within(hop.address, networks):
            break
    return client


def find_hops(headers: Iterable[Header]) -> list[Hop]:
    """The hops that a request tells of, in one way or the other.

    Where both ways are there, and do not tell the same, neither is believed: a proxy writes one
    of them, and passes on what a client wrote into the other.
    """
    values: dict[bytes, list[str]] = {}
    for name, value in headers:
        if name in {b"forwarded", b"x-forwarded-for", b"x-forwarded-proto"}:
            values.setdefault(name, []).append(value.decode("latin-1"))
    forwarded = ", ".join(values.get(b"forwarded", ()))
    addresses = ", ".join(values.get(b"x-forwarded-for", ()))
    schemes = ", ".join(values.get(b"x-forwarded-proto", ()))
    if not forwarded:
        return parse_x_forwarded(addresses, schemes) if addresses or schemes else []
    hops = parse_forwarded(forwarded)
    if addresses or schemes:
        others = parse_x_forwarded(addresses, schemes)
        if [hop.address for hop in others] != [hop.address for hop in hops]:
            return []
    return hops

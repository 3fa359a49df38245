"""The Host header field: which values are one (RFC 9110 §7.2, RFC 3986 §3.2.2)."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from responder_core.types import Header

# reg-name or IPv4address, or an IP-literal in brackets, and a port. No userinfo, no path.
_HOST = re.compile(
    rb"(?:(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+"
    rb"|\[(?P<ipv6>[0-9A-Fa-f:.]+)\]"
    rb"|\[[vV][0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+\])"
    rb"(?::(?P<port>[0-9]{0,5}))?"
)
_MAX_LENGTH = 255 + 6
_MAX_PORT = 65535


def is_host(value: bytes) -> bool:
    """Whether a value can stand in a Host field: ``b"example.org:80"`` can, ``b"a@b/c"`` not."""
    found = _HOST.fullmatch(value) if len(value) <= _MAX_LENGTH else None
    if found is None or int(found["port"] or b"0") > _MAX_PORT:
        return False
    if found["ipv6"] is not None:
        try:
            IPv6Address(found["ipv6"].decode("ascii"))
        except ValueError:
            return False
    return True


def find_fault(headers: Iterable[Header], http_version: str) -> str | None:
    """What is wrong with the Host field of a request, as a sentence, or None.

    HTTP/1.1 asks for exactly one valid field (RFC 9112 §3.2); HTTP/1.0 knew none, and HTTP/2
    and later may name the authority elsewhere.
    """
    hosts = [value for name, value in headers if name == b"host"]
    if not hosts:
        return "The Host header field is missing." if http_version == "1.1" else None
    if len(hosts) > 1:
        return "The Host header field is given more than once."
    return None if is_host(hosts[0]) else "The Host header field is malformed."


def is_named(value: bytes, names: Iterable[str]) -> bool:
    """Whether a Host value, its port left out, is one of the names.

    ``is_named(b"a.example.org:80", ["*.example.org"])`` → True; ``"*"`` is every name.
    """
    text = value.decode("latin-1").lower()
    host = text if text.endswith("]") else text.rpartition(":")[0] or text
    for each in names:
        name = each.lower()
        if name in {"*", host} or (name.startswith("*.") and host.endswith(name[1:])):
            return True
    return False

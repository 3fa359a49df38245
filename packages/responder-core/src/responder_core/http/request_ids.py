"""Request ids: one for each request, by which an answer is found again in the log."""

from __future__ import annotations

import os
import re
from binascii import hexlify
from os import urandom
from struct import Struct
from urllib.parse import quote

_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

# The next ids, drawn and not used yet.
_drawn: list[str] = []
_AT_ONCE = 64
# 32 hexadecimal digits each as a UUID groups them, without the two that are not random.
_split = Struct("8s4sx3sx3s12s" * _AT_ONCE).unpack
_FORM = b"%b-%b-4%b-a%b-%b " * _AT_ONCE
if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has none
    os.register_at_fork(after_in_child=_drawn.clear)

UUID_SCHEME = "urn:uuid:"
"""What makes a URI of a UUID (RFC 9562 §4)."""


def make_request_id() -> str:
    """A random UUID, version 4: ``"0b54c9f6-5a1e-4f0e-ac3d-7a1f4e2b8d60"`` (RFC 9562 §5.4).

    120 of its bits are random, from the system, so it can neither be guessed nor come twice,
    also in processes that were forked.
    """
    # As uuid.uuid4(), at a fraction of its cost. A process that was forked draws its own.
    try:
        return _drawn.pop()
    except IndexError:
        return _draw()


def _draw() -> str:
    """Draw some at once, as the system takes longer to be asked than to answer."""
    drawn = (_FORM % _split(hexlify(urandom(16 * _AT_ONCE)))).decode().split()
    _drawn.extend(drawn[1:])
    return drawn[0]


def request_uri(request_id: str) -> str:
    """A request id as a URI reference, which ``instance`` of a problem is (RFC 9457 §3.1.5).

    A UUID is ``"urn:uuid:0b54c9f6-…"``; any other id, made by someone else, is a fragment:
    ``"#01J9ZK"``.
    """
    if _UUID.fullmatch(request_id):
        return UUID_SCHEME + request_id
    return f"#{quote(request_id, safe='', errors='replace')}"

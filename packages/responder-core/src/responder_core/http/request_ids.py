"""Request ids: one for each request, by which an answer is found again in the log."""

from __future__ import annotations

import re
from os import urandom
from urllib.parse import quote

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# RFC 9562 §4.1: the two high bits of the variant field are 1 and 0.
_VARIANTS = "89ab"


def make_request_id() -> str:
    """A random UUID, version 4: ``"0b54c9f6-5a1e-4f0e-9c3d-7a1f4e2b8d60"`` (RFC 9562 §5.4)."""
    # As str(uuid.uuid4()) at a tenth of its cost. Nothing is kept between two calls, so that
    # processes that were forked never make the same one.
    random = urandom(16)
    digits = random.hex()
    return (
        f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-"
        f"{_VARIANTS[random[8] & 3]}{digits[17:20]}-{digits[20:]}"
    )


def request_uri(request_id: str) -> str:
    """A request id as a URI reference, which ``instance`` of a problem is (RFC 9457 §3.1.5).

    A UUID is ``"urn:uuid:0b54c9f6-…"`` (RFC 9562 §4); any other id, made by someone else, is a
    fragment: ``"#01J9ZK"``.
    """
    if _UUID.fullmatch(request_id):
        return f"urn:uuid:{request_id}"
    return f"#{quote(request_id, safe='', errors='replace')}"

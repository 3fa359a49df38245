"""Signing: a session as the value of a cookie, which nobody else can make (itsdangerous)."""

from __future__ import annotations

import hashlib
import zlib
from binascii import a2b_base64, b2a_base64
from hmac import compare_digest
from typing import TYPE_CHECKING, TypeAlias

import itsdangerous
import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# What is signed: when, when the session began, both in seconds of the POSIX clock, and its values
# by their keys.
_Payload = tuple[int, int, dict[str, msgspec.Raw]]
_write = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(_Payload).decode
_read_values = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

# The first character tells how the rest is read.
_AS_IS, _PACKED = b"j", b"z"
# From here on compressing saves more than it costs.
_COMPRESSED_FROM = 1024
# A cookie has 4 KiB, so what comes out of one is never longer than this.
_LONGEST = 4 * 1024 * 1024
# Bytes that SHA-256 takes at once.
_BLOCK = 64
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")
_PADDING = (b"", b"", b"==", b"=")


Signed: TypeAlias = "tuple[float, float, dict[str, msgspec.Raw], bool]"
"""What a cookie held.

When it was signed, when the session began, both in seconds of the POSIX clock; each value as JSON,
by its key; and whether another framework signed it.
"""


class _Mac:
    """HMAC with SHA-256 (RFC 2104), the blocks of its key hashed once.

    As ``hmac.HMAC`` has it, a copy of which costs twice as much as the code itself.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = key.ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def sign(self, content: bytes) -> bytes:
        """The code of a content, as text."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(content)
        outer.update(inner.digest())
        return _to_text(outer.digest())


def _derive(keys: Sequence[str], salt: str) -> list[_Mac]:
    """The codes of keys; itsdangerous derives what they are keyed with."""
    signer = itsdangerous.Signer(
        list(keys), salt, key_derivation="hmac", digest_method=hashlib.sha256
    )
    # It is a digest, so no longer than a block.
    return [_Mac(signer.derive_key(key)) for key in signer.secret_keys]


def _to_text(content: bytes) -> bytes:
    """Bytes as base64url without padding (RFC 4648 §5)."""
    return b2a_base64(content, newline=False).rstrip(b"=").translate(_TO_URL)


def _from_text(text: bytes) -> bytes:
    """The reverse of ``_to_text()``.

    Raises:
        ValueError: it is no base64url.
    """
    return a2b_base64(text.translate(_FROM_URL) + _PADDING[len(text) % 4])


class CookieSigner:
    """Signs sessions, and reads what it signed.

    ``signer.load(signer.dump({"user": b"1"}, created=0)).values`` has the same values again.

    Args:
        keys: the first signs, all verify.
        salt: what keeps these signatures apart from others by the same keys.
        starlette: whether cookies of Starlette's ``SessionMiddleware`` are read, too.
        clock: the time in seconds of the POSIX clock.
    """

    def __init__(
        self, keys: Sequence[str], *, salt: str, starlette: bool, clock: Callable[[], float]
    ) -> None:
        self._macs = _derive(keys, salt)
        self._clock = clock
        self._foreign = _ForeignSigner(keys) if starlette else None

    def dump(self, values: Mapping[str, bytes | msgspec.Raw], *, created: float) -> bytes:
        """The value of a cookie with these values, each as JSON."""
        raw = {
            key: msgspec.Raw(value) if type(value) is bytes else value
            for key, value in values.items()
        }
        content = _write((int(self._clock()), int(created), raw))
        if len(content) < _COMPRESSED_FROM:
            payload = _AS_IS + _to_text(content)
        else:
            payload = _PACKED + _to_text(zlib.compress(content))
        return payload + b"." + self._macs[0].sign(payload)

    def load(self, cookie: bytes) -> Signed | None:
        """What a cookie holds; None where nobody signed it who has one of the keys."""
        payload, _, signature = cookie.rpartition(b".")
        for mac in self._macs:
            if compare_digest(mac.sign(payload), signature):
                break
        else:
            return None if self._foreign is None else self._foreign.load(cookie)
        try:
            return *_read(_open(payload)), False
        except (ValueError, zlib.error):  # Something else that the keys have signed.
            return None


def _open(payload: bytes) -> bytes:
    """What was signed, as it was before.

    Raises:
        ValueError, zlib.error: it cannot be read.
    """
    content = _from_text(payload[1:])
    if payload[:1] == _AS_IS:
        return content
    unpacker = zlib.decompressobj()
    content = unpacker.decompress(content, _LONGEST)
    if unpacker.unconsumed_tail:
        msg = "it is too long"
        raise ValueError(msg)
    return content


class _ForeignSigner:
    """Reads the cookies of Starlette, and of Responder up to 9.2, which have the same form."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._signer = itsdangerous.TimestampSigner(list(reversed(keys)))

    def load(self, cookie: bytes) -> Signed | None:
        try:
            payload, signed = self._signer.unsign(cookie, return_timestamp=True)
            values = _read_values(a2b_base64(payload))
        except (itsdangerous.BadSignature, ValueError):
            return None
        issued = signed.timestamp()
        return issued, issued, values, True

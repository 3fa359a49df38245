"""Signing: a session as the value of a cookie, which nobody else can make (itsdangerous)."""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, NamedTuple

import itsdangerous
import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# What is signed: when, in seconds of the POSIX clock, and the values by their keys.
_Payload = tuple[int, dict[str, msgspec.Raw]]
_write = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(_Payload).decode
_read_values = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

# The first character tells how the rest is read.
_AS_IS, _PACKED = b"j", b"z"
# From here on compressing saves more than it costs.
_COMPRESSED_FROM = 1024
# A cookie has 4 KiB, so what comes out of one is never longer than this.
_LONGEST = 4 * 1024 * 1024


class Signed(NamedTuple):
    """What a cookie held.

    Attributes:
        values: each value as JSON, by its key.
        issued: when it was signed, in seconds of the POSIX clock.
        is_foreign: whether another framework signed it.
    """

    values: dict[str, bytes]
    issued: float
    is_foreign: bool = False


class _Signer(itsdangerous.Signer):
    """As itsdangerous has it, but that it derives each key once."""

    def __init__(self, keys: Sequence[str], salt: str) -> None:
        # itsdangerous has the newest last.
        super().__init__(
            list(reversed(keys)), salt, key_derivation="hmac", digest_method=hashlib.sha256
        )
        self._derived: dict[object, bytes] = {}

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        """The key of this salt."""
        known = self._derived.get(secret_key)
        if known is None:
            known = self._derived[secret_key] = super().derive_key(secret_key)
        return known


class CookieSigner:
    """Signs sessions, and reads what it signed.

    ``signer.load(signer.dump({"user": b"1"}))`` gives the same values again.

    Args:
        keys: the first signs, all verify.
        salt: what keeps these signatures apart from others by the same keys.
        starlette: whether cookies of Starlette's ``SessionMiddleware`` are read, too.
        clock: the time in seconds of the POSIX clock.
    """

    def __init__(
        self, keys: Sequence[str], *, salt: str, starlette: bool, clock: Callable[[], float]
    ) -> None:
        self._signer = _Signer(keys, salt)
        self._clock = clock
        self._foreign = _ForeignSigner(keys, clock) if starlette else None

    def dump(self, values: Mapping[str, bytes]) -> str:
        """The value of a cookie with these values, each as JSON."""
        raw = {key: msgspec.Raw(value) for key, value in values.items()}
        content = _write((int(self._clock()), raw))
        if len(content) < _COMPRESSED_FROM:
            payload = _AS_IS + urlsafe_b64encode(content).rstrip(b"=")
        else:
            payload = _PACKED + urlsafe_b64encode(zlib.compress(content)).rstrip(b"=")
        return self._signer.sign(payload).decode("ascii")

    def load(self, cookie: str) -> Signed | None:
        """What a cookie holds; None where nobody signed it who has one of the keys."""
        try:
            payload = self._signer.unsign(cookie.encode("ascii"))
        except (itsdangerous.BadSignature, UnicodeEncodeError):
            return None if self._foreign is None else self._foreign.load(cookie)
        try:
            issued, raw = _read(_open(payload))
        except (ValueError, zlib.error):  # Something else that the keys have signed.
            return None
        return Signed({key: bytes(value) for key, value in raw.items()}, float(issued))


def _open(payload: bytes) -> bytes:
    """What was signed, as it was before.

    Raises:
        ValueError, zlib.error: it cannot be read.
    """
    content = urlsafe_b64decode(payload[1:] + b"=" * (-(len(payload) - 1) % 4))
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

    def __init__(self, keys: Sequence[str], clock: Callable[[], float]) -> None:
        self._signer = itsdangerous.TimestampSigner(list(reversed(keys)))
        self._clock = clock

    def load(self, cookie: str) -> Signed | None:
        try:
            payload, signed = self._signer.unsign(cookie.encode("ascii"), return_timestamp=True)
            values = _read_values(b64decode(payload))
        except (itsdangerous.BadSignature, ValueError):
            return None
        content = {key: bytes(value) for key, value in values.items()}
        return Signed(content, signed.timestamp(), is_foreign=True)

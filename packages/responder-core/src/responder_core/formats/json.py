"""JSON (RFC 8259), written by one prebuilt encoder; NaN and infinities become null."""

from __future__ import annotations

import os
from typing import cast

import msgspec


def _encode_other(value: object) -> object:
    """What msgspec cannot write by itself: pydantic models and paths.

    Pydantic is recognised by its serializer, so that it need not be installed or imported.
    """
    serializer = getattr(value, "__pydantic_serializer__", None)
    if serializer is not None and not isinstance(value, type):
        return msgspec.Raw(serializer.to_json(value))
    if isinstance(value, os.PathLike):
        return os.fsdecode(cast("os.PathLike[str]", value))
    kind: type[object] = type(value)
    msg = f"JSON has no form for {kind.__module__}.{kind.__qualname__}; turn it into a dict first"
    raise TypeError(msg)


encode = msgspec.json.Encoder(enc_hook=_encode_other).encode
"""A value as JSON bytes: ``encode({"id": 1})`` → ``b'{"id":1}'``.

Beside JSON's own kinds: dataclasses, msgspec Structs, attrs and pydantic models, datetime,
date, time, timedelta, UUID, Decimal, Enum, sets, bytes (base64) and paths.

Raises:
    TypeError: JSON has no form for the value, and says for which type.
"""

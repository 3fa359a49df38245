"""Values: what a program may hand over beside the plain kinds, for every format alike."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias, cast

import msgspec

Hook: TypeAlias = Callable[[Any], Any]
"""Turns a value into one that is encoded in its place, or raises TypeError."""


def make_hook(form: str, encoder: Hook | None = None, *, raw: bool = False) -> Hook:
    """What encodes the values that msgspec cannot: for its ``enc_hook``.

    Pydantic models by their own serializer, paths, other mappings, subclasses of str, int and
    float; then what the program's *encoder* turns into something else. *form* names the format
    in errors; with *raw*, pydantic may write JSON itself.

    Pydantic is recognised by its serializer, so that it need not be installed or imported.
    """

    def encode_other(value: object) -> object:
        serializer = getattr(value, "__pydantic_serializer__", None)
        if serializer is not None and not isinstance(value, type):
            return _encode_model(serializer, value, raw=raw)
        if isinstance(value, os.PathLike):
            return os.fsdecode(cast("os.PathLike[str]", value))
        if isinstance(value, Mapping):
            return dict(cast("Mapping[object, object]", value))
        for kind in (str, int, float):
            if isinstance(value, kind):
                return kind(value)
        if encoder is not None:
            encoded = encoder(value)
            if encoded is not value:
                return encoded
        name = f"{type(value).__module__}.{type(value).__qualname__}"
        msg = f"{form} has no form for {name}; turn it into a dict first"
        raise TypeError(msg)

    return encode_other


def _encode_model(serializer: Any, value: object, *, raw: bool) -> object:  # noqa: ANN401
    if raw:
        text: bytes = serializer.to_json(value, by_alias=True)
        # A model may be told to write NaN, which is no JSON.
        if b"NaN" not in text and b"Infinity" not in text:
            return msgspec.Raw(text)
    return serializer.to_python(value, mode="json", by_alias=True)


def simplify(value: object, hook: Hook, *, keep: tuple[type, ...] = ()) -> object:
    """A value in the kinds that every format has: dict, list, str, int, float, bool, None.

    What JSON would write as text is text; *keep* are further kinds that stay.
    """
    return drop_nan(msgspec.to_builtins(value, builtin_types=keep, enc_hook=hook))


def drop_nan(value: object) -> object:
    """A simplified value with None for each NaN and infinity, which JSON lacks."""
    if isinstance(value, dict):
        table = cast("dict[object, object]", value)
        return {key: drop_nan(item) for key, item in table.items()}
    if isinstance(value, (list, tuple)):
        return [drop_nan(item) for item in cast("list[object]", value)]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    return value

"""MessagePack, written and read by msgspec; the kinds of values are those of JSON, and bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from responder_core.errors import Problem
from responder_core.formats.format import Format
from responder_core.formats.values import make_hook, simplify
from responder_core.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_core.settings import Settings

_DEFAULT = Limits()
# The depth of what was decoded is measured in Python, which lets others run meanwhile.
_THREAD_SIZE = 64 * 1024
_write = msgspec.msgpack.Encoder().encode


def make_format(settings: Settings) -> Format:
    """MessagePack as a program chose it."""
    limits = settings.limits

    def decode_content(content: bytes) -> Any:  # noqa: ANN401 - whatever was sent
        return decode(content, limits)

    return Format(
        "msgpack",
        ("application/msgpack", "application/x-msgpack", "application/vnd.msgpack"),
        decode=decode_content,
        encode=make_encoder(settings),
        suffix="msgpack",
        decode_within=decode,
        thread_size=_THREAD_SIZE,
    )


def make_encoder(settings: Settings) -> Callable[[Any], bytes]:
    """The encoder of a program: what JSON writes as text is text here too, but bytes are bytes.

    NaN and infinities become nil, as they become null in JSON.
    """
    hook = make_hook("MessagePack", settings.encoder)

    def encode(value: object) -> bytes:
        try:
            return _write(simplify(value, hook, keep=(bytes, bytearray, memoryview)))
        except OverflowError:
            msg = "MessagePack has no form for an int of more than 64 bits; write str(value)"
            raise TypeError(msg) from None

    return encode


def _refuse_extension(code: int, _: memoryview) -> object:
    msg = f"extension type {code} is unknown"
    raise ValueError(msg)


_decode = msgspec.msgpack.Decoder(ext_hook=_refuse_extension).decode


def decode(content: bytes, limits: Limits = _DEFAULT) -> Any:  # noqa: ANN401 - whatever was sent
    r"""The value of a MessagePack document: ``decode(b"\x81\xa2id\x01")`` → ``{"id": 1}``.

    Names in maps are str or int, as a program would expect them. The timestamp is the one
    extension type that is known, as an aware datetime.

    Raises:
        Problem: 400, it is no MessagePack, or exceeds the limits.
    """
    try:
        value = _decode(content)
    except RecursionError:
        raise _too_deep(limits.depth) from None
    except ValueError:
        raise Problem(400, "The body is no valid MessagePack.") from None
    _check(value, limits.depth)
    return value


def _check(value: object, limit: int) -> None:
    """Refuse what is too deep, and maps whose keys are no names; level by level."""
    level: list[object] = [value]
    depth = 0
    while level:
        inner: list[object] = []
        for item in level:
            if type(item) is dict:
                table = cast("dict[object, object]", item)
                if any(type(key) is not str and type(key) is not int for key in table):
                    msg = "The MessagePack has a map with a key that is no string or integer."
                    raise Problem(400, msg)
                inner += table.values()
            elif type(item) is list:
                inner += cast("list[object]", item)
        level = [item for item in inner if type(item) is dict or type(item) is list]
        depth += 1
        if level and depth >= limit:
            raise _too_deep(limit)


def _too_deep(limit: int) -> Problem:
    return Problem(400, f"The MessagePack is nested more than {limit} levels deep.")

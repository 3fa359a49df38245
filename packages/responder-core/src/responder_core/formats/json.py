"""JSON (RFC 8259), written and read by msgspec; NaN and infinities become null."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NoReturn, cast

import msgspec

from responder_core.errors import Problem
from responder_core.formats.format import Format
from responder_core.formats.values import make_hook, simplify
from responder_core.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_core.settings import Settings

encode: Callable[[Any], bytes] = msgspec.json.Encoder(enc_hook=make_hook("JSON", raw=True)).encode
"""A value as JSON bytes: ``encode({"id": 1})`` → ``b'{"id":1}'``.

Beside JSON's own kinds: dataclasses, msgspec Structs, attrs and pydantic models, datetime,
date, time, timedelta, UUID, Decimal, Enum, sets, bytes (base64), paths and other mappings.

Raises:
    TypeError: JSON has no form for the value, and says for which type.
"""

_decode = msgspec.json.Decoder().decode
_DEFAULT = Limits()

_BOM = b"\xef\xbb\xbf"
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_MALFORMED = re.compile(r"JSON is malformed: (.*) \(byte ([0-9]+)\)")
_DIGITS = re.compile(rb"[0-9]*")
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_ZEROS = bytes.maketrans(b"123456789", b"000000000")
# For the outline of a text: its quotes and brackets alone, both kinds of bracket as one.
_OUTLINE = bytes.maketrans(b"{}", b"[]")
_NO_OUTLINE = bytes(set(range(256)) - set(b'[]{}"'))
_NO_FRAME = bytes(set(range(256)) - set(b"[{NI"))
_OUTLINE_STRING = re.compile(rb'"[^"]*"')
# "[" as 1 and "]" as -1, in a signed byte.
_STEPS = bytes.maketrans(b"[]", b"\x01\xff")
# Most documents are no deeper than this, and their depth is found quickest by removing pairs.
_PEELED = 8


def make_format(settings: Settings) -> Format:
    """JSON as a program chose it."""
    limits = settings.limits

    def decode_content(content: bytes) -> Any:  # noqa: ANN401 - whatever was sent
        return decode(content, limits)

    return Format(
        "json",
        ("application/json", "text/json"),
        decode=decode_content,
        encode=make_encoder(settings),
        suffix="json",
        is_text=True,
        decode_within=decode,
        check=check,
    )


def make_encoder(settings: Settings) -> Callable[[Any], bytes]:
    """The encoder of a program: ``encode``, with what the program chose."""
    numbers = settings.json_decimal == "float"
    if settings.encoder is None and not numbers and not settings.json_ensure_ascii:
        return encode
    hook = make_hook("JSON", settings.encoder, raw=True)
    write: Callable[[Any], bytes] = msgspec.json.Encoder(
        enc_hook=hook, decimal_format="number" if numbers else "string"
    ).encode
    if numbers:
        write = _without_nan(write, make_hook("JSON", settings.encoder))
    return _in_ascii(write) if settings.json_ensure_ascii else write


def _without_nan(write: Callable[[Any], bytes], hook: Callable[[Any], Any]) -> Callable[..., bytes]:
    """The same encoder for Decimals that are numbers: one that is none becomes null."""
    from decimal import Decimal

    def encode_numbers(value: object) -> bytes:
        text = write(value)
        if b"NaN" in text or b"Infinity" in text:
            text = write(simplify(value, hook, keep=(Decimal,)))
        return text

    return encode_numbers


def _in_ascii(write: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    """The same encoder, whose text is ASCII alone."""

    def escape(match: re.Match[str]) -> str:
        units = match[0].encode("utf-16-be").hex()
        return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))

    def encode_ascii(value: object) -> bytes:
        text = write(value)
        return text if text.isascii() else _NON_ASCII.sub(escape, text.decode()).encode()

    return encode_ascii


def decode(content: bytes, limits: Limits = _DEFAULT) -> Any:  # noqa: ANN401 - whatever was sent
    """The value of a JSON text: ``decode(b'{"id": 1}')`` → ``{"id": 1}``.

    Names that occur twice in one object are refused. They are found by counting: what was
    decoded is written again, and has fewer strings than the text when one was dropped. That
    costs about half of the decoding, and next to nothing for a small flat object.

    Raises:
        Problem: 400, it is no JSON, or exceeds the limits. The detail tells where, and repeats
            nothing of the text.
    """
    if content[:3] == _BOM:
        content = content[3:]
    try:
        value: Any = _decode(content)
    except RecursionError:
        raise _too_deep(limits.depth) from None
    except ValueError as error:
        _refuse(content, error)
    if len(content) > limits.digits:
        _refuse_long_numbers(content, limits.digits)
    table: object = value
    if isinstance(table, dict):
        # When no colon is left for an object inside, nothing can be twice.
        distinct = content.count(b":") == len(cast("dict[str, object]", table))
    elif isinstance(table, list):
        distinct = False
    else:
        return value
    if distinct and len(content) <= 2 * limits.depth:
        return value
    strings, depth = _measure(content, limits.depth)
    if depth > limits.depth:
        raise _too_deep(limits.depth)
    if not distinct and not _is_table(content, value) and _count_quotes(encode(value)) != strings:
        raise Problem(400, "The JSON has an object with the same name twice.")
    return value


def check(content: bytes, limits: Limits) -> bytes:
    """A JSON text that is about to be decoded straight into a type, without its BOM.

    What a decoder of types would let pass is refused; that it is JSON at all is not looked at,
    and neither are names that occur twice, unless the limits ask for that.

    Raises:
        Problem: 400, it exceeds the limits, or has NaN or Infinity where a number should be.
    """
    if content[:3] == _BOM:
        content = content[3:]
    if limits.unique_names or _may_have(content, b"NaN") or _may_have(content, b"Infinity"):
        decode(content, limits)
        return content
    if len(content) > limits.digits:
        _refuse_long_numbers(content, limits.digits)
    if content.count(b"[") + content.count(b"{") > limits.depth:
        depth = _measure(content, limits.depth)[1]
        if depth > limits.depth:
            raise _too_deep(limits.depth)
    return content


def _may_have(content: bytes, word: bytes) -> bool:
    """Whether a word stands in a text; its first letter is looked for first, which is quick."""
    return content.find(word[0]) >= 0 and word in content


def compile_check(limits: Limits) -> Callable[[bytes], bool]:
    """The quickest way to tell that ``check()`` takes a text as it is.

    A text of which that is not so plain may still be a good one.
    """
    depth, digits, unique_names = limits.depth, limits.digits, limits.unique_names

    def is_plain(content: bytes) -> bool:
        if len(content) > digits or unique_names:
            return False
        # What may open a level, and what NaN and Infinity begin with.
        frame = content.translate(None, _NO_FRAME)
        return len(frame) <= depth and not frame.strip(b"[{")

    return is_plain


def _measure(content: bytes, limit: int) -> tuple[int, int]:
    """The quotes of the strings in a valid text, and its depth, exact where it matters."""
    if b"\\" in content:
        content = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    outline = content.translate(_OUTLINE, _NO_OUTLINE)
    brackets = outline.translate(None, b'"')
    quotes = len(outline) - len(brackets)
    if len(brackets) <= 2 * limit:
        return quotes, 0  # As many pairs as levels may be.
    if outline.count(b'""') * 2 != quotes:
        # Some strings have brackets in them.
        brackets = _OUTLINE_STRING.sub(b"", outline.replace(b'""', b""))
    for depth in range(_PEELED):
        if not brackets:
            return quotes, depth
        brackets = brackets.replace(b"[]", b"")
    steps = memoryview(brackets.translate(_STEPS)).cast("b")
    return quotes, _PEELED + max(accumulate(steps), default=0)


def _is_table(content: bytes, value: object) -> bool:
    """Whether a list of flat objects has a name for each colon, so that none was dropped."""
    if type(value) is not list or not value:
        return False
    rows = cast("list[object]", value)
    first = rows[0]
    # A look at the first row tells whether counting all is worth it.
    if type(first) is not dict or encode(first).count(b":") != len(cast("dict[str, Any]", first)):
        return False
    if any(type(row) is not dict for row in rows):
        return False
    return sum(map(len, cast("list[dict[str, object]]", rows))) == content.count(b":")


def _count_quotes(content: bytes) -> int:
    """The quotes that begin and end the strings of a valid text."""
    if b"\\" in content:
        content = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    return content.count(b'"')


def _refuse_long_numbers(content: bytes, limit: int) -> None:
    """Refuse a run of more digits than the limit in a valid text, outside of strings.

    Such a run covers two neighbours among the bytes at regular distances, so few are looked at.
    """
    if limit and not _may_have_run(content, (limit + 1) // 2):
        return
    bare = _STRING.sub(b"", content)
    if max(map(len, _DIGITS.findall(bare))) > limit:
        raise Problem(400, f"The JSON has a number of more than {limit} digits.")


def _may_have_run(content: bytes, step: int) -> bool:
    """Whether somewhere all bytes from one multiple of the step to the next are digits."""
    if b"00" not in content[::step].translate(_ZEROS):
        return False
    starts = range(0, len(content) - step, step)
    return any(content[start : start + step + 1].isdigit() for start in starts)


def _too_deep(limit: int) -> Problem:
    return Problem(400, f"The JSON is nested more than {limit} levels deep.")


def _refuse(content: bytes, error: ValueError) -> NoReturn:
    """Say what is wrong and where, without a word of the text."""
    if not content.strip():
        raise Problem(400, "The body is empty; send JSON.") from None
    if isinstance(error, UnicodeDecodeError):
        # Its place is that in a string; the place in the text is found by decoding all.
        fault = _find_no_utf8(content)
        raise Problem(400, f"The JSON is no UTF-8 {_place(content, fault)}.") from None
    if isinstance(error, msgspec.ValidationError):
        raise Problem(400, "The JSON has a number that is out of range.") from None
    found = _MALFORMED.fullmatch(str(error))
    if found:
        where = _place(content, int(found[2]))
        raise Problem(400, f"The body is no valid JSON: {found[1]} {where}.") from None
    raise Problem(400, "The body is no valid JSON: it ends too early.") from None


def _find_no_utf8(content: bytes) -> int:
    """Where a text stops to be UTF-8, in bytes."""
    start = 0
    try:
        content.decode()
    except UnicodeDecodeError as error:
        start = error.start
    return start


def _place(content: bytes, offset: int) -> str:
    """A position in words: ``"at line 2, byte 5"``; bytes are counted from 1 in each line."""
    line = content.count(b"\n", 0, offset) + 1
    column = offset - content.rfind(b"\n", 0, offset)
    return f"at line {line}, byte {column}"

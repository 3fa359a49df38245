"""Byte ranges: what a Range field asks for, and how ranges are sent (RFC 9110 §14)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Span = tuple[int, int]

# §14.1.2: first-last, first-, -suffix.
_SPEC = re.compile(r"(\d+)-(\d*)|-(\d+)", re.ASCII)
# A number of more digits is past the end of everything, and slow to read.
_MAX_DIGITS = 18


class RangeNotSatisfiable(ValueError):  # noqa: N818 - the name of the status, §15.5.17
    """Raised when a body has none of the ranges that are asked for.

    Attributes:
        size: the length of the body, in bytes.
    """

    def __init__(self, size: int) -> None:
        super().__init__(f"none of the ranges is among the {size} bytes")
        self.size = size


def parse_ranges(header: str, size: int, *, limit: int) -> list[Span] | None:
    """The byte spans that a Range field asks for, as (start, stop), stop exclusive.

    ``parse_ranges("bytes=0-99,-1", 500, limit=16)`` → ``[(0, 100), (499, 500)]``. Spans that
    overlap or touch become one, so that no byte is sent twice; they stay in the order asked
    for (§15.3.7.2). None means to ignore the field (§14.2): another unit, what is malformed,
    more than *limit* ranges, or a body without a byte.

    Raises:
        RangeNotSatisfiable: every range is past the end.
    """
    unit, equals, ranges = header.partition("=")
    if unit.strip(" \t").lower() != "bytes" or not equals or not size:
        return None
    if ranges.count(",") > 2 * limit:
        return None
    spans: list[Span] = []
    count = 0
    for element in ranges.split(","):
        spec = element.strip(" \t")
        if not spec:  # Elements of a list may be empty (§5.6.1).
            continue
        found = _SPEC.fullmatch(spec)
        if found is None:
            return None
        first, last, suffix = found.groups()
        count += 1
        span = _suffix_span(suffix, size) if first is None else _span(first, last, size)
        if span is None:
            return None
        if span[0] < span[1]:
            spans.append(span)
    if not count or count > limit:
        return None
    if not spans:
        raise RangeNotSatisfiable(size)
    return _coalesce(spans)


def _number(digits: str) -> int:
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _MAX_DIGITS else 10**_MAX_DIGITS


def _span(first: str, last: str, size: int) -> Span | None:
    """The span of first-last; an empty one for what is past the end, None for the reverse."""
    start = _number(first)
    if not last:
        return start, max(size, start)
    # Compared as digits, as numbers too long to be read have no other order.
    first, last = first.lstrip("0"), last.lstrip("0")
    if (len(last), last) < (len(first), first):
        return None
    return (start, min(_number(last) + 1, size)) if start < size else (start, start)


def _suffix_span(suffix: str, size: int) -> Span:
    """The last bytes, all of them where there are fewer; none for ``-0``."""
    return max(0, size - _number(suffix)), size


def _coalesce(spans: list[Span]) -> list[Span]:
    """The spans, those that overlap or touch made one, at the place of the first of them."""
    order = {span: index for index, span in reversed(list(enumerate(spans)))}
    merged: list[tuple[int, Span]] = []
    for start, stop in sorted(set(spans)):
        index = order[start, stop]
        if merged and start <= merged[-1][1][1]:
            place, (begin, end) = merged[-1]
            merged[-1] = (min(place, index), (begin, max(end, stop)))
        else:
            merged.append((index, (start, stop)))
    return [span for _, span in sorted(merged)]


def content_range(start: int, stop: int, size: int) -> str:
    """A Content-Range (§14.4): ``content_range(0, 100, 500)`` → ``"bytes 0-99/500"``."""
    return f"bytes {start}-{stop - 1}/{size}"


def unsatisfied_range(size: int) -> str:
    """The Content-Range of a 416 (§14.4): ``unsatisfied_range(500)`` → ``"bytes */500"``."""
    return f"bytes */{size}"


class ByteRanges:
    """The framing of several ranges: multipart/byteranges (§14.6).

    Attributes:
        media_type: the Content-Type of the whole.
        prefixes: what stands before each span.
        closing: what stands behind the last.
        length: how long the whole is, in bytes.
    """

    __slots__ = ("closing", "length", "media_type", "prefixes")

    def __init__(self, spans: Sequence[Span], size: int, media_type: str, *, boundary: str) -> None:
        self.media_type: str = f"multipart/byteranges; boundary={boundary}"
        self.prefixes: list[bytes] = [
            (
                f"{'' if index == 0 else chr(13) + chr(10)}--{boundary}\r\n"
                f"Content-Type: {media_type}\r\n"
                f"Content-Range: {content_range(start, stop, size)}\r\n\r\n"
            ).encode("latin-1")
            for index, (start, stop) in enumerate(spans)
        ]
        self.closing: bytes = f"\r\n--{boundary}--\r\n".encode("ascii")
        self.length: int = (
            sum(map(len, self.prefixes))
            + sum(stop - start for start, stop in spans)
            + len(self.closing)
        )

"""Content negotiation: what an Accept header admits (RFC 9110 §12.5.1)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from mimetypes import types_map
from typing import TYPE_CHECKING, TypeAlias

from responder_core.http.media_types import parse_media_type

if TYPE_CHECKING:
    from collections.abc import Iterable

# Longer headers are cut here, so that what a client sends has a bounded cost.
_MAX_LENGTH = 8192
_MAX_RANGES = 64
_MAX_KEPT = 512

_TOP_LEVEL = ("application", "text", "image", "audio", "video", "font")


# An element and a parameter; a separator in a quoted string separates nothing (§5.6.4). Each
# alternative begins with another character, so reading is linear.
_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*"?)+')
_PARAMETER = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*"?)+')

Parameters: TypeAlias = "frozenset[tuple[str, str]]"
"""The parameters of a media type; charset is left out, since all text is UTF-8."""


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One element of an Accept header: ``text/*;q=0.5`` → ``MediaRange("text", "*", 0.5)``."""

    main: str
    sub: str
    quality: float
    parameters: Parameters = frozenset()

    def specificity(self, main: str, sub: str, parameters: Parameters = frozenset()) -> int:
        """How exactly the range names a type; 0 is not at all.

        1 is ``*/*``, 2 ``type/*``, 3 the type, and one more for each parameter it asks for.
        """
        if self.main == main and self.sub == sub:
            return 3 + len(self.parameters) if self.parameters <= parameters else 0
        if self.main == main and self.sub == "*":
            return 2
        return 1 if self.main == self.sub == "*" else 0


def _split_parameters(element: str) -> tuple[str, Parameters, str | None]:
    """The essence of a media type or range, its parameters, and its weight as written."""
    essence, *rest = _PARAMETER.findall(element) or [""]
    parameters: set[tuple[str, str]] = set()
    weight = None
    for parameter in rest:
        name, _, value = parameter.partition("=")
        name, value = name.strip().lower(), value.strip()
        if name == "q":
            weight = value
        elif name and name != "charset":
            parameters.add((name, value))
    return essence, frozenset(parameters), weight


def _quality(weight: str | None) -> float:
    if weight is None:
        return 1.0
    try:
        number = float(weight[:8])
    except ValueError:
        return 0.0
    return min(max(number, 0.0), 1.0) if math.isfinite(number) else 0.0


def parse_accept(header: str) -> tuple[MediaRange, ...]:
    """The media ranges of an Accept header; elements that are none are passed over.

    ``parse_accept("text/html, */*;q=0.1")`` →
    ``(MediaRange("text", "html", 1.0), MediaRange("*", "*", 0.1))``.
    """
    # Browsers send the same few again and again; long ones are not worth the memory.
    return _parse_short(header) if len(header) <= _MAX_KEPT else _parse(header)


def _parse(header: str) -> tuple[MediaRange, ...]:
    ranges: list[MediaRange] = []
    elements = _ELEMENT.findall(header[:_MAX_LENGTH])
    if len(header) > _MAX_LENGTH:
        elements = elements[:-1]  # Half of an element may say the reverse of the whole.
    for element in elements[:_MAX_RANGES]:
        essence, parameters, weight = _split_parameters(element)
        main, sub = parse_media_type(essence)
        if main and (main != "*" or sub == "*"):
            ranges.append(MediaRange(main, sub, _quality(weight), parameters))
    return tuple(ranges)


_parse_short = lru_cache(maxsize=256)(_parse)


def quality(header: str | None, media_type: str) -> float:
    """The weight, 0 to 1, that an Accept header gives a media type.

    The most specific range decides: ``quality("text/*;q=0.2, text/html", "text/html")`` → 1.0.
    Without the header everything is accepted (RFC 9110 §12.4.1).
    """
    if header is None or not header.strip():
        return 1.0
    essence, parameters, _ = _split_parameters(media_type)
    main, sub = parse_media_type(essence)
    best, weight = 0, 0.0
    for media_range in parse_accept(header):
        rank = media_range.specificity(main, sub, parameters)
        if rank > best:
            best, weight = rank, media_range.quality
    return weight


def preferred(header: str | None, candidates: Iterable[str]) -> str | None:
    """The candidate that an Accept header likes best; ties go to the first, None to no one.

    ``preferred("text/plain;q=0.5, text/html", ["text/plain", "text/html"])`` →
    ``"text/html"``.
    """
    best, weight = None, 0.0
    for candidate in candidates:
        found = quality(header, candidate)
        if found > weight:
            best, weight = candidate, found
    return best


def types_named(word: str, header: str | None) -> list[str]:
    """The media types that a bare word may stand for, given what an Accept header names.

    ``types_named("xml", "text/xml")`` → ``["text/xml"]``; a word that the header does not name
    stands for the type of files that end so, ``types_named("png", "*/*")`` →
    ``["image/png"]``, or where there is none, for that name under every top-level type.
    """
    word = word.lower()
    named = [f"{each.main}/{word}" for each in parse_accept(header or "") if each.sub == word]
    known = types_map.get(f".{word}")
    return named or ([known] if known else [f"{main}/{word}" for main in _TOP_LEVEL])

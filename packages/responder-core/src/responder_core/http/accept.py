"""Content negotiation: what an Accept header admits (RFC 9110 §12.5.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from responder_core.http.media_types import parse_media_type

if TYPE_CHECKING:
    from collections.abc import Iterable

# Longer headers are cut here, so that what a client sends has a bounded cost.
_MAX_RANGES = 64


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One element of an Accept header: ``text/*;q=0.5`` → ``MediaRange("text", "*", 0.5)``."""

    main: str
    sub: str
    quality: float

    def specificity(self, main: str, sub: str) -> int:
        """How exactly the range names a type: 3 exactly, 2 ``type/*``, 1 ``*/*``, 0 not at all."""
        if self.main == main and self.sub == sub:
            return 3
        if self.main == main and self.sub == "*":
            return 2
        return 1 if self.main == self.sub == "*" else 0


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                weight = float(value.strip()[:8])
            except ValueError:
                return 0.0
            return min(max(weight, 0.0), 1.0) if math.isfinite(weight) else 0.0
    return 1.0


@lru_cache(maxsize=256)
def parse_accept(header: str) -> tuple[MediaRange, ...]:
    """The media ranges of an Accept header; elements that are none are passed over.

    ``parse_accept("text/html, */*;q=0.1")`` →
    ``(MediaRange("text", "html", 1.0), MediaRange("*", "*", 0.1))``.
    """
    ranges: list[MediaRange] = []
    for element in header[:8192].split(",", _MAX_RANGES)[:_MAX_RANGES]:
        essence, *parameters = element.split(";")
        main, sub = parse_media_type(essence)
        if main and (main != "*" or sub == "*"):
            ranges.append(MediaRange(main, sub, _quality(parameters)))
    return tuple(ranges)


def quality(header: str | None, media_type: str) -> float:
    """The weight, 0 to 1, that an Accept header gives a media type.

    The most specific range decides: ``quality("text/*;q=0.2, text/html", "text/html")`` → 1.0.
    Without the header everything is accepted (RFC 9110 §12.4.1).
    """
    if header is None or not header.strip():
        return 1.0
    main, sub = parse_media_type(media_type)
    best, weight = 0, 0.0
    for media_range in parse_accept(header):
        rank = media_range.specificity(main, sub)
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

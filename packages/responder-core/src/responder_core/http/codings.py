"""Content codings: which one a client likes best (RFC 9110 §8.4.1 and §12.5.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# What a client can send has a bounded cost: more elements than there are codings say nothing.
_MAX_LENGTH = 1024
_NAME = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_WEIGHT = r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?"
_ELEMENT = re.compile(rf"[ \t]*({_NAME})(?:[ \t]*;[ \t]*[qQ]=({_WEIGHT}))?[ \t]*", re.ASCII)


def choose_coding(accept_encoding: str | None, available: Sequence[str]) -> str | None:
    """The content coding for an answer, one of *available*; None for the body as it is.

    ``choose_coding("gzip, br;q=0.5", ["br", "gzip"])`` → ``"gzip"``. Without the field, and
    where the client likes the body as it is better, it is sent so; ties go to the first of
    *available*. ``x-gzip`` is ``gzip`` (§8.4.1.3). Elements that are none are passed over.
    """
    if not accept_encoding:
        return None
    weights: dict[str, float] = {}
    elements = accept_encoding[:_MAX_LENGTH].split(",")
    if len(accept_encoding) > _MAX_LENGTH:
        elements.pop()  # Half of an element may say the reverse: "br;q=0" of "br;q=0.5".
    for element in elements:
        found = _ELEMENT.fullmatch(element)
        if found is not None:
            name = found[1].lower()
            name = "gzip" if name == "x-gzip" else name
            weights.setdefault(name, float(found[2] or 1))
    others = weights.get("*", 0.0)
    best, weight = None, 0.0
    for coding in available:
        liked = weights.get(coding, others)
        if liked > weight:
            best, weight = coding, liked
    # What is not named is as good as any, but the body as it is has a weight of its own only
    # where the client gives it one.
    return best if weight >= weights.get("identity", 0.0) else None

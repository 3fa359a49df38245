"""Media types: ``type/subtype; parameters`` (RFC 9110 §8.3.1)."""

from __future__ import annotations

import re

# RFC 9110 §5.6.2.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-z]+")


def parse_media_type(header: str) -> tuple[str, str]:
    """The type and subtype of a Content-Type, in lower case, without parameters.

    ``parse_media_type("Text/HTML; charset=utf-8")`` → ``("text", "html")``. What is no media
    type gives ``("", "")``.
    """
    main, _, sub = header.partition(";")[0].strip(" \t").lower().partition("/")
    return (main, sub) if _TOKEN.fullmatch(main) and _TOKEN.fullmatch(sub) else ("", "")


def is_json(header: str) -> bool:
    """Whether a Content-Type names JSON: ``application/json`` or a ``+json`` suffix (RFC 6839)."""
    _, sub = parse_media_type(header)
    return sub == "json" or sub.endswith("+json")

"""Media types and their parameters: ``type/subtype; charset=utf-8`` (RFC 9110 §8.3)."""

from __future__ import annotations

import re
from encodings import normalize_encoding
from encodings.aliases import aliases

# RFC 9110 §5.6.2.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-z]+")
# A parameter; a semicolon in a quoted string separates nothing (§5.6.4). Each alternative
# begins with another character, so reading is linear.
_PARAMETER = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*"?)+', re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
# Longer fields are cut here, so that what a client sends has a bounded cost.
_MAX_LENGTH = 2048

# What Python knows beside charsets; and UTF-7, which hides markup from whoever filters it.
_NO_CHARSETS = {
    "base64_codec",
    "bz2_codec",
    "hex_codec",
    "mbcs",
    "oem",
    "quopri_codec",
    "rot_13",
    "utf_7",
    "uu_codec",
    "zlib_codec",
}
_CODECS = {**aliases, **{codec: codec for codec in aliases.values()}, "koi8_u": "koi8_u"}


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


def parameters(header: str) -> dict[str, str]:
    """The parameters of a media type, names in lower case (RFC 9110 §5.6.6).

    ``parameters('text/html; Charset="utf-8"; q=1')`` → ``{"charset": "utf-8", "q": "1"}``.
    Of two with one name the first counts; what is no parameter is passed over.
    """
    found: dict[str, str] = {}
    for text in _PARAMETER.findall(header[:_MAX_LENGTH].partition(";")[2]):
        name, equals, value = text.partition("=")
        name, value = name.strip(" \t").lower(), value.strip(" \t")
        quoted = _QUOTED.match(value)
        if quoted:
            value = _ESCAPE.sub(r"\1", quoted[1])
        if equals and _TOKEN.fullmatch(name):
            found.setdefault(name, value)
    return found


def charset(header: str) -> str | None:
    """The charset a Content-Type declares, in lower case, or None (RFC 9110 §8.3.2).

    ``charset("text/html; Charset=UTF-8")`` → ``"utf-8"``.
    """
    return parameters(header).get("charset", "").lower() or None


def find_codec(label: str) -> str | None:
    """Python's name of a charset, or None for one that it cannot decode text with.

    ``find_codec("ISO-8859-1")`` → ``"latin_1"``. A fixed table is asked: ``codecs.lookup()``
    would import, and remember for ever, every name that a client makes up.
    """
    codec = _CODECS.get(normalize_encoding(label[:40].lower()))
    return None if codec in _NO_CHARSETS else codec

"""JSON Pointers: where in a document something stands (RFC 6901)."""

from __future__ import annotations

from urllib.parse import quote

# RFC 3986 §3.5: what a fragment may have beside letters, digits and "-._~"; the slash divides.
_FRAGMENT = "!$&'()*+,;=:@?"


def pointer(*path: str | int) -> str:
    """The place of a value as a URI fragment (RFC 6901 §6).

    ``pointer("body", "items", 0, "price")`` → ``"#/body/items/0/price"``. A tilde in a name is
    written ``~0``, a slash ``~1`` (§3); what no fragment may have is percent-encoded as UTF-8:
    ``pointer("a/b", "c%d")`` → ``"#/a~1b/c%25d"``. Without a path it is the whole document.
    """
    return "#" + "".join([f"/{_escape(part)}" for part in path])


def _escape(part: str | int) -> str:
    """One reference token; a number is as it is, and so are most names."""
    text = str(part)
    if text.isascii() and text.isalnum():
        return text
    text = text.replace("~", "~0").replace("/", "~1")
    return quote(text, safe=_FRAGMENT, errors="replace")

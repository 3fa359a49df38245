"""URLs: percent-encoding of paths, and which locations stay on the host (RFC 3986)."""

from __future__ import annotations

import re
from urllib.parse import quote

# RFC 3986 §3.3: what may stand unencoded in a path segment, and in a path.
_SEGMENT_SAFE = "!$&'()*+,;=:@-._~"
_PATH_SAFE = _SEGMENT_SAFE + "/"
# What may stand in a whole reference; "%" stays, for what is encoded already.
_REFERENCE_SAFE = _PATH_SAFE + "?#[]%"

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
# Browsers drop these while they read a URL (WHATWG URL §4.4), wherever they stand.
_IGNORED = re.compile(r"[\t\n\r]")
# And these where they stand first.
_CONTROLS = "".join(map(chr, range(0x21)))
# Halves of surrogate pairs, as a client's JSON may escape them: no bytes stand for one.
_SURROGATE = re.compile("[\ud800-\udfff]")


def quote_segment(text: str) -> str:
    """One segment of a path, percent-encoded: ``"a/b c"`` → ``"a%2Fb%20c"``."""
    return quote(text, safe=_SEGMENT_SAFE)


def quote_path(path: str) -> str:
    """A path, percent-encoded, its slashes kept: ``"/a b/c"`` → ``"/a%20b/c"``."""
    return quote(path, safe=_PATH_SAFE)


def quote_query(query: bytes) -> str:
    """A query string as the client sent it, with stray bytes percent-encoded."""
    return quote(query, safe=_REFERENCE_SAFE)


def quote_reference(location: str) -> str:
    """A URL or a relative reference as it may stand in Location (RFC 9110 §10.2.2).

    What is encoded already stays; control characters, spaces, quotes and backslashes are
    encoded, so a browser cannot read one as a slash. A lone surrogate becomes U+FFFD, as it
    does in a browser (WHATWG URL §4.4: a URL is read as scalar values).
    """
    return quote(_SURROGATE.sub("\ufffd", location), safe=_REFERENCE_SAFE)


def is_external(location: str) -> bool:
    """Whether a browser would leave the host: a scheme, ``//host``, or a spelling of these.

    ``is_external("//evil.example")`` → True, and so with backslashes, which browsers read as
    slashes.
    """
    location = _IGNORED.sub("", location).lstrip(_CONTROLS)
    if _SCHEME.match(location):
        return True
    return location.replace("\\", "/").startswith("//")

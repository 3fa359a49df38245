"""Field values: those of one name, lists of tokens, as in Vary, and directives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from responder_core.speedups import speed_join

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from responder_core.types import Header

# RFC 9110 §5.6.2.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# RFC 9110 §5.6.4: what may stand in a quoted string, the backslash and the quote escaped.
_QUOTABLE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def _join_values(fields: Iterable[Header], name: bytes) -> bytes | None:
    found: bytes | None = None
    for each, value in fields:
        if each == name:
            found = value if found is None else found + b", " + value
    return found


join_values: Callable[[Iterable[Header], bytes], bytes | None] = speed_join(_join_values)
"""The value of a field as it came, repeated ones joined (RFC 9110 §5.3); None without one.

``join_values([(b"accept", b"a/b"), (b"accept", b"c/d")], b"accept")`` → ``b"a/b, c/d"``.
"""


def join_tokens(present: str | None, names: Iterable[str]) -> str:
    """A list of names with further ones added, each once, in any case (RFC 9110 §12.5.5).

    ``join_tokens("Accept", ["Cookie", "accept"])`` → ``"Accept, Cookie"``. ``*`` stands for
    everything, so it stays alone.

    Raises:
        ValueError: a name is no token.
    """
    found = [name.strip() for name in (present or "").split(",") if name.strip()]
    for name in names:
        if not _TOKEN.fullmatch(name):
            msg = f"{name!r} is no field name; use letters, digits and hyphens"
            raise ValueError(msg)
        found.append(name)
    if "*" in found:
        return "*"
    unique: dict[str, str] = {}
    for name in found:
        unique.setdefault(name.lower(), name)
    return ", ".join(unique.values())


def format_directives(directives: Mapping[str, object]) -> str:
    """Directives as Cache-Control has them (RFC 9111 §5.2).

    ``format_directives({"public": True, "max_age": 60})`` → ``"public, max-age=60"``. None and
    False leave a directive out; a value that is no token is quoted.

    Raises:
        ValueError: a name is no token, or a value cannot stand in a field.
    """
    parts: list[str] = []
    for key, value in directives.items():
        name = key.replace("_", "-")
        if not _TOKEN.fullmatch(name):
            msg = f"{key!r} is no directive; use letters, digits and underscores"
            raise ValueError(msg)
        if value is True:
            parts.append(name)
        elif value is not None and value is not False:
            parts.append(f"{name}={_quote(str(value))}")
    return ", ".join(parts)


def _quote(value: str) -> str:
    if _TOKEN.fullmatch(value):
        return value
    if not _QUOTABLE.fullmatch(value):
        msg = f"the value {value!r} cannot stand in a header field"
        raise ValueError(msg)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def add_vary(fields: list[Header], name: str) -> None:
    """Name one more request field in Vary."""
    for index, (key, value) in enumerate(fields):
        if key == b"vary":
            joined = join_tokens(value.decode("latin-1"), [name])
            fields[index] = (key, joined.encode("latin-1"))
            return
    fields.append((b"vary", name.encode("latin-1")))

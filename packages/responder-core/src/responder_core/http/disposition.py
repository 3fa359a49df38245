"""Content-Disposition, and the file names in it (RFC 6266, RFC 8187, RFC 7578 §4.2)."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import quote, unquote_to_bytes

Kind = Literal["attachment", "inline"]

# RFC 8187 §3.2.1: attr-char; the rest is percent-encoded.
_ATTRIBUTE_SAFE = "!#$&+-.^_`|~"
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# One parameter: a token or a quoted string, whose quotes some browsers forget to escape.
_PARAMETER = re.compile(
    r"""[ \t]*;[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^";]*))""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

# What a file may not be called on Windows, whatever the extension.
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in "0123456789¹²³"}
)
# Characters that no name should have: separators, controls, what Windows forbids, and marks
# that turn or hide text.
_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f<>:\"|?*\u00ad\u034f\u061c\u180b-\u180e\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
# Dots and blanks of every width: Windows drops some of them at the end, people see none.
_ENDS = (
    ". \t\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005"
    "\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
_SEPARATORS = re.compile(r"[/\\\u2215\u2044\uff0f\uff3c]")
# Most file systems take 255 bytes.
_MAX_BYTES = 255
_MAX_EXTENSION = 32


def content_disposition(kind: Kind, filename: str | None) -> str:
    """A Content-Disposition field (RFC 6266 §4).

    ``content_disposition("attachment", "naïve €.txt")`` →
    ``attachment; filename="na_ve _.txt"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt``: a name
    beyond ASCII is sent twice, for clients that do not know the second form.
    """
    if filename is None:
        return kind
    filename = _CONTROLS.sub("", filename).encode("utf-8", "replace").decode("utf-8")
    plain = re.sub(r"[^\x20-\x7e]", "_", filename)
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    field = f'{kind}; filename="{escaped}"'
    # A percent sign is read as the start of an octet by some clients (RFC 6266 appendix D).
    if plain != filename or "%" in filename:
        encoded = quote(filename, safe=_ATTRIBUTE_SAFE)
        field += f"; filename*=UTF-8''{encoded}"
    return field


def parse_disposition(header: str) -> tuple[str, dict[str, str]]:
    """The kind of a Content-Disposition, in lower case, and its parameters.

    ``parse_disposition('form-data; name="a"; filename="b.txt"')`` →
    ``("form-data", {"name": "a", "filename": "b.txt"})``. A ``filename*`` is decoded and
    stands in place of ``filename`` (RFC 6266 §4.3); one that cannot be is passed over.
    The first of equal names counts.
    """
    kind, semicolon, _ = header.partition(";")
    parameters: dict[str, str] = {}
    position = len(kind)
    while semicolon:
        found = _PARAMETER.match(header, position)
        if found is None:
            break
        name, quoted, plain = found[1].lower(), found[2], found[3]
        if quoted is None and header[found.end() : found.end() + 1] == '"':
            break  # A quote that nothing closes.
        value = _unescape(quoted) if quoted is not None else plain.strip(" \t")
        parameters.setdefault(name, value)
        position = found.end()
    for name in [name for name in parameters if name.endswith("*")]:
        decoded = _decode_extended(parameters.pop(name))
        if decoded is not None:
            parameters[name.removesuffix("*")] = decoded
    return kind.strip(" \t").lower(), parameters


def _unescape(text: str) -> str:
    """A quoted string without its escapes.

    A backslash before anything but a quote or a backslash is one of a Windows path, which
    old browsers sent as it was.
    """
    return _ESCAPE.sub(lambda found: found[1] if found[1] in '"\\' else found[0], text)


def _decode_extended(value: str) -> str | None:
    """The text of ``UTF-8''na%C3%AFve`` (RFC 8187 §3.2); None for what is none."""
    charset, _, rest = value.partition("'")
    _, quote_mark, encoded = rest.partition("'")
    if not quote_mark or charset.lower() not in ("utf-8", "iso-8859-1"):
        return None
    try:
        return unquote_to_bytes(encoded).decode(charset)
    except (UnicodeDecodeError, UnicodeEncodeError):
        return None


def base_name(filename: str) -> str:
    r"""A file name that a client sent, as it can be used in a directory of one's own.

    ``base_name("../../etc/passwd")`` → ``"passwd"``; ``base_name("C:\x\CON.txt")`` →
    ``"_CON.txt"``. Directories of either kind go, controls and marks that hide text too, dots
    and blanks at the ends, and what is longer than 255 bytes is cut before its extension.
    What leaves nothing is ``"upload"``.
    """
    name = _SEPARATORS.split(filename)[-1]
    name = _shorten(_UNSAFE.sub("", name).strip(_ENDS))
    if not name:
        return "upload"
    # Only of the short name: what is cut may leave a device's.
    if name.partition(".")[0].rstrip(_ENDS).lower() in _DEVICES:
        name = _shorten(f"_{name}")
    return name


def _shorten(name: str) -> str:
    """A name of at most 255 bytes, its extension kept."""
    if len(name) * 4 <= _MAX_BYTES or len(name.encode("utf-8")) <= _MAX_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode("utf-8")) > _MAX_EXTENSION:
        stem, extension = name, ""
    else:
        extension = dot + extension
    room = _MAX_BYTES - len(extension.encode("utf-8"))
    return stem.encode("utf-8")[:room].decode("utf-8", "ignore").rstrip(_ENDS) + extension

"""Conditional requests: entity tags and preconditions (RFC 9110 §8.8.3 and §13)."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Literal, Protocol

from responder_core.http.dates import parse_date

if TYPE_CHECKING:
    from collections.abc import Sequence


# §13.2.1: methods that neither select nor change what preconditions are about.
_UNCONDITIONAL = frozenset({"CONNECT", "OPTIONS", "TRACE"})


class Fields(Protocol):
    """What preconditions are read from: the header fields of a request."""

    def get_list(self, name: str, /) -> list[str]:
        """Every value of a field, in the order they came."""
        ...


class Outcome(Enum):
    """What becomes of a request with preconditions."""

    PROCEED = "proceed"
    NOT_MODIFIED = "not modified"
    FAILED = "failed"


# §8.8.3: an opaque tag is quoted, of visible characters but the quote.
_OPAQUE = re.compile(r"[\x21\x23-\x7e\x80-\xff]*")
_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
# One element of a list, and the commas or the end behind it. Blanks are taken in one place only:
# where two could take them, a field of nothing else would be tried in every split.
_LISTED = re.compile(r'((?:W/)?"[\x21\x23-\x7e\x80-\xff]*")?[ \t]*(?:,[ \t,]*|\Z)')
_STARS = frozenset({"*", ""})
_CODED = re.compile(r'-(?:br|gzip|zstd)"\Z')


def is_etag(text: str) -> bool:
    """Whether a text is an entity tag as it is sent: ``'"v7"'``, but not ``"v7"``."""
    return _TAG.fullmatch(text) is not None


def quote_etag(tag: str) -> str:
    """An entity tag as it is sent: ``quote_etag("v7")`` → ``'"v7"'``.

    One that is quoted already, weak or strong, stays.

    Raises:
        ValueError: a character that no tag may have (§8.8.3): a blank, a quote, a control.
    """
    if _TAG.fullmatch(tag):
        return tag
    if not _OPAQUE.fullmatch(tag):
        msg = f"{tag!r} is no entity tag; it may have no blanks, quotes or control characters"
        raise ValueError(msg)
    return f'"{tag}"'


def parse_etags(header: str) -> tuple[str, ...] | Literal["*"]:
    """The entity tags of If-Match or If-None-Match, quoted as they came.

    ``parse_etags('"a", W/"b"')`` → ``('"a"', 'W/"b"')``; ``*`` stands for any, also where the
    field came twice. What is no tag ends the list: nobody can tell what a client meant behind it.
    """
    header = header.strip(" \t")
    if header == "*" or ("*" in header and _STARS.issuperset(map(_strip, header.split(",")))):
        return "*"
    tags: list[str] = []
    position = 0
    while position < len(header):
        found = _LISTED.match(header, position)
        if found is None:
            break
        if found[1] is not None:
            tags.append(found[1])
        position = found.end()
    return tuple(tags)


def _strip(element: str) -> str:
    return element.strip(" \t")


def _opaque(tag: str) -> str:
    return tag.removeprefix("W/")


def matches_weakly(tag: str, others: Sequence[str]) -> bool:
    """Whether a tag is among others, weak ones being as good (§8.8.3.2)."""
    return _opaque(tag) in map(_opaque, others)


def matches_strongly(tag: str, others: Sequence[str]) -> bool:
    """Whether a strong tag is among others (§8.8.3.2)."""
    return not tag.startswith("W/") and tag in others


def suffix_etag(etag: str, coding: str) -> str:
    """The tag of the same content in a coding (§8.8.3.3): ``'"v7"'`` → ``'"v7-gzip"'``.

    The reverse of ``strip_etag()``.
    """
    return f'{etag[:-1]}-{coding}"'


def strip_etag(etag: str) -> str:
    """A tag without what names a content coding: ``'"v7-gzip"'`` → ``'"v7"'``.

    The reverse of ``suffix_etag()``.
    """
    return _CODED.sub('"', etag)


def evaluate(
    method: str,
    headers: Fields,
    *,
    etag: str | None,
    modified: float | None,
    exists: bool = True,
) -> Outcome:
    """What the preconditions of a request say, in the order of §13.2.2.

    *etag* and *modified* are the validators of what is there now, the tag quoted, the moment in
    seconds of the POSIX clock; without *exists* there is nothing yet. A precondition about a
    validator that is None is false where a match is asked for, and ignored where a date is.
    Methods that do not touch what is there have no preconditions: OPTIONS, TRACE and CONNECT.
    """
    if method in _UNCONDITIONAL:
        return Outcome.PROCEED
    match = headers.get_list("if-match")
    if match:
        if not _matches(match, etag, exists=exists):
            return Outcome.FAILED
    elif modified is not None:
        since = _date(headers, "if-unmodified-since")
        if since is not None and modified // 1 > since:
            return Outcome.FAILED
    none_match = headers.get_list("if-none-match")
    reads = method in {"GET", "HEAD"}
    if none_match:
        if _matches_none(none_match, etag, exists=exists):
            return Outcome.PROCEED
        return Outcome.NOT_MODIFIED if reads else Outcome.FAILED
    if reads and modified is not None:
        since = _date(headers, "if-modified-since")
        if since is not None and modified // 1 <= since:
            return Outcome.NOT_MODIFIED
    return Outcome.PROCEED


def _matches(values: list[str], etag: str | None, *, exists: bool) -> bool:
    """Whether If-Match holds (§13.1.1)."""
    tags = parse_etags(", ".join(values))
    if tags == "*":
        return exists
    return exists and etag is not None and matches_strongly(etag, tags)


def _matches_none(values: list[str], etag: str | None, *, exists: bool) -> bool:
    """Whether If-None-Match holds (§13.1.2)."""
    tags = parse_etags(", ".join(values))
    if tags == "*":
        return not exists
    return not exists or etag is None or not matches_weakly(etag, tags)


def _date(headers: Fields, name: str) -> float | None:
    """The date of a field; None without one, or with one that is none (§13.1.3)."""
    values = headers.get_list(name)
    return parse_date(values[0].strip(" \t")) if len(values) == 1 else None


def if_range_holds(value: str | None, *, etag: str | None, modified: float | None) -> bool:
    """Whether the ranges of a request are those of what is there now (§13.1.5).

    *value* is If-Range, or None without it, which holds. A tag must be the same strong one, a
    date exactly the same.
    """
    if value is None:
        return True
    value = value.strip(" \t")
    if _TAG.fullmatch(value):
        return etag is not None and matches_strongly(etag, (value,))
    since = parse_date(value)
    return since is not None and modified is not None and modified // 1 == since

"""Negotiation: the media type of an answer, by Accept (GraphQL over HTTP, "Body")."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from responder_core.http.accept import MediaRange, parse_accept, quality
from responder_core.representation import Representation, content_type

GRAPHQL_TYPE = "application/graphql-response+json"
JSON_TYPE = "application/json"
EVENTS_TYPE = "text/event-stream"
HTML_TYPE = "text/html"


def _as_it_is(body: bytes) -> bytes:
    return body


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One media type of responses.

    Attributes:
        representation: how the framework sends a body of this type.
        is_strict: whether a request error has a status of its own; ``application/json`` is 200
            for every result (GraphQL over HTTP, "application/json").
    """

    representation: Representation
    is_strict: bool


def _form(media_type: str, *, is_strict: bool) -> Form:
    media_type += "; charset=utf-8"
    field = content_type(media_type)
    return Form(Representation("content", "bytes", media_type, field, _as_it_is), is_strict)


GRAPHQL = _form(GRAPHQL_TYPE, is_strict=True)
JSON = _form(JSON_TYPE, is_strict=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a client takes.

    Attributes:
        form: the media type of a result, or None where it takes neither.
        streams: whether it takes event streams, and says so.
        only_streams: whether it likes an event stream better than either form.
        page: whether it navigates: it likes HTML better than either form, and says so.
    """

    form: Form | None
    streams: bool = False
    only_streams: bool = False
    page: bool = False


@lru_cache(maxsize=256)
def choose(accept: bytes | None) -> Choice:
    """What an Accept field admits: ``choose(b"*/*").form is JSON``.

    A client that names ``application/graphql-response+json`` gets it, unless it likes
    ``application/json`` better. One that names neither, as with ``*/*`` or no Accept at all,
    is an older one and gets ``application/json``.
    """
    if accept is None or not accept.strip():
        return Choice(JSON)
    header = accept.decode("latin-1")
    ranges = parse_accept(header)
    graphql, plain = quality(header, GRAPHQL_TYPE), quality(header, JSON_TYPE)
    best = max(graphql, plain)
    form: Form | None = JSON if plain else None
    if graphql and (not plain or (graphql >= plain and _names(ranges, GRAPHQL_TYPE))):
        form = GRAPHQL
    events, html = _weight(header, ranges, EVENTS_TYPE), _weight(header, ranges, HTML_TYPE)
    return Choice(form, events > 0, events > best, html > best)


def _names(ranges: tuple[MediaRange, ...], media_type: str) -> bool:
    return any(f"{each.main}/{each.sub}" == media_type for each in ranges)


def _weight(header: str, ranges: tuple[MediaRange, ...], media_type: str) -> float:
    """The weight of a type that the client names itself; 0 where only a wildcard covers it."""
    return quality(header, media_type) if _names(ranges, media_type) else 0.0

"""Error documents: a problem in the form that the client likes best (RFC 9457, RFC 9110 §12).

JSON for programs, and for all who ask for nothing that there is: an error is never a 406, and no
error hides behind another. A page for browsers, text for terminals, YAML and MessagePack for
those who speak it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from responder_core.http.accept import MediaRange, parse_accept
from responder_core.http.fields import join_values
from responder_core.http.media_types import parse_media_type
from responder_core.representation import content_type
from responder_core.request import Request
from responder_core.rsgi_scope import RSGIScope, is_made
from responder_core.speedups import speed_accept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from responder_core.formats.registry import Formats
    from responder_core.response import Response
    from responder_core.types import Header

# The forms: by which types each is asked for. The first is the one that is sent, and ties go to
# the form that stands first.
_FORMS: dict[str, tuple[str, ...]] = {
    "json": ("application/problem+json", "application/json"),
    "html": ("text/html",),
    "text": ("text/plain",),
    "yaml": (
        "application/problem+yaml",
        "application/yaml",  # RFC 9512.
        "application/x-yaml",
        "text/yaml",
        "text/x-yaml",
    ),
    "msgpack": (
        "application/problem+msgpack",
        "application/msgpack",
        "application/x-msgpack",
        "application/vnd.msgpack",
    ),
}
_FIELDS = {form: content_type(types[0]) for form, types in _FORMS.items()}
JSON_FIELD: Header = _FIELDS["json"]
"""The Content-Type of a problem as JSON."""
_PARSED = {form: [parse_media_type(each) for each in types] for form, types in _FORMS.items()}

# Longer Accept fields are weighed anew each time: they are not worth the memory.
_MAX_KEPT = 512

FAILURE = object()
"""The key in ``req.extras`` of a failure that a client may see: ``(document, exception)``."""


def encode_problem(resp: Response, document: dict[str, Any]) -> tuple[bytes, Header]:
    """A problem document as bytes in the form that the client likes best, and its Content-Type.

    A page brings a Content-Security-Policy of its own, unless the response has one.

    Raises:
        TypeError: the form has none for a member.
    """
    req = resp.req
    accept = accept_field(req)
    if accept is not None and accept != b"*/*":
        for form in choose_forms(accept):
            if form == "html" or form == "text":  # noqa: PLR1714 - quicker than a set
                return _draw(resp, document, form), _FIELDS[form]
            encode = find_encoder(req.api.formats, form)
            if encode is not None:
                return encode(document), _FIELDS[form]
    return encode_json(req, document), JSON_FIELD


def encode_json(req: Request, document: dict[str, Any]) -> bytes:
    """A problem document as JSON, the form that every client can get.

    Raises:
        TypeError: JSON has no form for a member.
    """
    encode = find_encoder(req.api.formats, "json")
    if encode is not None:
        return encode(document)
    # A program that took JSON out of its formats has errors all the same.
    from responder_core.formats import json

    return json.encode(document)


def _accept_field(req: Request) -> bytes | None:
    """The Accept field as it came, repeated ones joined (RFC 9110 §5.3); None without one.

    By RSGI no other field is decoded for it.
    """
    scope = req.scope
    if type(scope) is RSGIScope and not is_made(scope, "headers"):
        fields = scope.fields.get_all("accept")
        return ", ".join(fields).encode("latin-1") if fields else None
    return join_values(scope["headers"], b"accept")


accept_field: Callable[[Request], bytes | None] = speed_accept(_accept_field, Request, RSGIScope)


def choose_forms(accept: bytes) -> tuple[str, ...]:
    """The forms that an Accept field admits, the one it likes best first.

    ``choose_forms(b"text/html, */*;q=0.8")`` → ``("html", "json", "text", "yaml", "msgpack")``.
    Of equal weights the one that was named comes before those that a wildcard means.
    """
    return _choose_kept(accept) if len(accept) <= _MAX_KEPT else _choose(accept)


def _choose(accept: bytes) -> tuple[str, ...]:
    ranges = parse_accept(accept.decode("latin-1"))
    weights = {form: _weigh(types, ranges) for form, types in _PARSED.items()}
    admitted = [form for form, (weight, _) in weights.items() if weight > 0]
    return tuple(sorted(admitted, key=weights.__getitem__, reverse=True))


_choose_kept = lru_cache(maxsize=256)(_choose)


def _weigh(types: Iterable[tuple[str, str]], ranges: Iterable[MediaRange]) -> tuple[float, int]:
    """The weight of a form and how exactly it was named: by the most specific range for any type.

    So ``application/json;q=0, */*`` refuses problem+json too (RFC 9110 §12.5.1).
    """
    rank, weight = 0, 0.0
    for main, sub in types:
        for each in ranges:
            found = each.specificity(main, sub)
            if found and (found, each.quality) > (rank, weight):
                rank, weight = found, each.quality
    return weight, rank


def find_encoder(formats: Formats, form: str) -> Callable[[Any], bytes] | None:
    """What encodes a form: the program's format of that name, or None where there is none."""
    known = formats.get(form)
    return known.encode if known is not None and known.available else None


def _draw(resp: Response, document: dict[str, Any], form: str) -> bytes:
    """The document as a page or as text; of a failure in debug, with what failed."""
    # Pages are imported when one is asked for: most services never send any.
    from responder_core import error_pages

    facts = error_pages.ErrorFacts.of(resp, document)
    known, exc = resp.req.extras.get(FAILURE, (None, None))
    if exc is not None and known is document:
        from responder_core import debug_pages

        if form == "text":
            return debug_pages.draw_text(facts, exc)
        page, policy = debug_pages.draw_page(facts, exc, resp.req.scope), debug_pages.POLICY
    elif form == "text":
        return error_pages.draw_text(facts)
    else:
        page, policy = error_pages.draw_page(facts), error_pages.POLICY
    resp.headers.setdefault("Content-Security-Policy", policy)
    return page

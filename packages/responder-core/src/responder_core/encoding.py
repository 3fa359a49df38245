"""Encoding: the body of a response as bytes, in the form that the client likes best.

(RFC 9110 §12: media is sent in the format that Accept prefers, errors as problem details.)
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, TypeAlias

from responder_core.error_documents import accept_field, encode_problem
from responder_core.errors import Problem
from responder_core.representation import MEDIA, PROBLEM, Encoded, content_type
from responder_core.request import Request
from responder_core.response import Response
from responder_core.speedups import speed_media, speed_write

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_core.formats.format import Format
    from responder_core.types import Header

    # How values of a class are written at once, or None: what gives their JSON; the shape that
    # they are to have for that, or None; the filter of warnings that is to be the first, or None.
    Quick: TypeAlias = tuple[Callable[[Any], bytes], object, object] | None


def encode(resp: Response) -> Encoded | None:
    """The body as bytes; None for one that is no value: a file, a stream.

    What was encoded before is taken, unless the body was replaced or read meanwhile.

    Raises:
        TypeError: the body is of a kind that its attribute does not take.
        Problem: 406, the client takes no form that there is, and the app is strict.
    """
    value, representation = resp.own_body, resp.representation
    known = resp.encoded
    if known is not None and known.value is value and known.representation is representation:
        return known
    field, varies = representation.field, False
    try:
        if representation.encode is not None:
            body = representation.encode(value)
        elif representation is MEDIA:
            body, field, varies = encode_media(resp, value)
        elif representation is PROBLEM:
            body, field = encode_problem(resp, value)
            varies = True
        else:
            return None
    except TypeError as error:
        raise refusal(resp, error) from error
    resp.encoded = encoded = Encoded(value, representation, body, field, varies)
    return encoded


def take_json(resp: Response, text: bytes) -> None:
    """Take the media of a response as encoded, where the client gets JSON.

    Where it gets something else, or the program chose how JSON is written, the media is encoded
    as usual.
    """
    if resp.own_mimetype is not None or (resp.own_headers is not None and names_type(resp)):
        return
    if text.find(b"NaN") >= 0:
        return
    formats = resp.req.api.formats
    accept = accept_field(resp.req)
    chosen = formats.choices.get(accept)
    if chosen is None:
        # For the next time: what is encoded now is not sent.
        encode_media(resp, None)
        chosen = formats.choices.get(accept)
    if chosen is not None and chosen[0] is formats.plain_json:
        resp.encoded = Encoded._make((resp.own_body, MEDIA, text, MEDIA.field, True))


# What takes media, or what writes it, is looked at by.
_PLAIN = (Request, Response, Encoded, MEDIA, MEDIA.field, accept_field)


def compile_take() -> Callable[[Response, bytes], None]:
    """As ``take_json()``, as quick as it can be."""
    taken: Callable[[Response, bytes], None] = speed_media(take_json, *_PLAIN)
    return taken


def compile_write(
    write: Callable[[Response, Any, object], None], kind: object, status: int | None, quick: Quick
) -> Callable[[Response, Any, object], None]:
    """As *write*, as quick as it can be for values of a class, which answer with a status."""
    if quick is None or not isinstance(kind, type):
        return write
    to_json, shape, first_filter = quick
    written: Callable[[Response, Any, object], None] = speed_write(
        write, *_PLAIN, kind, status, to_json, shape, warnings, first_filter
    )
    return written


def names_type(resp: Response) -> bool:
    """Whether the header fields of a response name a Content-Type."""
    headers = resp.own_headers
    return headers is not None and headers.has(b"content-type")


def refusal(resp: Response, error: TypeError) -> TypeError:
    """The error for a body that its attribute does not take, in its words."""
    form = resp.representation
    kind = type(resp.own_body).__name__
    return TypeError(f"resp.{form.name} takes {form.accepts}, not {kind}: {error}")


def encode_media(resp: Response, value: Any) -> tuple[bytes, Header, bool]:  # noqa: ANN401
    """Media as bytes, its Content-Type, and whether Accept chose it.

    A media type that the program set decides; else the client's Accept does.

    Raises:
        TypeError: the format has no form for the value.
        Problem: 406, the client takes no form that there is, and the app is strict.
    """
    api = resp.req.api
    formats = api.formats
    named = resp.own_mimetype
    if named is None and resp.own_headers is not None:
        named = resp.own_headers.get("content-type")
    if named is not None:
        known = formats.for_type(named.encode("latin-1", "replace"))
        if known is None or not (known.encode or known.legacy):
            known = formats.named("json")
        return write(known, resp, value), content_type(known.media_types[0]), False
    accept, revision = accept_field(resp.req), formats.revision
    chosen = formats.negotiate(accept)
    if chosen is None:
        if api.settings.strict_accept:
            types = ", ".join(formats.written())
            raise Problem(406, f"This resource can be sent as one of {types}.")
        chosen = formats.named("json")
    field = content_type(chosen.media_types[0])
    if chosen.encode is not None:
        formats.remember(accept, chosen.encode, field, revision=revision)
    return write(chosen, resp, value), field, True


def write(form: Format, resp: Response, value: Any) -> bytes:  # noqa: ANN401 - whatever it takes
    """A value as the bytes of a format.

    Raises:
        TypeError: the format has no form for it.
    """
    if form.encode is not None:
        return form.encode(value)
    if form.legacy is None:
        msg = f"format {form.name!r} has no encode=, so it cannot be written"
        raise TypeError(msg)
    coroutine: Any = form.legacy(resp, encode=True)
    # Such functions are coroutine functions for the sake of reading; writing waits for nothing.
    try:
        coroutine.send(None)
    except StopIteration as done:
        text: str | bytes = done.value
        return text.encode() if isinstance(text, str) else bytes(text)
    coroutine.close()
    msg = f"format {form.name!r} waited for something while it encoded; that is for reading only"
    raise TypeError(msg)

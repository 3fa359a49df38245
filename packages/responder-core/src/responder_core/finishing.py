"""Finishing: from what a view meant to what is sent (RFC 9110 §12 to §15).

In this order: the form of the body is negotiated, preconditions are evaluated, ranges cut out,
the body is compressed and framed. Most answers need none but the first and the last of these:
``finish_plain()`` does those alone, and leaves the rest to ``finish()``.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeAlias

from responder_core.encoding import encode, encode_media, refusal
from responder_core.error_documents import encode_problem
from responder_core.http.headers import encode_value
from responder_core.representation import (
    CONTENT,
    EVENTS,
    MEDIA,
    PROBLEM,
    STREAM,
    Encoded,
    content_length,
    content_type,
)
from responder_core.selection import (
    add_validators,
    add_vary,
    choose_selection_coding,
    cut_ranges,
    fields_of_unchanged,
    find_validators,
    is_unchanged,
    open_body,
    select,
    tag_content,
)
from responder_core.status import CONTENTLESS

if TYPE_CHECKING:
    from responder_core.problems import ExceptionHandlers
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.selection import Selection
    from responder_core.settings import Settings
    from responder_core.types import BodySource, Header


Answer: TypeAlias = "tuple[int, list[Header], bytes | BodySource]"
"""A response as a door sends it: status, header fields, body."""

VARY_ACCEPT: Header = (b"vary", b"Accept")

# An event stream is made for this moment, and proxies are not to wait until it ends.
EVENT_FIELDS: tuple[Header, ...] = (
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)
_NEVER = sys.maxsize

# The server frames the message; what a handler says of it could only contradict that.
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
# Statuses that a small answer with a body has every day; the others take the longer way.
_ORDINARY = frozenset({200, 201, 202, 400, 401, 403, 404, 405, 409, 422, 429, 500})
# Fields by which a response asks for more than framing.
_VALIDATORS = frozenset({b"etag", b"last-modified"})


def finish_plain(resp: Response, below: int) -> Answer | None:
    """The answer of a response whose body is a small value; None for every other.

    *below* is the length in bytes from which a body may be compressed or tagged.

    Raises:
        TypeError: the body is of a kind that its attribute does not take, or the status is
            no int.
        ValueError: the status is not 200 to 599, or the media type cannot stand in a field.
        Problem: 406, the client takes no form that there is, and the app is strict.
    """
    if resp.delivery is not None:
        return None
    form = resp.representation
    field, varies = form.field, False
    try:
        if resp.encoded is not None:
            known = encode(resp)
            if known is None:
                return None
            body, field, varies = known.body, known.field, known.varies
        elif form.encode is not None:
            body = form.encode(resp.own_body)
            if form is CONTENT and _asks_for_range(resp.req):
                return None
        elif form is MEDIA:
            body, field, varies = encode_media(resp, resp.own_body)
        elif form is PROBLEM:
            body, field = encode_problem(resp, resp.own_body)
            varies = True
        else:
            return None
    except TypeError as error:
        raise refusal(resp, error) from error
    if len(body) >= below:
        resp.encoded = Encoded(resp.own_body, form, body, field, varies)
        return None
    status = resp.status_code
    if (
        resp.own_headers is None
        and resp.own_mimetype is None
        and resp.own_cookies is None
        and field is not None
        and (status is None or (type(status) is int and status in _ORDINARY))
    ):
        if varies and resp.req.api.settings.auto_vary:
            return status or 200, [field, content_length(len(body)), VARY_ACCEPT], body
        return status or 200, [field, content_length(len(body))], body
    status = checked_status(status)
    fields = dress(resp, field, varies=varies and resp.req.api.settings.auto_vary)
    if status in CONTENTLESS:
        return status, _bare(fields, status), b""
    if any(name in _VALIDATORS for name, _ in fields):
        resp.encoded = Encoded(resp.own_body, form, body, field, varies)
        return None
    fields.append(content_length(len(body)))
    return status, fields, body


def _asks_for_range(req: Request) -> bool:
    return any(name == b"range" for name, _ in req.scope["headers"])


async def finish(resp: Response) -> Answer:
    """The answer of any response.

    Raises:
        Problem: 404, 406, 412, 416: what the client asked for cannot be sent.
        TypeError, ValueError, OSError: what the program set cannot be sent.
    """
    settings, method = resp.req.api.settings, resp.req.method
    status = checked_status(resp.status_code)
    if status in CONTENTLESS:
        await release(resp)
        return status, _bare(dress(resp, None, varies=False), status), b""
    selection = await select(resp)
    fields = dress(resp, selection.field, varies=selection.varies and settings.auto_vary)
    reads = status == 200 and method in ("GET", "HEAD")
    find_validators(selection, fields)
    if settings.auto_etag and reads:
        await tag_content(selection)
    choose_selection_coding(resp, selection, fields)
    add_validators(selection, fields)
    if reads:
        validated = selection.etag is not None or selection.modified is not None
        if validated and is_unchanged(resp.req, selection):
            await release(resp)
            return 304, fields_of_unchanged(fields), b""
        if selection.ranged:
            if selection.file is not None:
                fields.append((b"accept-ranges", b"bytes"))
            if cut_ranges(resp.req, selection, fields):
                status = 206
    return await _frame(resp, selection, fields, status)


async def _frame(resp: Response, selection: Selection, fields: list[Header], status: int) -> Answer:
    """The answer of a selection: with its coding, its length and its body."""
    if selection.coding is not None:
        fields.append((b"content-encoding", selection.coding.encode("ascii")))
    if resp.req.method == "HEAD":
        # The length of a body that nobody compressed is not known (RFC 9110 §8.6).
        if selection.size is not None and selection.coding is None:
            fields.append(content_length(selection.size))
        await release(resp)
        return status, fields, b""
    body = await open_body(selection)
    if selection.size is not None:
        fields.append(content_length(selection.size))
    return status, fields, body


async def finish_failure(
    req: Request, resp: Response, exc: Exception, handlers: ExceptionHandlers
) -> Answer:
    """The answer when a response could not be finished: an error, which always can be.

    After hooks are not run for it: they saw what the view meant.
    """
    await release(resp)
    await handlers.recover(req, resp, exc)
    try:
        return finish_plain(resp, _NEVER) or await finish(resp)
    except Exception as failure:  # noqa: BLE001 - a handler whose answer cannot be sent either
        await release(resp)
        handlers.fail(req, resp, failure)
        return finish_plain(resp, _NEVER) or await finish(resp)


def plain_below(settings: Settings) -> int:
    """The length in bytes from which a body may be tagged or compressed."""
    if settings.auto_etag:
        return 0
    return settings.compress_minimum if settings.gzip else _NEVER


async def release(resp: Response) -> None:
    """Close a body that is not sent."""
    close = getattr(resp.own_body, "aclose", None)
    if close is not None and resp.representation in (STREAM, EVENTS):
        await close()


def dress(resp: Response, field: Header | None, *, varies: bool) -> list[Header]:
    """The header fields of a response but those that frame it.

    *field* is the Content-Type that goes with the body, *varies* whether Accept chose it.
    """
    headers = resp.own_headers
    fields = headers.fields if headers is not None else []
    if resp.own_mimetype is not None:
        fields = [item for item in fields if item[0] != b"content-type"]
        fields.insert(0, content_type(resp.own_mimetype))
    elif field is not None and b"content-type" not in dict(fields):
        fields.insert(0, field)
    fields = [item for item in fields if item[0] not in _FRAMING]
    if varies:
        add_vary(fields, "Accept")
    if resp.representation is EVENTS:
        present = dict(fields)
        fields += [item for item in EVENT_FIELDS if item[0] not in present]
    if resp.own_cookies is not None:
        fields += [
            (b"set-cookie", encode_value(morsel.OutputString()))
            for morsel in resp.own_cookies.values()
        ]
    return fields


def _bare(fields: list[Header], status: int) -> list[Header]:
    """The fields of an answer without a body."""
    if status == 205:
        return [*fields, content_length(0)]  # RFC 9110 §15.3.6: it says that it is empty.
    return fields


def checked_status(status: object) -> int:
    """A status that can be sent; None is 200.

    Raises:
        TypeError: it is no int.
        ValueError: it is not 200 to 599.
    """
    if status is None:
        return 200
    if not isinstance(status, int):
        msg = f"resp.status_code is an int, not {status!r}"
        raise TypeError(msg)
    if not 200 <= status <= 599:
        msg = f"resp.status_code is 200 to 599, not {status!r}"
        raise ValueError(msg)
    return int(status)

"""Finishing: from what a view meant to what is sent (RFC 9110 §12 to §15).

In this order: the form of the body is negotiated, preconditions are evaluated, ranges cut out,
the body is compressed and framed. Most answers need none but the first and the last of these:
what ``compile_plain()`` gives does those alone, and leaves the rest to ``finish()``.
"""

from __future__ import annotations

import sys
from operator import itemgetter
from typing import TYPE_CHECKING, NoReturn, TypeAlias, cast

from responder_core.encoding import encode, names_type, refusal
from responder_core.error_documents import encode_problem
from responder_core.http.fields import add_vary
from responder_core.http.headers import encode_value
from responder_core.representation import (
    CONTENT,
    EVENTS,
    HTML,
    LENGTHS,
    MEDIA,
    PROBLEM,
    SMALL,
    STREAM,
    TEXT,
    Encoded,
    content_length,
    content_type,
)
from responder_core.speedups import speed_finish
from responder_core.status import CONTENTLESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from responder_core.api import API
    from responder_core.problems import ExceptionHandlers
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.selection import Selection
    from responder_core.settings import Settings
    from responder_core.types import BodySource, Header


Answer: TypeAlias = "tuple[int, list[Header], bytes | BodySource]"
# One whose body is there.
WholeAnswer: TypeAlias = "tuple[int, list[Header], bytes]"
"""A response as a door sends it: status, header fields, body."""

VARY_ACCEPT: Header = (b"vary", b"Accept")
VARY_CODING: Header = (b"vary", b"Accept-Encoding")
VARY_BOTH: Header = (b"vary", b"Accept, Accept-Encoding")

# An event stream is made for this moment, and proxies are not to wait until it ends.
EVENT_FIELDS: tuple[Header, ...] = (
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)
_NEVER = sys.maxsize
_name = itemgetter(0)

# The server frames the message; what a handler says of it could only contradict that.
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
# Fields by which a response asks for more than framing.
_VALIDATORS = frozenset({b"etag", b"last-modified"})
# Fields that say what the finish says, too; the last where it says so.
_SPECIAL = _FRAMING | _VALIDATORS | {b"content-type"}
_SPECIAL_OR_VARY = _SPECIAL | {b"vary"}
# Statuses that a small answer with a body has every day; the others take the longer way.
_ORDINARY = frozenset({200, 201, 202, 400, 401, 403, 404, 405, 409, 422, 429, 500})


def compile_plain(
    api: API,
    below: int | None = None,
    *,
    read_accept: Callable[[Request], bytes | None] | None = None,
) -> Callable[[Response], Answer | None]:
    """The function that finishes a response whose body is a small value, and no other.

    *below* is the length in bytes from which a body may be compressed or tagged. What it gives
    is None for every other response, and for one that asks for more than framing.
    *read_accept* reads the Accept field, where there is a quicker way than through all fields.
    It raises what ``finish()`` raises.
    """
    limit = plain_below(api.settings) if below is None else below
    choices, auto_vary = api.formats.choices, api.settings.auto_vary
    plainly = not api.settings.auto_etag

    def finish_plain(resp: Response) -> Answer | None:
        form = resp.representation
        encoder = form.encode
        known = resp.encoded
        if resp.delivery is not None:
            return None
        try:
            if known is not None:
                if known.value is not resp.own_body or known.representation is not form:
                    return finish_encoded(resp, limit)
                body, field, varies = known.body, known.field, known.varies and auto_vary
            elif encoder is not None:
                body, field, varies = encoder(resp.own_body), form.field, False
            elif (
                form is MEDIA
                and resp.own_mimetype is None
                and (resp.own_headers is None or not names_type(resp))
            ):
                accept = None
                if read_accept is not None:
                    accept = read_accept(resp.req)
                else:
                    for name, value in resp.req.scope["headers"]:
                        if name == b"accept":
                            accept = value if accept is None else accept + b", " + value
                choice = choices.get(accept)
                if choice is None:
                    return finish_encoded(resp, limit)
                write, field = choice
                body, varies = write(resp.own_body), auto_vary
            elif form is PROBLEM:
                body, field = encode_problem(resp, resp.own_body)
                varies = auto_vary
            else:
                return finish_encoded(resp, limit)
        except TypeError as error:
            raise refusal(resp, error) from error
        if form is CONTENT and _asks_for_range(resp.req):
            return None
        if len(body) >= limit:
            if plainly and not _takes_codings(resp.req):
                answer = _frame_uncoded(resp, field, body, varies=varies)
                if answer is not None:
                    return answer
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
            # As content_length(), a call less.
            size = len(body)
            length = LENGTHS[size] if size < SMALL else content_length(size)
            if varies:
                return status or 200, [field, length, VARY_ACCEPT], body
            return status or 200, [field, length], body
        return _frame_more(resp, field, body, varies=varies) or _frame_plain(
            resp, field, body, varies=varies
        )

    found: Callable[[Response], Answer | None] = speed_finish(
        finish_plain,
        limit,
        api.request_class,
        api.response_class,
        TEXT,
        HTML,
        MEDIA,
        choices,
        LENGTHS,
        VARY_ACCEPT if auto_vary else None,
        _ORDINARY,
        Encoded,
        _SPECIAL_OR_VARY,
        read_accept,
        _refuse,
    )
    return found


def _refuse(resp: Response, error: TypeError) -> NoReturn:
    raise refusal(resp, error) from error


def _takes_codings(req: Request) -> bool:
    return any(name == b"accept-encoding" for name, _ in req.scope["headers"])


def _frame_uncoded(
    resp: Response, field: Header | None, body: bytes, *, varies: bool
) -> Answer | None:
    """The answer with a long body for a client that takes no coding, where nothing else is said.

    It says what another client would have got (RFC 9110 §12.5.5).
    """
    status = resp.status_code
    if (
        resp.own_headers is not None
        or resp.own_mimetype is not None
        or resp.own_cookies is not None
        or field is None
        or (status is not None and (type(status) is not int or status not in _ORDINARY))
    ):
        return None
    from responder_core.compression import is_compressible

    fields = [field, content_length(len(body))]
    if is_compressible(field[1].decode("latin-1")):
        fields.append(VARY_BOTH if varies else VARY_CODING)
    elif varies:
        fields.append(VARY_ACCEPT)
    return status or 200, fields, body


def finish_encoded(resp: Response, limit: int) -> Answer | None:
    """As what ``compile_plain()`` gives, for a body that is encoded already, or not yet."""
    if resp.delivery is not None:
        return None
    encoded = encode(resp)
    if encoded is None or len(encoded.body) >= limit:
        return None
    if encoded.representation is CONTENT and _asks_for_range(resp.req):
        return None
    varies = encoded.varies and resp.req.api.settings.auto_vary
    return _frame_plain(resp, encoded.field, encoded.body, varies=varies)


def _frame_plain(
    resp: Response, field: Header | None, body: bytes, *, varies: bool
) -> Answer | None:
    """The answer with the header fields and cookies of a response; None for validators."""
    status = checked_status(resp.status_code)
    fields = dress(resp, field, varies=varies)
    if status in CONTENTLESS:
        return status, _bare(fields, status), b""
    if not _VALIDATORS.isdisjoint(map(_name, fields)):
        return None
    fields.append(content_length(len(body)))
    return status, fields, body


def _asks_for_range(req: Request) -> bool:
    return any(name == b"range" for name, _ in req.scope["headers"])


def _frame_more(
    resp: Response, field: Header | None, body: bytes, *, varies: bool
) -> Answer | None:
    """The answer with header fields that nothing else has to look at, as most are."""
    headers, status = resp.own_headers, resp.status_code
    if (
        headers is None
        or resp.own_mimetype is not None
        or resp.own_cookies is not None
        or field is None
        or (status is not None and (type(status) is not int or status not in _ORDINARY))
    ):
        return None
    fields = headers.fields
    special = _SPECIAL_OR_VARY if varies else _SPECIAL
    for name, _ in fields:
        if name in special:
            return None
    fields.insert(0, field)
    if varies:
        fields.append(VARY_ACCEPT)
    fields.append(content_length(len(body)))
    return status or 200, fields, body


async def finish(resp: Response) -> Answer:
    """The answer of any response.

    Raises:
        Problem: 404, 406, 412, 416: what the client asked for cannot be sent.
        TypeError, ValueError, OSError: what the program set cannot be sent.
    """
    # What this needs is not needed to import an app, nor by one that sends small answers alone.
    from responder_core import selection as steps

    settings, method = resp.req.api.settings, resp.req.method
    status = checked_status(resp.status_code)
    if status in CONTENTLESS:
        await release(resp)
        return status, _bare(dress(resp, None, varies=False), status), b""
    selection = await steps.select(resp)
    fields = dress(resp, selection.field, varies=selection.varies and settings.auto_vary)
    reads = status == 200 and method in ("GET", "HEAD")
    steps.find_validators(selection, fields)
    if settings.auto_etag and reads:
        await steps.tag_content(selection)
    steps.choose_selection_coding(resp, selection, fields)
    steps.add_validators(selection, fields)
    if reads:
        validated = selection.etag is not None or selection.modified is not None
        if validated and steps.is_unchanged(resp.req, selection):
            await release(resp)
            return 304, steps.fields_of_unchanged(fields), b""
        if selection.ranged:
            if selection.file is not None:
                fields.append((b"accept-ranges", b"bytes"))
            if steps.cut_ranges(resp.req, selection, fields):
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
    from responder_core.selection import open_body

    body = await open_body(selection)
    if selection.size is not None:
        fields.append(content_length(selection.size))
    return status, fields, body


async def finish_failure(
    req: Request, resp: Response, exc: Exception, handlers: ExceptionHandlers
) -> WholeAnswer:
    """The answer when a response could not be finished: an error, which always can be.

    After hooks are not run for it: they saw what the view meant.
    """
    await release(resp)
    await handlers.recover(req, resp, exc)
    try:
        status, fields, body = finish_encoded(resp, _NEVER) or await finish(resp)
    except Exception as failure:  # noqa: BLE001 - a handler whose answer cannot be sent either
        fault = failure
    else:
        if isinstance(body, bytes):
            return status, fields, body
        msg = "an exception handler answered with a stream; answer errors with a value"
        fault = TypeError(msg)
    await release(resp)
    handlers.fail(req, resp, fault)
    status, fields, body = finish_encoded(resp, _NEVER) or await finish(resp)
    return status, fields, cast("bytes", body)


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
    named = {name for name, _ in fields}
    if resp.own_mimetype is not None:
        fields = [item for item in fields if item[0] != b"content-type"]
        fields.insert(0, content_type(resp.own_mimetype))
    elif field is not None and b"content-type" not in named:
        fields.insert(0, field)
    if not _FRAMING.isdisjoint(named):
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

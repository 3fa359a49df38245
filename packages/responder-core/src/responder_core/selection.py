"""Selection: the representation that answers a request, and what the request makes of it.

Its validators, its content coding, the preconditions of the request and the ranges it asks for
(RFC 9110 §8, §13 and §14).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from responder_core import compression
from responder_core.encoding import encode
from responder_core.errors import Problem
from responder_core.http.codings import choose_coding
from responder_core.http.conditional import (
    Outcome,
    evaluate,
    if_range_holds,
    is_etag,
    suffix_etag,
)
from responder_core.http.dates import format_date, parse_date
from responder_core.http.fields import add_vary
from responder_core.http.ranges import (
    ByteRanges,
    RangeNotSatisfiable,
    content_range,
    parse_ranges,
    unsatisfied_range,
)
from responder_core.representation import CONTENT, EVENTS, FILE, content_type
from responder_core.threads import run_in_thread
from responder_core.types import RANGESEND

if TYPE_CHECKING:
    from collections.abc import Collection

    from responder_core.files import File, FileFacts
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.types import BodySource, Header

# What asks for less than the whole file, or for none of it.
_CONDITIONS = frozenset(
    {
        b"if-match",
        b"if-modified-since",
        b"if-none-match",
        b"if-unmodified-since",
        b"range",
    }
)
# RFC 9110 §15.4.5: a 304 has none of the fields that speak of a body it does not have.
_OF_THE_BODY = frozenset(
    {
        b"accept-ranges",
        b"content-disposition",
        b"content-encoding",
        b"content-language",
        b"content-length",
        b"content-range",
        b"content-type",
    }
)
# From so many bytes on, work on a body is done in a thread; below, the hop costs more.
_THREADED = 32 * 1024

# Bytes up to which a file is read here for a server that queues what it is sent.
_QUEUED = 4 * 1024 * 1024


@dataclass(slots=True, eq=False)
class Selection:
    """A body on its way to the client.

    Attributes:
        body: the bytes, or a source.
        file: a file that is still to be read; then there is no other body.
        size: its length in bytes, or None where nobody knows it.
        field: the Content-Type that goes with it, or None.
        varies: whether the client's Accept chose it.
        etag, modified: its validators; the tag quoted, the moment in POSIX seconds.
        ranged: whether ranges can be cut from it.
        coding: the content coding it will get, or None.
    """

    body: bytes | BodySource
    size: int | None
    field: Header | None
    file: FileFacts | None = None
    varies: bool = False
    etag: str | None = None
    modified: float | None = None
    ranged: bool = False
    coding: str | None = None


async def select(resp: Response) -> Selection:
    """The body of a response, with what is known of it.

    A file is looked at: in a thread, where that may wait for a disk.

    Raises:
        Problem: 404, a name that a client chose leads to no file; 406, the client takes no
            form that there is.
        OSError: a file that the program named is not there.
        TypeError: the body is of a kind that its attribute does not take.
    """
    form, delivery = resp.representation, resp.delivery
    if form is FILE:
        found = await _select_file(resp)
    else:
        encoded = encode(resp)
        if encoded is None:
            found = Selection(resp.own_body, None, form.field)
        else:
            found = Selection(
                encoded.body,
                len(encoded.body),
                encoded.field,
                varies=encoded.varies,
                ranged=form is CONTENT,
            )
    if delivery is not None:
        found.etag = delivery.etag or found.etag
        found.modified = delivery.modified if delivery.modified is not None else found.modified
    return found


async def _select_file(resp: Response) -> Selection:
    file: File = resp.own_body
    facts = file.facts or _examine_cached(resp)
    if facts is None:
        facts = await run_in_thread(_examine, resp)
    field = content_type(facts.media_type)
    found = Selection(b"", facts.size, field, file=facts, ranged=True)
    if file.conditional:
        found.etag, found.modified = facts.etag, facts.modified
    return found


def _examine(resp: Response) -> FileFacts:
    """What is known of a file; blocking."""
    file: File = resp.own_body
    read, span = _wanted(resp, resp.req.scope.get("extensions") or ())
    return file.examine(read=read, span=span)


def _examine_cached(resp: Response) -> FileFacts | None:
    """What is known of a file, where that need not block.

    What is in memory and short is read also where the server sends files: that takes it longer.
    """
    file: File = resp.own_body
    read, span = _wanted(resp, ())
    return file.examine_cached(read=read, span=span)


def _wanted(resp: Response, extensions: Collection[str]) -> tuple[bool, str | None]:
    """Whether a small file is read at once, and the range of it that is.

    One hop to a thread costs less than two: but where perhaps nothing of it is sent, and where the
    server sends files itself, as its extensions tell.
    """
    scope = resp.req.scope
    asked = _CONDITIONS.intersection(name for name, _ in scope["headers"])
    if scope["method"] != "GET" or asked - {b"range"}:
        return False, None
    if not asked:
        return "http.response.pathsend" not in extensions, None
    spans = resp.req.headers.get_list("range") if RANGESEND not in extensions else []
    return False, spans[0] if len(spans) == 1 else None


async def settle(resp: Response) -> None:
    """Encode a body, or look at a file, before others look at the answer.

    Raises:
        Problem, OSError, TypeError: as ``select()``.
    """
    if resp.representation is FILE:
        if _examine_cached(resp) is None:
            await run_in_thread(_examine, resp)
    else:
        encode(resp)


def settle_in_thread(resp: Response) -> None:
    """As ``settle()``, for a thread that may block."""
    if resp.representation is FILE:
        _examine(resp)
    else:
        encode(resp)


def find_validators(selection: Selection, fields: list[Header]) -> None:
    """Take the validators that the program set as header fields; what is none stays there."""
    for name, value in fields.copy():
        text = value.decode("latin-1")
        if name == b"etag" and is_etag(text):
            selection.etag = text
        elif name == b"last-modified" and (moment := parse_date(text)) is not None:
            selection.modified = moment
        else:
            continue
        fields.remove((name, value))


async def tag_content(selection: Selection) -> None:
    """Give a body that has no tag one that is made from its bytes."""
    body = selection.body
    if selection.etag is None and isinstance(body, bytes):
        threaded = len(body) > _THREADED
        selection.etag = await run_in_thread(_hash, body) if threaded else _hash(body)


def _hash(body: bytes) -> str:
    from hashlib import blake2b

    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def choose_selection_coding(resp: Response, selection: Selection, fields: list[Header]) -> None:
    """Choose the content coding of a body, and tag it apart from the same body in another.

    (RFC 9110 §8.8.3.3: a strong tag names one sequence of bytes.)
    """
    if selection.file is not None and selection.file.coding is not None:
        add_vary(fields, "Accept-Encoding")
        fields.append((b"content-encoding", selection.file.coding.encode("ascii")))
        return
    settings = resp.req.api.settings
    if not settings.gzip or (
        selection.size is not None and selection.size < settings.compress_minimum
    ):
        return
    present = dict(fields)
    media_type = present.get(b"content-type", b"").decode("latin-1")
    if (
        resp.representation is EVENTS
        or not resp.compress
        or b"content-encoding" in present
        or b"no-transform" in present.get(b"cache-control", b"").lower()
        or not compression.is_compressible(media_type)
    ):
        return
    add_vary(fields, "Accept-Encoding")
    req = resp.req
    if selection.ranged and "range" in req.headers:
        return  # Ranges are those of the body as it is (§14.2).
    if _is_queued(req, selection):
        return
    accepted = req.headers.get_list("accept-encoding")
    coding = choose_coding(", ".join(accepted) if accepted else None, compression.available())
    selection.coding = coding
    if coding is not None and selection.etag is not None:
        selection.etag = suffix_etag(selection.etag, coding)


def add_validators(selection: Selection, fields: list[Header]) -> None:
    """Send the validators of a body (RFC 9110 §8.8)."""
    if selection.etag is not None:
        fields.append((b"etag", selection.etag.encode("latin-1")))
    if selection.modified is not None:
        fields.append((b"last-modified", format_date(selection.modified).encode("ascii")))


def is_unchanged(req: Request, selection: Selection) -> bool:
    """Whether the client has the body already: answer 304 (RFC 9110 §13.2.2).

    Raises:
        Problem: 412, a precondition of the request does not hold.
    """
    outcome = evaluate(req.method, req.headers, etag=selection.etag, modified=selection.modified)
    if outcome is Outcome.FAILED:
        raise Problem(412, "A precondition of the request does not hold.")
    return outcome is Outcome.NOT_MODIFIED


def fields_of_unchanged(fields: list[Header]) -> list[Header]:
    """The fields of a 304: those of the 200 that do not speak of its body (RFC 9110 §15.4.5).

    Last-Modified stays only where there is no tag, to guide a cache.
    """
    left_out = _OF_THE_BODY
    if any(name == b"etag" for name, _ in fields):
        left_out |= {b"last-modified"}
    return [field for field in fields if field[0] not in left_out]


def cut_ranges(req: Request, selection: Selection, fields: list[Header]) -> bool:
    """Cut the ranges that the client asks for out of a body: whether there are some.

    The body, its length and the fields become those of a 206 (RFC 9110 §15.3.7).

    Raises:
        Problem: 416, the body has none of the ranges.
    """
    asked = req.headers.get_list("range")
    size = selection.size
    if size is None or len(asked) != 1 or req.method != "GET":
        return False
    if not if_range_holds(
        req.headers.get("if-range"), etag=selection.etag, modified=selection.modified
    ):
        return False
    limits = req.limits
    try:
        spans = parse_ranges(asked[0], size, limit=limits.ranges)
    except RangeNotSatisfiable as error:
        raise Problem(
            416,
            f"The resource has {size} bytes, and none of those asked for.",
            headers={"Content-Range": unsatisfied_range(size), "Accept-Ranges": "bytes"},
        ) from error
    if spans is None:
        return False
    if len(spans) == 1:
        start, stop = spans[0]
        fields.append((b"content-range", content_range(start, stop, size).encode("ascii")))
        _cut(selection, [(b"", start, stop)], b"", stop - start)
        return True
    if _is_queued(req, selection):
        return False  # Several ranges may be ignored (RFC 9110 §14.2).
    media_type = dict(fields).get(b"content-type", b"application/octet-stream").decode("latin-1")
    framing = ByteRanges(spans, size, media_type, boundary=os.urandom(12).hex())
    fields[:] = [field for field in fields if field[0] != b"content-type"]
    fields.append((b"content-type", framing.media_type.encode("latin-1")))
    pieces = [
        (prefix, start, stop) for prefix, (start, stop) in zip(framing.prefixes, spans, strict=True)
    ]
    _cut(selection, pieces, framing.closing, framing.length)
    return True


def _is_queued(req: Request, selection: Selection) -> bool:
    """Whether a server would queue a large file that is read here: it sends such ones itself."""
    size = selection.size
    if selection.file is None or size is None or size <= _QUEUED:
        return False
    return RANGESEND in (req.scope.get("extensions") or ())


def _cut(
    selection: Selection, pieces: list[tuple[bytes, int, int]], closing: bytes, size: int
) -> None:
    selection.size = size
    file = selection.file
    if file is not None and file.part is not None and pieces == [(b"", *file.part[:2])]:
        selection.body, selection.file = file.part[2], None
    elif file is not None:
        from responder_core.files import FileSource

        selection.body, selection.file = FileSource(file, pieces, closing), None
    elif isinstance(selection.body, bytes):  # pragma: no branch - a stream has no ranges
        whole = selection.body
        parts = [prefix + whole[start:stop] for prefix, start, stop in pieces]
        selection.body = b"".join([*parts, closing])


async def open_body(selection: Selection) -> bytes | BodySource:
    """The body as it is sent: what is still to be read is opened, what is to be compressed is.

    Its length in *selection* is then that of what is sent, or None where nobody knows it yet.
    """
    body, file, coding = selection.body, selection.file, selection.coding
    if file is not None:
        from responder_core.files import FileSource

        body = file.content if file.content is not None else FileSource(file)
    if coding is None:
        return body
    if isinstance(body, bytes):
        if len(body) > _THREADED:
            body = await run_in_thread(compression.compress, body, coding)
        else:
            body = compression.compress(body, coding)
        selection.size = len(body)
        return body
    from responder_core.compressed import CompressedSource

    selection.size = None
    return CompressedSource(body, coding)

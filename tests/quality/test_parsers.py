"""Every parser of ours, given what nobody meant: its own error or a value, in little time.

A parser takes each text in less than five seconds of its thread's time, also a piece repeated up
to 64 KiB, which shows one whose time grows with the square of the length. No parser takes a
fiftieth of that on any machine seen, and the collector, which would go through what all tests
before have left, waits.

``FUZZ_EXAMPLES`` is how many texts each parser gets; ``make fuzz`` gives many.
"""

from __future__ import annotations

import contextlib
import gc
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from responder_core import Limits, PathTemplateError, Problem
from responder_core.convertors import BUILT_IN
from responder_core.formats import json, msgpack, yaml
from responder_core.forms import parse_urlencoded
from responder_core.http import (
    accept,
    codings,
    conditional,
    cookies,
    dates,
    disposition,
    fields,
    forwarded,
    headers,
    hosts,
    media_types,
    pointers,
    query,
    ranges,
    request_ids,
    urls,
)
from responder_core.multipart import MultipartReader
from responder_core.paths import PathTemplate, parse_template
from responder_graphql.tokens import count_lines, count_tokens
from responder_ratelimit import LimitError
from responder_ratelimit.limits import read_limits
from responder_sessions.signing import CookieSigner

pytestmark = pytest.mark.fuzz

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))
LONGEST = 65536
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # Making a slow text shorter takes as long as all others together.
    suppress_health_check=list(HealthCheck),
)
MOST_SECONDS = 5.0


@contextlib.contextmanager
def in_little_time(clock: Callable[[], float] = time.thread_time) -> Iterator[None]:
    """Fails where the block takes more than ``MOST_SECONDS``."""
    gc.disable()
    began = clock()
    try:
        yield
        assert clock() - began < MOST_SECONDS
    finally:
        gc.enable()


@dataclass(frozen=True)
class Parser:
    """A parser, and what a text for it is made of.

    Attributes:
        name: what the test is called.
        parse: takes one text, or bytes where *pieces* are.
        pieces: what the grammar has; texts mix them with anything.
        errors: what it may raise, as its docstring says.
        longest: how long a text may be; less where the program itself writes it.
    """

    name: str
    parse: Callable[[Any], object]
    pieces: tuple[Any, ...]
    errors: tuple[type[Exception], ...] = ()
    longest: int = LONGEST

    def texts(self) -> st.SearchStrategy[Any]:
        """Texts of its pieces and of anything, some of them long."""
        is_bytes = isinstance(self.pieces[0], bytes)
        empty, anything = (b"", st.binary(max_size=8)) if is_bytes else ("", st.text(max_size=8))
        parts = st.lists(st.sampled_from(self.pieces) | anything, max_size=12)
        mixed = parts.map(empty.join)
        return mixed | st.builds(repeat, mixed, mixed, st.integers(1, self.longest), mixed)


def repeat(head: Any, part: Any, size: int, tail: Any) -> Any:
    """A part again and again, until it has a size or is longer than it, between two others."""
    return head + part * (1 + size // (len(part) or 1)) + tail


def of_header(parse: Callable[[str], object]) -> Callable[[str], object]:
    """A parser of a header field, whose text a server decodes from bytes."""
    return lambda text: parse(text.encode("utf-8", "surrogatepass").decode("latin-1"))


def of_fields(name: bytes, look: Callable[[list[tuple[bytes, bytes]]], object]) -> Callable:
    """A parser of the header fields of a request, given one of them."""
    return lambda value: look([(name, value)])


class Fields:
    """The fields of a request, each with the same text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def get_list(self, name: str) -> list[str]:
        """As ``conditional.Fields``."""
        return [self.text]


def read_form(content: bytes) -> None:
    """Read parts with a boundary that the content may have."""

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 4096):
            yield content[start : start + 4096]

    async def read() -> None:
        reader = MultipartReader(chunks(), "multipart/form-data; boundary=b", Limits())
        async for part in reader:
            part.decode(await part.read())

    anyio.run(read)


def read_template(template: str) -> PathTemplate:
    """Compile a template."""
    return parse_template(template, BUILT_IN)


def read_segments(template: str) -> None:
    """Compile a template, and read a path by it."""
    for segment in read_template(template).segments:
        parse = getattr(segment, "parse", None)
        if parse is not None:
            parse(template)


def read_ranges(text: str) -> object:
    """The ranges of a text; that none can be had is an answer."""
    try:
        return ranges.parse_ranges(text, 1000, limit=100)
    except ranges.RangeNotSatisfiable:
        return None


NETWORKS = forwarded.parse_networks(["10.0.0.0/8", "::1"])
LIST = (",", ";", "=", " ", "\t", '"', "\\", "*", "/", "q=", "0.5", "a", "W/", "text", "json")
DATE = ("Sun, ", "06 ", "Nov ", "1994 ", "08:49:37", " GMT", "-", "Sunday", "99", "0", "  ")
ADDRESS = ("for=", "proto=https", ";", ",", "127.0.0.1", "[::1]", ":80", '"', "_x", "unknown", "%")
TEMPLATE = ("/", "{", "}", ":", "int", "path", "a", ".")
PARTS = (
    *(b"--b", b"--b--", b"\r\n", b"\r\n\r\n", b"\n", b"\r", b": ", b";", b'"', b"\\", b"=", b"--"),
    *(b"Content-Disposition: form-data", b'; name="a"', b'; filename="a"', b"; filename*=utf-8''%"),
    *(b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: base64"),
)
SIGNED = CookieSigner(["k" * 32], salt="fuzz", starlette=True, clock=lambda: 0.0)

HEADERS = [
    Parser("accept", of_header(accept.parse_accept), LIST),
    Parser("quality", of_header(lambda text: accept.quality(text, "text/html")), LIST),
    Parser("preferred", of_header(lambda text: accept.preferred(text, ["a/b"])), LIST),
    Parser("types_named", of_header(lambda text: accept.types_named("json", text)), LIST),
    Parser("coding", of_header(lambda text: codings.choose_coding(text, ["gzip", "br"])), LIST),
    Parser("etags", of_header(conditional.parse_etags), LIST),
    Parser("is_etag", of_header(conditional.is_etag), LIST),
    Parser("quote_etag", conditional.quote_etag, LIST, (ValueError,)),
    Parser("strip_etag", of_header(conditional.strip_etag), ('"', "-gzip", "W/", "a", "-br")),
    Parser(
        "preconditions",
        of_header(lambda text: conditional.evaluate("GET", Fields(text), etag='"a"', modified=1.0)),
        (*LIST, *DATE),
    ),
    Parser(
        "if_range",
        of_header(lambda text: conditional.if_range_holds(text, etag='"a"', modified=1.0)),
        (*LIST, *DATE),
    ),
    Parser("cookies", of_header(cookies.parse_cookies), (*LIST, "a=b", "\\073", "__Host-")),
    Parser("date", of_header(dates.parse_date), DATE),
    Parser(
        "disposition",
        of_header(disposition.parse_disposition),
        (*LIST, "form-data", "filename*=", "utf-8''", "%C3", "%", "'", "*0*="),
    ),
    Parser("base_name", disposition.base_name, ("/", "\\", ".", "..", "CON", " ", "\0", "\u202e")),
    Parser(
        "content_disposition",
        lambda text: disposition.content_disposition("inline", text),
        ("/", "\\", '"', "%", "\n", "é", "\ud800"),
    ),
    Parser("field names", lambda text: fields.join_tokens(text, [text]), LIST, (ValueError,)),
    Parser("directives", lambda text: fields.format_directives({text: text}), LIST, (ValueError,)),
    Parser("forwarded", of_header(forwarded.parse_forwarded), ADDRESS),
    Parser("x_forwarded", of_header(lambda t: forwarded.parse_x_forwarded(t, t)), ADDRESS),
    Parser("networks", lambda t: forwarded.parse_networks([t]), (*ADDRESS, "/8"), (ValueError,)),
    Parser("is_within", lambda text: forwarded.is_within(text, NETWORKS), ADDRESS),
    Parser("encode_name", headers.encode_name, LIST, (ValueError,)),
    Parser("encode_value", headers.encode_value, ("\r", "\n", "\0", "é", "€", "\ud800")),
    Parser("media_type", of_header(media_types.parse_media_type), LIST),
    Parser("is_json", of_header(media_types.is_json), (*LIST, "+json", "application/")),
    Parser("parameters", of_header(media_types.parameters), (*LIST, "charset=")),
    Parser("charset", of_header(media_types.charset), (*LIST, "charset=", "utf-8", "x")),
    Parser("codec", media_types.find_codec, ("utf", "-", "8", "\0", "idna", "hex", "punycode")),
    Parser("ranges", of_header(read_ranges), ("bytes=", "-", ",", "0", "9", " ")),
]
TEXTS = [
    Parser("pointer", pointers.pointer, ("/", "~", "%", "\ud800", "#")),
    Parser(
        "query", lambda t: list(query.QueryDict(t).items()), ("a", "=", "&", "%", "+", ";", "%F")
    ),
    Parser("request_uri", request_ids.request_uri, ("urn:uuid:", "-", "/", "\n", "é", "%")),
    Parser("reference", urls.quote_reference, ("//", "\\", "\t", "http:", "@", "[", "%", "\ud800")),
    Parser("is_external", urls.is_external, ("//", "\\", "\t", "http:", "@", "[", "%2f", " ")),
    Parser("template", read_template, TEMPLATE, (PathTemplateError,)),
    Parser("segments", read_segments, TEMPLATE, (PathTemplateError,), longest=2048),
    *(
        Parser(f"convertor {name}", kind.parse, ("0", "9", ".", "-", "e", "a", "f" * 8, "-ffff"))
        for name, kind in BUILT_IN.items()
    ),
    Parser(
        "limits", read_limits, ("10", "/", "minute", "; ", "burst ", "cost ", "gcra"), (LimitError,)
    ),
    Parser(
        "graphql tokens",
        lambda t: count_tokens(t, 10**9),
        ("{", "}", '"', '"""', "\\", "#", "\n", "1.", "e"),
    ),
    Parser("graphql lines", count_lines, ("\r", "\n", "a")),
]
CONTENTS = [
    Parser("host", hosts.is_host, (b"a", b".", b":", b"80", b"[", b"::1", b"]", b"@", b"%")),
    Parser(
        "host fault", of_fields(b"host", lambda f: hosts.find_fault(f, "1.1")), (b"a", b":", b"[")
    ),
    Parser(
        "hosts", lambda t: hosts.is_named(t, ["a.b", "*.c"]), (b"a", b".b", b".c", b":80", b"[")
    ),
    Parser(
        "hops", of_fields(b"forwarded", forwarded.find_hops), (b"for=", b'"', b",", b";", b"[::1]")
    ),
    Parser("quote_query", urls.quote_query, (b"%", b"&", b"=", b"\xff", b" ", b"#")),
    Parser("session", SIGNED.load, (b".", b"e30", b"AAAA", b"=", b"_", b"-", b"\xff")),
    Parser(
        "urlencoded",
        lambda content: parse_urlencoded(content, "utf-8", Limits()),
        (b"a", b"=", b"&", b"%", b"%C3", b"+", b"\xff", b";"),
        (Problem,),
    ),
    Parser("multipart", read_form, PARTS, (Problem,)),
    Parser(
        "json",
        json.decode,
        (b"{", b"}", b"[", b"]", b'"a"', b":", b",", b"1", b"e9", b"\\u"),
        (Problem,),
    ),
    Parser(
        "msgpack",
        msgpack.decode,
        (b"\x91", b"\x81", b"\xc7", b"\xdf", b"\xff", b"\xa1a"),
        (Problem,),
    ),
    Parser(
        "yaml",
        yaml.decode,
        (b"a", b": ", b"- ", b"\n", b"&a ", b"*a", b"[", b"!!", b"'", b"|"),
        (Problem,),
    ),
]


@pytest.mark.parametrize("parser", [*HEADERS, *TEXTS, *CONTENTS], ids=lambda parser: parser.name)
def test_parser(parser: Parser) -> None:
    @FUZZ
    @given(parser.texts())
    def parse(text: Any) -> None:
        with in_little_time(), contextlib.suppress(*parser.errors):
            parser.parse(text)

    parse()


def test_a_template_has_many_parameters() -> None:
    """Each has another name, which no piece that comes again and again has."""
    template = "".join(f"/{{a{number}}}" for number in range(LONGEST // 4))

    with in_little_time():
        assert len(read_template(template).parameters) == LONGEST // 4

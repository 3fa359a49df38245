"""Status codes: their phrases, and which of them carry no content (RFC 9110 §15)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core.status import CONTENTLESS, phrase

# RFC 9110 §15.2 to §15.6, as its section headings have them.
RFC_9110 = {
    100: "Continue",
    101: "Switching Protocols",
    200: "OK",
    201: "Created",
    202: "Accepted",
    203: "Non-Authoritative Information",
    204: "No Content",
    205: "Reset Content",
    206: "Partial Content",
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Found",
    303: "See Other",
    304: "Not Modified",
    305: "Use Proxy",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    416: "Range Not Satisfiable",
    417: "Expectation Failed",
    421: "Misdirected Request",
    422: "Unprocessable Content",
    426: "Upgrade Required",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
}


@pytest.mark.parametrize(("code", "expected"), RFC_9110.items(), ids=map(str, RFC_9110))
def test_phrases_are_those_of_rfc_9110_on_every_python(code, expected):
    assert phrase(code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(428, "Precondition Required", id="428-rfc6585-3"),
        pytest.param(429, "Too Many Requests", id="429-rfc6585-4"),
        pytest.param(431, "Request Header Fields Too Large", id="431-rfc6585-5"),
        pytest.param(451, "Unavailable For Legal Reasons", id="451-rfc7725-3"),
        pytest.param(511, "Network Authentication Required", id="511-rfc6585-6"),
    ],
)
def test_phrases_of_later_registrations_are_known(code, expected):
    assert phrase(code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(199, "Informational", id="1xx-rfc9110-15.2"),
        pytest.param(299, "Successful", id="2xx-rfc9110-15.3"),
        pytest.param(399, "Redirection", id="3xx-rfc9110-15.4"),
        pytest.param(499, "Client Error", id="4xx-rfc9110-15.5"),
        pytest.param(599, "Server Error", id="5xx-rfc9110-15.6"),
        pytest.param(99, "HTTP Error", id="below-all-classes"),
        pytest.param(600, "HTTP Error", id="above-all-classes"),
        pytest.param(0, "HTTP Error", id="zero"),
        pytest.param(-404, "HTTP Error", id="negative"),
    ],
)
def test_an_unregistered_code_is_called_as_its_class(code, expected):
    assert phrase(code) == expected


@settings(deadline=None)
@given(st.integers())
def test_every_integer_has_a_phrase_that_fits_a_status_line(code):
    """RFC 9112 §4: a reason phrase is HTAB, SP, VCHAR and obs-text."""
    assert phrase(code).isprintable()
    assert phrase(code)


@pytest.mark.parametrize("code", [100, 101, 103, 204, 205, 304])
def test_statuses_without_content_are_known(code):
    """RFC 9110 §6.4.1: 1xx, 204 and 304 have none; §15.3.6: 205 must not send any."""
    assert code in CONTENTLESS


@pytest.mark.parametrize("code", [200, 201, 202, 206, 301, 307, 400, 404, 500])
def test_statuses_with_content_are_not_taken_for_empty(code):
    assert code not in CONTENTLESS

"""Representations: the forms a response body can take, and how each becomes bytes."""

from __future__ import annotations

import pytest

from responder_core.representation import (
    CONTENT,
    HTML,
    MEDIA,
    NOTHING,
    PROBLEM,
    TEXT,
    content_length,
    content_type,
)


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        pytest.param("text/plain", b"text/plain; charset=utf-8", id="text"),
        pytest.param("text/csv", b"text/csv; charset=utf-8", id="another-text"),
        pytest.param("TEXT/CSV", b"TEXT/CSV; charset=utf-8", id="upper-case"),
        pytest.param(
            "text/csv; header=present", b"text/csv; header=present; charset=utf-8", id="p"
        ),
        pytest.param("text/csv; charset=ascii", b"text/csv; charset=ascii", id="own-charset"),
        pytest.param("text/csv;CHARSET=ascii", b"text/csv;CHARSET=ascii", id="own-charset-upper"),
        pytest.param("application/json", b"application/json", id="rfc8259-11-no-charset"),
        pytest.param("image/png", b"image/png", id="image"),
        pytest.param("a/b\r\nX-Evil: 1", b"a/b  X-Evil: 1", id="injected-line"),
    ],
)
def test_a_text_type_says_that_it_is_utf_8(media_type, expected):
    assert content_type(media_type) == (b"content-type", expected)


@pytest.mark.parametrize("media_type", [5, b"text/plain"], ids=repr)
def test_a_media_type_that_is_no_str_is_refused(media_type):
    with pytest.raises((TypeError, AttributeError)):
        content_type(media_type)


@pytest.mark.parametrize("length", [0, 1, 2047, 2048, 2049, 10**12])
def test_the_length_is_written_in_decimal(length):
    """RFC 9110 §8.6; small ones are made beforehand, the others when they are needed."""
    assert content_length(length) == (b"content-length", str(length).encode())


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (NOTHING, None),
        (TEXT, b"text/plain; charset=utf-8"),
        (HTML, b"text/html; charset=utf-8"),
        (CONTENT, b"application/octet-stream"),
        (MEDIA, b"application/json"),
        (PROBLEM, b"application/problem+json"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_each_form_has_its_type(form, field):
    assert form.field == (None if field is None else (b"content-type", field))


@pytest.mark.parametrize(
    ("form", "value", "expected"),
    [
        pytest.param(NOTHING, None, b"", id="nothing"),
        pytest.param(NOTHING, "left over", b"", id="nothing-of-a-left-over"),
        pytest.param(TEXT, "é", "é".encode(), id="text"),
        pytest.param(HTML, "<p>", b"<p>", id="html"),
        pytest.param(CONTENT, b"\xff", b"\xff", id="bytes"),
        pytest.param(CONTENT, "é", "é".encode(), id="str"),
        pytest.param(CONTENT, bytearray(b"\xff"), b"\xff", id="bytearray"),
        pytest.param(CONTENT, memoryview(b"\xffab"), b"\xffab", id="memoryview"),
        pytest.param(CONTENT, memoryview(b"abcd")[::2], b"ac", id="memoryview-with-steps"),
    ],
)
def test_each_form_encodes_what_it_takes(form, value, expected):
    encoded = form.encode(value)

    assert encoded == expected
    assert type(encoded) is bytes


@pytest.mark.parametrize(
    ("form", "value"),
    [
        pytest.param(TEXT, b"bytes", id="text-of-bytes"),
        pytest.param(TEXT, None, id="text-of-none"),
        pytest.param(HTML, 5, id="html-of-a-number"),
        pytest.param(CONTENT, None, id="content-of-none"),
        pytest.param(CONTENT, 5, id="content-of-a-number"),
        pytest.param(CONTENT, [1], id="content-of-a-list"),
    ],
)
def test_each_form_refuses_what_it_does_not_take(form, value):
    """bytes(5) would be five NULs, and bytes([1]) a byte: neither is what was meant."""
    with pytest.raises(TypeError):
        form.encode(value)

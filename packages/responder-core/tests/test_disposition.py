"""Content-Disposition, and the file names in it (RFC 6266, RFC 8187, RFC 7578 §4.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder_core.http.disposition import base_name, content_disposition, parse_disposition


@pytest.mark.parametrize(
    ("kind", "filename", "expected"),
    [
        pytest.param("inline", None, "inline", id="6266-4.2-kind-alone"),
        pytest.param("attachment", "a.txt", 'attachment; filename="a.txt"', id="6266-4.3"),
        pytest.param("attachment", "", 'attachment; filename=""', id="6266-4.3-empty"),
        pytest.param("attachment", 'a"b', r'attachment; filename="a\"b"', id="9110-5.6.4-quote"),
        pytest.param("attachment", "a\\b", r'attachment; filename="a\\b"', id="9110-5.6.4-slash"),
        pytest.param(
            "attachment",
            "naïve €.txt",
            "attachment; filename=\"na_ve _.txt\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt",
            id="8187-3.2-both-forms",
        ),
        pytest.param(
            "attachment",
            "100%.txt",
            "attachment; filename=\"100%.txt\"; filename*=UTF-8''100%25.txt",
            id="6266-d-percent",
        ),
        pytest.param(
            "attachment",
            "a\r\nSet-Cookie: b",
            'attachment; filename="aSet-Cookie: b"',
            id="no-line-is-injected",
        ),
        pytest.param("attachment", "a\x00b", 'attachment; filename="ab"', id="no-nul"),
        pytest.param("attachment", "a\tb\x7f", 'attachment; filename="ab"', id="no-controls"),
        pytest.param("attachment", "a\x85b", 'attachment; filename="ab"', id="no-c1-controls"),
        pytest.param(
            "inline",
            "a'(b)*.txt",
            'inline; filename="a\'(b)*.txt"',
            id="6266-4.3-plain-is-enough",
        ),
        pytest.param(
            "inline",
            "é'(*)",
            "inline; filename=\"_'(*)\"; filename*=UTF-8''%C3%A9%27%28%2A%29",
            id="8187-3.2.1-not-attr-char",
        ),
        pytest.param(
            "attachment", "\ud800.txt", 'attachment; filename="?.txt"', id="half-a-character"
        ),
    ],
)
def test_a_name_is_written(kind, filename, expected):
    assert content_disposition(kind, filename) == expected


@pytest.mark.parametrize(
    ("header", "kind", "parameters"),
    [
        pytest.param("inline", "inline", {}, id="6266-4.1"),
        pytest.param("Attachment", "attachment", {}, id="6266-4.1-any-case"),
        pytest.param(
            'form-data; name="a"; filename="b.txt"',
            "form-data",
            {"name": "a", "filename": "b.txt"},
            id="7578-4.2",
        ),
        pytest.param("x; name=a", "x", {"name": "a"}, id="6266-4.1-token"),
        pytest.param("x ; NAME = a ", "x", {"name": "a"}, id="6266-4.1-blanks"),
        pytest.param(r'x; name="a\"b\\c"', "x", {"name": r'a"b\c'}, id="9110-5.6.4-escapes"),
        pytest.param(r'x; name="C:\dir\a"', "x", {"name": r"C:\dir\a"}, id="old-browsers"),
        pytest.param('x; name="a;b"', "x", {"name": "a;b"}, id="9110-5.6.4-semicolon"),
        pytest.param('x; name=""', "x", {"name": ""}, id="empty"),
        pytest.param("x; name=a; name=b", "x", {"name": "a"}, id="the-first-of-equals"),
        pytest.param(
            "x; filename=a; filename*=UTF-8''%e2%82%ac.txt",
            "x",
            {"filename": "€.txt"},
            id="6266-4.3-extended-wins",
        ),
        pytest.param(
            "x; filename*=utf-8'de'%C3%BC", "x", {"filename": "ü"}, id="8187-3.2-language"
        ),
        pytest.param("x; filename*=ISO-8859-1''%fc", "x", {"filename": "ü"}, id="8187-3.2-latin-1"),
        pytest.param(
            "x; filename=a; filename*=UTF-8''%ff", "x", {"filename": "a"}, id="8187-3.2-no-utf-8"
        ),
        pytest.param(
            "x; filename=a; filename*=KOI8-R''%ff", "x", {"filename": "a"}, id="8187-3.2-charset"
        ),
        pytest.param("x; filename=a; filename*=b", "x", {"filename": "a"}, id="8187-3.2-no-quotes"),
        pytest.param("x; filename*=UTF-8''ü", "x", {"filename": "ü"}, id="8187-3.2-not-encoded"),
        pytest.param('x; name="open', "x", {}, id="open-quote"),
        pytest.param("x; ; name=a", "x", {}, id="nothing-behind-nonsense"),
        pytest.param("", "", {}, id="nothing"),
        pytest.param("x;" + " " * 65536, "x", {}, id="64-kib-of-blanks"),
        pytest.param("x" + ";a=b" * 16384, "x", {"a": "b"}, id="64-kib-of-parameters"),
        pytest.param('x; a="' + "\\" * 65536, "x", {}, id="64-kib-of-escapes"),
        pytest.param("x" + ';a="' * 16384, "x", {"a": ";a="}, id="64-kib-of-quotes"),
        pytest.param("x;a=" + " " * 65536 + '"', "x", {}, id="64-kib-before-a-quote"),
        pytest.param("x;" + "a" * 65536, "x", {}, id="64-kib-of-a-name"),
        pytest.param("x;a*=UTF-8''" + "%" * 65536, "x", {"a": "%" * 65536}, id="64-kib-of-percent"),
        pytest.param("x;a*=" + "'" * 65536, "x", {}, id="64-kib-of-apostrophes"),
        pytest.param("x; filename*=UTF-8''\ud800", "x", {}, id="half-a-character"),
        pytest.param(
            "x; filename*0=a; filename*1=b",
            "x",
            {"filename*0": "a", "filename*1": "b"},
            id="8187-1-no-continuations",
        ),
        pytest.param(
            "x; filename*=UTF-8''%e2%82%ac.txt; filename=a",
            "x",
            {"filename": "€.txt"},
            id="6266-4.3-extended-first",
        ),
    ],
)
def test_a_header_is_read(header, kind, parameters):
    assert parse_disposition(header) == (kind, parameters)


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"])))
def test_a_name_that_is_written_is_read_again(filename):
    _, parameters = parse_disposition(content_disposition("attachment", filename))

    assert parameters["filename"] == filename


@given(st.text())
def test_what_is_written_is_one_line_of_ascii(filename):
    field = content_disposition("attachment", filename)

    assert field.isascii()
    assert field.isprintable()


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        pytest.param("a.txt", "a.txt", id="as-it-is"),
        pytest.param("naïve €.txt", "naïve €.txt", id="beyond-ascii"),
        pytest.param("../../etc/passwd", "passwd", id="7578-4.2-traversal"),
        pytest.param("/etc/passwd", "passwd", id="absolute"),
        pytest.param("..\\..\\x.txt", "x.txt", id="backslashes"),
        pytest.param("C:\\dir\\x.txt", "x.txt", id="windows-path"),
        pytest.param("C:x.txt", "Cx.txt", id="windows-drive"),
        pytest.param("x.txt:stream", "x.txtstream", id="windows-stream"),
        pytest.param("dir/", "upload", id="directory"),
        pytest.param("..\u2215x", "x", id="looks-like-a-slash"),
        pytest.param("..\uff0fx", "x", id="wide-slash"),
        pytest.param("", "upload", id="empty"),
        pytest.param(".", "upload", id="dot"),
        pytest.param("..", "upload", id="dots"),
        pytest.param("...", "upload", id="three-dots"),
        pytest.param(" . ", "upload", id="blanks-and-dots"),
        pytest.param(".bashrc", "bashrc", id="hidden"),
        pytest.param("a.txt. . ", "a.txt", id="windows-trailing-dots"),
        pytest.param("a\x00.png", "a.png", id="nul"),
        pytest.param("a\r\nb", "ab", id="lines"),
        pytest.param("a\x7fb\x9fc", "abc", id="controls"),
        pytest.param("gpj.\u202egnp.exe", "gpj.gnp.exe", id="bidi"),
        pytest.param("a\u200bb\ufeff", "ab", id="zero-width"),
        pytest.param("a\ud800b", "ab", id="half-a-character"),
        pytest.param('a<b>c"d|e?f*g', "abcdefg", id="windows-forbidden"),
        pytest.param("CON", "_CON", id="device"),
        pytest.param("con.txt", "_con.txt", id="device-with-extension"),
        pytest.param("Lpt1.tar.gz", "_Lpt1.tar.gz", id="device-with-two"),
        pytest.param("COM².txt", "_COM².txt", id="device-with-superscript"),
        pytest.param("console.txt", "console.txt", id="no-device"),
        pytest.param("nul", "_nul", id="device-nul"),
        pytest.param("AUX.", "_AUX", id="device-with-dot"),
        pytest.param("con .txt", "_con .txt", id="device-with-blank"),
        pytest.param("con\u2003.txt", "_con\u2003.txt", id="device-with-wide-blank"),
        pytest.param("CON:", "_CON", id="device-with-colon"),
        pytest.param("CO\u200bN", "_CON", id="device-with-zero-width"),
        pytest.param("CON" + " " * 300 + "x.txt", "_CON.txt", id="device-when-it-is-cut"),
        pytest.param("CON." + "b" * 251, "_CON." + "b" * 250, id="device-of-255"),
        pytest.param("a\u061cb\u180ec\u034f", "abc", id="marks"),
        pytest.param("a\U000e0041\U000e007f.txt", "a.txt", id="tags"),
        pytest.param("\u2003x.txt\u205f", "x.txt", id="wide-blanks"),
        pytest.param("3.00\u202fPM.png", "3.00\u202fPM.png", id="narrow-blank-inside"),
        pytest.param("..\u200b..", "upload", id="dots-around-zero-width"),
        pytest.param("a/..", "upload", id="dots-of-a-directory"),
        pytest.param("\\\\server\\share\\x", "x", id="network-path"),
        pytest.param("a%2Fb", "a%2Fb", id="percent-stays-as-it-came"),
        pytest.param("a" * 5000, "a" * 255, id="5000-characters"),
        pytest.param("a" * 5000 + ".txt", "a" * 251 + ".txt", id="5000-with-extension"),
        pytest.param("é" * 200, "é" * 127, id="255-bytes-not-characters"),
        pytest.param("a." + "b" * 5000, "a." + "b" * 253, id="5000-of-extension"),
        pytest.param("/" * 65536 + "x", "x", id="64-kib-of-slashes"),
        pytest.param("." * 65536, "upload", id="64-kib-of-dots"),
        pytest.param("a." * 32768, "a." * 127 + "a", id="64-kib-of-extensions"),
        pytest.param("\u202e" * 65536 + "x", "x", id="64-kib-of-marks"),
    ],
)
def test_a_clients_name_becomes_a_bare_one(filename, expected):
    assert base_name(filename) == expected


@given(st.text())
def test_any_name_can_be_used_in_a_directory(filename):
    name = base_name(filename)

    assert name
    assert len(name.encode()) <= 255
    assert not set(name) & set('/\\\0<>:"|?*\r\n')
    assert name == name.strip(". ")
    assert base_name(name) == name


@pytest.mark.parametrize("encoded", ["..%2F..%2Fetc%2Fx", "%2e%2e%5Cx", "a%00%2Fx"])
def test_an_extended_name_is_decoded_before_it_is_made_bare(encoded):
    """RFC 8187: what is hidden by percent-encoding is still a path."""
    _, parameters = parse_disposition(f"form-data; filename*=UTF-8''{encoded}")

    assert base_name(parameters["filename"]) == "x"

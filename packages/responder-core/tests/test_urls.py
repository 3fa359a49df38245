"""URLs: percent-encoding of paths, and which locations stay on the host (RFC 3986)."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core.http.urls import is_external, quote_path, quote_reference, quote_segment

# RFC 3986 Appendix A.
PCHAR = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-F]{2})"
SEGMENT = re.compile(f"{PCHAR}*")
PATH = re.compile(rf"(?:{PCHAR}|/)*")
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "", id="empty"),
        pytest.param("a/b c", "a%2Fb%20c", id="slash-and-space"),
        pytest.param("-._~", "-._~", id="rfc3986-2.3-unreserved"),
        pytest.param("!$&'()*+,;=", "!$&'()*+,;=", id="rfc3986-2.2-sub-delims"),
        pytest.param(":@", ":@", id="rfc3986-3.3-pchar"),
        pytest.param("?#[]", "%3F%23%5B%5D", id="rfc3986-2.2-gen-delims"),
        pytest.param("100%", "100%25", id="percent"),
        pytest.param("%2F", "%252F", id="encoded-once-more"),
        pytest.param("é日", "%C3%A9%E6%97%A5", id="rfc3986-2.5-utf-8"),
        pytest.param("\\", "%5C", id="backslash"),
        pytest.param("\r\n\t\0", "%0D%0A%09%00", id="controls"),
        pytest.param('"<>^`{|}', "%22%3C%3E%5E%60%7B%7C%7D", id="never-in-a-url"),
    ],
)
def test_a_segment_keeps_what_rfc_3986_lets_stand(text, expected):
    assert quote_segment(text) == expected


@settings(deadline=None)
@given(TEXT)
def test_a_segment_is_one_segment_and_decodes_to_its_text(text):
    quoted = quote_segment(text)

    assert SEGMENT.fullmatch(quoted)
    assert unquote(quoted) == text


@settings(deadline=None)
@given(TEXT)
def test_a_path_keeps_its_slashes_and_decodes_to_its_text(text):
    quoted = quote_path(text)

    assert PATH.fullmatch(quoted)
    assert unquote(quoted) == text
    assert quoted.count("/") == text.count("/")


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        pytest.param("/a?b=c&d#e", "/a?b=c&d#e", id="delimiters-stay"),
        pytest.param("/a%20b", "/a%20b", id="encoded-stays"),
        pytest.param("/a b", "/a%20b", id="space"),
        pytest.param("/é", "/%C3%A9", id="not-ascii"),
        pytest.param("/\\evil.example", "/%5Cevil.example", id="backslash"),
        pytest.param("/a\r\nX: y", "/a%0D%0AX:%20y", id="injected-line"),
        pytest.param('/"<>', "/%22%3C%3E", id="markup"),
        pytest.param("http://[::1]:80/", "http://[::1]:80/", id="ip-literal"),
        pytest.param("/\ud800?\udfff", "/%EF%BF%BD?%EF%BF%BD", id="lone-surrogates"),
        pytest.param("/\ud7ff\ue000", "/%ED%9F%BF%EE%80%80", id="beside-the-surrogates"),
        pytest.param("", "", id="empty"),
    ],
)
def test_a_reference_is_encoded_where_it_is_not_yet(location, expected):
    assert quote_reference(location) == expected


@settings(deadline=None)
@given(st.text())
def test_a_reference_is_encoded_once_however_often(text):
    quoted = quote_reference(text)

    assert quote_reference(quoted) == quoted
    assert re.fullmatch(r"[!#-;=?-\[\]_a-z~]*", quoted), "printable ASCII, no quotes or backslash"


EXTERNAL = [
    pytest.param("http://evil.example", id="rfc3986-4.3-absolute"),
    pytest.param("HTTPS://evil.example", id="upper-case"),
    pytest.param("http:evil.example", id="scheme-without-slashes"),
    pytest.param("http:/evil.example", id="scheme-with-one-slash"),
    pytest.param("javascript:alert(1)", id="script"),
    pytest.param("data:text/html,x", id="data"),
    pytest.param("a+b-c.d:e", id="rfc3986-3.1-any-scheme"),
    pytest.param("//evil.example", id="rfc3986-4.2-network-path"),
    pytest.param("///evil.example", id="three-slashes"),
    pytest.param("////evil.example", id="four-slashes"),
    pytest.param("//", id="slashes-alone"),
    pytest.param("/\\evil.example", id="slash-backslash"),
    pytest.param("\\/evil.example", id="backslash-slash"),
    pytest.param("\\\\evil.example", id="two-backslashes"),
    pytest.param("/\t/evil.example", id="tab-between"),
    pytest.param("/\n/evil.example", id="newline-between"),
    pytest.param("/\r\\evil.example", id="carriage-return-between"),
    pytest.param("\t//evil.example", id="leading-tab"),
    pytest.param("  //evil.example", id="leading-spaces"),
    pytest.param("\x00//evil.example", id="leading-nul"),
    pytest.param("\x01//evil.example", id="leading-control"),
    pytest.param("\x1b \x08http://evil.example", id="leading-controls-and-spaces"),
    pytest.param("\x0c//evil.example", id="leading-form-feed"),
    pytest.param("h\tttp://evil.example", id="tab-in-scheme"),
    pytest.param("ht\ntp:evil.example", id="newline-in-scheme"),
    pytest.param("java\r\nscript:alert(1)", id="newline-in-script"),
    pytest.param(" javascript:alert(1)", id="space-before-script"),
]

INTERNAL = [
    pytest.param("", id="empty"),
    pytest.param("/", id="root"),
    pytest.param("/users", id="path"),
    pytest.param("users", id="relative"),
    pytest.param("./users", id="dot"),
    pytest.param("../users", id="dots"),
    pytest.param("?next=http://evil.example", id="in-query"),
    pytest.param("#//evil.example", id="in-fragment"),
    pytest.param("/login?next=//evil.example", id="in-query-of-path"),
    pytest.param("/a//evil.example", id="slashes-inside"),
    pytest.param("/a:b", id="colon-in-path"),
    pytest.param("1:b", id="digit-is-no-scheme"),
    pytest.param("/%09/evil.example", id="encoded-tab"),
    pytest.param("/%2F/evil.example", id="encoded-slash"),
    pytest.param("/%5Cevil.example", id="encoded-backslash"),
    pytest.param("%68ttp://evil.example", id="encoded-scheme"),
]


@pytest.mark.parametrize("location", EXTERNAL)
def test_whatever_a_browser_reads_as_another_host_is_external(location):
    """WHATWG URL §4.4: leading C0 controls and spaces go, tabs and newlines wherever they are."""
    assert is_external(location)


@pytest.mark.parametrize("location", INTERNAL)
def test_what_stays_on_the_host_is_not_external(location):
    assert not is_external(location)


def browser_leaves(location):
    """Whether a browser on http://own.example would leave it, after WHATWG URL §4.4."""
    location = location.lstrip("".join(map(chr, range(0x21))))
    location = location.replace("\t", "").replace("\n", "").replace("\r", "")
    if re.match("[a-zA-Z][a-zA-Z0-9+.-]*:", location):
        return True
    return bool(re.match(r"[/\\][/\\]", location))


HOSTILE = st.text(st.sampled_from("/\\:.ah1 \t\n\r\x00\x01\x0b\x0c\x1c\x1f\x7f\x85\xa0?#%@é"))


@settings(deadline=None, max_examples=500)
@given(HOSTILE)
def test_nothing_that_leaves_the_host_is_taken_for_internal(location):
    if browser_leaves(location):
        assert is_external(location)


@settings(deadline=None, max_examples=500)
@given(HOSTILE)
def test_what_is_sent_of_an_internal_location_stays_on_the_host(location):
    if not is_external(location):
        sent = quote_reference(location)

        assert not browser_leaves(sent)
        assert urlsplit(sent).netloc == ""


@pytest.mark.parametrize("text", ["/", "\\", "\t", " ", "a", "%", "\x00"])
def test_sixty_four_kilobytes_are_judged(text):
    location = text * 65536

    assert is_external(location) is (text in "/\\")
    assert len(quote_reference(location)) in {65536, 3 * 65536}

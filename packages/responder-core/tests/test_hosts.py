"""The Host header field: which values are one (RFC 9110 §7.2, RFC 3986 §3.2.2)."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responder_core import API
from responder_core.http.hosts import find_fault, is_host

GOOD = [
    pytest.param(b"example.org", id="rfc3986-3.2.2-reg-name"),
    pytest.param(b"EXAMPLE.ORG", id="upper-case"),
    pytest.param(b"example.org.", id="final-dot"),
    pytest.param(b"a", id="one-letter"),
    pytest.param(b"example.org:80", id="rfc3986-3.2.3-port"),
    pytest.param(b"example.org:65535", id="highest-port"),
    pytest.param(b"example.org:", id="rfc3986-3.2.3-empty-port"),
    pytest.param(b"192.0.2.1", id="rfc3986-3.2.2-ipv4"),
    pytest.param(b"192.0.2.1:8080", id="ipv4-with-port"),
    pytest.param(b"[2001:db8::1]", id="rfc3986-3.2.2-ip-literal"),
    pytest.param(b"[2001:DB8::1]:443", id="ip-literal-with-port"),
    pytest.param(b"[::]", id="any-address"),
    pytest.param(b"[::ffff:192.0.2.1]", id="ipv4-mapped"),
    pytest.param(b"[v1.fe80:x]", id="rfc3986-3.2.2-ipvfuture"),
    pytest.param(b"a_b.c-d~e", id="unreserved"),
    pytest.param(b"!$&'()*+,;=", id="sub-delims"),
    pytest.param(b"b%C3%BCcher.example", id="pct-encoded"),
    pytest.param(b"xn--bcher-kva.example", id="rfc5890-a-label"),
    pytest.param(b";", id="test-client"),
    pytest.param(b"a" * 255 + b":65535", id="longest"),
]

BAD = [
    pytest.param(b"", id="empty"),
    pytest.param(b":80", id="port-alone"),
    pytest.param(b"a:b", id="port-of-letters"),
    pytest.param(b"a:-1", id="negative-port"),
    pytest.param(b"a:+1", id="signed-port"),
    pytest.param(b"a:123456", id="six-digit-port"),
    pytest.param(b"a:65536", id="rfc6335-6-port-too-high"),
    pytest.param(b"a:80:80", id="two-ports"),
    pytest.param(b"a b", id="space"),
    pytest.param(b" a", id="leading-space"),
    pytest.param(b"a ", id="final-space"),
    pytest.param(b"a\t", id="tab"),
    pytest.param(b"a\n", id="final-newline"),
    pytest.param(b"a\r\nX-Evil: 1", id="injected-line"),
    pytest.param(b"a\x00", id="nul"),
    pytest.param(b"a/", id="slash"),
    pytest.param(b"a/evil", id="path"),
    pytest.param(b"a\\evil", id="backslash"),
    pytest.param(b"a?q", id="query"),
    pytest.param(b"a#f", id="fragment"),
    pytest.param(b"user@a", id="userinfo"),
    pytest.param(b"user:pass@a", id="password"),
    pytest.param(b"@", id="at-sign"),
    pytest.param(b"http://a", id="url"),
    pytest.param(b"//a", id="network-path"),
    pytest.param(b'"a"', id="quotes"),
    pytest.param(b"<script>", id="markup"),
    pytest.param(b"{a}", id="braces"),
    pytest.param(b"a|b", id="bar"),
    pytest.param(b"a^b", id="caret"),
    pytest.param(b"a`b", id="backtick"),
    pytest.param("bücher.example".encode(), id="utf-8"),
    pytest.param(b"b\xfccher.example", id="latin-1"),
    pytest.param(b"\xd9\xa3.example", id="arabic-digit"),
    pytest.param(b"a%", id="rfc3986-2.1-percent-alone"),
    pytest.param(b"a%2", id="rfc3986-2.1-one-hexdig"),
    pytest.param(b"a%zz", id="rfc3986-2.1-no-hexdig"),
    pytest.param(b"2001:db8::1", id="rfc3986-3.2.2-ipv6-without-brackets"),
    pytest.param(b"[2001:db8::1", id="open-bracket"),
    pytest.param(b"2001:db8::1]", id="close-bracket"),
    pytest.param(b"[]", id="empty-brackets"),
    pytest.param(b"[1]", id="rfc3986-3.2.2-one-group"),
    pytest.param(b"[::::]", id="rfc3986-3.2.2-colons"),
    pytest.param(b"[1::2::3]", id="rfc3986-3.2.2-two-gaps"),
    pytest.param(b"[192.0.2.1]", id="ipv4-in-brackets"),
    pytest.param(b"[fe80::1%25eth0]", id="rfc9110-4.2-zone"),
    pytest.param(b"[v.x]", id="ipvfuture-without-version"),
    pytest.param(b"[a.org]", id="name-in-brackets"),
    pytest.param(b"[::1]a", id="text-behind-brackets"),
    pytest.param(b"a[::1]", id="text-before-brackets"),
    pytest.param(b"a" * 262, id="too-long"),
    pytest.param(b"a" * 65536, id="64-KB"),
    pytest.param(b"[" + b":" * 65536, id="64-KB-of-colons"),
    pytest.param(b"%" * 65536, id="64-KB-of-percent-signs"),
]


@pytest.mark.parametrize("value", GOOD)
def test_a_host_is_a_host(value):
    assert is_host(value)


@pytest.mark.parametrize("value", BAD)
def test_what_is_no_host_is_refused(value):
    assert not is_host(value)


def in_url(host):
    """A host as Python reads it in a URL; ValueError where it is none."""
    parts = urlsplit(f"http://{host.decode('ascii')}/path?query#fragment")
    return parts.hostname, parts.port, parts.path, parts.username


NAMES = st.text("a1.%4:@/-_", max_size=8) | st.text("01af:.v", max_size=8).map("[{}]".format)
PORTS = st.just("") | st.integers(0, 10**6).map(":{}".format)
HOSTS = st.tuples(NAMES, PORTS).map("".join).map(str.encode)


@settings(deadline=None, max_examples=500)
@given(st.binary(max_size=300) | HOSTS)
def test_what_passes_can_stand_in_a_url(value):
    """Whoever reads ``req.url.port`` or ``.hostname`` must not fail on what a client sent."""
    if is_host(value):
        hostname, port, path, username = in_url(value)

        assert hostname
        assert port is None or port <= 65535
        assert path == "/path"
        assert username is None


@settings(deadline=None)
@given(st.ip_addresses(v=6))
def test_every_ipv6_address_in_brackets_is_a_host(address):
    assert is_host(f"[{address}]".encode())
    assert is_host(f"[{address.exploded}]:80".encode())


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_every_ipv4_address_is_a_host(address):
    assert is_host(str(address).encode())


class TestFault:
    @pytest.mark.parametrize("version", ["1.0", "1.1", "2", "3"])
    def test_one_good_field_is_no_fault(self, version):
        assert find_fault([(b"accept", b"*/*"), (b"host", b"a.org")], version) is None

    @pytest.mark.parametrize("version", ["1.0", "2", "3"])
    def test_only_http_1_1_must_have_one(self, version):
        """RFC 9112 §3.2 asks HTTP/1.1; RFC 9113 §8.3.1 lets :authority stand in for it."""
        assert find_fault([], version) is None

    def test_http_1_1_without_one_is_a_fault(self):
        assert find_fault([(b"accept", b"*/*")], "1.1") == "The Host header field is missing."

    @pytest.mark.parametrize("version", ["1.0", "1.1", "2", "3"])
    @pytest.mark.parametrize("second", [b"a.org", b"b.org", b""])
    def test_more_than_one_is_a_fault(self, version, second):
        """RFC 9112 §3.2: more than one Host field line is a 400."""
        fault = find_fault([(b"host", b"a.org"), (b"host", second)], version)

        assert fault == "The Host header field is given more than once."

    @pytest.mark.parametrize("version", ["1.0", "1.1", "2", "3"])
    def test_a_malformed_one_is_a_fault(self, version):
        fault = find_fault([(b"host", b"a/b")], version)

        assert fault == "The Host header field is malformed."

    def test_fields_with_a_similar_name_are_no_host(self):
        fields = [(b"x-host", b"a"), (b"host-", b"b"), (b"x_host", b"c"), (b"host", b"d")]

        assert find_fault(fields, "1.1") is None

    def test_a_generator_of_fields_is_read_once(self):
        assert find_fault(iter([(b"host", b"a.org")]), "1.1") is None


@pytest.fixture
def echo():
    """An app that tells what it read of the URL."""
    api = API()

    @api.route("/")
    async def index(req, resp):
        resp.media = [req.url.netloc, req.url.hostname, req.url.port]

    return api


@pytest.mark.parametrize("value", BAD)
def test_a_bad_host_is_answered_400(echo, ask, http_scope, value):
    answer = ask(echo, http_scope(headers=[(b"host", value)]))

    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("value", GOOD)
def test_a_good_host_can_be_read_by_the_view(echo, ask, http_scope, value):
    answer = ask(echo, http_scope(headers=[(b"host", value)]))

    assert answer.status == 200
    assert answer.body.startswith(b'["' + value + b'"')

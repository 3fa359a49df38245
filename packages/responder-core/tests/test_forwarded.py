"""Forwarded and X-Forwarded-*: whom a request came from (RFC 7239)."""

import pytest

from responder_core.http.forwarded import (
    Hop,
    find_client,
    find_hops,
    is_within,
    parse_forwarded,
    parse_networks,
    parse_x_forwarded,
)

PROXIES = parse_networks(["10.0.0.0/8", "fd00::/8"])


@pytest.mark.parametrize(
    ("value", "hops"),
    [
        ("for=192.0.2.43", [Hop("192.0.2.43", None)]),  # RFC 7239 §4
        ("For=192.0.2.60;PROTO=HTTPS;by=203.0.113.43", [Hop("192.0.2.60", "https")]),
        (
            "for=192.0.2.43, for=198.51.100.17",
            [Hop("192.0.2.43", None), Hop("198.51.100.17", None)],
        ),
        ('for="[2001:db8:cafe::17]:4711"', [Hop("2001:db8:cafe::17", None)]),
        ('for="192.0.2.1:80";proto=http', [Hop("192.0.2.1", "http")]),
        ('for="\\1\\92.0.2.1"', [Hop("192.0.2.1", None)]),
        ("for=unknown", [Hop(None, None)]),  # §6.2
        ('for="_hidden"', [Hop(None, None)]),  # §6.3
        ("proto=https", [Hop(None, "https")]),
        ("for=1.2.3.4;proto=ftp", [Hop("1.2.3.4", None)]),
        ("for=1.2.3.4, nonsense", [Hop("1.2.3.4", None), Hop(None, None)]),
        ('for="1.2.3.4', [Hop(None, None)]),
        ("", []),
    ],
)
def test_forwarded_is_read(value, hops):
    assert parse_forwarded(value) == hops


def test_a_long_malformed_one_costs_linear_work():
    assert parse_forwarded("for=" + " " * 60_000 + '"') == [Hop(None, None)]


@pytest.mark.parametrize(
    ("addresses", "schemes", "hops"),
    [
        ("192.0.2.1", "", [Hop("192.0.2.1", None)]),
        ("192.0.2.1, 10.0.0.1", "https", [Hop("192.0.2.1", "https"), Hop("10.0.0.1", "https")]),
        ("192.0.2.1,10.0.0.1", "https,http", [Hop("192.0.2.1", "https"), Hop("10.0.0.1", "http")]),
        ("192.0.2.1", "http, https", [Hop("192.0.2.1", "https")]),
        ("192.0.2.1:8080", "gopher", [Hop("192.0.2.1", None)]),
        ("[::1]:80, ::1", "", [Hop("::1", None), Hop("::1", None)]),
        ("::ffff:192.0.2.1", "", [Hop("192.0.2.1", None)]),
        ("evil, 192.0.2.1x, 192.0.2.1:x, [::1, [::1]x", "", [Hop(None, None)] * 5),
        ("", "https", [Hop(None, "https")]),
    ],
)
def test_x_forwarded_is_read(addresses, schemes, hops):
    assert parse_x_forwarded(addresses, schemes) == hops


@pytest.mark.parametrize(
    ("hops", "client"),
    [
        ([Hop("1.1.1.1", None), Hop("9.9.9.9", "https")], Hop("9.9.9.9", "https")),
        ([Hop("9.9.9.9", "https"), Hop("10.1.1.1", None)], Hop("9.9.9.9", "https")),
        (
            [Hop("6.6.6.6", None), Hop("9.9.9.9", None), Hop("10.1.1.1", "http")],
            Hop("9.9.9.9", "http"),
        ),
        ([Hop("10.1.1.1", None), Hop("10.2.2.2", None)], Hop("10.1.1.1", None)),
        ([Hop("6.6.6.6", None), Hop(None, None), Hop("10.1.1.1", None)], Hop("10.1.1.1", None)),
        ([Hop(None, "https")], Hop("10.0.0.1", "https")),
        ([], Hop("10.0.0.1", None)),
        ([Hop("6.6.6.6", None), *[Hop("10.1.1.1", None)] * 40], Hop("10.1.1.1", None)),
    ],
)
def test_the_client_is_the_rightmost_that_is_no_proxy(hops, client):
    assert find_client("10.0.0.1", hops, PROXIES) == client


@pytest.mark.parametrize(
    ("fields", "hops"),
    [
        ([("x-forwarded-for", "1.1.1.1")], [Hop("1.1.1.1", None)]),
        ([("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "2.2.2.2")], 2),
        ([("forwarded", "for=1.1.1.1")], [Hop("1.1.1.1", None)]),
        ([("forwarded", "for=1.1.1.1;proto=https"), ("x-forwarded-for", "1.1.1.1")], 1),
        ([("forwarded", "for=6.6.6.6"), ("x-forwarded-for", "1.1.1.1")], []),
        ([("x_forwarded_for", "6.6.6.6"), ("x-real-ip", "6.6.6.6")], []),
    ],
)
def test_two_ways_that_tell_two_things_are_not_believed(fields, hops):
    found = find_hops([(name.encode(), value.encode()) for name, value in fields])

    assert (len(found) if isinstance(hops, int) else found) == hops


@pytest.mark.parametrize(
    ("address", "within"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("fd00::1", True),
        ("192.0.2.1", False),
        ("testclient", False),
        (None, False),
        ("", False),
    ],
)
def test_an_address_is_looked_up_in_networks(address, within):
    assert is_within(address, PROXIES) is within

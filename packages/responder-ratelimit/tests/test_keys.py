"""Keys: who a request is counted for, whatever it says of itself."""

import logging
from uuid import UUID

import pytest

from responder_ratelimit import MemoryStore, Rule, SQLiteStore, by_address, by_all, by_header
from responder_ratelimit.keys import network_of


def view(req, resp):
    resp.text = "tea"


@pytest.fixture
def limited(api_factory):
    """An app with one request a minute for each key."""

    def make(key=None, **options):
        api = api_factory("1/minute", key=key, **options)
        api.get("/")(view)
        return api

    return make


def statuses(client, *headers):
    return [client.get("/", headers=each).status_code for each in headers]


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("no:address", "no:address"),
        ("192.0.2.7", "192.0.2.7"),
    ],
)
def test_of_ipv6_the_network_is_counted(host, network):
    assert network_of(host) == network


def test_addresses_of_one_network_are_one_client(limited, client_factory):
    api = limited()
    clients = [client_factory(api, f"2001:db8::{each}") for each in ("1", "2")]
    other = client_factory(api, "2001:db8:0:1::1")

    assert [client.get("/").status_code for client in [*clients, other]] == [200, 429, 200]


def test_what_a_client_says_of_its_address_changes_nothing(limited, client_factory):
    client = client_factory(limited())

    forged = [
        {},
        {"X-Forwarded-For": "203.0.113.1"},
        {"Forwarded": "for=203.0.113.2"},
        {"X-Real-IP": "203.0.113.3"},
        {"X_Forwarded_For": "203.0.113.4"},
    ]

    assert statuses(client, *forged) == [200, 429, 429, 429, 429]


def test_what_a_trusted_proxy_says_counts(limited, client_factory):
    client = client_factory(limited(api={"trusted_proxies": ["192.0.2.1"]}))

    said = [{"X-Forwarded-For": f"203.0.113.{each}"} for each in (1, 2, 1)]

    assert statuses(client, *said) == [200, 200, 429]


def test_by_a_header_field(limited, client_factory):
    client = client_factory(limited(by_header("X-Key")))

    keys = [{"X-Key": "a"}, {"X-Key": "b"}, {"x-key": "a"}, {}, {}]

    assert statuses(client, *keys) == [200, 200, 429, 200, 429]


def test_a_name_is_nobodys_address(limited, client_factory):
    client = client_factory(limited(by_header("X-Key")))

    assert statuses(client, {}, {"X-Key": "192.0.2.1"}) == [200, 200]


async def by_async(req):
    return req.headers.get("x-tenant")


@pytest.mark.parametrize("tenant", [by_header("X-Tenant"), by_async])
def test_by_several(limited, client_factory, tenant):
    api = limited(by_all(tenant, by_address))
    first, second = client_factory(api), client_factory(api, "192.0.2.2")
    tea = {"X-Tenant": "tea"}

    assert statuses(first, tea, tea, {}) == [200, 429, 200]
    assert statuses(second, tea) == [200]


@pytest.mark.parametrize(
    "key",
    [lambda req: 7, lambda req: ("tenant", 7), by_async],
    ids=["number", "tuple", "async"],
)
def test_by_a_function(limited, client_factory, key):
    client = client_factory(limited(key))

    assert statuses(client, {"X-Tenant": "a"}, {"X-Tenant": "a"}) == [200, 429]


def test_who_cannot_be_told_is_counted_by_the_address(limited, client_factory, caplog):
    def fail(req):
        raise LookupError("no tea")

    api = limited(fail)
    with caplog.at_level(logging.ERROR, "responder.ratelimit"):
        assert statuses(client_factory(api), {}, {}) == [200, 429]
        assert statuses(client_factory(api, "192.0.2.2"), {}) == [200]

    assert len(caplog.records) == 3
    assert "LookupError: no tea" in caplog.text


def test_a_rule_has_a_key_of_its_own(api_factory, client_factory):
    api = api_factory()
    rules = [Rule("1/minute", key=by_header("X-Key")), Rule("3/minute")]
    api.get("/", rate_limit=rules)(view)
    client = client_factory(api)

    keys = [{"X-Key": each} for each in ("a", "b", "a", "c", "d")]

    assert statuses(client, *keys) == [200, 200, 429, 200, 429]


def test_without_an_address_all_are_one(limited, client_factory):
    api = limited()

    assert [client_factory(api, client=None).get("/").status_code for _ in range(2)] == [200, 429]


class User:
    pass


@pytest.mark.parametrize(
    "key",
    [lambda req: User(), lambda req: ("tea", User()), lambda req: 1.5],
    ids=["object", "in-a-tuple", "float"],
)
def test_what_may_be_another_each_time_is_no_key(limited, client_factory, caplog, key):
    client = client_factory(limited(key))

    assert statuses(client, {}, {}) == [200, 429]
    assert "a key is str, int, UUID, None or a tuple of these" in caplog.text


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_half_a_character_is_a_key(limited, client_factory, tmp_path, kind):
    store = MemoryStore() if kind == "memory" else SQLiteStore(tmp_path / "limits.sqlite3")
    client = client_factory(limited(lambda req: "\ud800", backend=store))

    assert statuses(client, {}, {}) == [200, 429]


@pytest.mark.parametrize(
    "key",
    [lambda req: UUID(int=7), lambda req: ("a", None, 7, UUID(int=1))],
    ids=["uuid", "tuple"],
)
def test_identifiers_are_keys(limited, client_factory, key):
    client, other = client_factory(limited(key)), client_factory(limited(key), "192.0.2.2")

    assert statuses(client, {}, {}) == [200, 429]
    assert statuses(other, {}) == [200]

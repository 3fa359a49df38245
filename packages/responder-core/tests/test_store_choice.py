"""The choice of a store: what names, URLs and objects mean."""

import pytest

from responder_core.stores.choice import has_async, read_store


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("memory", ("memory", "")),
        ("sqlite", ("sqlite", "here.db")),
        ("sqlite:///a%20b.db", ("sqlite", "a b.db")),
        ("sqlite:////var/a.db", ("sqlite", "/var/a.db")),
        ("sqlite://", ("sqlite", "here.db")),
        ("valkeys://host", ("redis", "valkeys://host")),
        ("unix:///socket", ("redis", "unix:///socket")),
        ("postgresql://host/x", ("postgresql", "postgresql://host/x")),
        ("tea", ("tea", "tea")),
    ],
)
def test_a_name_or_a_url(wanted, found):
    assert read_store(wanted, "here.db") == found


def test_sqlite_has_no_host():
    with pytest.raises(ValueError, match=r"names a host; write 'sqlite:///a\.db'"):
        read_store("sqlite://a.db", "here.db")


class Plain:
    def load(self): ...

    def save(self): ...


class Async:
    async def load(self): ...

    async def save(self): ...


class Half(Plain):
    async def save(self): ...


@pytest.mark.parametrize(("store", "expected"), [(Plain(), False), (Async(), True)])
def test_methods_are_async_or_not(store, expected):
    assert has_async(store, ("load", "save"), "store") is expected


@pytest.mark.parametrize(
    ("store", "message"),
    [
        (Half(), "some methods with async and some without; make all alike"),
        (7, "store= takes a name, a URL or a store; 7 has no load, save"),
    ],
)
def test_what_is_no_store_is_refused(store, message):
    with pytest.raises(TypeError, match=message):
        has_async(store, ("load", "save"), "store")

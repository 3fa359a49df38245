"""The memory store: bounded, and empty of what is over."""

from __future__ import annotations

from responder_sessions import Change, MemoryStore


def fill(store, count, lasts=100):
    for number in range(count):
        store.save(f"aa:{number}", Change(lasts, creates=True))


def test_the_one_longest_unused_goes_when_there_are_too_many(clock):
    store = MemoryStore(max_keys=3, clock=clock)
    fill(store, 3)
    store.save("aa:0", Change(100))

    store.save("aa:3", Change(100, creates=True))

    assert [store.load(f"aa:{number}") is not None for number in range(4)] == [
        True,
        False,
        True,
        True,
    ]


def test_a_million_clients_leave_no_more_than_there_may_be(clock):
    store = MemoryStore(max_keys=1000, clock=clock)
    fill(store, 20_000)

    assert len(store) == 1000


def test_what_is_over_goes_with_each_that_comes(clock):
    store = MemoryStore(clock=clock)
    fill(store, 100, lasts=10)
    clock.advance(11)
    for number in range(30):
        store.save(f"bb:{number}", Change(100, creates=True))

    assert len(store) == 30


def test_what_is_given_out_is_nobody_elses(clock):
    store = MemoryStore(clock=clock)
    store.save("aa:1", Change(100, written={"a": b"1"}, creates=True))
    store.load("aa:1").values["a"] = b"2"

    assert store.load("aa:1").values == {"a": b"1"}

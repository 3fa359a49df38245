"""The memory store: bounded, and empty of what is over."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

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


def test_what_was_given_out_stays_as_it_was(clock):
    store = MemoryStore(clock=clock)
    store.save("aa:1", Change(100, written={"a": b"1"}, creates=True))
    record = store.load("aa:1")

    store.save("aa:1", Change(100, written={"a": b"2"}, removed=["b"], deltas={"n": 1}))

    assert record.values == {"a": b"1"}


def test_what_a_change_holds_may_be_changed_afterwards(clock):
    store = MemoryStore(clock=clock)
    written = {"a": b"1"}
    store.save("aa:1", Change(100, written=written, creates=True))
    written["a"] = b"2"

    assert store.load("aa:1").values == {"a": b"1"}


def test_what_is_over_goes_with_changes_too(clock):
    store = MemoryStore(clock=clock)
    fill(store, 100, lasts=10)
    store.save("aa:0", Change(1000))
    clock.advance(11)
    for _ in range(30):
        store.save("aa:0", Change(1000))

    assert len(store) == 1


def test_threads_at_once_lose_nothing_and_see_whole_changes(clock):
    store = MemoryStore(clock=clock)
    store.save("aa:1", Change(100, written={"a": b"0", "b": b"0"}, creates=True))

    def write(number):
        for turn in range(500):
            content = b"%d%03d" % (number, turn)
            store.save("aa:1", Change(100, written={"a": content, "b": content}, deltas={"n": 1}))

    def read():
        torn = 0
        for _ in range(1000):
            values = store.load("aa:1").values
            torn += values["a"] != values["b"]
        return torn

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            writers = [pool.submit(write, number) for number in (1, 2)]
            readers = [pool.submit(read) for _ in range(2)]
            torn = [each.result(timeout=60) for each in readers]
            for each in writers:
                each.result(timeout=60)
    finally:
        sys.setswitchinterval(before)

    assert torn == [0, 0]
    assert store.load("aa:1").values["n"] == b"1000"

"""What every store does, whatever it is made of."""

from __future__ import annotations

import asyncio

import pytest

from responder_sessions import Change

KEY = "aa:" + "1" * 64
NEW = "aa:" + "2" * 64
THIRD = "aa:" + "3" * 64
OTHER = "bb:" + "4" * 64


def made(*, lasts=100.0, **values):
    return Change(lasts, written=values, creates=True)


def test_a_key_that_was_never_saved_has_nothing(harness):
    async def scenario(store):
        return await store.load(KEY)

    assert harness.run(scenario) is None


def test_what_was_saved_is_loaded(harness):
    async def scenario(store):
        assert await store.save(KEY, made(user=b'"ada"', count=b"1"))
        return await store.load(KEY)

    record = harness.run(scenario)

    assert record.key == KEY
    assert record.values == {"user": b'"ada"', "count": b"1"}
    assert record.age == pytest.approx(0, abs=1)
    assert record.idle == pytest.approx(0, abs=1)
    assert record.lasts == pytest.approx(100, abs=1)
    assert record.principal is None
    assert not record.is_rotated


@pytest.mark.parametrize(
    "content",
    [
        b'"\\u0000"',
        '"ü – 😀"'.encode(),
        b'{"a":[1,2.5,null,{"$set":[1]}]}',
        b"12345678901234567890",
    ],
    ids=["NUL", "text", "nested", "long"],
)
def test_a_value_is_given_back_byte_for_byte(harness, content):
    async def scenario(store):
        await store.save(KEY, made(value=content))
        return await store.load(KEY)

    assert harness.run(scenario).values == {"value": content}


@pytest.mark.parametrize("name", ["$flash:1", "ü", "a b", "a.b", '"', "v:", "'; --", "%s"])
def test_any_text_is_a_key_of_a_value(harness, name):
    async def scenario(store):
        await store.save(KEY, Change(100, written={name: b"1"}, creates=True))
        await store.save(KEY, Change(100, deltas={name: 1}))
        first = await store.load(KEY)
        await store.save(KEY, Change(100, removed=[name]))
        return first.values, (await store.load(KEY)).values

    assert harness.run(scenario) == ({name: b"2"}, {})


def test_a_session_is_made_only_where_that_is_asked_for(harness):
    async def scenario(store):
        saved = await store.save(KEY, Change(100, written={"a": b"1"}))
        return saved, await store.load(KEY)

    assert harness.run(scenario) == (False, None)


def test_each_key_is_changed_by_itself(harness):
    async def scenario(store):
        await store.save(KEY, made(a=b"1", b=b"2", c=b"3"))
        await store.save(KEY, Change(100, written={"a": b"10"}))
        await store.save(KEY, Change(100, removed=["b"]))
        return (await store.load(KEY)).values

    assert harness.run(scenario) == {"a": b"10", "c": b"3"}


def test_fifty_at_once_leave_fifty_keys(harness):
    async def scenario(store):
        await store.save(KEY, made())
        changes = [Change(100, written={f"key{n}": b"%d" % n}) for n in range(50)]
        await asyncio.gather(*(store.save(KEY, change) for change in changes))
        return (await store.load(KEY)).values

    assert harness.run(scenario) == {f"key{n}": b"%d" % n for n in range(50)}


def test_fifty_at_once_count_to_fifty(harness):
    async def scenario(store):
        await store.save(KEY, made())
        await asyncio.gather(*(store.save(KEY, Change(100, deltas={"n": 1})) for _ in range(50)))
        return (await store.load(KEY)).values

    assert harness.run(scenario) == {"n": b"50"}


@pytest.mark.parametrize(
    ("present", "delta", "total"),
    [
        (b"1", 2, 3),
        (b"1", -2, -1),
        (b"1.5", 1, 2.5),
        (b"2", 0.25, 2.25),
        (b"-1e3", 1, -999),
        (b'"text"', 5, 5),
        (b"true", 5, 5),
        (b"null", 5, 5),
        (b"[1]", 5, 5),
    ],
)
def test_a_number_is_added_to_what_is_there(harness, present, delta, total):
    async def scenario(store):
        await store.save(KEY, made(n=present))
        await store.save(KEY, Change(100, deltas={"n": delta}))
        return (await store.load(KEY)).values["n"]

    assert float(harness.run(scenario)) == total


def test_a_number_begins_at_nothing(harness):
    async def scenario(store):
        await store.save(KEY, Change(100, deltas={"n": 2}, creates=True))
        return (await store.load(KEY)).values

    assert harness.run(scenario) == {"n": b"2"}


def test_a_session_ends_when_it_is_not_used(harness):
    async def scenario(store):
        await store.save(KEY, made(lasts=100))
        harness.advance(99)
        alive = await store.load(KEY)
        harness.advance(2)
        return alive is not None, await store.load(KEY), await store.save(KEY, Change(100))

    assert harness.run(scenario) == (True, None, False)


def test_what_is_saved_lasts_anew(harness):
    async def scenario(store):
        await store.save(KEY, made(lasts=100, a=b"1"))
        harness.advance(60)
        await store.save(KEY, Change(100))
        harness.advance(60)
        return await store.load(KEY)

    record = harness.run(scenario)

    assert record.values == {"a": b"1"}
    assert record.age == pytest.approx(120, abs=2)
    assert record.idle == pytest.approx(60, abs=2)
    assert record.lasts == pytest.approx(40, abs=2)


def test_what_was_deleted_stays_so(harness):
    """A logout beats whoever writes at the same time."""

    async def scenario(store):
        await store.save(KEY, made(a=b"1"))
        await store.delete(KEY)
        saved = await store.save(KEY, Change(100, written={"a": b"2"}))
        return saved, await store.load(KEY), await store.rotate(KEY, NEW, Change(100), 10)

    assert harness.run(scenario) == (False, None, False)


def test_deleting_what_is_not_there_is_no_error(harness):
    async def scenario(store):
        await store.delete(KEY)

    harness.run(scenario)


class TestRotation:
    def test_the_values_are_found_under_the_new_key(self, harness):
        async def scenario(store):
            await store.save(KEY, made(a=b"1", b=b"2"))
            rotated = await store.rotate(KEY, NEW, Change(100, written={"a": b"3"}), 10)
            return rotated, await store.load(NEW)

        rotated, record = harness.run(scenario)

        assert rotated
        assert record.values == {"a": b"3", "b": b"2"}
        assert not record.is_rotated

    def test_the_old_key_has_what_was_there_before_for_the_grace(self, harness):
        async def scenario(store):
            await store.save(KEY, made(a=b"1"))
            await store.rotate(KEY, NEW, Change(100, written={"a": b"2"}, principal="ada"), 10)
            old = await store.load(KEY)
            harness.advance(11)
            return old, await store.load(KEY), await store.load(NEW)

        old, gone, new = harness.run(scenario)

        assert (old.values, old.principal, old.is_rotated) == ({"a": b"1"}, None, True)
        assert old.lasts <= 10
        assert gone is None
        assert (new.values, new.principal) == ({"a": b"2"}, "ada")

    def test_without_a_grace_it_is_gone_at_once(self, harness):
        async def scenario(store):
            await store.save(KEY, made(a=b"1"))
            await store.rotate(KEY, NEW, Change(100), 0)
            return await store.load(KEY)

        assert harness.run(scenario) is None

    def test_who_loaded_it_before_writes_where_it_is_now(self, harness):
        async def scenario(store):
            await store.save(KEY, made(a=b"1"))
            await store.rotate(KEY, NEW, Change(100), 10)
            await store.rotate(NEW, THIRD, Change(100), 10)
            saved = await store.save(KEY, Change(100, written={"b": b"2"}))
            return saved, (await store.load(THIRD)).values, (await store.load(KEY)).values

        assert harness.run(scenario) == ("moved", {"a": b"1", "b": b"2"}, {"a": b"1"})

    def test_who_loaded_it_after_cannot_write_there(self, harness):
        """Else who planted an id before a login could write into the session after it."""

        async def scenario(store):
            await store.save(KEY, made(a=b"1"))
            await store.rotate(KEY, NEW, Change(100), 10)
            await store.save(KEY, Change(1000, written={"b": b"2"}, is_late=True))
            return await store.load(KEY), await store.load(NEW)

        old, new = harness.run(scenario)

        assert old.values == {"a": b"1", "b": b"2"}
        assert old.lasts <= 10
        assert new.values == {"a": b"1"}

    @pytest.mark.parametrize("ended", [KEY, NEW, THIRD])
    def test_ending_one_ends_all(self, harness, ended):
        async def scenario(store):
            await store.save(KEY, made(a=b"1"))
            await store.rotate(KEY, NEW, Change(100), 10)
            await store.rotate(NEW, THIRD, Change(100), 10)
            await store.delete(ended)
            return [await store.load(key) for key in (KEY, NEW, THIRD)]

        assert harness.run(scenario) == [None, None, None]

    def test_a_second_rotation_of_one_leaves_both(self, harness):
        async def scenario(store):
            await store.save(KEY, made(a=b"1"))
            await store.rotate(KEY, NEW, Change(100), 10)
            await store.rotate(KEY, THIRD, Change(100), 10)
            return [(await store.load(key)).values for key in (NEW, THIRD)]

        assert harness.run(scenario) == [{"a": b"1"}, {"a": b"1"}]

    def test_nothing_is_lost_between(self, harness):
        async def scenario(store):
            await store.save(KEY, made())
            changes = [Change(100, written={f"key{n}": b"1"}) for n in range(20)]
            steps = [store.save(KEY, change) for change in changes]
            steps.insert(10, store.rotate(KEY, NEW, Change(100, written={"own": b"1"}), 10))
            await asyncio.gather(*steps)
            return sorted((await store.load(NEW)).values)

        assert harness.run(scenario) == sorted(["own", *(f"key{n}" for n in range(20))])


class TestPrincipals:
    def test_the_sessions_of_someone_are_found(self, harness):
        async def scenario(store):
            await store.save(KEY, Change(100, principal="ada", creates=True))
            await store.save(NEW, Change(100, principal="ada", creates=True))
            await store.save(OTHER, Change(100, principal="bob", creates=True))
            await store.save(THIRD, made())
            mine = {record.key for record in await store.find("ada")}
            return mine, {record.key for record in await store.find()}

        assert harness.run(scenario) == ({KEY, NEW}, {KEY, NEW, THIRD, OTHER})

    def test_nobody_has_none(self, harness):
        async def scenario(store):
            return await store.find("nobody")

        assert harness.run(scenario) == []

    def test_who_is_logged_in_stays_so(self, harness):
        async def scenario(store):
            await store.save(KEY, Change(100, principal="ada", creates=True))
            await store.save(KEY, Change(100, written={"a": b"1"}))
            return (await store.load(KEY)).principal

        assert harness.run(scenario) == "ada"

    def test_one_that_was_rotated_is_found_once(self, harness):
        async def scenario(store):
            await store.save(KEY, Change(100, principal="ada", creates=True))
            await store.rotate(KEY, NEW, Change(100, principal="ada"), 50)
            return [each.key for each in await store.find()], [
                each.key for each in await store.find("ada")
            ]

        assert harness.run(scenario) == ([NEW], [NEW])

    def test_what_is_over_deleted_or_rotated_is_left_out(self, harness):
        async def scenario(store):
            for key in (KEY, THIRD, OTHER):
                await store.save(key, Change(100, principal="ada", creates=True))
            await store.rotate(KEY, NEW, Change(1000, principal="ada"), 10)
            await store.delete(THIRD)
            harness.advance(101)
            return [record.key for record in await store.find("ada")], [
                record.key for record in await store.find()
            ]

        assert harness.run(scenario) == ([NEW], [NEW])


def test_everything_can_be_cleared(harness):
    async def scenario(store):
        await store.save(KEY, made())
        await store.save(OTHER, Change(100, principal="ada", creates=True))
        count = await store.clear()
        return count, await store.find(), await store.find("ada"), await store.load(KEY)

    assert harness.run(scenario) == (2, [], [], None)


def test_clearing_what_is_over_leaves_the_rest(harness):
    async def scenario(store):
        await store.save(KEY, made(lasts=100))
        await store.save(OTHER, made(lasts=1000))
        harness.advance(500)
        await store.clear(expired=True)
        return [record.key for record in await store.find()]

    assert harness.run(scenario) == [OTHER]


def test_it_goes_on_after_it_was_closed(harness):
    async def scenario(store):
        await store.save(KEY, made(a=b"1"))
        await store.close()
        return (await store.load(KEY)).values

    assert harness.run(scenario) == {"a": b"1"}


def test_another_of_its_kind_finds_what_it_saved(harness):
    async def save(store):
        await store.save(KEY, made(a=b"1"))

    async def load(store):
        return (await store.load(KEY)).values

    harness.run(save)

    assert harness.run(load) == {"a": b"1"}

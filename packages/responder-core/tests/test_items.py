"""Items: every kind of source, iterated and closed."""

from __future__ import annotations

import functools
import threading

import anyio
import anyio.lowlevel
import pytest

from responder_core.items import call_generator, is_generator_function, open_items


@pytest.fixture
def run(backend):
    def run(function, *args):
        async def limited():
            with anyio.fail_after(60):
                return await function(*args)

        return anyio.run(limited, backend=backend)

    return run


async def collect(items):
    found = [item async for item in items]
    await items.aclose()
    await items.aclose()
    return found


def numbers(count=3):
    yield from range(count)


async def async_numbers(count=3):
    for number in range(count):
        await anyio.lowlevel.checkpoint()
        yield number


class Countdown:
    """An asynchronous iterator that cannot be closed."""

    def __init__(self):
        self.left = 3

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return 2 - self.left


class Numbers:
    """An iterable, whose iterator cannot be closed."""

    def __iter__(self):
        return iter(range(3))


class Callable_:
    def __init__(self, function):
        self.function = function

    def __call__(self):
        yield from self.function()


class AsyncMethods:
    async def numbers(self, count):
        for number in range(count):
            yield number


@pytest.mark.parametrize(
    "make",
    [numbers, async_numbers, Countdown, Numbers, lambda: [0, 1, 2], lambda: iter([0, 1, 2])],
    ids=["generator", "async-generator", "async-iterator", "iterable", "list", "iterator"],
)
def test_every_source_gives_its_items(run, make):
    assert run(collect, open_items(make())) == [0, 1, 2]


@pytest.mark.parametrize("value", ["abc", b"abc", bytearray(b"a"), {"a": 1}, 7, None], ids=repr)
def test_a_value_is_no_source(value):
    assert open_items(value) is None


class TestCall:
    @pytest.mark.parametrize(
        "function",
        [
            numbers,
            async_numbers,
            functools.partial(numbers, 3),
            functools.partial(functools.partial(async_numbers), count=3),
            Callable_(numbers),
        ],
        ids=["sync", "async", "partial", "partial-of-partial", "object"],
    )
    def test_a_generator_function_is_called(self, run, function):
        assert is_generator_function(function)
        assert run(collect, call_generator("here", function)) == [0, 1, 2]

    def test_it_gets_the_arguments(self, run):
        assert run(collect, call_generator("here", numbers, (2,))) == [0, 1]
        assert run(collect, call_generator("here", AsyncMethods().numbers, (), {"count": 1})) == [0]

    @pytest.mark.parametrize(
        "make", [numbers, async_numbers, lambda: [0, 1, 2]], ids=["sync", "async", "list"]
    )
    def test_what_one_returns_is_taken_too(self, run, make):
        assert run(collect, call_generator("here", make())) == [0, 1, 2]

    def test_wrong_arguments_are_told_at_once(self):
        with pytest.raises(TypeError, match="unexpected keyword argument 'color'"):
            call_generator("here", numbers, (), {"color": 1})

    def test_arguments_for_what_cannot_be_called_are_refused(self):
        with pytest.raises(TypeError, match="arguments for a generator function, not for a list"):
            call_generator("resp.stream()", [1], (2,))

    @pytest.mark.parametrize(
        ("function", "what"),
        [
            (collect, "not the function collect, which has no yield"),
            (print, "not the function print"),
            ("text", "not str"),
            ({"a": 1}, "not dict"),
            (7, "not int"),
            (functools.partial(print), "not partial"),
        ],
        ids=["coroutine", "builtin", "text", "dict", "number", "partial"],
    )
    def test_what_yields_nothing_is_refused(self, function, what):
        with pytest.raises(
            TypeError, match=f"here takes a generator function .*{what}.*write yield"
        ):
            call_generator("here", function)


class TestClosing:
    def test_a_sync_generator_runs_and_is_closed_in_threads(self, run):
        log = []

        def generator():
            try:
                log.append(threading.current_thread())
                yield 1
                yield 2
            finally:
                log.append(threading.current_thread())

        async def main():
            items = open_items(generator())
            await items.__anext__()
            await items.aclose()

        run(main)

        assert len(log) == 2
        assert threading.current_thread() not in log

    def test_a_sync_generator_is_closed_although_who_asks_is_cancelled(self, run):
        log = []

        def generator():
            try:
                yield 1
            finally:
                log.append("closed")

        async def main():
            items = open_items(generator())
            await items.__anext__()
            with anyio.CancelScope() as scope:
                scope.cancel()
                await items.aclose()

        run(main)

        assert log == ["closed"]

    @pytest.mark.parametrize("make", [numbers, async_numbers, lambda: [1]], ids=["s", "a", "list"])
    def test_what_was_never_iterated_has_no_items_afterwards(self, run, make):
        async def main():
            items = open_items(make())
            await items.aclose()
            return await collect(items)

        assert run(main) == []

    def test_a_file_is_closed(self, run, tmp_path):
        path = tmp_path / "lines"
        path.write_text("a\nb\n")
        file = path.open()

        assert run(collect, open_items(file)) == ["a\n", "b\n"]
        assert file.closed

    def test_a_task_group_that_stands_open_is_closed_with_the_generator(self, run):
        """It wraps the GeneratorExit, which is no failure."""
        log = []

        async def generator():
            try:
                async with anyio.create_task_group():
                    yield 1
            finally:
                log.append("closed")

        async def main():
            items = open_items(generator())
            await items.__anext__()
            await items.aclose()

        run(main)

        assert log == ["closed"]

    def test_a_failure_of_closing_is_raised(self, run):
        async def generator():
            try:
                yield 1
            finally:
                raise LookupError("in finally")

        async def main():
            items = open_items(generator())
            await items.__anext__()
            with pytest.raises(LookupError, match="in finally"):
                await items.aclose()

        run(main)

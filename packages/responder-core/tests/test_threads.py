"""Worker threads: what counts as async, and where each kind of function runs."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from functools import partial, wraps

import anyio
import pytest

from responder_core.threads import call, is_async, run_in_thread


async def coroutine_function(*args, **kwargs):
    return args, kwargs


def function(*args, **kwargs):
    return args, kwargs


class AsyncCallable:
    async def __call__(self): ...

    async def method(self): ...


class Callable:
    def __call__(self): ...

    def method(self): ...


@wraps(coroutine_function)
def sync_around_async(*args):
    return coroutine_function(*args)


@pytest.mark.parametrize(
    "candidate",
    [
        pytest.param(coroutine_function, id="function"),
        pytest.param(AsyncCallable(), id="object"),
        pytest.param(AsyncCallable().method, id="method"),
        pytest.param(partial(coroutine_function, 1), id="partial"),
        pytest.param(partial(partial(coroutine_function, 1), 2), id="partial-of-partial"),
        pytest.param(partial(AsyncCallable()), id="partial-of-object"),
    ],
)
def test_what_gives_a_coroutine_is_async(candidate):
    assert is_async(candidate)


@pytest.mark.parametrize(
    "candidate",
    [
        pytest.param(function, id="function"),
        pytest.param(Callable(), id="object"),
        pytest.param(Callable().method, id="method"),
        pytest.param(partial(function, 1), id="partial"),
        pytest.param(print, id="builtin"),
        pytest.param(sync_around_async, id="sync-decorator"),
    ],
)
def test_what_gives_a_value_is_not_async(candidate):
    assert not is_async(candidate)


def test_an_async_function_is_called_on_the_loop(backend):
    async def where():
        return threading.get_ident()

    async def main():
        return threading.get_ident(), await call(where)

    loop, place = anyio.run(main, backend=backend)

    assert place == loop


def test_a_sync_function_is_called_in_a_worker_thread(backend):
    async def main():
        return threading.get_ident(), await call(threading.get_ident)

    loop, place = anyio.run(main, backend=backend)

    assert place != loop


@pytest.mark.parametrize("target", [coroutine_function, function], ids=["async", "sync"])
def test_arguments_and_result_pass_through(backend, target):
    assert anyio.run(call, target, 1, "two", backend=backend) == ((1, "two"), {})


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_an_exception_passes_through(backend, kind):
    async def fail_async():
        raise LookupError(kind)

    def fail_sync():
        raise LookupError(kind)

    with pytest.raises(LookupError, match=kind):
        anyio.run(call, fail_async if kind == "async" else fail_sync, backend=backend)


def test_context_variables_are_visible_in_a_worker_thread(backend):
    variable: ContextVar[str] = ContextVar("variable", default="unset")

    async def main():
        variable.set("set on the loop")
        return await run_in_thread(variable.get)

    assert anyio.run(main, backend=backend) == "set on the loop"

"""Resources: what a request holds until it was answered, and what is done then."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from responder_core.threads import is_async, run_in_thread, start_soon

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from anyio import CancelScope, Event

    Task: TypeAlias = "tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]"
    Opened: TypeAlias = "tuple[Callable[..., Any], Generator[Any, Any, Any] | AsyncGenerator[Any]]"

logger: logging.Logger = logging.getLogger("responder")


class Resources:
    """What a request holds: values of its dependencies, and what has to be ended with it.

    Attributes:
        values: what providers gave, and what arguments were read, by who asked for them; empty
            once the request is over.
        generators: the providers that are torn down, each with its generator, in the order
            they were opened.
        tasks: what runs once the response was sent.
        closers: what is closed last.
        failed: what providers raised, by who raised it: each is called once.
        failure: why the request failed, or None; generators see it.
        thread: set when the thread of a view has ended that may be given up; or None.
    """

    __slots__ = ("closers", "failed", "failure", "generators", "tasks", "thread", "values")

    def __init__(self) -> None:
        self.values: dict[object, Any] = {}
        self.generators: list[Opened] = []
        self.tasks: list[Task] = []
        self.closers: list[Callable[[], Awaitable[None]]] = []
        self.failed: dict[object, Exception] = {}
        self.failure: BaseException | None = None
        self.thread: Event | None = None

    def is_open(self) -> bool:
        """Whether something is to be done at the end: ``close()`` has nothing to do without."""
        return bool(
            self.generators
            or self.tasks
            or self.closers
            or self.failed
            or self.failure is not None
            or self.thread is not None
        )

    async def close(self, describe: Callable[[], str], cancel: CancelScope | None = None) -> None:
        """Run the tasks, tear the generators down in reverse, and close the rest.

        Each runs whatever happens to the others, also when the request was cancelled: *cancel*
        is the scope around it, which is shielded then. What fails is logged, with what
        *describe* gives: the request, for the reader of the log.
        """
        if self.thread is not None and not self.thread.is_set():
            # A thread that was given up still works with what is to be torn down.
            start_soon(partial(self._close_later, self.thread, describe))
            return
        interrupted: BaseException | None = None
        for function, args, kwargs in self.tasks:
            try:
                await run(function, args, kwargs)
            except Exception:  # noqa: PERF203 - the others run all the same
                logger.exception("background task %s failed, %s", _name(function), describe())
            except BaseException as error:  # noqa: BLE001 - raised below
                interrupted = error
                break
        if self.generators or self.closers:
            if cancel is None:
                from anyio import CancelScope as Shield

                with Shield(shield=True):
                    interrupted = await self._end(describe) or interrupted
            else:
                # Generators leave the scopes that they entered, which are inside of this one.
                cancel.shield = True
                interrupted = await self._end(describe) or interrupted
        self._forget()
        if interrupted is not None:
            raise interrupted

    def _forget(self) -> None:
        """Let go of what knows the request, which has this: else the collector has to.

        Values are often made of the request, and tracebacks have its frames.
        """
        self.values.clear()
        self.tasks.clear()
        self.closers.clear()
        self.failed.clear()
        self.failure = None

    async def _close_later(self, thread: Event, describe: Callable[[], str]) -> None:
        await thread.wait()
        await self.close(describe)

    async def _end(self, describe: Callable[[], str]) -> BaseException | None:
        """Tear the generators down and close the rest; what interrupted it, if something did."""
        interrupted: BaseException | None = None
        while self.generators:
            provider, generator = self.generators.pop()
            try:
                await tear_down(generator, self.failure)
            except Exception:
                logger.exception("teardown of %s failed, %s", _name(provider), describe())
            except BaseException as error:  # noqa: BLE001 - raised by who called
                interrupted = error
        for close in self.closers:
            await close()
        return interrupted


async def run(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> object:
    """Call a function: async on the event loop, sync in a worker thread."""
    if is_async(function):
        return await function(*args, **kwargs)
    return await run_in_thread(lambda: function(*args, **kwargs))


async def tear_down(
    generator: Generator[Any, Any, Any] | AsyncGenerator[Any], failure: BaseException | None
) -> None:
    """Let the generator of a provider go on to its end, with the failure if there was one.

    Raises:
        RuntimeError: it yielded once more.
        Exception: what it raised, unless that is the failure itself.
    """
    if isinstance(generator, AsyncGenerator):
        try:
            if failure is None:
                await generator.__anext__()
            else:
                await generator.athrow(failure)
        except StopAsyncIteration:
            return
        except BaseException as error:
            if error is failure:
                return
            raise
        await generator.aclose()
    else:
        from anyio import CapacityLimiter

        # In a thread of its own: what it gives back may be what all the others wait for.
        if await run_in_thread(_tear_down, generator, failure, limiter=CapacityLimiter(1)):
            return
    msg = "a dependency yields once: what it gives; the rest is its teardown"
    raise RuntimeError(msg)


def _tear_down(generator: Generator[Any, Any, Any], failure: BaseException | None) -> bool:
    """Whether a generator ended, when it was let go on."""
    try:
        if failure is None:
            next(generator)
        else:
            generator.throw(failure)
    except StopIteration:
        return True
    except BaseException as error:
        if error is failure:
            return True
        raise
    generator.close()
    return False


def _name(function: Callable[..., Any]) -> str:
    name = getattr(function, "__qualname__", type(function).__qualname__)
    return f"{getattr(function, '__module__', '?')}.{name}"

"""The exchange: a route compiled into one coroutine function with only the steps it has.

It fills the response from the request and knows no protocol; a door does the rest. Errors become
responses inside it, so that what stands around it sees every answer alike.
"""

from __future__ import annotations

from collections import deque
from functools import wraps
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from responder_core.errors import Problem
from responder_core.results import write_result
from responder_core.speedups import speed_exchange
from responder_core.worker_threads import run_in_thread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from responder_core.binding import Binding, Give
    from responder_core.contract import Writer
    from responder_core.hooks import Step
    from responder_core.intake import JSONBody
    from responder_core.problems import ExceptionHandlers
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.timing import TimedBinding
    from responder_core.types import Exchange
    from responder_core.views import View

    # What a door calls: an exchange, or a view, whose result and failure the door deals with.
    DoorCall = Callable[[Request, Response], Awaitable[Any]]
    # A view that is to be called with the parameters of the path.
    SpreadCall = Callable[..., Awaitable[Any]]
    Recover = Callable[[Request, Response, Exception], Awaitable[None]]
    # What runs in a thread: the view, with the hooks after it that are pending; and who sends it
    # there.
    Run = Callable[[Request, Response, deque[Step], Give | None], None]
    HandOver = Callable[[Request, Response, deque[Step]], Awaitable[None]]


class DoorCalls:
    """What doors may call in place of the exchanges of a route.

    Attributes:
        of: by the exchange, a coroutine less for each request.
        spread: by one of these, the view that it calls with the parameters of the path; a door
            that does so itself saves one call more.
    """

    __slots__ = ("of", "spread")

    def __init__(self) -> None:
        self.of: dict[Exchange, DoorCall] = {}
        self.spread: dict[DoorCall, SpreadCall] = {}


def compile_exchange(
    view: View,
    *,
    before: Sequence[Step],
    after: Sequence[Step],
    handlers: ExceptionHandlers,
    has_parameters: bool,
    threaded: bool,
    observed: bool = False,
    binding: Binding | TimedBinding | None = None,
    write: Writer | None = None,
    detached: bool = False,
    calls: DoorCalls | None = None,
) -> Exchange:
    """The exchange of one view: before hooks, the view, after hooks; errors answered.

    A before hook that sets ``resp.status_code`` ends it there; after hooks run for every
    answer. Adjacent synchronous steps share one worker thread. Where after hooks, or wrappers
    (*observed*), look at the answer, the body is encoded before they do: a body that cannot
    be sent is an error like any other, and they see that.

    *binding* gives what the view is called with, in place of the parameters of the path, and
    *write* puts what it returned into the response. A *detached* view in a thread may be given
    up: it has a response of its own until it ends. In *calls* is left what a door may call in
    place of the exchange.
    """
    recover = handlers.recover
    observed = observed or bool(after)
    if threaded and not view.awaits:
        lead, tail = _split_tail(before) if binding is None else (before, ())
        run = _compile_thread_run(view, tail, write or write_result, observed=observed)
        hand_over = (_detach_thread if detached else _share_thread)(run, binding)
        exchange = _compile_threaded(hand_over, _group(lead), after, recover)
    elif before or observed or binding or write:
        hooks, write = _group(before), write or write_result
        exchange = _compile_hooked(
            view, hooks, after, recover, observed=observed, binding=binding, write=write
        )
        if calls is not None and view.awaits and not observed:
            compile_call = _compile_hooked_call if before else _compile_bound_call
            whole = compile_call(view, hooks, binding, write)
            calls.of[exchange] = _speed_call(whole, view, hooks, binding, write)
    elif view.awaits:
        exchange = _compile_async(view, recover, has_parameters=has_parameters)
        if calls is not None and view.call is view.origin:
            calls.of[exchange] = call = _compile_call(view, has_parameters=has_parameters)
            if has_parameters:
                calls.spread[call] = view.call
    else:
        exchange = _compile_inline(view, recover, has_parameters=has_parameters)
    return exchange


def _compile_async(view: View, recover: Recover, *, has_parameters: bool) -> Exchange:
    """An async view and nothing else: the shape most routes have, so it has no step to spare."""
    call, origin = view.call, view.origin

    async def exchange(req: Request, resp: Response) -> None:
        try:
            result = await call(req, resp)
            if result is not None:
                write_result(resp, result, origin)
        except Exception as exc:  # noqa: BLE001 - every failure is answered
            await recover(req, resp, exc)

    async def exchange_with_parameters(req: Request, resp: Response) -> None:
        try:
            result = await call(req, resp, **req.path_params)
            if result is not None:
                write_result(resp, result, origin)
        except Exception as exc:  # noqa: BLE001 - every failure is answered
            await recover(req, resp, exc)

    return exchange_with_parameters if has_parameters else exchange


def _compile_call(view: View, *, has_parameters: bool) -> DoorCall:
    """What a door calls in place of an exchange of ``_compile_async()``: the view alone.

    A door writes what it returns and answers what it raises by itself, so this is a coroutine
    less for each request.
    """
    call = view.call
    if not has_parameters:
        return call

    @wraps(call)
    def call_with_parameters(req: Request, resp: Response) -> Awaitable[Any]:
        awaitable: Awaitable[Any] = call(req, resp, **req.path_params)
        return awaitable

    return call_with_parameters


def _compile_hooked_call(
    view: View,
    hooks: Sequence[Exchange],
    binding: Binding | TimedBinding | None,
    write: Writer,
) -> DoorCall:
    """As ``_compile_call()``, of a view with hooks before it."""
    call, origin = view.call, view.origin
    bind = None if binding is None else binding.bind

    async def call_after_hooks(req: Request, resp: Response) -> None:
        for hook in hooks:
            await hook(req, resp)
            if resp.status_code is not None:
                return
        kwargs = req.path_params if bind is None else await bind(req, resp)
        write(resp, await call(req, resp, **kwargs), origin)

    return call_after_hooks


def _compile_bound_call(
    view: View,
    _hooks: Sequence[Exchange],
    binding: Binding | TimedBinding | None,
    write: Writer,
) -> DoorCall:
    """As ``_compile_call()``, of a view with arguments, with a contract."""
    call, origin = view.call, view.origin
    if binding is None:

        async def call_and_write(req: Request, resp: Response) -> None:
            write(resp, await call(req, resp, **req.path_params), origin)

        return call_and_write
    bind, bind_now = binding.bind, binding.bind_now
    if bind_now is not None and write is write_result and call is origin:

        @wraps(call)
        def call_at_once(req: Request, resp: Response) -> Awaitable[Any]:
            awaitable: Awaitable[Any] = call(req, resp, **bind_now(req, resp))
            return awaitable

        return call_at_once
    if binding.json_body is not None:
        return _compile_body_call(view, binding.json_body, write)

    async def call_with_arguments(req: Request, resp: Response) -> None:
        kwargs = await bind(req, resp)
        write(resp, await call(req, resp, **kwargs), origin)

    return call_with_arguments


def _speed_call(
    whole: DoorCall,
    view: View,
    hooks: tuple[Exchange, ...],
    binding: Binding | TimedBinding | None,
    write: Writer,
) -> DoorCall:
    """As *whole*, which a door may call, by its parts where these are gone by in C."""
    bind = None if binding is None else binding.bind
    bind_now = None if binding is None else binding.bind_now
    # With hooks a body is bound as they are followed: by what gives all arguments.
    body = None if binding is None or hooks else binding.json_body
    reads = (
        (None, None, None, ())
        if body is None
        else (body.expects, body.take, body.decode, (body.name,))
    )
    speeded: DoorCall = speed_exchange(
        whole, hooks, bind_now, bind, *reads, view.call, write, view.origin
    )
    return speeded


def _compile_body_call(view: View, body: JSONBody, write: Writer) -> DoorCall:
    """As ``_compile_call()``, of a view with a body of JSON: binding and call in one coroutine."""
    call, origin, bind, name = view.call, view.origin, body.bind, body.name
    expects, take, decode = body.expects, body.take, body.decode

    async def call_with_body(req: Request, resp: Response) -> None:
        # As bind(), which goes on where this ends early.
        if expects(req):
            content = take(req, await req.receive())
            if content is not None:
                try:
                    value = decode(content)
                except (ValueError, RecursionError):
                    pass
                else:
                    write(resp, await call(req, resp, **{name: value}), origin)
                    return
        kwargs = await bind(req, resp)
        write(resp, await call(req, resp, **kwargs), origin)

    return call_with_body


def _compile_inline(view: View, recover: Recover, *, has_parameters: bool) -> Exchange:
    """A quick synchronous view that runs on the event loop."""
    call, origin = view.call, view.origin

    async def exchange(req: Request, resp: Response) -> None:
        try:
            result = call(req, resp, **req.path_params) if has_parameters else call(req, resp)
            if result is not None:
                write_result(resp, result, origin)
        except Exception as exc:  # noqa: BLE001 - every failure is answered
            await recover(req, resp, exc)

    return exchange


def _compile_hooked(
    view: View,
    before: Sequence[Exchange],
    after: Sequence[Step],
    recover: Recover,
    *,
    observed: bool,
    binding: Binding | TimedBinding | None,
    write: Writer,
) -> Exchange:
    """A view on the event loop, with hooks, with arguments, with a contract."""
    from responder_core.selection import settle

    call, origin, awaits = view.call, view.origin, view.awaits
    bind = None if binding is None else binding.bind

    async def exchange(req: Request, resp: Response) -> None:
        try:
            for hook in before:
                await hook(req, resp)
                if resp.status_code is not None:
                    break
            else:
                kwargs = req.path_params if bind is None else await bind(req, resp)
                result = call(req, resp, **kwargs)
                if awaits:
                    result = await result
                write(resp, result, origin)
            if observed:
                await settle(resp)
        except Exception as exc:  # noqa: BLE001 - every failure is answered
            await recover(req, resp, exc)
        if after:
            await run_after(req, resp, deque(after), recover)

    return exchange


def _compile_threaded(
    hand_over: HandOver,
    before: Sequence[Exchange],
    after: Sequence[Step],
    recover: Recover,
) -> Exchange:
    """A view in a worker thread, together with the synchronous hooks and providers next to it."""

    async def exchange(req: Request, resp: Response) -> None:
        pending = deque(after)
        try:
            for hook in before:
                await hook(req, resp)
                if resp.status_code is not None:
                    break
            else:
                await hand_over(req, resp, pending)
        except Exception as exc:  # noqa: BLE001 - every failure is answered
            await recover(req, resp, exc)
        if pending:
            await run_after(req, resp, pending, recover)

    return exchange


def _share_thread(run: Run, binding: Binding | TimedBinding | None) -> HandOver:
    """Hands a view over to a thread, with the last providers before it, and waits for it."""
    prepare = None if binding is None else binding.prepare

    async def hand_over(req: Request, resp: Response, pending: deque[Step]) -> None:
        give = None if prepare is None else await prepare(req, resp)
        await run_in_thread(run, req, resp, pending, give)

    return hand_over


def _detach_thread(run: Run, binding: Binding | TimedBinding | None) -> HandOver:
    """As ``_share_thread()``, for a view that may be given up while its thread goes on.

    What the thread does then, it does to a response that nobody sends. The providers are called
    before, so that what they open is torn down.
    """

    async def hand_over(req: Request, resp: Response, _pending: deque[Step]) -> None:
        kwargs = req.path_params if binding is None else await binding.bind(req, resp)
        own = type(resp)(req)
        own.take(resp)
        await req.api.threads.run_detached(run, req, own, deque(), kwargs.copy)
        resp.take(own)

    return hand_over


def _compile_thread_run(
    view: View, before: Sequence[Step], write: Writer, *, observed: bool
) -> Run:
    """What one hand-over to a thread does.

    The last before hooks, or the last providers; the view; the first after hooks.
    """
    from responder_core.selection import settle_in_thread

    call, origin = view.call, view.origin

    def run(req: Request, resp: Response, pending: deque[Step], give: Give | None) -> None:
        for step in before:
            step.call(req, resp)
            if resp.status_code is not None:
                break
        else:
            kwargs = req.path_params if give is None else give()
            write(resp, call(req, resp, **kwargs), origin)
        if observed:
            settle_in_thread(resp)
        _run_after_in_thread(req, resp, pending)

    return run


def _run_after_in_thread(req: Request, resp: Response, pending: deque[Step]) -> None:
    """Run the synchronous hooks that come next."""
    while pending and pending[0].threaded:
        pending.popleft().call(req, resp)


async def run_after(req: Request, resp: Response, pending: deque[Step], recover: Recover) -> None:
    """Run the after hooks that are left; one that fails is answered, and the others go on."""
    while pending:
        try:
            if pending[0].threaded:
                await _run_threaded(req, resp, pending)
            else:
                step = pending.popleft()
                result = step.call(req, resp)
                if step.awaits:
                    await result
        except Exception as exc:  # noqa: BLE001, PERF203 - each failure is answered
            await recover(req, resp, exc)


async def _run_threaded(req: Request, resp: Response, pending: deque[Step]) -> None:
    """Run the synchronous hooks that come next, also where the queue of threads is full."""
    left = len(pending)
    try:
        await run_in_thread(_run_after_in_thread, req, resp, pending)
    except Problem:
        if len(pending) < left:
            raise
        # Refused before it began; but every answer passes through its hooks.
        await to_thread.run_sync(_run_after_in_thread, req, resp, pending)


def _split_tail(steps: Sequence[Step]) -> tuple[Sequence[Step], Sequence[Step]]:
    """The steps up to the last one on the loop, and the threaded ones after it."""
    index = len(steps)
    while index and steps[index - 1].threaded:
        index -= 1
    return steps[:index], steps[index:]


def _group(steps: Sequence[Step]) -> tuple[Exchange, ...]:
    """Before hooks as coroutine functions; adjacent threaded ones share one."""
    groups: list[Exchange] = []
    index = 0
    while index < len(steps):
        step = steps[index]
        if step.awaits:
            groups.append(step.call)
            index += 1
        elif not step.threaded:
            groups.append(_inline(step.call))
            index += 1
        else:
            stop = index
            while stop < len(steps) and steps[stop].threaded:
                stop += 1
            groups.append(_in_thread([step.call for step in steps[index:stop]]))
            index = stop
    return tuple(groups)


def _inline(call: Callable[[Any, Any], Any]) -> Exchange:
    async def hook(req: Request, resp: Response) -> None:
        call(req, resp)

    return hook


def _in_thread(calls: Sequence[Callable[[Any, Any], Any]]) -> Exchange:
    def run(req: Request, resp: Response) -> None:
        for call in calls:
            call(req, resp)
            if resp.status_code is not None:
                return

    async def hook(req: Request, resp: Response) -> None:
        await run_in_thread(run, req, resp)

    return hook

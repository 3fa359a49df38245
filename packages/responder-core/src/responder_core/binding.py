"""Binding: what a view, a hook or a guard is called with, compiled once for each.

In this order: guards, each with all that it needs; then every argument is read and validated;
then the providers are called. Adjacent sync providers share one hand-over to a thread, with a
sync view behind them.
"""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from responder_core.dependencies import open_value_in_thread
from responder_core.intake import Intake, JSONBody, read_body
from responder_core.texts import InvalidValue
from responder_core.worker_threads import run_in_thread

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from responder_core.arguments import Argument, Context
    from responder_core.dependencies import Dependencies, Node, Overrides, Provider
    from responder_core.hooks import Step
    from responder_core.resources import Resources
    from responder_core.settings import Limits

    # Each takes the connection, the response (None for a WebSocket) and the resources.
    LoopStep = Callable[[Any, Any, Resources], Awaitable[None]]
    ThreadStep = Callable[[Resources], None]
    Give = Callable[[], dict[str, Any]]

# The keys of what is there without being read.
_CONNECTION = object()
_RESPONSE = object()


class Binding:
    """What one function is called with, beside what the framework passes by position.

    Attributes:
        bind: gives the keywords to call the function with, on the event loop: a coroutine
            function of the connection and the response. Raises ``Problem`` 422, and what guards
            and providers raise.
        generates: whether a provider among them has a teardown.
        simple: whether there are neither guards nor providers, so that nothing is kept.
        waits: whether something has to be waited for.
        bind_now: as *bind*, without a coroutine, where nothing has to be waited for; else None.
        json_body: what *bind* does, step by step, where it is no more than that; else None.

    Args:
        plain_json: the limits of the route, and the bytes of its bodies, where its app reads
            JSON in the standard way.
    """

    __slots__ = (
        "_arguments",
        "_context",
        "_dependencies",
        "_guards",
        "_intake",
        "_lead",
        "_plain_json",
        "_tail",
        "_wants",
        "bind",
        "bind_now",
        "generates",
        "json_body",
        "simple",
        "waits",
    )

    def __init__(
        self,
        arguments: Sequence[Argument],
        guards: Sequence[Provider],
        context: Context,
        dependencies: Dependencies,
        overrides: Overrides | None = None,
        *,
        plain_json: tuple[Limits, int | None] | None = None,
    ) -> None:
        self._plain_json = plain_json
        self._arguments, self._guards = arguments, guards
        self._context, self._dependencies = context, dependencies
        known: dict[Provider, Node] = {}

        def resolve(provider: Provider) -> Node:
            return dependencies.resolve(provider, context, overrides, known)

        stages = [[resolve(guard)] for guard in guards]
        stages.append([resolve(each.provider) for each in arguments if each.provider is not None])
        self.simple: bool = not any(stages)
        self.generates: bool = any(
            node.generates for nodes in stages for top in nodes for node in top.walk()
        )
        self._intake = Intake([(each.name, each) for each in arguments])
        self.waits: bool = self._intake.waits or not self.simple
        self._wants = [(each.name, _key(each)) for each in arguments]
        steps = [] if self.simple else self._compile(stages)
        self._lead, self._tail = _split(steps)
        self.bind_now: Callable[[Any, Any], dict[str, Any]] | None = (
            None if self.waits else self._compile_now()
        )
        self.json_body: JSONBody | None = None
        self.bind: Callable[[Any, Any], Awaitable[dict[str, Any]]] = self._choose()

    def _compile(self, stages: list[list[Node]]) -> list[tuple[LoopStep | None, ThreadStep | None]]:
        steps: list[tuple[LoopStep | None, ThreadStep | None]] = []
        planned = set[object]()
        for index, nodes in enumerate(stages):
            # Each after what it needs, and only where it is needed first.
            found = {node.key: node for top in nodes for node in top.walk()}
            fresh = [node for key, node in found.items() if key not in planned]
            planned.update(key for key, node in found.items() if node.scope != "app")
            read: list[Argument] = [
                each for node in fresh if node.scope != "app" for each in node.arguments
            ]
            if index == len(stages) - 1:
                read += self._arguments
            intake = Intake([(each, each) for each in read])
            if not intake.empty:
                steps.append((_reading(intake), None))
            # What only an app-wide provider needs, that gets by itself.
            wanted = {node.key for node in nodes} | {
                need.key for node in fresh if node.scope != "app" for need in node.needs.values()
            }
            fresh = [node for node in fresh if node.scope != "app" or node.key in wanted]
            for is_plain, group in groupby(fresh, _is_plain):
                if is_plain:
                    steps.append((_awaiting([*group]), None))
                    continue
                for node in group:
                    if node.scope == "app":
                        steps.append((_keeping(node, self._dependencies), None))
                    elif node.awaits or node.inline:
                        steps.append((_calling(node), None))
                    else:
                        steps.append((None, _calling_in_thread(node)))
        return steps

    def __hash__(self) -> int:
        return id(self)

    def under_overrides(self) -> Binding:
        """This binding, or the one that stands in for it here and now."""
        overrides = self._dependencies.overrides.get()
        if overrides is None:
            return self
        known: Binding | None = overrides.plans.get(self)
        if known is None:
            known = overrides.plans[self] = Binding(
                self._arguments, self._guards, self._context, self._dependencies, overrides
            )
        return known

    def _choose(self) -> Callable[[Any, Any], Awaitable[dict[str, Any]]]:
        """What ``bind`` does: the quickest way that does it all."""
        if not self.simple:
            return self._resolve
        only = self._arguments[0] if len(self._arguments) == 1 else None
        if only is None or only.origin != "body":
            return self.read
        name, intake = only.name, self._intake
        if self._plain_json is not None:
            self.json_body = JSONBody(only, *self._plain_json, intake.find_faults)
            return self.json_body.bind

        async def bind(req: Any, _resp: Any) -> dict[str, Any]:  # noqa: ANN401
            try:
                return {name: await read_body(req, only)}
            except InvalidValue:
                raise await intake.find_faults(req) from None

        return bind

    def _compile_now(self) -> Callable[[Any, Any], dict[str, Any]]:
        """What ``bind_now`` does."""
        read = self._intake.read_now
        handed = [(name, key) for name, key in self._wants if key in (_CONNECTION, _RESPONSE)]
        if not handed:
            return read

        def bind_now(req: Any, resp: Any) -> dict[str, Any]:  # noqa: ANN401 - any connection
            values = read(req, resp)
            for name, key in handed:
                values[name] = req if key is _CONNECTION else resp
            return values

        return bind_now

    async def _resolve(self, req: Any, resp: Any) -> dict[str, Any]:  # noqa: ANN401
        """The keywords, where there are guards or providers."""
        binding = self.under_overrides()
        resources = _open(req, resp)
        for step in binding._lead:  # noqa: SLF001 - of the same class
            await step(req, resp, resources)
        if binding._tail:  # noqa: SLF001 - of the same class
            await run_in_thread(binding.follow, resources)
        return binding.keywords(resources)

    async def read(self, req: Any, resp: Any) -> dict[str, Any]:  # noqa: ANN401 - any connection
        """As ``bind()``, where nothing but the request is asked."""
        if self.bind_now is not None:
            return self.bind_now(req, resp)
        values: dict[Any, Any] = {}
        await self._intake.fill(req, values)
        for name, key in self._wants:
            if key is _CONNECTION:
                values[name] = req
            elif key is _RESPONSE:
                values[name] = resp
        return values

    async def lead(self, req: Any, resp: Any) -> Resources:  # noqa: ANN401 - any connection
        """Everything up to the last step that has to be on the event loop."""
        resources = _open(req, resp)
        for step in self._lead:
            await step(req, resp, resources)
        return resources

    async def prepare(self, req: Any, resp: Any) -> Give:  # noqa: ANN401 - any connection
        """As ``bind()``, for a function that runs in a thread: the last steps are taken there.

        What is given is called in the thread.
        """
        if self.simple:
            return partial(_itself, await self.read(req, resp))
        binding = self.under_overrides()
        return partial(binding.complete, await binding.lead(req, resp))

    def complete(self, resources: Resources) -> dict[str, Any]:
        """The last steps, in a thread; what to call the function with."""
        self.follow(resources)
        return self.keywords(resources)

    def follow(self, resources: Resources) -> None:
        """The steps that are left, in a thread that may block."""
        for step in self._tail:
            step(resources)

    def keywords(self, resources: Resources) -> dict[str, Any]:
        """What to call the function with, when every step was taken."""
        values = resources.values
        return {name: values[key] for name, key in self._wants}


def bind_hook(step: Step, context: Context, dependencies: Dependencies) -> Step:
    """A hook with what gives its arguments, as a hook of request and response alone."""
    from responder_core.hooks import Step

    binding = Binding(step.arguments, (), context, dependencies)
    call, awaits, threaded = step.call, step.awaits, step.threaded

    async def run(req: Any, resp: Any) -> None:  # noqa: ANN401 - a program's own classes
        values = await binding.bind(req, resp)
        if awaits:
            await call(req, resp, **values)
        elif threaded:
            await run_in_thread(partial(call, req, resp, **values))
        else:
            call(req, resp, **values)

    return Step(run, awaits=True, threaded=False, generates=binding.generates)


def _open(req: Any, resp: Any) -> Resources:  # noqa: ANN401 - any connection
    """What is held for a request, with what is there without being read."""
    resources: Resources = req.resources or req.open_resources()
    values = resources.values
    values[_CONNECTION], values[_RESPONSE] = req, resp
    return resources


def _itself(values: dict[str, Any]) -> dict[str, Any]:
    return values


def _key(argument: Argument) -> object:
    """Under what the value of an argument is kept."""
    if argument.provider is not None:
        return argument.provider
    if argument.origin == "request":
        return _CONNECTION
    return _RESPONSE if argument.origin == "response" else argument


def _split(
    steps: Iterable[tuple[LoopStep | None, ThreadStep | None]],
) -> tuple[list[LoopStep], list[ThreadStep]]:
    """The steps up to the last on the event loop, sync ones grouped; and those behind it."""
    lead: list[LoopStep] = []
    tail: list[ThreadStep] = []
    for on_loop, in_thread in steps:
        if in_thread is not None:
            tail.append(in_thread)
        elif on_loop is not None:  # pragma: no branch - it is one or the other
            if tail:
                lead.append(_together(tail))
                tail = []
            lead.append(on_loop)
    return lead, tail


def _together(steps: list[ThreadStep]) -> LoopStep:
    """Sync steps in one hand-over."""

    def run(resources: Resources) -> None:
        for step in steps:
            step(resources)

    async def step(_req: Any, _resp: Any, resources: Resources) -> None:  # noqa: ANN401
        await run_in_thread(run, resources)

    return step


def _reading(intake: Intake) -> LoopStep:
    if intake.waits:

        async def wait(req: Any, _resp: Any, resources: Resources) -> None:  # noqa: ANN401
            await intake.fill(req, resources.values)

        return wait

    async def read(req: Any, _resp: Any, resources: Resources) -> None:  # noqa: ANN401
        intake.fill_now(req, resources.values)

    return read


def _keeping(node: Node, dependencies: Dependencies) -> LoopStep:
    """A step that takes an app-wide value."""
    key = node.key

    async def step(_req: Any, _resp: Any, resources: Resources) -> None:  # noqa: ANN401
        resources.values[key] = await dependencies.open_app_wide(node)

    return step


def _raise_known(resources: Resources, key: object) -> None:
    """Raise what a provider raised before in this request."""
    failure = resources.failed.get(key)
    if failure is not None:
        raise failure


def _calling(node: Node) -> LoopStep:
    """A step that calls a provider on the event loop."""
    from responder_core.dependencies import open_value

    key = node.key
    wants = [(each.name, _key(each)) for each in node.arguments]

    async def step(_req: Any, _resp: Any, resources: Resources) -> None:  # noqa: ANN401
        values = resources.values
        if key not in values:
            if resources.failed:
                _raise_known(resources, key)
            kwargs = {name: values[each] for name, each in wants}
            try:
                values[key] = await open_value(node, kwargs, resources.generators)
            except Exception as error:
                resources.failed[key] = error
                raise

    return step


def _is_plain(node: Node) -> bool:
    """Whether a provider is one of a request, async, and has no teardown."""
    return node.scope != "app" and node.awaits and not node.generates


def _awaiting(nodes: Sequence[Node]) -> LoopStep:
    """A step that calls plain async providers, one after the other."""
    plan = [
        (node.key, node.provider, [(each.name, _key(each)) for each in node.arguments])
        for node in nodes
    ]

    async def step(_req: Any, _resp: Any, resources: Resources) -> None:  # noqa: ANN401
        values = resources.values
        for key, provider, wants in plan:
            if key in values:
                continue
            if resources.failed:
                _raise_known(resources, key)
            try:
                values[key] = await provider(**{name: values[each] for name, each in wants})
            except Exception as error:
                resources.failed[key] = error
                raise

    return step


def _calling_in_thread(node: Node) -> ThreadStep:
    """A step that calls a sync provider."""
    key = node.key
    wants = [(each.name, _key(each)) for each in node.arguments]

    def step(resources: Resources) -> None:
        values = resources.values
        if key not in values:
            if resources.failed:
                _raise_known(resources, key)
            kwargs = {name: values[each] for name, each in wants}
            try:
                values[key] = open_value_in_thread(node, kwargs, resources.generators)
            except Exception as error:
                resources.failed[key] = error
                raise

    return step

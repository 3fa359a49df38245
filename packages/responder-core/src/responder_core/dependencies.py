"""Dependencies: providers, what each needs, and the values that an app keeps of them."""

from __future__ import annotations

import inspect
import logging
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from responder_core.annotations import is_model
from responder_core.arguments import RESERVED, Argument, Context
from responder_core.errors import (
    DependencyCycleError,
    DependencyError,
    DependencyResolutionError,
    DependencyScopeError,
    ViewError,
)
from responder_core.hooks import describe
from responder_core.parameters import read_arguments
from responder_core.resources import tear_down
from responder_core.suggestions import suggest
from responder_core.threads import is_async
from responder_core.turns import Turns
from responder_core.worker_threads import run_in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from responder_core.resources import Opened

logger: logging.Logger = logging.getLogger("responder")

Provider: TypeAlias = "Callable[..., Any]"
DependencyScope: TypeAlias = Literal["request", "app"]
"""How long a value is kept: for one request, or until the app stops."""


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A provider with all that it needs.

    Attributes:
        provider: what is called.
        key: under which its value is found; the provider that it stands for, when it is
            an override.
        arguments: what its parameters are filled from.
        needs: the nodes among them, by the name of the parameter.
        scope: how long its value is kept.
        awaits: whether calling it gives an awaitable, or an async generator.
        generates: whether it is a generator, with a teardown behind its ``yield``.
        inline: whether it is quick, and so called on the event loop though it is sync.
        overridden: whether it or something it needs is an override.
    """

    provider: Provider
    key: object
    arguments: tuple[Argument, ...]
    needs: dict[str, Node]
    scope: DependencyScope
    awaits: bool
    generates: bool
    inline: bool
    overridden: bool

    def walk(self) -> Iterator[Node]:
        """This node behind all that it needs, each after what it needs itself."""
        for node in self.needs.values():
            yield from node.walk()
        yield self


@dataclass(eq=False)
class Overrides:
    """What stands in for providers, for as long as the block of ``dependency_overrides()``.

    Attributes:
        providers: what stands in, by what it stands for.
        values: the values of app-wide providers that are affected.
        plans: what was compiled anew under these overrides, by what it was compiled from.
    """

    providers: dict[Provider, Provider]
    values: dict[object, Any] = field(default_factory=dict[object, Any])
    plans: dict[object, Any] = field(default_factory=dict[object, Any])


class Dependencies:
    """The providers of an app: those that have names, those that last, and their values.

    Attributes:
        named: the providers that views get by the names of their parameters.
        overrides: what stands in for providers here and now; another task sees its own.
    """

    def __init__(self, named: dict[str, Provider]) -> None:
        self.named = named
        self.overrides: ContextVar[Overrides | None] = ContextVar("overrides", default=None)
        self._app_wide: set[Provider] = set()
        self._values: dict[object, Any] = {}
        self._turns = Turns()
        self._opened: list[Opened] = []

    def add(self, name: str, provider: Provider, scope: DependencyScope = "request") -> None:
        """Give a provider a name.

        Raises:
            ValueError: the name is taken or reserved, or the scope is none.
            TypeError: the provider cannot be called.
        """
        candidate: object = provider
        if not callable(candidate):
            msg = f"dependency {name!r} is a function that gives the value, not {provider!r}"
            raise TypeError(msg)
        if not name.isidentifier():
            msg = f"{name!r} is no name of a parameter; write add_dependency('db', provider)"
            raise ValueError(msg)
        if name in RESERVED:
            msg = f"no dependency may be called {name!r}; views have that parameter already"
            raise ValueError(msg)
        if name in self.named:
            msg = (
                f"there is a dependency {name!r} already, {describe(self.named[name])}; choose "
                "another name, or use dependency_overrides() in tests"
            )
            raise ValueError(msg)
        if scope not in ("request", "app"):
            msg = f"scope= of dependency {name!r} is 'request' or 'app', not {scope!r}"
            raise ValueError(msg)
        self.named[name] = provider
        if scope == "app":
            self._app_wide.add(provider)

    @contextmanager
    def override(self, overrides: Mapping[Any, Any]) -> Generator[None]:
        """Let values or providers stand in for others, in this task and those it starts.

        Raises:
            DependencyResolutionError: there is no dependency of a name.
        """
        above = self.overrides.get()
        providers = dict(above.providers) if above is not None else {}
        for key, value in overrides.items():
            if isinstance(key, str) and key not in self.named:
                msg = f"there is no dependency {key!r} to override{suggest(key, self.named)}"
                raise DependencyResolutionError(msg)
            original = self.named[key] if isinstance(key, str) else key
            providers[original] = value if callable(value) else partial(_give, value)
        token = self.overrides.set(Overrides(providers))
        try:
            yield
        finally:
            self.overrides.reset(token)

    def resolve(
        self,
        provider: Provider,
        context: Context,
        overrides: Overrides | None = None,
        known: dict[Provider, Node] | None = None,
    ) -> Node:
        """A provider with all that it needs; those that are *known* are taken as they are.

        Raises:
            DependencyCycleError: it needs itself, directly or by way of others.
            DependencyScopeError: it lasts longer than something it needs.
            DependencyResolutionError: a parameter of it can be filled from nothing.
        """
        return self._resolve(
            provider, replace(context, skip=0), overrides, (), {} if known is None else known
        )

    def _resolve(
        self,
        provider: Provider,
        context: Context,
        overrides: Overrides | None,
        above: tuple[Provider, ...],
        known: dict[Provider, Node],
    ) -> Node:
        if provider in above:
            chain = " → ".join(describe(each) for each in (*above, provider))
            msg = f"dependencies go round in a circle: {chain}; let one of them do without"
            raise DependencyCycleError(msg)
        if provider in known:
            return known[provider]
        stand_in = overrides.providers.get(provider) if overrides is not None else None
        called = stand_in or provider
        try:
            arguments = read_arguments(called, replace(context, role="dependency"))
        except ViewError as error:
            raise DependencyResolutionError(str(error)) from error
        needs = {
            each.name: self._resolve(each.provider, context, overrides, (*above, provider), known)
            for each in arguments
            if each.provider is not None
        }
        scope: DependencyScope = "app" if provider in self._app_wide else "request"
        if scope == "app":
            _check_scope(called, arguments, needs)
        awaits, generates = _kind_of(called)
        node = known[provider] = Node(
            called,
            provider,
            arguments,
            needs,
            scope,
            awaits,
            generates,
            is_model(called) or getattr(called, "func", None) is _give,
            stand_in is not None or any(each.overridden for each in needs.values()),
        )
        return node

    async def open_app_wide(self, node: Node) -> Any:  # noqa: ANN401 - whatever it gives
        """The value of an app-wide provider, made when it is first asked for.

        One that fails is tried again by the next who asks.
        """
        overrides = self.overrides.get() if node.overridden else None
        values = self._values if overrides is None else overrides.values
        if node.key in values:
            return values[node.key]
        # One for each provider, so that a slow one holds up only those who wait for it.
        async with self._turns.take((node.key, id(values))):
            if node.key not in values:  # pragma: no branch - who waited finds it
                needs = node.needs.items()
                kwargs = {name: await self.open_app_wide(each) for name, each in needs}
                for each in node.arguments:
                    if each.provider is None:
                        kwargs[each.name] = each.absent()
                values[node.key] = await open_value(node, kwargs, self._opened)
            return values[node.key]

    async def close(self) -> None:
        """Tear the app-wide providers down, in reverse; what fails is logged."""
        self._values.clear()
        while self._opened:
            provider, generator = self._opened.pop()
            try:
                await tear_down(generator, None)
            except Exception:
                logger.exception("teardown of %s failed", describe(provider))


def _give(value: Any) -> Any:  # noqa: ANN401 - the value itself
    return value


def _check_scope(
    provider: Provider, arguments: Sequence[Argument], needs: Mapping[str, Node]
) -> None:
    """Refuse an app-wide provider that needs what a request has.

    Raises:
        DependencyScopeError: it does.
    """
    for each in arguments:
        need = needs.get(each.name)
        if need is None and each.required:
            where = "the request" if each.origin in ("request", "response") else f"a {each.origin}"
            msg = (
                f"dependency {describe(provider)} has scope='app' and takes {each.name!r} from "
                f"{where}; an app-wide value belongs to no request"
            )
            raise DependencyScopeError(msg)
        if need is not None and need.scope != "app":
            msg = (
                f"dependency {describe(provider)} has scope='app' and needs {each.name!r}, "
                f"{describe(need.provider)}, which is made for each request; give that "
                "scope='app' too"
            )
            raise DependencyScopeError(msg)


def _kind_of(provider: Any) -> tuple[bool, bool]:  # noqa: ANN401 - any callable
    """Whether a provider gives an awaitable or an async generator; whether a generator."""
    function = provider
    while isinstance(function, partial):
        function = function.func
    if not inspect.isroutine(function) and not isinstance(function, type):
        function = getattr(function, "__call__", function)  # noqa: B004 - what it calls
    # A wrapper, @contextmanager among them, gives the generator, or what holds it.
    function = inspect.unwrap(function)
    if inspect.isasyncgenfunction(function):
        return True, True
    if inspect.isgeneratorfunction(function):
        return False, True
    return is_async(provider), False


async def open_value(node: Node, kwargs: dict[str, Any], opened: list[Opened]) -> Any:  # noqa: ANN401
    """What a provider gives; its generator is added to those that are *opened*."""
    if node.awaits:
        if not node.generates:
            return await node.provider(**kwargs)
        generator = _generator_of(node.provider(**kwargs))
        try:
            value = await generator.__anext__()
        except StopAsyncIteration:
            raise _without_value(node) from None
        opened.append((node.provider, generator))
        return value
    if node.inline:
        return node.provider(**kwargs)
    return await run_in_thread(open_value_in_thread, node, kwargs, opened)


def open_value_in_thread(node: Node, kwargs: dict[str, Any], opened: list[Opened]) -> Any:  # noqa: ANN401
    """As ``open_value()``, for a sync provider, in a thread that may block."""
    if not node.generates:
        value = node.provider(**kwargs)
        if inspect.isawaitable(value):
            from responder_core.hooks import refuse_awaitable

            refuse_awaitable(value, f"dependency {describe(node.provider)}")
        return value
    generator = _generator_of(node.provider(**kwargs))
    try:
        value = next(generator)
    except StopIteration:
        raise _without_value(node) from None
    opened.append((node.provider, generator))
    return value


def _generator_of(made: Any) -> Any:  # noqa: ANN401 - a generator, or what holds one
    return getattr(made, "gen", made)


def _without_value(node: Node) -> DependencyError:
    msg = f"dependency {describe(node.provider)} ended without a yield; yield what it gives"
    return DependencyError(msg)

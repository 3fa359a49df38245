"""Registration of dependencies: ``@api.dependency()``, and what stands in for them in tests."""

from __future__ import annotations

from abc import ABC, abstractmethod
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from responder_core.dependencies import Dependencies, DependencyScope
    from responder_core.registry import Registry

# An app may be assembled in several threads at once.
_lock = Lock()

P = TypeVar("P", bound="Callable[..., Any]")


class DependencyRegistrar(ABC):
    """The dependencies of an app."""

    registry: Registry
    _dependencies: Dependencies | None = None

    @property
    def dependencies(self) -> Dependencies:
        """The providers that have names, and the values that last as long as the app."""
        if self._dependencies is None:
            from responder_core.dependencies import Dependencies

            with _lock:
                if self._dependencies is None:  # pragma: no branch - another may be quicker
                    self._dependencies = Dependencies(self.registry.named)
        return self._dependencies

    @overload
    def dependency(self, name: P) -> P: ...
    @overload
    def dependency(
        self, name: str | None = None, *, scope: DependencyScope = "request"
    ) -> Callable[[P], P]: ...
    def dependency(
        self, name: str | P | None = None, *, scope: DependencyScope = "request"
    ) -> P | Callable[[P], P]:
        """Register what views get by the name of a parameter: ``@api.dependency()``.

        ::

            @api.dependency()
            async def db():
                async with pool.acquire() as connection:
                    yield connection


            @api.get("/users/{id}")
            async def user(req, resp, *, id: int, db): ...

        The provider is a function or a generator function, sync or async; it may have
        parameters like those of a view. It is called once for a request, when something asks
        for it. What stands behind its ``yield`` runs after the answer was sent, in reverse
        order; there a failure of the request is raised, so that it can be rolled back. With
        ``scope="app"`` it is called once, and ends when the app stops.

        Raises:
            ValueError: the name is taken or reserved, or the scope is none.
        """
        if callable(name):
            self.add_dependency(getattr(name, "__name__", ""), name, scope=scope)
            return name

        def register(provider: P) -> P:
            own = getattr(provider, "__name__", "")
            self.add_dependency(name if isinstance(name, str) else own, provider, scope=scope)
            return provider

        return register

    def add_dependency(
        self, name: str, provider: Callable[..., Any], *, scope: DependencyScope = "request"
    ) -> None:
        """As ``dependency()``, for a provider that stands elsewhere."""
        self.dependencies.add(name, provider, scope)
        self.refresh()

    def dependency_overrides(
        self,
        providers: Mapping[Any, Any] | None = None,
        /,
        **named: Any,  # noqa: ANN401
    ) -> AbstractContextManager[None]:
        """Let others stand in for providers, in a ``with`` block: for tests.

        ``with api.dependency_overrides(db=fake):`` or ``({get_db: fake})``; a stand-in is a
        value, or a provider. It is there for this task and those it starts, so that tests that
        run at once do not disturb each other.

        Raises:
            DependencyResolutionError: there is no dependency of a name.
        """
        return self.dependencies.override({**(providers or {}), **named})

    @abstractmethod
    def refresh(self) -> None:
        """Let the next connection find what was registered."""

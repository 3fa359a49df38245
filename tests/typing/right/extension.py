"""A package of one's own: options, an extension, a mixin, an API that unites them."""

# Pyright takes the keywords of a TypedDict for all that a method may ever have, and calls further
# ones in a subclass an incompatible override. They are how an API unites packages.
# pyright: reportIncompatibleMethodOverride=false

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypedDict, TypeVar

from typing_extensions import Unpack, assert_type

import responder
from responder_core import API, Extension, Request, Response, Route, RouteOptions

if TYPE_CHECKING:
    from responder_core.types import Around, Exchange

E = TypeVar("E", bound=Callable[..., object])


class AudienceOptions(TypedDict, total=False):
    """The route keywords of this package."""

    audience: str
    minimum_age: int


class Audience:
    """What a route says of its audience."""

    def __init__(self, name: str) -> None:
        self.name = name


class Audiences(Extension[AudienceOptions]):
    """Keeps the audience of each route, and greets it."""

    options = AudienceOptions

    def __init__(self, *, default: str = "everyone") -> None:
        self.default = default

    def install(self, api: API) -> None:
        api.state.audiences = self
        api.add_route("/audience", self.show, sync_to_thread=False)
        api.around("user", self.wrap)

    def bind(self, route: Route, options: AudienceOptions) -> None:
        assert_type(options.get("minimum_age"), int | None)
        route.facts.append(Audience(options.get("audience", self.default)))

    def wrap(self, route: Route | None, exchange: Exchange) -> Exchange:
        if route is None:
            return exchange
        audience = route.fact(Audience)
        assert_type(audience, Audience | None)

        async def greet(req: Request, resp: Response) -> None:
            resp.headers["X-Audience"] = audience.name if audience else self.default
            await exchange(req, resp)

        return greet

    def show(self, req: Request, resp: Response) -> None:
        resp.text = self.default


class GreetingMixin:
    """A request attribute that this package adds."""

    __slots__ = ()

    def greeting(self, name: str) -> str:
        return f"Hello, {name}!"


class GreetingRequest(GreetingMixin, responder.Request):
    """The request class of an app that has it."""

    __slots__ = ()


class UnitedOptions(RouteOptions, AudienceOptions, total=False):
    """Every keyword of a route: the core's and this package's."""


class UnitedAPI(API):
    """An API whose decorators complete and check the keywords of both."""

    if TYPE_CHECKING:

        def add_route(
            self,
            path: str,
            endpoint: Callable[..., object] | None = None,
            **options: Unpack[UnitedOptions],
        ) -> None: ...
        def route(
            self, path: str | None = None, **options: Unpack[UnitedOptions]
        ) -> Callable[[E], E]: ...
        def get(self, path: str, **options: Unpack[UnitedOptions]) -> Callable[[E], E]: ...
        def post(self, path: str, **options: Unpack[UnitedOptions]) -> Callable[[E], E]: ...


united = UnitedAPI(extensions=[Audiences(default="staff")], request_class=GreetingRequest)


@united.get("/staff", audience="staff", minimum_age=18, name="staff")
async def staff(req: GreetingRequest, resp: responder.Response) -> None:
    resp.text = req.greeting(req.params.get("name", "world"))
    assert_type(req.greeting("you"), str)
    assert_type(req.headers["x"], str)


united.add_route("/again", staff, audience="staff", methods=["GET"])
around: Around = Audiences().wrap

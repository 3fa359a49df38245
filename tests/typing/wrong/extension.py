"""What the seams for packages refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from responder_core import API, Extension, Request, Response, Route
from tests.typing.right.extension import Audiences, GreetingRequest, united

if TYPE_CHECKING:
    from responder_core.types import Exchange


class Options(TypedDict, total=False):
    """The keywords of an extension."""

    limit: int


class Misbound(Extension[Options]):
    """Takes a route and its options in another shape."""

    options = Options

    def bind(self, route: Route, options: int) -> None: ...  # expect: mypy[override] pyright[reportIncompatibleMethodOverride]


class Misinstalled(Extension[Options]):
    """Takes more than an API."""

    options = Options

    def install(self, api: API, more: int) -> None: ...  # expect: mypy[override] pyright[reportIncompatibleMethodOverride]


class Misread(Extension[Options]):
    """Reads an option that it does not have."""

    options = Options

    def bind(self, route: Route, options: Options) -> None:
        options["limits"]  # expect: mypy[typeddict-item] pyright[reportGeneralTypeIssues]


class Foreign(TypedDict, total=False):
    """The keywords of another extension."""

    audience: str


class Misclaimed(Extension[Options]):
    """Claims the keywords of another."""

    options = Foreign  # expect: mypy[assignment] pyright[reportAssignmentType]


def wrap_without_route(exchange: Exchange) -> Exchange:
    return exchange


def wrap_to_nothing(route: Route | None, exchange: Exchange) -> None: ...


def wrap_synchronously(route: Route | None, exchange: Exchange) -> Exchange:
    def call(req: Request, resp: Response) -> None: ...

    return call  # expect: mypy[return-value] pyright[reportReturnType]


api = API()
api.around("limits", Audiences().wrap)  # expect: mypy[arg-type] pyright[reportArgumentType]
api.around("limit", wrap_without_route)  # expect: mypy[arg-type] pyright[reportArgumentType]
api.around("limit", wrap_to_nothing)  # expect: mypy[arg-type] pyright[reportArgumentType]
Audiences(default=5)  # expect: mypy[arg-type] pyright[reportArgumentType]

# The core alone has no keyword of a package; the API that unites them has, and checks it.
api.get("/", audience="staff")  # expect: mypy[call-arg] pyright[reportCallIssue]
united.get("/", audience=5)  # expect: mypy[arg-type] pyright[reportArgumentType]
united.get("/", audiense="staff")  # expect: mypy[call-arg] pyright[reportCallIssue]
united.get("/", name=5)  # expect: mypy[arg-type] pyright[reportArgumentType]


@united.get("/")
async def view(req: GreetingRequest, resp: Response) -> None:
    req.greeting(5)  # expect: mypy[arg-type] pyright[reportArgumentType]
    req.greetings("x")  # expect: mypy[attr-defined] pyright[reportAttributeAccessIssue, reportUnknownMemberType]

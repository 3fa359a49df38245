"""Mounting: a GraphQL endpoint in an app, with all that belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from responder_core.errors import HTTPException
from responder_core.router import Router
from responder_graphql.binding import ContextBinding
from responder_graphql.page import GraphiQLPage
from responder_graphql.settings import GraphQLOptions
from responder_graphql.view import GraphQLView
from responder_graphql.websocket import PROTOCOL, GraphQLSocket

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from responder_core.router import RouterRegistrar


class MountOptions(GraphQLOptions, total=False):
    """The keywords of ``mount()``: those of ``GraphQLView()``, and some of a route's.

    Attributes:
        name: the name for ``url_for()``, ``"graphql"`` unless given.
        auth: how the route authenticates.
        tags: what the documentation groups it by.
        max_request_size: the bytes of a request's body; those of a message of a WebSocket are
            bounded by ``API(max_message_size=)``.
        websocket: whether WebSockets are answered as well.
        route_options: further keywords of the route of requests, such as those of extensions.
    """

    name: str
    auth: Any
    tags: Any
    max_request_size: int | None
    websocket: bool
    route_options: dict[str, Any]


# What both routes take, that of requests and that of WebSockets.
_OF_BOTH = ("auth", "tags")


def mount(
    api: RouterRegistrar,
    path: str = "/graphql",
    *,
    schema: object,
    **options: Unpack[MountOptions],
) -> GraphQLView:
    """Serve a GraphQL schema: ``mount(api, "/graphql", schema=graphene.Schema(query=Query))``.

    Queries, mutations and subscriptions over HTTP and WebSocket, and GraphiQL for a browser that
    navigates there, in debug. *api* may be a router as well. Parameters of the path are in
    ``info.context`` by their names. The view is returned; its ``settings`` are the options.

    Raises:
        TypeError: it is no schema, or an option is unknown or of another type.
        ValueError: an option cannot work.
        RouteConflictError: another route answers this path.
        ViewError: a dependency is not registered; or the context needs the response, which a
            WebSocket has not: give ``websocket=False`` then.
    """
    given = dict(options)
    more: dict[str, Any] = {
        name: given.pop(name) for name in ("name", "max_request_size", *_OF_BOTH) if name in given
    }
    further = cast("dict[str, Any]", given.pop("route_options", {}))
    if "dependencies" in further:
        msg = "route_options= takes no dependencies; give dependencies= to mount()"
        raise TypeError(msg)
    more.update(further)
    has_sockets = given.pop("websocket", True)
    view = GraphQLView(schema=schema, **cast("GraphQLOptions", given))
    if view.guards:
        more["dependencies"] = view.guards
    undo = api.checkpoint()
    try:
        # A router of its own, so that what is raised around the view is answered as what the view
        # refuses: by a guard, a provider, the length of a body or another method. The handler of
        # 500 is asked where the program has none for the class of an exception.
        own = Router()
        for key in (HTTPException, 500):
            own.add_exception_handler(key, view.answer_exception)
        api.include_router(own)
        own.add_route(path, view, methods=["GET", "POST"], **more)
        shared = {name: more[name] for name in (*_OF_BOTH, "dependencies") if name in more}
        if has_sockets:
            socket = GraphQLSocket(view, ContextBinding(view))
            api.add_route(path, socket, websocket=True, subprotocols=[PROTOCOL], **shared)
        if view.settings.graphiql is not False:
            view.page = page = GraphiQLPage(view, has_sockets=bool(has_sockets))
            files = f"{path.rstrip('/')}/graphiql-{page.release}/{{path:path}}"
            hook = page.refuse_hidden
            api.add_route(files, page.files, methods=["GET"], before=hook, **shared)
    except BaseException:
        undo()  # All routes, or none.
        raise
    return view

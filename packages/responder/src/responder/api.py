"""The API of the meta-package: the core's, with every package assembled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from responder.messages import Request, Response
from responder.registrar import Base
from responder.sessions import take_sessions
from responder_core.guards import INHERITED
from responder_openapi import OpenAPI
from responder_ratelimit import RateLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Literal

    from typing_extensions import Unpack

    import responder_core
    from responder.sessions import SessionSettings
    from responder_core.guards import Guards
    from responder_core.settings import APIOptions
    from responder_core.types import Lifespan
    from responder_graphql import GraphQLView
    from responder_graphql.mounting import MountOptions
    from responder_openapi.themes import Theme
    from responder_ratelimit.rules import RateLimit

    M = TypeVar("M")

    class Options(APIOptions, SessionSettings, total=False):
        """Every keyword of ``API()`` beside those that are named there."""


_SCHEMA_ROUTE = "/schema.yml"


class API(Base):
    """A web service: routes and what belongs to them; an ASGI application.

    ::

        api = responder.API()


        @api.route("/{greeting}")
        async def greet_world(req, resp, *, greeting):
            resp.text = f"{greeting}, world!"


        api.run()

    Args:
        debug: tell the client of a failing view what failed. Never where others can see it.
        lifespan: a context manager of the app, entered at start-up and left at shutdown.
        redirect_slashes: redirect ``/users/`` to ``/users`` (or back) where only that exists.
        extensions: what further packages add.
        dependencies: guards of everything that the app serves: ``[Depends(guard)]``.
        auth: how everything authenticates, unless a router or a route says otherwise: a guard.
        public: what they leave open: paths of routes, names given by ``name=``, and prefixes of
            mounts.
        request_class, response_class, websocket_class: what views are given, in place of
            ``responder.Request``, ``Response`` and ``WebSocket``.
        title, version, description, terms_of_service, contact, license: what the documentation
            says of the service.
        openapi: serve the document, of this version of OpenAPI: ``"3.1.0"``.
        openapi_servers: where the service is, in place of where the document was asked for.
        openapi_route: where the document is; one that is given serves it.
        openapi_tags: what the tags are, by name.
        openapi_auth: how document and page authenticate, in place of how the app does.
        docs_route: where its page is; one that is given serves both.
        openapi_theme: what draws the page; ``responder_openapi.OpenAPI`` lists the themes.
        validate_responses: what is done about answers that are not what the document says:
            ``"log"`` or ``"error"``, while the service is developed.
        rate_limit: what each client may ask of the whole app, ``"100/minute"``; more of it by
            ``extensions=[responder_ratelimit.RateLimits(...)]``.
        options: what ``responder_core.settings.Settings`` and
            ``responder.sessions.SessionSettings`` tell, each as a keyword.

    Attributes:
        openapi: what documents the service; ``responder_openapi.OpenAPI``.
    """

    def __init__(
        self,
        *,
        debug: bool = False,
        lifespan: Lifespan | None = None,
        redirect_slashes: bool = True,
        extensions: Iterable[responder_core.Extension[Any]] = (),
        dependencies: Guards = (),
        auth: Any = INHERITED,  # noqa: ANN401 - a guard, several, or None
        public: Iterable[str] = (),
        request_class: type[responder_core.Request] = Request,
        response_class: type[responder_core.Response] = Response,
        websocket_class: type[responder_core.WebSocket] | None = None,
        title: str | None = None,
        version: str | None = None,
        description: str | None = None,
        terms_of_service: str | None = None,
        contact: Mapping[str, str] | None = None,
        license: Mapping[str, str] | str | None = None,  # noqa: A002 - as OpenAPI calls it
        openapi: str | None = None,
        openapi_servers: Iterable[str | Mapping[str, Any]] | None = None,
        openapi_route: str | None = _SCHEMA_ROUTE,
        openapi_tags: Mapping[str, str] | None = None,
        openapi_auth: Any = INHERITED,  # noqa: ANN401 - as auth
        docs_route: str | None = None,
        openapi_theme: Theme = "swagger_ui",
        validate_responses: Literal["off", "log", "error"] = "off",
        rate_limit: RateLimit = False,
        **options: Unpack[Options],
    ) -> None:
        settings = cast("dict[str, Any]", options)
        given = list(extensions)
        own = next((each for each in given if isinstance(each, OpenAPI)), None)
        if own is None:
            is_served = openapi is not None or docs_route is not None
            own = OpenAPI(
                title=title,
                version=version,
                description=description,
                terms_of_service=terms_of_service,
                contact=contact,
                license=license,
                openapi=openapi,
                servers=openapi_servers,
                openapi_route=openapi_route
                if is_served or openapi_route != _SCHEMA_ROUTE
                else None,
                tags=openapi_tags,
                auth=openapi_auth,
                docs_route=docs_route,
                theme=openapi_theme,
                validate_responses=validate_responses,
            )
            given.insert(0, own)
        given += take_sessions(settings, given)
        if not any(isinstance(each, RateLimits) for each in given):
            given.append(RateLimits(rate_limit or False))
        elif rate_limit:
            msg = f"rate_limit={rate_limit!r} stands beside RateLimits(); give it the limits"
            raise ValueError(msg)
        self.openapi: OpenAPI = own
        super().__init__(
            debug=debug,
            lifespan=lifespan,
            redirect_slashes=redirect_slashes,
            extensions=given,
            dependencies=dependencies,
            auth=auth,
            public=public,
            request_class=request_class,
            response_class=response_class,
            websocket_class=websocket_class,
            **cast("APIOptions", settings),
        )

    def _default_websocket_class(self) -> type[responder_core.WebSocket]:
        from responder.websocket import WebSocket

        return WebSocket

    def graphql(
        self, route: str = "/graphql", *, schema: object, **options: Unpack[MountOptions]
    ) -> GraphQLView:
        """Serve a GraphQL schema: ``api.graphql("/graphql", schema=graphene.Schema(query=Query))``.

        The options are those of ``responder_graphql.mount()``.
        """
        from responder_graphql import mount

        return mount(self, route, schema=schema, **options)

    def schema(self, name: str) -> Callable[[M], M]:
        """Give a model a name in the documentation: ``@api.schema("Pet")``."""
        return self.openapi.schema(name)

    def add_security_scheme(
        self,
        name: str | object,
        scheme: Mapping[str, Any] | None = None,
        *,
        default: bool = False,
        guard: Callable[..., Any] | None = None,
    ) -> None:
        """Tell the documentation of a way to authenticate; see ``responder_openapi.OpenAPI``."""
        self.openapi.add_security_scheme(name, scheme, default=default, guard=guard)

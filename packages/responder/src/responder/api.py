"""The API of the meta-package: the core's, with every package assembled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from responder.former import FormerNames, take_former, take_former_of_route
from responder.messages import Request, Response
from responder.plain_errors import PlainErrors
from responder.registrar import Base
from responder.sessions import take_sessions
from responder_core.guards import INHERITED
from responder_openapi import OpenAPI
from responder_ratelimit import RateLimits
from responder_sessions.options import SessionOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Literal

    from typing_extensions import Unpack

    import responder_core
    from responder.sessions import SessionSettings
    from responder_core.extension import RouteOptions as CoreRouteOptions
    from responder_core.guards import Guards
    from responder_core.router import Frame
    from responder_core.settings import APIOptions
    from responder_core.types import Endpoint, Lifespan
    from responder_graphql import GraphQLView
    from responder_graphql.mounting import MountOptions
    from responder_openapi.themes import Theme
    from responder_ratelimit.rules import RateLimit

    M = TypeVar("M")

    class Options(APIOptions, SessionSettings, total=False):
        """Every keyword of ``API()`` beside those that are named there; it documents them."""


_SCHEMA_ROUTE = "/schema.yml"


class API(FormerNames, Base):
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
        extensions: what further packages add.
        request_class, response_class, websocket_class: what views are given, in place of
            ``responder.Request``, ``Response`` and ``WebSocket``.
        background_limit: how many functions may wait or run in ``api.background``.
        background_timeout: the seconds they get to end when the app stops, and mounted apps too.
        sync_threads: how many sync views, hooks and dependencies run at once, each in a thread.
        sync_queue: how many may wait for a thread; more are answered with 503.

        redirect_slashes: redirect ``/users/`` to ``/users`` (or back) where only that exists.
        static_dir: the directory whose files are served, when it exists; None serves none.
        static_route: the path they are served under.
        templates_dir: the directory of Jinja templates.
        auto_escape: escape what templates insert.

        dependencies: guards of everything that the app serves: ``[Depends(guard)]``.
        auth: how everything authenticates, unless a router or a route says otherwise: a guard.
        public: what they leave open: paths of routes, names given by ``name=``, and prefixes of
            mounts.
        allowed_hosts: the names that the app answers to, ``["example.org", "*.example.org"]``;
            None for every name.
        allowed_origins: the origins whose pages may open WebSockets, beside the same host.
        cors: let pages of other origins read answers, as *cors_params* says, errors too.
        cors_params: the arguments of Starlette's ``CORSMiddleware``, over the standard ones.
        enable_hsts: redirect to HTTPS, and send Strict-Transport-Security over it.
        security_headers: send what tells browsers to be careful: True, or a mapping over the
            standard fields, None leaving one out.
        trusted_proxies: the networks of proxies that are believed about the client and the
            scheme of a request: ``["10.0.0.0/8"]``.
        rate_limit: what each client may ask of the whole app, ``"100/minute"``; more of it by
            ``extensions=[responder_ratelimit.RateLimits(...)]``.

        secret_key: what signs the cookies of sessions; without one, RESPONDER_SECRET_KEY of the
            environment.
        sessions: whether there are some; ``"auto"`` has them where a key or a store is given.
        session_backend: the store, or its name or URL; None for signed cookies.
        session_cookie: the name of the cookie; None for ``"session"``.
        session_https_only: whether it is sent by HTTPS alone; None for all but debugged apps.
        session_same_site: its SameSite.
        session_max_age: the seconds that a session lasts unused.
        csrf: whether requests that other sites forge are refused.

        max_request_size: the bytes of a request's body, or None for any size.
        max_message_size: the bytes of one message of a WebSocket, or None for any size.
        limits: what else a request may cost: ``responder.Limits``.
        request_timeout: the seconds that a request may take until it is answered, or None.
        ws_idle_timeout: seconds without a message after which a WebSocket is closed, or None.

        gzip: compress bodies: with zstd, br or gzip, what the client takes and is installed.
        compress_minimum: bytes; a shorter body is sent as it is.
        auto_etag: send an ETag made from the body with every 200 of GET.
        auto_vary: send ``Vary: Accept`` with negotiated answers.
        strict_accept: answer 406 where the client takes none of the forms; else JSON is sent.
        encoder: turns what JSON, YAML and MessagePack have no form for into what they have.
        json_ensure_ascii: write JSON in ASCII alone.
        json_decimal: write a Decimal as a ``"string"`` or as a ``"float"``.
        problem_details: whether errors are problem documents (RFC 9457); False for those of
            older programs: ``{"error": "..."}``, or text.
        problem_handler: changes or replaces the document of an error:
            ``handler(document, req, exc)``; it may take fewer.

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

        request_id: say the id of each request in ``X-Request-ID`` of its answer.
        enable_logging: write a record for each request, and those of ``api.log``.
        log_format: ``"text"`` for people, or ``"json"``, an object a line.
        health_route: the path of the readiness probe; it brings the probes.
        metrics_route: the path where Prometheus finds what was answered, with the extra
            ``metrics``.
        metrics_buckets: the seconds up to which durations are counted together, ascending.
        tracing: make a span of each request, with the extra ``otel``.

    ``responder_core.settings.Settings`` and the extensions of the packages tell more of each.

    Attributes:
        openapi: what documents the service; ``responder_openapi.OpenAPI``.
        sessions_enabled: whether ``req.session`` is there.
        problem_details: as given.

    Raises:
        TypeError: a keyword is unknown, or was one of older versions; says what to write.
        ValueError: a value that cannot work.
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
        problem_details: bool = True,
        **options: Unpack[Options],
    ) -> None:
        settings = cast("dict[str, Any]", options)
        take_former(settings)
        given = list(extensions)
        if not problem_details:
            given.insert(0, PlainErrors())
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
                errors=problem_details,
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
        self.problem_details = problem_details
        self.sessions_enabled: bool = any(each.options is SessionOptions for each in given)
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

    def register_below(
        self,
        path: str,
        endpoint: Endpoint | None,
        options: CoreRouteOptions,
        frames: tuple[Frame, ...],
    ) -> None:
        """Register a route, of this app or of a router; ``add_route()`` is the way to call it."""
        known = cast("dict[str, Any]", {**options})
        take_former_of_route(path, known)
        super().register_below(path, endpoint, cast("CoreRouteOptions", known), frames)

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

"""The extension: what an app is given to be documented, and to show its documentation."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from responder_core import Extension
from responder_core.guards import INHERITED
from responder_openapi.options import OpenAPIOptions, SingleOptions, Words, refuse_odd
from responder_openapi.values import is_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from responder_core.api import API
    from responder_core.route import Route
    from responder_openapi.components import Schema
    from responder_openapi.document import Document, Info
    from responder_openapi.security import Security
    from responder_openapi.themes import Theme

M = TypeVar("M")


class OpenAPI(Extension[OpenAPIOptions]):
    """Documents an app: ``API(extensions=[OpenAPI(title="Shop", docs_route="/docs")])``.

    The document is made from the routes when the app starts, so that what cannot be told is an
    error then, and again when a route is added.

    Args:
        title: what the app is called; "Responder API" unless told.
        version: that of the app; "0.0.0" unless told.
        summary, description: of the app: a line, and Markdown.
        terms_of_service: a URL.
        contact: ``{"name": …, "url": …, "email": …}``.
        license: ``{"name": …, "identifier": …}``, or the name alone.
        openapi: the version of OpenAPI: ``"3.0.3"``, ``"3.1.0"``, ``"3.2.0"``; without it 3.1, or
            3.2 where streams of items or QUERY need it.
        servers: where the app is served: URLs, or Server Objects; without it, where the document
            was asked for.
        tags: what the tags are, by name.
        openapi_route: where the document is served: YAML or JSON by the suffix, both by
            ``Accept``, each under its own suffix beside it. None serves none.
        docs_route: where the page is; None for no page. It needs the document, and brings it.
        theme: ``"swagger_ui"``, ``"redoc"``; ``"rapidoc"``, ``"elements"`` and ``"scalar"``, which
            are loaded from another origin.
        auth: how the document and the page authenticate: a guard, several, or None for nobody;
            as the app does unless given.
        errors: whether the errors that the app itself answers are told.
        validate_responses: what is done about answers that are not what the document says, while
            an app is developed: ``"log"`` or ``"error"``.

    Raises:
        ValueError: an unknown theme, version or choice; the message lists the known ones.
    """

    options = OpenAPIOptions
    single_options: type[Mapping[str, Any]] = SingleOptions

    def __init__(
        self,
        *,
        title: str | None = None,
        version: str | None = None,
        summary: str | None = None,
        description: str | None = None,
        terms_of_service: str | None = None,
        contact: Mapping[str, str] | None = None,
        license: Mapping[str, str] | str | None = None,  # noqa: A002 - as OpenAPI calls it
        openapi: str | None = None,
        servers: Iterable[str | Mapping[str, Any]] | None = None,
        tags: Mapping[str, str] | None = None,
        openapi_route: str | None = "/schema.yml",
        docs_route: str | None = None,
        theme: Theme = "swagger_ui",
        auth: Any = INHERITED,  # noqa: ANN401 - a guard, several, or None
        errors: bool = True,
        validate_responses: Literal["off", "log", "error"] = "off",
    ) -> None:
        if validate_responses not in ("off", "log", "error"):
            msg = f"validate_responses= is 'off', 'log' or 'error', not {validate_responses!r}"
            raise ValueError(msg)
        about: Schema = {"title": title or "Responder API", "version": version or "0.0.0"}
        told = {"summary": summary, "description": description, "termsOfService": terms_of_service}
        about |= {key: value for key, value in told.items() if value is not None}
        if contact is not None:
            about["contact"] = dict(contact)
        if license is not None:
            about["license"] = {"name": license} if isinstance(license, str) else dict(license)
            if "name" not in about["license"]:
                msg = f"license= needs a name, as in {{'name': 'MIT'}}, and is {license!r}"
                raise ValueError(msg)
        self._about = about
        self._openapi = openapi
        self._servers = [
            {"url": each} if isinstance(each, str) else dict(each) for each in servers or ()
        ]
        self._tags = dict(tags or {})
        self._errors = errors
        self._validate_responses: Literal["off", "log", "error"] = validate_responses
        self._serve: dict[str, Any] = {
            "openapi_route": openapi_route,
            "docs_route": docs_route,
            "theme": theme,
            "auth": auth,
        }
        self._api: API | None = None
        self._security: Security | None = None
        self._registered: dict[str, Any] = {}
        self._is_dated = False
        self._documents: dict[str | None, tuple[int, Document]] = {}
        self._making = RLock()
        if openapi is not None:
            from responder_openapi.document import refuse_no_version

            refuse_no_version(openapi)
        if docs_route is not None:
            from responder_openapi.themes import refuse_no_theme

            refuse_no_theme(theme)

    @property
    def title(self) -> str:
        """What the app is called."""
        return cast("str", self._about["title"])

    @property
    def server_urls(self) -> list[str]:
        """Where the app is served, as the program told; none where the request tells."""
        return [str(each["url"]) for each in self._servers]

    def list_called(self) -> list[str]:
        """The URLs that a page calls: where the app is served, and where tokens are given."""
        if self._security is None:
            return self.server_urls
        return [*self.server_urls, *self._security.token_urls]

    def install(self, api: API) -> None:
        """Serve the document and its page, where there are routes for them."""
        self._api = api
        if self._serve["openapi_route"] is not None or self._serve["docs_route"] is not None:
            self.serve(**self._serve)
        if self._validate_responses != "off":
            from responder_openapi.enforcement import enforce

            enforce(api, self, raises=self._validate_responses == "error")

    def bind(self, route: Route, options: OpenAPIOptions) -> None:
        """Keep what a route tells its documentation."""
        for status, told in route.responses.items():
            if is_table(told):
                refuse_odd(f"route({route.path!r}): responses[{status}]", told)
        if options:
            route.facts.append(Words.of(route.path, options))
            is_dated = "sunset" in options or not isinstance(options.get("deprecated", True), bool)
            if is_dated and not self._is_dated and self._api is not None:
                from responder_openapi.dates import tell_dates

                self._is_dated = True
                self._api.around("user", tell_dates)

    def serve(
        self,
        *,
        openapi_route: str | None = None,
        docs_route: str | None = None,
        theme: Theme = "swagger_ui",
        auth: Any = INHERITED,  # noqa: ANN401 - a guard, several, or None
        audience: str | None = None,
    ) -> None:
        """Serve a document, and a page of it: of everybody, or of an *audience* too.

        ``api.openapi.serve(openapi_route="/partners.yml", docs_route="/partners",
        audience="partners", auth=partner)`` tells partners of the routes with
        ``audience="partners"`` beside those of everybody.

        Raises:
            ValueError: the theme is unknown.
            RuntimeError: the extension is in no app yet.
        """
        from responder_openapi.serving import serve_document

        serve_document(
            self.api,
            self,
            openapi_route=openapi_route,
            docs_route=docs_route,
            theme=theme,
            auth=auth,
            audience=audience,
        )

    @property
    def api(self) -> API:
        """The app that is documented.

        Raises:
            RuntimeError: the extension is in no app yet.
        """
        if self._api is None:
            msg = "this OpenAPI() is in no app; pass it as API(extensions=[...])"
            raise RuntimeError(msg)
        return self._api

    def document(self, audience: str | None = None) -> Schema:
        """The document as a value, as it is now; kept until a route is added. Do not change it.

        Raises:
            DocumentError: it cannot be made; the message says of what.
        """
        return self.make(audience).content

    def make(self, audience: str | None = None) -> Document:
        """As ``document()``, with what was learned while it was made."""
        api = self.api
        known = self._documents.get(audience)
        if known is not None and known[0] == api.revision:
            return known[1]
        # One for all threads that ask at once: who keeps something of it knows it by itself.
        with self._making:
            known = self._documents.get(audience)
            revision = api.revision
            if known is None or known[0] != revision:
                known = self._documents[audience] = revision, self._build(api, audience)
        return known[1]

    def _build(self, api: API, audience: str | None) -> Document:
        from responder_openapi.document import build_document

        return build_document(
            api,
            self._info(),
            security=self.security,
            registered=self._registered,
            audience=audience,
        )

    def _info(self) -> Info:
        from responder_openapi.document import Info

        return Info(
            self._about,
            servers=self._servers,
            tags=self._tags,
            version=self._openapi,
            errors=self._errors,
        )

    @property
    def security(self) -> Security:
        """The security schemes that the program told of."""
        if self._security is None:
            from responder_openapi.security import Security

            self._security = Security()
        return self._security

    def schema(self, name: str) -> Callable[[M], M]:
        """Give a model a name among the schemas: ``@api.schema("Pet")``.

        It is a dataclass, a Struct, an attrs, pydantic or marshmallow class, or a TypedDict.

        Raises:
            ValueError: the name is taken, or is none.
        """

        def register(model: M) -> M:
            self.add_schema(name, model)
            return model

        return register

    def add_schema(self, name: str, schema: object) -> None:
        """As ``schema()``, for a model that stands elsewhere, or a JSON Schema as a dict."""
        if name in self._registered:
            msg = f"there is a schema {name!r} already; choose another name"
            raise ValueError(msg)
        from responder_openapi.components import refuse_no_name

        refuse_no_name(name, "a schema")
        self._registered[name] = schema
        self._documents.clear()

    def add_security_scheme(
        self,
        name: str | object,
        scheme: Mapping[str, Any] | None = None,
        *,
        default: bool = False,
        guard: Callable[..., Any] | None = None,
    ) -> None:
        """Tell of a way to authenticate: ``add_security_scheme("bearer", {"type": "http", …})``.

        Routes ask for it by ``security=["bearer"]``; all that say nothing else, with *default*;
        all that the *guard* runs before, with that. In place of a name and a scheme, an object
        with ``describe_security()`` gives schemes by name.

        Raises:
            ValueError: the name is taken, or the type of the scheme is unknown.
            TypeError: neither a scheme nor such an object was given.
        """
        from responder_openapi.security import Scheme

        schemes: Mapping[str, Any]
        describe = getattr(name, "describe_security", None)
        if isinstance(name, str) and scheme is not None:
            schemes = {name: scheme}
        elif describe is not None:
            schemes = describe()
            guard = guard or (cast("Any", name) if callable(cast("Any", name)) else None)
        else:
            msg = f"add_security_scheme() takes a name and a scheme, not {name!r}"
            raise TypeError(msg)
        for key, definition in schemes.items():
            self.security.add(Scheme(key, dict(definition), default, guard))
        self._documents.clear()


def find_openapi(api: API) -> OpenAPI | None:
    """The extension that documents an app, or None."""
    return next((each for each in api.extensions if isinstance(each, OpenAPI)), None)

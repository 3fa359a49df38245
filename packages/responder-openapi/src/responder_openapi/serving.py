"""Serving: the routes of a document, in both of its forms, and of the page that shows it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import msgspec

from responder_core.http.accept import preferred
from responder_core.http.urls import quote_path
from responder_core.prefix import split_prefix
from responder_core.worker_threads import run_in_thread

if TYPE_CHECKING:
    from responder_core.api import API
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_openapi.components import Schema
    from responder_openapi.document import Document
    from responder_openapi.extension import OpenAPI
    from responder_openapi.themes import Theme

Form: TypeAlias = Literal["json", "yaml"]
Publication: TypeAlias = tuple[bytes, str, str]
"""A document as it is sent: its bytes, their entity tag and their media type."""

_TYPES: dict[Form, tuple[str, ...]] = {
    "json": ("application/json", "application/openapi+json", "application/vnd.oai.openapi+json"),
    "yaml": (
        "application/yaml",  # RFC 9512.
        "application/openapi+yaml",
        "application/vnd.oai.openapi",
        "application/x-yaml",
        "text/yaml",
        "text/x-yaml",
    ),
}
_SUFFIXES: dict[str, Form] = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}
_OTHER: dict[Form, str] = {"json": ".yml", "yaml": ".json"}

# So many prefixes are remembered; then the memory starts anew.
_MAX_KEPT = 16
_MAX_KNOWN = 256
# A longer Accept field is read no further.
_MAX_ACCEPT = 512


def serve_document(
    api: API,
    openapi: OpenAPI,
    *,
    openapi_route: str | None,
    docs_route: str | None,
    theme: Theme,
    auth: object,
    audience: str | None,
) -> None:
    """Register the routes of a document and its page, and make it when the app starts.

    Raises:
        ValueError: the theme is unknown.
    """
    if openapi_route is None:
        openapi_route = f"{(docs_route or '').rstrip('/')}/schema.yml"
    publisher = Publisher(openapi, audience)
    options: dict[str, Any] = {"methods": ["GET"], "auth": auth, "include_in_schema": False}
    suffix = "" if audience is None else f"-{audience}"
    stem, form = _read_suffix(openapi_route)
    add = cast("Any", api).add_route
    add(openapi_route, publisher.view(form), name=f"schema{suffix}", **options)
    json_route = openapi_route
    if stem is not None:
        other = stem + _OTHER[form]
        add(other, publisher.view("json" if form == "yaml" else "yaml"), **options)
        json_route = other if form == "yaml" else openapi_route
    if docs_route is not None:
        _serve_page(api, openapi, docs_route, json_route, theme, f"docs{suffix}", options)
    api.add_event_handler("startup", publisher.prepare)


def _serve_page(  # noqa: PLR0917 - what the one caller has
    api: API,
    openapi: OpenAPI,
    docs_route: str,
    json_route: str,
    theme: Theme,
    name: str,
    options: dict[str, Any],
) -> None:
    from responder_openapi.pages import Page
    from responder_openapi.themes import refuse_no_theme

    refuse_no_theme(theme)
    page = Page(theme, openapi.title, openapi.list_called)
    files = f"{docs_route.rstrip('/')}/files"

    async def show(req: Request, resp: Response) -> None:
        prefix = quote_path(split_prefix(req.scope)[0])
        page.send(resp, prefix + json_route, prefix + files)

    add = cast("Any", api).add_route
    add(docs_route, show, name=name, **options)
    add(f"{files}/{{release}}/{{file}}", page.send_file, **options)


def _read_suffix(route: str) -> tuple[str | None, Form]:
    """What stands before the suffix of a route, and the form that it names; JSON without one."""
    for suffix, form in _SUFFIXES.items():
        if route.endswith(suffix):
            return route.removesuffix(suffix), form
    return None, "json"


class _Publications:
    """What became of one document: there may be another one while it is encoded.

    Attributes:
        document: the document.
        kept: its bytes, by the prefix and the form.
        known: the same, by the words of the clients.
    """

    __slots__ = ("document", "kept", "known")

    def __init__(self, document: Document) -> None:
        self.document = document
        self.kept: dict[tuple[str, Form], Publication] = {}
        self.known: dict[tuple[object, ...], Publication] = {}


class Publisher:
    """One document as bytes, made once for each form and each prefix that it is asked below."""

    def __init__(self, openapi: OpenAPI, audience: str | None) -> None:
        self._openapi, self._audience = openapi, audience
        self._last: _Publications | None = None

    def prepare(self) -> None:
        """Make the document, so that what cannot be told is an error when the app starts."""
        self._openapi.document(self._audience)

    def view(self, usual: Form) -> Any:  # noqa: ANN401 - a view
        """The view that serves the document, in its *usual* form to all who do not mind."""

        async def show(req: Request, resp: Response) -> None:
            made = self._openapi.make(self._audience)
            last = self._last
            if last is None or last.document is not made:
                last = self._last = _Publications(made)
            # Most clients ask alike: what the same words were answered with is found at once.
            key = usual, req.scope.get("root_path"), *req.headers.get_list("accept")
            found = last.known.get(key) or await self._publish(req, last, usual, key)
            resp.content, resp.etag, resp.mimetype = found
            resp.vary("Accept")
            resp.cache_control(no_cache=True)

        return show

    async def _publish(
        self, req: Request, last: _Publications, usual: Form, key: tuple[object, ...]
    ) -> Publication:
        """The document as a client asked for it, kept for who asks so again."""
        accept = ", ".join(req.headers.get_list("accept"))[:_MAX_ACCEPT]
        form = choose_form(accept, usual)
        prefix = quote_path(split_prefix(req.scope)[0])
        kept, known = last.kept, last.known
        found = kept.get((prefix, form))
        if found is None:
            content = last.document.content
            found = await run_in_thread(_encode, content, prefix, form, self._openapi)
            if len(kept) >= _MAX_KEPT:
                kept.clear()
                known.clear()
            kept[prefix, form] = found
        if len(known) >= _MAX_KNOWN:
            known.clear()
        if len(accept) < _MAX_ACCEPT:
            known[key] = found
        return found


def choose_form(accept: str, usual: Form) -> Form:
    """The form that an Accept field likes best; the *usual* one of two that it likes alike."""
    other: Form = "json" if usual == "yaml" else "yaml"
    found = preferred(accept, [*_TYPES[usual], *_TYPES[other]])
    return other if found in _TYPES[other] else usual


def _encode(document: Schema, prefix: str, form: Form, openapi: OpenAPI) -> Publication:
    """The bytes of a document below a prefix, their entity tag, and their media type."""
    if not openapi.server_urls:
        document = {**document, "servers": [{"url": prefix or "/"}]}
    content = encode_document(document, form)
    kind = _TYPES[form if _has_yaml() else "json"][0]
    return content, sha256(content).hexdigest()[:32], kind


def encode_document(document: Schema, form: Form) -> bytes:
    """A document as bytes; YAML as JSON where there is no PyYAML, for JSON is YAML too."""
    if form == "json" or not _has_yaml():
        return msgspec.json.format(msgspec.json.encode(document), indent=2)
    import yaml

    dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    plain = type("Plain", (dumper,), {"ignore_aliases": _has_none})
    text: str = yaml.dump(
        document, Dumper=cast("Any", plain), sort_keys=False, allow_unicode=True, width=100
    )
    return text.encode("utf-8")


def _has_none(_dumper: object, _value: object) -> bool:
    """That no value is an alias of another, for PyYAML."""
    return True


def _has_yaml() -> bool:
    from importlib.util import find_spec

    return find_spec("yaml") is not None

"""CSRF: requests that a page of another site makes with the session of a visitor are refused.

What the browser says of where a request comes from decides: Sec-Fetch-Site, which all current
ones send (W3C Fetch Metadata §2.4), else Origin (RFC 6454 §7). Where neither is there, the
request has to have a token that only pages of this site know.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import partial
from hmac import compare_digest
from html import escape
from secrets import token_bytes
from typing import TYPE_CHECKING, Any, Final

from responder_core.errors import Problem
from responder_core.extension import Extension
from responder_core.http.headers import encode_name
from responder_sessions.errors import SessionsOffError
from responder_sessions.facts import CSRFFact
from responder_sessions.opening import CSRF_ISSUED, CSRF_REFUSED, open_session
from responder_sessions.options import CSRFOptions
from responder_sessions.session import CSRF as SECRET

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable

    from responder_core.api import API
    from responder_core.mounts import Mount
    from responder_core.request import Request
    from responder_core.response import Response
    from responder_core.route import Route
    from responder_core.types import Exchange, Receive, Scope, Send, ServeMount
    from responder_sessions.session import Session

# RFC 9110 §9.2.1; QUERY by its own RFC.
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "QUERY", "TRACE"})
_OWN = frozenset({"same-origin", "none"})
_SIZE = 32
_HEADER: Final = "X-CSRF-Token"
_FIELD: Final = "csrf_token"
_PORTS = {"http": ":80", "https": ":443"}
_ORIGIN = re.compile(r"(?P<scheme>https?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]+)?")


class CSRF(Extension[CSRFOptions]):
    """Refuses unsafe requests of other sites with 403: ``extensions=[Sessions(...), CSRF()]``.

    ``<form method="post">{{ req.csrf_input }}`` and ``X-CSRF-Token: {{ req.csrf_token }}`` are
    for browsers that do not say where a request comes from, and for clients that are none.
    ``csrf=False`` on a route leaves it to other means, as an API whose clients send keys.

    Args:
        enabled: whether routes are protected that do not say so themselves.
        trusted_origins: other origins whose pages may post here: ``"https://app.example.org"``.
        header, field: where the token is sent.
        mounts: whether what a browser says of where a request comes from counts for mounted
            apps, too. Requests without a word of it reach them, as they cannot ask for the token.

    Raises:
        ValueError: an origin is none, or the header has no name that one can have.
    """

    options = CSRFOptions

    def __init__(
        self,
        *,
        enabled: bool = True,
        trusted_origins: Iterable[str] = (),
        header: str = _HEADER,
        field: str = _FIELD,
        mounts: bool = True,
    ) -> None:
        encode_name(header)
        self._covers_mounts = enabled and mounts
        self.enabled = enabled
        self.header = header
        self.field = field
        self._trusted = frozenset(map(_check_origin, trusted_origins))

    def install(self, api: API) -> None:
        """Stand around the exchanges of an app."""
        api.around("csrf", _Around(self))
        if self._covers_mounts:
            api.around_mounts(partial(self._around_mount, api))

    def bind(self, route: Route, options: CSRFOptions) -> None:
        """Note whether a route is protected."""
        fact = CSRFFact(
            self.header, route.methods, enabled=options.get("csrf"), is_default=self.enabled
        )
        route.facts.append(fact)

    async def check_request(self, req: Request) -> None:
        """Refuse a request of an unsafe method that may have been forged.

        Raises:
            Problem: 403, it may have been.
        """
        verdict = self._judge_origin(req)
        if verdict is None:
            verdict = await self._has_token(req)
        if not verdict:
            req.scope[CSRF_REFUSED] = True
            raise _refusal()

    def _around_mount(self, api: API, _mount: Mount, serve: ServeMount) -> ServeMount:
        """What serves a mount, for requests that no other site makes."""

        async def checked(
            scope: Scope,
            receive: Receive,
            send: Send,
            *,
            refuse: Any,  # noqa: ANN401 - as of Mount.serve()
            **options: Any,  # noqa: ANN401 - as of Mount.serve()
        ) -> None:
            req = api.request_class(scope, receive, api)
            if req.method not in _SAFE and self._judge_origin(req) is False:
                await refuse(scope, receive, send, _refusal())
            else:
                await serve(scope, receive, send, refuse=refuse, **options)

        return checked

    def _judge_origin(self, req: Request) -> bool | None:
        """Whether a request is of this site; None where the client does not say."""
        headers = req.headers
        sites = headers.get_list("sec-fetch-site")
        if sites and all(site in _OWN for site in sites):
            return True
        origins = headers.get_list("origin")
        if not origins:
            return False if sites else None
        origin = origins[0].lower()
        if len(origins) > 1:
            return False
        return origin in self._trusted or (not sites and _is_own(req, origin))

    async def _has_token(self, req: Request) -> bool:
        """Whether a request has the token of its session, in the header or in a form."""
        token = req.headers.get(self.header)
        if token is None and _has_form(req):
            token = (await req.read_form()).fields.get(self.field)
        if token is None:
            return False
        try:
            session = open_session(req)
        except SessionsOffError:
            return False
        return _is_token(session, token)


class _Around:
    """Wraps the exchanges of protected routes."""

    reads_body = False
    returns_none = True

    def __init__(self, csrf: CSRF) -> None:
        self._csrf = csrf

    def __call__(self, route: Route | None, exchange: Exchange) -> Exchange:
        fact = None if route is None else route.fact(CSRFFact)
        if route is None or fact is None or not fact.is_on or _SAFE.issuperset(route.methods):
            return exchange
        check = self._csrf.check_request

        async def checked(req: Request, resp: Response) -> None:
            await check(req)
            await exchange(req, resp)

        def protected(req: Request, resp: Response) -> Awaitable[None]:
            if req.scope["method"] in _SAFE:
                return exchange(req, resp)
            return checked(req, resp)

        return protected


class HiddenInput(str):
    """A field of a form, safe to be put into a template as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        """As HTML: itself, which templates do not escape."""
        return str(self)


def issue_token(req: Any) -> str:  # noqa: ANN401 - a request, whatever its class
    """The token of the session of a request; another text each time.

    It is masked by random bytes, so that nothing of it can be guessed from the length of a
    compressed answer (the attack called BREACH).

    Raises:
        SessionsOffError: there is no session that could keep it.
    """
    session = open_session(req)
    secret = _find_secret(session)
    if secret is None:
        secret = token_bytes(_SIZE)
        session.keep(SECRET, secret)
    req.scope[CSRF_ISSUED] = True
    mask = token_bytes(_SIZE)
    masked = bytes(a ^ b for a, b in zip(mask, secret, strict=True))
    return urlsafe_b64encode(mask + masked).decode("ascii").rstrip("=")


def make_input(req: Any) -> HiddenInput:  # noqa: ANN401 - a request, whatever its class
    """The field of a form that sends the token; raises what ``issue_token()`` raises."""
    token = issue_token(req)
    field = next((each.field for each in req.api.extensions if isinstance(each, CSRF)), _FIELD)
    return HiddenInput(f'<input type="hidden" name="{escape(field)}" value="{token}">')


def _is_token(session: Session, token: str) -> bool:
    """Whether a token is one that was issued for a session; in constant time."""
    secret = _find_secret(session)
    if secret is None:
        return False
    try:
        content = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except ValueError:
        return False
    if len(content) != 2 * _SIZE:
        return False
    found = bytes(a ^ b for a, b in zip(content[:_SIZE], content[_SIZE:], strict=True))
    return compare_digest(found, secret)


def _find_secret(session: Session) -> bytes | None:
    try:
        secret: object = session.peek(SECRET)
    except KeyError:
        return None
    return secret if isinstance(secret, bytes) and len(secret) == _SIZE else None


def _refusal() -> Problem:
    return Problem(403, "The request may have been forged by another site.")


def _has_form(req: Request) -> bool:
    kind = req.mimetype.partition(";")[0].strip().lower()
    return kind in {"application/x-www-form-urlencoded", "multipart/form-data"}


def _is_own(req: Request, origin: str) -> bool:
    """Whether an origin is that of the request; behind a proxy its scheme may be another one."""
    scheme, _, host = origin.partition("://")
    if scheme == "http" and req.scope.get("scheme") == "https":
        # A page that anyone on the way could have written.
        return False
    port = _PORTS.get(scheme)
    own = req.headers.get("host", "").lower()
    return port is not None and host.removesuffix(port) == own.removesuffix(port)


def _check_origin(origin: str) -> str:
    """An origin as browsers send it: in lower case, without the port that its scheme has.

    Raises:
        ValueError: it is none, or stands for several.
    """
    found = _ORIGIN.fullmatch(origin.lower())
    if found is None:
        msg = f"CSRF: an origin is as 'https://app.example.org', not {origin!r}"
        raise ValueError(msg)
    return found[0].removesuffix(_PORTS[found["scheme"]])

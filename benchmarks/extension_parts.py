"""Parts of requests with a session or a limit: each makes its step, with all that it needs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from harness import ask, discard, http_scope, receive, started
from steps import Step, whole

# A session in a signed cookie.


def session_cookie(app: Any) -> bytes:
    """The cookie of a visitor who comes again."""
    with started(app):
        set_cookie = ask(app, http_scope("GET", "/count")).headers["set-cookie"]
    return set_cookie.partition(";")[0].encode()


def counted(build: Callable[[], Any], path: str = "/count") -> Step:
    app = build()
    scope = http_scope("GET", path, [(b"cookie", session_cookie(app))])
    return lambda: app(dict(scope), receive, discard)


def session_whole() -> Step:
    from apps import responder_sessions

    return counted(responder_sessions.build)


def session_untouched() -> Step:
    from apps import responder_sessions

    return counted(responder_sessions.build, "/text")


def session_starlette() -> Step:
    from apps import starlette_sessions

    return counted(starlette_sessions.build)


def session_bare_starlette() -> Step:
    from apps import starlette_sessions

    return counted(starlette_sessions.build, "/text")


def signer() -> Any:
    from responder_sessions.signing import CookieSigner

    return CookieSigner(["a key " * 8], salt="session", starlette=False, clock=time.time)


def session_signed() -> Step:
    signing = signer()
    return lambda: signing.dump({"visits": b"7"}, created=1.0)


def session_opened() -> Step:
    signing = signer()
    cookie = signing.dump({"visits": b"7"}, created=1.0)
    return lambda: signing.load(cookie)


def visitor() -> tuple[Any, Any, Any]:
    """The cookies of an application, how they are called, and the scope of who comes again."""
    from apps import responder_sessions

    from responder_sessions.opening import find_sessions

    api: Any = responder_sessions.build()
    scope = http_scope("GET", "/count", [(b"cookie", session_cookie(api))])
    sessions = find_sessions(api)
    return sessions.signed, sessions.cookie_of(api), scope


def session_found() -> Step:
    _, cookie, scope = visitor()
    return lambda: cookie.find(scope["headers"])


def session_made() -> Step:
    signed, cookie, scope = visitor()
    return lambda: signed.open(scope, cookie)


def session_kept() -> Step:
    from responder_core.http.headers import ResponseHeaders

    signed, cookie, scope = visitor()

    def keep() -> None:
        session = signed.open(scope, cookie)
        session["visits"] = session.get("visits", 0) + 1
        signed.commit(session, ResponseHeaders([]), cookie)

    return keep


# A limit that is never reached.


def limited(headers: str | None) -> Step:
    from responder_core import API
    from responder_ratelimit import RateLimits

    extensions = [] if headers is None else [_limits(RateLimits, headers)]
    api = API(extensions=extensions)

    async def text(req: Any, resp: Any) -> None:
        resp.text = "Hello, world!"

    api.add_route("/text", text)
    return whole(api, "/text")


def _limits(made: Any, headers: str) -> Any:
    return made("1000000000/minute", headers=None if headers == "none" else headers)

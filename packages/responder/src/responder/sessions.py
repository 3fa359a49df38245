"""The sessions of an API by its flat keywords."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from responder_sessions.options import SessionOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from responder_core import Extension
    from responder_core.http.cookies import SameSite
    from responder_sessions import Store, SyncStore


class SessionSettings(TypedDict, total=False):
    """What ``API()`` takes of sessions and CSRF; ``responder_sessions.Sessions`` tells of it.

    Attributes:
        secret_key: what signs cookies; without one, RESPONDER_SECRET_KEY of the environment.
        sessions: whether there are some; ``"auto"`` has them where a key or a store is given.
        session_backend: the store, or its name or URL; None for signed cookies.
        session_cookie: the name of the cookie; None for ``"session"``.
        session_https_only: whether it is sent by HTTPS alone; None for all but debugged apps.
        session_same_site: its SameSite.
        session_max_age: the seconds that a session lasts unused.
        csrf: whether requests that other sites forge are refused.
    """

    secret_key: str | Sequence[str] | None
    sessions: bool | Literal["auto"]
    session_backend: str | Store | SyncStore | None
    session_cookie: str | None
    session_https_only: bool | None
    session_same_site: SameSite
    session_max_age: float | None
    csrf: bool


NAMES = {
    "session_cookie": "cookie",
    "session_https_only": "https_only",
    "session_same_site": "same_site",
    "session_max_age": "max_age",
}


def take_sessions(
    options: dict[str, Any], given: Iterable[Extension[Any]] = ()
) -> list[Extension[Any]]:
    """The extensions that these keywords ask for; they are taken out of *options*.

    Sessions among those that are *given* stay the only ones, whatever the environment has.

    Raises:
        ValueError: ``sessions=`` is none of its words, there is a store and no session, or
            there are settings and *given* sessions.
    """
    wanted = options.pop("sessions", "auto")
    key, store = options.pop("secret_key", None), options.pop("session_backend", None)
    csrf = options.pop("csrf", False)
    chosen = {new: options.pop(old) for old, new in NAMES.items() if old in options}
    if chosen.get("cookie", "") is None:
        del chosen["cookie"]
    if wanted not in (True, False, "auto"):
        msg = f"sessions= is True, False or 'auto', not {wanted!r}"
        raise ValueError(msg)
    if wanted is False and store is not None:
        msg = "session_backend= keeps sessions, and sessions=False has none; leave one of them out"
        raise ValueError(msg)
    if any(each.options is SessionOptions for each in given):
        if wanted is True or key is not None or store is not None or chosen:
            msg = "extensions= has Sessions() already; tell it the key, the store and the cookie"
            raise ValueError(msg)
        wanted = False
    if wanted == "auto":
        is_asked = key is not None or store is not None or csrf
        wanted = is_asked or bool(os.environ.get("RESPONDER_SECRET_KEY"))
    found: list[Extension[Any]] = []
    if wanted:
        from responder_sessions import Sessions

        found.append(Sessions(secret_key=key, store=store, **chosen))
    if csrf:
        from responder_sessions import CSRF

        found.append(CSRF())
    return found

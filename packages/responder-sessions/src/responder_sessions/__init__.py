"""Sessions for Responder: signed cookies, server-side stores, CSRF.

::

    from responder_core import API, Request
    from responder_sessions import SessionMixin, Sessions


    class MyRequest(SessionMixin, Request):
        __slots__ = ()


    api = API(extensions=[Sessions(secret_key=...)], request_class=MyRequest)


    @api.route("/")
    async def count(req, resp):
        resp.media = {"visits": req.session.increment("visits")}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_sessions.errors import (
    CookieTooLargeError,
    SecretKeyError,
    SessionClosedError,
    SessionError,
    SessionsOffError,
    StoreUnavailableError,
)
from responder_sessions.mixins import (
    SessionMixin,
    SessionResponseMixin,
    SessionWebSocketMixin,
)

__all__ = [
    "CSRF",
    "CSRFOptions",
    "Change",
    "CookieTooLargeError",
    "Device",
    "Flash",
    "MemoryStore",
    "PostgreSQLStore",
    "Record",
    "RedisStore",
    "SQLiteStore",
    "SecretKeyError",
    "Session",
    "SessionClosedError",
    "SessionError",
    "SessionMixin",
    "SessionOptions",
    "SessionResponseMixin",
    "SessionWebSocketMixin",
    "Sessions",
    "SessionsOffError",
    "Store",
    "StoreUnavailableError",
    "SyncStore",
    "__version__",
]

if TYPE_CHECKING:
    from responder_sessions.csrf import CSRF
    from responder_sessions.devices import Device
    from responder_sessions.extension import Sessions
    from responder_sessions.options import CSRFOptions, SessionOptions
    from responder_sessions.session import Flash, Session
    from responder_sessions.stores.memory import MemoryStore
    from responder_sessions.stores.postgresql import PostgreSQLStore
    from responder_sessions.stores.redis import RedisStore
    from responder_sessions.stores.sqlite import SQLiteStore
    from responder_sessions.stores.store import Change, Record, Store, SyncStore

    __version__: str
else:
    # An app without sessions imports none of these, and pays for none.
    _HOMES = {
        "CSRF": "csrf",
        "CSRFOptions": "options",
        "Change": "stores.store",
        "Device": "devices",
        "Flash": "session",
        "MemoryStore": "stores.memory",
        "PostgreSQLStore": "stores.postgresql",
        "Record": "stores.store",
        "RedisStore": "stores.redis",
        "SQLiteStore": "stores.sqlite",
        "Session": "session",
        "SessionOptions": "options",
        "Sessions": "extension",
        "Store": "stores.store",
        "SyncStore": "stores.store",
    }

    def __getattr__(name: str) -> object:
        """A name, imported when it is asked for."""
        if name == "__version__":
            from importlib.metadata import version

            return version("responder-sessions")
        home = _HOMES.get(name)
        if home is None:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        from importlib import import_module

        return getattr(import_module(f"responder_sessions.{home}"), name)

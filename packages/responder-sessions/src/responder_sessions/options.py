"""Options: the keywords that routes get."""

from __future__ import annotations

from typing import TypedDict


class SessionOptions(TypedDict, total=False):
    """The keywords of routes, of WebSockets too, and of routers for all of theirs.

    Attributes:
        session: False leaves a route without sessions: nothing is loaded for it.
    """

    session: bool


class CSRFOptions(TypedDict, total=False):
    """The keywords of routes, and of routers for all of theirs.

    They mean nothing to WebSockets: which pages may open those, ``allowed_origins=`` says.

    Attributes:
        csrf: whether a route is protected, in place of what the app has.
    """

    csrf: bool

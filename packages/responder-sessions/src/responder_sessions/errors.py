"""The exceptions of sessions.

::

    ValueError
    ├── SecretKeyError          a key that signs badly
    └── CookieTooLargeError     a session that no cookie can hold
    RuntimeError
    └── SessionError            a session that cannot be used so
        ├── SessionsOffError    there are none here
        └── SessionClosedError  its answer is on the way already
    Problem (the core's)
    └── StoreUnavailableError   503: the store does not answer
"""

from __future__ import annotations

from responder_core.errors import Problem

MAKE_KEY = "python -c 'import secrets; print(secrets.token_urlsafe(32))'"
"""The command that makes a good key."""


class SecretKeyError(ValueError):
    """Raised when a secret key is missing, weak or a placeholder; says how to make a good one."""


class CookieTooLargeError(ValueError):
    """Raised when a session does not fit into a cookie; a store has room for it.

    Attributes:
        size: the bytes of name and value.
        limit: the bytes that they may have.
    """

    def __init__(self, name: str, size: int, limit: int) -> None:
        super().__init__(
            f"the session cookie {name!r} would have {size} bytes, and browsers drop one of more "
            f'than {limit}; keep sessions in a store: Sessions(store="sqlite")'
        )
        self.size = size
        self.limit = limit


class SessionError(RuntimeError):
    """Raised when a session cannot be used in this way or at this place."""


class SessionsOffError(SessionError):
    """Raised when ``req.session`` is touched where sessions are off; says how to have them."""


class SessionClosedError(SessionError):
    """Raised when a session is written whose answer is on the way already."""


class StoreUnavailableError(Problem):
    """Raised when a session is used and its store does not answer: 503 for the client."""

    def __init__(self) -> None:
        super().__init__(
            503, "Sessions are not available; try again soon.", headers={"Retry-After": "1"}
        )

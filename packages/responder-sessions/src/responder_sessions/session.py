"""The session: what ``req.session`` is, a mapping of a client that comes back."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from secrets import token_hex
from typing import TYPE_CHECKING, Any, TypeVar, overload

import msgspec

from responder_sessions.errors import SessionError
from responder_sessions.tracking import NO_KEYS, Tracked

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from typing_extensions import Self

    from responder_core.api import API
    from responder_core.types import Header
    from responder_sessions.tracking import Encoded

T = TypeVar("T")

PRINCIPAL = "$principal"
EXPIRY = "$expiry"
CSRF = "$csrf"
_FLASH = "$flash:"
_LONGEST_AGENT = 256
_MISSING: Any = object()


class Flash(str):
    """A message for the next page: text, with a word for what kind it is.

    Attributes:
        category: ``"message"``, or what ``flash()`` was told.
    """

    __slots__ = ("category",)

    def __new__(cls, text: str, category: str = "message") -> Self:
        """A message of a category."""
        made = super().__new__(cls, text)
        made.category = category
        return made

    category: str


class Session(Tracked):
    """What a client is known by from one request to the next.

    ::

        req.session["user"] = 1
        req.session.get("user")

    It is loaded when it is first used, and kept only where it was changed, each key by itself.
    Values are what JSON can hold, and datetime, date, time, timedelta, UUID, Decimal, bytes,
    sets and tuples.

    Args:
        raw: the values as they were kept.
        created: when it began, in seconds of the POSIX clock, or None for a new one.
        lasts: the seconds that it lasts from now on, or None where nothing ends it.

    Attributes:
        is_new: whether the client brought none.
        created_at: when it began, in seconds of the POSIX clock; None for one that is new.
        is_rotated, has_ended: whether it gets a new id, and whether it was cleared.
        has_new_expiry: whether ``set_expiry()`` was called.
        was_sent, is_due: whether the client sent a cookie of the name, and whether it is to be
            kept alive, although it may not have changed.
        origin: what else is known of where it came from, for who keeps it.
        owner: the app that opened it; one that is mounted in that has its own.
        scope_parts: the header fields and the address of the client, which a store keeps at a
            login, or None. Not the request, which has the session: what has each other only the
            garbage collector frees.
        saver: what keeps it at once, given it, or None.
        key: what its store knows it by, or None: of one in a cookie, or not kept yet.
    """

    __slots__ = (
        "_lasts",
        "created_at",
        "has_ended",
        "has_new_expiry",
        "is_due",
        "is_new",
        "is_rotated",
        "key",
        "origin",
        "owner",
        "saver",
        "scope_parts",
        "was_sent",
    )

    def __init__(
        self,
        raw: Mapping[str, Encoded],
        created: float | None = None,
        lasts: float | None = None,
        origin: Any = None,  # noqa: ANN401 - of who keeps it
    ) -> None:
        self._raw = raw
        self._values = {}
        self._written = {}
        self._removed = NO_KEYS
        self._deltas = {}
        self._sealed = ""
        self.created_at = created
        self._lasts = lasts
        self.origin: Any = origin
        self.owner: API | None = None
        self.scope_parts: tuple[list[Header], tuple[str, int] | None] | None = None
        self.key: str | None = None
        self.saver: Callable[[Session], Awaitable[object]] | None = None
        self.is_new: bool = created is None
        self.is_rotated: bool = False
        self.was_sent: bool = False
        self.is_due: bool = False
        self.has_ended: bool = False
        self.has_new_expiry: bool = False

    @property
    def created(self) -> datetime:
        """When it began, in UTC; now for a new one."""
        if self.created_at is None:
            self.created_at = time.time()
        return datetime.fromtimestamp(self.created_at, timezone.utc)

    @property
    def expires_in(self) -> float | None:
        """The seconds until it ends if it is not used meanwhile, or None where nothing ends it."""
        return self._lasts

    def set_expiry(self, lasts: float | timedelta | None) -> None:
        """Let it end after so many seconds without use, in place of the app's ``max_age=``.

        None goes back to that. The app's ``lifetime=`` ends it all the same.

        Raises:
            ValueError: it is not above 0.
        """
        if lasts is None:
            self.drop(EXPIRY)
            self.has_new_expiry = True
            return
        seconds = lasts.total_seconds() if isinstance(lasts, timedelta) else float(lasts)
        if not seconds > 0:
            msg = f"set_expiry() takes seconds above 0, not {lasts!r}; destroy() ends it at once"
            raise ValueError(msg)
        self.keep(EXPIRY, seconds)
        self.has_new_expiry = True
        self._lasts = seconds

    @property
    def own_expiry(self) -> float | None:
        """What ``set_expiry()`` was told, in seconds, or None."""
        if EXPIRY not in self._raw and EXPIRY not in self._values:
            return None
        seconds: float = self.peek(EXPIRY)
        return seconds

    @property
    def principal(self) -> str | None:
        """Who logged in, as ``login()`` was told, or None."""
        if PRINCIPAL not in self._raw and PRINCIPAL not in self._values:
            return None
        principal: str = self.peek(PRINCIPAL)
        return principal

    def login(self, principal: object) -> None:
        """Make it the session of someone: under a new id, and found by ``revoke_all()``.

        ``req.session.login(user.id)``. The values stay.

        Raises:
            ValueError: the principal is empty as text.
        """
        name = str(principal)
        if principal is None or not name or "\0" in name:
            msg = f"login() takes what a user is known by, not {principal!r}"
            raise ValueError(msg)
        self.rotate()
        self.keep(PRINCIPAL, name)
        if self.scope_parts is not None:
            # So that a user can tell which device it is.
            fields, client = self.scope_parts
            agent = dict(fields).get(b"user-agent", b"").decode("latin-1")
            self.keep("$agent", agent[:_LONGEST_AGENT])
            self.keep("$address", "" if client is None else client[0])

    def rotate(self) -> None:
        """Give it a new id, and a new CSRF token: when someone logs in, or gains rights.

        Whoever knew the old id does not know the new one. Requests that are under way with the
        old one still keep what they write.
        """
        self._check_open()
        self.is_rotated = True
        self.drop(CSRF)

    def clear(self) -> None:
        """Drop everything in it, who logged in too; what is written then is a new session.

        The id dies, and with it what requests under way write.
        """
        self._forget()
        self.created_at = None
        self.has_ended = True
        self.is_rotated = False

    def destroy(self) -> None:
        """End it: the logout. As ``clear()``, which nothing is written after."""
        self.clear()

    def flash(self, message: str, category: str = "message") -> None:
        """Keep a message until a page shows it: ``req.session.flash("Saved.", "success")``."""
        # Each has a key of its own, so that two requests keep both; they are sorted by time.
        self.keep(f"{_FLASH}{time.time_ns():020d}{token_hex(4)}", [str(message), category])

    def flashes(self, *categories: str) -> list[Flash]:
        """The messages that were kept, of these categories or of all; they are gone then."""
        found: list[Flash] = []
        for key in sorted(key for key in self.all_keys() if key.startswith(_FLASH)):
            message, category = self.peek(key)
            if not categories or category in categories:
                found.append(Flash(message, category))
                self.drop(key)
        return found

    @overload
    def read(self, key: str, kind: type[T]) -> T: ...
    @overload
    def read(self, key: str, kind: type[T], default: T) -> T: ...
    def read(self, key: str, kind: type[T], default: T = _MISSING) -> T:
        """A value as a type: ``req.session.read("cart", Cart)``, a dataclass or a list[int].

        Raises:
            KeyError: there is none, and no default.
            TypeError: it is of another type; the message names the key.
        """
        if default is not _MISSING and key not in self:
            return default
        value = self[key]
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            msg = f"session[{key!r}] is no {kind!r}: {error}"
            raise TypeError(msg) from None

    async def save(self) -> None:
        """Keep what was changed, now: for sockets, and for views that go on after they wrote.

        Raises:
            SessionError: it is kept in a cookie, or gets a new id, which the answer tells of.
        """
        if self.saver is None:
            msg = (
                "a session in a cookie is kept when the answer is sent; to keep it at once, use "
                'a store: Sessions(store="sqlite")'
            )
            raise SessionError(msg)
        if self.is_rotated:
            # Under the old id it would be there for who planted that.
            msg = "a session that gets a new id is kept when the answer is sent, which tells of it"
            raise SessionError(msg)
        # What was sealed is kept already, and cannot have changed since.
        if not self._sealed:
            await self.saver(self)

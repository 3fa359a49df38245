"""The lifetime of sessions: how long they last unused, and how long at all."""

from __future__ import annotations

# Where nothing ends a session for the client, the store forgets it after this time unused.
FOREVER = 400 * 24 * 60 * 60.0
TOUCH_AFTER = 60.0
"""The seconds for which a session that is only read is left as it is, at most."""


class Lifetime:
    """When sessions end.

    Args:
        max_age: the seconds that one lasts unused; None until the browser is closed.
        lifetime: the seconds that one lasts at all, or None for any time.
        sliding: whether it lasts anew when it is used; else only when it is written.

    Attributes:
        max_age: as above.
        is_idle_alone: whether nothing but that ends a session.

    Raises:
        ValueError: one of them is not above 0.
    """

    def __init__(
        self,
        max_age: float | None,
        lifetime: float | None,
        *,
        sliding: bool,
    ) -> None:
        for name, seconds in (("max_age", max_age), ("lifetime", lifetime)):
            if seconds is not None and not seconds > 0:
                msg = f"Sessions: {name}= takes seconds above 0, not {seconds!r}"
                raise ValueError(msg)
        self.max_age = max_age
        self._lifetime = lifetime
        self.is_idle_alone: bool = lifetime is None
        self._sliding = sliding
        self._rest = _rest(max_age)
        self._stored = FOREVER if max_age is None else max_age

    def idle(self, own: float | None) -> float | None:
        """The seconds that a session lasts unused; *own* is what ``set_expiry()`` was told."""
        return self.max_age if own is None else own

    def lasts(self, own: float | None, age: float) -> float | None:
        """The seconds that a session of an age lasts from now on; None for any time."""
        idle = self.max_age if own is None else own
        if self._lifetime is None:
            return idle
        left = self._lifetime - age
        return left if idle is None else min(idle, left)

    def stored(self, own: float | None, age: float) -> float:
        """As ``lasts()``, for a store, which forgets everything some day."""
        if own is None and self.is_idle_alone:
            return self._stored
        lasts = self.lasts(own, age)
        return FOREVER if lasts is None else lasts

    def rest(self, own: float | None) -> float:
        """The seconds for which neither session nor cookie is kept alive anew.

        A minute; a tenth of what lasts less than ten, which would end while it is used.
        """
        return self._rest if own is None else _rest(own)

    def is_due(self, idle: float, own: float | None) -> bool:
        """Whether a session that was not saved for *idle* seconds is to be kept alive."""
        return self._sliding and idle >= self.rest(own)

    def is_cookie_due(self, age: float, own: float | None) -> bool:
        """Whether a cookie that was signed so many seconds ago is to be kept alive.

        It is written whole, and could bring back what another request has changed meanwhile:
        so it is, after a tenth of its time. What lasts until the browser is closed needs nothing.
        """
        allowed = self.idle(own)
        return self._sliding and allowed is not None and age >= allowed / 10

    def cookie_age(self, own: float | None, age: float) -> float | None:
        """The Max-Age of the cookie, in seconds, or None for one that ends with the browser."""
        if own is None and self.max_age is None:
            return None
        return self.lasts(own, age)


def _rest(allowed: float | None) -> float:
    return TOUCH_AFTER if allowed is None else min(TOUCH_AFTER, allowed / 10)

"""Bans: who is refused too often is refused altogether for a while."""

from __future__ import annotations

from dataclasses import dataclass

from responder_ratelimit.errors import LimitError
from responder_ratelimit.limits import Limit


@dataclass(frozen=True, slots=True)
class Ban:
    """A ban after repeated violations: ``Rule("5/minute", ban=Ban(after=10, seconds=3600))``.

    Each request that the rule refuses is a violation, and each is forgiven after *seconds*, one
    after the other. Who has so many is refused for *seconds*; what comes meanwhile is no further
    violation. The next one after that bans anew, unless more was forgiven.

    Attributes:
        after: how many violations.
        seconds: for how long.

    Raises:
        LimitError: a number cannot work.
    """

    after: int
    seconds: float

    def __post_init__(self) -> None:
        if type(self.after) is not int or self.after < 1:
            msg = f"Ban(after=) is a whole number, 1 or more, not {self.after!r}"
            raise LimitError(msg)
        if not 0 < self.seconds < 1e9:
            msg = f"Ban(seconds=) takes seconds above 0, not {self.seconds!r}"
            raise LimitError(msg)

    @property
    def limit(self) -> Limit:
        """The violations that there may be, as a limit that is counted like any other."""
        return Limit(requests=self.after, period=self.after * self.seconds, name="ban")

"""Bans: who is refused too often is refused altogether for a while."""

from __future__ import annotations

from dataclasses import dataclass

from responder_ratelimit.errors import LimitError
from responder_ratelimit.limits import Limit


@dataclass(frozen=True, slots=True)
class Ban:
    """A ban after repeated violations: ``Rule("5/minute", ban=Ban(after=10, seconds=3600))``.

    Each request that the rule refuses is a violation. Who has so many within *within* seconds is
    refused for *seconds*, whatever the rule says; what comes meanwhile is no further violation.

    Attributes:
        after: how many violations.
        seconds: for how long.
        within: in how many seconds the violations count together; *seconds* unless given.

    Raises:
        LimitError: a number cannot work.
    """

    after: int
    seconds: float
    within: float | None = None

    def __post_init__(self) -> None:
        if type(self.after) is not int or self.after < 1:
            msg = f"Ban(after=) is a whole number, 1 or more, not {self.after!r}"
            raise LimitError(msg)
        for name in ("seconds", "within"):
            value = getattr(self, name)
            if not (name == "within" and value is None) and not 0 < value < 1e9:
                msg = f"Ban({name}=) takes seconds above 0, not {value!r}"
                raise LimitError(msg)

    @property
    def violations(self) -> Limit:
        """The violations that there may be: the last of them bans."""
        return Limit(
            requests=self.after,
            period=self.seconds if self.within is None else self.within,
            algorithm="sliding-window",
            name="violations",
        )

    @property
    def banned(self) -> Limit:
        """What refuses everything for the time of the ban, once it is charged."""
        return Limit(requests=1, period=self.seconds, name="ban")

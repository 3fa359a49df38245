"""Devices: where someone is logged in, to be listed and ended one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from responder_sessions.values import decode

if TYPE_CHECKING:
    from responder_sessions.stores.store import Record


@dataclass(frozen=True, slots=True)
class Device:
    """A session in the store, without what the program keeps in it.

    Attributes:
        id: what ``sessions.revoke()`` takes; nobody gets into a session with it.
        principal: who is logged in, or None.
        created, seen, expires: when it began, when it was last written or kept alive, and when
            it ends if it is not used; in UTC.
        agent: what the client called itself at the login, or ``""``.
        address: where it logged in from, or ``""``.
    """

    id: str
    principal: str | None
    created: datetime
    seen: datetime
    expires: datetime
    agent: str = ""
    address: str = ""

    @classmethod
    def of(cls, record: Record) -> Device:
        """The device of a session."""
        now = datetime.now(timezone.utc)
        values = record.values
        return cls(
            record.key,
            record.principal,
            created=now - timedelta(seconds=record.age),
            seen=now - timedelta(seconds=record.idle),
            expires=now + timedelta(seconds=record.lasts),
            agent=decode(values["$agent"]) if "$agent" in values else "",
            address=decode(values["$address"]) if "$address" in values else "",
        )

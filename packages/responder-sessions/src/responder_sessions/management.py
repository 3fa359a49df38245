"""Management: whose sessions there are, and how they are ended from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_sessions.devices import Device
from responder_sessions.errors import SessionError

if TYPE_CHECKING:
    from responder_sessions.session import Session
    from responder_sessions.stored_sessions import StoredSessions
    from responder_sessions.stores.guarded import GuardedStore


class SessionManagement:
    """What an administrator does, or a user on a page of devices; it takes a store."""

    stored: StoredSessions | None

    @property
    def store(self) -> GuardedStore:
        """Where the sessions are.

        Raises:
            SessionError: they are in cookies, which nobody can list or take back.
        """
        if self.stored is None:
            msg = (
                "sessions in cookies can be neither listed nor revoked; keep them in a store: "
                'Sessions(store="sqlite")'
            )
            raise SessionError(msg)
        return self.stored.store

    async def devices(self, principal: object) -> list[Device]:
        """Where someone is logged in, the one last used first: ``await sessions.devices(7)``."""
        records = await self.store.find(str(principal))
        return sorted(map(Device.of, records), key=lambda each: each.seen, reverse=True)

    async def revoke(self, device: Device | str) -> None:
        """End one session, by its device or that one's id; requests under way keep nothing."""
        await self.store.delete(device if isinstance(device, str) else device.id)

    async def revoke_all(self, principal: object, *, keep: Session | None = None) -> int:
        """End every session of someone: ``await sessions.revoke_all(user.id)``; how many.

        After a new password, for one; *keep* is the session that goes on.
        """
        store = self.store
        kept = None if keep is None else keep.key
        records = [each for each in await store.find(str(principal)) if each.key != kept]
        for record in records:
            await store.delete(record.key)
        return len(records)

    async def list_all(self) -> list[Device]:
        """Every session there is, the one last used first."""
        records = await self.store.find()
        return sorted(map(Device.of, records), key=lambda each: each.seen, reverse=True)

    async def clear(self, *, expired: bool = False) -> int:
        """Forget every session, or those whose time is over; how many there were."""
        return await self.store.clear(expired=expired)

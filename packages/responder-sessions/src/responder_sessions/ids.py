"""Ids: what a client shows for a session that a store keeps, and what the store knows of it."""

from __future__ import annotations

import re
from hashlib import sha256
from secrets import token_urlsafe

# 256 bits as base64url, behind two characters that stay when an id is rotated.
_ID = re.compile(r"[A-Za-z0-9_-]{45}")
_GROUP = 2


def make_id(before: str | None = None) -> str:
    """A new id: 256 random bits as text, and two characters in front.

    These are those of the id *before* it, where it takes the place of one: a cluster of Redis
    keeps both in one slot by them, so that they change together.
    """
    group = token_urlsafe(3)[:_GROUP] if before is None else before[:_GROUP]
    return group + token_urlsafe(32)


def is_id(text: str) -> bool:
    """Whether a text could be an id of ours; what could not is never looked up."""
    return _ID.fullmatch(text) is not None


def store_key(session_id: str) -> str:
    """The key of a session in a store: the group of the id, and the SHA-256 of the whole.

    A copy of the store gives nobody an id.
    """
    return f"{session_id[:_GROUP]}:{sha256(session_id.encode('ascii')).hexdigest()}"

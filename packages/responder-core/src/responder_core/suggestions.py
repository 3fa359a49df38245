"""Suggestions: what somebody may have meant who wrote a name that there is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def suggest(name: str, known: Iterable[str]) -> str:
    """The end of a message; nothing where no known name is near.

    ``suggest("rate_limt", ["rate_limit"])`` → ``"; did you mean 'rate_limit'?"``.
    """
    from difflib import get_close_matches  # Seldom needed, and not quick to import.

    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""

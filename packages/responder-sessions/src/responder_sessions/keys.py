"""Keys: the secrets that sign cookies, and which of them are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_sessions.errors import MAKE_KEY, SecretKeyError

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHORTEST = 16
_FEWEST = 5
# What stands in examples, and in programs that were copied from them.
_PLACEHOLDERS = (
    "changeme",
    "changethis",
    "donttell",
    "examplesecret",
    "insecure",
    "mysecret",
    "notasecret",
    "notsecret",
    "placeholder",
    "replaceme",
    "secretkey",
    "supersecret",
    "topsecret",
    "yoursecret",
)


def check_keys(keys: str | Sequence[str]) -> tuple[str, ...]:
    """The keys as a tuple: the first signs, all verify.

    Raises:
        SecretKeyError: there is none, or one is short, of few characters, or a placeholder.
    """
    found = (keys,) if isinstance(keys, str) else tuple(keys)
    if not found:
        msg = f"secret_key= is empty; make a key: {MAKE_KEY}"
        raise SecretKeyError(msg)
    for position, key in enumerate(found, 1):
        fault = _find_fault(key)
        if fault is not None:
            # The key itself is not repeated: messages end up in logs.
            which = "the secret key" if len(found) == 1 else f"secret key {position}"
            msg = f"{which} {fault}; make a good one: {MAKE_KEY}"
            raise SecretKeyError(msg)
    return found


def _find_fault(key: object) -> str | None:
    """What is wrong with a key, in words, or None."""
    if not isinstance(key, str):
        return f"is {type(key).__name__}, not str"
    if len(key) < _SHORTEST:
        return f"has {len(key)} characters, where {_SHORTEST} are the least"
    if len(set(key)) < _FEWEST:
        return "has too few different characters"
    letters = "".join(filter(str.isalnum, key.lower()))
    if any(word in letters for word in _PLACEHOLDERS):
        return "is a placeholder"
    return None

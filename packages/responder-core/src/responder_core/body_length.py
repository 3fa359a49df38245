"""The length of a body: what a request says it is, and what it may be (RFC 9110 §8.6, §15.5.14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_core.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from responder_core.types import Header, Message, Receive


def read_length(fields: Iterable[Header]) -> int | None:
    """The Content-Length in bytes, or None without one (RFC 9110 §8.6).

    Repeated equal values, as in ``Content-Length: 42, 42``, are one.

    Raises:
        Problem: 400, the value is no number, or there are several.
    """
    values = {
        part.strip(b" \t")
        for name, value in fields
        if name == b"content-length"
        for part in value.split(b",")
    }
    if not values:
        return None
    value = values.pop()
    if values or not value.isdigit():
        raise Problem(400, "The Content-Length is not one number.")
    # Python refuses to read numbers of thousands of digits; so many bytes come from no one.
    return int(value) if len(value) < 20 else 10**20


def check_length(fields: Iterable[Header], limit: int | None) -> None:
    """Refuse a body by its Content-Length, before anything of it is read.

    Raises:
        Problem: 413, it is longer than the limit, in bytes; 400, the field is malformed.
    """
    length = read_length(fields)
    if limit is not None and length is not None and length > limit:
        raise too_large(limit)


def limit_receive(receive: Receive, limit: int | None) -> Receive:
    """The same ``receive``, which counts: for an app that reads the body itself.

    Raises:
        Problem: 413, in the app's ``receive()``, once the body is longer than the limit.
    """
    if limit is None:
        return receive
    size = 0

    async def limited() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise too_large(limit)
        return message

    return limited


def too_large(limit: int, setting: str = "max_request_size") -> Problem:
    """The 413 for a body of more bytes than a setting allows."""
    msg = f"The request body is larger than {limit} bytes, the limit that {setting} sets."
    return Problem(413, msg)

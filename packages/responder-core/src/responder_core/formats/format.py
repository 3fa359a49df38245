"""A format: one form that values can have in a body, and what reads and writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from responder_core.request import Request
    from responder_core.settings import Limits


@dataclass(frozen=True, slots=True)
class Format:
    """One form that values can have in a body.

    ::

        api.formats["csv"] = Format("csv", ("text/csv",), decode=read_csv, encode=write_csv)

    Attributes:
        name: what ``req.media("csv")`` asks for.
        media_types: the first is what is sent; the others are understood.
        decode: from the bytes of a body to a value, or None for a format that is not read.
            A ``ValueError`` is answered with 400.
        encode: from a value to bytes, or None for a format that is not written; raises
            ``TypeError`` for what it has no form for.
        suffix: the structured syntax suffix, ``"json"`` for ``+json`` (RFC 6838 §4.2.8).
        available: False leaves it out of negotiation, since its library is not installed.
        is_text: whether it is text, decoded from the charset of the body to UTF-8 first.
        decode_within: as *decode*, with the limits of the route.
        check: what a body must pass that is decoded straight into a type: from its bytes and
            the limits to the bytes to decode; None where that cannot be done.
        thread_size: bytes above which it is decoded in a worker thread.
        read: reads the request itself, in place of *decode*.
        legacy: the coroutine function of the older style, ``f(r, encode=False)``.
    """

    name: str
    media_types: tuple[str, ...]
    decode: Callable[[bytes], Any] | None = None
    encode: Callable[[Any], bytes] | None = None
    suffix: str | None = None
    available: bool = True
    is_text: bool = False
    decode_within: Callable[[bytes, Limits], Any] | None = None
    check: Callable[[bytes, Limits], bytes] | None = None
    thread_size: int | None = None
    read: Callable[[Request], Awaitable[Any]] | None = None
    legacy: Callable[..., Awaitable[Any]] | None = None


def adapt(name: str, function: Callable[..., Awaitable[Any]]) -> Format:
    """A format of the older style: ``async def f(r, encode=False)``.

    It is called with the request to read it; what writes a response awaits ``legacy``.
    """

    async def read(req: Request) -> Any:  # noqa: ANN401 - whatever it gives
        return await function(req)

    types = (f"application/{name}", f"application/x-{name}", f"text/{name}")
    return Format(name, types, suffix=name, read=read, legacy=function)

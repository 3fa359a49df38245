"""What views are given: the core's classes, with the mixins of every package that has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import responder_core
from responder_sessions import SessionMixin, SessionResponseMixin

if TYPE_CHECKING:
    from responder_core.formats.registry import Formats


class Request(SessionMixin, responder_core.Request):
    """What a client sent; see ``responder_core.Request``."""

    __slots__ = ()


class Response(SessionResponseMixin, responder_core.Response):
    """What will be sent; see ``responder_core.Response``."""

    __slots__ = ()

    @property
    def formats(self) -> Formats:
        """The forms of bodies, by name, as ``req.formats``."""
        return self.req.formats

    @property
    def encoding(self) -> str:
        """The charset of text: always UTF-8.

        Raises:
            ValueError: another one is set; says how to send it.
        """
        return "utf-8"

    @encoding.setter
    def encoding(self, value: str) -> None:
        if value.lower() not in {"utf-8", "utf8"}:
            msg = (
                f"text is sent as UTF-8, not {value!r}: set resp.content = text.encode({value!r}) "
                f'and resp.mimetype = "text/plain; charset={value}"'
            )
            raise ValueError(msg)

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

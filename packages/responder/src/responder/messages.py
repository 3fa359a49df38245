"""What views are given: the core's classes, with the mixins of every package that has one."""

import responder_core
from responder_sessions import SessionMixin, SessionResponseMixin


class Request(SessionMixin, responder_core.Request):
    """What a client sent; see ``responder_core.Request``."""

    __slots__ = ()


class Response(SessionResponseMixin, responder_core.Response):
    """What will be sent; see ``responder_core.Response``."""

    __slots__ = ()

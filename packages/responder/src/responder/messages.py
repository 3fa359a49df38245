"""What views are given: the core's classes, with the mixins of every package that has one."""

import responder_core


class Request(responder_core.Request):
    """What a client sent; see ``responder_core.Request``."""

    __slots__ = ()


class Response(responder_core.Response):
    """What will be sent; see ``responder_core.Response``."""

    __slots__ = ()

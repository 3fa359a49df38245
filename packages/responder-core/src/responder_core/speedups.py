"""Speedups: steps of most requests in C, where they were built; elsewhere those in Python.

Each takes what most requests are, and leaves every other to the function in Python that it stands
in for, which decides all there is to decide. ``RESPONDER_SPEEDUPS=0`` leaves them out. How they
are built says ``hatch_build.py``.
"""

from __future__ import annotations

import os
from contextlib import suppress
from importlib import import_module
from inspect import isabstract
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

_EDITION = 9  # As in _speedups.c: what a checkout compiled may be older than what is asked for.
_steps: Any = None
if os.environ.get("RESPONDER_SPEEDUPS") != "0":
    with suppress(ImportError):  # It was built without them.
        _steps = import_module(f"{__package__}._speedups")
    if getattr(_steps, "EDITION", None) != _EDITION:
        _steps = None

is_built: bool = _steps is not None
"""Whether they are there."""


def speed_dispatch(dispatch: Any, *held: object) -> Any:  # noqa: ANN401
    """As *dispatch*, of ``asgi.Dispatcher``, with what it calls and looks requests up in.

    That is ``(search, walk, static, endings, hosts)``, each as it names them.
    """
    return dispatch if _steps is None else _steps.compile_dispatch(*held, _fail_with, dispatch)


def speed_dispatch_raw(dispatch: Any, *held: object) -> Any:  # noqa: ANN401
    """As *dispatch*, of ``rsgi``, with what it calls, looks requests up in and makes.

    That is ``(search, walk, static, endings, hosts)``, each as it names them; the classes of a
    scope and of a channel, and the state of the lifespan.
    """
    looks, makes = (*held[:5], _fail_with), held[5:]
    return dispatch if _steps is None else _steps.compile_dispatch_raw(*looks, dispatch, *makes)


def _fail_with(error: Exception) -> Callable[[str, str], NoReturn]:
    def find(_method: str, _path: str) -> NoReturn:
        raise error

    return find


def speed_accept(accept: Any, request_class: type, scope_class: type) -> Any:  # noqa: ANN401
    """As *accept*, of ``error_documents``, for requests of a class by scopes of another."""
    return accept if _steps is None else _steps.compile_accept(request_class, scope_class, accept)


def speed_answer(answer: Any, channel: type, decoded: dict[Any, Any]) -> Any:  # noqa: ANN401
    """As *answer*, of ``rsgi_channel``, by channels of a class, with the texts of header fields."""
    return answer if _steps is None else _steps.compile_answer(channel, decoded, answer)


def find_pair(
    request_class: type, response_class: type, api: object, nothing: object
) -> Callable[..., tuple[Any, Any]] | None:
    """What makes a request and its response as their classes do, or None.

    It takes ``(scope, receive, send, route, path_params)``.
    """
    if _steps is None or isabstract(request_class) or isabstract(response_class):
        return None
    try:
        pair: Callable[..., tuple[Any, Any]]
        pair = _steps.compile_pair(request_class, response_class, api, nothing)
    except TypeError:
        return None  # A class has something else in place of a slot.
    return pair


def speed_serve(serve: Any, at_once: int, *held: object) -> Any:  # noqa: ANN401
    """As *serve*, of ``door.compile_serve()``, for answers of at most *at_once* bytes.

    What is held is what it calls: what makes a pair, as ``find_pair()`` gives it; the context
    variable of the request; ``(write_result, finish_plain, proceed, wait)``, as it names them; the
    class of the channel and what answers by it, or None.
    """
    return serve if _steps is None else _steps.compile_serve(at_once, *held)


def speed_exchange(exchange: Any, *parts: object) -> Any:  # noqa: ANN401
    """As *exchange*, or what a door calls in its place, with the parts that it goes by.

    These are, with None for what there is not: a tuple of the hooks before the view; what gives
    its arguments at once, or is awaited for them; what expects, takes and decodes a body of JSON,
    and a tuple of the name it is given by; the view, what writes its result, and how it was
    written. What serves goes by them itself; who else calls it, calls *exchange*.
    """
    return exchange if _steps is None else _steps.compile_exchange(exchange, *parts)


def speed_send(send_whole: Any, at_once: int, wait: object) -> Any:  # noqa: ANN401
    """As *send_whole*, of ``door``, for bodies of at most *at_once* bytes."""
    return send_whole if _steps is None else _steps.compile_send(at_once, wait, send_whole)


def speed_finish(finish_plain: Any, limit: int, *held: object) -> Any:  # noqa: ANN401
    """As *finish_plain*, of ``finishing.compile_plain()``, for bodies below *limit* bytes."""
    if _steps is None:
        return finish_plain
    try:
        return _steps.compile_finish(limit, *held, finish_plain)
    except TypeError:
        return finish_plain  # As above.


def speed_join(join_values: Any) -> Any:  # noqa: ANN401
    """As *join_values*, of ``http.fields``."""
    return join_values if _steps is None else _steps.compile_join(join_values)


def speed_announcement(announces_json: Any) -> Any:  # noqa: ANN401
    """As *announces_json*, of ``reading``."""
    return announces_json if _steps is None else _steps.compile_announce(announces_json)


def speed_expect(expects: Any, most: int, *held: object) -> Any:  # noqa: ANN401
    """As *expects*, of ``intake.JSONBody``, for bodies of at *most* so many bytes.

    What is held is ``(request_class, known)``: the class that most requests are of, and the types
    of the bodies that are expected.
    """
    if _steps is None:
        return expects
    try:
        return _steps.compile_expect(most, *held, expects)
    except OverflowError:
        return expects  # So large a limit is none.


def speed_take(take: Any, most: int, depth: int, request_class: type) -> Any:  # noqa: ANN401
    """As *take*, of ``intake.JSONBody``, for texts of so many bytes and levels."""
    if _steps is None:
        return take
    try:
        return _steps.compile_take(most, depth, request_class, take)
    except OverflowError:
        return take  # As above.


def speed_media(take_json: Any, *held: object) -> Any:  # noqa: ANN401
    """As *take_json*, of ``encoding``.

    What is held is ``(request_class, response_class, Encoded, MEDIA, MEDIA.field, accept_field)``.
    """
    return take_json if _steps is None else _steps.compile_media(*held, take_json)


def speed_write(write: Any, *held: object) -> Any:  # noqa: ANN401
    """As *write*, of ``contract``, which takes a response, a value and a view.

    What is held is that of ``speed_media()``; the class of the values that are written and the
    status that goes with them; what gives their JSON, and the shape that they are to have, or None;
    the module of warnings, and the filter that is to be the first of it, or None.
    """
    if _steps is None:
        return write
    media, own = held[:6], held[6:]
    try:
        return _steps.compile_write(*media, write, *own)
    except (TypeError, AttributeError, OverflowError):
        return write  # A class has something else in place of a slot.


def find_fitting(shape: object) -> Callable[[object], bool] | None:
    """What tells whether a value is of a shape, as ``shapes.find_shape()`` gives it, or None."""
    compile_shape = getattr(_steps, "compile_shape", None)
    if compile_shape is None or shape is None:
        return None
    try:
        fits: Callable[[object], bool] = compile_shape(shape)
    except (TypeError, AttributeError, OverflowError):
        return None  # A class has something else in place of a slot.
    return fits


def find_page_cache() -> tuple[Any, Any] | None:
    """What opens and what reads a file that is in memory, as ``page_cache`` has it; or None."""
    if not hasattr(_steps, "open_cached"):
        return None  # The system has no such calls.
    return _steps.open_cached, _steps.read_cached

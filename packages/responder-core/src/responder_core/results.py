"""Results: what a view may return, and how each becomes the response."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from responder_core.errors import ViewError
from responder_core.hooks import describe, refuse_awaitable

if TYPE_CHECKING:
    from responder_core.response import Response

_MEDIA_TYPES = (dict, list, bool, int, float)


def _is_model(value: object) -> bool:
    """Whether a value is a dataclass, a msgspec Struct, an attrs or a pydantic instance."""
    kind = type(value)
    return (
        dataclasses.is_dataclass(kind)
        or hasattr(kind, "__struct_fields__")
        or hasattr(kind, "__attrs_attrs__")
        or hasattr(kind, "__pydantic_serializer__")
    )


def write_result(resp: Response, result: Any, view: object) -> None:  # noqa: ANN401 - checked here
    """Put what a view returned into the response; None leaves it as it is.

    Raises:
        ViewError: the value is of a kind that a view may not return.
    """
    if result is None:
        return
    if isinstance(result, tuple):
        _write_tuple(resp, result, view)  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(result, str):
        resp.text = result
    elif isinstance(result, (bytes, bytearray, memoryview)):
        resp.content = bytes(cast("bytes", result))
    elif isinstance(result, _MEDIA_TYPES) or _is_model(result):
        resp.media = result
    elif inspect.isawaitable(result):
        refuse_awaitable(result, f"view {describe(view)}")
    else:
        kind: type[object] = type(cast("object", result))
        msg = (
            f"view {describe(view)} returned {kind.__module__}.{kind.__qualname__}; return None, "
            "str, bytes, a dict, a list, a number, a dataclass or model, "
            "or a tuple (body, status[, headers])"
        )
        raise ViewError(msg)


def _write_tuple(resp: Response, result: tuple[Any, ...], view: object) -> None:
    """Put ``(body, status)`` or ``(body, status, headers)`` into the response."""
    if len(result) not in (2, 3):
        msg = (
            f"view {describe(view)} returned a tuple of {len(result)}; "
            "return (body, status) or (body, status, headers)"
        )
        raise ViewError(msg)
    body, status, *rest = result
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        msg = f"view {describe(view)} returned the status {status!r}; a status is 200 to 599"
        raise ViewError(msg)
    headers = rest[0] if rest else None
    if headers is not None and not isinstance(headers, Mapping):
        msg = f"view {describe(view)} returned {headers!r} for headers; return a mapping or None"
        raise ViewError(msg)
    if isinstance(body, tuple):
        msg = f"view {describe(view)} returned a tuple inside a tuple; return (body, status)"
        raise ViewError(msg)
    write_result(resp, body, view)
    resp.status_code = status
    if headers:
        resp.headers.update(cast("Mapping[str, str]", headers))

"""Signatures: the parameters of a function and its annotations, read as far as they are needed."""

from __future__ import annotations

import inspect
import sys
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any, ForwardRef, cast, get_args, get_type_hints

from responder_core.errors import ViewError
from responder_core.hooks import describe

if TYPE_CHECKING:
    from collections.abc import Callable


def read_signature(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of a function, its annotations as they are written where they must be."""
    if sys.version_info >= (3, 14):  # pragma: no cover - as the Python is
        # A name that only type checkers know must not stop us (PEP 649).
        from annotationlib import Format

        return inspect.signature(function, annotation_format=Format.FORWARDREF)
    return inspect.signature(function)  # pragma: no cover - as the Python is


def read_result(function: Callable[..., Any]) -> Any:  # noqa: ANN401 - any annotation
    """What a function is annotated to return, as it is written; ``Signature.empty`` without that.

    Most functions are plain, and tell it without a signature being made of them.

    Raises:
        TypeError, ValueError: it tells no signature.
    """
    if type(function) is not FunctionType or vars(function):
        return read_signature(function).return_annotation
    if sys.version_info >= (3, 14):  # pragma: no cover - as the Python is
        from annotationlib import Format, get_annotations

        found = get_annotations(function, format=Format.FORWARDREF)
    else:  # pragma: no cover - as the Python is
        found = function.__annotations__
    return found.get("return", inspect.Signature.empty)


def evaluate(annotation: Any, function: Callable[..., Any], role: str) -> Any:  # noqa: ANN401
    """An annotation as a type; *role* is what it annotates, for messages.

    Only what is looked at needs to be there: an annotation of ``req`` that type checkers alone
    know disturbs nobody.

    Raises:
        ViewError: it names what is not there when the function is registered.
    """
    if not _is_text(annotation):
        return annotation
    try:
        holder = type("Holder", (), {"__annotations__": {"it": annotation}})
        return get_type_hints(holder, _globals(function), {}, include_extras=True)["it"]
    except Exception as error:
        text = getattr(annotation, "__forward_arg__", annotation)
        msg = (
            f"the annotation {text!r} of {role} in {describe(function)} cannot be read: {error}; "
            "import or define it at the top of the module, not under TYPE_CHECKING"
        )
        raise ViewError(msg) from error


def _is_text(annotation: Any) -> bool:  # noqa: ANN401 - any annotation
    """Whether something in an annotation is still text: ``"Item"``, ``list["Item"]``."""
    if isinstance(annotation, (str, ForwardRef)):
        return True
    return any(map(_is_text, get_args(annotation)))


def _globals(function: Any) -> dict[str, Any]:  # noqa: ANN401 - any callable
    """The names that the annotations of a function, a class or a callable object can use."""
    while isinstance(function, partial):
        function = function.func
    function = inspect.unwrap(function)
    if isinstance(function, type):
        init = inspect.unwrap(inspect.getattr_static(function, "__init__"))
        known = getattr(init, "__globals__", None)
        return known or vars(sys.modules[function.__module__])
    found = getattr(function, "__globals__", None)
    if found is None:
        kind = cast("type[object]", type(function))
        called = inspect.unwrap(inspect.getattr_static(kind, "__call__"))
        found = getattr(called, "__globals__", {})
    return dict(found)

"""Markers: where a parameter of a view comes from, written as its default or in ``Annotated``.

::

    @api.get("/items")
    async def items(req, resp, *, q: str = Query(min_length=3), user: User = Depends(get_user)): ...
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, cast

from responder_core.suggestions import suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from typing_extensions import Unpack

Source: TypeAlias = Literal["path", "query", "header", "cookie", "form", "file"]
"""Where in a request a value stands."""

REQUIRED: Any = cast("Any", ...)
"""The default of a parameter that must be sent; ``Query(...)`` says the same."""


class MarkerOptions(TypedDict, total=False):
    """What ``Query()`` and its like say of a value.

    Attributes:
        alias: the name that the client uses, where it is not that of the parameter.
        default_factory: makes the default of a value that was not sent.
        ge, gt, le, lt, multiple_of: bounds of a number.
        min_length, max_length: bounds of a text or a list.
        pattern: a regular expression that is found in a text; ``^`` and ``$`` bind it.
        title, description, examples, deprecated: for the documentation.
    """

    alias: str
    default_factory: Callable[[], Any]
    ge: float
    gt: float
    le: float
    lt: float
    multiple_of: float
    min_length: int
    max_length: int
    pattern: str
    title: str
    description: str
    examples: Sequence[Any]
    deprecated: bool


CONSTRAINTS = ("ge", "gt", "le", "lt", "multiple_of", "min_length", "max_length", "pattern")
"""The options that bound a value."""


@dataclass(frozen=True, slots=True, eq=False)
class Marker:
    """What ``Query()`` and its like give: a source, a default, and what is said of the value."""

    source: Source
    default: Any
    options: MarkerOptions


@dataclass(frozen=True, slots=True)
class Dependency:
    """What ``Depends()`` gives; equal to another one of the same provider.

    Attributes:
        provider: what gives the value; None for the annotated class.
    """

    provider: Callable[..., Any] | None


def _mark(source: Source, default: Any, options: MarkerOptions) -> Any:  # noqa: ANN401
    known = MarkerOptions.__optional_keys__
    call = f"{source.capitalize()}()"
    for name in options:
        if name not in known:
            msg = f"{call} has no option {name!r}{suggest(name, known)}"
            raise TypeError(msg)
    if default is not REQUIRED and "default_factory" in options:
        msg = f"{call} takes a default or a default_factory=, not both"
        raise TypeError(msg)
    return Marker(source, default, options)


# These are functions that give Any, so that `q: str = Query()` is well typed, and have the names
# that users of other frameworks know.
# ruff: disable[D402, N802, ANN401]


def Query(default: Any = REQUIRED, **options: Unpack[MarkerOptions]) -> Any:
    """A query parameter: ``limit: int = Query(10, le=100)``, or a model of all of them.

    ``tags: list[str] = Query()`` collects a repeated one. ``Query(Filters)``, or the marker on
    a parameter whose type is a model, reads each field of the model from the query.

    Raises:
        TypeError: an option is unknown.
    """
    return _mark("query", default, options)


def Header(default: Any = REQUIRED, **options: Unpack[MarkerOptions]) -> Any:
    """A header field: ``x_token: str = Header()`` reads ``X-Token``."""
    return _mark("header", default, options)


def Cookie(default: Any = REQUIRED, **options: Unpack[MarkerOptions]) -> Any:
    """A cookie: ``theme: str = Cookie("light")``."""
    return _mark("cookie", default, options)


def Path(default: Any = REQUIRED, **options: Unpack[MarkerOptions]) -> Any:
    """A parameter of the path, with bounds: ``id: int = Path(ge=1)``."""
    return _mark("path", default, options)


def Form(default: Any = REQUIRED, **options: Unpack[MarkerOptions]) -> Any:
    """A field of a form: ``name: str = Form()``; a model reads the whole form."""
    return _mark("form", default, options)


def File(default: Any = REQUIRED, **options: Unpack[MarkerOptions]) -> Any:
    """A file of a form: ``avatar: UploadFile = File()``, or ``list[UploadFile]``, or bytes."""
    return _mark("file", default, options)


def Depends(provider: Callable[..., Any] | None = None) -> Any:
    """What a provider gives: ``user: User = Depends(get_user)``.

    The provider is a function, sync or async, a generator function whose rest is run when the
    request was answered, or a class; it may have parameters like those of a view. It is called
    once for a request, however many ask for it. Without one, the annotated class is it.

    Raises:
        TypeError: it cannot be called.
    """
    if provider is None:
        return Dependency(None)
    candidate: object = provider
    if not callable(candidate):
        msg = f"Depends() takes what can be called to give the value, not {provider!r}"
        raise TypeError(msg)
    try:
        hash(provider)
    except TypeError:
        # It is found by what it is, not by what it equals.
        from functools import partial

        return Dependency(partial(provider))
    return Dependency(provider)


# ruff: enable[D402, N802, ANN401]

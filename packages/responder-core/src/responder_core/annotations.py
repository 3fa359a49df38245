"""Annotations: what kind of type one is, whichever library its classes are of."""

from __future__ import annotations

import dataclasses
import types
from collections import abc
from typing import (
    Annotated,
    Any,
    Literal,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

_SEQUENCES = (
    list,
    set,
    frozenset,
    tuple,
    abc.Collection,
    abc.MutableSequence,
    abc.MutableSet,
    abc.Sequence,
    abc.Set,
)

UNIONS = (Union, types.UnionType)
"""What unions are made of: ``Union[int, str]``, ``int | str``."""


def resolve_alias(annotation: Any) -> Any:  # noqa: ANN401 - any annotation
    """The type that ``type Name = ...`` or ``NewType`` gave a name; another one as it is."""
    while True:
        if type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
        elif hasattr(annotation, "__supertype__"):
            annotation = annotation.__supertype__
        else:
            return annotation


def strip(annotation: Any) -> Any:  # noqa: ANN401 - any annotation
    """An annotation without ``Annotated`` and what it adds, and without a name of its own."""
    annotation = resolve_alias(annotation)
    while get_origin(annotation) is Annotated:
        annotation = resolve_alias(get_args(annotation)[0])
    return annotation


def metadata_of(annotation: Any) -> tuple[Any, ...]:  # noqa: ANN401 - any annotation
    """What ``Annotated`` adds, in the members of a union too."""
    annotation = resolve_alias(annotation)
    found: tuple[Any, ...] = ()
    while get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        annotation = resolve_alias(inner)
        found = (*more, *found)
    if get_origin(annotation) in UNIONS:
        for each in get_args(annotation):
            found += metadata_of(each)
    return found


def members(annotation: Any) -> tuple[Any, ...]:  # noqa: ANN401 - any annotation
    """The types of a union but None: ``int | None`` → ``(int,)``; of another type, itself."""
    annotation = strip(annotation)
    if get_origin(annotation) in UNIONS:
        return tuple(
            inner
            for each in get_args(annotation)
            if each is not types.NoneType
            for inner in members(each)
        )
    return (annotation,)


def is_optional(annotation: Any) -> bool:  # noqa: ANN401 - any annotation
    """Whether None is of a type."""
    annotation = strip(annotation)
    if get_origin(annotation) in UNIONS:
        return any(each is types.NoneType or is_optional(each) for each in get_args(annotation))
    return annotation is types.NoneType or annotation is None


def is_model(kind: Any) -> bool:  # noqa: ANN401 - any annotation
    """Whether a type is a class with fields: a dataclass, Struct, TypedDict, attrs, pydantic."""
    origin: Any = get_origin(kind) or kind
    if not isinstance(origin, type):
        return False
    marks = ("__struct_fields__", "__attrs_attrs__", "__pydantic_validator__")
    is_table = hasattr(cast("object", origin), "__required_keys__")  # A TypedDict.
    return (
        is_table
        or dataclasses.is_dataclass(cast("object", origin))
        or any(hasattr(cast("object", origin), name) for name in marks)
    )


def holds_model(annotation: Any) -> bool:  # noqa: ANN401 - any annotation
    """Whether a type is a model, or has one in it: ``list[Item]``, ``Item | None``."""
    return any(
        is_model(each) or any(map(holds_model, get_args(each))) for each in members(annotation)
    )


def sequence_of(annotation: Any) -> Any:  # noqa: ANN401 - any annotation
    """The type of the items of a list, tuple or set; None for every other type."""
    for each in members(annotation):
        origin = get_origin(each) or each
        if origin in _SEQUENCES:
            args = get_args(each)
            return args[0] if args else str
    return None


def uses_pydantic(annotation: Any) -> bool:  # noqa: ANN401 - any annotation
    """Whether a type is pydantic's to read: its models, and what ``Field()`` says of others."""
    if any(_is_pydantic(type(each).__module__) for each in metadata_of(annotation)):
        return True
    annotation = strip(annotation)
    origin = get_origin(annotation) or annotation
    if hasattr(origin, "__pydantic_core_schema__") or hasattr(
        origin, "__get_pydantic_core_schema__"
    ):
        return True
    return any(map(uses_pydantic, get_args(annotation)))


def _is_pydantic(module: str) -> bool:
    return module.partition(".")[0] in {"pydantic", "annotated_types", "pydantic_extra_types"}


def model_fields(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - a class of any of these libraries
    """The types of a model's fields, by the names that clients use."""
    fields = getattr(kind, "__pydantic_fields__", None) or getattr(kind, "model_fields", None)
    if fields:
        return {_alias(name, each): each.annotation for name, each in fields.items()}
    hints = get_type_hints(get_origin(kind) or kind, include_extras=True)
    names: Any = getattr(kind, "__struct_fields__", None)
    if names is not None:
        encoded: Any = kind.__struct_encode_fields__
        return {key: hints[name] for name, key in zip(names, encoded, strict=True)}
    return {name: _without_qualifier(each) for name, each in hints.items()}


def _without_qualifier(annotation: Any) -> Any:  # noqa: ANN401 - any annotation
    """The type in ``NotRequired[...]`` and its like."""
    origin = get_origin(annotation)
    if getattr(origin, "_name", None) in {"NotRequired", "Required", "ReadOnly"}:
        return get_args(annotation)[0]
    return annotation


def _alias(name: str, field: Any) -> str:  # noqa: ANN401 - pydantic's
    alias = field.validation_alias or field.alias
    return alias if isinstance(alias, str) else name


def is_upload(kind: Any) -> bool:  # noqa: ANN401 - any annotation
    """Whether a type is that of the files of a form."""
    return isinstance(kind, type) and any(
        each.__module__ == "starlette.datastructures" and each.__name__ == "UploadFile"
        for each in kind.__mro__
    )


def is_plain(kind: Any) -> bool:  # noqa: ANN401 - any annotation
    """Whether a text can stand for a value of a type: a number, a date, an Enum, a Literal."""
    if get_origin(kind) is Literal:
        return True
    if not isinstance(kind, type):
        return False
    import datetime as dt
    import decimal
    import enum
    import uuid

    plain = (str, int, float, bytes, bool, decimal.Decimal, uuid.UUID, enum.Enum)
    times = (dt.date, dt.time, dt.timedelta)
    if issubclass(kind, (*plain, *times)):
        return True
    return hasattr(cast("object", kind), "__get_pydantic_core_schema__")


def name_of(annotation: Any) -> str:  # noqa: ANN401 - any annotation
    """A type as a message names it: ``"list[int]"``."""
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__qualname__
    return str(annotation).replace("typing.", "")

"""Schemas of what msgspec reads and writes: plain types, dataclasses, Structs, attrs, TypedDicts.

They say what goes over the wire, in the dialect 2020-12 of JSON Schema.
"""

from __future__ import annotations

import enum
import inspect
from typing import TYPE_CHECKING, Any, cast, get_origin

import msgspec
from msgspec import inspect as inspection

from responder_openapi.components import Components
from responder_openapi.examples import default_of
from responder_openapi.patterns import translate_pattern

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from responder_openapi.components import Mode, Schema

    Maker: TypeAlias = Callable[["StructSchemas", Any, Mode], Schema]

# The keys of objects that are numbers, as JSON writes these (RFC 8259 §6).
_INTEGER = "^-?(0|[1-9][0-9]*)$"
_NUMBER = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
# What msgspec takes for a decimal number in a text, and for base64.
DECIMAL = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
BASE64 = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"

_NULL: Schema = {"type": "null"}
_BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}


class StructSchemas:
    """Makes the schemas of annotations; the models among them become components.

    Args:
        decimals_as_numbers: whether a Decimal is sent as a number.
        taken, given: as of ``Components``.
    """

    def __init__(
        self,
        *,
        decimals_as_numbers: bool = False,
        taken: set[str] | None = None,
        given: dict[Any, str] | None = None,
    ) -> None:
        components = Components(self._describe, taken=taken or set(), given=given)
        self.components: Components = components
        self._decimals_as_numbers = decimals_as_numbers
        self._infos: dict[Any, Any] = {}

    def make(self, annotation: Any, mode: Mode) -> Schema:  # noqa: ANN401 - any annotation
        """The schema of a type, its references to be settled by ``components``.

        Raises:
            TypeError: msgspec knows nothing of a class in it.
        """
        return self._make(inspection.type_info(annotation), mode)

    def _make(self, info: Any, mode: Mode) -> Schema:  # noqa: ANN401 - of msgspec.inspect
        kind: type[Any] = info.__class__
        make = _MAKERS.get(kind)
        if make is None:
            name: str = getattr(getattr(info, "cls", info), "__qualname__", kind.__name__)
            msg = f"{name} is no type that JSON has a form for"
            raise TypeError(msg)
        return make(self, info, mode)

    def make_annotated(self, info: Any, mode: Mode) -> Schema:  # noqa: ANN401 - of msgspec.inspect
        """The schema of a type of which the program says more."""
        schema = self._make(info.type, mode)
        return {**schema, **(info.extra_json_schema or {})}

    def make_model(self, info: Any, mode: Mode) -> Schema:  # noqa: ANN401 - of msgspec.inspect
        """A reference to the component of a class."""
        model: Any = info.cls
        self._infos[model] = info
        return self.components.refer(model, mode)

    def _describe(self, model: Any, mode: Mode) -> Schema:  # noqa: ANN401 - any class
        info: Any = self._infos[model]
        kind: type[Any] = info.__class__
        if kind is inspection.EnumType:
            return _describe_enum(info.cls)
        if kind is inspection.NamedTupleType or getattr(info, "array_like", False):
            return self._describe_row(info, mode)
        properties: dict[str, Schema] = {}
        required: list[str] = []
        if getattr(info, "tag_field", None) is not None:
            properties[info.tag_field] = {"const": info.tag}
            required.append(info.tag_field)
        for field in info.fields:
            if mode == "output" and _is_private(info, field):
                continue
            schema = self._make(field.type, mode)
            if mode == "input":
                schema |= _default(field)
            properties[field.encode_name] = schema
            if field.required or (mode == "output" and _is_always_sent(info, field)):
                required.append(field.encode_name)
        described: Schema = {"title": _title(info.cls), "type": "object", "properties": properties}
        if required:
            described["required"] = required
        if getattr(info, "forbid_unknown_fields", False):
            described["additionalProperties"] = False
        return described | _description(info.cls)

    def _describe_row(self, info: Any, mode: Mode) -> Schema:  # noqa: ANN401 - of msgspec.inspect
        """A model that is sent as an array."""
        kind: type[Any] = info.__class__
        items = [self._make(field.type, mode) for field in info.fields]
        least = sum(field.required for field in info.fields)
        if getattr(info, "tag_field", None) is not None:
            items.insert(0, {"const": info.tag})
            least += 1
        row: Schema = {"title": _title(info.cls), "type": "array"}
        if items:
            row["prefixItems"] = items
        row["minItems"] = len(items) if mode == "output" else least
        if mode == "output" or kind is inspection.NamedTupleType:
            row["maxItems"] = len(items)  # Of a Struct, more than it knows is passed over.
        return row | _description(info.cls)

    def make_number(self, info: Any, kind: str) -> Schema:  # noqa: ANN401 - of msgspec.inspect
        """The schema of a number within its bounds."""
        bounds = {
            word: getattr(info, name)
            for name, word in _BOUNDS.items()
            if getattr(info, name) is not None
        }
        return {"type": kind, **bounds}

    def make_decimal(self, _info: Any, mode: Mode) -> Schema:  # noqa: ANN401
        """The schema of a Decimal: read from text and from numbers, sent as one of these."""
        if mode == "output" and self._decimals_as_numbers:
            return {"type": "number"}
        kinds: Any = "string" if mode == "output" else ["string", "number"]
        return {"type": kinds, "format": "decimal", "pattern": DECIMAL}

    def make_list(self, info: Any, mode: Mode) -> Schema:  # noqa: ANN401 - of msgspec.inspect
        """The schema of an array of one kind of items."""
        schema = {"type": "array", "items": self._make(info.item_type, mode)}
        return schema | _lengths(info, "Items")

    def make_set(self, info: Any, mode: Mode) -> Schema:  # noqa: ANN401 - of msgspec.inspect
        """As ``make_list()``; what is sent has no item twice, what is received may."""
        unique = {"uniqueItems": True} if mode == "output" else {}
        return self.make_list(info, mode) | unique

    def make_tuple(self, info: Any, mode: Mode) -> Schema:  # noqa: ANN401 - of msgspec.inspect
        """The schema of an array whose items have kinds of their own."""
        count = len(info.item_types)
        items = [self._make(each, mode) for each in info.item_types]
        schema: Schema = {"type": "array", "minItems": count, "maxItems": count}
        return {**schema, "prefixItems": items} if items else schema

    def make_table(self, info: Any, mode: Mode) -> Schema:  # noqa: ANN401 - of msgspec.inspect
        """The schema of an object whose members are of one kind."""
        schema: Schema = {"type": "object"}
        value = self._make(info.value_type, mode)
        if value:
            schema["additionalProperties"] = value
        choices = _choices(info.key_type)
        if choices is not None:
            schema["propertyNames"] = {"enum": [str(each) for each in choices]}
            return schema | _lengths(info, "Properties")
        key = self._make(info.key_type, mode)
        if key.get("type") in ("integer", "number"):
            schema["propertyNames"] = {"pattern": _INTEGER if key["type"] == "integer" else _NUMBER}
        elif key and key != {"type": "string"}:
            schema["propertyNames"] = key
        return schema | _lengths(info, "Properties")

    def make_union(self, info: Any, mode: Mode) -> Schema:  # noqa: ANN401 - of msgspec.inspect
        """The schema of a value of one of several kinds."""
        schemas = [self._make(each, mode) for each in info.types]
        simple = [each for each in schemas if isinstance(each.get("type"), str)]
        if len(simple) == len(schemas) and _can_merge(simple):
            merged: Schema = {}
            for each in simple:
                merged |= each
            return {**merged, "type": [each["type"] for each in simple]}
        rest = [each for each in schemas if each != _NULL]
        if len(rest) == 1 and len(schemas) == 2 and isinstance(rest[0].get("type"), str):
            choices = {"enum": [*rest[0]["enum"], None]} if "enum" in rest[0] else {}
            return {**rest[0], "type": [rest[0]["type"], "null"], **choices}
        union: Schema = {"anyOf": schemas}
        tagged = [
            each
            for each in info.types
            if getattr(each, "tag_field", None) is not None and not each.array_like
        ]
        fields = {each.tag_field for each in tagged}
        if len(tagged) > 1 and len(tagged) == len(schemas) and len(fields) == 1:
            mapping = {
                str(each.tag): schema["$ref"] for each, schema in zip(tagged, schemas, strict=True)
            }
            union["discriminator"] = {"propertyName": fields.pop(), "mapping": mapping}
        return union


def _can_merge(schemas: list[Schema]) -> bool:
    """Whether what is said of each type of a union says nothing of the others."""
    words = [key for each in schemas for key in each if key != "type"]
    kinds = [each["type"] for each in schemas]
    plain = not any(key in each for each in schemas for key in ("enum", "const", "prefixItems"))
    return plain and len(set(words)) == len(words) and len(set(kinds)) == len(kinds)


def _lengths(info: Any, what: str) -> Schema:  # noqa: ANN401 - of msgspec.inspect
    found: Schema = {}
    if info.min_length is not None:
        found[f"min{what}"] = info.min_length
    if info.max_length is not None:
        found[f"max{what}"] = info.max_length
    return found


def _text(info: Any) -> Schema:  # noqa: ANN401 - of msgspec.inspect
    pattern = None if info.pattern is None else translate_pattern(info.pattern)
    told = {} if pattern is None else {"pattern": pattern}
    return {"type": "string", **_lengths(info, "Length"), **told}


def _choices(info: Any) -> list[Any] | None:  # noqa: ANN401 - of msgspec.inspect
    """The values that an Enum or a Literal has, or None for another type."""
    kind: type[Any] = info.__class__
    if kind is inspection.EnumType:
        return [each.value for each in info.cls]
    return list(info.values) if kind is inspection.LiteralType else None


def _describe_enum(cls: type[enum.Enum]) -> Schema:
    if issubclass(cls, enum.Flag):
        return {"title": cls.__name__, "type": "integer", **_description(cls)}  # Or some together.
    values = [each.value for each in cls]
    return {"title": cls.__name__, **enumerate_values(values), **_description(cls)}


def enumerate_values(values: list[Any]) -> Schema:
    """The schema of one of several values: ``["a", "b"]`` → ``{"type": "string", "enum": …}``."""
    kinds = list(dict.fromkeys(_JSON_TYPES.get(each.__class__, "string") for each in values))
    return {"type": kinds[0] if len(kinds) == 1 else kinds, "enum": values}


_JSON_TYPES = {int: "integer", str: "string", bool: "boolean", float: "number", type(None): "null"}


def _title(cls: Any) -> str:  # noqa: ANN401 - any class
    return str(getattr(cls, "__name__", cls))


def _description(cls: Any) -> Schema:  # noqa: ANN401 - any class
    """The docstring of a class, but not one that a library wrote."""
    origin: Any = getattr(cls, "__origin__", cls)
    text = str(cast("dict[str, Any]", vars(origin)).get("__doc__") or "")
    written = text.startswith(f"{_title(cls)}(") or text == "An enumeration."
    return {"description": inspect.cleandoc(text)} if text and not written else {}


def _default(field: Any) -> Schema:  # noqa: ANN401 - of msgspec.inspect
    """What a field is when it is not sent, where that can be told."""
    value: Any = field.default
    if value is msgspec.NODEFAULT:
        if field.default_factory not in (list, dict, set):
            return {}
        value = cast("Any", field.default_factory)()
    return default_of(value)


def _is_private(info: Any, field: Any) -> bool:  # noqa: ANN401 - of msgspec.inspect
    """Whether a field is never sent: msgspec reads those of attrs that begin with "_", no more."""
    return field.name.startswith("_") and hasattr(info.cls, "__attrs_attrs__")


def _is_always_sent(info: Any, field: Any) -> bool:  # noqa: ANN401 - of msgspec.inspect
    """Whether a field that need not be received is in every answer."""
    kind: type[Any] = info.__class__
    if kind is inspection.TypedDictType:
        return False
    cls: Any = get_origin(info.cls) or info.cls
    if kind is inspection.StructType and cls.__struct_config__.omit_defaults:
        return False
    return not _may_be_unset(field, cls)


def _may_be_unset(field: Any, cls: Any) -> bool:  # noqa: ANN401 - of msgspec.inspect
    """Whether a field may be UNSET, which is never sent; msgspec.inspect leaves that out."""
    if field.default is not msgspec.NODEFAULT or field.default_factory is not msgspec.NODEFAULT:
        return False
    return not field.required and hasattr(cls, "__struct_fields__")


def _plain(**schema: Any) -> Maker:  # noqa: ANN401 - a schema's own
    def make(_schemas: StructSchemas, _info: Any, _mode: Mode) -> Schema:  # noqa: ANN401
        return dict(schema)

    return make


_BYTES = {"type": "string", "format": "byte", "contentEncoding": "base64", "pattern": BASE64}

_MAKERS: dict[type[Any], Maker] = {
    inspection.Metadata: StructSchemas.make_annotated,
    inspection.StructType: StructSchemas.make_model,
    inspection.DataclassType: StructSchemas.make_model,
    inspection.TypedDictType: StructSchemas.make_model,
    inspection.NamedTupleType: StructSchemas.make_model,
    inspection.EnumType: StructSchemas.make_model,
    inspection.AnyType: _plain(),
    inspection.RawType: _plain(),
    inspection.NoneType: _plain(type="null"),
    inspection.BoolType: _plain(type="boolean"),
    inspection.IntType: lambda schemas, info, _mode: schemas.make_number(info, "integer"),
    inspection.FloatType: lambda schemas, info, _mode: schemas.make_number(info, "number"),
    inspection.StrType: lambda _schemas, info, _mode: _text(info),
    inspection.BytesType: _plain(**_BYTES),
    inspection.ByteArrayType: _plain(**_BYTES),
    inspection.MemoryViewType: _plain(**_BYTES),
    inspection.DateTimeType: _plain(type="string", format="date-time"),
    inspection.DateType: _plain(type="string", format="date"),
    inspection.TimeType: _plain(type="string", format="time"),
    inspection.TimeDeltaType: _plain(type="string", format="duration"),
    inspection.UUIDType: _plain(type="string", format="uuid"),
    inspection.DecimalType: StructSchemas.make_decimal,
    inspection.LiteralType: lambda _s, info, _mode: enumerate_values(list(info.values)),
    inspection.ListType: StructSchemas.make_list,
    inspection.CollectionType: StructSchemas.make_list,
    inspection.VarTupleType: StructSchemas.make_list,
    inspection.SetType: StructSchemas.make_set,
    inspection.FrozenSetType: StructSchemas.make_set,
    inspection.TupleType: StructSchemas.make_tuple,
    inspection.DictType: StructSchemas.make_table,
    inspection.UnionType: StructSchemas.make_union,
}
if hasattr(inspection, "FrozenDictType"):  # pragma: no branch - an older msgspec has none
    _MAKERS[inspection.FrozenDictType] = StructSchemas.make_table

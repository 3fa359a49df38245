"""Schemas: the JSON Schema of every type in a document, whichever library reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responder_core.annotations import name_of
from responder_core.validation import is_read_by_pydantic
from responder_openapi.errors import SchemaError
from responder_openapi.struct_schemas import StructSchemas
from responder_openapi.values import is_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responder_openapi.components import Mode, Schema
    from responder_openapi.model_schemas import ModelSchemas


class Schemas:
    """The schemas of one document: asked for first, then made, then looked up.

    Args:
        registered: the models and schemas that the program gave names, by name.
        reserved: components that are there already.
        decimals_as_numbers: whether a Decimal is sent as a number.

    Attributes:
        registered: as above.
        components: the schemas that have names, once they are made.
    """

    def __init__(
        self,
        registered: Mapping[str, Any] | None = None,
        *,
        reserved: Mapping[str, Schema] | None = None,
        decimals_as_numbers: bool = False,
    ) -> None:
        self.components: dict[str, Schema] = dict(reserved or {})
        self.registered: dict[str, Any] = dict(registered or {})
        self._decimals_as_numbers = decimals_as_numbers
        self._wanted: dict[tuple[int, Mode], tuple[Any, str]] = {}
        self._by_pydantic: set[tuple[int, Mode]] = set()
        self._made: dict[tuple[int, Mode], Schema] = {}

    def want(self, annotation: Any, mode: Mode, where: str) -> None:  # noqa: ANN401 - any annotation
        """Ask for the schema of a type; *where* it stands, for messages."""
        # By identity, as not every annotation has a hash. It is kept, so no other one gets it.
        key = id(annotation), mode
        if key not in self._wanted:
            self._wanted[key] = annotation, where
            other: Mode = "input" if mode == "output" else "output"
            known = (id(annotation), other)
            is_known = known in self._wanted
            if known in self._by_pydantic if is_known else is_read_by_pydantic(annotation):
                self._by_pydantic.add(key)

    def of(self, annotation: Any, mode: Mode) -> Schema:  # noqa: ANN401 - any annotation
        """The schema of a type that was asked for; a copy, which may be changed."""
        return dict(self._made[id(annotation), mode])

    def resolve(self, schema: Schema) -> Schema:
        """The component that a schema refers to, or the schema itself."""
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        return self.components.get(name, schema)

    def make(self) -> None:
        """Make everything that was asked for.

        Raises:
            SchemaError: a type has no schema; the message says where it stands. Or what the
                program gave a name is no model.
        """
        by_pydantic: dict[str, Any] = {}
        by_msgspec: dict[Any, str] = {}
        given: dict[int, str] = {}
        for name, model in self.registered.items():
            other = given.setdefault(id(model), name)
            if name in self.components or other != name:
                what = "is there already" if other == name else f"is {other!r} already"
                msg = f"the schema {name!r} {what}; give it one name, which no other has"
                raise SchemaError(msg)
            if is_table(model):
                self.components[name] = model
            elif _is_marshmallow(model):
                from responder_openapi.marshmallow_schemas import describe_schema

                self.components[name] = describe_schema(model)
            elif is_read_by_pydantic(model):
                by_pydantic[name] = model
            else:
                by_msgspec[model] = name
        self._make_models(by_pydantic, {*by_msgspec.values()})
        self._make_structs(by_msgspec)
        for name, model in self.registered.items():
            if name not in self.components and f"{name}-Input" not in self.components:
                msg = (
                    f"the schema {name!r}: {name_of(model)} is no model, and only models have "
                    "names; make one of it, or give its JSON Schema as a dict"
                )
                raise SchemaError(msg)

    def _make_models(self, registered: Mapping[str, Any], taken: set[str]) -> None:
        wanted = [
            (key, annotation, where)
            for key, (annotation, where) in self._wanted.items()
            if key in self._by_pydantic
        ]
        if not wanted and not registered:
            return
        from responder_openapi.model_schemas import ModelSchemas

        models: ModelSchemas = ModelSchemas()
        numbers = {key: models.want(annotation, key[1], where) for key, annotation, where in wanted}
        models.make({model: name for name, model in registered.items()}, {*self.components, *taken})
        self.components |= models.components
        self._made |= {key: models.of(number) for key, number in numbers.items()}

    def _make_structs(self, registered: Mapping[Any, str]) -> None:
        structs = StructSchemas(
            decimals_as_numbers=self._decimals_as_numbers,
            taken=set(self.components),
            given=dict(registered),
        )
        drafts: dict[tuple[int, Mode], Schema] = {}
        for key, (annotation, where) in self._wanted.items():
            if key not in self._made:
                drafts[key] = self._make_struct(structs, annotation, key[1], where)
        for model, name in registered.items():
            self._make_struct(structs, model, "input", f"the schema {name!r}")
            self._make_struct(structs, model, "output", f"the schema {name!r}")
        self.components |= structs.components.finish()
        self._made |= {key: structs.components.settle(draft) for key, draft in drafts.items()}

    def _make_struct(
        self,
        structs: StructSchemas,
        annotation: Any,  # noqa: ANN401 - any annotation
        mode: Mode,
        where: str,
    ) -> Schema:
        try:
            return structs.make(annotation, mode)
        except (TypeError, NameError) as error:
            msg = (
                f"{where}: {name_of(annotation)} has no JSON Schema: {error}; use a dataclass, a "
                "msgspec Struct or a pydantic model, or leave the route out with "
                "include_in_schema=False"
            )
            raise SchemaError(msg) from error


def _is_marshmallow(model: Any) -> bool:  # noqa: ANN401 - whatever was registered
    cls = model if isinstance(model, type) else type(model)
    return any(each.__module__.partition(".")[0] == "marshmallow" for each in cls.__mro__)

"""Schemas: graphql-core's own object behind whatever a program built its schema with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphql import GraphQLSchema

# Where graphene, strawberry and their like keep it.
_INSIDE = ("graphql_schema", "_schema")


def find_schema(schema: object) -> GraphQLSchema:
    """The graphql-core schema of a schema of graphene, strawberry, ariadne or graphql-core.

    Nothing is imported for that but graphql-core.

    Raises:
        TypeError: it is no schema, or one that is not valid; the message says what is wrong.
    """
    from graphql import GraphQLSchema, validate_schema

    candidates = [schema, *(getattr(schema, name, None) for name in _INSIDE)]
    found = next((each for each in candidates if isinstance(each, GraphQLSchema)), None)
    if found is None:
        msg = (
            "schema= is a schema of graphene, strawberry, ariadne or graphql-core, as "
            f"graphene.Schema(query=Query), not {schema!r}"
        )
        raise TypeError(msg)
    errors = validate_schema(found)
    if errors:
        faults = "; ".join(error.message for error in errors)
        msg = f"the schema is not valid: {faults}"
        raise TypeError(msg)
    return found

"""Costs: what an operation costs where each field has a price of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    InlineFragmentNode,
    get_argument_values,
    get_named_type,
    get_variable_values,
)

from responder_graphql.limits import FieldCost

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import (
        DocumentNode,
        FragmentSpreadNode,
        GraphQLNamedType,
        GraphQLSchema,
        NamedTypeNode,
        OperationDefinitionNode,
        SelectionSetNode,
    )

    from responder_graphql.limits import Cost


def price(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any] | None,
    cost: Cost,
) -> int:
    """What a valid operation costs with these variables.

    Variables that are not what the document says are left to who executes it, and refuses them:
    that costs nothing.

    Raises:
        Exception: what *cost* failed with.
    """
    # The price is that of the values that resolvers get: read as they are when it is executed,
    # defaults put in where the client leaves a variable out.
    given = operation.variable_definitions or ()
    values: Any = get_variable_values(schema, given, {**(variables or {})}, _MOST_ERRORS)
    if isinstance(values, list):
        return 0
    root = schema.get_root_type(operation.operation)
    return _Pricing(schema, document, values, cost).price(operation.selection_set, root)


# Errors of variables after which their reading stops: one is enough.
_MOST_ERRORS = 1


class _Pricing:
    """Adds up the cost of the fields of one document, with the variables of one request."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        values: Any,  # noqa: ANN401 - each graphql-core has its own
        cost: Cost,
    ) -> None:
        self._schema = schema
        self._values = values
        self._cost = cost
        self._fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._known: dict[str, int] = {}

    def price(self, selection_set: SelectionSetNode | None, parent: GraphQLNamedType | None) -> int:
        """What a selection costs in a type."""
        total = 0
        for node in selection_set.selections if selection_set is not None else ():
            if isinstance(node, FieldNode):
                total += self._price_field(node, parent)
            elif isinstance(node, InlineFragmentNode):
                # None for "... @include(if: $more) { name }", whatever its annotation says.
                condition = cast("NamedTypeNode | None", node.type_condition)
                kind = parent if condition is None else self._type(condition.name.value)
                total += self.price(node.selection_set, kind)
            else:
                total += self._price_fragment(cast("FragmentSpreadNode", node).name.value)
        return total

    def _type(self, name: str) -> GraphQLNamedType | None:
        return self._schema.get_type(name)

    def _price_fragment(self, name: str) -> int:
        if name not in self._known:
            fragment = self._fragments[name]
            kind = self._type(fragment.type_condition.name.value)
            self._known[name] = self.price(fragment.selection_set, kind)
        return self._known[name]

    def _price_field(self, node: FieldNode, parent: GraphQLNamedType | None) -> int:
        name = node.name.value
        if not isinstance(parent, (GraphQLObjectType, GraphQLInterfaceType)):
            return 0  # __typename of a union, and what lies below the introspection.
        definition = parent.fields.get(name)
        if definition is None:
            return 0  # __typename and __schema cost nothing; the depth bounds them.
        try:
            values = get_argument_values(definition, node, self._values)
        except GraphQLError:
            return 0  # No resolver is called with them: a null for what may not be null.
        arguments = {
            key: values[argument.out_name or key]
            for key, argument in definition.args.items()
            if (argument.out_name or key) in values
        }
        kind = cast("GraphQLNamedType", get_named_type(definition.type))
        children = self.price(node.selection_set, kind)
        # What costs less than nothing would pay for what stands beside it.
        return max(0, self._cost(FieldCost(parent.name, name, arguments, children)))

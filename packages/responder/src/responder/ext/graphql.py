"""GraphQL, under the name that older programs know it by."""

from responder_graphql import (
    Context,
    FieldCost,
    GraphQLView,
    Operation,
    QueryLimits,
    TrustedDocuments,
)

__all__ = [
    "Context",
    "FieldCost",
    "GraphQLView",
    "Operation",
    "QueryLimits",
    "TrustedDocuments",
]

"""The same books by GraphQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import GraphQLResolveInfo, build_schema

if TYPE_CHECKING:
    from .books import Book

schema = build_schema("""
    type Query { books(author: String): [Book!]! book(id: Int!): Book }
    type Book { id: Int! title: String! author: String! year: Int! }
""")


class Root:
    """The resolvers; the fields of a book are attributes."""

    def books(self, info: GraphQLResolveInfo, author: str | None = None) -> list[Book]:
        """The books, or those of an author."""
        found: list[Book] = info.context.catalogue.find(author)
        return found

    def book(self, info: GraphQLResolveInfo, id: int) -> Book | None:
        """One book, or null."""
        found: Book | None = info.context.catalogue.get(id)
        return found

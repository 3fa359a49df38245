"""A GraphQL service: books and their authors, and reviews while they are written.

Start it with ``python examples/books.py`` and open http://127.0.0.1:5042/graphql in a browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
from aiodataloader import DataLoader
from graphql import GraphQLResolveInfo, build_schema

from responder_core import API, Depends, Request, WebSocket, abort
from responder_graphql import QueryLimits, mount

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

schema = build_schema("""
    type Query { books: [Book!]! book(id: ID!): Book }
    type Mutation { addBook(title: String!): Book! }
    type Subscription { reviews(pause: Float = 1.0): String! }
    type Book { id: ID! title: String! author: String }
""")

AUTHORS = {"le-guin": "Ursula K. Le Guin", "lem": "Stanisław Lem"}
REVIEWS = ["Cold.", "Two worlds, one wall.", "An ocean thinks."]
TOKENS = {"Bearer reader": "reader"}

api = API(debug=True)


@api.dependency()
async def authors() -> DataLoader[str, str | None]:
    async def load(ids: list[str]) -> list[str | None]:
        print(f"one query for {len(ids)} authors")
        return [AUTHORS.get(each) for each in ids]

    return DataLoader(load)


def get_user(req: Request | WebSocket) -> str | None:
    return TOKENS.get(req.headers.get("authorization", ""))


def context(user: str | None = Depends(get_user)) -> dict[str, object]:
    return {"user": user}


@dataclass
class Book:
    """A book; its methods are the resolvers of the type's fields."""

    id: str
    title: str
    author_id: str

    def author(self, info: GraphQLResolveInfo) -> Awaitable[str | None]:
        """Its author, by one query for all books of a request."""
        found: Awaitable[str | None] = info.context.authors.load(self.author_id)
        return found


BOOKS = [
    Book("1", "The Left Hand of Darkness", "le-guin"),
    Book("2", "The Dispossessed", "le-guin"),
    Book("3", "Solaris", "lem"),
]


class Root:
    """The resolvers of queries, mutations and subscriptions."""

    def books(self, info: GraphQLResolveInfo) -> list[Book]:
        """All books, which browsers may keep for a minute."""
        info.context.response.headers["Cache-Control"] = "max-age=60"
        return BOOKS

    def book(self, info: GraphQLResolveInfo, id: str) -> Book | None:
        """One book."""
        return next((book for book in BOOKS if book.id == id), None)

    def addBook(self, info: GraphQLResolveInfo, title: str) -> Book:  # noqa: N802 - the field's
        """Add a book, for who has signed in."""
        if info.context.user is None:
            abort(401, detail="Sign in to add a book.")
        book = Book(str(len(BOOKS) + 1), title, "")
        BOOKS.append(book)
        return book

    async def reviews(self, info: GraphQLResolveInfo, pause: float) -> AsyncIterator[object]:
        """The reviews as they are written."""
        for review in REVIEWS:
            yield {"reviews": review}
            await anyio.sleep(pause)


mount(
    api,
    "/graphql",
    schema=schema,
    root_value=Root(),
    context=context,
    dependencies=["authors"],
    query_limits=QueryLimits(depth=10, complexity=200),
)

if __name__ == "__main__":
    api.run()

"""The books: where they are kept, and the routes that speak of them."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated

import anyio
from msgspec import Meta

import responder

from .login import librarian
from .news import News

Name = Annotated[str, Meta(min_length=1, max_length=200)]


@dataclass
class NewBook:
    """A book that the library does not have yet."""

    title: Name
    author: Name
    year: Annotated[int, Meta(ge=0, le=2100)]


@dataclass
class Book(NewBook):
    """A book of the library."""

    id: int


class Catalogue:
    """The books, in a file of SQLite."""

    def __init__(self, path: str) -> None:
        self.path = path
        with closing(sqlite3.connect(path)) as database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS books"
                " (id INTEGER PRIMARY KEY, title TEXT, author TEXT, year INTEGER)"
            )

    def find(self, author: str | None = None) -> list[Book]:
        """The books, or those of an author."""
        query = "SELECT title, author, year, id FROM books WHERE ? IN (author, '') ORDER BY title"
        with closing(sqlite3.connect(self.path)) as database:
            return [Book(*row) for row in database.execute(query, [author or ""])]

    def get(self, id: int) -> Book | None:
        """One book, or None."""
        query = "SELECT title, author, year, id FROM books WHERE id = ?"
        with closing(sqlite3.connect(self.path)) as database:
            row = database.execute(query, [id]).fetchone()
        return Book(*row) if row else None

    def add(self, book: NewBook) -> Book:
        """Keep a book, which has an id then."""
        query = "INSERT INTO books (title, author, year) VALUES (?, ?, ?) RETURNING id"
        with closing(sqlite3.connect(self.path)) as database, database:
            row = database.execute(query, [book.title, book.author, book.year]).fetchone()
        return Book(book.title, book.author, book.year, id=row[0])


router = responder.Router("/books", tags=["books"])


@router.get("")
def list_books(
    req: responder.Request,
    resp: responder.Response,
    *,
    catalogue: Catalogue,
    author: str | None = None,
) -> list[Book]:
    """List the books, or those of an author."""
    return catalogue.find(author)


@router.get("/{id}")
def show_book(
    req: responder.Request, resp: responder.Response, *, id: int, catalogue: Catalogue
) -> Book:
    """Show a book."""
    book = catalogue.get(id)
    if book is None:
        responder.abort(404, detail=f"There is no book {id}.")
    return book


@router.post("", status_code=201, auth=librarian)
async def add_book(
    req: responder.Request,
    resp: responder.Response,
    *,
    book: NewBook,
    catalogue: Catalogue,
    news: News,
) -> Book:
    """Add a book, and tell who listens."""
    added = await anyio.to_thread.run_sync(catalogue.add, book)
    news.publish(added)
    resp.headers["Location"] = f"/books/{added.id}"
    return added
